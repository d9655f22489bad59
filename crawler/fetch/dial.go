package fetch

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"cinecrawl/crawler"
)

// maxHeader bounds a response header. The 100 headers of an ordinary answer have some 4 KB.
const maxHeader = 256 << 10

func newTransport(cfg Config, control func(network, address string, _ syscall.RawConn) error) *http.Transport {
	d := &net.Dialer{Timeout: cfg.ConnectTimeout, Control: control}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if cfg.Rewrite != nil {
				addr = cfg.Rewrite(addr)
			}
			return d.DialContext(ctx, network, addr)
		},
		TLSClientConfig:        &tls.Config{RootCAs: cfg.RootCAs},
		TLSHandshakeTimeout:    cfg.TLSTimeout,
		ResponseHeaderTimeout:  cfg.HeaderTimeout,
		MaxResponseHeaderBytes: maxHeader,
		ForceAttemptHTTP2:      true,
		// A connection that died in silence must not hang every request after.
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
		DisableCompression:  true, // decoded by decode.go, which bounds it
		MaxIdleConns:        1024,
		MaxIdleConnsPerHost: 1, // a host is never asked twice at once
		IdleConnTimeout:     90 * time.Second,
	}
}

// refusePrivate is called by the dialer with the address that it is about to connect to, after DNS: a name that changes its address
// between a check and its use gains nothing.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !public(ap.Addr()) {
		return fmt.Errorf("%w: %s", crawler.ErrForbiddenAddress, address)
	}
	return nil
}

// special are the parts of the public address space that are not public: the IANA special-purpose registries (RFC 6890), and
// what cloud providers answer their metadata at.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),     // shared address space (RFC 6598), metadata of one provider
	netip.MustParsePrefix("168.63.129.16/32"),  // metadata of another
	netip.MustParsePrefix("192.0.0.0/24"),      // IETF protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),      // documentation (RFC 5737)
	netip.MustParsePrefix("192.88.99.0/24"),    // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),     // benchmarks (RFC 2544)
	netip.MustParsePrefix("198.51.100.0/24"),   // documentation
	netip.MustParsePrefix("203.0.113.0/24"),    // documentation
	netip.MustParsePrefix("240.0.0.0/4"),       // reserved, broadcast
	netip.MustParsePrefix("2001::/23"),         // IETF protocol assignments, Teredo among them
	netip.MustParsePrefix("2001:db8::/32"),     // documentation (RFC 3849)
	netip.MustParsePrefix("2002::/16"),         // 6to4: an IPv4 address in disguise
	netip.MustParsePrefix("3fff::/20"),         // documentation (RFC 9637)
	netip.MustParsePrefix("2620:4f:8000::/48"), // AS112
}

var (
	// unicast6 is all of IPv6 that is given out for public use (RFC 4291 section 2.4).
	unicast6 = netip.MustParsePrefix("2000::/3")
	// nat64 leads to the IPv4 address in its last four bytes: where there is no IPv4, most of the web (RFC 6052 section 2.1).
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
)

// public says whether an address is one of the open internet.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	switch {
	case !a.IsValid(), a.IsLoopback(), a.IsPrivate(), a.IsLinkLocalUnicast(), a.IsMulticast(), a.IsUnspecified():
		return false
	case a.Is6() && !unicast6.Contains(a):
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
