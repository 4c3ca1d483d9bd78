package sim

import "math"

const (
	// choice is how many due contacts there are to choose from.
	choice = 40
	// turn bounds the choice: who was due for so many calls is dialed next,
	// whatever the chance, so that nobody waits for ever.
	turn = 5 * choice
)

// contact is somebody due. The score is a standard normal variable: how much
// more or less probably than others they answer.
type contact struct {
	score float64
	since int // calls placed before they were due
}

// fill makes contacts due, the longest due first.
func (w *world) fill() {
	for w.ScoreSpread > 0 && len(w.due) < choice {
		w.due = append(w.due, contact{w.rnd.NormFloat64(), w.shift.Dialed})
	}
}

func surer(a, b contact) bool  { return a.score > b.score }
func longer(a, b contact) bool { return a.score < b.score }

// best is the place of the contact before all others by less.
func (w *world) best(less func(a, b contact) bool) int {
	best := 0
	for i := range w.due {
		if less(w.due[i], w.due[best]) {
			best = i
		}
	}
	return best
}

// extremes are the chances of those who will answer most and least probably, as
// multiples of the average; 0 where contacts do not differ.
func (w *world) extremes() (surest, longest float64) {
	human := w.Answer.Human.at(int(w.now / 3600))
	if len(w.due) == 0 || human <= 0 {
		return 0, 0
	}
	return w.chance(human, w.due[w.best(surer)].score) / human, w.chance(human, w.due[w.best(longer)].score) / human
}

// take takes the next contact by less, or the one longest due without it, and
// returns their score.
func (w *world) take(less func(a, b contact) bool) float64 {
	if len(w.due) == 0 {
		return 0
	}
	i := 0
	if less != nil && w.shift.Dialed-w.due[0].since < turn {
		i = w.best(less)
	}
	score := w.due[i].score
	w.due = append(w.due[:i], w.due[i+1:]...)
	w.fill()
	return score
}

// chance is that of a contact with a score to be answered by a person, where it
// is mean on average: scores spread the log-odds.
func (w *world) chance(mean, score float64) float64 {
	if mean <= 0 || mean >= 1 {
		return mean
	}
	// The logistic of a normal variable with variance v has about the mean
	// logistic(m / sqrt(1 + πv/8)).
	m := math.Log(mean/(1-mean)) * math.Sqrt(1+math.Pi*w.ScoreSpread*w.ScoreSpread/8)
	return 1 / (1 + math.Exp(-m-w.ScoreSpread*score))
}
