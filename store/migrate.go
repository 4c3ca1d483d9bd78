package store

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"go.etcd.io/bbolt"
)

// migrations[i] brings a store from schema i+1 to the next. Each runs in the
// transaction that writes the new number: a crash leaves the old store. One that
// was released is never changed.
var migrations = []func(*txn) error{
	toSchema2,
	toSchema3,
}

// SchemaVersion is what this dialcamp writes. An older store is migrated when it
// is opened, a newer one refused.
var SchemaVersion = len(migrations) + 1

func migrate(t *txn, from int) error {
	for schema := from; schema < SchemaVersion; schema++ {
		if err := migrations[schema-1](t); err != nil {
			return fmt.Errorf("migrating from schema %d: %w", schema, err)
		}
	}
	return t.tx.Bucket(bMeta).Put(kSchema, []byte(strconv.Itoa(SchemaVersion)))
}

// schema1List is the do-not-call list that the only one of schema 1 becomes. It
// held what the config's files held, and goes when these are read anew.
var schema1List = DNCName{List: "files"}

// toSchema2 makes what schema 2 added: rollups, do-not-call lists, batches. The
// name of the store, which began its attempts' ids, is no more.
func toSchema2(t *txn) error {
	if err := t.tx.Bucket(bMeta).Delete([]byte("instance")); err != nil {
		return err
	}
	if old := t.tx.Bucket(bDNC); old != nil {
		if err := t.moveSchema1DNC(old); err != nil {
			return err
		}
	}
	return t.eachCampaign(func(p *parts) error {
		if err := p.contacts.ForEach(func(k, v []byte) error {
			id, err := uint64Of(k)
			if err != nil {
				return err
			}
			c, err := decodeContact(id, v)
			if err != nil {
				return err
			}
			of, err := p.groups.of(groupKey(ByList, c.List))
			if err != nil {
				return err
			}
			of.Contacts[c.State]++
			return nil
		}); err != nil {
			return err
		}
		return p.attempts.ForEach(func(k, _ []byte) error {
			seq, err := uint64Of(k)
			if err != nil {
				return err
			}
			a, err := p.attempt(seq)
			if err != nil {
				return err
			}
			return p.groups.book(&a, (*Counters).tally)
		})
	})
}

// moveSchema1DNC moves the bucket as it is: there may be millions.
func (t *txn) moveSchema1DNC(old *bbolt.Bucket) error {
	n := countKeys(old)
	if n == 0 {
		return t.tx.DeleteBucket(bDNC)
	}
	root, err := t.tx.Bucket(bBarred).CreateBucket(schema1List.key())
	if err != nil {
		return err
	}
	if err := t.tx.MoveBucket(bDNC, nil, root); err != nil {
		return err
	}
	d, err := t.makeDNC(schema1List)
	if err != nil {
		return err
	}
	return d.describe(&DNCList{DNCName: schema1List, Stamp: "schema 1", Numbers: n})
}

// toSchema3 puts the due index in lanes. Ranges of schema 2 are read as such of
// the plain lane.
func toSchema3(t *txn) error {
	return t.eachCampaign(func(p *parts) error {
		var ids []uint64
		if err := p.due.ForEach(func(k, _ []byte) error {
			if len(k) != dueTail {
				return fmt.Errorf("%w: due index", errRecord)
			}
			ids = append(ids, binary.BigEndian.Uint64(k[8:]))
			return nil
		}); err != nil {
			return err
		}
		if err := p.root.DeleteBucket(bDue); err != nil {
			return err
		}
		due, err := p.root.CreateBucket(bDue)
		if err != nil {
			return err
		}
		p.due = due
		p.due.FillPercent = 0.9 // within a lane keys ascend
		for _, id := range ids {
			c, err := p.contact(id)
			if err != nil {
				return err
			}
			if err := p.index(&c); err != nil {
				return err
			}
		}
		return nil
	})
}
