package contact

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

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

// aliases are names that programs show and the Encoding Standard lacks.
var aliases = map[string]string{
	"cp949": "euc-kr", "ms949": "euc-kr", "uhc": "euc-kr", // the standard's euc-kr is all of them
	"cp932": "shift_jis", "cp936": "gbk", "cp950": "big5",
	"latin-1": "windows-1252", "latin-2": "iso-8859-2",
}

// EncodingHint says which names there are.
const EncodingHint = "use a name from the WHATWG Encoding Standard, such as utf-8, euc-kr, shift_jis or windows-1252"

// CheckEncoding says whether a list can be read in the encoding of that name.
// Empty is allowed: the encoding is not known.
func CheckEncoding(name string) error {
	_, _, err := lookupEncoding(name)
	return err
}

// lookupEncoding returns a nil encoding for utf-8, which needs no decoding.
func lookupEncoding(name string) (encoding.Encoding, string, error) {
	if name == "" {
		return nil, "utf-8", nil
	}
	label := name
	if alias := aliases[strings.ToLower(strings.TrimSpace(name))]; alias != "" {
		label = alias
	}
	e, err := htmlindex.Get(label)
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

// decode turns text into UTF-8 without a byte order mark. told says whether
// the encoding was given, by name or by mark.
func decode(raw *bufio.Reader, name string) (text io.Reader, canonical string, told bool, err error) {
	e, canonical, err := lookupEncoding(name)
	if err != nil {
		return nil, "", false, &ListError{Reason: err.Error(), Hint: EncodingHint}
	}
	head, err := raw.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", false, readFailed(0, err)
	}
	told = name != ""
	for _, b := range boms {
		if !bytes.HasPrefix(head, b.mark) {
			continue
		}
		// A mark is how the program that wrote the file named its encoding;
		// the config may be older than the file.
		told = true
		if e, canonical, err = lookupEncoding(b.name); err != nil {
			return nil, "", false, &ListError{Reason: err.Error()}
		}
		if _, err := raw.Discard(len(b.mark)); err != nil {
			return nil, "", false, readFailed(0, err)
		}
		break
	}
	if e == nil {
		return raw, canonical, told, nil
	}
	return e.NewDecoder().Reader(raw), canonical, told, nil
}
