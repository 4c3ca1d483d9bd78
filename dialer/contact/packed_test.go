package contact

import (
	"bytes"
	"compress/gzip"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func gzipped(t testing.TB, r io.Reader) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := io.Copy(z, r); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestGzip(t *testing.T) {
	one := gzipped(t, strings.NewReader("number,a\n1,\xb1\xe8\n"))
	two := gzipped(t, strings.NewReader("2,x\n"))
	r, err := NewReader(bytes.NewReader(append(one, two...)), Options{Encoding: "euc-kr"})
	if err != nil {
		t.Fatal(err)
	}
	if rows, bad, err := readAll(t, r); err != nil || len(bad) > 0 || !reflect.DeepEqual(show(rows), []string{"2 1 a=김", "3 2 a=x"}) {
		t.Errorf("%q, refused %v, error %v", show(rows), bad, err)
	}

	// A BOM inside counts like any.
	if r, err := NewReader(bytes.NewReader(gzipped(t, strings.NewReader("\xEF\xBB\xBFnumber\n1\n"))), Options{}); err != nil || r.Encoding() != "utf-8" {
		t.Errorf("with a mark: %v", err)
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"twice":       {gzipped(t, bytes.NewReader(one)), "packed twice"},
		"of workbook": {gzipped(t, bytes.NewReader(newBook(header).bytes(t))), "a packed workbook"},
		"no gzip":     {[]byte("\x1f\x8b\xff\xff"), "the packed file is"},
	} {
		if _, err := NewReader(bytes.NewReader(c.data), Options{}); err == nil || !strings.Contains(err.Error(), c.want) || hint(err) == "" {
			t.Errorf("%s: %v (%s)", name, err, hint(err))
		}
	}
}

// A gzip file that was cut anywhere is one error, never a shorter list.
func TestGzipCut(t *testing.T) {
	whole := gzipped(t, strings.NewReader("number,a\n1,x\n2,y\n"))
	for n := 2; n < len(whole); n++ {
		r, err := NewReader(bytes.NewReader(whole[:n]), Options{})
		if err == nil {
			_, _, err = readAll(t, r)
		}
		if err == nil || !strings.Contains(err.Error(), "the packed file is cut off") {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	broken := bytes.Clone(whole)
	broken[len(broken)-6] ^= 1 // of the checksum
	r, err := NewReader(bytes.NewReader(broken), Options{})
	if err == nil {
		_, _, err = readAll(t, r)
	}
	if err == nil || !strings.Contains(err.Error(), "the packed file is damaged") {
		t.Errorf("wrong checksum: %v", err)
	}
}

func TestGzipBomb(t *testing.T) {
	for _, block := range []string{"          \n", "1,x", ","} {
		packed := gzipped(t, io.MultiReader(strings.NewReader("number,a\n"), &endless{block: strings.Repeat(block, 1<<10), n: 6 << 20}))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := NewReader(bytes.NewReader(packed), Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = readAll(t, r)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "it unpacks to more than 200 times its size") {
			t.Errorf("%q: %v", block, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
			t.Errorf("%q: %d bytes allocated", block, used)
		}
	}
}

// What may unpack to MaxUnpacked is refused one byte later, however little it
// shrank.
func TestMaxUnpacked(t *testing.T) {
	u := &unpacked{src: strings.NewReader("xx"), packed: func() int64 { return MaxUnpacked }, n: MaxUnpacked - 1}
	buf := make([]byte, 1)
	if _, err := u.Read(buf); err != nil {
		t.Errorf("MaxUnpacked: %v", err)
	}
	if _, err := u.Read(buf); err == nil || !strings.Contains(err.Error(), "it unpacks to more than 17179869184 bytes") {
		t.Errorf("MaxUnpacked+1: %v", err)
	}
}
