package campaign

import "time"

// held is what is known of when contacts are due who are left to certain calls:
// a call found no agent for them, and they must not be abandoned again soon.
type held struct {
	told  time.Time // the first one, as the store told; zero: none
	noted time.Time // the first of those who came back, which the store may not know yet
}

// first is when the first one is due; zero: none.
func (h *held) first() time.Time {
	if h.told.IsZero() || !h.noted.IsZero() && h.noted.Before(h.told) {
		return h.noted
	}
	return h.told
}

// due reports whether one is.
func (h *held) due(now time.Time) bool {
	first := h.first()
	return !first.IsZero() && !first.After(now)
}

// HeldUntil is until when a contact that waits is left to calls for which an agent
// is certain; its Due if it is not.
func (r *RetryRules) HeldUntil(c *Contact) time.Time {
	return (&Take{Hold: r.Hold}).Holds(c.Callback, ClassOf(c), c.Due)
}

// note notes that a contact came back, if it is one of them, and returns when it
// may be called without an agent for certain.
func (cp *campaign) note(ct *Contact) time.Time {
	until := cp.Retry.HeldUntil(ct)
	if h := &cp.held; until.After(ct.Due) && (h.noted.IsZero() || ct.Due.Before(h.noted)) {
		h.noted = ct.Due
	}
	return until
}

// look takes in what the store told, when asked for calls of which certain ones
// could be made.
func (h *held) look(lanes []Lane, hold time.Duration, asked time.Time, certain int) {
	h.told = time.Time{}
	take := Take{Hold: hold}
	for i := range lanes {
		l := &lanes[i]
		if take.Holds(l.Callback, l.Class, l.Due).After(l.Due) && (h.told.IsZero() || l.Due.Before(h.told)) {
			h.told = l.Due
		}
	}
	if certain > 0 && h.noted.Before(asked.Add(-writeLag)) {
		h.noted = time.Time{}
	}
}

// keep reports whether an agent is to be kept for a claim's call.
func (cp *campaign) keep(ct *Contact, now time.Time) bool {
	return cp.Waits() && cp.Retry.HeldUntil(ct).After(now)
}
