package ami

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// sized returns a frame of one header whose text is n bytes, line end included.
func sized(n int) string {
	const key = "Event: "
	return key + strings.Repeat("x", n-len(key)-1) + "\r\n\r\n"
}

func manyFields(n int) string {
	return "Event: X\r\n" + strings.Repeat("a: b\r\n", n-1) + "\r\n"
}

// follows returns a reply to Command whose text is n bytes.
func follows(n int) string {
	const head, tail = "Response: Follows\n", "\n--END COMMAND--\n"
	line := strings.Repeat("y", 1000) + "\n\n"
	body := strings.Repeat(line, (n-len(head)-len(tail))/len(line)+1)
	return head + body[:n-len(head)-len(tail)] + tail + "\r\n"
}

func TestFrameLimits(t *testing.T) {
	const half = MaxFrameBytes / 2
	for _, tt := range []struct {
		name, in string
		ok       bool
	}{
		{"a line at the limit", sized(MaxFrameBytes), true},
		{"a line beyond the limit", sized(MaxFrameBytes + 1), false},
		{"a line far beyond the limit", sized(3 * MaxFrameBytes), false},
		{"lines at the limit", strings.TrimSuffix(sized(half), "\r\n") + sized(half), true},
		{"lines beyond the limit", strings.TrimSuffix(sized(half), "\r\n") + sized(half+1), false},
		{"blanks beyond the limit", strings.TrimSuffix(sized(half), "\r\n") + "a: " + strings.Repeat("\r", half+1) + "b\r\n\r\n", false},
		{"blanks far beyond the limit", "Event: A\r\na: " + strings.Repeat("\r", 3*MaxFrameBytes) + "\r\n\r\n", false},
		{"fields at the limit", manyFields(MaxFrameFields), true},
		{"fields beyond the limit", manyFields(MaxFrameFields + 1), false},
		{"fields at the limit, one long", "K: " + strings.Repeat("x", 3*lineMax) + "\r\n" + manyFields(MaxFrameFields-1), true},
		{"fields beyond the limit, one long", "K: " + strings.Repeat("x", 3*lineMax) + "\r\n" + manyFields(MaxFrameFields), false},
		{"fields far beyond the limit", manyFields(10 * MaxFrameFields), false},
		{"old output at the limit", follows(MaxFrameBytes), true},
		{"old output beyond the limit", follows(MaxFrameBytes + 1), false},
		{"old output far beyond the limit", follows(3 * MaxFrameBytes), false},
		{"old output of too many lines", "Response: Follows\r\n" + strings.Repeat("\n", MaxFrameFields) + "--END COMMAND--\r\n\r\n", false},
		{"an old output line beyond the limit", "Response: Follows\r\n" + strings.Repeat("z", 2*MaxFrameBytes) + "\n\nEvent: no\n--END COMMAND--\r\n\r\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// The next frame is found whatever became of this one.
			r := NewReader(strings.NewReader(tt.in + "\r\nEvent: Next\r\n\r\n"))
			m, err := r.ReadMessage()
			if tt.ok && err != nil || !tt.ok && !errors.Is(err, ErrFrameTooLarge) {
				t.Fatalf("error %v", err)
			}
			if c := cap(r.buf); c > 2*MaxFrameBytes {
				t.Errorf("the reader holds %d bytes", c)
			}
			if tt.ok {
				checkRoundTrip(t, m)
			}
			if _, err := ParseMessage(tt.in); tt.ok != (err == nil) || !tt.ok && !errors.Is(err, ErrFrameTooLarge) {
				t.Errorf("ParseMessage: %v", err)
			}
			if m, err = r.ReadMessage(); err != nil || m.Event() != "Next" || m.Len() != 1 {
				t.Fatalf("then %v, %v", m, err)
			}
			if m, err = r.ReadMessage(); err != io.EOF {
				t.Fatalf("then %v, %v", m, err)
			}
			if c := cap(r.buf); c > keepBytes {
				t.Errorf("the reader keeps %d bytes", c)
			}
			if c := cap(r.lines); c > keepLines {
				t.Errorf("the reader keeps room for %d lines", c)
			}
		})
	}
}

// TestLineEndAcrossReads puts the end of a line that is skipped around the end
// of the reader's buffer: it is no blank line.
func TestLineEndAcrossReads(t *testing.T) {
	for length := MaxFrameBytes; length <= MaxFrameBytes+3*readBytes; length += readBytes {
		for shift := -3; shift <= 3; shift++ {
			r := NewReader(strings.NewReader(strings.Repeat("x", length+shift) + "\r\nMore: y\r\n\r\nEvent: Next\r\n\r\n"))
			if _, err := r.ReadMessage(); !errors.Is(err, ErrFrameTooLarge) {
				t.Fatalf("%d+%d: %v", length, shift, err)
			}
			if m, err := r.ReadMessage(); err != nil || m.Event() != "Next" {
				t.Fatalf("%d+%d: then %v, %v", length, shift, m, err)
			}
		}
	}
}

// TestEndMarkerAcrossReads puts the end marker of an output that is skipped at
// every place of the reader's buffer.
func TestEndMarkerAcrossReads(t *testing.T) {
	for shift := range len(endCommand) + 4 {
		in := "Response: Follows\r\n" + strings.Repeat("z", MaxFrameBytes+2*readBytes-shift) + endCommand + "\r\n\r\nEvent: Next\r\n\r\n"
		r := NewReader(strings.NewReader(in))
		if _, err := r.ReadMessage(); !errors.Is(err, ErrFrameTooLarge) {
			t.Fatalf("shift %d: %v", shift, err)
		}
		if m, err := r.ReadMessage(); err != nil || m.Event() != "Next" {
			t.Fatalf("shift %d: then %v, %v", shift, m, err)
		}
	}
}

func TestTooLargeAndCut(t *testing.T) {
	for _, in := range []string{
		strings.Repeat("x", MaxFrameBytes+100000),
		strings.TrimSuffix(sized(MaxFrameBytes+1), "\r\n"),
		strings.TrimSuffix(manyFields(MaxFrameFields+1), "\r\n"),
		"Response: Follows\n" + strings.Repeat("x", 2*MaxFrameBytes) + "\n\n",
	} {
		if m, err := NewReader(strings.NewReader(in)).ReadMessage(); err != io.ErrUnexpectedEOF {
			t.Errorf("%d bytes: %v, %v", len(in), m, err)
		}
	}
}
