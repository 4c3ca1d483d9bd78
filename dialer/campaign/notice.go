package campaign

import "log/slog"

// Notice is worth a line in the log.
type Notice struct {
	Level slog.Level
	Text  string
	Attrs []slog.Attr
	// Trouble, unless it is "", names something that goes wrong and may do so again
	// and again; whoever writes the log tells it once and counts it. Why is its
	// reason: another one is worth another line.
	Trouble, Why string
	// Fades: nothing tells that the trouble is over but that it is not met any more.
	Fades bool
	// Over: it is over.
	Over bool
}

// CallRef tells which call a line of the log is about, in the same words
// everywhere.
type CallRef struct {
	Campaign string
	Contact  uint64
	Attempt  string
	// Channel is the name of the call's first leg, or while it is not known the
	// Uniqueid that it is to have.
	Channel string
}

// Attrs are the attributes of a line about the call.
func (r CallRef) Attrs() []slog.Attr {
	return []slog.Attr{
		slog.String("campaign", r.Campaign), slog.Uint64("contact", r.Contact), slog.String("attempt", r.Attempt), slog.String("channel", r.Channel),
	}
}

// Ref is the call of an attempt whose channel is not known.
func (a *Attempt) Ref() CallRef { return CallRef{a.Campaign, a.Contact, a.ID, a.ID} }

func (cl *call) ref() CallRef {
	r := cl.Attempt.Ref()
	if cl.leg1 != "" {
		r.Channel = cl.leg1
	}
	return r
}

func (c *Core) notice(level slog.Level, text string, attrs ...slog.Attr) {
	c.do(Notice{Level: level, Text: text, Attrs: attrs})
}

// troubled notes that something goes wrong, now or still; untroubled that it does
// not any more.
func (c *Core) troubled(trouble string, err error, text string, attrs ...slog.Attr) {
	n := Notice{Level: slog.LevelError, Text: text, Attrs: attrs, Trouble: trouble}
	if err != nil {
		n.Why = err.Error()
		n.Attrs = append(n.Attrs, slog.Any("error", err))
	}
	c.do(n)
}

func (c *Core) untroubled(trouble, text string, attrs ...slog.Attr) {
	c.do(Notice{Level: slog.LevelInfo, Text: text, Attrs: attrs, Trouble: trouble, Over: true})
}

// noticeCall is a notice about a call of a kind that there may be many of.
func (c *Core) noticeCall(level slog.Level, r CallRef, text string, attrs ...slog.Attr) {
	c.do(Notice{Level: level, Text: text, Attrs: append(r.Attrs(), attrs...), Trouble: text + " " + r.Campaign, Fades: true})
}
