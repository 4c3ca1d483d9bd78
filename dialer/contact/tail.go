package contact

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
)

// longest is how many digits an automaton reads at most.
const longest = 24

// automaton is a regular expression of a numbering plan. It knows what a match
// finds out as soon as no further digit can change it: that 10… is a mobile
// number of Korea is told by its first digits and by how many there are.
type automaton struct {
	prog *syntax.Prog
	sets map[string]*states
}

// states is where the automaton may be behind some digits.
type states struct {
	reading []uint32 // instructions, ascending
	accepts bool
	next    [10]*states
	tails   [longest + 1]tail
}

// tail is what so many more digits, whichever they are, lead to.
type tail uint8

const (
	unknown tail = iota
	accepted
	refused
	depends // on which they are
)

// newAutomaton is nil for an expression that looks around itself and is matched
// as a whole. Of one that only the beginning of a number is matched with, paths
// that end at the number's end are left out: they are not taken before it.
func newAutomaton(expr string, whole bool) *automaton {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil
	}
	for i := range prog.Inst {
		if in := &prog.Inst[i]; in.Op == syntax.InstEmptyWidth && (whole || syntax.EmptyOp(in.Arg) != syntax.EmptyEndText) {
			return nil
		}
	}
	return &automaton{prog: prog, sets: map[string]*states{}}
}

func (a *automaton) start() *states { return a.closure([]uint32{uint32(a.prog.Start)}) }

// closure is where the instructions lead without reading.
func (a *automaton) closure(todo []uint32) *states {
	s := &states{}
	seen := map[uint32]bool{}
	for len(todo) > 0 {
		pc := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch in := &a.prog.Inst[pc]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			todo = append(todo, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstNop:
			todo = append(todo, in.Out)
		case syntax.InstMatch:
			s.accepts = true
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			s.reading = append(s.reading, pc)
		}
	}
	slices.Sort(s.reading)
	key := []byte{0}
	if s.accepts {
		key[0] = 1
	}
	for _, pc := range s.reading {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	if known := a.sets[string(key)]; known != nil {
		return known
	}
	a.sets[string(key)] = s
	return s
}

func (a *automaton) read(s *states, digit byte) *states {
	if s.next[digit] == nil {
		var to []uint32
		for _, pc := range s.reading {
			if in := &a.prog.Inst[pc]; in.MatchRune('0' + rune(digit)) {
				to = append(to, in.Out)
			}
		}
		s.next[digit] = a.closure(to)
	}
	return s.next[digit]
}

func (a *automaton) tail(s *states, n int) tail {
	if s.tails[n] != unknown {
		return s.tails[n]
	}
	t := refused
	if n == 0 {
		if s.accepts {
			t = accepted
		}
	} else {
		t = a.tail(a.read(s, 0), n-1)
		for d := byte(1); d < 10 && t != depends; d++ {
			if a.tail(a.read(s, d), n-1) != t {
				t = depends
			}
		}
	}
	s.tails[n] = t
	return t
}

// settled is how many of the digits tell whether the expression matches all of
// them, given how many there are.
func (a *automaton) settled(digits string) int {
	s := a.start()
	for i := range len(digits) {
		if a.tail(s, len(digits)-i) != depends {
			return i
		}
		s = a.read(s, digits[i]-'0')
	}
	return len(digits)
}

// settledPrefix is how many of the digits tell what the expression matches at
// their beginning; all of them if even the last may count.
func (a *automaton) settledPrefix(digits string) int {
	s := a.start()
	for i := range len(digits) {
		if len(s.reading) == 0 {
			return i
		}
		s = a.read(s, digits[i]-'0')
	}
	return len(digits)
}
