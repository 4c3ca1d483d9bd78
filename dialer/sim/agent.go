package sim

import "github.com/dialcamp/dialcamp/ami"

type agentState uint8

const (
	away agentState = iota
	idle
	talking
	wrappingUp
)

type agent struct {
	name     string // of the phone
	state    agentState
	since    float64
	call     int32   // when talking
	pace     float64 // 1: talks and wraps up as long as the average
	breakDue bool
}

// book adds up the time that ends now.
func (w *world) book(a *agent) {
	d := w.now - a.since
	switch a.state {
	case idle:
		w.shift.Idle += d
	case talking:
		w.shift.Talk += d
	case wrappingUp:
		w.shift.Wrapup += d
	}
}

func (w *world) become(a *agent, s agentState) {
	w.book(a)
	a.state, a.since = s, w.now
}

func (w *world) login(i int32) {
	w.agentFree(i, "Added")
	w.nextBreak(i)
}

// agentFree gives an agent the call that waits longest, if there is one. kind is
// that of the event that tells of it.
func (w *world) agentFree(i int32, kind string) {
	a := &w.agents[i]
	w.become(a, idle)
	w.idle = append(w.idle, i)
	w.sendMember(kind, a)
	if len(w.waiting) > 0 {
		w.connect(w.waiting[0], i)
	}
}

func (w *world) connect(c, i int32) {
	a := &w.agents[i]
	w.idle, w.waiting = remove(w.idle, i), remove(w.waiting, c)
	w.become(a, talking)
	a.call = c
	w.calls[c].phase = connected
	w.shift.Connects++
	w.slice().Answers++
	w.after(w.lognormal(w.Talk)*a.pace, talkEnds, i)
	w.sendMember("Status", a)
	w.sendConnected(&w.calls[c], a)
}

func (w *world) talkEnds(i int32) {
	a := &w.agents[i]
	c := &w.calls[a.call]
	w.sendComplete(c, a)
	w.become(a, wrappingUp)
	w.after(w.lognormal(w.Wrapup)*a.pace, wrapupEnds, i)
	w.sendMember("Status", a)
	w.over(a.call, ami.CauseNormalClearing)
}

func (w *world) wrapupEnds(i int32) {
	if w.agents[i].breakDue {
		w.leave(i)
	} else {
		w.agentFree(i, "Pause")
	}
}

func (w *world) nextBreak(i int32) {
	if w.Breaks.Every > 0 {
		w.after(w.rnd.ExpFloat64()*float64(w.Breaks.Every), breakDue, i)
	}
}

func (w *world) breakDue(i int32) {
	a := &w.agents[i]
	a.breakDue = true
	if a.state == idle {
		w.idle = remove(w.idle, i)
		w.leave(i)
	}
}

func (w *world) leave(i int32) {
	a := &w.agents[i]
	w.become(a, away)
	a.breakDue = false
	w.after(float64(w.Breaks.Length), breakEnds, i)
	w.sendMember("Removed", a)
}
