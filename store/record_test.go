package store

import (
	"bufio"
	"bytes"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

func fullContact() campaign.Contact {
	c := plainContact()
	c.Numbers[0] = campaign.Number{Number: c.Numbers[0].Number, Type: "mobile", Last: campaign.Busy, Attempts: 2}
	c.Numbers = append(c.Numbers, campaign.Number{Number: "+8221234567", Last: campaign.Invalid, Attempts: 1, Dead: true}, campaign.Number{Number: "1"})
	c.Next, c.Priority, c.Zone, c.Callback, c.Day, c.DayCounted = 2, campaign.MinPriority, "Asia/Seoul", true, 20_000, 3
	c.NotBefore, c.Expires = time.Unix(1_700_000_000, 1), time.Unix(1_900_000_000, 2)
	return c
}

func plainContact() campaign.Contact {
	c := campaign.Contact{
		ID: 7, List: "list", Key: "key", Numbers: []campaign.Number{{Number: "+821012345678"}},
		Attributes: []campaign.Attribute{{Name: "NAME", Value: "홍길동"}, {Name: "", Value: "\x00,\"'\n"}, {Name: "E"}},
		State:      campaign.Waiting, Due: time.Unix(1_800_000_000, 123), Last: campaign.Busy, Attempts: 300, Counted: 299,
	}
	for i := range c.Tries {
		c.Tries[i] = uint16(i * 5000)
	}
	return c
}

func fullAttempt() campaign.Attempt {
	at := func(n int64) time.Time { return time.Unix(1_800_000_000, n) }
	return campaign.Attempt{
		ID: "dc01234567_8", Seq: 8, Campaign: "c", List: "list", Contact: 1 << 40, Key: "key", Number: "0101", Pass: 3,
		Claimed: at(1), Rang: at(2), Answered: at(3), Person: at(6), Connected: at(4), Ended: at(5),
		Outcome: campaign.Unknown, Cause: 127, DialStatus: "ANSWER", Agent: "SIP/1", Note: "why", Type: "mobile", Server: "pbx", CallerID: "0212345670",
	}
}

func fullCounters() Counters {
	c := Counters{
		Attempts: 1 << 40, Causes: map[ami.Cause]int64{0: 1, 16: 2, 127: -3}, Attempted: 3, Late: 4, Slow: 5,
		Ring: 5 * time.Hour, Wait: -6, Talk: 7, AgentTime: 8, First: time.Unix(9, 0), Last: time.Unix(0, math.MaxInt64),
	}
	for i := range c.Contacts {
		c.Contacts[i] = int64(i) - 3
	}
	for i := range c.Outcomes {
		c.Outcomes[i] = int64(i) << 33
	}
	return c
}

func TestRecords(t *testing.T) {
	for _, want := range []campaign.Contact{{Numbers: []campaign.Number{{}}}, plainContact(), fullContact()} {
		b := encodeContact(&want)
		got, err := decodeContact(want.ID, b)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
		}
		// What a newer dialcamp appends is passed over.
		if got, err := decodeContact(want.ID, append(b, 1, 2, 3)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v", got, err)
		}
		// Cut short it is no contact that nobody has called yet.
		for n := range b {
			if got, err := decodeContact(want.ID, b[:n]); !errors.Is(err, errRecord) {
				t.Errorf("%d of %d bytes are %+v, %v", n, len(b), got, err)
			}
		}
	}
	undetected := fullAttempt()
	undetected.Person = time.Time{}
	for _, want := range []campaign.Attempt{{}, fullAttempt(), undetected} {
		b := encodeAttempt(&want)
		got, err := decodeAttempt(want.Campaign, want.Seq, b)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
		}
		// One of a dialcamp that did not keep where it was placed ends before that.
		before := want
		before.Server, before.CallerID = "", ""
		older := len(encodeAttempt(&before))
		if want.Server != "" {
			older -= len("\x00\x00")
			if got, err := decodeAttempt(want.Campaign, want.Seq, b[:older]); err != nil || !reflect.DeepEqual(got, before) {
				t.Errorf("%v\n got %+v\nwant %+v", err, got, before)
			}
		}
		for n := range b {
			if n == older {
				continue
			}
			if got, err := decodeAttempt(want.Campaign, want.Seq, b[:n]); !errors.Is(err, errRecord) {
				t.Errorf("%d of %d bytes are %+v, %v", n, len(b), got, err)
			}
		}
	}
	for _, want := range []Counters{{}, fullCounters()} {
		b := encodeCounters(&want)
		got, err := decodeCounters(b)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
		}
		for n := range b {
			if got, err := decodeCounters(b[:n]); !errors.Is(err, errRecord) {
				t.Errorf("%d of %d bytes are %+v, %v", n, len(b), got, err)
			}
		}
	}
	for _, b := range [][]byte{nil, {}, {0}, {fullRecord + 1, 0, 0}, {255}} {
		if _, err := decodeContact(1, b); !errors.Is(err, errRecord) {
			t.Errorf("%v: %v", b, err)
		}
		if _, err := decodeAttempt("c", 1, b); !errors.Is(err, errRecord) {
			t.Errorf("%v: %v", b, err)
		}
		if _, err := decodeCounters(b); !errors.Is(err, errRecord) {
			t.Errorf("%v: %v", b, err)
		}
	}
}

// TestRecordLimits: the encoder writes nothing that the decoder refuses, or a
// contact could be stored and never read again.
func TestRecordLimits(t *testing.T) {
	c := fullContact()
	c.Attempts, c.Counted = -1, math.MaxInt
	got, err := decodeContact(c.ID, encodeContact(&c))
	if err != nil || got.Attempts != 0 || got.Counted != math.MaxInt32 {
		t.Errorf("%+v, %v", got, err)
	}
	a := fullAttempt()
	for cause, want := range map[int]ami.Cause{-1: 0, math.MinInt: 0, math.MaxInt: math.MaxInt32, 0: 0} {
		a.Cause = ami.Cause(cause)
		if got, err := decodeAttempt("c", 8, encodeAttempt(&a)); err != nil || got.Cause != want {
			t.Errorf("cause %d: %+v, %v", cause, got, err)
		}
	}
	// And the decoder refuses what would be something else after it is cut to
	// the size of its field.
	for name, e := range map[string]encoder{
		"state 256":   {recordVersion, 0x80, 2},
		"state":       {recordVersion, campaign.NumStates},
		"outcome 256": {recordVersion, 0, 0, 0x80, 2},
		"time":        append([]byte{recordVersion, 0}, bytes.Repeat([]byte{0xff}, 9)...),
		"attributes":  {recordVersion, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 7},
		"tries":       {recordVersion, 0, 0, 0, 0, 0, 0, 0, 0, 0, campaign.NumOutcomes + 1},
		"try 65536":   {recordVersion, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x80, 0x80, 4},
	} {
		e = append(e, 1)
		e = append(e, make([]byte, 50)...)
		if got, err := decodeContact(1, e); !errors.Is(err, errRecord) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestNanos(t *testing.T) {
	seoul := time.FixedZone("KST", 9*3600)
	for _, test := range []struct {
		t, want time.Time
	}{
		{time.Time{}, time.Time{}},
		{time.Unix(0, 1), time.Unix(0, 1)},
		{time.Unix(0, 0), time.Time{}},
		{time.Unix(-1, 0), time.Time{}},
		{time.Date(-300, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}},
		{time.Date(2026, 1, 1, 0, 0, 0, 1, seoul), time.Date(2025, 12, 31, 15, 0, 0, 1, time.UTC)},
		{time.Unix(0, math.MaxInt64), time.Unix(0, math.MaxInt64)},
		{time.Unix(0, math.MaxInt64).Add(1), time.Unix(0, math.MaxInt64)},
		{time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(0, math.MaxInt64)},
	} {
		var e encoder
		e.time(test.t)
		d := decoder{b: e}
		if got := d.time(); d.err != nil || !got.Equal(test.want) {
			t.Errorf("%v: %v, %v", test.t, got, d.err)
		}
	}
	now := time.Now()
	var e encoder
	e.time(now)
	if got := (&decoder{b: e}).time(); !got.Equal(now) || got != now.Round(0) {
		t.Errorf("%v, not %v", got, now)
	}
}

// The fuzzers: whatever the bytes are, there is no panic and no large
// allocation, and what can be read is written and read the same again.

func FuzzContact(f *testing.F) {
	c := fullContact()
	f.Add(encodeContact(&c))
	f.Add(encodeContact(&campaign.Contact{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := decodeContact(1, b)
		if err != nil {
			if !errors.Is(err, errRecord) {
				t.Fatal(err)
			}
			return
		}
		again, err := decodeContact(1, encodeContact(&c))
		if err != nil || !reflect.DeepEqual(c, again) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, again, c)
		}
	})
}

func FuzzAttempt(f *testing.F) {
	a := fullAttempt()
	f.Add(encodeAttempt(&a))
	f.Add(encodeAttempt(&campaign.Attempt{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := decodeAttempt("c", 1, b)
		if err != nil {
			if !errors.Is(err, errRecord) {
				t.Fatal(err)
			}
			return
		}
		again, err := decodeAttempt("c", 1, encodeAttempt(&a))
		if err != nil || !reflect.DeepEqual(a, again) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, again, a)
		}
		a.Ring()
		a.Wait()
		a.Talk()
		a.Late()
	})
}

func FuzzCounters(f *testing.F) {
	c := fullCounters()
	f.Add(encodeCounters(&c))
	f.Add(encodeCounters(&Counters{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := decodeCounters(b)
		if err != nil {
			if !errors.Is(err, errRecord) {
				t.Fatal(err)
			}
			return
		}
		again, err := decodeCounters(encodeCounters(&c))
		if err != nil || !reflect.DeepEqual(c, again) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, again, c)
		}
	})
}

func FuzzRevision(f *testing.F) {
	f.Add(encodeRevision(&revision{at: time.Unix(1_800_000_000, 5)}))
	f.Add(encodeRevision(&revision{row: &Row{Attributes: fullContact().Attributes, Numbers: []RowNumber{{"1", "2", "mobile"}}, Priority: 5, Zone: "UTC", NotBefore: time.Unix(1, 0), Expires: time.Unix(2, 0)}, at: time.Unix(1_800_000_000, 5)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRevision(b)
		if err != nil {
			if !errors.Is(err, errRecord) {
				t.Fatal(err)
			}
			return
		}
		again, err := decodeRevision(encodeRevision(&r))
		if err != nil || !reflect.DeepEqual(r, again) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, again, r)
		}
	})
}

func FuzzUndoing(f *testing.F) {
	f.Add(encodeUndoing(&undoing{1, 2, 1<<64 - 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		u, err := decodeUndoing(b)
		if err != nil {
			if !errors.Is(err, errRecord) {
				t.Fatal(err)
			}
			return
		}
		if again, err := decodeUndoing(encodeUndoing(u)); err != nil || *again != *u {
			t.Fatalf("%v\n got %+v\nwant %+v", err, again, u)
		}
	})
}

// FuzzStage: what the load of a list keeps in its own file is only ever its own,
// but the disk may give back something else.
func FuzzStage(f *testing.F) {
	c := fullContact()
	s := stage{dir: f.TempDir()}
	if err := errors.Join(s.add(7, encodeContact(&c), &Row{Line: 3, Numbers: []RowNumber{{Number: "1", Given: "2"}}, Record: []string{"a", ""}, Refused: "r"}, "why"), s.w.Flush()); err != nil {
		f.Fatal(err)
	}
	b := make([]byte, s.size)
	if _, err := s.file.ReadAt(b, 0); err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		r := stageReader{r: bufio.NewReader(bytes.NewReader(b)), left: 2}
		for {
			row, err := r.next()
			if err != nil {
				return
			}
			row.row()
		}
	})
}

func FuzzRollup(f *testing.F) {
	c := fullCounters()
	a := fullAttempt()
	for _, key := range groupsOf(&a) {
		f.Add([]byte(key), encodeCounters(&c))
	}
	f.Fuzz(func(t *testing.T, key, b []byte) {
		if len(key) == 0 {
			return // bbolt keeps none
		}
		if _, err := rollupOf(key, b); err != nil && !errors.Is(err, errRecord) {
			t.Fatal(err)
		}
	})
}

// TestRevisionOfSchema2: a change that was decided on before contacts had more
// than one number leaves these as they are.
func TestRevisionOfSchema2(t *testing.T) {
	old := encoder{recordVersion}
	old.bool(false)
	old.attributes([]campaign.Attribute{{Name: "A", Value: "new"}})
	old.time(time.Unix(5, 0))
	ch, err := decodeRevision(old)
	if err != nil {
		t.Fatal(err)
	}
	got, want := fullContact(), fullContact()
	want.Attributes = []campaign.Attribute{{Name: "A", Value: "new"}}
	if ch.revise(&got); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}
