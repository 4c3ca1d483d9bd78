// Package dialer is the daemon: it wires the configuration, the manager
// connections, the store and the campaigns' core together, and owns every
// goroutine, clock and socket.
//
// One goroutine, loop, owns the core. Everything that happens, from Asterisk,
// the store, the operators or the clock, is posted to it as a campaign.Event;
// what the core answers is carried out by apply.go, and whatever may wait, a
// request or a write, runs in a goroutine of its own that posts the result.
package dialer

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/event"
	"github.com/dialcamp/dialcamp/dialer/webhook"
	"github.com/dialcamp/dialcamp/store"
)

// tick is how often the core is told that time has passed.
const tick = 100 * time.Millisecond

// Options are what the configuration does not say. Zero values mean a daemon
// on the real world.
type Options struct {
	Clock Clock
	Log   *slog.Logger
	// Reports is where those go that have no file; default: standard output.
	Reports io.Writer
	// DrainLimit bounds how long live calls may go on after a stop was asked
	// for; default 5 minutes.
	DrainLimit time.Duration
	// Dial replaces the network towards Asterisk.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// DialWebhook replaces the network towards the receivers of webhooks, which go by
	// the machine's clock.
	DialWebhook func(ctx context.Context, network, address string) (net.Conn, error)
	// Config reads the configuration again, for Reload; default config.Load of
	// the file that it was read from.
	Config func() (*config.Config, error)
	// UntilListEnd ends Run when no campaign that runs or is paused has anything
	// left to dial.
	UntilListEnd bool
}

// Daemon is a running dialcamp.
type Daemon struct {
	// cfg is the configuration in force. A Config never changes; the loop puts
	// another one in its place. Whoever works elsewhere loads it once and goes on
	// with that.
	cfg   atomic.Pointer[config.Config]
	opt   Options
	clock Clock
	log   *slog.Logger
	store store.Store

	// What only the loop touches.
	core    *campaign.Core
	links   map[string]*link
	jobs    []*job
	closing bool            // draining
	tcp     *control.Server // at control.listen; nil without

	linkCtx   context.Context // ends the connections
	linkWork  sync.WaitGroup
	reloading sync.Mutex // one at a time

	inbox chan campaign.Event
	asks  chan func()
	done  chan struct{} // closed when the loop has ended

	work    sync.WaitGroup // requests to Asterisk
	writes  sync.WaitGroup // changes of the store
	loads   sync.WaitGroup
	loading sync.Mutex        // one list at a time
	listErr map[string]string // the trouble that was logged; guarded by loading
	waiting sync.Map          // lists whose load is under way or about to be

	dncMu  sync.Mutex
	dncErr string

	purging  sync.Mutex
	expiring sync.Mutex

	events    *event.Hub
	webhooks  *webhook.Sender
	failing   failing
	states    latestStates
	agentTime agentTime
	pacing    pacingWrites
}

// New opens the store and prepares everything; nothing is dialed before Run.
func New(cfg *config.Config, opt Options) (*Daemon, error) {
	if opt.Clock == nil {
		opt.Clock = RealTime{}
	}
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	if opt.Reports == nil {
		opt.Reports = os.Stdout
	}
	if opt.DrainLimit == 0 {
		opt.DrainLimit = 5 * time.Minute
	}
	if opt.Config == nil {
		opt.Config = func() (*config.Config, error) { return config.Load(cfg.File) }
	}
	d := &Daemon{
		opt: opt, clock: opt.Clock, log: opt.Log, links: map[string]*link{}, core: campaign.New(nil, nil, nil),
		inbox: make(chan campaign.Event, 1024), asks: make(chan func()), done: make(chan struct{}),
		listErr: map[string]string{}, events: event.NewHub(opt.Clock.Now()),
		webhooks: webhook.New(webhook.Options{Log: opt.Log, Dial: opt.DialWebhook}),
	}
	d.cfg.Store(cfg)
	links, err := d.newLinks(cfg)
	if err != nil {
		return nil, err
	}
	d.links = links
	if d.jobs, err = d.schedule(cfg, nil); err != nil {
		return nil, err
	}
	st, err := store.Open(cfg.Store.Path)
	if err != nil {
		return nil, err
	}
	d.store = st
	return d, nil
}

// Run dials until ctx ends, then drains: no new calls, live ones go on for
// DrainLimit at most. When force ends it returns at once; what is in flight
// then is reconciled at the next start. The store is closed on return.
func (d *Daemon) Run(ctx, force context.Context) error {
	defer d.store.Close()
	cfg := d.cfg.Load()
	d.webhooks.Configure(webhooksOf(cfg))
	defer d.closeWebhooks(force)
	if err := d.begin(cfg); err != nil {
		return err
	}
	// A configuration read from a file always has a socket. Without one there is
	// no API: a test's clock cannot go on while a socket is waited for.
	if cfg.Control.Socket != "" {
		ctl, err := control.Listen(cfg.Control.Socket, d)
		if err != nil {
			return err
		}
		defer ctl.Close()
	}
	if cfg.Control.Listen != "" {
		tcp, err := control.ListenTCP(cfg.Control, d.log, d)
		if err != nil {
			return err
		}
		defer tcp.Close()
		d.tcp = tcp
	}
	defer d.events.Close() // whoever reads them does not keep the API open

	linkCtx, cutLinks := context.WithCancel(context.Background())
	defer cutLinks()
	d.linkCtx = linkCtx
	for _, l := range d.links {
		d.connect(l, nil)
	}
	d.startLoads(cfg)
	notify(readyState)
	d.log.Info("dialcamp is running", "store", cfg.Store.Path, "control", cfg.Control.Socket, "campaigns", len(cfg.Campaigns))

	err := d.loop(ctx, force)

	notify(stoppingState)
	close(d.done)
	cutLinks()
	d.linkWork.Wait()
	d.work.Wait()
	d.loads.Wait()
	d.writes.Wait()
	d.withdrawUnseen()
	return err
}

// webhookLimit bounds how long a stop waits for the receivers of webhooks.
const webhookLimit = 5 * time.Second

// closeWebhooks gives what waits for receivers a last chance.
func (d *Daemon) closeWebhooks(force context.Context) {
	ctx, cancel := context.WithTimeout(force, webhookLimit)
	defer cancel()
	d.webhooks.Close(ctx)
}

// withdrawUnseen takes back what was claimed when the loop had ended: it was
// certainly not dialed.
func (d *Daemon) withdrawUnseen() {
	for {
		select {
		case ev := <-d.inbox:
			if c, ok := ev.(campaign.Claimed); ok {
				d.withdraw(c.Claims)
			}
		default:
			return
		}
	}
}

// begin takes over what the last run left in flight. Without the do-not-call
// numbers nothing may be dialed, so the daemon does not start without them.
func (d *Daemon) begin(cfg *config.Config) error {
	if err := LoadDNC(cfg, d.store, d.clock.Now(), d.log); err != nil {
		return fmt.Errorf("the do-not-call numbers: %w", err)
	}
	ev, fresh, err := d.change(cfg, nil)
	if err != nil {
		return err
	}
	for _, name := range fresh {
		if err := d.store.SaveState(name, ev.States[name], d.clock.Now()); err != nil {
			return err
		}
	}
	d.step(ev)
	claims, err := d.store.InFlight()
	if err != nil {
		return err
	}
	if len(claims) > 0 {
		d.log.Info("calls were in flight when the daemon last stopped; comparing with Asterisk", "calls", len(claims))
	}
	d.step(campaign.Recovered{Claims: claims})
	return nil
}

func (d *Daemon) loop(ctx, force context.Context) error {
	t := d.newTicker(tick)
	defer t.stop()
	stop := ctx.Done()
	var limit <-chan struct{} // closed when draining has taken too long
	for {
		select {
		case ev := <-d.inbox:
			d.step(ev)
		case f := <-d.asks:
			f()
		case <-t.c:
			d.step(campaign.Tick{})
			if !d.closing {
				d.runJobs()
			}
		case <-stop:
			stop, d.closing = nil, true
			limit = d.drain()
		case <-limit:
			d.log.Warn("live calls did not end within the limit; leaving them to Asterisk", "in_flight", d.core.InFlight(), "limit", d.opt.DrainLimit)
			return nil
		case <-force.Done():
			if n := d.core.InFlight(); n > 0 {
				d.log.Warn("forced to stop with calls in flight; they are reconciled at the next start", "in_flight", n)
			}
			return nil
		}
		switch {
		case d.closing && d.core.InFlight() == 0 && len(d.inbox) == 0:
			return nil
		case d.opt.UntilListEnd && !d.closing && d.core.Ended():
			return nil
		}
	}
}

// drain stops dialing. Calls that nobody has answered are left to ring: a
// telephone that rings once and falls silent is a nuisance too.
func (d *Daemon) drain() <-chan struct{} {
	limit := make(chan struct{})
	d.step(campaign.Shutdown{})
	if n := d.core.InFlight(); n > 0 {
		d.log.Info("stopping: no new calls, waiting for those in flight; a second signal stops at once", "in_flight", n, "limit", d.opt.DrainLimit)
	} else {
		d.log.Info("stopping")
	}
	notify(stoppingState)
	d.clock.AfterFunc(d.opt.DrainLimit, func() { close(limit) })
	return limit
}

func (d *Daemon) step(ev campaign.Event) {
	for _, e := range d.core.Step(d.clock.Now(), ev) {
		d.apply(e)
	}
}

// post hands an event to the loop; it waits while the loop is behind, and
// reports false when the loop has ended.
func (d *Daemon) post(ev campaign.Event) bool {
	select {
	case d.inbox <- ev:
		return true
	case <-d.done:
		return false
	}
}

// inLoop runs f where the core may be read.
func (d *Daemon) inLoop(ctx context.Context, f func()) error {
	ran := make(chan struct{})
	select {
	case d.asks <- func() { f(); close(ran) }:
	case <-d.done:
		return control.ErrStopping
	case <-ctx.Done():
		return fmt.Errorf("the daemon is busy: %w", ctx.Err())
	}
	<-ran
	return nil
}

// ticker is a time.Ticker on a Clock.
type ticker struct {
	c    chan struct{}
	mu   sync.Mutex
	end  bool
	halt func() bool
}

func (d *Daemon) newTicker(every time.Duration) *ticker {
	t := &ticker{c: make(chan struct{}, 1)}
	var arm func()
	arm = func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.end {
			return
		}
		t.halt = d.clock.AfterFunc(every, func() {
			select {
			case t.c <- struct{}{}:
			default:
			}
			arm()
		})
	}
	arm()
	return t
}

func (t *ticker) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = true
	t.halt()
}
