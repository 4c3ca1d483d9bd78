package store

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// The table of sizes, each figure from one run:
//
//	go test ./store -run '^$' -bench Size -benchtime 1x -timeout 1h -store.sizes 100000,1000000,10000000
//
// The largest needs 6 GB of disk and ten minutes. Each step is a process of its
// own, whose memory is its own. -store.size-profile DIR keeps a CPU profile of
// each.
var (
	sizes       = flag.String("store.sizes", "100000", "sizes of BenchmarkSize, `N,N…`")
	sizeProfile = flag.String("store.size-profile", "", "write CPU profiles of BenchmarkSize to this `directory`")
)

// Children are what the test binary does for tests in this package when it is
// started again.
var Children = map[string]func([]string) error{"size": sizeStep}

// sizeSteps are the steps in their order; each prints its figures.
var sizeSteps = []struct {
	name string
	do   func(s *Bolt, n int, out figures) error
}{
	{"preview", sizePreview},
	{"import", sizeImport},
	{"dnc", sizeDNC},
	{"sleep", sizeSleep},
	{"dial", sizeDial},
	{"crash", sizeCrash},
	{"change", sizeChange},
	{"undo", sizeUndo},
}

// figures are by their units, as the table names them.
type figures map[string]float64

func BenchmarkSize(b *testing.B) {
	for word := range strings.SplitSeq(*sizes, ",") {
		b.Run("contacts="+word, func(b *testing.B) {
			dir := b.TempDir()
			for b.Loop() {
				path := filepath.Join(dir, "size.db")
				for _, step := range sizeSteps {
					for unit, v := range runStep(b, step.name, path, word) {
						b.ReportMetric(v, unit)
					}
				}
				os.Remove(path)
			}
			b.ReportMetric(0, "ns/op") // of all steps together: says nothing
		})
	}
}

func runStep(b *testing.B, name, path, n string) (out figures) {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-store.size-profile="+*sizeProfile, name, path, n)
	cmd.Env = append(os.Environ(), "DIALCAMP_STORE_TEST_CHILD=size")
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
		b.Fatalf("%s: %v in %q", name, err, stdout.Bytes())
	}
	return out
}

// sizeStep is a step in its own process: its name, the store and the size.
func sizeStep(args []string) error {
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	if *sizeProfile != "" {
		f, err := os.Create(filepath.Join(*sizeProfile, fmt.Sprintf("%s-%d.pprof", args[0], n)))
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	out := figures{}
	began := time.Now()
	s, err := Open(args[1])
	if err != nil {
		return err
	}
	out["s-"+args[0]+"-open"], out["cpu-s-"+args[0]+"-open"] = time.Since(began).Seconds(), cpuTime().Seconds()
	for _, step := range sizeSteps {
		if step.name == args[0] {
			if err := step.do(s, n, out); err != nil {
				return err
			}
		}
	}
	if args[0] != "dial" { // which leaves the file as a crash does
		if err := s.Close(); err != nil {
			return err
		}
	}
	out["s-"+args[0]+"-all"], out["cpu-s-"+args[0]] = time.Since(began).Seconds(), cpuTime().Seconds()
	return json.NewEncoder(os.Stdout).Encode(out)
}

// cpuTime is what this process has used of the processors, however many others
// there are.
func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory of this process, in MiB.
func memory(field string) float64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if words := strings.Fields(sc.Text()); words[0] == field+":" {
			kb, _ := strconv.ParseFloat(words[1], 64)
			return kb / 1024
		}
	}
	return 0
}

// watch calls the end with the most that a field of memory was.
func watch(field string) (end func() float64) {
	var most float64
	stop, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for {
			most = max(most, memory(field))
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() float64 {
		close(stop)
		<-done
		return most
	}
}

// sizeRows are those of a real list: the numbers are in no order, one row in
// fifty stands for the contact of another. With changed, every so manyth row has
// another attribute, is gone or is new.
func sizeRows(n, changed int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for i := range n {
			r := Row{Line: i + 2, Numbers: []RowNumber{{Number: sizeNumber(i)}}}
			city := "Seoul"
			if i%50 == 49 {
				r.Numbers[0].Number = sizeNumber(i - 49)
			}
			if changed > 0 && i%changed == 7 {
				switch i / changed % 3 {
				case 0:
					city = "Busan"
				case 1:
					continue
				case 2:
					r.Numbers[0].Number = sizeNumber(n + i)
				}
			}
			r.Attributes = []campaign.Attribute{{Name: "NAME", Value: "Somebody Somewhere"}, {Name: "CITY", Value: city}}
			r.Record = []string{r.Numbers[0].Number, "Somebody Somewhere", city}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// sizeNumber is another number for each i: an odd factor modulo 2^32 makes each
// once.
func sizeNumber(i int) string { return fmt.Sprintf("010%010d", uint32(i)*2654435761) }

var sizeSource = Source{Campaign: "c", List: "l", Hash: "h", Stamp: "s", Remove: true}

func sizeImport(s *Bolt, n int, out figures) error {
	anon := watch("RssAnon")
	began := time.Now()
	b, err := s.Load(sizeSource, benchStart, sizeRows(n, 0), noReject)
	if err != nil {
		return err
	}
	took := time.Since(began).Seconds()
	if b.Added != n-n/50 || b.Rejected != n/50 {
		return fmt.Errorf("%+v", b)
	}
	out["s-import"], out["rows/s-import"] = took, float64(n)/took
	out["MiB-import-peak"], out["MiB-import-anon-peak"] = memory("VmHWM"), anon()
	fi, err := os.Stat(s.path)
	if err == nil {
		out["MiB-file"] = float64(fi.Size()) / (1 << 20)
	}
	return err
}

// sizePreview is a dry run of the import, before it.
func sizePreview(s *Bolt, n int, out figures) error {
	anon := watch("RssAnon")
	began := time.Now()
	b, err := s.Preview(sizeSource, benchStart, sizeRows(n, 0), func(Row, Verdict) {})
	if err != nil {
		return err
	}
	if b.Added != n-n/50 || b.Rejected != n/50 {
		return fmt.Errorf("%+v", b)
	}
	out["s-preview"], out["MiB-preview-peak"], out["MiB-preview-anon-peak"] = time.Since(began).Seconds(), memory("VmHWM"), anon()
	return nil
}

func sizeDNC(s *Bolt, n int, out figures) error {
	began := time.Now()
	_, err := s.SetDNC(DNCName{List: "national"}, "s", benchStart, func(yield func(string, error) bool) {
		for i := range n / 2 { // one in ten is in the list
			number := sizeNumber(2*n + i)
			if i%5 == 0 {
				number = sizeNumber(i)
			}
			if !yield(number, nil) {
				return
			}
		}
	})
	out["s-dnc"], out["MiB-dnc-peak"] = time.Since(began).Seconds(), memory("VmHWM")
	return err
}

// sizeSleep lets 30 in 100 wait for a later time, without calls.
func sizeSleep(s *Bolt, n int, _ figures) error {
	s.db.NoSync = true // no figure is made of it
	defer func() { s.db.NoSync = false }()
	rnd := rand.New(rand.NewPCG(1, 2))
	for from := uint64(1); from <= uint64(n); from += 5000 {
		if err := s.change(func(t *txn) error {
			p, err := t.campaign("c")
			if err != nil {
				return err
			}
			for id := from; id < from+5000 && id <= uint64(n); id++ {
				if rnd.IntN(10) >= 3 || p.contacts.Get(key64(id)) == nil {
					continue
				}
				c, err := p.contact(id)
				if err != nil {
					return err
				}
				was := c
				c.Due = benchStart.Add(time.Hour + time.Duration(rnd.Int64N(int64(72*time.Hour))))
				if err := p.putContact(&was, &c); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

const sizeCalls = 50_000

func sizeDial(s *Bolt, n int, out figures) error {
	began := time.Now()
	now := benchStart.Add(time.Minute)
	claims, _, err := claimMost(s, "c", now, 1)
	if err != nil || len(claims) != 1 {
		return fmt.Errorf("%d claims, %w", len(claims), err)
	}
	out["s-start"] = out["s-dial-open"] + time.Since(began).Seconds()
	if st, err := s.Stats(); err == nil {
		out["pages-free"] = float64(st.FreeBytes / 4096)
	}
	took := make([]time.Duration, 2001)
	for i := range took {
		began := time.Now()
		err := s.view(func(t *txn) error {
			p, err := t.campaign("c")
			if err != nil {
				return err
			}
			take := campaign.Take{Max: 1, AllZones: true}
			scan, err := t.scanDue(p, &take)
			if err != nil {
				return err
			}
			_, err = t.collectDue(scan, now, &take)
			return err
		})
		if took[i] = time.Since(began); err != nil {
			return err
		}
	}
	slices.Sort(took)
	out["µs-next"] = float64(took[len(took)/2].Nanoseconds()) / 1000

	var left, failed atomic.Int64
	left.Store(int64(min(sizeCalls, n/4)))
	calls := float64(left.Load())
	anon := watch("RssAnon")
	var wg sync.WaitGroup
	began = time.Now()
	for range 256 {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := sizeCall(s, now); err != nil {
					fmt.Fprintln(os.Stderr, err)
					failed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if failed.Load() > 0 {
		return fmt.Errorf("%d calls failed", failed.Load())
	}
	out["attempts/s"] = calls / time.Since(began).Seconds()
	out["MiB-dial-anon-peak"], out["MiB-dial-peak"] = anon(), memory("VmHWM")
	return sizeReport(s, out)
}

func sizeCall(s *Bolt, now time.Time) error {
	claims, _, err := claimMost(s, "c", now, 1)
	if err != nil || len(claims) != 1 {
		return fmt.Errorf("%d claims, %w", len(claims), err)
	}
	a, c := claims[0].Attempt, claims[0].Contact
	a.Outcome, a.Cause, a.Ended = campaign.NoAnswer, 19, now.Add(20*time.Second)
	c.State, c.Last, c.Attempts, c.Counted = campaign.Waiting, a.Outcome, a.Pass, a.Pass
	c.Due = now.Add(time.Hour)
	c.Tries[a.Outcome]++
	return s.Finish(a, c)
}

// sizeReport is what a report reads.
func sizeReport(s *Bolt, out figures) error {
	began := time.Now()
	if _, err := s.Counters("c"); err != nil {
		return err
	}
	for _, by := range Groups() {
		for _, err := range s.Rollups("c", by) {
			if err != nil {
				return err
			}
		}
	}
	out["ms-report"] = float64(time.Since(began).Microseconds()) / 1000
	return nil
}

// sizeCrash only opens what the step before left.
func sizeCrash(*Bolt, int, figures) error { return nil }

func sizeChange(s *Bolt, n int, out figures) error {
	began := time.Now()
	if b, ok, err := s.List("c", "l"); err != nil || !ok || b.Stamp != "s" {
		return fmt.Errorf("%+v, %t, %w", b, ok, err)
	}
	out["s-unchanged"] = time.Since(began).Seconds()
	began = time.Now()
	anon := watch("RssAnon")
	b, err := s.Load(sizeSource, benchStart, sizeRows(n, 100), noReject)
	if err != nil {
		return err
	}
	out["s-changed-1%"] = time.Since(began).Seconds()
	out["MiB-changed-peak"], out["MiB-changed-anon-peak"] = memory("VmHWM"), anon()
	if got := b.Added + b.Updated + b.Removed; got < n/101 {
		return fmt.Errorf("%+v", b)
	}
	return nil
}

func sizeUndo(s *Bolt, n int, out figures) error {
	b, _, err := s.List("c", "l")
	if err != nil {
		return err
	}
	began := time.Now()
	_, err = s.Undo(b.ID, benchStart)
	out["s-undo"] = time.Since(began).Seconds()
	return err
}
