package store

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// TestSorter: keys come out in their order and equal ones by their values, be
// they one run in memory or many in a file, and as often as one asks.
func TestSorter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, runBytes := range []int{0, 1, 200, 5000} {
		for _, n := range []int{0, 1, 7, 1000} {
			dir := t.TempDir()
			s := sorter{dir: dir, runBytes: runBytes}
			var want []sortKey
			for i := range n {
				key := bytes.Repeat([]byte{byte(rnd.IntN(3))}, rnd.IntN(12))
				if i%3 == 0 {
					key = fmt.Appendf(nil, "01012345678%d", rnd.IntN(1000))
				}
				want = append(want, sortKey{key, uint32(i)})
				if err := s.add(key, uint32(i)); err != nil {
					t.Fatal(err)
				}
			}
			slices.SortFunc(want, func(a, b sortKey) int {
				return cmp.Or(bytes.Compare(a.key, b.key), cmp.Compare(a.value, b.value))
			})
			for range 2 {
				i := 0
				for k, err := range s.sorted() {
					if err != nil || i == n || !bytes.Equal(k.key, want[i].key) || k.value != want[i].value {
						t.Fatalf("%d of %d in runs of %d: %q, %d, %v", i, n, runBytes, k.key, k.value, err)
					}
					i++
				}
				if i != n {
					t.Fatalf("%d of %d in runs of %d", i, n, runBytes)
				}
			}
			if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
				t.Fatal("a file is left where a crash would leave it", files, err)
			}
			if err := s.close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
