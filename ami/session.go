package ami

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"log/slog"
	"time"
)

// Login logs in. Connect does so by itself; an Asterisk that is asked again
// answers "Already authenticated" and changes nothing, not even Events. No
// privilege; all versions. Asterisk waits a second before it refuses, and then
// closes the connection.
//
// It prints without its Secret and Key.
type Login struct {
	Username string
	Secret   string
	// Key, instead of Secret, is the answer to a Challenge: see LoginKey.
	Key    string
	Events string // mask, e.g. "call,agent"; empty: on
}

// LoginKey is the Key for a challenge and a secret: the MD5 sum of both, in hex.
func LoginKey(challenge, secret string) string {
	sum := md5.Sum([]byte(challenge + secret))
	return hex.EncodeToString(sum[:])
}

func (l Login) Action() Action {
	a := Action{Name: "Login"}
	a.Add("Username", l.Username)
	if l.Key != "" {
		a.Add("AuthType", "MD5")
		a.Add("Key", l.Key)
	} else {
		a.Add("Secret", l.Secret)
	}
	a.AddOpt("Events", l.Events)
	return a
}

func (l Login) reply(ctx context.Context, d Doer) (Done, error) { return done(ctx, d, l.Action()) }

// String leaves Secret and Key out, and so do GoString, LogValue and MarshalText.
func (l Login) String() string {
	return fmt.Sprintf("Login %s, events %s", printable(l.Username), printable(l.Events))
}

// MarshalText is String.
func (l Login) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// GoString is String.
func (l Login) GoString() string { return l.String() }

// LogValue is String.
func (l Login) LogValue() slog.Value { return slog.StringValue(l.String()) }

// Logoff ends the session: Asterisk answers and closes the connection. No
// privilege; all versions.
type Logoff struct{}

func (Logoff) Action() Action { return Action{Name: "Logoff"} }

func (l Logoff) reply(ctx context.Context, d Doer) (Done, error) { return done(ctx, d, l.Action()) }

// Challenge asks for what an MD5 Login must answer. No privilege; all versions;
// MD5 is the only AuthType there is.
type Challenge struct{}

// ChallengeReply is the reply to Challenge.
type ChallengeReply struct{ Challenge string }

func (Challenge) Action() Action {
	return Action{Name: "Challenge", Headers: []Header{{"AuthType", "MD5"}}}
}

func (c Challenge) reply(ctx context.Context, d Doer) (ChallengeReply, error) {
	m, err := d.Do(ctx, c.Action())
	if err != nil {
		return ChallengeReply{}, err
	}
	return ChallengeReply{m.Get("Challenge")}, nil
}

// Ping keeps the connection alive. No privilege; all versions.
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

// Events changes which events this session gets. No privilege; all versions.
type Events struct {
	// Mask is on, off, or classes: "call,agent". Classes that this user may not
	// read are left out; names that Asterisk does not know are ignored, so that a
	// mask of nothing else is off; class names are lower-case. off suppresses OriginateResponse too.
	Mask string
}

// EventsReply is the reply to Events.
type EventsReply struct{ On bool } // whether any class is left

func (e Events) Action() Action {
	return Action{Name: "Events", Headers: []Header{{"EventMask", e.Mask}}}
}

func (e Events) reply(ctx context.Context, d Doer) (EventsReply, error) {
	m, err := d.Do(ctx, e.Action())
	if err != nil {
		return EventsReply{}, err
	}
	return EventsReply{m.truth("Events")}, nil
}

// Filter adds an event filter to this session, for good: none can be taken away.
// Privilege system; Asterisk 10 and later.
//
// An event passes if it matches one of the filters that include, or there are
// none, and none of those that exclude.
type Filter struct {
	// Criteria says which events are looked at and how, as in manager.conf:
	// "action(exclude),name(VarSet)". Asterisk 18.26, 20.11, 21.6, 22.1 and
	// later; older ones ignore it and take Filter alone.
	Criteria string
	// Filter is, without Criteria, a regular expression that is matched against
	// the event's text; a ! in front excludes: "!Event: VarSet".
	Filter string
}

func (f Filter) Action() Action {
	a := Action{Name: "Filter"}
	a.Add("Operation", "Add")
	a.AddOpt("MatchCriteria", f.Criteria)
	a.Add("Filter", f.Filter)
	return a
}

func (f Filter) reply(ctx context.Context, d Doer) (Done, error) { return done(ctx, d, f.Action()) }
