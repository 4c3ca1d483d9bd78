// Package amitest is an Asterisk in memory: a manager on a real net.Conn, calls
// that go through a trunk to scripted far ends, and queues with agents. The
// tests of dialcamp and its demo dial against it.
//
// It imitates Asterisk 22.10 as captured on the lab's servers; the conformance
// test of package ami runs the same expectations against both. Where the real
// one's order of events varies, so does this one's, from Config.Seed.
//
// A Server is made with New and listens after Start; Dial connects without the
// network, so that it can also run in a testing/synctest bubble. All its times
// are those of Config.Clock: Scaled gives one that runs faster.
//
//	srv := amitest.New(amitest.Lab(20))
//	err := srv.Start()
//	…
//	defer srv.Close()
//	conn, err := ami.Connect(ctx, ami.Config{Address: srv.Addr(), Username: "dialcamp", Secret: "dialcamp-secret"})
//
// What happened to each call, as the far end saw it, is told by CDR: a witness
// that is independent of the events a client got.
package amitest
