package amitest

import (
	"fmt"
	"strconv"
	"strings"
)

// release is the major version of an Asterisk; 8 is 1.8.
type release int

const (
	release8  release = 8
	release11 release = 11
	release13 release = 13
	release14 release = 14
	release16 release = 16
	release18 release = 18
	release20 release = 20
	release21 release = 21
)

// releaseOf reads the manager's version, which since 2 (Asterisk 13) goes up
// by one with each Asterisk.
func releaseOf(manager string) release {
	major, rest, _ := strings.Cut(manager, ".")
	minor, _, _ := strings.Cut(rest, ".")
	n, _ := strconv.Atoi(major)
	m, _ := strconv.Atoi(minor)
	switch {
	case n >= 2:
		return release(n + 11)
	case m >= 3:
		return release11
	}
	return release8
}

// String is the last version of that release, as far as known.
func (r release) String() string {
	if v, ok := lastVersions[r]; ok {
		return v
	}
	return fmt.Sprintf("%d.0.0", int(r))
}

var lastVersions = map[release]string{
	8: "1.8.32.3", 11: "11.25.3", 13: "13.38.3", 16: "16.30.1", 18: "18.26.4", 20: "20.20.1", 22: "22.10.1",
}
