package amitest

import "time"

// Verdict is what AMD() makes of who answered: after how long, and its AMDSTATUS
// and AMDCAUSE.
type Verdict struct {
	After         time.Duration
	Status, Cause string
}

// What AMD() says with its own settings, as captured.
var (
	greeting = Verdict{1500 * time.Millisecond, "MACHINE", "LONGGREETING-1500-1500"}
	hello    = Verdict{1500 * time.Millisecond, "HUMAN", "HUMAN-800-800"}
	silence  = Verdict{5 * time.Second, "NOTSURE", "TOOLONG-4904"}
)

func (f *Fate) verdict() Verdict {
	switch {
	case f.Verdict != Verdict{}:
		return f.Verdict
	case f.Machine:
		return greeting
	}
	return hello
}

// detect is the destination's AMD(): it listens, tells, and lets only machines
// go. Who hangs up meanwhile is told nothing of.
func (s *Server) detect(c *call) {
	v := c.fate.verdict()
	c.next = s.after(v.After, func() {
		c.first.priority = 3
		s.userEvent(c.first, "DialCampAMD", "Status", v.Status, "Cause", v.Cause)
		if v.Status != "MACHINE" {
			c.first.app, c.first.appData = c.request.destination.application()
			s.proceed(c)
			return
		}
		c.first.app, c.first.appData = "Playback", "message"
		c.next = s.after(c.request.destination.Message, func() { s.leaveDialplan(c) })
	})
}

// userEvent is the application UserEvent(), run by ch.
func (s *Server) userEvent(ch *channel, name string, headers ...string) {
	if !s.begin(classUser, "UserEvent") {
		return
	}
	if s.release <= release11 {
		s.put("UserEvent", name)
		s.put("Uniqueid", ch.uniqueid)
	} else {
		s.putChannel("", ch)
		s.put("UserEvent", name)
	}
	for i := 0; i < len(headers); i += 2 {
		s.put(headers[i], headers[i+1])
	}
	s.end(classUser)
}
