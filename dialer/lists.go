package dialer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/store"
)

// startLoads loads every list, in the background: calling may begin with the
// first rows.
func (d *Daemon) startLoads() {
	for i := range d.cfg.Campaigns {
		c := &d.cfg.Campaigns[i]
		for j := range c.Lists {
			d.load(c, &c.Lists[j])
		}
	}
}

// load merges a list file into the store, in the background, after the loads
// that were begun before; if that list's own is among them, nothing is begun.
// It runs in the loop or before it.
func (d *Daemon) load(c *config.Campaign, l *config.List) {
	key := c.Name + "/" + l.Name
	if _, under := d.waiting.LoadOrStore(key, true); under {
		return
	}
	d.step(campaign.Loading{Campaign: c.Name})
	d.loads.Go(func() {
		d.loading.Lock()
		defer d.loading.Unlock()
		defer d.waiting.Delete(key)
		defer d.post(campaign.Loaded{Campaign: c.Name})
		if d.ended() {
			return
		}
		log := d.log.With("campaign", c.Name, "list", l.Name)
		batch, unchanged, err := d.loadList(c, l)
		switch {
		case errors.Is(err, control.ErrStopping):
			log.Info("stopped while the list was being loaded; it is read again at the next start", "path", l.Path)
			return
		case err != nil:
			// The same trouble every five minutes is said once.
			if d.listErr[key] != err.Error() {
				d.listErr[key] = err.Error()
				log.Error("the list was not loaded; what was loaded before stays", "path", l.Path, "error", err)
			}
			return
		case unchanged:
			log.Debug("list unchanged", "path", l.Path)
		default:
			log.Info("list loaded", "path", l.Path, "rows", batch.Rows, "added", batch.Added, "unchanged", batch.Unchanged, "rejected", batch.Rejected, "updated", batch.Updated, "removed", batch.Removed)
			if batch.Rejected > 0 {
				log.Warn("rows were rejected", "rejected", batch.Rejected, "see", contact.RejectsPath(l.Path))
			}
		}
		delete(d.listErr, key)
	})
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
		fmt.Fprint(w, "\x00remove")
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
