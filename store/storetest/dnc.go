package storetest

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

var doNotCall = store.DNCName{List: "national"}

func entries(all ...string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func noEntries(func(string, error) bool) {}

func (b *box) addDNC(list store.DNCName, want int, all ...string) {
	b.Helper()
	if n, err := b.AddDNC(list, start, all...); err != nil || n != want {
		b.Fatalf("%d of %q added, not %d: %v", n, all, want, err)
	}
}

func (b *box) removeDNC(list store.DNCName, now time.Time, want int, all ...string) {
	b.Helper()
	if n, err := b.RemoveDNC(list, now, all...); err != nil || n != want {
		b.Fatalf("%d of %q removed, not %d: %v", n, all, want, err)
	}
}

func (b *box) checkDNC(camp, number string, want ...string) {
	b.Helper()
	hits, err := b.CheckDNC(camp, number)
	if err != nil {
		b.Fatal(err)
	}
	got := []string{}
	for _, h := range hits {
		got = append(got, h.Campaign+"/"+h.List+" "+h.Entry)
		if !h.Since.Equal(start) {
			b.Fatalf("%+v is not since %v", h, start)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		b.Fatalf("%s is barred by %q, not %q", number, got, want)
	}
}

func dnc(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3")
	b.dnc("2", "1")
	b.reopen()
	claims, next := b.claim("c", start, 1)
	if got := numbers(claims); fmt.Sprint(got) != "[3]" || !next.IsZero() {
		t.Fatalf("claimed %q, next %v", got, next)
	}
	for _, number := range []string{"1", "2"} {
		if c := b.contact("c", number); c.State != campaign.DNC || !c.Due.IsZero() || c.Attempts != 0 {
			t.Fatalf("%+v", c)
		}
	}
	if n := b.counters("c"); n.Contacts[campaign.DNC] != 2 || n.Attempts != 1 {
		t.Fatalf("%+v", n)
	}
}

func dncInFront(t *testing.T, b *box) {
	var barred []string
	for i := range 300 {
		barred = append(barred, fmt.Sprint(1000+i))
	}
	b.loaded("c", append(barred, "1", "2")...)
	b.dnc(barred...)
	b.claims("c", start, 1, "1")
	b.claims("c", start, 1, "2")
	if n := b.counters("c"); n.Contacts[campaign.DNC] != 300 {
		t.Fatalf("%+v", n)
	}
}

func dncWhileInFlight(t *testing.T, b *box) {
	b.loaded("c", "1")
	cm := b.claim1("c", start)
	b.dnc("1")
	b.verify()
	later := start.Add(time.Hour)
	b.finish(end(cm, later))
	b.claims("c", later, 1)
	if c := b.contact("c", "1"); c.State != campaign.DNC || c.Last != campaign.NoAnswer || c.Attempts != 1 {
		t.Fatalf("%+v", c)
	}
}

// dncSet: a list is replaced as a whole, and what stays is not touched.
func dncSet(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3", "0900123", "0901")
	set := func(now time.Time, all ...string) store.DNCList {
		t.Helper()
		l, err := b.SetDNC(doNotCall, "stamp "+now.String(), now, entries(all...))
		if err != nil || l.Stamp != "stamp "+now.String() || l.DNCName != doNotCall {
			t.Fatalf("%+v, %v", l, err)
		}
		return l
	}
	if l := set(start, "1", "9", "1", "9", "0900*", "0900*"); l.Numbers != 2 || l.Prefixes != 1 {
		t.Fatalf("%+v", l)
	}
	b.claims("c", start, 10, "2", "3", "0901")
	later := start.Add(time.Hour)
	if l := set(later, "9", "0901", "090*"); l.Numbers != 2 || l.Prefixes != 1 {
		t.Fatalf("%+v", l)
	}
	b.checkDNC("", "9", "/national 9") // since it came first
	b.checkDNC("", "1")
	if hits, err := b.CheckDNC("c", "0901"); err != nil || len(hits) != 2 || !hits[0].Since.Equal(later) {
		t.Fatalf("%+v, %v", hits, err)
	}
	b.claims("c", later, 10, "1") // 0900123 is barred by another entry now
	b.reopen()
	if _, err := b.AddDNC(doNotCall, later, "5"); !errors.Is(err, store.ErrDNCFile) {
		t.Fatal(err)
	}
	if _, err := b.RemoveDNC(doNotCall, later, "9"); !errors.Is(err, store.ErrDNCFile) {
		t.Fatal(err)
	}
	lists, err := b.DNCLists()
	if err != nil || len(lists) != 1 || lists[0].Stamp != "stamp "+later.String() || lists[0].Numbers != 2 || !lists[0].Changed.Equal(later) {
		t.Fatalf("%+v, %v", lists, err)
	}

	// An error among the entries, or one that is none, changes nothing.
	boom := errors.New("boom")
	if _, err := b.SetDNC(doNotCall, "s", later, func(yield func(string, error) bool) {
		if yield("5", nil) && yield("", boom) {
			t.Error("it goes on after an error")
		}
	}); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "*", strings.Repeat("1", 1001)} {
		if _, err := b.SetDNC(doNotCall, "s", later, entries("5", bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
		if _, err := b.AddDNC(doNotCall, later, "5", bad); err == nil {
			t.Errorf("%q is added", bad)
		}
	}
	b.checkDNC("", "5")
	if _, err := b.AddDNC(store.DNCName{}, later, "5"); err == nil {
		t.Error("a list without a name")
	}
}

// dncLarge is more than is written at once.
func dncLarge(t *testing.T, b *box) {
	number := func(i int) string { return fmt.Sprintf("%06d", (i*7919)%1000003) }
	var all []string
	for i := range 9000 {
		all = append(all, number(i))
	}
	b.loaded("c", number(5), number(8000), "1")
	b.dnc(all[:8500]...)
	b.claims("c", start, 10, "1")
	b.dnc(all[7000:]...)
	b.claims("c", start.Add(time.Hour), 10, number(5))
	b.dnc()
	b.claims("c", start.Add(time.Hour), 10, number(8000))
}

func dncAddRemove(t *testing.T, b *box) {
	b.loaded("c", "1", "2")
	mine := store.DNCName{List: "mine"}
	b.addDNC(mine, 1, "2", "2")
	b.addDNC(mine, 2, "1", "2", "3*")
	b.claims("c", start, 10)
	later := start.Add(time.Hour)
	b.removeDNC(mine, later, 0, "7", "7*")
	b.removeDNC(store.DNCName{List: "unheard"}, later, 0, "1")
	b.removeDNC(mine, later, 2, "2", "3*", "2")
	if claims, next := b.claim("c", start, 10); len(claims) != 0 || !next.Equal(later) {
		t.Fatalf("%d claims, next %v", len(claims), next)
	}
	b.claims("c", later, 10, "2")
	b.checkDNC("c", "1", "/mine 1")
	if lists, err := b.DNCLists(); err != nil || len(lists) != 1 || lists[0].Numbers != 1 || lists[0].Prefixes != 0 || lists[0].Stamp != "" {
		t.Fatalf("%+v, %v", lists, err)
	}
}

// dncLists: any number of lists bars, each in its campaign or in all.
func dncLists(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3")
	b.loaded("d", "1", "2", "3")
	ofC, ofAll := store.DNCName{Campaign: "c", List: "x"}, store.DNCName{List: "x"}
	b.addDNC(ofC, 2, "1", "2")
	b.addDNC(ofAll, 1, "2")
	b.addDNC(doNotCall, 1, "2*")
	b.checkDNC("", "2", "/national 2*", "/x 2", "c/x 2")
	b.checkDNC("c", "1", "c/x 1")
	b.checkDNC("d", "1")
	b.claims("c", start, 10, "3")
	b.finish(end(b.claims("d", start, 1, "1")[0], time.Time{}))

	// Taken off one list it is still on the others.
	b.removeDNC(ofC, start, 1, "2")
	b.claims("c", start, 10)
	b.removeDNC(ofAll, start, 1, "2")
	b.claims("c", start, 10)
	if err := b.DropDNC(doNotCall, start); err != nil {
		t.Fatal(err)
	}
	b.claims("c", start, 10, "2")
	if lists, err := b.DNCLists(); err != nil || len(lists) != 2 || lists[0].DNCName != ofAll || lists[1].DNCName != ofC {
		t.Fatalf("%+v, %v", lists, err)
	}
	if err := b.DropDNC(store.DNCName{List: "unheard"}, start); err != nil {
		t.Fatal(err)
	}
}

// dncPrefix gives back all whom a prefix had barred, and only those.
func dncPrefix(t *testing.T, b *box) {
	var barred, list []string
	for i := range 2500 {
		barred = append(barred, fmt.Sprintf("090%04d", i))
	}
	list = append(append(list, "0899", "090", "0910"), barred...)
	b.loaded("c", list...)
	b.addDNC(doNotCall, 2, "090*", "0900000")
	b.claims("c", start, 10, "0899", "0910")
	b.claims("c", start, 10)
	if n := b.counters("c"); n.Contacts[campaign.DNC] != 2501 {
		t.Fatalf("%+v", n)
	}
	b.removeDNC(doNotCall, start, 1, "090*")
	if n := b.counters("c"); n.Contacts[campaign.DNC] != 1 || n.Contacts[campaign.Pending] != 2500 {
		t.Fatalf("%+v", n)
	}
}

// dncGivesBack: one who was called before waits, and one who is over stays so.
func dncGivesBack(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3")
	b.finish(end(b.claims("c", start, 1, "1")[0], start))
	b.finish(end(b.claims("c", start, 1, "1")[0], time.Time{}))
	b.finish(end(b.claims("c", start, 1, "2")[0], start))
	b.dnc("1", "2", "3")
	b.claims("c", start, 10)
	b.dnc()
	if c := b.contact("c", "2"); c.State != campaign.Waiting || c.Attempts != 1 {
		t.Fatalf("%+v", c)
	}
	if c := b.contact("c", "1"); c.State != campaign.Exhausted {
		t.Fatalf("%+v", c)
	}
	b.claims("c", start, 10, "2", "3")
}

// dncAtLoad: contacts that are barred when they are loaded are no one's turn.
func dncAtLoad(t *testing.T, b *box) {
	b.addDNC(doNotCall, 2, "1", "3*")
	b.addDNC(store.DNCName{Campaign: "d", List: "x"}, 1, "2")
	batch, _ := b.load("c", "l", rows("1", "2", "33"))
	if batch.Added != 3 || batch.Barred != 2 {
		t.Fatalf("%+v", batch)
	}
	if n := b.counters("c"); n.Contacts[campaign.DNC] != 2 {
		t.Fatalf("%+v", n)
	}
	b.claims("c", start, 10, "2")
	b.removeDNC(doNotCall, start, 1, "3*")
	b.claims("c", start, 10, "33")

	list := many(4500)
	var barred []string
	for i := 0; i < len(list); i += 3 {
		barred = append(barred, list[i].Numbers[0].Number)
	}
	b.dnc(barred...)
	if batch, _ := b.load("e", "l", list); batch.Barred != len(barred) {
		t.Fatalf("%+v", batch)
	}
	if claims, _ := b.claim("e", start, 9999); len(claims) != 3000 {
		t.Fatal(len(claims))
	}
}

// dncCallback: the iterator is the caller's code. It may use the store, and if
// it panics, it does so to the caller and the store goes on.
func dncCallback(t *testing.T, b *box) {
	b.loaded("c", "1", "2")
	within(t, func() {
		b.SetDNC(doNotCall, "", start, func(yield func(string, error) bool) {
			b.AddAgentTime("c", time.Second)
			b.AddDNC(store.DNCName{List: "own"}, start, "9")
			yield("1", nil)
		})
	})
	func() {
		defer func() {
			if v := recover(); v != "boom" {
				t.Errorf("recovered %v", v)
			}
		}()
		b.SetDNC(doNotCall, "", start, func(func(string, error) bool) { panic("boom") })
	}()
	b.claims("c", start, 10, "2")
}

// within fails the test if f hangs.
func within(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("it hangs")
	}
}
