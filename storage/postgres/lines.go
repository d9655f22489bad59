package postgres

import (
	"context"
	"net"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// lines are the connections to the server, to be cut at once: a statement that waits for an answer which does not come is ended by no
// context, see tables.Store, and pgx says good-bye to a silent server for 5 seconds a connection.
type lines struct {
	mu   sync.Mutex
	open map[*line]bool
	over bool
}

type line struct {
	net.Conn
	of *lines
}

// through makes dial remember what it opens.
func (l *lines) through(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.over {
			c.Close()
			return nil, net.ErrClosed
		}
		if l.open == nil {
			l.open = map[*line]bool{}
		}
		one := &line{c, l}
		l.open[one] = true
		return one, nil
	}
}

func (c *line) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// cut closes every connection, and those that are opened later.
func (l *lines) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for c := range l.open {
		c.Conn.Close()
	}
}
