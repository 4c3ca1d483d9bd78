package pacing

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"
	"time"
)

func TestSupplyFree(t *testing.T) {
	for _, tt := range []struct {
		s    Supply
		want int
	}{
		{Supply{}, 0},
		{Supply{Available: 3}, 3},
		{Supply{Available: 3, Callers: 1}, 2},
		{Supply{Available: 3, Callers: 1, Offered: 1}, 3},
		{Supply{Available: 3, Callers: 1, Offered: 2}, 3}, // never more than there are
		{Supply{Available: 3, Callers: 3, Offered: 1}, 1},
		{Supply{Available: 3, Wrapup: 2}, 1},
		{Supply{Available: 3, OnTheWay: 2}, 1},
		{Supply{Available: 3, Callers: 2, Offered: 1, Wrapup: 1, OnTheWay: 1}, 0},
		{Supply{Available: 3, Callers: 9}, 0},
		{Supply{Callers: 9, Wrapup: 9, OnTheWay: 9}, 0},
	} {
		if got := tt.s.Free(); got != tt.want {
			t.Errorf("%+v: %d free, want %d", tt.s, got, tt.want)
		}
		if want := fmt.Sprintf("%d free = ", tt.want); tt.s.String()[:len(want)] != want {
			t.Errorf("%+v: %s", tt.s, tt.s)
		}
	}
}

// TestSupplyIsMonotone: one more agent never means fewer calls, one more need
// of agents never more; and no step counts for more than one.
func TestSupplyIsMonotone(t *testing.T) {
	for n := range 5 * 5 * 5 * 5 * 5 {
		s := Supply{n % 5, n / 5 % 5, n / 25 % 5, n / 125 % 5, n / 625 % 5}
		free := s.Free()
		if free < 0 || free > s.Available {
			t.Fatalf("%+v: %d", s, free)
		}
		for name, step := range map[string]struct {
			s    Supply
			more bool
		}{
			"available": {Supply{s.Available + 1, s.Callers, s.Offered, s.Wrapup, s.OnTheWay}, true},
			"callers":   {Supply{s.Available, s.Callers + 1, s.Offered, s.Wrapup, s.OnTheWay}, false},
			"offered":   {Supply{s.Available, s.Callers, s.Offered + 1, s.Wrapup, s.OnTheWay}, true},
			"wrapup":    {Supply{s.Available, s.Callers, s.Offered, s.Wrapup + 1, s.OnTheWay}, false},
			"ontheway":  {Supply{s.Available, s.Callers, s.Offered, s.Wrapup, s.OnTheWay + 1}, false},
		} {
			d := step.s.Free() - free
			if step.more && (d < 0 || d > 1) || !step.more && (d > 0 || d < -1) {
				t.Fatalf("%+v: one more %s changes %d free to %d", s, name, free, step.s.Free())
			}
		}
	}
}

func claimants(want ...int) []Claimant {
	c := make([]Claimant, len(want))
	for i, n := range want {
		c[i].Want = n
	}
	return c
}

func TestShare(t *testing.T) {
	for _, tt := range []struct {
		free int
		want []int
		got  []int
	}{
		{0, []int{1, 1}, []int{0, 0}},
		{-1, []int{1, 1}, []int{0, 0}},
		{5, nil, []int{}},
		{5, []int{0, 0}, []int{0, 0}},
		{3, []int{9, 9}, []int{2, 1}},
		{9, []int{1, 9, 9}, []int{1, 4, 4}},
		{100, []int{3, 4}, []int{3, 4}},
	} {
		if got := Share(tt.free, claimants(tt.want...)); !slices.Equal(got, tt.got) {
			t.Errorf("Share(%d, %v) = %v, want %v", tt.free, tt.want, got, tt.got)
		}
	}
}

// TestShareIsFair: never more than anybody wants or there is, all of it if it is
// wanted, and nobody gets two more than one who wanted more.
func TestShareIsFair(t *testing.T) {
	for seed := range int64(5000) {
		rnd := rand.New(rand.NewSource(seed))
		want := make([]int, rnd.Intn(6))
		wanted := 0
		for i := range want {
			want[i] = rnd.Intn(12)
			wanted += want[i]
		}
		free := rnd.Intn(40)
		got := Share(free, claimants(want...))
		sum := 0
		for i := range got {
			sum += got[i]
			if got[i] < 0 || got[i] > want[i] {
				t.Fatalf("seed %d: Share(%d, %v) = %v", seed, free, want, got)
			}
			for j := range got {
				if got[i] > got[j]+1 && got[j] < want[j] {
					t.Fatalf("seed %d: Share(%d, %v) = %v: %d and %d", seed, free, want, got, i, j)
				}
			}
		}
		if sum != min(free, wanted) {
			t.Fatalf("seed %d: Share(%d, %v) = %v gives %d", seed, free, want, got, sum)
		}
	}
}

// TestShareTakesTurns: with one agent at a time everybody gets as much as the
// weight says, and a higher priority everything it wants.
func TestShareTakesTurns(t *testing.T) {
	c := claimants(9, 9, 9)
	c[2].Weight = 2
	sum := make([]int, 3)
	for range 400 {
		for i, n := range Share(1, c) {
			sum[i] += n
		}
	}
	if !slices.Equal(sum, []int{100, 100, 200}) {
		t.Error(sum)
	}
	c[1].Priority = 1
	if got := Share(10, c); !slices.Equal(got, []int{0, 9, 1}) && !slices.Equal(got, []int{1, 9, 0}) {
		t.Errorf("%v: the second goes first", got)
	}
}

// TestShareForgetsAbsence: who wanted nothing for a while is not served alone
// when it comes back.
func TestShareForgetsAbsence(t *testing.T) {
	c := claimants(1, 0)
	for range 100 {
		Share(1, c)
	}
	c[1].Want = 1
	sum := make([]int, 2)
	for range 20 {
		for i, n := range Share(1, c) {
			sum[i] += n
		}
	}
	if sum[0] < 9 || sum[1] < 9 {
		t.Error(sum)
	}
}

// taken is how many were taken at a time.
type taken struct {
	at time.Duration
	n  int
}

// TestBucketRate: in no time T do more than Rate·T + 1 + Rate/10 go, however
// and whenever it is asked, tokens that came back included; and somebody who
// asks ten times a second gets all of the rate.
func TestBucketRate(t *testing.T) {
	for seed := range int64(300) {
		rnd := rand.New(rand.NewSource(seed))
		rate := []float64{0.3, 1, 2, 5, 7.5, 20, 100, 1000}[rnd.Intn(8)]
		b := Bucket{Rate: rate}
		var all []taken
		now := time.Duration(rnd.Int63n(1e12))
		for range 300 {
			now += time.Duration(rnd.Int63n(int64(400 * time.Millisecond)))
			n := b.Take(int64(now), rnd.Intn(30))
			if back := rnd.Intn(n + 1); back > 0 && rnd.Intn(4) == 0 {
				b.Return(back)
				n -= back
			}
			all = append(all, taken{now, n})
		}
		for i := range all {
			sum := 0
			for _, x := range all[i:] {
				sum += x.n
				if most := rate*(x.at-all[i].at).Seconds() + 1 + rate/10 + 1e-6; float64(sum) > most {
					t.Fatalf("seed %d: rate %g: %d in %s, at most %g", seed, rate, sum, x.at-all[i].at, most)
				}
			}
		}
	}
	for _, rate := range []float64{1, 2, 3, 5, 7, 10, 20, 33, 100, 1000} {
		b := Bucket{Rate: rate}
		sum := 0
		for tick := range 6001 {
			sum += b.Take(int64(tick)*int64(100*time.Millisecond), math.MaxInt32)
		}
		if want := 600 * rate; float64(sum) < want || float64(sum) > want+1+rate/10 {
			t.Errorf("rate %g: %d in 10 minutes, want %g", rate, sum, want)
		}
	}
}

// TestBucketAfterIdling: an hour without calls saves nothing up.
func TestBucketAfterIdling(t *testing.T) {
	b := Bucket{Rate: 10}
	b.Take(0, 1)
	if n := b.Take(int64(time.Hour), 100); n != 2 {
		t.Errorf("%d at once after an hour, want 2", n)
	}
}

func TestBucketWithoutLimit(t *testing.T) {
	var b Bucket
	for range 10 {
		if n := b.Take(0, 1000); n != 1000 {
			t.Fatal(n)
		}
		b.Return(5)
	}
}

// TestBucketClockBackwards: time that is set back adds nothing, then or when it
// comes up again, beyond what the bucket holds; and it does not stop the bucket.
func TestBucketClockBackwards(t *testing.T) {
	b := Bucket{Rate: 10}
	hour := int64(time.Hour)
	if n := b.Take(hour, 9); n != 2 {
		t.Fatal(n)
	}
	for range 5 {
		if n := b.Take(0, 9); n != 0 {
			t.Fatalf("%d when the clock was set back", n)
		}
	}
	if n := b.Take(int64(100*time.Millisecond), 9); n != 1 {
		t.Errorf("%d after 100 ms of the new time, want 1", n)
	}
	if n := b.Take(hour, 9); n != 2 {
		t.Errorf("%d when the clock was set forward, want what the bucket holds", n)
	}
}

// TestBucketReturn: what comes back can go again, at once, but never more than
// the bucket holds; and no odd number does harm.
func TestBucketReturn(t *testing.T) {
	b := Bucket{Rate: 10}
	b.Take(0, 2)
	b.Return(1)
	if n := b.Take(0, 9); n != 1 {
		t.Errorf("%d, want the one that came back", n)
	}
	b.Return(100)
	if n := b.Take(0, 9); n != 2 {
		t.Errorf("%d, want 2", n)
	}
	b.Return(-5)
	if n := b.Take(0, -3); n != 0 {
		t.Errorf("%d of -3", n)
	}
	if n := b.Take(int64(100*time.Millisecond), 9); n != 1 {
		t.Errorf("%d, want 1", n)
	}
}
