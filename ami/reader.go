package ami

import (
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

const (
	readBytes = 32 << 10 // of a Reader's buffer to begin with
	// keepBytes is the largest buffer that a Reader keeps when a frame that
	// needed it is gone.
	keepBytes = 256 << 10
	keepLines = 1 << 12 // likewise
	// maxBuffer holds the largest frame with a CR at each of its line ends.
	maxBuffer = MaxFrameBytes + 2*MaxFrameFields
)

// ErrFrameTooLarge says that a frame broke MaxFrameBytes or MaxFrameFields. The
// Reader has skipped it and can go on.
var ErrFrameTooLarge = errors.New("ami: frame too large")

// Reader reads frames. It is not safe for concurrent use.
type Reader struct {
	src      io.Reader
	buf      []byte // what was read and not yet returned is buf[from:to]
	from, to int
	err      error    // of src, after that
	idle     func()   // if set, called when a frame is not there yet and src is asked for it
	lines    []uint16 // room for a table of lines
}

// NewReader returns a Reader on r.
func NewReader(r io.Reader) *Reader {
	return &Reader{src: r, buf: make([]byte, readBytes)}
}

// ReadBanner reads the greeting that precedes the first frame and returns the
// protocol version, "11.0.0" for Asterisk 22. It returns io.ErrUnexpectedEOF if
// the stream ends before the greeting does.
func (r *Reader) ReadBanner() (version string, err error) {
	const name = "Asterisk Call Manager/"
	var line []byte
	ended := false
	for len(line) <= MaxBannerBytes+1 && !ended {
		part, err := r.part(MaxBannerBytes + 2 - len(line))
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", err
		}
		line = append(line, part...)
		ended = bytes.HasSuffix(line, []byte("\n"))
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

// ReadMessage reads the next frame. Empty frames, which Asterisk emits after
// some lists and errors, are skipped. It returns io.EOF between frames,
// io.ErrUnexpectedEOF within one.
func (r *Reader) ReadMessage() (*Message, error) {
	var x index
	lines := r.lines[:0]
	for waited := false; ; {
		b := r.buf[r.from:r.to]
		var what found
		var textEnd int
		lines, what, textEnd = x.scan(b, lines)
		switch {
		case what == foundFrame:
			r.from += x.next
			if cap(lines) <= keepLines {
				r.lines = lines
			}
			return newMessage(string(b[:textEnd]), lines), nil
		case what == foundNothing:
			r.from += x.next
			x = index{}
			continue
		case what == foundTooLarge:
			r.from += x.next
			return nil, r.skip(x.raw, nil)
		case len(b) >= maxBuffer:
			r.from = r.to
			return nil, r.skip(x.raw, b[x.next:])
		}
		if !waited && r.idle != nil {
			r.idle()
		}
		waited = true
		if err := r.fill(); err != nil {
			if err == io.EOF && r.from < r.to {
				err = io.ErrUnexpectedEOF
			}
			r.from = r.to
			return nil, err
		}
	}
}

// fill reads more, behind what is there already.
func (r *Reader) fill() error {
	if err := r.err; err != nil {
		r.err = nil
		return err
	}
	there := r.buf[r.from:r.to]
	switch {
	case len(there) == len(r.buf):
		r.buf = make([]byte, min(2*len(r.buf), maxBuffer))
	case len(r.buf) > keepBytes && len(there) <= readBytes/2:
		r.buf = make([]byte, readBytes)
	}
	r.from, r.to = 0, copy(r.buf, there)
	for range 100 {
		var n int
		n, r.err = r.src.Read(r.buf[r.to:])
		r.to += n
		if n > 0 {
			return nil
		}
		if err := r.err; err != nil {
			r.err = nil
			return err
		}
	}
	return io.ErrNoProgress
}

// part takes what is there of the next line, at most limit bytes, and reads only
// if nothing is. The line is complete if the part ends with its LF.
func (r *Reader) part(limit int) ([]byte, error) {
	if r.from == r.to {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	b := r.buf[r.from:min(r.to, r.from+limit)]
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b = b[:i+1]
	}
	r.from += len(b)
	return b, nil
}

// skip takes the rest of a frame that is too large, beginning within the line
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
		part, err := r.part(maxBuffer)
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		add(part)
		if part[len(part)-1] != '\n' {
			continue
		}
		if raw {
			raw = !bytes.HasSuffix(bytes.TrimRight(tail, "\r\n"), []byte(endCommand))
		} else if !text {
			return ErrFrameTooLarge
		}
		tail, text = tail[:0], false
	}
}
