package ami

import (
	"context"
	"strconv"
	"time"
)

// Originate places a call. Privilege originate; for an Application that could
// run programs or read files, and for a Local channel's context, Asterisk wants
// more. Completion event OriginateResponse when it is not Sync, which goes to
// every session of the server. All versions.
//
// Either Context, Exten and Priority, or Application and Data say where the
// answered call goes.
type Originate struct {
	ID             string // ActionID; the OriginateResponse carries it
	Channel        string // Tech/resource, e.g. Local/123@outbound/n
	Context, Exten string
	Priority       int // default 1 when Context is set
	Application    string
	Data           string
	Timeout        time.Duration // ring time, sent in milliseconds; Asterisk's default is 30 s
	CallerID       string        // "Name" <number>
	Account        string
	Variables      []string // NAME=value, from EscapeVariable where the value is not the caller's own
	Codecs         string   // comma-separated; default: signed linear
	EarlyMedia     bool     // go on as soon as there is sound, before the answer
	// Sync waits for the answer and blocks the whole session meanwhile, the
	// keep-alive too: Config.RequestTimeout must exceed the ring time.
	Sync           bool
	ChannelID      string // Uniqueid of the channel, ≤ 149 characters; Asterisk 13 and later
	OtherChannelID string // Uniqueid of a Local channel's ;2 leg; default ChannelID;2
	PreDialGoSub   string // context,exten,priority run on the channel before it dials, only with Sync; Asterisk 18.23, 20.8, 21.3 and later
	ExtraHeaders   []Header
}

func (o Originate) Action() Action {
	a := Action{Name: "Originate", ID: o.ID}
	a.Add("Channel", o.Channel)
	if o.Application != "" {
		a.Add("Application", o.Application)
		a.AddOpt("Data", o.Data)
	} else {
		a.Add("Context", o.Context)
		a.Add("Exten", o.Exten)
		a.addInt("Priority", max(o.Priority, 1))
	}
	if o.Timeout > 0 {
		a.Add("Timeout", strconv.FormatInt(o.Timeout.Milliseconds(), 10))
	}
	a.AddOpt("CallerID", o.CallerID)
	a.AddOpt("Account", o.Account)
	a.AddOpt("Codecs", o.Codecs)
	a.AddOpt("ChannelId", o.ChannelID)
	a.AddOpt("OtherChannelId", o.OtherChannelID)
	a.AddOpt("PreDialGoSub", o.PreDialGoSub)
	if o.EarlyMedia {
		a.addTruth("EarlyMedia", true)
	}
	if !o.Sync {
		a.addTruth("Async", true)
	}
	for _, v := range o.Variables {
		a.Add("Variable", v)
	}
	a.Headers = append(a.Headers, o.ExtraHeaders...)
	return a
}

func (o Originate) reply(ctx context.Context, d Doer) (Done, error) { return done(ctx, d, o.Action()) }
