package contact

import (
	"strconv"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// belonging is what a number belongs to.
type belonging uint8

const (
	toNobody  belonging = iota // it is not valid
	toPlace                    // its area code's
	toCountry                  // or several that share a code
)

// belongings holds what is known of each country code's numbers.
var belongings sync.Map // string to *codeBelongings

type codeBelongings struct {
	known trie[belonging]
	mu    sync.Mutex
	rules *codeRules
}

// belongingOf takes E.164 apart, longest digits at most. The library takes up
// to 10 µs a number, so what it said is kept as memo does.
func belongingOf(code, national string) belonging {
	c, _ := belongings.Load(code)
	if c == nil {
		c, _ = belongings.LoadOrStore(code, &codeBelongings{rules: newCodeRules(code)})
	}
	of := c.(*codeBelongings)
	if b := of.known.find(national); b != nil {
		return *b
	}
	n := numberOf(code, national)
	b := toCountry
	switch t := phonenumbers.GetNumberType(n); {
	case t == phonenumbers.UNKNOWN:
		b = toNobody
	case t == phonenumbers.FIXED_LINE, t == phonenumbers.FIXED_LINE_OR_MOBILE,
		t == phonenumbers.MOBILE && phonenumbers.GEO_MOBILE_COUNTRIES[n.GetCountryCode()]:
		b = toPlace
	}
	if of.rules != nil {
		of.mu.Lock()
		defer of.mu.Unlock()
		if told := of.rules.settled(national); told < len(national) {
			of.known.keep(national, told, &b)
		}
	}
	return b
}

// numberOf is what the library parses E.164 to, in a third of the time: nothing
// has to be stripped.
func numberOf(code, national string) *phonenumbers.PhoneNumber {
	c, _ := strconv.Atoi(code)
	value, _ := strconv.ParseUint(national, 10, 64)
	n := &phonenumbers.PhoneNumber{CountryCode: new(int32(c)), NationalNumber: &value}
	zeros := 0
	for zeros < len(national)-1 && national[zeros] == '0' {
		zeros++
	}
	if zeros > 0 {
		n.ItalianLeadingZero, n.NumberOfLeadingZeros = new(true), new(int32(zeros))
	}
	return n
}
