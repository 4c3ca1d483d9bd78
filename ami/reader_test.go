package ami

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// frame is a list of keys and values, as Message.Fields yields them.
type frame []Header

func fieldsOf(m *Message) frame {
	var f frame
	for k, v := range m.Fields() {
		f = append(f, Header{k, v})
	}
	return f
}

// readAll reads to the first error but ErrFrameTooLarge.
func readAll(r io.Reader) (all []*Message, err error) {
	rd := NewReader(r)
	for {
		m, err := rd.ReadMessage()
		switch {
		case errors.Is(err, ErrFrameTooLarge):
		case err != nil:
			return all, err
		default:
			all = append(all, m)
		}
	}
}

var torture = []struct {
	name string
	in   string
	want []frame
	err  error // default io.EOF
}{
	{name: "one", in: "Event: Hangup\r\nCause: 16\r\n\r\n",
		want: []frame{{{"Event", "Hangup"}, {"Cause", "16"}}}},
	{name: "bare newlines", in: "Event: Hangup\nCause: 16\n\n",
		want: []frame{{{"Event", "Hangup"}, {"Cause", "16"}}}},
	{name: "mixed line ends", in: "Event: Hangup\r\nCause: 16\n\r\nEvent: B\n\n",
		want: []frame{{{"Event", "Hangup"}, {"Cause", "16"}}, {{"Event", "B"}}}},
	{name: "doubled CR", in: "Event: Hangup\r\r\n\r\r\nEvent: B\r\n\r\n",
		want: []frame{{{"Event", "Hangup"}}, {{"Event", "B"}}}},
	{name: "CR within a value", in: "Event: A\rB\r\n\r\n",
		want: []frame{{{"Event", "A\rB"}}}},
	{name: "stray blank lines", in: "\r\n\n\r\nEvent: A\r\n\r\n\r\n\r\n\nEvent: B\r\n\r\n\r\n",
		want: []frame{{{"Event", "A"}}, {{"Event", "B"}}}},
	{name: "only blank lines", in: "\r\n\r\n\n\n"},
	{name: "nothing", in: ""},
	{name: "odd keys", in: "Event: Status\r\nChanVariable(Local/9@x-0;1): A=1\r\nCause-txt: User busy\r\nAsync Key: 1\r\n\r\n",
		want: []frame{{{"Event", "Status"}, {"ChanVariable(Local/9@x-0;1)", "A=1"}, {"Cause-txt", "User busy"}, {"Async Key", "1"}}}},
	{name: "repeated keys", in: "Event: X\r\nVariable: a=1\r\nVariable: b=2\r\nvariable: c=3\r\n\r\n",
		want: []frame{{{"Event", "X"}, {"Variable", "a=1"}, {"Variable", "b=2"}, {"variable", "c=3"}}}},
	{name: "colons in a value", in: "Event: X\r\nTime: 01:02:03\r\nURI: sip:a@b:5060\r\n\r\n",
		want: []frame{{{"Event", "X"}, {"Time", "01:02:03"}, {"URI", "sip:a@b:5060"}}}},
	{name: "spaces around a value", in: "Event:  two\r\nA:none\r\nB: tail \r\nC:\r\nD: \r\nE:\tt\r\n\r\n",
		want: []frame{{{"Event", " two"}, {"A", "none"}, {"B", "tail "}, {"C", ""}, {"D", ""}, {"E", "\tt"}}}},
	{name: "lines without a colon", in: "Response: Success\r\nno colon here\r\n:leading\r\n \r\n\r\n",
		want: []frame{{{"Response", "Success"}, {"", "no colon here"}, {"", ":leading"}, {"", " "}}}},
	{name: "bytes that are no UTF-8", in: "Event: \xb1\xe8\r\n\x00: \x1b[0m\r\n\r\n",
		want: []frame{{{"Event", "\xb1\xe8"}, {"\x00", "\x1b[0m"}}}},
	{name: "new Command", in: "Response: Success\r\nMessage: Command output follows\r\nOutput: a: b\r\nOutput: \r\nOutput:  c\r\n\r\n",
		want: []frame{{{"Response", "Success"}, {"Message", "Command output follows"}, {"Output", "a: b"}, {"Output", ""}, {"Output", " c"}}}},
	{name: "old Command", in: "Response: Follows\r\nPrivilege: Command\r\nActionID: 7\r\nAsterisk 11.25\n--END COMMAND--\r\n\r\nEvent: A\r\n\r\n",
		want: []frame{{{"Response", "Follows"}, {"Privilege", "Command"}, {"ActionID", "7"}, {"", "Asterisk 11.25"}}, {{"Event", "A"}}}},
	{name: "old Command, blank lines and colons in its output",
		in:   "Response: Follows\r\nPrivilege: Command\r\nActionID: 7\r\n\nName: x\n\nEvent: y\nPrivilege: call\nActionID: 8\n\n--END COMMAND--\r\n\r\nEvent: A\r\n\r\n",
		want: []frame{{{"Response", "Follows"}, {"Privilege", "Command"}, {"ActionID", "7"}, {"", ""}, {"", "Name: x"}, {"", ""}, {"", "Event: y"}, {"", "Privilege: call"}, {"", "ActionID: 8"}, {"", ""}}, {{"Event", "A"}}}},
	{name: "old Command, output that begins like a header",
		in:   "Response: Follows\r\nPrivilege: Command\r\nActionID: 7\r\nActionID: 9\n--END COMMAND--\r\n\r\n",
		want: []frame{{{"Response", "Follows"}, {"Privilege", "Command"}, {"ActionID", "7"}, {"", "ActionID: 9"}}}},
	{name: "old Command without Privilege",
		in:   "Response: Follows\r\nActionID: 7\r\nPrivilege: of output\r\n--END COMMAND--\r\n\r\n",
		want: []frame{{{"Response", "Follows"}, {"ActionID", "7"}, {"", "Privilege: of output"}}}},
	{name: "old Command, no newline before the marker", in: "Response: Follows\r\nActionID: 7\r\nlast line--END COMMAND--\r\n\r\nEvent: A\r\n\r\n",
		want: []frame{{{"Response", "Follows"}, {"ActionID", "7"}, {"", "last line"}}, {{"Event", "A"}}}},
	{name: "old Command, no output", in: "Response: Follows\r\nPrivilege: Command\r\n--END COMMAND--\r\n\r\n",
		want: []frame{{{"Response", "Follows"}, {"Privilege", "Command"}}}},
	{name: "Follows elsewhere is an ordinary value", in: "ActionID: 7\r\nResponse: Follows\r\n\r\nEvent: A\r\n\r\n",
		want: []frame{{{"ActionID", "7"}, {"Response", "Follows"}}, {{"Event", "A"}}}},
	{name: "a frame that Asterisk cut, and went on", in: "Event: A\r\nChanEvent: B\r\nX: 1\r\n\r\nnt: C\r\n\r\nEvent: D\r\n\r\n",
		want: []frame{{{"Event", "A"}, {"ChanEvent", "B"}, {"X", "1"}}, {{"nt", "C"}}, {{"Event", "D"}}}},
	{name: "a bare CR is no line end", in: "Event: A\rB: c\r\rD\r\n\r\r\n",
		want: []frame{{{"Event", "A\rB: c\r\rD"}}}},
	{name: "NUL bytes", in: "Event: A\x00\r\nB\x00: \x00\r\n\x00\r\n\r\n",
		want: []frame{{{"Event", "A\x00"}, {"B\x00", "\x00"}, {"", "\x00"}}}},
	{name: "bytes next to LF", in: "Event: \v\t\x8a\x0b\n\v\v\v\v\v\v\v\v\v: \v\n\x0b\n\n\vEvent: B\n\n",
		want: []frame{{{"Event", "\v\t\x8a\x0b"}, {"\v\v\v\v\v\v\v\v\v", "\v"}, {"", "\v"}}, {{"\vEvent", "B"}}}},
	{name: "cut within a line", in: "Event: A\r\n\r\nEvent: B\r\nCau",
		want: []frame{{{"Event", "A"}}}, err: io.ErrUnexpectedEOF},
	{name: "cut between lines", in: "Event: B\r\n", err: io.ErrUnexpectedEOF},
	{name: "cut in the first line", in: "E", err: io.ErrUnexpectedEOF},
	{name: "cut within the blank line", in: "Event: B\r\n\r", err: io.ErrUnexpectedEOF},
	{name: "cut in old output", in: "Response: Follows\r\nout\n\n", err: io.ErrUnexpectedEOF},
}

func TestReadMessage(t *testing.T) {
	for _, tt := range torture {
		t.Run(tt.name, func(t *testing.T) {
			if tt.err == nil {
				tt.err = io.EOF
			}
			for _, in := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in)), iotest.DataErrReader(strings.NewReader(tt.in))} {
				got, err := readAll(in)
				if err != tt.err {
					t.Errorf("error %v, want %v", err, tt.err)
				}
				if len(got) != len(tt.want) {
					t.Fatalf("%d frames, want %d: %q", len(got), len(tt.want), got)
				}
				for i, m := range got {
					if f := fieldsOf(m); !slices.Equal(f, tt.want[i]) {
						t.Errorf("frame %d:\n got %q\nwant %q", i, f, tt.want[i])
					}
					checkRoundTrip(t, m)
				}
			}
		})
	}
}

// checkRoundTrip reads what m.String writes.
func checkRoundTrip(t *testing.T, m *Message) {
	t.Helper()
	again, err := readAll(strings.NewReader(m.String() + "\n"))
	if err != io.EOF || len(again) != 1 {
		t.Fatalf("%q is read as %d frames, %v", m, len(again), err)
	}
	if again[0].String() != m.String() || !slices.Equal(fieldsOf(again[0]), fieldsOf(m)) {
		t.Fatalf("%q with %q is read back as %q with %q", m, fieldsOf(m), again[0], fieldsOf(again[0]))
	}
	for _, s := range []string{m.String(), m.String() + "\n", "\n\r\n" + m.String() + "\r\n\n\r\n"} {
		if p, err := ParseMessage(s); err != nil || p.String() != m.String() || !slices.Equal(fieldsOf(p), fieldsOf(m)) {
			t.Fatalf("ParseMessage(%q): %q, %v", s, p, err)
		}
	}
}

// TestEveryLineLength puts line ends at every place of what is looked at together.
func TestEveryLineLength(t *testing.T) {
	for _, fill := range []string{"x", "\v", "\t", "\x8a", "\x00", "\xff", "\r."} {
		for n := range 150 {
			a, b := strings.Repeat(fill, n)+".", strings.Repeat(fill, 150-n)+"."
			all, err := readAll(strings.NewReader("K: " + a + "\n" + b + ": " + a + "\r\nK: " + b + "\n\r\nEvent: Next\n\n"))
			if err != io.EOF || len(all) != 2 || !slices.Equal(fieldsOf(all[0]), frame{{"K", a}, {b, a}, {"K", b}}) || all[1].Event() != "Next" {
				t.Fatalf("%q of %d: %q, %v", fill, n, all, err)
			}
		}
	}
}

// TestLongLines are those whose length takes more than one entry of the table.
func TestLongLines(t *testing.T) {
	for _, around := range []int{lineMax, 2 * lineMax, 3 * lineMax} {
		for n := around - 4; n <= around+4; n++ {
			long := strings.Repeat("x", n-len("K: \r\n"))
			m := message(t, "Event: A\r\nK: "+long+"\r\nLast: 1\r\n")
			if m.Get("Event") != "A" || m.Get("K") != long || m.Get("Last") != "1" || m.Len() != 3 {
				t.Fatalf("a line of %d: %d fields, %d, last %q", n, m.Len(), len(m.Get("K")), m.Get("Last"))
			}
			m = message(t, "Response: Follows\n"+long+"K: \n\n"+long+endCommand+"\nK: 1")
			if got, want := fieldsOf(m), (frame{{"Response", "Follows"}, {"", long + "K: "}, {"", ""}, {"", long}, {"K", "1"}}); !slices.Equal(got, want) || m.Get("K") != "1" {
				t.Fatalf("output of a line of %d: %d fields, K %q", n, len(got), m.Get("K"))
			}
			checkRoundTrip(t, m)
		}
	}
}

func TestReadMessageKeepsTheStreamsError(t *testing.T) {
	_, err := readAll(io.MultiReader(strings.NewReader("Event: A\r\n"), iotest.ErrReader(io.ErrClosedPipe)))
	if err != io.ErrClosedPipe {
		t.Errorf("error %v", err)
	}
}

func TestMessageOutlivesTheReadersBuffer(t *testing.T) {
	all, _ := readAll(strings.NewReader("Event: A\r\nX: 1\r\n\r\n" + strings.Repeat("Event: B\r\nY: 2\r\n\r\n", 10000)))
	if got := all[0].String(); got != "Event: A\nX: 1\n" || all[0].Get("X") != "1" {
		t.Errorf("the first of %d frames became %q", len(all), got)
	}
}
