package ami

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// captures are sessions with the lab's servers, trimmed to a few frames a kind.
func captures(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/asterisk*.txt")
	if err != nil || len(names) < 3 {
		t.Fatalf("captures: %q, %v", names, err)
	}
	return names
}

// naiveFrames splits a capture without the Reader.
func naiveFrames(capture []byte) []string {
	_, rest, _ := strings.Cut(string(capture), "\r\n")
	rest = strings.ReplaceAll(rest, "\r\n", "\n")
	return slices.DeleteFunc(strings.Split(rest, "\n\n"), func(f string) bool { return strings.Trim(f, "\n") == "" })
}

func TestReplay(t *testing.T) {
	defer func(l *time.Location) { time.Local = l }(time.Local)
	time.Local = time.UTC // the golden files hold times
	for _, name := range captures(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			capture, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			r := NewReader(bytes.NewReader(capture))
			version, err := r.ReadBanner()
			if err != nil {
				t.Fatal(err)
			}
			golden := fmt.Sprintf("version %s\n", version)
			want := naiveFrames(capture)
			n := 0
			for ; ; n++ {
				m, err := r.ReadMessage()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if n < len(want) && m.String() != strings.Trim(want[n], "\n")+"\n" {
					t.Fatalf("frame %d:\n got %q\nwant %q", n, m, want[n])
				}
				checkRoundTrip(t, m)
				golden += typedLine(t, m)
			}
			if n != len(want) {
				t.Fatalf("%d frames, the capture has %d", n, len(want))
			}
			compareGolden(t, strings.TrimSuffix(name, ".txt")+".golden", golden)
		})
	}
}

// typedLine describes what ParseEvent makes of m.
func typedLine(t *testing.T, m *Message) string {
	e := ParseEvent(m)
	if e == nil {
		return fmt.Sprintf("%s %s %q\n", m.Response(), m.ActionID(), m.Get("Message"))
	}
	if e.Raw() != m {
		t.Errorf("%T.Raw is another frame", e)
	}
	if _, ok := e.(*Other); ok {
		return "Other " + m.Event() + "\n"
	}
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%T %s\n", e, b)
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Fatalf("%s, line %d: got\n%s\nwant\n%s", name, i+1, strings.Join(g[min(i, len(g)):min(i+1, len(g))], ""), strings.Join(w[min(i, len(w)):min(i+1, len(w))], ""))
		}
	}
}
