package crawler

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule says when a site is crawled: every so often, or by a cron line. It is given all times and knows no clock.
//
// Sites that share a schedule are spread by Jitter: each has a place of its own in the period, by its name, so that it is the same on
// every machine and does not move from run to run.
type Schedule struct {
	Every    time.Duration // the period; of an adaptive schedule the one that holds until Learn finds another
	Adaptive bool
	Jitter   float64 // the share of the period over which sites are spread, 0 to 1

	cron *cronLine // nil where Every holds
}

// Bounds of an adaptive period, and the reviews that it is learned from.
const (
	leastAdaptive  = 6 * time.Hour
	mostAdaptive   = 14 * 24 * time.Hour
	AdaptiveSample = 20 // the latest so many
	leastSample    = 3
)

// Cron makes a schedule of a cron line: minute, hour, day of the month, month, day of the week, and a time zone as in Europe/Berlin,
// UTC where there is none ("0 3 * * 1-5 Europe/Berlin"). The five fields are those of the crontab of POSIX.1-2017, with the names,
// ranges and steps that github.com/robfig/cron takes.
//
// It goes by the clock on the wall. A time that a day does not have, because summer time begins, is the moment at which the clock is
// put forward. A time that a day has twice, because summer time ends, is the first of the two.
func Cron(line string) (Schedule, error) {
	fields := strings.Fields(line)
	if len(fields) != 5 && len(fields) != 6 {
		return Schedule{}, fmt.Errorf("a cron line has five fields and perhaps a time zone, as in 0 3 * * * Europe/Berlin; %q has %d", line, len(fields))
	}
	c := cronLine{zone: time.UTC}
	var err error
	if len(fields) == 6 {
		if c.zone, err = time.LoadLocation(fields[5]); err != nil || fields[5] == "Local" {
			return Schedule{}, fmt.Errorf("cron line %q: there is no time zone %q; write one as in Europe/Berlin", line, fields[5])
		}
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	if c.wall, err = parser.Parse(strings.Join(fields[:5], " ")); err != nil {
		return Schedule{}, fmt.Errorf("cron line %q: %w", line, err)
	}
	at := c.wall.Next(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC))
	if at.IsZero() {
		return Schedule{}, fmt.Errorf("cron line %q: no day has that date", line)
	}
	for range 20 {
		next := c.wall.Next(at)
		if gap := next.Sub(at); c.period == 0 || gap < c.period {
			c.period = gap
		}
		at = next
	}
	return Schedule{cron: &c}, nil
}

// Learn gives an adaptive schedule its period, from the times at which the latest reviews of a site were published, in any order. It
// leaves other schedules as they are, and all if there are too few times to tell.
//
// Reviews are taken to come as a Poisson process, as changes of pages do. Its rate is that of the AdaptiveSample latest: their number
// over the time since the first of them, so that a site that falls silent is asked ever less (X/T, the estimator for a complete history
// in J. Cho, H. Garcia-Molina: Estimating Frequency of Change, ACM Transactions on Internet Technology 3(3), 2003). The period is half
// the mean time between two reviews, which finds nothing new in e^-½ = 61 % of the runs and keeps the corpus complete for
// (1-e^-½)/½ = 79 % of the time (the freshness of the same authors' Effective Page Refresh Policies for Web Crawlers, ACM Transactions
// on Database Systems 28(4), 2003). It is at least 6 hours and at most 14 days.
func (s Schedule) Learn(published []time.Time, now time.Time) Schedule {
	if !s.Adaptive {
		return s
	}
	past := slices.DeleteFunc(slices.Clone(published), func(t time.Time) bool { return t.IsZero() || t.After(now) })
	slices.SortFunc(past, func(a, b time.Time) int { return b.Compare(a) })
	past = past[:min(len(past), AdaptiveSample)]
	if n := len(past); n >= leastSample {
		mean := now.Sub(past[n-1]) / time.Duration(n-1)
		s.Every = min(max(mean/2, leastAdaptive), mostAdaptive).Truncate(time.Second)
	}
	return s
}

// Next is when a site is to be crawled next: the first time after now, to the millisecond. last is when its last run was planned for,
// not when it began or ended, so that a schedule does not drift; runs that were missed since are left out. It may be after now, as when
// a person crawled in between: then it stands, unless it is further away than today's schedule would have it.
func (s Schedule) Next(site string, last, now time.Time) time.Time {
	if s.cron != nil {
		late := time.Duration(0)
		if spread := uint64(s.Jitter * float64(s.cron.period.Milliseconds())); spread > 0 {
			late = time.Duration(nameHash(site)%spread) * time.Millisecond
		}
		return s.cron.next(now.Add(-late)).Add(late)
	}
	every := max(s.Every, time.Second).Milliseconds()
	spread := int64(s.Jitter * float64(every))
	from, at := now.UnixMilli(), last.UnixMilli()
	switch ahead := at - from; {
	case last.IsZero(), ahead > every+spread:
		at = from + every
	case ahead > 0:
		return time.UnixMilli(at).UTC()
	default:
		at += (-ahead/every + 1) * every
	}
	if spread > 0 {
		// On to the next of the site's own places in the period, which lie spread apart. A time that is on one stays, and so does every
		// later one.
		pos := (at - int64(nameHash(site)%uint64(every))) % every
		if pos < 0 {
			pos += every
		}
		at += min((pos+spread-1)/spread*spread, every) - pos
	}
	return time.UnixMilli(at).UTC()
}

// Plan is when a site is to be crawled, by what was planned so far: zero for a site that never was, which is crawled at once or, with
// a cron line, at its first time. A time that has come stands.
func (s Schedule) Plan(site string, planned, now time.Time) time.Time {
	switch {
	case planned.IsZero() && s.cron == nil:
		return now.Truncate(time.Millisecond).UTC()
	case !planned.IsZero() && !planned.After(now):
		return planned
	}
	return s.Next(site, planned, now)
}

// nameHash is FNV-1a, finished as in MurmurHash3 so that names that differ in their last letter lie apart.
func nameHash(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// cronLine is a cron line by the clock on the wall.
type cronLine struct {
	wall   cron.Schedule // of clocks that are never put forward or back: given and giving UTC
	zone   *time.Location
	period time.Duration // the shortest time between two runs
}

// next is the first time after a moment.
func (c *cronLine) next(after time.Time) time.Time {
	clock := onWall(after.In(c.zone))
	for {
		next := c.wall.Next(clock)
		if next.IsZero() { // it looks five years ahead; the 29th of February of 2104 is further from that of 2096
			clock = clock.AddDate(4, 0, 0)
			continue
		}
		clock = next
		if at := c.moment(clock); at.After(after) {
			return at.UTC()
		}
	}
}

// moment is when the clock on the wall shows a time for the first time, or is put forward over it.
func (c *cronLine) moment(clock time.Time) time.Time {
	at := time.Date(clock.Year(), clock.Month(), clock.Day(), clock.Hour(), clock.Minute(), 0, 0, c.zone)
	start, end := at.ZoneBounds()
	switch shown := onWall(at); {
	case shown.After(clock):
		return start
	case shown.Before(clock):
		return end
	case !start.IsZero():
		_, offset := at.Zone()
		_, before := start.Add(-1).Zone()
		if first := at.Add(time.Duration(offset-before) * time.Second); first.Before(start) {
			return first
		}
	}
	return at
}

// onWall is what the clock on the wall shows at a moment, as a time in UTC.
func onWall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}
