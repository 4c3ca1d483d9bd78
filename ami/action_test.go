package ami

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/quick"
)

func TestAppend(t *testing.T) {
	a := Action{Name: "Originate", ID: "id-1"}
	a.Add("Channel", "Local/1@x")
	a.AddOpt("Account", "")
	a.AddOpt("CallerID", `"A: B" <1>`)
	a.Add("Variable", "a=1")
	a.Add("Variable", "")
	got, err := a.Append([]byte("before"))
	want := "beforeAction: Originate\r\nActionID: id-1\r\nChannel: Local/1@x\r\nCallerID: \"A: B\" <1>\r\nVariable: a=1\r\nVariable: \r\n\r\n"
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v\nwant %q", got, err, want)
	}
	got, err = (&Action{Name: "Ping"}).Append(nil)
	if err != nil || string(got) != "Action: Ping\r\n\r\n" {
		t.Errorf("without an id: %q, %v", got, err)
	}
}

// TestInjectionRefused: nothing a caller passes can begin another header or
// another action.
func TestInjectionRefused(t *testing.T) {
	evil := []string{"\r", "\n", "\x00", "a\r\nb", "\r\n\r\nAction: Command\r\nCommand: core stop now", "x\n", "\nx"}
	try := func(what string, a Action) {
		t.Helper()
		got, err := a.Append([]byte("before"))
		if string(got) != "before" {
			t.Errorf("%s: %q was left in the buffer", what, got)
		}
		if _, ok := errors.AsType[*InvalidError](err); !ok || !NeverSent(err) {
			t.Errorf("%s: error %v, NeverSent %v", what, err, NeverSent(err))
		} else if strings.ContainsAny(err.Error(), "\r\n\x00") {
			t.Errorf("%s: the error itself injects: %q", what, err)
		}
	}
	for _, e := range evil {
		try("name", Action{Name: "Ping" + e})
		try("id", Action{Name: "Ping", ID: "1" + e})
		try("key", Action{Name: "Ping", Headers: []Header{{"Key" + e, "v"}}})
		try("value", Action{Name: "Ping", Headers: []Header{{"Key", "v" + e}}})
		try("a later value", Action{Name: "Ping", Headers: []Header{{"A", "1"}, {"Key", e}, {"B", "2"}}})
	}
	try("colon in a key", Action{Name: "Ping", Headers: []Header{{"Action: Command\tX", "v"}}})
	try("no key", Action{Name: "Ping", Headers: []Header{{"", "v"}}})
	try("no name", Action{})
	if _, err := (&Action{Name: "Ping", Headers: []Header{{"K", "a: b"}}}).Append(nil); err != nil {
		t.Errorf("a colon in a value is refused: %v", err)
	}
}

func TestActionLimits(t *testing.T) {
	headers := func(n int) (hs []Header) {
		for i := range n {
			hs = append(hs, Header{"K" + strconv.Itoa(i), "v"})
		}
		return hs
	}
	const other = len("K: \r\n")
	for _, tt := range []struct {
		name string
		a    Action
		ok   bool
	}{
		{"line at the limit", Action{Name: "A", Headers: []Header{{"K", strings.Repeat("v", MaxLineBytes-other)}}}, true},
		{"line beyond the limit", Action{Name: "A", Headers: []Header{{"K", strings.Repeat("v", MaxLineBytes-other+1)}}}, false},
		{"long key at the limit", Action{Name: "A", Headers: []Header{{strings.Repeat("k", MaxLineBytes-other), "v"}}}, true},
		{"long key beyond the limit", Action{Name: "A", Headers: []Header{{strings.Repeat("k", MaxLineBytes-other), "vv"}}}, false},
		{"headers at the limit", Action{Name: "A", ID: "1", Headers: headers(MaxActionHeaders - 2)}, true},
		{"headers beyond the limit", Action{Name: "A", ID: "1", Headers: headers(MaxActionHeaders - 1)}, false},
		{"id at the limit", Action{Name: "A", ID: strings.Repeat("i", MaxActionID)}, true},
		{"id beyond the limit", Action{Name: "A", ID: strings.Repeat("i", MaxActionID+1)}, false},
	} {
		got, err := tt.a.Append(nil)
		if (err == nil) != tt.ok {
			t.Errorf("%s: error %v", tt.name, err)
		}
		for line := range strings.Lines(string(got)) {
			if len(line) > 1022 { // what Asterisk reads
				t.Errorf("%s: a line of %d bytes", tt.name, len(line))
			}
		}
	}
}

// asteriskSplit splits a Variable header as Asterisk's argument parser does:
// commas separate unless quoted, escaped or within parentheses; quotes and
// backslashes are removed.
func asteriskSplit(s string) (args []string) {
	var arg []byte
	var quoted bool
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			arg = append(arg, s[i])
		case c == '\\':
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted && depth == 0:
			args, arg = append(args, string(arg)), nil
		default:
			if c == '(' {
				depth++
			} else if c == ')' && depth > 0 {
				depth--
			}
			arg = append(arg, c)
		}
	}
	return append(args, string(arg))
}

func TestEscapeVariable(t *testing.T) {
	whole := func(value string) bool {
		args := asteriskSplit(EscapeVariable("__NAME", value))
		return len(args) == 1 && args[0] == "__NAME="+value
	}
	for _, v := range []string{"", "7", "a,b", `,`, `"`, `\`, `\\`, `a\`, `\,`, `","`, `a=b`, "(", ")(,", `say "hi", \o/`, "김, 李", "\xff,"} {
		if !whole(v) {
			t.Errorf("%q becomes %q, which Asterisk reads as %q", v, EscapeVariable("__NAME", v), asteriskSplit(EscapeVariable("__NAME", v)))
		}
	}
	if err := quick.Check(whole, nil); err != nil {
		t.Error(err)
	}
	// Text of just the characters that matter.
	dense := func(picks []byte) bool {
		b := make([]byte, len(picks))
		for i, p := range picks {
			b[i] = `,"\()= a`[p%8]
		}
		return whole(string(b))
	}
	if err := quick.Check(dense, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
	if got := EscapeVariable("A", "plain text-1"); got != "A=plain text-1" {
		t.Errorf("needless escaping: %q", got)
	}
}
