package campaign

import (
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// Detection is the name of the UserEvent by which the dialplan tells what
// answered a call: Status is that of AMD(), Cause says why.
//
// AMD() itself tells the manager nothing, and what it leaves in a channel
// variable only a user with read=dialplan would see, among every variable of
// every call.
const Detection = "DialCampAMD"

// maxWhy bounds what is kept of a detection's reason, which the dialplan chose.
const maxWhy = 64

// answerer is who answered a call, as far as the pacer was told.
type answerer uint8

const (
	answererUnknown answerer = iota
	answererNobody
	answererMachine
	answererPerson
)

// detected takes in what the dialplan found out about who answered. It may come
// at any time, and again: the last counts. Only a certain machine is one; whom
// AMD() is not sure of, or who hung up before it was, is a person, as a
// regulator would count.
func (c *Core) detected(cl *call, e *ami.UserEvent) {
	status := e.Raw().Get("Status")
	if status == "" {
		return
	}
	cl.answered(c.now)
	switch cl.machine = strings.EqualFold(status, "MACHINE"); {
	case cl.machine:
		cl.Attempt.Person = time.Time{}
	case cl.Attempt.Person.IsZero():
		cl.Attempt.Person = c.now
	}
	if cl.why = e.Raw().Get("Cause"); len(cl.why) > maxWhy {
		cl.why = cl.why[:maxWhy]
	}
	switch {
	case !cl.Attempt.Connected.IsZero():
		// The agent knows better; what was noted of the call is right.
	case cl.machine:
		c.answeredBy(cl, answererMachine, c.now.Sub(cl.Attempt.Claimed))
		c.repace = true // no agent is needed for it
	case cl.learnt == answererMachine:
		c.answeredBy(cl, answererPerson, 0)
	}
}

// because is what the dialplan gave as its reason, after a colon.
func (cl *call) because() string {
	if cl.why == "" {
		return ""
	}
	return ": " + cl.why
}
