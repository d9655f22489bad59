package extract

// A sieve says of most words that a map does not hold them, at a fraction of the price of asking the map (a Bloom filter of one hash,
// Bloom 1970, over the length and three letters of a word).
type sieve [64]uint64

// sieveOf makes the sieve of a map's keys.
func sieveOf[V any](m map[string]V) *sieve {
	s := new(sieve)
	for k := range m {
		h := sift(k)
		s[h>>6] |= 1 << (h & 63)
	}
	return s
}

// mayHold says whether the map may hold the word.
func mayHold[T string | []byte](s *sieve, word T) bool {
	h := sift(word)
	return s[h>>6]&(1<<(h&63)) != 0
}

func sift[T string | []byte](word T) uint32 {
	n := len(word)
	if n == 0 {
		return 0
	}
	return (uint32(n) + uint32(word[0])*31 + uint32(word[n-1])*1021 + uint32(word[n/2])*65521) * 2654435761 >> 20
}
