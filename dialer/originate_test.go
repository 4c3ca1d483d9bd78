package dialer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/store"
)

// TestSendableIsTheSameForEveryRow: what is remembered of rows before changes
// nothing, near every limit that a row can reach.
func TestSendableIsTheSameForEveryRow(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		n := []int{0, 10, 440, 450, 460, 470, 480, 490, 900, 960, 970, 980, 1000, 1020}[rnd.IntN(14)] + rnd.IntN(10)
		return strings.Repeat([]string{"x", ",", `"`}[rnd.IntN(3)], n)
	}
	refused, all := 0, 0
	for range 20 {
		c := &config.Campaign{Name: "spring", Originate: config.Originate{Channel: "Local/" + strings.Repeat("9", 975+rnd.IntN(20)) + "{number}@x", Context: "c", Exten: "s"}}
		sendable := sendableOf(c)
		for range 300 {
			row := store.Row{Numbers: []store.RowNumber{{Number: strings.Repeat("1", 1+rnd.IntN(32)), Type: strings.Repeat("t", rnd.IntN(3))}}}
			if rnd.IntN(3) == 0 {
				row.Key = text()
			}
			count := rnd.IntN(4)
			if rnd.IntN(4) == 0 {
				count = 105 + rnd.IntN(20)
			}
			for i := range count {
				value := "short"
				if rnd.IntN(count) == 0 {
					value = text()
				}
				row.Attributes = append(row.Attributes, campaign.Attribute{Name: fmt.Sprint("A", i), Value: value})
			}
			got, want := sendable("l", &row), sendableOf(c)("l", &row)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%d variables, number of %d, key of %d: %v; alone %v", len(row.Attributes), len(row.Numbers[0].Number), len(row.Key), got, want)
			}
			if all++; want != nil {
				refused++
			}
		}
	}
	if refused < all/10 || refused > all*9/10 {
		t.Errorf("%d of %d refused", refused, all)
	}
}
