package config

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// FuzzLoad: no bytes make Load panic; either it explains what is wrong, with
// no secret in it, or the Config holds what the daemon relies on and comes out
// the same again.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"good/*.yaml", "bad/*.yaml"} {
		files, err := filepath.Glob(filepath.Join(testdata, pattern))
		if err != nil || len(files) == 0 {
			f.Fatal(files, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	dir, err := filepath.Abs(testdata + "/good")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 16<<10 {
			return
		}
		cfg, errs := parse("config.yaml", dir, data, false, everything)
		if len(errs) > 0 {
			if cfg != nil {
				t.Fatal("a config came with errors")
			}
			for _, e := range errs {
				if e.Problem == "" || e.Problem == "cannot be decoded" || e.Problem == "cannot be read" {
					t.Fatalf("unexplained: %+v", e)
				}
			}
			return
		}
		mustHold(t, cfg)
		again, errs := parse("config.yaml", dir, data, false, everything)
		if len(errs) > 0 || !reflect.DeepEqual(again, cfg) {
			t.Fatalf("read again: %+v, %v", again, errs)
		}
	})
}
