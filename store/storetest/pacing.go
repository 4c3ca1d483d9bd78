package storetest

import (
	"fmt"
	"testing"

	"github.com/dialcamp/dialcamp/store"
)

func pacing(t *testing.T, b *box) {
	check := func(camp, want string) {
		t.Helper()
		if got, err := b.Pacing(camp); err != nil || string(got) != want {
			t.Fatalf("%q, not %q: %v", got, want, err)
		}
	}
	save := func(camp string, state []byte, entries ...[]byte) {
		t.Helper()
		if err := b.SavePacing(camp, state, entries); err != nil {
			t.Fatal(err)
		}
	}
	check("c", "")
	save("c", []byte("one"))
	save("c", nil, []byte("an entry alone changes no state"))
	save("d", []byte("another's"))
	b.reopen()
	check("c", "one")
	check("d", "another's")
	save("c", []byte{})
	check("c", "")
}

func ledger(t *testing.T, b *box) {
	// check compares the ledger from number from on, in "seq=data" form.
	check := func(camp string, from uint64, want ...string) {
		t.Helper()
		var got []string
		for e, err := range b.Ledger(camp, from) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%d=%s", e.Seq, e.Data))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%q, not %q", got, want)
		}
	}
	add := func(camp string, entries ...string) {
		t.Helper()
		var all [][]byte
		for _, e := range entries {
			all = append(all, []byte(e))
		}
		if err := b.SavePacing(camp, nil, all); err != nil {
			t.Fatal(err)
		}
	}
	check("c", 0)
	add("c", "a", "b")
	add("d", "x")
	add("c")
	b.reopen()
	add("c", "c")
	check("c", 0, "1=a", "2=b", "3=c")
	check("c", 3, "3=c")
	check("c", 4)
	check("d", 0, "1=x")

	// The oldest make room, however many come at once.
	many := make([]string, store.LedgerEntries-1)
	for i := range many {
		many[i] = "m"
	}
	add("c", many...)
	n, first, last := 0, uint64(0), ""
	for e, err := range b.Ledger("c", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			first = e.Seq
		}
		n, last = n+1, string(e.Data)
	}
	if n != store.LedgerEntries || first != 3 || last != "m" {
		t.Fatalf("%d entries from %d to %q", n, first, last)
	}
	check("d", 0, "1=x")
}
