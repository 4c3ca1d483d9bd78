package campaign

import (
	"fmt"
	"math"
	"math/rand"
	"testing"
	"time"
)

const minutes = time.Minute

// every is a rule that waits 5 minutes.
func every(most int) RetryRule { return RetryRule{After: []time.Duration{5 * minutes}, Max: most} }

func TestSettle(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	rule := func(o Outcome, most, all int) RetryRules {
		r := RetryRules{MaxAttempts: all}
		r.ByOutcome[o] = every(most)
		return r
	}
	contact := func(o Outcome, tries, counted int) Contact {
		c := Contact{State: Dialing, Due: now, Counted: counted}
		c.Tries[o] = uint16(tries)
		return c
	}
	for _, tt := range []struct {
		name    string
		rules   RetryRules
		before  Contact
		outcome Outcome
		want    ContactState
		counted int
	}{
		{"connected is final, whatever the rules", rule(Connected, 9, 9), contact(Connected, 0, 0), Connected, Done, 1},
		{"no rule", RetryRules{MaxAttempts: 9}, Contact{}, Busy, Done, 1},
		{"first of one", rule(Busy, 1, 9), contact(Busy, 0, 0), Busy, Waiting, 1},
		{"second of one", rule(Busy, 1, 9), contact(Busy, 1, 1), Busy, Exhausted, 2},
		{"last of three", rule(Busy, 3, 9), contact(Busy, 2, 2), Busy, Waiting, 3},
		{"one more than three", rule(Busy, 3, 9), contact(Busy, 3, 3), Busy, Exhausted, 4},
		{"other outcomes' tries do not count for the rule", rule(Busy, 1, 9), contact(NoAnswer, 5, 5), Busy, Waiting, 6},
		{"max_attempts less one", rule(Busy, 9, 3), contact(Busy, 1, 1), Busy, Waiting, 2},
		{"max_attempts", rule(Busy, 9, 3), contact(Busy, 2, 2), Busy, Exhausted, 3},
		{"max_attempts over all outcomes", rule(Busy, 9, 3), contact(NoAnswer, 2, 2), Busy, Exhausted, 3},
		{"max_attempts of 1", rule(Busy, 9, 1), contact(Busy, 0, 0), Busy, Exhausted, 1},
		{"congestion does not count", rule(Congestion, 9, 1), contact(Congestion, 0, 0), Congestion, Waiting, 0},
		{"congestion of one called back beyond max_attempts", rule(Congestion, 9, 1), contact(Congestion, 0, 3), Congestion, Waiting, 3},
		{"congestion has its own maximum", rule(Congestion, 2, 1), contact(Congestion, 2, 0), Congestion, Exhausted, 0},
		{"invalid", RetryRules{MaxAttempts: 9}, Contact{}, Invalid, BadNumber, 0},
		{"invalid with a rule", rule(Invalid, 1, 9), Contact{}, Invalid, Waiting, 0},
		{"invalid with a rule, again", rule(Invalid, 1, 9), contact(Invalid, 1, 0), Invalid, BadNumber, 0},
		{"a counter at its end", rule(Busy, math.MaxInt, math.MaxInt), contact(Busy, math.MaxUint16, 9), Busy, Waiting, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.before
			c.Numbers = []Number{{Number: "100"}}
			tries := c.Tries[tt.outcome]
			tt.rules.Settle(&c, &Attempt{ID: "a", Number: "100", Outcome: tt.outcome, Claimed: now}, now)
			if c.State != tt.want || c.Counted != tt.counted || c.Last != tt.outcome {
				t.Errorf("%s, counted %d, last %s", c.State, c.Counted, c.Last)
			}
			if want := min(int(tries)+1, math.MaxUint16); int(c.Tries[tt.outcome]) != want {
				t.Errorf("%d tries, want %d", c.Tries[tt.outcome], want)
			}
			due := time.Time{}
			if tt.want == Waiting {
				due = now.Add(5 * minutes)
			}
			if !c.Due.Equal(due) {
				t.Errorf("due at %v, want %v", c.Due, due)
			}
		})
	}
}

func TestDelay(t *testing.T) {
	list := func(all ...time.Duration) []time.Duration { return all }
	for _, tt := range []struct {
		rule RetryRule
		want []time.Duration // of the first, second …
	}{
		{RetryRule{}, list(0, 0)},
		{RetryRule{After: list(5 * minutes)}, list(5*minutes, 5*minutes, 5*minutes)},
		{RetryRule{After: list(5*minutes, 30*minutes, 120*minutes)}, list(5*minutes, 30*minutes, 120*minutes, 120*minutes)},
		{RetryRule{After: list(5 * minutes), Multiply: 2}, list(5*minutes, 10*minutes, 20*minutes, 40*minutes)},
		{RetryRule{After: list(5 * minutes), Multiply: 2, AtMost: 15 * minutes}, list(5*minutes, 10*minutes, 15*minutes, 15*minutes)},
		{RetryRule{After: list(5*minutes, 30*minutes), Multiply: 1.5}, list(5*minutes, 30*minutes, 45*minutes)},
		{RetryRule{After: list(5 * minutes), Multiply: 0.5}, list(5*minutes, 5*minutes)},
	} {
		for i, want := range tt.want {
			if got := tt.rule.delay(i + 1); got != want {
				t.Errorf("%+v: the %d. is %s, want %s", tt.rule, i+1, got, want)
			}
		}
	}
	endless := RetryRule{After: list(24 * time.Hour), Multiply: 20}
	if got := endless.delay(math.MaxUint16); got != MaxRetryDelay {
		t.Errorf("the last of all is %s", got)
	}
}

// TestJitter: up to its share later and never sooner, the same again for the same
// attempt, and spread over the share for ids as the store makes them.
func TestJitter(t *testing.T) {
	var tenths [10]int
	for i := range 1000 {
		id := fmt.Sprintf("k3f9_%dx", i)
		d := jittered(time.Hour, 0.1, id)
		if d < time.Hour || d >= 66*minutes || d != jittered(time.Hour, 0.1, id) {
			t.Fatalf("%s: %s", id, d)
		}
		tenths[int(10*float64(d-time.Hour)/float64(6*minutes))]++
	}
	for i, n := range tenths {
		if n < 50 || n > 150 {
			t.Errorf("tenth %d has %d of 1000", i, n)
		}
	}
	if d := jittered(time.Hour, 0, "x"); d != time.Hour {
		t.Error("without a share:", d)
	}
}

// contactOf is a contact whose number called is being called, and that attempt.
func contactOf(called string, numbers ...Number) (Contact, Attempt) {
	c := Contact{State: Dialing, Numbers: numbers}
	for i, n := range numbers {
		c.Counted += n.Attempts
		if n.Number == called {
			c.Next = i
		}
	}
	return c, Attempt{ID: "a", Number: called}
}

func TestNextNumber(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	const switched = minutes
	fresh := func(number string) Number { return Number{Number: number} }
	busy := func(number string, n int) Number { return Number{Number: number, Last: Busy, Attempts: n} }
	gone := func(number string) Number { return Number{Number: number, Last: Invalid, Dead: true} }
	rules := func(by NumberChoice) RetryRules {
		r := RetryRules{MaxAttempts: 99, MaxPerNumber: 3}
		for o := range r.ByOutcome {
			r.ByOutcome[o] = RetryRule{After: []time.Duration{5 * minutes}, Max: 9, Choice: by, SwitchAfter: switched}
		}
		r.ByOutcome[NoAnswer].After[0] = time.Hour
		r.ByOutcome[Invalid] = RetryRule{}
		return r
	}
	for _, tt := range []struct {
		name    string
		by      NumberChoice
		numbers []Number
		called  string
		outcome Outcome
		next    string
		after   time.Duration
	}{
		{"same stays", SameNumber, []Number{fresh("1"), fresh("2")}, "1", Busy, "1", 5 * minutes},
		{"same, up to max_per_number", SameNumber, []Number{busy("1", 2), fresh("2")}, "1", Busy, "2", switched},
		{"same, to one that was called before", SameNumber, []Number{busy("1", 1), busy("2", 2)}, "2", Busy, "1", 5 * minutes},
		{"same, but dead", SameNumber, []Number{fresh("1"), fresh("2")}, "1", Invalid, "2", 0},
		{"next", NextNumber, []Number{fresh("1"), fresh("2"), fresh("3")}, "2", NoAnswer, "3", switched},
		{"next, round the end", NextNumber, []Number{fresh("1"), fresh("2")}, "2", Busy, "1", switched},
		{"next, a second round", NextNumber, []Number{busy("1", 1), busy("2", 1)}, "2", NoAnswer, "1", time.Hour},
		{"next passes over the dead and the worn", NextNumber, []Number{fresh("1"), gone("2"), busy("3", 3), busy("4", 1)}, "1", Busy, "4", 5 * minutes},
		{"next of one", NextNumber, []Number{fresh("1")}, "1", Busy, "1", 5 * minutes},
		{"dead, and the next was called before: it waits by its own outcome", NextNumber,
			[]Number{fresh("1"), {Number: "2", Last: NoAnswer, Attempts: 1}}, "1", Invalid, "2", time.Hour},
		{"best prefers where a person answered", BestNumber, []Number{busy("1", 1), {Number: "2", Last: Abandoned, Attempts: 2}, fresh("3")}, "1", Busy, "2", 5 * minutes},
		{"best, the one just called", BestNumber, []Number{busy("1", 1), fresh("2")}, "1", Dropped, "1", 5 * minutes},
		{"best, fewest calls", BestNumber, []Number{busy("1", 1), busy("2", 1), fresh("3"), fresh("4")}, "1", Busy, "3", switched},
		{"best, the order of the row", BestNumber, []Number{busy("1", 1), fresh("2"), fresh("3")}, "1", Busy, "2", switched},
		{"best passes over the dead", BestNumber, []Number{busy("1", 1), gone("2")}, "1", Busy, "1", 5 * minutes},
		{"congestion leaves the number", NextNumber, []Number{fresh("1"), fresh("2")}, "1", Congestion, "1", 5 * minutes},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := rules(tt.by)
			c, a := contactOf(tt.called, tt.numbers...)
			before := tt.numbers[c.Next]
			a.Outcome, a.Claimed = tt.outcome, now
			r.Settle(&c, &a, now)
			if c.State != Waiting || c.Number() != tt.next || c.Due.Sub(now) != tt.after {
				t.Errorf("%s, next %s in %s", c.State, c.Number(), c.Due.Sub(now))
			}
			if tt.numbers[0].Number == tt.called && tt.numbers[0] != before {
				t.Error("the claim's own copy was changed")
			}
		})
	}

	// What ends a contact with several numbers.
	for _, tt := range []struct {
		name    string
		numbers []Number
		called  string
		outcome Outcome
		want    ContactState
	}{
		{"the last living number is dead", []Number{gone("1"), fresh("2"), gone("3")}, "2", Invalid, BadNumber},
		{"one is dead and all others worn", []Number{busy("1", 3), fresh("2")}, "2", Invalid, Exhausted},
		{"all worn", []Number{busy("1", 3), busy("2", 2)}, "2", Busy, Exhausted},
		{"connected at the second", []Number{busy("1", 1), fresh("2")}, "2", Connected, Done},
	} {
		r := rules(NextNumber)
		c, a := contactOf(tt.called, tt.numbers...)
		a.Outcome, a.Claimed = tt.outcome, now
		if r.Settle(&c, &a, now); c.State != tt.want || !c.Due.IsZero() {
			t.Errorf("%s: %s, due %s", tt.name, c.State, c.Due)
		}
	}
}

// TestMaxPerDay: a retry beyond a day's maximum is due when the next day begins
// in the campaign's zone.
func TestMaxPerDay(t *testing.T) {
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	r := RetryRules{MaxAttempts: 9, MaxPerDay: 2, Zone: seoul}
	r.ByOutcome[Busy] = every(9)
	r.ByOutcome[Congestion] = every(9)
	c, a := contactOf("1", Number{Number: "1"})
	a.Outcome = Busy
	for i, tt := range []struct{ at, due string }{
		{"2026-03-02 17:00", "2026-03-02 17:05"},
		{"2026-03-02 17:05", "2026-03-03 00:00"},
		{"2026-03-03 00:00", "2026-03-03 00:05"},
		{"2026-03-03 23:58", "2026-03-04 00:03"}, // due tomorrow anyhow
		{"2026-03-04 00:03", "2026-03-04 00:08"},
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", tt.at, seoul)
		if err != nil {
			t.Fatal(err)
		}
		a.Claimed = at.UTC()
		r.Settle(&c, &a, at)
		if got := c.Due.In(seoul).Format("2006-01-02 15:04"); got != tt.due {
			t.Errorf("attempt %d, at %s: due %s, want %s", i+1, tt.at, got, tt.due)
		}
	}
	// Congestion is not counted, and waits for its own time only.
	a.Outcome = Congestion
	if r.Settle(&c, &a, a.Claimed); c.DayCounted != 1 || c.Due.Sub(a.Claimed) != 5*minutes {
		t.Errorf("%d counted, due in %s", c.DayCounted, c.Due.Sub(a.Claimed))
	}
}

// TestDayAfter: in every zone tried, for each hour of years with all their clock
// changes, the next day begins after t, its first instant is of that day, and the
// one before is not.
func TestDayAfter(t *testing.T) {
	for _, name := range []string{"UTC", "Asia/Seoul", "America/New_York", "America/Sao_Paulo", "America/Santiago", "Asia/Beirut", "Pacific/Apia", "Africa/Cairo", "Australia/Lord_Howe"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		r := RetryRules{Zone: loc}
		for at := time.Date(2010, 12, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2019; at = at.Add(time.Hour) {
			next := r.dayAfter(at)
			if !next.After(at) || r.day(next) <= r.day(at) || r.day(next.Add(-time.Nanosecond)) == r.day(next) {
				t.Fatalf("%s: after %s comes %s", name, at.In(loc), next)
			}
		}
	}
}

func TestExpiry(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := RetryRules{MaxAttempts: 9}
	r.ByOutcome[Busy] = every(9)
	for _, tt := range []struct {
		name               string
		notBefore, expires time.Duration
		want               ContactState
		due                time.Duration
	}{
		{"it expires a moment later", 0, 5*minutes + 1, Waiting, 5 * minutes},
		{"it expires just then", 0, 5 * minutes, Expired, 0},
		{"not before", time.Hour, 0, Waiting, time.Hour},
		{"not before it expires", time.Hour, time.Hour, Expired, 0},
	} {
		c, a := contactOf("1", Number{Number: "1"})
		a.Outcome = Busy
		if tt.notBefore > 0 {
			c.NotBefore = now.Add(tt.notBefore)
		}
		if tt.expires > 0 {
			c.Expires = now.Add(tt.expires)
		}
		r.Settle(&c, &a, now)
		if want := now.Add(tt.due); c.State != tt.want || tt.want == Waiting && !c.Due.Equal(want) || tt.want == Expired && !c.Due.IsZero() {
			t.Errorf("%s: %s, due %s", tt.name, c.State, c.Due)
		}
	}
}

// TestFirst: the rule puts the contact before others; a callback that met
// congestion stays one, any other is over.
func TestFirst(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := RetryRules{MaxAttempts: 9}
	r.ByOutcome[Dropped], r.ByOutcome[Busy], r.ByOutcome[Congestion] = every(9), every(9), every(9)
	r.ByOutcome[Dropped].First = true
	for _, tt := range []struct {
		outcome   Outcome
		was, want bool
	}{{Dropped, false, true}, {Busy, true, false}, {Congestion, true, true}, {Congestion, false, false}, {Connected, true, false}} {
		c, a := contactOf("1", Number{Number: "1"})
		c.Callback, a.Outcome = tt.was, tt.outcome
		if r.Settle(&c, &a, now); c.Callback != tt.want {
			t.Errorf("%s of a callback %v: %v", tt.outcome, tt.was, c.Callback)
		}
	}
}

// TestSettleProperties: whatever the rules and outcomes, a contact is over after a
// bounded number of attempts and is in one state; no maximum is exceeded on the
// way; it is never due before its rule allows; what its numbers count adds up.
func TestSettleProperties(t *testing.T) {
	zones := []*time.Location{nil, time.UTC, time.FixedZone("", 9*3600), time.FixedZone("", -7*3600)}
	seeds(t, 3000, func(t *testing.T, rnd *rand.Rand) {
		r := RetryRules{MaxAttempts: 1 + rnd.Intn(6), MaxPerNumber: rnd.Intn(4), MaxPerDay: rnd.Intn(4), Zone: zones[rnd.Intn(len(zones))]}
		for o := range r.ByOutcome {
			rule := RetryRule{Multiply: 2 * rnd.Float64(), Jitter: rnd.Float64(), Max: rnd.Intn(4), Choice: NumberChoice(rnd.Intn(3)), First: rnd.Intn(5) == 0}
			for range rnd.Intn(3) {
				rule.After = append(rule.After, time.Duration(1+rnd.Intn(600))*minutes)
			}
			if rnd.Intn(2) == 0 {
				rule.SwitchAfter = time.Duration(1+rnd.Intn(20)) * minutes
			}
			r.ByOutcome[o] = rule
		}
		c := Contact{}
		for i := range 1 + rnd.Intn(5) {
			c.Numbers = append(c.Numbers, Number{Number: fmt.Sprint(i)})
		}
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		if rnd.Intn(4) == 0 {
			c.Expires = now.Add(time.Duration(rnd.Intn(48)) * time.Hour)
		}
		days, placed := map[int]int{}, 0
		for c.State <= Waiting {
			placed++
			if most := r.MaxAttempts + len(c.Numbers) + 3 + 3 + 1; placed > most {
				t.Fatalf("%d attempts by %+v: %+v", placed, r, c)
			}
			if n := c.Numbers[c.Next]; n.Dead {
				t.Fatalf("a dead number is called: %+v", c)
			}
			a := Attempt{ID: fmt.Sprint("x", placed), Number: c.Number(), Claimed: now, Outcome: Outcomes()[rnd.Intn(NumOutcomes-1)]}
			called, before := c.Next, c
			now = now.Add(time.Duration(rnd.Intn(90)) * time.Second)
			r.Settle(&c, &a, now)
			if a.Outcome.CountsAsAttempt() {
				days[r.day(a.Claimed)]++
			}
			rule := r.ByOutcome[a.Outcome]
			sum := 0
			for _, n := range c.Numbers {
				sum += n.Attempts
				if r.MaxPerNumber > 0 && n.Attempts > r.MaxPerNumber {
					t.Fatalf("number %s was called %d times: %+v", n.Number, n.Attempts, r)
				}
			}
			if sum != c.Counted || c.Counted > r.MaxAttempts {
				t.Fatalf("%d counted, numbers %d: %+v by %+v", c.Counted, sum, c, r)
			}
			for day, n := range days {
				if r.MaxPerDay > 0 && n > r.MaxPerDay {
					t.Fatalf("%d attempts on day %d: %+v", n, day, r)
				}
			}
			if c.State == Dialing || c.State == Pending || (c.State == Waiting) == c.Due.IsZero() {
				t.Fatalf("%s, due %s", c.State, c.Due)
			}
			if again := before; true {
				if r.Settle(&again, &a, now); again.State != c.State || !again.Due.Equal(c.Due) || again.Next != c.Next {
					t.Fatalf("settled again: %+v, first %+v", again, c)
				}
			}
			if c.State != Waiting {
				break
			}
			if int(c.Tries[a.Outcome]) > rule.Max && a.Outcome != Invalid || a.Outcome == Connected {
				t.Fatalf("%s is dialed again: %+v by %+v", a.Outcome, c, rule)
			}
			least := rule.delay(int(c.Tries[a.Outcome]))
			next := before.Numbers[c.Next]
			switch {
			case c.Next != called && next.Last == InFlight && (rule.SwitchAfter > 0 || c.Numbers[called].Dead):
				least = rule.SwitchAfter
			case c.Numbers[called].Dead:
				least = r.ByOutcome[next.Last].delay(int(c.Tries[next.Last]))
			}
			if c.Due.Before(now.Add(least)) {
				t.Fatalf("%s: due in %s, its rule says %s: %+v", a.Outcome, c.Due.Sub(now), least, rule)
			}
			now = c.Due
		}
	})
}

// TestAllow: what waits by the rules that were, and may by those that are.
func TestAllow(t *testing.T) {
	r := RetryRules{MaxAttempts: 3, MaxPerNumber: 2}
	r.ByOutcome[Busy], r.ByOutcome[Congestion] = every(2), every(9)
	two := func(attempts ...int) []Number {
		return []Number{{Number: "1", Attempts: attempts[0]}, {Number: "2", Attempts: attempts[1]}}
	}
	for _, tt := range []struct {
		name string
		c    Contact
		last Outcome
		n    uint16
		want bool
	}{
		{"never called", Contact{State: Pending, Counted: 9, Numbers: two(0, 0)}, InFlight, 0, true},
		{"within all maxima", Contact{Counted: 2, Numbers: two(2, 0)}, Busy, 2, true},
		{"its outcome came too often", Contact{Counted: 1, Numbers: two(1, 0)}, Busy, 3, false},
		{"its outcome has no rule any more", Contact{Counted: 1, Numbers: two(1, 0)}, NoAnswer, 1, false},
		{"max_attempts", Contact{Counted: 3, Numbers: two(2, 1)}, Busy, 1, false},
		{"max_per_number at each", Contact{Counted: 2, Numbers: two(2, 2)}, Busy, 1, false},
		{"the number before was dead", Contact{Counted: 1, Numbers: two(0, 1)}, Invalid, 1, true},
		{"congestion counts nowhere", Contact{Counted: 3, Numbers: two(2, 2)}, Congestion, 1, true},
		{"called back, whatever was before", Contact{Counted: 9, Callback: true, Numbers: two(9, 9)}, Busy, 9, true},
	} {
		c := tt.c
		if c.State != Pending || tt.last != InFlight {
			c.State = Waiting
		}
		c.Last, c.Tries[tt.last] = tt.last, tt.n
		if got := r.Allow(&c); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
