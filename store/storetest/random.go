package storetest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

var (
	seed  = flag.Uint64("storetest.seed", 0, "run the random operations of this `seed` only")
	seeds = flag.Int("storetest.seeds", 12, "run the random operations of so `many` seeds")
)

// randomOperations does the same at random to the store and to the model. A
// failure names its seed; -storetest.seed repeats it.
func randomOperations(t *testing.T, b *box) {
	from := uint64(time.Now().UnixNano())
	n := *seeds
	if *seed != 0 {
		from, n = *seed, 1
	}
	for i := range n {
		s := from + uint64(i)
		t.Run(fmt.Sprint("seed=", s), func(t *testing.T) {
			t.Parallel()
			b := &box{T: t, opener: b.opener, dir: t.TempDir()}
			b.open()
			defer func() { b.Close() }()
			r := &random{box: b, rnd: rand.New(rand.NewPCG(s, 0)), model: newModel(), now: start, ids: map[*modelAttempt]campaign.Claim{}, undone: map[uint64]bool{}}
			for step := range 150 {
				what := r.step()
				if !t.Failed() && step%10 == 9 {
					r.compare()
				}
				if t.Failed() {
					t.Fatalf("seed %d, step %d: %s", s, step, what)
				}
			}
			b.verify()
		})
	}
}

type random struct {
	*box
	rnd   *rand.Rand
	model *model
	now   time.Time
	ids   map[*modelAttempt]campaign.Claim // of every attempt ever made, withdrawn ones too
	old   []*modelAttempt                  // the same, in order

	undone map[uint64]bool
}

func (r *random) camp() string { return []string{"a", "b", "c"}[r.rnd.IntN(3)] }

func (r *random) number() string { return fmt.Sprint(10 + r.rnd.IntN(60)) }

func (r *random) step() string {
	switch n := r.rnd.IntN(100); {
	case n < 10:
		return r.stepLoad()
	case n < 15:
		return r.stepDNC()
	case n < 17:
		return r.stepUndo()
	case n < 20:
		// Sometimes backwards.
		r.now = r.now.Add(time.Duration(r.rnd.Int64N(int64(3*time.Minute))) - 30*time.Second)
		return "time"
	case n < 22:
		r.reopen()
		return "reopen"
	case n < 26:
		camp := r.camp()
		r.model.campaign(camp).agentTime += time.Second
		if err := r.AddAgentTime(camp, time.Second); err != nil {
			r.Error(err)
		}
		return "agent time"
	case n < 28:
		camp, s := r.camp(), []campaign.State{campaign.Running, campaign.Paused}[r.rnd.IntN(2)]
		r.model.campaign(camp).state = s
		if err := r.SaveState(camp, s, r.now); err != nil {
			r.Error(err)
		}
		return "state"
	case n < 60 || len(r.old) == 0:
		return r.stepClaim()
	}
	return r.stepEnd()
}

func (r *random) stepLoad() string {
	var list []store.Row
	for i := range r.rnd.IntN(15) {
		row := store.Row{Line: i + 2, Numbers: []store.RowNumber{{Number: r.number()}}}
		for range max(0, r.rnd.IntN(6)-3) {
			n := store.RowNumber{Number: r.number(), Type: []string{"", "home"}[r.rnd.IntN(2)]}
			if !slices.ContainsFunc(row.Numbers, func(o store.RowNumber) bool { return o.Number == n.Number }) {
				row.Numbers = append(row.Numbers, n)
			}
		}
		if r.rnd.IntN(5) == 0 {
			row.NotBefore = r.now.Add(time.Duration(r.rnd.IntN(20)-5) * time.Minute)
		}
		if r.rnd.IntN(5) == 0 {
			row.Expires = r.now.Add(time.Duration(1+r.rnd.IntN(10)) * time.Minute)
		}
		if r.rnd.IntN(3) == 0 {
			row.Priority = r.rnd.IntN(3) - 1
		}
		row.Zone = randomZones[r.rnd.IntN(len(randomZones))]
		if r.rnd.IntN(2) == 0 {
			row.Key = fmt.Sprint("k", r.rnd.IntN(30))
		}
		if r.rnd.IntN(2) == 0 {
			row.Attributes = []campaign.Attribute{{Name: "A", Value: row.Numbers[0].Number}}
		}
		list = append(list, row)
	}
	camp, name := r.camp(), fmt.Sprint("l", r.rnd.IntN(2))
	src := store.Source{Campaign: camp, List: name, Hash: "hash", Remove: r.rnd.IntN(2) == 0, Numbers: store.Scope(r.rnd.IntN(6) % 4 % 3)}
	got, _ := r.loadFrom(src, r.now, list)
	want := r.model.load(src, r.now, list)
	want.First, want.Last = got.First, got.Last // as the store likes
	r.model.campaign(camp).lists[name] = want
	if !equal(got, want) {
		r.Errorf("\n got %+v\nwant %+v", got, want)
	}
	return fmt.Sprintf("load %+v: %+v", src, list)
}

// stepUndo undoes one of the last batches, perhaps again.
func (r *random) stepUndo() string {
	if r.model.batches == 0 {
		return "undo nothing"
	}
	batch := r.model.batches - r.rnd.Uint64N(min(r.model.batches, 5))
	again := r.undone[batch]
	r.undone[batch] = true
	n, err := r.Undo(batch, r.now)
	if want := r.model.undo(batch); err != nil || !again && n != want || again && n != 0 {
		r.Errorf("%d, not %d, %v", n, want, err)
	}
	return fmt.Sprintf("undo %d", batch)
}

func (r *random) stepDNC() string {
	var list []string
	for range r.rnd.IntN(12) {
		list = append(list, r.number())
	}
	r.model.setDNC(r.now, list)
	if l, err := r.SetDNC(doNotCall, "", r.now, entries(list...)); err != nil || l.Numbers != len(r.model.dnc) {
		r.Error(l, err)
	}
	return fmt.Sprintf("dnc %v", list)
}

var randomZones = []string{"", "", "Asia/Seoul", "Asia/Seoul,Asia/Tokyo"}

// take asks at random.
func (r *random) take() campaign.Take {
	take := campaign.Take{Max: r.rnd.IntN(5), AllZones: r.rnd.IntN(3) == 0, MaxPerNumber: r.rnd.IntN(3), Note: r.rnd.IntN(2) == 0}
	take.Sure = r.rnd.IntN(take.Max + 1)
	take.Long = r.rnd.IntN(take.Max + 1 - take.Sure)
	if r.rnd.IntN(2) == 0 {
		take.Hold = time.Duration(r.rnd.Int64N(int64(10 * time.Second)))
		take.Certain = r.rnd.IntN(take.Max + 1)
	}
	for _, z := range randomZones[1:] {
		if r.rnd.IntN(3) > 0 {
			take.Zones = append(take.Zones, campaign.Zone{Name: z, Factor: r.rnd.Float64()})
		}
	}
	for i := range take.Chances {
		take.Chances[i] = r.rnd.Float64()
	}
	for i := range r.rnd.IntN(3) {
		take.Server = "pbx"
		take.CallerIDs = append(take.CallerIDs, campaign.CallerIDTurn{
			CallerID: campaign.CallerID{Number: fmt.Sprint("02", i), Areas: []string{fmt.Sprint(i)}}, Shown: r.rnd.IntN(3), Room: r.rnd.IntN(4),
		})
	}
	if r.rnd.IntN(3) == 0 {
		take.Frequency = campaign.Frequency{PerDay: r.rnd.IntN(3), PerWeek: r.rnd.IntN(5)}
	}
	return take
}

func (r *random) stepClaim() string {
	camp, take := r.camp(), r.take()
	want, told := r.model.claim(camp, r.now, take)
	got, err := r.Claim(camp, r.now, take)
	claims := got.Claims
	if got.Claims = nil; err != nil || len(claims) != len(want) || !equal(got, told) {
		r.Errorf("%d claims, not %d, %v\n got %+v\nwant %+v", len(claims), len(want), err, got, told)
		return fmt.Sprintf("claim %+v of %s at %v", take, camp, r.now)
	}
	for i, cm := range claims {
		if !equal(anonymous(cm.Attempt), want[i].a) || !equal(stranger(cm.Contact), want[i].before) {
			r.Errorf("claim\n got %+v\nwant %+v", cm, want[i])
		}
		r.ids[want[i]] = cm
		r.old = append(r.old, want[i])
	}
	return fmt.Sprintf("claim %+v of %s at %v", take, camp, r.now)
}

// stepEnd finishes or withdraws an attempt, often one in flight.
func (r *random) stepEnd() string {
	at := r.old[r.rnd.IntN(len(r.old))]
	if flying := r.model.flying(); len(flying) > 0 && r.rnd.IntN(5) > 0 {
		at = flying[r.rnd.IntN(len(flying))]
	}
	cm := r.ids[at]
	if r.rnd.IntN(4) == 0 {
		r.model.withdraw(at)
		if err := r.Withdraw(cm); err != nil {
			r.Error(err)
		}
		return fmt.Sprintf("withdraw %s", cm.Attempt.ID)
	}
	a, c := r.end(cm)
	r.model.finish(at, anonymous(a), stranger(c))
	if err := r.Finish(a, c); err != nil {
		r.Error(err)
	}
	return fmt.Sprintf("finish %+v %+v", a, c)
}

func (r *random) end(cm campaign.Claim) (campaign.Attempt, campaign.Contact) {
	a, c := cm.Attempt, cm.Contact
	after := func(t time.Time) time.Time { return t.Add(time.Duration(r.rnd.Int64N(int64(4 * time.Second)))) }
	a.Outcome = campaign.Outcomes()[r.rnd.IntN(campaign.NumOutcomes-1)]
	a.Ended = after(a.Claimed)
	if a.Outcome.Answered() {
		a.Answered = after(a.Claimed)
		a.Ended = after(a.Answered)
	}
	if a.Outcome == campaign.Connected {
		a.Connected = after(a.Answered)
		a.Ended = after(a.Connected)
	}
	a.Cause, a.Agent, a.Note = 16, "A", fmt.Sprint(r.rnd.Uint32())
	c.Attempts, c.Last, c.Due = a.Pass, a.Outcome, time.Time{}
	c.Counted += r.rnd.IntN(2)
	c.Tries[a.Outcome]++
	states := []campaign.ContactState{campaign.Waiting, campaign.Waiting, campaign.Done, campaign.Exhausted, campaign.Expired}
	if c.State = states[r.rnd.IntN(len(states))]; c.State == campaign.Waiting {
		c.Due, c.Callback = after(r.now), r.rnd.IntN(5) == 0
	} else {
		c.Callback = false
	}
	c.Numbers = slices.Clone(c.Numbers)
	n := &c.Numbers[c.Next]
	n.Last, n.Attempts, n.Dead = a.Outcome, n.Attempts+1, a.Outcome == campaign.Invalid
	c.Next = r.rnd.IntN(len(c.Numbers))
	return a, c
}

// anonymous and stranger are an attempt and a contact without what the store
// numbers as it likes.
func anonymous(a campaign.Attempt) campaign.Attempt {
	a.ID, a.Seq, a.Contact = "", 0, 0
	return a
}

func stranger(c campaign.Contact) campaign.Contact {
	c.ID = 0
	return c
}

func (r *random) compare() {
	for name, mc := range r.model.campaigns {
		var contacts []campaign.Contact
		for _, c := range r.contacts(name) {
			contacts = append(contacts, stranger(c))
		}
		var want []campaign.Contact
		for _, c := range mc.contacts {
			want = append(want, *c)
		}
		if !equal(contacts, want) {
			r.Errorf("contacts of %s\n got %+v\nwant %+v", name, contacts, want)
		}
		var attempts, wantAttempts []campaign.Attempt
		for _, a := range r.attempts(name) {
			attempts = append(attempts, anonymous(a))
		}
		for _, at := range mc.attempts {
			wantAttempts = append(wantAttempts, at.a)
		}
		if !equal(attempts, wantAttempts) {
			r.Errorf("attempts of %s\n got %+v\nwant %+v", name, attempts, wantAttempts)
		}
		if got, want := r.counters(name), mc.counters(); !equal(got, want) {
			r.Errorf("counters of %s\n got %+v\nwant %+v", name, got, want)
		}
		for list, want := range mc.lists {
			if got, ok, err := r.List(name, list); !ok || err != nil || !equal(got, want) {
				r.Errorf("list %s of %s: %+v, not %+v, %v", list, name, got, want, err)
			}
		}
		if got, _, err := r.State(name); err != nil || got != mc.state {
			r.Errorf("%s is %q, not %q, %v", name, got, mc.state, err)
		}
	}
	claims, err := r.InFlight()
	flying := r.model.flying()
	if err != nil || len(claims) != len(flying) {
		r.Fatalf("%d in flight, not %d, %v", len(claims), len(flying), err)
	}
	for i, cm := range claims {
		if !equal(anonymous(cm.Attempt), flying[i].a) || !equal(stranger(cm.Contact), flying[i].before) || cm.Attempt.ID != r.ids[flying[i]].Attempt.ID {
			r.Errorf("in flight\n got %+v\nwant %+v", cm, flying[i])
		}
	}
	r.verify()
}
