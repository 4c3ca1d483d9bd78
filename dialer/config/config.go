// Package config turns config.yaml into a validated Config.
//
// Every refusal is an *Error that names the file, the key, the value read and
// what would be right; nothing is guessed and nothing is silently dropped.
package config

import (
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/contact"
)

// Config is everything the daemon is told. Durations are never zero where the
// daemon needs one: Load fills the documented defaults.
type Config struct {
	File      string // the file it was read from; relative paths below are relative to its directory
	Asterisk  []Asterisk
	Store     Store
	Control   Control
	Log       Log
	DNC       DNC
	Campaigns []Campaign
	Reports   []Report
	Webhooks  []Webhook `json:",omitempty"`

	Warnings []string // what is accepted but should be put right; one line each
}

// Asterisk is one server that calls are originated on.
type Asterisk struct {
	Name           string
	Address        string // host:port of the manager; port 5038 (5039 with TLS) unless given
	Username       string
	Secret         string `json:"-"` // never logged or printed
	TLS            TLS
	MaxChannels    int // calls in flight at most, 0 = no limit of its own
	CallsPerSecond int // Originates a second at most, 0 = no limit of its own
	Breaker        Breaker
}

// Breaker says when a trunk is left alone because it refuses calls, as
// campaign.Breaker has it. Share 0: never.
type Breaker struct {
	Share  float64
	Of     int
	Within time.Duration
	Pause  time.Duration
	AtMost time.Duration
}

// TLS says whether and how the manager connection is encrypted.
type TLS struct {
	Enabled    bool
	CAFile     string // PEM; the system's roots unless given
	ServerName string // the name to verify; the address's host unless given
}

// Store is where everything that must outlive a crash is kept.
type Store struct {
	Path     string
	KeepDays int // days after which an attempt is purged; 0: never
}

// Control is the operator's HTTP API.
type Control struct {
	Socket string
	Listen string // host:port for who watches: metrics and health; "": none
	TLS    ServerTLS
	Tokens []Token // who may use the API on Listen; none: it is only on Socket
}

// ServerTLS are the certificate that Listen shows and its key, in PEM; empty:
// nothing is encrypted.
type ServerTLS struct {
	CertFile, KeyFile string
}

// Log says what is logged and how.
type Log struct {
	Level  string // debug, info, warn, error
	Format string // auto, tty, journal, text, json
}

// DNC names the do-not-call lists that are files: of numbers that no campaign
// may call, or one.
type DNC struct {
	Files []DNCFile
}

// DNCFile is a do-not-call list in a file.
type DNCFile struct {
	Name string // base name of Path without its extension; unique among the lists of all campaigns, and of each
	Path string // absolute after Load
}

// Campaign is what to dial, when, how fast and into which queue.
type Campaign struct {
	Name      string
	Asterisk  string // name of an Asterisk entry; the first one unless given
	Queue     string
	Lists     []List
	Originate Originate
	Pacing    Pacing
	Calling   Calling
	Retry     Retry
	DNC       DNC // for this campaign only
	Frequency campaign.Frequency
	Start     string // cron; empty: started with the daemon
	Stop      string // cron; empty: never stopped by the clock

	Duplicates string // of lists that the config does not name
}

// The values of duplicates: within what a number is had by one contact only.
const (
	DuplicatesList       = "list"
	DuplicatesCampaign   = "campaign" // unless given
	DuplicatesEverywhere = "everywhere"
)

// DuplicatesWords are all of them.
var DuplicatesWords = []string{DuplicatesList, DuplicatesCampaign, DuplicatesEverywhere}

// List is one contact-list file or, with Many, all that a glob or a directory
// holds: see Find.
type List struct {
	Name       string // base name of Path without its extension, unless given; unique in a campaign; empty with Many
	Path       string // absolute after Load
	Many       bool   `json:",omitempty"` // Path is a glob or a directory; each of its files is a list
	Reload     string // cron; empty: loaded at start and when the config is
	Remove     bool   // contacts whose row is not in the file any more are taken off the list, and all of them if the list is gone
	Encoding   string // a WHATWG encoding name; empty: what is not utf-8 is refused
	Delimiter  rune   // 0: comma, semicolon, tab or pipe, whichever the header line holds
	Sheet      string // of a workbook; empty: the first one that is not hidden
	Columns    map[string]string
	Numbers    []contact.NumberColumn // of several numbers; empty: Columns says where the number is
	Duplicates string
	Attributes map[string]string // channel variable to header; every other column goes by its own name
	Plan       contact.Plan      // of its numbers
}

// Options is how to read the list; what depends on its campaign is not in it.
func (l *List) Options() contact.Options {
	return contact.Options{Encoding: l.Encoding, Delimiter: l.Delimiter, Sheet: l.Sheet, Columns: l.Columns, Numbers: l.Numbers, Attributes: l.Attributes, Plan: l.Plan}
}

// Originate is the shape of the call.
type Originate struct {
	Channel     string // template with one of Placeholders, default Local/{number}@DialCamp/n
	RingTimeout time.Duration
	CallerID    string
	Variables   []string // NAME=value
	// Either Application and Data, or Context, Exten and Priority.
	Application string
	Data        string
	Context     string
	Exten       string
	Priority    int
}

// Calling says when calls may be placed.
type Calling struct {
	Location        *time.Location
	Windows         contact.Windows
	ContactTimezone string // by whose clock a contact is called: CampaignZone, NumberZone or ColumnZone

	written rawCalling // for Diff
}

// The values of Calling.ContactTimezone.
const (
	CampaignZone = "campaign" // Location, for everybody
	NumberZone   = "number"   // contact.ZoneOf the contact's number
	ColumnZone   = "column"   // the list's own column
)

// Retry says when a contact is dialed again.
type Retry struct {
	MaxAttempts  int // attempts that count, over all outcomes
	MaxPerNumber int // of these, at one number; 0: no such bound
	MaxPerDay    int // and on one day; 0: no such bound
	ByOutcome    map[string]RetryRule
}

// RetryRule is what follows one outcome, as campaign.RetryRule has it. Max 0:
// never dialed again after it.
type RetryRule struct {
	After       []time.Duration
	Max         int // dialed again at most this many times after this outcome
	Multiply    float64
	AtMost      time.Duration
	Jitter      float64 // a share
	NextNumber  string  // same, next, best
	SwitchAfter time.Duration
	First       bool
}

// Report is one report written by the clock.
type Report struct {
	Campaign string        // empty: every campaign
	At       string        // cron
	Format   string        // one of report.Formats
	By       string        // one of report.Groupings
	Interval time.Duration // of By interval; 0: report.DefaultInterval
	Path     string        // StandardOutput, or absolute after Load with {date} and {time} in its last part; see PathAt
}
