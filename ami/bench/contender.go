// Package bench compares clients of the Asterisk Manager Interface on sessions
// captured from real servers. It is a module of its own, so that what is compared
// does not become a dependency of dialcamp.
package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"

	"github.com/dialcamp/dialcamp/ami"
)

// Fields is a frame as a client hands it to its consumer.
type Fields interface{ Get(key string) string }

// Contender is one client, used as its own documentation says.
type Contender struct {
	Name string
	// Parse makes a message of one frame in memory, the empty line at its end
	// included. It is nil if the client has no public entry for that.
	Parse func(frame string) (Fields, error)
	// Stream connects to the manager at address, logs in as Username with
	// Secret, calls ready, and hands every frame that follows, or every event, to
	// each until it returns false.
	Stream func(address string, ready func(), each func(Fields) bool) error
}

// What Stream logs in with.
const (
	Username = "bench"
	Secret   = "secret"
)

// Contenders are those that need no other module. To compare another client, write
// a Contender for it in a module of your own and hand it to SameEvents and to the
// benchmarks of this package together with these, so that all run alike.
func Contenders() []Contender {
	return []Contender{
		{"dialcamp", parse, func(address string, ready func(), each func(Fields) bool) error {
			return stream(address, ready, func(m *ami.Message) bool { return each(m) })
		}},
		{"dialcamp-typed", nil, func(address string, ready func(), each func(Fields) bool) error {
			return stream(address, ready, func(m *ami.Message) bool { return each(ami.ParseEvent(m).Raw()) })
		}},
		{"net-textproto", parseTextproto, streamTextproto},
	}
}

func parse(frame string) (Fields, error) { return ami.ParseMessage(frame) }

func stream(address string, ready func(), each func(*ami.Message) bool) error {
	c, err := ami.Connect(context.Background(), ami.Config{Address: address, Username: Username, Secret: Secret, PlainLogin: true})
	if err != nil {
		return err
	}
	defer c.Close()
	ready()
	for m := range c.Events() {
		if !each(m) {
			return nil
		}
	}
	return c.Err()
}

// parseTextproto: net/textproto reads from nothing but a bufio.Reader.
func parseTextproto(frame string) (Fields, error) {
	return textproto.NewReader(bufio.NewReader(strings.NewReader(frame))).ReadMIMEHeader()
}

// streamTextproto is what one writes around net/textproto, the login included.
func streamTextproto(address string, ready func(), each func(Fields) bool) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	r := textproto.NewReader(bufio.NewReader(conn))
	if _, err := r.ReadLine(); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "Action: Login\r\nUsername: %s\r\nSecret: %s\r\n\r\n", Username, Secret); err != nil {
		return err
	}
	if m, err := r.ReadMIMEHeader(); err != nil || m.Get("Response") != "Success" {
		return fmt.Errorf("login: %v, %v", m, err)
	}
	ready()
	for {
		m, err := r.ReadMIMEHeader()
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		if !each(m) {
			return nil
		}
	}
}
