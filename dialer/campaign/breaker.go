package campaign

import (
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// Breaker says when a trunk is left alone because it refuses calls.
//
// A call that the trunk refused costs its contact no attempt, but placing many
// such calls carries nobody anywhere, and keeps a trunk that is overloaded so.
// When too many of the last calls met congestion no more are placed for a while,
// and then one at a time until one gets through. Calls that say nothing of the
// trunk are passed over: failed before it was reached, cancelled, unknown, and
// refused for the second time running. A dead number or a range that nobody can
// reach is not congestion, as far as the network's causes tell.
type Breaker struct {
	Share  float64       // of the last Of calls, that were refused; 0: no breaker
	Of     int           // calls that were answered or have ended
	Within time.Duration // older ones do not count
	Pause  time.Duration // the first; each single call that is refused doubles it
	AtMost time.Duration // it grows to
}

// trunk is what leads from a server to the telephone network: what stands around
// the number in the channel to originate.
type trunk struct {
	server *server
	name   string

	recent  []carriage
	opened  time.Time // it is left alone since; zero: it is not
	refused string    // what made it so
	until   time.Time // then a single call is tried
	pause   time.Duration
	closed  time.Time // when it was last found to carry calls again
	probing *campaign // whose single call is under way
}

// carriage is what a trunk made of one call.
type carriage struct {
	at      time.Time
	refused bool
	cause   ami.Cause
}

// room is how many calls may be placed on the trunk. There is no bound without one.
func (t *trunk) room(now time.Time) int {
	switch {
	case t == nil || t.opened.IsZero():
		return math.MaxInt
	case now.Before(t.until) || t.probing != nil:
		return 0
	}
	return 1
}

// took notes that contacts are asked for to be called on the trunk.
func (t *trunk) took(cp *campaign) {
	if t != nil && !t.opened.IsZero() {
		t.probing = cp
	}
}

// missed notes that nothing came of a campaign's call on the trunk, if it was a
// single one that was to show whether it carries calls.
func (t *trunk) missed(cp *campaign) {
	if t != nil && t.probing == cp {
		t.probing = nil
	}
}

// carriedAnswered notes that the trunk carried a call: it was answered.
func (c *Core) carriedAnswered(cl *call) {
	if !cl.carried {
		cl.carried = true
		c.carried(cl, carriage{at: c.now})
	}
}

// carriedEnded notes what the end of a call tells of its trunk.
func (c *Core) carriedEnded(cl *call, a *Attempt) {
	switch a.Outcome {
	case Failed, Cancelled, Unknown:
	default:
		if !cl.carried {
			cl.carried = true
			c.carried(cl, carriage{c.now, a.Outcome == Congestion, a.Cause})
		}
	}
}

func (c *Core) carried(cl *call, e carriage) {
	t := cl.via
	switch {
	case t == nil || t.server.Breaker.Share == 0:
	case t.opened.IsZero() && e.refused && cl.Contact.Last == Congestion:
		// The second time it tells of the number as much as of the trunk: at a
		// list's end those are left that nobody can be reached at.
	case t.opened.IsZero():
		t.count(e)
		if t.tripped(e.at) {
			c.open(t)
		}
	case cl.Attempt.Claimed.Before(t.until):
		// Placed before the trunk was left alone: it tells of that time.
	case e.refused:
		t.rest(e.at, 2*t.pause)
	default:
		c.close(t)
	}
}

func (t *trunk) count(e carriage) {
	t.recent = append(t.recent, e)
	if more := len(t.recent) - t.server.Breaker.Of; more > 0 {
		t.recent = slices.Delete(t.recent, 0, more)
	}
}

func (t *trunk) tripped(now time.Time) bool {
	b := &t.server.Breaker
	return len(t.recent) == b.Of && now.Sub(t.recent[0].at) <= b.Within && float64(t.refusals()) >= b.Share*float64(b.Of)
}

func (t *trunk) refusals() (n int) {
	for _, e := range t.recent {
		if e.refused {
			n++
		}
	}
	return n
}

// mainCause is that of most of the refusals.
func (t *trunk) mainCause() (cause ami.Cause) {
	count := map[ami.Cause]int{}
	for _, e := range t.recent {
		if e.refused {
			if count[e.cause]++; count[e.cause] > count[cause] {
				cause = e.cause
			}
		}
	}
	return cause
}

// open leaves a trunk alone. One that carried calls for a short time only is so
// for longer than the last time.
func (c *Core) open(t *trunk) {
	b := &t.server.Breaker
	pause := b.Pause
	if !t.closed.IsZero() && c.now.Sub(t.closed) < b.AtMost {
		pause = 2 * t.pause
	}
	t.opened = c.now
	t.refused = fmt.Sprintf("%d of its last %d calls", t.refusals(), b.Of)
	t.rest(c.now, pause)
	c.do(Notice{
		Level: slog.LevelWarn, Text: "a trunk refuses calls: none are placed on it for a while, then one at a time until one gets through",
		Attrs:   append(t.attrs(), slog.String("refused", t.refused), slog.String("mostly", t.mainCause().String()), slog.String("pause", t.pause.String())),
		Trouble: t.trouble(),
	})
	t.recent = t.recent[:0]
}

func (t *trunk) trouble() string { return "trunk " + t.server.Name + " " + t.name }

func (t *trunk) attrs() []slog.Attr {
	return []slog.Attr{slog.String("asterisk", t.server.Name), slog.String("trunk", t.name)}
}

func (t *trunk) rest(now time.Time, pause time.Duration) {
	t.pause = min(pause, t.server.Breaker.AtMost)
	t.until, t.probing = now.Add(t.pause), nil
}

func (c *Core) close(t *trunk) {
	c.untroubled(t.trouble(), "a trunk takes calls again", append(t.attrs(), slog.String("after", c.now.Sub(t.opened).Round(time.Second).String()))...)
	t.opened, t.until, t.probing, t.closed = time.Time{}, time.Time{}, nil, c.now
}

// resting tells why no call is placed on a trunk that is left alone.
func (c *Core) resting(t *trunk) string {
	return fmt.Sprintf("the trunk %s on Asterisk %s refused %s; waiting until %s", t.name, t.server.Name, t.refused, c.clockText(t.until))
}

// trunk is that of a campaign's calls on a server; nil for an orphan, which places
// none.
func (c *Core) trunk(cp *campaign, h *server) *trunk {
	if h == nil || c.campaigns[cp.Name] != cp {
		return nil
	}
	t := h.trunks[cp.Trunk]
	if t == nil {
		t = &trunk{server: h, name: cp.Trunk}
		if h.trunks == nil {
			h.trunks = map[string]*trunk{}
		}
		h.trunks[cp.Trunk] = t
	}
	return t
}
