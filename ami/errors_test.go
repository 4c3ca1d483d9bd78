package ami

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestNeverSent(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{io.EOF, false},
		{ErrNotConnected, true},
		{ErrBusy, true},
		{ErrClosed, false},
		{ErrNoReply, false},
		{ErrSlowConsumer, false},
		{&InvalidError{"A", "K", "x"}, true},
		{&ReplyError{"A", "no"}, false},
		{&RequestError{"A", false, ErrClosed}, true},
		{&RequestError{"A", true, ErrClosed}, false},
		{&RequestError{"A", true, ErrBusy}, false},
		{fmt.Errorf("calling: %w", &RequestError{"A", false, io.EOF}), true},
		{fmt.Errorf("calling: %w", &RequestError{"A", true, ErrNotConnected}), false},
	} {
		if got := NeverSent(tt.err); got != tt.want {
			t.Errorf("NeverSent(%v) = %v", tt.err, got)
		}
	}
}

func TestRefused(t *testing.T) {
	if !Refused(fmt.Errorf("calling: %w", &ReplyError{"A", "no"})) || Refused(nil) || Refused(ErrNoReply) || Refused(&RequestError{"A", true, io.EOF}) {
		t.Error("Refused is wrong")
	}
}

func TestErrorTexts(t *testing.T) {
	for want, err := range map[string]error{
		`ami: login as "u" refused: Authentication failed`:    &AuthError{"u", "Authentication failed"},
		`ami: login as "u" refused: "\x1b[2Jgone"`:            &AuthError{"u", "\x1b[2Jgone"},
		`ami: Originate refused: Extension does not exist.`:   &ReplyError{"Originate", "Extension does not exist."},
		`ami: Originate refused: "a\nb"`:                      &ReplyError{"Originate", "a\nb"},
		`ami: action "A\nB": x`:                               &InvalidError{"A\nB", "", "x"},
		`ami: action A: header "K\r": x`:                      &InvalidError{"A", "K\r", "x"},
		`ami: no reply in time, after Ping was sent`:          &RequestError{"Ping", true, ErrNoReply},
		`ami: not connected, before Ping was sent`:            &RequestError{"Ping", false, ErrNotConnected},
		`ami: not connected, before "\r\nPing: was" was sent`: &RequestError{"\r\nPing: was", false, ErrNotConnected},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	if !errors.Is(&RequestError{"Ping", true, ErrNoReply}, ErrNoReply) {
		t.Error("RequestError does not unwrap")
	}
}
