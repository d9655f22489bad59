package tables

import (
	"context"
	"encoding/binary"
	"fmt"

	"cinecrawl/crawler"
	"cinecrawl/extract"
)

// saveMarks keeps the marks of a page that was just read. It writes nothing if they are the same.
func (t *tx) saveMarks(site, task int64, record crawler.Record) error {
	r, _ := record.(*extract.Review)
	if r == nil || len(r.Marks) == 0 {
		_, err := t.exec(`DELETE FROM marks WHERE site_id = $1 AND task_id = $2`, site, task)
		return err
	}
	b := make([]byte, 0, 8*len(r.Marks))
	for _, m := range r.Marks {
		b = binary.LittleEndian.AppendUint64(b, uint64(m))
	}
	_, err := t.exec(`INSERT INTO marks (site_id, task_id, marks) VALUES ($1, $2, $3)
		ON CONFLICT (site_id, task_id) DO UPDATE SET marks = excluded.marks WHERE marks.marks <> excluded.marks`, site, task, b)
	return err
}

// Marks implements storage.Store.
func (s *Store) Marks(ctx context.Context, site string, each func(string, []extract.Mark) error) error {
	rows, err := s.reads.db.QueryContext(ctx, `SELECT t.url, m.marks FROM sites s JOIN marks m ON m.site_id = s.id
		JOIN tasks t ON t.id = m.task_id AND t.site_id = s.id
		WHERE s.name = $1 AND t.outcome <> 'duplicate' ORDER BY m.task_id`, site)
	if err != nil {
		return fmt.Errorf("read marks of %s: %w", site, s.explain(err))
	}
	defer rows.Close()
	for rows.Next() {
		var url string
		var b []byte
		if err := rows.Scan(&url, &b); err != nil {
			return fmt.Errorf("read marks of %s: %w", site, s.explain(err))
		}
		marks := make([]extract.Mark, 0, len(b)/8)
		for ; len(b) >= 8; b = b[8:] {
			marks = append(marks, extract.Mark(binary.LittleEndian.Uint64(b)))
		}
		if err := each(url, marks); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read marks of %s: %w", site, s.explain(err))
	}
	return nil
}
