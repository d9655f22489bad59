package crawltest

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const films = `
-- / --
<a href="http://{{host}}/heat/?page=2">Heat</a>
-- /heat/?page=2 --
HTTP 503 503 200
Retry-After: 2
ETag: "1"

<h1>Heat</h1>
-- /old --
HTTP 301
Location: http://{{host}}/heat/
-- /map.xml.gz --
<urlset/>
-- /map.xml --
<urlset/>
-- /zipped --
HTTP 200
Content-Encoding: gzip

hello
-- /cut --
HTTP cut 200

0123456789
-- /drop --
HTTP drop
-- /hang --
HTTP hang
-- /dated --
HTTP 200
Last-Modified: Tue, 02 Jan 2024 03:04:05 GMT

hello
-- http://www.films.example/ --
<p>www
`

// ask is what a client sees, over the network or without it.
func ask(t *testing.T, c *http.Client, url string, header ...string) (status int, body string, h http.Header, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := c.Do(r)
	if err != nil {
		return 0, "", nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), res.Header, err
}

func TestWeb(t *testing.T) {
	for _, way := range []string{"network", "round tripper"} {
		t.Run(way, func(t *testing.T) {
			w, url := Start(t, films)
			c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
				Transport: &http.Transport{DisableCompression: true}}
			if way == "round tripper" {
				c.Transport = w
			}
			host := strings.TrimPrefix(url, "http://")

			status, body, h, err := ask(t, c, url+"/")
			if status != 200 || body != `<a href="`+url+`/heat/?page=2">Heat</a>`+"\n" || h.Get("Content-Type") != "text/html; charset=utf-8" || err != nil {
				t.Errorf("front page: %d %q %v %v", status, body, h, err)
			}
			for i, want := range []int{503, 503, 200, 200} {
				status, body, h, _ := ask(t, c, url+"/heat/?page=2")
				if status != want || (body == "<h1>Heat</h1>\n") != (want == 200) || h.Get("Retry-After") != "2" {
					t.Errorf("request %d: %d %q %v", i, status, body, h)
				}
			}
			if status, body, _, _ := ask(t, c, url+"/heat/?page=2", "If-None-Match", `"1"`); status != 304 || body != "" {
				t.Errorf("conditional: %d %q", status, body)
			}
			if status, _, _, _ := ask(t, c, url+"/dated", "If-Modified-Since", "Tue, 02 Jan 2024 03:04:05 GMT"); status != 304 {
				t.Errorf("conditional by date: %d", status)
			}
			if status, _, h, _ := ask(t, c, url+"/old"); status != 301 || h.Get("Location") != url+"/heat/" {
				t.Errorf("redirect: %d %v", status, h)
			}
			for _, p := range []string{"/map.xml.gz", "/zipped"} {
				_, body, _, _ := ask(t, c, url+p)
				if _, err := gzip.NewReader(strings.NewReader(body)); err != nil {
					t.Errorf("%s: %v", p, err)
				}
			}
			if _, body, h, _ := ask(t, c, url+"/map.xml"); body != "<urlset/>\n" || h.Get("Content-Type") != "application/xml; charset=utf-8" {
				t.Errorf("sitemap: %q %v", body, h)
			}
			if _, body, _, err := ask(t, c, url+"/cut"); body != "01234" || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("cut: %q %v", body, err)
			}
			if status, body, _, err := ask(t, c, url+"/cut"); status != 200 || body != "0123456789\n" || err != nil {
				t.Errorf("not cut: %q %v", body, err)
			}
			if _, _, _, err := ask(t, c, url+"/drop"); !errors.Is(err, io.EOF) {
				t.Errorf("drop: %v", err)
			}
			if status, _, _, _ := ask(t, c, url+"/none"); status != 404 {
				t.Errorf("not there: %d", status)
			}
			if log := w.Log(); log[0].Status != 200 || log[1].Status != 503 || log[0].Host != host || log[0].Time.IsZero() {
				t.Errorf("log: %+v", log[:2])
			}
			if diff := cmp.Diff([]string{"/", "/heat/?page=2"}, w.Paths(host)[:2]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHosts(t *testing.T) {
	w, err := Parse([]byte(films))
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Transport: w}
	if _, body, _, _ := ask(t, c, "http://www.films.example/"); body != "<p>www\n" {
		t.Errorf("%q", body)
	}
	if _, body, _, _ := ask(t, c, "http://films.example/"); !strings.Contains(body, "http://films.example/heat/") {
		t.Errorf("%q", body)
	}
	if diff := cmp.Diff([]string{"/"}, w.Paths("films.example")); diff != "" {
		t.Error(diff)
	}
}

func TestHangAndGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := Parse([]byte(films))
		if err != nil {
			t.Fatal(err)
		}
		c := &http.Client{Transport: w, Timeout: time.Minute}
		if _, ok := w.Gap("films.example"); ok {
			t.Error("a gap before two requests")
		}
		ask(t, c, "http://films.example/")
		time.Sleep(3 * time.Second)
		if _, _, _, err := ask(t, c, "http://films.example/hang"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		ask(t, c, "http://films.example/")
		if gap, ok := w.Gap("films.example"); gap != 3*time.Second || !ok {
			t.Error(gap, ok)
		}
	})
}

func TestParseErrors(t *testing.T) {
	for archive, want := range map[string]string{
		"-- x --\n":                         "x: want a path that begins with /, or a URL",
		"-- /x --\n-- /x --\n":              "/x: is there twice",
		"-- /x --\nHTTP \n":                 "/x: no status after HTTP",
		"-- /x --\nHTTP 200 twice\n":        `/x: status "twice": want a number, cut, drop or hang`,
		"-- /x --\nHTTP 200\nRetry after\n": `/x: header line "Retry after": want Name: value`,
	} {
		if _, err := Parse([]byte(archive)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", archive, err, want)
		}
	}
}
