package ami

import "time"

// SecurityKind says what a SecurityEvent is about: the event's name.
type SecurityKind string

// The kinds of security events.
const (
	SuccessfulAuth          SecurityKind = "SuccessfulAuth"
	ChallengeSent           SecurityKind = "ChallengeSent"
	ChallengeResponseFailed SecurityKind = "ChallengeResponseFailed" // a wrong answer to a challenge
	InvalidPassword         SecurityKind = "InvalidPassword"
	InvalidAccountID        SecurityKind = "InvalidAccountID" // no such user
	FailedACL               SecurityKind = "FailedACL"        // from a forbidden address
	SessionLimit            SecurityKind = "SessionLimit"     // too many sessions
	MemoryLimit             SecurityKind = "MemoryLimit"
	LoadAverageLimit        SecurityKind = "LoadAverageLimit"
	RequestNotSupported     SecurityKind = "RequestNotSupported"
	RequestNotAllowed       SecurityKind = "RequestNotAllowed" // permission denied
	AuthMethodNotAllowed    SecurityKind = "AuthMethodNotAllowed"
	RequestBadFormat        SecurityKind = "RequestBadFormat" // an unknown action, for example
	UnexpectedAddress       SecurityKind = "UnexpectedAddress"
	InvalidTransport        SecurityKind = "InvalidTransport"
)

// SecurityEvent: somebody proved who they are, or tried something they may not.
// Class security; Asterisk 12.1 and later. Challenges and their answers are in
// Raw only.
type SecurityEvent struct {
	EventBase
	Kind          SecurityKind
	Severity      string // Informational, Error
	Service       string // AMI, SIP, PJSIP, IAX2 …
	AccountID     string // the user's name
	SessionID     string
	LocalAddress  string // IPV4/TCP/127.0.0.1/5038
	RemoteAddress string
	Time          time.Time
	// What some kinds have more.
	ACLName       string // FailedACL
	RequestType   string // RequestNotSupported, RequestNotAllowed, RequestBadFormat
	RequestParams string // RequestNotAllowed, RequestBadFormat
	AuthMethod    string // AuthMethodNotAllowed
	Expected      string // UnexpectedAddress: the address that was expected
	Transport     string // InvalidTransport: the one tried
	UsingPassword bool   // SuccessfulAuth
}

func securityOf(m *Message, kind SecurityKind) *SecurityEvent {
	at, _ := time.Parse("2006-01-02T15:04:05.000-0700", m.Get("EventTV"))
	return &SecurityEvent{
		EventBase: EventBase{m}, Kind: kind, Severity: m.Get("Severity"), Service: m.Get("Service"),
		AccountID: m.Get("AccountID"), SessionID: m.Get("SessionID"),
		LocalAddress: m.Get("LocalAddress"), RemoteAddress: m.Get("RemoteAddress"), Time: at,
		ACLName: m.Get("ACLName"), RequestType: m.Get("RequestType"), RequestParams: m.Get("RequestParams"),
		AuthMethod: m.Get("AuthMethod"), Expected: m.Get("ExpectedAddress"), Transport: m.Get("AttemptedTransport"),
		UsingPassword: m.truth("UsingPassword"),
	}
}
