package ami_test

import (
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// testDetection: AMD() of either version knows the carrier's machine, and
// UserEvent() tells so before the call's end.
func (s *site) testDetection(t *testing.T) {
	t.Run("amd", func(t *testing.T) {
		r := s.connect(t, "least")
		id := unique(t)
		must(t, r, ami.Originate{ID: id, ChannelID: id, Channel: "Local/600555@DialCamp/n", Timeout: 10 * time.Second, Context: "amd", Exten: "200"})
		m := r.await(t, "UserEvent", "UserEvent", "DialCampAMD", "Linkedid", id)
		if m.Get("Status") != "MACHINE" || m.Get("Cause") == "" || m.Get("Uniqueid") != id {
			t.Errorf("%v", m)
		}
		r.await(t, "Hangup", "Uniqueid", id)
		events, _ := r.seen()
		told := false
		for _, e := range events {
			told = told || e.Event() == "UserEvent" && e.Get("Linkedid") == id
			if e.Event() == "Hangup" && e.Get("Linkedid") == id && !told {
				t.Error("hung up before it was told why")
			}
		}
	})
}
