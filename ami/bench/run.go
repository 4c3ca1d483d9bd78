package bench

import (
	"strings"
	"testing"
)

// keys are what the consumer reads of every event.
var keys = [...]string{"Event", "Channel", "Uniqueid", "Linkedid", "Cause"}

func read(f Fields) (bytes int) {
	for _, k := range keys {
		bytes += len(f.Get(k))
	}
	return bytes
}

// Parse measures how long one frame in memory takes to become a message.
func Parse(b *testing.B, contenders []Contender) { runParse(b, contenders, false) }

// ParseAndRead is Parse with the fields read too: clients differ in how much of
// the work they leave for that.
func ParseAndRead(b *testing.B, contenders []Contender) { runParse(b, contenders, true) }

func runParse(b *testing.B, contenders []Contender, reads bool) {
	each(b, contenders, func(b *testing.B, c Contender, capture capture) {
		if c.Parse == nil {
			b.Skip("it has no entry for one frame")
		}
		b.ReportAllocs()
		b.SetBytes(int64(len(capture.text) / len(capture.frames)))
		i, n := 0, 0
		for b.Loop() {
			f, err := c.Parse(capture.frames[i])
			if err != nil {
				b.Fatal(err)
			}
			if reads {
				n += read(f)
			}
			if i++; i == len(capture.frames) {
				i = 0
			}
		}
		if reads && n == 0 {
			b.Fatal("nothing was read")
		}
	})
}

// blockFrames is about how many frames the server writes at a time.
const blockFrames = 1000

// Stream measures the way of a frame from a TCP socket on loopback, through
// everything that the client does with it, to a consumer that reads the fields of
// events. Sessions that are mostly replies are left out: no one asked for them
// here, and what a client does with a reply that nobody awaits differs.
func Stream(b *testing.B, contenders []Contender) {
	each(b, contenders, func(b *testing.B, c Contender, capture capture) {
		frames := len(capture.frames)
		if 2*capture.events < frames {
			b.Skip("mostly replies")
		}
		copies := max(1, blockFrames/frames)
		blockEvents := copies * capture.events
		s := serve(b, strings.Repeat(capture.text, copies))
		b.ReportAllocs()
		b.SetBytes(int64(len(capture.text) / frames))
		last := (b.N*capture.events + frames - 1) / frames // b.N counts frames
		events, n := 0, 0
		err := c.Stream(s.address, func() {
			b.ResetTimer()
			close(s.start)
		}, func(f Fields) bool {
			if f.Get("Event") == "" {
				return true
			}
			n += read(f)
			events++
			if events%blockEvents == 0 {
				s.taken <- struct{}{}
			}
			return events < last
		})
		b.StopTimer()
		if err != nil || events != last || n == 0 {
			b.Fatalf("%d of %d events, %d bytes, %v", events, last, n, err)
		}
	})
}

func each(b *testing.B, contenders []Contender, run func(*testing.B, Contender, capture)) {
	for _, capture := range captures(b) {
		b.Run(capture.name, func(b *testing.B) {
			for _, c := range contenders {
				b.Run(c.Name, func(b *testing.B) { run(b, c, capture) })
			}
		})
	}
}

// SameEvents fails for a contender that does not hand over every event of the
// captures with the fields that are read, so that no figure is one of frames that
// were dropped.
func SameEvents(t *testing.T, contenders []Contender) {
	for _, capture := range captures(t) {
		want := 0
		for _, f := range capture.frames {
			if strings.HasPrefix(f, "Event: ") {
				want += plainRead(f)
			}
		}
		for _, c := range contenders {
			if c.Parse != nil {
				t.Run(capture.name+"/parse/"+c.Name, func(t *testing.T) {
					events, n := 0, 0
					for _, frame := range capture.frames {
						f, err := c.Parse(frame)
						if err != nil {
							t.Fatalf("%q: %v", frame, err)
						}
						if f.Get("Event") != "" {
							events++
							n += read(f)
						}
					}
					if events != capture.events || n != want {
						t.Errorf("%d events with %d bytes, want %d with %d", events, n, capture.events, want)
					}
				})
			}
			t.Run(capture.name+"/stream/"+c.Name, func(t *testing.T) {
				const copies = 50
				s := serve(t, strings.Repeat(capture.text, copies)+"Event: End\r\n\r\n")
				events, n := 0, 0
				err := c.Stream(s.address, func() { close(s.start) }, func(f Fields) bool {
					switch f.Get("Event") {
					case "":
						return true
					case "End":
						return false
					}
					events++
					n += read(f)
					return true
				})
				if err != nil || events != copies*capture.events || n != copies*want {
					t.Errorf("%d events with %d bytes, want %d with %d; %v", events, n, copies*capture.events, copies*want, err)
				}
			})
		}
	}
}

// plainRead is read without any contender.
func plainRead(frame string) (bytes int) {
	for _, k := range keys {
		for line := range strings.SplitSeq(frame, "\r\n") {
			if v, ok := strings.CutPrefix(line, k+": "); ok {
				bytes += len(v)
				break
			}
		}
	}
	return bytes
}
