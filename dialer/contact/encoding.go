package contact

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// boms are tested in order.
var boms = []struct {
	mark []byte
	name string
}{
	{[]byte("\xEF\xBB\xBF"), "utf-8"},
	{[]byte("\xFF\xFE"), "utf-16le"},
	{[]byte("\xFE\xFF"), "utf-16be"},
}

// CheckEncoding says whether a list can be read in the encoding of that name.
// Empty is utf-8.
func CheckEncoding(name string) error {
	_, _, err := lookupEncoding(name)
	return err
}

// lookupEncoding returns a nil encoding for utf-8, which needs no decoding.
func lookupEncoding(name string) (encoding.Encoding, string, error) {
	if name == "" {
		return nil, "utf-8", nil
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		return nil, "", fmt.Errorf("encoding %q is not known", name)
	}
	canonical, err := htmlindex.Name(e)
	if err != nil {
		return nil, "", fmt.Errorf("encoding %q is not known: %w", name, err)
	}
	switch canonical {
	case "utf-8":
		return nil, canonical, nil
	case "replacement":
		return nil, "", fmt.Errorf("encoding %q cannot be decoded", name)
	}
	return e, canonical, nil
}

// decode turns r into UTF-8 without a byte order mark.
func decode(r io.Reader, name string) (io.Reader, string, error) {
	e, canonical, err := lookupEncoding(name)
	if err != nil {
		return nil, "", &ListError{Reason: err.Error(), Hint: "use a name from the WHATWG Encoding Standard, such as utf-8, euc-kr, shift_jis or windows-1252"}
	}
	raw := bufio.NewReaderSize(r, 64<<10)
	head, err := raw.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", readFailed(0, err)
	}
	if bytes.Equal(head, []byte("PK\x03\x04")) {
		return nil, "", &ListError{Reason: "the list is a zip or spreadsheet file", Hint: notTextHint}
	}
	for _, b := range boms {
		if !bytes.HasPrefix(head, b.mark) {
			continue
		}
		// A mark is how the program that wrote the file named its encoding;
		// the config may be older than the file.
		if e, canonical, err = lookupEncoding(b.name); err != nil {
			return nil, "", &ListError{Reason: err.Error()}
		}
		if _, err := raw.Discard(len(b.mark)); err != nil {
			return nil, "", readFailed(0, err)
		}
		break
	}
	if e == nil {
		return raw, canonical, nil
	}
	return e.NewDecoder().Reader(raw), canonical, nil
}
