package dialer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
)

// eventMask is what the core needs: channels and dialing are class call, queues
// and agents class agent, what the dialplan tells of machines class user. Classes
// that the user may not read are left out by Asterisk without a word.
const eventMask = "call,agent,user"

// link is the manager connection to one server. It turns what comes from there
// into events of the core.
type link struct {
	d      *Daemon
	name   string
	client *ami.Client
	cfg    ami.Config
	log    *slog.Logger
	stop   context.CancelFunc
	ended  chan struct{} // closed after the last call of the handler

	up bool
}

// newLinks are those to the servers of a configuration, none of which does
// anything before connect.
func (d *Daemon) newLinks(cfg *config.Config) (map[string]*link, error) {
	links := map[string]*link{}
	for _, a := range cfg.Asterisk {
		cfg, err := ManagerConfig(a)
		if err != nil {
			return nil, err
		}
		cfg.Dial, cfg.Jitter = d.opt.Dial, d.opt.Jitter
		l := &link{d: d, name: a.Name, cfg: cfg, log: d.log.With("asterisk", a.Name), stop: func() {}, ended: make(chan struct{})}
		l.client = ami.NewClient(cfg, l)
		links[a.Name] = l
	}
	return links, nil
}

// connect begins to keep the connection, once the one that it takes the place of
// has ended.
func (d *Daemon) connect(l, old *link) {
	ctx, stop := context.WithCancel(d.linkCtx)
	l.stop = stop
	if old != nil {
		old.stop()
	}
	d.linkWork.Go(func() {
		defer close(l.ended)
		defer stop()
		if old != nil {
			<-old.ended
		}
		l.client.Run(ctx)
	})
}

// same reports whether two links connect to the same server in the same way.
func (l *link) same(other *link) bool {
	a, b := l.cfg, other.cfg
	if a.Address != b.Address || a.Username != b.Username || a.Secret != b.Secret || (a.TLS == nil) != (b.TLS == nil) {
		return false
	}
	return a.TLS == nil || a.TLS.ServerName == b.TLS.ServerName && a.TLS.RootCAs.Equal(b.TLS.RootCAs)
}

// ManagerConfig is how to log in to a server of the config, with the events that
// the daemon needs.
func ManagerConfig(a config.Asterisk) (ami.Config, error) {
	cfg := ami.Config{Address: a.Address, Username: a.Username, Secret: a.Secret, Events: eventMask}
	if a.TLS.Enabled {
		cfg.TLS = &tls.Config{ServerName: a.TLS.ServerName, MinVersion: tls.VersionTLS12}
		if a.TLS.CAFile != "" {
			pem, err := os.ReadFile(a.TLS.CAFile)
			if err != nil {
				return cfg, fmt.Errorf("asterisk %s: tls.ca_file: %w", a.Name, err)
			}
			cfg.TLS.RootCAs = x509.NewCertPool()
			if !cfg.TLS.RootCAs.AppendCertsFromPEM(pem) {
				return cfg, fmt.Errorf("asterisk %s: tls.ca_file: %s holds no PEM certificate", a.Name, a.TLS.CAFile)
			}
		}
	}
	return cfg, nil
}

// Connected implements ami.Handler.
func (l *link) Connected(c *ami.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	before := l.d.clock.Now()
	var offset time.Duration
	if pong, err := ami.Send(ctx, c, ami.Ping{}); err == nil && !pong.Time.IsZero() {
		now := l.d.clock.Now()
		offset = pong.Time.Sub(before.Add(now.Sub(before) / 2))
	}
	l.up = true
	connected := line{l.log, slog.LevelInfo, "connected to Asterisk", []slog.Attr{slog.String("protocol", c.Version()), slog.Duration("clock_offset", offset.Round(time.Millisecond))}}
	if !l.d.troubles.over(l.trouble(), connected) {
		connected.write()
	}
	l.d.publishLink(l.name, true)
	l.d.post(campaign.LinkUp{Server: l.name, Offset: offset})
}

// Event implements ami.Handler.
func (l *link) Event(m *ami.Message) {
	ev := ami.ParseEvent(m)
	switch e := ev.(type) {
	case nil, *ami.Other:
		return
	case *ami.UserEvent:
		if e.Name != campaign.Detection {
			return // another program's
		}
	}
	l.d.post(campaign.AMI{Server: l.name, Event: ev})
}

// Disconnected implements ami.Handler.
func (l *link) Disconnected(err error, retry time.Duration) {
	if l.up {
		l.up = false
		l.d.publishLink(l.name, false)
		l.d.post(campaign.LinkDown{Server: l.name})
	}
	if errors.Is(err, context.Canceled) {
		return
	}
	l.d.troubles.met(l.trouble(), reason(err), line{l.log, slog.LevelWarn, "no connection to Asterisk; trying again until there is one",
		[]slog.Attr{slog.Any("error", err), slog.String("hint", ConnectHint(err))}})
}

func (l *link) trouble() string { return "link " + l.name }

// ConnectHint is what to do when ami.Connect failed with err.
func ConnectHint(err error) string {
	if _, ok := errors.AsType[*ami.AuthError](err); ok {
		return "compare username and secret with manager.conf, and permit= there with this machine's address"
	}
	return "is Asterisk running, and has manager.conf enabled=yes and this port?"
}

// reason tells errors apart that are worth a line each: without the addresses of a
// network error, whose port is another at each try.
func reason(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}

// ask runs a request of the core in the background and posts its answer.
func (l *link) ask(e campaign.Effect, request func(context.Context) (campaign.Event, error)) {
	l.d.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		ev, err := request(ctx)
		if err == nil {
			// What Asterisk said before its answer must reach the core before
			// it, or a picture in which a call is over already meets a core that
			// thinks it goes on.
			err = l.client.Barrier(ctx)
		}
		if err != nil {
			l.log.Debug("request failed", "request", fmt.Sprintf("%T", e), "error", err)
			l.d.post(campaign.AskFailed{Server: l.name, Effect: e})
			return
		}
		l.d.post(ev)
	})
}

func (l *link) askQueue(e campaign.AskQueue) {
	asked := l.d.clock.Now()
	l.ask(e, func(ctx context.Context) (campaign.Event, error) {
		queues, err := ami.Send(ctx, l.client, ami.QueueSummary{Queue: e.Queue})
		if err != nil {
			return nil, err
		}
		ev := campaign.QueueSeen{Server: e.Server, Queue: e.Queue, Asked: asked}
		for _, q := range queues {
			if q.Queue == e.Queue {
				ev.Known, ev.LoggedIn, ev.Available, ev.Callers = true, q.LoggedIn, q.Available, q.Callers
			}
		}
		return ev, nil
	})
}

func (l *link) askMembers(e campaign.AskMembers) {
	l.ask(e, func(ctx context.Context) (campaign.Event, error) {
		queues, err := ami.Send(ctx, l.client, ami.QueueStatus{Queue: e.Queue})
		if err != nil {
			return nil, err
		}
		ev := campaign.MembersSeen{Server: e.Server, Queue: e.Queue}
		for _, q := range queues {
			if q.Name == e.Queue {
				ev.Members = q.Members
			}
		}
		return ev, nil
	})
}

func (l *link) askChannels(e campaign.AskChannels) {
	asked := l.d.clock.Now()
	l.ask(e, func(ctx context.Context) (campaign.Event, error) {
		channels, err := ami.Send(ctx, l.client, ami.CoreShowChannels{})
		if err != nil {
			return nil, err
		}
		return campaign.ChannelsSeen{Server: e.Server, Asked: asked, Channels: channels}, nil
	})
}

func (l *link) originate(o ami.Originate) {
	l.d.work.Go(func() {
		if _, err := ami.Send(context.Background(), l.client, o); err != nil {
			l.d.post(campaign.OriginateFailed{ID: o.ID, Err: err})
		}
	})
}

func (l *link) hangUp(e campaign.HangUp) {
	l.d.work.Go(func() {
		_, err := ami.Send(context.Background(), l.client, ami.Hangup{Channel: e.Call.Channel, Cause: e.Cause})
		if err != nil && !ami.Refused(err) { // refused: it is gone already
			l.callTrouble(e.Call, "hanging up failed", err)
		}
	})
}

func (l *link) redirect(e campaign.Redirect) {
	l.d.work.Go(func() {
		_, err := ami.Send(context.Background(), l.client, ami.Redirect{Channel: e.Call.Channel, Context: e.Context, Exten: e.Exten, Priority: e.Priority})
		if err != nil && !ami.Refused(err) { // refused: it is gone already
			l.callTrouble(e.Call, "a call that waited too long could not be sent away", err)
		}
	})
}

// callTrouble tells that something could not be done with a call.
func (l *link) callTrouble(call campaign.CallRef, text string, err error) {
	l.d.troubles.metOnce(text+" "+l.name, line{l.log, slog.LevelWarn, text, append(call.Attrs(), slog.Any("error", err))})
}
