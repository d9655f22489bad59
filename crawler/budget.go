package crawler

import (
	"fmt"
	"time"
)

// Budget bounds what a crawl asks for; zero fields bound nothing. What is left stays queued. A request that was begun is finished, so
// that the last of each host may go beyond.
type Budget struct {
	Pages int           // sitemaps, feeds and archives are not counted
	Bytes int64         // of bodies, decoded
	Time  time.Duration // since the beginning
}

// Spent is what counts against a Budget and goes on with a run that was interrupted.
type Spent struct {
	Pages int
	Bytes int64
	Time  time.Duration // that processes had the run until each gave it free; not that of one that was killed
}

// use is what was used of a Budget.
type use struct {
	pages int
	bytes int64
	began time.Time
}

// spent says what is spent, for people, or "".
func (b Budget) spent(u *use, now time.Time) string {
	switch {
	case b.Pages > 0 && u.pages >= b.Pages:
		return fmt.Sprintf("page budget of %d spent", b.Pages)
	case b.Bytes > 0 && u.bytes >= b.Bytes:
		return fmt.Sprintf("budget of %d bytes spent", b.Bytes)
	case b.Time > 0 && now.Sub(u.began) >= b.Time:
		return fmt.Sprintf("time budget of %v spent", b.Time)
	}
	return ""
}

// Hours are a time of the day, every day. They may go over midnight.
type Hours struct {
	From, To time.Duration // since midnight by the clock on the wall, below 24 hours; if they are equal there are none
	Zone     *time.Location
}

// End gives the end of the hours that a moment lies in, false if it lies in none.
func (h *Hours) End(at time.Time) (time.Time, bool) {
	if h == nil || h.From == h.To {
		return time.Time{}, false
	}
	at = at.In(h.Zone)
	clock := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second
	day := 0
	switch {
	case h.From < h.To && clock >= h.From && clock < h.To, h.From > h.To && clock < h.To:
	case h.From > h.To && clock >= h.From:
		day = 1
	default:
		return time.Time{}, false
	}
	end := time.Date(at.Year(), at.Month(), at.Day()+day, int(h.To/time.Hour), int(h.To%time.Hour/time.Minute), 0, 0, h.Zone)
	if !end.After(at) { // the hour that is there twice when summer time ends
		end = at.Add(time.Minute)
	}
	return end, true
}

// String is "22:00-06:00 Europe/Berlin".
func (h *Hours) String() string {
	clock := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", d/time.Hour, d%time.Hour/time.Minute) }
	return clock(h.From) + "-" + clock(h.To) + " " + h.Zone.String()
}
