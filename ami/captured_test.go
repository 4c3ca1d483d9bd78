package ami

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// asked sends r to a server that answers as in a capture, and describes what
// comes of it.
func asked[R any](r Request[R]) func(t *testing.T, c canned) string {
	return func(t *testing.T, c canned) (line string) {
		t.Helper()
		sent := c.ask(t, func(t *testing.T, conn *Conn) {
			got, err := Send(t.Context(), conn, r)
			b, jsonErr := json.MarshalIndent(got, "", " ")
			if jsonErr != nil {
				t.Fatal(jsonErr)
			}
			line = fmt.Sprintf("%T %s %v\n", got, b, err)
			if n := conn.Orphans(); n != 0 || len(conn.Events()) != 0 {
				t.Errorf("%d orphans, %d events", n, len(conn.Events()))
			}
		})
		if sent.name() != r.Action().Name {
			t.Errorf("%T sent %q", r, sent.lines)
		}
		return line
	}
}

// TestCapturedReplies: what typed requests make of what the lab's servers
// answered them. The captured events are TestReplay's.
func TestCapturedReplies(t *testing.T) {
	defer func(l *time.Location) { time.Local = l }(time.Local)
	time.Local = time.UTC // the golden files hold times
	type ask struct {
		id string
		do func(t *testing.T, c canned) string
	}
	both := []ask{
		{"challenge", asked(Challenge{})},
		{"login", asked(Login{})},
		{"login-again", asked(Login{})},
		{"ping", asked(Ping{})},
		{"core-status", asked(CoreStatus{})},
		{"core-settings", asked(CoreSettings{})},
		{"list-commands", asked(ListCommands{})},
		{"command", asked(Command{})},
		{"events", asked(Events{})},
		{"filter", asked(Filter{})},
		{"logoff", asked(Logoff{})},
		{"queue-summary", asked(QueueSummary{})},
		{"queue-summary-unknown", asked(QueueSummary{})},
		{"queue-pause", asked(QueuePause{})},
		{"queue-unpause", asked(QueuePause{})},
		{"queue-penalty", asked(QueuePenalty{})},
		{"queue-ringinuse", asked(QueueMemberRingInUse{})},
		{"queue-add", asked(QueueAdd{})},
		{"queue-remove", asked(QueueRemove{})},
		{"queue-status-member", asked(QueueStatus{})},
		{"queue-status-callers", asked(QueueStatus{})},
		{"queue-status-talk", asked(QueueStatus{})},
		{"queue-rule", asked(QueueRule{})},
		{"queue-reload", asked(QueueReload{})},
		{"queue-reset", asked(QueueReset{})},
		{"queue-priority", asked(QueueChangePriorityCaller{})},
		{"queue-withdraw", asked(QueueWithdrawCaller{})},
		{"originate-first", asked(Originate{})},
		{"core-show-channels", asked(CoreShowChannels{})},
		{"redirect", asked(Redirect{})},
		{"hangup", asked(Hangup{Channel: "first"})},
		{"hangup-regex", asked(Hangup{Channel: "/302900555/"})},
		{"unknown", asked(Hangup{})},
	}
	for capture, more := range map[string][]ask{
		"asterisk22-actions": {
			{"pjsip-endpoints", asked(PJSIPShowEndpoints{})},
			{"pjsip-endpoint", asked(PJSIPShowEndpoint{})},
			{"pjsip-endpoint-unknown", asked(PJSIPShowEndpoint{})},
			{"pjsip-contacts", asked(PJSIPShowContacts{})},
			{"pjsip-registrations", asked(PJSIPShowRegistrationsOutbound{})},
			{"pjsip-qualify", asked(PJSIPQualify{})},
			{"pjsip-notify", asked(PJSIPNotify{})},
		},
		"asterisk16-actions": {
			{"sip-peers", asked(SIPPeers{})},
			{"sip-peer-status", asked(SIPPeerStatus{})},
			{"sip-show-peer", asked(SIPShowPeer{})},
			{"sip-show-peer-unknown", asked(SIPShowPeer{})},
			{"sip-registry", asked(SIPShowRegistry{})},
			{"sip-qualify", asked(SIPQualifyPeer{})},
			{"sip-notify", asked(SIPNotify{})},
		},
	} {
		t.Run(capture, func(t *testing.T) {
			var golden strings.Builder
			for _, a := range append(both[:len(both):len(both)], more...) {
				golden.WriteString(a.id + ": " + a.do(t, captured(t, capture, a.id)))
			}
			compareGolden(t, "testdata/"+capture+".replies.golden", golden.String())
		})
	}
}
