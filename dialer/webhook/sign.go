package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Headers of a delivery, by the Standard Webhooks specification
// (standardwebhooks.com): its id, which is the attempt's and the same at each try,
// the time of this try in seconds since 1970, and the signature of both and the body.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

const (
	secretPrefix = "whsec_"
	minSecret    = 24 // bytes, as the specification has it
	maxSecret    = 64
)

// ParseSecret reads a secret as the specification writes it: "whsec_" and 24 to 64
// bytes in base64. Its error never quotes what it read.
func ParseSecret(s string) ([]byte, error) {
	text, ok := strings.CutPrefix(s, secretPrefix)
	if !ok {
		return nil, errors.New("the secret does not begin with " + secretPrefix)
	}
	b, err := base64.StdEncoding.DecodeString(text)
	switch {
	case err != nil:
		return nil, errors.New("what follows " + secretPrefix + " in the secret is not base64")
	case len(b) < minSecret || len(b) > maxSecret:
		return nil, fmt.Errorf("the secret has %d bytes, not %d to %d", len(b), minSecret, maxSecret)
	}
	return b, nil
}

// sign is the signature of a delivery: version 1 of the specification, the
// HMAC-SHA256 of id, timestamp and body with dots between them.
func sign(secret []byte, id string, at time.Time, body []byte) (timestamp, signature string) {
	timestamp = strconv.FormatInt(at.Unix(), 10)
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(id + "." + timestamp + "."))
	h.Write(body)
	return timestamp, "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}
