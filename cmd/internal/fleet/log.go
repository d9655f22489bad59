package fleet

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// sayAgain is when a trouble of River is told again.
const sayAgain = time.Minute

// seldom is the log of River. What it tells of itself, such as a count of jobs every few seconds, is for those who read everything, and so
// is a trouble that was just told: each part of River tells every second or so that the database is away.
type seldom struct {
	slog.Handler
	told *told
}

type told struct {
	mu   sync.Mutex
	when map[string]time.Time // by message; River has a few dozen, which are constant
}

func newSeldom(to slog.Handler) slog.Handler {
	return seldom{to, &told{when: map[string]time.Time{}}}
}

// Enabled implements slog.Handler.
func (s seldom) Enabled(ctx context.Context, level slog.Level) bool {
	if level < slog.LevelWarn {
		level = slog.LevelDebug
	}
	return s.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (s seldom) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn || !s.told.first(r.Message, r.Time) {
		r.Level = slog.LevelDebug
		if !s.Handler.Enabled(ctx, r.Level) {
			return nil
		}
	}
	return s.Handler.Handle(ctx, r)
}

// first says whether a message was not told for a while; then it is told now.
func (t *told) first(message string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last, ok := t.when[message]; ok && now.Sub(last) < sayAgain {
		return false
	}
	t.when[message] = now
	return true
}

// WithAttrs implements slog.Handler.
func (s seldom) WithAttrs(attrs []slog.Attr) slog.Handler {
	return seldom{s.Handler.WithAttrs(attrs), s.told}
}

// WithGroup implements slog.Handler.
func (s seldom) WithGroup(name string) slog.Handler {
	return seldom{s.Handler.WithGroup(name), s.told}
}
