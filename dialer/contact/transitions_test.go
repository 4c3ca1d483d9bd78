package contact

import (
	"archive/zip"
	"flag"
	"fmt"
	"go/build"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var zoneSeed = flag.Uint64("contact.seed", 1, "of the windows tried at every zone's transitions")

// everyZone is the tz database that the toolchain brings or the system has.
func everyZone(t *testing.T) []string {
	t.Helper()
	var files fs.FS
	if z, err := zip.OpenReader(filepath.Join(build.Default.GOROOT, "lib", "time", "zoneinfo.zip")); err == nil {
		defer z.Close()
		files = z
	} else {
		files = os.DirFS("/usr/share/zoneinfo")
	}
	var names []string
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && locationOf(path) != nil {
			names = append(names, path)
		}
		return err
	})
	if err != nil || len(names) < 400 {
		t.Fatalf("only %d time zones found: %v", len(names), err)
	}
	return names
}

// transitions are the instants from..until at which the zone's offset changes.
func transitions(loc *time.Location, from, until time.Time) []time.Time {
	var all []time.Time
	for cur := from; ; {
		_, bound := cur.In(loc).ZoneBounds()
		if bound.IsZero() || bound.After(until) {
			return all
		}
		_, before := cur.In(loc).Zone()
		if cur = bound; before != offsetAt(bound, loc) {
			all = append(all, bound)
		}
	}
}

func offsetAt(t time.Time, loc *time.Location) int {
	_, offset := t.In(loc).Zone()
	return offset
}

// planNear invents windows of which many begin or end where the clock of loc
// jumps at t: of the day, overnight, over midnight, several, on some days, with
// holidays around.
func planNear(rnd *rand.Rand, t time.Time, loc *time.Location) plan {
	near := func() string {
		h, m, _ := t.Add(time.Duration(rnd.IntN(2)-1) * time.Second).In(loc).Clock()
		minute := (60*h + m + 24*60 + 5*(rnd.IntN(49)-24)) % (24 * 60)
		return fmt.Sprintf("%02d:%02d", minute/60, minute%60)
	}
	days := func() string {
		set := []string{strings.ToLower(t.In(loc).AddDate(0, 0, rnd.IntN(3)-1).Weekday().String()[:3])}
		for _, d := range []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} {
			if rnd.IntN(3) > 0 {
				set = append(set, d)
			}
		}
		return strings.Join(set, ",")
	}
	var p plan
	for range rnd.IntN(4) {
		r := rule{days: days(), from: near(), to: near()}
		switch rnd.IntN(8) {
		case 0:
			r.from = "00:00"
		case 1:
			r.to = "24:00"
		case 2:
			r.to = "00:00"
		case 3:
			r.from, r.to = "09:00", "18:00"
		}
		if r.from != r.to {
			p.rules = append(p.rules, r)
		}
	}
	for range rnd.IntN(3) {
		p.holidays = append(p.holidays, t.In(loc).AddDate(0, 0, rnd.IntN(5)-2).Format(time.DateOnly))
	}
	return p
}

// subject is what is compared with the oracle.
type subject struct {
	open         func(time.Time) bool
	next, closes func(time.Time) (time.Time, bool)
}

func subjectIn(w *Windows, loc *time.Location) subject {
	return subject{
		open:   func(t time.Time) bool { return w.Open(t, loc) },
		next:   func(t time.Time) (time.Time, bool) { return w.Next(t, loc) },
		closes: func(t time.Time) (time.Time, bool) { return w.Closes(t, loc) },
	}
}

// compare checks s against the oracle at every minute of the stretch, and its
// next and closes from every step-th, each second of these off the whole minute.
func compare(t *testing.T, name string, oracle func(time.Time) bool, s subject, start time.Time, minutes, step int) {
	t.Helper()
	open := make([]bool, minutes)
	for i := range open {
		m := start.Add(time.Duration(i) * time.Minute)
		open[i] = oracle(m)
		if got := s.open(m); got != open[i] {
			t.Fatalf("%s: open at %v is %v", name, m, got)
		}
	}
	check := func(from time.Time, i int, want bool, change func(time.Time) (time.Time, bool)) {
		j := i
		for j < minutes && open[j] != want {
			j++
		}
		at := start.Add(time.Duration(j) * time.Minute)
		got, ok := change(from)
		switch {
		case j == i && (!ok || !got.Equal(from)):
			t.Fatalf("%s: from %v, already %v: %v, %v", name, from, want, got, ok)
		case j > i && j < minutes && (!ok || !got.Equal(at)):
			t.Fatalf("%s: from %v: %v, %v; want %v", name, from, got, ok, at)
		case j == minutes && ok && got.Before(at):
			t.Fatalf("%s: from %v: %v is within the stretch", name, from, got)
		case ok && (oracle(got) != want || s.open(got) != want):
			t.Fatalf("%s: from %v: %v is not %v", name, from, got, want)
		}
	}
	for i, odd := 0, false; i < minutes; i, odd = i+step, !odd {
		from := start.Add(time.Duration(i) * time.Minute)
		if odd {
			from = from.Add(17*time.Second + 123)
		}
		check(from, i, true, s.next)
		check(from, i, false, s.closes)
	}
}

// skipsNothing follows next from start by the oracle's every minute, over a
// holiday and a week at most.
func skipsNothing(t *testing.T, name string, oracle func(time.Time) bool, s subject, start time.Time) {
	t.Helper()
	got, ok := s.next(start)
	for m := start; m.Before(start.AddDate(0, 0, 9)); m = m.Add(time.Minute) {
		if oracle(m) {
			if !ok || !got.Equal(m) {
				t.Fatalf("%s: from %v: %v, %v; want %v", name, start, got, ok, m)
			}
			return
		}
	}
	if ok && got.Before(start.AddDate(0, 0, 9)) {
		t.Fatalf("%s: from %v: %v; want none within nine days", name, start, got)
	}
}

// TestEveryTransition compares Open, Next and Closes with the oracle minute by
// minute around every clock change of every zone of the tz database: over the
// ten years to come, and those gone by, which have a date left out (Apia), a day
// that starts at 01:00 and changes of half an hour.
func TestEveryTransition(t *testing.T) {
	const around = 4 * 60 // minutes before and after
	decades := [][2]time.Time{{date(2026), date(2036)}, {date(2010), date(2020)}}
	names := everyZone(t)
	var tried atomic.Int64
	t.Cleanup(func() { t.Logf("%d zones, %d transitions", len(names), tried.Load()) })
	for part := range 8 {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			t.Parallel()
			for i := part; i < len(names); i += 8 {
				rnd := rand.New(rand.NewPCG(*zoneSeed, uint64(i)))
				loc := locationOf(names[i])
				for _, years := range decades {
					all := transitions(loc, years[0], years[1])
					if len(all) == 0 {
						all = append(all, years[0].Add(time.Duration(rnd.Int64N(int64(years[1].Sub(years[0]))))).Truncate(time.Minute))
					}
					for _, at := range all {
						p := planNear(rnd, at, loc)
						o, s := p.oracle(), subjectIn(p.windows(t), loc)
						here := func(m time.Time) bool { return o.open(m.In(loc)) }
						compare(t, fmt.Sprintf("%s, %v at %v", names[i], p, at), here, s, at.Add(-around*time.Minute), 2*around, 9)
						tried.Add(1)
					}
					at := all[rnd.IntN(len(all))]
					p := planNear(rnd, at, loc)
					o := p.oracle()
					skipsNothing(t, fmt.Sprintf("%s, %v", names[i], p), func(m time.Time) bool { return o.open(m.In(loc)) }, subjectIn(p.windows(t), loc), at.Add(-time.Duration(rnd.IntN(4000))*time.Minute))
				}
			}
		})
	}
}

// TestEveryTransitionInZones is the same for contacts that may be in any of up
// to four zones, each of which is among them somewhere.
func TestEveryTransitionInZones(t *testing.T) {
	names := everyZone(t)
	rnd := rand.New(rand.NewPCG(*zoneSeed, 0))
	rnd.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	home := zone(t, "Asia/Seoul")
	for set := range slices.Chunk(names, 4) {
		set = set[:1+rnd.IntN(len(set))]
		z, err := ParseZone(strings.Join(set, ","))
		if err != nil {
			t.Fatal(err)
		}
		loc := locationOf(set[0])
		all := transitions(loc, date(2026), date(2036))
		all = append(all, date(2026).Add(time.Duration(rnd.IntN(5_000_000))*time.Minute))
		at := all[rnd.IntN(len(all))]
		p := planNear(rnd, at, loc)
		if rnd.IntN(2) == 0 {
			p.rules = append(p.rules, rule{"mon-fri", "07:00", "22:00"})
		}
		o, w := p.oracle(), p.windows(t)
		everywhere := func(m time.Time) bool {
			for _, name := range set {
				if !o.open(m.In(locationOf(name))) {
					return false
				}
			}
			return true
		}
		s := subject{
			open:   func(t time.Time) bool { return w.OpenIn(t, z, home) },
			next:   func(t time.Time) (time.Time, bool) { return w.NextIn(t, z, home) },
			closes: func(t time.Time) (time.Time, bool) { return w.ClosesIn(t, z, home) },
		}
		name := fmt.Sprintf("%s, %v at %v", z, p, at)
		compare(t, name, everywhere, s, at.Add(-12*time.Hour), 24*60, 19)
		skipsNothing(t, name, everywhere, s, at.Add(-time.Hour))
	}
}

func date(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
