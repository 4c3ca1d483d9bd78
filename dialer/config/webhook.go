package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/webhook"
)

// Webhook is a place that is told how attempts end.
type Webhook struct {
	Name      string
	URL       string             `json:"-"` // never logged or printed: its path may be a secret
	Secret    []byte             `json:"-"` // never logged or printed
	Campaigns []string           // whose attempts; none: everybody's
	Outcomes  []campaign.Outcome // how they end; none: however
	Timeout   time.Duration      // of one try
	RetryFor  time.Duration      // since the attempt ended; 0: it is tried once
	Queue     int                // deliveries that wait, at most
}

// String shows everything but the secret, and of the URL the host.
func (w Webhook) String() string {
	type plain Webhook // without String, or this would not end
	p := plain(w)
	p.URL, p.Secret = webhook.Host(p.URL), []byte(masked)
	return fmt.Sprintf("%+v", p)
}

// GoString is String: %#v must not show the secret either.
func (w Webhook) GoString() string { return w.String() }

func (r *resolver) webhooks() {
	if n := len(r.raw.Webhooks); n > MaxWebhooks {
		r.fail("webhooks", "", "%d are more than %d", n, MaxWebhooks)
		return
	}
	urls := map[string]string{}
	for i, raw := range r.raw.Webhooks {
		key := fmt.Sprintf("webhooks[%d]", i)
		w := Webhook{Name: raw.Name, Campaigns: raw.Campaigns, Timeout: DefaultWebhookTimeout, RetryFor: DefaultRetryFor, Queue: DefaultWebhookQueue}
		if r.required(key+".name", raw.Name, "give the webhook a name; status and metrics call it so") {
			r.name(key+".name", "webhook", raw.Name)
		}
		w.URL = r.webhookURL(key+".url", raw.Name, raw.URL)
		if other := urls[w.URL]; w.URL != "" && other != "" {
			r.fail(key+".url", "one webhook for each; campaigns and outcomes are lists", "it is that of %s already", other)
		}
		urls[w.URL] = key
		w.Secret = r.webhookSecret(key, raw)
		for j, name := range raw.Campaigns {
			r.reported(fmt.Sprintf("%s.campaigns[%d]", key, j), name)
		}
		for j, name := range raw.Outcomes {
			o, ok := campaign.ParseOutcome(name)
			if !ok || o == campaign.InFlight {
				r.fail(fmt.Sprintf("%s.outcomes[%d]", key, j), "use "+strings.Join(outcomeNames(), ", "), "%s is not known", quote(name))
			}
			w.Outcomes = append(w.Outcomes, o)
		}
		if raw.Timeout != nil {
			w.Timeout = *raw.Timeout
			r.duration(key+".timeout", w.Timeout, time.Second, MaxWebhookTimeout)
		}
		if raw.RetryFor != nil {
			w.RetryFor = *raw.RetryFor
			r.duration(key+".retry_for", w.RetryFor, 0, MaxRetryFor)
		}
		if raw.Queue != nil {
			w.Queue = *raw.Queue
			r.within(key+".queue", w.Queue, MinWebhookQueue, MaxWebhookQueue)
		}
		r.cfg.Webhooks = append(r.cfg.Webhooks, w)
	}
}

// webhookURL never quotes what it checks: a URL may hold a secret.
func (r *resolver) webhookURL(key, name, value string) string {
	const hint = "such as https://crm.example.com/dialcamp"
	if !r.required(key, value, hint) {
		return ""
	}
	u, err := url.Parse(value)
	switch {
	case len(value) > MaxURL:
		r.fail(key, "", "longer than %d bytes", MaxURL)
	case err != nil || hasControl(value) || u.Hostname() == "" || u.Opaque != "":
		r.fail(key, hint, "not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		r.fail(key, hint, "%s: is neither http: nor https:", quote(u.Scheme))
	case u.User != nil:
		r.fail(key, "the signature tells who calls; remove user and password", "it holds a user")
	case u.Fragment != "":
		r.fail(key, "remove what follows the #", "it holds a fragment")
	default:
		if u.Scheme == "http" && !onThisMachine(u.Hostname()) {
			r.warn(key, name, "telephone numbers go to "+quote(u.Host)+" in the clear; use https")
		}
		return value
	}
	return ""
}

func onThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (r *resolver) webhookSecret(key string, raw rawWebhook) []byte {
	text := r.secret(key, secretOf{name: raw.Name, inline: raw.Secret, file: raw.SecretFile, look: everything})
	if text == "" {
		return nil
	}
	if r.has(key + ".secret") {
		key += ".secret"
	} else {
		key += ".secret_file"
	}
	secret, err := webhook.ParseSecret(text)
	if err != nil {
		r.fail(key, `make one with: echo "whsec_$(openssl rand -base64 32)"`, "%v", err)
	}
	return secret
}

func outcomeNames() []string {
	var names []string
	for _, o := range campaign.Outcomes() {
		names = append(names, o.String())
	}
	return names
}
