package ami

import (
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	"unsafe"
)

// Message is one frame from Asterisk: a response or an event. It is read-only
// and safe to share.
//
// Keys are compared without regard to case, the first of several equal keys
// wins, and keys may repeat (Variable, ChanVariable, Output).
//
// A message, and each string that it returned, keeps its own frame in memory and
// no other.
type Message struct {
	text   string // the lines, each with its line end
	fields []field
}

// newMessage copies fields. The usual message and its table of fields
// are one allocation.
func newMessage(text string, fields []field) *Message {
	switch n := len(fields); {
	case n <= 8:
		b := new(struct {
			m Message
			f [8]field
		})
		return b.m.set(text, b.f[:], fields)
	case n <= 14:
		b := new(struct {
			m Message
			f [14]field
		})
		return b.m.set(text, b.f[:], fields)
	case n <= 20:
		b := new(struct {
			m Message
			f [20]field
		})
		return b.m.set(text, b.f[:], fields)
	case n <= 32:
		b := new(struct {
			m Message
			f [32]field
		})
		return b.m.set(text, b.f[:], fields)
	case n <= 48:
		b := new(struct {
			m Message
			f [48]field
		})
		return b.m.set(text, b.f[:], fields)
	default:
		return new(Message).set(text, make([]field, n), fields)
	}
}

func (m *Message) set(text string, room, fields []field) *Message {
	*m = Message{text, room[:copy(room, fields)]}
	return m
}

// ParseMessage returns the one frame in s, which the message then keeps: its
// lines, each with its line end, and the empty line behind them if it is there.
// Empty lines around the frame are skipped. It returns io.ErrUnexpectedEOF if
// there is no frame, or not the whole of one, ErrFrameTooLarge as a Reader does,
// and another error if more than one frame is there.
func ParseMessage(s string) (*Message, error) {
	var x index
	var most [64]field
	fields := most[:0]
	b := unsafe.Slice(unsafe.StringData(s), len(s)) // scan only reads
	if len(b) > maxBuffer {
		return nil, ErrFrameTooLarge
	}
	for {
		var what found
		var textEnd int
		fields, what, textEnd = x.scan(b, fields)
		switch {
		case what == foundTooLarge:
			return nil, ErrFrameTooLarge
		case what == foundNothing:
			s, b = s[x.next:], b[x.next:]
			x = index{}
			continue
		case what == foundPart && (x.raw || len(fields) == 0 || x.next < len(s)):
			return nil, io.ErrUnexpectedEOF
		case what == foundPart:
			textEnd = len(s)
		case strings.Trim(s[x.next:], "\r\n") != "":
			return nil, errors.New("ami: more than one frame")
		}
		return newMessage(s[:textEnd], fields), nil
	}
}

// Lookup returns the first value of key and whether the key is there.
func (m *Message) Lookup(key string) (string, bool) {
	if key == "" {
		for v := range m.All("") {
			return v, true
		}
		return "", false
	}
	for i := range m.fields {
		start, end := int(m.fields[i].start), int(m.fields[i].end)
		colon := start + len(key) // below 0 in raw output
		if uint(colon) >= uint(end) || m.text[colon] != ':' || !sameKey(m.text[start:colon], key) {
			continue
		}
		if strings.IndexByte(key, ':') >= 0 {
			break // no key holds one
		}
		return afterColon(m.text[colon+1 : end]), true
	}
	return "", false
}

// Get returns the first value of key, or "" if it is not there.
func (m *Message) Get(key string) string {
	v, _ := m.Lookup(key)
	return v
}

// Int returns the first value of key as a number, or 0 if it is none.
func (m *Message) Int(key string) int {
	n, err := strconv.Atoi(m.Get(key))
	if err != nil {
		return 0 // Atoi gives the nearest number for what is out of range
	}
	return n
}

// All returns every value of key, in order.
func (m *Message) All(key string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for k, v := range m.Fields() {
			if sameKey(k, key) && !yield(v) {
				return
			}
		}
	}
}

// Fields returns every key and value, in order. A raw line has the key "".
func (m *Message) Fields() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, f := range m.fields {
			if !yield(f.split(m.text)) {
				return
			}
		}
	}
}

// Len is the number of fields.
func (m *Message) Len() int { return len(m.fields) }

// Event is the event's name, or "" for a response. A frame with both Event and
// Response (OriginateResponse) is an event.
func (m *Message) Event() string { return m.Get("Event") }

// Response is Success, Error, Follows, Goodbye … or "" for an event.
func (m *Message) Response() string {
	if m.Event() != "" {
		return ""
	}
	return m.Get("Response")
}

// ActionID is the id of the request this frame belongs to, or "".
func (m *Message) ActionID() string { return m.Get("ActionID") }

// Output returns the lines that a Command printed, for old servers (raw lines
// up to --END COMMAND--) and new ones (repeated Output:) alike.
func (m *Message) Output() iter.Seq[string] {
	return func(yield func(string) bool) {
		for k, v := range m.Fields() {
			if (k == "" || sameKey(k, "Output")) && !yield(v) {
				return
			}
		}
	}
}

// String is the frame as it was on the wire, with bare newlines and without the
// empty line that ended it.
func (m *Message) String() string {
	if strings.IndexByte(m.text, '\r') < 0 {
		return m.text
	}
	var b strings.Builder
	b.Grow(len(m.text))
	for line := range strings.Lines(m.text) {
		b.WriteString(strings.TrimRight(line, "\r\n"))
		b.WriteByte('\n')
	}
	return b.String()
}
