// Package contact holds what is known about people before they are called:
// their numbers, the lists they come on and the hours at which they may be
// called. It does no I/O of its own but for RejectWriter, which writes the
// refused rows of a list to a file, and it never reads a clock.
package contact
