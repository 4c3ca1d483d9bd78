package ami

import (
	"iter"
	"strings"
)

// Message is one frame from Asterisk: a response or an event. It is read-only
// and safe to share.
//
// Keys are compared without regard to case, the first of several equal keys
// wins, and keys may repeat (Variable, ChanVariable, Output).
type Message struct {
	text   string // the lines, each ended by \n
	fields []field
}

// field marks a key and a value in Message.text. A field without a key
// (keyStart == keyEnd) is a raw line; in the reply to Command it is output.
type field struct {
	keyStart, keyEnd, valStart, valEnd int32
}

// newMessage copies fields. The usual frame and its table of fields are one
// allocation.
func newMessage(text string, fields []field) *Message {
	switch n := len(fields); {
	case n <= 8:
		b := new(struct {
			m Message
			f [8]field
		})
		b.m = Message{text, b.f[:copy(b.f[:], fields)]}
		return &b.m
	case n <= 20:
		b := new(struct {
			m Message
			f [20]field
		})
		b.m = Message{text, b.f[:copy(b.f[:], fields)]}
		return &b.m
	case n <= 32:
		b := new(struct {
			m Message
			f [32]field
		})
		b.m = Message{text, b.f[:copy(b.f[:], fields)]}
		return &b.m
	case n <= 48:
		b := new(struct {
			m Message
			f [48]field
		})
		b.m = Message{text, b.f[:copy(b.f[:], fields)]}
		return &b.m
	}
	return &Message{text, append([]field(nil), fields...)}
}

func (m *Message) key(f field) string   { return m.text[f.keyStart:f.keyEnd] }
func (m *Message) value(f field) string { return m.text[f.valStart:f.valEnd] }

// Lookup returns the first value of key and whether the key is there.
func (m *Message) Lookup(key string) (string, bool) {
	for _, f := range m.fields {
		if int(f.keyEnd-f.keyStart) == len(key) && strings.EqualFold(m.key(f), key) {
			return m.value(f), true
		}
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
			if len(k) == len(key) && strings.EqualFold(k, key) && !yield(v) {
				return
			}
		}
	}
}

// Fields returns every key and value, in order. A raw line has the key "".
func (m *Message) Fields() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, f := range m.fields {
			if !yield(m.key(f), m.value(f)) {
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
			if (k == "" || strings.EqualFold(k, "Output")) && !yield(v) {
				return
			}
		}
	}
}

// String is the frame as it was on the wire, with bare newlines and without the
// empty line that ended it.
func (m *Message) String() string { return m.text }
