package store

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDamagedPages: where bbolt looks at all pages, a damaged one would end the
// process.
func TestDamagedPages(t *testing.T) {
	s := openTest(t)
	s.freeSynced = -1
	loadTest(t, s, "c", 1000, 3000)
	if _, _, err := claimMost(s, "c", testStart, 10); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := s.Backup(&file); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	const size = 4096
	path := filepath.Join(t.TempDir(), "dialcamp.db")
	refused, tried := 0, 0
	for id := 2; id < len(whole)/size; id++ {
		for name, damage := range map[string]func(p []byte){
			"id":       func(p []byte) { p[0] ^= 0x55 },
			"flags":    func(p []byte) { p[8] = 0x40 },
			"count":    func(p []byte) { p[11] = 0xff },
			"overflow": func(p []byte) { binary.LittleEndian.PutUint32(p[12:], 1<<30) },
			"element":  func(p []byte) { copy(p[16:], "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") },
			"zeros":    func(p []byte) { clear(p) },
		} {
			b := bytes.Clone(whole)
			damage(b[id*size:][:size])
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			tried++
			s, err := Open(path)
			if err == nil { // the page was free
				s.Close()
				continue
			}
			refused++
			if !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "goroutine") {
				t.Errorf("page %d, %s: %v", id, name, err)
			}
		}
	}
	t.Logf("%d of %d refused", refused, tried)
	if refused < tried/2 {
		t.Error("hardly any was found")
	}
}

func FuzzPages(f *testing.F) {
	f.Add([]byte("dialcamp"), 100)
	f.Add([]byte{0xff, 0xff}, 2*4096+8)
	f.Fuzz(func(t *testing.T, b []byte, at int) {
		v, err := os.ReadFile(schemaFile(SchemaVersion))
		if err != nil {
			t.Fatal(err)
		}
		if at < 0 || at+len(b) > len(v) {
			return
		}
		copy(v[at:], b)
		path := filepath.Join(t.TempDir(), "dialcamp.db")
		if err := os.WriteFile(path, v, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(path); err == nil { // whatever it finds, it must say so
			s.Close()
		}
	})
}
