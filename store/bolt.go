package store

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// SchemaVersion is what this dialcamp writes. An older store is migrated, a
// newer one refused.
const SchemaVersion = 1

// The layout of the file:
//
//	meta          schema, instance
//	ringing       number → attempt id, of every call in flight
//	dnc           number → nothing
//	campaigns     name → bucket:
//	  contacts    id → contact                     ids ascend as rows are loaded
//	  keys        list 0 key|number → id           identity of a row
//	  numbers     number → id                      one contact a number
//	  due         time id → nothing                the contacts that may be claimed
//	  attempts    seq → attempt                    seq ascends over all campaigns
//	  inflight    seq → contact as it was before the claim
//	  lists       name → last complete batch (JSON)
//	  counters, state                              values (JSON)
//
// All integers in keys are big-endian, so that their order is that of the keys.
var (
	bMeta      = []byte("meta")
	bRinging   = []byte("ringing")
	bDNC       = []byte("dnc")
	bCampaigns = []byte("campaigns")
	bContacts  = []byte("contacts")
	bKeys      = []byte("keys")
	bNumbers   = []byte("numbers")
	bDue       = []byte("due")
	bAttempts  = []byte("attempts")
	bInFlight  = []byte("inflight")
	bLists     = []byte("lists")

	kSchema   = []byte("schema")
	kInstance = []byte("instance")
	kCounters = []byte("counters")
	kState    = []byte("state")
)

// maxGroup bounds the changes that are committed together.
const maxGroup = 1024

// Bolt is the Store in a bbolt file.
type Bolt struct {
	db       *bbolt.DB
	instance string

	changes chan change
	stopped sync.WaitGroup
	closing sync.RWMutex
	closed  bool
}

var _ Store = (*Bolt)(nil)

type change struct {
	do   func(*txn) error
	done chan error
}

// Open opens the file at path, and makes it and its directory if needed.
func Open(path string) (*Bolt, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:        time.Second,
		FreelistType:   bbolt.FreelistMapType,
		NoFreelistSync: true,
		// A reader that is at work when the file outgrows its mapping stalls
		// the writer; address space costs nothing.
		InitialMmapSize: 1 << 30,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%s: %w", path, ErrInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("store: %s: %w", path, err)
	}
	s := &Bolt{db: db, changes: make(chan change, maxGroup)}
	if err := db.Update(s.prepare); err != nil {
		db.Close()
		return nil, fmt.Errorf("store: %s: %w", path, err)
	}
	s.stopped.Go(s.write)
	return s, nil
}

func (s *Bolt) prepare(tx *bbolt.Tx) error {
	for _, name := range [][]byte{bMeta, bRinging, bDNC, bCampaigns} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	meta := tx.Bucket(bMeta)
	if v := meta.Get(kSchema); v != nil {
		n, err := strconv.Atoi(string(v))
		if err != nil {
			return errors.New("its schema version cannot be read")
		}
		if n > SchemaVersion {
			return fmt.Errorf("%w: its schema is %d, this one writes %d", ErrNewer, n, SchemaVersion)
		}
		s.instance = string(meta.Get(kInstance))
		return nil
	}
	var b [4]byte
	rand.Read(b[:])
	s.instance = "dc" + hex.EncodeToString(b[:])
	if err := meta.Put(kInstance, []byte(s.instance)); err != nil {
		return err
	}
	return meta.Put(kSchema, []byte(strconv.Itoa(SchemaVersion)))
}

// Instance implements Store.
func (s *Bolt) Instance() string { return s.instance }

// Close waits for the changes under way and closes the file.
func (s *Bolt) Close() error {
	s.closing.Lock()
	if s.closed {
		s.closing.Unlock()
		return nil
	}
	s.closed = true
	close(s.changes)
	s.closing.Unlock()
	s.stopped.Wait()
	return s.db.Close()
}

var errClosed = errors.New("store: closed")

// change queues do and waits until it is durable.
func (s *Bolt) change(do func(*txn) error) error {
	done := make(chan error, 1)
	s.closing.RLock()
	if s.closed {
		s.closing.RUnlock()
		return errClosed
	}
	s.changes <- change{do, done}
	s.closing.RUnlock()
	return <-done
}

// write commits what is queued, all that waits at once in one transaction.
func (s *Bolt) write() {
	group := make([]change, 0, maxGroup)
	for first := range s.changes {
		group = append(group[:0], first)
	gather:
		for len(group) < maxGroup {
			select {
			case c, ok := <-s.changes:
				if !ok {
					break gather
				}
				group = append(group, c)
			default:
				break gather
			}
		}
		s.commit(group)
	}
}

func (s *Bolt) commit(group []change) {
	bad := false
	err := s.db.Update(func(tx *bbolt.Tx) error {
		t := &txn{tx: tx, instance: s.instance}
		for _, c := range group {
			if err := c.do(t); err != nil {
				bad = true
				return err
			}
		}
		return t.flush()
	})
	if bad && len(group) > 1 {
		// One change failed and took the others with it: each on its own.
		for i := range group {
			s.commit(group[i : i+1])
		}
		return
	}
	if err != nil {
		err = fmt.Errorf("store: %w", err)
	}
	for _, c := range group {
		c.done <- err
	}
}

// txn is a transaction with the counters it changes.
type txn struct {
	tx       *bbolt.Tx
	instance string
	counters map[string]*Counters
}

// bucket is a part of a campaign's bucket; it is made when it is missing and
// the transaction writes, else it may be nil.
func (t *txn) bucket(camp string, part []byte) (*bbolt.Bucket, error) {
	root := t.tx.Bucket(bCampaigns)
	if !t.tx.Writable() {
		b := root.Bucket([]byte(camp))
		if b != nil {
			b = b.Bucket(part)
		}
		return b, nil
	}
	b, err := root.CreateBucketIfNotExists([]byte(camp))
	if err != nil {
		return nil, err
	}
	return b.CreateBucketIfNotExists(part)
}

func (t *txn) count(camp string) (*Counters, error) {
	if c := t.counters[camp]; c != nil {
		return c, nil
	}
	c, err := readCounters(t.tx, camp)
	if err != nil {
		return nil, err
	}
	if t.counters == nil {
		t.counters = map[string]*Counters{}
	}
	t.counters[camp] = &c
	return &c, nil
}

func readCounters(tx *bbolt.Tx, camp string) (c Counters, err error) {
	if b := tx.Bucket(bCampaigns).Bucket([]byte(camp)); b != nil {
		if v := b.Get(kCounters); v != nil {
			err = json.Unmarshal(v, &c)
		}
	}
	return c, err
}

func (t *txn) flush() error {
	for camp, c := range t.counters {
		b, err := t.tx.Bucket(bCampaigns).CreateBucketIfNotExists([]byte(camp))
		if err != nil {
			return err
		}
		v, err := json.Marshal(c)
		if err != nil {
			return err
		}
		if err := b.Put(kCounters, v); err != nil {
			return err
		}
	}
	return nil
}

// putContact writes a contact, its place in the due index and the counters.
// old is what is stored now, nil for a new contact.
func (t *txn) putContact(camp string, old *campaign.Contact, c *campaign.Contact) error {
	contacts, err := t.bucket(camp, bContacts)
	if err != nil {
		return err
	}
	due, err := t.bucket(camp, bDue)
	if err != nil {
		return err
	}
	n, err := t.count(camp)
	if err != nil {
		return err
	}
	if old != nil {
		n.Contacts[old.State]--
		if isDue(old) {
			if err := due.Delete(dueKey(old)); err != nil {
				return err
			}
		}
	}
	n.Contacts[c.State]++
	if isDue(c) {
		if err := due.Put(dueKey(c), nil); err != nil {
			return err
		}
	}
	return contacts.Put(key64(c.ID), encodeContact(c))
}

func isDue(c *campaign.Contact) bool {
	return c.State == campaign.Pending || c.State == campaign.Waiting
}

func dueKey(c *campaign.Contact) []byte {
	return binary.BigEndian.AppendUint64(key64(uint64(c.Due.UnixNano())), c.ID)
}

func key64(v uint64) []byte { return binary.BigEndian.AppendUint64(make([]byte, 0, 16), v) }
