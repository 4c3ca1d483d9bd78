package store

import (
	"fmt"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// Counters are the sums over a campaign's contacts and attempts, kept in the
// same transactions as these.
type Counters struct {
	Contacts  [campaign.NumStates]int64   `json:"contacts"`
	Attempts  int64                       `json:"attempts"`
	Outcomes  [campaign.NumOutcomes]int64 `json:"outcomes"` // [InFlight] those that have not ended
	Causes    map[ami.Cause]int64         `json:"causes"`
	Attempted int64                       `json:"attempted"` // contacts with at least one attempt
	Late      int64                       `json:"late"`      // live answers without an agent within campaign.LateAfter
	Slow      int64                       `json:"slow"`      // of the others, those whose wait since the answer was longer than that
	Ring      time.Duration               `json:"ring"`
	Wait      time.Duration               `json:"wait"`
	Talk      time.Duration               `json:"talk"`
	AgentTime time.Duration               `json:"agent_time"` // logged-in time of the queue's agents while the campaign ran
	First     time.Time                   `json:"first"`      // first claim of those that ended
	Last      time.Time                   `json:"last"`       // last end
}

// Check tells whether the numbers add up.
func (c *Counters) Check() error {
	var sum int64
	for _, n := range c.Outcomes {
		sum += n
	}
	if sum != c.Attempts {
		return fmt.Errorf("%d attempts, but %d outcomes and in flight", c.Attempts, sum)
	}
	if c.Outcomes[campaign.InFlight] != c.Contacts[campaign.Dialing] {
		return fmt.Errorf("%d attempts in flight, but %d contacts dialing", c.Outcomes[campaign.InFlight], c.Contacts[campaign.Dialing])
	}
	return nil
}

// claimed books a new attempt.
func (c *Counters) claimed(a *campaign.Attempt) {
	c.Attempts++
	c.Outcomes[campaign.InFlight]++
	if a.Pass == 1 {
		c.Attempted++
	}
}

// withdrawn undoes claimed.
func (c *Counters) withdrawn(a *campaign.Attempt) {
	c.Attempts--
	c.Outcomes[campaign.InFlight]--
	if a.Pass == 1 {
		c.Attempted--
	}
}

// ended books an attempt that has ended, all of it.
func (c *Counters) ended(a *campaign.Attempt) {
	c.Attempts++
	if a.Pass == 1 {
		c.Attempted++
	}
	c.add(a)
}

// tally books an attempt as it is stored.
func (c *Counters) tally(a *campaign.Attempt) {
	if a.Outcome == campaign.InFlight {
		c.claimed(a)
	} else {
		c.ended(a)
	}
}

// add books an ended attempt. Everything that a withdrawn attempt could not
// undo is counted here and not at the claim.
func (c *Counters) add(a *campaign.Attempt) {
	c.Outcomes[a.Outcome]++
	if c.Causes == nil {
		c.Causes = map[ami.Cause]int64{}
	}
	c.Causes[a.Cause]++
	if a.Late() {
		c.Late++
	}
	if a.Slow() {
		c.Slow++
	}
	c.Ring += a.Ring()
	c.Wait += a.Wait()
	c.Talk += a.Talk()
	if c.First.IsZero() || a.Claimed.Before(c.First) {
		c.First = a.Claimed
	}
	if a.Ended.After(c.Last) {
		c.Last = a.Ended
	}
}

// Merge adds the sums of other attempts and contacts.
func (c *Counters) Merge(o *Counters) {
	for i, n := range o.Contacts {
		c.Contacts[i] += n
	}
	for i, n := range o.Outcomes {
		c.Outcomes[i] += n
	}
	for cause, n := range o.Causes {
		if c.Causes == nil {
			c.Causes = map[ami.Cause]int64{}
		}
		c.Causes[cause] += n
	}
	c.Attempts += o.Attempts
	c.Attempted += o.Attempted
	c.Late += o.Late
	c.Slow += o.Slow
	c.Ring += o.Ring
	c.Wait += o.Wait
	c.Talk += o.Talk
	c.AgentTime += o.AgentTime
	if c.First.IsZero() || !o.First.IsZero() && o.First.Before(c.First) {
		c.First = o.First
	}
	if o.Last.After(c.Last) {
		c.Last = o.Last
	}
}

// Tally sums attempts from scratch: what Counters must equal.
func Tally(attempts []campaign.Attempt) Counters {
	var t tally
	for i := range attempts {
		t.add(&attempts[i])
	}
	return t.Counters
}

// tally sums the attempts of one campaign one by one.
type tally struct {
	Counters
	attempted bitset
}

func (t *tally) add(a *campaign.Attempt) {
	t.Attempts++
	if !t.attempted.has(a.Contact) {
		if t.attempted == nil {
			t.attempted = bitset{}
		}
		t.attempted.set(a.Contact)
		t.Attempted++
	}
	if a.Outcome == campaign.InFlight {
		t.Outcomes[campaign.InFlight]++
		return
	}
	t.Counters.add(a)
}
