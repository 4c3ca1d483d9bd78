package faultsim_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// kind is one way in which something goes wrong. Which of them a seed has is
// drawn, so that each meets every other, and some are alone.
type kind struct {
	name string
	// rule is asked about each frame that comes from Asterisk.
	rule func(r *run) amitest.Rule
	// act is carried out now and then, after each of the waits that every draws.
	every [2]time.Duration
	act   func(r *run, d draws)
}

var kinds = []kind{
	{name: "lose", rule: perFrame("lose", amitest.IsEvent, func(d draws, p float64) (f amitest.Fault) {
		f.Lose = d.chance(p)
		return f
	})},
	{name: "delay", rule: perFrame("delay", amitest.IsEvent, func(d draws, p float64) (f amitest.Fault) {
		switch u := d.Float64(); {
		case u < p/20:
			f.Delay = d.lasting(0, 90*time.Second)
		case u < 2*p:
			f.Delay = d.lasting(0, 3*time.Second)
		}
		return f
	})},
	{name: "copy", rule: perFrame("copy", amitest.IsEvent, func(d draws, p float64) (f amitest.Fault) {
		if d.chance(p) {
			f.Copies = d.between(1, 2)
		}
		return f
	})},
	{name: "truncate", rule: perFrame("truncate", func(*ami.Message) bool { return true }, func(d draws, p float64) (f amitest.Fault) {
		if d.chance(p / 8) {
			f.Cut, f.Drop = d.between(1, 300), d.chance(0.5)
		}
		return f
	})},
	{name: "mute", rule: perFrame("mute", func(m *ami.Message) bool { return !amitest.IsEvent(m) }, func(d draws, p float64) (f amitest.Fault) {
		f.Lose = d.chance(p / 2)
		return f
	})},
	{name: "drop", every: [2]time.Duration{time.Second, 25 * time.Second}, act: func(r *run, d draws) {
		after := d.between(0, 3000)
		if d.chance(0.3) {
			after = 0
		}
		r.note("drop", "after %d bytes", after)
		r.srv.Disconnect(after)
	}},
	{name: "cut"}, // of what is written; see cuts
	{name: "restart", every: [2]time.Duration{5 * time.Second, time.Minute}, act: func(r *run, d draws) {
		pause, keep := d.lasting(0, 8*time.Second), d.chance(0.5)
		r.note("restart", "for %v, calls kept: %v", pause, keep)
		if !keep {
			r.agentsBack() // nobody is paused any more
		}
		r.srv.Restart(pause, keep)
	}},
	{name: "stall", every: [2]time.Duration{5 * time.Second, time.Minute}, act: func(r *run, d draws) {
		pause := d.lasting(0, 40*time.Second)
		r.note("stall", "for %v", pause)
		r.srv.Stall(true)
		r.sleep(pause)
		r.srv.Stall(false)
	}},
	{name: "refuse", every: [2]time.Duration{5 * time.Second, 40 * time.Second}, act: func(r *run, d draws) {
		action, pause := one(d, "Originate", "Originate", "QueueSummary", "QueueStatus", "CoreShowChannels", "Hangup", "Login"), d.lasting(0, 12*time.Second)
		r.note("refuse", "%s for %v", action, pause)
		r.srv.Refuse(action, "Permission denied")
		r.sleep(pause)
		r.srv.Refuse(action, "")
	}},
	{name: "kill"}, // see doomOf
	{name: "stop", every: [2]time.Duration{10 * time.Second, 90 * time.Second}, act: func(r *run, d draws) {
		force := d.chance(0.4)
		r.note("stop", "at once: %v", force)
		r.stopNow(force)
	}},
	{name: "full", every: [2]time.Duration{5 * time.Second, 40 * time.Second}, act: func(r *run, d draws) {
		pause := d.lasting(0, 20*time.Second)
		r.note("full", "the disk, for %v", pause)
		r.full.Store(true)
		r.sleep(pause)
		r.full.Store(false)
	}},
	{name: "unconfirmed", every: [2]time.Duration{20 * time.Second, 2 * time.Minute}, act: func(r *run, d draws) {
		r.note("unconfirmed", "the next commit")
		r.noConfirm.Store(true)
		// The store says that it is to be opened again.
		r.sleep(d.lasting(time.Second, 20*time.Second))
		if p := r.living(); p != nil && p.refuses() {
			r.stopNow(false)
		}
	}},
	{name: "slow", every: [2]time.Duration{time.Second, 20 * time.Second}, act: func(r *run, d draws) {
		each, pause := d.lasting(0, 4*time.Second), d.lasting(0, 20*time.Second)
		r.note("slow", "each commit takes %v, for %v", each, pause)
		r.slow.Store(int64(each))
		r.sleep(pause)
		r.slow.Store(0)
	}},
	{name: "clock", every: [2]time.Duration{10 * time.Second, 2 * time.Minute}, act: func(r *run, d draws) {
		most := one(d, 2, 60, 600, 3600)
		by := d.between(-most, most)
		r.note("clock", "set by %d s", by)
		r.clock.put(r.clock.ahead.Load() + int64(by))
	}},
	{name: "agents", every: [2]time.Duration{3 * time.Second, 30 * time.Second}, act: moveAgent},
	{name: "lists", every: [2]time.Duration{10 * time.Second, 90 * time.Second}, act: changeList},
	{name: "config", every: [2]time.Duration{10 * time.Second, 60 * time.Second}, act: changeConfig},
	{name: "dnc", every: [2]time.Duration{10 * time.Second, 60 * time.Second}, act: bar},
	{name: "operator", every: [2]time.Duration{10 * time.Second, 60 * time.Second}, act: func(r *run, d draws) {
		name, verb := one(d, r.sc.campaigns...).name, one(d, campaign.Pause, campaign.Resume, campaign.Drain, campaign.Start, campaign.Stop)
		r.withDaemon(func(ctx context.Context, p *process) {
			_, err := p.d.Operate(ctx, name, verb)
			r.note("operator", "%s %s: %v", verb, name, err)
		})
	}},
}

// perFrame draws a fault for each frame that matches, by what the frame is: the
// event, the attempt that it is about and the how-manieth of these it is. Each
// seed has one kind of event that it befalls more often.
func perFrame(name string, match func(*ami.Message) bool, fault func(d draws, p float64) amitest.Fault) func(*run) amitest.Rule {
	return func(r *run) amitest.Rule {
		d := r.seed.draws(name)
		p := one(d, 0.01, 0.05, 0.2, 0.2, 1)
		worst, worstP := one(d, worstEvents...), one(d, p, 0.5, 1)
		seen := map[string]int{}
		return func(m *ami.Message) (f amitest.Fault) {
			if !match(m) {
				return f
			}
			key := frameKey(m)
			seen[key]++
			p := p
			if m.Event() == worst {
				p = worstP
			}
			if f = fault(r.seed.draws(name, key, seen[key]), p); f != (amitest.Fault{}) {
				r.note(name, "%s, number %d: %s", key, seen[key], faultText(f))
			}
			return f
		}
	}
}

var worstEvents = []string{
	"OriginateResponse", "Hangup", "HangupRequest", "SoftHangupRequest", "Newchannel", "Newstate", "DialBegin", "DialState", "DialEnd",
	"QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon", "AgentCalled", "AgentConnect", "AgentComplete", "AgentRingNoAnswer",
	"QueueMemberStatus", "QueueMemberPause", "", "QueueSummary", "CoreShowChannel", "QueueMember",
}

// frameKey tells a frame in words that are the same in each run of a seed.
func frameKey(m *ami.Message) string {
	who := m.Get("Linkedid")
	if who == "" {
		who = m.ActionID()
	}
	if _, seq, ok := strings.Cut(who, "_"); ok {
		who = seq // without the store's name
	} else if m.Get("Interface") != "" {
		who = m.Get("Interface")
	} else {
		who = ""
	}
	leg := ""
	if strings.HasSuffix(m.Get("Uniqueid"), ";2") {
		leg = ";2"
	}
	what := m.Event()
	if what == "" {
		what = "Response " + m.Get("Message")
	}
	return strings.TrimSpace(what + " " + who + leg)
}

func faultText(f amitest.Fault) string {
	var all []string
	say := func(is bool, format string, args ...any) {
		if is {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	say(f.Lose, "lost")
	say(f.Delay > 0, "%v late", f.Delay)
	say(f.Copies > 0, "%d copies", f.Copies)
	say(f.Cut > 0, "cut after %d bytes", f.Cut)
	say(f.Drop, "the connection ends")
	return strings.Join(all, ", ")
}

// cuts draws whether a connection ends in the middle of a write.
func (r *run) cuts(d draws) bool {
	return r.has("cut") && !r.calm.Load() && d.chance(0.02)
}

// doomOf draws when a life of the daemon ends.
func (r *run) doomOf(life int) doom {
	if !r.has("kill") || life >= 6 || r.calm.Load() {
		return doom{what: "never"}
	}
	d := r.seed.draws("doom", life)
	dm := doom{what: one(d, "commit", "commit", "write", "originate", "originate", "time"), where: one(d, "before", "in", "after")}
	switch dm.what {
	case "commit":
		dm.n = d.between(1, 60)
	case "write":
		dm.n = d.between(1, 150)
	case "originate":
		dm.n = d.between(1, 12)
	case "time":
		dm.after = d.lasting(0, time.Minute)
	}
	return dm
}

func moveAgent(r *run, d draws) {
	iface := fmt.Sprintf("PJSIP/agent%d", d.between(1, r.sc.agents))
	queue := one(d, "Camp200", "Camp202")
	all := d.chance(0.3)
	how := one(d, "pause", "leave", "telephone")
	r.note("agents", "%s of %s: %s, all of them: %v", iface, queue, how, all)
	move := func(iface string, away bool) {
		switch how {
		case "pause":
			r.srv.SetPaused("", iface, away, "lunch")
		case "leave":
			for _, q := range []string{"Camp200", "Camp202"} {
				if away {
					r.srv.RemoveAgent(q, iface)
				} else {
					r.srv.AddAgent(q, amitest.MemberConfig{AgentConfig: amitest.AgentConfig{Interface: iface, Ring: 500 * time.Millisecond}})
				}
			}
		case "telephone":
			state := ami.DeviceNotInUse
			if away {
				state = ami.DeviceUnavailable
			}
			r.srv.SetDevice(iface, state)
		}
	}
	who := []string{iface}
	if all {
		who = nil
		for i := range r.sc.agents {
			who = append(who, fmt.Sprintf("PJSIP/agent%d", i+1))
		}
	}
	for _, iface := range who {
		move(iface, true)
	}
	if len(who) == r.sc.agents {
		r.agentsLeft()
	}
	r.sleep(d.lasting(time.Second, 40*time.Second))
	r.agentsBack()
	for _, iface := range who {
		move(iface, false)
	}
}

// everybodyIsBack is what agents do when nothing goes wrong any more. Those who had
// come after Asterisk's start were forgotten when it was started again.
func (r *run) everybodyIsBack() {
	for i := range r.sc.agents {
		iface := fmt.Sprintf("PJSIP/agent%d", i+1)
		for _, q := range []string{"Camp200", "Camp202"} {
			r.srv.AddAgent(q, amitest.MemberConfig{AgentConfig: amitest.AgentConfig{Interface: iface}})
		}
		r.srv.SetPaused("", iface, false, "")
		r.srv.SetDevice(iface, ami.DeviceNotInUse)
	}
	r.agentsBack()
}

// changeList takes some rows off a list and puts others on it.
func changeList(r *run, d draws) {
	c := one(d, r.sc.campaigns...)
	rows := slices.Clone(c.rows)
	for len(rows) > 1 && d.chance(0.5) {
		rows = slices.Delete(rows, 0, 1)
	}
	rows = append(rows, c.spare...)
	r.note("lists", "%s: %d rows", c.name, len(rows))
	r.write(c.name+".csv", list(rows))
	if d.chance(0.3) {
		r.sleep(d.lasting(0, time.Second))
		r.write(c.name+".csv", "key,ph") // whoever writes it has not finished
		r.sleep(d.lasting(0, time.Minute))
		r.write(c.name+".csv", list(rows))
	}
}

// changeConfig gives campaigns other limits.
func changeConfig(r *run, d draws) {
	most := r.sc.maxInFlight()
	for name := range most {
		most[name] = d.between(1, 12)
	}
	r.write("config.yaml", r.sc.config(most))
	r.withDaemon(func(ctx context.Context, p *process) {
		_, err := p.d.Reload(ctx, false)
		r.note("config", "max_in_flight %v: %v", most, err)
	})
	r.limits(most)
}

// bar puts a number on the do-not-call list.
func bar(r *run, d draws) {
	number := one(d, one(d, r.sc.campaigns...).rows...)[1]
	r.withDaemon(func(_ context.Context, p *process) {
		_, err := p.d.Store().AddDNC(store.DNCName{List: "own"}, r.clock.Now(), number)
		r.note("dnc", "%s: %v", number, err)
		if err == nil && !p.isDead() {
			r.barred(number)
		}
	})
}
