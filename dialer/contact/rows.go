package contact

import (
	"errors"
	"io"
	"iter"
	"runtime"
	"sync"
)

// rowsTogether are handed to a core at once.
const rowsTogether = 256

// batch is a part of a list on its way: read by one goroutine, its numbers
// parsed by another while the next part is read.
type batch struct {
	rows   []unparsed
	errs   []error // of each
	done   chan struct{}
	parsed []Row
}

// All yields what Next returns, up to the end or a final error. Numbers of a
// region are parsed on every core; the order is the list's.
func (r *Reader) All() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if r.plan.Region == "" {
			r.each(yield)
			return
		}
		cores := runtime.GOMAXPROCS(0)
		inOrder, work := make(chan *batch, 2*cores), make(chan *batch, 2*cores)
		quit := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() { r.readBatches(inOrder, work, quit) })
		for range cores {
			all.Go(func() {
				for b := range work {
					r.parse(b)
				}
			})
		}
		defer all.Wait()
		defer close(quit)
		for b := range inOrder {
			<-b.done
			for i := range b.parsed {
				if !yield(b.parsed[i], b.errs[i]) {
					return
				}
			}
		}
	}
}

func (r *Reader) each(yield func(Row, error) bool) {
	for {
		row, err := r.Next()
		if err == io.EOF {
			return
		}
		if !yield(row, err) || final(err) {
			return
		}
	}
}

// readBatches reads to the end, a final error or quit.
func (r *Reader) readBatches(inOrder, work chan<- *batch, quit <-chan struct{}) {
	defer close(inOrder)
	defer close(work)
	for last := false; !last; {
		b := &batch{done: make(chan struct{})}
		for len(b.rows) < rowsTogether && !last {
			row, err := r.read()
			if err == io.EOF {
				last = true
				break
			}
			b.rows, b.errs = append(b.rows, row), append(b.errs, err)
			last = final(err)
		}
		select {
		case inOrder <- b:
		case <-quit:
			return
		}
		select {
		case work <- b:
		case <-quit:
			return
		}
	}
}

func (r *Reader) parse(b *batch) {
	defer close(b.done)
	b.parsed = make([]Row, len(b.rows))
	for i := range b.rows {
		if b.errs[i] == nil {
			b.parsed[i], b.errs[i] = r.finish(b.rows[i])
		}
	}
}

// final tells an error behind which nothing comes.
func final(err error) bool {
	if err == nil {
		return false
	}
	_, bad := errors.AsType[*RowError](err)
	return !bad
}
