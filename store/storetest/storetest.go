// Package storetest holds a store.Store against what its interface promises.
// Whatever implements it runs the same tests:
//
//	storetest.Run(t, func(t testing.TB, dir string) store.Store { … })
package storetest

import (
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// Opener opens the store that is kept in dir, a new one if there is none. After
// Close it opens the same again.
type Opener func(t testing.TB, dir string) store.Store

// Run runs every test.
func Run(t *testing.T, open Opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *box)
	}{
		{"ClaimOrder", claimOrder},
		{"ClaimDue", claimDue},
		{"ClaimBlocked", claimBlocked},
		{"ClaimMax", claimMax},
		{"ClaimNext", claimNext},
		{"ClaimAttempt", claimAttempt},
		{"ClaimIDs", claimIDs},
		{"ClaimCallerIDs", claimCallerIDs},
		{"ClaimStrangeTimes", claimStrangeTimes},
		{"ClaimUnknownCampaign", claimUnknownCampaign},
		{"BusyNumber", busyNumber},
		{"BusyNumbersInFront", busyNumbersInFront},
		{"DNC", dnc},
		{"DNCInFront", dncInFront},
		{"DNCWhileInFlight", dncWhileInFlight},
		{"DNCSet", dncSet},
		{"DNCLarge", dncLarge},
		{"DNCAddRemove", dncAddRemove},
		{"DNCLists", dncLists},
		{"DNCPrefix", dncPrefix},
		{"DNCGivesBack", dncGivesBack},
		{"DNCAtLoad", dncAtLoad},
		{"DNCCallback", dncCallback},
		{"Withdraw", withdraw},
		{"WithdrawRetry", withdrawRetry},
		{"WithdrawTwice", withdrawTwice},
		{"WithdrawChangedCopy", withdrawChangedCopy},
		{"Finish", finish},
		{"FinishTwice", finishTwice},
		{"FinishUnknown", finishUnknown},
		{"FinishWrong", finishWrong},
		{"FinishChangedCopy", finishChangedCopy},
		{"FinishAgainAndAgain", finishAgainAndAgain},
		{"FinishClockSet", finishClockSet},
		{"InFlight", inFlight},
		{"LoadTwice", loadTwice},
		{"LoadAppended", loadAppended},
		{"LoadReordered", loadReordered},
		{"LoadDuplicates", loadDuplicates},
		{"LoadOtherList", loadOtherList},
		{"LoadOtherCampaign", loadOtherCampaign},
		{"LoadKeys", loadKeys},
		{"LoadKeyComesAndGoes", loadKeyComesAndGoes},
		{"LoadNumbers", loadNumbers},
		{"LoadNewNumbers", loadNewNumbers},
		{"LoadExchange", loadExchange},
		{"LoadSameNewNumber", loadSameNewNumber},
		{"LoadNumberInFlight", loadNumberInFlight},
		{"LoadRevives", loadRevives},
		{"LoadScopes", loadScopes},
		{"LoadUndoShared", loadUndoShared},
		{"LoadTimes", loadTimes},
		{"LoadTimesMany", loadTimesMany},
		{"LoadEachChange", loadEachChange},
		{"DNCNumbers", dncNumbers},
		{"LoadUnfit", loadUnfit},
		{"LoadCutOff", loadCutOff},
		{"LoadUpdates", loadUpdates},
		{"LoadRemoves", loadRemoves},
		{"LoadRemovesDialing", loadRemovesDialing},
		{"LoadRemovesMany", loadRemovesMany},
		{"LoadChain", loadChain},
		{"LoadBlocksNobody", loadBlocksNobody},
		{"Batches", batches},
		{"Undo", undo},
		{"UndoMany", undoMany},
		{"UndoDialing", undoDialing},
		{"LoadWhileDialing", loadWhileDialing},
		{"LoadNames", loadNames},
		{"LoadGiven", loadGiven},
		{"LoadBarred", loadBarred},
		{"PreviewChangesNothing", previewChangesNothing},
		{"PreviewCutOff", previewCutOff},
		{"ListRecord", listRecord},
		{"Lists", lists},
		{"Rollups", rollups},
		{"Purge", purge},
		{"PurgeMany", purgeMany},
		{"Stats", stats},
		{"ClaimZones", claimZones},
		{"ClaimRevised", claimRevised},
		{"ClaimNobodyStarves", claimNobodyStarves},
		{"ClaimCertain", claimCertain},
		{"ClaimExpired", claimExpired},
		{"Frequency", frequency},
		{"SeveralNumbers", severalNumbers},
		{"AllNumbersDead", allNumbersDead},
		{"Attempts", attempts},
		{"AttemptsWhileChanging", attemptsWhileChanging},
		{"Contacts", contacts},
		{"Holds", holds},
		{"HoldsMost", holdsMost},
		{"Find", find},
		{"ContactAttempts", contactAttempts},
		{"Callback", callbackAny},
		{"CallbackDialing", callbackDialing},
		{"CallbackDead", callbackDead},
		{"CallbackRefused", callbackRefused},
		{"CallbackNumbers", callbackNumbers},
		{"Campaigns", campaigns},
		{"AgentTime", agentTime},
		{"State", state},
		{"Pacing", pacing},
		{"Ledger", ledger},
		{"Instance", instance},
		{"Concurrent", concurrent},
		{"Closed", closed},
		{"CloseWhileChanging", closeWhileChanging},
		{"Model", randomOperations},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := &box{T: t, opener: open, dir: t.TempDir()}
			b.open()
			t.Cleanup(func() { b.Close() })
			test.run(t, b)
			b.verify()
		})
	}
}

// box is a store under test, with helpers that fail the test.
type box struct {
	*testing.T
	store.Store
	opener Opener
	dir    string
	purged bool
}

func (b *box) open() { b.Store = b.opener(b, b.dir) }

func (b *box) reopen() {
	b.Helper()
	if err := b.Close(); err != nil {
		b.Fatal(err)
	}
	b.open()
}

// verify checks that the store agrees with itself, by its own means and by the
// sums of its interface.
func (b *box) verify() {
	b.Helper()
	if v, ok := b.Store.(interface{ Verify() error }); ok {
		if err := v.Verify(); err != nil && err != store.ErrClosed {
			b.Fatalf("verify: %v", err)
		}
	}
	names, err := b.Campaigns()
	if err != nil {
		b.Fatal(err)
	}
	flights := 0
	for _, name := range names {
		flights += b.verifyCampaign(name)
	}
	claims, err := b.InFlight()
	if err != nil || len(claims) != flights {
		b.Fatalf("%d in flight, but %d attempts have no end: %v", len(claims), flights, err)
	}
}

func (b *box) verifyCampaign(name string) (flights int) {
	b.Helper()
	got := b.counters(name)
	if err := got.Check(); err != nil {
		b.Fatalf("counters of %s: %v", name, err)
	}
	all := b.attempts(name)
	if b.purged {
		for i := range all {
			if all[i].Outcome == campaign.InFlight {
				flights++
			}
		}
		return flights // the sums are of more than is there; the store's own Verify knows
	}
	want := store.Tally(all)
	want.AgentTime = got.AgentTime
	for _, c := range b.contacts(name) {
		want.Contacts[c.State]++
	}
	if !equal(got, want) {
		b.Fatalf("counters of %s\n got %+v\nwant %+v", name, got, want)
	}
	b.verifyRollups(name, all)
	for i := range all {
		if all[i].Outcome == campaign.InFlight {
			flights++
		}
	}
	return flights
}

// start is a moment in a zone that is not the machine's, and not a whole second.
var start = time.Date(2026, 11, 2, 9, 0, 0, 123456789, time.FixedZone("KST", 9*3600))

func rows(numbers ...string) []store.Row {
	var rows []store.Row
	for i, n := range numbers {
		rows = append(rows, store.Row{
			Line: i + 2, Numbers: []store.RowNumber{{Number: n}}, Attributes: []campaign.Attribute{{Name: "NAME", Value: "Mr. " + n}}, Record: []string{n},
		})
	}
	return rows
}

func seq(rows []store.Row) iter.Seq2[store.Row, error] {
	return func(yield func(store.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

type reject struct {
	Row store.Row
	Why string
}

// preview asks what a load would do.
func (b *box) preview(src store.Source, now time.Time, rows []store.Row) (batch store.Batch, rejects []reject) {
	b.Helper()
	added, barred, at := 0, 0, 0
	batch, err := b.Preview(src, now, seq(rows), func(r store.Row, v store.Verdict) {
		for at < len(rows) && !equal(r, rows[at]) { // those between them are no news
			at++
		}
		if at++; at > len(rows) {
			b.Errorf("a row is told as %+v, or in another place", r)
		}
		if v.Refused != "" {
			rejects = append(rejects, reject{r, v.Refused})
			return
		}
		if added++; v.Barred {
			barred++
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	if batch.Rows != len(rows) || batch.Added != added || batch.Barred != barred || batch.Rejected != len(rejects) {
		b.Fatalf("%d new, %d of them barred, %d rejected make the batch %+v", added, barred, len(rejects), batch)
	}
	return batch, rejects
}

// load loads rows, due at start, and expects what the preview told.
func (b *box) load(camp, list string, rows []store.Row) (store.Batch, []reject) {
	b.Helper()
	return b.loadFrom(store.Source{Campaign: camp, List: list, Hash: "hash"}, start, rows)
}

func (b *box) loadFrom(src store.Source, now time.Time, rows []store.Row) (store.Batch, []reject) {
	b.Helper()
	would, wouldReject := b.preview(src, now, rows)
	var rejects []reject
	defer func() {
		b.Helper()
		if !equal(rejects, wouldReject) {
			b.Errorf("rejected %+v, but the preview was %+v", rejects, wouldReject)
		}
	}()
	batch, err := b.Load(src, now, seq(rows), func(r store.Row, why string) {
		rejects = append(rejects, reject{r, why})
	})
	if err != nil {
		b.Fatal(err)
	}
	if batch.Rows != len(rows) || batch.Rejected != len(rejects) || batch.Rows != batch.Added+batch.Updated+batch.Unchanged+batch.Rejected {
		b.Fatalf("%d rows and %d rejects make the batch %+v", len(rows), len(rejects), batch)
	}
	would.ID, would.First, would.Last = batch.ID, batch.First, batch.Last
	if !equal(batch, would) {
		b.Errorf("%+v, but the preview was %+v", batch, would)
	}
	for _, r := range rejects {
		if r.Row.Line == 0 || r.Why == "" {
			b.Fatalf("reject %+v has no line or no reason", r)
		}
	}
	return batch, rejects
}

// loaded loads numbers into list "l" of a campaign and expects all to be new.
func (b *box) loaded(camp string, numbers ...string) {
	b.Helper()
	if batch, _ := b.load(camp, "l", rows(numbers...)); batch.Added != len(numbers) {
		b.Fatalf("%+v", batch)
	}
}

func (b *box) claim(camp string, now time.Time, max int) ([]campaign.Claim, time.Time) {
	b.Helper()
	claims, next, err := b.claimMost(camp, now, max)
	if err != nil {
		b.Fatal(err)
	}
	return claims, next
}

// claim1 claims exactly one.
func (b *box) claim1(camp string, now time.Time) campaign.Claim {
	b.Helper()
	claims, _ := b.claim(camp, now, 1)
	if len(claims) != 1 {
		b.Fatalf("%d claims, not 1", len(claims))
	}
	return claims[0]
}

func numbers(claims []campaign.Claim) []string {
	var n []string
	for _, cm := range claims {
		n = append(n, cm.Attempt.Number)
	}
	return n
}

func (b *box) claims(camp string, now time.Time, max int, want ...string) []campaign.Claim {
	b.Helper()
	claims, _ := b.claim(camp, now, max)
	if got := numbers(claims); !slices.Equal(got, want) {
		b.Fatalf("claimed %q, not %q", got, want)
	}
	return claims
}

// end is how an attempt of a claim ends that was answered by nobody, and whose
// contact is due again at due; zero: never.
func end(cm campaign.Claim, due time.Time) (campaign.Attempt, campaign.Contact) {
	a, c := cm.Attempt, cm.Contact
	a.Outcome, a.Cause, a.DialStatus, a.Ended = campaign.NoAnswer, 19, "NOANSWER", a.Claimed.Add(20*time.Second)
	c.Attempts, c.Last = a.Pass, a.Outcome
	c.Counted++
	c.Tries[a.Outcome]++
	c.State, c.Due = campaign.Waiting, due
	if due.IsZero() {
		c.State = campaign.Exhausted
	}
	return a, c
}

func (b *box) finish(a campaign.Attempt, c campaign.Contact) {
	b.Helper()
	if err := b.Finish(a, c); err != nil {
		b.Fatal(err)
	}
}

func (b *box) withdraw(cm campaign.Claim) {
	b.Helper()
	if err := b.Withdraw(cm); err != nil {
		b.Fatal(err)
	}
}

func (b *box) dnc(numbers ...string) {
	b.Helper()
	if l, err := b.SetDNC(doNotCall, "", start, entries(numbers...)); err != nil || l.Numbers != len(numbers) {
		b.Fatalf("%+v of %d numbers, %v", l, len(numbers), err)
	}
}

func (b *box) counters(camp string) store.Counters {
	b.Helper()
	c, err := b.Counters(camp)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func collect[T any](b *box, all iter.Seq2[T, error]) (got []T) {
	b.Helper()
	for v, err := range all {
		if err != nil {
			b.Fatal(err)
		}
		got = append(got, v)
	}
	return got
}

func (b *box) attempts(camp string) []campaign.Attempt {
	b.Helper()
	return collect(b, b.Attempts(camp, time.Time{}, time.Time{}))
}

func (b *box) contacts(camp string) []campaign.Contact {
	b.Helper()
	return collect(b, b.Contacts(camp))
}

// contact finds a contact by its number.
func (b *box) contact(camp, number string) campaign.Contact {
	b.Helper()
	for _, c := range b.contacts(camp) {
		if c.Number() == number {
			return c
		}
	}
	b.Fatalf("no contact has the number %s", number)
	return campaign.Contact{}
}
