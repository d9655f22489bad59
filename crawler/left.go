package crawler

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
)

// leftOut is what a run does not follow of what its site's own pages, sitemaps and feeds name, by the rule. Such rules guess, and what
// they guess wrong would be lost without a word. Other hosts, files that are no pages, and what the configuration denies are not counted.
type leftOut struct {
	mu    sync.Mutex
	seen  map[uint64]bool // hashes of URLs
	seed  maphash.Seed
	rules map[string]*leftRule // by the reason without what differs between URLs
}

type leftRule struct {
	why, url string // of the first
	n        int    // URLs
}

// Bounds on what is kept of it.
const (
	maxLeft      = 1 << 12 // URLs; more are not counted
	maxLeftRules = 5       // that are told
)

func newLeftOut() *leftOut {
	return &leftOut{seen: map[uint64]bool{}, seed: maphash.MakeSeed(), rules: map[string]*leftRule{}}
}

// Leave takes note of a reference that is not followed, for another reason than that it is out of scope.
func (s *Site) Leave(t Task, why string) {
	to := targetOf(t.URL)
	s.leave(t, &to, why)
}

func (s *Site) leave(t Task, to *target, why string) {
	if s.Left != nil {
		s.Left(t, why)
	}
	why = strings.TrimPrefix(why, "out of scope: ")
	if s.left == nil || !s.hasHost(to.host) || neverHTML[extension(to.path)] || s.configured(to) {
		return
	}
	s.left.add(t.URL, why)
}

// configured says whether it is the configuration that leaves a URL out.
func (s *Site) configured(to *target) bool {
	return firstMatch(s.Deny, to.whole) != nil || len(s.Allow) > 0 && firstMatch(s.Allow, to.whole) == nil
}

func (l *leftOut) add(u, why string) {
	rule, _, _ := strings.Cut(why, ": ")
	rule = strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return -1
		}
		return c
	}, rule)
	l.mu.Lock()
	defer l.mu.Unlock()
	h := maphash.String(l.seed, u)
	if len(l.seen) >= maxLeft || l.seen[h] {
		return
	}
	l.seen[h] = true
	r := l.rules[rule]
	if r == nil {
		r = &leftRule{why: why, url: u}
		l.rules[rule] = r
	}
	r.n++
}

// notes tells the rules for the end of the run, those with most URLs first, each with its first URL.
func (l *leftOut) notes() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var rules []*leftRule
	for _, r := range l.rules {
		rules = append(rules, r)
	}
	slices.SortFunc(rules, func(a, b *leftRule) int { return cmp.Or(b.n-a.n, strings.Compare(a.url, b.url)) })
	if len(rules) == 0 {
		return ""
	}
	more := ""
	if n := len(rules) - maxLeftRules; n > 0 {
		more = fmt.Sprintf(", and %d more rules", n)
	}
	var parts []string
	for _, r := range rules[:min(len(rules), maxLeftRules)] {
		parts = append(parts, fmt.Sprintf("%d by %q, as %s", r.n, r.why, r.url))
	}
	total := fmt.Sprint(len(l.seen))
	if len(l.seen) >= maxLeft {
		total = "over " + total
	}
	return "URLs not followed: " + total + ": " + strings.Join(parts, ", ") + more
}
