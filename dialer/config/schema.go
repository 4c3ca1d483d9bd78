package config

import "time"

// The raw types are config.yaml as it is written. Pointers are keys whose
// absence differs from their zero value.

type rawConfig struct {
	Asterisk  []rawAsterisk `mapstructure:"asterisk"`
	Store     rawStore      `mapstructure:"store"`
	Control   rawControl    `mapstructure:"control"`
	Log       rawLog        `mapstructure:"log"`
	DNC       rawDNC        `mapstructure:"dnc"`
	Frequency rawFrequency  `mapstructure:"frequency"`
	Campaigns []rawCampaign `mapstructure:"campaigns"`
	Reports   []rawReport   `mapstructure:"reports"`
	Webhooks  []rawWebhook  `mapstructure:"webhooks"`
}

type rawAsterisk struct {
	Name           string     `mapstructure:"name"`
	Address        string     `mapstructure:"address"`
	Username       string     `mapstructure:"username"`
	Secret         *string    `mapstructure:"secret"`
	SecretFile     *string    `mapstructure:"secret_file"`
	TLS            *rawTLS    `mapstructure:"tls"`
	MaxChannels    int        `mapstructure:"max_channels"`
	CallsPerSecond int        `mapstructure:"calls_per_second"`
	Breaker        rawBreaker `mapstructure:"breaker"`
}

type rawBreaker struct {
	Enabled *bool          `mapstructure:"enabled"`
	Share   *percent       `mapstructure:"share"`
	Of      *int           `mapstructure:"of"`
	Within  *time.Duration `mapstructure:"within"`
	Pause   *time.Duration `mapstructure:"pause"`
	AtMost  *time.Duration `mapstructure:"at_most"`
}

type rawTLS struct {
	Enabled    *bool  `mapstructure:"enabled"`
	CAFile     string `mapstructure:"ca_file"`
	ServerName string `mapstructure:"server_name"`
}

type rawStore struct {
	Path     string `mapstructure:"path"`
	KeepDays *int   `mapstructure:"keep_days"`
}

type rawControl struct {
	Socket    string       `mapstructure:"socket"`
	Listen    string       `mapstructure:"listen"`
	TokenFile string       `mapstructure:"token_file"`
	TLS       rawServerTLS `mapstructure:"tls"`
}

type rawServerTLS struct {
	CertFile string `mapstructure:"cert_file"`
	KeyFile  string `mapstructure:"key_file"`
}

type rawLog struct {
	Level  string `mapstructure:"level"`
	Format string `mapstructure:"format"`
}

type rawDNC struct {
	Files []string `mapstructure:"files"`
}

type rawFrequency struct {
	PerDay  *int `mapstructure:"per_day"`
	PerWeek *int `mapstructure:"per_week"`
}

type rawCampaign struct {
	Name      string       `mapstructure:"name"`
	Asterisk  names        `mapstructure:"asterisk"`
	Queue     string       `mapstructure:"queue"`
	Lists     []rawList    `mapstructure:"lists"`
	Originate rawOriginate `mapstructure:"originate"`
	Pacing    rawPacing    `mapstructure:"pacing"`
	Calling   rawCalling   `mapstructure:"calling"`
	Retry     rawRetry     `mapstructure:"retry"`
	DNC       rawDNC       `mapstructure:"dnc"`
	Frequency rawFrequency `mapstructure:"frequency"`
	Start     *string      `mapstructure:"start"`
	Stop      *string      `mapstructure:"stop"`

	Duplicates *string `mapstructure:"duplicates"`
}

type rawList struct {
	Name       *string           `mapstructure:"name"`
	Path       string            `mapstructure:"path"`
	Reload     *string           `mapstructure:"reload"`
	Removed    *string           `mapstructure:"removed"`
	Encoding   string            `mapstructure:"encoding"`
	Delimiter  string            `mapstructure:"delimiter"`
	Attributes map[string]string `mapstructure:"attributes"`
	Sheet      *string           `mapstructure:"sheet"`
	Region     *string           `mapstructure:"region"`
	Allow      []string          `mapstructure:"allow"`
	Columns    map[string]string `mapstructure:"columns"`
	Numbers    []rawNumber       `mapstructure:"numbers"`
	Duplicates *string           `mapstructure:"duplicates"`
}

type rawNumber struct {
	Column string  `mapstructure:"column"`
	Type   *string `mapstructure:"type"`
}

type rawOriginate struct {
	Channel     *string        `mapstructure:"channel"`
	RingTimeout *time.Duration `mapstructure:"ring_timeout"`
	CallerID    string         `mapstructure:"caller_id"`
	CallerIDs   rawCallerIDs   `mapstructure:"caller_ids"`
	Variables   []string       `mapstructure:"variables"`
	Application *string        `mapstructure:"application"`
	Data        *string        `mapstructure:"data"`
	Context     *string        `mapstructure:"context"`
	Exten       *string        `mapstructure:"exten"`
	Priority    *int           `mapstructure:"priority"`
}

type rawCallerIDs struct {
	Numbers    []string `mapstructure:"numbers"`
	Choose     *string  `mapstructure:"choose"`
	MaxPerHour *int     `mapstructure:"max_per_hour"`
	MaxPerDay  *int     `mapstructure:"max_per_day"`
}

type rawPacing struct {
	Mode           *string        `mapstructure:"mode"`
	Ratio          *float64       `mapstructure:"ratio"`
	AbandonTarget  *percent       `mapstructure:"abandon_target"`
	Regime         *string        `mapstructure:"regime"`
	Abandoned      *rawAbandoned  `mapstructure:"abandoned"`
	MaxInFlight    *int           `mapstructure:"max_in_flight"`
	CallsPerSecond *int           `mapstructure:"calls_per_second"`
	Wrapup         *time.Duration `mapstructure:"wrapup"`
	Weight         *int           `mapstructure:"weight"`
	Priority       *int           `mapstructure:"priority"`
	HangUpAfter    *time.Duration `mapstructure:"hang_up_after"`
	Drop           *rawDrop       `mapstructure:"drop"`
}

type rawAbandoned struct {
	Window        *string        `mapstructure:"window"`
	After         *time.Duration `mapstructure:"after"`
	From          *string        `mapstructure:"from"`
	Late          *bool          `mapstructure:"late"`
	Machines      *bool          `mapstructure:"machines"`
	FalseMachines *percent       `mapstructure:"false_machines"`
	MinRing       *time.Duration `mapstructure:"min_ring"`
	Lockout       *time.Duration `mapstructure:"lockout"`
	CertainAfter  *time.Duration `mapstructure:"certain_after"`
	Guaranteed    *bool          `mapstructure:"guaranteed"`
}

// names are one, or a list of them.
type names []string

// percent is a share as it is written: 3%.
type percent string

type rawDrop struct {
	After    *time.Duration `mapstructure:"after"`
	Context  string         `mapstructure:"context"`
	Exten    *string        `mapstructure:"exten"`
	Priority *int           `mapstructure:"priority"`
}

type rawCalling struct {
	Timezone        *string     `mapstructure:"timezone"`
	Windows         []rawWindow `mapstructure:"windows"`
	Holidays        []string    `mapstructure:"holidays"`
	ContactTimezone *string     `mapstructure:"contact_timezone"`
}

type rawWindow struct {
	Days string `mapstructure:"days"`
	From string `mapstructure:"from"`
	To   string `mapstructure:"to"`
}

type rawRetry struct {
	MaxAttempts  *int               `mapstructure:"max_attempts"`
	MaxPerNumber *int               `mapstructure:"max_per_number"`
	MaxPerDay    *int               `mapstructure:"max_per_day"`
	NextNumber   *string            `mapstructure:"next_number"`
	ByOutcome    map[string]rawRule `mapstructure:"by_outcome"`
}

type rawRule struct {
	After       delays         `mapstructure:"after"`
	Multiply    *float64       `mapstructure:"multiply"`
	AtMost      *time.Duration `mapstructure:"at_most"`
	Jitter      *percent       `mapstructure:"jitter"`
	Max         *int           `mapstructure:"max"`
	NextNumber  *string        `mapstructure:"next_number"`
	SwitchAfter *time.Duration `mapstructure:"switch_after"`
	First       *bool          `mapstructure:"first"`
}

// delays are one duration, or a list of them.
type delays []time.Duration

type rawWebhook struct {
	Name       string         `mapstructure:"name"`
	URL        string         `mapstructure:"url"`
	Secret     *string        `mapstructure:"secret"`
	SecretFile *string        `mapstructure:"secret_file"`
	Campaigns  []string       `mapstructure:"campaigns"`
	Outcomes   []string       `mapstructure:"outcomes"`
	Timeout    *time.Duration `mapstructure:"timeout"`
	RetryFor   *time.Duration `mapstructure:"retry_for"`
	Queue      *int           `mapstructure:"queue"`
}

type rawReport struct {
	Campaign string         `mapstructure:"campaign"`
	At       string         `mapstructure:"at"`
	Format   *string        `mapstructure:"format"`
	By       *string        `mapstructure:"by"`
	Interval *time.Duration `mapstructure:"interval"`
	Path     string         `mapstructure:"path"`
}
