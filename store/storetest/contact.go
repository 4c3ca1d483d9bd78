package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// found is what Find finds, as campaign/list/number.
func (b *box) found(who string, want ...string) []store.Found {
	b.Helper()
	all, err := b.Find(who)
	if err != nil {
		b.Fatal(err)
	}
	var got []string
	for _, f := range all {
		got = append(got, f.Campaign+"/"+f.Contact.List+"/"+f.Contact.Number())
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		b.Fatalf("%q finds %q, not %q", who, got, want)
	}
	return all
}

// find: by number and by key, in every campaign, and nobody else.
func find(t *testing.T, b *box) {
	b.load("c", "l", keyed("A", "1", "", "2", "3", "4"))
	b.load("c", "m", keyed("A", "3"))
	batch, _ := b.load("d", "l", keyed("X", "1", "", "5"))
	b.found("1", "c/l/1", "d/l/1")
	b.found("A", "c/l/1", "c/m/3")
	b.found("3", "c/l/4", "c/m/3") // a key of one, a number of another
	b.found("5", "d/l/5")
	for _, nobody := range []string{"", "6", "a", "l\x00A", strings.Repeat("1", 2000)} {
		b.found(nobody)
	}
	b.undo(batch, 2)
	b.found("1", "c/l/1")
	b.found("5")
	b.reopen()
	if got := b.found("2", "c/l/2")[0]; !equal(got.Contact, b.contact("c", "2")) || got.Callback != nil {
		t.Errorf("%+v", got)
	}
}

// contactAttempts: those of one contact among those of many, in order.
func contactAttempts(t *testing.T, b *box) {
	b.loaded("c", "1", "2")
	b.loaded("d", "1")
	at := start
	one := func(camp string) campaign.Claim {
		at = at.Add(time.Hour)
		cm := b.claim1(camp, at)
		return cm
	}
	b.finish(end(one("d"), time.Time{}))
	for range 3 { // 1 and 2 in turn
		b.finish(end(one("c"), at.Add(90*time.Minute)))
		b.finish(end(one("c"), at.Add(90*time.Minute)))
	}
	b.load("c", "many", many(2500)[2:])
	b.claim("c", start, 2400)
	b.claim("c", at.Add(2*time.Hour), 200) // these two are the last
	first, second := b.found("1", "c/l/1", "d/l/1")[0].Contact, b.contact("c", "2")
	got := map[uint64][]campaign.Attempt{}
	for _, id := range []uint64{first.ID, second.ID, first.ID + 1_000_000} {
		all, err := b.ContactAttempts("c", id)
		if err != nil {
			t.Fatal(err)
		}
		got[id] = all
	}
	want := map[uint64][]campaign.Attempt{first.ID + 1_000_000: nil}
	for _, a := range b.attempts("c") {
		if a.Contact == first.ID || a.Contact == second.ID {
			want[a.Contact] = append(want[a.Contact], a)
		}
	}
	if !equal(got, want) || len(want[first.ID]) != 4 || len(want[second.ID]) != 4 {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if all, err := b.ContactAttempts("nobody", 1); err != nil || all != nil {
		t.Error(all, err)
	}
}

func (b *box) callBack(camp string, number string, at time.Time) campaign.Contact {
	b.Helper()
	c, err := b.Callback(camp, b.contact(camp, number).ID, store.Callback{At: at, Note: "after " + number}, start)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// callback: whatever became of a contact, it is due when it asked for it.
func callbackAny(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3", "4")
	at := start.Add(24 * time.Hour)
	b.finish(end(b.claim1("c", start), time.Time{}))          // 1 is exhausted
	b.finish(end(b.claim1("c", start), start.Add(time.Hour))) // 2 waits for a retry
	for _, number := range []string{"1", "2", "3"} {
		was := b.contact("c", number)
		c := b.callBack("c", number, at)
		want := campaign.Waiting
		if was.Attempts == 0 {
			want = campaign.Pending
		}
		if c.State != want || !c.Due.Equal(at) || !c.Callback || c.Attempts != was.Attempts || c.Counted != was.Counted {
			t.Errorf("%s: %+v, before %+v", number, c, was)
		}
		f := b.found(number, "c/l/"+number)[0]
		if !equal(f.Contact, c) || f.Callback == nil || f.Callback.Number != number || f.Callback.Note != "after "+number || !f.Callback.At.Equal(at) || !f.Callback.Asked.Equal(start) {
			t.Errorf("found %+v, %+v", f, f.Callback)
		}
	}
	b.claims("c", at.Add(-1), 9, "4")
	b.reopen()
	claims := b.claims("c", at, 9, "1", "2", "3")
	if cm := claims[0]; cm.Attempt.Pass != 2 || !cm.Contact.Callback {
		t.Errorf("%+v", cm)
	}
	// Once it was made it is over, and goes on being told of.
	b.finish(end(claims[0], time.Time{}))
	if f := b.found("1", "c/l/1")[0]; f.Contact.State != campaign.Exhausted || f.Callback == nil {
		t.Errorf("%+v", f)
	}
}

// callbackDialing: who asks for it during a call is due then, whatever comes of
// the call.
func callbackDialing(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3")
	at := start.Add(24 * time.Hour)
	for i, finish := range []func(campaign.Claim){
		func(cm campaign.Claim) { b.finish(end(cm, time.Time{})) },
		func(cm campaign.Claim) { b.finish(end(cm, start.Add(time.Minute))) },
		b.withdraw,
	} {
		cm := b.claim1("c", start)
		number := fmt.Sprint(i + 1)
		before := b.contact("c", number)
		b.callBack("c", number, at)
		if got := b.contact("c", number); !equal(got, before) {
			t.Errorf("while it is called it is %+v", got)
		}
		b.reopen()
		finish(cm)
		if got := b.contact("c", number); got.State > campaign.Waiting || !got.Due.Equal(at) || !got.Callback {
			t.Errorf("%s afterwards: %+v", number, got)
		}
	}
	claims := b.claims("c", at, 9, "1", "2", "3")
	// The next call's end counts again.
	b.finish(end(claims[0], time.Time{}))
	if got := b.contact("c", "1"); got.State != campaign.Exhausted {
		t.Errorf("%+v", got)
	}
}

// callbackDead: a number that turned out to be dead during the call is not called
// again.
func callbackDead(t *testing.T, b *box) {
	b.loaded("c", "1")
	cm := b.claim1("c", start)
	b.callBack("c", "1", start.Add(time.Hour))
	a, c := end(cm, time.Time{})
	a.Outcome, c.Last, c.State = campaign.Invalid, campaign.Invalid, campaign.BadNumber
	c.Numbers = []campaign.Number{{Number: "1", Last: campaign.Invalid, Dead: true}}
	b.finish(a, c)
	if got := b.contact("c", "1"); got.State != campaign.BadNumber || !got.Due.IsZero() {
		t.Errorf("%+v", got)
	}
	b.refusesCallback("c", c.ID, store.Callback{At: start}, "1 is not a number that can be reached: it was invalid")
}

func (b *box) refusesCallback(camp string, id uint64, cb store.Callback, why string) {
	b.Helper()
	before := b.contacts(camp)
	_, err := b.Callback(camp, id, cb, start)
	if no, ok := errors.AsType[*store.NoCallback](err); !ok || !strings.Contains(no.Why, why) {
		b.Errorf("%v, not %q", err, why)
	}
	if got := b.contacts(camp); !equal(got, before) {
		b.Errorf("refused, but the contacts became %+v", got)
	}
}

func callbackRefused(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3")
	ids := map[string]uint64{}
	for _, c := range b.contacts("c") {
		ids[c.Number()] = c.ID
	}
	if _, err := b.Load(store.Source{Campaign: "c", List: "l", Remove: true}, start, seq(rows("1", "2")), func(store.Row, string) {}); err != nil {
		t.Fatal(err)
	}
	b.addDNC(doNotCall, 1, "2")
	at := store.Callback{At: start}
	b.refusesCallback("nobody", 1, at, "campaign nobody has no contact 1")
	b.refusesCallback("c", 999, at, "campaign c has no contact 999")
	b.refusesCallback("c", ids["3"], at, "the contact was taken off list l")
	b.refusesCallback("c", ids["2"], at, "2 is on a do-not-call list")
	b.refusesCallback("c", ids["1"], store.Callback{At: start, Number: "9"}, "the contact has no number 9")
	b.refusesCallback("c", ids["1"], store.Callback{At: start, Note: strings.Repeat("x", store.MaxNote+1)}, "longer than 1000 bytes")
	if _, err := b.Callback("c", ids["1"], store.Callback{At: start, Number: "1", Note: strings.Repeat("x", store.MaxNote)}, start); err != nil {
		t.Error(err)
	}
	// Barred at a claim, it is refused; taken off the list, it can be asked for.
	b.claims("c", start, 9, "1")
	b.refusesCallback("c", ids["2"], at, "2 is on a do-not-call list")
	b.removeDNC(doNotCall, start, 1, "2")
	b.callBack("c", "2", start.Add(time.Hour))
}

// callbackNumbers: the number that is next, or the one after it that can be
// called, or the one that is given.
func callbackNumbers(t *testing.T, b *box) {
	b.load("c", "l", []store.Row{row(2, "A", "1:mobile", "2:home", "3"), row(3, "B", "4", "5")})
	for _, number := range []string{"1", "2", "3"} {
		if f := b.found(number, "c/l/1")[0]; len(f.Contact.Numbers) != 3 || f.Contact.Key != "A" {
			t.Errorf("%s finds %+v", number, f.Contact)
		}
	}
	id := b.of("c", "1").ID
	ask := func(number, want string) {
		t.Helper()
		c, err := b.Callback("c", id, store.Callback{At: start.Add(time.Hour), Number: number}, start)
		if err != nil || c.Number() != want {
			t.Errorf("asked for %q: %s, %v", number, c.Number(), err)
		}
	}
	ask("", "1")
	ask("2", "2")
	ask("", "2")
	b.addDNC(doNotCall, 1, "2")
	ask("", "3")
	b.refusesCallback("c", id, store.Callback{At: start, Number: "2"}, "2 is on a do-not-call list")
	b.refusesCallback("c", id, store.Callback{At: start, Number: "4"}, "the contact has no number 4")

	// 3 is dead, 2 barred: 1 is left.
	claims, _ := b.claim("c", start.Add(time.Hour), 9)
	i := slices.IndexFunc(claims, func(cm campaign.Claim) bool { return cm.Attempt.Number == "3" })
	if i < 0 || len(claims) != 2 {
		t.Fatalf("claimed %q", numbers(claims))
	}
	a, c := end(claims[i], time.Time{})
	a.Outcome, c.State = campaign.Invalid, campaign.Exhausted
	c.Numbers[2].Last, c.Numbers[2].Dead = campaign.Invalid, true
	b.finish(a, c)
	ask("", "1")
	b.refusesCallback("c", id, store.Callback{At: start, Number: "3"}, "3 is not a number that can be reached")
	b.addDNC(doNotCall, 1, "1")
	b.refusesCallback("c", id, store.Callback{At: start}, "")
	b.removeDNC(doNotCall, start, 1, "1")
	b.claims("c", start.Add(time.Hour), 9, "1")
}
