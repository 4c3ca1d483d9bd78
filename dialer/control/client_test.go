package control_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

func TestStatus(t *testing.T) {
	op := newOperator(t)
	st, err := control.NewClient(serve(t, op)).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, _ := op.Status(t.Context())
	if fmt.Sprint(st.Status) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", st.Status, want)
	}
	if len(st.Reports) != 2 || st.Reports[1].Campaign != "spring" || st.Reports[1].Attempts.Total != 3 || st.Reports[0].Contacts["total"] != 0 {
		t.Errorf("reports: %+v", st.Reports)
	}
}

func TestVerbs(t *testing.T) {
	c := control.NewClient(serve(t, newOperator(t)))
	for _, step := range []struct {
		campaign string
		verb     campaign.Verb
		want     campaign.State
		status   int
	}{
		{"spring", campaign.Pause, campaign.Paused, 0},
		{"spring", campaign.Pause, campaign.Paused, 0},
		{"spring", campaign.Resume, campaign.Running, 0},
		{"spring", campaign.Drain, campaign.Draining, 0},
		{"spring", campaign.Pause, "", 409},
		{"spring", campaign.Start, campaign.Running, 0},
		{"spring", campaign.Stop, campaign.Draining, 0},
		{"autumn", campaign.Pause, "", 409},
		{"autumn", campaign.Resume, "", 409},
		{"autumn", "explode", "", 404},
		{"autumn", "", "", 404},
		{"winter", campaign.Start, "", 404},
		{"../status", campaign.Start, "", 404},
		{"a/b?c#d%", campaign.Start, "", 404},
	} {
		got, err := c.Operate(t.Context(), step.campaign, step.verb)
		e, refused := errors.AsType[*control.Error](err)
		if got != step.want || refused != (step.status != 0) || refused && e.Status != step.status {
			t.Errorf("%s %s: %q, %v; want %q, %d", step.verb, step.campaign, got, err, step.want, step.status)
		}
	}
}

// The API gives what the store itself does, for every filter.
func TestReportAndCalls(t *testing.T) {
	op := newOperator(t)
	c := control.NewClient(serve(t, op))
	for _, q := range []report.Query{
		{},
		{Campaign: "spring"},
		{Campaign: "autumn"},
		{Campaign: "spring", By: "hour"},
		{Campaign: "spring", By: "outcome"},
		{Campaign: "spring", By: "interval", Interval: 15 * time.Minute},
		{Campaign: "spring", Outcomes: []campaign.Outcome{campaign.Busy, campaign.Machine}},
		{Campaign: "spring", Outcomes: []campaign.Outcome{campaign.InFlight}},
		{From: morning.Add(time.Hour)},
		{To: morning.Add(time.Hour)},
		{From: morning.Add(time.Nanosecond), To: morning.Add(time.Hour + time.Nanosecond)},
		{Campaign: "spring", From: morning.In(time.FixedZone("", 9*3600)), To: morning.Add(time.Hour)},
	} {
		direct := q
		direct.Configured = op.Configured()
		want, err := report.Build(op.store, direct)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Report(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if got[i].Limits == nil && got[i].By == "" {
				t.Errorf("%+v: %s is without limits", q, got[i].Campaign)
			}
			got[i].Limits = nil // of the moment at which it answered
		}
		if q.From.IsZero() && q.To.IsZero() { // else the bounds come back in another zone
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%+v: %+v, want %+v", q, got, want)
			}
		} else if len(got) != len(want) || got[len(got)-1].Attempts.Total != want[len(want)-1].Attempts.Total {
			t.Errorf("%+v: %+v, want %+v", q, got, want)
		}
		var ids []string
		calls, err := c.Calls(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for call, err := range calls {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, call.ID)
		}
		if want := attemptIDs(t, op.store, q); !slices.Equal(ids, want) {
			t.Errorf("%+v: calls %v, want %v", q, ids, want)
		}
	}
	_, err := c.Report(t.Context(), report.Query{Campaign: "winter"})
	if e, ok := errors.AsType[*control.Error](err); !ok || e.Status != 404 || e.Message != `no campaign "winter"` || e.Hint != "there are: autumn, spring" {
		t.Errorf("%+v", err)
	}
	if _, err := c.Calls(t.Context(), report.Query{Campaign: "winter"}); err == nil {
		t.Error("calls of an unknown campaign are no error")
	}
}

func attemptIDs(t *testing.T, s store.Store, q report.Query) (ids []string) {
	t.Helper()
	if q.Campaign == "autumn" {
		return nil
	}
	for a, err := range s.Attempts("spring", q.From, q.To) {
		if err != nil {
			t.Fatal(err)
		}
		if len(q.Outcomes) == 0 || slices.Contains(q.Outcomes, a.Outcome) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// A stream that is broken off must not look like a short file.
func TestCallsBrokenOff(t *testing.T) {
	op := newOperator(t)
	op.store = breaking{op.store}
	calls, err := control.NewClient(serve(t, op)).Calls(t.Context(), report.Query{Campaign: "spring"})
	if err != nil {
		t.Fatal(err)
	}
	n, last := 0, error(nil)
	for _, err := range calls {
		if last = err; err == nil {
			n++
		}
	}
	if last == nil || !strings.Contains(last.Error(), "broke off") {
		t.Errorf("after %d calls: %v", n, last)
	}
	if n == 0 || n >= 5000 {
		t.Errorf("%d calls came", n)
	}
}

// Whoever stops reading stops the daemon's work.
func TestCallsStopEarly(t *testing.T) {
	op := newOperator(t)
	op.store = breaking{op.store}
	calls, err := control.NewClient(serve(t, op)).Calls(t.Context(), report.Query{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range calls {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 10 {
			break
		}
	}
}

func TestNotRunning(t *testing.T) {
	dir := t.TempDir()
	dead := filepath.Join(dir, "dead.sock")
	leaveDeadSocket(t, dead)
	for _, path := range []string{filepath.Join(dir, "none.sock"), filepath.Join(dir, "no", "dir.sock"), dead} {
		if _, err := control.NewClient(path).Status(t.Context()); !errors.Is(err, control.ErrNotRunning) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestNoPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may everything")
	}
	socket := serve(t, newOperator(t))
	os.Chmod(socket, 0)
	if _, err := control.NewClient(socket).Status(t.Context()); !errors.Is(err, os.ErrPermission) {
		t.Errorf("%v", err)
	}
}

// impostor answers every connection with the same bytes.
func impostor(t *testing.T, answer string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "control.sock")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				bufio.NewReader(nc).ReadString('\n')
				io.WriteString(nc, answer)
			}()
		}
	}()
	return path
}

func TestGarbage(t *testing.T) {
	ok := "HTTP/1.1 200 OK\r\nConnection: close\r\n"
	for _, c := range []struct{ name, answer, want string }{
		{"nothing", "", "broke off"},
		{"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", "malformed HTTP"},
		{"not JSON", ok + "\r\n<html>", "not dialcamp's"},
		{"other JSON", ok + "\r\n{\"time\": 7}", "not dialcamp's"},
		{"cut", ok + "Content-Length: 100\r\n\r\n{\"time\":", "broke off"},
		{"empty", ok + "\r\n", "broke off"},
		{"a proxy", "HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n<html>", "502 Bad Gateway, as no dialcamp does"},
		{"an error without text", "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n\r\n{}", "500 Internal Server Error, as no dialcamp does"},
	} {
		t.Run(c.name, func(t *testing.T) {
			socket := impostor(t, c.answer)
			_, err := control.NewClient(socket).Status(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), socket) {
				t.Errorf("status: %v, want %q", err, c.want)
			}
		})
	}
	calls, err := control.NewClient(impostor(t, ok+"\r\n{\"id\":\"1\"}\nno call")).Calls(t.Context(), report.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var errs []error
	for _, err := range calls {
		errs = append(errs, err)
	}
	if len(errs) != 2 || errs[0] != nil || errs[1] == nil || !strings.Contains(errs[1].Error(), "not dialcamp's") {
		t.Errorf("calls: %v", errs)
	}
}

func TestNoAnswer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control.sock")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close() // nobody accepts
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := control.NewClient(path).Status(ctx); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("%v", err)
	}
}
