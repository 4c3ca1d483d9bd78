package amitest

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// Limits of manager.c on what it reads.
const (
	maxLine    = 1024 // bytes of a line, its newline included
	maxHeaders = 128
)

// request is an action as it was read.
type request struct {
	headers []string // "Key: value"
	fault   string   // the parse error to answer with; the headers are what was read
}

// get returns the first value of key, or "".
func (r *request) get(key string) string {
	for _, h := range r.headers {
		if len(h) > len(key) && h[len(key)] == ':' && strings.EqualFold(h[:len(key)], key) {
			return strings.TrimLeft(h[len(key)+1:], " \t")
		}
	}
	return ""
}

func (r *request) all(key string) []string {
	var values []string
	for _, h := range r.headers {
		if len(h) > len(key) && h[len(key)] == ':' && strings.EqualFold(h[:len(key)], key) {
			values = append(values, strings.TrimLeft(h[len(key)+1:], " \t"))
		}
	}
	return values
}

// readRequest reads up to the next empty line, with Asterisk's behaviour at its
// limits: a line that is too long is thrown away in pieces of a whole buffer,
// and if the newline alone is left of it that ends the action.
func readRequest(br *bufio.Reader) (*request, error) {
	r := &request{}
	tail := false
	for {
		line, err := br.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			r.fault = "Failed to parse message: line too long"
			tail = true
			continue
		}
		if tail && len(line) > 1 {
			tail = false
			continue
		}
		if err != nil {
			if err == io.EOF && len(r.headers) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		text := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
		if i := strings.IndexByte(text, 0); i >= 0 {
			text = text[:i]
		}
		switch {
		case text == "":
			return r, nil
		case len(r.headers) == maxHeaders:
			r.fault = "Too many lines in message or allocation failure"
		default:
			r.headers = append(r.headers, text)
		}
	}
}
