package sim

import (
	"cmp"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// choice is how many contacts are due at least, as long as others can join.
const choice = 40

// pool is the contacts, and stands where the daemon has its store: whom a claim
// takes is what [campaign.Take] says.
type pool struct {
	lanes  [campaign.NumClasses]lane
	left   int // who can join; negative: any number
	due    int // contacts in the lanes' due
	last   uint64
	seq    uint64
	taken  uint64
	scores []float64        // by contact, as far as they were asked for
	claims []campaign.Claim // of the last claim; the core has taken over those before
}

// lane is the contacts of one class, by when they are due.
type lane struct {
	due   []waiting // from first on; they are due already
	first int
	later []waiting // a heap
}

// waiting is a contact, with its Due at hand: heaps move and compare it.
type waiting struct {
	due     time.Time
	contact *campaign.Contact
}

// numbers are those of each contact: which one is called matters to nobody here.
var numbers = []campaign.Number{{Number: "1"}}

// newPool has as many contacts as the scenario says.
func newPool(s *Scenario) pool {
	if s.Contacts == 0 {
		return pool{left: -1}
	}
	return pool{left: s.Contacts}
}

// join lets contacts join whom nobody has called. Where their number is limited
// they were due all along.
func (p *pool) join(now time.Time) {
	if p.left >= 0 {
		now = begin
	}
	for p.left != 0 && p.due < choice {
		p.left--
		p.last++
		l := &p.lanes[campaign.ClassOf(&campaign.Contact{})]
		l.due = append(l.due, waiting{now, &campaign.Contact{ID: p.last, Numbers: numbers, Due: now}})
		p.due++
	}
}

// put takes a contact back whose call is over.
func (p *pool) put(c *campaign.Contact) {
	if c.State == campaign.Pending || c.State == campaign.Waiting {
		kept := *c
		p.lanes[campaign.ClassOf(c)].push(waiting{c.Due, &kept})
	}
}

func (p *pool) claim(now time.Time, take *campaign.Take) (taken campaign.Taken) {
	for i := range p.lanes {
		p.due += p.lanes[i].ripen(now)
	}
	p.join(now)
	taken.Claims = p.claims[:0]
	for len(taken.Claims) < take.Max {
		l := p.choose(take, len(taken.Claims))
		if l == nil {
			break
		}
		p.seq++
		p.taken++
		p.due--
		c := l.pop()
		taken.Claims = append(taken.Claims, campaign.Claim{Contact: *c, Attempt: campaign.Attempt{
			ID: attemptID(p.seq), Seq: p.seq, Campaign: campaignName, Contact: c.ID,
			Number: c.Number(), Pass: c.Attempts + 1, Claimed: now,
		}})
		p.join(now)
	}
	p.claims = taken.Claims
	taken.Lanes = make([]campaign.Lane, 0, len(p.lanes))
	for class := range p.lanes {
		if due := p.lanes[class].next(); !due.IsZero() {
			taken.Lanes = append(taken.Lanes, campaign.Lane{Class: uint8(class), Due: due})
			if taken.Next.IsZero() || due.Before(taken.Next) {
				taken.Next = due
			}
		}
	}
	return taken
}

func attemptID(seq uint64) string {
	var b [24]byte
	return string(append(strconv.AppendUint(append(b[:0], "s_"...), seq, 10), 'x'))
}

// choose is the lane whose first contact is taken next, after taken others; nil if
// nobody is due.
func (p *pool) choose(take *campaign.Take, taken int) (best *lane) {
	sign := float64(take.Prefers(taken, p.taken+1))
	bestChance := 0.0
	for class := range p.lanes {
		l := &p.lanes[class]
		if l.first == len(l.due) {
			continue
		}
		chance := sign * cmp.Or(take.Chances[class], 1)
		if best == nil || cmp.Or(cmp.Compare(bestChance, chance), l.due[l.first].due.Compare(best.due[best.first].due)) < 0 {
			best, bestChance = l, chance
		}
	}
	return best
}

// score is how much more or less probably than others a contact answers: a
// standard normal variable.
func (p *pool) score(id uint64, rnd *rand.Rand) float64 {
	for uint64(len(p.scores)) < id {
		p.scores = append(p.scores, rnd.NormFloat64())
	}
	return p.scores[id-1]
}

// chance is that of a contact with a score to be answered by a person, where it
// is mean on average: scores spread the log-odds.
func (w *world) chance(mean, score float64) float64 {
	if mean <= 0 || mean >= 1 {
		return mean
	}
	// The logistic of a normal variable with variance v has about the mean
	// logistic(m / sqrt(1 + πv/8)).
	m := math.Log(mean/(1-mean)) * math.Sqrt(1+math.Pi*w.ScoreSpread*w.ScoreSpread/8)
	return 1 / (1 + math.Exp(-m-w.ScoreSpread*score))
}

func (l *lane) pop() *campaign.Contact {
	c := l.due[l.first].contact
	if l.first++; l.first > len(l.due)/2 {
		l.due = l.due[:copy(l.due, l.due[l.first:])]
		l.first = 0
	}
	return c
}

// next is when the first contact is due; zero if there is none.
func (l *lane) next() time.Time {
	switch {
	case l.first < len(l.due):
		return l.due[l.first].due
	case len(l.later) > 0:
		return l.later[0].due
	}
	return time.Time{}
}

// ripen makes those due whose time has come, and returns how many.
func (l *lane) ripen(now time.Time) (n int) {
	for ; len(l.later) > 0 && !l.later[0].due.After(now); n++ {
		l.due = append(l.due, l.popLater())
	}
	return n
}

// sooner orders by when contacts are due, and then as they joined.
func sooner(a, b *waiting) bool {
	if by := a.due.Compare(b.due); by != 0 {
		return by < 0
	}
	return a.contact.ID < b.contact.ID
}

func (l *lane) push(c waiting) {
	l.later = append(l.later, c)
	a := l.later
	for i := len(a) - 1; i > 0; {
		up := (i - 1) / 2
		if !sooner(&a[i], &a[up]) {
			return
		}
		a[i], a[up] = a[up], a[i]
		i = up
	}
}

func (l *lane) popLater() waiting {
	a := l.later
	first, n := a[0], len(a)-1
	a[0] = a[n]
	a[n] = waiting{}
	l.later = a[:n]
	a = l.later
	for i := 0; ; {
		down := 2*i + 1
		if down >= n {
			return first
		}
		if down+1 < n && sooner(&a[down+1], &a[down]) {
			down++
		}
		if !sooner(&a[down], &a[i]) {
			return first
		}
		a[i], a[down] = a[down], a[i]
		i = down
	}
}
