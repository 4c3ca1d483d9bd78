package dialer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// logKeys are all keys that a line of the log may have; the guide has what they
// mean.
var logKeys = strings.Fields(`
	time level msg error hint times since lasted
	asterisk protocol clock_offset trunk refused mostly pause after queue
	campaign campaigns contact attempt channel number outcome cause contact_state writing in_flight calls limit
	list path see rows added unchanged rejected updated removed numbers dnc prefixes lines
	store control changes effect attempts before request`)

// ofCall are those of a line about a call.
var ofCall = []string{"campaign", "contact", "attempt", "channel"}

// aboutACall tells a line about one call by its words.
var aboutACall = regexp.MustCompile(`\b(a|an|the) (ringing )?(call|attempt|claim) |Asterisk refuses to originate|hanging up`)

// badDisk is a store whose disk is full now and then, and that says so with the
// contact's number.
type badDisk struct {
	store.Store
	n atomic.Int64
}

func (s *badDisk) Finish(a campaign.Attempt, c campaign.Contact) error {
	if s.n.Add(1)%10 == 0 {
		return fmt.Errorf("write %s (%s): %w", a.Number, c.Numbers[0].Number, errors.New("no space left on device"))
	}
	return s.Store.Finish(a, c)
}

// everything is a world in which calls end in all ways and everything goes wrong
// that may, with its numbers.
func everything(t *testing.T, level string) (w *world, all []string) {
	lists := map[string][]string{
		"sip": nil, "machines": series("60155", 4), "drop": series("2010308", 4), "congested": series("1034558", 30), "nowhere": series("3010108", 2), "ringing": series("4801", 30),
	}
	for _, f := range slices.Concat(causeFates(2, true), answerFates(20, 2, 6, 4, 4)) {
		lists["sip"] = append(lists["sip"], f.number)
	}
	files := map[string]string{
		// Its rows are what a list looks like that somebody typed.
		"typed.csv":  "phone,name\n\"(030) 103-08-77\",Kim\n303-0108 78,Lee\n12,short\n30301#08x79,bad\n",
		"latin.csv":  "phone,name\n3030108991,M\xfcller\n",
		"gone.csv":   numbers("3030108992"),
		"barred.txt": "3010308000\nnot a number 0212345678\n",
	}
	all = []string{"0301030877", "(030) 103-08-77", "3030108780", "303-0108 78", "3030108991", "3030108992", "0212345678", "0212345679"}
	for name, numbers := range lists {
		text := "phone\n" + strings.Join(numbers, "\n") + "\n"
		files[name+".csv"] = text
		all = append(all, numbers...)
	}
	config := fmt.Sprintf(preamble, ", breaker: {share: 50%, of: 10, pause: 5s}") + "log: {level: " + level + ", format: json}\ndnc: {files: [barred.txt]}\ncampaigns:"
	for _, c := range [][4]string{
		{"sip", "Camp200", "campaign", "200"}, {"machines", "Camp202", "amd", "202"}, {"drop", "Camp201", "campaign", "201"},
		{"congested", "Camp200", "campaign", "200"}, {"nowhere", "Gone", "campaign", "200"}, {"ringing", "", "campaign", "200"},
	} {
		more, lists := labRetry, fmt.Sprintf("{path: %s.csv}", c[0])
		queue := "queue: " + c[1]
		switch c[0] {
		case "ringing":
			queue, more = "", "\n    pacing: {mode: broadcast, max_in_flight: 3}\n"
		case "sip":
			more += "    pacing: {max_in_flight: 20, hang_up_after: 1s}\n"
			lists += `, {path: typed.csv}, {path: latin.csv, reload: "* * * * *"}, {path: gone.csv, reload: "* * * * *"}`
		}
		config += fmt.Sprintf(`
  - name: %s
    %s
    lists: [%s]
    originate: {channel: "Local/{number}@DialCamp/n", ring_timeout: 9s, context: %s, exten: "%s", caller_id: "Spring <0212345678>"}%s`, c[0], queue, lists, c[2], c[3], more)
	}
	w = newWorld(t, amitest.Lab(4), files, config)
	w.opt.Log = mustLog(t, w, level)
	w.made = func(d *dialer.Daemon) {
		d.OnStore(func(s store.Store) store.Store { return &badDisk{Store: s} })
	}
	return w, all
}

func mustLog(t *testing.T, w *world, level string) (log *slog.Logger) {
	t.Helper()
	log, err := dialer.NewLog(w.log, level, "json")
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// goWrong makes everything happen.
func (w *world) goWrong(all []string) {
	for i, number := range all {
		if i > 24 {
			break
		}
		time.Sleep(3 * time.Second)
		channel := "Local/" + number + "@DialCamp-00000012;1"
		switch i % 8 {
		case 0:
			w.srv.Disconnect(0)
			mustRemove(w.t, w.path("gone.csv"))
		case 1:
			w.srv.Restart(time.Second, false)
		case 2:
			time.Sleep(10 * time.Second)
			w.srv.Refuse("Originate", "Extension "+number+" does not exist, "+channel)
		case 3:
			w.srv.Refuse("Originate", "")
			w.srv.Refuse("Hangup", "Channel "+channel+" is gone")
			w.srv.Refuse("QueueSummary", "no "+number)
		case 4:
			w.srv.Refuse("QueueSummary", "")
			w.srv.Interfere(amitest.When(func(m *ami.Message) bool { return m.Event() == "Hangup" || m.Event() == "OriginateResponse" }, lost))
		case 5:
			w.srv.Interfere()
			w.operate("ringing", campaign.Stop)
		case 6:
			w.operate("ringing", campaign.Start)
			w.write("gone.csv", numbers("3030108992"))
			w.write("barred.txt", "still not a number "+number+"\n")
		case 7:
			w.write("config.yaml", strings.NewReplacer("<0212345678>", "<0212345679>", "<0212345679>", "<0212345678>").Replace(w.read("config.yaml")))
			w.d.Hangup()
			fmt.Fprintf(w.d.Stray(), "http: TLS handshake error from 192.0.2.1:4711: %s\n", number)
		}
	}
	w.srv.Interfere()
	for _, action := range []string{"Originate", "Hangup", "QueueSummary"} {
		w.srv.Refuse(action, "")
	}
}

// TestLogHoldsNoNumber: whatever happens, no telephone number is in the log above
// debug level, in any spelling, and each line about a call has what leads to it.
func TestLogHoldsNoNumber(t *testing.T) {
	for _, level := range []string{"info", "debug"} {
		t.Run(level, func(t *testing.T) {
			inWorld(t, func(t *testing.T) {
				w, all := everything(t, level)
				w.start()
				w.goWrong(all)
				time.Sleep(10 * time.Minute)
				outcomes := map[campaign.Outcome]int{}
				w.stop()
				w.returned(6 * time.Minute)
				s := w.open()
				for _, c := range w.cfg.Campaigns {
					for _, a := range readBook(t, s, c.Name).attempts {
						outcomes[a.Outcome]++
					}
				}
				t.Logf("%v", outcomes)
				for _, o := range []campaign.Outcome{
					campaign.Connected, campaign.Abandoned, campaign.Dropped, campaign.Machine, campaign.Busy, campaign.NoAnswer, campaign.Rejected,
					campaign.Invalid, campaign.Unreachable, campaign.Congestion, campaign.Cancelled, campaign.Unknown,
				} {
					if outcomes[o] == 0 {
						t.Errorf("no attempt is %s", o)
					}
				}
				said := map[string]int{}
				for _, text := range w.log.lines() {
					var fields map[string]any
					if err := json.Unmarshal([]byte(text), &fields); err != nil {
						t.Fatalf("%v: %s", err, text)
					}
					msg := fields["msg"].(string)
					said[msg]++
					calls := 0
					for key := range fields {
						if !slices.Contains(logKeys, key) {
							t.Errorf("the key %s is in %s", key, text)
						}
						if slices.Contains(ofCall[1:], key) {
							calls++
						}
					}
					about := calls > 0 || aboutACall.MatchString(msg) && !strings.HasPrefix(msg, "over: ")
					for _, key := range ofCall {
						if _, ok := fields[key]; about && !ok {
							t.Errorf("a line about a call lacks %s: %s", key, text)
						}
					}
					if level == "debug" {
						continue
					}
					for key, value := range fields {
						for _, number := range all {
							if strings.Contains(key, number) || fmt.Sprint(value) == number || isText(value) && strings.Contains(value.(string), number) {
								t.Errorf("the number %s is in %s", number, text)
							}
						}
					}
				}
				t.Logf("%v", said)
				for _, want := range []string{
					"no connection to Asterisk; trying again until there is one", "connected to Asterisk", "Asterisk refuses to originate", "a call ended unseen",
					"a trunk refuses calls: none are placed on it for a while, then one at a time until one gets through", "Asterisk does not know the queue",
					"the store cannot be written; no new calls are placed, and results are kept until it can", "the store can be written again",
					"the list was not loaded; what was loaded before stays", "rows were rejected", "lines of a do-not-call file are not numbers and bar nobody",
					"http: TLS handshake error from 192.0.2.1:4711",
				} {
					if !slices.ContainsFunc(keysOf(said), func(msg string) bool { return strings.HasPrefix(msg, want) }) {
						t.Errorf("it was never said: %s", want)
					}
				}
				if level == "debug" && said["call ended"] == 0 {
					t.Error("no call's end was said")
				}
			})
		})
	}
}

func isText(v any) bool { _, ok := v.(string); return ok }

func keysOf(m map[string]int) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	return all
}

// TestTroubleFillsNoLog: what happens again and again is a few lines.
func TestTroubleFillsNoLog(t *testing.T) {
	const times = 150
	for name, c := range map[string]struct {
		list []string
		do   func(w *world)
	}{
		"connection": {series("4001", 1), func(w *world) {
			for range times {
				w.srv.Disconnect(0)
				time.Sleep(3 * time.Second)
			}
		}},
		"refused": {series("1017", 50), func(w *world) {
			for range times {
				w.srv.Refuse("Originate", "Permission denied")
				time.Sleep(5 * time.Second)
				w.srv.Refuse("Originate", "")
				time.Sleep(5 * time.Second)
			}
		}},
		"unseen": {series("1017", times), func(w *world) {
			w.srv.Interfere(amitest.When(func(m *ami.Message) bool { return m.Event() == "Hangup" || m.Event() == "OriginateResponse" }, lost))
			time.Sleep(30 * time.Minute)
		}},
		"queue": {series("3010108", 1), func(w *world) {
			for range times {
				w.srv.Refuse("QueueSummary", "")
				time.Sleep(2 * time.Second)
				w.srv.Refuse("QueueSummary", "no")
				time.Sleep(2 * time.Second)
			}
		}},
		"list": {series("3010108", 1), func(w *world) {
			for i := range times / 4 {
				w.write("a.csv", fmt.Sprintf("phone\n30101080%03d\nM\xfcller\n", i))
				time.Sleep(time.Minute)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T) {
				w := newWorld(t, amitest.Lab(20), map[string]string{"a.csv": numbers(c.list...)}, oneCampaign(""))
				w.opt.Log = mustLog(t, w, "info")
				w.start()
				time.Sleep(10 * time.Second)
				c.do(w)
				if n := len(w.log.lines()); n > 20 {
					t.Errorf("%d lines", n)
				}
			})
		})
	}
}
