package ami

import (
	"io"
	"strings"
	"testing"
)

func TestReadBanner(t *testing.T) {
	const name = "Asterisk Call Manager/"
	longest := strings.Repeat("1", MaxBannerBytes-len(name))
	for _, tt := range []struct{ name, in, want, problem string }{
		{"Asterisk 22", name + "11.0.0\r\n", "11.0.0", ""},
		{"Asterisk 1.8", name + "1.1\r\n", "1.1", ""},
		{"bare newline", name + "5.0.4\n", "5.0.4", ""},
		{"longest", name + longest + "\r\n", longest, ""},
		{"too long", name + longest + "11\r\n", "", "not an Asterisk manager"},
		{"never ending", name + strings.Repeat("1", 1<<20), "", "not an Asterisk manager"},
		{"no version", name + "\r\n", "", "not an Asterisk manager"},
		{"closed", "", "", io.ErrUnexpectedEOF.Error()},
		{"cut", name + "11.", "", io.ErrUnexpectedEOF.Error()},
		{"empty line", "\r\n", "", `greets with ""`},
		{"a frame at once", "Response: Error\r\nMessage: x\r\n\r\n", "", `greets with "Response: Error"`},
		{"SSH", "SSH-2.0-OpenSSH_9.2p1\r\n", "", `greets with "SSH-2.0-OpenSSH_9.2p1"`},
		{"HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", "", `greets with "HTTP/1.1 400 Bad Request"`},
		{"TLS alert", "\x15\x03\x01\x00\x02\x02\x16\n", "", `greets with "\x15\x03\x01\x00\x02\x02\x16"`},
		{"long line", strings.Repeat("~", 200) + "\n", "", strings.Repeat("~", 60) + "…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewReader(strings.NewReader(tt.in + "Event: A\r\n\r\n"))
			if strings.HasSuffix(tt.problem, "EOF") {
				r = NewReader(strings.NewReader(tt.in))
			}
			got, err := r.ReadBanner()
			if tt.problem != "" {
				if err == nil || !strings.Contains(err.Error(), tt.problem) {
					t.Fatalf("version %q, error %v; want %q", got, err, tt.problem)
				}
				return
			}
			if got != tt.want || err != nil {
				t.Fatalf("version %q, error %v", got, err)
			}
			if m, err := r.ReadMessage(); err != nil || m.Event() != "A" {
				t.Errorf("the frame after it: %v, %v", m, err)
			}
		})
	}
}
