package dialer_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// inDirectory is a campaign of everything that a directory holds, looked at each
// minute.
func inDirectory(path, removed string) string {
	return fmt.Sprintf(`
campaigns:
  - name: a
    queue: Camp200
    lists: [{path: %q, reload: "* * * * *", removed: %s}]
    originate: {ring_timeout: 20s, context: campaign, exten: "200"}
    retry: {max_attempts: 1}
`, path, removed)
}

// drop puts a list into the directory, as old as its last change.
func (w *world) drop(name, text string, age time.Duration) {
	w.t.Helper()
	if err := os.MkdirAll(w.path("lists"), 0o700); err != nil {
		w.t.Fatal(err)
	}
	path := w.path("lists/" + name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	at := time.Now().Add(-age)
	if err := os.Chtimes(path, at, at); err != nil {
		w.t.Fatal(err)
	}
}

// TestDirectory: each file is a list of its own; new ones join at the next look,
// unchanged ones cost nothing, and what is gone stays or goes as the list says.
func TestDirectory(t *testing.T) {
	for _, path := range []string{"lists", "lists/*.csv"} {
		for removed, want := range map[string]campaign.ContactState{"keep": campaign.Pending, "remove": campaign.Removed} {
			t.Run(path+" "+removed, func(t *testing.T) {
				inWorld(t, func(t *testing.T) {
					sleepUntil(t, "UTC", "2000-01-03 08:00:10")
					w := newWorld(t, amitest.Lab(0), map[string]string{"a.csv": numbers("3030020000")}, oneCampaign(""))
					w.drop("one.csv", numbers("3030020001"), time.Hour)
					w.drop("two.csv", numbers("3030020002"), time.Hour)
					w.drop(".hidden.csv", numbers("3030020003"), time.Hour)
					w.drop("one.rejects.csv", numbers("3030020004"), time.Hour)
					w.drop("two.CSV.txt", "", time.Hour) // no list's name
					w.write("config.yaml", fmt.Sprintf(preamble, "")+inDirectory(path, removed))
					w.configure()
					w.start()
					w.await(10*time.Second, "both are loaded", func() bool { return len(w.log.lines("list loaded")) == 2 })
					time.Sleep(5 * time.Minute)
					w.logged(2, "list loaded")
					if len(w.log.lines("list unchanged", "list=one")) < 4 {
						t.Error("it was not looked at")
					}
					said := 0
					if path == "lists" {
						said = 1
					}
					w.logged(said, "level=ERROR", "a file is not taken as a list")

					w.drop("three.csv", numbers("3030020005"), time.Hour)
					mustRemove(t, w.path("lists/two.csv"))
					time.Sleep(2 * time.Minute)
					w.logged(1, "list loaded", "list=three", "added=1")
					state := func(number string) campaign.ContactState {
						w.stop()
						w.returned(time.Minute)
						defer w.start()
						return w.look("a").contacts[number].State
					}
					if got := state("3030020002"); got != want {
						t.Errorf("removed: %s: it is %s, want %s", removed, got, want)
					}
					// It is said once, and a look at what is gone does nothing.
					time.Sleep(3 * time.Minute)
					gone := 0
					if want == campaign.Removed {
						gone = 1
					}
					w.logged(gone, "the list is gone, and its contacts with it", "list=two", "removed=1")
					// While the directory is away, nothing is known to be gone.
					if err := os.Rename(w.path("lists"), w.path("away")); err != nil {
						t.Fatal(err)
					}
					time.Sleep(2 * time.Minute)
					w.logged(1, "level=ERROR", "a file is not taken as a list", "no such file")
					w.logged(gone, "the list is gone, and its contacts with it")
					if err := os.Rename(w.path("away"), w.path("lists")); err != nil {
						t.Fatal(err)
					}
					w.drop("two.csv", numbers("3030020002"), time.Hour)
					time.Sleep(2 * time.Minute)
					for number, c := range map[string]campaign.ContactState{"3030020001": campaign.Pending, "3030020002": campaign.Pending, "3030020005": campaign.Pending} {
						if got := state(number); got != c {
							t.Errorf("%s is %s", number, got)
						}
					}
				})
			})
		}
	}
}

// TestDirectorySettles: a file that is still being written is taken up when it
// is whole, without waiting for the next look.
func TestDirectorySettles(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(0), map[string]string{"a.csv": numbers("1")}, oneCampaign(""))
		w.drop("one.csv", numbers("3030020001"), 1500*time.Millisecond)
		w.write("config.yaml", fmt.Sprintf(preamble, "")+strings.Replace(inDirectory("lists", "keep"), `reload: "* * * * *", `, "", 1))
		w.configure()
		w.start()
		time.Sleep(1900 * time.Millisecond)
		synctest.Wait()
		w.logged(0, "list loaded")
		w.drop("one.csv", numbers("3030020001", "3030020002"), 0)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		w.logged(1, "list loaded", "list=one", "rows=2")
		w.logged(1, "list loaded")
	})
}

// TestListGone: a list that is taken out of the config is treated as one whose
// file is gone.
func TestListGone(t *testing.T) {
	for removed, want := range map[string]campaign.ContactState{"keep": campaign.Pending, "remove": campaign.Removed} {
		t.Run(removed, func(t *testing.T) {
			inWorld(t, func(t *testing.T) {
				lists := func(more string) string {
					return "campaigns: [{name: a, queue: Camp200, lists: [{path: a.csv}" + more + "]}]\n"
				}
				w := newWorld(t, amitest.Lab(0), map[string]string{"a.csv": numbers("3030020001"), "b.csv": numbers("3030020002")},
					lists(", {path: b.csv, removed: "+removed+"}"))
				w.start()
				w.await(10*time.Second, "both are loaded", func() bool { return len(w.log.lines("list loaded")) == 2 })
				effect := "its contacts stay (removed: keep)"
				if removed == "remove" {
					effect = "1 contact becomes ineligible (removed: remove)"
				}
				says(t, w.reload(lists("")), "list b of a is gone ("+effect+")")
				time.Sleep(time.Minute)
				w.stop()
				w.returned(time.Minute)
				b := readBook(t, w.open(), "a")
				if got := b.contacts["3030020002"].State; got != want {
					t.Errorf("it is %s, want %s", got, want)
				}
				if got := b.contacts["3030020001"].State; got != campaign.Pending {
					t.Errorf("the other is %s", got)
				}
			})
		})
	}
}
