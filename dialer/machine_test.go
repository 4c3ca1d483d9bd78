package dialer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/testdata/lab"
)

const machinesCampaign = `
  - name: spring
    queue: Camp200
    lists: [{path: spring.csv}]
    originate: {ring_timeout: 15s, context: amd, exten: "200"}
    retry: {by_outcome: {machine: {after: 4h, max: 1}, abandoned: {after: 0s, max: 0}, dropped: {after: 0s, max: 0}}}`

// TestMachines: one agent, and a dialplan that tells machines from people. While
// a machine hears a message of half a minute, the agent is there for others; who
// says nothing, and who hangs up before anything is known, is a person.
func TestMachines(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		machines, silent, leavers := series("60155", 12), series("2010205", 3), series("2010015", 3)
		asterisk := amitest.Lab(1)
		asterisk.Destination = func(context, exten string) (amitest.Destination, bool) {
			d, ok := amitest.LabDestination(context, exten)
			d.Message = 30 * time.Second
			return d, ok
		}
		w := newWorld(t, asterisk, map[string]string{"spring.csv": numbers(append(append(machines, silent...), leavers...)...)}, "campaigns:"+machinesCampaign)
		w.runToListEnd(6 * time.Hour)
		s := w.open()
		w.witness(s, true)
		b := readBook(t, s, "spring")
		for _, number := range machines {
			as := b.of[number]
			if len(as) != 2 || as[0].Outcome != campaign.Machine || as[1].Outcome != campaign.Machine || !strings.HasPrefix(as[0].Note, "LONGGREETING") {
				t.Errorf("%s: %+v, want twice a machine", number, as)
			}
		}
		for _, number := range silent {
			if as := b.of[number]; len(as) != 1 || as[0].Outcome != campaign.Connected {
				t.Errorf("%s: %+v, want connected", number, as)
			}
		}
		for _, number := range leavers {
			if as := b.of[number]; len(as) != 1 || as[0].Outcome != campaign.Abandoned {
				t.Errorf("%s: %+v, want abandoned", number, as)
			}
		}
		most := 0
		for _, c := range w.srv.Calls() {
			n := 0
			for _, o := range w.srv.Calls() {
				if o.Machine && !o.Answer.After(c.Answer) && o.End.After(c.Answer) {
					n++
				}
			}
			most = max(most, n)
		}
		if most < 5 {
			t.Errorf("at most %d machines heard the message at once: they held the agent back", most)
		}
	})
}

// TestMachinesUntold: where what the dialplan tells does not arrive, as without
// read=user, a machine is somebody who was answered and found no agent.
func TestMachinesUntold(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		asterisk := amitest.Lab(1)
		asterisk.Users = []amitest.User{{Name: "dialcamp", Secret: "dialcamp-secret", Read: "call,agent,system", Write: "originate,call,agent,reporting"}}
		w := newWorld(t, asterisk, map[string]string{"spring.csv": numbers(series("60155", 3)...)}, "campaigns:"+machinesCampaign)
		w.runToListEnd(time.Hour)
		for _, a := range readBook(t, w.open(), "spring").attempts {
			if a.Outcome != campaign.Dropped || a.Note != "answered, but never joined the queue" {
				t.Errorf("%s: %s (%s), want dropped", a.Number, a.Outcome, a.Note)
			}
		}
	})
}

// TestLabMachine: the same against AMD() itself, with the least of users.
func TestLabMachine(t *testing.T) {
	l := lab.Up(t, 3)
	want := map[string]campaign.Outcome{}
	var list []string
	add := func(format string, n int, o campaign.Outcome) {
		for i := range n {
			number := fmt.Sprintf(format, i)
			want[number] = o
			list = append(list, number)
		}
	}
	add("60155%03d", 8, campaign.Machine)
	add("2010088%03d", 3, campaign.Connected) // says nothing for 8 s
	add("3100108%03d", 3, campaign.Abandoned) // leaves before AMD() has decided
	_, attempts := runLab(t, l, map[string][]string{"spring": list}, strings.Replace(machinesCampaign, "after: 4h", "after: 1s", 1))
	seen := map[string]int{}
	for _, a := range attempts["spring"] {
		seen[a.Number]++
		if a.Outcome != want[a.Number] {
			t.Errorf("%s: %s (cause %d, %s), want %s", a.Number, a.Outcome, a.Cause, a.Note, want[a.Number])
		}
		if a.Outcome == campaign.Machine && a.Note == "" {
			t.Errorf("%s: no reason is noted", a.Number)
		}
	}
	for number, o := range want {
		if n := seen[number]; n != 1 && (o != campaign.Machine || n != 2) {
			t.Errorf("%s, %s: %d attempts", number, o, n)
		}
	}
}
