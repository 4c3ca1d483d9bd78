package ami

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// A table of lines holds the length of each line of a frame, its line end
// included, in the order of the text: two bytes for a line of 22 on average. Where
// the colon is shows when a key is looked for.
const (
	// lineMax says that the line is that long and goes on in the next entry.
	lineMax = 1<<15 - 1
	// lineOutput marks raw output of Command. It has no key even if it looks like
	// it; its end marker is no line unless output without a newline precedes it.
	lineOutput = 1 << 15
)

// lineAt returns the line of text that begins at pos and has its entry at i,
// without its line end, and where the next one has its own.
func lineAt(text string, lines []uint16, i, pos int) (line string, output bool, nextI, nextPos int) {
	output = lines[i]&lineOutput != 0
	end := pos + int(lines[i]&lineMax)
	for ; lines[i]&lineMax == lineMax; i++ {
		end += int(lines[i+1] & lineMax)
	}
	return trimLineEnd(text[pos:end]), output, i + 1, end
}

func trimLineEnd(s string) string {
	for s != "" && (s[len(s)-1] == '\n' || s[len(s)-1] == '\r') {
		s = s[:len(s)-1]
	}
	return s
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
	extra int // entries in the table of lines that MaxFrameFields does not count

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
// frame's table of lines. textEnd is where the last line of a found frame ends.
func (x *index) scan(b []byte, lines []uint16) (_ []uint16, what found, textEnd int) {
	next, ahead, spare := x.next, x.seen, x.spare
	room, n := lines[:min(cap(lines), MaxFrameFields)], len(lines)
	header := n > 0 && !x.raw
	var lfs uint64 // the line ends before ahead that were not passed
	for {
		for ; lfs == 0; ahead += stride {
			if ahead >= len(b) {
				x.next, x.seen, x.spare = next, len(b), spare
				return room[:n], foundPart, 0
			}
			lfs = findLFs(b[ahead:])
		}
		start, lf := next, ahead-stride+bits.TrailingZeros64(lfs)
		lfs &= lfs - 1
		end := lf
		for end > start && b[end-1] == '\r' {
			end--
		}
		spare += lf - end
		next = lf + 1
		if header && start < end && n < len(room) && next-start < lineMax && next <= MaxFrameBytes { // nearly every line
			room[n] = uint16(next - start)
			n++
			continue
		}
		lines, x.next = room[:n], next
		if start == end && !x.raw {
			if n == 0 {
				return lines, foundNothing, 0
			}
			return lines, foundFrame, start
		}
		line := b[start:end]
		if next-spare > MaxFrameBytes || n-x.extra == MaxFrameFields {
			x.raw = x.raw && !bytes.HasSuffix(line, []byte(endCommand))
			return lines, foundTooLarge, 0
		}
		var mark uint16
		if x.raw && x.output(line, n-x.extra) {
			mark = lineOutput
		}
		x.raw = x.raw || n == 0 && string(line) == "Response: Follows"
		length := next - start
		for ; length >= lineMax; length -= lineMax {
			lines = append(lines, lineMax|mark)
			x.extra++
		}
		lines = append(lines, uint16(length)|mark)
		room, n = lines[:min(cap(lines), MaxFrameFields)], len(lines)
		header = !x.raw
	}
}

// output reports whether the nth field, in the raw output of Command, is output,
// and not one of the two headers that may precede it.
func (x *index) output(line []byte, n int) bool {
	switch {
	case bytes.HasSuffix(line, []byte(endCommand)):
		x.raw = false
		if len(line) == len(endCommand) {
			x.extra++
		}
	case n == 1 && bytes.HasPrefix(line, []byte("Privilege: ")):
		x.privilege = true
		return false
	case (n == 1 || n == 2 && x.privilege) && bytes.HasPrefix(line, []byte("ActionID: ")):
		// Whatever follows these two is output, even if it looks like a header.
		return false
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

// stride is how many bytes are looked at together. Lines are short: looking for
// the end of one after the other, as bytes.IndexByte does, costs a call and a
// mispredicted branch for each.
const stride = 64

// findLFs sets bit i if b[i] is an LF, for the first stride bytes of b.
func findLFs(b []byte) uint64 {
	if len(b) < stride {
		var padded [stride]byte
		copy(padded[:], b)
		b = padded[:]
	}
	p := (*[stride]byte)(b)
	return findLFs8(p[0:])>>56 | findLFs8(p[8:])>>48&(0xff<<8) | findLFs8(p[16:])>>40&(0xff<<16) | findLFs8(p[24:])>>32&(0xff<<24) |
		findLFs8(p[32:])>>24&(0xff<<32) | findLFs8(p[40:])>>16&(0xff<<40) | findLFs8(p[48:])>>8&(0xff<<48) | findLFs8(p[56:])&(0xff<<56)
}

// findLFs8 does so for eight bytes, in the highest byte; those below it are of
// no meaning.
func findLFs8(b []byte) uint64 {
	const (
		ones   = 0x0101010101010101
		sevens = 0x7f * ones
		gather = 0x0002040810204081 // multiplied by it, the high bits of all bytes come together
	)
	w := binary.LittleEndian.Uint64(b) ^ '\n'*ones
	zeros := ^((w&sevens + sevens) | w | sevens)
	return zeros * gather
}
