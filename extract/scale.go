package extract

// Scale learns, from the ratings of one site, the maximum of its stars. A critic who writes "4.25 stars" states none; the critic's
// other reviews do, by drawing the empty stars or by writing "out of five". The zero Scale knows nothing.
//
// Only stars are compared, and fractions of up to six, which are stars in figures: letter grades, percentages and "8/10" say nothing
// about stars.
type Scale struct {
	stated  map[float64]int // ratings by the maximum that they state
	silent  int             // ratings that state none
	highest float64         // largest value of those
}

// scaleVotes is how many ratings of a site must agree before they speak for the others.
const scaleVotes = 3

// Add takes the rating of one review of the site, nil if it has none.
func (s *Scale) Add(r *Rating) {
	switch {
	case r == nil || !stars(r):
	case r.Best > 0:
		if s.stated == nil {
			s.stated = make(map[float64]int)
		}
		s.stated[r.Best]++
	default:
		s.silent++
		s.highest = max(s.highest, r.Value)
	}
}

// Best is the maximum of the site's stars, 0 where the ratings do not tell it.
//
// Where enough ratings state a maximum, four in five of them must state the same one, and no rating may pass it. Otherwise the
// ratings that state none can tell only that the scale goes beyond four: then it is five, the one in use.
func (s *Scale) Best() float64 {
	all, best := 0, 0.0
	for b, n := range s.stated {
		all += n
		if n > s.stated[best] || n == s.stated[best] && b < best {
			best = b
		}
	}
	switch {
	case all >= scaleVotes && 5*s.stated[best] >= 4*all:
		if s.highest <= best {
			return best
		}
	case s.silent >= scaleVotes && s.highest > 4 && s.highest <= 5:
		return 5
	}
	return 0
}

// Fill gives a rating that states no maximum the one of its site, if it is known.
func (s *Scale) Fill(r *Rating) {
	if r != nil && r.Best == 0 && stars(r) {
		if best := s.Best(); r.Value <= best {
			r.Best = best
		}
	}
}

// stars says whether a rating counts stars.
func stars(r *Rating) bool {
	switch r.Method {
	case "glyphs", "stars", "asterisks", "image", "css", "icons", "svg":
		return true
	case "fraction", "number":
		return r.Best > 0 && r.Best <= 6
	}
	return false
}
