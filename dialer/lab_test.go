package dialer_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
	"github.com/dialcamp/dialcamp/testdata/lab"
)

// fate is what a number of the carrier's plan must lead to.
type fate struct {
	number   string
	outcome  campaign.Outcome // of every attempt
	attempts int              // by labRetry
	state    campaign.ContactState
}

// labRetry are the retry rules of the lab's campaigns, short enough to be seen
// through.
const labRetry = `
    retry:
      max_attempts: 3
      by_outcome:
        busy: {after: 1s, max: 1}
        no_answer: {after: 1s, max: 1}
        abandoned: {after: 1s, max: 1}
        congestion: {after: 1s, max: 2}
        unreachable: {after: 1s, max: 1}
        unknown: {after: 1s, max: 2}
        failed: {after: 0s, max: 0}
        dropped: {after: 0s, max: 0}
`

func of(o campaign.Outcome, number string) fate {
	f := fate{number, o, 1, campaign.Done}
	switch o {
	case campaign.Busy, campaign.NoAnswer, campaign.Abandoned, campaign.Unreachable:
		f.attempts, f.state = 2, campaign.Exhausted
	case campaign.Congestion:
		f.attempts, f.state = 3, campaign.Exhausted
	case campaign.Invalid:
		f.state = campaign.BadNumber
	}
	return f
}

// causeFates are refused calls, n of each cause. Over SIP cause 20 arrives as
// 19: Asterisk derives the cause from the response code (testdata/lab/README.md).
func causeFates(n int, sip bool) (all []fate) {
	outcomes := map[int]campaign.Outcome{
		1: campaign.Invalid, 17: campaign.Busy, 18: campaign.NoAnswer, 19: campaign.NoAnswer, 20: campaign.Unreachable,
		21: campaign.Rejected, 22: campaign.Invalid, 27: campaign.Unreachable, 28: campaign.Invalid,
		34: campaign.Congestion, 38: campaign.Congestion, 42: campaign.Congestion,
	}
	trunk := "55"
	if sip {
		outcomes[20] = campaign.NoAnswer
		trunk = "77"
	}
	for _, cause := range slices.Sorted(maps.Keys(outcomes)) {
		for i := range n {
			all = append(all, of(outcomes[cause], fmt.Sprintf("1%03d%s%03d", cause, trunk, i)))
		}
	}
	return all
}

// answerFates are calls that ring before something happens.
func answerFates(short, long, leavers, ringers, rejecters int) (all []fate) {
	for i := range short {
		all = append(all, of(campaign.Connected, fmt.Sprintf("3%02d%03d8%03d", 3+i%5, 35+i%10, i))) // talks 3.5-4.4 s
	}
	for i := range long {
		all = append(all, of(campaign.Connected, fmt.Sprintf("2010128%03d", i))) // talks 12 s
	}
	for i := range leavers {
		all = append(all, of(campaign.Abandoned, fmt.Sprintf("3050018%03d", i))) // leaves before an agent can answer
	}
	for i := range ringers {
		all = append(all, of(campaign.NoAnswer, fmt.Sprintf("48%04d", i)))
	}
	for i := range rejecters {
		all = append(all, of(campaign.Rejected, fmt.Sprintf("5018%04d", i)))
	}
	return all
}

// labCampaign is a campaign of the config, with its list written to dir.
func labCampaign(t *testing.T, dir, name, queue, context string, fates []fate) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("phone,name\n")
	for i, f := range fates {
		fmt.Fprintf(&b, "%s,Contact %d\n", f.number, i)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".csv"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`
  - name: %s
    queue: Camp%s
    lists: [{path: %s.csv}]
    originate: {channel: "Local/{number}@%s/n", ring_timeout: 2s, context: campaign, exten: "%s"}
    pacing: {max_in_flight: 20}%s`, name, queue, name, context, queue, labRetry)
}

func labConfig(t *testing.T, l *lab.Lab, dir string, campaigns ...string) string {
	t.Helper()
	m := l.PBX().As("least")
	file := filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf(`
asterisk: [{name: pbx, address: "%s", username: %s, secret: %s, breaker: {enabled: false}}]
store: {path: dialcamp.db}
control: {socket: control.sock}
campaigns:%s
`, m.Address, m.Username, m.Secret, strings.Join(campaigns, ""))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// dialLab dials the campaigns of a config until their lists end, and returns the
// store when the last call's record is written.
func dialLab(t *testing.T, l *lab.Lab, file string) store.Store {
	t.Helper()
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	d, err := dialer.New(cfg, dialer.Options{UntilListEnd: true, Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Run(ctx, ctx); err != nil {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatal("the campaigns did not end")
	}
	if err := l.WaitIdle(ctx); err != nil {
		t.Fatal(err)
	}
	return openStore(t, cfg)
}

func TestLabCampaignEndsAsTheNumbersSay(t *testing.T) {
	l := lab.Up(t, 5)
	dir := t.TempDir()
	sip := slices.Concat(causeFates(10, true), answerFates(50, 4, 15, 25, 10))
	iax := causeFates(6, false)
	drop := []fate{}
	for i := range 4 {
		drop = append(drop, of(campaign.Dropped, fmt.Sprintf("2010308%03d", i)))
	}
	if n := len(sip) + len(iax) + len(drop); n != 300 {
		t.Fatalf("the list has %d numbers, want 300", n)
	}
	file := labConfig(t, l, dir,
		labCampaign(t, dir, "sip", "200", "DialCamp", sip),
		labCampaign(t, dir, "iax", "202", "DialCampIAX", iax),
		labCampaign(t, dir, "drop", "201", "DialCamp", drop))
	s := dialLab(t, l, file)
	attempts := map[string][]campaign.Attempt{}
	for name, fates := range map[string][]fate{"sip": sip, "iax": iax, "drop": drop} {
		checkCampaign(t, s, name, len(fates))
		states := map[string]campaign.ContactState{}
		for c, err := range s.Contacts(name) {
			if err != nil {
				t.Fatal(err)
			}
			states[c.Number()] = c.State
		}
		for a, err := range s.Attempts(name, time.Time{}, time.Time{}) {
			if err != nil {
				t.Fatal(err)
			}
			attempts[a.Number] = append(attempts[a.Number], a)
		}
		for _, f := range fates {
			got := attempts[f.number]
			if len(got) != f.attempts || states[f.number] != f.state {
				t.Errorf("%s %s: %d attempts and then %s, want %d and %s", name, f.number, len(got), states[f.number], f.attempts, f.state)
			}
			for _, a := range got {
				if a.Outcome != f.outcome {
					t.Errorf("%s %s: %s (cause %d, %s), want %s", name, f.number, a.Outcome, a.Cause, a.Note, f.outcome)
				}
			}
		}
	}
	compareCDR(t, l, attempts, false)
}

// checkCampaign holds a finished campaign's report against itself.
func checkCampaign(t *testing.T, s store.Store, name string, contacts int) {
	t.Helper()
	rows, err := report.Build(s, report.Query{Campaign: name})
	if err != nil {
		t.Fatal(err)
	}
	r := rows[0]
	var sum, states int64
	for _, n := range r.Attempts.ByOutcome {
		sum += n
	}
	for k, n := range r.Contacts {
		if k != "total" {
			states += n
		}
	}
	if r.Attempts.InFlight != 0 || sum != r.Attempts.Total {
		t.Errorf("%s: %d attempts, %d in flight, %d outcomes", name, r.Attempts.Total, r.Attempts.InFlight, sum)
	}
	if states != int64(contacts) || r.Contacts["total"] != int64(contacts) {
		t.Errorf("%s: %d contacts, %d by state, want %d", name, r.Contacts["total"], states, contacts)
	}
	if n := r.Contacts["pending"] + r.Contacts["waiting"] + r.Contacts["dialing"]; n != 0 {
		t.Errorf("%s: %d contacts are not over: %v", name, n, r.Contacts)
	}
}

// compareCDR holds the attempts against what the carrier saw, call by call. An
// attempt of which the carrier knows nothing must be unknown, and there may be
// such only after a kill.
func compareCDR(t *testing.T, l *lab.Lab, attempts map[string][]campaign.Attempt, killed bool) {
	t.Helper()
	calls := map[string]lab.Call{}
	perNumber := map[string]int{}
	for _, c := range l.CDR() {
		if _, twice := calls[c.Caller]; twice {
			t.Errorf("the carrier saw two calls of attempt %s", c.Caller)
		}
		calls[c.Caller] = c
		perNumber[c.Number]++
	}
	for number, as := range attempts {
		if !killed && len(as) != perNumber[number] {
			t.Errorf("%s: %d attempts, the carrier saw %d calls", number, len(as), perNumber[number])
		}
		for _, a := range as {
			c, ok := calls[a.ID]
			delete(calls, a.ID)
			switch {
			case !ok && a.Outcome != campaign.Unknown:
				t.Errorf("%s: attempt %s is %s, but the carrier saw no such call", number, a.ID, a.Outcome)
			case ok && c.Number != number:
				t.Errorf("attempt %s dialed %s, the carrier saw %s", a.ID, number, c.Number)
			}
		}
	}
	for id, c := range calls {
		t.Errorf("the carrier saw a call to %s of attempt %q, which nobody knows", c.Number, id)
	}
}
