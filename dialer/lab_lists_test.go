package dialer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/testdata/lab"
)

// encodedList is one list of a campaign, in an encoding that its text needs.
type encodedList struct {
	name, encoding, mark, text string // text: the start of every contact's name
	fates                      []fate
}

// write writes the list to dir and returns its entry in the config.
func (l *encodedList) write(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("id;phone;name\r\n")
	for i, f := range l.fates {
		fmt.Fprintf(&b, "%s-%d;%s;%s %d\r\n", l.name, i, f.number, l.text, i)
	}
	enc, err := htmlindex.Get(l.encoding)
	if err != nil {
		t.Fatal(err)
	}
	out, err := enc.NewEncoder().String(b.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, l.name+".csv"), []byte(l.mark+out), 0o600); err != nil {
		t.Fatal(err)
	}
	told := ""
	if l.mark == "" {
		told = ", encoding: " + l.encoding
	}
	return fmt.Sprintf("{path: %s.csv, columns: {key: id}%s}", l.name, told)
}

// TestLabFourEncodings: two campaigns share a queue, with lists in four
// encodings, and the carrier saw what they say they did.
func TestLabFourEncodings(t *testing.T) {
	l := lab.Up(t, 5)
	dir := t.TempDir()
	lists := []*encodedList{
		{name: "bom", encoding: "utf-8", mark: "\xEF\xBB\xBF", text: "김 José 🙂"},
		{name: "utf16", encoding: "utf-16le", mark: "\xFF\xFE", text: "Łukasz 東京"},
		{name: "cp949", encoding: "euc-kr", text: "똠방각하"},
		{name: "sjis", encoding: "shift_jis", text: "東京 太郎"},
	}
	for i, f := range slices.Concat(causeFates(3, true), answerFates(20, 0, 3, 4, 3)) {
		list := lists[i%len(lists)]
		list.fates = append(list.fates, f)
	}
	campaigns := map[string][]*encodedList{"north": lists[:2], "south": lists[2:]}
	var texts []string
	for _, name := range []string{"north", "south"} {
		var entries []string
		for _, list := range campaigns[name] {
			entries = append(entries, list.write(t, dir))
		}
		texts = append(texts, fmt.Sprintf(`
  - name: %s
    queue: Camp200
    lists: [%s]
    originate: {channel: "Local/{number}@DialCamp/n", ring_timeout: 2s, context: campaign, exten: "200"}
    pacing: {max_in_flight: 20}%s`, name, strings.Join(entries, ", "), labRetry))
	}
	s := dialLab(t, l, labConfig(t, l, dir, texts...))
	attempts := map[string][]campaign.Attempt{}
	for name, lists := range campaigns {
		checkCampaign(t, s, name, len(lists[0].fates)+len(lists[1].fates))
		contacts := map[string]campaign.Contact{}
		for c, err := range s.Contacts(name) {
			if err != nil {
				t.Fatal(err)
			}
			contacts[c.Key] = c
		}
		for a, err := range s.Attempts(name, time.Time{}, time.Time{}) {
			if err != nil {
				t.Fatal(err)
			}
			attempts[a.Number] = append(attempts[a.Number], a)
		}
		for _, list := range lists {
			for i, f := range list.fates {
				c := contacts[fmt.Sprint(list.name, "-", i)]
				want := []campaign.Attribute{{Name: "name", Value: fmt.Sprint(list.text, " ", i)}}
				if c.Number() != f.number || !slices.Equal(c.Attributes, want) || c.State != f.state || len(attempts[f.number]) != f.attempts {
					t.Errorf("%s: %+v with %d attempts; want %+v, %+v", list.name, c, len(attempts[f.number]), f, want)
				}
			}
		}
	}
	compareCDR(t, l, attempts, false)
}
