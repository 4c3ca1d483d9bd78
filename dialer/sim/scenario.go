package sim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// Limits of a scenario.
const (
	MaxFile   = 1 << 20 // bytes of a scenario file
	MaxAgents = 2000
	MaxHours  = 24
	MaxSeeds  = 1000

	MaxContacts = 10_000_000
)

// Scenario is a world and how it is dialed into. Its keys are those of a
// scenario file.
type Scenario struct {
	Agents int     `yaml:"agents"`
	Hours  float64 `yaml:"hours"`
	Seeds  int     `yaml:"seeds"` // shifts, each with a seed of its own
	// Mode is progressive, power:RATIO or predictive.
	Mode          string  `yaml:"mode"`
	AbandonTarget float64 `yaml:"abandon_target"` // share of the answers, of predictive

	Answer      Answer   `yaml:"answer"`
	RingTimeout Duration `yaml:"ring_timeout"` // from when the call is placed
	Ring        Ring     `yaml:"ring"`
	Talk        Spread   `yaml:"talk"`
	Wrapup      Spread   `yaml:"wrapup"`

	// AgentSigma is how much agents differ, ScoreSpread how much contacts do:
	// standard deviations of the logarithm of the speed, and of the log-odds of
	// being answered by a person.
	AgentSigma  float64 `yaml:"agent_sigma"`
	ScoreSpread float64 `yaml:"score_spread"`

	// Contacts are how many there are, all due when the shift begins; 0: as many
	// as are needed, of whom a few are always due.
	Contacts int `yaml:"contacts"`

	Breaks Breaks `yaml:"breaks"`
	// Patience is how long people wait on average before they hang up, 0: for
	// ever; DropAfter how long the queue lets them. Either is an abandoned call.
	Patience  Duration `yaml:"patience"`
	DropAfter Duration `yaml:"drop_after"`

	TrunksPerAgent float64 `yaml:"trunks_per_agent"`
}

// Answer is what becomes of calls: shares by hour of the shift, the last one for
// the rest of it. Where they are not 1 together, all but Human are scaled.
type Answer struct {
	Human    Hourly `yaml:"human"`
	Machine  Hourly `yaml:"machine"`
	Busy     Hourly `yaml:"busy"`
	NoAnswer Hourly `yaml:"no_answer"`
	Invalid  Hourly `yaml:"invalid"`
}

// Ring are ring times after the set-up. Without one, machines answer within
// three seconds or after about 18, busy is heard within a second, who does not
// answer rings until the timeout, and invalid numbers end with the set-up.
type Ring struct {
	Human    Spread `yaml:"human"`
	Machine  Spread `yaml:"machine"`
	Busy     Spread `yaml:"busy"`
	NoAnswer Spread `yaml:"no_answer"`
	Invalid  Spread `yaml:"invalid"`
}

// Breaks are taken by each agent every so often on average, once no call is in
// the way. Every 0: none.
type Breaks struct {
	Every  Duration `yaml:"every"`
	Length Duration `yaml:"length"`
}

// Spread is a lognormal distribution by its mean and coefficient of variation.
type Spread struct {
	Mean Duration `yaml:"mean"`
	CV   float64  `yaml:"cv"`
}

// Hourly is a number, or one for each hour.
type Hourly []float64

// UnmarshalYAML reads a number or a list of them.
func (h *Hourly) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		return n.Decode((*[]float64)(h))
	}
	var x float64
	if err := n.Decode(&x); err != nil {
		return err
	}
	*h = Hourly{x}
	return nil
}

func (h Hourly) at(hour int) float64 {
	if len(h) == 0 {
		return 0
	}
	return h[min(hour, len(h)-1)]
}

// Duration is in seconds; in a file it is written with its unit.
type Duration float64

// UnmarshalYAML reads a duration such as 150s.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		return fmt.Errorf("line %d: a duration is wanted, with a unit, such as 30s, not %q", n.Line, n.Value)
	}
	x, err := time.ParseDuration(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is not a duration such as 30s", n.Line, n.Value)
	}
	*d = Duration(x.Seconds())
	return nil
}

// Default is a scenario of which any key may be left out: ten agents and the
// typical world.
func Default() Scenario {
	s, _ := World("typical")
	return s
}

// Worlds are the names of the built-in worlds.
var Worlds = []string{"easy", "typical", "hard"}

// World is a built-in world: one where most calls are answered by a person, one
// where a quarter is, and one where few are, talks are short and agents take
// breaks.
func World(name string) (Scenario, bool) {
	s := Scenario{
		Agents: 10, Hours: 8, Seeds: 30, Mode: "predictive", AbandonTarget: 0.03,
		RingTimeout: 25, Ring: Ring{Human: Spread{8.72, 0.594}}, // median 7.5 s, sigma 0.55
		Talk: Spread{150, 1}, Wrapup: Spread{30, 0.6},
		AgentSigma: 0.15, DropAfter: 2, TrunksPerAgent: 20,
		Answer: Answer{Machine: Hourly{0.29}, Busy: Hourly{0.09}, NoAnswer: Hourly{0.35}, Invalid: Hourly{0.02}},
	}
	switch name {
	case "easy":
		s.Answer = Answer{Hourly{0.6}, Hourly{0.19}, Hourly{0.05}, Hourly{0.14}, Hourly{0.02}}
	case "typical":
		s.Answer.Human = Hourly{0.25, 0.278, 0.29, 0.278, 0.25, 0.222, 0.21, 0.222}
	case "hard":
		s.Answer.Human = Hourly{0.05, 0.055, 0.06, 0.07, 0.075, 0.085, 0.1, 0.15}
		s.Talk, s.Wrapup = Spread{45, 1}, Spread{15, 0.6}
		s.Breaks = Breaks{2400, 300}
	default:
		return Scenario{}, false
	}
	return s, true
}

// Load reads a scenario file over the defaults. Unknown keys, bare durations and
// texts for numbers are errors.
func Load(path string) (Scenario, error) {
	f, err := os.Open(path)
	if err != nil {
		return Scenario{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return Scenario{}, err
	}
	if len(data) > MaxFile {
		return Scenario{}, fmt.Errorf("%s: longer than %d bytes", path, MaxFile)
	}
	s, err := Parse(data)
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Parse is Load for a file already read. It does not check the values: see
// Check.
func Parse(data []byte) (Scenario, error) {
	s := Default()
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	err := dec.Decode(&s)
	if te, ok := errors.AsType[*yaml.TypeError](err); ok {
		return s, errors.New(noField.ReplaceAllString(strings.Join(te.Errors, "; "), "$1 is not a key of a scenario"))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return s, err
	}
	return s, nil
}

// noField is how the decoder tells of an unknown key, in terms of Go.
var noField = regexp.MustCompile(`field (\S+) not found in type \S+`)

// Check tells what is wrong with a scenario, naming the key and what would be
// right.
func (s *Scenario) Check() error {
	var errs []error
	fail := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	within := func(key string, x, least, most float64) {
		if !(x >= least && x <= most) {
			fail(key, "%g is not from %g to %g", x, least, most)
		}
	}
	within("agents", float64(s.Agents), 1, MaxAgents)
	within("hours", s.Hours, 0.1, MaxHours)
	within("seeds", float64(s.Seeds), 1, MaxSeeds)
	if _, _, err := ParseMode(s.Mode); err != nil {
		fail("mode", "%v", err)
	}
	within("abandon_target", s.AbandonTarget, 0.001, 0.5)
	for _, a := range []struct {
		key string
		h   Hourly
	}{{"human", s.Answer.Human}, {"machine", s.Answer.Machine}, {"busy", s.Answer.Busy}, {"no_answer", s.Answer.NoAnswer}, {"invalid", s.Answer.Invalid}} {
		if len(a.h) > MaxHours {
			fail("answer."+a.key, "%d hours are more than %d", len(a.h), MaxHours)
		}
		for _, x := range a.h {
			within("answer."+a.key, x, 0, 1)
		}
	}
	if len(s.Answer.Human) == 0 {
		fail("answer.human", "is missing")
	}
	for hour := range MaxHours {
		a := &s.Answer
		if a.Human.at(hour) < 1 && a.Machine.at(hour)+a.Busy.at(hour)+a.NoAnswer.at(hour)+a.Invalid.at(hour) <= 0 {
			fail("answer", "the calls of hour %d that no person answers have no outcome", hour)
			break
		}
	}
	within("ring_timeout", float64(s.RingTimeout), 5, 300)
	spread := func(key string, x Spread, least float64) {
		within(key+".mean", float64(x.Mean), least, 4*3600)
		within(key+".cv", x.CV, 0, 5)
	}
	spread("ring.human", s.Ring.Human, 0.1)
	spread("ring.machine", s.Ring.Machine, 0)
	spread("ring.busy", s.Ring.Busy, 0)
	spread("ring.no_answer", s.Ring.NoAnswer, 0)
	spread("ring.invalid", s.Ring.Invalid, 0)
	spread("talk", s.Talk, 1)
	spread("wrapup", s.Wrapup, 0)
	within("agent_sigma", s.AgentSigma, 0, 2)
	within("score_spread", s.ScoreSpread, 0, 4)
	within("contacts", float64(s.Contacts), 0, MaxContacts)
	within("breaks.every", float64(s.Breaks.Every), 0, 24*3600)
	within("breaks.length", float64(s.Breaks.Length), 0, 24*3600)
	within("patience", float64(s.Patience), 0, 3600)
	within("drop_after", float64(s.DropAfter), 0.1, 3600)
	within("trunks_per_agent", s.TrunksPerAgent, 0.1, 1000)
	return errors.Join(errs...)
}

// ParseMode reads a mode as it is written in a scenario: power takes its ratio
// after a colon, 2 without.
func ParseMode(s string) (pacing.Mode, float64, error) {
	name, text, given := strings.Cut(s, ":")
	mode := pacing.Mode(name)
	switch mode {
	case pacing.Progressive, pacing.Predictive:
		if !given {
			return mode, 0, nil
		}
	case pacing.Power:
		if !given {
			return mode, 2, nil
		}
		if x, err := strconv.ParseFloat(text, 64); err == nil && x >= 1 && x <= 100 {
			return mode, x, nil
		}
		return "", 0, fmt.Errorf("%q is not a ratio from 1 to 100, such as power:2", text)
	}
	return "", 0, fmt.Errorf("%q is none of progressive, power:RATIO and predictive", s)
}
