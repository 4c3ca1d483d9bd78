package contact

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nyaruka/phonenumbers"
)

// maxMemo is how many digits' nodes a memo has at most, of about 100 bytes
// each. One country needs some thousands.
const maxMemo = 1 << 17

// memo is what a list's numbers were read as, by the digits that decided it.
// The library takes 13 µs a number; nearly all of a list's begin as another did
// that only differs in digits no rule looks at, and are read as that was.
//
// Which digits these are is told by the library's own metadata: the expressions
// that it matches a number with, or what is left of it without country code and
// trunk prefix. No rule of any country stands here.
type memo struct {
	plan  Plan
	roots [2][longest + 1]node // without and with a plus, by how many digits there are
	nodes atomic.Int64

	mu    sync.Mutex
	codes map[string]*codeRules
	// Of the region itself.
	code  string
	idd   *automaton
	iddRE *regexp.Regexp
	own   *prefixRule // nil if it is that of the code's main region
}

type node struct {
	next [10]atomic.Pointer[node]
	read atomic.Pointer[reading]
}

// reading is what Plan.Normalise returns for numbers of one beginning and
// length.
type reading struct {
	head string // before the number's last digits
	last int    // of them are those that were read
	err  error
}

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

func metadata() []*phonenumbers.PhoneMetadata {
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return nil // the library would have panicked at the start
	}
	return all.GetMetadata()
}

// normalise is Plan.Normalise of a number without separators.
func (m *memo) normalise(plain string) (string, error) {
	digits := strings.TrimPrefix(plain, "+")
	if len(plain) <= maxEmergency || len(digits) > longest {
		return m.plan.parse(plain)
	}
	root := &m.roots[len(plain)-len(digits)][len(digits)]
	at := root
	for i := range len(digits) {
		if r := at.read.Load(); r != nil {
			if r.err != nil {
				return "", r.err
			}
			return r.head + digits[len(digits)-r.last:], nil
		}
		if at = at.next[digits[i]-'0'].Load(); at == nil {
			break
		}
	}
	number, err := m.plan.parse(plain)
	if n := m.settled(digits, plain[0] == '+'); n < len(digits) && m.nodes.Load() < maxMemo {
		r := &reading{last: len(digits) - n, err: err}
		if err == nil {
			r.head = number[:len(number)-r.last]
		}
		m.keep(root, digits[:n], r)
	}
	return number, err
}

func (m *memo) keep(at *node, digits string, r *reading) {
	for i := range len(digits) {
		next := &at.next[digits[i]-'0']
		if next.Load() == nil && next.CompareAndSwap(nil, &node{}) {
			m.nodes.Add(1)
		}
		at = next.Load()
	}
	at.read.Store(r)
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
		for _, a := range rules.whole {
			n = max(n, v.given(a.settled(v.digits)))
		}
		for _, a := range rules.start {
			n = max(n, v.given(a.settledPrefix(v.digits)))
		}
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

// rulesOf is nil if there is no such code, or if one of the expressions cannot
// be followed.
func (m *memo) rulesOf(code string) *codeRules {
	if r, known := m.codes[code]; known {
		return r
	}
	m.codes[code] = newCodeRules(code)
	return m.codes[code]
}

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
