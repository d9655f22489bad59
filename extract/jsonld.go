package extract

import (
	"errors"
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds on linked data, a script: a page's metadata is small, and what is larger is an attack or a catalogue.
const (
	maxLinkedBytes  = 1 << 20
	maxLinkedDepth  = 32
	maxLinkedValues = 20000
	maxLinkedItems  = 500
)

// object is a thing that a page describes in data: a JSON-LD node, a microdata item or a microformat. A property's value is a
// string (numbers and booleans too, as written), an object, or a []any of these. "@type" holds the types as written.
type object = map[string]any

// item is an object with where it stood: "ld", "microdata" or "mf".
type item struct {
	object
	src   string
	types []string // without their vocabulary: "Review", "h-entry"

	visitors bool // one of several reviews that a film's own entry lists
}

// linked is everything that a page says in data, in page order, nested objects after the one that holds them.
type linked struct {
	items []item
	byID  map[string]object
}

// is reports whether the item has one of the types.
func (it *item) is(types ...string) bool {
	for _, t := range it.types {
		for _, want := range types {
			if strings.EqualFold(t, want) {
				return true
			}
		}
	}
	return false
}

// add files a value and every object in it.
func (l *linked) add(v any, src string, depth int) {
	if depth > maxLinkedDepth || len(l.items) >= maxLinkedItems {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			l.add(e, src, depth+1)
		}
	case object:
		types := typesOf(v)
		if id, ok := v["@id"].(string); ok && len(v) > 1 {
			if l.byID == nil {
				l.byID = make(map[string]object)
			}
			if _, dup := l.byID[id]; !dup {
				l.byID[id] = v
			}
		}
		if len(types) > 0 {
			l.items = append(l.items, item{object: v, src: src, types: types})
		}
		for _, k := range sortedKeys(v) {
			switch v[k].(type) {
			case object, []any:
				first := len(l.items)
				l.add(v[k], src, depth+1)
				if several, _ := v[k].([]any); k == "review" && len(several) > 1 && slices.Contains(types, "Movie") {
					for i := range l.items[first:] {
						l.items[first+i].visitors = true
					}
				}
			}
		}
	}
}

// typesOf are an object's types without their vocabulary.
func typesOf(o object) []string {
	var types []string
	add := func(v any) {
		if s, ok := v.(string); ok {
			for t := range strings.FieldsSeq(s) {
				t = strings.TrimRight(t, "/#")
				if i := strings.LastIndexAny(t, "/#:"); i >= 0 {
					t = t[i+1:]
				}
				if t != "" {
					types = append(types, t)
				}
			}
		}
	}
	switch t := o["@type"].(type) {
	case []any:
		for _, e := range t {
			add(e)
		}
	default:
		add(t)
	}
	return types
}

// sortedKeys are the keys in an order that does not change from run to run.
func sortedKeys(o object) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	// Insertion sort: objects are small.
	for i := 1; i < len(keys); i++ {
		for j := i; j > 0 && keys[j] < keys[j-1]; j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
		}
	}
	return keys
}

// decodeLD decodes the JSON-LD scripts of a page: its top values in page order, arrays and @graph opened.
func decodeLD(scripts []string) []any {
	var out []any
	var open func(v any, depth int)
	open = func(v any, depth int) {
		if depth > maxLinkedDepth || len(out) >= maxLinkedItems {
			return
		}
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				open(e, depth+1)
			}
		case object:
			if graph, ok := v["@graph"]; ok {
				if len(typesOf(v)) > 0 {
					out = append(out, v)
				}
				open(graph, depth+1)
				return
			}
			out = append(out, v)
		}
	}
	for _, s := range scripts {
		for _, v := range decodeLinked(s) {
			open(v, 0)
		}
	}
	return out
}

// all follows a path of properties, through arrays and references by @id, and gives every value at its end.
func (l *linked) all(v any, path string) []any {
	return l.walk(nil, v, path, 0)
}

func (l *linked) walk(out []any, v any, path string, depth int) []any {
	if depth > maxLinkedDepth || len(out) > 100 {
		return out
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			out = l.walk(out, e, path, depth+1)
		}
		return out
	case object:
		v = l.resolve(v)
		if path == "" {
			return append(out, v)
		}
		key, rest, _ := strings.Cut(path, ".")
		if next, ok := v[key]; ok {
			return l.walk(out, next, rest, depth+1)
		}
		return out
	case string:
		if path == "" && v != "" {
			return append(out, v)
		}
	}
	return out
}

// resolve replaces a bare reference by what it refers to.
func (l *linked) resolve(o object) object {
	if id, ok := o["@id"].(string); ok && len(o) <= 2 {
		if full, ok := l.byID[id]; ok {
			return full
		}
	}
	return o
}

// text is the first text at the end of a path; an object there gives its name.
func (l *linked) text(o object, path string) string {
	for _, v := range l.all(o, path) {
		if s := l.plain(v); s != "" {
			return s
		}
	}
	return ""
}

// texts are all texts at the end of a path.
func (l *linked) texts(o object, path string) []string {
	var out []string
	for _, v := range l.all(o, path) {
		if s := l.plain(v); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func (l *linked) plain(v any) string {
	switch v := v.(type) {
	case string:
		return space(v)
	case object:
		for _, k := range [...]string{"name", "@value", "value"} {
			switch s := v[k].(type) {
			case string:
				return space(s)
			case []any:
				if len(s) > 0 {
					if s, ok := s[0].(string); ok {
						return space(s)
					}
				}
			}
		}
	}
	return ""
}

var errLinked = errors.New("malformed linked data")

// decodeLinked reads JSON as pages write it: comments and CDATA marks around it, trailing commas, raw newlines, entities,
// several values in a row, a missing end. It gives the top values that it could read.
func decodeLinked(s string) []any {
	if len(s) > maxLinkedBytes {
		return nil
	}
	s = strings.TrimSpace(s)
	if !strings.ContainsRune(s, '"') && strings.Contains(s, "&quot;") {
		s = html.UnescapeString(s)
	}
	start := strings.IndexAny(s, "{[")
	if start < 0 {
		return nil
	}
	// A CDATA mark holds brackets of its own, and the comment around it may end behind it.
	if i := strings.Index(s, "<![CDATA["); i >= 0 && i < start {
		start = i + len("<![CDATA[")
		if j := strings.IndexAny(s[start:], "{["); j >= 0 {
			start += j
		}
	}
	p := &looseJSON{s: s, i: start}
	out, err := p.values()
	if err == nil {
		return out
	}
	// Quotation marks inside a text that nobody escaped: read again, a text ends only where JSON may go on.
	q := &looseJSON{s: s, i: start, lenient: true}
	again, err := q.values()
	if err == nil || len(again) >= len(out) {
		return again
	}
	return out
}

// looseJSON is a tolerant JSON reader.
type looseJSON struct {
	s       string
	i       int
	n       int // values read
	lenient bool
}

func (p *looseJSON) values() ([]any, error) {
	var out []any
	for {
		p.space()
		for p.i < len(p.s) && strings.IndexByte(";,]>", p.s[p.i]) >= 0 {
			p.i++
			p.space()
		}
		if p.i >= len(p.s) || (p.s[p.i] != '{' && p.s[p.i] != '[') {
			return out, nil
		}
		v, err := p.value(0)
		if v != nil {
			out = append(out, v)
		}
		if err != nil {
			return out, err
		}
	}
}

// space skips white space and comments.
func (p *looseJSON) space() {
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c <= ' ':
			p.i++
		case c == 0xC2 && p.i+1 < len(p.s) && p.s[p.i+1] == 0xA0: // no-break space
			p.i += 2
		case c == 0xEF && strings.HasPrefix(p.s[p.i:], "\uFEFF"):
			p.i += 3
		case c == '/' && strings.HasPrefix(p.s[p.i:], "/*"):
			end := strings.Index(p.s[p.i+2:], "*/")
			if end < 0 {
				p.i = len(p.s)
				return
			}
			p.i += end + 4
		case c == '/' && strings.HasPrefix(p.s[p.i:], "//"):
			end := strings.IndexByte(p.s[p.i:], '\n')
			if end < 0 {
				p.i = len(p.s)
				return
			}
			p.i += end
		case c == '<' && strings.HasPrefix(p.s[p.i:], "<!--"):
			p.i += 4
		case c == '-' && strings.HasPrefix(p.s[p.i:], "-->"):
			p.i += 3
		default:
			return
		}
	}
}

func (p *looseJSON) value(depth int) (any, error) {
	if p.n++; depth > maxLinkedDepth || p.n > maxLinkedValues {
		return nil, errLinked
	}
	p.space()
	if p.i >= len(p.s) {
		return nil, errLinked
	}
	switch p.s[p.i] {
	case '{':
		return p.object(depth)
	case '[':
		p.i++
		list := []any{}
		for {
			p.space()
			if p.i >= len(p.s) {
				return list, errLinked
			}
			switch p.s[p.i] {
			case ']':
				p.i++
				return list, nil
			case ',':
				p.i++
				continue
			}
			v, err := p.value(depth + 1)
			if v != nil {
				list = append(list, v)
			}
			if err != nil {
				return list, err
			}
		}
	case '"':
		return p.text('"')
	}
	start := p.i
	for p.i < len(p.s) && strings.IndexByte(",}] \t\r\n", p.s[p.i]) < 0 {
		p.i++
	}
	if p.i == start {
		return nil, errLinked
	}
	if w := p.s[start:p.i]; w != "null" && w != "undefined" {
		return w, nil
	}
	return nil, nil
}

func (p *looseJSON) object(depth int) (any, error) {
	p.i++ // {
	o := object{}
	for {
		p.space()
		if p.i >= len(p.s) {
			return o, errLinked
		}
		switch p.s[p.i] {
		case '}':
			p.i++
			return o, nil
		case ',':
			p.i++
			continue
		}
		var key string
		if c := p.s[p.i]; c == '"' || c == '\'' {
			k, err := p.text(c)
			if err != nil {
				return o, err
			}
			key = k.(string)
		} else {
			start := p.i
			for p.i < len(p.s) && strings.IndexByte(":,}] \t\r\n", p.s[p.i]) < 0 {
				p.i++
			}
			key = p.s[start:p.i]
		}
		p.space()
		if p.i >= len(p.s) || p.s[p.i] != ':' || key == "" {
			return o, errLinked
		}
		p.i++
		v, err := p.value(depth + 1)
		if v != nil {
			if _, dup := o[key]; !dup {
				o[key] = v
			}
		}
		if err != nil {
			return o, err
		}
	}
}

// text reads a quoted text.
func (p *looseJSON) text(quote byte) (any, error) {
	p.i++
	start := p.i
	for i := p.i; i < len(p.s); i++ {
		switch p.s[i] {
		case quote:
			if p.lenient && !p.endsHere(i+1) {
				continue
			}
			p.i = i + 1
			return unescapeJSON(p.s[start:i]), nil
		case '\\':
			i++
		}
	}
	p.i = len(p.s)
	return nil, errLinked
}

// endsHere reports whether JSON may go on at i after a text.
func (p *looseJSON) endsHere(i int) bool {
	for i < len(p.s) && p.s[i] <= ' ' {
		i++
	}
	return i >= len(p.s) || strings.IndexByte(",:}]", p.s[i]) >= 0
}

func unescapeJSON(s string) string {
	if strings.IndexByte(s, '\\') >= 0 {
		var b strings.Builder
		b.Grow(len(s))
		for i := 0; i < len(s); i++ {
			if s[i] != '\\' || i+1 >= len(s) {
				b.WriteByte(s[i])
				continue
			}
			i++
			switch s[i] {
			case 'n', 'r', 't', 'f', 'b':
				b.WriteByte(' ')
			case 'u':
				r, ok := hex4(s[i+1:])
				if !ok {
					b.WriteByte('u')
					continue
				}
				i += 4
				if r >= 0xD800 && r < 0xDC00 && strings.HasPrefix(s[i+1:], `\u`) {
					if low, ok := hex4(s[i+3:]); ok && low >= 0xDC00 && low < 0xE000 {
						r = 0x10000 + (r-0xD800)<<10 + (low - 0xDC00)
						i += 6
					}
				}
				if r >= 0xD800 && r < 0xE000 {
					r = utf8.RuneError
				}
				b.WriteRune(r)
			default:
				b.WriteByte(s[i])
			}
		}
		s = b.String()
	}
	if strings.IndexByte(s, '&') >= 0 {
		s = html.UnescapeString(s)
	}
	return s
}

func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[:4]) {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
