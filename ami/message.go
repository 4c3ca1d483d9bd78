package ami

import (
	"errors"
	"io"
	"iter"
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
	text  string   // the lines, each with its line end
	lines []uint16 // their lengths
}

// newMessage copies lines. The usual message and its table of lines are one
// allocation.
func newMessage(text string, lines []uint16) *Message {
	switch n := len(lines); {
	case n <= 12:
		b := new(struct {
			m Message
			t [12]uint16
		})
		return b.m.set(text, b.t[:], lines)
	case n <= 28:
		b := new(struct {
			m Message
			t [28]uint16
		})
		return b.m.set(text, b.t[:], lines)
	case n <= 60:
		b := new(struct {
			m Message
			t [60]uint16
		})
		return b.m.set(text, b.t[:], lines)
	default:
		return new(Message).set(text, make([]uint16, n), lines)
	}
}

func (m *Message) set(text string, room, lines []uint16) *Message {
	*m = Message{text, room[:copy(room, lines)]}
	return m
}

// ParseMessage returns the one frame in s, which the message then keeps: its
// lines, each with its line end, and the empty line behind them if it is there.
// Empty lines around the frame are skipped. It returns io.ErrUnexpectedEOF if
// there is no frame, or not the whole of one, ErrFrameTooLarge as a Reader does,
// and another error if more than one frame is there.
func ParseMessage(s string) (*Message, error) {
	var x index
	var most [64]uint16
	lines := most[:0]
	b := unsafe.Slice(unsafe.StringData(s), len(s)) // scan only reads
	if len(b) > maxBuffer {
		return nil, ErrFrameTooLarge
	}
	for {
		var what found
		var textEnd int
		lines, what, textEnd = x.scan(b, lines)
		switch {
		case what == foundTooLarge:
			return nil, ErrFrameTooLarge
		case what == foundNothing:
			s, b = s[x.next:], b[x.next:]
			x = index{}
			continue
		case what == foundPart && (x.raw || len(lines) == 0 || x.next < len(s)):
			return nil, io.ErrUnexpectedEOF
		case what == foundPart:
			textEnd = len(s)
		case strings.Trim(s[x.next:], "\r\n") != "":
			return nil, errors.New("ami: more than one frame")
		}
		return newMessage(s[:textEnd], lines), nil
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
	text, lines, start := m.text, m.lines, 0
	for i := 0; i < len(lines); i++ {
		length := lines[i]
		end := start + int(length&lineMax)
		for ; lines[i]&lineMax == lineMax; i++ {
			end += int(lines[i+1] & lineMax)
		}
		if colon := start + len(key); colon < end && text[colon] == ':' && length&lineOutput == 0 && sameKey(text[start:colon], key) {
			if strings.IndexByte(key, ':') >= 0 {
				break // no key holds one
			}
			return afterColon(trimLineEnd(text[colon+1 : end])), true
		}
		start = end
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
	n, _ := number(m.Get(key))
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
		for i, pos := 0, 0; i < len(m.lines); {
			var line string
			var output bool
			line, output, i, pos = lineAt(m.text, m.lines, i, pos)
			key, value := "", line
			if output {
				if rest, marked := strings.CutSuffix(line, endCommand); marked {
					if rest == "" {
						continue
					}
					value = rest
				}
			} else if colon := strings.IndexByte(line, ':'); colon > 0 {
				key, value = line[:colon], afterColon(line[colon+1:])
			}
			if !yield(key, value) {
				return
			}
		}
	}
}

// Len is the number of fields.
func (m *Message) Len() int {
	n := 0
	for range m.Fields() {
		n++
	}
	return n
}

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
		b.WriteString(trimLineEnd(line))
		b.WriteByte('\n')
	}
	return b.String()
}
