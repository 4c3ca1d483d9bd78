package ami

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Request is a typed action whose reply is an R.
type Request[R any] interface {
	// Action is the request as it is sent.
	Action() Action
	// reply reads the answer: through d because a list takes more than one frame.
	reply(ctx context.Context, d Doer) (R, error)
}

// Send carries out a typed request:
//
//	queues, err := ami.Send(ctx, conn, ami.QueueSummary{Queue: "sales"})
func Send[R any](ctx context.Context, d Doer, r Request[R]) (R, error) {
	return r.reply(ctx, d)
}

// Done is the reply of actions that only succeed: Asterisk's message.
type Done struct{ Message string }

func done(ctx context.Context, d Doer, a Action) (Done, error) {
	m, err := d.Do(ctx, a)
	if err != nil {
		return Done{}, err
	}
	return Done{m.Get("Message")}, nil
}

// collect turns the items of a list into a slice; an item that f refuses is
// left out.
func collect[T any](ctx context.Context, d Doer, a Action, f func(*Message) (T, bool)) ([]T, error) {
	var all []T
	for m, err := range d.List(ctx, a) {
		if err != nil {
			return nil, err
		}
		if t, ok := f(m); ok {
			all = append(all, t)
		}
	}
	return all, nil
}

// Ping keeps the connection alive. Any privilege; all versions.
type Ping struct{}

// Pong is the reply to Ping.
type Pong struct {
	Time time.Time // the server's clock; zero before Asterisk 1.8
}

func (Ping) Action() Action { return Action{Name: "Ping"} }

func (p Ping) reply(ctx context.Context, d Doer) (Pong, error) {
	m, err := d.Do(ctx, p.Action())
	if err != nil {
		return Pong{}, err
	}
	return Pong{unixTime(m.Get("Timestamp"))}, nil
}

// Originate places a call. Privilege originate; completion event
// OriginateResponse when Async, which goes to every session of the server.
//
// Either Context, Exten and Priority, or Application and Data say where the
// answered call goes.
type Originate struct {
	ID             string // ActionID; the OriginateResponse carries it
	Channel        string
	Context, Exten string
	Priority       int // default 1 when Context is set
	Application    string
	Data           string
	Timeout        time.Duration // ring time; Asterisk's default is 30 s
	CallerID       string        // "Name" <number>
	Account        string
	Variables      []string // NAME=value, from EscapeVariable where the value is not the caller's own
	Codecs         string
	EarlyMedia     bool
	// Sync waits for the answer and blocks the whole session meanwhile, the
	// keep-alive too: Config.RequestTimeout must exceed the ring time.
	Sync           bool
	ChannelID      string // Uniqueid of the channel, ≤ 149 characters; Asterisk 13 and later
	OtherChannelID string // Uniqueid of a Local channel's ;2 leg
	PreDialGoSub   string
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
		a.Add("Priority", strconv.Itoa(max(o.Priority, 1)))
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
		a.Add("EarlyMedia", "true")
	}
	if !o.Sync {
		a.Add("Async", "true")
	}
	for _, v := range o.Variables {
		a.Add("Variable", v)
	}
	a.Headers = append(a.Headers, o.ExtraHeaders...)
	return a
}

func (o Originate) reply(ctx context.Context, d Doer) (Done, error) { return done(ctx, d, o.Action()) }

// Hangup ends a channel, or every channel whose name matches when Channel is a
// /regex/. Privilege system or call.
type Hangup struct {
	Channel string
	Cause   Cause // 0: Asterisk's own
}

func (h Hangup) Action() Action {
	a := Action{Name: "Hangup"}
	a.Add("Channel", h.Channel)
	if h.Cause != 0 {
		a.Add("Cause", strconv.Itoa(int(h.Cause)))
	}
	return a
}

// reply returns the names of the channels that were told to hang up.
func (h Hangup) reply(ctx context.Context, d Doer) ([]string, error) {
	if strings.HasPrefix(h.Channel, "/") {
		return collect(ctx, d, h.Action(), func(m *Message) (string, bool) {
			return m.Get("Channel"), m.Event() == "ChannelHungup"
		})
	}
	if _, err := d.Do(ctx, h.Action()); err != nil {
		return nil, err
	}
	return []string{h.Channel}, nil
}

// CoreShowChannels lists the live channels. Privilege system or reporting;
// completion event CoreShowChannelsComplete.
type CoreShowChannels struct{}

// Channel is one live channel.
type Channel struct {
	Name, Uniqueid, Linkedid     string
	State                        ChannelState
	Context, Exten               string
	Application, ApplicationData string
	BridgeID                     string // empty: not in a bridge
	Duration                     time.Duration
}

func (CoreShowChannels) Action() Action { return Action{Name: "CoreShowChannels"} }

func (r CoreShowChannels) reply(ctx context.Context, d Doer) ([]Channel, error) {
	return collect(ctx, d, r.Action(), func(m *Message) (Channel, bool) {
		return Channel{
			Name: m.Get("Channel"), Uniqueid: m.Get("Uniqueid"), Linkedid: m.Get("Linkedid"),
			State:   ChannelState(m.Int("ChannelState")),
			Context: m.Get("Context"), Exten: m.Get("Exten"),
			Application: m.Get("Application"), ApplicationData: m.Get("ApplicationData"),
			BridgeID: m.Get("BridgeId"), Duration: clockDuration(m.Get("Duration")),
		}, m.Event() == "CoreShowChannel"
	})
}

// CoreSettings describes the server. Privilege system or reporting; Asterisk
// 1.6 and later.
type CoreSettings struct{}

// Settings is the reply to CoreSettings.
type Settings struct {
	AMIVersion, AsteriskVersion string
	MaxCalls                    int
}

func (CoreSettings) Action() Action { return Action{Name: "CoreSettings"} }

func (r CoreSettings) reply(ctx context.Context, d Doer) (Settings, error) {
	m, err := d.Do(ctx, r.Action())
	if err != nil {
		return Settings{}, err
	}
	return Settings{m.Get("AMIversion"), m.Get("AsteriskVersion"), m.Int("CoreMaxCalls")}, nil
}

// ListCommands tells which actions this user may use. All versions.
type ListCommands struct{}

func (ListCommands) Action() Action { return Action{Name: "ListCommands"} }

// reply maps action names to Asterisk's synopsis, whose "(Priv: …)" lists the
// privileges of which one suffices.
func (r ListCommands) reply(ctx context.Context, d Doer) (map[string]string, error) {
	m, err := d.Do(ctx, r.Action())
	if err != nil {
		return nil, err
	}
	all := make(map[string]string, m.Len())
	for k, v := range m.Fields() {
		switch k {
		case "Response", "ActionID", "":
		default:
			all[k] = v
		}
	}
	return all, nil
}

// Command runs a command of Asterisk's command line. Privilege command.
type Command struct{ Command string }

func (c Command) Action() Action {
	return Action{Name: "Command", Headers: []Header{{"Command", c.Command}}}
}

// reply returns what the command printed, also when Asterisk 14 and later call
// it an error.
func (c Command) reply(ctx context.Context, d Doer) ([]string, error) {
	m, err := d.Do(ctx, c.Action())
	if m == nil {
		return nil, err
	}
	var lines []string
	for l := range m.Output() {
		lines = append(lines, l)
	}
	return lines, err
}

// unixTime reads 1795403525.136694.
func unixTime(s string) time.Time {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f > 0 && f < 1<<40) { // so that NaN is refused
		return time.Time{}
	}
	sec := int64(f)
	return time.Unix(sec, int64((f-float64(sec))*1e9))
}

// clockDuration reads 01:02:03, or a plain number of seconds.
func clockDuration(s string) time.Duration {
	var total int
	for part := range strings.SplitSeq(s, ":") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > 1<<24 || total > 1<<24 {
			return 0
		}
		total = total*60 + n
	}
	return time.Duration(total) * time.Second
}
