package report

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// Call is one attempt as calls exports it. Times are RFC 3339 with
// milliseconds, empty if it never came to that; seconds are of the call.
type Call struct {
	ID         string  `json:"id"`
	Campaign   string  `json:"campaign"`
	List       string  `json:"list"`
	Contact    uint64  `json:"contact"`
	Key        string  `json:"key"`
	Number     string  `json:"number"`
	NumberType string  `json:"number_type"`
	Attempt    int     `json:"attempt"` // 1 for the contact's first
	Outcome    string  `json:"outcome"`
	Cause      int     `json:"cause"`
	CauseText  string  `json:"cause_text"`
	DialStatus string  `json:"dial_status"`
	Agent      string  `json:"agent"`
	Claimed    string  `json:"claimed"`
	Answered   string  `json:"answered"`
	Connected  string  `json:"connected"`
	Ended      string  `json:"ended"`
	Ring       float64 `json:"ring_seconds"`
	Wait       float64 `json:"wait_seconds"`
	Talk       float64 `json:"talk_seconds"`
	Note       string  `json:"note"`
	CallerID   string  `json:"caller_id"` // that it showed; empty: none, or not kept
	Asterisk   string  `json:"asterisk"`  // that it was placed on; empty: not kept
}

// CallOf is the exported form of an attempt.
func CallOf(a *campaign.Attempt) Call {
	c := Call{
		ID: a.ID, Campaign: a.Campaign, List: a.List, Contact: a.Contact, Key: a.Key, Number: a.Number, NumberType: a.Type, Attempt: a.Pass,
		Outcome: a.Outcome.String(), Cause: int(a.Cause), DialStatus: a.DialStatus, Agent: a.Agent, CallerID: a.CallerID, Asterisk: a.Server,
		Claimed: milli(a.Claimed), Answered: milli(a.Answered), Connected: milli(a.Connected), Ended: milli(a.Ended),
		Ring: round(a.Ring()), Wait: round(a.Wait()), Talk: round(a.Talk()), Note: a.Note,
	}
	if a.Cause != 0 {
		c.CauseText = a.Cause.String()
	}
	return c
}

func milli(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02T15:04:05.000Z07:00")
}

// OutcomeNames are those that a Query can ask for, in flight first.
func OutcomeNames() (names []string) {
	for _, o := range append([]campaign.Outcome{campaign.InFlight}, campaign.Outcomes()...) {
		names = append(names, o.String())
	}
	return names
}

// CallFormats are the values of format for WriteCalls.
var CallFormats = []string{"csv", "jsonl"}

// WriteCalls streams calls in a format. After an error w has whole calls but
// for the last, and not all of them.
func WriteCalls(w io.Writer, format string, calls iter.Seq2[Call, error]) error {
	switch format {
	case "jsonl":
		return writeCallsJSON(w, calls)
	case "csv", "":
		return writeCallsCSV(w, calls)
	}
	return fmt.Errorf("cannot write format %q; it is one of %v", format, CallFormats)
}

func writeCallsJSON(w io.Writer, calls iter.Seq2[Call, error]) error {
	bw := bufio.NewWriter(w)
	enc := json.NewEncoder(bw)
	for c, err := range calls {
		if err != nil {
			return err
		}
		if err := enc.Encode(c); err != nil {
			return err
		}
	}
	return bw.Flush()
}

func writeCallsCSV(w io.Writer, calls iter.Seq2[Call, error]) error {
	cw := csv.NewWriter(w)
	cw.Write([]string{"id", "campaign", "list", "contact", "key", "number", "number_type", "attempt", "outcome", "cause", "cause_text",
		"dial_status", "agent", "claimed", "answered", "connected", "ended", "ring_seconds", "wait_seconds", "talk_seconds", "note", "caller_id", "asterisk"})
	for c, err := range calls {
		if err != nil {
			return err
		}
		err := cw.Write([]string{c.ID, Cell(c.Campaign), Cell(c.List), strconv.FormatUint(c.Contact, 10), Cell(c.Key), numberCell(c.Number), Cell(c.NumberType),
			strconv.Itoa(c.Attempt), c.Outcome, strconv.Itoa(c.Cause), c.CauseText, Cell(c.DialStatus), Cell(c.Agent),
			c.Claimed, c.Answered, c.Connected, c.Ended, number(c.Ring), number(c.Wait), number(c.Talk), Cell(c.Note), numberCell(c.CallerID), Cell(c.Asterisk)})
		if err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}

// Calls yields the attempts a query asks for; By does not matter.
func Calls(s store.Store, q Query) (iter.Seq2[Call, error], error) {
	names, err := q.campaigns(s)
	if err != nil {
		return nil, err
	}
	return func(yield func(Call, error) bool) {
		for _, name := range names {
			for a, err := range s.Attempts(name, q.From, q.To) {
				if err != nil {
					yield(Call{}, err)
					return
				}
				if len(q.Outcomes) > 0 && !slices.Contains(q.Outcomes, a.Outcome) {
					continue
				}
				if !yield(CallOf(&a), nil) {
					return
				}
			}
		}
	}, nil
}
