package store_test

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// TestFullDisk works on a file system that is full, and then is not.
func TestFullDisk(t *testing.T) {
	cmd := child("full", "tmpfs", t.TempDir())
	// A mount of the child's own: it ends with it, whatever happens.
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	out, err := cmd.Output()
	if cmd.ProcessState == nil || strings.HasPrefix(string(out), "SKIP") {
		t.Skipf("no file system of its own: %v %s", err, out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestFileLimit works under a limit on the size of its file, which needs no
// privilege but fails earlier: the file cannot even be made longer.
func TestFileLimit(t *testing.T) {
	cmd := child("full", "limit", t.TempDir())
	if out, err := cmd.Output(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// disk is one that can be filled and emptied.
type disk struct {
	dir         string
	fill, empty func() error
	full        error
}

func tmpfs(dir string) (disk, error) {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return disk{}, err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		return disk{}, err
	}
	filler := filepath.Join(dir, "filler")
	return disk{
		dir: dir,
		fill: func() error {
			f, err := os.OpenFile(filler, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
			for err == nil {
				_, err = f.Write(make([]byte, 4096))
			}
			return errors.Join(f.Close(), expect(err, syscall.ENOSPC))
		},
		empty: func() error { return os.Remove(filler) },
		full:  syscall.ENOSPC,
	}, nil
}

func limited(dir string) (disk, error) {
	signal.Ignore(syscall.SIGXFSZ) // else the kernel ends the process
	var old syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old)
	return disk{
		dir: dir,
		fill: func() error {
			fi, err := os.Stat(filepath.Join(dir, "dialcamp.db"))
			if err != nil {
				return err
			}
			return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(fi.Size()), Max: old.Max})
		},
		empty: func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old) },
	}, err
}

func expect(got, want error) error {
	if want != nil && !errors.Is(got, want) {
		return fmt.Errorf("%v, not %v", got, want)
	}
	if got == nil {
		return errors.New("no error")
	}
	return nil
}

func liveOnFullDisk(args []string) error {
	makeDisk := map[string]func(string) (disk, error){"tmpfs": tmpfs, "limit": limited}[args[0]]
	d, err := makeDisk(args[1])
	if err != nil {
		fmt.Println("SKIP", err)
		return nil
	}
	path := filepath.Join(d.dir, "dialcamp.db")
	s, err := store.Open(path)
	if err != nil {
		return err
	}
	f := fullDisk{disk: d, s: s}
	for round := range 3 {
		if err := f.round(round); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
	}
	if err := errors.Join(s.Verify(), s.Close()); err != nil {
		return err
	}
	s, err = store.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(s.Verify(), s.Close())
}

type fullDisk struct {
	disk
	s *store.Bolt
}

// bigRows are n rows of 4 kB.
func bigRows(from, n int) func(func(store.Row, error) bool) {
	big := []campaign.Attribute{{Name: "BIG", Value: strings.Repeat("x", 4000)}}
	return func(yield func(store.Row, error) bool) {
		for i := range n {
			if !yield(store.Row{Line: i, Numbers: []store.RowNumber{{Number: fmt.Sprint(from + i)}}, Attributes: big}, nil) {
				return
			}
		}
	}
}

func (f *fullDisk) load(camp string, from, n int) (store.Batch, error) {
	return f.s.Load(store.Source{Campaign: camp, List: "l", Hash: "h"}, time.Now(), bigRows(from, n), func(r store.Row, why string) { panic(why) })
}

func (f *fullDisk) round(round int) error {
	camp := fmt.Sprint("c", round)
	if _, err := f.load(camp, 1000*round, 40); err != nil {
		return err
	}
	claims, _, err := claimMost(f.s, camp, time.Now(), 10)
	if err != nil || len(claims) != 10 {
		return fmt.Errorf("%d claims, %w", len(claims), err)
	}
	if err := f.fill(); err != nil {
		return err
	}
	if err := f.whileFull(camp, claims); err != nil {
		return fmt.Errorf("full: %w", err)
	}
	if err := f.empty(); err != nil {
		return err
	}
	return f.whenEmpty(camp, 1000*round, claims)
}

// whileFull: some changes fit into pages that are free, others do not, but all
// that fail say why, and nothing of them is left.
func (f *fullDisk) whileFull(camp string, claims []campaign.Claim) error {
	before, err := f.s.Counters(camp)
	if err != nil {
		return err
	}
	failed := false
	// The first load may find free pages, but not all.
	for try := 0; try < 50 && !failed; try++ {
		_, err := f.load("big", 1_000_000+5000*try, 1000)
		if failed = err != nil; failed {
			if err := expect(err, f.full); err != nil {
				return err
			}
		}
	}
	if !failed {
		return errors.New("nothing failed")
	}
	if _, ok, err := f.s.List("big", "l"); err != nil {
		return fmt.Errorf("list %t, %w", ok, err)
	}
	if err := f.s.Verify(); err != nil {
		return err
	}
	a, c := noAnswer(claims[0])
	err = f.s.Finish(a, c)
	after, countErr := f.s.Counters(camp)
	if countErr != nil {
		return countErr
	}
	if kept := after.Outcomes[campaign.NoAnswer] > before.Outcomes[campaign.NoAnswer]; kept != (err == nil) {
		return fmt.Errorf("finish returned %w, but kept is %t", err, kept)
	}
	return f.s.Verify()
}

func (f *fullDisk) whenEmpty(camp string, from int, claims []campaign.Claim) error {
	for _, cm := range claims { // the first perhaps again
		a, c := noAnswer(cm)
		if err := f.s.Finish(a, c); err != nil {
			return err
		}
	}
	n, err := f.s.Counters(camp)
	if err != nil || n.Outcomes[campaign.NoAnswer] != 10 {
		return fmt.Errorf("%+v, %w", n, err)
	}
	b, err := f.load(camp, from, 50)
	if err != nil || b.Added != 10 || b.Unchanged != 40 {
		return fmt.Errorf("%+v, %w", b, err)
	}
	return f.s.Verify()
}

func noAnswer(cm campaign.Claim) (campaign.Attempt, campaign.Contact) {
	a, c := cm.Attempt, cm.Contact
	a.Outcome, a.Ended = campaign.NoAnswer, a.Claimed.Add(20*time.Second)
	c.State, c.Due = campaign.Waiting, a.Ended.Add(time.Hour)
	return a, c
}
