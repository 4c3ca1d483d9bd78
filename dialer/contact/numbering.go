package contact

import (
	"errors"
	"fmt"
)

// numbering is the plan of one list with what its numbers were read as. It is
// safe for concurrent use.
type numbering struct {
	Plan
	memo *memo // nil without a region
}

func newNumbering(p Plan) numbering {
	n := numbering{Plan: p}
	if p.Region != "" {
		n.memo = newMemo(p)
	}
	return n
}

// Normalise is Plan.Normalise, in less than 1 µs for most numbers of a list.
func (p numbering) Normalise(s string) (string, error) {
	if p.memo == nil {
		return ParseNumber(s)
	}
	plain, err := plainNumber(s)
	if err != nil {
		return "", err
	}
	return p.memo.normalise(plain)
}

// normaliseCell is Normalise for the digits of a numeric cell, whose leading
// zeros are gone if it had any.
func (p numbering) normaliseCell(digits string) (string, error) {
	if p.Region == "" {
		return "", errors.New("a numeric cell, whose leading zeros are lost: format the column as text, or give the list a region")
	}
	without, err := p.Normalise(digits)
	with, errZero := p.Normalise("0" + digits)
	switch {
	case err != nil && errZero != nil:
		return "", err
	case err != nil:
		return with, nil
	case errZero == nil && with != without:
		return "", fmt.Errorf("a numeric cell, whose leading zeros are lost, and in %s the number is another with a zero in front: format the column as text", p.Region)
	}
	return without, nil
}
