package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// claimCallerIDs: the server and the number that a call shows are as durable as its
// attempt, and stay what they were when it ends.
func claimCallerIDs(t *testing.T, b *box) {
	b.loaded("c", "31", "1", "2", "32")
	take := campaign.Take{Max: 9, Server: "pbx", AllZones: true, CallerIDs: []campaign.CallerIDTurn{
		{CallerID: campaign.CallerID{Number: "seoul"}, Shown: 4, Room: 1},
		{CallerID: campaign.CallerID{Number: "busan", Areas: []string{"3"}}, Shown: 7, Room: 2},
	}}
	taken := b.taken("c", start, take)
	if got := fmt.Sprint(numbers(taken.Claims)); got != "[31 1 2]" {
		t.Fatalf("claimed %s, though only three numbers may be shown", got)
	}
	if take.CallerIDs[0].Room != 1 || take.CallerIDs[1].Shown != 7 {
		t.Errorf("the caller's own numbers are counted in: %+v", take.CallerIDs)
	}
	check := func(when string, all []campaign.Attempt) {
		t.Helper()
		got := ""
		for _, a := range all {
			got += fmt.Sprintf(" %s:%s@%s", a.Number, a.CallerID, a.Server)
		}
		if want := " 31:busan@pbx 1:seoul@pbx 2:busan@pbx"; got != want {
			t.Errorf("%s:%s, want%s", when, got, want)
		}
	}
	var claimed, flying []campaign.Attempt
	for _, cm := range taken.Claims {
		claimed = append(claimed, cm.Attempt)
	}
	check("claimed", claimed)
	b.reopen()
	inFlight, err := b.InFlight()
	if err != nil {
		t.Fatal(err)
	}
	for _, cm := range inFlight {
		flying = append(flying, cm.Attempt)
	}
	check("in flight", flying)
	for _, cm := range taken.Claims {
		a, c := end(cm, start.Add(time.Minute))
		a.CallerID = "another" // which it was not
		b.finish(a, c)
	}
	check("ended", b.attempts("c"))
	b.verify()
}
