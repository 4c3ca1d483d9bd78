package campaign

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// place is a server that a campaign calls on.
//
// With a queue, the agents of the queue of that name on each server are that
// server's alone: their number sets the pace of the calls that are placed there,
// and no call can reach those of another. So it is the free agents that spread a
// campaign over its servers. Without one the calls go to whichever of its servers
// has the fewest in flight.
//
// What a campaign has learnt of its contacts, its max_in_flight and its budget of
// abandoned calls are one for all its places.
type place struct {
	server  *server
	hold    hold       // why no call is placed there at this moment
	by      pacing.Cap // of the last decision there that is in the ledger
	decided time.Time  // when the pacer was last asked for it

	decision pacing.Decision // then
	asOf     uint64          // Core.changes then
	placed   int             // calls that it was followed by
}

// hold is why no call is placed: in words, or by the decision that places none.
// There are many for each that somebody reads, and only those are put into words.
type hold struct {
	words string
	by    pacing.Decision
}

func (h hold) String() string {
	if h.by.By == "" {
		return h.words
	}
	return holdOf(h.by)
}

// placeOn is a campaign's place on a server, nil if it does not call there.
func (cp *campaign) placeOn(s *server) *place {
	for _, p := range cp.places {
		if p.server == s {
			return p
		}
	}
	return nil
}

// claimingOn is how many contacts are asked for to be called on a server.
func (cp *campaign) claimingOn(s *server) int {
	if cp.taking != s {
		return 0
	}
	return cp.claiming
}

// setPlaces puts the servers of a campaign's settings in force.
func (c *Core) setPlaces(cp *campaign) {
	cp.places = make([]*place, 0, len(cp.Servers))
	for _, name := range cp.Servers {
		cp.places = append(cp.places, &place{server: c.servers[name]})
	}
}

// holdAll notes that nothing is placed anywhere.
func (cp *campaign) holdAll(why string) {
	for _, p := range cp.places {
		p.hold, p.decided = hold{words: why}, time.Time{} // the time that passes now teaches nothing
	}
}

// holdText tells why a campaign places no call at this moment, "" if it may place
// one somewhere.
func (cp *campaign) holdText() string {
	var all []string
	for _, p := range cp.places {
		switch why := p.hold.String(); {
		case why == "":
			return ""
		case why != cp.places[0].hold.String():
			all = nil
			for _, p := range cp.places {
				all = append(all, p.server.Name+": "+p.hold.String())
			}
			return strings.Join(all, "; ")
		}
	}
	if len(cp.places) == 0 {
		return ""
	}
	return cp.places[0].hold.String()
}

// mayNotCallOn tells why no call may be placed on a campaign's server now, "" if
// one may.
func (c *Core) mayNotCallOn(cp *campaign, s *server) string {
	switch {
	case !s.up:
		return "no connection to Asterisk " + s.Name
	case c.now.Before(s.refused.until):
		return "originating failed; waiting until " + c.clockText(s.refused.until)
	}
	if t := c.trunk(cp, s); t != nil && c.now.Before(t.until) {
		return c.resting(t)
	}
	return ""
}

// giveUpAfter is how long a server may be gone before the calls in flight there
// are given up: longer than calls last, and not for ever, because a contact that
// is being called is not called by anybody else. One that was taken out of the
// configuration is not waited for.
const giveUpAfter = time.Hour

// giveUp ends the calls on a server that does not come back. What became of them
// nobody can tell any more.
func (c *Core) giveUp(s *server) {
	if s.up || s.inFlight == 0 {
		return
	}
	if s.downSince.IsZero() {
		s.downSince = c.now // it was never there since the daemon started
	}
	if gone := c.now.Sub(s.downSince); gone < settleLost || !s.leaving && gone < giveUpAfter {
		return
	}
	n := 0
	for _, cl := range c.sortedCalls() {
		if cl.server != s {
			continue
		}
		n++
		c.lost++
		outcome, cause, note := Unknown, cl.cause(), "the connection to Asterisk "+s.Name+" was lost and did not come back"
		if !cl.Attempt.Connected.IsZero() {
			outcome = Connected
		}
		c.finish(cl, outcome, cause, note)
	}
	if n > 0 {
		c.notice(slog.LevelError, "Asterisk does not come back: what became of the calls there is not known",
			slog.String("asterisk", s.Name), slog.Int("calls", n))
	}
}

// leastLoaded are the places where a broadcast may place a call now, those with
// the fewest calls in flight first. It notes why at the others.
func (c *Core) leastLoaded(cp *campaign) (all []*place) {
	for _, p := range cp.places {
		why := c.mayNotCallOn(cp, p.server)
		if p.hold = (hold{words: why}); why == "" {
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b *place) int { return a.server.inFlight - b.server.inFlight })
	return all
}
