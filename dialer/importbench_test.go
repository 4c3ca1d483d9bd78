package dialer_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// BenchmarkListImport has `dialcamp list import` take a list of b.N rows into an
// empty store: numbers of one region as people write them, in no order, one row
// in fifty a duplicate, two more columns.
//
//	go test ./dialer -run '^$' -bench ListImport -benchtime 1000000x
func BenchmarkListImport(b *testing.B) {
	bin, dir := buildDaemon(b), b.TempDir()
	cfg, list := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "bench.csv")
	text := `
asterisk: [{name: pbx, address: 127.0.0.1, username: u, secret: s}]
store: {path: dialcamp.db}
control: {socket: control.sock}
campaigns:
  - {name: bench, queue: Camp200, lists: [{path: bench.csv, region: KR}]}
`
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	writeNumbers(b, list, b.N)
	b.ResetTimer()
	cmd := exec.Command(bin, "-c", cfg, "list", "import", "bench", list)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	b.StopTimer()
	usage := cmd.ProcessState
	b.ReportMetric(b.Elapsed().Seconds(), "s")
	b.ReportMetric((usage.UserTime() + usage.SystemTime()).Seconds(), "cpu-s")
	if ru, ok := usage.SysUsage().(*syscall.Rusage); ok {
		b.ReportMetric(float64(ru.Maxrss)/1024, "MiB-rss")
	}
	b.ReportMetric(0, "ns/op") // says nothing here
}

func writeNumbers(b *testing.B, path string, rows int) {
	const space, step = 80_000_000, 7_368_787 // coprime: every number once before one comes again
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "number,name,city")
	for i := range rows {
		if i%50 == 49 {
			i /= 2
		}
		n := 20_000_000 + i*step%space
		fmt.Fprintf(w, "010-%04d-%04d,Name %d,City %d\n", n/10_000, n%10_000, i, i%1000)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}
