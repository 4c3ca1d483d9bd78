package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/dialcamp/dialcamp/dialer/report"
)

// Interrupted in the middle, an export leaves neither a file nor a part of one.
func TestInterruptedCallsLeaveNoFile(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	endless := func(yield func(report.Call, error) bool) {
		for n := 0; yield(report.Call{}, nil); n++ {
			if n == 10_000 {
				cancel()
			}
		}
	}
	dir := t.TempDir()
	sel := selection{out: filepath.Join(dir, "calls.csv")}
	err := sel.write(io.Discard, func(w io.Writer) error { return report.WriteCalls(w, "csv", until(ctx, endless)) })
	if !errors.Is(err, errInterrupted) {
		t.Errorf("%v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
