package tables

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"cinecrawl/extract"
	"cinecrawl/storage"
)

const (
	maxSettled = 500 // records that are looked at again when one changes; the others are originals until they are stored again
	maxReads   = 20  // texts that are compared with one
)

// NearJoin and NearList ask for the originals near a fingerprint: band by band, for the band itself and all that differ from it in one bit.
// They give some more than once. Copies are left out, so that there are few, however often a text was copied.
//
// SQLite takes the joins as they stand, seek by seek, and half as long as for the lists. PostgreSQL expects too much of them and goes through
// all records instead.
var NearJoin, NearList = nearQueries()

func nearQueries() (join, list string) {
	flips, in := "(0)", "($%[1]d | 0) - ($%[1]d & 0)"
	for bit := range 16 {
		flips += fmt.Sprintf(", (%d)", 1<<bit)
		in += fmt.Sprintf(", ($%%[1]d | %[1]d) - ($%%[1]d & %[1]d)", 1<<bit)
	}
	join = "WITH flips (bit) AS (VALUES " + flips + ")"
	for n, band := range []string{"simhash & 65535", "simhash >> 16 & 65535", "simhash >> 32 & 65535", "simhash >> 48 & 65535"} {
		const originals = "reviews WHERE kind IN ('review', 'roundup') AND copy_of = 0"
		if n > 0 {
			join, list = join+" UNION ALL", list+" UNION ALL"
		}
		join += fmt.Sprintf(" SELECT id, simhash FROM flips CROSS JOIN %s AND (%s) = ($%[3]d | bit) - ($%[3]d & bit)", originals, band, n+1)
		list += fmt.Sprintf(" SELECT id, simhash FROM %s AND (%s) IN (%s)", originals, band, fmt.Sprintf(in, n+1))
	}
	return join, list
}

// near is an original with a fingerprint near that of another record.
type near struct {
	id   int64
	bits int
}

// near gives the originals near a fingerprint, the nearest first, of equally near ones the oldest. Not all need have the same text.
func (t *tx) near(print uint64) (all []near, err error) {
	if print == 0 {
		return nil, nil
	}
	bands := storage.Bands(print)
	err = t.rows(func(scan func(...any) error) error {
		var id, other int64
		if err := scan(&id, &other); err != nil {
			return err
		}
		if d := storage.Distance(print, uint64(other)); d <= storage.CopyBits {
			all = append(all, near{id, d})
		}
		return nil
	}, t.s.c.Near, bands[0], bands[1], bands[2], bands[3])
	slices.SortFunc(all, func(a, b near) int { return cmp.Or(cmp.Compare(a.bits, b.bits), cmp.Compare(a.id, b.id)) })
	return slices.Compact(all), err
}

// settleCopies marks anew what may be a copy or no copy any more now that the text of a record is new, or that it is shown or hidden: the
// record, its copies, and what follows from that. What follows of a record is about younger ones only, so the oldest comes first.
func (t *tx) settleCopies(id int64) error {
	queue, err := t.copiesOf(id)
	if err != nil {
		return err
	}
	queue = append(queue, id)
	for n := 0; len(queue) > 0 && n < maxSettled; n++ {
		slices.Sort(queue)
		queue = slices.Compact(queue)
		more, err := t.settleCopy(queue[0])
		if err != nil {
			return err
		}
		queue = append(queue[1:], more...)
	}
	for _, id := range queue {
		if _, err := t.exec(`UPDATE reviews SET copy_of = 0, copy_bits = 0 WHERE id = $1`, id); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) copiesOf(id int64) ([]int64, error) {
	return t.ids(`SELECT id FROM reviews WHERE copy_of = $1 AND copy_of <> 0`, id)
}

// settleCopy marks one record as a copy of the nearest older original, or as none. It gives the younger records that may be something
// else by that: the copies of what is no original, and the originals near to one.
func (t *tx) settleCopy(id int64) (more []int64, err error) {
	var print int64
	var was, of near
	var kind string
	if err := t.row([]any{&print, &was.id, &was.bits, &kind}, `SELECT COALESCE(simhash, 0), copy_of, copy_bits, kind FROM reviews WHERE id = $1`, id); err != nil {
		return nil, err
	}
	if shownKind(kind) {
		all, err := t.near(uint64(print))
		if err != nil {
			return nil, err
		}
		if of, err = t.original(id, all); err != nil {
			return nil, err
		}
		for _, n := range all {
			if n.id > id && of.id == 0 {
				more = append(more, n.id)
			}
		}
	}
	if of != was {
		if _, err := t.exec(`UPDATE reviews SET copy_of = $2, copy_bits = $3 WHERE id = $1`, id, of.id, of.bits); err != nil {
			return nil, err
		}
	}
	if of.id != 0 || !shownKind(kind) {
		more, err = t.copiesOf(id)
	}
	return more, err
}

// original gives the first older one of those near to a record that has its text, zero if none has.
func (t *tx) original(id int64, all []near) (near, error) {
	var text string
	reads := 0
	for _, n := range all {
		if n.id >= id || reads == maxReads {
			continue
		}
		var err error
		if reads++; reads == 1 {
			if text, err = t.text(id); err != nil {
				return near{}, err
			}
		}
		other, err := t.text(n.id)
		if err != nil {
			return near{}, err
		}
		if storage.Resemble(text, other) {
			return n, nil
		}
	}
	return near{}, nil
}

// text gives the body of a record.
func (t *tx) text(id int64) (string, error) {
	r, err := t.review(id)
	if err != nil {
		return "", err
	}
	return r.Body(), nil
}

// review gives the review of a record.
func (t *tx) review(id int64) (*extract.Review, error) {
	var data []byte
	if err := t.row([]any{&data}, `SELECT data FROM reviews WHERE id = $1`, id); err != nil {
		return nil, err
	}
	r := new(extract.Review)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("record %d: %w", id, err)
	}
	return r, nil
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
