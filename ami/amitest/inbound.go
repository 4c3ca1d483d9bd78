package amitest

import "github.com/dialcamp/dialcamp/ami"

// CallIn is a call from outside to a queue, that no Originate made: it is
// answered, waits there as long as it takes, and is hung up by the dialplan when
// the queue lets it go. Of its fate only Patience, Talk, AgentTalk and Machine
// count, and its variables are the channel's, e.g. QUEUE_PRIO=5. It returns the
// channel's Uniqueid. The witness knows it as Inbound.
func (s *Server) CallIn(queue, number string, f Fate, variables ...string) (uniqueid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	ch := &channel{
		name: s.pjsipName("carrier"), callerNum: number, context: "from-outside", exten: queue, state: ami.ChannelRing,
	}
	c := &call{
		Call:  &Call{Inbound: true, Channel: ch.name, Number: number, Variables: variables, Reached: true, Machine: f.Machine, Responded: true, Start: now, Answer: now},
		first: ch, trunk: ch, phase: answered, fate: f,
		request: originate{
			context: "from-outside", exten: queue, variables: variables, destination: Destination{Queue: queue},
		},
	}
	ch.call = c
	s.newChannel(ch)
	c.ChannelID = ch.uniqueid
	s.remember(c)
	s.live[c] = struct{}{}
	s.processed++
	s.trunkInUse++
	s.setState(ch, ami.ChannelUp)
	s.awaitHangup(c)
	s.enter(c)
	return ch.uniqueid
}
