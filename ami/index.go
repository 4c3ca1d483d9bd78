package ami

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"strings"
)

// field is where a line of Message.text stands, without its line end. Where its
// colon is shows when a key is looked for: finding all of them first would cost
// as much again as finding the lines.
type field struct {
	start int32 // with output in its sign bit
	end   int32
}

// output marks a line of Command's raw output, which has no key even if it looks
// like it.
const output = math.MinInt32

// split returns the key and the value of f, which is of text. A raw line has the
// key "".
func (f field) split(text string) (key, value string) {
	line := text[f.start&^output : f.end]
	colon := strings.IndexByte(line, ':')
	if colon <= 0 || f.start < 0 {
		return "", line
	}
	return line[:colon], afterColon(line[colon+1:])
}

// afterColon takes away the one space that may follow a colon.
func afterColon(s string) string {
	if s != "" && s[0] == ' ' {
		return s[1:]
	}
	return s
}

// index is how far a frame is known. It can stop within the frame and go on when
// there is more of it.
type index struct {
	next  int // where the first line that was not seen whole begins
	seen  int // how far that line was seen
	spare int // bytes before next that MaxFrameBytes does not count

	raw       bool // within the raw output of Command
	privilege bool // after its Privilege header
}

// found is what scan came upon.
type found int

const (
	foundPart     found = iota // the frame does not end in b
	foundFrame                 // the frame ends where the empty line before next begins
	foundNothing               // the empty line before next ends no frame: begin anew there
	foundTooLarge              // the line before next is one too many
)

const endCommand = "--END COMMAND--"

// scan goes on in b, which begins where the frame does, and appends to the
// frame's fields. textEnd is where the last line of a found frame ends.
func (x *index) scan(b []byte, fields []field) (_ []field, what found, textEnd int) {
	next, seen := x.next, x.seen
	for {
		start := next
		if seen = indexLF(b, seen); seen == len(b) {
			x.next, x.seen = next, seen
			return fields, foundPart, 0
		}
		end := seen
		for end > start && b[end-1] == '\r' {
			end--
		}
		x.spare += seen - end
		seen++
		next = seen
		if start == end && !x.raw {
			x.next = next
			if len(fields) == 0 {
				return fields, foundNothing, 0
			}
			return fields, foundFrame, start
		}
		line := b[start:end]
		if next-x.spare > MaxFrameBytes || len(fields) == MaxFrameFields {
			x.next, x.raw = next, x.raw && !bytes.HasSuffix(line, []byte(endCommand))
			return fields, foundTooLarge, 0
		}
		f := field{int32(start), int32(end)}
		if x.raw {
			if !x.output(line, &f, len(fields)) {
				continue
			}
		} else if len(fields) == 0 {
			x.raw = string(line) == "Response: Follows"
		}
		fields = append(fields, f)
	}
}

// output makes f, the nth field, of a line in the raw output of Command, or of
// one of the two headers that may precede it. It reports whether it is a field.
func (x *index) output(line []byte, f *field, n int) bool {
	switch {
	case bytes.HasSuffix(line, []byte(endCommand)):
		// Output without a final newline stands on the marker's line.
		x.raw = false
		f.end -= int32(len(endCommand))
		ok := f.start < f.end
		f.start |= output
		return ok
	case n == 1 && bytes.HasPrefix(line, []byte("Privilege: ")):
		x.privilege = true
	case (n == 1 || n == 2 && x.privilege) && bytes.HasPrefix(line, []byte("ActionID: ")):
		// Whatever follows these two is output, even if it looks like a header.
	default:
		f.start |= output
	}
	return true
}

// sameKey compares as Asterisk does: without regard to the case of ASCII letters.
func sameKey(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x^y != 'a'-'A' || x|0x20 < 'a' || x|0x20 > 'z' {
			return false
		}
	}
	return true
}

// indexLF is the first LF in b at i or later, or len(b). Most lines are so short
// that calling bytes.IndexByte costs more than looking at eight bytes at a time.
func indexLF(b []byte, i int) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	for near := i + 64; i+8 <= len(b) && i < near; i += 8 {
		w := binary.LittleEndian.Uint64(b[i:]) ^ '\n'*ones
		// The lowest byte that this marks was an LF.
		if z := (w - ones) &^ w & highs; z != 0 {
			return i + bits.TrailingZeros64(z)/8
		}
	}
	if n := bytes.IndexByte(b[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(b)
}
