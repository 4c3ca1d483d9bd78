package ami

import (
	"context"
	"iter"
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
