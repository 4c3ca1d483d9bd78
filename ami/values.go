package ami

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// How values are read: whatever is missing, or no such value, is zero.

// first is the value of the first key that is there: versions name things
// differently.
func (m *Message) first(keys ...string) string {
	for _, k := range keys {
		if v, ok := m.Lookup(k); ok {
			return v
		}
	}
	return ""
}

// truth reads Asterisk's words for true.
func (m *Message) truth(key string) bool {
	switch v := m.Get(key); {
	case v == "1", strings.EqualFold(v, "yes"), strings.EqualFold(v, "true"), strings.EqualFold(v, "y"), strings.EqualFold(v, "on"):
		return true
	}
	return false
}

// number reads what strconv.Atoi does, but makes no error: most events lack most
// numbers.
func number(s string) (n int, ok bool) {
	digits := strings.TrimPrefix(s, "+")
	negative := len(digits) == len(s) && strings.HasPrefix(s, "-")
	if negative {
		digits = s[1:]
	}
	if digits == "" || len(digits) > 19 {
		return 0, false
	}
	const limit = 1 << (strconv.IntSize - 1)
	var u uint64 // 19 digits fit
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, false
		}
		u = u*10 + uint64(c-'0')
	}
	switch {
	case negative && u <= limit:
		return -int(u), true
	case !negative && u < limit:
		return int(u), true
	}
	return 0, false
}

func (m *Message) seconds(key string) time.Duration { return seconds(m.Int(key)) }

// seconds is 0 for what no clock of Asterisk can mean.
func seconds(n int) time.Duration {
	if n < 0 || n > math.MaxInt32 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// decimal reads 12.3.
func (m *Message) decimal(key string) float64 {
	f, err := strconv.ParseFloat(m.Get(key), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

// unix reads seconds since 1970; 0 is the zero time.
func (m *Message) unix(key string) time.Time {
	if n := m.Int(key); n > 0 {
		return time.Unix(int64(n), 0)
	}
	return time.Time{}
}

// unixTime reads 1795403525.136694.
func unixTime(s string) time.Time {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f > 0 && f < 1<<40) { // so that NaN is refused
		return time.Time{}
	}
	sec := int64(f)
	return time.Unix(sec, int64((f-float64(sec))*1e9))
}

// clockDuration reads 01:02:03, or a plain number of seconds.
func clockDuration(s string) time.Duration {
	var total int
	for part := range strings.SplitSeq(s, ":") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > 1<<24 || total > 1<<24 {
			return 0
		}
		total = total*60 + n
	}
	return time.Duration(total) * time.Second
}

// milliseconds is 0 for what no round trip can be.
func milliseconds(n int) time.Duration { return seconds(n) / 1000 }

// leadingSeconds reads "3600 seconds".
func leadingSeconds(s string) time.Duration {
	s, _, _ = strings.Cut(s, " ")
	n, _ := number(s)
	return seconds(n)
}

// microseconds is 0 for what no round trip can be.
func (m *Message) microseconds(key string) time.Duration { return seconds(m.Int(key)) / 1e6 }

// commas splits a list that may end with a comma.
func commas(s string) []string {
	var all []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}
