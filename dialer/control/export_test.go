package control

import (
	"net/http"

	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

type patterns []string

func (p *patterns) Handle(pattern string, _ http.Handler) { *p = append(*p, pattern) }
func (p *patterns) HandleFunc(pattern string, _ func(http.ResponseWriter, *http.Request)) {
	*p = append(*p, pattern)
}

// Patterns are what the socket's mux is given.
func Patterns() []string {
	var p patterns
	api{}.everything(&p)
	return p
}

// Answers are the Go types of what is answered, by their schemas in the OpenAPI
// document. Types in them need no entry.
var Answers = map[string]any{
	"Access":        Access{},
	"Batch":         store.Batch{},
	"Call":          report.Call{},
	"CalledBack":    CalledBack{},
	"CampaignEvent": CampaignEvent{},
	"LinkEvent":     LinkEvent{},
	"LostEvent":     LostEvent{},
	"ReloadEvent":   ReloadEvent{},
	"DNCChanged":    dncChanged{},
	"DNCHit":        store.DNCHit{},
	"DNCList":       store.DNCList{},
	"Entry":         LedgerEntry{},
	"Failure":       failure{},
	"ImportEvent":   ImportEvent{},
	"Reload":        Reload{},
	"Row":           report.Row{},
	"Stats":         store.Stats{},
	"Status":        Status{},
	"Story":         report.Story{},
	"Undone":        Undone{},
	"Why":           report.Why{},
}
