package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// maxFindings bounds what Verify reports: one damaged page may make thousands
// of records wrong.
const maxFindings = 20

// Verify reads the whole store and reports what contradicts itself:
//
//   - the file: every page is used once or free, keys are in order (bbolt's own check)
//   - records, indexes and their values can be read
//   - the due index holds exactly the contacts that are pending or waiting, in their lanes at their times, and are in no
//     fresh range; the index of those who expire holds exactly those of them that do
//   - the calls that count for what bounds them are the same in their order and by number
//   - the indexes of numbers and keys hold exactly the contacts, by each of their numbers
//   - the attempts in flight are exactly those that have not ended, each with a contact that is
//     dialing and a number that is ringing for it, and nothing else rings
//   - every contact has as many attempts as it says, and all are as many short as were purged
//   - the counters and rollups are the sums of the contacts, the attempts and those purged
//   - the do-not-call lists hold as many entries as they say
//
// It returns nil if all of that holds, at any moment between two changes.
// Changes wait while it runs; reading goes on.
func (s *Bolt) Verify() error {
	return guard(func() error {
		tx, err := s.db.Begin(true) // a writer's, to keep changes out; it is never committed
		if err != nil {
			return fmt.Errorf("store: %w", err)
		}
		defer tx.Rollback()
		return verify(tx)
	})
}

func verify(tx *bbolt.Tx) error {
	if err := whole(tx.DB().Path(), tx); err != nil {
		return fmt.Errorf("store: %w", err) // bbolt's check would run into the hole
	}
	v := &verifier{tx: tx, rings: map[string]string{}}
	for err := range tx.Check() {
		v.report("file: %v", err)
	}
	if len(v.found) == 0 { // else reading on could go astray
		v.store()
	}
	return errors.Join(v.found...)
}

// verifier walks a store and collects what is wrong.
type verifier struct {
	tx    *bbolt.Tx
	where string // campaign
	found []error
	rings map[string]string // number → attempt that should ring it
}

func (v *verifier) report(format string, args ...any) {
	if len(v.found) == maxFindings {
		v.found = append(v.found, errors.New("and more"))
	}
	if len(v.found) > maxFindings {
		return
	}
	err := fmt.Errorf(format, args...)
	if v.where != "" {
		err = fmt.Errorf("campaign %s: %w", v.where, err)
	}
	v.found = append(v.found, err)
}

func (v *verifier) store() {
	if schema, err := schemaOf(v.tx); err != nil {
		v.report("%w", err)
		return
	} else if schema < SchemaVersion {
		return // its records are others
	}
	for _, name := range [][]byte{bRinging, bBarred, bCalled, bCalls, bCampaigns} {
		if v.tx.Bucket(name) == nil {
			v.report("bucket %s is missing", name)
			return
		}
	}
	campaigns := v.tx.Bucket(bCampaigns)
	campaigns.ForEach(func(name, value []byte) error {
		root := campaigns.Bucket(name)
		if root == nil {
			v.report("%q is not a campaign", name)
			return nil
		}
		p := &parts{camp: string(name), root: root}
		for _, part := range p.buckets() {
			if *part.b = root.Bucket(part.name); *part.b == nil {
				v.where = p.camp
				v.report("bucket %s is missing", part.name)
				return nil
			}
		}
		if err := p.underWay(); err != nil {
			v.where = p.camp
			v.report("%w", err)
			return nil
		}
		v.campaign(p)
		return nil
	})
	v.where = ""
	v.ringing()
	v.calls()
	v.dnc()
}

// calls compares the calls of the last week in their order with those by number.
func (v *verifier) calls() {
	t := &txn{tx: v.tx}
	n, found := 0, 0
	v.tx.Bucket(bCalled).ForEach(func(number, _ []byte) error {
		all, err := t.callTimes(number)
		if err != nil || len(all) == 0 {
			v.report("the times of a number's calls: %w", errors.Join(err, errRecord))
		}
		n += len(all)
		return nil
	})
	v.tx.Bucket(bCalls).ForEach(func(k, number []byte) error {
		all, err := t.callTimes(number)
		if err != nil || len(k) != 16 || !slices.Contains(all, binary.BigEndian.Uint64(k)) {
			v.report("a call is noted that is not among those of its number")
		}
		found++
		return nil
	})
	if n != found {
		v.report("%d calls are noted in their order, but %d by number", found, n)
	}
}

// dnc checks the do-not-call lists.
func (v *verifier) dnc() {
	lists, err := (&txn{tx: v.tx}).dncLists()
	if err != nil {
		v.report("%w", err)
		return
	}
	for _, d := range lists {
		l, err := d.about()
		if err != nil {
			v.report("do-not-call list %s: %w", d.name, err)
			continue
		}
		numbers, prefixes := countKeys(d.numbers), 0
		if d.prefixes != nil {
			prefixes = countKeys(d.prefixes)
		}
		if numbers != l.Numbers || prefixes != l.Prefixes {
			v.report("do-not-call list %s says it has %d numbers and %d prefixes, but there are %d and %d", d.name, l.Numbers, l.Prefixes, numbers, prefixes)
		}
	}
}

// ringing compares the numbers that ring with the attempts in flight.
func (v *verifier) ringing() {
	n := 0
	v.tx.Bucket(bRinging).ForEach(func(number, id []byte) error {
		n++
		if want, ok := v.rings[string(number)]; !ok {
			v.report("number of attempt %s rings, but the attempt is not in flight", id)
		} else if want != string(id) {
			v.report("the number of attempt %s rings for %s", want, id)
		}
		return nil
	})
	if n < len(v.rings) {
		v.report("%d numbers are in flight, but %d ring", len(v.rings), n)
	}
}

func (v *verifier) campaign(p *parts) {
	v.where = p.camp
	stored, err := p.readCounters()
	if err != nil {
		v.report("%w", err)
		return
	}
	purged, err := allSums(p.purged)
	if err != nil {
		v.report("purged: %w", err)
		return
	}
	w := &campaignSums{groups: purged, made: tallies{}}
	for key, c := range purged {
		if Group(key[0]) == ByPass { // each attempt is in one of them
			w.whole.Merge(c)
		}
	}
	w.purged = w.whole.Attempts
	w.whole.AgentTime = stored.AgentTime // the only record of it
	v.attempts(p, w)
	v.contacts(p, w)
	if !stored.equal(&w.whole) {
		v.report("the counters are %+v, but the sums %+v", stored, w.whole)
	}
	if err := stored.Check(); err != nil {
		v.report("%w", err)
	}
	v.rollups(p, w.groups)
	v.values(p)
}

// campaignSums are what verify sums up from scratch.
type campaignSums struct {
	whole  Counters
	groups map[string]*Counters
	made   tallies // attempts of each contact
	purged int64   // attempts that are not there any more
}

func (w *campaignSums) group(key string) *Counters {
	if w.groups[key] == nil {
		w.groups[key] = &Counters{}
	}
	return w.groups[key]
}

func allSums(b *bbolt.Bucket) (map[string]*Counters, error) {
	all := map[string]*Counters{}
	err := b.ForEach(func(k, v []byte) error {
		c, err := decodeCounters(v)
		all[string(k)] = &c
		return err
	})
	return all, err
}

func (v *verifier) rollups(p *parts, want map[string]*Counters) {
	got, err := allSums(p.rollups)
	if err != nil {
		v.report("rollups: %w", err)
		return
	}
	for key, c := range got {
		w := want[key]
		if w == nil {
			w = &Counters{}
		}
		if !c.equal(w) {
			v.report("rollup %q is %+v, but the sums %+v", key, *c, *w)
		}
	}
	for key := range want {
		if got[key] == nil {
			v.report("rollup %q is missing", key)
		}
	}
}

// attempts checks attempts and what is in flight, and adds them to the sums.
func (v *verifier) attempts(p *parts, w *campaignSums) {
	last := v.tx.Bucket(bCampaigns).Sequence()
	inFlight := 0
	p.attempts.ForEach(func(k, _ []byte) error {
		seq, err := uint64Of(k)
		if err != nil {
			v.report("attempts: %w", err)
			return nil
		}
		a, err := p.attempt(seq)
		if err != nil {
			v.report("%w", err)
			return nil
		}
		w.whole.tally(&a)
		for _, key := range groupsOf(&a) {
			w.group(key).tally(&a)
		}
		*w.made.of(a.Contact)++
		if seq > last {
			v.report("attempt %d is beyond the last number, %d, which would be given again", seq, last)
		}
		if !strings.HasSuffix(a.ID, attemptID("", seq)) {
			v.report("attempt %d has the id %s, which does not end with its number", seq, a.ID)
		}
		before := p.inFlight.Get(k)
		if (a.Outcome == campaign.InFlight) != (before != nil) {
			v.report("attempt %d ended as %s, but in flight is %t", seq, a.Outcome, before != nil)
		}
		if before != nil {
			inFlight++
			v.flight(p, &a, before)
		}
		return nil
	})
	if n := countKeys(p.inFlight); n != inFlight {
		v.report("%d in flight, but %d of them are attempts", n, inFlight)
	}
}

// flight checks an attempt in flight, whose contact was before.
func (v *verifier) flight(p *parts, a *campaign.Attempt, before []byte) {
	if other, ok := v.rings[a.Number]; ok {
		v.report("attempts %s and %s are in flight to one number", other, a.ID)
	}
	v.rings[a.Number] = a.ID
	was, err := decodeContact(a.Contact, before)
	if err != nil {
		v.report("the contact of attempt %d before it: %w", a.Seq, err)
		return
	}
	if !isDue(&was) || was.Number() != a.Number || was.Attempts != a.Pass-1 {
		v.report("attempt %d, pass %d, was claimed from a contact that was %s with %d attempts", a.Seq, a.Pass, was.State, was.Attempts)
	}
	now, err := p.contact(a.Contact)
	if err != nil {
		v.report("of attempt %d: %w", a.Seq, err)
		return
	}
	// A load may have taken the number from the contact meanwhile.
	if now.State != campaign.Dialing || has(&now, a.Number) && now.Number() != a.Number {
		v.report("attempt %d is in flight, but its contact %d is %s", a.Seq, a.Contact, now.State)
	}
}

// contacts checks contacts and their indexes, and counts their states.
func (v *verifier) contacts(p *parts, w *campaignSums) {
	due, expiring, keyed, numbers, purged := 0, 0, 0, 0, int64(0)
	last := p.contacts.Sequence()
	p.contacts.ForEach(func(k, _ []byte) error {
		id, err := uint64Of(k)
		if err != nil {
			v.report("contacts: %w", err)
			return nil
		}
		if id > last {
			return nil // of a load that is not decided on
		}
		c, err := p.contact(id)
		if err != nil {
			v.report("%w", err)
			return nil
		}
		w.whole.Contacts[c.State]++
		w.group(groupKey(ByList, c.List)).Contacts[c.State]++
		if x := p.indexing; isDue(&c) && !p.isFresh(&c) && (x == nil || id < x.next || id > x.last || inIndex(p.due, dueKey(&c))) {
			due++
			if !inIndex(p.due, dueKey(&c)) {
				v.report("contact %d is %s, but not in the due index at its time", id, c.State)
			}
		}
		if x := p.indexing; isDue(&c) && nanos(c.Expires) > 0 && (x == nil || id < x.next || id > x.last || inIndex(p.expiring, expiringKey(&c))) {
			expiring++
			if !inIndex(p.expiring, expiringKey(&c)) {
				v.report("contact %d expires, but is not in the index of those who do", id)
			}
		}
		for _, n := range c.Numbers {
			numbers++
			if ids, err := idsOf(p.numbers.Get([]byte(n.Number))); err != nil || !slices.Contains(ids, id) {
				v.report("a number of contact %d does not lead to it", id)
			}
		}
		if c.Key != "" {
			keyed++
			if !bytes.Equal(p.keys.Get(rowKey(c.List, c.Key)), k) {
				v.report("the key of contact %d is not its own", id)
			}
		}
		if p.leaving.Get(k) != nil && c.State != campaign.Dialing {
			v.report("contact %d is to leave when its call ends, but it is %s", id, c.State)
		}
		made := w.made.of(id)
		if missing := int64(c.Attempts) - int64(*made); missing < 0 || missing > 0 && w.purged == 0 {
			v.report("contact %d says it had %d attempts, but there are %d", id, c.Attempts, *made)
		} else {
			purged += missing
		}
		*made = 0
		return nil
	})
	if purged != w.purged {
		v.report("%d attempts of contacts are not there, but %d were purged", purged, w.purged)
	}
	for block, counts := range w.made {
		for i, n := range counts {
			if n > 0 {
				v.report("%d attempts are of contact %d, which is not there", n, block*blockBits+uint64(i))
			}
		}
	}
	for _, index := range []struct {
		name string
		b    *bbolt.Bucket
		want int
	}{{"numbers", p.numbers, numbers}, {"keys", p.keys, keyed}} {
		if n := countUpTo(index.b, last); n != index.want {
			v.report("index %s has %d entries, but the contacts %d", index.name, n, index.want)
		}
	}
	for _, index := range []struct {
		name string
		b    *bbolt.Bucket
		want int
	}{{"due", p.due, due}, {"expiring", p.expiring, expiring}} {
		if n := countKeys(index.b); n != index.want {
			v.report("index %s has %d entries, but %d contacts", index.name, n, index.want)
		}
	}
}

// inIndex reports whether an index has a key. Its values are empty, which Get does
// not tell from a missing key.
func inIndex(index *bbolt.Bucket, key []byte) bool {
	at, _ := index.Cursor().Seek(key)
	return bytes.Equal(at, key)
}

// countUpTo counts the ids of contacts up to last in an index, and the entries
// that cannot be read.
func countUpTo(index *bbolt.Bucket, last uint64) (n int) {
	cur := index.Cursor()
	for k, v := cur.First(); k != nil; k, v = cur.Next() {
		ids, err := idsOf(v)
		if err != nil {
			n++
		}
		for _, id := range ids {
			if id <= last {
				n++
			}
		}
	}
	return n
}

// values checks what else a campaign keeps.
func (v *verifier) values(p *parts) {
	p.lists.ForEach(func(name, value []byte) error {
		var b Batch
		if err := json.Unmarshal(value, &b); err != nil {
			v.report("list %s: %w", name, err)
		} else if b.Campaign != p.camp || b.List != string(name) || b.Rows != b.Added+b.Updated+b.Unchanged+b.Rejected || b.Barred > b.Added {
			v.report("list %s: its last batch does not add up: %+v", name, b)
		}
		return nil
	})
	if j := p.root.Get(kState); j != nil {
		if err := json.Unmarshal(j, new(savedState)); err != nil {
			v.report("state: %w", err)
		}
	}
}

func countKeys(b *bbolt.Bucket) (n int) {
	cur := b.Cursor()
	for k, _ := cur.First(); k != nil; k, _ = cur.Next() {
		n++
	}
	return n
}

// equal compares counters; times are equal at the same moment, in whatever zone.
func (c *Counters) equal(o *Counters) bool {
	return c.Contacts == o.Contacts && c.Attempts == o.Attempts && c.Outcomes == o.Outcomes &&
		maps.Equal(c.Causes, o.Causes) && c.Attempted == o.Attempted && c.Late == o.Late &&
		c.Ring == o.Ring && c.Wait == o.Wait && c.Talk == o.Talk && c.AgentTime == o.AgentTime &&
		c.First.Equal(o.First) && c.Last.Equal(o.Last)
}
