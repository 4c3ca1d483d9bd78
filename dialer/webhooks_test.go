package dialer_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/dialer/webhook/webhooktest"
)

const webhooks = `
webhooks:
  - {name: crm, url: "http://127.0.0.1/crm", secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=, queue: 10}
`

var webhookSecret = []byte("0123456789abcdef0123456789abcdef")

// webhooked is a world whose webhook goes to a receiver.
func webhooked(t *testing.T, asterisk amitest.Config, files map[string]string, answer webhooktest.Answer) (*world, *webhooktest.Receiver) {
	t.Helper()
	w := newWorld(t, asterisk, files, oneCampaign("")+webhooks)
	r := webhooktest.New(t, webhookSecret, answer)
	w.opt.DialWebhook = r.Dial
	return w, r
}

// TestWebhookGetsEveryOutcome: also those that wait when the daemon stops.
func TestWebhookGetsEveryOutcome(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		list := numbers(append(answering(20), series("1017", 20)...)...)
		w, r := webhooked(t, amitest.Lab(5), map[string]string{"a.csv": list}, webhooktest.Status(200))
		w.start()
		w.await(time.Hour, "at the end of the list", func() bool { return strings.HasPrefix(w.hold("a"), "list end") && w.srv.InFlight() == 0 })
		time.Sleep(10 * time.Second)
		r.Answer(webhooktest.Status(500))
		w.write("a.csv", numbers("1017999", "1018999"))
		w.await(5*time.Minute, "failing", func() bool { return w.d.Webhooks()[0].Error != "" })
		time.Sleep(30 * time.Second)
		if st := w.d.Webhooks()[0]; st.Waiting != 2 || st.Delivered != 40 {
			t.Errorf("%+v", st)
		}
		first := len(r.Deliveries())
		r.Answer(webhooktest.Status(200))
		w.stop()
		w.returned(time.Minute)
		if first < 4 {
			t.Errorf("%d tries", first)
		}
		got := map[string]report.Call{}
		for _, d := range r.Deliveries() {
			var c report.Call
			if err := json.Unmarshal([]byte(d.Body), &c); err != nil || c.ID != d.ID {
				t.Errorf("%s: %v in %s", d.ID, err, d.Body)
			}
			got[d.ID] = c
		}
		n := 0
		for _, a := range readBook(t, w.open(), "a").attempts {
			if a.Number == "1017999" || a.Number == "1018999" {
				if n++; inUTC(got[a.ID]) != inUTC(report.CallOf(&a)) {
					t.Errorf("it was told\n%+v\nand is\n%+v", got[a.ID], report.CallOf(&a))
				}
			}
		}
		if n != 2 || len(got) != 2 || w.d.Webhooks()[0].Delivered != 42 {
			t.Errorf("%d of %d, %+v", n, len(got), w.d.Webhooks())
		}
	})
}

// TestWebhookHangs: it holds up neither the dialing nor the stop.
func TestWebhookHangs(t *testing.T) {
	run := func(t *testing.T, answer webhooktest.Answer) (took time.Duration) {
		inner := func(t *testing.T) {
			w, _ := webhooked(t, amitest.Lab(5), map[string]string{"a.csv": numbers(answering(60)...)}, answer)
			w.start()
			began := time.Now()
			w.await(time.Hour, "at the end of the list", func() bool { return strings.HasPrefix(w.hold("a"), "list end") && w.srv.InFlight() == 0 })
			took = time.Since(began)
			if st := w.d.Webhooks()[0]; st.Waiting > 10 || st.Delivered == 0 && st.Error == "" {
				t.Errorf("%+v", st)
			}
			stopping := time.Now()
			w.stop()
			w.returned(time.Minute)
			if d := time.Since(stopping); d > 6*time.Second {
				t.Errorf("it took %v to stop", d)
			}
			w.witness(w.open(), true)
		}
		t.Run("", func(t *testing.T) { synctest.Test(t, inner) })
		return took
	}
	well, hung := run(t, webhooktest.Status(200)), run(t, webhooktest.Hang)
	if hung > well+well/20 {
		t.Errorf("the campaign took %v, and %v with a webhook that hangs", well, hung)
	}
}

// TestWebhookReload: another config has other webhooks.
func TestWebhookReload(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w, r := webhooked(t, amitest.Lab(5), map[string]string{"a.csv": numbers("1017555")}, webhooktest.Status(500))
		w.start()
		time.Sleep(10 * time.Second)
		if st := w.d.Webhooks()[0]; st.Waiting != 1 {
			t.Errorf("%+v", st)
		}
		text := w.read("config.yaml")
		w.write("config.yaml", strings.Replace(text, "name: crm", "timeout: 3s, name: crm", 1))
		if re, err := w.d.Reload(t.Context(), false); err != nil || len(re.Changes) != 1 || re.Changes[0].Text != "webhook crm: timeout 10s -> 3s" {
			t.Errorf("%+v, %v", re, err)
		}
		r.Answer(webhooktest.Status(200))
		time.Sleep(time.Minute)
		if st := w.d.Webhooks()[0]; st.Waiting != 0 || st.Delivered != 1 {
			t.Errorf("%+v", st)
		}
		before, _, _ := strings.Cut(text, "webhooks:")
		w.write("config.yaml", before)
		re, err := w.d.Reload(t.Context(), false)
		if err != nil || len(re.Changes) != 1 || re.Changes[0].Text != "webhook crm is gone" || re.Changes[0].Effect == "" {
			t.Errorf("%+v, %v", re, err)
		}
		if st := w.d.Webhooks(); len(st) != 0 {
			t.Errorf("%+v", st)
		}
	})
}
