package control

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// answerLimit bounds how long the daemon's loop may take to answer a probe.
const answerLimit = 5 * time.Second

// watch adds what machines look at: metrics for Prometheus, and whether the
// daemon lives and can dial. more is counted elsewhere.
func (a api) watch(mux mux, more ...prometheus.Collector) {
	r := prometheus.NewRegistry()
	r.MustRegister(more...)
	r.MustRegister(collector(a), collectors.NewGoCollector(), collectors.NewBuildInfoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /livez", a.livez)
	mux.HandleFunc("GET /readyz", a.readyz)
}

// livez tells whether the loop that dials still turns.
func (a api) livez(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), answerLimit)
	defer cancel()
	_, err := a.op.Status(ctx)
	verdict(w, err)
}

// readyz tells whether calls could be placed: the loop turns, the store can be
// read, and an Asterisk is connected; of several, others do without the one that
// is not.
func (a api) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), answerLimit)
	defer cancel()
	st, err := a.op.Status(ctx)
	if err != nil {
		verdict(w, err)
		return
	}
	var troubles []error
	if _, err := a.op.Store().Campaigns(); err != nil {
		troubles = append(troubles, err)
	}
	if !slices.ContainsFunc(st.Servers, func(s campaign.ServerStatus) bool { return s.Up }) {
		for _, s := range st.Servers {
			troubles = append(troubles, fmt.Errorf("no connection to Asterisk %s", s.Name))
		}
	}
	verdict(w, troubles...)
}

// verdict answers a probe in words, a line each.
func verdict(w http.ResponseWriter, troubles ...error) {
	var lines []string
	for _, err := range troubles {
		if err != nil {
			lines = append(lines, err.Error())
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if len(lines) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, strings.Join(lines, "\n"))
		return
	}
	fmt.Fprintln(w, "ok")
}

// collector asks the daemon and the store anew at each scrape. What it counts
// are the store's sums, which go on after a restart; those of calls_lost and
// events_late begin with the daemon. Labels are what the configuration names:
// never a telephone number, nor anything else that there is no end of.
type collector api

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("dialcamp_"+name, help, labels, nil)
}

var (
	asteriskUp     = desc("asterisk_up", "Whether the manager connection to this Asterisk is up.", "asterisk")
	asteriskCalls  = desc("asterisk_calls", "Calls in flight on this Asterisk.", "asterisk")
	asteriskTrunks = desc("asterisk_trunks_refusing", "Trunks on this Asterisk that are left alone because they refuse calls.", "asterisk")
	agentsLoggedIn = desc("queue_agents_logged_in", "Agents logged in to the queue.", "asterisk", "queue")
	agentsFree     = desc("queue_agents_free", "Agents of the queue that a new call could be for.", "asterisk", "queue")
	campaignInfo   = desc("campaign_info", "1, with the campaign's queue and pacing mode, for each Asterisk that it calls on.", "campaign", "asterisk", "queue", "mode")
	campaignState  = desc("campaign_state", "1 for the state that the campaign is in.", "campaign", "state")
	campaignCalls  = desc("campaign_calls", "Calls in flight of the campaign.", "campaign")
	campaignPlaces = desc("campaign_asterisk_calls", "Calls in flight of the campaign on an Asterisk.", "campaign", "asterisk")
	campaignHeld   = desc("campaign_held", "Whether something keeps the campaign from placing a call at this moment; dialcamp why tells what.", "campaign")
	dayAnswers     = desc("campaign_day_answers", "Answers of this day, as predictive pacing counts them by the campaign's regime.", "campaign")
	dayAbandoned   = desc("campaign_day_abandoned", "Abandoned calls of this day, as predictive pacing counts them by the campaign's regime.", "campaign")
	callsLost      = desc("calls_lost_total", "Calls whose end was not seen, since the daemon started.")
	eventsLate     = desc("events_late_total", "Events of calls that had ended already, since the daemon started.")

	webhookDelivered = desc("webhook_delivered_total", "Outcomes that were delivered to the webhook.", "webhook")
	webhookFailed    = desc("webhook_failed_total", "Outcomes that were given up after trying to deliver them to the webhook.", "webhook")
	webhookDropped   = desc("webhook_dropped_total", "Outcomes that were dropped because the webhook's queue was full.", "webhook")
	webhookWaiting   = desc("webhook_waiting", "Outcomes that wait to be delivered to the webhook.", "webhook")
	webhookFailing   = desc("webhook_failing", "Whether the last try to deliver to the webhook has failed.", "webhook")

	contacts     = desc("contacts", "Contacts of the campaign by state.", "campaign", "state")
	attempts     = desc("attempts_total", "Attempts that have ended, by outcome.", "campaign", "outcome")
	causes       = desc("hangups_total", "Attempts that have ended, by Q.850 cause.", "campaign", "cause")
	lateAnswers  = desc("late_answers_total", "Live answers that did not reach an agent within two seconds.", "campaign")
	ringSeconds  = desc("ring_seconds_total", "Time from the claim to the answer, or to the end without one.", "campaign")
	waitSeconds  = desc("wait_seconds_total", "Time from the answer to the agent, or to the end without one.", "campaign")
	talkSeconds  = desc("talk_seconds_total", "Time with an agent.", "campaign")
	agentSeconds = desc("agent_seconds_total", "Logged-in time of the queue's agents while the campaign ran.", "campaign")
)

// Describe implements prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		asteriskUp, asteriskCalls, asteriskTrunks, agentsLoggedIn, agentsFree, campaignInfo, campaignState, campaignCalls, campaignPlaces, campaignHeld, dayAnswers, dayAbandoned,
		callsLost, eventsLate, webhookDelivered, webhookFailed, webhookDropped, webhookWaiting, webhookFailing, contacts, attempts, causes, lateAnswers, ringSeconds, waitSeconds, talkSeconds, agentSeconds,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	st, err := c.op.Status(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(campaignState, err)
		return
	}
	m := metrics{ch}
	for _, s := range st.Servers {
		m.gauge(asteriskUp, truth(s.Up), s.Name)
		m.gauge(asteriskCalls, float64(s.InFlight), s.Name)
		m.gauge(asteriskTrunks, float64(len(s.Trunks)), s.Name)
	}
	for _, q := range st.Queues {
		if q.Known {
			m.gauge(agentsLoggedIn, float64(q.LoggedIn), q.Server, q.Name)
			m.gauge(agentsFree, float64(q.Free), q.Server, q.Name)
		}
	}
	m.counter(callsLost, float64(st.Lost))
	m.counter(eventsLate, float64(st.Late))
	for _, w := range c.op.Webhooks() {
		m.counter(webhookDelivered, float64(w.Delivered), w.Name)
		m.counter(webhookFailed, float64(w.Failed), w.Name)
		m.counter(webhookDropped, float64(w.Dropped), w.Name)
		m.gauge(webhookWaiting, float64(w.Waiting), w.Name)
		m.gauge(webhookFailing, truth(w.Error != ""), w.Name)
	}
	for _, cs := range st.Campaigns {
		for _, s := range cs.Servers {
			m.gauge(campaignInfo, 1, cs.Name, s.Name, cs.Queue, string(cs.Mode))
			m.gauge(campaignPlaces, float64(s.InFlight), cs.Name, s.Name)
		}
		for _, s := range []campaign.State{campaign.Running, campaign.Paused, campaign.Draining, campaign.Stopped} {
			m.gauge(campaignState, truth(s == cs.State), cs.Name, string(s))
		}
		m.gauge(campaignCalls, float64(cs.InFlight), cs.Name)
		m.gauge(campaignHeld, truth(cs.Hold != ""), cs.Name)
		m.gauge(dayAnswers, cs.Answers, cs.Name)
		m.gauge(dayAbandoned, cs.Abandoned, cs.Name)
		c.sums(m, cs.Name)
	}
}

func (c collector) sums(m metrics, name string) {
	n, err := c.op.Store().Counters(name)
	if err != nil {
		m.ch <- prometheus.NewInvalidMetric(attempts, err)
		return
	}
	for s, count := range n.Contacts {
		m.gauge(contacts, float64(count), name, campaign.ContactState(s).String())
	}
	for _, o := range campaign.Outcomes() {
		m.counter(attempts, float64(n.Outcomes[o]), name, o.String())
	}
	for cause, count := range n.Causes {
		m.counter(causes, float64(count), name, strconv.Itoa(int(cause)))
	}
	m.counter(lateAnswers, float64(n.Late), name)
	m.counter(ringSeconds, n.Ring.Seconds(), name)
	m.counter(waitSeconds, n.Wait.Seconds(), name)
	m.counter(talkSeconds, n.Talk.Seconds(), name)
	m.counter(agentSeconds, n.AgentTime.Seconds(), name)
}

type metrics struct{ ch chan<- prometheus.Metric }

func (m metrics) gauge(d *prometheus.Desc, v float64, labels ...string) {
	m.ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (m metrics) counter(d *prometheus.Desc, v float64, labels ...string) {
	m.ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
