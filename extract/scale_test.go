package extract

import "testing"

func TestScale(t *testing.T) {
	silent := func(values ...float64) (rs []*Rating) {
		for _, v := range values {
			rs = append(rs, &Rating{Value: v, Method: "stars"})
		}
		return rs
	}
	stated := func(method string, best float64, n int) (rs []*Rating) {
		for range n {
			rs = append(rs, &Rating{Value: 1, Best: best, Method: method})
		}
		return rs
	}
	for _, tt := range []struct {
		name    string
		ratings [][]*Rating
		want    float64
	}{
		{"nothing", nil, 0},
		{"pages without a rating", [][]*Rating{{nil, nil}}, 0},
		{"one review tells nothing of itself", [][]*Rating{silent(4.25)}, 0},
		{"drawn stars tell", [][]*Rating{silent(3.5), stated("glyphs", 5, 3)}, 5},
		{"two are too few", [][]*Rating{silent(3.5), stated("glyphs", 5, 2)}, 0},
		{"a critic of four stars", [][]*Rating{silent(3.5, 4, 2), stated("glyphs", 4, 6)}, 4},
		{"fractions of five are stars in figures", [][]*Rating{silent(3.5), stated("fraction", 5, 3)}, 5},
		{"fractions of ten are not", [][]*Rating{silent(3.5), stated("fraction", 10, 9)}, 0},
		{"letters are not", [][]*Rating{silent(3.5), stated("letter", 12, 9)}, 0},
		{"a site of two minds", [][]*Rating{silent(3.5), stated("glyphs", 5, 5), stated("glyphs", 4, 5)}, 0},
		{"one slip in many", [][]*Rating{silent(3.5), stated("glyphs", 5, 9), stated("glyphs", 4, 1)}, 5},
		{"a value beyond what is stated", [][]*Rating{silent(4.5), stated("glyphs", 4, 9)}, 0},
		{"more than four of them", [][]*Rating{silent(2, 4.5, 3)}, 5},
		{"never more than four: five or four?", [][]*Rating{silent(2, 4, 3, 4, 4)}, 0},
		{"more than five", [][]*Rating{silent(2, 7, 3)}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s Scale
			for _, rs := range tt.ratings {
				for _, r := range rs {
					s.Add(r)
				}
			}
			if got := s.Best(); got != tt.want {
				t.Errorf("Best() = %v, want %v", got, tt.want)
			}
			r := Rating{Value: 3, Method: "stars"}
			s.Fill(&r)
			if r.Best != tt.want {
				t.Errorf("filled Best = %v, want %v", r.Best, tt.want)
			}
			letter := Rating{Value: 3, Best: 12, Method: "letter"}
			s.Fill(&letter)
			if letter.Best != 12 {
				t.Errorf("a letter grade is given %v as its maximum", letter.Best)
			}
		})
	}
}
