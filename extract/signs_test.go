package extract

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A phrase at the start of a line is no proof. What critics write is kept, wherever it stands; what stands around reviews and begins
// with the same words is dropped. The lines of a pair are neighbours, so that the line between them can be seen.
func TestPhrases(t *testing.T) {
	const middle, last, anywhere = 1, 2, 3 // where the line stands
	for _, tt := range []struct {
		line  string // inside <p>, or an element of its own
		kept  bool
		where int
	}{
		{"C'est un film d'une grande douceur, et le scénario tient jusqu'au bout.", true, anywhere},
		{"C’est beau.", true, anywhere},
		{"C. S. Ellis would have liked it.", true, anywhere},
		{"C", true, anywhere},
		{"C+", true, anywhere},
		{"<strong>C-</strong>", true, anywhere},
		{"(c) The lamp goes out, and nobody is sorry.", true, anywhere},
		{"(c) 2019 Harbour Films", false, anywhere},
		{"© Harbour Films", false, anywhere},
		{"Copyright 2019 Jo Marsh. You are visitor number 10,422.", false, anywhere},
		{"Copyright 1921, says the title page, and the film believes it.", true, anywhere},

		{"Courtesy of a fine cello, the ending hurts.", true, anywhere},
		{"Courtesy of Harbour Films", false, anywhere},
		{"Photo by photo, the album goes into the stove.", true, anywhere},
		{"Photo by Ida Marsh.", false, anywhere},
		{"Photo de famille, photo de guerre : le film hésite.", true, anywhere},
		{"Photo de Claire Delmas", false, anywhere},
		{"Foto de la madre, foto de la hija: nadie sonríe…", true, anywhere},
		{"Foto: Claudia Ortega / Puerto Cine", false, anywhere},
		{"All pictures lie, and this one lies better than most.", true, anywhere},
		{"All images courtesy of Harbour Films.", false, anywhere},
		{"Source: the keeper himself, who is not to be trusted.", true, anywhere},
		{"Source: Harbour Films", false, anywhere},

		{"Already a classic.", true, anywhere},
		{"Already a subscriber? <a href=/in>Log in</a>", false, anywhere},
		{"Join the queue early.", true, anywhere},
		{"Join our mailing list", false, anywhere},
		{"Want more? There is none.", true, anywhere},
		{"Want more reviews like this? Subscribe to the newsletter.", false, anywhere},
		{"Like what you see in the mirror? Varga does not.", true, anywhere},
		{"Like what you read? Support us on Patreon!", false, anywhere},
		{"Become a lamp, she tells him.", true, anywhere},
		{"Become a patron today!", false, last},
		{"If you like this sort of thing, this is the sort of thing you like.", true, anywhere},
		{"If you liked this review, tell a friend about it.", false, last},
		{"Thanks for nothing, she says, and means all of it.", true, anywhere},
		{"Thanks for reading!", false, anywhere},

		{"Save this for a rainy night.", true, anywhere},
		{"Share this film with your father, if he is still talking to you.", true, anywhere},
		{"Share this review with your friends.", false, last},
		{"Follow him long enough and he turns around.", true, anywhere},
		{"Follow @tidalreview", false, anywhere},

		{"Order from chaos, that is the theme.", true, anywhere},
		{`Order from <a href="https://shop.example/x">the shop of the film</a>`, false, last},
		{"Buy it, she says of the whole story, or do not.", true, anywhere},
		{"Available on DVD and Blu-ray", false, last},
		{"We may earn our grief, but we never get to spend it.", true, anywhere},
		{"We may earn a commission if you buy through our links.", false, anywhere},

		{"Must read: nothing. Must see: this.", true, anywhere},
		{"Must read: <a href=/ten>The ten best films about lighthouses</a>", false, anywhere},
		{"Click here, says the ghost in the machine, and she does.", true, anywhere},
		{"Click here to <a href=/ten>read all about the coast</a>", false, anywhere},
		{"Mehr: nichts.", true, anywhere},
		{"Mehr: <a href=/m>Die zehn besten Filme vom Meer</a>", false, anywhere},
		{"More from him would have been less.", true, anywhere},
		{"More from The Tidal Review", false, last},

		{"Published in 1921, the novel is a slower thing.", true, anywhere},
		{"Published in March 2019, the novel is already out of date.", true, anywhere},
		{"Published in The Tidal Review on 3 March 2019.", false, last},
		{"Tagged as a horror film, it is a comedy.", true, anywhere},
		{"Tagged horror, coast, lighthouse", false, last},
		{"Story by story, the tower falls.", true, anywhere},
		{"Story by Jo Marsh.", false, last},
		{"Posted in the last outpost of a war, the keeper counts ships.", true, anywhere},
		{"Posted in Reviews, Films", false, last},
		{"Originally published in Lamp Monthly, and reworked here with a cooler head.", true, anywhere},
		{"Originally published in Lamp Monthly.", false, last},
		{"<em>Originally published in Lamp Monthly, and slightly changed for this site.</em>", false, last},

		{"I do not subscribe to the theory that he was dead all along; a newsletter of fans does.", true, anywhere},
		{"Subscribe to our newsletter, and never miss a review.", false, anywhere},
		{"Go see it while it is in cinemas, and sign up for the boat trip after.", true, anywhere},
		{"Sign up for our letter from the coast.", false, anywhere},
		{"She dials 555 123 4567 and nobody answers, and the film has found its tone.", true, anywhere},
		{"Call us today on 555 123 4567.", false, last},
		{"You will want to subscribe to his theory of the membership, the donation and the coupon: the film does not, and leaves it at that.", true, anywhere},
		{"What do you think the keeper does with the coat? The film asks this once and leaves it there.", true, anywhere},
		{"What do you think? Have you been to the coast yourself, and was it kind to you?", false, last},

		{"Partager : Facebook, Twitter", false, last},
		{"Teilen: Facebook, WhatsApp, E-Mail", false, last},
		{"Compartir: Facebook Twitter WhatsApp", false, last},
		{"Partager un secret, c'est déjà le perdre.", true, anywhere},
		{"Soutenez-nous sur Tipeee", false, last},
		{"Soutenez le regard de Marta : il ne cille pas.", true, anywhere},
		{"Gefällt dir die Seite? Dann unterstütze uns auf Steady", false, last},
		{"Jetzt bei Amazon kaufen", false, last},
		{"Jetzt bei Nacht wirkt das Haus wie ein Schiff.", true, anywhere},
		{"Email This BlogThis! Share to X", false, last},
	} {
		for _, at := range []int{middle, last} {
			if tt.where&at == 0 {
				continue
			}
			html := tt.line
			if !strings.HasPrefix(html, "<p") && !strings.HasPrefix(html, "<div") {
				html = "<p>" + html + "</p>"
			}
			src := page("", html, "")
			if at == last {
				src = page("", "", html)
			}
			got := paragraphsOf(t, src, nil)
			own := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return slices.Contains(ours, s) })
			if kept := len(own) > 0; kept != tt.kept || len(got)-len(own) != len(ours) {
				t.Errorf("%q, %s: kept %v, want %v; %q", tt.line, map[int]string{middle: "in the middle", last: "last"}[at], kept, tt.kept, got)
			}
		}
	}
}

// A phrase must have two letters at least once its marks are folded away, or it is found where a critic grades or speaks French.
func TestWordLists(t *testing.T) {
	for form, lists := range map[string]map[string][]line{"line": starts, "call": calls, "life": lives, "head": heads} {
		for _, list := range lists {
			for _, l := range list {
				if utf8.RuneCountInString(strings.TrimSuffix(l.begin, ":")) < 2 {
					t.Errorf("%s %q of list %q", form, l.begin, l.list)
				}
			}
		}
	}
}
