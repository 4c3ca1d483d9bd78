package dialer_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

const ofNumbers = `
campaigns:
  - name: a
    queue: Camp200
    lists:
      - path: a.csv
        region: KR
        reload: "* * * * *"
        numbers: [{column: mobile, type: mobile}, {column: home, type: home}, {column: work}]
        columns: {key: id, priority: prio, not_before: from}
    originate: {channel: "Local/9{national}@DialCamp/n", context: campaign, exten: "200"}
    calling: {timezone: Asia/Seoul, contact_timezone: number}
    retry: {max_attempts: 1}
`

// TestNumbers: a list's numbers, types and times arrive where they are needed,
// and the next file is the truth about them.
func TestNumbers(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(2), map[string]string{
			"a.csv": "id,mobile,home,work,prio,from\n1,010-1234-0001,02-123-4567,010-1,5,\n2,,02-123-4568,,,2100-01-01\n",
		}, ofNumbers)
		w.start()
		w.await(time.Minute, "a call", func() bool { return len(w.srv.Calls()) == 1 && w.srv.InFlight() == 0 })
		call := w.srv.Calls()[0]
		if call.Channel != "Local/901012340001@DialCamp/n" || !slices.Contains(call.Variables, "DIALCAMP_NUMBER_TYPE=mobile") {
			t.Errorf("%s with %q", call.Channel, call.Variables)
		}
		if rejects := w.read("a.rejects.csv"); !strings.Contains(rejects, `2,"work: no area code, or no number in KR; the row is taken without",1,`) {
			t.Errorf("%s", rejects)
		}
		w.logged(1, "numbers were left out", "numbers=1")
		w.write("a.csv", "id,mobile,home,work,prio,from\n1,010-1234-0001,02-123-4567,,7,\n2,010-1234-0002,02-123-4568,,,\n")
		w.await(2*time.Minute, "the other is called now, at the new number", func() bool { return slices.Contains(w.dialed(), "Local/901012340002@DialCamp/n") })
		w.logged(1, "list loaded", "updated=2")
		w.stop()
		w.returned(time.Minute)
		b := readBook(t, w.open(), "a")
		c := b.contacts["+821012340001"]
		if c.Priority != 7 || c.Zone != "Asia/Seoul" || len(c.Numbers) != 2 || c.Numbers[1].Type != "home" || c.State != campaign.Done {
			t.Errorf("%+v", c)
		}
	})
}
