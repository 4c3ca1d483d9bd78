package campaign

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

func callerIDs(numbers ...string) (all []CallerID) {
	for _, n := range numbers {
		all = append(all, CallerID{Number: n})
	}
	return all
}

func TestCallerIDIsLocal(t *testing.T) {
	take := Take{Max: 99, CallerIDs: []CallerIDTurn{
		{CallerID{"seoul", []string{"+822"}}, 5, 9},
		{CallerID{"mobile", nil}, 0, 9},
		{CallerID{"busan", []string{"+8251", "+8255"}}, 9, 1},
		{CallerID{"seoul2", []string{"+822"}}, 6, 9},
		{CallerID{"all", []string{"+82"}}, 8, 9},
		{CallerID{"away", []string{"+1"}}, 0, 9},
	}}
	for _, tt := range []struct{ number, want string }{
		{"+82212345678", "seoul"},
		{"+82212345678", "seoul"}, // 6 by now, and first
		{"+82212345678", "seoul2"},
		{"+82515551234", "busan"},
		{"+82515551234", "all"},   // the other one has no room left
		{"+82101234567", "all"},   // the country's
		{"+4930123456", "mobile"}, // nobody's: whoever was shown least
		{"+4930123456", "away"},
		{"0212345678", "mobile"},
	} {
		if got := take.Show(tt.number); got != tt.want {
			t.Errorf("a call to %s shows %s, want %s", tt.number, got, tt.want)
		}
	}
}

func TestShowWithoutRoom(t *testing.T) {
	take := Take{Max: 5, CallerIDs: []CallerIDTurn{{CallerID: CallerID{Number: "1"}, Room: 2}, {CallerID: CallerID{Number: "2"}, Room: 1}}}
	if n := take.Most(); n != 3 {
		t.Errorf("at most %d contacts, want 3", n)
	}
	got := []string{take.Show("9"), take.Show("9"), take.Show("9"), take.Show("9")}
	if want := []string{"1", "2", "1", ""}; !slices.Equal(got, want) {
		t.Errorf("shown %q, want %q", got, want)
	}
	if n := (&Take{Max: 5}).Most(); n != 5 {
		t.Errorf("at most %d contacts without caller IDs", n)
	}
}

// showWorld is a Core of campaigns that call on and on, with a store that always has
// somebody to call.
type showWorld struct {
	t     *testing.T
	rnd   *rand.Rand
	core  *Core
	now   time.Time
	seq   int
	todo  []func() // answers of the store
	shown []Attempt
}

func newShowWorld(t *testing.T, rnd *rand.Rand, settings []Settings) *showWorld {
	w := &showWorld{t: t, rnd: rnd, now: time.Date(2026, 3, 2, 9, 0, 17, 0, time.UTC)}
	states := map[string]State{}
	for i := range settings {
		s := &settings[i]
		s.Servers, s.MaxInFlight, s.Pacing.Mode, states[s.Name] = []string{"pbx"}, 50, pacing.Broadcast, Running
	}
	w.core = New([]Server{{Name: "pbx", CallsPerSecond: 20}}, settings, states)
	w.step(LinkUp{Server: "pbx"})
	return w
}

func (w *showWorld) step(ev Event) {
	for _, e := range w.core.Step(w.now, ev) {
		switch e := e.(type) {
		case TakeContacts:
			w.todo = append(w.todo, func() { w.claim(e) })
		case Originate:
			w.shown = append(w.shown, e.Attempt)
			fail := w.rnd.IntN(10)
			w.todo = append(w.todo, func() {
				if fail == 0 { // it never left: nobody was shown anything
					w.shown = slices.DeleteFunc(w.shown, func(a Attempt) bool { return a.ID == e.Attempt.ID })
					w.step(OriginateFailed{ID: e.Attempt.ID, Err: &ami.RequestError{Action: "Originate", Err: ami.ErrNotConnected}})
					return
				}
				w.step(AMI{Server: "pbx", Event: &ami.OriginateResponse{ActionID: e.Attempt.ID}})
			})
		}
	}
}

func (w *showWorld) claim(e TakeContacts) {
	if w.rnd.IntN(20) == 0 {
		w.step(ClaimFailed{Campaign: e.Campaign, Err: ami.ErrNoReply})
		return
	}
	take := e.Take
	take.CallerIDs = slices.Clone(take.CallerIDs)
	ev := Claimed{Campaign: e.Campaign}
	for range w.rnd.IntN(take.Most() + 1) {
		w.seq++
		number := fmt.Sprint(w.seq)
		ev.Claims = append(ev.Claims, Claim{
			Attempt{ID: "A" + number, Seq: uint64(w.seq), Campaign: e.Campaign, Contact: uint64(w.seq), Number: number, Pass: 1, Claimed: w.now, CallerID: take.Show(number)},
			Contact{ID: uint64(w.seq), Numbers: []Number{{Number: number}}},
		})
	}
	ev.Next = w.now
	w.step(ev)
}

func (w *showWorld) run(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end); {
		todo := w.todo
		w.todo = nil
		for _, f := range todo {
			f()
		}
		w.now = w.now.Add(700 * time.Millisecond)
		w.step(Tick{})
	}
}

// most is the most often that a number was shown within some time.
func (w *showWorld) most(number string, within time.Duration) (most int) {
	var at []time.Time
	for _, a := range w.shown {
		if a.CallerID == number {
			at = append(at, a.Claimed)
		}
	}
	from := 0
	for i := range at {
		for !at[from].After(at[i].Add(-within)) {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// TestCallerIDsKeepTheirBounds: two campaigns that share numbers show none of them
// more often than they may, in any hour; what did not leave does not count, and the
// bounds are used up.
func TestCallerIDsKeepTheirBounds(t *testing.T) {
	for seed := range uint64(4) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		perHour, perDay := 5+rnd.IntN(40), 0
		if seed%2 == 0 {
			perDay = perHour * (1 + rnd.IntN(2))
		}
		w := newShowWorld(t, rnd, []Settings{
			{Name: "a", CallerIDs: CallerIDs{callerIDs("1", "2", "3"), perHour, perDay}},
			{Name: "b", CallerIDs: CallerIDs{callerIDs("3", "4"), perHour, perDay}},
		})
		w.run(3 * time.Hour)
		for _, n := range []string{"1", "2", "3", "4"} {
			hour, day := w.most(n, time.Hour), w.most(n, 24*time.Hour)
			if hour > perHour || perDay > 0 && day > perDay {
				t.Errorf("seed %d: %s was shown %d times in an hour and %d in a day; %d and %d are allowed", seed, n, hour, day, perHour, perDay)
			}
			if hour < perHour-1 || perDay == 0 && day < 2*perHour {
				t.Errorf("seed %d: %s was shown only %d times in an hour and %d in a day of %d an hour", seed, n, hour, day, perHour)
			}
		}
	}
}

// TestCallerIDsAreSpreadEvenly, also those that come later.
func TestCallerIDsAreSpreadEvenly(t *testing.T) {
	for seed := range uint64(3) {
		w := newShowWorld(t, rand.New(rand.NewPCG(seed, 7)), []Settings{{Name: "a", CallerIDs: CallerIDs{All: callerIDs("1", "2", "3")}}})
		w.run(20 * time.Minute)
		count := func() map[string]int {
			n := map[string]int{}
			for _, a := range w.shown {
				n[a.CallerID]++
			}
			return n
		}
		spread := func(n map[string]int) int {
			all := slices.Sorted(maps.Values(n))
			return all[len(all)-1] - all[0]
		}
		before := count()
		if len(before) != 3 || before["1"] < 100 || spread(before) > 1+len(w.todo) {
			t.Errorf("seed %d: %v", seed, before)
		}
		s := w.core.campaigns["a"].Settings
		s.CallerIDs.All = callerIDs("2", "3", "4")
		w.step(Reconfigure{Servers: []Server{{Name: "pbx", CallsPerSecond: 20}}, Settings: []Settings{s}})
		w.run(20 * time.Minute)
		after := count()
		delta := map[string]int{"2": after["2"] - before["2"], "3": after["3"] - before["3"], "4": after["4"]}
		if after["1"] > before["1"]+50 || spread(delta) > 3+len(w.todo) {
			t.Errorf("seed %d: %v more, and of the one that is gone %d", seed, delta, after["1"]-before["1"])
		}
	}
}

// TestShownBefore: what was shown before the daemon started counts, each call until
// it is an hour and a day ago.
func TestShownBefore(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 30, 0, time.UTC)
	before := Shown{}
	for _, ago := range []time.Duration{time.Minute, 59 * time.Minute, 62 * time.Minute, 23 * time.Hour, 25 * time.Hour} {
		before.Add(&Attempt{CallerID: "1", Claimed: now.Add(-ago)}, now)
	}
	c := New([]Server{{Name: "pbx"}}, nil, nil)
	c.Step(now, Reconfigure{Servers: []Server{{Name: "pbx"}}, Shown: before, Settings: []Settings{
		{Name: "a", Servers: []string{"pbx"}, Pacing: pacing.Settings{Mode: pacing.Broadcast}, CallerIDs: CallerIDs{callerIDs("1", "2"), 2, 9}},
	}})
	for _, tt := range []struct {
		at        time.Duration
		hour, day int
		room      int
	}{{0, 2, 4, 0}, {2 * time.Minute, 1, 4, 1}, {61 * time.Minute, 0, 3, 2}, {62 * time.Minute, 0, 3, 2}, {23 * time.Hour, 0, 2, 2}, {24*time.Hour + 2*time.Minute, 0, 0, 2}} {
		c.Step(now.Add(tt.at), Tick{})
		got := c.Status().Campaigns[0].CallerIDs
		if want := (CallerIDStatus{"1", tt.hour, tt.day, tt.room}); len(got) != 2 || got[0] != want || got[1].Room != 2 {
			t.Errorf("after %v: %+v, want %+v", tt.at, got, want)
		}
	}
}
