package control

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener of connections without a network, so that their time can
// be the test's.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error { close(p); return nil }
func (pipes) Addr() net.Addr { return &net.UnixAddr{} }

// within runs a client against a handler behind patient.
func within(t *testing.T, h http.HandlerFunc, client func(net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		p := make(pipes)
		s := newHTTP(patient(h))
		go s.Serve(p)
		ours, theirs := net.Pipe()
		p <- theirs
		client(ours)
		ours.Close()
		s.Close()
		synctest.Wait()
	})
}

func TestPatientWithReadersWhoStop(t *testing.T) {
	within(t, func(w http.ResponseWriter, _ *http.Request) {
		begun := time.Now()
		var err error
		for err == nil {
			_, err = w.Write(make([]byte, 4096))
		}
		if took := time.Since(begun); !errors.Is(err, os.ErrDeadlineExceeded) || took != patience {
			t.Errorf("%v after %v", err, took)
		}
	}, func(c net.Conn) {
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		io.ReadFull(c, make([]byte, 100))
		time.Sleep(2 * patience)
	})
}

// A client that is slow and goes on gets all of a long answer.
func TestPatientWithSlowReaders(t *testing.T) {
	const size = 40 * 4096
	within(t, func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write(make([]byte, size/2)); err != nil {
			t.Error(err)
		}
		for range size / 2 / 4096 {
			if _, err := w.Write(make([]byte, 4096)); err != nil {
				t.Error(err)
				return
			}
		}
	}, func(c net.Conn) {
		io.WriteString(c, "GET / HTTP/1.0\r\n\r\n")
		n := 0
		for b := make([]byte, 4096); ; time.Sleep(patience / 3) {
			got, err := c.Read(b)
			if n += got; err != nil {
				break
			}
		}
		if n < size {
			t.Errorf("%d bytes of %d", n, size)
		}
	})
}

func TestPatientWithBodiesThatStop(t *testing.T) {
	for _, read := range []bool{true, false} { // by the handler
		begun := time.Time{}
		within(t, func(_ http.ResponseWriter, r *http.Request) {
			begun = time.Now()
			if !read {
				return
			}
			if _, err := io.ReadAll(r.Body); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%v", err)
			}
		}, func(c net.Conn) {
			io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nso far")
			io.Copy(io.Discard, c)
			if took := time.Since(begun); took != patience {
				t.Errorf("read %v: after %v", read, took)
			}
		})
	}
}

// A stream is no client that stands still, however little comes on it, whether
// its request had a body or none.
func TestPatientWithStreams(t *testing.T) {
	for _, request := range []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"} {
		within(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			r.Body.Read(make([]byte, 1)) // once more, as some decoders do
			for i := range 100 {
				fmt.Fprintln(w, "event", i)
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
				time.Sleep(15 * time.Second)
				if i%10 == 9 {
					time.Sleep(10 * patience)
				}
				if r.Context().Err() != nil {
					t.Errorf("after event %d: %v", i, r.Context().Err())
					return
				}
			}
		}, func(c net.Conn) {
			io.WriteString(c, request)
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(resp.Body)
			if n := strings.Count(string(b), "\n"); n != 100 || err != nil {
				t.Errorf("%d events, %v", n, err)
			}
		})
	}
}
