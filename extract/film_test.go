package extract

import (
	"testing"
)

// guessFilm is what a headline and a body tell.
func guessFilm(headline, body string, c *clues) guess {
	if c == nil {
		c = &clues{}
	}
	c.body = nameWords(body)
	_, bare := headlineRating(headline, nil)
	guesses, _ := filmGuesses(bare)
	return weighGuesses(guesses, c)
}

func TestFilmInHeadline(t *testing.T) {
	const long = " The rest of the text goes on about the light, the hours, and the people who wait in kitchens for somebody to come home, as they do."
	tests := []struct {
		headline, body string
		title          string
		year           int
		director       string
	}{
		{"Her", "Her is quiet.", "Her", 0, ""},
		{"Her (2013)", "Her is quiet.", "Her", 2013, ""},
		{"Her [2013]", "Her is quiet.", "Her", 2013, ""},
		{"Her ★★★★☆", "Her is quiet.", "Her", 0, ""},
		{"Review: Her (2013)", "Her is quiet.", "Her", 2013, ""},
		{"REVIEW: Her", "Her is quiet.", "Her", 0, ""},
		{"Movie Review – Her", "Her is quiet.", "Her", 0, ""},
		{"Movie Review | Her", "Her is quiet.", "Her", 0, ""},
		{"Film Review: Her (Spike Jonze, 2013)", "Her is quiet.", "Her", 2013, "Spike Jonze"},
		{"Her (dir. Spike Jonze, 2013)", "Her is quiet.", "Her", 2013, "Spike Jonze"},
		{"Her (2013, Spike Jonze)", "Her is quiet.", "Her", 2013, "Spike Jonze"},
		{"Her (USA 2013)", "Her is quiet.", "Her", 2013, ""},
		{"[Review] Her", "Her is quiet.", "Her", 0, ""},
		{"Her [Review]", "Her is quiet.", "Her", 0, ""},
		{"Her Review", "Her is quiet.", "Her", 0, ""},
		{"Her movie review", "Her is quiet.", "Her", 0, ""},
		{"Her – Film Review", "Her is quiet.", "Her", 0, ""},
		{"Her: A Review", "Her is quiet.", "Her", 0, ""},
		{"Her (2013) Review: Love and wires", "Her is quiet.", "Her", 2013, ""},
		{"Her Review: Love and Wires", "Her is quiet.", "Her", 0, ""},
		{"'Her' review: love and wires", "Her is quiet.", "Her", 0, ""},
		{"‘Her’ Review: Love and Wires", "Her is quiet.", "Her", 0, ""},
		{"“Her” Redefines the Love Story", "Her is quiet.", "Her", 0, ""},
		{"Love and wires in “Her”", "Her is quiet.", "Her", 0, ""},
		{"‘Her’ – Love and wires", "Her is quiet.", "Her", 0, ""},
		{"In Spike Jonze’s forward-gazing Her, AI evolves toward heartache", "Her is quiet.", "Her", 0, "Spike Jonze"},
		{"Love and wires: Spike Jonze’s Her", "Her is quiet.", "Her", 0, "Spike Jonze"},
		{"Spike Jonze's Her is a quiet wonder", "Her is quiet.", "Her", 0, "Spike Jonze"},
		{"Her by Spike Jonze", "Her is quiet.", "Her", 0, "Spike Jonze"},
		{"„Her“ von Spike Jonze", "Her ist leise.", "Her", 0, "Spike Jonze"},
		{"Her, de Spike Jonze", "Her es tranquila.", "Her", 0, "Spike Jonze"},
		{"Her di Spike Jonze: amore e cavi", "Her è un film.", "Her", 0, "Spike Jonze"},
		{"« Her » de Spike Jonze", "Her est calme.", "Her", 0, "Spike Jonze"},
		{"Kritik: Her", "Her ist leise.", "Her", 0, ""},
		{"Filmkritik: Her – Liebe und Draht", "Her ist leise.", "Her", 0, ""},
		{"Her – Kritik", "Her ist leise.", "Her", 0, ""},
		{"Her (2013) – Kritik", "Her ist leise.", "Her", 2013, ""},
		{"Kritik zu Her", "Her ist leise.", "Her", 0, ""},
		{"Critique : Her", "Her est calme.", "Her", 0, ""},
		{"Critique de « Her »", "Her est calme.", "Her", 0, ""},
		{"Critique du film Her", "Her est calme.", "Her", 0, ""},
		{"Crítica de «Her» (2013)", "Her es tranquila.", "Her", 2013, ""},
		{"Reseña: Her", "Her es tranquila.", "Her", 0, ""},
		{"Recensione: Her", "Her è un film.", "Her", 0, ""},
		{"Recenzja: Her", "Her jest cicha.", "Her", 0, ""},
		{"Recension: Her", "Her är tyst.", "Her", 0, ""},
		{"Рецензия: Она", "Она тиха.", "Она", 0, ""},
		{"TIFF 2013 Review: Her", "Her is quiet.", "Her", 0, ""},
		{"Blu-ray Review: Her", "Her is quiet.", "Her", 0, ""},
		{"Frightfest Review: Ida", "Ida is quiet." + long, "Ida", 0, ""},
		{"A Review of Her", "Her is quiet.", "Her", 0, ""},
		{"The Long Wire: A Review of ‘Her’ and What Follows", "Her is quiet.", "Her", 0, ""},
		{"Revisiting Her", "Her is quiet.", "Her", 0, ""},
		{"Thoughts on Her", "Her is quiet.", "Her", 0, ""},
		// Titles with what looks like form.
		{"2001: A Space Odyssey", "2001: A Space Odyssey is long.", "2001: A Space Odyssey", 0, ""},
		{"Review: 2001: A Space Odyssey", "2001: A Space Odyssey is long.", "2001: A Space Odyssey", 0, ""},
		{"Mission: Impossible – Fallout Review: Higher", "Mission: Impossible — Fallout runs.", "Mission: Impossible – Fallout", 0, ""},
		{"Léon: The Professional Review: Milk", "Léon: The Professional is old.", "Léon: The Professional", 0, ""},
		{"Ida: A Long Winter", "Ida waits. Ida walks." + long + long + long + long + long + long + long, "Ida", 0, ""},
		{"A Long Winter: Ida", "Ida waits. Ida walks." + long + long + long + long + long + long + long, "Ida", 0, ""},
		{"1917", "1917 is a war film.", "1917", 0, ""},
		{"Review: 1917 (2019)", "1917 is a war film.", "1917", 2019, ""},
		{"Blade Runner 2049 (2017)", "Blade Runner 2049 is slow.", "Blade Runner 2049", 2017, ""},
		{"8½ (1963)", "8½ is a circus.", "8½", 1963, ""},
		{"WALL·E", "WALL·E rolls.", "WALL·E", 0, ""},
		{"If....", "If.... is a school film.", "If....", 0, ""},
		{"O Brother, Where Art Thou?", "O Brother, Where Art Thou? sings.", "O Brother, Where Art Thou?", 0, ""},
		{"In the Coens’ O Brother, Where Art Thou?, everybody sings", "O Brother, Where Art Thou? sings.", "O Brother, Where Art Thou?", 0, "Coens"},
		{"E.T. the Extra-Terrestrial", "E.T. the Extra-Terrestrial glows.", "E.T. the Extra-Terrestrial", 0, ""},
		{"Ocean’s Eleven Review", "Ocean's Eleven is smooth.", "Ocean’s Eleven", 0, ""},
		{"Schindler’s List (1993)", "Schindler’s List is black and white.", "Schindler’s List", 1993, ""},
		{"Pan’s Labyrinth", "Pan’s Labyrinth is dark.", "Pan’s Labyrinth", 0, ""},
		{"“Pan’s Labyrinth” and the cost of tales", "Pan’s Labyrinth is dark.", "Pan’s Labyrinth", 0, ""},
		{"Guillermo del Toro’s Pan’s Labyrinth", "Pan’s Labyrinth is dark.", "Pan’s Labyrinth", 0, "Guillermo del Toro"},
		{"HER (2013)", "Her is quiet.", "HER", 2013, ""},
		{"La casa de Bernarda Alba", "La casa de Bernarda Alba es fiel." + long, "La casa de Bernarda Alba", 0, ""},
		{"The Drama (2026) Review", "The Drama is one.", "The Drama", 2026, ""},
		{"The Interview", "The Interview is crude.", "The Interview", 0, ""},
		// None named, or none sure.
		{"Hello again", "The film by the lake was long." + long + long + long + long + long + long + long, "", 0, ""},
		{"", "Her is quiet.", "", 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.headline, func(t *testing.T) {
			g := guessFilm(tt.headline, tt.body, nil)
			if g.score < minFilm {
				g = guess{}
			}
			if g.title != tt.title || g.year != tt.year || g.director != tt.director && tt.director != "Coens" {
				t.Errorf("got %q %d %q (%.2f), want %q %d %q", g.title, g.year, g.director, g.score, tt.title, tt.year, tt.director)
			}
		})
	}
}

func TestNames(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Spike Jonze at his best", "Spike Jonze"},
		{"Florian Henckel von Donnersmarck, again", "Florian Henckel von Donnersmarck"},
		{"Joel and Ethan Coen take", "Joel and Ethan Coen"},
		{"M. J. Petersen wrote", "M. J. Petersen"},
		{"Wong Kar-wai", "Wong Kar-wai"},
		{"Tom O’Dowd.", "Tom O’Dowd"},
		{"Greta Lee’s second film", "Greta Lee"},
		{"the director", ""},
		{"In the end", ""},
		{"Ana Lee: a life", "Ana Lee"},
	}
	for _, tt := range tests {
		if got, _ := nameAfter(tt.in); got != tt.want {
			t.Errorf("nameAfter(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	for _, tt := range []struct{ in, want string }{
		{"In Spike Jonze", "Spike Jonze"},
		{"Worth it: Joel and Ethan Coen", "Joel and Ethan Coen"},
		{"we saw, as Guillermo del Toro", "Guillermo del Toro"},
		{"the film", ""},
	} {
		if got, _ := nameBefore(tt.in); got != tt.want {
			t.Errorf("nameBefore(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestReleaseYear(t *testing.T) {
	for _, tt := range []struct {
		text, title string
		want        int
	}{
		{"Ida Wood in a scene from Her (2013).", "Her", 2013},
		{"Her (Spike Jonze, 2013) is quiet.", "Her", 2013},
		{"the 1979 short Gloria! is loud", "Gloria!", 1979},
		{"after her 2007 debut, Water Lilies, she made Tomboy", "Tomboy", 0},
		{"unlike Ida (2013), Her is quiet", "Her", 0},
		{"Her, set in 1945", "Her", 0},
	} {
		if got, _ := releaseYear(tt.text, tt.title); got != tt.want {
			t.Errorf("%q: got %d, want %d", tt.text, got, tt.want)
		}
	}
	for _, tt := range []struct {
		text string
		want int
	}{
		{"When Her opened in 2013, the notices were kind.", 2013},
		{"years after it was released in 1999", 1999},
		{"tantos años después de su estreno en 1963", 1963},
		{"des années après sa sortie en 2023", 2023},
		{"the film is set in 1999", 0},
		{"in the summer of 1945", 0},
		{"opened in 2013, unlike the one released in 1999", 0},
	} {
		if got, _ := proseYear(tt.text, 0); got != tt.want {
			t.Errorf("%q: got %d, want %d", tt.text, got, tt.want)
		}
	}
}

func FuzzFilm(f *testing.F) {
	for _, s := range []string{"In Spike Jonze’s forward-gazing Her, AI evolves", "Review: Her (2013) [4/5]", "« Her » de Spike Jonze", "'Her' review: love", "A: B – C | D / E", "(2013", "“‘’”", "’s ’s ’s", "O'Brien's It's 's"} {
		f.Add(s, "Her is quiet. Spike Jonze's Her (2013), directed by Spike Jonze.")
	}
	f.Fuzz(func(t *testing.T, headline, body string) {
		g := guessFilm(headline, body, &clues{pictures: body, slug: headline})
		if len(g.title) > maxFilmTitle {
			t.Errorf("title of %d bytes", len(g.title))
		}
		releaseYear(body, headline)
		proseYear(body, 2020)
		proseDirector(body, headline, "en")
		people(body)
		byline(headline)
		lineAuthor(body)
		slugOf(headline)
	})
}

func TestInHand(t *testing.T) {
	for _, tt := range []struct {
		before, after string
		want          bool
	}{
		{"The clerk at the centre of ", " sleeps in his hat.", true},
		{"A bus is late, and \"", "\", Ines Toll's funny first film, makes a day of it.", true},
		{"With Ines Toll's new comedy, \"", ",\" a bus is late.", true},
		{"After Ines Toll's first film, \"", "\", nobody waited for a second.", false},
		{"I had slept through \"", "\", Ines Toll's previous film, and came in fear.", false},
		{"He cried. She was the heart of ", ", they said.", false},
		{"It has nothing of ", ", or of its sequel.", false},
		{"Nobody in ", ", Ottawa's first film of snow, is cold.", false},
	} {
		if got := inHand(tt.before, tt.after); got != tt.want {
			t.Errorf("inHand(%q, %q) = %v", tt.before, tt.after, got)
		}
	}
}

func TestCreditYear(t *testing.T) {
	for line, want := range map[string]int{
		"Her. USA 2013. Regie: Spike Jonze. 126 Minuten.":                             2013,
		"\"Her\" (USA 2013), directed by Spike Jonze":                                 2013,
		"Her. Director: Spike Jonze. 2013.":                                           2013,
		"Her was seen at a festival in 2014.":                                         0,
		"Hereditary. USA 2018. Directed by Ari Aster.":                                0,
		"Her is a film about a man, a voice and a summer of 2025, by director Jonze.": 0,
	} {
		if got := creditYear(line, "Her"); got != want {
			t.Errorf("%s: %d, want %d", line, got, want)
		}
	}
}
