package amitest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Server is an Asterisk. Its methods may be called concurrently.
type Server struct {
	cfg     Config
	clock   Clock
	release release

	mu      sync.Mutex // owns everything below
	closed  bool
	agenda  schedule
	rng     *rand.Rand
	started time.Time

	listener net.Listener
	addr     string
	down     bool // restarting
	sessions []*session
	audience class // what any session wants to hear; saves writing the rest
	frame    []byte
	serials  struct{ local, pjsip, unique int }

	channels   map[string]*channel // by Uniqueid
	byName     map[string]*channel
	calls      []*Call            // all that are remembered
	live       map[*call]struct{} // those that have not ended
	processed  int                // as in CoreStatus
	trunkInUse int
	dialed     map[string]int // calls so far by number

	queues     map[string]*queue
	queueOrder []*queue
	agents     map[string]*agent
	agentOrder []*agent
	conf       queueFiles
	reachable  map[string]bool // endpoints that were qualified
	chosen     []*member       // see best

	faults faults
}

// New returns a Server that is up, and reachable with Dial; Start makes it listen.
func New(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{
		cfg:      cfg,
		clock:    cfg.Clock,
		release:  releaseOf(cfg.Version),
		rng:      rand.New(rand.NewPCG(cfg.Seed, 0xa57)),
		started:  cfg.Clock.Now(),
		channels: make(map[string]*channel),
		byName:   make(map[string]*channel),
		dialed:   make(map[string]int),
		live:     make(map[*call]struct{}),
		queues:   make(map[string]*queue),
		agents:   make(map[string]*agent),

		reachable: make(map[string]bool),
	}
	s.faults.unstall, s.faults.refuse, s.faults.bytesLeft = sync.NewCond(&s.mu), make(map[string]string), -1
	for _, qc := range cfg.Queues {
		s.addQueue(qc)
	}
	return s
}

// Start listens on a free port of 127.0.0.1.
func (s *Server) Start() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("amitest: %w", err)
	}
	s.mu.Lock()
	s.listener, s.addr = l, l.Addr().String()
	s.mu.Unlock()
	go s.accept(l)
	return nil
}

// TB is the part of testing.TB that StartTest needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// StartTest returns a listening Server that is closed at the end of the test.
func StartTest(t TB, cfg Config) *Server {
	t.Helper()
	s := New(cfg)
	if err := s.Start(); err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Addr is host:port of the listener, "" before Start.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

func (s *Server) accept(l net.Listener) {
	for {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		if err := s.attach(nc); err != nil {
			nc.Close()
		}
	}
}

var errDown = errors.New("amitest: connection refused: the server is down")

// Dial connects without the network. Its address is ignored, so that it fits
// ami.Config.Dial as Server.DialFunc.
func (s *Server) Dial(ctx context.Context) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	here, there := net.Pipe()
	if err := s.attach(there); err != nil {
		return nil, err
	}
	return here, nil
}

// DialFunc is Dial in the form of ami.Config.Dial.
func (s *Server) DialFunc(ctx context.Context, _ string) (net.Conn, error) { return s.Dial(ctx) }

// Close ends everything: listener, sessions, timers. Calls in flight stay as
// they are.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.agenda.stop != nil {
		s.agenda.stop()
	}
	s.faults.stalled = false
	s.faults.unstall.Broadcast()
	s.dropAll()
	s.releaseSynchronous()
	if s.listener != nil {
		return s.listener.Close()
	}
	return nil
}

// Now is the time of the Server's Clock.
func (s *Server) Now() time.Time { return s.clock.Now() }

// chance is true with probability p.
func (s *Server) chance(p float64) bool { return p > 0 && s.rng.Float64() < p }

// interleave carries out the steps of each sequence in their order, and mixes
// the sequences at random: they belong to different threads of Asterisk.
func (s *Server) interleave(sequences ...[]func()) {
	for {
		live := sequences[:0]
		for _, q := range sequences {
			if len(q) > 0 {
				live = append(live, q)
			}
		}
		if sequences = live; len(live) == 0 {
			return
		}
		i := s.rng.IntN(len(live))
		step := live[i][0]
		live[i] = live[i][1:]
		step()
	}
}
