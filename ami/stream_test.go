package ami

import (
	"errors"
	"reflect"
	"slices"
	"testing"
)

// TestStream: the items as they come, and then the error.
func TestStream(t *testing.T) {
	queue := []string{"Event: QueueParams\nQueue: q", "Event: Other", "Event: QueueMember\nQueue: q\nName: A", "Event: QueueEntry\nQueue: q\nPosition: 1"}
	want := []QueueItem{QueueParams{Name: "q"}, Member{Queue: "q", Name: "A"}, QueueCaller{Queue: "q", Position: 1}}
	for _, cut := range []bool{false, true} {
		canned{items: queue, cut: cut}.ask(t, func(t *testing.T, c *Conn) {
			var got []QueueItem
			var last error
			for item, err := range Stream(t.Context(), c, QueueStatus{}) {
				if last = err; err == nil {
					got = append(got, item)
				} else if item != nil {
					t.Errorf("%v beside the error", item)
				}
			}
			if !reflect.DeepEqual(got, want) || (last != nil) != cut {
				t.Errorf("cut %v: %+v, %v", cut, got, last)
			}
		})
	}
	canned{items: queue}.ask(t, func(t *testing.T, c *Conn) {
		n := 0
		for range Stream(t.Context(), c, QueueStatus{}) {
			n++
			break
		}
		if n != 1 {
			t.Errorf("%d items", n)
		}
	})
}

// TestStreamSendsWhenRead: a stream that nobody reads asks for nothing.
func TestStreamSendsWhenRead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, _ := connected(t, Config{})
		c.Close()
		s := Stream(t.Context(), c, QueueSummary{})
		for range 2 {
			for _, err := range s {
				if !errors.Is(err, ErrClosed) || !NeverSent(err) {
					t.Error(err)
				}
			}
		}
	})
}

func TestStreamHangup(t *testing.T) {
	for channel, d := range map[string]canned{
		"a":   {reply: "Response: Success\nMessage: Channel Hungup"},
		"/a/": {items: []string{"Event: ChannelHungup\nChannel: a"}},
	} {
		d.ask(t, func(t *testing.T, c *Conn) {
			var got []string
			for name, err := range Stream(t.Context(), c, Hangup{Channel: channel}) {
				if err != nil {
					t.Error(err)
				}
				got = append(got, name)
			}
			if !slices.Equal(got, []string{"a"}) {
				t.Errorf("%s: %q", channel, got)
			}
		})
	}
}

// TestEmptyPJSIPLists: chan_pjsip has an error for an empty list. Any other error
// is one.
func TestEmptyPJSIPLists(t *testing.T) {
	nothing := func(words string) canned { return canned{reply: "Response: Error\nMessage: " + words} }
	expect(t, nothing("No endpoints found"), PJSIPShowEndpoints{}, nil)
	expect(t, nothing("No Contacts found"), PJSIPShowContacts{}, nil)
	stillRefused(t, "Could not get endpoints", PJSIPShowEndpoints{})
	stillRefused(t, "No Contacts found", PJSIPShowEndpoints{})
	stillRefused(t, "Could not get Contacts", PJSIPShowContacts{})
	stillRefused(t, "No contacts found", PJSIPShowContacts{})
	stillRefused(t, "", PJSIPShowEndpoint{})
}

func stillRefused[R any](t *testing.T, words string, r Request[R]) {
	t.Helper()
	canned{reply: "Response: Error\nMessage: " + words}.ask(t, func(t *testing.T, c *Conn) {
		if got, err := Send(t.Context(), c, r); !Refused(err) {
			t.Errorf("%T, %q: %+v, %v", r, words, got, err)
		}
	})
}
