package pacing

import (
	"math/rand"
	"slices"
	"testing"
)

func turnsOf(weights ...int) []*Turn {
	var all []*Turn
	for _, w := range weights {
		all = append(all, &Turn{Weight: w})
	}
	return all
}

func TestShare(t *testing.T) {
	for _, tt := range []struct {
		n    int
		want []int
		got  []int
	}{
		{0, []int{1, 1}, []int{0, 0}},
		{-1, []int{1, 1}, []int{0, 0}},
		{5, nil, []int{}},
		{5, []int{0, 0}, []int{0, 0}},
		{3, []int{9, 9}, []int{2, 1}},
		{9, []int{1, 9, 9}, []int{1, 4, 4}},
		{2, []int{0, 9, 9}, []int{0, 1, 1}},
		{100, []int{3, 4}, []int{3, 4}},
	} {
		if got := Share(tt.n, tt.want, turnsOf(make([]int, len(tt.want))...)); !slices.Equal(got, tt.got) {
			t.Errorf("Share(%d, %v) = %v, want %v", tt.n, tt.want, got, tt.got)
		}
	}
}

// TestShareBounds: never more than anybody wants or there is, all of it if it is
// wanted, and of equals nobody gets two more than one who wanted more.
func TestShareBounds(t *testing.T) {
	for seed := range int64(5000) {
		rnd := rand.New(rand.NewSource(seed))
		want := make([]int, rnd.Intn(6))
		wanted := 0
		for i := range want {
			want[i] = rnd.Intn(12)
			wanted += want[i]
		}
		n := rnd.Intn(40)
		got := Share(n, want, turnsOf(make([]int, len(want))...))
		sum := 0
		for i := range got {
			sum += got[i]
			if got[i] < 0 || got[i] > want[i] {
				t.Fatalf("seed %d: Share(%d, %v) = %v", seed, n, want, got)
			}
			for j := range got {
				if got[i] > got[j]+1 && got[j] < want[j] {
					t.Fatalf("seed %d: Share(%d, %v) = %v: %d and %d", seed, n, want, got, i, j)
				}
			}
		}
		if sum != min(n, wanted) {
			t.Fatalf("seed %d: Share(%d, %v) = %v gives %d", seed, n, want, got, sum)
		}
	}
}

// TestShareOverTime: with a few agents at a time, whatever each could use, what
// campaigns get is in proportion to their weights.
func TestShareOverTime(t *testing.T) {
	turns := turnsOf(3, 1, 2)
	sum := make([]int, 3)
	for range 600 {
		for i, n := range Share(1, []int{9, 9, 9}, turns) {
			sum[i] += n
		}
	}
	if !slices.Equal(sum, []int{300, 100, 200}) {
		t.Error(sum)
	}
	// One that wanted nothing for a while does not make up for it.
	turns = turnsOf(1, 1)
	for range 100 {
		Share(1, []int{9, 0}, turns)
	}
	if got := Share(10, []int{9, 9}, turns); !slices.Equal(got, []int{5, 5}) {
		t.Errorf("%v after an idle time", got)
	}
}

// TestSharePriority: a lower priority gets what a higher one leaves.
func TestSharePriority(t *testing.T) {
	turns := []*Turn{{Weight: 9}, {Priority: 5}, {Priority: 5, Weight: 3}}
	if got := Share(10, []int{9, 2, 9}, turns); !slices.Equal(got, []int{0, 2, 8}) {
		t.Errorf("%v", got)
	}
	if got := Share(4, []int{9, 0, 1}, turns); !slices.Equal(got, []int{3, 0, 1}) {
		t.Errorf("%v", got)
	}
}

// TestShareUnused: what a campaign could not use does not count as its own.
func TestShareUnused(t *testing.T) {
	turns := turnsOf(1, 1)
	for range 50 {
		got := Share(1, []int{9, 9}, turns)
		if got[0] != 1 {
			t.Fatal(got)
		}
		turns[0].Unused(1)
	}
}
