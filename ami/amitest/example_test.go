package amitest_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

// A queue of two agents, the first of whom does not answer; one call, and what
// the client sees of it in the queue.
func Example() {
	agents := amitest.Agents(2, time.Second) // who answer after a second
	agents[0].NoAnswer = 1
	srv := amitest.New(amitest.Config{
		// An hour takes four seconds.
		Clock: amitest.Scaled(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), 900),
		Queues: []amitest.QueueConfig{{
			Name: "Camp200", Strategy: "linear", Timeout: 15 * time.Second, Retry: 5 * time.Second, Members: agents,
		}},
		// Whoever is dialed answers, waits for an agent, and talks a minute.
		Plan: func(number string, n int) amitest.Fate {
			return amitest.Fate{Answer: true, Ring: 5 * time.Second, Patience: time.Hour, Talk: time.Minute}
		},
	})
	if err := srv.Start(); err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	ctx := context.Background()
	conn, err := ami.Connect(ctx, ami.Config{Address: srv.Addr(), Username: "dialcamp", Secret: "dialcamp-secret", Events: "agent"})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	if _, err := ami.Send(ctx, conn, ami.Originate{Channel: "Local/5551234@DialCamp/n", Context: "campaign", Exten: "200"}); err != nil {
		log.Fatal(err)
	}
	for m := range conn.Events() {
		switch m.Event() {
		case "QueueCallerJoin", "QueueCallerLeave":
			fmt.Println(m.Event(), m.Get("Queue"))
		case "AgentCalled", "AgentRingNoAnswer", "AgentConnect":
			fmt.Println(m.Event(), m.Get("Interface"))
		case "AgentComplete":
			fmt.Println(m.Event(), m.Get("Interface"), m.Get("Reason"))
			return
		}
	}
	log.Fatal(conn.Err())
	// Output:
	// QueueCallerJoin Camp200
	// AgentCalled PJSIP/agent1
	// AgentRingNoAnswer PJSIP/agent1
	// AgentCalled PJSIP/agent2
	// QueueCallerLeave Camp200
	// AgentConnect PJSIP/agent2
	// AgentComplete PJSIP/agent2 caller
}
