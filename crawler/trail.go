package crawler

import (
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Look is what a page shows, as two hashes: one of its words and of the paths of its links, and one of the same without digits. The
// zero Look is not known.
type Look struct{ Exact, Rough uint64 }

// A trail is what a run has learned of the traps of a site that no URL tells by itself:
//
//   - names of one site: hosts, or http and https, that answer the same. One redirect tells it of names that differ by "www." or the
//     scheme; two pages tell it of others, by a redirect, by the canonical link, or by showing the same.
//   - parameters that change nothing, as session ids: three pages that show the same whatever a value like that of an id is.
//   - soft 404s: the front page, or a third copy of any other, under a URL that differs by more.
//   - lists without end: pages of a list, or mixes of parameters, one after the other, with nothing on them that was not there before.
//
// A URL that is known by this is not asked for: the task ends with an outcome, and with the URL that stands for it, if there is one. It
// is learned anew in each run, for sites mend such things. Only the dispatcher uses a trail.
type trail struct {
	site    *Site
	shown   map[uint64]*copies  // by Look.Exact
	names   map[string]string   // origin (scheme and host) → the one that stands for it
	votes   map[[2]string]int   // for a name
	alive   map[string]bool     // origins that gave a page
	params  map[string]bool     // that change nothing
	closed  int                 // lists
	tried   map[string][]uint64 // parameter → pages that are the same with another value of it
	lists   map[string]*list    // by address without numbers
	links   map[uint64]bool     // hashes of list and link
	newest  int                 // date of a post, by its URL; see dateOf
	ends    map[string]string   // why a list is left → at which page
	seed    maphash.Seed
	spared  map[string]int // what is said at the end of the run, with how many URLs it was
	reasons []string       // its keys, in order
}

type copies struct {
	url   string // the first
	n     int    // the others
	front bool   // the first is a start page
}

type list struct {
	rough     uint64 // of the last page
	fruitless int    // pages in a row
	closed    bool
}

// Bounds on a trail, and what it takes for a proof.
const (
	maxShown     = 1 << 10 // a thousand sites may be open
	maxListLinks = 1 << 12
	maxLists     = 1 << 9

	nameVotes   = 2
	paramVotes  = 3
	softCopies  = 2  // beside the first
	fruitless   = 10 // pages of a list in a row
	emptyMonths = 12 // of a list by date, in a row: months, or days
	emptyPast   = 36 // the same where older posts may follow, or newer ones are known: a pause of its author
	emptyFuture = 2  // the same after today: a calendar
	leastWider  = 3  // links of a mix of parameters to itself with one more
)

func newTrail(s *Site) *trail {
	return &trail{site: s, shown: map[uint64]*copies{}, names: map[string]string{}, votes: map[[2]string]int{}, alive: map[string]bool{},
		params: map[string]bool{}, tried: map[string][]uint64{}, lists: map[string]*list{}, links: map[uint64]bool{}, seed: maphash.MakeSeed(),
		ends: map[string]string{}, spared: map[string]int{}}
}

// spare ends the visit of a task of which it is known what asking would give.
func (t *trail) spare(v *Visit) bool {
	if v.Task.Kind != KindPage || v.Task.Found == FoundStart {
		return false
	}
	if to, why := t.plain(v.Task.URL); to != v.Task.URL {
		task := v.Task
		task.ID, task.URL, task.Host, task.From, task.Tries, task.ETag, task.LastModified = 0, to, hostOf(to), v.Task.URL, 0, "", ""
		if ok, _ := t.site.Admits(task); ok {
			v.Outcome, v.Why, v.Links = Redirected, fmt.Sprintf("to %s, not asked: %s", to, why), []Task{task}
			t.say(why, 1)
			return true
		}
	}
	if t.closed == 0 {
		return false
	}
	key := listOf(&v.Task)
	if key == "" || !t.isClosed(key) { // perhaps a day of a month
		day := strings.TrimSuffix(withoutNumbers(v.Task.URL), "/")
		month, ok := strings.CutSuffix(day, "#")
		if key = month; !ok || !isDated(key) {
			return false
		}
		if month = strings.TrimRight(month, "/-"); !t.isClosed(key) && !t.isClosed(month) {
			return false
		}
	}
	v.Outcome, v.Why = OutOfScope, endless(key)
	t.say(v.Why, 1)
	return true
}

func (t *trail) isClosed(key string) bool { return t.lists[key] != nil && t.lists[key].closed }

func endless(key string) string { return "list without end: " + key }

// say keeps what is to be said at the end of the run, and of how many URLs.
func (t *trail) say(why string, urls int) {
	if _, ok := t.spared[why]; !ok {
		t.reasons = append(t.reasons, why)
	}
	t.spared[why] += urls
}

// notes are the traps for the end of the run, the first ones.
func (t *trail) notes() string {
	var parts []string
	for _, why := range t.reasons[:min(len(t.reasons), 5)] {
		n := t.spared[why]
		if at := t.ends[why]; at != "" {
			why += ", left at " + at + " (if there is more behind it, name a page of that in crawl.start)"
		}
		switch n {
		case 0:
		case 1:
			why += " (1 URL)"
		default:
			why += fmt.Sprintf(" (%d URLs)", n)
		}
		parts = append(parts, why)
	}
	return strings.Join(parts, "; ")
}

// plain gives the URL that stands for a page, and why it does; its own if nothing is known.
func (t *trail) plain(u string) (to, why string) {
	if len(t.names) == 0 && len(t.params) == 0 {
		return u, ""
	}
	for range 3 { // a name may stand for one that stands for another
		origin := originOf(u)
		name, ok := t.names[origin]
		if !ok {
			break
		}
		u, why = name+pathOf(u), isName(origin, name)
	}
	if path, query, ok := strings.Cut(u, "?"); ok && len(t.params) > 0 {
		params := strings.Split(query, "&")
		left := slices.DeleteFunc(slices.Clone(params), func(p string) bool {
			key, value, _ := strings.Cut(p, "=")
			return t.params[key] && isID(value)
		})
		if len(left) < len(params) {
			if u = path; len(left) > 0 {
				u += "?" + strings.Join(left, "&")
			}
			why = "session id, which changes nothing"
		}
	}
	return u, why
}

// learn takes note of a finished visit. It may end otherwise by that, and leads to what stands for its links.
func (t *trail) learn(v *Visit) {
	if v.Page == nil {
		return
	}
	if v.Task.Kind == KindPage {
		t.page(v)
		if v.Outcome == Gone && v.Page.Status == 200 {
			t.say("soft 404s", 1)
		}
	}
	for i := range v.Links {
		l := &v.Links[i]
		if l.Kind != KindPage || l.Found == FoundStart || v.Outcome == Redirected {
			continue
		}
		if to, _ := t.plain(l.URL); to != l.URL && to != v.Task.URL {
			l.URL, l.Host = to, hostOf(to)
		}
	}
}

func (t *trail) page(v *Visit) {
	u := v.Task.URL
	switch v.Outcome {
	case Redirected:
		if len(v.Links) == 1 {
			t.vote(u, v.Links[0].URL, hostOf(u) == hostOf(v.Links[0].URL))
		}
		return
	case Reviewed, Roundup, NotReview, NoIndex, Unchanged:
	default:
		return
	}
	if origin := originOf(u); !t.alive[origin] {
		t.alive[origin] = true
		for pair := range t.votes {
			if pair[1] == origin {
				t.settle(pair)
			}
		}
	}
	if v.Canonical != "" {
		t.vote(u, v.Canonical, false)
	}
	if v.Look.Exact != 0 {
		t.compare(v)
	}
	if v.Task.Hint == hintArticle || v.Task.Hint == hintReview {
		t.newest = max(t.newest, dateOf(u))
	}
	if v.Outcome != Unchanged {
		t.goesOn(v)
	}
}

// vote counts a page that stands under two names of the site.
func (t *trail) vote(from, to string, proof bool) {
	pair := [2]string{originOf(from), originOf(to)}
	if pair[0] == pair[1] || pathOf(from) != pathOf(to) || !t.site.hasHost(nameOf(from)) || !t.site.hasHost(nameOf(to)) {
		return
	}
	if t.votes[pair]++; proof {
		t.votes[pair] += nameVotes
	}
	t.settle(pair)
}

// settle believes votes for a name that gives pages. Two names that send to each other are believed neither.
func (t *trail) settle(pair [2]string) {
	if t.votes[pair] < nameVotes || !t.alive[pair[1]] || t.names[pair[0]] == pair[1] {
		return
	}
	back := [2]string{pair[1], pair[0]}
	if t.votes[back] >= nameVotes {
		delete(t.names, pair[0])
		delete(t.names, pair[1])
		return
	}
	t.names[pair[0]] = pair[1]
	if hostOf(pair[0]) != hostOf(pair[1]) { // that http is https goes without saying
		t.say(isName(pair[0], pair[1]), 0)
	}
}

func isName(origin, of string) string { return origin + " is " + of }

// compare looks for a page that shows the same.
func (t *trail) compare(v *Visit) {
	u := v.Task.URL
	c := t.shown[v.Look.Exact]
	switch {
	case c == nil:
		if len(t.shown) >= maxShown {
			maps.DeleteFunc(t.shown, func(_ uint64, c *copies) bool { return !c.front })
		}
		t.shown[v.Look.Exact] = &copies{url: u, front: v.Task.Found == FoundStart}
		return
	case c.url == u:
		return
	case v.Task.Found == FoundStart:
		c.front = true
		return
	case pathOf(c.url) == pathOf(u):
		if originOf(v.Canonical) == originOf(u) {
			t.vote(c.url, u, false)
		} else {
			t.vote(u, c.url, false)
		}
		if v.Outcome == NotReview {
			v.Outcome, v.Why, v.Links = Duplicate, "the same page as "+c.url, nil
		}
		return
	}
	if key := sessionParam(c.url, u); key != "" {
		if !t.params[key] && !slices.Contains(t.tried[key], v.Look.Exact) {
			t.tried[key] = append(t.tried[key], v.Look.Exact)
		}
		if len(t.tried[key]) >= paramVotes {
			t.params[key] = true
			delete(t.tried, key)
		}
		if v.Outcome == NotReview {
			v.Outcome, v.Why, v.Links = Duplicate, "the same page as "+c.url, nil
		}
		return
	}
	if c.n++; v.Outcome == NotReview && (c.front || c.n >= softCopies) {
		v.Outcome, v.Why, v.Links, v.Record = Gone, "soft 404: the same page as "+c.url, nil, nil
	}
}

// sessionParam gives the parameter in whose value alone two URLs differ, or which one of them has not, if the value may be that of a
// session.
func sessionParam(a, b string) string {
	pa, qa, _ := strings.Cut(a, "?")
	pb, qb, _ := strings.Cut(b, "?")
	if pa != pb {
		return ""
	}
	key := ""
	only := func(in, other string) bool {
		for param := range strings.SplitSeq(in, "&") {
			if param == "" || slices.Contains(strings.Split(other, "&"), param) {
				continue
			}
			k, value, _ := strings.Cut(param, "=")
			if key != "" && key != k || !isID(value) {
				return false
			}
			key = k
		}
		return true
	}
	if !only(qa, qb) || !only(qb, qa) {
		return ""
	}
	return key
}

// isID holds for values that a person does not write: 12 letters and digits or more, both among them.
func isID(value string) bool {
	digits := 0
	for i := range len(value) {
		switch c := value[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		default:
			return false
		}
	}
	return len(value) >= 12 && digits > 0 && digits < len(value)
}

// goesOn looks whether a page of a list has what no page of the list had before it, and closes a list that goes on without.
func (t *trail) goesOn(v *Visit) {
	key := listOf(&v.Task)
	if key == "" {
		return
	}
	l := t.lists[key]
	if l == nil {
		if len(t.lists) >= maxLists { // most are articles that name the next one
			maps.DeleteFunc(t.lists, func(_ string, l *list) bool { return l.fruitless == 0 })
		}
		if len(t.lists) >= maxLists {
			return
		}
		l = &list{}
		t.lists[key] = l
	}
	dated, mix := isDated(key), strings.HasSuffix(key, "?*")
	news, wider := v.Outcome != NotReview, 0
	for i := range v.Links {
		link := &v.Links[i]
		switch {
		case mix && strings.HasPrefix(link.URL, strings.TrimSuffix(key, "*")):
			if len(link.URL) > len(v.Task.URL) && holdsParams(link.URL, v.Task.URL) {
				wider++
			}
			continue
		case link.Found == FoundNext || link.Hint <= hintTag:
			continue
		}
		h := maphash.String(t.seed, key+" "+link.URL)
		if !t.links[h] {
			if len(t.links) >= maxListLinks {
				clear(t.links)
			}
			t.links[h], news = true, true
		}
	}
	limit := fruitless
	switch {
	case dated:
		limit = emptyLimit(dateOf(v.Task.URL), dateOf(v.Task.From), t.newest, time.Now())
	case mix && !news && wider < leastWider:
		return // perhaps an article, whose parameters choose it
	case mix:
	case v.Look.Rough == 0 || v.Look.Rough != l.rough:
		news = true // entries that are out of scope
	}
	l.rough = v.Look.Rough
	if l.fruitless++; news {
		l.fruitless = 0
	}
	if l.fruitless < limit {
		return
	}
	n := len(v.Links)
	v.Links = slices.DeleteFunc(v.Links, func(t Task) bool { return listOf(&t) == key })
	if !l.closed {
		l.closed = true
		t.closed++
		t.ends[endless(key)] = v.Task.URL
		t.say(endless(key), n-len(v.Links))
	}
}

// emptyLimit is how many empty pages of a list by date may follow each other up to the one of a date, which was found on the one of
// another. The dates are those of dateOf; newest is that of the newest post known.
func emptyLimit(date, from, newest int, now time.Time) int {
	switch {
	case date > now.Year()*10000+int(now.Month())*100+now.Day():
		return emptyFuture
	case from > date || newest > date:
		return emptyPast
	}
	return emptyMonths
}

// dateOf is the date in the path of a URL, as 20200531, with 00 for what it does not say; 0 if there is none.
func dateOf(u string) (date int) {
	parts := 0
	for part := range strings.FieldsFuncSeq(strings.TrimPrefix(u, originOf(u)), func(c rune) bool { return c == '/' || c == '-' }) {
		switch n, _ := strconv.Atoi(part); {
		case parts == 0 && isYear(part):
			date, parts = n*10000, 1
		case parts == 0:
		case parts <= 2 && len(part) <= 2 && isNumber(part):
			if parts++; parts == 2 {
				n *= 100
			}
			date += n
		default:
			return date
		}
	}
	return date
}

// holdsParams says whether a URL has all parameters of another.
func holdsParams(u, other string) bool {
	_, query, _ := strings.Cut(u, "?")
	_, own, _ := strings.Cut(other, "?")
	params := strings.Split(query, "&")
	for p := range strings.SplitSeq(own, "&") {
		if !slices.Contains(params, p) {
			return false
		}
	}
	return true
}

// listOf names the list of which a task is a further page, or the mix of parameters, by its address without numbers; "" for others.
func listOf(t *Task) string {
	path, query, _ := strings.Cut(t.URL, "?")
	if t.Found == FoundNext {
		return withoutNumbers(t.URL)
	}
	if strings.Count(query, "&") > 0 {
		return path + "?*"
	}
	return ""
}

func withoutNumbers(u string) string {
	origin := originOf(u)
	var b strings.Builder
	b.WriteString(origin)
	number := false
	for _, c := range []byte(u[len(origin):]) {
		if digit := c >= '0' && c <= '9'; !digit {
			b.WriteByte(c)
		} else if !number {
			b.WriteByte('#')
		}
		number = c >= '0' && c <= '9'
	}
	return b.String()
}

// isDated holds for lists by year and month, or day.
func isDated(key string) bool {
	key = strings.TrimSuffix(key, "/")
	return strings.HasSuffix(key, "/#/#") || strings.HasSuffix(key, "/#-#") || strings.HasSuffix(key, "/#-#-#")
}

// originOf is the scheme and host of a canonical URL, "" of none.
func originOf(canonical string) string {
	return canonical[:len(canonical)-len(pathOf(canonical))]
}
