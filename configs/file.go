package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	_ "time/tzdata" // zones of schedules and quiet hours, on machines that have none

	"cinecrawl/crawler"
	"cinecrawl/extract"

	"go.yaml.in/yaml/v3"
)

// The forms of the files. An unknown key is a mistake.

type settingsFile struct {
	Contact      string              `yaml:"contact"`
	UserAgentURL string              `yaml:"user_agent_url"`
	DB           string              `yaml:"db"`
	Workers      int                 `yaml:"workers"`
	Gap          duration            `yaml:"gap"`
	Timeouts     timeoutsFile        `yaml:"timeouts"`
	MaxBody      size                `yaml:"max_body"`
	Depth        int                 `yaml:"depth"`
	Pages        int                 `yaml:"pages"`
	Revisit      duration            `yaml:"revisit"`
	Every        every               `yaml:"every"`
	Jitter       share               `yaml:"jitter"`
	Slice        slice               `yaml:"slice"`
	Enable       []text              `yaml:"enable"`
	Sites        map[string]siteNode `yaml:"sites"`
}

type timeoutsFile struct {
	Connect duration `yaml:"connect"`
	Header  duration `yaml:"header"`
	Body    duration `yaml:"body"`
	Total   duration `yaml:"total"`
}

type siteFile struct {
	Hosts   []text       `yaml:"hosts"`
	Like    text         `yaml:"like"`
	Enabled *bool        `yaml:"enabled"`
	Crawl   crawlFile    `yaml:"crawl"`
	Layouts []layoutFile `yaml:"layouts"`

	named bool // by a person, in their own file
	from  string
	line  int
}

type crawlFile struct {
	Start    []text    `yaml:"start"`
	Sitemaps []text    `yaml:"sitemaps"`
	Feeds    []text    `yaml:"feeds"`
	Allow    patterns  `yaml:"allow"`
	Deny     patterns  `yaml:"deny"`
	Review   patterns  `yaml:"review"`
	Every    *every    `yaml:"every"`
	Revisit  *duration `yaml:"revisit"`
	Gap      *duration `yaml:"gap"`
	Depth    *int      `yaml:"depth"`
	Pages    *int      `yaml:"pages"`
	MaxBody  *size     `yaml:"max_body"`
	Bytes    *size     `yaml:"bytes"`
	Time     *duration `yaml:"time"`
	Quiet    hours     `yaml:"quiet"`
	Posts    posts     `yaml:"posts"`
}

type layoutFile struct {
	Version   int      `yaml:"version"`
	When      selector `yaml:"when"`
	rulesFile `yaml:",inline"`

	line int
}

type themeFile struct {
	Like      text      `yaml:"like"`
	When      selectors `yaml:"when"`
	Last      bool      `yaml:"last"` // tried after all others
	rulesFile `yaml:",inline"`
}

type rulesFile struct {
	Title           rules    `yaml:"title"`
	Film            rules    `yaml:"film"`
	Year            rules    `yaml:"year"`
	Director        rules    `yaml:"director"`
	Author          rules    `yaml:"author"`
	Published       rules    `yaml:"published"`
	Modified        rules    `yaml:"modified"`
	Rating          rules    `yaml:"rating"`
	Categories      rules    `yaml:"categories"`
	Tags            rules    `yaml:"tags"`
	Image           rules    `yaml:"image"`
	Text            textFile `yaml:"text"`
	HeadlinePattern pattern  `yaml:"headline_pattern"`
	OutOf           float64  `yaml:"out_of"`
}

type textFile struct {
	In   selectors `yaml:"in"`
	Drop selectors `yaml:"drop"`
}

// headlineGroups are what a headline pattern may name.
var headlineGroups = []string{"film", "year", "director", "rating"}

// rules makes the reader's rules of a file's.
func (f *rulesFile) rules() (extract.Rules, error) {
	r := extract.Rules{Title: f.Title, Film: f.Film, Year: f.Year, Director: f.Director, Author: f.Author, Published: f.Published,
		Modified: f.Modified, Rating: f.Rating, Categories: f.Categories, Tags: f.Tags, Image: f.Image,
		In: extract.NewSelectors(f.Text.In...), Drop: extract.NewSelectors(f.Text.Drop...),
		HeadlinePattern: f.HeadlinePattern.Regexp, OutOf: f.OutOf}
	if r.OutOf < 0 || r.OutOf > 1000 {
		return r, fmt.Errorf("out_of: %g is no maximum of a rating", r.OutOf)
	}
	if p := r.HeadlinePattern; p != nil {
		groups := slices.DeleteFunc(slices.Clone(p.SubexpNames()), func(g string) bool { return g == "" })
		if len(groups) == 0 {
			return r, fmt.Errorf("headline_pattern %q names nothing: write (?P<film>…)", p)
		}
		for _, g := range groups {
			if !slices.Contains(headlineGroups, g) {
				return r, fmt.Errorf("headline_pattern: there is no (?P<%s>…); groups are %s", g, strings.Join(headlineGroups, ", "))
			}
		}
	}
	return r, nil
}

// UnmarshalYAML keeps the line of a layout.
func (f *layoutFile) UnmarshalYAML(n *yaml.Node) error {
	type layout layoutFile
	f.line = n.Line
	return strict(n, (*layout)(f))
}

// siteNode is a site in a file of one's own, kept as YAML so that it can be laid over a shipped site.
type siteNode struct{ node *yaml.Node }

// UnmarshalYAML keeps the site.
func (s *siteNode) UnmarshalYAML(n *yaml.Node) error {
	s.node = n
	return nil
}

// over decodes the site over what f has.
func (s *siteNode) over(f *siteFile) error { return strict(s.node, f) }

// strict decodes a node; an unknown key is a mistake, as for a Decoder with KnownFields (which a Node has not).
func strict(n *yaml.Node, dst any) error {
	var errs []string
	unknownKeys(n, reflect.TypeOf(dst).Elem(), &errs)
	var te *yaml.TypeError
	if err := n.Decode(dst); errors.As(err, &te) {
		errs = append(errs, te.Errors...)
	} else if err != nil {
		return err
	}
	if len(errs) > 0 {
		return &yaml.TypeError{Errors: errs}
	}
	return nil
}

var unmarshaler = reflect.TypeFor[yaml.Unmarshaler]()

// unknownKeys gathers the keys of mappings that their types do not have. What decodes itself checks itself.
func unknownKeys(n *yaml.Node, t reflect.Type, errs *[]string) {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case t.Kind() == reflect.Pointer:
		unknownKeys(n, t.Elem(), errs)
	case reflect.PointerTo(t).Implements(unmarshaler):
	case t.Kind() == reflect.Slice && n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			unknownKeys(item, t.Elem(), errs)
		}
	case t.Kind() == reflect.Struct && n.Kind == yaml.MappingNode:
		keys := keysOf(t)
		for i := 0; i+1 < len(n.Content); i += 2 {
			if key := n.Content[i]; keys[key.Value] != nil {
				unknownKeys(n.Content[i+1], keys[key.Value], errs)
			} else {
				*errs = append(*errs, fmt.Sprintf("line %d: unknown key %q; known are %s", key.Line, key.Value,
					strings.Join(slices.Sorted(maps.Keys(keys)), ", ")))
			}
		}
	}
}

// keysOf gives the keys of a struct with the types of their values.
func keysOf(t reflect.Type) map[string]reflect.Type {
	keys := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		switch name, opts, _ := strings.Cut(f.Tag.Get("yaml"), ","); {
		case opts == "inline":
			maps.Copy(keys, keysOf(f.Type))
		case name != "":
			keys[name] = f.Type
		}
	}
	return keys
}

// maxFile bounds a configuration file, in bytes.
const maxFile = 1 << 20

// decode decodes a whole file strictly over what dst has. Its error has a line for each mistake, with file and line.
func decode(file string, src []byte, dst any) error {
	if len(src) > maxFile {
		return fmt.Errorf("%s: %d bytes are too many for a configuration", file, len(src))
	}
	var doc, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(src))
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) { // nothing but comments
		return nil
	} else if err != nil {
		return inFile(file, err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: a file holds one YAML document, this has more", file)
	}
	root := doc.Content[0]
	if root.Tag == "!!null" {
		return nil
	}
	if root.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: want keys and values, as in contact: me@example.org", file, root.Line)
	}
	return inFile(file, strict(root, dst))
}

var lineForm = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

// inFile puts file and line before every mistake.
func inFile(file string, err error) error {
	if err == nil {
		return nil
	}
	list := []string{err.Error()}
	var te *yaml.TypeError
	if errors.As(err, &te) {
		list = te.Errors
	}
	var errs []error
	for _, s := range list {
		at := file
		if m := lineForm.FindStringSubmatch(s); m != nil {
			at, s = file+":"+m[1], s[len(m[0]):]
		}
		s = strings.NewReplacer("cannot unmarshal", "cannot take", "into configs.", "as ", " into ", " as ", "!!", "").Replace(strings.TrimPrefix(s, "yaml: "))
		errs = append(errs, fmt.Errorf("%s: %s", at, s))
	}
	return errors.Join(errs...)
}

// settings checks the settings.
func (f *settingsFile) settings(file string) (Settings, error) {
	s := Settings{Contact: f.Contact, UserAgentURL: f.UserAgentURL, DB: f.DB, Workers: f.Workers, Gap: time.Duration(f.Gap),
		Timeouts: Timeouts{time.Duration(f.Timeouts.Connect), time.Duration(f.Timeouts.Header), time.Duration(f.Timeouts.Body), time.Duration(f.Timeouts.Total)},
		MaxBody:  int64(f.MaxBody), Depth: f.Depth, Pages: f.Pages, Revisit: time.Duration(f.Revisit),
		Schedule: f.Every.Schedule, Slice: time.Duration(f.Slice)}
	s.Schedule.Jitter = float64(f.Jitter)
	fail := func(format string, args ...any) (Settings, error) {
		return s, fmt.Errorf("%s: %s", file, fmt.Sprintf(format, args...))
	}
	switch t := s.Timeouts; {
	case s.Workers < 1 || s.Workers > 1000:
		return fail("workers: %d: want 1 to 1000", s.Workers)
	case s.Depth < 1:
		return fail("depth: %d: want 1 or more", s.Depth)
	case s.Pages < 0:
		return fail("pages: %d: want 0 (no limit) or more", s.Pages)
	case s.DB == "":
		return fail("db is empty: name a file, or a PostgreSQL database by its URL")
	case s.MaxBody == 0:
		return fail("max_body: want a size above 0, as in 10MB")
	case min(t.Connect, t.Header, t.Body, t.Total) == 0:
		return fail("timeouts: want times above 0, as in 10s")
	case strings.ContainsAny(s.Contact+s.UserAgentURL, "\r\n();"):
		return fail("contact and user_agent_url go into the user agent: no line breaks, brackets or semicolons")
	}
	return s, nil
}

// mistake is a mistake at a node, in the form that a Decoder gathers.
func mistake(n *yaml.Node, format string, args ...any) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %s", n.Line, fmt.Sprintf(format, args...))}}
}

// text is a string with its line.
type text struct {
	Value string
	Line  int
}

// UnmarshalYAML takes a text.
func (t *text) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return mistake(n, "want a text here")
	}
	t.Value, t.Line = strings.TrimSpace(n.Value), n.Line
	return nil
}

func values(list []text) []string {
	var out []string
	for _, t := range list {
		out = append(out, t.Value)
	}
	return out
}

// each decodes a text or a list of texts, naming the line of each mistake.
func each[T any](n *yaml.Node, parse func(string) (T, error)) ([]T, error) {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	var (
		out  []T
		errs []string
	)
	for _, c := range nodes {
		if c.Kind != yaml.ScalarNode || c.Tag == "!!null" {
			errs = append(errs, fmt.Sprintf("line %d: want a text here; quote one that begins with [, {, # or *", c.Line))
		} else if v, err := parse(c.Value); err != nil {
			errs = append(errs, fmt.Sprintf("line %d: %v", c.Line, err))
		} else {
			out = append(out, v)
		}
	}
	if len(errs) > 0 {
		return nil, &yaml.TypeError{Errors: errs}
	}
	return out, nil
}

type rules []extract.Rule

// UnmarshalYAML takes a rule or a list of rules.
func (r *rules) UnmarshalYAML(n *yaml.Node) (err error) {
	*r, err = each(n, extract.ParseRule)
	return err
}

type selectors []extract.Selector

// UnmarshalYAML takes a selector or a list of selectors.
func (s *selectors) UnmarshalYAML(n *yaml.Node) (err error) {
	*s, err = each(n, extract.ParseSelector)
	return err
}

type selector struct{ extract.Selector }

// UnmarshalYAML takes a selector.
func (s *selector) UnmarshalYAML(n *yaml.Node) (err error) {
	if s.Selector, err = extract.ParseSelector(n.Value); err != nil {
		return mistake(n, "%v", err)
	}
	return nil
}

type patterns []*regexp.Regexp

// UnmarshalYAML takes a regular expression or a list of them.
func (p *patterns) UnmarshalYAML(n *yaml.Node) (err error) {
	*p, err = each(n, compile)
	return err
}

type pattern struct{ *regexp.Regexp }

// UnmarshalYAML takes a regular expression.
func (p *pattern) UnmarshalYAML(n *yaml.Node) (err error) {
	if p.Regexp, err = compile(n.Value); err != nil {
		return mistake(n, "%v", err)
	}
	return nil
}

func compile(s string) (*regexp.Regexp, error) {
	if s == "" {
		return nil, errors.New("empty regular expression")
	}
	return regexp.Compile(s)
}

type duration time.Duration

// UnmarshalYAML takes 500ms, 1s, 24h, 7d; never below 0.
func (d *duration) UnmarshalYAML(n *yaml.Node) error {
	v, ok := parseTime(n.Value)
	if !ok {
		return mistake(n, "%q is no time: write 500ms, 1s, 24h or 7d", n.Value)
	}
	*d = duration(v)
	return nil
}

func parseTime(s string) (time.Duration, bool) {
	v, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var f float64
		f, err = strconv.ParseFloat(days, 64)
		v = time.Duration(f * float64(24*time.Hour))
	}
	return v, err == nil && v >= 0
}

type every struct{ crawler.Schedule }

// UnmarshalYAML takes a period of a second or more (24h, 7d), adaptive, or a cron line (0 3 * * * Europe/Berlin).
func (e *every) UnmarshalYAML(n *yaml.Node) error {
	switch v, ok := parseTime(n.Value); {
	case n.Value == "adaptive":
		e.Schedule = crawler.Schedule{Every: 24 * time.Hour, Adaptive: true}
	case ok && v >= time.Second:
		e.Schedule = crawler.Schedule{Every: v}
	case len(strings.Fields(n.Value)) < 2:
		return mistake(n, "%q is no schedule: write a time of a second or more (24h, 7d), adaptive, or a cron line (0 3 * * * Europe/Berlin)", n.Value)
	default:
		var err error
		if e.Schedule, err = crawler.Cron(n.Value); err != nil {
			return mistake(n, "%v", err)
		}
	}
	return nil
}

type share float64

// UnmarshalYAML takes 0% to 100%.
func (s *share) UnmarshalYAML(n *yaml.Node) error {
	number, ok := strings.CutSuffix(n.Value, "%")
	f, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(f >= 0 && f <= 100) {
		return mistake(n, "%q is no share: write 0%% to 100%%", n.Value)
	}
	*s = share(f / 100)
	return nil
}

type slice time.Duration

// UnmarshalYAML takes a time from 1s to 10m: less would be all beginning and ending, more no slice.
func (s *slice) UnmarshalYAML(n *yaml.Node) error {
	v, ok := parseTime(n.Value)
	if !ok || v < time.Second || v > 10*time.Minute {
		return mistake(n, "%q is no slice: write a time from 1s to 10m", n.Value)
	}
	*s = slice(v)
	return nil
}

type size int64

// UnmarshalYAML takes bytes, or a number with kB, MB, KiB, MiB.
func (z *size) UnmarshalYAML(n *yaml.Node) error {
	number, unit := n.Value, 1.0
	for _, u := range []struct {
		name  string
		bytes float64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"kB", 1e3}, {"MB", 1e6}} {
		if s, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(s), u.bytes
			break
		}
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f < 0 || f*unit > 1<<40 {
		return mistake(n, "%q is no size: write 500kB, 10MB or 4MiB", n.Value)
	}
	*z = size(f * unit)
	return nil
}

type posts bool

// UnmarshalYAML takes page, or api.
func (p *posts) UnmarshalYAML(n *yaml.Node) error {
	if n.Value != "page" && n.Value != "api" {
		return mistake(n, "posts: %q: write page or api", n.Value)
	}
	*p = n.Value == "api"
	return nil
}

type hours struct{ *crawler.Hours }

// UnmarshalYAML takes 08:00-22:00, or 08:00-22:00 Europe/Berlin; the zone is UTC where none is said.
func (h *hours) UnmarshalYAML(n *yaml.Node) error {
	clocks, zone, _ := strings.Cut(n.Value, " ")
	from, to, ok := strings.Cut(clocks, "-")
	start, err1 := time.Parse("15:04", from)
	end, err2 := time.Parse("15:04", to)
	if !ok || err1 != nil || err2 != nil || start.Equal(end) {
		return mistake(n, "%q are no hours: write 08:00-22:00 or 08:00-22:00 Europe/Berlin", n.Value)
	}
	place, err := time.LoadLocation(strings.TrimSpace(zone))
	if err != nil {
		return mistake(n, "%q: there is no time zone %q; write one as in Europe/Berlin", n.Value, zone)
	}
	midnight := start.Truncate(24 * time.Hour)
	h.Hours = &crawler.Hours{From: start.Sub(midnight), To: end.Sub(midnight), Zone: place}
	return nil
}
