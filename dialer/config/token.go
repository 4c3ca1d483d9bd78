package config

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Token is who may use the operator's API over TCP, and for what. The token
// itself is not kept.
type Token struct {
	Name    string
	Operate bool              // may change things; else read only
	Hash    [sha256.Size]byte `json:"-"` // SHA-256 of the token
}

// The rights that a token file gives.
const (
	MayRead    = "read"
	MayOperate = "operate"
)

// tokenShape is what can stand in an Authorization header: b64token of RFC 6750,
// 2.1.
var tokenShape = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

const privateHint = "the daemon alone is to know it: chmod o="

// checkPrivate complains of a file that others than its owner and group may
// read or write.
func checkPrivate(path string) error {
	f, err := openRegular(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o007 != 0 {
		return errors.New("everybody may use the file")
	}
	return nil
}

func (r *resolver) tokens(key string) []Token {
	path, ok := r.credential(key, r.raw.Control.TokenFile, "a file with a line NAME read|operate TOKEN for each; dialcamp token makes one")
	if !ok {
		return nil
	}
	if err := checkPrivate(path); err != nil {
		r.failBecause(err, key, privateHint, "%s: %s", quote(path), reason(err))
		return nil
	}
	tokens, err := readTokens(path)
	if err != nil {
		r.failBecause(err, key, "each line is NAME read|operate TOKEN, or begins with #; dialcamp token makes one", "%s: %s", quote(path), reason(err))
	}
	return tokens
}

func readTokens(path string) ([]Token, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxTokenFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > MaxTokenFile {
		return nil, fmt.Errorf("longer than %d bytes", MaxTokenFile)
	}
	return parseTokens(b)
}

// parseTokens never quotes what it reads: a line that is wrong may be a token.
func parseTokens(text []byte) ([]Token, error) {
	var all []Token
	names, hashes := map[string]int{}, map[[sha256.Size]byte]int{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) != 3 {
			return nil, fmt.Errorf("line %d has not three words", n)
		}
		name, may, token := words[0], words[1], words[2]
		hash := sha256.Sum256([]byte(token))
		switch folded := strings.ToLower(name); {
		case !identifier.MatchString(name):
			return nil, fmt.Errorf("line %d: the first word is not a name of 1 to 64 letters, digits, _ and -", n)
		case may != MayRead && may != MayOperate:
			return nil, fmt.Errorf("line %d: the second word is neither read nor operate", n)
		case len(token) < MinToken || len(token) > MaxToken:
			return nil, fmt.Errorf("line %d: the token is not of %d to %d characters", n, MinToken, MaxToken)
		case !tokenShape.MatchString(token):
			return nil, fmt.Errorf("line %d: the token holds what an HTTP header cannot carry", n)
		case names[folded] != 0:
			return nil, fmt.Errorf("line %d has the name of line %d", n, names[folded])
		case hashes[hash] != 0:
			return nil, fmt.Errorf("line %d has the token of line %d", n, hashes[hash])
		default:
			names[folded], hashes[hash] = n, n
		}
		all = append(all, Token{Name: name, Operate: may == MayOperate, Hash: hash})
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("no token in it")
	}
	return all, nil
}
