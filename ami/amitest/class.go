package amitest

import (
	"strconv"
	"strings"
)

// class is a set of manager classes, as in manager.h.
type class uint32

const (
	classSystem    class = 1 << 0
	classCall      class = 1 << 1
	classLog       class = 1 << 2
	classVerbose   class = 1 << 3
	classCommand   class = 1 << 4
	classAgent     class = 1 << 5
	classUser      class = 1 << 6
	classConfig    class = 1 << 7
	classReporting class = 1 << 9
	classCDR       class = 1 << 10
	classDialplan  class = 1 << 11
	classOriginate class = 1 << 12
	classAll             = 1<<13 - 1
)

var classNames = []struct {
	class class
	name  string
}{
	{classSystem, "system"}, {classCall, "call"}, {classLog, "log"}, {classVerbose, "verbose"},
	{classCommand, "command"}, {classAgent, "agent"}, {classUser, "user"}, {classConfig, "config"},
	{classReporting, "reporting"}, {classCDR, "cdr"}, {classDialplan, "dialplan"}, {classOriginate, "originate"},
}

// parseClasses reads "call,agent", "all", "on", "off" or a number.
func parseClasses(s string) class {
	switch l := strings.ToLower(s); l {
	case "on", "true", "yes", "all", "-1":
		return classAll
	case "off", "false", "no", "none", "":
		return 0
	}
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		return class(n) & classAll
	}
	var c class
	for part := range strings.SplitSeq(s, ",") {
		// Names are case-sensitive, unlike the words above.
		if part = strings.TrimSpace(part); part == "all" {
			return classAll
		}
		for _, n := range classNames {
			if part == n.name {
				c |= n.class
			}
		}
	}
	return c
}

// privileges are the classes of events as they are written there, ready made
// because every event has one.
var privileges = map[class]string{classCall: "call,all", classAgent: "agent,all", classSystem: "system,all"}

// String lists the classes as an event's Privilege and a command's (Priv: …) do.
func (c class) String() string {
	if p, ok := privileges[c]; ok {
		return p
	}
	if c == 0 {
		return "<none>"
	}
	var b strings.Builder
	for _, n := range classNames {
		if c&n.class != 0 {
			b.WriteString(n.name)
			b.WriteByte(',')
		}
	}
	return b.String() + "all"
}
