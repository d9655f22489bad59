package fetch

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cinecrawl/crawler/crawltest"
)

// The cases of the reference implementation. What it does beyond RFC 9309 is done too, unless the RFC says otherwise.
func TestReferenceCases(t *testing.T) {
	raw, err := os.ReadFile(crawltest.Shared(t, "robots/robots_cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		ID, Robots, Agent, URL string
		Allowed                bool
		BeyondRFC              bool `json:"beyond_rfc"`
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	// Not done, and why.
	not := map[string]string{
		"ID_Encoding#3":                     "non-ASCII octets of the URL are encoded before comparison, RFC 9309 section 2.2.2",
		"ID_Encoding#5":                     "non-ASCII octets of the URL are encoded before comparison, RFC 9309 section 2.2.2",
		"ID_Encoding#6":                     "the last row of the table in RFC 9309 section 2.2.2 says that it matches",
		"GoogleOnly_IndexHTMLisDirectory#1": "RFC 9309 knows no index.html; the narrower reading is kept",
	}
	var done, beyond, all, allBeyond int
	for _, c := range cases {
		if all++; c.BeyondRFC {
			allBeyond++
		}
		got, line := ParseRobots([]byte(c.Robots)).Allowed(c.Agent, c.URL)
		why, skip := not[c.ID]
		switch {
		case got == c.Allowed && skip:
			t.Errorf("%s: passes, though it should not: %s", c.ID, why)
		case got != c.Allowed && !skip:
			t.Errorf("%s: agent %q, %s: got %v by %q, want %v\n%s", c.ID, c.Agent, c.URL, got, line, c.Allowed, c.Robots)
		case got != c.Allowed && !c.BeyondRFC:
			t.Errorf("%s: not done, and it is of RFC 9309: %s", c.ID, why)
		case got != c.Allowed:
			t.Logf("%s: not done: %s", c.ID, why)
		case c.BeyondRFC:
			t.Logf("%s: done", c.ID)
			beyond++
		default:
			done++
		}
	}
	if done != 135 || beyond != 15 || all != 154 || allBeyond != 19 {
		t.Errorf("%d of the %d cases of RFC 9309, want 135 of 135; %d of the %d beyond, want 15 of 19", done, all-allBeyond, beyond, allBeyond)
	}
}

func TestRobotsAllowed(t *testing.T) {
	tests := []struct {
		name   string
		robots string
		agent  string // "" for bot
		url    string
		want   bool
		line   int
	}{
		// Section 2.1: rules and groups.
		{name: "nothing said", url: "/a", want: true},
		{name: "rule before any group", robots: "Disallow: /\nUser-agent: bot\nAllow: /a", url: "/b", want: true},
		{name: "unknown lines", robots: "Foo: bar\nUser-agent: bot\nFoo: bar\nDisallow: /a", url: "/a", line: 4},
		{name: "comments", robots: "# x\nUser-agent: bot # y\nDisallow: /a#b", url: "/a", line: 3},
		{name: "blanks", robots: " \t User-agent :  bot\t\n\tDisallow\t:\t/a  ", url: "/a/b", line: 2},

		// Section 2.2: ends of lines, encodings.
		{name: "CR", robots: "User-agent: bot\rDisallow: /a\r", url: "/a", line: 2},
		{name: "CR LF", robots: "User-agent: bot\r\n\r\nDisallow: /a\r\n", url: "/a", line: 3},
		{name: "byte order mark", robots: "\xef\xbb\xbfUser-agent: bot\nDisallow: /a", url: "/a", line: 2},
		{name: "half a byte order mark", robots: "\xef\xbbUser-agent: bot\nDisallow: /a", url: "/a", line: 2},
		{name: "byte order mark within", robots: "User-agent: bot\n\xef\xbb\xbfDisallow: /a", url: "/a", want: true},
		{name: "UTF-16LE", robots: "\xff\xfe" + utf16("User-agent: bot\nDisallow: /é"), url: "/%c3%a9", line: 2},
		{name: "Latin-1 octets", robots: "User-agent: bot\nDisallow: /caf\xe9", url: "/caf%E9", line: 2},
		{name: "NUL", robots: "\x00User-agent: bot\n\x00Disallow: /a\x00", url: "/a", line: 2},

		// Section 2.2.1: user-agent lines.
		{name: "case", robots: "USER-AGENT: BoT\nDISALLOW: /a", agent: "bOt", url: "/a", line: 2},
		{name: "token is not a prefix", robots: "User-agent: bo\nDisallow: /", url: "/a", want: true},
		{name: "longer token", robots: "User-agent: bot-news\nDisallow: /", url: "/a", want: true},
		{name: "token with digits", robots: "User-agent: bot2\nDisallow: /", url: "/a", want: true},
		{name: "version in the file", robots: "User-agent: bot/2.0\nDisallow: /", url: "/a", line: 2},
		{name: "version of the agent", robots: "User-agent: bot\nDisallow: /", agent: "bot/1.0", url: "/a", line: 2},
		{name: "group for all", robots: "User-agent: *\nDisallow: /", url: "/a", line: 2},
		{name: "own group beats the one for all", robots: "User-agent: *\nDisallow: /\nUser-agent: bot\nDisallow: /b", url: "/a", want: true},
		{name: "own group without rules", robots: "User-agent: *\nDisallow: /\n\nUser-agent: bot\n", url: "/a", want: true},
		{name: "own group with an empty rule", robots: "User-agent: bot\nDisallow:\nUser-agent: *\nDisallow: /\n", url: "/a", want: true},
		{name: "groups of one token are one", robots: "User-agent: bot\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: BOT\nDisallow: /b", url: "/b", line: 6},
		{name: "several tokens, one group", robots: "User-agent: x\nUser-agent: bot\nUser-agent: y\nDisallow: /a", url: "/a", line: 4},
		{name: "blank lines do not end a group", robots: "User-agent: bot\n\n\nDisallow: /a", url: "/a", line: 4},
		{name: "nameless group", robots: "User-agent: bot\nDisallow: /a\nUser-agent: \nDisallow: /b", url: "/b", want: true},
		{name: "asked as all", robots: "User-agent: *\nDisallow: /a", agent: "*", url: "/a", line: 2},

		// Section 2.2.2: precedence and comparison.
		{name: "longest match", robots: "User-agent: bot\nDisallow: /a\nAllow: /a/b", url: "/a/b/c", want: true, line: 3},
		{name: "order does not count", robots: "User-agent: bot\nAllow: /a/b\nDisallow: /a", url: "/a/c", line: 3},
		{name: "allow wins ties", robots: "User-agent: bot\nDisallow: /a\nAllow: /a", url: "/a", want: true, line: 3},
		{name: "allow wins ties with wildcards", robots: "User-agent: bot\nDisallow: /*a\nAllow: /b*", url: "/ba", want: true, line: 3},
		{name: "path has case", robots: "User-agent: bot\nDisallow: /A", url: "/a", want: true},
		{name: "robots.txt is allowed", robots: "User-agent: bot\nDisallow: /", url: "https://x.example/robots.txt", want: true},
		{name: "query", robots: "User-agent: bot\nDisallow: /a?b=", url: "https://x.example/a?b=1", line: 2},
		{name: "front page", robots: "User-agent: bot\nDisallow: /$", url: "https://x.example", line: 2},
		{name: "query of the front page", robots: "User-agent: bot\nDisallow: /?s=", url: "https://x.example?s=1", line: 2},
		{name: "fragment", robots: "User-agent: bot\nDisallow: /a$", url: "https://x.example/a#b", line: 2},
		{name: "URL in a query", robots: "User-agent: bot\nDisallow: /a?u=https://y.example", url: "/a?u=https%3A%2F%2Fy.example/", line: 2},
		{name: "URL in a query, encoded in the rule", robots: "User-agent: bot\nDisallow: /a?u=https%3a%2f%2fy.example", url: "/a?u=https://y.example/", line: 2},
		{name: "non-ASCII", robots: "User-agent: bot\nDisallow: /ツ", url: "/%E3%83%84", line: 2},
		{name: "non-ASCII in the URL", robots: "User-agent: bot\nDisallow: /%e3%83%84", url: "/ツ", line: 2},
		{name: "unreserved, encoded in the rule", robots: "User-agent: bot\nDisallow: /%62%61%7A", url: "/baz", line: 2},
		{name: "unreserved, encoded in the URL", robots: "User-agent: bot\nDisallow: /~a", url: "/%7Ea", line: 2},
		{name: "reserved is not its encoding", robots: "User-agent: bot\nDisallow: /a/b", url: "/a%2Fb", want: true},
		{name: "bad encoding", robots: "User-agent: bot\nDisallow: /a%zz", url: "/a%zzb", line: 2},
		{name: "blank in a rule", robots: "User-agent: bot\nDisallow: /a b", url: "/a%20b", line: 2},
		{name: "no leading slash", robots: "User-agent: bot\nDisallow: a/", url: "/a/b", line: 2},
		{name: "regular expressions are text", robots: "User-agent: bot\nDisallow: /*.(a|b)+[c]$", url: "/x.(a|b)+[c]", line: 2},
		{name: "a dot is a dot", robots: "User-agent: bot\nDisallow: /*.php", url: "/xphp", want: true},

		// Section 2.2.3: special characters.
		{name: "wildcard", robots: "User-agent: bot\nDisallow: /a/*/c", url: "/a/b/b/c/d", line: 2},
		{name: "wildcard of nothing", robots: "User-agent: bot\nDisallow: /a*b", url: "/ab", line: 2},
		{name: "wildcard first", robots: "User-agent: bot\nDisallow: *a", url: "/b/a", line: 2},
		{name: "wildcard alone", robots: "User-agent: bot\nDisallow: *", url: "/b", line: 2},
		{name: "pattern is anchored", robots: "User-agent: bot\nDisallow: /a/*b", url: "/x/a/b", want: true},
		{name: "weighed by octets", robots: "User-agent: bot\nAllow: /a...\nDisallow: /*b", url: "/a...b", want: true, line: 2},
		{name: "end", robots: "User-agent: bot\nDisallow: /*.php$", url: "/a.php", line: 2},
		{name: "not at the end", robots: "User-agent: bot\nDisallow: /*.php$", url: "/a.php?b", want: true},
		{name: "end without wildcard", robots: "User-agent: bot\nDisallow: /a$", url: "/ab", want: true},
		{name: "wildcard before the end", robots: "User-agent: bot\nDisallow: /a*$", url: "/ab", line: 2},
		{name: "dollar within", robots: "User-agent: bot\nDisallow: /a$b", url: "/a$b", line: 2},
		{name: "dollar within is no end", robots: "User-agent: bot\nDisallow: /a$b", url: "/a", want: true},
		{name: "encoded star is a star", robots: "User-agent: bot\nDisallow: /a%2Ab", url: "/a*b", line: 2},
		{name: "encoded star is no wildcard", robots: "User-agent: bot\nDisallow: /a%2Ab", url: "/axb", want: true},
		{name: "encoded dollar is a dollar", robots: "User-agent: bot\nDisallow: /a%24", url: "/a$b", line: 2},
		{name: "the mark in a path", robots: "User-agent: bot\nDisallow: /^a", url: "/x/^a", want: true},

		// Section 2.2.4: other records do not interfere.
		{name: "sitemap between user-agent lines", robots: "User-agent: bot\nSitemap: https://x.example/s.xml\nUser-agent: x\nDisallow: /", url: "/a", line: 4},
		{name: "bad crawl-delay", robots: "User-agent: bot\nCrawl-delay: fast\nDisallow: /a", url: "/a", line: 3},
		{name: "crawl-delay first", robots: "Crawl-delay: 3\nUser-agent: bot\nDisallow: /a", url: "/a", line: 3},

		// Leniency.
		{name: "misspelt", robots: "Useragent: bot\nDissallow: /a", url: "/a", line: 2},
		{name: "no colon", robots: "User-agent bot\nDisallow /a", url: "/a", line: 2},
		{name: "no colon, three words", robots: "User-agent: bot\nDisallow /a b", url: "/a", want: true},
		{name: "HTML", robots: "<!DOCTYPE html>\n<html><body>Not found: sorry</body></html>", url: "/a", want: true},

		// Bounds.
		{name: "too many wildcards", robots: "User-agent: bot\n" + strings.Repeat("Allow: /*x\n", maxWildcards+1), url: "/a", line: maxWildcards + 2},
		{name: "too many in one rule", robots: "User-agent: bot\nAllow: /b\nAllow: /" + strings.Repeat("*x", 8000), url: "/a", line: 3},
		{name: "too long with them", robots: "User-agent: bot\n" + strings.Repeat("Allow: /*"+strings.Repeat("x", 15000)+"\n", 5), url: "/a", line: 6},
		{name: "many in a row are one", robots: "User-agent: bot\nDisallow: /" + strings.Repeat("*", 8000) + "b", url: "/ab", line: 2},
		{name: "long rule, beyond the URL", robots: "User-agent: bot\nDisallow: /" + strings.Repeat("a", 30000), url: "/a", want: true},
		{name: "500 KiB count", robots: "User-agent: bot\n" + strings.Repeat("#"+strings.Repeat("x", 98)+"\n", 5119) + "\nDisallow: /a\n", url: "/a", line: 5122},
		{name: "more does not", robots: "User-agent: bot\n" + strings.Repeat("#"+strings.Repeat("x", 98)+"\n", 5120) + "\nDisallow: /a\n", url: "/a", want: true},
		{name: "nor does the line that is cut", robots: "User-agent: bot\n" + strings.Repeat("#"+strings.Repeat("x", 98)+"\n", 5119) + "Disallow: /a" + strings.Repeat("b", 100), url: "/abbb", want: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			agent := tt.agent
			if agent == "" {
				agent = "bot"
			}
			got, line := ParseRobots([]byte(tt.robots)).Allowed(agent, tt.url)
			if got != tt.want || line.Number != tt.line {
				t.Errorf("got %v by line %d (%s), want %v by line %d", got, line.Number, line.Text, tt.want, tt.line)
			}
		})
	}
}

func TestRobotsLine(t *testing.T) {
	r := ParseRobots([]byte("User-agent: *\n\n  Disallow: /private/ # keep out\n"))
	_, got := r.Allowed("cinecrawl", "https://x.example/private/a")
	want := Line{Number: 3, Text: "Disallow: /private/ # keep out"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, want := want.String(), "robots.txt line 3: Disallow: /private/ # keep out"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRobotsCrawlDelay(t *testing.T) {
	tests := []struct {
		name, robots string
		want         time.Duration
	}{
		{"none", "User-agent: *\nDisallow:", 0},
		{"seconds", "User-agent: bot\nCrawl-delay: 10", 10 * time.Second},
		{"fraction", "User-agent: bot\nCrawl-delay: 0.5 # s", 500 * time.Millisecond},
		{"for all", "User-agent: *\nCrawl-delay: 2", 2 * time.Second},
		{"own group says none", "User-agent: *\nCrawl-delay: 2\nDisallow: /a\nUser-agent: bot\nDisallow:", 0},
		{"the largest", "User-agent: bot\nCrawl-delay: 2\nCrawl-delay: 5\nCrawl-delay: 3", 5 * time.Second},
		{"text", "User-agent: bot\nCrawl-delay: 10s", 0},
		{"negative", "User-agent: bot\nCrawl-delay: -1", 0},
		{"not a number", "User-agent: bot\nCrawl-delay: NaN", 0},
		{"infinite", "User-agent: bot\nCrawl-delay: Inf", 0},
		{"very large", "User-agent: bot\nCrawl-delay: 1e30", maxCrawlDelay},
		{"before any group", "Crawl-delay: 4\nUser-agent: bot\n", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ParseRobots([]byte(tt.robots)).CrawlDelay("Bot"); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRobotsSitemaps(t *testing.T) {
	r := ParseRobots([]byte("Sitemap: https://x.example/a.xml\nUser-agent: x\nSITEMAP:https://x.example/b.xml # news\nDisallow: /\n" +
		"sitemap: https://x.example/a.xml\nsitemap:\nSite-map: /c.xml"))
	want := []string{"https://x.example/a.xml", "https://x.example/b.xml", "/c.xml"}
	if diff := cmp.Diff(want, r.Sitemaps()); diff != "" {
		t.Error(diff)
	}
}

func FuzzParseRobots(f *testing.F) {
	for _, s := range []string{
		"", "User-agent: *\nDisallow: /a*b$\nAllow: /%7e\nCrawl-delay: 1\nSitemap: https://x.example/", "\xff\xfeU\x00", "\xef\xbb\xbfuser-agent:*\rdisallow:*",
		"user-agent bot\ndisallow $\nallow $$\nallow *$", "user-agent: *x\nallow: \x00/^\xff", "User-agent:*\nDisallow:/\"<>\\`{|} #",
	} {
		f.Add([]byte(s), "bot", "https://x.example/a?b=%2f#c")
	}
	f.Fuzz(func(t *testing.T, body []byte, agent, url string) {
		r := ParseRobots(body)
		ok, line := r.Allowed(agent, url)
		if !ok && line.Number == 0 {
			t.Error("disallowed by no line")
		}
		if again, same := r.Allowed(agent, url); again != ok || same != line {
			t.Error("a second look says something else")
		}
		if d := r.CrawlDelay(agent); d < 0 || d > maxCrawlDelay {
			t.Errorf("crawl delay %v", d)
		}
		// The library decides as a plain matcher of our own would.
		path := normalPath(url)
		if len(path) > 1000 {
			return
		}
		for _, g := range r.agents {
			g.sort()
			for _, rule := range g.rules {
				if len(rule.pattern) < 1000 && rule.matches(path) != glob(rule.pattern, path[len(mark):]) {
					t.Errorf("pattern %q, path %q: library says %v", rule.pattern, path, rule.matches(path))
				}
			}
		}
		if r.Sitemaps(); slices.Contains(r.sitemaps, "") {
			t.Error("empty sitemap")
		}
	})
}

// glob matches as RFC 9309 section 2.2.3 says, by brute force.
func glob(pattern, path string) bool {
	at := map[int]bool{0: true}
	for i := 0; i < len(pattern); i++ {
		next := map[int]bool{}
		for p := range at {
			switch c := pattern[i]; {
			case c == '*':
				for q := p; q <= len(path); q++ {
					next[q] = true
				}
			case c == '$' && i == len(pattern)-1:
				if p == len(path) {
					return true
				}
			case p < len(path) && path[p] == c:
				next[p+1] = true
			}
		}
		at = next
	}
	return len(at) > 0
}

func utf16(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}
