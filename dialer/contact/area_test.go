package contact

import "testing"

func TestArea(t *testing.T) {
	for number, want := range map[string]string{
		"+82212345670":  "+822",
		"+82312345678":  "+8231",
		"+821012345678": "", // mobile
		"+827012345678": "", // over the internet
		"+12125550123":  "+1212",
		"+18005550123":  "", // toll-free
		"+493012345678": "+4930",
		"+390612345678": "+3906",
		"0212345670":    "",
		"":              "",
		"+":             "",
		"+999":          "",
	} {
		if got := Area(number); got != want {
			t.Errorf("area of %q is %q, want %q", number, got, want)
		}
	}
}
