package amitest

import "strconv"

// begin starts an event and reports whether anybody wants it; end sends it.
//
//	if s.begin(classCall, "Newstate") {
//		s.putChannel("", ch)
//		s.end(classCall)
//	}
func (s *Server) begin(c class, event string) bool {
	if s.audience&c == 0 {
		return false
	}
	s.frame = append(s.frame[:0], "Event: "...)
	s.frame = append(s.frame, event...)
	s.frame = append(s.frame, "\r\nPrivilege: "...)
	s.frame = append(s.frame, c.String()...)
	s.frame = append(s.frame, "\r\n"...)
	if s.cfg.SystemName != "" && s.release > release11 {
		s.put("SystemName", s.cfg.SystemName)
	}
	return true
}

func (s *Server) put(key, value string) {
	s.frame = append(s.frame, key...)
	s.frame = append(s.frame, ": "...)
	s.frame = append(s.frame, value...)
	s.frame = append(s.frame, "\r\n"...)
}

func (s *Server) putInt(key string, n int) {
	s.frame = append(s.frame, key...)
	s.frame = append(s.frame, ": "...)
	s.frame = strconv.AppendInt(s.frame, int64(n), 10)
	s.frame = append(s.frame, "\r\n"...)
}

// end sends the event to every session whose user and mask have its class.
func (s *Server) end(c class) {
	s.frame = append(s.frame, "\r\n"...)
	if len(s.faults.rules) == 0 {
		s.deliver(c, s.frame, false)
		return
	}
	s.pass(s.frame, func(frame []byte, drop bool) { s.deliver(c, frame, drop) })
}

func (s *Server) deliver(c class, frame []byte, drop bool) {
	for _, ses := range s.sessions {
		switch {
		case ses.read&ses.mask&c == 0, len(ses.filters) > 0 && !passes(ses.filters, frame):
		case ses.held:
			ses.heldOut = append(ses.heldOut, frame...)
		default:
			ses.transmit(frame, drop)
		}
	}
}
