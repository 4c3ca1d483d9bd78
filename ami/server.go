package ami

import (
	"context"
	"time"
)

// CoreSettings describes the server. Privilege system or reporting; Asterisk
// 1.6 and later.
type CoreSettings struct{}

// Settings is the reply to CoreSettings.
type Settings struct {
	AMIVersion, AsteriskVersion string
	SystemName                  string
	MaxCalls                    int     // 0: no limit
	MaxLoad                     float64 // load average beyond which calls are refused; 0: no limit
	MaxFilehandles              int     // 0: not set
	RunUser, RunGroup           string
	Realtime, CDR, HTTP         bool // are enabled
}

func (CoreSettings) Action() Action { return Action{Name: "CoreSettings"} }

func (r CoreSettings) reply(ctx context.Context, d Doer) (Settings, error) {
	m, err := d.Do(ctx, r.Action())
	if err != nil {
		return Settings{}, err
	}
	return Settings{
		AMIVersion: m.Get("AMIversion"), AsteriskVersion: m.Get("AsteriskVersion"), SystemName: m.Get("SystemName"),
		MaxCalls: m.Int("CoreMaxCalls"), MaxLoad: m.decimal("CoreMaxLoadAvg"), MaxFilehandles: m.Int("CoreMaxFilehandles"),
		RunUser: m.Get("CoreRunUser"), RunGroup: m.Get("CoreRunGroup"),
		Realtime: m.truth("CoreRealTimeEnabled"), CDR: m.truth("CoreCDRenabled"), HTTP: m.truth("CoreHTTPenabled"),
	}, nil
}

// CoreStatus tells how the server is doing. Privilege system or reporting;
// Asterisk 1.6 and later.
type CoreStatus struct{}

// Status is the reply to CoreStatus.
type Status struct {
	// Started and Reloaded are wall-clock times of the server, which does not
	// tell its time zone: they are in UTC only if the server is.
	Started, Reloaded time.Time
	Channels          int // live channels; CoreCurrentCalls is a misnomer
	ProcessedCalls    int // since the start; 0 before Asterisk 20.12, 21.7, 22.2
}

func (CoreStatus) Action() Action { return Action{Name: "CoreStatus"} }

func (r CoreStatus) reply(ctx context.Context, d Doer) (Status, error) {
	m, err := d.Do(ctx, r.Action())
	if err != nil {
		return Status{}, err
	}
	at := func(date, clock string) time.Time {
		t, err := time.Parse("2006-01-02 15:04:05", m.Get(date)+" "+m.Get(clock))
		if err != nil {
			return time.Time{}
		}
		return t
	}
	return Status{
		Started: at("CoreStartupDate", "CoreStartupTime"), Reloaded: at("CoreReloadDate", "CoreReloadTime"),
		Channels: m.Int("CoreCurrentCalls"), ProcessedCalls: m.Int("CoreProcessedCalls"),
	}, nil
}

// ListCommands tells which actions this user may use. No privilege; all versions.
type ListCommands struct{}

func (ListCommands) Action() Action { return Action{Name: "ListCommands"} }

// reply maps action names to Asterisk's synopsis, whose "(Priv: …)" lists the
// privileges of which one suffices.
func (r ListCommands) reply(ctx context.Context, d Doer) (map[string]string, error) {
	m, err := d.Do(ctx, r.Action())
	if err != nil {
		return nil, err
	}
	all := make(map[string]string, m.Len())
	for k, v := range m.Fields() {
		switch k {
		case "Response", "ActionID", "":
		default:
			all[k] = v
		}
	}
	return all, nil
}

// Command runs a command of Asterisk's command line. Privilege command; all
// versions. Its reply is what the command printed, also beside the error when
// Asterisk 14 and later call it one.
type Command struct{ Command string }

func (c Command) Action() Action {
	return Action{Name: "Command", Headers: []Header{{"Command", c.Command}}}
}

func (c Command) reply(ctx context.Context, d Doer) ([]string, error) {
	m, err := d.Do(ctx, c.Action())
	if m == nil {
		return nil, err
	}
	var lines []string
	for l := range m.Output() {
		lines = append(lines, l)
	}
	return lines, err
}
