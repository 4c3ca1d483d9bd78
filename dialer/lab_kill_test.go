package dialer_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/testdata/lab"
)

// process is dialcamp run, as a process of its own.
type process struct {
	t   testing.TB
	cmd *exec.Cmd
	log *os.File
}

// buildDaemon builds the real binary, once a test.
func buildDaemon(t testing.TB) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "dialcamp")
	out, err := exec.Command("go", "build", "-o", bin, "github.com/dialcamp/dialcamp/cmd/dialcamp").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

func startDaemon(t testing.TB, bin, cfgFile string) *process {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(filepath.Dir(cfgFile), "daemon.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "run", "-c", cfgFile)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t, cmd, log}
	t.Cleanup(func() { p.kill() })
	return p
}

// kill is kill -9.
func (p *process) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
	p.log.Close()
}

// stop is SIGTERM; the daemon must end by itself and well.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("dialcamp run after SIGTERM: %v", err)
	}
	p.log.Close()
}

// awaitOver waits until every contact of every campaign is over.
func awaitOver(ctx context.Context, t testing.TB, cfg *config.Config, contacts int) {
	t.Helper()
	c := control.NewClient(cfg.Control.Socket)
	for {
		st, err := c.Status(ctx)
		if err == nil {
			var total, left int64
			for _, r := range st.Reports {
				total += r.Contacts["total"]
				left += r.Contacts["pending"] + r.Contacts["waiting"] + r.Contacts["dialing"]
			}
			if total == int64(contacts) && left == 0 {
				return
			}
		} else if !errors.Is(err, control.ErrNotRunning) && ctx.Err() == nil {
			t.Logf("status: %v", err)
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the campaign did not end: %+v", st)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// killFates are those of the kill tests: something of everything.
func killFates() []fate {
	return slices.Concat(causeFates(4, true), answerFates(40, 2, 8, 12, 6))
}

func showLogOnFailure(t *testing.T, dir string) {
	t.Cleanup(func() {
		if t.Failed() {
			b, _ := os.ReadFile(filepath.Join(dir, "daemon.log"))
			t.Logf("the daemon's log:\n%s", b)
		}
	})
}

func TestLabKillNineLosesNothing(t *testing.T) {
	l := lab.Up(t, 5)
	bin := buildDaemon(t)
	dir := t.TempDir()
	showLogOnFailure(t, dir)
	fates := killFates()
	file := labConfig(t, l, dir, labCampaign(t, dir, "kill", "200", "DialCamp", fates))
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 10 {
		p := startDaemon(t, bin, file)
		// The moment of the kill is drawn, not waited for: any is as good.
		time.Sleep(time.Duration(300+rng.IntN(3000)) * time.Millisecond)
		p.kill()
	}
	p := startDaemon(t, bin, file)
	awaitOver(ctx, t, cfg, len(fates))
	p.stop()
	if err := l.WaitIdle(ctx); err != nil {
		t.Fatal(err)
	}
	checkInterrupted(t, l, cfg, "kill", fates)
}

func TestLabAsteriskKilledAndRestarted(t *testing.T) {
	l := lab.Up(t, 5)
	bin := buildDaemon(t)
	dir := t.TempDir()
	showLogOnFailure(t, dir)
	fates := killFates()
	file := labConfig(t, l, dir, labCampaign(t, dir, "restart", "200", "DialCamp", fates))
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()

	p := startDaemon(t, bin, file)
	for range 2 {
		time.Sleep(5 * time.Second) // in mid-campaign
		l.Kill(lab.PBX)
		// The carrier's phones would ring on for minutes.
		l.CLI(lab.Carrier, "channel request hangup all")
		l.Start(lab.PBX)
	}
	awaitOver(ctx, t, cfg, len(fates))
	p.stop()
	if err := l.WaitIdle(ctx); err != nil {
		t.Fatal(err)
	}
	checkInterrupted(t, l, cfg, "restart", fates)
}

// checkInterrupted holds a campaign that was interrupted against its numbers
// and the carrier: an attempt has its number's outcome or is unknown, nobody is
// dialed more often than the rules allow, or twice at once.
func checkInterrupted(t *testing.T, l *lab.Lab, cfg *config.Config, name string, fates []fate) {
	t.Helper()
	s := openStore(t, cfg)
	checkCampaign(t, s, name, len(fates))
	attempts := map[string][]campaign.Attempt{}
	unknown := 0
	for a, err := range s.Attempts(name, time.Time{}, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		attempts[a.Number] = append(attempts[a.Number], a)
		if a.Outcome == campaign.Unknown {
			unknown++
		}
	}
	total := 0
	for _, f := range fates {
		got := attempts[f.number]
		total += len(got)
		lost := 0
		for _, a := range got {
			if a.Outcome == campaign.Unknown {
				lost++
			} else if a.Outcome != f.outcome {
				t.Errorf("%s: attempt %s is %s (cause %d, %s), want %s or unknown", f.number, a.ID, a.Outcome, a.Cause, a.Note, f.outcome)
			}
		}
		if n := len(got); n == 0 || n > f.attempts+lost || n > 3 && f.outcome != campaign.Congestion {
			t.Errorf("%s: %d attempts, %d of them unknown; the rules allow %d", f.number, n, lost, f.attempts)
		}
	}
	t.Logf("%d attempts, %d of them unknown", total, unknown)
	compareCDR(t, l, attempts, true)
	checkNoOverlap(t, l)
}

// checkNoOverlap: nobody's telephone may ring while he is being called already.
func checkNoOverlap(t *testing.T, l *lab.Lab) {
	t.Helper()
	byNumber := map[string][]lab.Call{}
	for _, c := range l.CDR() {
		byNumber[c.Number] = append(byNumber[c.Number], c)
	}
	for number, calls := range byNumber {
		slices.SortFunc(calls, func(a, b lab.Call) int { return a.Start.Compare(b.Start) })
		for i := 1; i < len(calls); i++ {
			if calls[i].Start.Before(calls[i-1].End) {
				t.Errorf("%s was called at %v while the call of %v went on until %v", number, calls[i].Start, calls[i-1].Start, calls[i-1].End)
			}
		}
	}
}
