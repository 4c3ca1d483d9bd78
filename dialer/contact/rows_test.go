package contact

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
)

// mixed is a list of n rows, every seventh with a bad number and every eleventh
// with a column too many.
func mixed(n int) string {
	var b strings.Builder
	b.WriteString("number,key\n")
	for i := range n {
		switch {
		case i%7 == 3:
			fmt.Fprintf(&b, "010-12,%d\n", i)
		case i%11 == 5:
			fmt.Fprintf(&b, "010-1234-5678,%d,x\n", i)
		default:
			fmt.Fprintf(&b, "010-%04d-%04d,%d\n", 2000+i/10000, i%10000, i)
		}
	}
	return b.String()
}

// All gives what Next gives, in its order, though it works on every core.
func TestAllIsNext(t *testing.T) {
	for _, n := range []int{0, 1, rowsTogether - 1, rowsTogether, rowsTogether + 1, 5000} {
		for _, region := range []string{"", "KR"} {
			opt := Options{Plan: Plan{Region: region}}
			synctest.Test(t, func(t *testing.T) { // no goroutine is left behind
				wantRows, wantBad, err := readAll(t, open(t, mixed(n), opt))
				if err != nil {
					t.Fatal(err)
				}
				var rows []Row
				var bad []*RowError
				for row, err := range open(t, mixed(n), opt).All() {
					if re, ok := errors.AsType[*RowError](err); ok {
						bad = append(bad, re)
					} else if err != nil {
						t.Fatal(err)
					} else {
						rows = append(rows, row)
					}
				}
				if !reflect.DeepEqual(rows, wantRows) || !reflect.DeepEqual(bad, wantBad) {
					t.Errorf("%d rows of region %q: %d and %d refused, not %d and %d", n, region, len(rows), len(bad), len(wantRows), len(wantBad))
				}
			})
		}
	}
}

func TestAllEndsAtAnError(t *testing.T) {
	broken := errors.New("broken")
	for _, region := range []string{"", "KR"} {
		src := io.MultiReader(strings.NewReader(mixed(6000)), iotest.ErrReader(broken))
		r, err := NewReader(src, Options{Plan: Plan{Region: region}})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		var last error
		for _, last = range r.All() {
			n++
		}
		if !errors.Is(last, broken) || n != 6001 {
			t.Errorf("region %q: %d rows, the last error %v", region, n, last)
		}
	}
}

// Whoever has seen enough may leave.
func TestAllLeft(t *testing.T) {
	for _, after := range []int{1, rowsTogether, 3 * rowsTogether} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			for range open(t, mixed(20_000), Options{Plan: Plan{Region: "KR"}}).All() {
				if n++; n == after {
					break
				}
			}
			if n != after {
				t.Errorf("%d rows, not %d", n, after)
			}
		})
	}
}

func BenchmarkAllOfRegion(b *testing.B) {
	text := mixed(20_000)
	for b.Loop() {
		r, err := NewReader(strings.NewReader(text), Options{Plan: Plan{Region: "KR"}})
		if err != nil {
			b.Fatal(err)
		}
		for range r.All() {
		}
	}
	b.ReportMetric(float64(b.N)*20_000/b.Elapsed().Seconds(), "rows/s")
}
