package crawler

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func cronSchedule(t testing.TB, line string) Schedule {
	t.Helper()
	s, err := Cron(line)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// runsOf gives the times at which a schedule runs a site from one time to another, each run begun when it is due and ended after took.
func runsOf(s Schedule, site string, from, to time.Time, took time.Duration) (runs []time.Time) {
	next := s.Plan(site, time.Time{}, from)
	for next.Before(to) {
		runs = append(runs, next)
		next = s.Next(site, next, next.Add(took))
	}
	return runs
}

// TestScheduleMonth runs schedules over a month in which the clocks of Europe are put forward, and over one in which they are put back.
func TestScheduleMonth(t *testing.T) {
	spring, autumn := moment(t, "2026-03-15T12:00:00Z"), moment(t, "2026-10-11T12:00:00Z")
	month := 30 * 24 * time.Hour
	for _, c := range []struct {
		name     string
		schedule Schedule
		from     time.Time
		runs     int
		wall     string // of each run in Berlin; "" for none that is always the same
		but      []string
	}{
		{"a period does not know summer time", Schedule{Every: 24 * time.Hour}, spring, 30, "", nil},
		{"every night, spring", cronSchedule(t, "0 3 * * * Europe/Berlin"), spring, 30, "03:00", nil},
		{"every night, autumn", cronSchedule(t, "0 3 * * * Europe/Berlin"), autumn, 30, "03:00", nil},
		{"a time that a day does not have", cronSchedule(t, "30 2 * * * Europe/Berlin"), spring, 30, "02:30",
			[]string{"2026-03-29T03:00:00+02:00"}},
		{"a time that a day has twice", cronSchedule(t, "30 2 * * * Europe/Berlin"), autumn, 30, "02:30", nil},
		{"UTC has no summer time", cronSchedule(t, "30 2 * * *"), spring, 30, "", nil},
		{"weekdays", cronSchedule(t, "15 6 * * 1-5 Europe/Berlin"), spring, 22, "06:15", nil},
		{"names", cronSchedule(t, "15 6 * mar,APR SUN Europe/Berlin"), spring, 4, "06:15", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			berlin, _ := time.LoadLocation("Europe/Berlin")
			runs := runsOf(c.schedule, "a.example", c.from, c.from.Add(month), 50*time.Minute)
			if len(runs) != c.runs {
				t.Errorf("%d runs, want %d: %v", len(runs), c.runs, runs)
			}
			for _, at := range runs {
				local := at.In(berlin)
				if c.wall != "" && local.Format("15:04") != c.wall && !slices.Contains(c.but, local.Format(time.RFC3339)) {
					t.Errorf("a run at %v, want %s", local, c.wall)
				}
			}
			for _, want := range c.but {
				if !slices.ContainsFunc(runs, func(at time.Time) bool { return at.In(berlin).Format(time.RFC3339) == want }) {
					t.Errorf("no run at %s", want)
				}
			}
			if c.schedule.cron == nil {
				for i := range runs {
					if want := c.from.Add(time.Duration(i) * c.schedule.Every); !runs[i].Equal(want) {
						t.Errorf("run %d at %v, want %v", i, runs[i], want)
					}
				}
			}
		})
	}
}

func TestScheduleHourTwice(t *testing.T) {
	// 2026-10-25: 03:00 CEST is 02:00 CET.
	s := cronSchedule(t, "*/30 * * * * Europe/Berlin")
	var got []string
	for at := moment(t, "2026-10-25T01:15:00+02:00"); len(got) < 5; {
		at = s.Next("", time.Time{}, at)
		got = append(got, at.Format("15:04"))
	}
	if want := []string{"23:30", "00:00", "00:30", "02:00", "02:30"}; !slices.Equal(got, want) {
		t.Errorf("runs at %v UTC, want %v: the hour that is there twice counts once", got, want)
	}
	// Begun within the second of the two hours.
	if got := s.Next("", time.Time{}, moment(t, "2026-10-25T02:10:00+01:00")); !got.Equal(moment(t, "2026-10-25T03:00:00+01:00")) {
		t.Errorf("from the second hour on: %v", got)
	}
	// The 29th of February is eight years away once in a century.
	leap := cronSchedule(t, "0 0 29 2 *")
	if got := leap.Next("", time.Time{}, moment(t, "2097-01-01T00:00:00Z")); got.Year() != 2104 {
		t.Errorf("a leap day: %v", got)
	}
}

func TestScheduleCatchesUpOnce(t *testing.T) {
	last := moment(t, "2026-03-01T05:00:00Z")
	back := last.Add(7*24*time.Hour + 90*time.Minute)
	for _, s := range []Schedule{{Every: 24 * time.Hour}, {Every: 24 * time.Hour, Adaptive: true}, cronSchedule(t, "0 5 * * *")} {
		if got := s.Plan("a.example", last, back); !got.Equal(last) {
			t.Errorf("after a week off it is planned for %v, want at once", got)
		}
		if got, want := s.Next("a.example", last, back), last.Add(8*24*time.Hour); !got.Equal(want) {
			t.Errorf("after the catch-up: %v, want %v", got, want)
		}
	}
}

func TestScheduleByHandInBetween(t *testing.T) {
	now := moment(t, "2026-03-01T05:00:00Z")
	day := Schedule{Every: 24 * time.Hour}
	for _, c := range []struct {
		name       string
		s          Schedule
		last, want time.Time
	}{
		{"what is planned stands", day, now.Add(5 * time.Hour), now.Add(5 * time.Hour)},
		{"the schedule became shorter", day, now.Add(300 * time.Hour), now.Add(24 * time.Hour)},
		{"never planned", day, time.Time{}, now.Add(24 * time.Hour)},
		{"due", day, now, now.Add(24 * time.Hour)},
		{"a cron line instead of a period", cronSchedule(t, "0 6 * * *"), now.Add(20 * time.Minute), now.Add(time.Hour)},
	} {
		if got := c.s.Next("a.example", c.last, now); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := day.Plan("a.example", time.Time{}, now); !got.Equal(now) {
		t.Errorf("a new site is planned for %v, want now", got)
	}
	if got := cronSchedule(t, "0 6 * * *").Plan("a.example", time.Time{}, now); !got.Equal(now.Add(time.Hour)) {
		t.Errorf("a new site with a cron line is planned for %v", got)
	}
}

// TestScheduleJitter: sites that begin at the same time do not stay together, each keeps its place, and none drifts.
func TestScheduleJitter(t *testing.T) {
	const sites = 5000
	now := moment(t, "2026-03-01T05:00:00.123Z")
	line := cronSchedule(t, "0 3 * * * Europe/Berlin")
	line.Jitter = 0.05
	for _, c := range []struct {
		name   string
		s      Schedule
		period time.Duration
	}{
		{"every", Schedule{Every: 24 * time.Hour, Jitter: 0.05}, 24 * time.Hour},
		{"odd", Schedule{Every: 7*time.Hour + time.Second, Jitter: 0.03}, 7*time.Hour + time.Second},
		{"cron", line, 24 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			spread := time.Duration(c.s.Jitter * float64(c.period))
			base := Schedule{Every: c.s.Every, cron: c.s.cron}.Next("", now, now)
			minutes := map[int]int{}
			for i := range sites {
				site := fmt.Sprintf("site%d.example", i)
				first := c.s.Next(site, now, now)
				late := first.Sub(base)
				if late < 0 || late > spread {
					t.Fatalf("%s is %v late, want at most %v", site, late, spread)
				}
				minutes[int(late*20/spread)]++
				for n, at := 1, first; n < 10; n++ {
					at = c.s.Next(site, at, at.Add(time.Hour))
					if want := first.Add(time.Duration(n) * c.period); !at.Equal(want) {
						t.Fatalf("%s drifts: run %d at %v, want %v", site, n, at, want)
					}
				}
			}
			for part, n := range minutes {
				if part < 20 && (n < sites/20/2 || n > sites/20*2) {
					t.Errorf("%d of %d sites in part %d of 20", n, sites, part)
				}
			}
		})
	}
}

func TestScheduleLearn(t *testing.T) {
	now := moment(t, "2026-03-01T00:00:00Z")
	every := func(d time.Duration, n int) (list []time.Time) {
		for i := range n {
			list = append(list, now.Add(-time.Duration(i+1)*d))
		}
		return list
	}
	for _, c := range []struct {
		name      string
		published []time.Time
		want      time.Duration
	}{
		{"too few to tell", every(time.Hour, 2), 24 * time.Hour},
		{"two a day", every(12*time.Hour, 40), 20 * 12 * time.Hour / 19 / 2},
		{"ten a day", every(144*time.Minute, 40), leastAdaptive},
		{"one a week", every(7*24*time.Hour, 11), 11 * 7 * 24 * time.Hour / 10 / 2},
		{"one a year", every(365*24*time.Hour, 5), mostAdaptive},
		{"silent for ten weeks after twenty days", every(24*time.Hour, 90)[70:], 90 * 24 * time.Hour / 19 / 2},
		{"dates to come and none", append(every(7*24*time.Hour, 11), now.Add(time.Hour), time.Time{}), 11 * 7 * 24 * time.Hour / 10 / 2},
	} {
		slices.Reverse(c.published)
		if got := (Schedule{Every: 24 * time.Hour, Adaptive: true}).Learn(c.published, now).Every; got != c.want.Truncate(time.Second) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := (Schedule{Every: time.Hour}).Learn(every(time.Minute, 9), now).Every; got != time.Hour {
		t.Errorf("a fixed period learned %v", got)
	}
}

func TestCronMistakes(t *testing.T) {
	for line, says := range map[string]string{
		"0 3 * *":                         "five fields",
		"0 3 * * * Europe/Berlin extra":   "five fields",
		"0 3 * * * Europe/Berlim":         `no time zone "Europe/Berlim"`,
		"0 3 * * * Local":                 "no time zone",
		"0 25 * * *":                      "25",
		"0 3 30 2 *":                      "no day has that date",
		"CRON_TZ=Europe/Berlin 0 3 * * *": "no time zone",
		"@daily":                          "five fields",
	} {
		if _, err := Cron(line); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want it to say %q", line, err, says)
		}
	}
}

func FuzzCron(f *testing.F) {
	f.Add("0 3 * * 1-5 Europe/Berlin", int64(1_800_000_000))
	f.Add("*/15 2 29 2 * America/St_Johns", int64(1_700_000_000))
	f.Fuzz(func(t *testing.T, line string, unix int64) {
		s, err := Cron(line)
		if err != nil {
			return
		}
		s.Jitter = 0.05
		now := time.Unix(unix%4_000_000_000, 0)
		if next := s.Next("a.example", time.Time{}, now); !next.After(now) {
			t.Errorf("%q: %v is not after %v", line, next, now)
		}
	})
}
