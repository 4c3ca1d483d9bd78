package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

const (
	day  = 24 * time.Hour
	week = 7 * day

	// forgetEach is how many calls that are older than a week are forgotten with
	// each that is noted.
	forgetEach = 4
)

// callTimes reads when a number was called.
func (t *txn) callTimes(number []byte) (all []uint64, err error) {
	v := t.tx.Bucket(bCalled).Get(number)
	if len(v)%8 != 0 {
		return nil, fmt.Errorf("%w: calls of a number", errRecord)
	}
	for ; len(v) > 0; v = v[8:] {
		all = append(all, binary.BigEndian.Uint64(v))
	}
	return all, nil
}

// tooOften is when a number may be called again that was called too often; zero:
// it may be called.
func (t *txn) tooOften(number string, f *campaign.Frequency, now time.Time) (until time.Time, err error) {
	if *f == (campaign.Frequency{}) {
		return until, nil
	}
	all, err := t.callTimes([]byte(number))
	for _, bound := range []struct {
		most   int
		within time.Duration
	}{{f.PerDay, day}, {f.PerWeek, week}} {
		if bound.most <= 0 || len(all) < bound.most {
			continue
		}
		// The one with most-1 behind it. A clock that was set back may have left it
		// in the future.
		free := timeOf(all[len(all)-bound.most]).Add(bound.within)
		if latest := now.Add(bound.within); free.After(latest) {
			free = latest
		}
		if free.After(now) && free.After(until) {
			until = free
		}
	}
	return until, err
}

// noteCall notes that a number is called, and forgets calls that are too old to
// count.
func (t *txn) noteCall(a *campaign.Attempt) error {
	called, calls := t.tx.Bucket(bCalled), t.tx.Bucket(bCalls)
	var old []entry
	cur := calls.Cursor()
	for k, v := cur.First(); k != nil && len(old) < forgetEach; k, v = cur.Next() {
		if len(k) != 16 {
			return fmt.Errorf("%w: calls", errRecord)
		}
		if !timeOf(binary.BigEndian.Uint64(k)).Add(week).Before(a.Claimed) {
			break
		}
		old = append(old, entry{bytes.Clone(k), bytes.Clone(v)})
	}
	for _, e := range old {
		if err := t.forgetCall(e.key, e.value); err != nil {
			return err
		}
	}
	number := []byte(a.Number)
	v := append(bytes.Clone(called.Get(number)), key64(nanos(a.Claimed))...)
	return errors.Join(called.Put(number, v), calls.Put(callKey(a), number))
}

func callKey(a *campaign.Attempt) []byte {
	return binary.BigEndian.AppendUint64(key64(nanos(a.Claimed)), a.Seq)
}

// forgetCall takes back what noteCall noted, if it did.
func (t *txn) forgetCall(key, number []byte) error {
	called, calls := t.tx.Bucket(bCalled), t.tx.Bucket(bCalls)
	if !bytes.Equal(calls.Get(key), number) {
		return nil
	}
	if err := calls.Delete(key); err != nil {
		return err
	}
	var left []byte
	gone := false
	for v := called.Get(number); len(v) >= 8; v = v[8:] {
		if !gone && bytes.Equal(v[:8], key[:8]) {
			gone = true
			continue
		}
		left = append(left, v[:8]...)
	}
	if left == nil {
		return called.Delete(number)
	}
	return called.Put(number, left)
}
