package configs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// data is a small shipped configuration.
func data() fstest.MapFS {
	return fstest.MapFS{
		"cinecrawl.yaml":      {Data: []byte(Default())},
		"themes/base.yaml":    {Data: []byte("when: [.base]\ntitle: h1\ntext: {in: [.body], drop: [.share]}\n")},
		"themes/child.yaml":   {Data: []byte("like: base\nwhen: [.child]\ntitle: [h2, meta:og:title]\ntext: {drop: [.card]}\n")},
		"themes/sharing.yaml": {Data: []byte("text: {drop: [.buttons]}\n")},
		"sites/a.example/site.yaml": {Data: []byte(`hosts: [a.example, films.a.example]
like: child
crawl: {start: [https://www.a.example/], review: ['/20\d\d/'], every: 12h, gap: 2s}
layouts:
  - version: 1
    title: h3
  - {version: 2, when: .new, text: {in: .story}, headline_pattern: '^(?P<film>.+) \((?P<year>\d{4})\)$', out_of: 10}
`)},
	}
}

func TestLoadAFileOfFiveLines(t *testing.T) {
	c, err := load(data(), "cinecrawl.yaml", []byte(`contact: me@example.org
sites:
  filmjournal.example:
    crawl: {start: [https://filmjournal.example/]}
`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Contact != "me@example.org" || c.DB != "cinecrawl.db" || c.Gap != time.Second || c.Workers != 128 || c.MaxBody != 10e6 || c.Revisit != 720*time.Hour {
		t.Errorf("settings %+v", c.Settings)
	}
	sites, err := c.Choose()
	if err != nil || len(sites) != 1 {
		t.Fatalf("enabled: %v, %v", sites, err)
	}
	s := sites[0]
	if diff := cmp.Diff([]string{"filmjournal.example"}, s.Crawl.Hosts); diff != "" {
		t.Errorf("hosts (-want +got):\n%s", diff)
	}
	if s.Crawl.Name != "filmjournal.example" || !s.Crawl.Named || s.Crawl.Gap != time.Second || s.From != "cinecrawl.yaml" || s.Line != 4 {
		t.Errorf("site %+v, crawl %+v", s, s.Crawl)
	}
}

func TestShippedSitesWaitToBeNamed(t *testing.T) {
	c, err := load(data(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Choose(); err == nil || !strings.Contains(err.Error(), "no site is enabled") {
		t.Errorf("Choose() = %v", err)
	}
	s := c.Sites()[0]
	if s.Enabled || s.Crawl.Named {
		t.Errorf("a shipped site is enabled: %+v", s)
	}
	chosen, err := c.Choose("films.a.example", "a.example")
	if err != nil || len(chosen) != 1 || !chosen[0].Crawl.Named {
		t.Errorf("Choose by host and name = %+v, %v", chosen, err)
	}
	if s.Crawl.Named {
		t.Error("naming a site changed the configuration")
	}
	if _, err := c.Choose("example"); err == nil || !strings.Contains(err.Error(), "did you mean a.example") {
		t.Errorf("Choose of an unknown name = %v", err)
	}
	if _, err := c.Choose("a.example", "https://b.example/"); err == nil || !strings.Contains(err.Error(), "use cinecrawl scrape --site https://b.example/") {
		t.Errorf("Choose of a URL = %v", err)
	}

	c, err = load(data(), "x.yaml", []byte("enable: [a.example]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if chosen, err = c.Choose(); err != nil || len(chosen) != 1 || !chosen[0].Crawl.Named {
		t.Errorf("enabled: %v, %v", chosen, err)
	}
}

func TestASiteOfOnesOwnOverAShippedOne(t *testing.T) {
	c, err := load(data(), "x.yaml", []byte("sites:\n  a.example:\n    crawl: {pages: 50, gap: 5s}\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := c.Sites()[0]
	if s.Crawl.Pages != 50 || s.Crawl.Gap != 5*time.Second || s.Schedule.Every != 12*time.Hour || len(s.Crawl.Start) != 1 || len(s.Rules.Layouts) != 2 || !s.Enabled {
		t.Errorf("%+v %+v", s, s.Crawl)
	}
	if s.Rules.Layouts[0].Version != 2 || s.Rules.Layouts[0].OutOf != 10 || !s.Rules.Layouts[1].When.IsZero() {
		t.Errorf("layouts %+v", s.Rules.Layouts)
	}
}

func TestThemesAreLikeOthers(t *testing.T) {
	c, err := load(data(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, th := range c.Themes() {
		names = append(names, th.Name)
	}
	if diff := cmp.Diff([]string{"child", "base", "sharing"}, names); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	child := c.Themes()[0]
	if len(child.Title) != 3 || child.In.Len() != 1 || child.Drop.Len() != 2 || child.When.Len() != 1 {
		t.Errorf("child %+v", child)
	}
	if c.Sites()[0].Rules.Like != child {
		t.Error("the site is not like its theme")
	}
	if !c.Themes()[2].IsAddition() {
		t.Error("a theme without fingerprints is an addition")
	}
}

func TestAdhoc(t *testing.T) {
	c, err := load(data(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Adhoc("http://127.0.0.1:8080/blog/")
	if err != nil || s.Crawl.Name != "127.0.0.1:8080" || !s.Crawl.Named || s.Crawl.Hosts[0] != "127.0.0.1:8080" || s.Crawl.Start[0] != "http://127.0.0.1:8080/blog/" {
		t.Errorf("%+v, %v", s.Crawl, err)
	}
	if s, err = c.Adhoc("https://www.a.example/films/"); err != nil || s.Crawl.Name != "a.example" || len(s.Crawl.Start) != 2 || s.Rules.Like == nil {
		t.Errorf("%+v, %v", s.Crawl, err)
	}
	if _, err = c.Adhoc("critic.example"); err == nil || !strings.Contains(err.Error(), "write it in full") {
		t.Errorf("Adhoc without scheme = %v", err)
	}
	if r := c.RulesFor("https://films.a.example/2014/her"); r == nil || r.Site != "a.example" {
		t.Errorf("RulesFor = %+v", r)
	}
	if r := c.RulesFor("https://b.example/"); r != nil {
		t.Errorf("RulesFor a stranger = %+v", r)
	}
}

func TestMistakesNameFileAndLine(t *testing.T) {
	site := func(lines string) string {
		return "sites:\n  f.example:\n    " + strings.ReplaceAll(lines, "\n", "\n    ") + "\n"
	}
	const start = "crawl: {start: [https://f.example/]}"
	for _, tt := range []struct{ name, own, want string }{
		{"unknown setting", "contact: x\nspeed: 9\n", `x.yaml:2: unknown key "speed"; known are contact, db,`},
		{"unknown site key", site("crawl:\n  start: [https://f.example/]\n  delay: 1s"), `x.yaml:5: unknown key "delay"; known are allow,`},
		{"unknown layout key", site(start + "\nlayouts:\n  - version: 1\n    titel: h1"), `x.yaml:6: unknown key "titel"`},
		{"unknown text key", site(start + "\nlayouts:\n  - version: 1\n    text: {inside: p}"), `x.yaml:6: unknown key "inside"; known are drop, in`},
		{"bad selector", site(start + "\nlayouts:\n  - version: 1\n    title:\n      - h1\n      - 'h2['"), `x.yaml:8: rule "h2[": CSS selector`},
		{"bad drop", site(start + "\nlayouts:\n  - version: 1\n    text:\n      drop: ['.a:foo']"), `x.yaml:7: CSS selector ".a:foo"`},
		{"bad probe", site(start + "\nlayouts:\n  - version: 1\n    when: '>>'"), `x.yaml:6: CSS selector`},
		{"selector lost to a comment", site(start + "\nlayouts:\n  - version: 1\n    text:\n      in:\n        - #main"), `x.yaml:8: want a text here; quote one`},
		{"bad pattern", site("crawl:\n  start: [https://f.example/]\n  review:\n    - '/('"), "x.yaml:6: error parsing regexp"},
		{"two mistakes", "speed: 1\ngap: soon\n", `x.yaml:2: "soon" is no time`},
		{"bad headline group", site(start + "\nlayouts:\n  - version: 1\n    headline_pattern: '(?P<movie>.+)'"), `x.yaml:5: site f.example: headline_pattern: there is no (?P<movie>…)`},
		{"headline pattern without groups", site(start + "\nlayouts:\n  - {version: 1, headline_pattern: 'x'}"), "names nothing"},
		{"no version", site(start + "\nlayouts:\n  - {when: .a}"), "x.yaml:5: site f.example: a layout needs its version"},
		{"version twice", site(start + "\nlayouts:\n  - {version: 1}\n  - {version: 1}"), "x.yaml:6: site f.example: layout version 1 stands there twice"},
		{"empty site", "sites:\n  f.example:\n", "x.yaml: site f.example is empty: write crawl"},
		{"no start", site("hosts: [f.example]"), "x.yaml:3: site f.example: no start page: write crawl: {start:"},
		{"start is no URL", site("crawl: {start: [f.example]}"), `x.yaml:3: site f.example: "f.example" is no URL`},
		{"start elsewhere", site("hosts: [g.example]\n" + start), "x.yaml:4: site f.example: start page https://f.example/ is on none of its hosts"},
		{"host is a URL", site("hosts: ['https://f.example']\n" + start), "write the host alone"},
		{"unknown theme", site("like: wordpres\n" + start), `x.yaml:3: site f.example: there is no theme "wordpres" to be like; themes are base, child`},
		{"addition is no theme", site("like: sharing\n" + start), `there is no theme "sharing"`},
		{"host of two sites", "sites:\n  f.example:\n    crawl: {start: [https://www.a.example/]}\n", "belongs to site"},
		{"enable an unknown site", "enable:\n  - z.example\n", `x.yaml:2: enable: there is no shipped site "z.example"`},
		{"not YAML", "contact: [\n", "x.yaml:1: did not find"},
		{"a list", "- a\n", "x.yaml:1: want keys and values"},
		{"two documents", "contact: a\n---\ncontact: b\n", "x.yaml: a file holds one YAML document"},
		{"wrong kind", "workers: many\n", "x.yaml:1: cannot take str `many` as int"},
		{"no workers", "workers: 0\n", "x.yaml: workers: 0: want 1 to 1000"},
		{"negative time", "gap: -1s\n", "is no time"},
		{"no schedule", "every: often\n", `x.yaml:1: "often" is no schedule: write a time of a second or more`},
		{"no period", "every: 0s\n", "is no schedule"},
		{"bad cron line", site("crawl:\n  start: [https://f.example/]\n  every: 0 24 * * *"), `x.yaml:5: cron line "0 24 * * *": `},
		{"bad cron zone", "gap: 1s\nevery: 0 3 * * * Mars/Tharsis\n", `x.yaml:2: cron line "0 3 * * * Mars/Tharsis": there is no time zone "Mars/Tharsis"`},
		{"bad jitter", "jitter: 0.05\n", `x.yaml:1: "0.05" is no share: write 0% to 100%`},
		{"bad slice", "slice: 1h\n", `x.yaml:1: "1h" is no slice: write a time from 1s to 10m`},
		{"bad size", "max_body: big\n", `x.yaml:1: "big" is no size`},
		{"header injection", "contact: \"me)\\r\\nX: y\"\n", "go into the user agent"},
		{"bad timeout", "timeouts: {conect: 1s}\n", `x.yaml:1: unknown key "conect"; known are body, connect`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(data(), "x.yaml", []byte(tt.own))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// Mistakes come in the same order every time, that of the names.
func TestMistakesInOrder(t *testing.T) {
	var file, want strings.Builder
	file.WriteString("sites:\n")
	for i := range 9 {
		fmt.Fprintf(&file, "  s%d.example:\n    speed: 9\n", i)
		fmt.Fprintf(&want, "x.yaml:%d\n", 3+2*i)
	}
	_, err := load(data(), "x.yaml", []byte(file.String()))
	var got strings.Builder
	for line := range strings.Lines(fmt.Sprint(err)) {
		place, _, _ := strings.Cut(line, ": ")
		got.WriteString(place + "\n")
	}
	if got.String() != want.String() {
		t.Errorf("got\n%swant\n%s", got.String(), want.String())
	}
}

func TestMistakesInShippedFiles(t *testing.T) {
	for _, tt := range []struct{ name, file, text, want string }{
		{"theme key", "themes/x.yaml", "when: .a\nbody: .b\n", `configs/themes/x.yaml:2: unknown key "body"`},
		{"theme like none", "themes/x.yaml", "like: y\nwhen: .a\n", `configs/themes/x.yaml:1: there is no theme "y"`},
		{"theme like itself", "themes/x.yaml", "like: x\nwhen: .a\n", "go round in a circle"},
		{"like without fingerprints", "themes/x.yaml", "like: base\n", "needs fingerprints of its own"},
		{"site enabled", "sites/b.example/site.yaml", "enabled: true\ncrawl: {start: [https://b.example/]}\n", "enabled has no place here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fs := data()
			fs[tt.file] = &fstest.MapFile{Data: []byte(tt.text)}
			if _, err := load(fs, "", nil); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestLoadFindsTheFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if c, err := Load(""); err != nil || c.File != "" {
		t.Errorf("without a file: %v", err)
	}
	if _, err := Load("none.yaml"); err == nil || !strings.Contains(err.Error(), "there is no configuration file none.yaml") {
		t.Errorf("a missing file = %v", err)
	}
	if err := os.WriteFile(filepath.Join(".", DefaultFile), []byte("workers: 2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(""); err != nil || c.File != DefaultFile || c.Workers != 2 {
		t.Errorf("cinecrawl.yaml: %v, %v", c, err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("contact: x\nsites:\n  f.example:\n    crawl: {start: [https://f.example/]}\n    layouts: [{version: 1, title: [h1]}]\n"))
	f.Add([]byte("gap: &a 1s\nrevisit: *a\nenable: [a.example]\n"))
	f.Fuzz(func(t *testing.T, own []byte) {
		if len(own) > 4096 {
			return
		}
		c, err := load(data(), "x.yaml", own)
		if (c == nil) == (err == nil) {
			t.Errorf("config %v, error %v", c, err)
		}
	})
}

// The shipped configuration loads, and every saved page gives its text and fields.
func TestShipped(t *testing.T) {
	c, err := load(shipped, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, problems := c.Check()
	for _, p := range problems {
		t.Error(p)
	}
}

func TestHostsInOtherScripts(t *testing.T) {
	c, err := load(data(), "cinecrawl.yaml", []byte(`sites:
  kino:
    hosts: [Kinó.example, "films.kinó.example:443"]
    crawl: {start: [https://www.kinó.example/]}
  ciné.example:
    crawl: {start: [https://ciné.example/]}
`))
	if err != nil {
		t.Fatal(err)
	}
	for name, hosts := range map[string][]string{
		"kino":             {"xn--kin-ina.example", "films.xn--kin-ina.example"},
		"ciné.example":     {"xn--cin-dma.example"},
		"KINÓ.example":     {"xn--kin-ina.example", "films.xn--kin-ina.example"},
		"www.ciné.example": {"xn--cin-dma.example"},
	} {
		sites, err := c.Choose(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(hosts, sites[0].Crawl.Hosts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if _, err := sites[0].Crawl.Seeds(); err != nil {
			t.Error(err)
		}
	}
	if c.RulesFor("https://xn--kin-ina.example/2020/her/") == nil {
		t.Error("no rules for a page of the site")
	}
	s, err := c.Adhoc("https://новое.example/")
	if err != nil || s.Crawl.Hosts[0] != "xn--b1agweb.example" {
		t.Errorf("%v, %v", s.Crawl, err)
	}
}

// A saved page that does not give its text says where it differs, a page of a site also whether it belongs there.
func TestCheckNamesWhatDiffers(t *testing.T) {
	const html = `<body class="child"><h1>Tampopo (1985)</h1><div class="body"><p>The film is a comedy about noodles, and the director takes both seriously.</p>` +
		`<p>Its performances are as warm as its kitchens, and the screenplay has no villain but bad broth. I would watch it again tomorrow.</p>` +
		`<p>The cinematography makes one hungry, the score makes one hum, and the ending is earned, which few films about eating can say.</p></div></body>`
	saved := func(parts string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("-- page.html --\n" + html + "\n" + parts)}
	}
	const text = "-- text.txt --\nThe film is a comedy about noodles, and the director takes both seriously.\n\n"
	fs := data()
	fs["sites/a.example/wrong.txtar"] = saved(text + "Its performances are cold.\n-- fields.yaml --\nurl: https://a.example/2014/tampopo\nauthor: Nobody\nyear: 1986\n")
	fs["sites/a.example/elsewhere.txtar"] = saved(text + "-- fields.yaml --\nurl: https://b.example/2014/tampopo\n")
	fs["sites/a.example/pattern.txtar"] = saved(text + "-- fields.yaml --\nurl: https://a.example/tampopo\n")
	fs["sites/a.example/parts.txtar"] = saved("-- fields.yaml --\nurl: https://a.example/2014/tampopo\n")
	fs["sites/a.example/key.txtar"] = saved(text + "-- fields.yaml --\nurl: https://a.example/2014/tampopo\nauthour: x\n")
	fs["sites/a.example/nourl.txtar"] = saved(text + "-- fields.yaml --\nauthor: x\n")
	fs["sites/a.example/extra.txtar"] = saved(text + "-- fields.yaml --\nurl: https://a.example/2014/tampopo\n-- more.txt --\nx\n")
	c, err := load(fs, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	_, problems := c.Check("a.example")
	for _, p := range problems {
		all = append(all, p.String())
	}
	for _, want := range []string{
		`configs/sites/a.example/wrong.txtar: paragraph 2: want "Its performances are cold.", got "Its performances are as warm`,
		`configs/sites/a.example/wrong.txtar: author: want "Nobody", got ""`,
		`configs/sites/a.example/wrong.txtar: year: want 1986, got`,
		`configs/sites/a.example/elsewhere.txtar: fields.yaml: url "https://b.example/2014/tampopo" is on no host of the site`,
		`configs/sites/a.example/pattern.txtar: fields.yaml: url "https://a.example/tampopo" matches none of the site's review patterns`,
		`configs/sites/a.example/parts.txtar: has no part "text.txt"`,
		`configs/sites/a.example/key.txtar: fields.yaml:2: unknown key "authour"; known are author,`,
		`configs/sites/a.example/nourl.txtar: fields.yaml: no url`,
		`configs/sites/a.example/extra.txtar: unknown part "more.txt"; parts are page.html`,
	} {
		if !strings.Contains(strings.Join(all, "\n"), want) {
			t.Errorf("no problem %s\nin\n%s", want, strings.Join(all, "\n"))
		}
	}
	if _, list := c.Check("b.example"); len(list) != 0 {
		t.Errorf("problems of a site that is none: %v", list)
	}
	missing := false
	_, problems = c.Check()
	for _, p := range problems {
		missing = missing || p.Site == "theme base" && strings.Contains(p.Text, "no saved page")
	}
	if !missing {
		t.Error("a theme without a saved page is no problem")
	}
}

func TestBudgetsAndQuietHours(t *testing.T) {
	c, err := load(data(), "cinecrawl.yaml", []byte(`sites:
  kino.example:
    crawl: {start: [https://kino.example/], pages: 10, bytes: 5MB, time: 30m, quiet: 22:00-06:30 Europe/Berlin}
`))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := c.Choose("kino.example")
	if w := s[0].Crawl; w.Pages != 10 || w.Bytes != 5e6 || w.Time != 30*time.Minute || w.Quiet.String() != "22:00-06:30 Europe/Berlin" {
		t.Errorf("%+v", w)
	}
	for text, want := range map[string]string{
		"8-9":                `cinecrawl.yaml:3: "8-9" are no hours: write 08:00-22:00`,
		"08:00-08:00":        "are no hours",
		"08:00-9:00 Nowhere": `there is no time zone "Nowhere"`,
	} {
		_, err := load(data(), "cinecrawl.yaml", []byte("sites:\n  kino.example:\n    crawl: {start: [https://kino.example/], quiet: "+text+"}\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestPosts(t *testing.T) {
	for text, want := range map[string]any{"page": false, "api": true, "feed": `cinecrawl.yaml:3: posts: "feed": write page or api`} {
		c, err := load(data(), "cinecrawl.yaml", []byte("sites:\n  kino.example:\n    crawl: {start: [https://kino.example/], posts: "+text+"}\n"))
		if err != nil {
			if !strings.Contains(err.Error(), fmt.Sprint(want)) {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if s, _ := c.Choose("kino.example"); s[0].Crawl.Posts != want {
			t.Errorf("%s: %+v", text, s[0].Crawl)
		}
	}
}

func TestSchedules(t *testing.T) {
	c, err := load(data(), "cinecrawl.yaml", []byte(`every: 7d
jitter: 2.5%
slice: 10s
sites:
  kino.example:
    crawl: {start: [https://kino.example/]}
  noir.example:
    crawl: {start: [https://noir.example/], every: 0 3 * * * Europe/Berlin}
  vamp.example:
    crawl: {start: [https://vamp.example/], every: adaptive}
  a.example:
    crawl: {every: adaptive}
`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Slice != 10*time.Second {
		t.Errorf("slice %v", c.Slice)
	}
	monday := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for site, want := range map[string]time.Duration{
		"kino.example": 7 * 24 * time.Hour, "noir.example": 14 * time.Hour, "vamp.example": 24 * time.Hour, "a.example": 24 * time.Hour,
	} {
		s, _ := c.find(site)
		if s.Schedule.Jitter != 0.025 {
			t.Errorf("%s: jitter %v", site, s.Schedule.Jitter)
		}
		s.Schedule.Jitter = 0
		if got := s.Schedule.Next(site, monday, monday).Sub(monday); got != want {
			t.Errorf("%s: the next run is in %v, want %v", site, got, want)
		}
		if got, want := s.Schedule.Adaptive, site == "vamp.example" || site == "a.example"; got != want {
			t.Errorf("%s: adaptive is %v", site, got)
		}
	}
}
