package sim

type agentState uint8

const (
	away agentState = iota
	idle
	talking
	wrappingUp
)

type agent struct {
	state    agentState
	since    float64
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

// agentFree gives an agent the call that waits longest, if there is one.
func (w *world) agentFree(i int32) {
	w.become(&w.agents[i], idle)
	if len(w.waiting) > 0 {
		c := w.waiting[0]
		w.waiting = remove(w.waiting, c)
		w.connect(c, i)
		return
	}
	w.idle = append(w.idle, i)
}

func (w *world) connect(c, i int32) {
	a := &w.agents[i]
	w.become(a, talking)
	w.shift.Connects++
	w.slice().Answers++
	w.over(c)
	w.after(w.lognormal(w.Talk)*a.pace, talkEnds, i)
}

func (w *world) talkEnds(i int32) {
	a := &w.agents[i]
	w.pacer.TalkEnded(w.now - a.since)
	w.become(a, wrappingUp)
	w.after(w.lognormal(w.Wrapup)*a.pace, wrapupEnds, i)
}

func (w *world) wrapupEnds(i int32) {
	a := &w.agents[i]
	w.pacer.WrapupEnded(w.now - a.since)
	w.pacer.AgentReleased(a.breakDue)
	if a.breakDue {
		w.leave(i)
	} else {
		w.agentFree(i)
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
		w.pacer.IdleAgentLeft()
		w.leave(i)
	}
}

func (w *world) leave(i int32) {
	a := &w.agents[i]
	w.become(a, away)
	a.breakDue = false
	w.after(float64(w.Breaks.Length), breakEnds, i)
}
