package campaign

// A contact's class is what is known of how probably a person answers: how often
// the contact was called, and what the last call gave. The numbers are stored, in
// keys: never reorder.
const (
	classFirst   = 0 // never called
	classSecond  = 1 // and behind it what the last of one call gave
	classThird   = classSecond + gaveKinds
	classLater   = classThird + gaveKinds // three calls or more
	gaveKinds    = 5
	gaveOther    = 0
	gaveNoAnswer = 1
	gaveBusy     = 2
	gavePerson   = 3
	gaveMachine  = 4

	// NumClasses is how many there are, from 0 on.
	NumClasses = classLater + gaveKinds
)

// foundNoAgent reports whether the contacts of a class that wait are those whom the
// last call found no agent for: who was connected does not wait.
func foundNoAgent(class uint8) bool {
	return class >= classSecond && (class-classSecond)%gaveKinds == gavePerson
}

// ClassOf is the class of a contact that is due. It depends on nothing but the
// attempts so far and the last outcome.
func ClassOf(c *Contact) uint8 {
	gave := uint8(gaveOther)
	switch c.Last {
	case NoAnswer:
		gave = gaveNoAnswer
	case Busy:
		gave = gaveBusy
	case Connected, Abandoned, Dropped:
		gave = gavePerson
	case Machine:
		gave = gaveMachine
	}
	switch {
	case c.Attempts <= 0:
		return classFirst
	case c.Attempts == 1:
		return classSecond + gave
	case c.Attempts == 2:
		return classThird + gave
	}
	return classLater + gave
}
