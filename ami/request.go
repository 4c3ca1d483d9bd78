package ami

import (
	"context"
	"iter"
	"math"
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

// ListRequest is a typed action whose reply is a list of Ts. It is a Request too.
type ListRequest[T any] interface {
	// Action is the request as it is sent.
	Action() Action
	stream(ctx context.Context, d Doer) iter.Seq2[T, error]
}

// Send carries out a typed request and, if it is a list, collects it:
//
//	queues, err := ami.Send(ctx, conn, ami.QueueSummary{Queue: "sales"})
//
// With an error the reply is zero, unless the request says otherwise: half a
// list is no list.
func Send[R any](ctx context.Context, d Doer, r Request[R]) (R, error) {
	return r.reply(ctx, d)
}

// Stream carries out a typed list and yields its items as they come. The last
// pair carries the error if there was one. The request is sent when the loop
// begins, and a loop that breaks off early gives up the rest.
//
//	for item, err := range ami.Stream(ctx, conn, ami.QueueStatus{}) {
func Stream[T any](ctx context.Context, d Doer, r ListRequest[T]) iter.Seq2[T, error] {
	return r.stream(ctx, d)
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

// items yields what item makes of the items of a list; those that it refuses are
// left out.
func items[T any](ctx context.Context, d Doer, a Action, item func(*Message) (T, bool)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for m, err := range d.List(ctx, a) {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			if t, ok := item(m); ok && !yield(t, nil) {
				return
			}
		}
	}
}

// collect turns a stream into a slice.
func collect[T any](stream iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for t, err := range stream {
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// Below is how values are read. Whatever is missing or no such value is zero.

// first is the value of the first key that is there: versions name things
// differently.
func (m *Message) first(keys ...string) string {
	for _, k := range keys {
		if v, ok := m.Lookup(k); ok {
			return v
		}
	}
	return ""
}

// truth reads Asterisk's words for true.
func (m *Message) truth(key string) bool {
	switch v := m.Get(key); {
	case v == "1", strings.EqualFold(v, "yes"), strings.EqualFold(v, "true"), strings.EqualFold(v, "y"), strings.EqualFold(v, "on"):
		return true
	}
	return false
}

// number reads what strconv.Atoi does, but makes no error: most events lack most
// numbers.
func number(s string) (n int, ok bool) {
	digits := strings.TrimPrefix(s, "+")
	negative := len(digits) == len(s) && strings.HasPrefix(s, "-")
	if negative {
		digits = s[1:]
	}
	if digits == "" || len(digits) > 19 {
		return 0, false
	}
	var u uint64 // 19 digits fit
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, false
		}
		u = u*10 + uint64(c-'0')
	}
	switch {
	case negative && u <= 1<<63:
		return -int(u), true
	case !negative && u < 1<<63:
		return int(u), true
	}
	return 0, false
}

func (m *Message) seconds(key string) time.Duration { return seconds(m.Int(key)) }

// seconds is 0 for what no clock of Asterisk can mean.
func seconds(n int) time.Duration {
	if n < 0 || n > math.MaxInt32 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// decimal reads 12.3.
func (m *Message) decimal(key string) float64 {
	f, err := strconv.ParseFloat(m.Get(key), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

// unix reads seconds since 1970; 0 is the zero time.
func (m *Message) unix(key string) time.Time {
	if n := m.Int(key); n > 0 {
		return time.Unix(int64(n), 0)
	}
	return time.Time{}
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

// addTruth appends a header that says true or false.
func (a *Action) addTruth(key string, v bool) { a.Add(key, strconv.FormatBool(v)) }

// addInt appends a number.
func (a *Action) addInt(key string, n int) { a.Add(key, strconv.Itoa(n)) }
