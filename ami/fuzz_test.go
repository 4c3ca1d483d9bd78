package ami

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// FuzzReader: it ends, however the bytes come it reads the same, and what it
// reads it reads again from String.
func FuzzReader(f *testing.F) {
	for _, tt := range torture {
		f.Add([]byte(tt.in))
	}
	for _, name := range captures(f) {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:2000])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := readAll(bytes.NewReader(data))
		if err != io.EOF && err != io.ErrUnexpectedEOF {
			t.Fatalf("error %v", err)
		}
		var text strings.Builder
		for _, m := range all {
			if m.Len() == 0 || m.Event() != "" && m.Response() != "" {
				t.Fatalf("%q: %d fields, event %q, response %q", m, m.Len(), m.Event(), m.Response())
			}
			for k, v := range m.Fields() {
				if strings.ContainsAny(k+v, "\n") || strings.Contains(k, ":") {
					t.Fatalf("%q: key %q, value %q", m, k, v)
				}
			}
			if p, err := ParseMessage(m.String()); err != nil || p.String() != m.String() || !slices.Equal(fieldsOf(p), fieldsOf(m)) {
				t.Fatalf("ParseMessage makes %q of %q, %v", p, m, err)
			}
			for k, v := range m.Fields() {
				if got, ok := m.Lookup(strings.ToUpper(k)); isASCII(k) && (!ok || got != slices.Collect(m.All(k))[0]) {
					t.Fatalf("%q: key %q is %q, Lookup says %q, %v", m, k, v, got, ok)
				}
			}
			ParseEvent(m)
			text.WriteString(m.String())
			text.WriteString("\n")
		}
		for name, again := range map[string]io.Reader{
			"byte by byte": iotest.OneByteReader(bytes.NewReader(data)),
			"String":       strings.NewReader(text.String()),
		} {
			got, _ := readAll(again)
			if !slices.EqualFunc(got, all, func(a, b *Message) bool {
				return a.String() == b.String() && slices.Equal(fieldsOf(a), fieldsOf(b))
			}) {
				t.Fatalf("%s: %q, not %q", name, got, all)
			}
		}
		NewReader(bytes.NewReader(data)).ReadBanner()
		if m, err := ParseMessage(string(data)); err == nil {
			all, _ := readAll(strings.NewReader(string(data) + "\n"))
			if len(all) != 1 || m.String() != all[0].String() {
				t.Fatalf("ParseMessage finds %q, a Reader %q", m, all)
			}
		}
	})
}

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) }

// FuzzAction: what Append accepts is one frame with just these headers.
func FuzzAction(f *testing.F) {
	f.Add("Originate", "id-1", "Channel", "Local/1@x", "Variable", "a=1")
	f.Add("Ping", "", "K", "", "K", " v ")
	f.Add("Ping\r\nX: y", "a\nb", "K:", "v\x00", "", "\r")
	f.Add("Response: Follows", "x", "K", strings.Repeat("v", MaxLineBytes), "k", "--END COMMAND--")
	f.Fuzz(func(t *testing.T, name, id, k1, v1, k2, v2 string) {
		a := Action{Name: name, ID: id, Headers: []Header{{k1, v1}, {k2, v2}}}
		b, err := a.Append(nil)
		evil := strings.ContainsAny(name+id+k1+v1+k2+v2, "\r\n\x00") || strings.Contains(k1+k2, ":")
		if err != nil {
			if len(b) != 0 || !NeverSent(err) || strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Fatalf("%q, %q", b, err)
			}
			if !evil && name != "" && k1 != "" && k2 != "" && len(name+id+k1+v1+k2+v2) < MaxActionID {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		if evil {
			t.Fatalf("accepted %q", b)
		}
		if bytes.Count(b, []byte("\r\n\r\n")) != 1 || !bytes.HasSuffix(b, []byte("\r\n\r\n")) || bytes.Count(b, []byte("\n")) != bytes.Count(b, []byte("\r\n")) {
			t.Fatalf("not one frame: %q", b)
		}
		want := frame{{"Action", name}}
		if id != "" {
			want = append(want, Header{"ActionID", id})
		}
		want = append(want, a.Headers...)
		all, err := readAll(bytes.NewReader(b))
		if err != io.EOF || len(all) != 1 || !slices.Equal(fieldsOf(all[0]), want) {
			t.Fatalf("read back as %q, %v", all, err)
		}
	})
}

// FuzzConn: whatever the peer says after the login, Do and List return in time
// and nothing is left behind.
func FuzzConn(f *testing.F) {
	reply := "Response: Success\r\nActionID: do\r\n\r\n"
	list := "Response: Success\r\nActionID: list\r\nEventList: start\r\n\r\nEvent: X\r\nActionID: list\r\n\r\nEvent: XComplete\r\nEventList: Complete\r\nActionID: list\r\n\r\n"
	f.Add([]byte(reply+list), true, true)
	f.Add([]byte(list+reply), true, false)
	f.Add([]byte("Response: Error\r\nActionID: do\r\nMessage: no\r\n\r\nResponse: Error\r\nActionID: list\r\n\r\n"), false, true)
	f.Add([]byte("Event: OriginateResponse\r\nResponse: Failure\r\nActionID: do\r\n\r\nEvent: A\r\n\r\n"), true, false)
	f.Add([]byte("Response: Follows\r\nActionID: do\r\nout\r\n\r\n--END COMMAND--\r\n\r\nActionID: do\r\n\r\nResponse: \r\nActionID: list\r\n\r\n"), true, false)
	f.Add([]byte(strings.Repeat("Event: A\r\n\r\n", 20)), true, true)
	f.Fuzz(func(t *testing.T, data []byte, reads, closes bool) {
		synctest.Test(t, func(t *testing.T) {
			c, p := connected(t, Config{EventQueue: 8, RequestTimeout: 5 * time.Second, PingInterval: 15 * time.Second})
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			do := goDo(ctx, c, Action{Name: "Do", ID: "do"})
			list := goList(ctx, c, Action{Name: "List", ID: "list"})
			if reads {
				go io.Copy(io.Discard, p.nc)
			}
			synctest.Wait() // the requests are out, or on their way
			go func() {
				p.nc.Write(data)
				if closes {
					p.nc.Close()
				}
			}()
			began := time.Now()
			o, l := <-do, <-list
			if d := time.Since(began); d > 3*time.Second {
				t.Errorf("they took %v", d)
			}
			if o.err == nil && o.m.Response() == "" {
				t.Errorf("Do returned %v", o.m)
			}
			if o.err == nil && o.m.ActionID() != "do" {
				t.Errorf("Do returned %q", o.m)
			}
			for _, m := range l.items {
				if m.Event() == "" || m.ActionID() != "list" {
					t.Errorf("List yielded %q", m)
				}
			}
			if !reads && (o.err == nil || l.err == nil) && len(data) == 0 {
				t.Error("an answer out of nothing")
			}
			for range len(c.Events()) {
				if m := <-c.Events(); m != nil && m.Event() == "" {
					t.Errorf("event %q", m)
				}
			}
			time.Sleep(time.Minute) // the keep-alive finds the peer silent
			if c.Err() == nil {
				t.Error("the connection lives on without a peer")
			}
			if len(c.pending) != 0 {
				t.Errorf("%d requests wait", len(c.pending))
			}
		})
	})
}
