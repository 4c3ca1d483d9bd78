package dialer_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/pacing"
	"github.com/dialcamp/dialcamp/store"
	"github.com/dialcamp/dialcamp/testdata/lab"
)

// runLab dials campaigns until their lists end, and returns the store and the
// attempts by campaign. lists are each campaign's numbers.
func runLab(t *testing.T, l *lab.Lab, lists map[string][]string, campaigns string) (store.Store, map[string][]campaign.Attempt) {
	t.Helper()
	dir := t.TempDir()
	for name, numbers := range lists {
		text := "phone\n" + strings.Join(numbers, "\n") + "\n"
		if err := os.WriteFile(filepath.Join(dir, name+".csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := dialLab(t, l, labConfig(t, l, dir, campaigns))
	all, byNumber := map[string][]campaign.Attempt{}, map[string][]campaign.Attempt{}
	for name, numbers := range lists {
		checkCampaign(t, s, name, len(numbers))
		for a, err := range s.Attempts(name, time.Time{}, time.Time{}) {
			if err != nil {
				t.Fatal(err)
			}
			all[name] = append(all[name], a)
			byNumber[a.Number] = append(byNumber[a.Number], a)
		}
	}
	compareCDR(t, l, byNumber, false)
	return s, all
}

// TestLabDropsAndBroadcasts: three people answer at once and there is one agent:
// the others are sent to the message, and hear it until they hang up themselves.
// Beside it a broadcast goes on without any agent.
func TestLabDropsAndBroadcasts(t *testing.T) {
	l := lab.Up(t, 1)
	var crowd, message []string
	for i := range 12 {
		crowd = append(crowd, fmt.Sprintf("3100508%03d", i)) // rings 1 s, stays 5 s
	}
	for i := range 6 {
		message = append(message, fmt.Sprintf("3050308%03d", i), fmt.Sprintf("1017555%03d", i)) // stays 3 s; busy
	}
	_, attempts := runLab(t, l, map[string][]string{"crowd": crowd, "message": message}, `
  - name: crowd
    queue: Camp200
    lists: [{path: crowd.csv}]
    originate: {ring_timeout: 5s, context: campaign, exten: "200"}
    pacing: {mode: power, ratio: 3, drop: {after: 1s, context: waiting, exten: a}}
    retry: {by_outcome: {dropped: {after: 0s, max: 0}, abandoned: {after: 0s, max: 0}}}
  - name: message
    lists: [{path: message.csv}]
    originate: {ring_timeout: 5s, context: waiting, exten: a}
    pacing: {mode: broadcast, calls_per_second: 3, max_in_flight: 4}
    retry: {by_outcome: {busy: {after: 0s, max: 0}}}`)

	heard := map[string]time.Duration{}
	for _, c := range l.CDR() {
		heard[c.Caller] = c.End.Sub(c.Answer)
	}
	count := map[campaign.Outcome]int{}
	for _, a := range attempts["crowd"] {
		count[a.Outcome]++
		if a.Outcome == campaign.Dropped && heard[a.ID] < 4*time.Second {
			t.Errorf("attempt %s was dropped, and hung up on after %v", a.ID, heard[a.ID])
		}
	}
	if count[campaign.Connected] == 0 || count[campaign.Dropped] == 0 || count[campaign.Connected]+count[campaign.Dropped] != len(crowd) {
		t.Errorf("crowd: %v, want some connected, the others dropped", count)
	}
	for _, a := range attempts["message"] {
		want := campaign.Connected
		if a.Number[0] == '1' {
			want = campaign.Busy
		}
		if a.Outcome != want {
			t.Errorf("message: %s is %s (cause %d, %s), want %s", a.Number, a.Outcome, a.Cause, a.Note, want)
		}
	}
}

// TestLabPredictive: predictive pacing places more calls than there are free
// agents, and each of its decisions comes out the same when it is made again
// from the ledger. What it learnt is in the store.
func TestLabPredictive(t *testing.T) {
	l := lab.Up(t, 8)
	var mix []string
	for i := range 200 {
		// A third answers and stays 4 s, the others are busy or do not answer.
		mix = append(mix, [...]string{"310040", "101755", "4777"}[i%3]+fmt.Sprintf("8%04d", i))
	}
	s, attempts := runLab(t, l, map[string][]string{"mix": mix}, `
  - name: mix
    queue: Camp200
    lists: [{path: mix.csv}]
    originate: {ring_timeout: 4s, context: campaign, exten: "200"}
    pacing: {mode: predictive, regime: queue, max_in_flight: 60}
    retry: {by_outcome: {busy: {after: 0s, max: 0}, no_answer: {after: 0s, max: 0}, abandoned: {after: 0s, max: 0}}}`)

	ahead, decisions := 0, 0
	for stored, err := range s.Ledger("mix", 0) {
		if err != nil {
			t.Fatal(err)
		}
		var e pacing.Entry
		if err := json.Unmarshal(stored.Data, &e); err != nil {
			t.Fatal(err)
		}
		decisions++
		if again := e.Again(); again != e.Decision {
			t.Errorf("entry %d: %v, made again %v", stored.Seq, e.Decision, again)
		}
		if e.Placed > max(0, e.Snapshot.Free-len(e.Snapshot.Ringing)) {
			ahead++
		}
	}
	if ahead == 0 {
		t.Errorf("of %d decisions none placed more calls than agents were free", decisions)
	}
	b, err := s.Pacing("mix")
	if err != nil {
		t.Fatal(err)
	}
	var state pacing.State
	if err := json.Unmarshal(b, &state); err != nil {
		t.Fatal(err)
	}
	answered := 0
	for _, a := range attempts["mix"] {
		if a.Outcome.Answered() {
			answered++
		}
	}
	if got := state.Day.Count.Answers; int(got) != answered {
		t.Errorf("%v answers are counted, %d attempts were answered", got, answered)
	}
}
