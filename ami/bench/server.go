package bench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// ahead is by how many blocks at most the server is before the consumer, for every
// contender alike: Asterisk cuts off a client that does not read, and a client may
// cut itself off whose consumer does not keep up.
const ahead = 4

// server plays the manager to one client.
type server struct {
	address string
	start   chan struct{} // closed when the client is logged in
	taken   chan struct{} // one for each block that the consumer is through with
}

// serve lets a client log in, and sends it block, repeated, after start.
func serve(t testing.TB, block string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{l.Addr().String(), make(chan struct{}), make(chan struct{}, ahead)}
	for range ahead {
		s.taken <- struct{}{}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer l.Close()
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if err := s.session(conn, []byte(block)); err != nil {
			t.Logf("server: %v", err)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return s
}

func (s *server) session(conn net.Conn, block []byte) error {
	fmt.Fprint(conn, "Asterisk Call Manager/11.0.0\r\n")
	r := bufio.NewReader(conn)
	var id string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if line == "\r\n" {
			break
		}
		if v, ok := strings.CutPrefix(line, "ActionID: "); ok {
			id = "ActionID: " + v
		}
	}
	fmt.Fprintf(conn, "Response: Success\r\n%sMessage: Authentication accepted\r\n\r\n", id)
	gone := make(chan struct{})
	go func() {
		io.Copy(io.Discard, r)
		close(gone)
	}()
	select {
	case <-s.start:
	case <-gone:
		return nil
	}
	for {
		select {
		case <-s.taken:
		case <-gone:
			return nil
		case <-time.After(10 * time.Second):
			return fmt.Errorf("the client is stuck, or lost frames")
		}
		if _, err := conn.Write(block); err != nil {
			return nil // it has what it wants
		}
	}
}
