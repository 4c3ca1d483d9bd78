package campaign

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// windows are real ones, in UTC.
type windows struct{ contact.Windows }

func (w *windows) Open(t time.Time, zone string) bool {
	return w.OpenIn(t, contact.Zone(zone), time.UTC)
}

func (w *windows) Next(t time.Time, zone string) (time.Time, bool) {
	return w.NextIn(t, contact.Zone(zone), time.UTC)
}

func (w *windows) Closes(t time.Time, zone string) (time.Time, bool) {
	return w.ClosesIn(t, contact.Zone(zone), time.UTC)
}

func (w *windows) Hour(t time.Time, zone string) int { return contact.Zone(zone).Hour(t, time.UTC) }

// randomWindows are some on weekdays and weekends, perhaps over midnight.
func randomWindows(rnd *rand.Rand) *windows {
	w := &windows{}
	clock := func() string { return fmt.Sprintf("%02d:%02d", rnd.Intn(24), 15*rnd.Intn(4)) }
	for _, days := range []string{"mon-fri", "sat-sun", "sun"} {
		from, to := clock(), clock()
		if rnd.Intn(3) > 0 && from != to {
			if err := w.Add(days, from, to); err != nil {
				panic(err)
			}
		}
	}
	return w
}

// zoneWorld is a store and a trunk that refuses every number, so that each is due
// again after a while.
type zoneWorld struct {
	t        *testing.T
	rnd      *rand.Rand
	core     *Core
	now      time.Time
	hours    *windows
	contacts []Contact
	waiting  []time.Time // since when they are due and their zones open; zero: they are not
	later    []func()    // what is written, or answered, a little later
	seq      uint64
	placed   int
}

func (w *zoneWorld) step(ev Event) {
	for _, e := range w.core.Step(w.now, ev) {
		switch e := e.(type) {
		case TakeContacts:
			taken := w.claim(e.Take)
			w.later = append(w.later, func() { w.step(Claimed{Campaign: "spring", Taken: taken}) })
		case Originate:
			ct := &w.contacts[e.Contact.ID-1]
			if !w.hours.Open(w.now, ct.Zone) {
				w.t.Errorf("%s is called at %v", ct.Zone, w.now)
			}
			w.placed++
			w.later = append(w.later, func() {
				w.step(OriginateFailed{ID: e.Attempt.ID, Err: &ami.InvalidError{Action: "Originate", Key: "Channel"}})
			})
		case Finish:
			w.later = append(w.later, func() { w.contacts[e.Contact.ID-1] = e.Contact })
		case Withdraw:
			w.later = append(w.later, func() { w.contacts[e.Contact.ID-1] = e.Contact })
		}
	}
}

func (w *zoneWorld) claim(take Take) (taken Taken) {
	for i := range w.contacts {
		ct := &w.contacts[i]
		open := slices.ContainsFunc(take.Zones, func(z Zone) bool { return z.Name == ct.Zone })
		if open && len(taken.Claims) < take.Max && ct.State != Dialing && !ct.Due.After(w.now) {
			w.seq++
			id := fmt.Sprint("S-", w.seq)
			taken.Claims = append(taken.Claims, Claim{Contact: *ct, Attempt: Attempt{ID: id, Seq: w.seq, Campaign: "spring", Contact: ct.ID, Number: ct.Number(), Pass: ct.Attempts + 1, Claimed: w.now}})
			ct.State = Dialing
		}
	}
	for i := range w.contacts {
		if ct := &w.contacts[i]; ct.State != Dialing {
			taken.Lanes = append(taken.Lanes, Lane{Zone: ct.Zone, Due: ct.Due})
		}
	}
	return taken
}

// starving fails if somebody is due in an open zone and is not called.
func (w *zoneWorld) starving(most time.Duration) {
	for i := range w.contacts {
		ct := &w.contacts[i]
		switch {
		case ct.State == Dialing || ct.Due.After(w.now) || !w.hours.Open(w.now, ct.Zone):
			w.waiting[i] = time.Time{}
		case w.waiting[i].IsZero():
			w.waiting[i] = w.now
		case w.now.Sub(w.waiting[i]) > most:
			w.t.Errorf("%s is due since %v, open since %v, and not called at %v", ct.Zone, ct.Due, w.waiting[i], w.now)
			w.waiting[i] = w.now
		}
	}
}

// TestZones: over changes of clocks nobody is called when it is the wrong hour
// where they are, and everybody when it is the right one.
func TestZones(t *testing.T) {
	zones := []string{
		"", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Chicago,America/New_York", "Asia/Seoul",
		"Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Nowhere/Atall",
	}
	seeds := int64(3)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		rnd := rand.New(rand.NewSource(seed))
		for _, day := range []string{"2026-03-06", "2026-03-27", "2026-04-03", "2026-10-24", "2026-10-30"} {
			from, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			w := &zoneWorld{t: t, rnd: rnd, now: from, hours: randomWindows(rnd)}
			for i := range 40 {
				w.contacts = append(w.contacts, Contact{ID: uint64(i + 1), Zone: zones[rnd.Intn(len(zones))], Numbers: []Number{{Number: "1"}}, Due: from.Add(time.Duration(rnd.Intn(5000)) * time.Minute)})
			}
			w.waiting = make([]time.Time, len(w.contacts))
			rules := RetryRules{MaxAttempts: 10_000}
			rules.ByOutcome[Failed] = RetryRule{After: []time.Duration{37 * time.Minute}, Jitter: 1, Max: 10_000}
			settings := Settings{
				Name: "spring", Servers: []string{"pbx"}, MaxInFlight: 100, Hours: w.hours, Zones: true, Retry: rules,
				Pacing: pacing.Settings{Mode: pacing.Broadcast},
			}
			w.core = New([]Server{{Name: "pbx"}}, []Settings{settings}, map[string]State{"spring": Running})
			w.step(LinkUp{Server: "pbx"})
			for w.now.Before(from.AddDate(0, 0, 3)) {
				w.now = w.now.Add(time.Duration(5+rnd.Intn(55)) * time.Second)
				// What was written or answered meanwhile, in any order.
				later := w.later
				w.later = nil
				rnd.Shuffle(len(later), func(i, k int) { later[i], later[k] = later[k], later[i] })
				for _, f := range later {
					f()
				}
				w.step(Tick{})
				w.starving(5 * time.Minute)
			}
			if w.placed == 0 && w.hours.OpenIn(from.Add(36*time.Hour), "Asia/Seoul", time.UTC) {
				t.Errorf("seed %d from %s: nobody was called", seed, day)
			}
		}
	}
}
