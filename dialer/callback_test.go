package dialer_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control"
)

func (w *world) callBack(who, at string) control.CalledBack {
	w.t.Helper()
	done, err := w.d.CallBack(w.t.Context(), control.Callback{Campaign: "a", Who: who, At: at})
	if err != nil {
		w.t.Fatal(err)
	}
	return done
}

// story is the one of a number in campaign a.
func (w *world) why(who string) string {
	w.t.Helper()
	all, err := w.d.Stories(w.t.Context(), who)
	if err != nil || len(all) != 1 {
		w.t.Fatalf("%d stories of %s: %v", len(all), who, err)
	}
	return all[0].Why
}

// TestCallBack: who was exhausted is called when they asked for it, not before;
// who asks during a call is called after it.
func TestCallBack(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		const zone, busy, talks = "Asia/Seoul", "101755001", "2010128001"
		sleepUntil(t, zone, "2000-03-06 08:59:30") // a Monday
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": numbers(busy, talks)},
			oneCampaign("    calling: {timezone: Asia/Seoul, windows: [{days: mon, from: \"09:00\", to: \"09:30\"}, {days: mon, from: \"09:40\", to: \"18:00\"}]}\n"))
		w.start()
		w.await(10*time.Second, "loaded", func() bool { s, _ := w.d.Stories(t.Context(), busy); return len(s) == 1 })
		if why := w.why(busy); !strings.Contains(why, "its first call is due; its calling window is shut now and opens at Mon 2000-03-06 09:00 KST") {
			t.Error(why)
		}
		w.await(time.Minute, "talking", func() bool { return w.status().Campaigns[0].Phases["talking"] == 1 })
		if why := w.why(talks); !strings.Contains(why, "it is being called at "+talks+" since Mon 2000-03-06 09:00 KST") {
			t.Error(why)
		}
		if done := w.callBack(talks, "2000-03-06 09:20"); !done.Talking || !done.At.Equal(moment(t, zone, "2000-03-06 09:20:00")) {
			t.Errorf("%+v", done)
		}
		if why := w.why(talks); !strings.Contains(why, "; afterwards it is called back at Mon 2000-03-06 09:20 KST") {
			t.Error(why)
		}
		if why := w.why(busy); why != "exhausted: max_attempts of 1 is reached" {
			t.Error(why)
		}
		if done := w.callBack(busy, "2000-03-06 09:35"); done.Talking || !done.Opens.Equal(moment(t, zone, "2000-03-06 09:40:00")) {
			t.Errorf("%+v", done)
		}
		w.await(time.Minute, "hung up", func() bool { return w.status().Campaigns[0].InFlight == 0 })
		synctest.Wait()
		if why := w.why(talks); !strings.HasPrefix(why, "the callback that they asked for is due at Mon 2000-03-06 09:20 KST") {
			t.Error(why)
		}
		w.quiet(time.Until(moment(t, zone, "2000-03-06 09:20:00"))-time.Second, "before the callback")
		w.await(5*time.Second, "called back", func() bool { return w.called(talks) == 2 })
		w.await(time.Minute, "hung up", func() bool { return w.status().Campaigns[0].InFlight == 0 })
		if why := w.why(talks); !strings.HasPrefix(why, "done: it was connected to ") {
			t.Error(why)
		}
		w.quiet(time.Until(moment(t, zone, "2000-03-06 09:40:00"))-time.Second, "before the window opens")
		w.await(5*time.Second, "called back", func() bool { return w.called(busy) == 2 })
		w.await(time.Minute, "ended", func() bool { return w.why(busy) == "exhausted: max_attempts of 1 is reached" })
		w.stop()
		w.returned(time.Minute)
		b := readBook(t, w.open(), "a")
		if c := b.contacts[busy]; c.State != campaign.Exhausted || c.Attempts != 2 || c.Counted != 2 {
			t.Errorf("%+v", c)
		}
		if _, err := w.d.CallBack(t.Context(), control.Callback{Campaign: "a", Who: busy, At: "2000-03-08 10:00"}); err == nil {
			t.Error("a daemon that has stopped takes callbacks")
		}
	})
}

func TestCallBackRefused(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		const twice = "101755001"
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": "phone,key\n101755001,k\n101755002," + twice + "\n"},
			oneCampaign("    calling: {timezone: UTC}\n    start: \"0 0 31 12 *\"\n    stop: \"0 12 31 12 *\"\n"))
		w.start()
		w.await(10*time.Second, "loaded", func() bool { s, _ := w.d.Stories(t.Context(), "k"); return len(s) == 1 })
		for _, tt := range []struct {
			ask    control.Callback
			status int
			text   string
		}{
			{control.Callback{Campaign: "b", Who: "k", At: "2000-03-06 10:00"}, 404, `no campaign "b"`},
			{control.Callback{Campaign: "a", Who: "nobody", At: "2000-03-06 10:00"}, 404, `nobody has the number or key "nobody"`},
			{control.Callback{Campaign: "a", Who: twice, At: "2000-03-06 10:00"}, 409, "is 2 contacts of campaign a: 101755001 of list a, 101755002 of list a"},
			{control.Callback{Campaign: "a", Who: "k", List: "b", At: "2000-03-06 10:00"}, 404, "nobody has"},
			{control.Callback{Campaign: "a", Who: "k", At: "10:00"}, 400, `"10:00" is not a time`},
			{control.Callback{Campaign: "a", Who: "k", At: "1999-03-06 10:00"}, 400, "Sat 1999-03-06 10:00 UTC is in the past"},
			{control.Callback{Campaign: "a", Who: "k", At: "2000-03-06 10:00", Number: "7"}, 409, "the contact has no number 7"},
		} {
			_, err := w.d.CallBack(t.Context(), tt.ask)
			if e, ok := errors.AsType[*control.Error](err); !ok || e.Status != tt.status || !strings.Contains(e.Message, tt.text) {
				t.Errorf("%+v: %v", tt.ask, err)
			}
		}
		if why := w.why("k"); !strings.HasSuffix(why, "; the campaign is stopped") {
			t.Error(why)
		}
	})
}

// TestTrunkIsLeftAlone: a trunk that refuses every call is sent a bounded number of
// them, and the log says it once.
func TestTrunkIsLeftAlone(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(5), map[string]string{"a.csv": numbers(series("103477", 500)...)}, `
asterisk: [{name: pbx, address: "127.0.0.1:5038", username: dialcamp, secret: dialcamp-secret, breaker: {of: 10, pause: 30s, at_most: 2m}}]
store: {path: dialcamp.db}
`+oneCampaign("    calling: {timezone: UTC}\n"))
		w.start()
		time.Sleep(20 * time.Second)
		n := len(w.srv.Calls())
		if n < 10 || n > 10+5 {
			t.Errorf("%d calls were placed", n)
		}
		if hold := w.hold("a"); !strings.HasPrefix(hold, "the trunk Local/{number}@DialCamp/n on Asterisk pbx refused ") {
			t.Error(hold)
		}
		if got := w.status().Servers[0].Trunks; len(got) != 1 {
			t.Errorf("status names the trunks %+v", got)
		}
		// One after 30 s, a minute, two, two …
		time.Sleep(10 * time.Minute)
		if more := len(w.srv.Calls()) - n; more < 5 || more > 7 {
			t.Errorf("%d single calls were tried in 10 minutes", more)
		}
		w.logged(1, "a trunk refuses calls", "trunk=Local/{number}@DialCamp/n")
	})
}
