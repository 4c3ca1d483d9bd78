package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"go.etcd.io/bbolt"
)

// Backup writes the store, as it is at one moment, to w: a file that Open opens.
// Changes go on meanwhile. What was written before an error is none.
//
// Who opens a copy goes on from there, under another Instance: attempts are never
// given an id that the original gave to others.
func (s *Bolt) Backup(w io.Writer) error {
	err := s.view(func(t *txn) error {
		_, err := t.tx.WriteTo(w)
		return err
	})
	if err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	return nil
}

// WriteChecked writes a store's file at path, whole or not at all: beside it,
// synced and checked, and then renamed. A file that is there is replaced only by
// a good one.
func WriteChecked(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := Check(f.Name()); err != nil {
		return fmt.Errorf("the copy is damaged: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename durable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Check is Verify of a file that nobody has open, without changing it. Of an
// older schema only the file itself is checked: its records are migrated first
// by whoever opens it.
func Check(path string) (err error) {
	if err := inspect(path); err != nil {
		return openError(path, err)
	}
	db, err := openReadOnly(path)
	if err != nil {
		return openError(path, err)
	}
	defer db.Close()
	err = guard(func() error { return db.View(func(tx *bbolt.Tx) error { return verify(tx) }) })
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// compactChunk is how many bytes Compact copies in one transaction.
const compactChunk = 4 << 20

// Compact writes the store at path anew, without the space that nothing uses,
// and returns the sizes before and after in bytes. Nobody may have it open:
// ErrInUse. Until the end, which is a rename, the old file is as it was.
func Compact(path string) (before, after int64, err error) {
	fi, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	if err := inspect(path); err != nil {
		return 0, 0, openError(path, err)
	}
	// Opened for writing, so that no daemon starts meanwhile.
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return 0, 0, openError(path, err)
	}
	defer db.Close()
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"-compact")
	defer os.Remove(temp) // also what a compaction left that was killed
	os.Remove(temp)
	err = guard(func() error {
		to, err := bbolt.Open(temp, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, NoSync: true})
		if err != nil {
			return err
		}
		return errors.Join(bbolt.Compact(to, db, compactChunk), to.Sync(), to.Close())
	})
	if err != nil {
		return 0, 0, fmt.Errorf("store: compact: %w", err)
	}
	if err := Check(temp); err != nil {
		return 0, 0, fmt.Errorf("the copy is damaged: %w", err)
	}
	// Root may do it for the daemon, whose file it stays.
	if owner, ok := fi.Sys().(*syscall.Stat_t); ok {
		if err := errors.Join(os.Chown(temp, int(owner.Uid), int(owner.Gid)), os.Chmod(temp, fi.Mode().Perm())); err != nil {
			return 0, 0, err
		}
	}
	if err := os.Rename(temp, path); err != nil {
		return 0, 0, err
	}
	now, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	return fi.Size(), now.Size(), syncDir(filepath.Dir(path))
}

// Stats is how large a store is.
type Stats struct {
	Schema    int             `json:"schema"`
	Bytes     int64           `json:"bytes"`      // of the file
	FreeBytes int64           `json:"free_bytes"` // of these, not used; changes use them first, and compacting gives them back
	Campaigns []CampaignStats `json:"campaigns"`
	DNC       []DNCList       `json:"dnc"`
}

// CampaignStats is how much a campaign has.
type CampaignStats struct {
	Name     string `json:"name"`
	Contacts int64  `json:"contacts"`
	Attempts int64  `json:"attempts"`
	Purged   int64  `json:"purged"` // of the attempts
	Batches  int    `json:"batches"`
}

// Stats implements Store.
func (s *Bolt) Stats() (st Stats, err error) {
	if st.DNC, err = s.DNCLists(); err != nil {
		return st, err
	}
	free := s.db.Stats()
	err = s.view(func(t *txn) error {
		st.Schema = SchemaVersion
		st.Bytes = t.tx.Size()
		st.FreeBytes = int64(free.FreePageN+free.PendingPageN) * int64(s.db.Info().PageSize)
		return t.eachCampaign(func(p *parts) error {
			c := CampaignStats{Name: p.camp}
			sums, err := p.readCounters()
			if err != nil {
				return err
			}
			for _, n := range sums.Contacts {
				c.Contacts += n
			}
			c.Attempts = sums.Attempts
			if p.batches != nil {
				c.Batches = min(int(p.batches.Sequence()), MaxBatches)
			}
			if p.purged != nil {
				gone, err := allSums(p.purged)
				if err != nil {
					return err
				}
				for key, g := range gone {
					if Group(key[0]) == ByPass { // each is in one of them
						c.Purged += g.Attempts
					}
				}
			}
			st.Campaigns = append(st.Campaigns, c)
			return nil
		})
	})
	if err != nil {
		return st, fmt.Errorf("store: stats: %w", err)
	}
	return st, nil
}
