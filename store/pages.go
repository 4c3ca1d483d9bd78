package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
	"syscall"
)

// A store that was not closed has no list of its free pages, and bbolt looks at
// every page when it opens it. One that is damaged makes it panic in a goroutine
// of its own, which nobody can recover from. So they are looked at here first,
// for all that it would stumble over. That is bbolt's format, version 2:
//
//	page    id 8, flags 2, count 2, overflow 4 (bytes, little-endian), then count elements of 16
//	branch  position 4 (from the element on), key size 4, page 8
//	leaf    flags 4, position 4, key size 4, value size 4
//	meta    magic 4, version 4, page size 4, flags 4, root page 8, sequence 8, free list's page 8,
//	        pages 8, transaction 8, FNV-1a of all these 8
//
// The value of a leaf that is a bucket is its root page 8, sequence 8 and, if
// the root is 0, a leaf page within.
const (
	pageHeader   = 16
	pageElement  = 16
	bucketHeader = 16
	metaSize     = 64
	metaSummed   = 56

	branchPage = 0x01
	leafPage   = 0x02
	bucketLeaf = 0x01

	noFreelist = 1<<64 - 1
	maxDepth   = 64 // of a tree; a cycle would have no end
)

// checkPages looks at the pages of a file that bbolt would look at all of. What
// else can be wrong bbolt itself says.
func checkPages(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil || fi.Size() < 2*pageHeader {
		return err
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(fi.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	defer syscall.Munmap(b)
	w := pageWalk{b: b, seen: bitset{}}
	root, ok := w.meta()
	if !ok {
		return nil
	}
	return w.tree(root, nil, nil, 0)
}

type pageWalk struct {
	b    []byte
	size uint64 // of a page
	n    uint64 // pages
	seen bitset
}

// meta reads the newer of the two metas that are good. ok is false if there is
// none, or it says where the list of free pages is.
func (w *pageWalk) meta() (root uint64, ok bool) {
	u32, u64 := binary.LittleEndian.Uint32, binary.LittleEndian.Uint64
	good := func(at uint64) []byte {
		if at+pageHeader+metaSize > uint64(len(w.b)) {
			return nil
		}
		m := w.b[at+pageHeader:][:metaSize]
		sum := fnv.New64a()
		sum.Write(m[:metaSummed])
		if sum.Sum64() != u64(m[metaSummed:]) {
			return nil
		}
		return m
	}
	first := good(0)
	size := uint64(os.Getpagesize())
	if first != nil {
		size = uint64(u32(first[8:]))
	}
	m := good(size)
	if m == nil || first != nil && u64(first[48:]) > u64(m[48:]) {
		m = first
	}
	if m == nil || u64(m[32:]) != noFreelist {
		return 0, false
	}
	w.size, w.n = size, u64(m[40:])
	return u64(m[16:]), w.n <= uint64(len(w.b))/w.size
}

// tree looks at the page id and all below it, whose keys are from low on and
// below high, nil: any.
func (w *pageWalk) tree(id uint64, low, high []byte, depth int) error {
	bad := func(what string, args ...any) error {
		return fmt.Errorf("%w: page %d: %s", errRecord, id, fmt.Sprintf(what, args...))
	}
	if id < 2 || id >= w.n {
		return bad("there is no such page of %d", w.n)
	}
	p := w.b[id*w.size:]
	overflow := uint64(binary.LittleEndian.Uint32(p[12:]))
	switch {
	case binary.LittleEndian.Uint64(p) != id:
		return bad("it says it is page %d", binary.LittleEndian.Uint64(p))
	case id+overflow >= w.n:
		return bad("it ends behind the file")
	case depth == maxDepth:
		return bad("it is below too many others")
	}
	for i := id; i <= id+overflow; i++ {
		if w.seen.has(i) {
			return bad("it is in use twice")
		}
		w.seen.set(i)
	}
	p = p[:(overflow+1)*w.size]
	flags := binary.LittleEndian.Uint16(p[8:])
	if flags != branchPage && flags != leafPage {
		return bad("it is neither branch nor leaf, but %#x", flags)
	}
	return w.elements(p, flags, low, high, depth, bad)
}

// elements looks at those of a page, or of one within a leaf.
func (w *pageWalk) elements(p []byte, flags uint16, low, high []byte, depth int, bad func(string, ...any) error) error {
	u32, u64 := binary.LittleEndian.Uint32, binary.LittleEndian.Uint64
	count := uint64(binary.LittleEndian.Uint16(p[10:]))
	if pageHeader+count*pageElement > uint64(len(p)) {
		return bad("it has %d elements", count)
	}
	element := func(i uint64) (e, key, value []byte, ok bool) {
		at := pageHeader + i*pageElement
		e = p[at:]
		pos, keySize, valueSize := uint64(u32(e)), uint64(u32(e[4:])), uint64(0)
		if flags == leafPage {
			pos, keySize, valueSize = uint64(u32(e[4:])), uint64(u32(e[8:])), uint64(u32(e[12:]))
		}
		if at+pos+keySize+valueSize > uint64(len(p)) {
			return nil, nil, nil, false
		}
		return e, e[pos : pos+keySize], e[pos+keySize : pos+keySize+valueSize], true
	}
	var last []byte
	for i := range count {
		e, key, value, ok := element(i)
		switch {
		case !ok:
			return bad("element %d is beyond it", i)
		case i == 0 && bytes.Compare(key, low) < 0, i > 0 && bytes.Compare(key, last) <= 0, high != nil && bytes.Compare(key, high) >= 0:
			return bad("the key of element %d is not in order", i)
		}
		last = key
		switch {
		case flags == branchPage:
			to := high
			if i+1 < count {
				if _, to, _, ok = element(i + 1); !ok {
					return bad("element %d is beyond it", i+1)
				}
			}
			if err := w.tree(u64(e[8:]), key, to, depth+1); err != nil {
				return err
			}
		case u32(e)&bucketLeaf != 0:
			if err := w.bucket(value, depth, bad); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *pageWalk) bucket(value []byte, depth int, bad func(string, ...any) error) error {
	if len(value) < bucketHeader {
		return bad("it has a bucket of %d bytes", len(value))
	}
	if root := binary.LittleEndian.Uint64(value); root != 0 {
		return w.tree(root, nil, nil, depth+1)
	}
	if len(value) < bucketHeader+pageHeader {
		return bad("it has a bucket of %d bytes", len(value))
	}
	return w.elements(value[bucketHeader:], leafPage, nil, nil, depth+1, bad)
}
