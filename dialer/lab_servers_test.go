package dialer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/testdata/lab"
)

// TestLabTwoServers: a campaign on the PBX and the carrier, which has a queue of the
// same name with agents of its own. The PBX is killed on the way: the carrier goes
// on, and the PBX is called on again when it is back.
func TestLabTwoServers(t *testing.T) {
	l := lab.Up(t, 2)
	bin := buildDaemon(t)
	dir := t.TempDir()
	showLogOnFailure(t, dir)
	var fates []fate
	for i := range 20 {
		fates = append(fates, of(campaign.Connected, fmt.Sprintf("3050258%03d", i))) // talks 2.5 s
	}
	spring := labCampaign(t, dir, "two", "200", "DialCamp", fates)
	server := func(name string, m lab.Manager) string {
		return fmt.Sprintf("  - {name: %s, address: %q, username: %s, secret: %s}\n", name, m.Address, m.Username, m.Secret)
	}
	file := filepath.Join(dir, "config.yaml")
	text := "asterisk:\n" + server("pbx", l.PBX().As("least")) + server("carrier", l.Carrier().As("least")) + `
store: {path: dialcamp.db}
control: {socket: control.sock}
campaigns:` + spring + `
    asterisk: [pbx, carrier]
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	p := startDaemon(t, bin, file)
	c := control.NewClient(cfg.Control.Socket)
	attempts := func() (n int64) {
		st, err := c.Status(ctx)
		if err == nil && len(st.Reports) > 0 {
			n = st.Reports[0].Attempts.Total
		}
		return n
	}
	await := func(n int64) {
		t.Helper()
		for attempts() < n {
			select {
			case <-ctx.Done():
				t.Fatalf("only %d attempts, not %d", attempts(), n)
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
	await(8)
	l.Kill(lab.PBX)
	down := time.Now()
	await(attempts() + 4) // which must be the carrier's
	back := time.Now()
	l.Start(lab.PBX)
	awaitOver(ctx, t, cfg, len(fates))
	p.stop()
	if err := l.WaitIdle(ctx); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, cfg)
	checkCampaign(t, s, "two", len(fates))
	connected, meanwhile := map[string]int{}, map[string]int{}
	unknown := 0
	for a, err := range s.Attempts("two", time.Time{}, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		switch a.Outcome {
		case campaign.Connected:
			connected[a.Server]++
			if a.Claimed.After(down.Add(2*time.Second)) && a.Claimed.Before(back) {
				meanwhile[a.Server]++
			}
		case campaign.Unknown:
			unknown++
			if a.Server != "pbx" {
				t.Errorf("attempt %s on %s is unknown (%s)", a.ID, a.Server, a.Note)
			}
		default:
			t.Errorf("%s: %s on %s (cause %d, %s)", a.Number, a.Outcome, a.Server, a.Cause, a.Note)
		}
	}
	t.Logf("connected: %v; while the pbx was gone: %v; %d unknown", connected, meanwhile, unknown)
	if connected["pbx"] < 4 || connected["carrier"] < 4 || meanwhile["pbx"] > 0 || meanwhile["carrier"] == 0 {
		t.Errorf("connected: %v; while the pbx was gone: %v", connected, meanwhile)
	}
}
