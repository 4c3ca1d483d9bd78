package ami

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

var (
	// ErrNotConnected says that there is no connection at the moment.
	ErrNotConnected = errors.New("ami: not connected")
	// ErrClosed says that the connection was closed by this side.
	ErrClosed = errors.New("ami: connection closed")
	// ErrSlowConsumer says that the event queue was full and the connection
	// was closed for it.
	ErrSlowConsumer = errors.New("ami: events are not consumed fast enough")
	// ErrBusy says that MaxPending requests are already waiting for replies.
	ErrBusy = errors.New("ami: too many requests are waiting for a reply")
	// ErrNoReply says that Asterisk did not answer within the deadline.
	ErrNoReply = errors.New("ami: no reply in time")
)

// AuthError says that Asterisk refused the login.
type AuthError struct{ Username, Message string }

func (e *AuthError) Error() string {
	return fmt.Sprintf("ami: login as %q refused: %s", e.Username, printable(e.Message))
}

// InvalidError says that an action cannot be sent as it is. Nothing was sent.
type InvalidError struct{ Action, Key, Problem string }

func (e *InvalidError) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("ami: action %s: %s", printable(e.Action), e.Problem)
	}
	return fmt.Sprintf("ami: action %s: header %q: %s", printable(e.Action), e.Key, e.Problem)
}

// ReplyError is Asterisk's own refusal, "Response: Error": the action was not
// carried out.
type ReplyError struct {
	Action  string
	Message string // Asterisk's words, e.g. "Permission denied"
}

func (e *ReplyError) Error() string {
	return fmt.Sprintf("ami: %s refused: %s", printable(e.Action), printable(e.Message))
}

// RequestError wraps what went wrong with a request on its way.
type RequestError struct {
	Action string
	Sent   bool // bytes of it may have reached Asterisk
	Err    error
}

func (e *RequestError) Error() string {
	if e.Sent {
		return fmt.Sprintf("%s, after %s was sent", e.Err, printable(e.Action))
	}
	return fmt.Sprintf("%s, before %s was sent", e.Err, printable(e.Action))
}

func (e *RequestError) Unwrap() error { return e.Err }

// NeverSent reports whether the request that failed with err certainly never
// left this process, so that it may be sent again without being carried out
// twice. It is false for nil and for errors it does not know.
func NeverSent(err error) bool {
	if re, ok := errors.AsType[*RequestError](err); ok {
		return !re.Sent
	}
	if _, ok := errors.AsType[*InvalidError](err); ok {
		return true
	}
	return errors.Is(err, ErrNotConnected) || errors.Is(err, ErrBusy)
}

// Refused reports whether Asterisk itself answered that it did not carry out
// the request.
func Refused(err error) bool {
	_, ok := errors.AsType[*ReplyError](err)
	return ok
}

// printable quotes s if it could do something to a terminal or to a log: it may
// come from a peer.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
