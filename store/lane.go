package store

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// A lane is the contacts that are claimed one after the other: those of the same
// level, class and zone, in the order in which they are due. It is what the keys
// of the due index begin with:
//
//	level   1 byte: 0 who asked to be called, then the priorities from the highest to the lowest
//	class   1 byte: campaign.ClassOf
//	zone    its name and a byte 0
//
// Behind it are the time and the id, 8 bytes each.

// dueTail is the length of a time and an id.
const dueTail = 16

// plainLane is that of contacts whose record has no second part and that were
// never called. All that schema 2 had in ranges are.
const plainLane = "\x65\x00\x00"

func levelOf(c *campaign.Contact) byte {
	if c.Callback {
		return 0
	}
	return byte(1 + campaign.MaxPriority - min(max(c.Priority, campaign.MinPriority), campaign.MaxPriority))
}

func appendLane(b []byte, c *campaign.Contact) []byte {
	b = append(b, levelOf(c), campaign.ClassOf(c))
	return append(append(b, c.Zone...), 0)
}

func dueKey(c *campaign.Contact) []byte {
	b := make([]byte, 0, 3+len(c.Zone)+dueTail)
	b = binary.BigEndian.AppendUint64(appendLane(b, c), nanos(c.Due))
	return binary.BigEndian.AppendUint64(b, c.ID)
}

func splitDue(k []byte) (lane []byte, at, id uint64, err error) {
	n := len(k) - dueTail
	if n < len(plainLane) || k[n-1] != 0 {
		return nil, 0, 0, fmt.Errorf("%w: due index", errRecord)
	}
	return k[:n], binary.BigEndian.Uint64(k[n:]), binary.BigEndian.Uint64(k[n+8:]), nil
}

// describe is a lane as it is told of.
func describe(lane string, due time.Time) campaign.Lane {
	return campaign.Lane{
		Callback: lane[0] == 0, Priority: priorityOf(lane), Class: lane[1], Zone: zoneOf(lane), Due: due,
	}
}

// priorityOf is 0 for the level of those who asked to be called, which have all.
func priorityOf(lane string) int {
	if lane[0] == 0 {
		return 0
	}
	return 1 + campaign.MaxPriority - int(lane[0])
}

func zoneOf(lane string) string { return lane[2 : len(lane)-1] }
