package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// notes is a handler that keeps what it is told, and when.
type notes struct {
	slog.Handler // for what its options say
	begin        time.Time
	told         *[]string
}

func (n notes) Handle(_ context.Context, r slog.Record) error {
	*n.told = append(*n.told, fmt.Sprint(r.Message, " ", r.Time.Sub(n.begin)))
	return nil
}

func (n notes) WithAttrs([]slog.Attr) slog.Handler { return n }

// What River tells of itself is for those who read everything; a trouble is told at once, and then once a minute.
func TestRiversLog(t *testing.T) {
	const info, warn, trouble = slog.LevelInfo, slog.LevelWarn, slog.LevelError
	for _, tt := range []struct {
		name  string
		level slog.Level // from which on is read
		want  string
	}{
		{"usual", slog.LevelInfo, "away 0s, other 1s, away 1m0s"},
		{"everything", slog.LevelDebug, "count 0s, away 0s, away 1s, other 1s, count 5s, away 59s, away 1m0s, away 1m1s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var told []string
			begin := time.Now()
			h := newSeldom(notes{slog.NewTextHandler(nil, &slog.HandlerOptions{Level: tt.level}), begin, &told})
			for i, s := range []struct {
				level slog.Level
				text  string
				at    time.Duration // in seconds
			}{{info, "count", 0}, {trouble, "away", 0}, {trouble, "away", 1}, {warn, "other", 1}, {info, "count", 5}, {trouble, "away", 59},
				{trouble, "away", 60}, {trouble, "away", 61}} {
				own := h
				if i%2 == 1 { // the parts of River have loggers of their own
					own = own.WithAttrs([]slog.Attr{slog.Int("part", i)})
				}
				if !own.Enabled(t.Context(), s.level) {
					continue
				}
				if err := own.Handle(t.Context(), slog.NewRecord(begin.Add(s.at*time.Second), s.level, s.text, 0)); err != nil {
					t.Fatal(err)
				}
			}
			if got := strings.Join(told, ", "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
