package export

import (
	"context"

	"cinecrawl/extract"
	"cinecrawl/storage"
)

// scales is a Source whose star ratings have the maximum that the other reviews of their site tell (extract.Scale). It is worked out
// anew for every export, so that a review stored today can tell what one stored last year meant. All reviews of a site speak, chosen
// by the filter or not, so that a rating does not depend on the filter.
type scales struct {
	Source
	bySite map[string]*extract.Scale
}

func scaled(ctx context.Context, src Source, f storage.Filter) (Source, error) {
	s := scales{src, make(map[string]*extract.Scale)}
	err := src.Records(ctx, storage.Filter{Sites: f.Sites}, func(r *storage.Record) error {
		scale := s.bySite[r.Site]
		if scale == nil {
			scale = new(extract.Scale)
			s.bySite[r.Site] = scale
		}
		scale.Add(r.Review.Rating)
		return nil
	})
	return s, err
}

func (s scales) Records(ctx context.Context, f storage.Filter, each func(*storage.Record) error) error {
	return s.Source.Records(ctx, f, func(r *storage.Record) error {
		if scale := s.bySite[r.Site]; scale != nil {
			scale.Fill(r.Review.Rating)
		}
		return each(r)
	})
}
