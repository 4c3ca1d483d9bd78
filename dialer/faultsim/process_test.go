package faultsim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/store"
)

// process is one life of the daemon. It may die at any moment, which is to say
// that nothing it does from then on is seen by anybody: its connections are cut,
// and the next one begins with the store's file as it was then.
type process struct {
	r    *run
	n    int // the how-manieth
	doom doom
	d    *dialer.Daemon
	stop func() // as SIGTERM
	end  func()
	done chan struct{} // closed when Run has returned
	err  error         // of Run
	died chan struct{} // closed by die

	disk    sync.Mutex // held while the file is written or looked at
	commits int
	before  *image // the file as it was before the commit that the disk has not confirmed; nil: there is none
	broken  bool   // the disk did not confirm a commit, so that the store refuses all others

	mu     sync.Mutex
	dead   bool
	left   image // the store's file when it died
	writes int
	asks   int // writes that are Originates
	conns  []net.Conn
	dialed int
}

// doom is when a process dies: before, in or after its nth commit, write to a
// socket, or Originate; or after a time.
type doom struct {
	what  string // commit, write, originate, time, never
	n     int
	where string // before, in, after
	after time.Duration
}

func (d doom) String() string {
	switch d.what {
	case "never":
		return "lives"
	case "time":
		return fmt.Sprintf("dies after %v", d.after)
	}
	return fmt.Sprintf("dies %s %s %d", d.where, d.what, d.n)
}

var (
	errDead = errors.New("the process is dead")
	errFull = &net.OpError{Op: "write", Net: "file", Err: syscall.ENOSPC}
)

// die ends the process with the store's file as left shows it.
func (p *process) die(left image, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return
	}
	p.dead, p.left = true, left
	p.r.note("kill", "daemon %d: %s", p.n, why)
	for _, c := range p.conns {
		c.Close()
	}
	close(p.died)
}

func (p *process) isDead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// dieNow is die at a moment at which no commit is under way.
func (p *process) dieNow(why string) {
	p.disk.Lock()
	defer p.disk.Unlock()
	p.die(p.look(), why)
}

func (p *process) look() image {
	im, err := photograph(p.r.path("dialcamp.db"))
	p.r.check(err)
	if p.before != nil {
		var how string
		im, how = tear(*p.before, im, p.r.seed.draws("tear", p.n))
		p.r.note("torn", "daemon %d: a commit left %s", p.n, how)
	}
	return im
}

// commit is a store.Disk.
func (p *process) commit(commit func() error) error {
	p.disk.Lock()
	defer p.disk.Unlock()
	p.commits++
	doomed := p.doom.what == "commit" && p.doom.n == p.commits && !p.r.calm.Load()
	switch {
	case p.isDead():
		return errDead
	case doomed && p.doom.where == "before":
		p.die(p.look(), p.doom.String())
		return errDead
	case p.r.diskFull():
		return errFull
	}
	wait := p.r.slowness()
	if doomed && p.doom.where == "in" {
		wait = p.r.seed.draws("confirmation", p.n).lasting(time.Millisecond, time.Second)
	}
	if wait > 0 {
		before := p.look()
		p.before = &before
	}
	if err := commit(); err != nil {
		p.before = nil
		return err
	}
	if wait > 0 {
		// What was written is there to be read, but may be gone or torn when the
		// machine stops now: nobody may rely on it yet.
		p.disk.Unlock()
		time.Sleep(wait)
		p.disk.Lock()
	}
	if doomed && !p.r.calm.Load() {
		p.die(p.look(), p.doom.String())
	}
	p.before = nil
	switch {
	case p.isDead():
		return errDead
	case p.r.noConfirm.Swap(false):
		p.broken = true
		return syscall.EIO
	}
	return nil
}

// refuses reports whether the store writes nothing any more until it is opened
// again.
func (p *process) refuses() bool {
	p.disk.Lock()
	defer p.disk.Unlock()
	return p.broken
}

func (p *process) dial(ctx context.Context, _ string) (net.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return nil, errDead
	}
	nc, err := p.r.srv.Dial(ctx)
	if err != nil {
		return nil, err
	}
	p.dialed++
	w := &wire{Conn: nc, p: p}
	p.conns = append(p.conns, w)
	return w, nil
}

// jitter draws how long the network is left alone.
func (p *process) jitter(most time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dialed++
	return time.Duration(p.r.seed.draws("jitter", p.n, p.dialed).Int64N(int64(most) + 1))
}

// wire is a connection to Asterisk.
type wire struct {
	net.Conn
	p *process
}

// Write is called by the connection's one writer, a frame at a time.
func (w *wire) Write(b []byte) (int, error) {
	p := w.p
	p.mu.Lock()
	if p.dead {
		p.mu.Unlock()
		return 0, net.ErrClosed
	}
	p.writes++
	doomed := p.doom.what == "write" && p.doom.n == p.writes
	id := originates(b)
	if id != "" {
		p.asks++
		doomed = doomed || p.doom.what == "originate" && p.doom.n == p.asks
		p.r.originated(p, id)
	}
	doomed = doomed && !p.r.calm.Load()
	d := p.r.seed.draws("write", p.n, p.writes)
	p.mu.Unlock()
	most := len(b)
	switch cut := p.r.cuts(d); {
	case doomed && p.doom.where == "before":
		most = 0
	case doomed && p.doom.where == "in", cut:
		most = d.between(1, len(b)-1)
	}
	n := 0
	if most > 0 {
		var err error
		if n, err = w.Conn.Write(b[:most]); err != nil {
			return n, err
		}
	}
	switch {
	case doomed:
		p.dieNow(fmt.Sprintf("%v, %d of %d bytes of it written", p.doom, n, len(b)))
		return n, net.ErrClosed
	case n < len(b):
		p.r.note("cut", "daemon %d: the connection ended after %d of %d bytes of %s", p.n, n, len(b), firstLine(b))
		w.Close()
		return n, net.ErrClosed
	}
	return n, nil
}

// originates is the id of the attempt whose Originate a frame is, "" if none.
func originates(frame []byte) string {
	if !bytes.HasPrefix(frame, []byte("Action: Originate\r\n")) {
		return ""
	}
	_, rest, _ := bytes.Cut(frame, []byte("ActionID: "))
	id, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return string(id)
}

func firstLine(b []byte) string {
	line, _, _ := bytes.Cut(b, []byte("\r\n"))
	return string(line)
}

// start begins a life of the daemon, on the store that the last one left.
func (r *run) start() *process {
	p := &process{r: r, n: r.lives, doom: r.doomOf(r.lives), done: make(chan struct{}), died: make(chan struct{})}
	r.lives++
	r.note("start", "daemon %d %v", p.n, p.doom)
	cfg, err := r.load()
	r.check(err)
	p.d, p.err = dialer.New(cfg, dialer.Options{
		Clock: &r.clock, Log: r.log, DrainLimit: drainLimit, Dial: p.dial, Jitter: p.jitter, Config: r.load,
		Store: func(path string) (store.Store, error) { return store.OpenOn(path, p.commit) },
	})
	if p.err != nil {
		if !p.isDead() && !p.starved() {
			r.wrong("the daemon does not start: %v", p.err)
		}
		p.stop, p.end = func() {}, func() {}
		close(p.done)
		return p
	}
	ctx, stop := context.WithCancel(context.Background())
	force, end := context.WithCancel(context.Background())
	p.stop, p.end = stop, end
	go func() {
		defer close(p.done)
		p.err = p.d.Run(ctx, force)
	}()
	if p.doom.what == "time" {
		t := time.AfterFunc(p.doom.after, func() {
			if !r.calm.Load() {
				p.dieNow(p.doom.String())
			}
		})
		go func() {
			<-p.done
			t.Stop()
		}()
	}
	return p
}

// drainLimit is how long calls may go on after a stop.
const drainLimit = 30 * time.Second

// bury waits until a process that has died, or was told to stop, is gone.
func (p *process) bury(limit time.Duration) {
	select {
	case <-p.done:
	case <-time.After(limit):
		p.r.wrong("Run of daemon %d has not returned after %v", p.n, limit)
		p.end()
		<-p.done
	}
	p.stop()
	p.end()
}
