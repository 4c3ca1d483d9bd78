package webhook

import "time"

// trouble says once that a webhook fails, and once that it works again.
type trouble struct {
	since  time.Time // of the first try that failed
	err    error     // of the last; nil: it works
	tries  int       // that failed
	gaveUp int

	said    time.Time // that it fails
	telling bool      // and that it works again is still to be said
	full    int       // dropped since the queue was last empty
}

func (t *trouble) fail(h *hook, now time.Time, err error) {
	if t.err == nil {
		t.since = now
	}
	t.err = err
	t.tries++
	if t.telling || !t.said.IsZero() && now.Sub(t.said) < sayEach {
		return
	}
	t.said, t.telling = now, true
	h.log.Warn("a webhook fails", "webhook", h.set.Name, "host", Host(h.url), "error", err, "hint", hint(err))
}

func (t *trouble) over(h *hook) {
	if t.err == nil {
		return
	}
	if t.telling {
		h.log.Info("a webhook works again", "webhook", h.set.Name, "failed_tries", t.tries, "given_up", t.gaveUp)
		t.tries, t.gaveUp = 0, 0
	}
	t.err, t.telling = nil, false
}

func (t *trouble) drop(h *hook) {
	if t.full++; t.full == 1 {
		h.log.Warn("a webhook's queue is full; the oldest outcomes in it are dropped", "webhook", h.set.Name, "queue", h.set.Queue, "hint", "dialcamp calls has them")
	}
}

func (t *trouble) roomAgain(h *hook) {
	if t.full > 0 {
		h.log.Info("a webhook's queue is empty again", "webhook", h.set.Name, "dropped", t.full)
		t.full = 0
	}
}
