package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/dialcamp/dialcamp/store/gate"
)

// The layout of the file:
//
//	meta          schema; its sequence numbers batches
//	ringing       number → attempt id, of every call in flight
//	barred        campaign 0 list → bucket, of every do-not-call list; no campaign: it bars them all
//	  dnc         number → time since
//	  prefixes    prefix → time since
//	  about                                        what DNCLists tells (JSON)
//	called        number → times                   of its calls in the last week, while campaigns bound them
//	calls         time seq → number                the same calls, in their order
//	campaigns     name → bucket:
//	  contacts    id → contact                     ids ascend as rows are loaded
//	  keys        list 0 key → id                  rows that have a key of their own
//	  numbers     number → ids                     of the contacts that have it, mostly one
//	  due         lane time id → nothing           the contacts that may be claimed: see lane.go
//	  expiring    time id → nothing                those of them that expire
//	  attempts    seq → attempt                    seq ascends over all campaigns
//	  inflight    seq → contact as it was before the claim
//	  fresh       first id → next id, last id, time, lane  of large loads: those due that are not in due
//	  leaving     id → batch                       what becomes of a contact when its call ends: see settle
//	  staged      id → change                      by a load, to contacts that are there; carried out if decided
//	  decided                                      that staged is to be carried out
//	  undoing                                      the undo that is being carried out
//	  indexing                                     next id, last id: of a load, whose contacts are being put into due
//	  lists       name → last batch (JSON)
//	  batches     id → batch (JSON)                the last MaxBatches
//	  rollups     group key → counters             sums over attempts, and of lists over contacts
//	  purged      group key → counters             sums over attempts that were purged
//	  callbacks   id → callback (JSON)             the last that was asked for a contact; there once one was
//	  counters                                     sums over contacts and attempts
//	  state                                        what SaveState kept (JSON)
//	  pacing                                       what SavePacing kept, as it was given
//	  ledger      seq → entry                      the last LedgerEntries; there once something was added
//
// Contacts beyond the sequence of their bucket, and what names them, are of a
// load that is not decided on, and are not seen.
//
// All integers in keys are big-endian, so that their order is that of the keys.
var (
	bMeta      = []byte("meta")
	bRinging   = []byte("ringing")
	bBarred    = []byte("barred")
	bDNC       = []byte("dnc")
	bPrefixes  = []byte("prefixes")
	bCalled    = []byte("called")
	bCalls     = []byte("calls")
	bCampaigns = []byte("campaigns")
	bContacts  = []byte("contacts")
	bKeys      = []byte("keys")
	bNumbers   = []byte("numbers")
	bDue       = []byte("due")
	bExpiring  = []byte("expiring")
	bAttempts  = []byte("attempts")
	bInFlight  = []byte("inflight")
	bLists     = []byte("lists")
	bLedger    = []byte("ledger")
	bBatches   = []byte("batches")
	bFresh     = []byte("fresh")
	bLeaving   = []byte("leaving")
	bRollups   = []byte("rollups")
	bPurged    = []byte("purged")
	bStaged    = []byte("staged")
	bCallbacks = []byte("callbacks")

	kAbout    = []byte("about")
	kSchema   = []byte("schema")
	kCounters = []byte("counters")
	kState    = []byte("state")
	kPacing   = []byte("pacing")
	kDecided  = []byte("decided")
	kUndoing  = []byte("undoing")
	kIndexing = []byte("indexing")
)

// Bolt is the Store in a bbolt file.
type Bolt struct {
	db       *bbolt.DB
	path     string
	instance string
	bulk     gate.Gate    // held by what works through many transactions: one at a time
	dncBulk  gate.Gate    // the same for do-not-call lists, which must not wait for a load
	unbarred atomic.Int64 // counts the times that numbers were taken off a do-not-call list
	// freeSynced is the constant of that name; tests make it other.
	freeSynced int
	update     func(func(*bbolt.Tx) error) error // db.Update, within Disk; tests make it fail

	changes chan change
	stopped sync.WaitGroup // the writer
	tidied  sync.WaitGroup // what the last process left
	closing sync.RWMutex
	closed  bool
}

var _ Store = (*Bolt)(nil)

// lockWait is how long another process may keep the file before Open gives up.
const lockWait = time.Second

// Disk stands between a store and its file: it is called with each commit, by one
// goroutine at a time. It returns what commit returns, or, as a disk does, an error
// of its own: without calling commit, which is a disk that takes nothing, or after
// it, which is one that did not confirm what it took.
type Disk func(commit func() error) error

// Open opens the file at path, and makes it and its directory if needed. An
// empty file is a new store: whoever made it got no further.
func Open(path string) (*Bolt, error) {
	return OpenOn(path, func(commit func() error) error { return commit() })
}

// OpenOn is Open on a disk that is not as good as it should be, for tests.
func OpenOn(path string, disk Disk) (*Bolt, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	s := &Bolt{path: path, instance: newInstance(), freeSynced: freeSynced, changes: make(chan change, maxGroup)}
	s.update = func(change func(*bbolt.Tx) error) error {
		return disk(func() error { return s.db.Update(change) })
	}
	if err := s.open(path); err != nil {
		return nil, openError(path, err)
	}
	s.stopped.Go(s.write)
	s.bulk.Lock() // a load waits until this is done
	s.tidied.Go(s.tidyAll)
	return s, nil
}

func openError(path string, err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("%s: %w", path, ErrInUse)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrChecksum):
		err = fmt.Errorf("%w (%w)", errNotOurs, err)
	}
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return fmt.Errorf("store: %w", err) // it names the file
	}
	return fmt.Errorf("store: %s: %w", path, err)
}

var errNotOurs = errors.New("not a dialcamp store")

func (s *Bolt) open(path string) error {
	if err := inspect(path); err != nil {
		return err
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:        lockWait,
		FreelistType:   bbolt.FreelistMapType,
		NoFreelistSync: true,
		// A reader that is at work when the file outgrows its mapping stalls
		// the writer; address space costs nothing.
		InitialMmapSize: 1 << 30,
	})
	if err != nil {
		return err
	}
	s.db = db
	if err := guard(func() error { return s.update(s.prepare) }); err != nil {
		db.Close()
		return err
	}
	return nil
}

// inspect refuses a file that must not be written to, before anything is. bbolt
// itself would put our buckets into another program's file, and reads a file
// that was cut short until the kernel kills the process.
func inspect(path string) error {
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !fi.Mode().IsRegular():
		return fmt.Errorf("%w: not a regular file", errNotOurs)
	case fi.Size() == 0:
		return nil
	}
	db, err := openReadOnly(path)
	if err != nil {
		return err
	}
	defer db.Close()
	return guard(func() error {
		if err := db.View(func(tx *bbolt.Tx) error { return whole(path, tx) }); err != nil {
			return err
		}
		if err := checkPages(path); err != nil {
			return err
		}
		return db.View(func(tx *bbolt.Tx) error {
			_, err := schemaOf(tx)
			return err
		})
	})
}

func openReadOnly(path string) (*bbolt.DB, error) {
	return bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, ReadOnly: true})
}

// whole checks that the file has all the pages that a transaction may read.
func whole(path string, tx *bbolt.Tx) error {
	fi, err := os.Stat(path)
	if err == nil && fi.Size() < tx.Size() {
		err = fmt.Errorf("the file was cut short: %d of %d bytes are there", fi.Size(), tx.Size())
	}
	return err
}

// schemaOf is the schema of a store that this dialcamp can use, 0 if it is new.
func schemaOf(tx *bbolt.Tx) (int, error) {
	meta := tx.Bucket(bMeta)
	if meta == nil || meta.Get(kSchema) == nil {
		if k, _ := tx.Cursor().First(); k != nil {
			return 0, fmt.Errorf("%w: another program's bbolt file", errNotOurs)
		}
		return 0, nil
	}
	n, err := strconv.Atoi(string(meta.Get(kSchema)))
	switch {
	case err != nil || n < 1:
		return 0, fmt.Errorf("%w: its schema version cannot be read", errRecord)
	case n > SchemaVersion:
		return 0, fmt.Errorf("%w: its schema is %d, this one writes %d", ErrNewer, n, SchemaVersion)
	}
	return n, nil
}

// newInstance makes a name that no store had before.
func newInstance() string {
	var b [4]byte
	rand.Read(b[:])
	return "dc" + hex.EncodeToString(b[:])
}

func (s *Bolt) prepare(tx *bbolt.Tx) error {
	schema, err := schemaOf(tx)
	if err != nil {
		return err
	}
	for _, name := range [][]byte{bMeta, bRinging, bBarred, bCalled, bCalls, bCampaigns} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	if schema == 0 {
		schema = SchemaVersion // there is nothing to migrate
	}
	t := &txn{tx: tx}
	if err := migrate(t, schema); err != nil {
		return err
	}
	return t.flush()
}

// Instance implements Store.
func (s *Bolt) Instance() string { return s.instance }

// Close waits for the changes under way and closes the file. Whoever comes
// later gets ErrClosed.
func (s *Bolt) Close() error {
	s.closing.Lock()
	if !s.closed {
		s.closed = true
		close(s.changes)
	}
	s.closing.Unlock()
	s.tidied.Wait()
	s.stopped.Wait()
	return s.db.Close()
}

// tidyAll finishes what the last process was at. That takes as long as it takes,
// and nobody need wait: claims see what was decided on, and nothing else. What
// fails is tried again by the next load.
func (s *Bolt) tidyAll() {
	defer s.bulk.Unlock()
	names, err := s.Campaigns()
	for _, camp := range names {
		if err == nil {
			err = s.tidy(camp)
		}
	}
}
