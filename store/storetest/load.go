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

// batch is what a load did: added, unchanged, rejected.
func (b *box) expect(batch store.Batch, added, unchanged, rejected int) {
	b.Helper()
	if batch.Added != added || batch.Unchanged != unchanged || batch.Rejected != rejected {
		b.Fatalf("%+v, not %d added, %d unchanged, %d rejected", batch, added, unchanged, rejected)
	}
}

func keyed(pairs ...string) []store.Row {
	var rows []store.Row
	for i := 0; i < len(pairs); i += 2 {
		rows = append(rows, store.Row{Line: i/2 + 2, Key: pairs[i], Numbers: []store.RowNumber{{Number: pairs[i+1]}}, Record: pairs[i : i+2]})
	}
	return rows
}

// many are more rows than are committed together.
func many(n int) []store.Row {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("%06d", (i*7919)%1000003))
	}
	return rows(list...)
}

func loadTwice(t *testing.T, b *box) {
	for _, list := range [][]store.Row{many(4200), keyed("A", "1", "B", "2")} {
		camp := fmt.Sprint("c", len(list))
		batch, _ := b.load(camp, "l", list)
		b.expect(batch, len(list), 0, 0)
		contacts, counters := b.contacts(camp), b.counters(camp)
		if len(contacts) != len(list) || counters.Contacts[campaign.Pending] != int64(len(list)) {
			t.Fatalf("%d contacts, %+v", len(contacts), counters)
		}
		for i, c := range contacts {
			want := campaign.Contact{
				ID: c.ID, List: "l", Key: list[i].Key, Numbers: []campaign.Number{{Number: list[i].Numbers[0].Number}}, Attributes: list[i].Attributes, State: campaign.Pending, Due: start,
			}
			if !equal(c, want) || i > 0 && c.ID <= contacts[i-1].ID {
				t.Fatalf("contact\n got %+v\nwant %+v", c, want)
			}
		}
		b.reopen()
		batch, _ = b.load(camp, "l", list)
		b.expect(batch, 0, len(list), 0)
		if !equal(b.contacts(camp), contacts) || !equal(b.counters(camp), counters) {
			t.Fatal("the second load changed something")
		}
	}
}

func loadAppended(t *testing.T, b *box) {
	b.load("c", "l", rows("1", "2"))
	batch, _ := b.load("c", "l", rows("1", "2", "3"))
	b.expect(batch, 1, 2, 0)
	batch, _ = b.load("c", "l", rows("4")) // rows that went away stay
	b.expect(batch, 1, 0, 0)
	b.claims("c", start, 9, "1", "2", "3", "4")
}

func loadReordered(t *testing.T, b *box) {
	list := many(4100)
	b.load("c", "l", list)
	contacts := b.contacts("c")
	slices.Reverse(list)
	batch, rejects := b.load("c", "l", list)
	b.expect(batch, 0, len(list), 0)
	if len(rejects) != 0 || !equal(b.contacts("c"), contacts) {
		t.Fatal("changed")
	}
}

func loadDuplicates(t *testing.T, b *box) {
	for _, second := range []string{"again the same", "appended"} {
		list := append(many(2500), rows("1", "2", "1")...)
		list = append(list, many(3)...) // from long ago
		for i := range list {
			list[i].Line = i + 2
		}
		want := 2502
		if second == "appended" {
			list = append(list, store.Row{Line: 2508, Numbers: []store.RowNumber{{Number: "3"}}, Record: []string{"3"}})
		}
		batch, rejects := b.load("c", "l", list)
		if batch.Added+batch.Unchanged != want+len(list)-2506 {
			t.Fatalf("%+v", batch)
		}
		var lines []int
		for _, r := range rejects {
			lines = append(lines, r.Row.Line)
			if !strings.Contains(r.Why, "earlier row") || len(r.Row.Record) != 1 {
				t.Fatalf("%+v", r)
			}
		}
		if fmt.Sprint(lines) != "[2504 2505 2506 2507]" {
			t.Fatalf("rejected lines %v", lines)
		}
	}
}

func loadOtherList(t *testing.T, b *box) {
	b.load("c", "spring", rows("1", "2"))
	for range 2 {
		batch, rejects := b.load("c", "autumn", rows("2", "3", "2"))
		if batch.Rejected != 2 || !strings.Contains(rejects[0].Why, "spring") || rejects[0].Row.Line != 2 || rejects[1].Row.Line != 4 {
			t.Fatalf("%+v", rejects)
		}
	}
	if c := b.contact("c", "2"); c.List != "spring" {
		t.Fatalf("%+v", c)
	}
	// Keys are those of their list.
	batch, _ := b.load("c", "k1", keyed("A", "11"))
	b.expect(batch, 1, 0, 0)
	batch, _ = b.load("c", "k2", keyed("A", "12"))
	b.expect(batch, 1, 0, 0)
}

func loadOtherCampaign(t *testing.T, b *box) {
	b.load("c", "l", rows("1", "2"))
	batch, _ := b.load("d", "l", rows("2", "1"))
	b.expect(batch, 2, 0, 0)
	b.finish(end(b.claim1("c", start), time.Time{}))
	if n := b.counters("d"); n.Attempts != 0 || n.Contacts[campaign.Pending] != 2 {
		t.Fatalf("%+v", n)
	}
}

func loadKeys(t *testing.T, b *box) {
	batch, rejects := b.load("c", "l", keyed("A", "1", "B", "2", "A", "3", "C", "1"))
	b.expect(batch, 2, 0, 2)
	if rejects[0].Row.Line != 4 || rejects[1].Row.Line != 5 {
		t.Fatalf("%+v", rejects)
	}
	batch, rejects = b.load("c", "l", keyed("A", "1", "B", "2", "A", "3", "C", "1"))
	b.expect(batch, 0, 2, 2)
	if len(rejects) != 2 || len(b.contacts("c")) != 2 {
		t.Fatalf("%+v", rejects)
	}
	// A key is not a number, nor does it run into the list's name.
	batch, _ = b.load("c", "l", keyed("3", "4", "4", "3"))
	b.expect(batch, 2, 0, 0)
	batch, _ = b.load("c", "lA", keyed("", "21", "A", "22"))
	b.expect(batch, 2, 0, 0)
	batch, _ = b.load("c", "l", keyed("AA", "23"))
	b.expect(batch, 1, 0, 0)
}

func loadKeyComesAndGoes(t *testing.T, b *box) {
	b.load("c", "l", keyed("A", "1"))
	batch, _ := b.load("c", "l", keyed("", "1", "", "2")) // the file lost its column of keys
	b.expect(batch, 1, 1, 0)
	batch, rejects := b.load("c", "l", keyed("A", "1", "B", "2")) // and has it again
	b.expect(batch, 0, 1, 1)
	if !strings.Contains(rejects[0].Why, "already on this list") {
		t.Fatalf("%+v", rejects)
	}
	batch, _ = b.load("c", "l", keyed("A", "1", "", "1")) // one person twice
	b.expect(batch, 0, 1, 1)
}

// loadUnfit: a row that cannot be kept is rejected, and is no reason to refuse
// the others.
func loadUnfit(t *testing.T, b *box) {
	long := strings.Repeat("7", 1000)
	list := keyed("", "", "A", "", "B", long+"7", long+"7", "1", "D", "4", long, "2", "", long, "C", "3")
	list[4].Refused = "somebody else's reason"
	batch, rejects := b.load("c", "l", list)
	b.expect(batch, 3, 0, 5)
	for i, r := range rejects {
		if r.Row.Line != i+2 {
			t.Fatalf("%+v", r)
		}
	}
	if rejects[4].Why != "somebody else's reason" {
		t.Fatalf("%+v", rejects[4])
	}
	b.claims("c", start, 9, "2", long, "3")
}

// loadCutOff: a load that fails leaves the list as it was, wherever it fails.
func loadCutOff(t *testing.T, b *box) {
	boom := errors.New("boom")
	cut := func(list []store.Row, at int) {
		t.Helper()
		batch, err := b.Load(store.Source{Campaign: "c", List: "l", Hash: "cut", Remove: true}, start, func(yield func(store.Row, error) bool) {
			for _, r := range list[:at] {
				if !yield(r, nil) {
					return
				}
			}
			if yield(store.Row{}, boom) {
				t.Error("the load goes on after an error")
			}
		}, func(r store.Row, why string) { t.Errorf("rejected %+v: %s", r, why) })
		if !errors.Is(err, boom) || batch.Rows != at {
			t.Fatalf("%+v, %v", batch, err)
		}
		b.verify()
	}
	list := many(4150)
	for _, at := range []int{0, 1, 2000, 4100} {
		cut(list, at)
		if got, ok, err := b.List("c", "l"); ok || err != nil {
			t.Fatalf("%+v counts as loaded, %v", got, err)
		}
		if n := len(b.contacts("c")); n != 0 {
			t.Fatalf("%d contacts of %d rows", n, at)
		}
		b.claims("c", start, 10)
	}
	b.reopen()
	batch, _ := b.load("c", "l", list)
	b.expect(batch, 4150, 0, 0)
	contacts := b.contacts("c")
	for i := range list { // changes, some of which were written down before the error
		list[i].Attributes = nil
	}
	for _, at := range []int{3, 4100} {
		cut(list, at)
		if !equal(b.contacts("c"), contacts) {
			t.Fatal("the list was changed")
		}
	}
	if got, ok, err := b.List("c", "l"); !ok || err != nil || got.Hash != "hash" || got.Rows != len(list) {
		t.Fatalf("%+v, %t, %v", got, ok, err)
	}
	for i, c := range b.contacts("c") {
		if c.Number() != list[i].Numbers[0].Number {
			t.Fatalf("contact %d is %+v, not in the order of the list", i, c)
		}
	}
}

// loadUpdates: attributes become the row's, be they few or many, and nothing
// else of a contact changes.
func loadUpdates(t *testing.T, b *box) {
	for _, n := range []int{3, 4500} {
		camp := fmt.Sprint("c", n)
		list := many(n)
		b.load(camp, "l", list)
		cm := b.claim1(camp, start)
		b.finish(end(b.claim1(camp, start), start.Add(time.Hour)))
		contacts := b.contacts(camp)
		for i := range list {
			if i != 2 {
				list[i].Attributes = []campaign.Attribute{{Name: "NAME", Value: "changed"}, {Name: "NEW", Value: "x"}}
				contacts[i].Attributes = list[i].Attributes
			}
		}
		batch, _ := b.load(camp, "l", list)
		b.expect(batch, 0, 1, 0)
		if batch.Updated != n-1 {
			t.Fatalf("%+v", batch)
		}
		b.reopen()
		if got := b.contacts(camp); !equal(got, contacts) {
			t.Fatalf("%d contacts\n got %.3v\nwant %.3v", n, got, contacts)
		}
		// A call that is in flight ends without taking them back.
		b.finish(end(cm, start))
		if c := b.contact(camp, cm.Attempt.Number); !equal(c.Attributes, list[0].Attributes) {
			t.Fatalf("%+v", c)
		}
		batch, _ = b.load(camp, "l", list)
		b.expect(batch, 0, n, 0)
	}
}

func (b *box) loadRemoving(camp string, rows []store.Row) store.Batch {
	b.Helper()
	batch, err := b.Load(store.Source{Campaign: camp, List: "l", Hash: "hash", Remove: true}, start, seq(rows), func(store.Row, string) {})
	if err != nil {
		b.Fatal(err)
	}
	return batch
}

func (b *box) state(camp, number string, want campaign.ContactState) campaign.Contact {
	b.Helper()
	c := b.contact(camp, number)
	if c.State != want {
		b.Fatalf("%s is %s, not %s", number, c.State, want)
	}
	return c
}

// loadRemoves: contacts without a row leave the list, what they did stays, and
// with their row they are again where they were.
func loadRemoves(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3", "4", "5")
	b.load("c", "other", rows("6"))
	over := b.claims("c", start, 1, "1")[0]
	b.finish(end(over, time.Time{}))
	later := start.Add(time.Hour)
	b.finish(end(b.claims("c", start, 1, "2")[0], later))
	batch := b.loadRemoving("c", rows("4"))
	if batch.Removed != 3 || batch.Unchanged != 1 { // 2, 3 and 5
		t.Fatalf("%+v", batch)
	}
	b.reopen()
	b.state("c", "1", campaign.Exhausted)
	b.state("c", "2", campaign.Removed)
	b.claims("c", start, 10, "4", "6")
	if batch := b.loadRemoving("c", rows("4")); batch.Removed != 0 {
		t.Fatalf("removed again: %+v", batch)
	}
	b.claims("c", later, 10)
	b.load("other campaign", "l", rows("2"))

	batch, _ = b.load("c", "l", rows("5", "2", "1"))
	b.expect(batch, 0, 1, 0)
	if batch.Updated != 2 {
		t.Fatalf("%+v", batch)
	}
	if c := b.state("c", "2", campaign.Waiting); c.Attempts != 1 {
		t.Fatalf("%+v", c)
	}
	b.claims("c", start, 10, "5")
	b.claims("c", later, 10, "2")
	// One who was removed is nobody's on another list either.
	if _, rejects := b.load("c", "other", rows("6", "3")); len(rejects) != 1 || !strings.Contains(rejects[0].Why, "on list l") {
		t.Fatalf("%+v", rejects)
	}
}

// loadRemovesDialing: a call goes on, and its contact leaves when it has ended.
func loadRemovesDialing(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3", "4", "5")
	claims := b.claims("c", start, 5, "1", "2", "3", "4", "5")
	b.loadRemoving("c", rows("5"))
	b.verify()
	b.state("c", "1", campaign.Dialing)
	b.reopen()
	b.finish(end(claims[0], start))
	b.state("c", "1", campaign.Removed)
	b.withdraw(claims[1])
	b.state("c", "2", campaign.Removed)
	b.finish(end(claims[2], time.Time{}))
	b.state("c", "3", campaign.Exhausted)
	b.verify()
	if batch, _ := b.load("c", "l", rows("4", "2")); batch.Updated != 2 {
		t.Fatalf("%+v", batch)
	}
	b.finish(end(claims[3], start))
	b.state("c", "4", campaign.Waiting)
	b.state("c", "2", campaign.Pending)
}

// loadRemovesMany is more than is decided on in one transaction.
func loadRemovesMany(t *testing.T, b *box) {
	list := many(9000)
	b.load("c", "l", list)
	claims, _ := b.claim("c", start, 10)
	if batch := b.loadRemoving("c", list[6000:]); batch.Removed != 6000 || batch.Unchanged != 3000 {
		t.Fatalf("%+v", batch)
	}
	b.verify()
	for _, cm := range claims {
		b.finish(end(cm, start))
	}
	if n := b.counters("c"); n.Contacts[campaign.Removed] != 6000 || n.Contacts[campaign.Pending] != 3000 {
		t.Fatalf("%+v", n)
	}
	if got := b.claim1("c", start).Attempt.Number; got != list[6000].Numbers[0].Number {
		t.Fatalf("%s, not %s", got, list[6000].Numbers[0].Number)
	}
	// A row that was refused is no reason to remove its contact.
	b.load("d", "l", keyed("A", "1", "B", "2"))
	if batch := b.loadRemoving("d", keyed("A", "")); batch.Removed != 1 || batch.Rejected != 1 {
		t.Fatalf("%+v", batch)
	}
	b.claims("d", start, 9, "1")
}

// loadChain: a row that is refused bars no other row.
func loadChain(t *testing.T, b *box) {
	batch, rejects := b.load("c", "l", keyed("A", "1", "A", "3", "D", "3", "D", "4", "E", "4", "", "1", "", "5", "F", "5"))
	b.expect(batch, 4, 0, 4)
	var lines []int
	for _, r := range rejects {
		lines = append(lines, r.Row.Line)
	}
	if fmt.Sprint(lines) != "[3 5 7 9]" {
		t.Fatalf("rejected lines %v", lines)
	}
	b.claims("c", start, 9, "1", "3", "4", "5")
}

// loadBlocksNobody: claims are made while rows are read, and see none of them.
func loadBlocksNobody(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3")
	list := many(9000)
	n := 0
	batch, err := b.Load(store.Source{Campaign: "c", List: "new", Hash: "h", Remove: true}, start, func(yield func(store.Row, error) bool) {
		for _, r := range list {
			if n++; n%4000 == 0 {
				b.claim1("c", start)
				b.verify()
			}
			if !yield(r, nil) {
				return
			}
		}
	}, func(store.Row, string) {})
	if err != nil || batch.Added != 9000 {
		t.Fatalf("%+v, %v", batch, err)
	}
	b.claims("c", start, 3, "3", list[0].Numbers[0].Number, list[1].Numbers[0].Number)
}

func loadWhileDialing(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3")
	claims := b.claims("c", start, 2, "1", "2")
	b.finish(end(claims[0], start.Add(time.Hour)))
	contacts := b.contacts("c")
	batch, _ := b.load("c", "l", rows("3", "2", "1"))
	b.expect(batch, 0, 3, 0)
	if got := b.contacts("c"); !equal(got, contacts) {
		t.Fatalf("the load changed\n     %+v\ninto %+v", contacts, got)
	}
}

func loadNames(t *testing.T, b *box) {
	for _, names := range [][2]string{{"", "l"}, {"c", ""}} {
		if _, err := b.Load(store.Source{Campaign: names[0], List: names[1], Hash: "h"}, start, seq(rows("1")), nil); err == nil {
			t.Errorf("campaign %q, list %q: no error", names[0], names[1])
		}
	}
	if names, err := b.Campaigns(); err != nil || len(names) != 0 {
		t.Fatalf("%q, %v", names, err)
	}
	batch, _ := b.load("봄", "목록/1.csv", rows("1"))
	b.expect(batch, 1, 0, 0)
	b.claims("봄", start, 1, "1")
}

func listRecord(t *testing.T, b *box) {
	if got, ok, err := b.List("c", "l"); ok || err != nil {
		t.Fatalf("%+v, %t, %v", got, ok, err)
	}
	b.load("c", "l", rows("1"))
	batch, _ := b.load("c", "l", rows("1", "2", "2"))
	other, _ := b.load("c", "empty", nil)
	b.reopen()
	for _, want := range []store.Batch{batch, other} {
		got, ok, err := b.List("c", want.List)
		if !ok || err != nil || !equal(got, want) {
			t.Fatalf("%t, %v\n got %+v\nwant %+v", ok, err, got, want)
		}
	}
	if want := (store.Batch{
		ID: 2, Campaign: "c", List: "l", Time: start, Hash: "hash", Rows: 3, Added: 1, Unchanged: 1, Rejected: 1, First: batch.First, Last: batch.Last,
	}); !equal(batch, want) {
		t.Fatalf("%+v", batch)
	}
	if err := errors.Join(b.Touch("c", "l", "stamp"), b.Touch("c", "unheard", "stamp"), b.Touch("d", "l", "stamp")); err != nil {
		t.Fatal(err)
	}
	batch.Stamp = "stamp"
	if got, ok, err := b.List("c", "l"); !ok || err != nil || !equal(got, batch) {
		t.Fatalf("%t, %v\n got %+v\nwant %+v", ok, err, got, batch)
	}
	if _, ok, err := b.List("d", "l"); ok || err != nil {
		t.Fatal(ok, err)
	}
}

// lists: every list of a campaign that was loaded to its end, by name.
func lists(t *testing.T, b *box) {
	if all, err := b.Lists("c"); err != nil || len(all) != 0 {
		t.Fatal(all, err)
	}
	spring, _ := b.load("c", "spring", rows("1"))
	autumn, _ := b.load("c", "autumn", rows("2", "2"))
	b.load("d", "other", rows("3"))
	b.reopen()
	if all, err := b.Lists("c"); err != nil || !equal(all, []store.Batch{autumn, spring}) {
		t.Fatalf("%+v, %v", all, err)
	}
}

// loadGiven: a contact that was loaded before its list had a region is known in
// its old spelling.
func loadGiven(t *testing.T, b *box) {
	b.load("c", "l", keyed("", "0101", "A", "0102"))
	given := []store.Row{
		{Line: 2, Numbers: []store.RowNumber{{Number: "+82101", Given: "0101"}}}, {Line: 3, Numbers: []store.RowNumber{{Number: "+82102", Given: "0102"}}, Key: "A"},
		{Line: 4, Numbers: []store.RowNumber{{Number: "+82103", Given: "0103"}}}, {Line: 5, Numbers: []store.RowNumber{{Number: "+82103", Given: "+82103"}}}, {Line: 6, Numbers: []store.RowNumber{{Number: "+82101", Given: "0101"}}},
	}
	batch, rejects := b.load("c", "l", given)
	b.expect(batch, 1, 2, 2)
	if rejects[0].Row.Line != 5 || rejects[1].Row.Line != 6 {
		t.Fatalf("%+v", rejects)
	}
	b.claims("c", start, 9, "0101", "0102", "+82103")
	batch, _ = b.load("c", "l", given[:3])
	b.expect(batch, 0, 3, 0)
}

// loadBarred: what is on the do-not-call list joins all the same, for the day on
// which it is on it no more, and is counted.
func loadBarred(t *testing.T, b *box) {
	b.dnc("2", "3")
	batch, _ := b.load("c", "l", rows("1", "2", "3", "3"))
	b.expect(batch, 3, 0, 1)
	if batch.Barred != 2 {
		t.Fatalf("%+v", batch)
	}
	if batch, _ = b.load("c", "l", rows("2", "3")); batch.Barred != 0 {
		t.Fatalf("none of them is new: %+v", batch)
	}
}

func previewChangesNothing(t *testing.T, b *box) {
	b.load("c", "l", rows("1", "2"))
	contacts, counters := b.contacts("c"), b.counters("c")
	b.preview(store.Source{Campaign: "c", List: "l"}, start, many(2500))
	b.preview(store.Source{Campaign: "c", List: "new"}, start, many(2500))
	b.preview(store.Source{Campaign: "d", List: "l"}, start, rows("1"))
	if !equal(b.contacts("c"), contacts) || !equal(b.counters("c"), counters) {
		t.Fatal("changed")
	}
	names, err := b.Campaigns()
	all, listErr := b.Lists("c")
	if err != nil || listErr != nil || fmt.Sprint(names) != "[c]" || len(all) != 1 {
		t.Fatal(names, all, err, listErr)
	}
	if _, err := b.Preview(store.Source{Campaign: "c"}, start, seq(nil), nil); err == nil {
		t.Error("a list without a name is accepted")
	}
}

func previewCutOff(t *testing.T, b *box) {
	boom := errors.New("boom")
	told := 0
	batch, err := b.Preview(store.Source{Campaign: "c", List: "l"}, start, func(yield func(store.Row, error) bool) {
		if yield(rows("1")[0], nil) && yield(store.Row{}, boom) {
			t.Error("the preview goes on after an error")
		}
	}, func(store.Row, store.Verdict) { told++ })
	if !errors.Is(err, boom) || batch.Rows != 1 || told != 0 {
		t.Fatalf("%+v, %d told, %v", batch, told, err)
	}
}
