package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/event"
)

// The stream of GET /v1/events is one of server-sent events (the HTML standard,
// 9.2). The data of attempt, answer, agent, outcome and withdrawn is a
// report.Call, as the attempt is at that moment; of campaign, link and reload it
// is a CampaignEvent, a LinkEvent and a ReloadEvent; of pacing it is a
// pacing.Entry with the campaign's name.
//
// With the header Last-Event-ID it goes on after that event. An event that is not
// in the ring any more when its turn comes is lost: the event lost, which has no
// id, tells how many, of any kind, as a LostEvent.

// CampaignEvent says that a campaign's state changed.
type CampaignEvent struct {
	Time     time.Time `json:"time"`
	Campaign string    `json:"campaign"`
	State    string    `json:"state"`
}

// LinkEvent says that the connection to an Asterisk is up or down.
type LinkEvent struct {
	Time     time.Time `json:"time"`
	Asterisk string    `json:"asterisk"`
	Up       bool      `json:"up"`
}

// ReloadEvent says that the config was read again, and what it changed.
type ReloadEvent struct {
	Time time.Time `json:"time"`
	Reload
}

// LostEvent is what a reader missed.
type LostEvent struct {
	N uint64 `json:"n"` // events
	// Restarted: those that the daemon published before it was started anew, after
	// the one that was seen last, are lost as well.
	Restarted bool `json:"restarted,omitempty"`
}

const lost = "lost" // the type of a LostEvent

const (
	// heartbeat is how often a comment tells that the stream is alive.
	heartbeat = 15 * time.Second
	// readLimit is how long a reader may take nothing in before it is cut off.
	readLimit = 5 * time.Minute
	// comeBack is when a browser that was cut off tries again.
	comeBack = 3 * time.Second
)

func (a api) events(w http.ResponseWriter, r *http.Request) {
	f, after, err := a.eventQuery(r)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	if f.Campaign != "" && !a.known(w, f.Campaign) {
		return
	}
	events, err := a.op.Events().Open(f, after)
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	defer events.Close()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep it until it has a page full
	stream := http.NewResponseController(w)
	var buf bytes.Buffer
	fmt.Fprintf(&buf, "retry: %d\n\n", comeBack.Milliseconds())
	for {
		stream.SetWriteDeadline(time.Now().Add(readLimit))
		if _, err := w.Write(buf.Bytes()); err != nil {
			return
		}
		if err := stream.Flush(); err != nil {
			return
		}
		buf.Reset()
		if err := nextEvents(r.Context(), events, &buf); err != nil {
			return // the daemon stops, or the reader has left
		}
	}
}

// eventQuery reads what somebody wants to see, and after which event.
func (a api) eventQuery(r *http.Request) (f event.Filter, after uint64, err error) {
	v := r.URL.Query()
	f.Campaign = v.Get("campaign")
	if s := v.Get("types"); s != "" {
		for name := range strings.SplitSeq(s, ",") {
			if !slices.Contains(event.Types, event.Type(name)) {
				return f, 0, fmt.Errorf("types: %q is unknown; there are %v", name, event.Types)
			}
			f.Types = append(f.Types, event.Type(name))
		}
	}
	if s := r.Header.Get("Last-Event-ID"); s != "" {
		if after, err = strconv.ParseUint(s, 10, 64); err != nil || after == 0 {
			return f, 0, fmt.Errorf("Last-Event-ID: %q is not the id of an event", s)
		}
	}
	return f, after, nil
}

// nextEvents writes what there is to read, or a heartbeat when there is nothing
// for so long.
func nextEvents(ctx context.Context, events *event.Reader, buf *bytes.Buffer) error {
	wait, cancel := context.WithTimeout(ctx, heartbeat)
	defer cancel()
	b, err := events.Next(wait)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		buf.WriteString(":\n\n")
		return nil
	}
	if err != nil {
		return err
	}
	if b.Lost > 0 || b.Restarted {
		data, err := json.Marshal(LostEvent{b.Lost, b.Restarted})
		if err != nil {
			return err
		}
		fmt.Fprintf(buf, "event: %s\ndata: %s\n\n", lost, data)
	}
	for i := range b.Events {
		e := &b.Events[i]
		data, err := e.JSON()
		if err != nil {
			return err
		}
		fmt.Fprintf(buf, "id: %d\nevent: %s\ndata: %s\n\n", e.ID, e.Type, data)
	}
	return nil
}

// Event is one that Client.Events read.
type Event struct {
	ID   uint64 // 0 of one without
	Type string // an event.Type, or lost
	Data json.RawMessage
}

// Lost is what the event tells if it is of that type.
func (e *Event) Lost() (l LostEvent, ok bool) {
	return l, e.Type == lost && json.Unmarshal(e.Data, &l) == nil
}

// Events streams what happens from now on or, with after, after the event with
// that id. It has begun when Events returns. The last element is an error: io.EOF
// if the daemon stopped.
func (c *Client) Events(ctx context.Context, f event.Filter, after uint64) (iter.Seq2[Event, error], error) {
	v := url.Values{}
	if f.Campaign != "" {
		v.Set("campaign", f.Campaign)
	}
	if len(f.Types) > 0 {
		names := make([]string, len(f.Types))
		for i, t := range f.Types {
			names[i] = string(t)
		}
		v.Set("types", strings.Join(names, ","))
	}
	header := http.Header{}
	if after > 0 {
		header.Set("Last-Event-ID", strconv.FormatUint(after, 10))
	}
	body, err := c.callWith(ctx, "GET", "/v1/events?"+v.Encode(), nil, header)
	if err != nil {
		return nil, err
	}
	return func(yield func(Event, error) bool) {
		defer body.Close()
		in := bufio.NewReader(body)
		for {
			e, err := readEvent(in)
			if err != nil && !errors.Is(err, io.EOF) {
				err = c.unreadable(err)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}, nil
}

// readEvent reads the next event of a stream such as nextEvents writes.
func readEvent(in *bufio.Reader) (e Event, err error) {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return e, err // in the middle of an event, it is none
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "":
			if line == "\n" && e.Type != "" {
				return e, nil
			}
		case "id":
			if e.ID, err = strconv.ParseUint(value, 10, 64); err != nil {
				return e, fmt.Errorf("the id of an event: %w", err)
			}
		case "event":
			e.Type = value
		case "data":
			e.Data = json.RawMessage(value)
		}
	}
}
