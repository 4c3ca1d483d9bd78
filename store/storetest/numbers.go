package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// row is one of a list: its line, its key and its numbers, each perhaps with a
// type behind a colon.
func row(line int, key string, numbers ...string) store.Row {
	r := store.Row{Line: line, Key: key, Record: append([]string{key}, numbers...)}
	for _, n := range numbers {
		number, kind, _ := strings.Cut(n, ":")
		r.Numbers = append(r.Numbers, store.RowNumber{Number: number, Type: kind})
	}
	return r
}

// of finds a contact by any of its numbers.
func (b *box) of(camp, number string) campaign.Contact {
	b.Helper()
	for _, c := range b.contacts(camp) {
		if has(&c, number) {
			return c
		}
	}
	b.Fatalf("no contact has the number %s", number)
	return campaign.Contact{}
}

// loadNumbers: a contact has all numbers of its row; each of them is its own.
func loadNumbers(t *testing.T, b *box) {
	list := []store.Row{row(2, "A", "1:mobile", "2:home"), row(3, "", "3", "4"), row(4, "C", "5:work")}
	batch, _ := b.load("c", "l", list)
	b.expect(batch, 3, 0, 0)
	want := []campaign.Number{{Number: "1", Type: "mobile"}, {Number: "2", Type: "home"}}
	if c := b.of("c", "2"); !equal(c.Numbers, want) || c.Next != 0 || c.Number() != "1" {
		t.Fatalf("%+v", c)
	}
	b.reopen()
	batch, _ = b.load("c", "l", list)
	b.expect(batch, 0, 3, 0)
	// Any number of another's is taken, in the list, in another row and on another list.
	batch, rejects := b.load("c", "l", []store.Row{
		row(2, "D", "6", "2"), row(3, "", "4"), row(4, "", "4"), row(5, "", "5", "1"), row(6, "E", "8", "9"), row(7, "F", "9", "10"),
	})
	b.expect(batch, 1, 0, 4)
	for i, why := range []string{"number 2 is already on this list, under another key", "earlier row", "number 2 is already on this list, in another row", "earlier row"} {
		if !strings.Contains(rejects[i].Why, why) {
			t.Errorf("%d: %s, not %s", rejects[i].Row.Line, rejects[i].Why, why)
		}
	}
	if batch.Updated != 1 { // the row of 4, which is 3's as well
		t.Fatalf("%+v", batch)
	}
	_, rejects = b.load("c", "other", []store.Row{row(2, "", "11", "2")})
	if len(rejects) != 1 || rejects[0].Why != "number 2 is already in this campaign, on list l" {
		t.Fatalf("%+v", rejects)
	}
	for _, bad := range [][]string{{"1", "1"}, {"1", ""}, strings.Split("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", " ")} {
		if batch := b.loadRemoving("e", []store.Row{row(2, "", bad...)}); batch.Rejected != 1 {
			t.Errorf("%q is taken", bad)
		}
	}
	if batch := b.loadRemoving("e", []store.Row{{Line: 2, Numbers: []store.RowNumber{{Number: "1"}}, Priority: campaign.MaxPriority + 1}}); batch.Rejected != 1 {
		t.Error("a priority that is none is taken")
	}
}

// loadNewNumbers: with a key the row is the truth: what became of a number that
// stays is kept, a new one has been called never, and one that is gone is no
// one's.
func loadNewNumbers(t *testing.T, b *box) {
	b.load("c", "l", []store.Row{row(2, "A", "1:mobile", "2"), row(3, "B", "3")})
	later := start.Add(time.Hour)
	a, c := end(b.claims("c", start, 1, "1")[0], later)
	c.Numbers[0].Last, c.Numbers[0].Attempts = a.Outcome, 1
	b.finish(a, c)
	batch, _ := b.load("c", "l", []store.Row{row(2, "A", "4", "1:work"), row(3, "B", "3")})
	if batch.Updated != 1 || batch.Unchanged != 1 {
		t.Fatalf("%+v", batch)
	}
	got := b.of("c", "4")
	want := []campaign.Number{{Number: "4"}, {Number: "1", Type: "work", Last: campaign.NoAnswer, Attempts: 1}}
	if !equal(got.Numbers, want) || got.Next != 1 || !got.Due.Equal(later) || got.Attempts != 1 {
		t.Fatalf("%+v", got)
	}
	batch, _ = b.load("c", "l", []store.Row{row(2, "A", "4", "1:work"), row(3, "B", "3"), row(4, "", "2")}) // which A has no more
	b.expect(batch, 1, 2, 0)
	// Without a key, any of the numbers that stay tells whose row it is.
	if batch, _ = b.load("c", "l", []store.Row{row(2, "", "5", "2")}); batch.Updated != 1 || len(b.of("c", "5").Numbers) != 2 {
		t.Fatalf("%+v", batch)
	}
	b.reopen()
	b.addDNC(doNotCall, 1, "2")
	b.removeDNC(doNotCall, start, 1, "2")
	b.verify()
}

// loadExchange: a number that a contact gives up is another's from the next load
// on, which happens, though the file is the same.
func loadExchange(t *testing.T, b *box) {
	b.load("c", "l", keyed("A", "1", "B", "2"))
	list := keyed("B", "1", "A", "3", "C", "2")
	batch, rejects := b.load("c", "l", list)
	if batch.Updated != 1 || batch.Rejected != 2 || !strings.Contains(rejects[0].Why, "another key") || batch.Hash != "" {
		t.Fatalf("%+v, %+v", batch, rejects)
	}
	if l, _, err := b.List("c", "l"); err != nil || l.Hash != "" || l.Stamp != "" {
		t.Fatalf("%+v, %v: the file would not be read again", l, err)
	}
	batch, _ = b.load("c", "l", list)
	if batch.Updated != 1 || batch.Unchanged != 1 || batch.Rejected != 1 || batch.Hash != "" {
		t.Fatalf("%+v", batch)
	}
	batch, _ = b.load("c", "l", list)
	b.expect(batch, 1, 2, 0)
	if batch.Hash == "" {
		t.Fatalf("%+v: the file would be read again and again", batch)
	}
	batch, _ = b.load("c", "l", keyed("A", "1", "B", "3")) // nobody gives way
	if batch.Rejected != 2 || batch.Hash == "" {
		t.Fatalf("%+v", batch)
	}
	b.claims("c", start, 9, "3", "1", "2")
}

// loadSameNewNumber: of two contacts that both get a number the first has it.
func loadSameNewNumber(t *testing.T, b *box) {
	b.load("c", "l", keyed("A", "1", "B", "2"))
	batch, rejects := b.load("c", "l", keyed("A", "9", "C", "9", "B", "9", "D", "1"))
	if batch.Updated != 1 || len(rejects) != 3 || rejects[0].Row.Line != 3 || rejects[1].Row.Line != 4 {
		t.Fatalf("%+v, %+v", batch, rejects)
	}
	b.claims("c", start, 9, "9", "2")
	// Many at once.
	old, new := many(9000), many(9000)
	for i := range old {
		old[i].Key, new[i].Key = fmt.Sprint(i), fmt.Sprint(i)
		new[i].Numbers = []store.RowNumber{{Number: "x" + new[i].Numbers[0].Number}, new[i].Numbers[0]}
	}
	b.load("d", "l", old)
	claims, _ := b.claim("d", start, 3)
	for i := range 3000 { // and as many as are not written at once
		new = append(new, row(9002+i, fmt.Sprint("new", i), fmt.Sprint("y", i)))
	}
	if batch, _ = b.load("d", "l", new); batch.Updated != 9000 || batch.Added != 3000 {
		t.Fatalf("%+v", batch)
	}
	for _, cm := range claims {
		b.finish(end(cm, start))
	}
	for i, next := range map[int]string{1: old[1].Numbers[0].Number, 5: new[5].Numbers[0].Number} { // dialed before, and not
		if c := b.of("d", new[i].Numbers[0].Number); len(c.Numbers) != 2 || c.Number() != next {
			t.Fatalf("%+v", c)
		}
	}
}

// loadNumberInFlight: a call to a number that is gone from the row goes on, and
// ends as it would have.
func loadNumberInFlight(t *testing.T, b *box) {
	b.load("c", "l", keyed("A", "1", "B", "2", "C", "3"))
	claims := b.claims("c", start, 3, "1", "2", "3")
	b.load("c", "l", keyed("A", "7", "B", "8", "C", "9"))
	b.verify()
	b.reopen()
	if all, err := b.InFlight(); err != nil || len(all) != 3 || all[0].Attempt.Number != "1" {
		t.Fatalf("%+v, %v", all, err)
	}
	b.load("d", "l", rows("1"))
	b.claims("d", start, 1) // it rings
	b.finish(end(claims[0], start))
	b.withdraw(claims[1])
	b.finish(end(claims[2], time.Time{}))
	b.claims("d", start.Add(time.Minute), 1, "1")
	b.claims("c", start, 9, "7", "8")
	if c := b.of("c", "9"); c.State != campaign.Exhausted || len(c.Numbers) != 1 {
		t.Fatalf("%+v", c)
	}
}

// loadRevives: a dead number, a time that has passed and a do-not-call list say
// nothing of what the row says now.
func loadRevives(t *testing.T, b *box) {
	list := keyed("A", "1", "B", "2", "C", "3", "D", "4")
	for i := range list {
		list[i].Expires = start.Add(time.Hour)
	}
	b.load("c", "l", list)
	claims := b.claims("c", start, 4, "1", "2", "3", "4")
	for i, state := range []campaign.ContactState{campaign.BadNumber, campaign.Expired, campaign.Exhausted, campaign.BadNumber} {
		a, c := end(claims[i], time.Time{})
		c.State = state
		b.finish(a, c)
	}
	for i := range list {
		list[i].Expires = start.Add(2 * time.Hour)
	}
	list[0].Numbers[0].Number = "9"
	b.load("c", "l", list)
	b.claims("c", start, 9, "9", "2")
	b.load("d", "l", keyed("A", "5"))
	b.addDNC(doNotCall, 1, "5")
	b.claims("d", start, 9)
	b.load("d", "l", []store.Row{row(2, "A", "5", "6")})
	b.state("d", "5", campaign.Pending)
}

// loadScopes: within what a number is had once is the source's to say.
func loadScopes(t *testing.T, b *box) {
	load := func(camp, list string, scope store.Scope, want int, rows []store.Row) []reject {
		t.Helper()
		batch, rejects := b.loadFrom(store.Source{Campaign: camp, List: list, Hash: "h", Numbers: scope}, start, rows)
		if batch.Added != want {
			t.Fatalf("%+v, not %d added; %+v", batch, want, rejects)
		}
		return rejects
	}
	load("c", "spring", store.PerCampaign, 2, rows("1", "2"))
	load("c", "autumn", store.PerList, 2, rows("1", "3", "3"))
	load("c", "autumn", store.PerList, 0, rows("1", "3"))
	if why := load("d", "l", store.Everywhere, 1, rows("4", "2"))[0].Why; why != "the number is already in campaign c, on list spring" {
		t.Fatal(why)
	}
	load("c", "winter", store.Everywhere, 0, rows("4"))
	load("c", "winter", store.PerCampaign, 1, rows("4", "1"))
	load("new", "l", store.Everywhere, 0, rows("4"))
	large := many(2500)
	load("c", "large", store.PerCampaign, 2500, large)
	load("c", "large2", store.PerList, 2500, large)
	b.reopen()

	// Never two calls to one number at once.
	b.claims("c", start, 3, "1", "2", "3")
	one := b.claims("c", start, 2, "4", large[0].Numbers[0].Number)[1]
	b.finish(end(one, time.Time{}))
	// A do-not-call list is about all who have the number.
	b.dnc("1", large[9].Numbers[0].Number)
	for range 2 {
		b.claim("c", start.Add(time.Hour), 6000)
	}
	if n := b.counters("c"); n.Contacts[campaign.DNC] != 3 {
		t.Fatalf("%+v", n)
	}
	b.dnc()
	if n := b.counters("c"); n.Contacts[campaign.DNC] != 0 {
		t.Fatalf("%+v", n)
	}
	b.verify()
	all := collect(b, b.Batches("c"))
	b.undo(all[len(all)-1], 2499)
}

// loadUndoShared: what is undone leaves the others who have its numbers.
func loadUndoShared(t *testing.T, b *box) {
	b.load("c", "l", []store.Row{row(2, "", "1", "2")})
	batch, _ := b.loadFrom(store.Source{Campaign: "c", List: "m", Hash: "h", Numbers: store.PerList}, start, []store.Row{row(2, "", "2", "3"), row(3, "", "4")})
	b.undo(batch, 2)
	batch, _ = b.load("c", "n", []store.Row{row(2, "", "3"), row(3, "", "4"), row(4, "", "2")})
	b.expect(batch, 2, 0, 1)
}

// loadTimes: nobody is due before their time, nor taken once it has passed.
func loadTimes(t *testing.T, b *box) {
	hour := func(h int) time.Time { return start.Add(time.Duration(h) * time.Hour) }
	list := keyed("A", "1", "B", "2", "C", "3", "D", "4")
	list[0].NotBefore, list[1].NotBefore, list[2].Expires, list[3].Expires = hour(1), hour(-1), start, hour(1)
	batch, rejects := b.load("c", "l", list)
	b.expect(batch, 3, 0, 1)
	if !strings.HasPrefix(rejects[0].Why, "it expired at 2026-11-02 09:00") {
		t.Fatalf("%+v", rejects)
	}
	b.claims("c", start, 9, "2", "4")
	if _, next := b.claim("c", start, 1); !next.Equal(hour(1)) {
		t.Fatal(next)
	}
	list[0].NotBefore, list[1].Priority, list[3].Expires, list[3].Zone = hour(2), 7, start, "Asia/Seoul"
	if batch, _ := b.load("c", "l", list); batch.Updated != 3 || batch.Rejected != 1 { // who is known is not refused
		t.Fatalf("%+v", batch)
	}
	if c := b.of("c", "2"); c.Priority != 7 {
		t.Fatalf("%+v", c)
	}
	if c := b.of("c", "4"); c.Zone != "Asia/Seoul" || !c.Expires.Equal(start) {
		t.Fatalf("%+v", c)
	}
	if batch, _ := b.load("c", "l", list); batch.Unchanged != 3 {
		t.Fatalf("%+v", batch)
	}
	b.claims("c", hour(1), 9)
	list[0].NotBefore = time.Time{}
	b.load("c", "l", list)
	b.claims("c", start, 9, "1")
}

// loadTimesMany is more than is written at once.
func loadTimesMany(t *testing.T, b *box) {
	list := many(9000)
	var now []string
	for i := range list {
		if i%3 > 0 {
			list[i].NotBefore = start.Add(time.Duration(i) * time.Second)
		} else if len(now) < 5 {
			now = append(now, list[i].Numbers[0].Number)
		}
	}
	batch, _ := b.load("c", "l", list)
	b.expect(batch, 9000, 0, 0)
	b.verify()
	b.claims("c", start, 5, now...)
	claims, next := b.claim("c", start, 9000)
	if len(claims) != 2995 || !next.Equal(start.Add(time.Second)) {
		t.Fatal(len(claims), next)
	}
	b.reopen()
	b.claims("c", start.Add(2*time.Second), 9, list[1].Numbers[0].Number, list[2].Numbers[0].Number)
	b.undo(batch, 5998)
}

// dncNumbers: a contact is barred only if all its numbers are.
func dncNumbers(t *testing.T, b *box) {
	b.addDNC(doNotCall, 3, "2", "3", "4")
	batch, _ := b.load("c", "l", []store.Row{row(2, "", "1", "2"), row(3, "", "3", "4"), row(4, "", "4x", "3x")})
	if batch.Barred != 1 {
		t.Fatalf("%+v", batch)
	}
	if c := b.of("c", "4"); c.State != campaign.DNC {
		t.Fatalf("%+v", c)
	}
	b.claims("c", start, 9, "1", "4x")
	b.removeDNC(doNotCall, start, 1, "4")
	if c := b.of("c", "4"); c.State != campaign.Pending {
		t.Fatalf("%+v", c)
	}
}

// loadEachChange: whatever a row says otherwise than before is a change, and the
// same once more is none.
func loadEachChange(t *testing.T, b *box) {
	list := rows("1", "2", "3")
	b.load("c", "l", list)
	for what, change := range map[string]func(*store.Row){
		"type":       func(r *store.Row) { r.Numbers[0].Type = "mobile" },
		"number":     func(r *store.Row) { r.Numbers = append(r.Numbers, store.RowNumber{Number: "2x"}) },
		"priority":   func(r *store.Row) { r.Priority = 1 },
		"zone":       func(r *store.Row) { r.Zone = "Asia/Seoul" },
		"not before": func(r *store.Row) { r.NotBefore = start.Add(time.Hour) },
		"expires":    func(r *store.Row) { r.Expires = start.Add(time.Hour) },
		"attributes": func(r *store.Row) { r.Attributes = nil },
	} {
		changed := rows("1", "2", "3")
		change(&changed[1])
		for _, now := range [][]store.Row{changed, list} { // there and back
			if batch, _ := b.load("c", "l", now); batch.Updated != 1 || batch.Unchanged != 2 {
				t.Errorf("%s: %+v", what, batch)
			}
			if batch, _ := b.load("c", "l", now); batch.Unchanged != 3 {
				t.Errorf("%s, again: %+v", what, batch)
			}
		}
	}
}
