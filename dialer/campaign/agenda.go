package campaign

import "time"

const (
	// writeLag is how long the store may take to make the end of an attempt
	// durable, a failed try repeated included. A claim that was asked for
	// earlier after the end may not know of the retry.
	writeLag = 5 * time.Second
	// askAgain is when the store is asked again where its answer may be older
	// than what is known here, or a list is being loaded.
	askAgain = time.Second
	// maxNoted bounds the due times that are kept; beyond it they are merged.
	maxNoted = 1024
)

// agenda is what is known of when a campaign's next contact is due.
//
// The store's answer to a claim speaks for the moment at which the store
// looked. Ends and withdrawals are written in the background, so a contact that
// came back may be missing in it, and so may rows that a list's load added
// meanwhile. Whatever happened since shortly before the question therefore
// outweighs the answer: an empty answer must never put a campaign to sleep
// while a contact is due.
type agenda struct {
	next  time.Time // nothing is due before; zero: unknown, ask
	empty bool      // nothing is due at all
	asked time.Time // when the claim under way was asked for
	doubt bool      // rows may have joined since
	noted []dueNote // contacts that came back, which the store may not know yet
}

// dueNote is a contact that came back at one time and is due at another.
type dueNote struct{ due, at time.Time }

func (g *agenda) ask(now time.Time) { g.asked, g.doubt = now, false }

// later reports whether nothing is due that is known of.
func (g *agenda) later(now time.Time) bool {
	return g.empty && g.next.IsZero() || g.next.After(now)
}

// note books that a contact came back and is due at due.
func (g *agenda) note(due, now time.Time) {
	if len(g.noted) >= maxNoted {
		for _, n := range g.noted[1:] {
			if n.due.Before(g.noted[0].due) {
				g.noted[0].due = n.due
			}
		}
		g.noted[0].at = now
		g.noted = g.noted[:1]
	}
	g.noted = append(g.noted, dueNote{due, now})
	g.bring(due)
}

// bring moves the next question forward to t.
func (g *agenda) bring(t time.Time) {
	if g.empty && g.next.IsZero() || !g.next.IsZero() && t.Before(g.next) {
		g.next = t
	}
	g.empty = false
}

// forget makes the store be asked at once: rows may have joined.
func (g *agenda) forget() { g.next, g.empty, g.doubt = time.Time{}, false, true }

// answer takes in what the store said: when the next contact is due that it did
// not claim, and whether it claimed fewer than it was asked for. failed says
// that the store could not be written lately.
func (g *agenda) answer(next time.Time, short, failed bool, now time.Time) {
	keep := g.noted[:0]
	for _, n := range g.noted {
		switch {
		case failed:
			n.at = now // it may be written only now
			keep = append(keep, n)
		case !n.at.Before(g.asked.Add(-writeLag)):
			keep = append(keep, n)
		}
	}
	g.noted = keep
	g.next, g.empty = next, next.IsZero()
	if g.doubt || next.IsZero() && !short {
		g.next, g.empty = time.Time{}, false // there may be more
		return
	}
	for _, n := range g.noted {
		due := n.due
		if due.Before(now.Add(askAgain)) {
			// Claimed already, or not written yet: another look will tell.
			due = now.Add(askAgain)
		}
		if g.next.IsZero() || due.Before(g.next) {
			g.next, g.empty = due, false
		}
	}
}
