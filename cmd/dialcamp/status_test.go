package main

import (
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control"
)

func TestStatusNamesTrunks(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.Local)
	st := control.Status{Status: campaign.Status{Time: now, Servers: []campaign.ServerStatus{{Name: "pbx", Up: true, Trunks: []campaign.TrunkStatus{
		{Name: "PJSIP/{number}@one", Refused: "18 of its last 20 calls", Since: now, Until: now.Add(30 * time.Second)},
		{Name: "PJSIP/{number}@two", Refused: "10 of its last 20 calls", Since: now, Until: now},
	}}}}}
	var b strings.Builder
	if err := printStatus(&b, &st); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"trunk PJSIP/{number}@one on pbx refused 18 of its last 20 calls: no call until 09:00:30\n",
		"trunk PJSIP/{number}@two on pbx refused 10 of its last 20 calls: one call at a time is tried\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
