package dialer_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/text/encoding/korean"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// TestListReload: an unchanged file is not read again, new rows join, a file
// that is gone is said once and its contacts stay.
func TestListReload(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		first, second, third := series("3030020", 4), series("3030021", 3), series("3030022", 2)
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": numbers(first...)}, oneCampaign(""))
		w.start()
		over := func(n int) func() bool {
			return func() bool { return len(w.srv.Calls()) == n && w.srv.InFlight() == 0 }
		}
		w.await(time.Minute, "the first rows are dialed", over(4))
		w.await(5*time.Second, "list end", func() bool { return len(w.log.lines("list end")) == 1 })
		w.quiet(5*time.Minute, "unchanged")
		w.logged(1, "list loaded")
		if len(w.log.lines("list unchanged")) < 4 {
			t.Error("the list was not looked at")
		}

		w.write("a.csv", numbers(append(first, second...)...))
		w.await(2*time.Minute, "the new rows are dialed", over(7))
		w.logged(1, "list loaded", "rows=7 added=3 unchanged=4 rejected=0")
		w.await(5*time.Second, "list end", func() bool { return len(w.log.lines("list end")) == 2 })

		mustRemove(t, w.path("a.csv"))
		w.quiet(5*time.Minute, "the list is gone")
		w.logged(1, "level=ERROR", "the list was not loaded")
		w.write("a.csv", numbers(third...)) // rows that are missing do not remove contacts
		w.await(2*time.Minute, "the new list is dialed", over(9))
		mustRemove(t, w.path("a.csv"))
		time.Sleep(2 * time.Minute)
		w.logged(2, "level=ERROR", "the list was not loaded")
		w.stop()
		w.returned(time.Minute)

		// The next start does not read it again either, nor does anybody ring.
		w.write("a.csv", numbers(third...))
		before := len(w.log.lines("list loaded"))
		w.opt.UntilListEnd = true
		w.start()
		w.returned(time.Minute)
		w.logged(before, "list loaded")
		s := w.open()
		w.witness(s, true)
		checkCampaign(t, s, "a", 9)
		if n := len(w.srv.Calls()); n != 9 {
			t.Errorf("%d calls", n)
		}
	})
}

// TestListRemoved: who is not on the file any more is kept or taken off, as the
// list says, and taken back with the row.
func TestListRemoved(t *testing.T) {
	for removed, want := range map[string]campaign.ContactState{"keep": campaign.Pending, "remove": campaign.Removed} {
		t.Run(removed, func(t *testing.T) {
			inWorld(t, func(t *testing.T) {
				w := newWorld(t, amitest.Lab(0), map[string]string{"a.csv": numbers("3030020001", "3030020002")}, fmt.Sprintf(`campaigns:
  - {name: a, queue: Camp200, lists: [{path: a.csv, reload: "* * * * *", removed: %s}]}
`, removed))
				state := func() campaign.ContactState {
					w.stop()
					w.returned(time.Minute)
					return w.look("a").contacts["3030020002"].State
				}
				w.start()
				w.await(time.Minute, "loaded", func() bool { return len(w.log.lines("list loaded")) == 1 })
				w.write("a.csv", numbers("3030020001"))
				w.await(2*time.Minute, "loaded again", func() bool { return len(w.log.lines("list loaded")) == 2 })
				if got := state(); got != want {
					t.Errorf("removed: %s: the contact is %s, want %s", removed, got, want)
				}
				w.write("a.csv", numbers("3030020001", "3030020002"))
				w.start()
				w.await(time.Minute, "loaded a third time", func() bool { return len(w.log.lines("list loaded")) == 3 })
				if got := state(); got != campaign.Pending {
					t.Errorf("removed: %s: the contact came back and is %s", removed, got)
				}
			})
		})
	}
}

// TestRejects: what is not taken is written beside the list, whoever refused it.
func TestRejects(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		long := strings.Repeat("x", 600) + strings.Repeat(`"`, 300) // fits a row, not a line of the manager
		escaped := strings.ReplaceAll(long, `"`, `""`)
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": "phone,note\n" +
			"3030020001,good\n" +
			"not a number,bad\n" +
			"3030020001,twice\n" +
			"303002\n" +
			"3030020002,\"" + escaped + "\"\n" +
			"3030020003,also good\n"}, oneCampaign(""))
		w.start()
		w.await(time.Minute, "both are dialed", func() bool { return len(w.srv.Calls()) == 2 && w.srv.InFlight() == 0 })
		// Whether the row that came twice is refused or unchanged is the store's business.
		w.logged(1, "list loaded", "rows=6 added=2")
		rejects := w.read("a.rejects.csv")
		for _, want := range []string{"not a number", "a line of", "303002"} {
			if !strings.Contains(rejects, want) {
				t.Errorf("the rejects lack %q:\n%s", want, rejects)
			}
		}
		t.Logf("%.300s", rejects)
		// A list without any leaves no stale rejects.
		w.write("a.csv", "phone,note\n3030020001,good\n3030020004,new\n")
		w.await(2*time.Minute, "dialed", func() bool { return len(w.srv.Calls()) == 3 && w.srv.InFlight() == 0 })
		if _, err := os.Stat(w.path("a.rejects.csv")); !os.IsNotExist(err) {
			t.Errorf("stale rejects: %v", err)
		}
		// One that cannot be read at all changes nothing.
		w.write("a.csv", "who,what\n1,2\n")
		time.Sleep(3 * time.Minute)
		w.logged(1, "level=ERROR", "the list was not loaded")
		// Nor does one that would be waited for for ever.
		mustRemove(t, w.path("a.csv"))
		if err := syscall.Mkfifo(w.path("a.csv"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		w.logged(1, "level=ERROR", "the list was not loaded", "not a regular file")
		w.stop()
		w.returned(time.Minute)
		checkCampaign(t, w.open(), "a", 3)
	})
}

// TestEncodings: text arrives as it was meant.
func TestEncodings(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		korean, err := korean.EUCKR.NewEncoder().String("전화;NAME\n3030020001;김철수\n")
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, amitest.Lab(2), map[string]string{
			"ko.csv": korean, "bom.csv": "\uFEFFphone,name\r\n3030020002,Ünïcødé\r\n", "bad.csv": korean,
		}, `
campaigns:
  - name: a
    queue: Camp200
    lists:
      - {path: ko.csv, encoding: euc-kr, delimiter: ";", columns: {number: 전화}}
      - {path: bom.csv}
    originate: {context: campaign, exten: "200"}
    retry: {max_attempts: 1}
`)
		w.runToListEnd(time.Hour)
		got := map[string]bool{}
		for _, c := range w.srv.Calls() {
			for _, v := range c.Variables {
				got[c.Number+" "+v] = true
			}
		}
		for _, want := range []string{"3030020001 NAME=김철수", "3030020002 name=Ünïcødé"} {
			if !got[want] {
				t.Errorf("%s did not arrive: %v", want, got)
			}
		}
	})
}

// TestListEnd: a campaign of several lists comes to its end once, when all were
// loaded and everybody was called.
func TestListEnd(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		a, b := series("1017", 1000), series("1021", 1000)
		w := newWorld(t, amitest.Lab(4), map[string]string{"a.csv": numbers(a...), "b.csv": numbers(b...)}, `
campaigns:
  - name: a
    queue: Camp200
    lists: [{path: a.csv}, {path: b.csv}]
    originate: {context: campaign, exten: "200"}
    pacing: {max_in_flight: 4}
    retry: {max_attempts: 1}
`)
		w.start()
		w.await(2*time.Hour, "all are dialed", func() bool { return len(w.log.lines("list end")) > 0 })
		w.logged(1, "list end")
		w.logged(2, "list loaded")
		w.stop()
		w.returned(time.Minute)
		s := w.open()
		checkCampaign(t, s, "a", 2000)
		if n := len(w.srv.Calls()); n != 2000 {
			t.Errorf("%d calls", n)
		}
	})
}

// TestDNC: nobody on a do-not-call file is called, also when it was added while
// the campaign runs, and trouble with the file does not unbar anybody.
func TestDNC(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		all := series("303010", 40) // one agent: about 1.4 s each
		// The first is barred by a file that a spreadsheet made.
		w := newWorld(t, amitest.Lab(1), map[string]string{"a.csv": numbers(all...), "dnc.csv": "\uFEFF\"" + all[0] + "\"\r\nname\r\n" + all[2] + ";Kim\r\n", "more.txt": "# none yet\n"},
			oneCampaign("")+"dnc: {files: [dnc.csv, more.txt]}\n")
		w.start()
		w.await(time.Minute, "some are dialed", func() bool { return len(w.srv.Calls()) == 3 })
		w.logged(1, "do-not-call file loaded", "dnc=dnc", "numbers=2")
		w.write("more.txt", " "+all[38]+" \n"+all[39]+",who\n")
		w.await(31*time.Second, "the file was read again", func() bool { return len(w.log.lines("do-not-call file loaded", "dnc=more", "numbers=2")) == 1 })
		mustRemove(t, w.path("more.txt"))
		w.await(5*time.Minute, "list end", func() bool { return len(w.log.lines("list end")) == 1 })
		time.Sleep(2 * time.Minute)
		w.logged(1, "level=ERROR", "the do-not-call files cannot be read")
		w.stop()
		w.returned(time.Minute)
		barred := map[string]bool{all[0]: true, all[2]: true, all[38]: true, all[39]: true}
		b := w.look("a")
		for _, n := range all {
			if called := w.called(n) > 0; called == barred[n] {
				t.Errorf("%s: called %v", n, called)
			}
			if (b.contacts[n].State == campaign.DNC) != barred[n] {
				t.Errorf("%s is %s", n, b.contacts[n].State)
			}
		}
		// Without the file nothing is dialed at all after a start.
		d, err := dialer.New(w.cfg, w.opt)
		if err != nil {
			t.Fatal(err)
		}
		before := len(w.srv.Calls())
		err = d.Run(t.Context(), t.Context())
		if err == nil || !strings.Contains(err.Error(), "more.txt") {
			t.Errorf("Run: %v", err)
		}
		if len(w.srv.Calls()) != before {
			t.Error("somebody was called")
		}
		w.open() // it is closed
	})
}

// TestDNCDropped: a file that the config names no more bars nobody any more, nor
// is one read again that has not changed; a list of commands is not a file's.
func TestDNCDropped(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		all := series("303010", 3)
		w := newWorld(t, amitest.Lab(1), map[string]string{"a.csv": numbers(all...), "more.txt": all[1] + "\n", "mine.txt": "30301*\n"},
			oneCampaign("")+"dnc: {files: [more.txt, mine.txt]}\n")
		w.start()
		w.await(time.Minute, "list end", func() bool { return len(w.log.lines("list end")) == 1 })
		w.stop()
		w.returned(time.Minute)
		if n := len(w.srv.Calls()); n != 0 {
			t.Errorf("%d calls", n)
		}
		w.logged(2, "do-not-call file loaded")
		w.cfg.DNC.Files = w.cfg.DNC.Files[:1]
		w.start()
		w.await(time.Minute, "the others are called", func() bool { return len(w.srv.Calls()) == 2 })
		w.stop()
		w.returned(time.Minute)
		w.logged(2, "do-not-call file loaded")
		w.logged(1, "a do-not-call list is not in the config any more", "dnc=mine")
		if w.called(all[1]) > 0 {
			t.Errorf("%s was called", all[1])
		}

		s := w.open()
		if _, err := s.AddDNC(store.DNCName{List: "mine"}, time.Now(), "1"); err != nil {
			t.Fatal(err)
		}
		s.Close()
		w.cfg.DNC.Files[0].Name = "mine"
		d, err := dialer.New(w.cfg, w.opt)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Run(t.Context(), t.Context()); err == nil || !strings.Contains(err.Error(), "dialcamp dnc keeps a list named mine") {
			t.Error(err)
		}
	})
}

// TestPurge: the config's days are kept, and the sums count all.
func TestPurge(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(1), map[string]string{"a.csv": numbers(series("303010", 3)...)}, oneCampaign(""))
		w.cfg.Store.KeepDays = 2
		w.start()
		w.await(time.Minute, "list end", func() bool { return len(w.log.lines("list end")) == 1 })
		w.stop()
		w.returned(time.Minute)
		time.Sleep(2*24*time.Hour - 30*time.Minute) // without a daemon, whose clock ticks
		w.start()
		w.await(2*time.Hour, "they are purged", func() bool { return len(w.log.lines("old attempts purged", "attempts=3")) == 1 })
		n, err := w.d.Store().Counters("a")
		if err != nil || n.Attempts != 3 {
			t.Errorf("%+v, %v", n, err)
		}
		for a := range w.d.Store().Attempts("a", time.Time{}, time.Time{}) {
			t.Errorf("%+v is there", a)
		}
		w.stop()
		w.returned(time.Minute)
	})
}

// TestStopWhileLoading: a stop does not wait for a list to be read, and the list
// does not count as loaded.
func TestStopWhileLoading(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		var rows strings.Builder
		rows.WriteString("phone\n")
		const n = 300_000
		for i := range n {
			fmt.Fprintf(&rows, "1017%07d\n", i)
		}
		w := newWorld(t, amitest.Lab(1), map[string]string{"a.csv": rows.String()}, `
campaigns:
  - name: a
    queue: Camp200
    lists: [{path: a.csv}]
    originate: {context: campaign, exten: "200"}
`)
		w.start()
		for !isOpen(w.path("a.csv")) { // the bubble's clock stands still meanwhile
			runtime.Gosched()
		}
		w.kill()
		w.returned(time.Minute)
		w.logged(0, "list loaded", "list=a ")
		w.logged(1, "stopped while the list was being loaded")
		s := w.open()
		if _, ok, err := s.List("a", "a"); ok || err != nil {
			t.Errorf("a list that was not read to its end counts as loaded: %v", err)
		}
		if b := readBook(t, s, "a"); len(b.contacts) > 0 {
			t.Errorf("%d contacts: a part of a list was loaded", len(b.contacts))
		}
	})
}

// isOpen reports whether this process has a file open.
func isOpen(path string) bool {
	fds, _ := os.ReadDir("/proc/self/fd")
	for _, fd := range fds {
		if to, _ := os.Readlink("/proc/self/fd/" + fd.Name()); to == path {
			return true
		}
	}
	return false
}
