package store_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

var kills = flag.Int("store.kills", 12, "kill the process at work so `many` times")

// entry is a line of what the process at work says: that it begins something,
// and that it was told the result.
type entry struct {
	N    int64  `json:"n"`    // the same for both
	Done bool   `json:"done"` // told
	What string `json:"what"`
	Camp string `json:"camp,omitempty"`
	ID   string `json:"id,omitempty"`   // of an attempt
	Note string `json:"note,omitempty"` // of its end
	List string `json:"list,omitempty"`
	Rows int    `json:"rows,omitempty"`
}

// TestKilled kills a process at work with SIGKILL, at a random moment, again and
// again on one file. What the process had been told is kept is there; whatever
// it had not been told is there or not, but never half.
func TestKilled(t *testing.T) {
	if testing.Short() {
		*kills = min(*kills, 3)
	}
	path := filepath.Join(t.TempDir(), "dialcamp.db")
	k := keeper{
		ended: map[string]entry{}, withdrawn: map[string]entry{}, claimed: map[string]entry{},
		loaded: map[string]entry{}, undone: map[string]entry{}, merged: map[string][]entry{},
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	entries := 0
	for round := range *kills {
		log := killed(t, "work", path, round, time.Duration(rnd.IntN(150))*time.Millisecond)
		entries += len(log)
		s, err := store.Open(path)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if err := s.Verify(); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		// What was decided on is carried out before another undo begins.
		if _, err := s.Undo(0, time.Now()); !errors.Is(err, store.ErrNoBatch) {
			t.Error(err)
		}
		if err := s.Verify(); err != nil {
			t.Errorf("round %d, carried out: %v", round, err)
		}
		k.read(log)
		k.check(t, s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d times killed after %d entries: %d claimed, %d ended, %d withdrawn, %d lists", *kills, entries, len(k.claimed), len(k.ended), len(k.withdrawn), len(k.loaded))
	if entries < *kills*10 {
		t.Fatal("the process did too little for this to tell anything")
	}
}

// killed lets a process work for a while, kills it, and returns what it said.
func killed(t *testing.T, name, path string, round int, after time.Duration) (log []entry) {
	t.Helper()
	cmd := child(name, path, strconv.Itoa(round))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	for n := 0; ; n++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			break // a line that is not ended was not said
		}
		var e entry
		if err := errors.Join(err, json.Unmarshal(line, &e)); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		log = append(log, e)
		if n == 0 {
			time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("it ended by itself: %v", err)
	}
	return log
}

// keeper remembers what must be found, over all rounds. Entries that are not
// Done may be found.
type keeper struct {
	claimed, ended, withdrawn map[string]entry   // by attempt
	loaded, undone            map[string]entry   // by list
	merged                    map[string][]entry // by campaign, in their order
	agentTime, maybe          int64              // seconds, told and begun
}

func (k *keeper) read(log []entry) {
	slices.SortStableFunc(log, func(a, b entry) int { return cmp.Compare(a.N, b.N) })
	for _, e := range log {
		switch e.What {
		case "claim":
			if e.ID != "" {
				k.claimed[e.ID] = e
			}
		case "finish":
			k.ended[e.ID] = e
		case "withdraw":
			k.withdrawn[e.ID] = e
		case "load":
			k.loaded[e.List] = e
		case "undo":
			k.undone[e.List] = e
		case "merge":
			all := k.merged[e.Camp]
			if n := len(all); n > 0 && all[n-1].Note == e.Note {
				all = all[:n-1] // now told
			}
			k.merged[e.Camp] = append(all, e)
		case "agents":
			if e.Done {
				k.agentTime++
			} else {
				k.maybe++
			}
		}
	}
}

func (k *keeper) check(t *testing.T, s *store.Bolt) {
	t.Helper()
	there := map[string]campaign.Attempt{}
	rows, undialed := map[string]int{}, map[string]int{}
	var agentTime time.Duration
	for _, camp := range workCampaigns {
		for a, err := range s.Attempts(camp, time.Time{}, time.Time{}) {
			if err != nil {
				t.Fatal(err)
			}
			there[a.ID] = a
		}
		for c, err := range s.Contacts(camp) {
			if err != nil {
				t.Fatal(err)
			}
			rows[c.List]++
			if c.Attempts == 0 {
				undialed[c.List]++
			}
		}
		k.checkMerged(t, s, camp)
		n, err := s.Counters(camp)
		if err != nil {
			t.Fatal(err)
		}
		agentTime += n.AgentTime
	}
	for id := range k.claimed {
		_, ok := there[id]
		if _, gone := k.withdrawn[id]; !ok && !gone {
			t.Errorf("attempt %s was claimed and is lost", id)
		}
	}
	for id, e := range k.withdrawn {
		// What nobody was told may not have happened, and be finished later.
		if a, ok := there[id]; ok && e.Done {
			t.Errorf("attempt %s was withdrawn, but is there: %+v", id, a)
		}
	}
	for id, e := range k.ended {
		_, gone := k.withdrawn[id]
		switch a, ok := there[id]; {
		case !ok && gone && !e.Done:
		case !ok:
			t.Errorf("attempt %s was finished and is lost", id)
		case a.Outcome == campaign.InFlight && e.Done:
			t.Errorf("attempt %s was finished, but is in flight", id)
		case a.Outcome != campaign.InFlight && (a.Note != e.Note || a.Outcome != campaign.NoAnswer || a.Ended.IsZero()):
			t.Errorf("attempt %s ended with %q, but is %+v", id, e.Note, a)
		}
	}
	for id, a := range there {
		if _, ok := k.ended[id]; a.Outcome != campaign.InFlight && !ok {
			t.Errorf("attempt %s ended, but nobody finished it: %+v", id, a)
		}
	}
	for list, e := range k.loaded {
		_, ok, err := s.List(e.Camp, list)
		undo, undone := k.undone[list]
		whole := rows[list] == e.Rows
		taken := undone && undialed[list] == 0
		switch {
		case err != nil, e.Done && !ok, undo.Done && !taken, ok && !whole && !taken, !ok && rows[list] > 0:
			t.Errorf("list %s of %d rows (told: %t), undone %t (told: %t): recorded %t, %d rows are there, %d of them not dialed, %v",
				list, e.Rows, e.Done, undone, undo.Done, ok, rows[list], undialed[list], err)
		}
	}
	if n := int64(agentTime / time.Second); n < k.agentTime || n > k.maybe {
		t.Errorf("%d seconds, but %d were told of %d", n, k.agentTime, k.maybe)
	}
}

// checkMerged: the list is that of one version, the last one told or one begun
// after it. Those who have no row in it are gone, or will be when their call ends.
func (k *keeper) checkMerged(t *testing.T, s *store.Bolt, camp string) {
	t.Helper()
	all := k.merged[camp]
	told := -1
	for i, e := range all {
		if e.Done {
			told = i
		}
	}
	versions := map[string]int{}
	for c, err := range s.Contacts(camp) {
		if err != nil {
			t.Fatal(err)
		}
		if c.List != mergedList || c.State == campaign.Removed {
			continue
		}
		v := c.Attributes[0].Value
		if versions[v]++; c.State != campaign.Dialing && v != all[len(all)-1].Note && (told < 0 || !slices.ContainsFunc(all[told:], func(e entry) bool { return e.Note == v })) {
			t.Errorf("campaign %s: contact %s is %s and of version %s", camp, c.Number(), c.State, v)
			return
		}
	}
	for i, e := range all {
		if versions[e.Note] == e.Rows && i >= told {
			return
		}
	}
	if told >= 0 {
		t.Errorf("campaign %s: versions %v are there, told was %+v of %+v", camp, versions, all[told], all)
	}
}

const mergedList = "merged"

var workCampaigns = []string{"a", "b"}

// workUntilKilled is the process that TestKilled kills.
func workUntilKilled(args []string) error {
	s, err := store.Open(args[0])
	if err != nil {
		return err
	}
	left, err := s.InFlight()
	if err != nil {
		return err
	}
	w := worker{s: s, round: args[1], left: make(chan campaign.Claim, len(left))}
	for _, cm := range left {
		w.left <- cm
	}
	var wg sync.WaitGroup
	for i := range 6 {
		rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(i)))
		wg.Go(func() {
			for {
				w.step(rnd)
			}
		})
	}
	wg.Wait()
	return nil
}

type worker struct {
	s     *store.Bolt
	round string
	left  chan campaign.Claim // of earlier rounds

	bulk    sync.Mutex
	batches []batch // loaded by this process and not undone
	n       atomic.Int64
}

// say writes a whole line at once, or nothing when it is killed.
func say(e entry) {
	line, _ := json.Marshal(e)
	os.Stdout.Write(append(line, '\n'))
}

// do says what begins, does it, and says that it was told the result.
func (w *worker) do(e entry, f func() error) {
	e.N = w.n.Add(1)
	say(e)
	if err := f(); err != nil {
		fmt.Fprintln(os.Stderr, e, err)
		os.Exit(1)
	}
	e.Done = true
	say(e)
}

type batch struct {
	camp, list string
	id         uint64
}

func (w *worker) step(rnd *rand.Rand) {
	camp := workCampaigns[rnd.IntN(len(workCampaigns))]
	switch n := rnd.IntN(20); {
	case n == 0:
		w.load(rnd, camp)
	case n == 3 && rnd.IntN(3) == 0:
		w.undo()
	case n == 4 && rnd.IntN(2) == 0:
		w.merge(rnd, camp)
	case n == 1:
		w.do(entry{What: "agents"}, func() error { return w.s.AddAgentTime(camp, time.Second) })
	case n == 2:
		w.do(entry{What: "dnc"}, func() error {
			_, err := w.s.SetDNC(store.DNCName{List: "d"}, "", time.Now(), func(yield func(string, error) bool) {
				for range rnd.IntN(2000) {
					if !yield(fmt.Sprint(rnd.IntN(100_000)), nil) {
						return
					}
				}
			})
			return err
		})
	case n < 6:
		select {
		case cm := <-w.left:
			w.end(rnd, cm)
		default:
		}
	default:
		var claims []campaign.Claim
		w.do(entry{What: "claim"}, func() (err error) {
			claims, _, err = claimMost(w.s, camp, time.Now(), 1+rnd.IntN(3))
			return err
		})
		for _, cm := range claims {
			say(entry{N: w.n.Add(1), What: "claim", ID: cm.Attempt.ID, Done: true})
		}
		for _, cm := range claims {
			if rnd.IntN(8) > 0 { // else it stays in flight
				w.end(rnd, cm)
			}
		}
	}
}

func (w *worker) end(rnd *rand.Rand, cm campaign.Claim) {
	e := entry{ID: cm.Attempt.ID, Camp: cm.Attempt.Campaign}
	if rnd.IntN(4) == 0 {
		e.What = "withdraw"
		w.do(e, func() error { return w.s.Withdraw(cm) })
		return
	}
	e.What, e.Note = "finish", fmt.Sprint(rnd.Uint64())
	a, c := cm.Attempt, cm.Contact
	a.Outcome, a.Note, a.Ended = campaign.NoAnswer, e.Note, time.Now()
	c.State, c.Due, c.Last = campaign.Waiting, time.Now().Add(time.Duration(rnd.IntN(100))*time.Millisecond), a.Outcome
	w.do(e, func() error { return w.s.Finish(a, c) })
}

func (w *worker) load(rnd *rand.Rand, camp string) {
	n := rnd.IntN(5000)
	e := entry{What: "load", Camp: camp, List: fmt.Sprintf("%s-%s-%d", camp, w.round, rnd.Uint32()), Rows: n}
	from := rnd.Uint64()
	w.do(e, func() error {
		b, err := w.s.Load(store.Source{Campaign: camp, List: e.List, Hash: "h"}, time.Now(), func(yield func(store.Row, error) bool) {
			for i := range n {
				if !yield(store.Row{Line: i, Numbers: []store.RowNumber{{Number: fmt.Sprint(from + uint64(i))}}, Key: fmt.Sprint(i)}, nil) {
					return
				}
			}
		}, func(r store.Row, why string) { panic(why) })
		w.bulk.Lock()
		defer w.bulk.Unlock()
		w.batches = append(w.batches, batch{camp, e.List, b.ID})
		return err
	})
}

func (w *worker) undo() {
	w.bulk.Lock()
	defer w.bulk.Unlock()
	if len(w.batches) == 0 {
		return
	}
	b := w.batches[0]
	w.batches = w.batches[1:]
	w.do(entry{What: "undo", Camp: b.camp, List: b.list}, func() error {
		_, err := w.s.Undo(b.id, time.Now())
		return err
	})
}

// merge loads a list anew, whose rows all say which version it is.
func (w *worker) merge(rnd *rand.Rand, camp string) {
	w.bulk.Lock()
	defer w.bulk.Unlock()
	e := entry{What: "merge", Camp: camp, Note: fmt.Sprint(rnd.Uint64()), Rows: rnd.IntN(7000)}
	from := rnd.IntN(7000)
	w.do(e, func() error {
		_, err := w.s.Load(store.Source{Campaign: camp, List: mergedList, Hash: e.Note, Remove: true}, time.Now(), func(yield func(store.Row, error) bool) {
			for i := range e.Rows {
				if !yield(store.Row{Line: i, Numbers: []store.RowNumber{{Number: fmt.Sprint("m", from+i)}}, Attributes: []campaign.Attribute{{Name: "V", Value: e.Note}}}, nil) {
					return
				}
			}
		}, func(r store.Row, why string) { panic(why) })
		return err
	})
}

// claimMost claims up to most contacts of any zone, by plain order.
func claimMost(s store.Store, camp string, now time.Time, most int) ([]campaign.Claim, time.Time, error) {
	taken, err := s.Claim(camp, now, campaign.Take{Max: most, AllZones: true})
	return taken.Claims, taken.Next, err
}
