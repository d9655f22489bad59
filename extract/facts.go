package extract

// facts fills everything of a review but its text: headline, film, author, dates, rating, spoilers, language, image, tags.
// rev has URL, Paragraphs, Words, Blocks and Extractor set; rules are tried in order (layout, theme, learned).
func facts(rev *Review, doc *Document, rules []sourced, in Input) {}
