package contact

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// What a packed list may unpack to. Lists are names and numbers, which shrink
// to a tenth; what shrinks to a hundredth of that was made to fill a disk.
const (
	MaxUnpacked = 16 << 30 // bytes
	MaxRatio    = 200      // times its packed size, looked at from ratioFrom on
	ratioFrom   = 4 << 20
)

// counter counts what is read through it.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// unpacked is what comes out of a packed list, and no more than may.
type unpacked struct {
	src    io.Reader
	packed func() int64 // bytes it came from
	n      int64
	err    error
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	n, err := u.src.Read(p)
	u.n += int64(n)
	switch {
	case u.n > MaxUnpacked:
		u.err = &ListError{Reason: fmt.Sprintf("it unpacks to more than %d bytes", int64(MaxUnpacked)), Hint: "split the list into several files"}
	case u.n > ratioFrom && u.n/MaxRatio > u.packed():
		u.err = &ListError{Reason: fmt.Sprintf("it unpacks to more than %d times its size", MaxRatio), Hint: bombHint}
	case err != nil && err != io.EOF:
		u.err = unpackFailed(err)
	default:
		return n, err
	}
	return n, u.err
}

// gunzip unpacks a gzip file of any number of members.
func gunzip(r *bufio.Reader) (*bufio.Reader, error) {
	packed := &counter{Reader: r}
	z, err := gzip.NewReader(bufio.NewReader(packed))
	if err != nil {
		return nil, unpackFailed(err)
	}
	return bufio.NewReaderSize(&unpacked{src: z, packed: func() int64 { return packed.n }}, 64<<10), nil
}

// unpackFailed tells a packed file that is damaged from one that cannot be
// read.
func unpackFailed(err error) error {
	if le, ok := errors.AsType[*ListError](err); ok {
		return le
	}
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &ListError{Reason: "the packed file is cut off", Err: err, Hint: damagedHint}
	case corrupt, errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return &ListError{Reason: "the packed file is damaged", Err: err, Hint: damagedHint}
	}
	return readFailed(0, err)
}
