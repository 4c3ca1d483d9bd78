package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/xuri/excelize/v2"

	"github.com/dialcamp/dialcamp/dialer/control/page/pagetest"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/testdata/lab"
)

// firstDay is what somebody does who has just installed the package on a Debian:
// prepare, and then dial.
type firstDay struct {
	debian  string
	address string            // of the page
	first   []string          // the numbers of the list
	second  []string          // and those that it gets while it is dialed
	fates   map[string]string // a number's outcome
}

func newFirstDay(debian string) *firstDay {
	d := &firstDay{debian: debian, fates: map[string]string{}}
	for g := range 10 {
		list := &d.first
		if g >= 7 {
			list = &d.second
		}
		add := func(outcome, number string) {
			d.fates[number] = outcome
			*list = append(*list, number)
		}
		add("connected", fmt.Sprintf("30302580%02d", g)) // talks 2.5 s
		add("busy", fmt.Sprintf("10175580%02d", g))
		add("connected", fmt.Sprintf("30502581%02d", g))
		switch g % 3 {
		case 0:
			add("invalid", fmt.Sprintf("10015580%02d", g))
			add("abandoned", fmt.Sprintf("30500180%02d", g)) // leaves before an agent can answer
		case 1:
			add("no_answer", fmt.Sprintf("10195580%02d", g))
		case 2:
			add("rejected", fmt.Sprintf("10215580%02d", g))
		}
	}
	return d
}

// write has the list name these numbers.
func (d *firstDay) write(t *testing.T, numbers ...string) {
	t.Helper()
	inChroot(t, d.debian, "printf 'number\\n"+strings.Join(numbers, "\\n")+"\\n' >/var/lib/dialcamp/lists/customers.csv")
}

// prepare does the first three steps that the installation prints.
func (d *firstDay) prepare(t *testing.T) {
	t.Helper()
	pbx := new(lab.Lab).PBX().As("least")
	inChroot(t, d.debian, "echo "+pbx.Secret+" >/etc/dialcamp/ami.secret")
	config := filepath.Join(d.debian, "etc/dialcamp/config.yaml")
	editLines(t, config,
		[2]string{"username: dialcamp ", "username: " + pbx.Username + " "},
		[2]string{"queue: sales ", "queue: Camp200 "},
		[2]string{"lists/spring.csv ", "lists/customers.csv "},
		[2]string{`{days: mon-fri, from: "09:00", to: "18:00"}`, `{days: mon-sun, from: "00:00", to: "24:00"}`})
	d.write(t, d.first...)

	// Somebody else on this machine may have the page's own port.
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.address = ln.Addr().String()
	ln.Close()
	editLines(t, config, [2]string{"listen: 127.0.0.1:9750", "listen: " + d.address})
}

// dial runs the campaign, operates it in the page, and reads what came of it
// wherever that is told.
func (d *firstDay) dial(t *testing.T) {
	b := pagetest.New(t, pagetest.Desk)
	t.Cleanup(pagetest.Close)
	l := lab.Up(t, 5)
	if out := inChroot(t, d.debian, "dialcamp check --connect"); !strings.HasSuffix(out, "\nok\n") {
		t.Errorf("check says %q", out)
	}
	stop := d.start(t)

	token := strings.Fields(inChroot(t, d.debian, "cat /etc/dialcamp/control.tokens"))
	b.Open("http://" + d.address + "/")
	b.Seen("#login", "Token")
	b.Do(chromedp.Focus(chromedp.CSS("#token")), chromedp.KeyEvent(token[len(token)-1]), chromedp.KeyEvent(kb.Enter))
	b.Seen("#title", "running")
	b.Until("three talks", func() bool { return onPage(b)["connected"] >= 3 })

	b.Click("[data-verb=pause]")
	b.Seen("#title", "paused")
	b.Until("no call in flight", func() bool { return d.report(t).Attempts.InFlight == 0 })
	paused := d.carrier(t, l)
	d.write(t, append(d.first, d.second...)...)
	inChroot(t, d.debian, "dialcamp reload")
	b.Until("the new contacts", func() bool { return d.report(t).Contacts["total"] == int64(len(d.fates)) })
	if out := inChroot(t, d.debian, "dialcamp list show spring"); !regexp.MustCompile(`\ncustomers +\S+ \S+ +44 +13 +0 +31 +0 `).MatchString(out) {
		t.Errorf("of the list is told: %s", out)
	}
	if n := d.report(t).Contacts["pending"]; n <= int64(len(d.second)) {
		t.Errorf("it was paused when %d contacts were left, too late to tell anything", n)
	}
	if now := d.carrier(t, l); !maps.Equal(now, paused) {
		t.Errorf("while it was paused the carrier's calls went from %v to %v", paused, now)
	}

	b.Click("[data-verb=resume]")
	b.Seen("#title", "running")
	var row report.Row
	b.Until("the end of the list", func() bool {
		row = d.report(t)
		return row.Contacts["pending"]+row.Contacts["dialing"] == 0
	})
	want := map[string]int64{"total": int64(len(d.fates))}
	for _, outcome := range d.fates {
		want[outcome]++
	}
	b.Until(fmt.Sprint(want, " on the page"), func() bool { return maps.Equal(onPage(b), want) })
	for where, got := range map[string]map[string]int64{
		"report --format json": totals(row.Attempts.ByOutcome, row.Attempts.Total),
		"the workbook":         d.workbook(t, row),
		"/metrics":             d.metrics(t),
		"the carrier's CDR":    d.carrier(t, l),
	} {
		if !maps.Equal(got, want) {
			t.Errorf("%s has %v, the page %v", where, got, want)
		}
	}
	b.Shoot("first-day")
	b.Clean("401") // the page asks whether it takes a token
	stop()
}

// start does what the unit says and systemd would, and waits until it is ready.
func (d *firstDay) start(t *testing.T) (stop func()) {
	t.Helper()
	unit, err := os.ReadFile(filepath.Join(d.debian, "usr/lib/systemd/system/dialcamp.service"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(d.debian, "run/notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetReadDeadline(time.Now().Add(2 * time.Minute))
	id := inChroot(t, d.debian, "chown dialcamp /run/notify; install -d -m 750 -o dialcamp -g dialcamp /run/dialcamp; id -u dialcamp; id -g dialcamp")
	var user syscall.Credential
	if _, err := fmt.Sscan(id, &user.Uid, &user.Gid); err != nil {
		t.Fatalf("%q: %v", id, err)
	}
	command := func(key string) *exec.Cmd {
		t.Helper()
		m := regexp.MustCompile(`(?m)^` + key + `=-?(.+)$`).FindSubmatch(unit)
		if m == nil {
			t.Fatalf("no %s in the unit:\n%s", key, unit)
		}
		args := strings.Fields(string(m[1]))
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = "/var/lib/dialcamp"
		cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "NOTIFY_SOCKET=/run/notify"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: d.debian, Credential: &user}
		return cmd
	}
	if out, err := command("ExecStartPre").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := command("ExecStart")
	run.Stderr = t.Output()
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	t.Cleanup(func() { run.Process.Kill(); <-ended })
	awaitState(t, conn, "READY=1")
	return func() {
		t.Helper()
		run.Process.Signal(syscall.SIGTERM)
		awaitState(t, conn, "STOPPING=1")
		err := <-ended
		ended <- nil
		if err != nil {
			t.Error(err)
		}
	}
}

// totals are the outcomes that there are any of, and the sum that is told beside
// them.
func totals(byOutcome map[string]int64, total int64) map[string]int64 {
	all := map[string]int64{"total": total}
	for name, n := range byOutcome {
		if n != 0 {
			all[name] = n
		}
	}
	return all
}

// onPage is what the page shows of the attempts.
func onPage(b *pagetest.Tab) map[string]int64 {
	b.T.Helper()
	all := map[string]int64{}
	for line := range strings.Lines(b.Text("#outcomes tbody tr, #outcomes tfoot tr")) {
		f := strings.Split(line, "\t")
		if len(f) < 2 {
			continue // no call yet
		}
		n, err := strconv.ParseInt(strings.TrimSpace(f[1]), 10, 64)
		if err != nil {
			b.T.Fatalf("the page says %q", line)
		}
		if n != 0 {
			all[strings.ReplaceAll(f[0], " ", "_")] = n
		}
	}
	return all
}

func (d *firstDay) report(t *testing.T) (row report.Row) {
	t.Helper()
	out := inChroot(t, d.debian, "dialcamp report spring --format json")
	if err := json.Unmarshal([]byte(out), &row); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return row
}

// workbook has the columns of row's outcomes.
func (d *firstDay) workbook(t *testing.T, row report.Row) map[string]int64 {
	t.Helper()
	inChroot(t, d.debian, "dialcamp report spring -o /var/lib/dialcamp/reports/spring.xlsx")
	f, err := excelize.OpenFile(filepath.Join(d.debian, "var/lib/dialcamp/reports/spring.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := f.GetRows(f.GetSheetName(0))
	if err != nil || len(lines) != 2 {
		t.Fatalf("%v, %q", err, lines)
	}
	cells := map[string]int64{}
	for i, name := range lines[0] {
		if _, ok := row.Attempts.ByOutcome[name]; !ok && name != "attempts_total" {
			continue
		}
		if cells[name], err = strconv.ParseInt(lines[1][i], 10, 64); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	total := cells["attempts_total"]
	delete(cells, "attempts_total")
	return totals(cells, total)
}

// metrics have no total but their sum.
func (d *firstDay) metrics(t *testing.T) map[string]int64 {
	t.Helper()
	resp, err := http.Get("http://" + d.address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	all, sum := map[string]int64{}, int64(0)
	for _, m := range regexp.MustCompile(`(?m)^dialcamp_attempts_total\{campaign="spring",outcome="(\w+)"\} (\d+)$`).FindAllSubmatch(text, -1) {
		n, _ := strconv.ParseInt(string(m[2]), 10, 64)
		all[string(m[1])], sum = n, sum+n
	}
	return totals(all, sum)
}

// carrier counts the calls that the carrier has seen, when there are no more, by
// what their numbers lead to.
func (d *firstDay) carrier(t *testing.T, l *lab.Lab) map[string]int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := l.WaitIdle(ctx); err != nil {
		t.Fatal(err)
	}
	all, total, calls := map[string]int64{}, int64(0), map[string]int{}
	for _, c := range l.CDR() {
		all[d.fates[c.Number]]++
		total++
		if calls[c.Number]++; calls[c.Number] > 1 || d.fates[c.Number] == "" {
			t.Errorf("the carrier saw call %d to %s", calls[c.Number], c.Number)
		}
	}
	return totals(all, total)
}
