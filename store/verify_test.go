package store

import (
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// TestVerify damages a store in one way after the other. Verify must find each,
// name what it is, and never panic; nor may anything else.
func TestVerify(t *testing.T) {
	contact := func(p *parts, id uint64, change func(*campaign.Contact)) error {
		c, err := p.contact(id)
		if err != nil {
			return err
		}
		change(&c)
		return p.contacts.Put(key64(id), encodeContact(&c))
	}
	attempt := func(p *parts, seq uint64, change func(*campaign.Attempt)) error {
		a, err := p.attempt(seq)
		if err != nil {
			return err
		}
		change(&a)
		return p.attempts.Put(key64(seq), encodeAttempt(&a))
	}
	counters := func(p *parts, change func(*Counters)) error {
		c, err := p.count()
		if err == nil {
			change(c)
		}
		return err
	}
	// Contacts 1 and 2 are in flight as attempts 1 and 2; 3 waits after attempt 3.
	for want, damage := range map[string]func(t *txn, p *parts) error{
		"bucket ringing is missing":       func(t *txn, p *parts) error { return t.tx.DeleteBucket(bRinging) },
		"bucket due is missing":           func(t *txn, p *parts) error { return p.root.DeleteBucket(bDue) },
		"is not a campaign":               func(t *txn, p *parts) error { return t.tx.Bucket(bCampaigns).Put([]byte("x"), []byte("y")) },
		"contact 5 of campaign c: store:": func(t *txn, p *parts) error { return p.contacts.Put(key64(5), []byte{recordVersion, 0, 1}) },
		"contacts: store":                 func(t *txn, p *parts) error { return p.contacts.Put([]byte("x"), nil) },
		"attempts: store":                 func(t *txn, p *parts) error { return p.attempts.Put([]byte("x"), nil) },
		"attempt 3 of campaign c: store:": func(t *txn, p *parts) error { return p.attempts.Put(key64(3), []byte{9}) },
		"contact 5 is pending, but not in the due index": func(t *txn, p *parts) error {
			c, err := p.contact(5)
			if err != nil {
				return err
			}
			return p.due.Delete(dueKey(&c))
		},
		"contact 6 is pending, but not in the due index": func(t *txn, p *parts) error { // in another lane
			return contact(p, 6, func(c *campaign.Contact) { c.Zone = "Asia/Seoul" })
		},
		"contact 7 expires, but": func(t *txn, p *parts) error {
			return contact(p, 7, func(c *campaign.Contact) { c.Expires = testStart.Add(time.Hour) })
		},
		"index expiring has 1 entries, but 0": func(t *txn, p *parts) error { return p.expiring.Put(key64(1), nil) },
		"a call is noted that is not among":   func(t *txn, p *parts) error { return t.tx.Bucket(bCalls).Put(make([]byte, 16), []byte("1")) },
		"0 calls are noted in their order":    func(t *txn, p *parts) error { return t.tx.Bucket(bCalled).Put([]byte("1"), key64(1)) },
		"the times of a number's calls":       func(t *txn, p *parts) error { return t.tx.Bucket(bCalled).Put([]byte("1"), []byte("x")) },
		"contact 3 is waiting, but not in the due index": func(t *txn, p *parts) error {
			return contact(p, 3, func(c *campaign.Contact) { c.Due = c.Due.Add(1) })
		},
		"index due has":                 func(t *txn, p *parts) error { return p.due.Put(make([]byte, 16), nil) },
		"index numbers has 102 entries": func(t *txn, p *parts) error { return p.hold([]byte("1005"), 5) },
		"index numbers has":             func(t *txn, p *parts) error { return p.numbers.Put([]byte("9"), key64(4)) },
		"index keys has":                func(t *txn, p *parts) error { return p.keys.Put([]byte("9"), key64(4)) },
		"a number of contact 5 does not lead to it": func(t *txn, p *parts) error {
			return contact(p, 5, func(c *campaign.Contact) { c.Numbers[0].Number = "1005" })
		},
		"the key of contact 5 is not its own": func(t *txn, p *parts) error {
			return contact(p, 5, func(c *campaign.Contact) { c.Key = "k" })
		},
		"index due has 99 entries, but 97": func(t *txn, p *parts) error { return p.contacts.SetSequence(99) },
		"contact 5 is to leave":            func(t *txn, p *parts) error { return p.putLeaving(5, leaving{removed: true}) },
		"fresh contacts":                   func(t *txn, p *parts) error { return p.fresh.Put([]byte("x"), nil) },
		"index due has 99 entries, but 88": func(t *txn, p *parts) error {
			return p.putRange(&freshRange{10, 10, 20, nanos(testStart), plainLane})
		},
		"rollup \"ax\" is": func(t *txn, p *parts) error {
			c, err := p.groups.of("ax")
			c.Attempts++
			return err
		},
		"rollup \"a\" is missing": func(t *txn, p *parts) error { return p.rollups.Delete([]byte("a")) },
		"rollups: ":               func(t *txn, p *parts) error { return p.rollups.Put([]byte("ax"), []byte{9}) },
		"purged: ":                func(t *txn, p *parts) error { return p.purged.Put([]byte("ax"), []byte{9}) },
		"0 attempts of contacts are not there, but 1 were purged": func(t *txn, p *parts) error {
			c, err := p.gone.of(groupNumber(ByPass, 1))
			c.Attempts++
			return err
		},
		"do-not-call list d says": func(t *txn, p *parts) error {
			d, err := t.makeDNC(DNCName{List: "d"})
			return joinPut(err, d.numbers, []byte("1"), nil)
		},
		"do-not-call list d: ": func(t *txn, p *parts) error {
			d, err := t.makeDNC(DNCName{List: "d"})
			return joinPut(err, d.root, kAbout, []byte("{"))
		},
		"do-not-call list \"x\"": func(t *txn, p *parts) error {
			_, err := t.tx.Bucket(bBarred).CreateBucket([]byte("x"))
			return err
		},
		"attempt 3 is beyond the last": func(t *txn, p *parts) error { return t.tx.Bucket(bCampaigns).SetSequence(2) },
		"attempt 3 has the id": func(t *txn, p *parts) error {
			return attempt(p, 3, func(a *campaign.Attempt) { a.ID = "x" })
		},
		"attempt 1 ended as busy, but in flight is true": func(t *txn, p *parts) error {
			return attempt(p, 1, func(a *campaign.Attempt) { a.Outcome = campaign.Busy })
		},
		"attempt 1 ended as in_flight, but in flight is false": func(t *txn, p *parts) error { return p.inFlight.Delete(key64(1)) },
		"3 in flight, but 2 of them are attempts":              func(t *txn, p *parts) error { return p.inFlight.Put(key64(9), p.inFlight.Get(key64(1))) },
		"the contact of attempt 1 before it":                   func(t *txn, p *parts) error { return p.inFlight.Put(key64(1), []byte{recordVersion}) },
		"attempt 1, pass 1, was claimed from a contact that was done": func(t *txn, p *parts) error {
			c, err := decodeContact(1, p.inFlight.Get(key64(1)))
			c.State = campaign.Done
			return joinPut(err, p.inFlight, key64(1), encodeContact(&c))
		},
		"attempt 1 is in flight, but its contact 1 is done": func(t *txn, p *parts) error {
			return contact(p, 1, func(c *campaign.Contact) { c.State = campaign.Done })
		},
		"contact 1 says it had 7 attempts, but there are 1": func(t *txn, p *parts) error {
			return contact(p, 1, func(c *campaign.Contact) { c.Attempts = 7 })
		},
		"1 attempts are of contact 3, which is not there": func(t *txn, p *parts) error { return p.contacts.Delete(key64(3)) },
		"but the attempt is not in flight":                func(t *txn, p *parts) error { return t.tx.Bucket(bRinging).Put([]byte("9"), []byte("x")) },
		"2 numbers are in flight, but 1 ring":             func(t *txn, p *parts) error { return t.tx.Bucket(bRinging).Delete([]byte("1000")) },
		"rings for other":                                 func(t *txn, p *parts) error { return t.tx.Bucket(bRinging).Put([]byte("1000"), []byte("other")) },
		"are in flight to one number": func(t *txn, p *parts) error {
			return attempt(p, 2, func(a *campaign.Attempt) { a.Number = "1000" })
		},
		"4 attempts, but 3 outcomes": func(t *txn, p *parts) error { return counters(p, func(c *Counters) { c.Attempts++ }) },
		"3 contacts dialing":         func(t *txn, p *parts) error { return counters(p, func(c *Counters) { c.Contacts[campaign.Dialing]++ }) },
		"the counters are":           func(t *txn, p *parts) error { return counters(p, func(c *Counters) { c.Talk++ }) },
		"counters of campaign c":     func(t *txn, p *parts) error { return p.root.Put(kCounters, []byte("{")) },
		"list l:":                    func(t *txn, p *parts) error { return p.lists.Put([]byte("l"), []byte("{")) },
		"batch does not add up": func(t *txn, p *parts) error {
			return p.lists.Put([]byte("l"), []byte(`{"campaign":"c","list":"l","rows":1}`))
		},
		"state: ":                     func(t *txn, p *parts) error { return p.root.Put(kState, []byte("{")) },
		"cannot be read":              func(t *txn, p *parts) error { return t.tx.Bucket(bMeta).Put(kSchema, []byte("x")) },
		"and more":                    func(t *txn, p *parts) error { return manyBad(p) },
		"of attempt 1: contact 1 of ": func(t *txn, p *parts) error { return p.contacts.Delete(key64(1)) },
	} {
		t.Run(want, func(t *testing.T) {
			s := damaged(t, damage)
			err := s.Verify()
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v", err)
			}
			useAll(s)
		})
	}
	if err := damaged(t, func(*txn, *parts) error { return nil }).Verify(); err != nil {
		t.Error(err)
	}
}

func joinPut(err error, b *bbolt.Bucket, k, v []byte) error {
	if err != nil {
		return err
	}
	return b.Put(k, v)
}

func manyBad(p *parts) error {
	for id := uint64(10); id < 60; id++ {
		if err := p.contacts.Put(key64(id), []byte{0}); err != nil {
			return err
		}
	}
	return nil
}

// damaged is a store that damage was done to.
func damaged(t *testing.T, damage func(*txn, *parts) error) *Bolt {
	t.Helper()
	s, err := Open(t.TempDir() + "/dialcamp.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.db.NoSync = true
	loadTest(t, s, "c", 1000, 101)
	if err := s.SaveState("c", campaign.Running, testStart); err != nil {
		t.Fatal(err)
	}
	claims, _, err := claimMost(s, "c", testStart, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Finish(endTest(claims[2])); err != nil {
		t.Fatal(err)
	}
	if err := s.change(func(t *txn) error {
		p, err := t.campaign("c")
		if err != nil {
			return err
		}
		return damage(t, p)
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// useAll calls every method. What they return of a damaged store is not
// promised, but that they do.
func useAll(s *Bolt) {
	claims, _ := s.InFlight()
	for _, cm := range claims {
		if cm.Attempt.Seq == 1 {
			s.Withdraw(cm)
		} else {
			s.Finish(endTest(cm))
		}
	}
	claimMost(s, "c", testStart.Add(1000), 200)
	loadAgain := func(yield func(Row, error) bool) {
		yield(Row{Numbers: []RowNumber{{Number: "1000"}}}, nil)
		yield(Row{Numbers: []RowNumber{{Number: "1"}}, Key: "9"}, nil)
		yield(Row{Numbers: []RowNumber{{Number: "9"}}, Key: "k"}, nil)
	}
	s.Load(Source{Campaign: "c", List: "l", Hash: "h"}, testStart, loadAgain, noReject)
	s.List("c", "l")
	s.Undo(1, testStart)
	for range s.Batches("c") {
	}
	for _, by := range Groups() {
		for range s.Rollups("c", by) {
		}
	}
	s.CheckDNC("c", "1")
	s.DNCLists()
	s.RemoveDNC(DNCName{List: "d"}, testStart, "1", "1*")
	s.AddDNC(DNCName{List: "d"}, testStart, "1")
	s.Counters("c")
	s.AddAgentTime("c", 1)
	for range s.Attempts("c", testStart, testStart) {
	}
	for range s.Contacts("c") {
	}
	s.Campaigns()
	s.State("c")
	s.SaveState("c", campaign.Paused, testStart)
}

// TestVerifyPages: bbolt's own check is part of it. It would crash on a page
// that is missing, which is why the size is looked at before.
func TestVerifyPages(t *testing.T) {
	path := storeFile(t)
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Verify(); err != nil {
		t.Fatal(err)
	}
	// A page that is used and free: take it out of the file's account of what
	// is used by pointing the contacts at an index.
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bCampaigns).Bucket([]byte("c"))
		*b.Bucket(bContacts).InBucket = *b.Bucket(bNumbers).InBucket
		return b.Bucket(bContacts).Put([]byte("0"), nil)
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(); err == nil || !strings.Contains(err.Error(), "file: ") {
		t.Error(err)
	}
}
