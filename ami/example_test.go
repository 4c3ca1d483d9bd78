package ami_test

import (
	"context"
	"fmt"
	"log"
	"sync"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

// monitor keeps a picture of the queues. It is the Handler of a Client, so it
// survives a lost connection and a restarted Asterisk: each Connected begins with
// a new picture.
type monitor struct {
	mu      sync.Mutex
	changed *sync.Cond
	queues  map[string]*queue
}

type queue struct {
	members map[string]ami.Member      // by Interface
	callers map[string]ami.QueueCaller // by Uniqueid
}

func newMonitor() *monitor {
	m := &monitor{}
	m.changed = sync.NewCond(&m.mu)
	return m
}

// Connected takes the picture. Events that come meanwhile wait their turn, and
// some of them the picture shows already. That does no harm: each says how
// something is from then on, and they come in order, so the last one holds.
func (m *monitor) Connected(c *ami.Conn) {
	queues, err := ami.Send(context.Background(), c, ami.QueueStatus{})
	if err != nil {
		log.Print(err) // the connection is lost again, or Asterisk has no queues
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queues = make(map[string]*queue)
	for _, q := range queues {
		for _, member := range q.Members {
			m.queue(q.Name).members[member.Interface] = member
		}
		for _, caller := range q.Callers {
			m.queue(q.Name).callers[caller.Uniqueid] = caller
		}
	}
	m.changed.Broadcast()
}

func (m *monitor) queue(name string) *queue {
	if m.queues[name] == nil {
		m.queues[name] = &queue{map[string]ami.Member{}, map[string]ami.QueueCaller{}}
	}
	return m.queues[name]
}

// Event keeps it up to date. The classes call and agent are enough.
func (m *monitor) Event(msg *ami.Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch e := ami.ParseEvent(msg).(type) {
	case *ami.QueueMemberChange:
		if q := m.queue(e.Member.Queue); e.Kind == "Removed" {
			delete(q.members, e.Member.Interface)
		} else {
			q.members[e.Member.Interface] = e.Member
		}
	case *ami.QueueCallerJoin:
		m.queue(e.Queue).callers[e.Uniqueid] = ami.QueueCaller{Queue: e.Queue, Channel: e.Channel, Uniqueid: e.Uniqueid, Position: e.Position}
	case *ami.QueueCallerLeave:
		delete(m.queue(e.Queue).callers, e.Uniqueid)
	}
	m.changed.Broadcast()
}

func (m *monitor) Disconnected(err error, retry time.Duration) {}

// waitFor waits until a queue has so many free members and callers, and prints it.
func (m *monitor) waitFor(name string, free, callers int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.queues == nil || m.queue(name).free() != free || len(m.queue(name).callers) != callers {
		m.changed.Wait()
	}
	q := m.queue(name)
	fmt.Printf("%s: %d of %d agents free, %d waiting\n", name, q.free(), len(q.members), len(q.callers))
}

func (q *queue) free() (n int) {
	for _, member := range q.members {
		if member.Status == ami.DeviceNotInUse && !member.Paused {
			n++
		}
	}
	return n
}

// A queue monitor: the picture comes from QueueStatus, the changes from events.
func Example_queueMonitor() {
	srv := amitest.New(amitest.Lab(3)) // instead of an Asterisk
	if err := srv.Start(); err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	m := newMonitor()
	client := ami.NewClient(ami.Config{Address: srv.Addr(), Username: "dialcamp", Secret: "dialcamp-secret", Events: "call,agent"}, m)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { client.Run(ctx) })
	defer running.Wait()
	defer cancel()

	m.waitFor("Camp200", 3, 0)
	if _, err := ami.Send(ctx, client, ami.QueuePause{Interface: "PJSIP/agent1", Paused: true, Reason: "lunch"}); err != nil {
		log.Fatal(err)
	}
	m.waitFor("Camp200", 2, 0)
	// A call into a queue without agents.
	if _, err := ami.Send(ctx, client, ami.Originate{Channel: "Local/302900555@DialCamp/n", Context: "campaign", Exten: "empty"}); err != nil {
		log.Fatal(err)
	}
	m.waitFor("Empty", 0, 1)

	// Output:
	// Camp200: 3 of 3 agents free, 0 waiting
	// Camp200: 2 of 3 agents free, 0 waiting
	// Empty: 0 of 0 agents free, 1 waiting
}

// place places a call and follows it to its end. The id, which must not have been
// used before, becomes the Uniqueid of the call's first channel; whatever belongs
// to the call has it as Linkedid.
func place(ctx context.Context, conn *ami.Conn, id, number string) (answered bool, cause ami.Cause, err error) {
	_, err = ami.Send(ctx, conn, ami.Originate{
		ID: id, ChannelID: id, Channel: "Local/" + number + "@DialCamp/n", Timeout: 20 * time.Second,
		Context: "campaign", Exten: "empty",
	})
	if err != nil {
		// ami.NeverSent(err) tells whether it is safe to try again.
		return false, 0, err
	}
	// OriginateResponse and Hangup come in any order.
	for response, hangup := false, false; !response || !hangup; {
		select {
		case <-ctx.Done():
			return false, 0, ctx.Err()
		case m, ok := <-conn.Events():
			if !ok {
				return false, 0, conn.Err()
			}
			switch e := ami.ParseEvent(m).(type) {
			case *ami.OriginateResponse:
				if e.ActionID == id {
					response, answered = true, e.Success
				}
			case *ami.HangupEvent:
				// The first channel's cause; its Reason would be lossy.
				if e.Uniqueid == id {
					hangup, cause = true, e.Cause
				}
			}
		}
	}
	return answered, cause, nil
}

// Calls that are followed to their end, each with its cause.
func ExampleOriginate() {
	srv := amitest.New(amitest.Lab(1)) // instead of an Asterisk
	if err := srv.Start(); err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := ami.Connect(ctx, ami.Config{Address: srv.Addr(), Username: "dialcamp", Secret: "dialcamp-secret", Events: "call"})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	for i, number := range []string{"1017555", "1001555", "301002555"} {
		answered, cause, err := place(ctx, conn, fmt.Sprintf("example-%d", i), number)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: answered %v, %v (%d, %s)\n", number, answered, cause, int(cause), cause.Name())
	}

	// Output:
	// 1017555: answered false, user busy (17, USER_BUSY)
	// 1001555: answered false, unallocated number (1, UNALLOCATED)
	// 301002555: answered true, normal clearing (16, NORMAL_CLEARING)
}

// The untyped door: any action, any list, any header.
func ExampleConn_List() {
	srv := amitest.New(amitest.Lab(3)) // instead of an Asterisk
	if err := srv.Start(); err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	ctx := context.Background()
	conn, err := ami.Connect(ctx, ami.Config{Address: srv.Addr(), Username: "dialcamp", Secret: "dialcamp-secret", Events: "off"})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	list := ami.Action{Name: "QueueStatus"}
	list.Add("Queue", "Camp200")
	for m, err := range conn.List(ctx, list) {
		if err != nil {
			log.Fatal(err)
		}
		if m.Event() == "QueueMember" {
			fmt.Println(m.Get("Name"), m.Get("Location"), m.Int("Penalty"))
		}
	}

	_, err = conn.Do(ctx, ami.Action{Name: "Frobnicate"})
	fmt.Println(ami.Refused(err), err)

	// Output:
	// Agent 1 PJSIP/agent1 0
	// Agent 2 PJSIP/agent2 0
	// Agent 3 PJSIP/agent3 0
	// true ami: Frobnicate refused: Invalid/unknown command: Frobnicate. Use Action: ListCommands to show available commands.
}
