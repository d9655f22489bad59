package extract

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// reason is something that speaks for a kind, or against.
type reason struct {
	kind   Kind
	weight float64
	why    string
}

// minReview is what the reasons for a review must come to. The weights below are logits, roughly: they were set by hand on what
// reviews are, and checked on pages that are none.
const minReview = 2.3

// headCues are words of headlines that announce something else than a review, by kind. A film may be called so too: they weigh, they
// do not decide.
var headCues = []struct {
	kind   Kind
	weight float64
	words  []string
}{
	{KindTrailer, 3, []string{"trailer", "teaser", "bande-annonce", "tráiler", "first look", "featurette", "sneak peek", "new clip", "exclusive clip", "watch the", "new poster"}},
	{KindInterview, 3, []string{"interview", "q&a", "q & a", "in conversation with", "a conversation with", "talks about", "discusses", "speaks about", "gespräch mit", "im gespräch", "entretien avec", "entretien", "rencontre avec", "entrevista", "intervista", "wywiad", "interviewed", "on making", "questions for", "chats with", "sits down with", "we talk to", "speaks to"}},
	{KindNews, 2.6, []string{"box office", "line-up", "lineup", "announced", "announces", "announce", "unveils", "unveiled", "to star in", "to direct", "set to", "joins", "boards", "signs on", "casting", "cast in", "release date", "in talks", "in the works", "next project", "giveaway", "give away", "win tickets", "win a", "win two", "win passes", "tickets to", "contest", "nominations", "nominees", "wins best", "award winners", "gewinnspiel", "verlosung", "concours", "sorteo", "obituary", "r.i.p", "rip:", "dies at", "dead at", "has died", "in memoriam", "remembering", "farewell to", "nachruf", "podcast", "episode", "newsletter", "programme", "schedule", "now streaming", "coming soon", "coming to", "tributes", "restoration", "crowdfunding", "kickstarter", "housekeeping", "announcement", "update on", "news:"}},
	{KindList, 2.8, []string{"top 10", "top ten", "top 5", "top five", "top 20", "most anticipated", "best films", "best movies", "the best of", "worst films", "worst movies", "ranked", "ranking", "archives", "archive for", "all reviews", "our favourite", "our favorite", "watchlist", "films to watch", "movies to watch", "what to watch", "things to", "films of the year", "movies of the year", "year in review", "year in film", "preview", "die besten", "les meilleurs", "las mejores", "los mejores", "i migliori", "index of", "a–z", "a-z", "reviews by title", "list of"}},
	{KindRoundup, 2.8, []string{"round-up", "roundup", "round up", "dispatch", "diary", "capsules", "capsule reviews", "short takes", "quick takes", "in brief", "festival report", "festival notes", "notes from", "double feature", "double bill", "mini-reviews", "mini reviews", "three films", "two films", "four films", "five films", "weekly viewing", "what i watched", "recently watched", "day one", "day two", "tagebuch", "kurzkritiken", "en bref", "viewing log", "month in film", "festivaltagebuch", "festivalbericht", "journal de festival", "carnet de festival", "diario de festival", "diario del festival", "diário do festival", "dziennik festiwalowy", "дневник фестиваля", "festivaldagboek", "festivaldagbok"}},
	{KindOther, 4, []string{"book review", "album review", "music review", "game review", "concert review", "theatre review", "theater review", "restaurant review", "product review", "buchkritik", "buchrezension", "rezension des buches", "critique de livre", "reseña de libro", "reseña literaria", "recensione libro", "book:", "album:", "live review", "gig review", "phone review", "hardware review", "car review", "gear review", "video game", "audiobook", "recipe", "rezept", "recette", "how to", "tutorial", "guide to"}},
	{KindOther, 3, []string{"odcinka", "odcinek", "sezonu", "folge", "staffel", "épisode", "saison", "episodio", "temporada", "stagione", "puntata", "aflevering", "seizoen", "avsnitt", "säsong", "сезон", "сезона", "серия", "серии"}},
	{KindAbout, 3, []string{"how we rate", "rating system", "our ratings", "ratings explained", "about us", "about me", "about this", "contact us", "privacy policy", "terms of", "cookie policy", "write for us", "support us", "advertise with", "mentions légales", "datenschutz", "impressum", "über uns", "à propos", "quiénes somos", "sobre nosotros", "chi siamo", "how i rate", "our grading", "grading scale", "legal notice", "disclaimer", "meet the", "frequently asked"}},
}

// aboutNames are the whole titles, and last parts of addresses, of pages about the site.
var aboutNames = wordSet("about contact privacy imprint impressum datenschutz kontakt colophon faq advertise staff masthead subscribe donate links sitemap disclaimer legal terms " +
	"cookies newsletter contributors team acerca contacto privacidad contatti chi-siamo apropos a-propos how-we-rate about-us about-me contact-us privacy-policy ratings our-ratings " +
	"rating-system terms-of-service terms-of-use support search archive archives index categories tags authors write-for-us over-ons ueber-uns uber-uns sobre sobre-nosotros mentions-legales " +
	"how-i-rate rss feeds shop store guestbook login register help accessibility press jobs careers")

// reviewPath are the parts of addresses that reviews have.
var reviewPath = wordSet("review reviews film-review film-reviews movie-review movie-reviews kritik kritiken filmkritik filmkritiken critique critiques critica criticas recensioni recensione " +
	"reseña reseñas resenas resena moviereview moviereviews filmreview filmreviews recenzje recensies recensioner anmeldelser criticas-de-cine criticas-cine film-kritik")

// otherPath are the parts of addresses of other things.
var otherPath = map[string]Kind{"news": KindNews, "interviews": KindInterview, "interview": KindInterview, "trailers": KindTrailer, "trailer": KindTrailer, "podcast": KindNews, "podcasts": KindNews,
	"features": KindNews, "lists": KindList, "category": KindList, "categories": KindList, "tag": KindList, "tags": KindList, "author": KindList, "authors": KindList, "search": KindList, "page": KindList,
	"archives": KindList, "label": KindList, "books": KindOther, "music": KindOther, "games": KindOther, "shop": KindOther, "product": KindOther, "products": KindOther, "recipes": KindOther,
	"forum": KindOther, "forums": KindOther, "threads": KindOther, "topic": KindOther, "docs": KindOther, "documentation": KindOther, "wiki": KindOther, "jobs": KindOther, "events": KindNews, "giveaways": KindNews}

// categoryKinds are what categories say.
var categoryKinds = map[string]struct {
	kind   Kind
	weight float64
}{
	"review": {KindReview, 1.6}, "reviews": {KindReview, 1.6}, "film review": {KindReview, 2.2}, "film reviews": {KindReview, 2.2}, "movie review": {KindReview, 2.2}, "movie reviews": {KindReview, 2.2},
	"kritik": {KindReview, 2}, "kritiken": {KindReview, 2}, "filmkritik": {KindReview, 2.2}, "filmkritiken": {KindReview, 2.2}, "critique": {KindReview, 2}, "critiques": {KindReview, 2},
	"crítica": {KindReview, 2}, "críticas": {KindReview, 2}, "recensioni": {KindReview, 2}, "recensione": {KindReview, 2}, "reseñas": {KindReview, 2}, "reseña": {KindReview, 2}, "recenzje": {KindReview, 2},
	"film": {KindReview, 0.8}, "films": {KindReview, 0.8}, "movie": {KindReview, 0.8}, "movies": {KindReview, 0.8}, "cinema": {KindReview, 0.8}, "kino": {KindReview, 0.8}, "cinéma": {KindReview, 0.8}, "cine": {KindReview, 0.8}, "filme": {KindReview, 0.8},
	"news": {KindNews, 1.8}, "announcements": {KindNews, 2}, "interviews": {KindInterview, 2.2}, "interview": {KindInterview, 2.2}, "trailers": {KindTrailer, 2.2}, "trailer": {KindTrailer, 2.2}, "podcast": {KindNews, 2},
	"podcasts": {KindNews, 2}, "lists": {KindList, 2}, "list": {KindList, 1.5}, "top 10": {KindList, 2}, "books": {KindOther, 1.8}, "book reviews": {KindOther, 3}, "music": {KindOther, 1.2}, "album reviews": {KindOther, 3},
	"games": {KindOther, 1.5}, "game reviews": {KindOther, 3}, "box office": {KindNews, 2}, "giveaways": {KindNews, 2.2}, "contests": {KindNews, 2.2}, "events": {KindNews, 1.2}, "obituaries": {KindNews, 2}, "nachrichten": {KindNews, 1.8}, "actualités": {KindNews, 1.8}, "noticias": {KindNews, 1.8},
	"festival diary": {KindRoundup, 2}, "roundup": {KindRoundup, 2.2}, "round-up": {KindRoundup, 2.2},
}

// filmWords are words of film criticism, with what each tells; by language, and those that several share once.
var filmWords = weighedWords(map[float32]string{
	1: "film films movie movies cinematography cinematographer screenplay screenwriter screenwriters filmmaker filmmakers filmmaking moviegoers cinema cinematic onscreen offscreen " +
		"biopic remake sequel sequels prequel blockbuster directorial actor actors actress actresses arthouse mise-en-scène auteur rom-com moviegoing " +
		"regisseur regisseurin drehbuch drehbuchautor schauspieler schauspielerin darsteller darstellerin hauptrolle nebenrolle filme filmes spielfilm leinwand kamera kinostart kino inszenierung inszeniert " +
		"réalisateur réalisatrice scénario scénariste acteur acteurs actrice cinéaste cinéma long-métrage court-métrage mise spectateur spectateurs comédien comédienne " +
		"película películas guion guión guionista cineasta cine actriz rodaje largometraje fotografía pantalla filme " +
		"pellicola pellicole regista regia sceneggiatura attore attrice attori cinematografica cinematografico lungometraggio " +
		"diretor diretora roteiro roteirista elenco atriz longa-metragem cinematografia telona ator " +
		"auditorium multiplex moviegoer filmgoer filmgoers matinee cinephile cinephiles biopics prequels remakes blockbusters flick flicks pic pics helmer lensed closeup closeups screenplays actresses talkie talkies " +
		"hauptdarsteller hauptdarstellerin nebendarsteller nebendarstellerin kameramann kamerafrau drehbuchs regisseurs kinos abspann schauspielern schauspielerinnen regiedebüt verfilmung verfilmt leinwand kinofilm " +
		"cinéphile caméraman comédiens actrices interprètes tournage cinématographique largometrajes guionista actores actrices " +
		"attrici attori registi inquadratura inquadrature doppiaggio atores atrizes diretores cineasta longa-metragens " +
		"acteur acteurs actrices filmmaker bioscopen speelfilm hoofdrol hoofdrolspeler regie regisseur filmmakers " +
		"skådespelerska skådespelerskan skådespelarna regissören biograf biografen biografer manusförfattare skuespillere skuespillerinde skuespillerinne instruktøren regissør regissøren kinoen filmene filmer " +
		"filmie filmem filmy filmów aktorka aktorzy aktorów aktorki reżysera reżyserii scenariusza kadr kadry operator kinem elokuvassa elokuvat ohjaajan näyttelijä näyttelijät käsikirjoitus " +
		"režisér režiséra herec herečka herci scénář scenár yönetmen yönetmenin oyuncu oyuncular senaryo sinema film filmin filmi " +
		"фильма фильму фильмы фильмов режиссёра режиссера актриса актёры актеры кинотеатр сценария экране " +
		"regissör skådespelare filmen filmens instruktør skuespiller acteerwerk regisseert scenarioschrijver bioscoop reżyser reżyserka scenariusz aktor aktorka filmu kinie фильм фильма фильме режиссёр режиссер сценарий актёр актер кино картина elokuva elokuvan ohjaaja film-noir",
	0.7: "director directors directed directing scene scenes screen cast casting starring plot performance performances protagonist dialogue script thriller drama comedy horror documentary " +
		"soundtrack genre franchise villain cgi oscar oscars theaters theatres theater audiences audience viewer viewers trilogy cinematographers hollywood runtime ensemble villainous montage editing stunts shot shots close-up close-ups voice-over subplot subplots picture pictures cameo cameos co-star co-stars flashback flashbacks melodrama voiceover monologue slapstick whodunit subtitles subtitled antagonist protagonists popcorn projector villains dramas thrillers comedies documentaries romances " +
		"publikum zuschauers kinosaal dreht gedreht filmmusik spannung spielszene spectateurs salle séance écran montage interprète rôles personnages réplique répliques " +
		"plano planos espectadores sala secuencia secuencias protagonista protagonistas spettatori spettatore protagonisti battute battuta fotogramma plateia protagonistas cenas trilha " +
		"scènes personage personages kijker kijkers acteert rol rollen scener scenen kameran kamera rollen huvudrollen huvudroll publiken handling roller hovedrolle hovedrollen " +
		"scena sceny scenach widz widza widzowie zdjęcia ekran ekranie rola roli fabuła bohater bohaterka kohtaus kohtaukset rooli katsoja scénu postava postavy divák diváka sahne sahneler izleyici " +
		"сцена сцены сцене зритель зрителя зрители экран роль роли сюжет камера камеры subplot prologue epilogue premise noir sci-fi animated animation western romance satire tragicomedy trailer score costumes lighting character characters narrative " +
		"szene szenen großaufnahme schnitt einstellung einstellungen hauptfigur nebenfigur saal figur figuren handlung zuschauer darstellung dramaturgie komödie regie dialoge " +
		"scène scènes personnage personnages intrigue interprétation comédie drame caméra récit plan plans bande " +
		"escena escenas personaje personajes trama interpretación comedia actuación actuaciones espectador cámara reparto dirección " +
		"scena scene personaggi personaggio interpretazione commedia spettatore fotografia recitazione " +
		"cena cenas personagem personagens enredo comédia espectador direção atuação",
	0.35: "funny funniest laugh laughs laughed comic suspense masterpiece portrayal portrays portrayed viewing viewings feature speech close-ups credits ton bühne spielen gespielt interpreta spelar spelas gra zagrał zagrała speelt spiller " +
		"story acting watch watching watched screening rewatch ending tone camera frame visuals plays star stars role roles score moments twist storytelling act acts third emotional pacing hero heroine sequences sequence tension adaptation picture chemistry reel revival release released fans premiere debut humor humour jokes " +
		"geschichte rolle spielt bilder ende histoire rôle joue image images fin historia papel papeles final storia ruolo finale história",
})

// newsWords are words of announcements.
var newsWords = weighedWords(map[float32]string{
	1: "announced announcement unveiled unveil reportedly organisers organizers programme tickets ticket gala slated spokesperson representatives signed estimates grossed grossing debuted " +
		"prize prizes winners giveaway subscribe podcast episode retrospective anticipated upcoming releases enter competition forthcoming sponsors " +
		"angekündigt gewinnspiel tickets verlosung annoncé billets sorteo entradas anunciado anunció",
	0.5: "according deal date thursday friday monday saturday sunday tuesday wednesday million weekend projects project interview teaser trailer clip released schedule edition",
})

// wareWords are words of reviews of other things: books, records, games, devices, food.
var wareWords = weighedWords(map[float32]string{
	1: "novel novels biography memoir paperback hardcover publisher chapters novelist poems poetry bookshop album albums tracklist vinyl lp ep guitarist bassist mixtape gameplay console controller multiplayer " +
		"battery warranty specs firmware device smartphone laptop tablet headphones bluetooth wi-fi usb software app apps customers pricing subscription subscriptions shipping recipe tablespoon teaspoon restaurant chef dishes flavor flavour " +
		"verlag hörbuch éditeur novela plugin plugins server api database",
	0.5: "author pages book books chapter reader readers band track tracks song songs game games player players price phone screen camera product products customer company users user install oven sauce tasty",
})

// leaning is what a word says for each side.
type leaning struct{ film, news, wares float32 }

var leaningSieve = sieveOf(leanings)

// leanings holds all words.
var leanings = func() map[string]leaning {
	m := make(map[string]leaning, 1200)
	for word, w := range filmWords {
		m[word] = leaning{film: w}
	}
	for word, w := range newsWords {
		l := m[word]
		l.news = w
		m[word] = l
	}
	for word, w := range wareWords {
		l := m[word]
		l.wares = w
		m[word] = l
	}
	return m
}()

// weighedWords turns lists by weight into a table; of a word in two lists the greater weight holds.
func weighedWords(lists map[float32]string) map[string]float32 {
	m := make(map[string]float32, 500)
	for w, list := range lists {
		for word := range strings.FieldsSeq(list) {
			m[word] = max(m[word], w)
		}
	}
	return m
}

const maxKindWords = 1500

// wide reports whether a letter belongs to a script without spaces between words.
func wide(r rune) bool {
	return r >= 0x2e80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// wideWords are words of film criticism in such scripts, by their first letter.
var wideWords = func() map[rune][]string {
	m := map[rune][]string{}
	for w := range strings.FieldsSeq("映画 監督 俳優 女優 主演 脚本 カメラ 場面 演技 観客 劇場 上映 公開 作品 主人公 物語 配役 名作 シーン スクリーン ラスト 本作 " +
		"电影 電影 影片 导演 導演 演员 演員 剧本 劇本 镜头 鏡頭 银幕 銀幕 观众 觀眾 剧情 劇情 主角 票房 本片 片中 配乐 表演") {
		r := firstRune(w)
		m[r] = append(m[r], w)
	}
	return m
}()

// ofFilm reports whether a word is made with "film" or "kino": "Kriegsfilm", "oorlogsfilm", "filmisch", "Kinosessel".
func ofFilm(word []byte) bool {
	s := string(word)
	if len(s) < 6 || len(s) > 30 {
		return false
	}
	return strings.HasPrefix(s, "film") || strings.HasPrefix(s, "kino") || strings.HasPrefix(s, "cinem") || strings.HasSuffix(s, "film") ||
		strings.HasSuffix(s, "films") || strings.HasSuffix(s, "filme") || strings.HasSuffix(s, "filmen")
}

// otherWorks are words that go with other works than films.
var otherWorks = func() map[string]string {
	m := map[string]string{}
	for work, list := range map[string]string{
		"book":   "novel novels novella novelist memoir chapter chapters narrator page pages reader readers paperback hardcover prose publisher bookshop roman romans buch bücher leser kapitel verlag livre livres lecteur lecteurs chapitre chapitres éditeur novela libro libros lector lectores capítulo capítulos romanzo libri lettore capitolo livro livros leitor",
		"music":  "album albums track tracks lp ep lyrics lyric chorus choruses guitar guitars guitarist drums drummer band vocals vocalist song songs riff riffs bassline singer tracklist vinyl mixtape gig setlist disco canciones chanson chansons lieder",
		"game":   "game games gameplay player players level levels weapon weapons enemy enemies combat checkpoint checkpoints controller console handheld quest quests multiplayer tutorial frames boss bosses playthrough spieler",
		"series": "season seasons episode episodes showrunner series pilot recap sitcom showrunners staffel folge folgen saison épisode épisodes temporada episodio episodios stagione",
		"device": "battery price setup device devices firmware specs warranty speaker speakers menus menu lens app bluetooth usb wi-fi lumens inches settings processor charger brightness akku preis",
	} {
		for w := range strings.FieldsSeq(list) {
			m[w] = work
		}
	}
	return m
}()

// tally is what the words of a text say.
type tally struct {
	film, news, wares float64 // words of film criticism, announcements and reviews of other things, for each hundred words
	variety           float64 // the weights of the different words of film
	other             string  // the kind of work, if not a film, that the text speaks of most
	works             int     // how many different words of such works
	total             int
}

// filmVocabulary weighs the words of a text.
func filmVocabulary(s string) tally {
	var film, news, wares, variety float64
	strong := 0.0
	total, wideRunes := 0, 0
	works, different, met := map[string]int{}, map[string]int{}, map[string]bool{}
	var buf [64]byte
	seen := make(map[string]bool, 32)
	for i := 0; i < len(s) && total < maxKindWords; {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsLetter(r) {
			i += size
			continue
		}
		if wide(r) { // written without spaces: about two to a word
			wideRunes++
			total += wideRunes & 1
			for _, w := range wideWords[r] {
				if strings.HasPrefix(s[i:], w) {
					film++
					if len(seen) < 64 && !seen[w] {
						seen[w] = true
						variety++
					}
					break
				}
			}
			i += size
			continue
		}
		word := buf[:0]
		for i < len(s) {
			c := s[i]
			if c < utf8.RuneSelf {
				if isLetter(c) {
					if c <= 'Z' {
						c |= 0x20
					}
					word = append(word, c)
					i++
					continue
				}
				if c == '-' && i+1 < len(s) && isLetter(s[i+1]) && len(word) > 0 {
					word = append(word, c)
					i++
					continue
				}
				break
			}
			r, size := utf8.DecodeRuneInString(s[i:])
			if !unicode.IsLetter(r) && !unicode.IsMark(r) {
				break
			}
			word = utf8.AppendRune(word, unicode.ToLower(r))
			i += size
		}
		total++
		if len(word) > 40 || len(word) < 2 {
			continue
		}
		if w, ok := otherWorks[string(word)]; ok {
			if works[w]++; !met[string(word)] && len(met) < 64 {
				met[string(word)] = true
				different[w]++
			}
		}
		var l leaning
		ok := mayHold(leaningSieve, word)
		if ok {
			l, ok = leanings[string(word)]
		}
		if !ok {
			if !ofFilm(word) {
				continue
			}
			l.film = 0.7
		}
		if l.film >= 0.7 {
			strong += float64(l.film)
		}
		film += float64(l.film)
		news += float64(l.news)
		wares += float64(l.wares)
		if l.film > 0 && len(seen) < 64 && !seen[string(word)] {
			seen[string(word)] = true
			variety += float64(l.film)
		}
	}
	if total > 0 {
		film = film * 100 / float64(max(total, 40))
		news = news * 100 / float64(max(total, 40))
		wares = wares * 100 / float64(max(total, 40))
	}
	t := tally{film: film, news: news, wares: wares, variety: variety, total: total}
	for _, w := range [...]string{"book", "music", "game", "series", "device"} {
		// Films are made of books, and about bands: their reviews speak of films all the same.
		if n := different[w]; n >= 3 && n > t.works && works[w] >= 4 && 3*float64(works[w]) > 4*strong {
			t.other, t.works = w, n
		}
	}
	return t
}

// judgeKind weighs what speaks for a review and against.
func (f *finder) judgeKind() {
	var rs []reason
	say := func(k Kind, w float64, why string) {
		if w != 0 {
			rs = append(rs, reason{k, w, why})
		}
	}
	rev := f.rev
	head := strings.ToLower(rev.Headline.Value)
	// The film's own words are no cue: "The Interview", "Contact".
	cues := head
	if t := strings.ToLower(rev.Film.Title.Value); t != "" && rev.Film.Title.Confidence > 0.8 && f.filmCount > 0 {
		cues = strings.Replace(cues, t, " ", 1)
	}
	tally := filmVocabulary(f.body)
	film, news, wares, total := tally.film, tally.news, tally.wares, tally.total
	people := f.players()

	// A text that is not about film makes less of what else looks like a review: products have names, grades and reviews too.
	trust := math.Max(0.2, math.Min(1, film/1.2))
	if total > 40 {
		trust = math.Min(trust, 0.2+0.25*tally.variety)
	}
	if tally.other != "" {
		trust = math.Min(trust, 0.4)
	} else if wares < 1 && (rev.Rating != nil || people > 0) && rev.Film.Title.Confidence >= 0.7 {
		trust = math.Max(trust, 0.75) // critics need no jargon
	}

	// The text.
	switch {
	case total >= 300:
		say(KindReview, math.Max(0.3, trust), "length of prose")
	case total >= 120:
		say(KindReview, 0.4*trust, "length of prose")
	case total < 25:
		say(KindReview, -4, "hardly any prose")
	case total < 50:
		say(KindReview, -2.2, "little prose")
	case total < 80:
		say(KindReview, -0.6, "little prose")
	}
	density := math.Min(3.4, film*0.9)
	density = math.Min(density, 0.3+0.6*tally.variety)
	say(KindReview, density, "words of film criticism")
	if film < 0.4 {
		say(KindReview, -1.5, "no words of film criticism")
	}
	if tally.other != "" {
		say(KindOther, math.Min(3.4, 0.8+0.6*float64(tally.works)), "words of works of another kind: "+tally.other)
	}
	if people > 0 {
		say(KindReview, math.Min(1.2, 0.6*float64(people))*math.Min(trust, film), "names of players")
	}
	if wares > 0.8 && wares > 1.2*film {
		say(KindOther, math.Min(2.5, (wares-film)*0.8), "words of other things than films")
	}
	if rev.Rating == nil && !f.labelled && f.dateline() {
		say(KindNews, 1.2, "a dateline")
	}
	if news > 2 {
		say(KindNews, math.Min(2.2, (news-1.5)*0.6), "words of announcements")
	}

	if rev.Rating == nil && !f.labelled {
		low := strings.ToLower(f.body)
		n := 0
		for _, s := range plans {
			if strings.Contains(low, s) {
				n++
			}
		}
		if n >= 2 {
			say(KindNews, 1.2, "words of films to come")
		}
	}

	// The film and its grade.
	switch t := rev.Film.Title; {
	case t.Confidence >= 0.9 && f.filmCount > 0:
		say(KindReview, 1.2*trust, "film named in headline and text")
	case t.Confidence >= 0.75 && f.filmCount > 0:
		say(KindReview, 0.8*trust, "film named in headline and text")
	case t.Confidence >= 0.6:
		say(KindReview, 0.3*trust, "film named")
	}
	if rev.Film.Title.Confidence < 0.6 && film < 2 && rev.Film.Director.Value == "" && rev.Rating == nil && !f.labelled && !f.reviewed {
		say(KindReview, -0.6, "no film named")
	}
	facts := 0
	for _, b := range f.blocks {
		if b.Rule == "facts" {
			facts++
		}
	}
	if facts >= 2 && rev.Film.Title.Value != "" {
		say(KindReview, 0.8, "facts of the film")
	}
	if rev.Film.Year.Value > 0 {
		say(KindReview, 0.4, "year of the film")
	}
	if rev.Film.Director.Value != "" {
		say(KindReview, 0.6, "director of the film")
		if rev.Film.Year.Value > 0 && rev.Film.Title.Value != "" {
			say(KindReview, 0.6*trust, "film, director and year named")
		}
	}
	if r := rev.Rating; r != nil {
		w := 1.4
		if r.Confidence < 0.7 {
			w = 0.7
		}
		say(KindReview, w*trust, "grade "+r.Raw)
	}

	// The page's data.
	if f.otherWork != "" {
		say(KindOther, 3, "data: review of a "+f.otherWork)
	}
	if f.reviewed {
		say(KindReview, 2*trust, "data: review")
	}
	for i := range f.items {
		it := &f.items[i]
		if it.src != "ld" {
			continue
		}
		switch {
		case it.is("Recipe", "JobPosting", "Event", "FAQPage", "QAPage", "DiscussionForumPosting", "SoftwareApplication", "TechArticle", "HowTo"):
			say(KindOther, 0.8, "data: "+it.types[0])
		case it.is("CollectionPage", "SearchResultsPage", "ItemList", "ProfilePage"):
			say(KindList, 0.6, "data: "+it.types[0])
		case it.is("AboutPage", "ContactPage"):
			say(KindAbout, 2, "data: "+it.types[0])
		default:
			continue
		}
		break
	}

	// Headline.
	cue := false
	for _, c := range headCues {
		for _, w := range c.words {
			if i := strings.Index(cues, w); i >= 0 && boundary(cues, i) && boundary(cues, i+len(w)) {
				if w == "diary" && (strings.HasPrefix(cues[i+len(w):], " of ") || strings.HasSuffix(cues[:i], "'s ") || strings.HasSuffix(cues[:i], "’s ")) {
					continue // "Diary of a …", "Somebody's Diary": a name
				}
				say(c.kind, c.weight, "headline: "+w)
				cue = true
				break
			}
		}
	}
	if total >= 100 && f.siteOfFilms() {
		say(KindReview, 0.8, "a site of films")
	}
	if cue && rev.Rating == nil && !f.labelled {
		say(KindReview, -0.6, "no grade")
	}
	if n := leadingCount(cues); n && !f.labelled {
		say(KindList, 2.4, "headline: a number of things")
	}
	if f.labelled {
		w := 1.6 * math.Max(trust, 0.5)
		if strings.Contains(head, "film") || strings.Contains(head, "movie") || strings.Contains(head, "kino") || strings.Contains(head, "cine") {
			w = 2.2
		}
		say(KindReview, w, "headline: review")
	} else if f.titled() {
		say(KindReview, 1.2*trust, "title: review")
	} else if strings.Contains(head, "review") || strings.Contains(head, "kritik") || strings.Contains(head, "critique") {
		say(KindReview, 1, "headline: review")
	}

	// Address.
	segs := strings.FieldsFunc(strings.ToLower(f.path), func(r rune) bool { return r == '/' })
	if len(segs) == 0 {
		say(KindList, 3, "front page")
	}
	for i, s := range segs {
		last := i == len(segs)-1
		for _, ext := range [...]string{".html", ".htm", ".php"} {
			s = strings.TrimSuffix(s, ext)
		}
		switch {
		case last && aboutNames[s] && (len(segs) <= 2):
			say(KindAbout, 2.4, "address: "+s)
		case reviewPath[s] && !last:
			say(KindReview, 1.8, "address: "+s)
		case last && (strings.HasPrefix(s, "review-") || strings.HasSuffix(s, "-review") || strings.Contains(s, "movie-review") || strings.Contains(s, "film-review")):
			say(KindReview, 0.8, "address: review")
		case (s == "film" || s == "films" || s == "movies" || s == "movie" || s == "cinema" || s == "kino") && !last:
			say(KindReview, 0.6, "address: "+s)
		case (s == "archives" || s == "archive") && !last && !dated(segs[i+1:]): // "/archives/41-stalker.html": a post
		case otherPath[s] != "" && !last:
			k := otherPath[s]
			w := 1.4
			if k == KindList && i == 0 || s == "page" || s == "tag" || s == "category" {
				w = 2.4
			}
			say(k, w, "address: "+s)
		case s == "page" && last, last && otherPath[s] != "" && len(segs) == 1:
			say(otherPath[s], 2, "address: "+s)
		}
	}
	if aboutNames[strings.ReplaceAll(strings.TrimSpace(head), " ", "-")] {
		say(KindAbout, 2.2, "headline: "+head)
	}
	if f.doc.MetaOne("og:type") == "website" && len(segs) <= 1 && !f.labelled {
		say(KindList, 0.4, "og:type website")
	}

	// Categories: the strongest of each side.
	said := map[Kind]bool{}
	cats := slices.Concat(rev.Categories, rev.Tags)
	sides := map[Kind]bool{}
	for _, c := range cats {
		if k, ok := categoryKinds[strings.ToLower(c)]; ok {
			sides[k.kind] = true
		}
	}
	if len(sides) > 2 { // a menu of the site's sections
		cats = nil
	}
	for _, c := range cats {
		if k, ok := categoryKinds[strings.ToLower(c)]; ok && !said[k.kind] {
			said[k.kind] = true
			w := k.weight
			if k.kind != KindReview && cue {
				w *= 0.7
			}
			say(k.kind, w, "category: "+c)
		}
	}

	// Structure.
	if f.articles >= 4 {
		linked := 0
		for i := range f.heads {
			if f.heads[i].links && f.heads[i].zone&aroundText == 0 {
				linked++
			}
		}
		if linked >= 4 && linked*2 > f.articles {
			say(KindList, math.Min(3, 0.3*float64(f.articles)), strconv.Itoa(f.articles)+" posts on the page")
		}
	}
	if q := f.questions(); q >= 2 {
		say(KindInterview, math.Min(3, 0.6*float64(q)), "questions and answers")
	}
	if n := f.teasers(); n >= 3 {
		say(KindList, math.Min(4, float64(n)), strconv.Itoa(n)+" texts cut off")
	}
	if grades := f.gradeKey(); grades >= 4 {
		rev.Rating = nil
		say(KindAbout, 4, "a key of grades")
	}
	if n := f.filmLeads(); n >= 3 {
		say(KindRoundup, 1.8, strconv.Itoa(n)+" films at the heads of paragraphs")
	}
	if n := f.quotedHeads(); n >= 3 {
		say(KindRoundup, math.Min(3, 0.8*float64(n)), strconv.Itoa(n)+" names in headings")
	}
	if n := f.filmItems(); n >= 3 && total < 80 {
		say(KindList, math.Min(3, 0.8*float64(n)), strconv.Itoa(n)+" films in a list")
	}
	if n := f.filmHeads(); n == 2 && rev.Film.Year.Value == 0 {
		say(KindRoundup, 1.6, "2 films in headings")
	} else if n >= 3 {
		say(KindRoundup, math.Min(3, 0.8*float64(n)), strconv.Itoa(n)+" films in headings")
	}
	if strings.Contains(f.body, "this book") || strings.Contains(f.body, "the book is") ||
		(strings.Contains(f.body, "paperback") || strings.Contains(f.body, "hardcover")) && (strings.Contains(f.body, " pages") || strings.Contains(f.body, "publish")) {
		if film < 4 {
			say(KindOther, 1, "words of book reviews")
		}
	}

	// The sum: what speaks for another kind speaks against a review.
	score := 0.0
	by := map[Kind]float64{}
	for _, r := range rs {
		if r.kind == KindReview {
			score += r.weight
		} else {
			by[r.kind] += r.weight
		}
	}
	other, against := KindOther, 0.0
	for _, k := range [...]Kind{KindAbout, KindList, KindNews, KindInterview, KindTrailer, KindRoundup, KindOther} {
		if by[k] > against {
			other, against = k, by[k]
		}
		score -= by[k] * 0.9
	}
	rev.Kind = KindReview
	if score < minReview {
		rev.Kind = other
	}
	slices.SortStableFunc(rs, func(a, b reason) int {
		switch wa, wb := math.Abs(a.weight), math.Abs(b.weight); {
		case wa > wb:
			return -1
		case wa < wb:
			return 1
		}
		return 0
	})
	rev.Why = rev.Why[:0]
	rev.Why = append(rev.Why, "score "+strconv.FormatFloat(score, 'f', 1, 64))
	for _, r := range rs {
		sign := "+"
		w := r.weight
		if r.kind != KindReview {
			sign = string(r.kind) + " +"
		} else if w < 0 {
			sign = ""
		}
		rev.Why = append(rev.Why, r.why+" ("+sign+strconv.FormatFloat(w, 'f', 1, 64)+")")
	}
	if rev.Kind != KindReview && rev.Film.Title.Confidence < 0.9 {
		rev.Film = Film{}
	}
}

// plans are what is said of films that are not made, or not out.
var plans = [...]string{"will play", "will star", "will direct", "will be directed by", "is set to", "are set to", "due to begin", "set to begin", "begin shooting", "start shooting", "shooting is due",
	"production begins", "principal photography", "next film", "next feature", "no release date", "release date has", "is looking for buyers", "has joined the cast", "have joined the cast",
	"was unveiled", "will be released", "is slated", "in pre-production", "in talks to"}

// dateline reports whether the text begins as reports of agencies do: "PARK CITY, Utah — ", "BERLIN (dpa) - ".
func (f *finder) dateline() bool {
	i := strings.Index(f.body[:min(len(f.body), 60)], " - ")
	if i < 4 {
		return false
	}
	place, rest, _ := strings.Cut(f.body[:i], ",")
	place, _, _ = strings.Cut(place, " (")
	return isCapitals(place) && len(place) >= 4 && len(strings.Fields(place)) <= 3 && len(strings.Fields(rest)) <= 3 && !strings.EqualFold(place, f.rev.Film.Title.Value) &&
		!strings.ContainsAny(place, "0123456789:")
}

// titled reports whether the page's title, without the site's name, says "review".
func (f *finder) titled() bool {
	for _, t := range [...]string{f.doc.Title, f.doc.MetaOne("og:title")} {
		if t = cutSite(t, f.site); t != "" {
			if _, labelled, _ := stripLabels(t); labelled {
				return true
			}
		}
	}
	return false
}

// leadingCount reports whether a headline counts things: "The 17 most anticipated films", "10 movies that …".
func leadingCount(s string) bool {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "the "), "our ")
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if rest := strings.TrimRight(s, " )]"); strings.HasPrefix(s[i:], "best ") || strings.HasPrefix(s, "best ") { // "The best … of 2026"
		if n := len(rest); n > 8 && filmYear(rest[n-5:]) > 0 {
			return true
		}
	}
	if w, rest, ok := strings.Cut(s, " "); ok && i == 0 && (w == "best" || w == "top") && len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9' {
		return true
	}
	if i == 0 || i > 3 || i >= len(s) || s[i] != ' ' {
		return false
	}
	for w := range strings.FieldsSeq(s[i:]) {
		switch strings.Trim(w, ".,:!?") {
		case "films", "movies", "reasons", "things", "ways", "best", "most", "greatest", "worst", "documentaries", "performances", "scenes", "shows", "directors", "actors", "filme", "great", "facts", "tips", "moments", "underrated":
			return true
		}
	}
	return false
}

// questions counts paragraphs in the way of interviews: a question by itself, or one that opens a paragraph where most do.
func (f *finder) questions() int {
	alone, opened := 0, 0
	for _, p := range f.rev.Paragraphs {
		if len(p) < 260 && strings.HasSuffix(p, "?") || strings.HasPrefix(p, "Q:") || strings.HasPrefix(p, "Q.") || strings.HasPrefix(p, "Question:") {
			alone++
		} else if i := strings.IndexAny(p, "?.!"); i > 0 && i < 140 && p[i] == '?' {
			opened++
		}
	}
	n := len(f.rev.Paragraphs)
	if alone*6 < n {
		alone = 0
	}
	if opened < 2 || opened*5 < n*2 {
		opened = 0
	}
	return alone + opened
}

// filmHeads counts headings in the text that name films: "Her (Spike Jonze, 2013)", or names with a grade.
func (f *finder) filmHeads() int {
	n := 0
	for i := range f.rev.Blocks {
		b := &f.rev.Blocks[i]
		if b.Kept && b.Kind == Heading {
			if _, _, y := yearInBrackets(b.Text); y > 0 {
				n++
			} else if strings.ContainsAny(b.Text, "★⭐") && len(b.Text) > 16 {
				n++
			}
		}
	}
	return n
}

// quotedHeads counts headings that are a name in quotation marks and nothing more.
func (f *finder) quotedHeads() int {
	n := 0
	for i := range f.rev.Blocks {
		if b := &f.rev.Blocks[i]; b.Kept && b.Kind == Heading {
			if q := quotedNames(b.Text); len(q) == 1 && q[0].start == 0 && q[0].end == len(b.Text) {
				n++
			}
		}
	}
	return n
}

// filmItems counts short blocks that are a name and its year, wherever they stand: "Local Hero (1983)".
func (f *finder) filmItems() int {
	n := 0
	for i := range f.rev.Blocks {
		if b := &f.rev.Blocks[i]; len(b.Text) < 100 && strings.HasSuffix(b.Text, ")") {
			if open, end, y := yearInBrackets(b.Text); y > 0 && end == len(b.Text)-1 && open > 1 {
				n++
			}
		}
	}
	return n
}

// dated reports whether the last parts of an address are a date or a page's number: of an archive, not of a post.
func dated(segs []string) bool {
	for _, s := range segs {
		if _, ok := digits(s, 1, 4); !ok && s != "page" || len(s) == 3 {
			return false
		}
	}
	return true
}

// playVerbs follow an actor's name.
var playVerbs = wordSet("plays stars portrays co-stars spielt joue interprète incarne interpreta encarna speelt spelar spiller gra")

// players counts sentences that say who plays: "Gene Hackman plays Harry Caul", "Jacob (Steven Yeun)".
func (f *finder) players() int {
	n := 0
	text := f.body[:min(len(f.body), 20000)]
	for i := 0; i < len(text) && n < 4; {
		j := strings.IndexByte(text[i:], ' ')
		if j < 0 {
			break
		}
		w := strings.TrimRight(text[i:i+j], ",.;:")
		switch {
		case len(w) > 2 && playVerbs[w]:
			if name, ok := nameBefore(text[max(0, i-60):i]); ok && strings.Contains(name, " ") {
				n++
			}
		case len(w) > 2 && w[0] == '(' && startsUpper(w) && i > 1 && !isCapitals(text[strings.LastIndexByte(text[:i-1], ' ')+1:i-1]):
			rest := text[i+1 : min(len(text), i+60)]
			if name, end := nameAfter(rest); strings.Contains(name, " ") && strings.HasPrefix(rest[end:], ")") {
				n++
			}
		}
		i += j + 1
	}
	return n
}

// gradeKey counts the different grades that begin lines: a page that says what each grade means has them all.
func (f *finder) gradeKey() int {
	seen := map[int]bool{}
	for _, p := range f.rev.Paragraphs {
		stars := 0
		for _, r := range p {
			if full, half, _ := starRune(r); full || half {
				stars++
				continue
			}
			break
		}
		if stars > 0 && len(p) > 3*stars+8 {
			seen[stars] = true
		}
	}
	return len(seen)
}

// teasers counts long paragraphs that break off: "… […]", "… […] Continue reading →".
func (f *finder) teasers() int {
	n := 0
	for _, p := range f.rev.Paragraphs {
		end := p[max(0, len(p)-40):]
		if len(p) > 80 && (strings.Contains(end, "[…]") || strings.Contains(end, "[...]") || strings.HasSuffix(p, "…") || strings.HasSuffix(p, "...")) {
			n++
		}
	}
	if 3*n < len(f.rev.Paragraphs) {
		return 0
	}
	return n
}

// filmLeads counts paragraphs that begin with a film and who made it, or when: "Vitalina Varela (Pedro Costa) is …".
func (f *finder) filmLeads() int {
	n := 0
	for _, p := range f.rev.Paragraphs {
		i := strings.IndexByte(p[:min(len(p), 80)], '(')
		if i < 3 || p[i-1] != ' ' || !startsUpper(p) {
			continue
		}
		j := strings.IndexByte(p[i:], ')')
		if j < 0 || j > 60 || capitals(p[:i-1]) != trimTitle(p[:i-1]) {
			continue
		}
		inside := p[i+1 : i+j]
		if name, end := nameAfter(inside); filmYear(inside) > 0 || strings.Contains(name, " ") && end == len(inside) {
			n++
		}
	}
	if 5*n < 2*len(f.rev.Paragraphs) {
		return 0
	}
	return n
}

// siteOfFilms reports whether the site's name says that it is about films.
func (f *finder) siteOfFilms() bool {
	host := ""
	if u, err := url.Parse(f.doc.URL); err == nil {
		host = strings.ToLower(u.Hostname())
	}
	for _, w := range [...]string{"film", "movie", "cinem", "kino", "flick", "celluloid", "matinee", "multiplex"} {
		if strings.Contains(host, w) {
			return true
		}
	}
	name := f.site
	if name == "" {
		name = f.doc.Title
		if t := cutSite(name, ""); len(t) < len(name) {
			name = name[len(t):]
		} else {
			return false
		}
	}
	for w := range strings.FieldsFuncSeq(strings.ToLower(name), notWord) {
		switch w {
		case "film", "films", "movie", "movies", "cinema", "cinéma", "cine", "kino", "screen", "reel", "reels", "flicks", "celluloid", "matinee", "picture", "pictures", "filme", "screening", "multiplex", "cinephile", "cinematic":
			return true
		}
	}
	return false
}
