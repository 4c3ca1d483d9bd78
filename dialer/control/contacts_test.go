package control_test

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/report"
)

// CallBack refuses who is called nobody, and notes what it was asked for.
func (o *operator) CallBack(_ context.Context, ask control.Callback) (done control.CalledBack, err error) {
	if o.gone {
		return done, control.ErrStopping
	}
	if ask.Who == "nobody" {
		return done, &control.Error{Status: http.StatusConflict, Message: "no callback: they said no", Hint: "ask again"}
	}
	o.callback = ask
	return control.CalledBack{Campaign: ask.Campaign, Number: ask.Who, At: morning, Opens: morning.Add(time.Hour), Talking: true}, nil
}

func (o *operator) Why(_ context.Context, name string) (why report.Why, err error) {
	if o.gone {
		return why, control.ErrStopping
	}
	why.Name, why.Hold, why.Exact, why.Contacts = name, "no agent is free", true, map[string]int64{"pending": 7}
	why.Waits = []report.Wait{{For: report.WaitsWindow, Zone: "Asia/Seoul", Contacts: 7, Next: morning}}
	return why, nil
}

func (o *operator) Stories(_ context.Context, who string) ([]report.Story, error) {
	if o.gone {
		return nil, control.ErrStopping
	}
	if who == "nobody" {
		return []report.Story{}, nil
	}
	return []report.Story{{Campaign: "spring", Why: "done", Numbers: []report.StoryNumber{{Number: who}}, Attempts: []report.Call{{ID: "a", Outcome: "busy"}}}}, nil
}

func TestCallBack(t *testing.T) {
	op := newOperator(t)
	c := control.NewClient(serve(t, op))
	ask := control.Callback{Campaign: "spring", Who: "+8210 & more", List: "l", At: "2026-12-01 14:30", Number: "+82 2", Note: "ask for 김"}
	done, err := c.CallBack(t.Context(), ask)
	if err != nil || op.callback != ask || done.Number != ask.Who || !done.At.Equal(morning) || !done.Opens.Equal(morning.Add(time.Hour)) || !done.Talking {
		t.Errorf("%+v, asked %+v: %v", done, op.callback, err)
	}
	ask.Who = "nobody"
	_, err = c.CallBack(t.Context(), ask)
	if e, ok := err.(*control.Error); !ok || e.Status != 409 || e.Message != "no callback: they said no" || e.Hint != "ask again" {
		t.Errorf("%+v", err)
	}
}

func TestStories(t *testing.T) {
	op := newOperator(t)
	c := control.NewClient(serve(t, op))
	want, _ := op.Stories(t.Context(), "+8210")
	got, err := c.Stories(t.Context(), "+8210")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := c.Stories(t.Context(), "nobody"); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhy(t *testing.T) {
	op := newOperator(t)
	c := control.NewClient(serve(t, op))
	want, _ := op.Why(t.Context(), "spring")
	if got, err := c.Why(t.Context(), "spring"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	_, err := c.Why(t.Context(), "winter")
	if e, ok := err.(*control.Error); !ok || e.Status != 404 {
		t.Errorf("%+v", err)
	}
}

func TestContactsRefused(t *testing.T) {
	op := newOperator(t)
	socket := serve(t, op)
	for _, r := range []struct {
		method, target string
		status         int
		text           string
	}{
		{"GET", "/v1/contacts", 400, `parameter \"who\" is missing`},
		{"GET", "/v1/contacts?number=1", 400, `parameter \"number\" is unknown`},
		{"POST", "/v1/campaigns/spring/callback?who=1", 400, `parameter \"at\" is missing`},
		{"POST", "/v1/campaigns/spring/callback?at=now", 400, `parameter \"who\" is missing`},
		{"POST", "/v1/campaigns/spring/callback?who=1&at=now&when=1", 400, `parameter \"when\" is unknown`},
		{"POST", "/v1/campaigns/winter/callback?who=1&at=now", 404, `the daemon has no campaign \"winter\"`},
		{"GET", "/v1/campaigns/spring/callback?who=1&at=now", 404, "no such resource"},
	} {
		if status, _, body := raw(t, socket, r.method, r.target); status != r.status || !strings.Contains(body, r.text) {
			t.Errorf("%s %s: %d %s", r.method, r.target, status, body)
		}
	}
	op.gone = true
	for _, r := range [][2]string{{"GET", "/v1/contacts?who=1"}, {"GET", "/v1/campaigns/spring/why"}, {"POST", "/v1/campaigns/spring/callback?who=1&at=now"}} {
		if status, _, body := raw(t, socket, r[0], r[1]); status != 503 || !strings.Contains(body, "stopping") {
			t.Errorf("%v of a daemon that stops: %d %s", r, status, body)
		}
	}
}
