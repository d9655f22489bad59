package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"cinecrawl/crawler/crawltest"
	"cinecrawl/storage"
)

// kettleSite is a site of 25 reviews. In the text of each stand lines that no rule knows: one between the paragraphs, one behind
// them. Also on each page, and the critic's: a heading, a grade, a warning. It gives the text of each by its path.
func kettleSite() (archive string, texts map[string]string) {
	const (
		kettle = "The kettle in the projection booth goes on at nine, every night but Monday."
		paid   = "Seen from row F, paid for at the door"
	)
	things := strings.Fields("lamp ladder orchard ferry clock tunnel harbour violin mirror garden letter bicycle station kitchen lantern " +
		"bridge umbrella piano window compass suitcase river chapel engine meadow")
	var web, links strings.Builder
	texts = map[string]string{}
	for i, thing := range things {
		title := fmt.Sprintf("The %s of Doctor %c", strings.ToUpper(thing[:1])+thing[1:], 'A'+i)
		other := things[(i+7)%len(things)]
		ps := []string{
			"-Heavy Spoilers",
			fmt.Sprintf("%s is a film about a %s, and it trusts the %s to carry the whole of its story. The director keeps the camera low and the cast keeps its voice lower.", title, thing, thing),
			fmt.Sprintf("Nothing in the second act prepares you for what the script does with the %s; the actor who finds it says nothing for %d minutes, and the audience did not either.", other, i+3),
			"The Verdict",
			fmt.Sprintf("I left the cinema thinking of the %s and of the %s, in that order, and the cinematography had put both there on purpose.", thing, other),
			"★★★★☆",
		}
		path := fmt.Sprintf("/reviews/%s/", thing)
		texts[path] = "Review: " + title + "\n\n" + strings.Join(ps, "\n\n") + "\n"
		page := func(extra string) string {
			return fmt.Sprintf(`<!DOCTYPE html><html lang="en"><head><title>Review: %s – Row F</title>%s</head>
<body class="page"><div id="top"><a href="/">Row F</a></div><div id="column"><h1>Review: %s</h1><div class="words">
<p>%s</p><p>%s</p><p>%s</p><p>%s</p><h3>%s</h3><p>%s</p><p>%s</p><p>%s</p></div></div><div id="end"><a href="/">All reviews</a></div></body></html>
`, title, extra, title, ps[0], ps[1], kettle, ps[2], ps[3], ps[4], ps[5], paid)
		}
		fmt.Fprintf(&web, "-- %s --\n%s", path, page(""))
		fmt.Fprintf(&links, "<li><a href=\"%s\">%s</a></li>\n", path, title)
		if i == 0 { // many copies under other addresses
			for n := range 7 {
				copied := fmt.Sprintf("/reviews/%s/copy-%c/", thing, 'a'+n)
				fmt.Fprintf(&web, "-- %s --\n%s", copied, page(""))
				fmt.Fprintf(&links, "<li><a href=\"%s\">%s</a></li>\n", copied, title)
				texts[copied] = texts[path]
			}
		}
	}
	return "-- / --\n<title>Row F</title><h1>All reviews</h1><ul>" + links.String() + "</ul>\n" + web.String(), texts
}

// distinct is the number of reviews that are stored of texts: copies within a site are one.
func distinct(texts map[string]string) int {
	all := map[string]bool{}
	for _, text := range texts {
		all[text] = true
	}
	return len(all)
}

func TestRepeatedBlocks(t *testing.T) {
	archive, texts := kettleSite()
	reviews := distinct(texts)
	web, url := crawltest.Start(t, archive)
	t.Chdir(t.TempDir())
	write(t, "cinecrawl.yaml", fmt.Sprintf("sites:\n  row-f: {enabled: true, hosts: [%q], crawl: {start: [%q], gap: 0s}}\n", strings.TrimPrefix(url, "http://"), url+"/"))
	cinecrawl := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(args, nil, &out, &errs); code != exitOK {
			t.Fatalf("%v: exit code %d\n%s%s", args, code, &out, &errs)
		}
		return out.String()
	}
	// check compares what is stored with the known texts, and gives the number of reviews by their revision.
	check := func(name string) map[int]int {
		t.Helper()
		st := openStore(t, "cinecrawl.db")
		defer st.Close()
		revisions, n := map[int]int{}, 0
		err := st.Records(t.Context(), storage.Filter{}, func(r *storage.Record) error {
			n++
			revisions[r.Revision]++
			if want, got := texts[strings.TrimPrefix(r.PageURL, url)], storage.Text(r.Review); got != want {
				t.Errorf("%s: %s: got\n%s\nwant\n%s", name, r.PageURL, got, want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n != reviews {
			t.Errorf("%s: %d reviews, want %d", name, n, reviews)
		}
		return revisions
	}

	out := cinecrawl("crawl")
	if !strings.Contains(out, "on many of its reviews") {
		t.Errorf("crawl does not say that it learned:\n%s", out)
	}
	after := check("crawl")
	if after[2] == 0 || after[1]+after[2] != reviews {
		t.Errorf("revisions %v: want the early ones at 2, the rest at 1", after)
	}
	if out := cinecrawl("explain", url+"/reviews/lamp/"); !strings.Contains(out, "chrome:repeated on 25 pages") {
		t.Errorf("explain does not name the rule:\n%s", out)
	}

	asked := len(web.Log())
	for range 2 {
		if out := cinecrawl("reread"); !strings.Contains(out, fmt.Sprintf(" 0 new, 0 changed, %d unchanged, 0 no longer", reviews)) || strings.Contains(out, "text is the same") {
			t.Errorf("reread: got %s", out)
		}
	}
	if n := len(web.Log()); n != asked {
		t.Errorf("reread asked the site %d times", n-asked)
	}
	if got := check("reread"); fmt.Sprint(got) != fmt.Sprint(after) {
		t.Errorf("revisions %v, before the reread %v", got, after)
	}
	out = cinecrawl("crawl") // nothing new: nothing to read again
	if strings.Contains(out, "on many of its reviews") || fmt.Sprint(check("second crawl")) != fmt.Sprint(after) {
		t.Errorf("second crawl:\n%s", out)
	}
}

// TestRelearnAfterKill holds that a process which dies between the end of a run and the reading again costs nothing: the next crawl
// or reread sees from the stored marks what is to be done, also if it was half done.
func TestRelearnAfterKill(t *testing.T) {
	archive, texts := kettleSite()
	reviews := distinct(texts)
	_, url := crawltest.Start(t, archive)
	t.Chdir(t.TempDir())
	write(t, "cinecrawl.yaml", fmt.Sprintf("sites:\n  row-f: {enabled: true, hosts: [%q], crawl: {start: [%q], gap: 0s}}\n", strings.TrimPrefix(url, "http://"), url+"/"))
	a := &app{globals: globals{Config: "cinecrawl.yaml"}, stdout: io.Discard, stderr: io.Discard, now: time.Now}
	a.logTo(io.Discard)
	cfg, err := a.config()
	if err != nil {
		t.Fatal(err)
	}
	sites, err := a.choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	st := openStore(t, "cinecrawl.db")
	defer st.Close()
	runs, err := a.crawl(t.Context(), cfg, st, sites, 0)
	if err != nil {
		t.Fatal(err)
	}
	clean := func() (n int) {
		t.Helper()
		err := st.Records(t.Context(), storage.Filter{}, func(r *storage.Record) error {
			if storage.Text(r.Review) == texts[strings.TrimPrefix(r.PageURL, url)] {
				n++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := clean()
	if before == reviews {
		t.Fatal("all texts are clean before anything was learned")
	}
	r := rereader{app: a, cfg: cfg, st: st}
	left, err := r.stale(t.Context(), "row-f", 5) // then the process dies
	if err != nil {
		t.Fatal(err)
	}
	if got := clean(); got != before+5 || left != reviews-got {
		t.Errorf("%d clean texts and %d left after 5 of %d pages, %d before", got, left, reviews, before)
	}
	if err := a.relearn(context.Background(), cfg, st, runs, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := clean(); got != reviews {
		t.Errorf("%d clean texts of %d", got, reviews)
	}
	if left, err = r.stale(t.Context(), "row-f", 0); left != 0 || err != nil {
		t.Errorf("%d pages left, error %v", left, err)
	}
	if !slices.ContainsFunc(runs, func(r storage.Run) bool { return r.Site == "row-f" && r.Finished }) {
		t.Errorf("runs %+v", runs)
	}
}
