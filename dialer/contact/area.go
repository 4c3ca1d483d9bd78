package contact

import (
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Area is the beginning of a number in E.164 up to the end of its area code, by the
// metadata of Google's libphonenumber: +822 of +82212345670. It is empty for a
// number without a plus, and for one that belongs to no place, such as a mobile
// number of most countries or a toll-free one.
func Area(number string) string {
	if !strings.HasPrefix(number, "+") {
		return ""
	}
	n, err := phonenumbers.Parse(number, "")
	if err != nil {
		return ""
	}
	national := phonenumbers.GetNationalSignificantNumber(n)
	code := phonenumbers.GetLengthOfGeographicalAreaCode(n)
	if code == 0 || code > len(national) {
		return ""
	}
	return "+" + strconv.Itoa(int(n.GetCountryCode())) + national[:code]
}
