package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// repeated reads like text, over and over, n bytes of it.
type repeated struct {
	text string
	n    int64
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(int64(len(p)), r.n)], r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	r.n -= int64(n)
	return n, nil
}

// TestHostileLists: a file that is no list, or no good one, is told in words, in
// little memory however large it is.
func TestHostileLists(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(`
asterisk: [{name: pbx, address: "127.0.0.1:1", username: dialcamp, secret: s}]
store: {path: dialcamp.db}
campaigns: [{name: c, queue: Camp200, lists: [{path: none.csv}]}]
`), 0o600); err != nil {
		t.Fatal(err)
	}
	blank := int64(1 << 30)
	if testing.Short() {
		blank = 64 << 20
	}
	binary := make([]byte, 1<<20)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range binary {
		binary[i] = byte(rnd.Uint32())
	}
	block := func(s string) string { return strings.Repeat(s, 64<<10) }
	for _, c := range []struct {
		name   string
		text   io.Reader
		status int
		want   string
	}{
		{"columns", strings.NewReader("phone" + strings.Repeat(",c", 9_999) + "\n1" + strings.Repeat(",", 9_999) + "\n"), 1, "more than 256 columns"},
		{"line", io.MultiReader(strings.NewReader("phone,name\n1,"), &repeated{text: block("x"), n: 100 << 20}, strings.NewReader("\n2,y\n")), 0, "line 2: the line is longer than 65536 bytes"},
		{"binary", bytes.NewReader(binary), 1, "not UTF-8"},
		{"quote", io.MultiReader(strings.NewReader("phone,name\n1,\"a\n"), &repeated{text: block("2,b\n"), n: 16 << 20}), 1, "a quoted value goes on"},
		{"blank", io.MultiReader(strings.NewReader("phone\n"), &repeated{text: block("\n"), n: blank}, strings.NewReader("1\n")), 1, "line 1000002: more than 1000000 empty lines"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(dir, c.name+".csv")
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			defer os.Remove(path)
			_, err = io.Copy(f, c.text)
			if err := errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
			for _, more := range [][]string{{"--dry-run"}, nil} {
				cmd := exec.Command("dialcamp", append([]string{"list", "import", "-c", filepath.Join(dir, "config.yaml"), "c", path}, more...)...)
				out, err := cmd.CombinedOutput()
				if cmd.ProcessState == nil {
					t.Fatal(err)
				}
				if got := cmd.ProcessState.ExitCode(); got != c.status || !strings.Contains(string(out), c.want) || len(out) > 4<<10 {
					t.Errorf("%v: status %d, not %d, and not %q in\n%.4096s", more, got, c.status, c.want, out)
				}
				const most = 128 << 10 // KiB; the program alone takes half of that under the race detector
				if used := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; used > most {
					t.Errorf("%v: %d KiB", more, used)
				}
			}
		})
	}
}
