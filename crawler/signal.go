package crawler

import (
	"slices"
	"strings"
)

// Signal is what a publisher says about the reuse of a page. It is stored as a fact, with its place: the crawl decides nothing by it.
type Signal struct {
	Name  SignalName `json:"name"`
	Value string     `json:"value,omitempty"` // as written, at most MaxSignal bytes
	From  string     `json:"from"`            // where it was said, for people: "X-Robots-Tag", "robots.txt line 4"
}

// SignalName is a kind of reuse signal.
type SignalName string

const (
	NoAI           SignalName = "noai"            // in X-Robots-Tag or meta robots; no value
	NoImageAI      SignalName = "noimageai"       // the same
	TDMReservation SignalName = "tdm-reservation" // "1" or "0": W3C Text and Data Mining Reservation Protocol
	TDMPolicy      SignalName = "tdm-policy"      // URL, of the same
	ContentSignal  SignalName = "content-signal"  // "search=yes, ai-train=no" (contentsignals.org)
	ContentUsage   SignalName = "content-usage"   // "train-ai=n" (draft-ietf-aipref-attach)
	License        SignalName = "license"         // URL of an RSL licence (rslstandard.org)
	Commons        SignalName = "cc"              // URL of a Creative Commons licence
)

// Bounds on what is kept.
const (
	MaxSignals = 32   // of a page
	MaxSignal  = 1024 // bytes of a value
)

// JoinSignals puts the signals of several places together, each once. Where places contradict each other the first holds: give the
// response header first, then the page, then the files of the host.
func JoinSignals(lists ...[]Signal) []Signal {
	var all []Signal
	for _, list := range lists {
		for _, s := range list {
			if len(s.Value) > MaxSignal {
				s.Value = strings.ToValidUTF8(s.Value[:MaxSignal], "")
			}
			if len(all) < MaxSignals && !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}
