package dialer

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// record is a log of troubles in a bubble.
type record struct {
	t   *troubles
	log *slog.Logger
	buf bytes.Buffer
}

func newRecord() *record {
	r := &record{t: &troubles{clock: RealTime{}}}
	r.log = slog.New(slog.NewTextHandler(&r.buf, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindTime {
			return slog.Attr{}
		}
		return a
	}}))
	return r
}

func (r *record) met(why string) {
	r.t.met("key", why, line{r.log, slog.LevelWarn, "down", []slog.Attr{slog.Any("error", errors.New(why))}})
}

func (r *record) over() bool { return r.t.over("key", line{r.log, slog.LevelInfo, "up", nil}) }

// pass lets time pass as the loop does.
func (r *record) pass(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
		r.t.tick()
	}
}

// lines are those that were written since it was last called.
func (r *record) lines() []string {
	defer r.buf.Reset()
	return strings.Split(strings.TrimSuffix(r.buf.String(), "\n"), "\n")
}

func (r *record) wrote(t *testing.T, want ...string) {
	t.Helper()
	if got := r.lines(); fmt.Sprint(got) != fmt.Sprint(want) && !(len(want) == 0 && got[0] == "") {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// TestTroubleIsToldOnce: when it begins, for a new reason, once an hour and when it
// is over.
func TestTroubleIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecord()
		if r.over() {
			t.Error("over before it began")
		}
		r.wrote(t)
		r.met("refused")
		r.wrote(t, "level=WARN msg=down error=refused")
		for range 5 {
			r.pass(time.Minute)
			r.met("refused")
		}
		r.wrote(t)
		r.met("timeout")
		r.wrote(t, "level=WARN msg=down error=timeout times=7")
		for range 65 {
			r.pass(time.Minute)
			r.met("timeout")
		}
		r.wrote(t, "level=WARN msg=down error=timeout times=67")
		for range 2 {
			if !r.over() {
				t.Error("it was not known")
			}
		}
		r.wrote(t, "level=INFO msg=up times=72 lasted=1h10m0s")
		r.pass(2 * time.Minute)
		if r.over() {
			t.Error("it is known still")
		}
		r.met("refused")
		r.wrote(t, "level=WARN msg=down error=refused")
	})
}

// TestTroubleThatComesAndGoes is told less and less, but when it stays.
func TestTroubleThatComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecord()
		r.met("x")
		r.over()
		r.wrote(t, "level=WARN msg=down error=x", "level=INFO msg=up times=1 lasted=0s")
		for range 1000 {
			r.pass(time.Second)
			r.met("x")
			r.pass(time.Second)
			r.over()
		}
		if n := len(r.lines()); n > 4 {
			t.Errorf("%d lines", n)
		}
		r.pass(11 * time.Minute)
		if got := r.lines(); len(got) != 1 || !strings.HasPrefix(got[0], "level=INFO msg=up times=1001 lasted=33m") {
			t.Errorf("when it is over for good: %q", got)
		}
		r.met("x")
		r.over()
		r.lines()
		r.pass(10 * time.Second)
		r.met("x")
		r.pass(59 * time.Second)
		r.wrote(t)
		r.pass(3 * time.Second)
		r.wrote(t, "level=WARN msg=down error=x times=2")
		r.over()
		r.wrote(t, "level=INFO msg=up times=2 lasted=1m12s")
	})
}

// TestTroubleWithoutEnd is over when it is not met any more.
func TestTroubleWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecord()
		for i := range 1000 {
			r.t.metOnce("key", line{r.log, slog.LevelWarn, "a call ended unseen", []slog.Attr{slog.Int("attempt", i)}})
			r.pass(time.Second)
		}
		r.wrote(t, "level=WARN msg=\"a call ended unseen\" attempt=0")
		r.pass(2 * time.Minute)
		r.wrote(t, "level=INFO msg=\"over: a call ended unseen\" times=1000 lasted=16m39s")
		r.t.metOnce("key", line{r.log, slog.LevelWarn, "a call ended unseen", nil})
		r.pass(2 * time.Minute)
		r.wrote(t, "level=WARN msg=\"a call ended unseen\"")
	})
}

// TestTroublesAreBounded: neither reasons without end nor troubles without end
// fill the log or the memory.
func TestTroublesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecord()
		for i := range 1000 {
			r.met(fmt.Sprint("reason ", i))
		}
		if n := len(r.lines()); n != maxWhys {
			t.Errorf("%d lines", n)
		}
		for i := range 2 * maxTroubles {
			r.t.met(fmt.Sprint("file ", i), "", line{r.log, slog.LevelWarn, "bad", nil})
		}
		if n := len(r.t.now); n != maxTroubles {
			t.Errorf("%d are known", n)
		}
		time.Sleep(forgetAfter)
		r.t.tick()
		if n := len(r.t.now); n != 0 {
			t.Errorf("%d are known a day later", n)
		}
	})
}
