package dialer

import (
	"reflect"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

func TestWaits(t *testing.T) {
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	cfg := &config.Campaign{Calling: config.Calling{Location: seoul}}
	if err := cfg.Calling.Windows.Add("mon-fri", "09:00", "18:00"); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, seoul) // a Monday
	in := func(d time.Duration) time.Time { return now.Add(d) }
	holds := []store.Hold{
		{Due: 10, Later: 1, Next: in(3 * time.Hour)},
		{Retry: true, Due: 2, Later: 3, Next: in(2 * time.Hour)},
		{Zone: "America/New_York", Due: 20},
		{Zone: "America/New_York", Retry: true, Due: 1, Later: 4, Next: in(time.Hour)},
		{Zone: "America/Los_Angeles", Callback: true, Due: 5, Later: 6, Next: in(30 * time.Hour)},
		{Zone: "America/New_York,Asia/Seoul", Due: 7},
	}
	want := []report.Wait{
		{For: report.WaitsTurn, Contacts: 12},
		{For: report.WaitsCallback, Contacts: 6, Next: in(30 * time.Hour)},
		{For: report.WaitsRetry, Contacts: 7, Next: in(time.Hour)},
		{For: report.WaitsFirst, Contacts: 1, Next: in(3 * time.Hour)},
		{For: report.WaitsWindow, Zone: "America/New_York", Contacts: 21, Next: time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)},
		{For: report.WaitsWindow, Zone: "America/Los_Angeles", Contacts: 5, Next: time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)},
		{For: report.WaitsWindow, Zone: "America/New_York,Asia/Seoul", Contacts: 7},
	}
	got := waitsOf(cfg, holds, now)
	for i := range got {
		got[i].Next = got[i].Next.UTC()
		want[i].Next = want[i].Next.UTC()
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if got := waitsOf(cfg, nil, now); len(got) != 0 {
		t.Errorf("of nobody: %+v", got)
	}
}
