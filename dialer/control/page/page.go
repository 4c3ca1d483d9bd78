// Package page is the web page of the daemon: static files that hold no data.
// What they show they ask of the control API, as whoever is logged in.
//
// The scripts are ES modules as they were written; nothing is built. What they
// put on the page is text, never markup: the policy that is sent with the files
// refuses inline scripts and styles, every other host, and markup from strings.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed index.html assets/*.js assets/*.css assets/*.svg assets/uplot/*.js assets/uplot/*.css assets/uplot/LICENSE
var files embed.FS

// policy is the Content-Security-Policy. uPlot sets styles through the CSSOM,
// which it lets pass.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// types do not depend on what the machine's mime tables say.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	"":      "text/plain; charset=utf-8",
}

// file is one of the page's, as it is and packed.
type file struct {
	contentType string
	tag         string
	plain, gzip []byte
}

// Handler serves the page at / and what it is made of below /assets/; anything
// else is 404.
func Handler() http.Handler {
	all := map[string]file{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		all["/"+strings.TrimPrefix(name, "index.html")] = newFile(types[path.Ext(name)], b)
		return nil
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := all[r.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		default:
			f.serve(w, r)
		}
	})
}

func newFile(contentType string, b []byte) file {
	sum := sha256.Sum256(b)
	f := file{contentType: contentType, tag: hex.EncodeToString(sum[:8]), plain: b}
	var packed bytes.Buffer
	zw, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err == nil {
		zw.Write(b)
		err = zw.Close()
	}
	if err == nil && packed.Len() < len(b)*9/10 {
		f.gzip = packed.Bytes()
	}
	return f
}

// serve answers with the file. A browser asks each time whether what it has is
// still right: a newer daemon must not be operated with an older one's scripts.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Vary", "Accept-Encoding")
	body, tag := f.plain, `"`+f.tag+`"`
	if f.gzip != nil && acceptsGzip(r) {
		body, tag = f.gzip, `"`+f.tag+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		coding, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err == nil && coding == "gzip" {
			return strings.Trim(params["q"], "0.") != "" || params["q"] == ""
		}
	}
	return false
}
