package ami

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"
)

// pending is a request that waits. The reader never waits for it: its frames
// grow.
type pending struct {
	id       string
	frame    []byte // the request on the wire
	list     bool   // guarded by Conn.mu: items follow the response
	unsure   bool   // guarded by Conn.mu: the response will tell whether items follow
	complete string // the list's completion event, for servers without EventList

	sent    bool // guarded by Conn.mu: bytes of it may be out
	started bool // guarded by Conn.mu: the list's response was a success

	wake   chan struct{}
	mu     sync.Mutex
	frames []*Message
	ended  bool // nothing will follow frames
}

// push hands m, if there is one, to the caller.
func (p *pending) push(m *Message, last bool) {
	p.mu.Lock()
	if m != nil {
		p.frames = append(p.frames, m)
	}
	p.ended = p.ended || last
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *pending) take() (frames []*Message, ended bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	frames, p.frames = p.frames, nil
	return frames, p.ended
}

// send registers a and queues it for writing. The returned error is a
// *RequestError or an *InvalidError.
func (c *Conn) send(a Action, p *pending) (err error) {
	if a.ID == "" {
		a.ID = c.newID()
	}
	p.id = a.ID
	if p.frame, err = a.Append(nil); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		err = c.err
	case c.pending[p.id] != nil:
		err = fmt.Errorf("ami: ActionID %q is in use", p.id)
	case len(c.pending) >= c.cfg.MaxPending:
		err = ErrBusy
	default:
		select {
		case c.out <- p:
			c.pending[p.id] = p
			delete(c.cut, p.id)
			return nil
		default: // full of requests whose callers have left
			err = ErrBusy
		}
	}
	return &RequestError{a.Name, false, err}
}

// write writes requests, so that no caller waits for a peer that does not read.
func (c *Conn) write() {
	for {
		select {
		case <-c.done:
			return
		case p := <-c.out:
			if !c.take(p) {
				continue
			}
			c.nc.SetWriteDeadline(time.Now().Add(c.cfg.WriteTimeout))
			if _, err := c.nc.Write(p.frame); err != nil {
				// Part of a frame may be out, so the stream is unusable.
				c.fail(fmt.Errorf("ami: connection lost: %w", err))
				return
			}
		}
	}
}

// take reports whether p is still wanted, and if so marks it as sent.
func (c *Conn) take(p *pending) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.sent = c.err == nil && c.pending[p.id] == p
	return p.sent
}

// forget ends the wait for p and reports whether p was sent.
func (c *Conn) forget(p *pending) (sent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending[p.id] == p {
		delete(c.pending, p.id)
		if (p.list || p.unsure) && p.sent {
			if len(c.cut) >= maxCut {
				clear(c.cut)
			}
			c.cut[p.id] = p.complete
		}
	}
	return p.sent
}

// Do sends a and waits for its reply. A reply of Error is returned with a
// *ReplyError. Without a deadline in ctx, Config.RequestTimeout holds.
func (c *Conn) Do(ctx context.Context, a Action) (*Message, error) {
	for m, err := range c.request(ctx, a, &pending{wake: make(chan struct{}, 1)}) {
		return m, err
	}
	panic("unreachable: request yields at least once")
}

// List sends a, whose reply is a list, and yields its items: the reply itself
// and the completion event are left out. The last pair carries the error if
// there was one. Deadlines are as for Do, for the whole list.
func (c *Conn) List(ctx context.Context, a Action) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		p := &pending{list: true, complete: completionEvent(a.Name), wake: make(chan struct{}, 1)}
		for m, err := range c.request(ctx, a, p) {
			if err != nil {
				yield(nil, err)
				return
			}
			if m.Event() != "" && !yield(m, nil) {
				return
			}
		}
	}
}

// Frames sends a and yields whatever answers it: the reply and, if the reply says
// that a list follows, the list's items. It is for actions of which the caller
// does not know what they answer; Do and List are for those of which it does. An
// error comes last, with the reply if Asterisk refused. Deadlines are as for Do,
// for the whole list.
func (c *Conn) Frames(ctx context.Context, a Action) iter.Seq2[*Message, error] {
	return c.request(ctx, a, &pending{unsure: true, complete: completionEvent(a.Name), wake: make(chan struct{}, 1)})
}

// announces reports whether m, the response to the action that complete ends,
// says that a list follows. Protocol 1 (Asterisk 1.8 and 11) may not say so.
func (c *Conn) announces(m *Message, complete string) bool {
	if list := m.Get("EventList"); list != "" {
		return strings.EqualFold(list, "start")
	}
	return strings.HasPrefix(c.version, "1.") && unmarkedLists[strings.ToLower(complete)]
}

// request yields the frames that answer a, without the completion event of a
// list, or an error at the end.
func (c *Conn) request(ctx context.Context, a Action, p *pending) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		if _, ok := ctx.Deadline(); !ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, c.cfg.RequestTimeout)
			defer cancel()
		}
		if err := ctx.Err(); err != nil {
			yield(nil, &RequestError{a.Name, false, err})
			return
		}
		if err := c.send(a, p); err != nil {
			yield(nil, err)
			return
		}
		defer c.forget(p)
		var end error
		for {
			frames, ended := p.take()
			for _, m := range frames {
				if m.Response() == "Error" {
					yield(m, &ReplyError{a.Name, m.Get("Message")})
					return
				}
				if !yield(m, nil) {
					return
				}
			}
			if ended {
				return
			}
			if end != nil {
				yield(nil, &RequestError{a.Name, c.forget(p), end})
				return
			}
			// What came just before the end still counts: look once more.
			select {
			case <-p.wake:
			case <-c.done:
				end = c.Err()
			case <-ctx.Done():
				if end = ctx.Err(); errors.Is(end, context.DeadlineExceeded) {
					end = ErrNoReply
				}
			}
		}
	}
}

// completionEvents are those of servers that send no EventList header
// (Asterisk 1.8 and 11 on Queue* and SIP*), where they are not Action+"Complete".
var completionEvents = map[string]string{
	"hangup":             "ChannelsHungupListComplete",
	"iaxpeerlist":        "PeerlistComplete",
	"iaxpeers":           "PeerlistComplete",
	"iaxregistry":        "RegistrationsComplete",
	"sippeers":           "PeerlistComplete",
	"sipshowregistry":    "RegistrationsComplete",
	"voicemailuserslist": "VoicemailUserEntryComplete",
}

// unmarkedLists are the completion events, in lower case, of the lists that a
// server of protocol 1 begins without a word.
var unmarkedLists = map[string]bool{
	"queuestatuscomplete": true, "queuesummarycomplete": true,
	"peerlistcomplete": true, "registrationscomplete": true,
}

func completionEvent(action string) string {
	if e, ok := completionEvents[strings.ToLower(action)]; ok {
		return e
	}
	return action + "Complete"
}
