package dialer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/store"
)

// maxDials is how many rows a dry run shows as they would be dialed.
const maxDials = 5

// progressEvery is how many bytes of a file are read between two words about it.
const progressEvery = 1 << 20

// importing is one list on its way into the store. Every list takes this way:
// those of the config, those of the control API and those that the command line
// loads when no daemon runs.
type importing struct {
	store    store.Store
	campaign *config.Campaign
	list     *config.List
	stamp    string // of the file, "" if it is not one that is looked at again
	dryRun   bool
	now      time.Time
	stop     func() error              // asked all the time; an error ends the import
	event    func(control.ImportEvent) // from one goroutine

	result control.ImportResult
	dials  int
}

// run reads the file from where it stands. hash identifies its contents, for
// the next load.
func (im *importing) run(f *os.File, hash string) (control.ImportResult, error) {
	file := &watchedFile{File: f, stop: im.stop}
	r, err := contact.NewReader(file, optionsOf(im.campaign, im.list))
	if err != nil {
		return im.result, err
	}
	im.result = control.ImportResult{Encoding: r.Encoding(), Region: im.list.Plan.Region, DryRun: im.dryRun}
	if d := r.Delimiter(); d != 0 {
		im.result.Delimiter = string(d)
	}
	im.event(control.ImportEvent{Headers: r.Headers()})
	rows := im.rows(r, file)
	src := store.Source{
		Campaign: im.campaign.Name, List: im.list.Name, Hash: hash, Stamp: im.stamp, Remove: im.list.Remove, Numbers: scopes[im.list.Duplicates],
	}
	if im.dryRun {
		im.result.Batch, err = im.store.Preview(src, im.now, rows, im.preview)
	} else {
		im.result.Batch, err = im.store.Load(src, im.now, rows, im.reject)
	}
	im.result.Duplicates -= im.result.Expired
	return im.result, err
}

// optionsOf is how a list is read for a campaign.
func optionsOf(c *config.Campaign, l *config.List) contact.Options {
	o := l.Options()
	o.Home, o.Zones = c.Calling.Location, zoneSources[c.Calling.ContactTimezone]
	return o
}

var zoneSources = map[string]contact.ZoneSource{
	config.CampaignZone: contact.NoZones, config.NumberZone: contact.ZoneOfNumbers, config.ColumnZone: contact.ZoneOfColumn,
}

var scopes = map[string]store.Scope{
	config.DuplicatesList: store.PerList, config.DuplicatesCampaign: store.PerCampaign, config.DuplicatesEverywhere: store.Everywhere,
}

// rows are the list's, until somebody has it stopped.
func (im *importing) rows(r *contact.Reader, file *watchedFile) iter.Seq2[store.Row, error] {
	told := int64(0)
	return func(yield func(store.Row, error) bool) {
		for row, err := range im.storeRows(r) {
			if stop := im.stop(); stop != nil {
				row, err = store.Row{}, stop
			}
			if !yield(row, err) || err != nil {
				return
			}
			if n := file.read.Load(); n-told >= progressEvery {
				told = n
				im.event(control.ImportEvent{Read: n})
			}
		}
	}
}

// storeRows are a list's rows as the store takes them: those that could not be
// dialed are refused already. What is left out of a row that is not refused is
// told at once.
func (im *importing) storeRows(r *contact.Reader) iter.Seq2[store.Row, error] {
	sendable := sendableOf(im.campaign)
	return func(yield func(store.Row, error) bool) {
		for row, err := range r.All() {
			sr := storeRow(row)
			if bad, ok := errors.AsType[*contact.RowError](err); ok {
				im.count(bad.Kind)
				sr, err = store.Row{Line: bad.Line, Record: bad.Record, Refused: bad.Reason}, nil
			} else if err == nil {
				if err := sendable(im.list.Name, &sr); err != nil {
					im.count(contact.BadRow)
					sr.Refused = err.Error()
				} else if len(row.Dropped) > 0 {
					im.drop(&row)
				}
			}
			if !yield(sr, err) || err != nil {
				return
			}
		}
	}
}

// count counts a row that is refused for what stands in it.
func (im *importing) count(kind contact.Kind) {
	switch kind {
	case contact.BadNumber:
		im.result.BadNumbers++
	case contact.NoZone:
		im.result.NoZone++
	default:
		im.result.Bad++
	}
}

// drop tells of numbers that a row is taken without.
func (im *importing) drop(r *contact.Row) {
	im.result.LeftOut += len(r.Dropped)
	im.event(control.ImportEvent{Reject: &control.Reject{
		Line: r.Line, Reason: strings.Join(r.Dropped, "; ") + "; the row is taken without", Record: r.Record, LeftOut: len(r.Dropped),
	}})
}

func (im *importing) reject(r store.Row, why string) {
	if r.Refused == "" {
		im.result.Duplicates++
	}
	im.event(control.ImportEvent{Reject: &control.Reject{Line: r.Line, Reason: why, Record: r.Record}})
}

func (im *importing) preview(r store.Row, v store.Verdict) {
	switch {
	case v.Refused != "":
		im.reject(r, v.Refused)
	case im.dials < maxDials:
		im.dials++
		im.event(control.ImportEvent{Dial: im.dial(&r, v.Barred)})
	}
}

func (im *importing) dial(r *store.Row, barred bool) *control.Dial {
	d := &control.Dial{
		Line: r.Line, Key: r.Key, Zone: r.Zone, Priority: r.Priority, Barred: barred,
	}
	if home := im.campaign.Calling.Location; !r.NotBefore.IsZero() {
		d.NotBefore = r.NotBefore.In(home)
	}
	if home := im.campaign.Calling.Location; !r.Expires.IsZero() {
		d.Expires = r.Expires.In(home)
	}
	for _, n := range r.Numbers {
		d.Numbers = append(d.Numbers, control.DialNumber{Channel: im.campaign.Originate.ChannelTo(n.Number), Type: n.Type})
	}
	for _, a := range r.Attributes {
		d.Variables = append(d.Variables, a.Name+"="+a.Value)
	}
	return d
}

// watchedFile is a file whose reading can be stopped and watched.
type watchedFile struct {
	*os.File
	stop func() error
	read atomic.Int64 // bytes
}

func (w *watchedFile) Read(p []byte) (int, error) {
	if err := w.stop(); err != nil {
		return 0, err
	}
	n, err := w.File.Read(p)
	w.read.Add(int64(n))
	return n, err
}

func (w *watchedFile) ReadAt(p []byte, off int64) (int, error) {
	if err := w.stop(); err != nil {
		return 0, err
	}
	n, err := w.File.ReadAt(p, off)
	w.read.Add(int64(n))
	return n, err
}

// ImportList takes a list file into the store of a daemon that does not run, as
// the daemon's Import does.
func ImportList(ctx context.Context, cfg *config.Config, st store.Store, req control.Import, f *os.File, event func(control.ImportEvent)) (control.ImportResult, error) {
	if c := cfg.Campaign(req.Campaign); c != nil {
		im := importing{store: st, now: time.Now(), stop: ctx.Err, event: event}
		return im.request(c, req, f)
	}
	return control.ImportResult{}, fmt.Errorf("no campaign %q", req.Campaign)
}

// request carries out what was asked of the control API or the command line.
func (im *importing) request(c *config.Campaign, req control.Import, f *os.File) (control.ImportResult, error) {
	o := req.Options
	im.campaign, im.dryRun = c, req.DryRun
	im.list = &config.List{Name: req.List, Encoding: o.Encoding, Delimiter: o.Delimiter, Sheet: o.Sheet, Columns: o.Columns, Numbers: o.Numbers, Attributes: o.Attributes, Plan: o.Plan, Duplicates: cmp.Or(req.Duplicates, c.Duplicates)}
	if err := c.Accepts(im.list); err != nil {
		return control.ImportResult{}, err
	}
	hash, err := hashOf(&watchedFile{File: f, stop: im.stop}, c, im.list)
	if err != nil {
		return control.ImportResult{}, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return control.ImportResult{}, err
	}
	return im.run(f, hash)
}

// Import implements control.Operator. Like the loads of the config it waits
// for those that were begun before.
func (d *Daemon) Import(ctx context.Context, req control.Import, file io.Reader, event func(control.ImportEvent)) (result control.ImportResult, err error) {
	cfg := d.cfg.Load()
	c := cfg.Campaign(req.Campaign)
	if c == nil {
		return result, fmt.Errorf("no campaign %q", req.Campaign)
	}
	f, err := spool(filepath.Dir(cfg.Store.Path), file)
	if err != nil {
		return result, err
	}
	defer f.Close()
	im := importing{store: d.store, now: d.clock.Now(), event: event, stop: func() error { return errors.Join(ctx.Err(), d.stopped()) }}
	work := func() { result, err = im.request(c, req, f) }
	done := make(chan struct{})
	begin := func() {
		if !req.DryRun {
			d.step(campaign.Loading{Campaign: c.Name})
		}
		d.loads.Go(func() {
			defer close(done)
			if req.DryRun {
				work()
				return
			}
			d.loading.Lock()
			defer d.loading.Unlock()
			defer d.post(campaign.Loaded{Campaign: c.Name})
			work()
		})
	}
	if inner := d.inLoop(ctx, begin); inner != nil {
		return result, inner
	}
	<-done
	if err == nil && !req.DryRun {
		d.log.Info("list imported", "campaign", c.Name, "list", req.List, "rows", result.Rows, "added", result.Added, "unchanged", result.Unchanged, "rejected", result.Rejected)
	}
	return result, err
}

// spool keeps what comes in a file without a name, which nobody has to remove.
func spool(dir string, r io.Reader) (*os.File, error) {
	f, err := os.CreateTemp(dir, ".import-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return nil, fmt.Errorf("the file did not arrive whole: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
