package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestHolidaysOfACalendar(t *testing.T) {
	path := write(t, small+"    calling: {timezone: Asia/Seoul, holidays: [2026-12-24, closed.ics]}\n", 0o600)
	calendar := filepath.Join(filepath.Dir(path), "closed.ics")
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), `campaigns[0].calling.holidays[1] (spring): "`+calendar+`": no such file`) {
		t.Errorf("no file: %v", err)
	}
	if _, err := LoadForClient(path); err != nil {
		t.Errorf("a client needs no calendar: %v", err)
	}
	// The end of the year in Seoul.
	text := "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261230T150000Z\nDTEND:20261231T150000Z\nEND:VEVENT\nEND:VCALENDAR\n"
	if err := os.WriteFile(calendar, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	c := cfg.Campaigns[0].Calling
	for date, open := range map[string]bool{"2026-12-23": true, "2026-12-24": false, "2026-12-25": true, "2026-12-30": true, "2026-12-31": false, "2027-01-01": true} {
		noon, err := time.ParseInLocation("2006-01-02 15", date+" 12", c.Location)
		if err != nil {
			t.Fatal(err)
		}
		if c.Windows.Open(noon, c.Location) != open {
			t.Errorf("%s: open is %v", date, !open)
		}
	}
}
