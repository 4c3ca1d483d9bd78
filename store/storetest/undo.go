package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

func batches(t *testing.T, b *box) {
	var want []store.Batch
	for i := range 3 {
		batch, _ := b.load("c", fmt.Sprint("l", i), rows(fmt.Sprint(i)))
		want = append(want, batch)
		b.load("d", "l", rows(fmt.Sprint(i)))
		b.reopen()
	}
	if got := collect(b, b.Batches("c")); !equal(got, want) || want[0].ID == 0 || want[0].ID >= want[1].ID {
		t.Fatalf("%+v, not %+v", got, want)
	}
	if got := collect(b, b.Batches("nobody")); len(got) != 0 {
		t.Fatal(got)
	}
	for range store.MaxBatches - 1 {
		b.load("c", "l", nil)
	}
	if got := collect(b, b.Batches("c")); len(got) != store.MaxBatches || got[0].ID != want[2].ID {
		t.Fatalf("%d batches from %+v", len(got), got[0])
	}
	if _, err := b.Undo(want[0].ID, start); !errors.Is(err, store.ErrNoBatch) {
		t.Fatal(err)
	}
}

func (b *box) undo(batch store.Batch, want int) {
	b.Helper()
	if n, err := b.Undo(batch.ID, start.Add(time.Minute)); err != nil || n != want {
		b.Fatalf("%d taken back, not %d: %v", n, want, err)
	}
}

// undo takes back those that a batch added and nobody called, and only those.
func undo(t *testing.T, b *box) {
	b.load("c", "l", keyed("A", "1", "", "2"))
	other, _ := b.load("d", "l", rows("3", "4"))
	batch, _ := b.load("c", "l", keyed("A", "1", "", "2", "C", "3", "D", "4", "E", "5", "F", "6"))
	b.addDNC(doNotCall, 1, "3")
	claims := b.claims("c", start, 3, "1", "2", "4") // 3 is barred
	b.finish(end(claims[2], start.Add(time.Hour)))
	b.withdraw(b.claims("c", start, 1, "5")[0])
	b.undo(batch, 3) // 3, 5 and 6
	b.reopen()
	var left []string
	for _, c := range b.contacts("c") {
		left = append(left, c.Number())
	}
	if fmt.Sprint(left) != "[1 2 4]" {
		t.Fatal(left)
	}
	b.undo(batch, 0)
	all := collect(b, b.Batches("c"))
	if got := all[len(all)-1]; !got.Undone.Equal(start.Add(time.Minute)) || got.TakenBack != 3 {
		t.Fatalf("%+v", got)
	}
	// As if they had never been there: on any list, under any key.
	again, _ := b.load("c", "l2", keyed("C", "5", "E", "6"))
	b.expect(again, 2, 0, 0)
	again, _ = b.load("c", "l", keyed("F", "7", "C", "8"))
	b.expect(again, 2, 0, 0)
	if _, err := b.Undo(999, start); !errors.Is(err, store.ErrNoBatch) {
		t.Fatal(err)
	}
	b.claims("d", start, 9, "4") // 3 is barred there too; nothing was undone
	b.undo(other, 1)
}

func undoMany(t *testing.T, b *box) {
	list := many(9000)
	b.load("c", "l", list[:10])
	batch, _ := b.load("c", "l", list)
	claims, _ := b.claim("c", start, 30)
	b.finish(end(claims[20], start))
	b.undo(batch, 8970)
	if n := len(b.contacts("c")); n != 30 {
		t.Fatalf("%d contacts", n)
	}
	b.claims("c", start, 99, claims[20].Attempt.Number)
	again, _ := b.load("c", "l", list)
	b.expect(again, 8970, 30, 0)
}

// undoDialing: a call goes on; if it is withdrawn instead, its contact was never
// dialed.
func undoDialing(t *testing.T, b *box) {
	batch, _ := b.load("c", "l", rows("1", "2", "3"))
	claims := b.claims("c", start, 2, "1", "2")
	b.undo(batch, 1)
	b.verify()
	b.reopen()
	b.withdraw(claims[0])
	b.finish(end(claims[1], start))
	if all := b.contacts("c"); len(all) != 1 || all[0].Number() != "2" || all[0].State != campaign.Waiting {
		t.Fatalf("%+v", all)
	}
	if all := collect(b, b.Batches("c")); all[0].TakenBack != 2 {
		t.Fatalf("%+v", all)
	}
	b.claims("c", start, 9, "2")
}
