package tables

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
)

// readAs says whether an outcome tells what the page is: then its validators and its snapshot are kept, and a later 304 means that
// outcome again.
func readAs(o crawler.Outcome) bool {
	switch o {
	case crawler.Reviewed, crawler.Roundup, crawler.NotReview, crawler.NoIndex, crawler.Listed, crawler.Duplicate:
		return true
	}
	return false
}

// passing says whether an outcome tells nothing of the page, so that what is known of it stands.
func passing(o crawler.Outcome) bool {
	switch o {
	case crawler.Unchanged, crawler.ServerError, crawler.Unreachable, crawler.TimedOut, crawler.Disallowed, crawler.Forbidden:
		return true
	}
	return false
}

// snapshotOf says whether the page of a visit is kept: HTML that was read, or that a better reader might. Sitemaps, feeds and archives are
// not: they are asked again instead. Pages that ask for no copy are not either.
func snapshotOf(v *crawler.Visit) bool {
	return v.Page != nil && v.Page.Status/100 == 2 && v.Task.Kind == crawler.KindPage && !noCopy(v) &&
		(readAs(v.Outcome) || v.Outcome == crawler.Unreadable)
}

// asideAs is the kind of which the records of a page are from now on that is no review any more, "" if that is not so.
func asideAs(v *crawler.Visit) string {
	switch v.Outcome {
	case crawler.NoIndex:
		return string(crawler.NoIndex)
	case crawler.NotReview:
		if r, ok := v.Record.(*extract.Review); ok && r != nil {
			return string(r.Kind)
		}
	}
	return ""
}

func noCopy(v *crawler.Visit) bool { return v.NoCopy || v.Outcome == crawler.NoIndex }

// ready is what is made of a visit before its transaction begins.
type ready struct {
	outcome crawler.Outcome // that the visit had: the loop may find another one
	packing *packing
	page    *packed // nil if no snapshot is kept
	review  *row    // nil if it is none
}

// packed is a page as its row has it.
type packed struct {
	header, request string
	hash            [sha256.Size]byte
	body            []byte
}

func (s *Store) packPage(ctx context.Context, how *packing, p *crawler.Page) (*packed, error) {
	if len(p.Body) > maxBody {
		return nil, fmt.Errorf("body of %d bytes is over the bound of %d", len(p.Body), maxBody)
	}
	header, err := json.Marshal(p.Header)
	if err != nil {
		return nil, err
	}
	request := []byte{}
	if p.Request != nil {
		if request, err = json.Marshal(p.Request); err != nil {
			return nil, err
		}
	}
	return &packed{header: string(header), request: string(request), hash: sha256.Sum256(p.Body), body: s.pack(ctx, how, p)}, nil
}

// Prepare implements crawler.Frontier. What cannot be prepared fails in Commit.
func (s *Store) Prepare(ctx context.Context, v *crawler.Visit) {
	if r, err := s.ready(ctx, v); err == nil {
		v.Ready = r
	}
}

func (s *Store) ready(ctx context.Context, v *crawler.Visit) (*ready, error) {
	r := &ready{outcome: v.Outcome}
	var err error
	if snapshotOf(v) {
		if r.packing, err = s.packing(ctx, v.Task.Site); err == nil {
			r.page, err = s.packPage(ctx, r.packing, v.Page)
		}
	}
	if err == nil && (v.Outcome == crawler.Reviewed || v.Outcome == crawler.Roundup) {
		r.review, err = reviewRow(v)
	}
	if err != nil {
		return nil, fmt.Errorf("commit %s: %w", v.Task.URL, err)
	}
	return r, nil
}

// tally is what a commit adds to a run.
type tally struct {
	fetched, added, changed, unchanged int
	pages                              int
	bytes                              int64
	outcomes                           map[crawler.Outcome]int
}

// Commit implements crawler.Frontier.
func (s *Store) Commit(ctx context.Context, visits []crawler.Visit) ([]crawler.Stored, error) {
	if len(visits) == 0 {
		return nil, nil
	}
	prepared := make([]*ready, len(visits))
	for i := range visits {
		r, ok := visits[i].Ready.(*ready)
		if !ok || r.outcome != visits[i].Outcome {
			var err error
			if r, err = s.ready(ctx, &visits[i]); err != nil {
				return nil, err
			}
		}
		prepared[i] = r
	}
	stored := make([]crawler.Stored, len(visits))
	err := s.write(ctx, func(t *tx) error {
		leases := make(map[string]*lease)
		tallies := make(map[int64]*tally)
		for i := range visits {
			v := &visits[i]
			l := leases[v.Task.Site]
			if l == nil {
				var err error
				if l, err = t.fence(v.Task.Site); err != nil {
					return err
				}
				leases[v.Task.Site] = l
				tallies[l.run] = &tally{outcomes: make(map[crawler.Outcome]int)}
			}
			var err error
			review := prepared[i].review
			if review != nil {
				again := *review // which saveReview may change, and a second try must not see
				review = &again
			}
			if stored[i], err = t.visit(l, tallies[l.run], v, prepared[i].page, review); err != nil {
				return fmt.Errorf("%s: %w", v.Task.URL, err)
			}
		}
		for run, n := range tallies {
			if err := t.count(run, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	made := 0
	for i, r := range prepared {
		if r.packing != nil && s.learn(ctx, visits[i].Task.Site, r.packing, visits[i].Task.URL, made < maxLearned) {
			made++
		}
	}
	return stored, nil
}

// visit stores one visit.
func (t *tx) visit(l *lease, n *tally, v *crawler.Visit, page *packed, review *row) (crawler.Stored, error) {
	var stored crawler.Stored
	was, err := t.prior(l, &v.Task)
	if v.Task.ID == 0 && errors.Is(err, storage.ErrNotFound) {
		return stored, nil // another site has found it meanwhile
	} else if err != nil {
		return stored, err
	}
	at := t.now
	status := 0
	if v.Page != nil {
		if v.Page.Via == "" {
			n.fetched++
			n.bytes += int64(len(v.Page.Body))
			if v.Task.Kind == crawler.KindPage {
				n.pages++
			}
		}
		status = v.Page.Status
		if !v.Page.FetchedAt.IsZero() {
			at = v.Page.FetchedAt
		}
	}
	id, before := was.id, !was.visited.IsZero()

	if v.Outcome == "" {
		if err := t.postpone(id, v, at, status); err != nil {
			return stored, err
		}
	} else {
		outcome, why := v.Outcome, v.Why
		if review != nil {
			if before {
				if _, err := t.exec(`UPDATE reviews SET moved_to = 0 WHERE task_id = $1 AND moved_to <> 0`, id); err != nil {
					return stored, err
				}
			}
			var other string
			if stored.Change, other, err = t.saveReview(id, before, review, at); err != nil {
				return stored, err
			}
			if stored.Owner = other; other != "" {
				outcome, why = crawler.Duplicate, "the review is stored from "+other
			}
		}
		if page != nil {
			if err := t.savePage(id, v.Page, page, at); err != nil {
				return stored, err
			}
			if err := t.saveMarks(l.site, id, v.Record); err != nil {
				return stored, err
			}
		}
		if noCopy(v) {
			if _, err := t.exec(`DELETE FROM pages WHERE task_id = $1`, id); err != nil {
				return stored, err
			}
		}
		if aside := asideAs(v); aside != "" && before {
			if err := t.setAside(id, aside); err != nil {
				return stored, err
			}
		}
		known, err := t.finish(id, v, outcome, why, at, status, was.after(outcome, stored.Change, at, l.revisit))
		if err != nil {
			return stored, err
		}
		if outcome == crawler.Unchanged && (known == crawler.Reviewed || known == crawler.Roundup) {
			stored.Change = crawler.SameReview
		}
		n.outcomes[outcome]++
	}
	switch stored.Change {
	case crawler.NewReview:
		n.added++
	case crawler.Revised:
		n.changed++
	case crawler.SameReview:
		n.unchanged++
	}

	if !v.HoldHost.IsZero() {
		// All sites of the host: politeness knows hosts only.
		if _, err := t.exec(`UPDATE hosts SET hold_until = $1, hold_why = $3 WHERE host = $2 AND hold_until < $1`, millis(v.HoldHost), v.Task.Host, v.HoldWhy); err != nil {
			return stored, err
		}
	}
	if stored.Added, err = t.links(l, v.Links); err != nil {
		return stored, err
	}
	if v.Outcome == crawler.Redirected && before && len(v.Links) == 1 {
		if err := t.moved(l, id, v.Links[0].URL); err != nil {
			return stored, err
		}
	}
	if stored.Added > 0 && (v.Outcome == crawler.NotReview || v.Outcome == crawler.Listed) {
		if err := t.continueList(l, v); err != nil {
			return stored, err
		}
	}
	return stored, nil
}

// continueList makes the further pages of a list due again that a page with new links leads to, if they were not asked in this run. So
// a crawl for what is new goes through a list until a page of it has nothing new, and not to its end.
func (t *tx) continueList(l *lease, v *crawler.Visit) error {
	for i := range v.Links {
		if v.Links[i].Found != crawler.FoundNext {
			continue
		}
		if _, err := t.exec(`UPDATE tasks SET due = 1, tries = 0 WHERE url = $1 AND site_id = $2 AND due IS NULL AND found = 'next'
			AND (outcome = 'not_review' OR kind = 'archive') AND visited_at < (SELECT started FROM runs WHERE id = $3)`, v.Links[i].URL, l.site, l.run); err != nil {
			return err
		}
	}
	return nil
}

// prior is what was known of a task before a visit.
type prior struct {
	id      int64
	visited time.Time // zero if it never was
	outcome crawler.Outcome
	readAs  crawler.Outcome
	learned
}

// learned is what visits tell of a page for when it is asked next.
type learned struct {
	pace      storage.Pace
	announced bool // a date of change came since the last visit that told something
	misled    int  // such visits in a row that found nothing new
}

// maxMisled is how many announcements of changes that were none are followed in a row: after that the page goes by its pace. Some sites
// date every page of a sitemap with the moment it is asked for.
const maxMisled = 2

// prior finds the task of a visit, and stores a task that was never in the frontier.
func (t *tx) prior(l *lease, task *crawler.Task) (p prior, err error) {
	if task.ID == 0 {
		if _, err := t.link(l, task); err != nil {
			return p, err
		}
	}
	const columns = `SELECT id, visited_at, outcome, read_as, pace, announced, misled FROM tasks `
	query, key := columns+`WHERE id = $1 AND site_id = $2`, any(task.ID)
	if task.ID == 0 {
		query, key = columns+`WHERE url = $1 AND site_id = $2`, task.URL
	}
	var visited int64
	err = t.row([]any{&p.id, &visited, &p.outcome, &p.readAs, &p.pace, &p.announced, &p.misled}, query, key, l.site)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("task %d of %s: %w", task.ID, l.name, storage.ErrNotFound)
	}
	p.visited = moment(visited)
	return p, err
}

// after is what is learned with a visit at a time, of a site that is asked again after revisit. Visits that tell nothing, as the first,
// leave it. The pace stays with a visit that finds nothing new before the page was due by it.
func (p *prior) after(outcome crawler.Outcome, change crawler.Change, at time.Time, revisit time.Duration) learned {
	was, next := cmp.Or(p.readAs, p.outcome), p.learned
	if p.visited.IsZero() || outcome != crawler.Unchanged && (passing(outcome) || passing(was)) {
		return next
	}
	news := change == crawler.Revised || outcome != crawler.Unchanged && outcome != was
	if revisit > 0 && (news || at.Sub(p.visited) >= p.pace.Of(revisit)) {
		next.pace = p.pace.Next(news)
	}
	if p.announced {
		next.announced, next.misled = false, min(p.misled+1, maxMisled)
		if news {
			next.misled = 0
		}
	}
	return next
}

// postpone keeps a task queued.
func (t *tx) postpone(id int64, v *crawler.Visit, at time.Time, status int) error {
	_, err := t.exec(`UPDATE tasks SET due = $1, tries = $2, last = '', why = $3, status = $4, visited_at = $5 WHERE id = $6`,
		dueMillis(v.RetryAt), v.Task.Tries, v.Why, status, millis(at), id)
	return err
}

// finish takes a task out of the queue. It gives the outcome that is now known of the URL.
func (t *tx) finish(id int64, v *crawler.Visit, outcome crawler.Outcome, why string, at time.Time, status int, next learned) (crawler.Outcome, error) {
	// nil leaves a column as it is.
	var etag, modified, read, kind, signals any
	switch {
	case readAs(outcome):
		read = string(outcome)
		if v.Page != nil {
			signals = packSignals(v.Signals)
		}
	case !passing(outcome):
		read, etag, modified, signals = "", "", "", ""
	}
	switch {
	case v.Page != nil && v.Page.Via != "":
		etag, modified = "", "" // those of its header are of another URL
	case v.Page != nil && (readAs(outcome) || outcome == crawler.Unchanged):
		if e := v.Page.Header.Get("ETag"); e != "" || outcome != crawler.Unchanged {
			etag = e
		}
		if m := v.Page.Header.Get("Last-Modified"); m != "" || outcome != crawler.Unchanged {
			modified = m
		}
	}
	if r, ok := v.Record.(*extract.Review); ok && r != nil {
		kind = string(r.Kind)
	}
	var known string
	err := t.row([]any{&known}, `UPDATE tasks SET due = NULL, tries = $1, last = $2, status = $3, visited_at = $4,
			outcome = CASE WHEN $2 = 'unchanged' AND read_as <> '' THEN read_as ELSE $2 END,
			why = CASE WHEN $2 = 'unchanged' AND read_as <> '' THEN why ELSE $5 END,
			read_as = COALESCE($6, read_as), etag = COALESCE($7, etag), last_modified = COALESCE($8, last_modified),
			page_kind = COALESCE($9, page_kind), signals = COALESCE($10, signals), pace = $12, announced = $13, misled = $14
		WHERE id = $11 RETURNING outcome`,
		v.Task.Tries, string(outcome), status, millis(at), why, read, etag, modified, kind, signals, id, int64(next.pace), flag(next.announced), next.misled)
	return crawler.Outcome(known), err
}

// packSignals is a list as its column has it.
func packSignals(list []crawler.Signal) string {
	if len(list) == 0 {
		return ""
	}
	b, err := json.Marshal(list)
	if err != nil {
		panic(err) // texts only
	}
	return string(b)
}

func unpackSignals(column string) (list []crawler.Signal, err error) {
	if column != "" {
		err = json.Unmarshal([]byte(column), &list)
	}
	return list, err
}

// savePage keeps a snapshot.
func (t *tx) savePage(id int64, p *crawler.Page, z *packed, at time.Time) error {
	request, err := t.request(z.request)
	if err != nil {
		return err
	}
	decoded := 0
	if p.Decoded {
		decoded = 1
	}
	_, err = t.exec(`INSERT INTO pages (task_id, status, content_type, charset, header, fetched_at, took, hash, size, body,
			request_id, status_line, remote, decoded, via)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, content_type = excluded.content_type, charset = excluded.charset,
			header = excluded.header, fetched_at = excluded.fetched_at, took = excluded.took, hash = excluded.hash,
			size = excluded.size, body = excluded.body, request_id = excluded.request_id, status_line = excluded.status_line,
			remote = excluded.remote, decoded = excluded.decoded, via = excluded.via`,
		id, p.Status, p.ContentType, p.Charset, z.header, millis(at), p.Took.Milliseconds(), z.hash[:], len(p.Body), z.body,
		request, p.StatusLine, p.Remote, decoded, p.Via)
	return err
}

// request gives the ID of the header fields of a request, 0 for none. Those of most pages are the same.
func (t *tx) request(header string) (id int64, err error) {
	if header == "" {
		return 0, nil
	}
	if id, ok := t.w.requests[header]; ok {
		return id, nil
	}
	if err := t.row([]any{&id}, `INSERT INTO requests (header) VALUES ($1) ON CONFLICT (header) DO UPDATE SET header = excluded.header RETURNING id`,
		header); err != nil {
		return 0, err
	}
	if len(t.w.requests) >= maxRequests {
		clear(t.w.requests)
	}
	t.w.requests[header] = id
	return id, nil
}

// count adds to the figures of a run.
func (t *tx) count(run int64, n *tally) error {
	if _, err := t.exec(`UPDATE runs SET fetched = fetched + $1, added = added + $2, changed = changed + $3, unchanged = unchanged + $4,
		pages = pages + $6, bytes = bytes + $7 WHERE id = $5`, n.fetched, n.added, n.changed, n.unchanged, run, n.pages, n.bytes); err != nil {
		return err
	}
	for outcome, k := range n.outcomes {
		if _, err := t.exec(`INSERT INTO run_outcomes (run_id, outcome, n) VALUES ($1, $2, $3)
			ON CONFLICT (run_id, outcome) DO UPDATE SET n = run_outcomes.n + excluded.n`, run, string(outcome), k); err != nil {
			return err
		}
	}
	return nil
}

// link is links of one.
func (t *tx) link(l *lease, task *crawler.Task) (bool, error) {
	n, err := t.links(l, []crawler.Task{*task})
	return n > 0, err
}

// links queues tasks that were found, and says how many are queued now and were not before. A known one takes the better of both
// priorities and depths, and is due again if it was found with a date of change after its last visit that is news, and such dates were
// not wrong of late.
func (t *tx) links(l *lease, tasks []crawler.Task) (added int, err error) {
	var rows []*crawler.Task
	for i := range tasks {
		task := &tasks[i]
		if t.w.links.knows(task.URL, task.Hint, task.Depth, dueMillis(task.LastMod)) {
			continue
		}
		if len(rows) == maxRows || len(rows) > 0 && !alike(rows[0], task) {
			n, err := t.insert(l, rows)
			if err != nil {
				return 0, err
			}
			added += n
			rows = rows[:0]
		}
		rows = append(rows, task)
	}
	if len(rows) > 0 {
		n, err := t.insert(l, rows)
		if err != nil {
			return 0, err
		}
		added += n
	}
	return added, nil
}

// alike says whether two tasks can go into one statement of insertTasks.
func alike(a, b *crawler.Task) bool {
	return a.Host == b.Host && a.Kind == b.Kind && a.Depth == b.Depth && a.Found == b.Found && a.From == b.From && a.Hops == b.Hops && a.Due.Equal(b.Due)
}

// maxRows is how many tasks are inserted by one statement. A statement costs as much as three or four rows; one of very many has so many
// parameters that finding them costs more.
const maxRows = 16

// insertTasks are the statements that insert so many tasks, by whether each has a date and a hint of its own or all those of the first.
func insertTasks(verb string) (queries [2][maxRows + 1]string) {
	const columns = ` INTO tasks (site_id, host_id, kind, depth, found, found_on, hops, due, url, lastmod, hint) VALUES `
	const first = "($1, $2, $3, $4, $5, $6, $7, $8, "
	same, own := verb+columns, verb+columns
	for n := 1; n <= maxRows; n++ {
		if n > 1 {
			same, own = same+", ", own+", "
		}
		same += fmt.Sprintf(first+"$%d, $9, $10)", n+10)
		own += fmt.Sprintf(first+"$%d, $%d, $%d)", 3*n+6, 3*n+7, 3*n+8)
		queries[0][n], queries[1][n] = same+` ON CONFLICT (url) DO NOTHING`, own+` ON CONFLICT (url) DO NOTHING`
	}
	return queries
}

// raiseTasks are the statements that give so many stored tasks a better hint and depth.
func raiseTasks() (queries [maxRows + 1]string) {
	urls := ""
	for n := 1; n <= maxRows; n++ {
		urls += fmt.Sprintf(", $%d", n+2)
		queries[n] = `UPDATE tasks SET hint = CASE WHEN hint < $1 THEN $1 ELSE hint END, depth = CASE WHEN depth > $2 THEN $2 ELSE depth END
			WHERE url IN (` + urls[2:] + `) AND (hint < $1 OR depth > $2)`
	}
	return queries
}

// insert is links of at most maxRows tasks that are alike.
func (t *tx) insert(l *lease, tasks []*crawler.Task) (added int, err error) {
	first := tasks[0]
	host, err := t.host(l.site, first.Host)
	if err != nil {
		return 0, err
	}
	args := append(make([]any, 0, 8+3*maxRows), l.site, host, string(first.Kind), first.Depth, string(first.Found), first.From, first.Hops, dueMillis(first.Due))
	own := 0
	if slices.ContainsFunc(tasks, func(t *crawler.Task) bool { return t.Hint != first.Hint || !t.LastMod.Equal(first.LastMod) }) {
		own = 1
	} else {
		args = append(args, dueMillis(first.LastMod), first.Hint)
	}
	for _, task := range tasks {
		if args = append(args, task.URL); own == 1 {
			args = append(args, dueMillis(task.LastMod), task.Hint)
		}
	}
	inserted, err := t.exec(t.s.inserts[own][len(tasks)], args...)
	if err != nil {
		return 0, err
	}
	added = int(inserted)
	if added > 0 { // at once: a trigger would do this for each row
		if _, err := t.exec(`UPDATE hosts SET queued = queued + $2, next_due = CASE WHEN next_due <= $3 THEN next_due ELSE $3 END WHERE id = $1`,
			host, added, dueMillis(first.Due)); err != nil {
			return 0, err
		}
	}
	if added < len(tasks) {
		again, err := t.known(l, tasks)
		if err != nil {
			return 0, err
		}
		added += again
	}
	for _, task := range tasks {
		t.w.links.add(task.URL, task.Hint, task.Depth, dueMillis(task.LastMod))
	}
	return added, nil
}

// known brings stored tasks of the same depth up to what links to them say, and says how many are due again. Those that were inserted now
// it leaves as they are.
func (t *tx) known(l *lease, tasks []*crawler.Task) (again int, err error) {
	for _, task := range tasks {
		lastmod := dueMillis(task.LastMod)
		if lastmod == 0 {
			continue
		}
		n, err := t.exec(`UPDATE tasks SET due = 1, tries = 0 WHERE url = $1 AND site_id = $3 AND due IS NULL AND $2 > visited_at AND $2 > lastmod
			AND misled < $4`, task.URL, lastmod, l.site, maxMisled)
		if err != nil {
			return 0, err
		}
		again += int(n)
		if _, err = t.exec(`UPDATE tasks SET lastmod = $2,
			announced = CASE WHEN visited_at > 0 AND $2 > visited_at THEN 1 ELSE announced END WHERE url = $1 AND lastmod < $2`, task.URL, lastmod); err != nil {
			return 0, err
		}
	}
	// Most links of a page have the same hint, so that this is one statement or two.
	var hints []int
	for _, task := range tasks {
		if !slices.Contains(hints, task.Hint) {
			hints = append(hints, task.Hint)
		}
	}
	for _, hint := range hints {
		args := append(make([]any, 0, 2+maxRows), hint, tasks[0].Depth)
		for _, task := range tasks {
			if task.Hint == hint {
				args = append(args, task.URL)
			}
		}
		if _, err := t.exec(t.s.raises[len(args)-2], args...); err != nil {
			return 0, err
		}
	}
	return again, nil
}

// host gives the ID of a host of a site.
func (t *tx) host(site int64, host string) (int64, error) {
	key := hostKey{site, host}
	if id, ok := t.w.hosts[key]; ok {
		return id, nil
	}
	if host == "" {
		return 0, errors.New("a task has no host")
	}
	added, err := t.exec(`INSERT INTO hosts (site_id, host) VALUES ($1, $2) ON CONFLICT (site_id, host) DO NOTHING`, site, host)
	if err == nil && added > 0 {
		_, err = t.claim(site, host)
	}
	if err != nil {
		return 0, err
	}
	var id int64
	if err := t.row([]any{&id}, `SELECT id FROM hosts WHERE site_id = $1 AND host = $2`, site, host); err != nil {
		return 0, err
	}
	if len(t.w.hosts) >= maxHosts {
		clear(t.w.hosts)
	}
	t.w.hosts[key] = id
	return id, nil
}

// Bounds of what a Store remembers of the database.
const (
	maxHosts    = 10_000
	maxRequests = 100
	leastLinks  = 1 << 12
	maxLinks    = 1 << 20 // 16 bytes each
)

// linkCache remembers links that were stored. A page's menu, sidebar and foot are on every page of a site; asking the
// database for each of them would be most of the cost of a commit. What it holds never becomes wrong, whoever else writes:
// tasks are never removed, priorities only rise, depths only fall, and a date is news only once.
//
// It knows a link by a hash of 64 bits, with a seed of its own. Of new links one in 2^44 is taken for another, until that one's place is
// taken or the process ends.
type linkCache struct {
	seed  maphash.Seed
	links []seenLink // each at the place that its hash gives; a power of two
	n     int
}

type seenLink struct {
	hash    uint64 // 0 for none
	lastmod uint32 // whole seconds since 1970, rounded down
	hint    int16
	depth   uint16
}

func (c *linkCache) knows(url string, hint, depth int, lastmod int64) bool {
	if len(c.links) == 0 {
		return false
	}
	hash := maphash.String(c.seed, url)
	l := c.place(hash)
	return l.hash == hash && hash != 0 && hint <= int(l.hint) && depth >= int(l.depth) && lastmod <= int64(l.lastmod)*1000
}

func (c *linkCache) add(url string, hint, depth int, lastmod int64) {
	if hint != int(int16(hint)) || depth != int(uint16(depth)) {
		return // none is so large
	}
	if c.links == nil {
		*c = linkCache{seed: maphash.MakeSeed(), links: make([]seenLink, leastLinks)}
	} else if c.n >= len(c.links)/2 && len(c.links) < maxLinks {
		old := c.links
		c.links, c.n = make([]seenLink, 2*len(old)), 0
		for _, l := range old {
			c.put(l)
		}
	}
	s := seenLink{hash: maphash.String(c.seed, url), lastmod: uint32(min(lastmod/1000, math.MaxUint32)), hint: int16(hint), depth: uint16(depth)}
	if l := c.place(s.hash); l.hash == s.hash {
		s.lastmod, s.hint, s.depth = max(s.lastmod, l.lastmod), max(s.hint, l.hint), min(s.depth, l.depth)
	}
	c.put(s)
}

// place is where a link of a hash is, if it is known.
func (c *linkCache) place(hash uint64) *seenLink { return &c.links[hash&uint64(len(c.links)-1)] }

func (c *linkCache) put(s seenLink) {
	if s.hash == 0 {
		return
	}
	l := c.place(s.hash)
	if l.hash == 0 {
		c.n++
	}
	*l = s
}

func (c *linkCache) clear() { *c = linkCache{} }

// millis is a time as it is stored; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// dueMillis is millis of a time that means nothing before 1970: 0 is at once, or not known.
func dueMillis(t time.Time) int64 { return max(0, millis(t)) }

// dueMoment is the opposite of dueMillis; both kinds of at once are zero.
func dueMoment(ms int64) time.Time {
	if ms == dueAgain {
		return time.Time{}
	}
	return moment(ms)
}

// moment is the opposite of millis.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
