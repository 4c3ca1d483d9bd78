package contact

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// Plan is the numbering plan that a list's numbers are written in. The zero
// Plan has no region: numbers are dialed as they are given.
type Plan struct {
	Region         string // ISO 3166-1 alpha-2 in capitals, such as KR; empty: none
	AllowEmergency bool   // let the region's emergency numbers pass
	AllowPremium   bool   // let numbers pass whose calls cost the caller extra
}

// maxEmergency is longer than any emergency number is; to look each number up
// takes time.
const maxEmergency = 8

// CheckRegion says whether there is a numbering plan for the region.
func CheckRegion(region string) error {
	if !phonenumbers.GetSupportedRegions()[region] {
		return fmt.Errorf("%q is not a region: write two capital letters, such as KR, JP or US", region)
	}
	return nil
}

// Normalise returns a number as it is stored and dialed. With a region that is
// E.164, "+821012345678", however the number was written; without one it is
// what ParseNumber returns. An emergency number that the plan allows stays as
// short as it is.
//
// What is refused: what is no valid number of its country by Google's
// libphonenumber metadata, a number with an extension, which a call to it would
// not reach, and emergency and premium numbers unless the plan allows them. The
// error never quotes the number, so it may be logged.
//
// Normalise(Normalise(s)) is Normalise(s). It takes about 15 µs with a region.
func (p Plan) Normalise(s string) (string, error) {
	if p.Region == "" {
		return ParseNumber(s)
	}
	plain, err := plainNumber(s)
	if err != nil {
		return "", err
	}
	return p.parse(plain)
}

// parse is Normalise of what plainNumber returned, with a region.
func (p Plan) parse(plain string) (string, error) {
	if len(plain) <= maxEmergency && phonenumbers.IsEmergencyNumber(plain, p.Region) {
		if !p.AllowEmergency {
			return "", fmt.Errorf("an emergency number in %s", p.Region)
		}
		return plain, nil
	}
	n, err := phonenumbers.Parse(plain, p.Region)
	if err != nil {
		return "", p.unparsed(plain, err)
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.UNKNOWN: // which is what makes a number invalid
		return "", p.invalid(n)
	case phonenumbers.PREMIUM_RATE:
		if !p.AllowPremium {
			return "", errors.New("a premium-rate number")
		}
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}

func (p Plan) unparsed(plain string, err error) error {
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode) && plain[0] == '+':
		return errors.New("no country has the code behind the plus")
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return fmt.Errorf("too long for a number in %s", p.Region)
	case errors.Is(err, phonenumbers.ErrNotANumber), errors.Is(err, phonenumbers.ErrTooShortNSN), errors.Is(err, phonenumbers.ErrTooShortAfterIDD):
		return fmt.Errorf("too short for a number in %s", p.Region)
	}
	return fmt.Errorf("not a number in %s, nor one abroad as it is dialed from there", p.Region)
}

func (p Plan) invalid(n *phonenumbers.PhoneNumber) error {
	where := phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
	if n.GetCountryCode() == int32(phonenumbers.GetCountryCodeForRegion(p.Region)) {
		where = p.Region
	}
	switch phonenumbers.IsPossibleNumberWithReason(n) {
	case phonenumbers.TOO_SHORT:
		return fmt.Errorf("too short for a number in %s", where)
	case phonenumbers.TOO_LONG:
		return fmt.Errorf("too long for a number in %s", where)
	case phonenumbers.INVALID_LENGTH:
		return fmt.Errorf("no number in %s has so many digits", where)
	case phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return fmt.Errorf("no area code, or no number in %s", where)
	}
	return fmt.Errorf("no number in %s begins like this", where)
}

// National is a number of Normalise as it is dialed within its country, its
// trunk prefix included: 01012345678 for +821012345678. A number without a plus
// is that already.
func National(number string) string {
	if !strings.HasPrefix(number, "+") {
		return number
	}
	n, err := phonenumbers.Parse(number, "")
	if err != nil {
		return number
	}
	return phonenumbers.NormalizeDigitsOnly(phonenumbers.Format(n, phonenumbers.NATIONAL))
}

// plainNumber leaves the digits and a leading plus of a number as people of any
// country write it.
func plainNumber(s string) (string, error) {
	s = strings.TrimSpace(s)
	if len(s) > 8*MaxNumber { // separators are up to 3 bytes each
		return "", fmt.Errorf("longer than %d characters", MaxNumber)
	}
	var b strings.Builder
	digits := 0
	for i, r := range s {
		switch {
		case '0' <= r && r <= '9':
			b.WriteByte(byte(r))
			digits++
		case '０' <= r && r <= '９':
			b.WriteByte(byte(r - '０' + '0'))
			digits++
		case r == '+' || r == '＋':
			if b.Len() > 0 {
				return "", errors.New("'+' is allowed only in front")
			}
			b.WriteByte('+')
		case separator(r):
			continue
		default:
			if _, ext := phonenumbers.MaybeSeparateExtensionFromPhone(s); ext != "" {
				return "", errors.New("it has an extension, which cannot be dialed: give the direct number")
			}
			return "", fmt.Errorf("character %s is not allowed in a number", quoteAt(s, i))
		}
		if b.Len() > MaxNumber {
			return "", fmt.Errorf("longer than %d characters", MaxNumber)
		}
	}
	switch {
	case b.Len() == 0:
		return "", errors.New("empty")
	case digits == 0:
		return "", errors.New("no digit in it")
	}
	return b.String(), nil
}

// separator tells what only helps people read a number: spaces and dashes of
// every width, dots, slashes and brackets, and the marks of direction that
// address books put around it.
func separator(r rune) bool {
	switch r {
	case '.', '/', '(', ')', '[', ']', '（', '）', '［', '］', '．', '／', '·', '−', 'ー', '\u200e', '\u200f', '\u202a', '\u202c', '\u2060', '\ufeff':
		return true
	}
	return unicode.Is(unicode.Zs, r) || unicode.Is(unicode.Pd, r)
}
