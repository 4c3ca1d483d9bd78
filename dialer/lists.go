package dialer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/store"
)

// fileSettles is how old the last change of a file in a glob or a directory is
// before it is loaded: who copies one there has not finished a moment ago.
const fileSettles = 2 * time.Second

// startLoads loads every list, in the background: calling may begin with the
// first rows.
func (d *Daemon) startLoads(cfg *config.Config) {
	for _, c := range cfg.Campaigns {
		for _, l := range c.Lists {
			d.load(c.Name, l.ID())
		}
	}
}

// load merges a list of the config into the store, or all lists of a glob or a
// directory, in the background, after the loads that were begun before. If it
// waits for them already, nothing is begun. It runs in the loop or before it.
func (d *Daemon) load(name, id string) {
	key := name + "/" + id
	if _, waits := d.waiting.LoadOrStore(key, true); waits {
		return
	}
	d.step(campaign.Loading{Campaign: name})
	d.loads.Go(func() {
		d.loading.Lock()
		defer d.loading.Unlock()
		defer d.post(campaign.Loaded{Campaign: name})
		// What the config says at this moment counts, and who changes it, or the
		// file, from here on has it loaded once more.
		d.waiting.Delete(key)
		if d.ended() {
			return
		}
		c := d.cfg.Load().Campaign(name)
		if c == nil {
			return
		}
		found := c.Find()
		for i := range found.Lists {
			l := &found.Lists[i]
			switch {
			case c.Lists[l.Entry].ID() != id:
			case d.settling(l):
				d.clock.AfterFunc(fileSettles, func() { d.later(func() { d.load(name, id) }) })
			default:
				d.loadOne(c, &l.List)
			}
		}
		for _, r := range found.Refused {
			if c.Lists[r.Entry].ID() == id {
				d.listTrouble(d.log.With("campaign", name), name+"/"+r.Path, "a file is not taken as a list", r.Path, r.Err)
			}
		}
		d.removeGone(c, found)
	})
}

// settling reports whether a file may still be being written.
func (d *Daemon) settling(l *config.FoundList) bool {
	age := d.clock.Now().Sub(l.ModTime)
	return !l.ModTime.IsZero() && age >= 0 && age < fileSettles
}

// later runs f in the loop, unless it ends before.
func (d *Daemon) later(f func()) {
	select {
	case d.asks <- f:
	case <-d.done:
	}
}

// listTrouble says what is wrong with a list.
func (d *Daemon) listTrouble(log *slog.Logger, key, text, path string, err error) {
	d.troubles.met("list "+key, err.Error(), line{log, slog.LevelError, text, []slog.Attr{slog.String("path", path), slog.Any("error", err)}})
}

func (d *Daemon) loadOne(c *config.Campaign, l *config.List) {
	key := c.Name + "/" + l.Path
	log := d.log.With("campaign", c.Name, "list", l.Name)
	batch, unchanged, err := d.loadList(c, l)
	switch {
	case errors.Is(err, control.ErrStopping):
		log.Info("stopped while the list was being loaded; it is read again at the next start", "path", l.Path)
		return
	case err != nil:
		d.listTrouble(log, key, "the list was not loaded; what was loaded before stays", l.Path, err)
		return
	case unchanged:
		log.Debug("list unchanged", "path", l.Path)
	default:
		log.Info("list loaded", "path", l.Path, "rows", batch.Rows, "added", batch.Added, "unchanged", batch.Unchanged, "rejected", batch.Rejected, "updated", batch.Updated, "removed", batch.Removed)
		if batch.Rejected > 0 {
			log.Warn("rows were rejected", "rejected", batch.Rejected, "see", contact.RejectsPath(l.Path))
		}
	}
	d.troubles.over("list "+key, line{log, slog.LevelInfo, "the list can be read again", []slog.Attr{slog.String("path", l.Path)}})
}

// gone marks the stamp of a list that was removed with its file.
const gone = "gone"

// removeGone takes the contacts of lists off that have no file any more, because
// it is gone from a glob or a directory, or the list from the config: those of
// lists that were loaded with removed: remove. Others stay, as do lists that
// somebody imported.
func (d *Daemon) removeGone(c *config.Campaign, found config.Found) {
	if found.Blind {
		return
	}
	there := map[string]bool{}
	for _, l := range found.Lists {
		there[l.Name] = true
	}
	lists, err := d.store.Lists(c.Name)
	if err != nil {
		d.troubles.metOnce("lists of "+c.Name, line{d.log, slog.LevelError, "the lists cannot be read", append(ofCampaign(c.Name), slog.Any("error", err))})
		return
	}
	for _, b := range lists {
		if there[b.List] || !removable(b.Stamp) {
			continue
		}
		log := d.log.With("campaign", c.Name, "list", b.List)
		nobody := func(func(store.Row, error) bool) {}
		b, err := d.store.Load(store.Source{Campaign: c.Name, List: b.List, Hash: gone, Stamp: gone, Remove: true}, d.clock.Now(), nobody, func(store.Row, string) {})
		if err != nil {
			d.troubles.metOnce("gone of "+c.Name, line{log, slog.LevelError, "the contacts of a list that is gone cannot be removed", []slog.Attr{slog.Any("error", err)}})
			continue
		}
		log.Info("the list is gone, and its contacts with it", "removed", b.Removed)
	}
}

// loadList reads one file. unchanged says that the very same file, read the
// same way, was loaded before.
func (d *Daemon) loadList(c *config.Campaign, l *config.List) (b store.Batch, unchanged bool, err error) {
	f, err := openRegular(l.Path)
	if err != nil {
		return b, false, err
	}
	defer f.Close()
	stamp, err := listStamp(f, c, l)
	if err != nil {
		return b, false, err
	}
	last, ok, err := d.store.List(c.Name, l.Name)
	if err != nil {
		return b, false, err
	}
	if ok && last.Stamp == stamp {
		return last, true, nil
	}
	hash, err := hashOf(f, c, l)
	if err != nil {
		return b, false, err
	}
	if ok && last.Hash == hash {
		return last, true, d.store.Touch(c.Name, l.Name, stamp)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return b, false, err
	}
	var rejects *contact.RejectWriter
	im := importing{store: d.store, campaign: c, list: l, stamp: stamp, now: d.clock.Now(), stop: d.stopped, event: func(ev control.ImportEvent) {
		switch {
		case ev.Headers != nil:
			rejects = contact.NewRejectWriter(contact.RejectsPath(l.Path), ev.Headers)
		case ev.Reject != nil:
			rejects.Write(ev.Reject.RowError())
		}
	}}
	result, err := im.run(f, hash)
	if rejects != nil {
		defer rejects.Discard()
	}
	if err != nil {
		return b, false, err
	}
	if result.LeftOut > 0 {
		d.log.Warn("numbers were left out of rows that were taken", "campaign", c.Name, "list", l.Name, "numbers", result.LeftOut, "see", contact.RejectsPath(l.Path))
	}
	if err := rejects.Close(); err != nil {
		// The contacts are in; only the account of the others is missing.
		d.log.Error("the rejected rows could not be written", "campaign", c.Name, "list", l.Name, "error", err)
	}
	return result.Batch, false, nil
}

// stopped is an error once the loop has ended.
func (d *Daemon) stopped() error {
	if d.ended() {
		return control.ErrStopping
	}
	return nil
}

// ended reports whether the loop has ended.
func (d *Daemon) ended() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// openRegular looks before it opens: opening a pipe would wait for its writer,
// and a stop for that.
func openRegular(path string) (*os.File, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, &os.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
	}
	return os.Open(path)
}

func storeRow(r contact.Row) store.Row {
	sr := store.Row{
		Line: r.Line, Numbers: make([]store.RowNumber, len(r.Numbers)), Key: r.Key, Priority: r.Priority, Zone: string(r.Zone),
		NotBefore: r.NotBefore, Expires: r.Expires, Record: r.Record,
	}
	for i, n := range r.Numbers {
		sr.Numbers[i] = store.RowNumber(n)
	}
	for _, a := range r.Attributes {
		sr.Attributes = append(sr.Attributes, campaign.Attribute{Name: a.Name, Value: a.Value})
	}
	return sr
}

// removeMark is in the stamp of a list whose contacts go with their rows.
const removeMark = "\x00remove"

func removable(stamp string) bool { return strings.Contains(stamp, removeMark) }

// listStamp tells, without reading it, a file that did not change and is read as
// before.
func listStamp(f *os.File, c *config.Campaign, l *config.List) (string, error) {
	fi, err := f.Stat()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprint(&b, fi.Size(), " ", fi.ModTime().UnixNano())
	readAs(&b, c, l)
	return b.String(), nil
}

// readAs writes down how a list is read.
func readAs(w io.Writer, c *config.Campaign, l *config.List) {
	fmt.Fprintf(w, "\x00%s\x00%c", l.Encoding, l.Delimiter)
	if l.Sheet != "" || len(l.Attributes) > 0 || l.Plan != (contact.Plan{}) {
		fmt.Fprintf(w, "\x00%s\x00%q\x00%+v", l.Sheet, l.Attributes, l.Plan) // maps print in order
	}
	if l.Remove {
		fmt.Fprint(w, removeMark)
	}
	for _, k := range slices.Sorted(maps.Keys(l.Columns)) {
		fmt.Fprintf(w, "\x00%s=%s", k, l.Columns[k])
	}
	// What a list need not have is written only if it has.
	if len(l.Numbers) > 0 {
		fmt.Fprintf(w, "\x00numbers %q", l.Numbers)
	}
	if l.Duplicates != config.DuplicatesCampaign {
		fmt.Fprintf(w, "\x00duplicates %s", l.Duplicates)
	}
	if zones := c.Calling.ContactTimezone; zones != config.CampaignZone {
		fmt.Fprintf(w, "\x00zones %s", zones)
	}
	if l.Columns[contact.FieldNotBefore]+l.Columns[contact.FieldExpires] != "" {
		fmt.Fprintf(w, "\x00home %s", c.Calling.Location)
	}
}

// hashOf identifies a file's contents and how they are read.
func hashOf(f io.Reader, c *config.Campaign, l *config.List) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	readAs(h, c, l)
	return hex.EncodeToString(h.Sum(nil)), nil
}
