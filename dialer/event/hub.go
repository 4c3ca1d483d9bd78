package event

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// The limits of a Hub.
const (
	MaxEvents  = 8192     // in the ring
	MaxBytes   = 16 << 20 // that they count for
	MaxReaders = 64

	batchEvents = 256 // that a reader gets at once
	batchBytes  = 256 << 10
	batchLooks  = 1024 // at events, while Publish may have to wait for the ring
)

// ErrTooManyReaders is what Open answers when there are MaxReaders.
var ErrTooManyReaders = errors.New("too many read the events already")

// Hub is where events are published and read.
type Hub struct {
	mu      sync.Mutex
	first   uint64 // id of the first event ever
	oldest  uint64 // id of the oldest in the ring
	next    uint64 // id of the next one
	ring    [MaxEvents]Event
	bytes   int
	readers int
	closed  bool
	wake    chan struct{} // closed by the next event; nil: nobody waits for it
}

// NewHub makes a Hub at a time.
func NewHub(now time.Time) *Hub {
	id := uint64(max(1, now.UnixMicro()))
	return &Hub{first: id, oldest: id, next: id}
}

// Publish adds an event about a campaign, or about none (""). data is what is told
// of it, as encoding/json writes it; it is written when it is read, so it must not
// change. A json.RawMessage is taken as it is.
func (h *Hub) Publish(t Type, campaign string, data any) {
	e := Event{Type: t, Campaign: campaign, data: data}
	size := e.size()
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return
	}
	for h.oldest < h.next && (h.next-h.oldest == MaxEvents || h.bytes+size > MaxBytes) {
		old := h.at(h.oldest)
		h.bytes -= old.size()
		*old = Event{}
		h.oldest++
	}
	e.ID = h.next
	*h.at(e.ID) = e
	h.bytes += size
	h.next++
	wake := h.wake
	h.wake = nil
	h.mu.Unlock()
	if wake != nil {
		close(wake)
	}
}

func (h *Hub) at(id uint64) *Event { return &h.ring[id%MaxEvents] }

// Close ends the stream: readers get what is left, and then io.EOF.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if h.wake != nil {
		close(h.wake)
		h.wake = nil
	}
}

// Reader reads the events of a Hub. It is for one goroutine.
type Reader struct {
	hub       *Hub
	filter    Filter
	next      uint64
	restarted bool // and it has not been told yet
}

// Open makes a reader of what is published from now on or, with after, of what
// follows the event with that id. It is to be closed.
func (h *Hub) Open(f Filter, after uint64) (*Reader, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.readers == MaxReaders {
		return nil, ErrTooManyReaders
	}
	h.readers++
	r := &Reader{hub: h, filter: f, next: h.next}
	switch {
	case after == 0:
	case after+1 < h.first || after >= h.next: // of another Hub
		r.next, r.restarted = h.first, true
	default:
		r.next = after + 1
	}
	return r, nil
}

// Close is to be called when no more is wanted.
func (r *Reader) Close() {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	r.hub.readers--
}

// Batch is what a reader gets at once.
type Batch struct {
	// Lost is how many events, of whatever kind, were no longer in the ring when
	// they were the next to read. They came before Events.
	Lost uint64
	// Restarted says that the event after which the reader was opened is another
	// Hub's: the daemon was started anew since, and what else there was is not known.
	Restarted bool
	Events    []Event
}

// Next waits until there is something to read. The error is io.EOF once the Hub is
// closed and all was read, or that of ctx.
func (r *Reader) Next(ctx context.Context) (Batch, error) {
	for {
		b, wait, err := r.take()
		switch {
		case err != nil || !b.empty():
			return b, err
		case wait == nil:
			continue // there is more to look at
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return b, ctx.Err()
		}
	}
}

func (b *Batch) empty() bool { return b.Lost == 0 && !b.Restarted && len(b.Events) == 0 }

// take takes what is there; if everything was looked at and it is nothing, wait
// tells when there is more.
func (r *Reader) take() (b Batch, wait <-chan struct{}, err error) {
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.next < h.oldest {
		b.Lost = h.oldest - r.next
		r.next = h.oldest
	}
	b.Restarted, r.restarted = r.restarted, false
	end := min(h.next, r.next+batchLooks)
	for bytes := 0; r.next < end && len(b.Events) < batchEvents && bytes < batchBytes; r.next++ {
		if e := h.at(r.next); r.filter.wants(e) {
			b.Events = append(b.Events, *e)
			bytes += e.size()
		}
	}
	switch {
	case !b.empty(), r.next < h.next:
		return b, nil, nil
	case h.closed:
		return b, nil, io.EOF
	}
	if h.wake == nil {
		h.wake = make(chan struct{})
	}
	return b, h.wake, nil
}
