package ami

import (
	"context"
	"iter"
	"strings"
	"time"
)

// Hangup ends a channel, or every channel whose name matches when Channel is a
// /regex/. The channels' Hangup events follow. Privilege system or call; all
// versions, a /regex/ since 11; completion event then ChannelsHungupListComplete.
//
// Its reply is the list of the names that were told to hang up; none is no error
// for a /regex/.
type Hangup struct {
	Channel string // its name or Uniqueid, or a /regex/
	Cause   Cause  // 0: Asterisk's own
}

func (h Hangup) Action() Action {
	a := Action{Name: "Hangup"}
	a.Add("Channel", h.Channel)
	if h.Cause != 0 {
		a.addInt("Cause", int(h.Cause))
	}
	return a
}

func (h Hangup) stream(ctx context.Context, d Doer) iter.Seq2[string, error] {
	if strings.HasPrefix(h.Channel, "/") {
		return items(ctx, d, h.Action(), func(m *Message) (string, bool) {
			return m.Get("Channel"), m.Event() == "ChannelHungup"
		})
	}
	return func(yield func(string, error) bool) {
		if _, err := d.Do(ctx, h.Action()); err != nil {
			yield("", err)
			return
		}
		yield(h.Channel, nil)
	}
}

func (h Hangup) reply(ctx context.Context, d Doer) ([]string, error) {
	return collect(h.stream(ctx, d))
}

// Redirect sends a channel to another place in the dialplan, and with it, if
// ExtraChannel is set, the channel that it talks to: otherwise that one is hung
// up, or goes on in the dialplan where it was. Privilege call; all versions, the
// Extra headers other than ExtraChannel since 1.8.
//
// That the reply is a success says that the channels were told.
type Redirect struct {
	Channel        string // its name or Uniqueid
	Context, Exten string
	Priority       int    // default 1
	ExtraChannel   string // empty: none
	// ExtraContext and ExtraExten are where ExtraChannel goes; both empty: with
	// Channel.
	ExtraContext, ExtraExten string
	ExtraPriority            int // default 1
}

func (r Redirect) Action() Action {
	a := Action{Name: "Redirect"}
	a.Add("Channel", r.Channel)
	a.Add("Context", r.Context)
	a.Add("Exten", r.Exten)
	a.addInt("Priority", max(r.Priority, 1))
	if r.ExtraChannel != "" {
		a.Add("ExtraChannel", r.ExtraChannel)
		if r.ExtraContext != "" || r.ExtraExten != "" {
			a.Add("ExtraContext", r.ExtraContext)
			a.Add("ExtraExten", r.ExtraExten)
			a.addInt("ExtraPriority", max(r.ExtraPriority, 1))
		}
	}
	return a
}

func (r Redirect) reply(ctx context.Context, d Doer) (Done, error) { return done(ctx, d, r.Action()) }

// CoreShowChannels lists the live channels. Privilege system or reporting; all
// versions; completion event CoreShowChannelsComplete.
type CoreShowChannels struct{}

// Channel is one live channel.
type Channel struct {
	Name, Uniqueid, Linkedid            string // no Linkedid before 12
	State                               ChannelState
	CallerIDNum, CallerIDName           string
	ConnectedLineNum, ConnectedLineName string
	Language, AccountCode               string
	Context, Exten                      string
	Priority                            int
	Application, ApplicationData        string
	BridgeID                            string // empty: not in a bridge
	Duration                            time.Duration
}

func (CoreShowChannels) Action() Action { return Action{Name: "CoreShowChannels"} }

func (r CoreShowChannels) stream(ctx context.Context, d Doer) iter.Seq2[Channel, error] {
	return items(ctx, d, r.Action(), func(m *Message) (Channel, bool) {
		return Channel{
			Name: m.Get("Channel"), Uniqueid: m.Get("Uniqueid"), Linkedid: m.Get("Linkedid"),
			State:       ChannelState(m.Int("ChannelState")),
			CallerIDNum: m.Get("CallerIDNum"), CallerIDName: m.Get("CallerIDName"),
			ConnectedLineNum: m.Get("ConnectedLineNum"), ConnectedLineName: m.Get("ConnectedLineName"),
			Language: m.Get("Language"), AccountCode: m.Get("AccountCode"),
			Context: m.Get("Context"), Exten: m.first("Exten", "Extension"), Priority: m.Int("Priority"),
			Application: m.Get("Application"), ApplicationData: m.Get("ApplicationData"),
			BridgeID: m.Get("BridgeId"), Duration: clockDuration(m.Get("Duration")),
		}, m.Event() == "CoreShowChannel"
	})
}

func (r CoreShowChannels) reply(ctx context.Context, d Doer) ([]Channel, error) {
	return collect(r.stream(ctx, d))
}
