package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/config"
)

func (a *app) amiCmd() *cobra.Command {
	var server string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "ami ACTION [Key=Value …]",
		Short: "One action of the manager interface, and Asterisk's answer",
		Long: `Logs in to an Asterisk server of the config, sends one action with the given
headers, and prints the reply and, if the reply is a list, its items. A key may
be given several times. ListCommands lists what the user may do.

  dialcamp ami QueueSummary Queue=Camp200
  dialcamp ami Command "Command=core show channels"
  dialcamp ami Originate Channel=Local/0212345679@DialCamp/n Context=campaign \
      Exten=200 Priority=1 Async=true Variable=NAME=value

Exit status: 0 done, 1 Asterisk refused it or did not answer, 2 it cannot be sent.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("dialcamp ami ListCommands lists them", "%s needs an action", cmd.CommandPath())
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.completeAction(cmd.Context(), server, begun), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			action, err := actionOf(args)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			conn, err := a.manager(ctx, server)
			if err != nil {
				return err
			}
			defer conn.Close()
			if a.json {
				return answerJSON(ctx, cmd.OutOrStdout(), conn, action)
			}
			return answerText(ctx, cmd.OutOrStdout(), conn, action)
		},
	}
	cmd.Flags().StringVar(&server, "asterisk", "", "the server's `NAME` in the config (default the first)")
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Second, "how long to wait for the whole answer")
	a.jsonFlag(cmd)
	return cmd
}

// actionOf reads ACTION Key=Value …
func actionOf(args []string) (ami.Action, error) {
	action := ami.Action{Name: args[0]}
	for _, arg := range args[1:] {
		key, value, ok := strings.Cut(arg, "=")
		if !ok || key == "" {
			return action, usage("write Key=Value, e.g. Queue=Camp200", "%q is no header", arg)
		}
		action.Add(key, value)
	}
	// Nothing is dialed for what could not be sent.
	_, err := action.Append(nil)
	if e, ok := errors.AsType[*ami.InvalidError](err); ok {
		return action, usage("Asterisk would misread it", "%v", e)
	}
	return action, err
}

// manager logs in to a server of the config.
func (a *app) manager(ctx context.Context, name string) (*ami.Conn, error) {
	cfg, err := config.LoadForServers(a.configFile)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range cfg.Asterisk {
		names = append(names, s.Name)
	}
	i := 0
	if name != "" {
		if i = slices.Index(names, name); i < 0 {
			return nil, unknown("--asterisk", name, names)
		}
	}
	mc, err := dialer.ManagerConfig(cfg.Asterisk[i])
	if err != nil {
		return nil, err
	}
	mc.Events = "off"
	conn, err := ami.Connect(ctx, mc)
	if err != nil {
		return nil, &connectError{names[i], err}
	}
	go func() {
		for range conn.Events() { // FullyBooted, for one, comes all the same
		}
	}()
	return conn, nil
}

// connectError says that a server could not be logged in to.
type connectError struct {
	server string
	err    error
}

func (e *connectError) Error() string { return fmt.Sprintf("asterisk %s: %v", e.server, e.err) }
func (e *connectError) Unwrap() error { return e.err }

// refusalHint knows what to do about those refusals that every action can get.
func refusalHint(e *ami.ReplyError) string {
	switch {
	case e.Message == "Permission denied":
		return "write= in the user's section of manager.conf lacks the privilege; it is in (Priv: …) of: dialcamp ami ListCommands, for a user who has it"
	case strings.HasPrefix(e.Message, "Invalid/unknown command"):
		return "dialcamp ami ListCommands lists what this server knows and its user may do"
	}
	return ""
}

// answerText prints the frames as they come, without the ActionID, which is
// nobody's here.
func answerText(ctx context.Context, w io.Writer, conn *ami.Conn, action ami.Action) error {
	first := true
	for m, err := range conn.Frames(ctx, action) {
		if m != nil {
			if !first {
				fmt.Fprintln(w)
			}
			first = false
			if err := printFrame(w, m); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func printFrame(w io.Writer, m *ami.Message) error {
	for k, v := range m.Fields() {
		line := visible(v) + "\n"
		switch {
		case strings.EqualFold(k, "ActionID"):
			continue
		case k != "" && !strings.EqualFold(k, "Output"):
			line = visible(k) + ": " + line
		}
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
	}
	return nil
}

// visible escapes what could do something to a terminal.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\t' || unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\x%02x`, r)
		}
	}
	return b.String()
}

// answerJSON prints {"reply": {…}, "items": [{…}, …]}.
func answerJSON(ctx context.Context, w io.Writer, conn *ami.Conn, action ami.Action) error {
	var answer struct {
		Reply *frame  `json:"reply"`
		Items []frame `json:"items"`
	}
	answer.Items = []frame{}
	var failed error
	for m, err := range conn.Frames(ctx, action) {
		switch {
		case m != nil && answer.Reply == nil:
			answer.Reply = &frame{m}
		case m != nil:
			answer.Items = append(answer.Items, frame{m})
		}
		failed = err
	}
	if answer.Reply != nil {
		if err := printJSON(w, answer); err != nil {
			return err
		}
	}
	return failed
}

// frame is a message as JSON: its keys in their order, less the ActionID. A key
// that comes several times has an array, and Output always has one.
type frame struct{ m *ami.Message }

// MarshalJSON implements json.Marshaler.
func (f frame) MarshalJSON() ([]byte, error) {
	var keys []string
	values := map[string][]string{}
	for k, v := range f.m.Fields() {
		if k == "" {
			k = "Output"
		}
		if values[k] == nil {
			keys = append(keys, k)
		}
		values[k] = append(values[k], v)
	}
	b := []byte{'{'}
	for _, k := range keys {
		if strings.EqualFold(k, "ActionID") {
			continue
		}
		var value any = values[k]
		if len(values[k]) == 1 && k != "Output" {
			value = values[k][0]
		}
		key, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, key...), ':'), text...)
	}
	return append(b, '}'), nil
}

// completeAction is what the server lets its user do, or where nobody can be
// asked the actions that this version knows.
func (a *app) completeAction(ctx context.Context, server, begun string) []string {
	names := knownActions
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if conn, err := a.manager(ctx, server); err == nil {
		defer conn.Close()
		if commands, err := ami.Send(ctx, conn, ami.ListCommands{}); err == nil {
			names = slices.Sorted(maps.Keys(commands))
		}
	}
	var matching []string
	for _, n := range names {
		if len(n) >= len(begun) && strings.EqualFold(n[:len(begun)], begun) {
			matching = append(matching, n)
		}
	}
	return matching
}

// knownActions are those that package ami has types for.
var knownActions = []string{
	"Challenge", "Command", "CoreSettings", "CoreShowChannels", "CoreStatus", "Events", "Filter", "Hangup", "ListCommands", "Login", "Logoff",
	"Originate", "PJSIPNotify", "PJSIPQualify", "PJSIPShowContacts", "PJSIPShowEndpoint", "PJSIPShowEndpoints", "PJSIPShowRegistrationsOutbound",
	"Ping", "QueueAdd", "QueueChangePriorityCaller", "QueueMemberRingInUse", "QueuePause", "QueuePenalty", "QueueReload", "QueueRemove", "QueueReset",
	"QueueRule", "QueueStatus", "QueueSummary", "QueueWithdrawCaller", "Redirect", "SIPnotify", "SIPpeers", "SIPpeerstatus", "SIPqualifypeer",
	"SIPshowpeer", "SIPshowregistry",
}
