package store

import (
	"bytes"
	"slices"
	"strings"

	"go.etcd.io/bbolt"
)

// laneHeads are the first contacts of a campaign's lanes in the due index, as they
// were when last looked at: to find thousands of them anew for each claim would
// take milliseconds. The writer alone has them, and forgets them all if a
// transaction fails, whose changes they may show.
type laneHeads struct {
	by    map[string]*laneHead
	order []*laneHead // by their keys; nil if it is to be made anew
	stale []*laneHead // lanes that have changed since
}

type laneHead struct {
	key    string
	at, id uint64
	stale  bool
}

// touch notes that a lane is changed, which a key of the due index is in.
func (h *laneHeads) touch(key []byte) {
	if h == nil {
		return
	}
	lane := key[:len(key)-dueTail]
	l := h.by[string(lane)]
	if l == nil {
		l = &laneHead{key: string(lane)}
		h.by[l.key], h.order = l, nil
	}
	if !l.stale {
		l.stale = true
		h.stale = append(h.stale, l)
	}
}

// readHeads finds all lanes. Each costs a seek.
func readHeads(due *bbolt.Bucket) (*laneHeads, error) {
	h := &laneHeads{by: map[string]*laneHead{}}
	cur := due.Cursor()
	var behind []byte
	for k, _ := cur.First(); k != nil; {
		lane, at, id, err := splitDue(k)
		if err != nil {
			return nil, err
		}
		l := &laneHead{key: string(lane), at: at, id: id}
		h.by[l.key] = l
		behind = append(append(behind[:0], lane...), lastTail...)
		if k, _ = cur.Seek(behind); bytes.Equal(k, behind) {
			k, _ = cur.Next()
		}
	}
	return h, nil
}

// lastTail is behind the time and id of every key of a lane.
var lastTail = bytes.Repeat([]byte{0xff}, dueTail)

// sorted are the lanes in the order of their keys, as they are now.
func (h *laneHeads) sorted(due *bbolt.Bucket) ([]*laneHead, error) {
	cur := due.Cursor()
	for _, l := range h.stale {
		k, _ := cur.Seek([]byte(l.key))
		left := false
		if k != nil {
			lane, at, id, err := splitDue(k)
			if err != nil {
				return nil, err
			}
			l.at, l.id = at, id
			left = string(lane) == l.key
		}
		if l.stale = false; !left {
			delete(h.by, l.key)
			h.order = nil
		}
	}
	h.stale = h.stale[:0]
	if h.order == nil {
		h.order = make([]*laneHead, 0, len(h.by))
		for _, l := range h.by {
			h.order = append(h.order, l)
		}
		slices.SortFunc(h.order, func(a, b *laneHead) int { return strings.Compare(a.key, b.key) })
	}
	return h.order, nil
}

// headsOf are those of a campaign's lanes.
func (t *txn) headsOf(p *parts) ([]*laneHead, error) {
	if p.heads == nil {
		var err error
		if p.heads, err = readHeads(p.due); err != nil {
			return nil, err
		}
		if t.heads != nil {
			t.heads[p.camp] = p.heads
		}
	}
	return p.heads.sorted(p.due)
}
