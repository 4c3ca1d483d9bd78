package sim

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	s, err := Parse([]byte(`
agents: 5
hours: 4
answer: {human: [0.1, 0.4], machine: 0.2}
ring: {human: {mean: 9s, cv: 0.4}}
talk: {mean: 1m30s, cv: 0.8}
breaks: {every: 40m, length: 5m}
`))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if s.Agents != 5 || s.Hours != 4 || s.Answer.Human.at(0) != 0.1 || s.Answer.Human.at(7) != 0.4 || s.Answer.Machine.at(3) != 0.2 ||
		s.Ring.Human != (Spread{9, 0.4}) || s.Talk != (Spread{90, 0.8}) || s.Breaks != (Breaks{2400, 300}) {
		t.Errorf("%+v", s)
	}
	if d := Default(); s.Wrapup != d.Wrapup || s.Seeds != d.Seeds {
		t.Errorf("what is left out is not as in the default: %+v", s)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ yaml, want string }{
		{"agent: 5", "agent"},
		{"talk: {mean: 150, cv: 1}", "with a unit"},
		{"talk: {mean: '150', cv: 1}", "not a duration"},
		{"agents: '5'", "int"},
		{"agents: 5\nagents: 6", "already defined"},
		{"answer: {human: many}", "float64"},
		{"ring: {robot: {mean: 1s}}", "robot"},
	} {
		if _, err := Parse([]byte(tt.yaml)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want it to name %q", tt.yaml, err, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		change func(*Scenario)
		want   string
	}{
		{func(s *Scenario) { s.Agents = 0 }, "agents: 0"},
		{func(s *Scenario) { s.Agents = MaxAgents + 1 }, "agents"},
		{func(s *Scenario) { s.Hours = MaxHours + 1 }, "hours"},
		{func(s *Scenario) { s.Seeds = MaxSeeds + 1 }, "seeds"},
		{func(s *Scenario) { s.Mode = "broadcast" }, "mode"},
		{func(s *Scenario) { s.Mode = "power:0.5" }, "ratio"},
		{func(s *Scenario) { s.Answer.Human = nil }, "answer.human"},
		{func(s *Scenario) { s.Answer.Human = Hourly{1.5} }, "answer.human"},
		{func(s *Scenario) { s.Answer = Answer{Human: Hourly{0.5}} }, "no outcome"},
		{func(s *Scenario) { s.Talk.Mean = 0 }, "talk.mean"},
		{func(s *Scenario) { s.DropAfter = 0 }, "drop_after"},
	} {
		s := Default()
		tt.change(&s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want it to name %q", err, tt.want)
		}
	}
	for _, w := range Worlds {
		if s, ok := World(w); !ok || s.Check() != nil {
			t.Errorf("%s: %v", w, s.Check())
		}
	}
}
