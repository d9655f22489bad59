package tables

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
)

// row is a review as its table has it.
type row struct {
	url, pageURL, site, kind string
	published                any // milliseconds, nil if not known
	film                     string
	year                     int
	author, lang             string
	words                    int
	data, textHash           string
	print                    int64 // the bits of storage.Fingerprint
	review                   *extract.Review
}

// reviewRow makes the row of a visit that ended as a review or roundup.
func reviewRow(v *crawler.Visit) (*row, error) {
	r, ok := v.Record.(*extract.Review)
	if !ok || r == nil {
		return nil, fmt.Errorf("outcome %s with a record of type %T: it must be *extract.Review", v.Outcome, v.Record)
	}
	return newRow(v.Task.Site, v.Task.URL, r)
}

func newRow(site, pageURL string, r *extract.Review) (*row, error) {
	if r.URL == "" {
		return nil, errors.New("a review has no URL")
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	n := &row{
		url: r.URL, pageURL: pageURL, site: site, kind: string(r.Kind),
		film: fold(r.Film.Title.Value), year: r.Film.Year.Value,
		author: fold(r.Author.Value), lang: r.Lang, words: r.Words,
		data: string(data), textHash: storage.TextHash(r), print: int64(storage.Fingerprint(r.Body())), review: r,
	}
	if !r.Published.Value.IsZero() {
		n.published = r.Published.Value.UnixMilli()
	}
	return n, nil
}

// setURL gives a row another URL than the one it was read with.
func (r *row) setURL(url string) error {
	v := *r.review
	v.URL = url
	data, err := json.Marshal(&v)
	r.url, r.data = url, string(data)
	return err
}

// setAside keeps the records of a page out of the way of the filters, as of a kind that is no review.
func (t *tx) setAside(task int64, kind string) error { return t.hide(kind, `task_id = $2`, task) }

// hide does so with the records of a condition, whose arguments begin with $2.
func (t *tx) hide(kind, cond string, args ...any) error {
	ids, err := t.ids(`UPDATE reviews SET kind = $1 WHERE `+cond+` RETURNING id`, append([]any{kind}, args...)...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := t.settleCopies(id); err != nil {
			return err
		}
	}
	return nil
}

// fold makes letters of both cases equal, in Go because SQL's lower knows ASCII only here and a locale there.
func fold(s string) string { return strings.ToLower(s) }

// held is a record as saveReview finds it.
type held struct {
	id, task        int64
	url, hash, kind string // of its page
	film            string
	movedTo         int64  // the task that the page redirects to
	outcome         string // of the page
}

func (h *held) shown() bool { return shownKind(h.kind) }

func shownKind(kind string) bool {
	return kind == string(extract.KindReview) || kind == string(extract.KindRoundup)
}

// held gives the first record of a condition, nil if there is none.
func (t *tx) held(cond string, args ...any) (*held, error) {
	var h held
	err := t.row([]any{&h.id, &h.task, &h.url, &h.hash, &h.kind, &h.film, &h.movedTo, &h.outcome}, `SELECT r.id, r.task_id, t.url, r.text_hash, r.kind,
		r.film, r.moved_to, t.outcome FROM reviews r JOIN tasks t ON t.id = r.task_id WHERE `+cond, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &h, err
}

// alike says whether a record and a review have the same text, or one with a few words more or less of no other film: the two halves of
// a double bill may have more words in common than of their own.
func (t *tx) alike(h *held, r *row) (bool, error) {
	if h.hash == r.textHash || r.print == 0 {
		return h.hash == r.textHash, nil
	}
	if !strings.Contains(h.film, r.film) && !strings.Contains(r.film, h.film) { // none is in any
		return false, nil
	}
	text, err := t.text(h.id)
	return err == nil && storage.Resemble(text, r.review.Body()), err
}

// giveOwnURL gives a record the URL of its page instead of that which the page named, and so on with the record that has it.
func (t *tx) giveOwnURL(h *held) error {
	for h != nil {
		taken, err := t.held(`r.url = $1 AND r.id <> $2`, h.url, h.id)
		if err == nil && taken != nil {
			_, err = t.exec(`UPDATE reviews SET url = url || '#' || id WHERE id = $1`, taken.id)
		}
		if err != nil {
			return err
		}
		v, err := t.review(h.id)
		if err != nil {
			return err
		}
		v.URL = h.url
		data, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE reviews SET url = $2, data = $3 WHERE id = $1`, h.id, h.url, string(data)); err != nil {
			return err
		}
		if taken != nil && taken.task == h.task {
			break // an older record of the page, which was set aside for this one: no page has its URL any more
		}
		h = taken
	}
	return nil
}

// saveReview stores a review that was read from a task's page. If another page owns it nothing is stored, what was stored from this
// page before is set aside, and owner is that page's URL. A task that was never visited before has no record.
//
// A canonical URL of another review, or of none, that pages with different texts name is a mistake of the site: the list page or the first
// post in the head of all posts, for one. Each keeps its own then, in whatever order they are read.
func (t *tx) saveReview(task int64, before bool, r *row, at time.Time) (change crawler.Change, owner string, err error) {
	own, err := t.held(`r.url = $1`, r.url)
	same := false // one text, if not to the letter
	if err == nil && own != nil && own.task != task && own.movedTo != task {
		if same, err = t.alike(own, r); err != nil {
			return "", "", err
		}
		if r.url != r.pageURL {
			set := own.kind == string(crawler.Duplicate) || own.kind == string(crawler.NoIndex)
			if same && (own.shown() || set && own.url == r.url) {
				return "", own.url, t.setAside(task, string(crawler.Duplicate))
			}
			if err := r.setURL(r.pageURL); err != nil {
				return "", "", err
			}
			if own, err = t.held(`r.url = $1`, r.url); err == nil && own != nil && own.task != task && own.movedTo != task {
				same, err = t.alike(own, r)
			}
		}
		if err == nil && own != nil && own.task != task && own.movedTo != task && !same {
			own, err = nil, t.giveOwnURL(own)
		}
	}
	if err == nil && own == nil && before {
		// The page may have named another canonical URL when it was last read: the record goes with the page.
		own, err = t.held(`r.task_id = $1 ORDER BY r.id DESC LIMIT 1`, task)
	}
	if err == nil && own == nil {
		// So it does where the page moved here.
		own, err = t.held(`r.moved_to = $1 AND r.moved_to <> 0 ORDER BY r.id LIMIT 1`, task)
	}
	if err != nil {
		return "", "", err
	}
	var id int64
	if own != nil {
		id = own.id
	}
	// A bare parameter beside moved_to would make SQLite compile the statement anew each time, to see if it may use the index of moved
	// reviews: hence the CAST.
	twin, err := t.held(`r.text_hash = $1 AND r.site = $2 AND r.kind IN ('review', 'roundup') AND r.id <> $3 AND r.moved_to <> CAST($4 AS INTEGER)
		ORDER BY r.id LIMIT 1`, r.textHash, r.site, id, task)
	switch {
	case err != nil:
		return "", "", err
	case twin == nil:
	case own == nil && (twin.outcome == string(crawler.Gone) || twin.outcome == string(crawler.Redirected)):
		own = twin
	case own == nil || !own.shown() || twin.id < own.id:
		return "", twin.url, t.setAside(task, string(crawler.Duplicate))
	}
	if own == nil {
		if err := t.row([]any{&id}, `INSERT INTO reviews (url, task_id, site, kind, published, film, year, author, lang, words, data, text_hash,
				simhash, revision, fetched_at, first_seen)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $14) RETURNING id`,
			r.url, task, r.site, r.kind, r.published, r.film, r.year, r.author, r.lang, r.words, r.data, r.textHash, r.print, millis(at)); err != nil {
			return "", "", err
		}
		return crawler.NewReview, "", t.settleCopies(id)
	}

	why := "the review is stored from " + r.pageURL
	if own.task != task {
		if _, err := t.exec(`UPDATE tasks SET outcome = 'duplicate', read_as = 'duplicate', why = $2
			WHERE id = $1 AND outcome IN ('review', 'roundup')`, own.task, why); err != nil {
			return "", "", err
		}
		if own.outcome == string(crawler.Redirected) {
			// What it was before must not be read again as a review of its own.
			if _, err := t.exec(`DELETE FROM pages WHERE task_id = $1`, own.task); err != nil {
				return "", "", err
			}
		}
	}
	change = crawler.SameReview
	step := 0
	if own.hash != r.textHash {
		change = crawler.Revised
		step = 1
		if _, err := t.exec(`INSERT INTO revisions (review_id, revision, data, text_hash, fetched_at)
			SELECT id, revision, data, text_hash, fetched_at FROM reviews WHERE id = $1`, own.id); err != nil {
			return "", "", err
		}
	}
	if _, err = t.exec(`UPDATE reviews SET url = $2, task_id = $3, site = $4, kind = $5, published = $6, film = $7, year = $8, author = $9,
			lang = $10, words = $11, data = $12, text_hash = $13, revision = revision + $14, fetched_at = $15, simhash = $16,
			moved_to = CASE WHEN task_id = $3 THEN moved_to ELSE 0 END
		WHERE id = $1`,
		own.id, r.url, task, r.site, r.kind, r.published, r.film, r.year, r.author, r.lang, r.words, r.data, r.textHash, step, millis(at), r.print); err != nil {
		return "", "", err
	}
	if change == crawler.Revised || !own.shown() {
		if err := t.settleCopies(own.id); err != nil {
			return "", "", err
		}
	}

	// Younger records with this text, and others of this page.
	if _, err = t.exec(`UPDATE tasks SET outcome = 'duplicate', read_as = 'duplicate', why = $5
		WHERE id IN (SELECT r.task_id FROM reviews r WHERE r.text_hash = $1 AND r.site = $2 AND r.kind IN ('review', 'roundup') AND r.id <> $3)
			AND id <> $4 AND outcome IN ('review', 'roundup')`, r.textHash, r.site, own.id, task, why); err != nil {
		return "", "", err
	}
	if err := t.hide(string(crawler.Duplicate), `text_hash = $2 AND site = $3 AND kind IN ('review', 'roundup') AND id <> $4`,
		r.textHash, r.site, own.id); err != nil {
		return "", "", err
	}
	return change, "", t.hide(string(crawler.Duplicate), `task_id = $2 AND id <> $3 AND kind IN ('review', 'roundup')`, task, own.id)
}

// moved notes that a page redirects to another of the site: its record goes there when that is read as a review, see saveReview, and is
// set aside if the same text is stored from there already.
func (t *tx) moved(l *lease, task int64, url string) error {
	var to int64
	err := t.row([]any{&to}, `SELECT id FROM tasks WHERE url = $1 AND site_id = $2`, url, l.site)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // of another site
	} else if err != nil {
		return err
	}
	n, err := t.exec(`UPDATE reviews SET moved_to = $2 WHERE task_id = $1 AND moved_to <> $2`, task, to)
	if err != nil {
		return err
	}
	onward, err := t.exec(`UPDATE reviews SET moved_to = $2 WHERE moved_to = $1 AND moved_to <> 0`, task, to)
	if err != nil || n+onward == 0 {
		return err
	}
	if err := t.hide(string(crawler.Duplicate), `moved_to = $2 AND moved_to <> 0 AND task_id <> $2 AND kind IN ('review', 'roundup')
		AND text_hash IN (SELECT b.text_hash FROM reviews b WHERE b.task_id = $2 AND b.kind IN ('review', 'roundup'))`, to); err != nil {
		return err
	}
	// One that ended as a duplicate has the text that moves now.
	_, err = t.exec(`UPDATE tasks SET due = 1, tries = 0, etag = '', last_modified = '' WHERE id = $1 AND due IS NULL AND outcome = 'duplicate'`, to)
	return err
}

// SaveRecord implements storage.Store.
func (s *Store) SaveRecord(ctx context.Context, r *storage.Record) (changed bool, err error) {
	n, err := newRow(r.Site, r.PageURL, r.Review)
	if err != nil {
		return false, fmt.Errorf("save record of %s: %w", r.PageURL, err)
	}
	err = s.write(ctx, func(t *tx) error {
		var task, site int64
		if _, err := t.exec(lockSite+`name = $1`, r.Site); err != nil {
			return err
		}
		err := t.row([]any{&task, &site}, `SELECT t.id, t.site_id FROM tasks t JOIN sites s ON s.id = t.site_id WHERE t.url = $1 AND s.name = $2`, r.PageURL, r.Site)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("no page of %s has that URL: %w", r.Site, storage.ErrNotFound)
		} else if err != nil {
			return err
		}
		if err := t.saveMarks(site, task, r.Review); err != nil {
			return err
		}
		outcome, why := crawler.NotReview, "read again: "+n.kind
		switch r.Review.Kind {
		case extract.KindReview, extract.KindRoundup:
			outcome = crawler.Reviewed
			if r.Review.Kind == extract.KindRoundup {
				outcome = crawler.Roundup
			}
			change, owner, err := t.saveReview(task, true, n, r.FetchedAt)
			if err != nil {
				return err
			}
			if owner != "" {
				outcome, why = crawler.Duplicate, "the review is stored from "+owner
			}
			changed = change == crawler.NewReview || change == crawler.Revised
		default:
			// What is no review any more is kept.
			if err := t.setAside(task, n.kind); err != nil {
				return err
			}
		}
		_, err = t.exec(`UPDATE tasks SET outcome = $2, read_as = $2, why = $3, page_kind = $4 WHERE id = $1`, task, string(outcome), why, n.kind)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("save record of %s: %w", r.PageURL, err)
	}
	return changed, nil
}

const recordColumns = `r.id, r.site, t.url, r.data, r.fetched_at, r.first_seen, r.revision, r.text_hash, t.signals, ` + copyColumns

// copyColumns are of a record as it stands, whatever its revision.
const copyColumns = `r.copy_bits, COALESCE((SELECT o.url FROM reviews o WHERE o.id = r.copy_of), '')`

const recordOrder = ` ORDER BY r.site, (r.published IS NULL), r.published, r.url`

func scanRecord(scan func(...any) error) (*storage.Record, error) {
	r := &storage.Record{Review: new(extract.Review)}
	var data []byte
	var fetched, first int64
	var signals string
	if err := scan(&r.ID, &r.Site, &r.PageURL, &data, &fetched, &first, &r.Revision, &r.TextHash, &signals, &r.CopyBits, &r.CopyOf); err != nil {
		return nil, err
	}
	r.FetchedAt, r.FirstSeen = moment(fetched), moment(first)
	var err error
	if r.Signals, err = unpackSignals(signals); err != nil {
		return nil, fmt.Errorf("record %d: signals: %w", r.ID, err)
	}
	if err := json.Unmarshal(data, r.Review); err != nil {
		return nil, fmt.Errorf("record %d: %w", r.ID, err)
	}
	return r, nil
}

// where puts a filter into SQL.
func where(f storage.Filter) (string, []any) {
	var conds []string
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	in := func(column string, values []string) {
		marks := make([]string, len(values))
		for i, v := range values {
			marks[i] = arg(v)
		}
		conds = append(conds, column+" IN ("+strings.Join(marks, ", ")+")")
	}
	part := func(column, value string) {
		value = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(fold(value))
		conds = append(conds, column+" LIKE "+arg("%"+value+"%")+` ESCAPE '\'`)
	}
	kinds := []string{string(extract.KindReview)}
	if len(f.Kinds) > 0 {
		kinds = kinds[:0]
		for _, k := range f.Kinds {
			kinds = append(kinds, string(k))
		}
	}
	in("r.kind", kinds)
	if len(f.Sites) > 0 {
		in("r.site", f.Sites)
	}
	if f.Film != "" {
		part("r.film", f.Film)
	}
	if f.Year != 0 {
		conds = append(conds, "r.year = "+arg(f.Year))
	}
	if f.Author != "" {
		part("r.author", f.Author)
	}
	if !f.Since.IsZero() {
		conds = append(conds, "r.published >= "+arg(f.Since.UnixMilli()))
	}
	if !f.Until.IsZero() {
		conds = append(conds, "r.published < "+arg(f.Until.UnixMilli()))
	}
	if f.MinWords > 0 {
		conds = append(conds, "r.words >= "+arg(f.MinWords))
	}
	if f.Unique {
		conds = append(conds, "r.copy_of = 0")
	}
	if f.Lang != "" {
		conds = append(conds, "r.lang = "+arg(fold(f.Lang)))
	}
	return strings.Join(conds, " AND "), args
}

// Records implements storage.Store.
func (s *Store) Records(ctx context.Context, f storage.Filter, each func(*storage.Record) error) error {
	cond, args := where(f)
	rows, err := s.reads.db.QueryContext(ctx, `SELECT `+recordColumns+` FROM reviews r JOIN tasks t ON t.id = r.task_id WHERE `+cond+recordOrder, s.clean(args)...)
	if err != nil {
		return fmt.Errorf("read records: %w", s.explain(err))
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanRecord(rows.Scan)
		if err != nil {
			return fmt.Errorf("read records: %w", err)
		}
		if err := each(r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read records: %w", s.explain(err))
	}
	return nil
}

// Count implements storage.Store.
func (s *Store) Count(ctx context.Context, f storage.Filter) (int, error) {
	cond, args := where(f)
	var n int
	if err := s.reads.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM reviews r WHERE `+cond, s.clean(args)...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count records: %w", s.explain(err))
	}
	return n, nil
}

// RecordByURL implements storage.Store.
func (s *Store) RecordByURL(ctx context.Context, url string) (*storage.Record, error) {
	var found *storage.Record
	one := func(scan func(...any) error) (err error) {
		found, err = scanRecord(scan)
		return err
	}
	err := s.reads.rows(ctx, one, `SELECT `+recordColumns+` FROM reviews r JOIN tasks t ON t.id = r.task_id WHERE r.url = $1`, url)
	if err == nil && found == nil {
		err = s.reads.rows(ctx, one, `SELECT `+recordColumns+` FROM tasks t JOIN reviews r ON r.task_id = t.id WHERE t.url = $1 ORDER BY r.id`, url)
	}
	if err == nil && found == nil {
		err = storage.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("record of %s: %w", url, s.explain(err))
	}
	return found, nil
}

// Revisions implements storage.Store.
func (s *Store) Revisions(ctx context.Context, recordID int64) ([]*storage.Record, error) {
	var all []*storage.Record
	err := s.reads.rows(ctx, func(scan func(...any) error) error {
		r, err := scanRecord(scan)
		all = append(all, r)
		return err
	}, `SELECT r.id, r.site, t.url, v.data, v.fetched_at, r.first_seen, v.revision, v.text_hash, t.signals, `+copyColumns+`
			FROM revisions v JOIN reviews r ON r.id = v.review_id JOIN tasks t ON t.id = r.task_id WHERE v.review_id = $1
		UNION ALL
		SELECT `+recordColumns+` FROM reviews r JOIN tasks t ON t.id = r.task_id WHERE r.id = $1
		ORDER BY 7`, recordID)
	if err == nil && len(all) == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("revisions of record %d: %w", recordID, s.explain(err))
	}
	return all, nil
}
