package contact

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
)

// tokens reads XML piece by piece. encoding/xml by itself would keep a text or
// a tag in memory however long it is.
type tokens struct {
	src *bufio.Reader
	dec *xml.Decoder
	n   int // bytes of the piece so far
}

func newTokens(r io.Reader) *tokens {
	t := &tokens{src: bufio.NewReaderSize(r, 64<<10)}
	t.dec = xml.NewDecoder(t)
	return t
}

// ReadByte serves the decoder.
func (t *tokens) ReadByte() (byte, error) {
	if t.n++; t.n > maxToken {
		return 0, &ListError{Reason: fmt.Sprintf("the workbook holds a value of more than %d bytes", maxToken), Hint: notTextHint}
	}
	return t.src.ReadByte()
}

// Read is there because the decoder wants a Reader; it reads by byte.
func (t *tokens) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := t.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

// next returns the next piece, valid until the one after it, or io.EOF.
func (t *tokens) next() (xml.Token, error) {
	t.n = 0
	token, err := t.dec.RawToken()
	if err != nil && err != io.EOF {
		return nil, damaged(err)
	}
	return token, err
}

// rest reads to the end, where the part's checksum is compared.
func (t *tokens) rest() error {
	if _, err := io.Copy(io.Discard, t.src); err != nil {
		return damaged(err)
	}
	return nil
}
