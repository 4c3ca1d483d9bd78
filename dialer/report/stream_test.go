package report_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/dialcamp/dialcamp/dialer/report"
)

var errFull = errors.New("no space left")

// limited fails after some bytes.
type limited struct{ left int }

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// Calls are written as they come: an export of millions must not wait for the
// last, nor hold them, and ends when nobody takes it.
func TestCallsStream(t *testing.T) {
	for _, format := range report.CallFormats {
		n := 0
		endless := func(yield func(report.Call, error) bool) {
			for yield(report.Call{ID: fmt.Sprint(n), Campaign: "spring"}, nil) {
				n++
			}
		}
		if err := report.WriteCalls(&limited{100_000}, format, endless); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", format, err)
		}
		if n == 0 || n > 5000 {
			t.Errorf("%s: %d calls were taken for 100 kB", format, n)
		}
	}
}

func TestCallsEndWithTheError(t *testing.T) {
	damaged := errors.New("damaged record")
	for _, format := range report.CallFormats {
		err := report.WriteCalls(&limited{1 << 20}, format, func(yield func(report.Call, error) bool) {
			_ = yield(report.Call{ID: "1"}, nil) && yield(report.Call{}, damaged)
		})
		if !errors.Is(err, damaged) {
			t.Errorf("%s: %v", format, err)
		}
	}
	// Of the table and the others a failed write is told as well.
	rows := build(t, typical(t), report.Query{})
	for _, format := range report.Formats {
		if err := report.Write(&limited{10}, format, rows, false); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// Whoever stops taking calls stops the store.
func TestCallsStopEarly(t *testing.T) {
	seq, err := report.Calls(typical(t), report.Query{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d calls", n)
	}
}
