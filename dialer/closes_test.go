package dialer_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// TestPacingKnowsTheEnd: for how long a campaign dials today, which the budget is
// spread over, is told by its calling windows, breaks between them not counted, or by
// the schedule that stops it, whichever comes first. The bubble's day begins at midnight, UTC, of a Saturday.
func TestPacingKnowsTheEnd(t *testing.T) {
	const window = `calling: {timezone: UTC, windows: [{days: mon-sun, from: "00:00", to: "05:00"}]}`
	const lunch = `calling: {timezone: UTC, windows: [{days: mon-sun, from: "00:00", to: "02:00"}, {days: mon-sun, from: "03:00", to: "05:00"}]}`
	for name, c := range map[string]struct {
		calling, stop string
		left          float64 // seconds, 0: not known
	}{
		"neither":       {calling: `calling: {timezone: UTC}`},
		"window":        {calling: window, left: 5 * 3600},
		"stop":          {`calling: {timezone: UTC}`, `stop: "0 2 * * *"`, 2 * 3600},
		"stop in Seoul": {`calling: {timezone: Asia/Seoul}`, `stop: "0 12 * * *"`, 3 * 3600},
		"both":          {window, `stop: "30 0 * * sat"`, 1800},
		"lunch":         {calling: lunch, left: 4 * 3600},
		"stop at lunch": {lunch, `stop: "30 1 * * *"`, 1.5 * 3600},
		"stop after it": {lunch, `stop: "0 4 * * *"`, 3 * 3600},
		"stop is later": {window, `stop: "30 0 * * sun"`, 5 * 3600},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T) {
				w := newWorld(t, amitest.Lab(2), map[string]string{"spring.csv": numbers(series("3050308", 30)...)}, `campaigns:
  - name: spring
    queue: Camp200
    lists: [{path: spring.csv}]
    originate: {context: campaign, exten: "200"}
    pacing: {mode: predictive}
    `+c.calling+"\n    "+c.stop)
				w.start()
				w.operate("spring", "start")
				begun := time.Now()
				time.Sleep(10 * time.Second)
				w.kill()
				<-w.done
				decisions := 0
				for stored, err := range w.open().Ledger("spring", 0) {
					if err != nil {
						t.Fatal(err)
					}
					var e pacing.Entry
					if err := json.Unmarshal(stored.Data, &e); err != nil {
						t.Fatal(err)
					}
					decisions++
					want := c.left
					if want > 0 {
						want -= e.Time.Sub(begun).Seconds()
					}
					if math.Abs(e.Snapshot.Left-want) > 0.001 {
						t.Errorf("at %v %v s are left, want %v", e.Time, e.Snapshot.Left, want)
					}
				}
				if decisions == 0 {
					t.Error("nothing was decided")
				}
			})
		})
	}
}
