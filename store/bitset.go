package store

// bitset holds integers, a bit each where they are close together. A stray
// large one costs a block, not all the memory up to it.
type bitset map[uint64]*[blockBits / 64]uint64

const blockBits = 8192

// has reports whether i is in the set.
func (b bitset) has(i uint64) bool {
	block := b[i/blockBits]
	return block != nil && block[i%blockBits/64]&(1<<(i%64)) != 0
}

func (b bitset) set(i uint64) {
	block := b[i/blockBits]
	if block == nil {
		block = new([blockBits / 64]uint64)
		b[i/blockBits] = block
	}
	block[i%blockBits/64] |= 1 << (i % 64)
}

// tallies counts by integers that are close together.
type tallies map[uint64]*[blockBits]uint32

func (t tallies) of(i uint64) *uint32 {
	block := t[i/blockBits]
	if block == nil {
		block = new([blockBits]uint32)
		t[i/blockBits] = block
	}
	return &block[i%blockBits]
}
