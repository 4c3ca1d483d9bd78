package bench

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// capture is a session with a real server, without its greeting.
type capture struct {
	name   string
	text   string
	frames []string // of text, each with its empty line
	events int      // of them
}

// captures reads those of the parent package, wherever the test was started.
func captures(t testing.TB) (all []capture) {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	names, err := filepath.Glob(filepath.Join(filepath.Dir(here), "../testdata/asterisk*.txt"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(string(b), "\r\n")
		c := capture{name: strings.TrimSuffix(filepath.Base(name), ".txt")}
		for f := range strings.SplitAfterSeq(text, "\r\n\r\n") {
			if strings.Trim(f, "\r\n") == "" {
				continue
			}
			if !strings.HasSuffix(f, "\r\n\r\n") {
				t.Fatalf("%s ends within a frame", name)
			}
			c.frames = append(c.frames, f)
			if strings.HasPrefix(f, "Event: ") {
				c.events++
			}
		}
		c.text = strings.Join(c.frames, "")
		all = append(all, c)
	}
	return all
}
