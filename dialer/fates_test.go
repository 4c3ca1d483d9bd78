package dialer_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// TestCampaignEndsAsTheNumbersSay is the lab's test of mixed fates in memory,
// and holds every call against what was asked of Asterisk.
func TestCampaignEndsAsTheNumbersSay(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			inWorld(t, func(t *testing.T) { mixedFates(t, seed) })
		})
	}
}

func mixedFates(t *testing.T, seed uint64) {
	lists := map[string][]fate{
		"sip": slices.Concat(causeFates(4, true), answerFates(25, 4, 10, 10, 6)),
		"iax": causeFates(4, false),
	}
	for i := range 4 {
		lists["drop"] = append(lists["drop"], of(campaign.Dropped, fmt.Sprintf("2010308%03d", i)))
	}
	files := map[string]string{}
	for name, fates := range lists {
		rows := "phone,name\n"
		for i, f := range fates {
			rows += fmt.Sprintf("%s,Contact %d\n", f.number, i)
		}
		files[name+".csv"] = rows
	}
	campaigns := ""
	for _, c := range [][3]string{{"sip", "200", "DialCamp"}, {"iax", "200", "DialCampIAX"}, {"drop", "201", "DialCamp"}} {
		campaigns += fmt.Sprintf(`
  - name: %[1]s
    queue: Camp%[2]s
    lists: [{path: %[1]s.csv}]
    originate: {channel: "Local/{number}@%[3]s/n", ring_timeout: 2s, context: campaign, exten: "%[2]s"}
    pacing: {max_in_flight: 20}%[4]s`, c[0], c[1], c[2], labRetry)
	}
	asterisk := amitest.Lab(5)
	asterisk.Seed = seed
	// The last contacts left are those whose calls always meet congestion.
	w := newWorld(t, asterisk, files, fmt.Sprintf(preamble, ", breaker: {enabled: false}")+"campaigns:"+campaigns)
	w.runToListEnd(2 * time.Hour)
	s := w.open()
	w.witness(s, true)
	for name, fates := range lists {
		checkCampaign(t, s, name, len(fates))
		b := readBook(t, s, name)
		for _, f := range fates {
			got := b.of[f.number]
			if len(got) != f.attempts || b.contacts[f.number].State != f.state {
				t.Errorf("%s %s: %d attempts and then %s, want %d and %s", name, f.number, len(got), b.contacts[f.number].State, f.attempts, f.state)
			}
			for _, a := range got {
				if a.Outcome != f.outcome {
					t.Errorf("%s %s: %s (cause %d, %s), want %s", name, f.number, a.Outcome, a.Cause, a.Note, f.outcome)
				}
			}
		}
	}
}

// TestOriginate: what the list and the configuration say arrives, whatever
// characters it is made of.
func TestOriginate(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		const row = `303020` // rings 0.3 s, talks 2 s
		values := []string{
			`plain`, `a, b,, and c`, `says "hi"`, `C:\dir\`, `\,"\`, `김철수 — Ünïcødé 🙂`, ` leading and trailing `, `=2+5`, `;1#$*{x}[y]`, `''`, ``,
		}
		list := "Phone;Key;First Name;notes\n"
		for i, v := range values {
			list += fmt.Sprintf("%s%04d;K-%d;\"%s\";n%d\n", row, i, i, strings.ReplaceAll(v, `"`, `""`), i)
		}
		asterisk := amitest.Lab(3)
		asterisk.Queues = append(asterisk.Queues, amitest.QueueConfig{Name: "Apps", Members: []amitest.MemberConfig{
			{AgentConfig: amitest.AgentConfig{Interface: "PJSIP/app"}},
		}})
		w := newWorld(t, asterisk, map[string]string{"a list.csv": list, "b.csv": numbers("+303020999")}, `
campaigns:
  - name: dialplan
    queue: Camp200
    lists: [{path: "a list.csv", name: first}]
    originate:
      channel: "Local/{number}@DialCamp/n"
      caller_id: '"Spring, Sale" <0212345670>'
      ring_timeout: 7s
      context: campaign
      exten: "200"
      priority: 1
      variables: ["LANG=ko", 'ODD=a,b"c\d=e', "notes=the campaign's"]
  - name: application
    queue: Apps
    lists: [{path: b.csv}]
    originate: {application: Queue, data: "Apps,t,,,60"}
`)
		wire := &wireTap{}
		dial := w.opt.Dial
		w.opt.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
			c, err := dial(ctx, addr)
			return tapped{c, wire}, err
		}
		w.runToListEnd(time.Hour)
		for _, f := range wire.frames {
			header := func(line string) bool { return strings.Contains(f, "\r\n"+line+"\r\n") }
			dialplan := strings.Contains(f, "DIALCAMP_CAMPAIGN=dialplan")
			for _, line := range []string{`CallerID: "Spring, Sale" <0212345670>`, "Timeout: 7000", "Context: campaign", "Exten: 200", "Priority: 1"} {
				if header(line) != dialplan {
					t.Errorf("%q: %v in\n%s", line, header(line), f)
				}
			}
			for _, line := range []string{"Application: Queue", "Data: Apps,t,,,60", "Timeout: 30000"} {
				if header(line) == dialplan {
					t.Errorf("%q: %v in\n%s", line, header(line), f)
				}
			}
		}
		if n := len(wire.frames); n != len(values)+1 {
			t.Errorf("%d Originates were sent", n)
		}
		s := w.open()
		w.witness(s, true)
		byNumber := map[string]amitest.Call{}
		for _, c := range w.srv.Calls() {
			byNumber[c.Number] = c
		}
		for i, v := range values {
			number := fmt.Sprintf("%s%04d", row, i)
			c := byNumber[number]
			as := readBook(t, s, "dialplan").of[number]
			if len(as) != 1 {
				t.Fatalf("%s: %d attempts", number, len(as))
			}
			want := map[string]string{
				"DIALCAMP_CAMPAIGN": "dialplan", "DIALCAMP_LIST": "first", "DIALCAMP_ATTEMPT": as[0].ID,
				"DIALCAMP_CONTACT": fmt.Sprint("K-", i), "DIALCAMP_PASS": "1",
				"First_Name": v, "notes": "the campaign's", "LANG": "ko", "ODD": `a,b"c\d=e`,
			}
			got := map[string]string{}
			for _, nv := range c.Variables {
				name, value, _ := strings.Cut(nv, "=")
				got[name] = value // a later one wins, as there
			}
			if !maps.Equal(got, want) {
				t.Errorf("%s: variables\n%q, want\n%q", number, got, want)
			}
			if c.ChannelID != as[0].ID || c.ActionID != as[0].ID || c.Channel != "Local/"+number+"@DialCamp/n" || c.Queue != "Camp200" {
				t.Errorf("%+v", c)
			}
		}
		c := byNumber["+303020999"]
		if c.Queue != "Apps" || c.Connected.IsZero() {
			t.Errorf("%+v", c)
		}
		if !slices.Contains(c.Variables, "DIALCAMP_CONTACT=1") {
			t.Errorf("without a key the contact is its number on the list: %q", c.Variables)
		}
	})
}

// TestRingTimeout: Originate's Timeout is the campaign's, and its CallerID.
func TestRingTimeout(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(1), map[string]string{"a.csv": numbers("4000")}, `
campaigns:
  - name: a
    queue: Camp200
    lists: [{path: a.csv}]
    originate: {ring_timeout: 7s, context: campaign, exten: "200"}
    retry: {max_attempts: 1}
`)
		w.runToListEnd(time.Hour)
		w.witness(w.open(), true)
		c := w.srv.CDR()[0]
		if d := c.End.Sub(c.Start); d != 7*time.Second {
			t.Errorf("it rang for %v", d)
		}
	})
}

// wireTap keeps the Originates that were sent.
type wireTap struct{ frames []string }

type tapped struct {
	net.Conn
	wire *wireTap
}

// Write is called by the connection's one writer, a frame at a time.
func (c tapped) Write(b []byte) (int, error) {
	if strings.HasPrefix(string(b), "Action: Originate\r\n") {
		c.wire.frames = append(c.wire.frames, string(b))
	}
	return c.Conn.Write(b)
}

func mustRemove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
