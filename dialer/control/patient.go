package control

import (
	"io"
	"net/http"
	"slices"
	"time"
)

// patience is how long a client may take for a piece of an answer, or give none of its
// body. Streams may go on for ever as long as they are read.
const patience = 30 * time.Second

const piece = 4096 // bytes

// patient cuts clients off that stand still.
func patient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		rc.SetWriteDeadline(time.Now().Add(patience))
		if r.Body != http.NoBody {
			rc.SetReadDeadline(time.Now().Add(patience))
			r.Body = &patientBody{r.Body, rc}
		}
		next.ServeHTTP(&patientWriter{w, rc}, r)
		rc.SetWriteDeadline(time.Now().Add(patience)) // of what is buffered
	})
}

type patientWriter struct {
	http.ResponseWriter
	rc *http.ResponseController
}

// Write gives each piece of an answer its time, not all of it together.
func (w *patientWriter) Write(b []byte) (n int, err error) {
	for part := range slices.Chunk(b, piece) {
		w.rc.SetWriteDeadline(time.Now().Add(patience))
		wrote, err := w.ResponseWriter.Write(part)
		if n += wrote; err != nil {
			return n, err
		}
	}
	return n, nil
}

// FlushError is what http.ResponseController calls.
func (w *patientWriter) FlushError() error {
	w.rc.SetWriteDeadline(time.Now().Add(patience))
	return w.rc.Flush()
}

// Unwrap is for http.ResponseController.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type patientBody struct {
	io.ReadCloser
	rc *http.ResponseController
}

// Read gives its bytes some time. After the last one the connection is only
// watched for the client's end, which may come late.
func (b *patientBody) Read(p []byte) (int, error) {
	b.rc.SetReadDeadline(time.Now().Add(patience))
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}
