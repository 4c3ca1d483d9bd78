package sim

import (
	"errors"
	"testing"
)

// TestFill: only our rows change, in the columns that were simulated, and of
// whatever table they stand in.
func TestFill(t *testing.T) {
	const text = `# Tables

**easy**

| | N=1 | N=20 |
|---|---|---|
| other | 1.0 2.0 | 3.0 4.0 |
| **dialcamp** | – | – |
| dialcamp, 95th percentile of abandoned | – | – |
| last | 5.0 6.0 | 7.0 8.0 |

| dialcamp | is |
|---|---|
| dialcamp | a dialer |

| | hard N=1 | easy N=1 | note |
|---|---|---|---|
| dialcamp | 9.9 9.9 | – | ours |
`
	const want = `# Tables

**easy**

| | N=1 | N=20 |
|---|---|---|
| other | 1.0 2.0 | 3.0 4.0 |
| **dialcamp** | 51.0 3.0 | – |
| dialcamp, 95th percentile of abandoned | 3.3 | – |
| last | 5.0 6.0 | 7.0 8.0 |

| dialcamp | is |
|---|---|
| dialcamp | a dialer |

| | hard N=1 | easy N=1 | note |
|---|---|---|---|
| dialcamp | 51.0 **3.1** | 51.0 3.0 | ours |
`
	got, n, err := Fill(text, 0.03, func(c Column) (Result, bool, error) {
		r := Result{Occupancy: Stat{Mean: 0.51}, Abandon: Abandon{Mean: 0.0304, P95: 0.033}}
		if c.World == "hard" {
			r.Abandon.Mean = 0.0306
		}
		return r, c.Agents == 1, nil
	})
	if err != nil || n != 4 || got != want {
		t.Errorf("%d cells, %v\n%s", n, err, got)
	}
	if _, _, err := Fill(text, 0.03, func(Column) (Result, bool, error) { return Result{}, false, errors.New("no") }); err == nil {
		t.Error("an error of the simulation is not told")
	}
}
