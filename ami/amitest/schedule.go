package amitest

import (
	"container/heap"
	"time"
)

// schedule is the Server's agenda: thousands of calls share one timer of the
// Clock, and what is due at the same moment happens in the order it was asked
// for.
type schedule struct {
	timers  timerHeap
	seq     uint64
	armedAt time.Time
	stop    func() bool // of the Clock's timer; nil: none is armed
	firing  bool        // fire is at work, and will look again when it is done
}

type timer struct {
	at    time.Time
	seq   uint64
	f     func()
	index int // in the heap; -1: done or cancelled
}

// after calls f, with s.mu held, when d has passed.
func (s *Server) after(d time.Duration, f func()) *timer {
	s.agenda.seq++
	t := &timer{at: s.clock.Now().Add(max(d, 0)), seq: s.agenda.seq, f: f}
	heap.Push(&s.agenda.timers, t)
	s.arm()
	return t
}

// cancel makes sure that t does not happen any more. A nil t is fine.
func (s *Server) cancel(t *timer) {
	if t != nil && t.index >= 0 {
		heap.Remove(&s.agenda.timers, t.index)
	}
}

func (s *Server) arm() {
	a := &s.agenda
	if len(a.timers) == 0 || s.closed || a.firing {
		return
	}
	next := a.timers[0].at
	if a.stop != nil {
		if !next.Before(a.armedAt) {
			return
		}
		a.stop()
	}
	a.armedAt = next
	d := next.Sub(s.clock.Now())
	if d <= 0 {
		// Not AfterFunc(0): in a synctest bubble with the race detector on, the
		// runtime of Go 1.26 crashes on it now and then.
		a.stop = func() bool { return false }
		go s.fire()
		return
	}
	a.stop = s.clock.AfterFunc(d, s.fire)
}

func (s *Server) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &s.agenda
	// A timer that could not be stopped in time may fire next to its
	// successor; both then find out here what is due.
	a.stop = nil
	a.firing = true
	for now := s.clock.Now(); len(a.timers) > 0 && !a.timers[0].at.After(now) && !s.closed; {
		heap.Pop(&a.timers).(*timer).f()
	}
	a.firing = false
	s.arm()
}

type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].seq < h[j].seq
	}
	return h[i].at.Before(h[j].at)
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timerHeap) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = -1
	return t
}
