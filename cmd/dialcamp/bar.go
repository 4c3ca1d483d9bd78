package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"
)

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// bar is a line on a terminal that tells how far a file is; elsewhere it
// is nothing.
type bar struct {
	out   io.Writer // nil: no terminal
	name  string
	size  int64
	last  time.Time
	shown bool
}

func barOn(w io.Writer) *bar {
	if !isTerminal(w) {
		w = nil
	}
	return &bar{out: w}
}

func (p *bar) begin(path string, size int64) {
	p.name, p.size, p.last = printable(filepath.Base(path)), size, time.Now()
}

// at shows how many bytes are done, ten times a second at most and nothing of
// what takes no longer.
func (p *bar) at(doing string, n int64) {
	const width, every = 30, 100 * time.Millisecond
	if p.out == nil || p.size == 0 || time.Since(p.last) < every {
		return
	}
	p.last, p.shown = time.Now(), true
	part := min(1, float64(n)/float64(p.size))
	full := int(part * width)
	fmt.Fprintf(p.out, "\r%s %s [%s%s] %3.0f %%\x1b[K", doing, p.name, strings.Repeat("#", full), strings.Repeat(".", width-full), part*100)
}

func (p *bar) clear() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}
