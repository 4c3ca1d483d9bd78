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
			log.Info("list loaded", "path", l.Path, "rows", batch.Rows, "added", batch.Added, "unchanged", batch.Unchanged, "rejected", batch.Rejected)
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
	hash, err := hashOf(f, l)
	if err != nil {
		return b, false, err
	}
	last, ok, err := d.store.List(c.Name, l.Name)
	if err != nil {
		return b, false, err
	}
	if ok && last.Hash == hash {
		return last, true, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return b, false, err
	}
	r, err := contact.NewReader(f, contact.Options{Encoding: l.Encoding, Delimiter: l.Delimiter, Columns: l.Columns})
	if err != nil {
		return b, false, err
	}
	rejects := contact.NewRejectWriter(contact.RejectsPath(l.Path), r.Headers())
	defer rejects.Discard()

	refused := 0 // by the reader, before the store sees them
	rows := func(yield func(store.Row, error) bool) {
		for row, err := range r.All() {
			if d.ended() {
				yield(store.Row{}, control.ErrStopping)
				return
			}
			if rowErr, bad := errors.AsType[*contact.RowError](err); bad {
				refused++
				rejects.Write(rowErr)
				continue
			}
			if err != nil {
				yield(store.Row{}, err)
				return
			}
			sr := storeRow(row)
			ct := campaign.Contact{List: l.Name, Key: sr.Key, Number: sr.Number, Attributes: sr.Attributes}
			if err := checkSendable(c, &ct); err != nil {
				refused++
				rejects.Write(&contact.RowError{Line: row.Line, Reason: err.Error(), Record: row.Record})
				continue
			}
			if !yield(sr, nil) {
				return
			}
		}
	}
	b, err = d.store.Load(store.Source{Campaign: c.Name, List: l.Name, Hash: hash}, d.clock.Now(), rows, func(r store.Row, why string) {
		rejects.Write(&contact.RowError{Line: r.Line, Reason: why, Record: r.Record})
	})
	b.Rows += refused
	b.Rejected += refused
	if err != nil {
		return b, false, err
	}
	if err := rejects.Close(); err != nil {
		// The contacts are in; only the account of the others is missing.
		d.log.Error("the rejected rows could not be written", "campaign", c.Name, "list", l.Name, "error", err)
	}
	return b, false, nil
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
	sr := store.Row{Line: r.Line, Number: r.Number, Key: r.Key, Record: r.Record}
	for _, a := range r.Attributes {
		sr.Attributes = append(sr.Attributes, campaign.Attribute{Name: a.Name, Value: a.Value})
	}
	return sr
}

// hashOf identifies a file's contents and how they are read.
func hashOf(f io.Reader, l *config.List) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	fmt.Fprintf(h, "\x00%s\x00%c", l.Encoding, l.Delimiter)
	for _, k := range slices.Sorted(maps.Keys(l.Columns)) {
		fmt.Fprintf(h, "\x00%s=%s", k, l.Columns[k])
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
