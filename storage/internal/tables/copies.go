package tables

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cinecrawl/extract"
	"cinecrawl/storage"
)

const (
	maxCopies = 500 // of a text that are looked at again when it changes; the others keep their mark until they are stored again
	maxReads  = 20  // texts that are compared with one
)

// nearQuery asks for the shown records near a fingerprint: band by band, for the band itself and all that differ from it in one bit.
var nearQuery = func() string {
	var parts []string
	n := 0
	for band, expr := range []string{"simhash & 65535", "simhash >> 16 & 65535", "simhash >> 32 & 65535", "simhash >> 48 & 65535"} {
		var marks []string
		for range (storage.Probes(0))[band] {
			n++
			marks = append(marks, fmt.Sprintf("$%d", n))
		}
		parts = append(parts, `SELECT id, simhash FROM reviews WHERE kind IN ('review', 'roundup') AND (`+expr+`) IN (`+strings.Join(marks, ", ")+`)`)
	}
	return strings.Join(parts, " UNION ")
}()

// near is a record with a fingerprint near that of another.
type near struct {
	id   int64
	bits int
}

// near gives the shown records near a fingerprint, the nearest first, and of those the oldest. There may be some more whose text differs.
func (t *tx) near(print uint64) (all []near, err error) {
	if print == 0 {
		return nil, nil
	}
	var args []any
	for _, probes := range storage.Probes(print) {
		for _, p := range probes {
			args = append(args, int64(p))
		}
	}
	err = t.rows(func(scan func(...any) error) error {
		var id, other int64
		if err := scan(&id, &other); err != nil {
			return err
		}
		if d := storage.Distance(print, uint64(other)); d <= storage.CopyBits {
			all = append(all, near{id, d})
		}
		return nil
	}, nearQuery, args...)
	slices.SortFunc(all, func(a, b near) int { return cmp.Or(cmp.Compare(a.bits, b.bits), cmp.Compare(a.id, b.id)) })
	return all, err
}

// settleCopies marks anew what may be a copy or no copy any more now that the text of a record is new, or that it is shown or hidden: the
// record, its copies, what is a copy of the same, and what its text is near to. Only shown records are copies or have any.
func (t *tx) settleCopies(id int64) error {
	var copyOf int64
	var print sql.NullInt64
	var kind string
	if err := t.row([]any{&copyOf, &print, &kind}, `SELECT copy_of, simhash, kind FROM reviews WHERE id = $1`, id); err != nil {
		return err
	}
	ids := []int64{id}
	group := func(of int64) error {
		if of == 0 {
			return nil
		}
		more, err := t.ids(`SELECT id FROM reviews WHERE copy_of = $1 AND copy_of <> 0 AND id > $2 LIMIT CAST($3 AS INTEGER)`, of, id, maxCopies)
		ids = append(ids, more...)
		return err
	}
	if err := errors.Join(group(id), group(copyOf)); err != nil {
		return err
	}
	var all []near
	if shownKind(kind) {
		var err error
		if all, err = t.near(uint64(print.Int64)); err != nil {
			return err
		}
		for _, n := range all[:min(len(all), maxCopies)] {
			if n.id > id {
				ids = append(ids, n.id)
				if err := group(n.id); err != nil {
					return err
				}
			}
		}
	}
	slices.Sort(ids) // what a record may be a copy of is settled before; id itself is the first
	for _, next := range slices.Compact(ids) {
		if next != id {
			var print int64
			if err := t.row([]any{&print}, `SELECT COALESCE(simhash, 0) FROM reviews WHERE id = $1 AND kind IN ('review', 'roundup')`, next); err != nil {
				return err
			}
			var err error
			if all, err = t.near(uint64(print)); err != nil {
				return err
			}
		}
		if err := t.settleCopy(next, all); err != nil {
			return err
		}
	}
	return nil
}

// settleCopy marks one record as a copy of the nearest older one, or of what that is a copy of, or as none. all are those near to it.
func (t *tx) settleCopy(id int64, all []near) error {
	var print, was, of int64
	if err := t.row([]any{&print, &was}, `SELECT COALESCE(simhash, 0), copy_of FROM reviews WHERE id = $1`, id); err != nil {
		return err
	}
	var text string
	reads := 0
	for _, n := range all {
		if n.id >= id || reads == maxReads {
			continue
		}
		var err error
		if reads++; reads == 1 {
			if text, err = t.text(id); err != nil {
				return err
			}
		}
		other, err := t.text(n.id)
		if err != nil {
			return err
		}
		if storage.Resemble(text, other) {
			of = n.id
			break
		}
	}
	bits := 0
	if of != 0 {
		var first, other int64
		if err := t.row([]any{&first}, `SELECT CASE WHEN copy_of <> 0 THEN copy_of ELSE id END FROM reviews WHERE id = $1`, of); err != nil {
			return err
		}
		of = first
		if err := t.row([]any{&other}, `SELECT COALESCE(simhash, 0) FROM reviews WHERE id = $1`, of); err != nil {
			return err
		}
		bits = storage.Distance(uint64(print), uint64(other))
	}
	if of == 0 && was == 0 {
		return nil
	}
	_, err := t.exec(`UPDATE reviews SET copy_of = $2, copy_bits = $3 WHERE id = $1`, id, of, bits)
	return err
}

// text gives the body of a record.
func (t *tx) text(id int64) (string, error) {
	var data []byte
	if err := t.row([]any{&data}, `SELECT data FROM reviews WHERE id = $1`, id); err != nil {
		return "", err
	}
	var r extract.Review
	if err := json.Unmarshal(data, &r); err != nil {
		return "", fmt.Errorf("record %d: %w", id, err)
	}
	return r.Body(), nil
}

// fillPrints works out the fingerprints of records that an older version stored, some at a time, the oldest first. It can be cut short:
// the next opening goes on.
func (s *Store) fillPrints(ctx context.Context) error {
	for {
		var left int
		if err := s.reads.row(ctx, []any{&left}, `SELECT COUNT(*) FROM reviews WHERE simhash IS NULL`); err != nil || left == 0 {
			return err
		}
		err := s.write(ctx, func(t *tx) error {
			ids, err := t.ids(`SELECT id FROM reviews WHERE simhash IS NULL ORDER BY id LIMIT 200`)
			if err != nil {
				return err
			}
			for _, id := range ids {
				text, err := t.text(id)
				if err != nil {
					return err
				}
				if _, err := t.exec(`UPDATE reviews SET simhash = $2 WHERE id = $1`, id, int64(storage.Fingerprint(text))); err != nil {
					return err
				}
				if err := t.settleCopies(id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
