package dialer_test

import (
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// TestContactZones: each contact is called when it is the right hour where they
// are, and not at all if their time has passed by then.
func TestContactZones(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(3), map[string]string{"a.csv": "phone,tz,until\n" +
			"3030100001,Asia/Seoul,\n" +
			"3030100002,Asia/Shanghai,\n" +
			"3030100003,Asia/Shanghai,2000-01-01 07:30\n" +
			"3030100004,,\n"}, `
campaigns:
  - name: a
    queue: Camp200
    lists: [{path: a.csv, columns: {number: phone, timezone: tz, expires: until}}]
    calling: {timezone: Asia/Bangkok, contact_timezone: column, windows: [{days: mon-sun, from: "09:00", to: "18:00"}]}
`)
		w.start()
		// Midnight in UTC is 9:00 in Seoul.
		began := time.Now()
		calls := func(n int) func() bool {
			return func() bool { return len(w.srv.Calls()) == n && w.srv.InFlight() == 0 }
		}
		w.await(time.Minute, "Seoul is called", calls(1))
		w.await(2*time.Hour, "Shanghai is called", calls(2))
		if d := time.Since(began); d < time.Hour || d > time.Hour+2*time.Minute {
			t.Errorf("Shanghai was called after %v", d)
		}
		w.await(2*time.Hour, "Bangkok is called", calls(3))
		if d := time.Since(began); d < 2*time.Hour || d > 2*time.Hour+2*time.Minute {
			t.Errorf("Bangkok was called after %v", d)
		}
		n, err := w.d.Store().Counters("a")
		if err != nil || n.Contacts[campaign.Expired] != 1 || n.Attempts != 3 {
			t.Errorf("%+v, %v", n, err)
		}
		w.stop()
		w.returned(time.Minute)
	})
}

// TestExpire: reports show whose time has passed, though nobody is called.
func TestExpire(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(0), map[string]string{"a.csv": "phone,until\n3030100001,2000-01-01 00:30\n3030100002,\n"}, `
campaigns:
  - name: a
    queue: Camp200
    lists: [{path: a.csv, columns: {number: phone, expires: until}}]
    calling: {timezone: UTC}
`)
		w.start()
		expired := func() bool {
			n, err := w.d.Store().Counters("a")
			return err == nil && n.Contacts[campaign.Expired] == 1
		}
		w.quiet(25*time.Minute, "nobody has expired")
		if expired() {
			t.Error("expired too early")
		}
		w.await(11*time.Minute, "one has expired", expired)
		w.stop()
		w.returned(time.Minute)
	})
}

// TestFrequency: campaigns share what may be called of a number, and it is told.
func TestFrequency(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		list := numbers("1017001", "1017002") // busy
		w := newWorld(t, amitest.Lab(3), map[string]string{"a.csv": list, "b.csv": list}, `
frequency: {per_day: 2}
campaigns:
  - {name: a, queue: Camp200, lists: [{path: a.csv}], calling: {timezone: UTC}, retry: {max_attempts: 9, by_outcome: {busy: {after: 1h, max: 9}}}}
  - {name: b, queue: Camp200, lists: [{path: b.csv}], calling: {timezone: UTC}, frequency: {per_week: 3}, retry: {max_attempts: 9, by_outcome: {busy: {after: 1h, max: 9}}}}
`)
		w.start()
		calls := func(n int) func() bool {
			return func() bool { return len(w.srv.Calls()) == n && w.srv.InFlight() == 0 }
		}
		w.await(3*time.Hour, "each number is called twice", calls(4))
		w.quiet(20*time.Hour, "no more today")
		st, err := w.d.Status(t.Context())
		if err != nil || st.Campaigns[0].PutOffTooOften+st.Campaigns[1].PutOffTooOften < 2 {
			t.Errorf("%+v, %v", st, err)
		}
		w.await(8*time.Hour, "the next day they are called again", calls(6))
		w.stop()
		w.returned(time.Minute)
	})
}
