package dialer

import (
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/config"
)

// stopped is a clock that stands still until it is set.
type stopped struct{ now time.Time }

func (s *stopped) Now() time.Time { return s.now }
func (s *stopped) AfterFunc(time.Duration, func()) (stop func() bool) {
	return func() bool { return true }
}

// TestJobsGoOn: another config does not put off what it does not change.
func TestJobsGoOn(t *testing.T) {
	clock := &stopped{time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	d := &Daemon{clock: clock}
	cfg := func(start string) *config.Config {
		return &config.Config{
			Store:     config.Store{KeepDays: 30},
			Campaigns: []config.Campaign{{Name: "spring", Start: start, Calling: config.Calling{Location: time.UTC}}},
		}
	}
	before, err := d.schedule(cfg("0 12 * * *"), nil)
	if err != nil {
		t.Fatal(err)
	}
	clock.now = clock.now.Add(50 * time.Minute)
	for start, want := range map[string]time.Time{
		"0 12 * * *": time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC),
		"0 9 * * *":  time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC),
	} {
		jobs, err := d.schedule(cfg(start), before)
		if err != nil || len(jobs) != 3 {
			t.Fatal(jobs, err)
		}
		if got := jobs[0].next; !got.Equal(want) {
			t.Errorf("start %s: due at %v, want %v", start, got, want)
		}
		if got, want := jobs[1].next, time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC); !got.Equal(want) {
			t.Errorf("purged at %v, want %v", got, want)
		}
	}
}
