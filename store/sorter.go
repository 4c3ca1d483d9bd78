package store

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"os"
	"slices"
)

// sorter sorts more keys than memory holds: runs of runBytes are sorted in
// memory and written to a file, and merged when they are read. Random keys that
// go into a tree in their order cost a page for each hundred of them instead of
// one for each.
type sorter struct {
	dir      string
	run      sortRun
	file     *os.File // of the runs before; nil: there are none
	size     int64
	ends     []int64 // of the runs in the file
	runBytes int     // zero: sortRunBytes; tests make it small
}

const sortRunBytes = 48 << 20

// sortRun is a run in memory: keys one after the other, and where they are.
type sortRun struct {
	keys  []byte
	items []sortItem
}

type sortItem struct {
	prefix uint64 // the first bytes of the key, which mostly decide
	at     uint32
	n      uint32
	value  uint32
}

const sortItemBytes = 24

func (r *sortRun) key(i *sortItem) []byte { return r.keys[i.at : i.at+i.n] }

func (r *sortRun) sort() {
	slices.SortFunc(r.items, func(a, b sortItem) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		if c := bytes.Compare(r.key(&a), r.key(&b)); c != 0 {
			return c
		}
		return cmp.Compare(a.value, b.value)
	})
}

// add takes a key with a value. Equal keys come out by their values.
func (s *sorter) add(key []byte, value uint32) error {
	limit := cmp.Or(s.runBytes, sortRunBytes)
	if len(s.run.keys)+len(key)+(len(s.run.items)+1)*sortItemBytes > limit && len(s.run.items) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	var p [8]byte
	copy(p[:], key)
	s.run.items = append(s.run.items, sortItem{binary.BigEndian.Uint64(p[:]), uint32(len(s.run.keys)), uint32(len(key)), value})
	s.run.keys = append(s.run.keys, key...)
	return nil
}

// spill writes the run in memory to the file.
func (s *sorter) spill() (err error) {
	if s.file == nil {
		if s.file, err = scratch(s.dir); err != nil {
			return err
		}
	}
	s.run.sort()
	w := bufio.NewWriterSize(&writerAt{s.file, s.size}, 1<<20)
	var b []byte
	for i := range s.run.items {
		it := &s.run.items[i]
		b = binary.AppendUvarint(b[:0], uint64(it.n))
		b = append(b, s.run.key(it)...)
		b = binary.BigEndian.AppendUint32(b, it.value)
		s.size += int64(len(b))
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	s.ends = append(s.ends, s.size)
	s.run = sortRun{s.run.keys[:0], s.run.items[:0]}
	return w.Flush()
}

// sorted yields all keys in their order, as often as it is called; add must not
// be called any more. A key is valid until the next one.
func (s *sorter) sorted() iter.Seq2[sortKey, error] {
	return func(yield func(sortKey, error) bool) {
		if s.file == nil {
			s.run.sort()
			for i := range s.run.items {
				if it := &s.run.items[i]; !yield(sortKey{s.run.key(it), it.value}, nil) {
					return
				}
			}
			return
		}
		if len(s.run.items) > 0 {
			if err := s.spill(); err != nil {
				yield(sortKey{}, err)
				return
			}
			s.run = sortRun{}
		}
		s.merge(yield)
	}
}

type sortKey struct {
	key   []byte
	value uint32
}

func (s *sorter) merge(yield func(sortKey, error) bool) {
	var m merger
	from := int64(0)
	for _, end := range s.ends {
		r := &runReader{r: bufio.NewReaderSize(io.NewSectionReader(s.file, from, end-from), 128<<10)}
		from = end
		if !r.next() {
			yield(sortKey{}, r.err)
			return
		}
		m = append(m, r)
	}
	heap.Init(&m)
	for len(m) > 0 {
		r := m[0]
		if !yield(sortKey{r.key, r.value}, nil) {
			return
		}
		switch {
		case r.next():
			heap.Fix(&m, 0)
		case r.err != nil:
			yield(sortKey{}, r.err)
			return
		default:
			heap.Pop(&m)
		}
	}
}

// runReader reads a run of the file.
type runReader struct {
	r      *bufio.Reader
	prefix uint64
	key    []byte
	value  uint32
	err    error
}

func (r *runReader) next() bool {
	n, err := binary.ReadUvarint(r.r)
	if err == io.EOF {
		return false
	}
	var v [8]byte
	if err == nil {
		r.key = slices.Grow(r.key[:0], int(n))[:n]
		_, err = io.ReadFull(r.r, r.key)
	}
	if err == nil {
		_, err = io.ReadFull(r.r, v[:4])
	}
	if err != nil {
		r.err = err
		return false
	}
	r.value = binary.BigEndian.Uint32(v[:4])
	v = [8]byte{}
	copy(v[:], r.key)
	r.prefix = binary.BigEndian.Uint64(v[:])
	return true
}

type merger []*runReader

func (m merger) Len() int { return len(m) }
func (m merger) Less(i, j int) bool {
	a, b := m[i], m[j]
	if a.prefix != b.prefix {
		return a.prefix < b.prefix
	}
	if c := bytes.Compare(a.key, b.key); c != 0 {
		return c < 0
	}
	return a.value < b.value
}
func (m merger) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *merger) Push(x any)   { *m = append(*m, x.(*runReader)) }
func (m *merger) Pop() any {
	last := len(*m) - 1
	x := (*m)[last]
	*m = (*m)[:last]
	return x
}

func (s *sorter) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// scratch makes a file in dir that is gone once it is closed, however the
// process ends.
func scratch(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, ".dialcamp-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// writerAt writes from a place on, whatever reads the file meanwhile.
type writerAt struct {
	f  *os.File
	at int64
}

func (w *writerAt) Write(b []byte) (int, error) {
	n, err := w.f.WriteAt(b, w.at)
	w.at += int64(n)
	return n, err
}
