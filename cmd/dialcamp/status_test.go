package main

import (
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/webhook"
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

func TestStatusNamesWebhooksThatFail(t *testing.T) {
	since := time.Date(2026, 3, 2, 9, 0, 0, 0, time.Local)
	st := control.Status{Webhooks: []webhook.Status{
		{Name: "crm", Waiting: 3, Delivered: 10, Failed: 1, Dropped: 2, Since: since, Error: "it answers 500 Internal Server Error"},
		{Name: "fine", Delivered: 10},
	}}
	var b strings.Builder
	if err := printStatus(&b, &st); err != nil {
		t.Fatal(err)
	}
	want := "webhook crm fails since 2026-03-02 09:00:00: it answers 500 Internal Server Error; 3 wait, 1 given up, 2 dropped\n"
	if !strings.Contains(b.String(), want) || strings.Contains(b.String(), "fine") {
		t.Errorf("no %q in\n%s", want, b.String())
	}
}
