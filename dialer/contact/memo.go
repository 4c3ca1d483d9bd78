package contact

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// memo is what a list's numbers were read as, by the digits that decided it.
// The library takes 13 µs a number; nearly all of a list's begin as another did
// that only differs in digits no rule looks at, and are read as that was.
//
// Which digits these are is told by the library's own metadata: the expressions
// that it matches a number with, or what is left of it without country code and
// trunk prefix. No rule of any country stands here.
type memo struct {
	plan Plan
	read [2]trie[reading] // without and with a plus

	mu    sync.Mutex
	codes map[string]*codeRules
	// Of the region itself.
	code  string
	idd   *automaton
	iddRE *regexp.Regexp
	own   *prefixRule // nil if it is that of the code's main region
}

// reading is what Plan.Normalise returns for numbers of one beginning and
// length.
type reading struct {
	head string // before the number's last digits
	last int    // of them are those that were read
	err  error
}

func newMemo(p Plan) *memo {
	code := phonenumbers.GetCountryCodeForRegion(p.Region)
	m := &memo{plan: p, codes: map[string]*codeRules{}, code: fmt.Sprint(code)}
	for _, meta := range metadata() {
		if meta.GetId() != p.Region {
			continue
		}
		m.idd = newAutomaton(meta.GetInternationalPrefix(), false)
		m.iddRE = regexp.MustCompile("^(?:" + meta.GetInternationalPrefix() + ")")
		if p.Region != phonenumbers.GetRegionCodeForCountryCode(code) {
			m.own = newPrefixRule(meta)
		}
	}
	return m
}

// normalise is Plan.Normalise of a number without separators.
func (m *memo) normalise(plain string) (string, error) {
	digits := strings.TrimPrefix(plain, "+")
	if len(plain) <= maxEmergency || len(digits) > longest {
		return m.plan.parse(plain)
	}
	known := &m.read[len(plain)-len(digits)]
	if r := known.find(digits); r != nil {
		if r.err != nil {
			return "", r.err
		}
		return r.head + digits[len(digits)-r.last:], nil
	}
	number, err := m.plan.parse(plain)
	if n := m.settled(digits, plain[0] == '+'); n < len(digits) {
		r := &reading{last: len(digits) - n, err: err}
		if err == nil {
			r.head = number[:len(number)-r.last]
		}
		known.keep(digits, n, r)
	}
	return number, err
}

// view is a number as the library matches it: some digits that it put in front,
// then those given from one on.
type view struct {
	digits   string
	inserted int
	from     int
}

// settled is how many of the digits told the library how to read the number,
// given how many there are; all of them if that is not known.
func (m *memo) settled(digits string, plus bool) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	code := m.code
	if plus {
		code = countryCode(digits)
	}
	rules := m.rulesOf(code)
	if rules == nil {
		return len(digits)
	}
	n := len(code)
	var views []view
	if plus || strings.HasPrefix(digits, code) {
		views = append(views, view{digits: digits[len(code):], from: len(code)})
	}
	prefixes := []*prefixRule{rules.prefix}
	if !plus {
		// What is dialed abroad is left to the library: the rules of another
		// country follow.
		if m.idd == nil || m.iddRE.MatchString(digits) {
			return len(digits)
		}
		n = max(n, m.idd.settledPrefix(digits))
		views = append(views, view{digits: digits})
		prefixes = append(prefixes, m.own)
	}
	// The trunk prefix may come off twice: to see whether what begins like the
	// country code is one, and for good.
	for first, times := 0, 0; times < 2; times++ {
		last := len(views)
		for _, v := range views[first:last] {
			for _, p := range prefixes {
				at, more := p.strip(v)
				n = max(n, at)
				views = append(views, more...)
			}
		}
		first = last
	}
	for _, v := range views {
		if len(v.digits) > longest {
			return len(digits)
		}
		n = max(n, v.given(rules.settled(v.digits)))
	}
	return min(n, len(digits))
}

// given is how many of the number's own digits the first n of the view are
// told by.
func (v view) given(n int) int { return v.from + max(0, n-v.inserted) }

// strip tells what is left of v without the prefix, and how many digits that
// was told by.
func (p *prefixRule) strip(v view) (settled int, left []view) {
	switch {
	case p == nil:
		return 0, nil
	case p.automaton == nil:
		return v.given(len(v.digits)), nil
	}
	settled = v.given(p.automaton.settledPrefix(v.digits))
	at := p.re.FindStringSubmatchIndex(v.digits)
	if at == nil {
		return settled, nil
	}
	rest := v.digits[at[1]:]
	left = append(left, view{digits: rest, from: v.given(at[1]), inserted: max(0, v.inserted-at[1])})
	if p.transform != "" {
		made := p.re.ReplaceAllString(v.digits, p.transform)
		left = append(left, view{digits: made, from: v.given(at[1]), inserted: len(made) - len(rest) + max(0, v.inserted-at[1])})
	}
	return settled, left
}

func (m *memo) rulesOf(code string) *codeRules {
	if r, known := m.codes[code]; known {
		return r
	}
	m.codes[code] = newCodeRules(code)
	return m.codes[code]
}
