package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/dialer/webhook"
	"github.com/dialcamp/dialcamp/dialer/webhook/webhooktest"
)

func TestDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := webhooktest.New(t, secret, webhooktest.Status(204))
		s, log := sender(t, r, settings("crm"))
		want := attempt(1)
		s.Ended(want)
		synctest.Wait()
		got := r.Deliveries()
		if len(got) != 1 || got[0].ID != want.ID {
			t.Fatalf("%+v", got)
		}
		var c report.Call
		if err := json.Unmarshal([]byte(got[0].Body), &c); err != nil || c != report.CallOf(want) {
			t.Errorf("%+v, %v", c, err)
		}
		expect(t, s, 0, 1, 0, 0)
		if log.String() != "" {
			t.Errorf("logged: %s", log)
		}
	})
}

// TestDeliveredOverTCP does it with nothing replaced.
func TestDeliveredOverTCP(t *testing.T) {
	got := make(chan error, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		wh, _ := standardwebhooks.NewWebhookRaw(secret)
		got <- errors.Join(err, wh.Verify(body, r.Header))
	}))
	defer srv.Close()
	s := webhook.New(webhook.Options{Log: slog.New(slog.DiscardHandler)})
	set := settings("crm")
	set.URL = srv.URL + "/x"
	s.Configure([]webhook.Settings{set})
	s.Ended(attempt(1))
	if err := <-got; err != nil {
		t.Error(err)
	}
	s.Close(t.Context())
	expect(t, s, 0, 1, 0, 0)
}

func TestOnlyWhatIsWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := webhooktest.New(t, secret, webhooktest.Status(200))
		spring, talks := settings("spring"), settings("talks")
		spring.Campaigns = []string{"spring", "summer"}
		talks.URL, talks.Outcomes = "http://talks.example.com/", []campaign.Outcome{campaign.Connected, campaign.Machine}
		s, _ := sender(t, r, spring, talks)
		for i, o := range []campaign.Outcome{campaign.Busy, campaign.Connected} {
			for j, name := range []string{"spring", "autumn"} {
				a := attempt(2*i + j)
				a.Campaign, a.Outcome = name, o
				s.Ended(a)
			}
		}
		synctest.Wait()
		if st := s.Status(); st[0].Delivered != 2 || st[1].Delivered != 2 || len(r.Deliveries()) != 4 {
			t.Errorf("%+v", st)
		}
	})
}

// TestTriedAgain: the pauses double, the id stays, and it is said once.
func TestTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := webhooktest.New(t, secret, webhooktest.Status(500, 502, 302, 408, 200))
		s, log := sender(t, r, settings("crm"))
		s.Ended(attempt(1))
		time.Sleep(5 * time.Second)
		if st := s.Status()[0]; st.Error == "" || st.Since.IsZero() || st.Waiting != 1 {
			t.Errorf("%+v", st)
		}
		time.Sleep(time.Minute)
		got := r.Deliveries()
		if len(got) != 5 {
			t.Fatalf("%d tries: %+v", len(got), got)
		}
		for i := 1; i < len(got); i++ {
			most := time.Second << (i - 1)
			if pause := got[i].Time.Sub(got[i-1].Time); pause < most/2 || pause > most {
				t.Errorf("pause %d: %v, want %v to %v", i, pause, most/2, most)
			}
			if got[i].ID != got[0].ID || got[i].Body != got[0].Body {
				t.Errorf("%+v after %+v", got[i], got[0])
			}
		}
		expect(t, s, 0, 1, 0, 0)
		if st := s.Status()[0]; st.Error != "" || !st.Since.IsZero() {
			t.Errorf("%+v", st)
		}
		log.has(t, 1, `msg="a webhook fails" webhook=crm host=crm.example.com error="it answers 500 Internal Server Error"`)
		log.has(t, 1, `msg="a webhook works again" webhook=crm failed_tries=4 given_up=0`)
	})
}

func TestGivenUpInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := webhooktest.New(t, secret, webhooktest.Status(500))
		once := settings("once")
		once.URL, once.RetryFor = "http://once.example.com/", 0
		s, log := sender(t, r, settings("crm"), once)
		began := time.Now()
		s.Ended(attempt(1))
		time.Sleep(3 * time.Hour)
		if st := s.Status(); st[0].Failed != 1 || st[0].Waiting != 0 || st[1].Failed != 1 {
			t.Errorf("%+v", st)
		}
		got := r.Deliveries()
		// One of the second, and of the first 1 + 2 + 4 … 256 s and then every 5 min,
		// by chance as little as half of that.
		if last := got[len(got)-1].Time.Sub(began); last > time.Hour || last < 50*time.Minute || len(got) < 20 || len(got) > 40 {
			t.Errorf("%d tries, the last after %v", len(got), last)
		}
		log.has(t, 1, `msg="a webhook fails" webhook=crm`)
	})
}

// TestRefused: what a receiver will never take is not sent again.
func TestRefused(t *testing.T) {
	for _, code := range []int{400, 401, 404, 410, 422} {
		synctest.Test(t, func(t *testing.T) {
			r := webhooktest.New(t, secret, webhooktest.Status(code))
			s, log := sender(t, r, settings("crm"))
			s.Ended(attempt(1))
			time.Sleep(2 * time.Hour)
			if n := len(r.Deliveries()); n != 1 {
				t.Errorf("%d tries", n)
			}
			expect(t, s, 0, 0, 1, 0)
			log.has(t, 1, fmt.Sprint("it answers ", code))
		})
	}
}

// TestRedirectIsNotFollowed: what is meant for one place goes to no other.
func TestRedirectIsNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := webhooktest.New(t, secret, func(w http.ResponseWriter, r *http.Request, _ int) {
			http.Redirect(w, r, "http://elsewhere.example.com/", http.StatusTemporaryRedirect)
		})
		s, _ := sender(t, r, settings("crm"))
		s.Ended(attempt(1))
		time.Sleep(2 * time.Hour)
		expect(t, s, 0, 0, 1, 0)
		for _, d := range r.Deliveries() {
			if d.Host != "crm.example.com" {
				t.Errorf("it was sent to %s", d.Host)
			}
		}
	})
}

// TestRetryAfter: a receiver that asks for a pause has it, for all deliveries, but
// not for as long as it likes.
func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		ask  func() string
		want time.Duration
	}{
		{func() string { return "120" }, 2 * time.Minute},
		{func() string { return time.Now().Add(3 * time.Minute).UTC().Format(http.TimeFormat) }, 3 * time.Minute},
		{func() string { return "86400" }, 10 * time.Minute},
		{func() string { return "99999999999999999999" }, time.Second}, // no number: the usual pause
		{func() string { return "soon" }, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := webhooktest.New(t, secret, func(w http.ResponseWriter, _ *http.Request, n int) {
				if n == 0 {
					w.Header().Set("Retry-After", c.ask())
					w.WriteHeader(http.StatusTooManyRequests)
				}
			})
			s, _ := sender(t, r, settings("crm"))
			s.Ended(attempt(1))
			synctest.Wait()
			s.Ended(attempt(2))
			time.Sleep(time.Hour)
			got := r.Deliveries()
			if len(got) != 3 {
				t.Fatalf("%+v", got)
			}
			again := got[2].Time.Sub(got[0].Time)
			if c.want > time.Second {
				if pause := got[1].Time.Sub(got[0].Time); pause != c.want || again < c.want || again > c.want+time.Second {
					t.Errorf("%s: went on after %v and %v, want %v", c.ask(), pause, again, c.want)
				}
			} else if again > c.want {
				t.Errorf("%s: tried again after %v", c.ask(), again)
			}
			expect(t, s, 0, 2, 0, 0)
		})
	}
}

// TestReceiverHangs: nobody waits for one that does not answer, what waits for it is
// bounded, and when it answers again it gets the newest.
func TestReceiverHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := webhooktest.New(t, secret, webhooktest.Hang)
		s, log := sender(t, r, settings("crm"))
		const n = 5000
		for i := range n {
			s.Ended(attempt(i))
			if i == 3 {
				synctest.Wait() // until these are being tried
			}
		}
		if took := time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)); took > 0 {
			t.Errorf("the caller waited for %v", took)
		}
		time.Sleep(time.Minute)
		if n := r.AtOnce(); n != 4 {
			t.Errorf("%d tries at once", n)
		}
		if st := s.Status()[0]; st.Waiting != 100 || st.Dropped != n-100 || st.Error != "it does not answer in time" {
			t.Errorf("%+v", st)
		}
		log.has(t, 1, `msg="a webhook's queue is full; the oldest outcomes in it are dropped" webhook=crm queue=100`)
		r.Answer(webhooktest.Status(200))
		time.Sleep(time.Hour)
		expect(t, s, 0, 100, 0, n-100)
		ids := map[string]int{}
		for _, d := range r.Deliveries() {
			ids[d.ID]++
		}
		for i := range n { // the first four were being tried
			if want := i < 4 || i >= n-96; (ids[attempt(i).ID] == 1) != want {
				t.Errorf("%s was delivered %d times", attempt(i).ID, ids[attempt(i).ID])
			}
		}
		log.has(t, 1, `msg="a webhook's queue is empty again" webhook=crm dropped=4900`)
	})
}

// TestMemoryStaysFlat: however much ends while the receiver hangs.
func TestMemoryStaysFlat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := webhooktest.New(t, secret, webhooktest.Hang)
		s, _ := sender(t, r, settings("crm"))
		fill := func() uint64 {
			for i := range 5000 {
				s.Ended(attempt(i))
			}
			time.Sleep(time.Minute)
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		before := fill()
		for range 3 {
			if after := fill(); after > before+1<<20 {
				t.Fatalf("%d bytes, and then %d", before, after)
			}
		}
	})
}

// TestEndlessAnswer: of what a receiver says, little is read.
func TestEndlessAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := webhooktest.New(t, secret, func(w http.ResponseWriter, _ *http.Request, _ int) {
			for {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		})
		s, _ := sender(t, r, settings("crm"))
		s.Ended(attempt(1))
		synctest.Wait()
		expect(t, s, 0, 1, 0, 0)
	})
}

func TestNoConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := webhooktest.New(t, secret, webhooktest.Status(200))
		log := &logBook{}
		var down atomic.Bool
		down.Store(true)
		s := webhook.New(webhook.Options{Log: slog.New(slog.NewTextHandler(log, nil)), Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if down.Load() {
				return nil, errors.New("connection refused")
			}
			return r.Dial(ctx, network, address)
		}})
		s.Configure([]webhook.Settings{settings("crm")})
		s.Ended(attempt(1))
		time.Sleep(10 * time.Second)
		st := s.Status()[0]
		if st.Error != "connection refused" || strings.Contains(log.String(), "SECRET") {
			t.Errorf("%+v\n%s", st, log)
		}
		down.Store(false)
		time.Sleep(time.Minute)
		expect(t, s, 0, 1, 0, 0)
		s.Close(t.Context())
	})
}

// TestClose: what waits for another try has it at once, and then it is over.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := webhooktest.New(t, secret, webhooktest.Status(500))
		s, _ := sender(t, r, settings("crm"))
		for i := range 20 {
			s.Ended(attempt(i))
		}
		time.Sleep(10 * time.Minute)
		expect(t, s, 20, 0, 0, 0)
		r.Answer(webhooktest.Status(200, 500, 200))
		began := time.Now()
		s.Close(t.Context())
		if took := time.Since(began); took > 0 {
			t.Errorf("it took %v", took)
		}
		expect(t, s, 0, 19, 1, 0)
		s.Ended(attempt(100))
		expect(t, s, 0, 19, 1, 0)
	})
}

// TestCloseIsBounded: a receiver that hangs does not keep the daemon from stopping.
func TestCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := webhooktest.New(t, secret, webhooktest.Hang)
		s, log := sender(t, r, settings("crm"))
		for i := range 20 {
			s.Ended(attempt(i))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		s.Close(ctx)
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("it took %v", took)
		}
		expect(t, s, 0, 0, 0, 20)
		log.has(t, 1, `msg="outcomes were not delivered to a webhook: the daemon stopped" webhook=crm dropped=20`)
	})
}

// TestConfigure: what waits is kept where the URL stays, whatever else is another.
func TestConfigure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := webhooktest.New(t, secret, webhooktest.Status(500))
		gone := settings("gone")
		gone.URL = "http://gone.example.com/"
		s, log := sender(t, r, settings("crm"), gone)
		for i := range 20 {
			s.Ended(attempt(i))
		}
		time.Sleep(time.Second)
		stays, fresh := settings("customers"), settings("fresh")
		stays.Secret, stays.Outcomes, stays.Queue = []byte("another secret of enough bytes"), []campaign.Outcome{campaign.Connected}, 15
		fresh.URL, fresh.Secret = "http://fresh.example.com/", stays.Secret
		r.Secret(stays.Secret)
		r.Answer(webhooktest.Status(200))
		s.Configure([]webhook.Settings{fresh, stays})
		s.Ended(attempt(20))
		time.Sleep(time.Minute)
		st := s.Status()
		if len(st) != 2 || st[0].Name != "fresh" || st[0].Delivered != 1 || st[1].Name != "customers" || st[1].Delivered != 15 || st[1].Dropped != 5 {
			t.Errorf("%+v", st)
		}
		log.has(t, 1, `msg="outcomes were not delivered to a webhook: it is not configured any more" webhook=gone dropped=20`)
		s.Configure(nil)
		if st := s.Status(); len(st) != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestParseSecret(t *testing.T) {
	good := "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	if b, err := webhook.ParseSecret(good); err != nil || string(b) != string(secret) {
		t.Errorf("%q, %v", b, err)
	}
	for text, want := range map[string]string{
		good[6:]: "does not begin with whsec_",
		"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY": "not base64",
		"whsec_MDEy": "has 3 bytes, not 24 to 64",
		"":           "does not begin",
	} {
		if _, err := webhook.ParseSecret(text); err == nil || !strings.Contains(err.Error(), want) || len(text) > 10 && strings.Contains(err.Error(), text[10:]) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
