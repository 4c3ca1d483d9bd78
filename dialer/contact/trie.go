package contact

import "sync/atomic"

// maxNodes is how many nodes a trie has at most, of about 100 bytes each. One
// country needs some thousands.
const maxNodes = 1 << 17

// trie keeps what is known of numbers by the digits that tell it, and by how
// many a number has. It is safe for concurrent use.
type trie[T any] struct {
	roots [longest + 1]node[T]
	nodes atomic.Int64
}

type node[T any] struct {
	next  [10]atomic.Pointer[node[T]]
	known atomic.Pointer[T]
}

// find is nil if nothing is known of such digits, longest at most.
func (t *trie[T]) find(digits string) *T {
	at := &t.roots[len(digits)]
	for i := range len(digits) {
		if v := at.known.Load(); v != nil {
			return v
		}
		if at = at.next[digits[i]-'0'].Load(); at == nil {
			return nil
		}
	}
	return nil
}

// keep is for what the first n of the digits tell, not the last one; a full
// trie forgets it.
func (t *trie[T]) keep(digits string, n int, v *T) {
	if t.nodes.Load() >= maxNodes {
		return
	}
	at := &t.roots[len(digits)]
	for i := range n {
		next := &at.next[digits[i]-'0']
		if next.Load() == nil && next.CompareAndSwap(nil, &node[T]{}) {
			t.nodes.Add(1)
		}
		at = next.Load()
	}
	at.known.Store(v)
}
