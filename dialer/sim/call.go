package sim

import "math"

// The time in which a call is set up, evenly spread, in seconds.
const (
	setupLeast    = 1.0
	setupSpan     = 2.0
	setupMean     = setupLeast + setupSpan/2
	setupVariance = setupSpan * setupSpan / 12
)

type call struct {
	placed float64
	place  int32   // in ringing
	factor float64 // the contact's chance, as pacing.Ringing has it; 0: the average one
	human  bool
	waits  bool
	until  float64 // how long it waits
}

// dial places a call to a contact with a score, whose fate is thrown at once.
func (w *world) dial(score float64) {
	var i int32
	if n := len(w.unused); n > 0 {
		i = w.unused[n-1]
		w.unused = w.unused[:n-1]
	} else {
		i = int32(len(w.calls))
		w.calls = append(w.calls, call{})
	}
	c := &w.calls[i]
	*c = call{placed: w.now, place: int32(len(w.ringing))}
	w.ringing = append(w.ringing, i)
	w.shift.Dialed++

	hour := int(w.now / 3600)
	human := w.Answer.Human.at(hour)
	if w.ScoreSpread > 0 && human > 0 && human < 1 {
		p := w.chance(human, score)
		c.factor = p / human
		human = p
	}
	c.human = w.rnd.Float64() < human
	w.after(math.Min(w.ring(c.human, hour), float64(w.RingTimeout)), callEnds, i)
}

// ring is the time from placing the call until it is answered or ends.
func (w *world) ring(human bool, hour int) float64 {
	setup := setupLeast + setupSpan*w.rnd.Float64()
	if human {
		// Who would answer after the timeout is not among those who answer.
		for range 100 {
			if d := setup + w.lognormal(w.Ring.Human); d < float64(w.RingTimeout) {
				return d
			}
		}
		return float64(w.RingTimeout)
	}
	a := &w.Answer
	machine, busy, none, invalid := a.Machine.at(hour), a.Busy.at(hour), a.NoAnswer.at(hour), a.Invalid.at(hour)
	u := w.rnd.Float64() * (machine + busy + none + invalid)
	switch {
	case u < machine:
		switch {
		case w.Ring.Machine.Mean > 0:
			return setup + w.lognormal(w.Ring.Machine)
		case w.rnd.Float64() < 0.3:
			return setup + 3*w.rnd.Float64() // voicemail at once
		}
		return setup + math.Max(0, 18+2.5*w.rnd.NormFloat64())
	case u < machine+busy:
		if w.Ring.Busy.Mean > 0 {
			return setup + w.lognormal(w.Ring.Busy)
		}
		return setup + w.rnd.Float64()
	case u < machine+busy+none:
		if w.Ring.NoAnswer.Mean > 0 {
			return setup + w.lognormal(w.Ring.NoAnswer)
		}
		return float64(w.RingTimeout)
	}
	return setup + w.lognormal(w.Ring.Invalid)
}

// callEnds: it stopped ringing.
func (w *world) callEnds(i int32) {
	c := &w.calls[i]
	last := w.ringing[len(w.ringing)-1]
	w.ringing[c.place] = last
	w.calls[last].place = c.place
	w.ringing = w.ringing[:len(w.ringing)-1]
	w.pacer.CallEnded(c.human, w.now-c.placed, c.factor)
	switch {
	case !c.human:
		w.over(i)
	case len(w.idle) > 0:
		a := w.idle[0]
		w.idle = remove(w.idle, a)
		w.connect(i, a)
	default:
		wait := float64(w.DropAfter)
		if w.Patience > 0 {
			wait = math.Min(wait, w.rnd.ExpFloat64()*float64(w.Patience))
		}
		c.waits, c.until = true, w.now+wait
		w.waiting = append(w.waiting, i)
		w.after(wait, gaveUp, i)
	}
}

// gaveUp: nobody took it in time. The call may be another by now.
func (w *world) gaveUp(i int32) {
	c := &w.calls[i]
	if !c.waits || w.now < c.until {
		return
	}
	w.waiting = remove(w.waiting, i)
	w.shift.Abandoned++
	s := w.slice()
	s.Answers++
	s.Abandoned++
	w.pacer.Abandoned()
	w.over(i)
}

func (w *world) over(i int32) {
	w.calls[i].waits = false
	w.unused = append(w.unused, i)
}
