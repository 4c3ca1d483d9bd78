package control_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"go.yaml.in/yaml/v3"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control"
)

// scraped are the metrics of dialcamp's own, without those of the process.
func scraped(t *testing.T, op control.Operator) (lines []string) {
	t.Helper()
	status, _, body := raw(t, serve(t, op), "GET", "/metrics")
	if status != http.StatusOK {
		t.Fatalf("%d: %s", status, body)
	}
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "dialcamp_") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func TestMetrics(t *testing.T) {
	got := scraped(t, newOperator(t))
	for _, want := range []string{
		`dialcamp_asterisk_up{asterisk="lab"} 1`,
		`dialcamp_asterisk_calls{asterisk="lab"} 2`,
		`dialcamp_queue_agents_logged_in{asterisk="lab",queue="Camp200"} 5`,
		`dialcamp_queue_agents_free{asterisk="lab",queue="Camp200"} 3`,
		`dialcamp_campaign_info{asterisk="lab",campaign="spring",mode="predictive",queue="Camp200"} 1`,
		`dialcamp_campaign_asterisk_calls{asterisk="lab",campaign="spring"} 2`,
		`dialcamp_asterisk_trunks_refusing{asterisk="lab"} 0`,
		`dialcamp_campaign_state{campaign="spring",state="running"} 1`,
		`dialcamp_campaign_state{campaign="spring",state="paused"} 0`,
		`dialcamp_campaign_calls{campaign="spring"} 2`,
		`dialcamp_campaign_held{campaign="spring"} 1`,
		`dialcamp_contacts{campaign="spring",state="done"} 2`,
		`dialcamp_contacts{campaign="spring",state="dialing"} 1`,
		`dialcamp_attempts_total{campaign="spring",outcome="busy"} 2`,
		`dialcamp_attempts_total{campaign="spring",outcome="connected"} 0`,
		`dialcamp_hangups_total{campaign="spring",cause="17"} 2`,
		`dialcamp_ring_seconds_total{campaign="spring"} 4`,
		`dialcamp_webhook_delivered_total{webhook="crm"} 10`,
		`dialcamp_webhook_failed_total{webhook="crm"} 1`,
		`dialcamp_webhook_dropped_total{webhook="crm"} 2`,
		`dialcamp_webhook_waiting{webhook="crm"} 3`,
		`dialcamp_webhook_failing{webhook="crm"} 1`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(got, "\n"))
		}
	}
	if all := strings.Join(got, "\n"); strings.Contains(all, "8210") {
		t.Errorf("a telephone number in\n%s", all)
	}
}

func TestProbes(t *testing.T) {
	op := newOperator(t)
	socket := serve(t, op)
	expect := func(path string, status int, text string) {
		t.Helper()
		if got, _, body := raw(t, socket, "GET", path); got != status || body != text+"\n" {
			t.Errorf("%s: %d %q, want %d %q", path, got, body, status, text)
		}
	}
	expect("/livez", 200, "ok")
	expect("/readyz", 200, "ok")
	op.more = []campaign.ServerStatus{{Name: "west"}}
	expect("/readyz", 200, "ok") // the other one dials
	op.more, op.cut = nil, true
	expect("/livez", 200, "ok")
	expect("/readyz", 503, "no connection to Asterisk lab")
	op.gone = true
	expect("/livez", 503, "the daemon is stopping")
	expect("/readyz", 503, "the daemon is stopping")
	if status, _, _ := raw(t, socket, "GET", "/metrics"); status != 500 {
		t.Errorf("metrics of a daemon that is stopping: %d", status)
	}
}

// expressions are what dashboards and alerts ask Prometheus, and the texts that
// name metrics.
func expressions(t *testing.T, file string) (all []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../systemd/monitoring", file))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if filepath.Ext(file) == ".json" {
		err = json.Unmarshal(b, &v)
	} else {
		err = yaml.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range v {
				walk(k)
			}
		case []any:
			for _, k := range v {
				walk(k)
			}
		case string:
			all = append(all, v)
		}
	}
	walk(v)
	return all
}

func TestDashboardAndAlertsNameWhatThereIs(t *testing.T) {
	lines, there := scraped(t, newOperator(t)), map[string]bool{}
	for _, line := range lines {
		there[regexp.MustCompile(`^\w+`).FindString(line)] = true
	}
	labels := regexp.MustCompile(`(dialcamp_\w+)(\{[^}]*\})?`)
	for _, file := range []string{"grafana.json", "alerts.yaml"} {
		named := 0
		for _, expr := range expressions(t, file) {
			for _, m := range labels.FindAllStringSubmatch(expr, -1) {
				named++
				if !there[m[1]] {
					t.Errorf("%s: there is no %s: %s", file, m[1], expr)
				}
				for _, label := range regexp.MustCompile(`(\w+)\s*[=!]~?`).FindAllStringSubmatch(m[2], -1) {
					if !slices.ContainsFunc(lines, func(line string) bool {
						return strings.HasPrefix(line, m[1]+"{") && strings.Contains(line, label[1]+"=")
					}) {
						t.Errorf("%s: %s has no %s: %s", file, m[1], label[1], expr)
					}
				}
			}
		}
		if named < 5 {
			t.Errorf("%s names %d metrics", file, named)
		}
	}
}
