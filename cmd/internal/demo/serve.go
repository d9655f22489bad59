package demo

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"time"
)

// firstPort is where the sites are served when nobody else listens there, so that a bookmark to one holds until tomorrow.
const firstPort = 47101

// Server serves one site on loopback.
type Server struct {
	*Site
	Base string // "http://127.0.0.1:47101"
	srv  *http.Server
}

// Serve serves the sites, each at an address of its own on 127.0.0.1, until they are closed. The ports are the same every time, unless
// one is taken: then the system chooses.
func Serve(sites []*Site) ([]*Server, error) {
	var all []*Server
	for i, s := range sites {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", firstPort+i))
		if err != nil {
			l, err = net.Listen("tcp", "127.0.0.1:0")
		}
		if err != nil {
			Close(all)
			return nil, fmt.Errorf("serve %s on this machine: %w", s.Name, err)
		}
		base := "http://" + l.Addr().String()
		srv := &http.Server{Handler: s.Handler(base), ReadHeaderTimeout: 10 * time.Second}
		go srv.Serve(l) // ends with Close
		all = append(all, &Server{Site: s, Base: base, srv: srv})
	}
	return all, nil
}

// Start is the address to begin at.
func (s *Server) Start() string { return s.Base + cmp.Or(s.Get("Start"), "/") }

// Close ends the servers.
func Close(all []*Server) {
	for _, s := range all {
		s.srv.Close()
	}
}
