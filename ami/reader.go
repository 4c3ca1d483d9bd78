package ami

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits on what a peer may send.
const (
	MaxFrameBytes  = 4 << 20 // one frame, its raw Command output included, each line end as one byte
	MaxFrameFields = 1 << 16 // fields of one frame
	MaxBannerBytes = 256     // the greeting without its line end
)

// keepFrameBytes is the largest frame whose buffer a Reader keeps for the next.
const keepFrameBytes = 256 << 10

// ErrFrameTooLarge says that a frame broke MaxFrameBytes or MaxFrameFields. The
// Reader has skipped it and can go on.
var ErrFrameTooLarge = errors.New("ami: frame too large")

// Reader reads frames. It is not safe for concurrent use.
type Reader struct {
	br     *bufio.Reader
	frame  []byte // the lines read so far, each ended by \n
	fields []field
}

// NewReader returns a Reader on r.
func NewReader(r io.Reader) *Reader {
	return &Reader{br: bufio.NewReaderSize(r, 32<<10)}
}

// ReadBanner reads the greeting that precedes the first frame and returns the
// protocol version, "11.0.0" for Asterisk 22. It returns io.ErrUnexpectedEOF if
// the stream ends before the greeting does.
func (r *Reader) ReadBanner() (version string, err error) {
	const name = "Asterisk Call Manager/"
	var line []byte
	ended := false
	for len(line) <= MaxBannerBytes+1 && !ended {
		c, err := r.br.ReadByte()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", err
		}
		line = append(line, c)
		ended = c == '\n'
	}
	s := strings.TrimSpace(string(line))
	if !ended || !strings.HasPrefix(s, name) || len(s) == len(name) {
		if len(s) > 60 {
			s = s[:60] + "…"
		}
		return "", fmt.Errorf("ami: not an Asterisk manager: it greets with %q", s)
	}
	return s[len(name):], nil
}

const endCommand = "--END COMMAND--"

// ReadMessage reads the next frame. Empty frames, which Asterisk emits after
// some lists and errors, are skipped. It returns io.EOF between frames,
// io.ErrUnexpectedEOF within one.
func (r *Reader) ReadMessage() (*Message, error) {
	if cap(r.frame) > keepFrameBytes {
		r.frame, r.fields = nil, nil
	}
	r.frame, r.fields = r.frame[:0], r.fields[:0]
	var raw, privilege bool // inside the raw output of Command; after its Privilege header
	for {
		start := len(r.frame)
		end, err := r.readLine()
		if err == ErrFrameTooLarge {
			return nil, r.skip(raw, r.frame[start:])
		}
		if err == io.EOF && len(r.frame) > 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		line := r.frame[start:end]
		switch {
		case len(line) == 0 && !raw:
			if len(r.fields) > 0 {
				return newMessage(string(r.frame[:start]), r.fields), nil
			}
			r.frame = r.frame[:0]
			continue
		case len(r.frame) > MaxFrameBytes || len(r.fields) == MaxFrameFields:
			if raw && bytes.HasSuffix(line, []byte(endCommand)) {
				raw = false
			}
			return nil, r.skip(raw, nil)
		case !raw:
			r.addField(line, start)
			raw = len(r.fields) == 1 && string(line) == "Response: Follows"
		case bytes.HasSuffix(line, []byte(endCommand)):
			// Output without a final newline stands on the marker's line.
			if rest := len(line) - len(endCommand); rest > 0 {
				r.fields = append(r.fields, field{valStart: int32(start), valEnd: int32(start + rest)})
			}
			raw = false
		case len(r.fields) == 1 && bytes.HasPrefix(line, []byte("Privilege: ")):
			privilege = true
			r.addField(line, start)
		case (len(r.fields) == 1 || len(r.fields) == 2 && privilege) && bytes.HasPrefix(line, []byte("ActionID: ")):
			// Whatever follows these two is output, even if it looks like a header.
			r.addField(line, start)
		default:
			r.fields = append(r.fields, field{valStart: int32(start), valEnd: int32(end)})
		}
	}
}

func (r *Reader) addField(line []byte, start int) {
	f := field{valStart: int32(start), valEnd: int32(start + len(line))}
	if colon := bytes.IndexByte(line, ':'); colon > 0 {
		v := colon + 1
		if v < len(line) && line[v] == ' ' {
			v++
		}
		f = field{int32(start), int32(start + colon), int32(start + v), int32(start + len(line))}
	}
	r.fields = append(r.fields, f)
}

// readLine appends the next line to r.frame, its CRs and LF as LF, and returns where
// its text ends. ErrFrameTooLarge says that it stopped within the line.
func (r *Reader) readLine() (end int, err error) {
	start := len(r.frame)
	for {
		part, err := r.br.ReadSlice('\n')
		r.frame = append(r.frame, part...)
		switch {
		case err == nil:
			end = start + len(bytes.TrimRight(r.frame[start:], "\r\n"))
			r.frame = append(r.frame[:end], '\n')
			return end, nil
		case err != bufio.ErrBufferFull:
			return 0, err
		case len(r.frame) > MaxFrameBytes:
			return 0, ErrFrameTooLarge
		}
	}
}

// skip reads the rest of a frame that is too large, beginning within the line
// of which begun was read, and returns ErrFrameTooLarge at its end.
func (r *Reader) skip(raw bool, begun []byte) error {
	const keep = len(endCommand) + len("\r\n")
	var tail []byte // of the line, for the end marker
	var text bool   // the line is not blank
	add := func(b []byte) {
		text = text || len(bytes.TrimRight(b, "\r\n")) > 0
		tail = append(tail, b[max(0, len(b)-keep):]...)
		tail = tail[max(0, len(tail)-keep):]
	}
	add(begun)
	for {
		part, err := r.br.ReadSlice('\n')
		add(part)
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		}
		if raw {
			raw = !bytes.HasSuffix(bytes.TrimRight(tail, "\r\n"), []byte(endCommand))
		} else if !text {
			return ErrFrameTooLarge
		}
		tail, text = tail[:0], false
	}
}
