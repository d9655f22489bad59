package crawler

// Outcomes gives the tests of package crawler_test what became of every task, by URL.
func (m *memory) Outcomes() map[string]string { return m.outcomes() }

// NewMemory gives them the frontier in memory.
var NewMemory = newMemory
