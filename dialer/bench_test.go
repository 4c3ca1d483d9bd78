package dialer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/testdata/lab"
)

// The benchmarks run the real daemon as a process of its own over a list of
// b.N contacts and report calls a second and the daemon's CPU time a call.
//
//	go test ./dialer -run '^$' -bench Amitest -benchtime 20000x
//	go test ./dialer -run '^$' -bench Lab -benchtime 2000x

// BenchmarkAmitestRefused drives the Asterisk in memory with calls that are
// refused at once, by 200 agents.
func BenchmarkAmitestRefused(b *testing.B) { benchmarkAmitest(b, "1017") }

// BenchmarkAmitestConnected drives it with calls that are answered at once and
// talk for 0.1 s with one of 200 agents.
func BenchmarkAmitestConnected(b *testing.B) { benchmarkAmitest(b, "300001") }

func benchmarkAmitest(b *testing.B, class string) {
	cfg := amitest.Lab(200)
	for i := range cfg.Queues {
		for j := range cfg.Queues[i].Members {
			cfg.Queues[i].Members[j].Ring = time.Millisecond
		}
	}
	asterisk := amitest.New(cfg)
	if err := asterisk.Start(); err != nil {
		b.Fatal(err)
	}
	defer asterisk.Close()
	m := lab.Manager{Address: asterisk.Addr(), Username: "dialcamp", Secret: "dialcamp-secret"}
	benchmarkDaemon(b, m, class, func() time.Duration { return 0 })
}

// BenchmarkLabRefused and BenchmarkLabConnected do the same on the lab, and
// report what a call costs the PBX beside it.
func BenchmarkLabRefused(b *testing.B)   { benchmarkLab(b, "1017") }
func BenchmarkLabConnected(b *testing.B) { benchmarkLab(b, "300010") }

func benchmarkLab(b *testing.B, class string) {
	l := lab.Up(b, 50)
	benchmarkDaemon(b, l.PBX(), class, func() time.Duration { return l.CPU(lab.PBX) })
}

func benchmarkDaemon(b *testing.B, m lab.Manager, class string, asteriskCPU func() time.Duration) {
	bin := buildDaemon(b)
	dir := b.TempDir()
	var list strings.Builder
	list.WriteString("phone,name\n")
	for i := range b.N {
		fmt.Fprintf(&list, "%s%08d,Contact %d\n", class, i, i)
	}
	text := fmt.Sprintf(`
asterisk: [{name: pbx, address: "%s", username: %s, secret: %s}]
store: {path: dialcamp.db}
control: {socket: control.sock}
campaigns:
  - name: bench
    queue: Camp200
    lists: [{path: bench.csv}]
    originate: {context: campaign, exten: "200"}
    pacing: {max_in_flight: 1000}
    retry: {max_attempts: 1}
`, m.Address, m.Username, m.Secret)
	file := filepath.Join(dir, "config.yaml")
	for path, s := range map[string]string{file: text, filepath.Join(dir, "bench.csv"): list.String()} {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	cfg, err := config.Load(file)
	if err != nil {
		b.Fatal(err)
	}
	before := asteriskCPU()
	b.ResetTimer()
	p := startDaemon(b, bin, file)
	awaitOver(b.Context(), b, cfg, b.N)
	b.StopTimer()
	spent := asteriskCPU() - before
	p.stop()
	usage := p.cmd.ProcessState
	calls := float64(b.N)
	b.ReportMetric(calls/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64((usage.UserTime()+usage.SystemTime()).Microseconds())/calls, "cpu-µs/call")
	if ru, ok := usage.SysUsage().(*syscall.Rusage); ok {
		b.ReportMetric(float64(ru.Maxrss)/1024, "MiB-rss")
	}
	if spent > 0 {
		b.ReportMetric(float64(spent.Microseconds())/calls, "asterisk-cpu-µs/call")
	}
	b.ReportMetric(0, "ns/op") // says nothing here
}
