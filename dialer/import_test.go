package dialer_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/control"
)

const ofRegion = `
campaigns:
  - name: a
    queue: Camp200
    lists: [{path: a.csv, region: KR, reload: "* * * * *"}]
    originate: {channel: "Local/9{national}@DialCamp/n", context: campaign, exten: "200"}
    retry: {max_attempts: 1}
`

// dialed are the channels that were asked for, sorted.
func (w *world) dialed() (channels []string) {
	for _, c := range w.srv.Calls() {
		channels = append(channels, c.Channel)
	}
	slices.Sort(channels)
	return channels
}

// TestRegion: however a number is written, it is one contact, barred in any
// spelling, and dialed as the template says.
func TestRegion(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(2), map[string]string{
			"a.csv":   "phone,name\n010-1234-0001,a\n+82 10 1234 0001,a again\n(010) 1234.0002,b\n０１０１２３４０００３,c\n82-10-1234-0004,d\n119,fire\n1,short\n",
			"dnc.csv": "010 1234 0003\n+821012340004;who\n010-12\nname\n",
		}, ofRegion+"dnc: {files: [dnc.csv]}\n")
		w.runToListEnd(time.Hour)
		w.logged(1, "do-not-call file loaded", "numbers=4") // one in both spellings, the short one as it stands
		w.logged(1, "list loaded", "rows=7 added=4 unchanged=0 rejected=3")
		if got := strings.Join(w.dialed(), " "); got != "Local/901012340001@DialCamp/n Local/901012340002@DialCamp/n" {
			t.Errorf("dialed %s", got)
		}
		b := readBook(t, w.open(), "a")
		for number, state := range map[string]campaign.ContactState{"+821012340003": campaign.DNC, "+821012340004": campaign.DNC} {
			if got := b.contacts[number].State; got != state {
				t.Errorf("%s is %s", number, got)
			}
		}
		rejects := w.read("a.rejects.csv")
		for _, want := range []string{"3,the same contact stands in an earlier row,+82 10 1234 0001", "7,phone: an emergency number in KR,119", "8,phone: too short"} {
			if !strings.Contains(rejects, want) {
				t.Errorf("the rejects lack %q:\n%s", want, rejects)
			}
		}
	})
}

// TestRegionLater: a list that is given a region is read again, and nobody on
// it is called twice for that.
func TestRegionLater(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": "phone\n010-1234-0001\n010-1234-0002\n"}, strings.NewReplacer(", region: KR", "", "{national}", "{number}").Replace(ofRegion))
		w.runToListEnd(time.Hour)
		w.write("config.yaml", strings.Replace(w.read("config.yaml"), "a.csv,", "a.csv, region: KR,", 1))
		w.write("a.csv", "phone\n010-1234-0001\n010-1234-0002\n010-1234-0003\n")
		w.configure()
		w.runToListEnd(time.Hour)
		w.logged(1, "list loaded", "rows=3 added=1 unchanged=2 rejected=0")
		if got := strings.Join(w.dialed(), " "); got != "Local/9+821012340003@DialCamp/n Local/901012340001@DialCamp/n Local/901012340002@DialCamp/n" {
			t.Errorf("dialed %s", got)
		}
		w.open()
	})
}

// TestNotUTF8IsNotLoaded: the daemon says which encodings there may be, and no
// number of the list.
func TestNotUTF8IsNotLoaded(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": "phone,name\n010-1234-0001,\xb1\xe8\xc3\xb6\xbc\xf6\n"}, ofRegion)
		w.start()
		time.Sleep(3 * time.Minute)
		w.logged(1, "level=ERROR", "the list was not loaded", "it may be euc-kr")
		w.logged(0, "1234")
		w.logged(0, "김")
	})
}

func (w *world) importList(req control.Import, text string) (control.ImportResult, []control.ImportEvent, error) {
	var events []control.ImportEvent
	r, err := w.d.Import(w.t.Context(), req, strings.NewReader(text), func(ev control.ImportEvent) { events = append(events, ev) })
	return r, events, err
}

// TestImport: a list that comes over the control API is dialed like any other,
// and a dry run tells it before.
func TestImport(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": numbers("010-1234-0001")}, ofRegion)
		w.start()
		w.await(time.Minute, "the config's list is dialed", func() bool { return len(w.srv.Calls()) == 1 && w.srv.InFlight() == 0 })
		req := control.Import{Campaign: "a", List: "new", DryRun: true, Options: contact.Options{Delimiter: ';', Plan: contact.Plan{Region: "KR"}, Columns: map[string]string{"key": "id"}}}
		const text = "phone;id;city\n010-1234-0001;7;x\n010-1234-0002;8;Seoul\n+82 10-1234-0002;9;y\nabc;10;z\n"

		dry, events, err := w.importList(req, text)
		if err != nil || dry.Rows != 4 || dry.Added != 1 || dry.Duplicates != 2 || dry.BadNumbers != 1 || dry.Bad != 0 || !dry.DryRun {
			t.Errorf("%+v, %v", dry, err)
		}
		want := []control.ImportEvent{
			{Headers: []string{"phone", "id", "city"}},
			{Reject: &control.Reject{Line: 2, Reason: "the number is already in this campaign, on list a", Record: []string{"010-1234-0001", "7", "x"}}},
			{Dial: &control.Dial{Line: 3, Key: "8", Numbers: []control.DialNumber{{Channel: "Local/901012340002@DialCamp/n"}}, Variables: []string{"city=Seoul"}}},
			{Reject: &control.Reject{Line: 4, Reason: "the same contact stands in an earlier row", Record: []string{"+82 10-1234-0002", "9", "y"}}},
			{Reject: &control.Reject{Line: 5, Reason: "phone: character 'a' is not allowed in a number", Record: []string{"abc", "10", "z"}}},
		}
		if !equalJSON(t, events, want) {
			t.Errorf("%+v", events)
		}
		w.quiet(5*time.Minute, "a dry run")

		req.DryRun = false
		got, _, err := w.importList(req, text)
		if err != nil || got.Rows != 4 || got.Added != 1 || got.Rejected != 3 || got.BadNumbers != 1 {
			t.Errorf("%+v, %v", got, err)
		}
		w.await(time.Minute, "the new contact is dialed", func() bool { return slices.Contains(w.dialed(), "Local/901012340002@DialCamp/n") })
		w.await(time.Minute, "list end", func() bool { return len(w.log.lines("list end")) == 2 })
		again, _, err := w.importList(req, text)
		if err != nil || again.Added != 0 || again.Unchanged != 1 {
			t.Errorf("%+v, %v", again, err)
		}
		w.stop()
		w.returned(time.Minute)
		if n := len(w.srv.Calls()); n != 2 {
			t.Errorf("%d calls", n)
		}
		if entries, err := os.ReadDir(w.dir); err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.Contains(e.Name(), "import") }) {
			t.Errorf("left behind: %v, %v", entries, err)
		}
	})
}

func TestImportRefused(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": numbers("010-1234-0001")}, ofRegion)
		w.start()
		kr := contact.Options{Plan: contact.Plan{Region: "KR"}}
		for _, c := range []struct {
			name string
			req  control.Import
			text string
			want string
		}{
			{"no campaign", control.Import{Campaign: "b", List: "x", Options: kr}, "phone\n1\n", `no campaign "b"`},
			{"no name", control.Import{Campaign: "a", List: "x y", Options: kr}, "phone\n1\n", `"x y" is not a list's name`},
			{"no region", control.Import{Campaign: "a", List: "x"}, "phone\n1\n", "{national} in the campaign's originate.channel needs it"},
			{"no column", control.Import{Campaign: "a", List: "x", Options: kr}, "who\n1\n", "no column for the number"},
		} {
			if _, _, err := w.importList(c.req, c.text); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		// What did not arrive is not loaded in part.
		broken := errors.New("broken")
		half := io.MultiReader(strings.NewReader("phone\n010-1234-0002\n"), iotest.ErrReader(broken))
		if _, err := w.d.Import(t.Context(), control.Import{Campaign: "a", List: "x", Options: kr}, half, func(control.ImportEvent) {}); !errors.Is(err, broken) {
			t.Errorf("half a file: %v", err)
		}
		// Nor is anything for whoever has left.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.d.Import(ctx, control.Import{Campaign: "a", List: "x", Options: kr}, strings.NewReader("phone\n010-1234-0002\n"), func(control.ImportEvent) {}); !errors.Is(err, context.Canceled) {
			t.Errorf("left: %v", err)
		}
		w.await(time.Minute, "the config's list is dialed", func() bool { return len(w.srv.Calls()) == 1 && w.srv.InFlight() == 0 })
		w.quiet(5*time.Minute, "nothing was imported")
		w.stop()
		w.returned(time.Minute)
		if _, _, err := w.importList(control.Import{Campaign: "a", List: "x", Options: kr}, "phone\n1\n"); !errors.Is(err, control.ErrStopping) {
			t.Errorf("after the stop: %v", err)
		}
	})
}

func equalJSON(t *testing.T, a, b any) bool {
	t.Helper()
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(x) == string(y)
}
