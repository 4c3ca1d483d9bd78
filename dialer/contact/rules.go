package contact

import (
	"fmt"
	"regexp"

	"github.com/nyaruka/phonenumbers"
)

// codeRules are what national numbers of a country code are matched with.
type codeRules struct {
	whole  []*automaton
	start  []*automaton
	prefix *prefixRule
}

// prefixRule is what comes off a national number in front.
type prefixRule struct {
	re        *regexp.Regexp
	automaton *automaton
	transform string
}

func metadata() []*phonenumbers.PhoneMetadata {
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return nil // the library would have panicked at the start
	}
	return all.GetMetadata()
}

func newPrefixRule(meta *phonenumbers.PhoneMetadata) *prefixRule {
	expr := meta.GetNationalPrefixForParsing()
	if expr == "" {
		return nil
	}
	return &prefixRule{
		re:        regexp.MustCompile("^(?:" + expr + ")"),
		automaton: newAutomaton(expr, false),
		transform: meta.GetNationalPrefixTransformRule(),
	}
}

// countryCode is what E.164 digits begin with; empty if no country has it.
func countryCode(digits string) string {
	for n := 1; n <= 3 && n <= len(digits); n++ {
		var code int
		for _, d := range digits[:n] {
			code = 10*code + int(d-'0')
		}
		if digits[0] != '0' && len(phonenumbers.GetRegionCodesForCountryCode(code)) > 0 {
			return digits[:n]
		}
	}
	return ""
}

// newCodeRules is nil if there is no such code, or if one of the expressions
// cannot be followed.
func newCodeRules(code string) *codeRules {
	r := &codeRules{}
	for _, meta := range metadata() {
		if fmt.Sprint(meta.GetCountryCode()) != code {
			continue
		}
		for _, desc := range []*phonenumbers.PhoneNumberDesc{
			meta.GetGeneralDesc(), meta.GetFixedLine(), meta.GetMobile(), meta.GetTollFree(), meta.GetPremiumRate(), meta.GetSharedCost(),
			meta.GetPersonalNumber(), meta.GetVoip(), meta.GetPager(), meta.GetUan(), meta.GetVoicemail(),
		} {
			a := newAutomaton(desc.GetNationalNumberPattern(), true)
			if a == nil {
				return nil
			}
			r.whole = append(r.whole, a)
		}
		if meta.GetLeadingDigits() != "" {
			a := newAutomaton(meta.GetLeadingDigits(), false)
			if a == nil {
				return nil
			}
			r.start = append(r.start, a)
		}
		if meta.GetId() == phonenumbers.GetRegionCodeForCountryCode(int(meta.GetCountryCode())) {
			r.prefix = newPrefixRule(meta)
		}
	}
	if len(r.whole) == 0 {
		return nil
	}
	return r
}

// settled is how many digits of a national number tell whether it is valid and
// of what type, given how many there are.
func (r *codeRules) settled(national string) int {
	n := 0
	for _, a := range r.whole {
		n = max(n, a.settled(national))
	}
	for _, a := range r.start {
		n = max(n, a.settledPrefix(national))
	}
	return n
}
