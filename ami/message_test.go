package ami

import (
	"slices"
	"strings"
	"testing"
)

func message(t testing.TB, s string) *Message {
	t.Helper()
	all, _ := readAll(strings.NewReader(s + "\n\n"))
	if len(all) != 1 {
		t.Fatalf("%q is %d frames", s, len(all))
	}
	return all[0]
}

func TestMessageKeys(t *testing.T) {
	m := message(t, "Event: OriginateResponse\nActionID: a-1\nResponse: Failure\nVariable: a=1\nvariable: b=2\nEmpty:\nraw line\nOutput: x")
	for key, want := range map[string]string{"event": "OriginateResponse", "ACTIONID": "a-1", "Variable": "a=1", "Empty": "", "None": "", "Var": ""} {
		if got := m.Get(key); got != want {
			t.Errorf("Get(%q) = %q, want %q", key, got, want)
		}
	}
	if _, ok := m.Lookup("empty"); !ok {
		t.Error("an empty value is not found")
	}
	if _, ok := m.Lookup("none"); ok {
		t.Error("a key that is not there is found")
	}
	if got := slices.Collect(m.All("VARIABLE")); !slices.Equal(got, []string{"a=1", "b=2"}) {
		t.Errorf("All: %q", got)
	}
	for v := range m.All("variable") {
		if v != "a=1" {
			t.Errorf("All went on to %q after a break", v)
		}
		break
	}
	if got := slices.Collect(m.Output()); !slices.Equal(got, []string{"raw line", "x"}) {
		t.Errorf("Output: %q", got)
	}
	if m.Len() != 8 {
		t.Errorf("Len %d", m.Len())
	}
}

// TestOddKeys: what Lookup finds is what Fields yields.
func TestOddKeys(t *testing.T) {
	m := message(t, "Event: X\na:b: 1\n:c: 2\nChanVariable(Local/9@x-0;1): A=1\nCause-txt: User busy\nAsync Key: 3\nk@: 4\nK\u212a: 5\nkey:6")
	for key, want := range map[string]string{
		"a": "b: 1", "a:b": "none", "": ":c: 2", ":c": "none", "chanvariable(local/9@X-0;1)": "A=1", "cause-TXT": "User busy",
		"async key": "3", "K`": "none", "K@": "4", "kk": "none", "Event:": "none", "event": "X", "KEY": "6", "ke": "none",
	} {
		got, ok := m.Lookup(key)
		if !ok {
			got = "none"
		}
		if got != want {
			t.Errorf("Lookup(%q) = %q, want %q", key, got, want)
		}
		if all := slices.Collect(m.All(key)); ok != (len(all) > 0) || ok && all[0] != got {
			t.Errorf("All(%q) = %q", key, all)
		}
	}
	old := message(t, "Response: Follows\nName: x\nEvent: y\n--END COMMAND--")
	if old.Get("Name") != "" || old.Event() != "" || old.Response() != "Follows" {
		t.Errorf("output is taken for headers: name %q, event %q, response %q", old.Get("Name"), old.Event(), old.Response())
	}
}

func TestParseMessageRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "unexpected EOF",
		"\r\n\r\n":                         "unexpected EOF",
		"Event: A":                         "unexpected EOF",
		"Event: A\r\nB":                    "unexpected EOF",
		"Event: A\r\n\r":                   "unexpected EOF",
		"Response: Follows\nout\n":         "unexpected EOF",
		"Response: Follows\nout\n\n":       "unexpected EOF",
		"Event: A\n\nEvent: B\n\n":         "ami: more than one frame",
		"\n\nEvent: A\r\n\r\n\r\nEvent: B": "ami: more than one frame",
	} {
		if m, err := ParseMessage(in); err == nil || err.Error() != want {
			t.Errorf("%q: %q, %v", in, m, err)
		}
	}
}

// TestEventOrResponse: a frame with both is an event.
func TestEventOrResponse(t *testing.T) {
	for in, want := range map[string][2]string{
		"Event: OriginateResponse\nResponse: Failure": {"OriginateResponse", ""},
		"Response: Failure\nEvent: OriginateResponse": {"OriginateResponse", ""},
		"Response: Success\nMessage: ok":              {"", "Success"},
		"response: Error":                             {"", "Error"},
		"Message: neither":                            {"", ""},
		"Event: \nResponse: Success":                  {"", "Success"},
	} {
		m := message(t, in)
		if got := [2]string{m.Event(), m.Response()}; got != want {
			t.Errorf("%q: event and response %q, want %q", in, got, want)
		}
	}
}

func TestInt(t *testing.T) {
	for in, want := range map[string]int{"17": 17, "-1": -1, "0": 0, "": 0, "x": 0, "1.5": 0, " 4": 0, "99999999999999999999": 0, "-99999999999999999999": 0} {
		if got := message(t, "Event: X\nN: "+in).Int("N"); got != want {
			t.Errorf("Int of %q is %d", in, got)
		}
	}
	if message(t, "Event: X").Int("N") != 0 {
		t.Error("Int of a key that is not there")
	}
}

func TestEveryFieldCount(t *testing.T) {
	// Frames of different sizes are allocated differently.
	for n := 1; n < 70; n++ {
		m := message(t, strings.TrimSpace(manyFields(n)))
		if m.Len() != n || len(fieldsOf(m)) != n || m.Event() != "X" {
			t.Errorf("%d fields became %d", n, m.Len())
		}
	}
}
