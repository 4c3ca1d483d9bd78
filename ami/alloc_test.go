package ami

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// endless repeats data.
type endless struct {
	data []byte
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.at == len(e.data) {
		e.at = 0
	}
	n := copy(p, e.data[e.at:])
	e.at += n
	return n, nil
}

// stream is the answered-call capture without its greeting.
func stream(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/asterisk22-answered.txt")
	if err != nil {
		t.Fatal(err)
	}
	return b[bytes.IndexByte(b, '\n')+1:]
}

func TestReadMessageAllocates(t *testing.T) {
	r := NewReader(&endless{data: stream(t)})
	n := 0
	for n < 100 { // grow the buffers
		if _, err := r.ReadMessage(); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if a := testing.AllocsPerRun(5, func() {
		for range 1000 {
			r.ReadMessage()
		}
	}); a > 2020 { // two a frame; the runtime, and what other tests left behind, may make a few
		t.Errorf("%v allocations in 1000 frames", a)
	}
}

func TestParseMessageAllocates(t *testing.T) {
	frame := "Event: Hangup\r\n" + strings.Repeat("Key: value\r\n", 40) + "\r\n"
	if a := testing.AllocsPerRun(100, func() { ParseMessage(frame) }); a != 1 {
		t.Errorf("%v allocations", a)
	}
}

func TestGetAllocates(t *testing.T) {
	m := message(t, "Event: Hangup\nPrivilege: call,all\nChannel: PJSIP/a-1\nCause: 16\nCause-txt: Normal Clearing")
	if a := testing.AllocsPerRun(100, func() {
		if m.Get("cause") != "16" || m.Int("Cause") != 16 || m.Event() != "Hangup" || m.Get("None") != "" {
			t.Fail()
		}
		for range m.Fields() {
		}
		for range m.All("Cause") {
		}
	}); a != 0 {
		t.Errorf("%v allocations", a)
	}
}

func BenchmarkReadMessage(b *testing.B) {
	data := stream(b)
	frames := bytes.Count(data, []byte("\r\n\r\n"))
	r := NewReader(&endless{data: data})
	b.SetBytes(int64(len(data) / frames))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.ReadMessage(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseEvent(b *testing.B) {
	all, _ := readAll(bytes.NewReader(stream(b)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		ParseEvent(all[i%len(all)])
		i++
	}
}

func BenchmarkParseMessage(b *testing.B) {
	frames := strings.SplitAfter(string(stream(b)), "\r\n\r\n")
	frames = frames[:len(frames)-1]
	b.SetBytes(int64(len(stream(b)) / len(frames)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := ParseMessage(frames[i%len(frames)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
