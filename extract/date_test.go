package extract

import (
	"testing"
	"time"
)

func TestFindDate(t *testing.T) {
	tests := []struct {
		in         string
		monthFirst bool
		want       string // RFC 3339, or a date; empty for none
	}{
		{"2014-01-10", false, "2014-01-10"},
		{"2014-01-10T12:00:00Z", false, "2014-01-10T12:00:00Z"},
		{"2014-01-10T12:00:00+0000", false, "2014-01-10T12:00:00Z"},
		{"2014-01-10T12:00:00.123+05:30", false, "2014-01-10T12:00:00+05:30"},
		{"2014-01-10 12:00", false, "2014-01-10T12:00:00Z"},
		{"2014-01-10T12:00-08:00", false, "2014-01-10T12:00:00-08:00"},
		{"20140110T120000", false, "2014-01-10T12:00:00Z"},
		{"Mon, 02 Jan 2006 15:04:05 -0700", false, "2006-01-02T15:04:05-07:00"},
		{"Mon, 02 Jan 2006 15:04:05 GMT", false, "2006-01-02T15:04:05Z"},
		{"January 10, 2014", false, "2014-01-10"},
		{"Jan. 10th, 2014", false, "2014-01-10"},
		{"Posted on June 12, 2021 by Somebody", false, "2021-06-12"},
		{"Posted on June 12, 2021 at 7:10 pm", false, "2021-06-12T19:10:00Z"},
		{"June 12, 2021 12:05 a.m. EST", false, "2021-06-12T00:05:00-05:00"},
		{"Friday, December 27, 2019", false, "2019-12-27"},
		{"10 January 2014", false, "2014-01-10"},
		{"the 1st of May, 2014", false, "2014-05-01"},
		{"10. Januar 2014 um 14:30 Uhr", false, "2014-01-10T14:30:00Z"},
		{"Am 3. März 2020", false, "2020-03-03"},
		{"le 1er janvier 2014", false, "2014-01-01"},
		{"5 août 2019 à 14h30", false, "2019-08-05T14:30:00Z"},
		{"10 de enero de 2014", false, "2014-01-10"},
		{"24 de septiembre del 2018", false, "2018-09-24"},
		{"3 settembre 2019", false, "2019-09-03"},
		{"7 de março de 2015", false, "2015-03-07"},
		{"12 maart 2016", false, "2016-03-12"},
		{"4 października 2021", false, "2021-10-04"},
		{"9 февраля 2017", false, "2017-02-09"},
		{"2014年1月10日", false, "2014-01-10"},
		{"2014년 1월 10일", false, "2014-01-10"},
		{"2014/1/10", false, "2014-01-10"},
		{"10.01.2014", true, "2014-01-10"},
		{"25/12/2013", true, "2013-12-25"},
		{"12/25/2013", false, "2013-12-25"},
		{"3/4/2013", true, "2013-03-04"},
		{"3/4/2013", false, "2013-04-03"},
		{"Published: 14 May 2018 | Updated: 20 May 2018", false, "2018-05-14"},
		{"Jul 29", false, ""},
		{"31 February 2014", false, ""},
		{"rated 8/10 in 2014", false, ""},
		{"© 2014 the editors", false, ""},
		{"May 2014", false, ""},
		{"in the winter of 1945", false, ""},
		{"may 5, 1821", false, ""},
		{"call 555-2014-01", false, ""},
		{"", false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			mo, ok := findDate(tt.in, tt.monthFirst)
			got := ""
			if ok {
				got = mo.t.Format(time.RFC3339)
				if mo.dateOnly {
					got = mo.t.Format(time.DateOnly)
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestURLDate(t *testing.T) {
	tests := []struct {
		in, want string
		day      bool
	}{
		{"/2014/01/10/her/", "2014-01-10", true},
		{"/2014/01/her/", "2014-01-01", false},
		{"/film/2014/jan/10/her", "2014-01-10", true},
		{"/posts/2014-01-10-her/", "2014-01-10", true},
		{"/2014/13/her/", "", false},
		{"/2001/a-space-odyssey/", "", false},
		{"/1917/", "", false},
	}
	for _, tt := range tests {
		d, day, ok := urlDate(tt.in)
		got := ""
		if ok {
			got = d.Format(time.DateOnly)
		}
		if got != tt.want || day != tt.day {
			t.Errorf("%s: got %q %v, want %q %v", tt.in, got, day, tt.want, tt.day)
		}
	}
}

func FuzzFindDate(f *testing.F) {
	for _, s := range []string{"2014-01-10T12:00:00+05:30", "10 de enero de 2014 at 3 p.m. GMT+1", "2014年1月10日", "Jan. 10th, 2014 @ 14h30"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, monthFirst bool) {
		mo, ok := findDate(s, monthFirst)
		if !ok {
			return
		}
		if y := mo.t.Year(); y < minDateYear || y > maxDateYear {
			t.Errorf("year %d", y)
		}
		if mo.end <= 0 || mo.end > len(s) {
			t.Errorf("end %d of %d", mo.end, len(s))
		}
		urlDate(s)
	})
}
