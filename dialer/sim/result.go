package sim

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
)

// Result is what the shifts of a scenario came to in one mode. Occupancy and
// abandon are shares from 0 to 1.
type Result struct {
	Mode   string `json:"mode"`
	Shifts int    `json:"shifts"`
	// Occupancy is (talk + wrap-up) / logged-in time.
	Occupancy Stat    `json:"occupancy"`
	Abandon   Abandon `json:"abandon"`
	// Idle is how long an agent was free before a call, in seconds.
	Idle             Stat `json:"idle_seconds"`
	ConnectsPerAgent Stat `json:"connects_per_agent_hour"` // of logged-in time
	DialsPerConnect  Stat `json:"dials_per_connect"`

	Slices []Slice `json:"-"` // of all shifts together
}

// Stat is a mean over the shifts, and their 5th and 95th percentile: the
// smallest value that no more than 5 or 95 % of them are below.
type Stat struct {
	Mean float64 `json:"mean"`
	P5   float64 `json:"p5"`
	P95  float64 `json:"p95"`
}

// Abandon is the abandon rate: Num abandoned calls of Den answers in all shifts,
// and the mean and percentiles of the shifts' own rates.
type Abandon struct {
	Num  int     `json:"num"`
	Den  int     `json:"den"`
	Mean float64 `json:"mean"`
	P5   float64 `json:"p5"`
	P95  float64 `json:"p95"`
}

// RunAll simulates as many shifts as the scenario has seeds, on all processors,
// or until ctx is done.
func RunAll(ctx context.Context, s Scenario) (Result, error) {
	shifts := make([]Shift, s.Seeds)
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), s.Seeds) {
		workers.Go(func() {
			for i := range next {
				shifts[i] = Run(&s, uint64(i)+1)
			}
		})
	}
	var err error
	for i := range shifts {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
			err = ctx.Err()
		}
		break
	}
	close(next)
	workers.Wait()
	if err != nil {
		return Result{}, err
	}
	return summarize(s.Mode, shifts), nil
}

func summarize(mode string, shifts []Shift) Result {
	r := Result{Mode: mode, Shifts: len(shifts)}
	var occupancy, abandon, idle, connects, dials []float64
	for i := range shifts {
		s := &shifts[i]
		busy := s.Talk + s.Wrapup
		answers := s.Connects + s.Abandoned
		r.Abandon.Num += s.Abandoned
		r.Abandon.Den += answers
		occupancy = append(occupancy, ratio(busy, busy+s.Idle))
		abandon = append(abandon, ratio(float64(s.Abandoned), float64(answers)))
		idle = append(idle, ratio(s.Idle, float64(s.Connects)))
		connects = append(connects, ratio(float64(s.Connects)*3600, busy+s.Idle))
		dials = append(dials, ratio(float64(s.Dialed), float64(s.Connects)))
		if r.Slices == nil {
			r.Slices = make([]Slice, len(s.Slices))
		}
		for j, x := range s.Slices {
			r.Slices[j].Busy += x.Busy
			r.Slices[j].LoggedIn += x.LoggedIn
			r.Slices[j].Answers += x.Answers
			r.Slices[j].Abandoned += x.Abandoned
		}
	}
	a := stat(abandon)
	r.Abandon.Mean, r.Abandon.P5, r.Abandon.P95 = a.Mean, a.P5, a.P95
	r.Occupancy, r.Idle, r.ConnectsPerAgent, r.DialsPerConnect = stat(occupancy), stat(idle), stat(connects), stat(dials)
	return r
}

// ratio is 0 where there is nothing to divide by.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func stat(x []float64) Stat {
	slices.Sort(x)
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	at := func(p float64) float64 { return x[max(0, int(math.Ceil(p*float64(len(x))))-1)] }
	return Stat{sum / float64(len(x)), at(0.05), at(0.95)}
}
