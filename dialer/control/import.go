package control

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/store"
)

// MaxImport bounds the bytes of a file that is imported, as it is packed.
const MaxImport = 8 << 30

// Import is a list file to be taken into a campaign. The file itself is sent,
// not its path: whoever asks must be able to read it, and the daemon need not.
type Import struct {
	Campaign string
	List     string          // its name
	Options  contact.Options // Zones and Home are the campaign's
	// Duplicates is within what a number may be had once: list, campaign or
	// everywhere; empty: as the campaign has it.
	Duplicates string
	DryRun     bool // tell what would happen, and change nothing
}

// ImportEvent is one thing that happens on the way; one field of it is set. The
// last one has Result or Error.
type ImportEvent struct {
	Headers []string      `json:"headers,omitempty"` // the first event, before any row
	Read    int64         `json:"read,omitempty"`    // bytes of the file so far
	Reject  *Reject       `json:"reject,omitempty"`  // a row that is not taken, or not all of it
	Dial    *Dial         `json:"dial,omitempty"`    // of a dry run: one of the first rows that would be
	Result  *ImportResult `json:"result,omitempty"`
	Error   string        `json:"error,omitempty"`
	Hint    string        `json:"hint,omitempty"`
}

// Reject is a row that is not taken, or without some of its numbers.
type Reject struct {
	Line    int      `json:"line"`
	Reason  string   `json:"reason"`
	Record  []string `json:"record,omitempty"`
	LeftOut int      `json:"left_out,omitempty"` // the row is taken without so many numbers
}

// RowError is how a file of rejects has it.
func (r *Reject) RowError() *contact.RowError {
	return &contact.RowError{Line: r.Line, Reason: r.Reason, Record: r.Record}
}

// Dial is a row as it would be dialed.
type Dial struct {
	Line      int          `json:"line"`
	Key       string       `json:"key,omitempty"`
	Numbers   []DialNumber `json:"numbers"`             // in the order in which they are called
	Variables []string     `json:"variables,omitempty"` // NAME=value
	Zone      string       `json:"zone,omitempty"`      // empty: the campaign's
	Priority  int          `json:"priority,omitempty"`
	NotBefore time.Time    `json:"not_before,omitzero"`
	Expires   time.Time    `json:"expires,omitzero"`
	Barred    bool         `json:"barred,omitempty"` // all on do-not-call lists, so not while they are
}

// DialNumber is how one of a row's numbers would be dialed.
type DialNumber struct {
	Channel string `json:"channel"`
	Type    string `json:"type,omitempty"`
}

// ImportResult is what an import did, or would do.
type ImportResult struct {
	store.Batch
	Encoding   string `json:"encoding"`
	Delimiter  string `json:"delimiter,omitempty"` // of text
	Region     string `json:"region,omitempty"`
	DryRun     bool   `json:"dry_run"`
	Duplicates int    `json:"duplicates"`  // rejected for a contact that is there already
	BadNumbers int    `json:"bad_numbers"` // rejected because no number of theirs can be called
	NoZone     int    `json:"no_zone"`     // rejected for their time zone
	Bad        int    `json:"bad"`         // rejected for what else stands in them
	LeftOut    int    `json:"left_out"`    // numbers that cannot be called, of rows that are taken without them
}

func (q *Import) values() url.Values {
	v := url.Values{}
	for k, s := range map[string]string{"list": q.List, "encoding": q.Options.Encoding, "sheet": q.Options.Sheet, "region": q.Options.Plan.Region, "duplicates": q.Duplicates} {
		if s != "" {
			v.Set(k, s)
		}
	}
	if q.Options.Delimiter != 0 {
		v.Set("delimiter", string(q.Options.Delimiter))
	}
	for _, field := range slices.Sorted(maps.Keys(q.Options.Columns)) {
		v.Add("column", field+"="+q.Options.Columns[field])
	}
	for _, n := range q.Options.Numbers {
		v.Add("number", n.Type+"="+n.Column)
	}
	for _, name := range slices.Sorted(maps.Keys(q.Options.Attributes)) {
		v.Add("attribute", name+"="+q.Options.Attributes[name])
	}
	for k, on := range map[string]bool{"dry_run": q.DryRun, "allow_emergency": q.Options.Plan.AllowEmergency, "allow_premium": q.Options.Plan.AllowPremium} {
		if on {
			v.Set(k, "true")
		}
	}
	return v
}

// importParameters are those of an import, as takes has them.
var importParameters = []string{
	"list", "encoding", "delimiter", "sheet", "region", "allow_emergency", "allow_premium", "dry_run", "duplicates",
	"column*", "number*", "attribute*",
}

// importOf reads what values wrote.
func importOf(campaign string, v url.Values) (q Import, err error) {
	q.Campaign = campaign
	for name, values := range v {
		switch value := values[0]; name {
		case "list":
			q.List = value
		case "encoding":
			q.Options.Encoding, err = value, contact.CheckEncoding(value)
		case "delimiter":
			q.Options.Delimiter, err = contact.ParseDelimiter(value)
		case "sheet":
			q.Options.Sheet = value
		case "region":
			q.Options.Plan.Region, err = value, contact.CheckRegion(value)
		case "allow_emergency":
			q.Options.Plan.AllowEmergency, err = isTrue(name, value)
		case "allow_premium":
			q.Options.Plan.AllowPremium, err = isTrue(name, value)
		case "dry_run":
			q.DryRun, err = isTrue(name, value)
		case "column":
			q.Options.Columns = headersOf(values)
		case "number":
			q.Options.Numbers = NumbersOf(values)
		case "duplicates":
			if q.Duplicates = value; !slices.Contains(config.DuplicatesWords, value) {
				err = fmt.Errorf("duplicates=%q is none of %s", value, strings.Join(config.DuplicatesWords, ", "))
			}
		case "attribute":
			q.Options.Attributes = headersOf(values)
			err = contact.CheckAttributes(q.Options.Attributes)
		}
		if err != nil {
			return q, err
		}
	}
	if err := contact.CheckColumns(q.Options.Columns, q.Options.Numbers); err != nil {
		return q, err
	}
	return q, needs(v, "list")
}

// headersOf reads FIELD=HEADER.
func headersOf(values []string) map[string]string {
	m := map[string]string{}
	for _, v := range values {
		field, header, _ := strings.Cut(v, "=")
		m[field] = header
	}
	return m
}

// NumbersOf reads TYPE=HEADER, where the type may be missing.
func NumbersOf(values []string) (all []contact.NumberColumn) {
	for _, v := range values {
		kind, header, ok := strings.Cut(v, "=")
		if !ok {
			kind, header = "", v
		}
		all = append(all, contact.NumberColumn{Column: header, Type: kind})
	}
	return all
}

func (a api) lists(w http.ResponseWriter, r *http.Request) {
	if !a.known(w, r.PathValue("name")) {
		return
	}
	all, err := a.op.Store().Lists(r.PathValue("name"))
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	if all == nil {
		all = []store.Batch{}
	}
	reply(w, all)
}

func (a api) importList(w http.ResponseWriter, r *http.Request) {
	if !a.known(w, r.PathValue("name")) {
		return
	}
	req, err := importOf(r.PathValue("name"), r.URL.Query())
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	w.Header().Set("Content-Type", "application/jsonl")
	out := &eventWriter{w: w, enc: json.NewEncoder(w)}
	result, err := a.op.Import(r.Context(), req, http.MaxBytesReader(w, r.Body, MaxImport), out.write)
	last := ImportEvent{Result: &result}
	if err != nil {
		f := failureOf(statusOf(err), err)
		last = ImportEvent{Error: f.Error, Hint: f.Hint}
	}
	out.write(last)
	if out.err != nil {
		panic(http.ErrAbortHandler)
	}
}

// eventWriter sends events; those that tell how far it is, at once.
type eventWriter struct {
	w   http.ResponseWriter
	enc *json.Encoder
	err error
}

func (e *eventWriter) write(ev ImportEvent) {
	if e.err != nil {
		return
	}
	if e.err = e.enc.Encode(ev); e.err == nil && ev.Read > 0 {
		e.err = http.NewResponseController(e.w).Flush()
	}
}

// Import sends a list file and hands out what happens.
func (c *Client) Import(ctx context.Context, req Import, file io.Reader, event func(ImportEvent)) (ImportResult, error) {
	body, err := c.call(ctx, "POST", "/v1/campaigns/"+url.PathEscape(req.Campaign)+"/lists?"+req.values().Encode(), file)
	if err != nil {
		return ImportResult{}, err
	}
	defer body.Close()
	dec := json.NewDecoder(bufio.NewReader(body))
	for {
		var ev ImportEvent
		if err := dec.Decode(&ev); err != nil {
			return ImportResult{}, c.unreadable(err)
		}
		switch {
		case ev.Error != "":
			return ImportResult{}, &Error{Message: ev.Error, Hint: ev.Hint}
		case ev.Result != nil:
			return *ev.Result, nil
		}
		event(ev)
	}
}

// Lists asks for the last batch of each of a campaign's lists.
func (c *Client) Lists(ctx context.Context, campaign string) (all []store.Batch, err error) {
	return all, c.get(ctx, "GET", "/v1/campaigns/"+url.PathEscape(campaign)+"/lists", nil, &all)
}
