package sim

// kind is what is to come.
type kind uint8

const (
	login kind = iota
	callEnds
	talkEnds
	wrapupEnds
	gaveUp
	breakDue
	breakEnds
	summary
	tick
	lateTick
)

// event is something to come: for the agent or call who.
type event struct {
	at   float64
	n    uint32 // order among those of the same instant
	kind kind
	who  int32
}

// agenda is a heap of events, without the indirection of container/heap, which
// takes most of a shift's time.
type agenda []event

func before(a, b event) bool { return a.at < b.at || a.at == b.at && a.n < b.n }

func (h *agenda) push(e event) {
	*h = append(*h, e)
	a := *h
	for i := len(a) - 1; i > 0; {
		up := (i - 1) / 2
		if !before(a[i], a[up]) {
			return
		}
		a[i], a[up] = a[up], a[i]
		i = up
	}
}

func (h *agenda) pop() event {
	a := *h
	first, n := a[0], len(a)-1
	a[0] = a[n]
	a = a[:n]
	for i := 0; ; {
		down := 2*i + 1
		if down >= n {
			break
		}
		if down+1 < n && before(a[down+1], a[down]) {
			down++
		}
		if !before(a[down], a[i]) {
			break
		}
		a[i], a[down] = a[down], a[i]
		i = down
	}
	*h = a
	return first
}

// remove takes who out of a list and keeps its order.
func remove(q []int32, who int32) []int32 {
	for i, x := range q {
		if x == who {
			return append(q[:i], q[i+1:]...)
		}
	}
	return q
}
