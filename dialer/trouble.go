package dialer

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// calm is how long a trouble must have been over, or go on when it comes back,
	// before there is another line about it. It doubles each time that it comes
	// back, up to maxCalm: what comes and goes all day long is not told each time.
	calm    = time.Minute
	maxCalm = 10 * time.Minute

	// remindEach is how often a trouble that goes on is told again.
	remindEach = time.Hour

	// maxWhys is how many different reasons of a trouble are told between two
	// reminders.
	maxWhys = 8

	// forgetAfter is how long a trouble is known that is neither met any more nor told
	// to be over, such as a bad file that somebody has removed.
	forgetAfter = 25 * time.Hour

	// maxTroubles bounds the troubles that are known at a time. One beyond is told
	// each time.
	maxTroubles = 1000
)

// line is one of the log.
type line struct {
	log   *slog.Logger
	level slog.Level
	text  string
	attrs []slog.Attr
}

func (l line) write(more ...slog.Attr) {
	l.log.LogAttrs(context.Background(), l.level, l.text, slices.Concat(l.attrs, more)...)
}

// troubles are what goes wrong at present. Each is told when it begins, counted
// while it repeats, told again once an hour, and told when it is over.
type troubles struct {
	clock Clock
	mu    sync.Mutex
	now   map[string]*trouble
}

type trouble struct {
	line   line      // of the last time
	why    string    // of the last time
	times  int       // that it was met
	silent int       // of these, since the last line
	began  time.Time // when it was first met
	last   time.Time // when it was last met
	back   time.Time // when it came back; zero: it has not, or that was told
	told   time.Time // when there was last a line about it
	whys   []string  // that were told since the last reminder
	calm   time.Duration

	over   time.Time // zero: it goes on
	ending line      // how its end is told
	fades  bool      // nothing tells its end but that it is not met any more
}

// met notes that a trouble is met, now or still. key is the same for the same
// trouble and why for the same reason of it, which is told once.
func (t *troubles) met(key, why string, l line) { t.meet(key, why, l, false) }

// metOnce notes a trouble that has no end of its own: it is over when it is not met
// any more for a while.
func (t *troubles) metOnce(key string, l line) { t.meet(key, "", l, true) }

func (t *troubles) meet(key, why string, l line, fades bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock.Now()
	m := t.now[key]
	if m == nil {
		if len(t.now) >= maxTroubles {
			l.write()
			return
		}
		if t.now == nil {
			t.now = map[string]*trouble{}
		}
		t.now[key] = &trouble{line: l, times: 1, began: now, last: now, told: now, whys: []string{why}, calm: calm, fades: fades}
		l.write()
		return
	}
	m.line, m.why, m.last = l, why, now
	m.times++
	m.silent++
	if !m.over.IsZero() {
		m.over, m.back = time.Time{}, now
	}
	if !slices.Contains(m.whys, why) && len(m.whys) < maxWhys {
		m.whys = append(m.whys, why)
		m.tell(now)
	}
}

// tell writes a line about a trouble that goes on.
func (m *trouble) tell(now time.Time) {
	m.line.write(slog.Int("times", m.times), slog.Time("since", m.began))
	m.told, m.back, m.silent = now, time.Time{}, 0
}

// over notes that a trouble is over, and tells it with l unless its return was not
// told. It reports whether there was any.
func (t *troubles) over(key string, l line) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.now[key]
	if m == nil {
		return false
	}
	if !m.over.IsZero() {
		return true
	}
	now := t.clock.Now()
	m.over, m.ending = now, l
	if m.back.IsZero() {
		m.end(now)
		return true
	}
	m.calm = min(2*m.calm, maxCalm) // nobody knows that it was back
	return true
}

func (m *trouble) end(now time.Time) {
	m.ending.write(slog.Int("times", m.times), slog.Duration("lasted", now.Sub(m.began).Round(time.Second)))
	m.told, m.silent = now, 0
}

// tick lets time pass.
func (t *troubles) tick() {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock.Now()
	for key, m := range t.now {
		switch {
		case !m.over.IsZero() && now.Sub(m.over) >= m.calm:
			if m.silent > 0 {
				m.end(m.over)
			}
			delete(t.now, key)
		case !m.over.IsZero():
		case now.Sub(m.last) >= forgetAfter:
			delete(t.now, key)
		case m.fades && now.Sub(m.last) >= calm:
			if m.times > 1 {
				m.ending = line{m.line.log, slog.LevelInfo, "over: " + m.line.text, nil}
				m.end(m.last)
			}
			delete(t.now, key)
		case !m.back.IsZero() && now.Sub(m.back) >= m.calm:
			m.calm = min(2*m.calm, maxCalm)
			m.tell(now)
		case m.silent > 0 && now.Sub(m.told) >= remindEach:
			m.whys = []string{m.why}
			m.tell(now)
		}
	}
}

// Stray is where lines go that libraries write into the log package, such as
// net/http's about clients that it does not understand.
func (d *Daemon) Stray() io.Writer { return stray{d} }

type stray struct{ d *Daemon }

func (s stray) Write(b []byte) (int, error) {
	text := strings.TrimSpace(string(b))
	kind := strings.Map(func(r rune) rune { // addresses and ports differ each time
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, text)
	s.d.troubles.meet("stray", kind, line{s.d.log, slog.LevelWarn, text, nil}, true)
	return len(b), nil
}
