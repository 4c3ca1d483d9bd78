package report

import (
	"time"

	"github.com/dialcamp/dialcamp/store"
)

// Story is what became of a contact in a campaign, and what it waits for.
type Story struct {
	Campaign   string            `json:"campaign"`
	Contact    uint64            `json:"contact"` // its id in the campaign
	List       string            `json:"list"`
	Key        string            `json:"key,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Priority   int               `json:"priority,omitempty"`
	Zone       string            `json:"zone,omitempty"` // time zone; empty: the campaign's
	NotBefore  time.Time         `json:"not_before,omitzero"`
	Expires    time.Time         `json:"expires,omitzero"`

	State    string          `json:"state"`
	Why      string          `json:"why"`            // the state, and what it waits for, in a sentence
	Due      time.Time       `json:"due,omitzero"`   // when a retry, a callback or the first call is due
	Opens    time.Time       `json:"opens,omitzero"` // the first moment from then, or from now, at which a calling window is open; zero: at once
	Counted  int             `json:"counted"`        // attempts that count towards max_attempts
	Callback *store.Callback `json:"callback,omitempty"`
	Numbers  []StoryNumber   `json:"numbers"`
	Attempts []Call          `json:"attempts"` // in their order
	Purged   int             `json:"purged"`   // attempts before these that are not kept any more
}

// StoryNumber is one number of a contact.
type StoryNumber struct {
	Number  string         `json:"number"`
	Type    string         `json:"type,omitempty"`
	Next    bool           `json:"next"` // it is called next
	Last    string         `json:"last,omitempty"`
	Counted int            `json:"counted"` // attempts that count towards max_per_number
	Dead    bool           `json:"dead"`
	Barred  []store.DNCHit `json:"barred,omitempty"`
}
