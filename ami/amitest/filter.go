package amitest

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// eventFilter is one of a session's event filters: eventfilter= of manager.conf,
// or the action Filter, which cannot be undone.
type eventFilter struct {
	exclude bool
	name    string // of the event; "": any
	header  string // what is matched is its value; "": the whole event
	match   func(string) bool
}

// What is wrong with a filter, in Asterisk's words.
const (
	filterFormat  = "Filter was formatted incorrectly.  Check the syntax of the filter given."
	filterCompile = "Filter did not compile.  Check the syntax of the filter given."
)

// actFilter adds a filter. Since 18 MatchCriteria may say more than a pattern.
func (s *Server) actFilter(c *session, r *request) {
	if !strings.EqualFold(r.get("Operation"), "Add") {
		c.fail(r, "Unknown operation")
		return
	}
	criteria := ""
	if s.release >= release18 {
		criteria = r.get("MatchCriteria")
	}
	f, problem := parseFilter(criteria, r.get("Filter"), s.release >= release18)
	if problem != "" {
		c.fail(r, problem)
		return
	}
	c.filters = append(c.filters, f)
	c.success(r, "Success")
}

// parseFilter is manager_add_filter. A pattern that begins with an exclamation
// mark excludes what matches.
func parseFilter(criteria, pattern string, strict bool) (f eventFilter, problem string) {
	pattern, f.exclude = strings.CutPrefix(pattern, "!")
	method := "regex"
	if criteria != "" {
		if method = f.parseCriteria(criteria); method == "" {
			return f, filterFormat
		}
		if (pattern == "") != (method == "none") || method == "none" && f.name == "" && f.header == "" {
			return f, filterFormat
		}
	} else if pattern == "" && strict {
		return f, filterFormat
	}
	switch method {
	case "none":
		f.match = func(string) bool { return true }
	case "exact":
		f.match = func(s string) bool { return s == pattern }
	case "starts_with":
		f.match = func(s string) bool { return strings.HasPrefix(s, pattern) }
	case "ends_with":
		f.match = func(s string) bool { return strings.HasSuffix(s, pattern) }
	case "contains":
		f.match = func(s string) bool { return strings.Contains(s, pattern) }
	case "regex":
		// regexec's dot matches a newline too.
		re, err := regexp.Compile("(?s)" + pattern)
		if err != nil {
			return f, filterCompile
		}
		f.match = re.MatchString
	default:
		return f, filterFormat
	}
	return f, ""
}

// parseCriteria reads action(exclude),name(Hangup),header(Cause),method(exact),
// in any order, and returns the method, or "" if that is not what it reads.
func (f *eventFilter) parseCriteria(criteria string) (method string) {
	method = "none"
	for option := range strings.FieldsFuncSeq(criteria, func(r rune) bool { return r == ' ' || r == ',' || r == ')' }) {
		key, value, _ := strings.Cut(option, "(")
		value = strings.TrimSpace(value)
		switch {
		case value == "":
			return ""
		case key == "action" && (value == "include" || value == "exclude"):
			f.exclude = value == "exclude"
		case key == "name":
			f.name = value
		case key == "header":
			f.header = strings.TrimSuffix(value, ":") + ":"
		case key == "method":
			method = value
		default:
			return ""
		}
	}
	return method
}

// passes reports whether a session with these filters gets the event: one of the
// including filters, if there are any, must match, and none of the excluding.
func passes(filters []eventFilter, frame []byte) bool {
	text := string(bytes.TrimSuffix(frame, []byte("\r\n")))
	matches := func(exclude bool) bool {
		return slices.ContainsFunc(filters, func(f eventFilter) bool { return f.exclude == exclude && f.matches(text) })
	}
	includes := slices.ContainsFunc(filters, func(f eventFilter) bool { return !f.exclude })
	return (!includes || matches(false)) && !matches(true)
}

func (f *eventFilter) matches(text string) bool {
	if f.name != "" {
		first, _, _ := strings.Cut(text, "\r\n")
		if first != "Event: "+f.name {
			return false
		}
	}
	if f.header == "" {
		return f.match(text)
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if value, ok := strings.CutPrefix(line, f.header); ok {
			if value = strings.TrimLeft(value, " \t"); value != "" && f.match(value) {
				return true
			}
		}
	}
	return false
}
