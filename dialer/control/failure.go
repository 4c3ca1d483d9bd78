package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

// failure is the answer to a request that is refused or has failed.
type failure struct {
	Error string    `json:"error"`
	Hint  string    `json:"hint"`           // what to do about it
	More  []failure `json:"more,omitempty"` // that were found as well
}

// hints are for errors that have none of their own.
var hints = map[int]string{
	http.StatusBadRequest:          "GET /v1/openapi.json describes what there is",
	http.StatusNotFound:            "look whether it is spelt right",
	http.StatusConflict:            "dialcamp status, or GET /v1/status, tells how things stand",
	http.StatusInternalServerError: "the daemon's log may tell more; dialcamp db check looks the store through",
	http.StatusServiceUnavailable:  "ask again in a moment, or when the daemon has been started again",
}

// DNCFileHint is for store.ErrDNCFile.
const DNCFileHint = "the daemon looks at the file every 30 seconds, and at once when it is told to reload"

func failureOf(status int, err error) failure {
	f := failure{Error: err.Error(), Hint: hints[status]}
	if u, ok := errors.AsType[*report.UnknownCampaign](err); ok {
		f.Hint = u.Hint()
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Hint != "" {
		f.Hint = e.Hint
	}
	if errors.Is(err, store.ErrDNCFile) {
		f.Hint = DNCFileHint
	}
	if e, ok := errors.AsType[*contact.ListError](err); ok && e.Hint != "" {
		f.Hint = e.Hint
	}
	if e, ok := errors.AsType[*config.Error](err); ok && e.Hint != "" {
		f.Hint = e.Hint
	}
	return f
}

// fail answers with an error.
func fail(w http.ResponseWriter, status int, err error) { failureOf(status, err).write(w, status) }

// failAll answers with everything that is wrong with a config: the first as any
// other failure, the others beside it.
func failAll(w http.ResponseWriter, status int, errs config.Errors) {
	f := failureOf(status, errs[0])
	for _, e := range errs[1:] {
		f.More = append(f.More, failureOf(status, e))
	}
	f.write(w, status)
}

// refuse answers with what an operator or the store says.
func refuse(w http.ResponseWriter, err error) { fail(w, statusOf(err), err) }

func statusOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok && e.Status != 0 {
		return e.Status
	}
	if _, unknown := errors.AsType[*report.UnknownCampaign](err); unknown {
		return http.StatusNotFound
	}
	if errors.Is(err, ErrStopping) {
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

func (f failure) write(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(f)
}

func nothing(w http.ResponseWriter, r *http.Request) {
	fail(w, http.StatusNotFound, &Error{
		Message: fmt.Sprintf("no such resource: %s %s", r.Method, r.URL.Path),
		Hint:    "GET /v1/openapi.json describes what there is",
	})
}
