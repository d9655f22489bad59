package extract

// kind says what the page is, and why, strongest reason first.
func kind(rev *Review, doc *Document, in Input) (Kind, []string) { return KindReview, nil }
