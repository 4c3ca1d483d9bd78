package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/store"
)

// maxShownRejects is how many rejected rows are printed; the file has them all.
const maxShownRejects = 10

// reading are the flags that say how a list is read.
type reading struct {
	list, encoding, delimiter, sheet, region string
	columns, numbers, attributes, allow      []string
	duplicates                               string
	regionGiven                              bool // empty: none, whatever the config says
}

func (a *app) listImportCmd() *cobra.Command {
	var how reading
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "import [CAMPAIGN [FILE …]]",
		Short: "Load lists into a campaign, or see what that would do",
		Long: `Loads FILEs into a campaign: CSV, gzip of CSV, or XLSX. Without a FILE these are
the lists that the config names for it; without a CAMPAIGN, those of every one.

A FILE that the config names is read as the config says. Another becomes a list
of its own, by its file's name or --list, and its numbers are of the region that
all of the campaign's lists have, if they agree. Flags win.

Contacts that are there already become what their row says. Rows, and numbers of
rows, that are not taken go to FILE.rejects.csv with their lines and the reasons. All of a
FILE is taken or, if it cannot be read to its end, nothing. It asks the daemon, or writes
to the store when none is running. With --dry-run nothing is changed: it prints
what would be taken, and the first rows as they would be dialed.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			c, cfg, err := a.client()
			if err != nil {
				return err
			}
			how.regionGiven = cmd.Flags().Changed("region")
			jobs, err := importJobs(cfg, args, &how, dryRun)
			if err != nil {
				return err
			}
			im := &importer{client: c, cfg: cfg, out: cmd.OutOrStdout(), progress: barOn(cmd.ErrOrStderr()), json: a.json}
			defer im.close()
			return im.all(ctx, jobs)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&dryRun, "dry-run", false, "change nothing, print what would happen")
	f.StringVar(&how.list, "list", "", "the list's name; default: the file's, without .csv")
	f.StringVar(&how.encoding, "encoding", "", "such as utf-8, euc-kr, shift_jis, windows-1252")
	f.StringVar(&how.delimiter, "delimiter", "", "comma, semicolon, tab or pipe; default: found out")
	f.StringVar(&how.sheet, "sheet", "", "of a workbook; default: the first that is not hidden")
	f.StringVar(&how.region, "region", "", "country of the numbers, such as KR; \"\": none, take them as they are given")
	f.StringSliceVar(&how.allow, "allow", nil, "take emergency or premium numbers as well")
	f.StringArrayVar(&how.attributes, "attribute", nil, "`NAME=HEADER`: the channel variable that a column becomes; may be repeated")
	f.StringArrayVar(&how.columns, "column", nil, "`FIELD=HEADER`: where the "+strings.Join(contact.Fields, ", ")+" is; may be repeated")
	f.StringArrayVar(&how.numbers, "number", nil, "`TYPE=HEADER`: a column of numbers, in the order in which they are called; may be repeated")
	f.StringVar(&how.duplicates, "duplicates", "", "within what a number may be had once: list, campaign or everywhere; default: the config's")
	a.jsonFlag(cmd)
	return cmd
}

// importJob is one file to be imported.
type importJob struct {
	path string
	req  control.Import
}

func importJobs(cfg *config.Config, args []string, how *reading, dryRun bool) (jobs []importJob, err error) {
	add := func(c *config.Campaign, path string, l config.List) error {
		if err := how.apply(&l); err != nil {
			return err
		}
		if err := c.Accepts(&l); err != nil {
			return usage("see: dialcamp list import --help", "%v", err)
		}
		jobs = append(jobs, importJob{path, control.Import{Campaign: c.Name, List: l.Name, Options: l.Options(), Duplicates: l.Duplicates, DryRun: dryRun}})
		return nil
	}
	campaigns := cfg.Campaigns
	if len(args) > 0 {
		c, err := campaignOf(cfg, args[0])
		if err != nil {
			return nil, err
		}
		campaigns = []config.Campaign{*c}
	}
	if how.list != "" && len(args) != 2 {
		return nil, usage("give a campaign and one file", "--list names one file's list")
	}
	if len(args) > 1 {
		for _, path := range args[1:] {
			if err := add(&campaigns[0], path, listOf(&campaigns[0], path, how.list)); err != nil {
				return nil, err
			}
		}
		return jobs, nil
	}
	for i := range campaigns {
		for _, l := range campaigns[i].Find().Lists {
			if err := add(&campaigns[i], l.Path, l.List); err != nil {
				return nil, err
			}
		}
	}
	return jobs, nil
}

// listOf is how the config says that a file is read.
func listOf(c *config.Campaign, path, name string) config.List {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	for _, l := range c.Find().Lists {
		if name != "" && l.Name == name || name == "" && l.Path == abs {
			return l.List
		}
	}
	l := config.List{Name: name, Duplicates: c.Duplicates, Plan: contact.Plan{Region: c.Lists[0].Plan.Region}}
	if name == "" {
		l.Name = contact.ListName(path)
	}
	for _, other := range c.Lists {
		if other.Plan.Region != l.Plan.Region {
			l.Plan.Region = ""
		}
	}
	return l
}

// apply changes what flags were given for.
func (how *reading) apply(l *config.List) error {
	if how.encoding != "" {
		if err := contact.CheckEncoding(how.encoding); err != nil {
			return usage(contact.EncodingHint, "--encoding: %v", err)
		}
		l.Encoding = how.encoding
	}
	if how.delimiter != "" {
		d, err := contact.ParseDelimiter(how.delimiter)
		if err != nil {
			return usage("leave it out to have it found out", "--delimiter: %v", err)
		}
		l.Delimiter = d
	}
	if how.sheet != "" {
		l.Sheet = how.sheet
	}
	if how.regionGiven {
		if err := contact.CheckRegion(how.region); err != nil && how.region != "" {
			return usage("a country of ISO 3166-1; Great Britain is GB", "--region: %v", err)
		}
		l.Plan.Region = how.region
	}
	for _, what := range how.allow {
		switch what {
		case "emergency":
			l.Plan.AllowEmergency = true
		case "premium":
			l.Plan.AllowPremium = true
		default:
			return unknown("--allow", what, []string{"emergency", "premium"})
		}
	}
	if len(how.columns) > 0 {
		l.Columns = headersOf(how.columns)
	}
	if len(how.numbers) > 0 {
		l.Numbers = control.NumbersOf(how.numbers)
	}
	if how.duplicates != "" {
		if !slices.Contains(config.DuplicatesWords, how.duplicates) {
			return unknown("--duplicates", how.duplicates, config.DuplicatesWords)
		}
		l.Duplicates = how.duplicates
	}
	if err := contact.CheckColumns(l.Columns, l.Numbers); err != nil {
		return usage(`such as --column number="Phone no.", or --number mobile=Mobile --number home=Home`, "--column: %v", err)
	}
	if len(how.attributes) > 0 {
		l.Attributes = headersOf(how.attributes)
	}
	if err := contact.CheckAttributes(l.Attributes); err != nil {
		return usage(`such as --attribute city="Wohn-Ort"`, "--attribute: %v", err)
	}
	return nil
}

// headersOf reads FIELD=HEADER.
func headersOf(flags []string) map[string]string {
	m := map[string]string{}
	for _, f := range flags {
		field, header, _ := strings.Cut(f, "=")
		m[field] = header
	}
	return m
}

// importer imports one file after the other, by the daemon or by itself.
type importer struct {
	client   *control.Client
	cfg      *config.Config
	out      io.Writer
	progress *bar
	json     bool

	store store.Store // when no daemon runs
	end   func()
}

func (im *importer) close() {
	if im.end != nil {
		im.end()
	}
}

// imported is what is told of one file.
type imported struct {
	File string `json:"file"`
	control.ImportResult
	Dials       []control.Dial   `json:"dials,omitempty"`   // of a dry run: the first that would be
	Rejects     []control.Reject `json:"rejects,omitempty"` // the first
	RejectsFile string           `json:"rejects_file,omitempty"`
}

func (im *importer) all(ctx context.Context, jobs []importJob) error {
	told := []imported{}
	var failed error
	for i, j := range jobs {
		result, err := im.one(ctx, j)
		im.progress.clear()
		if ctx.Err() != nil {
			return errInterrupted
		}
		if err != nil && result.List == "" {
			return &importError{j.path, err}
		}
		failed = errors.Join(failed, err)
		if told = append(told, result); im.json {
			continue
		}
		if i > 0 {
			fmt.Fprintln(im.out)
		}
		if err := result.write(im.out); err != nil {
			return err
		}
	}
	if im.json {
		if err := printJSON(im.out, told); err != nil {
			return err
		}
	}
	return failed
}

// importError is a list that was not taken, with its file in front.
type importError struct {
	path string
	err  error
}

func (e *importError) Error() string {
	if pe, ok := errors.AsType[*os.PathError](e.err); ok && pe.Path == e.path {
		return pe.Error()
	}
	return fmt.Sprintf("%s: %v", printable(e.path), e.err)
}

func (e *importError) Unwrap() error { return e.err }

// one imports a file. With a result and an error the rows are in, but not all
// of the rejects are written.
func (im *importer) one(ctx context.Context, j importJob) (told imported, err error) {
	f, err := os.Open(j.path)
	if err != nil {
		return told, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return told, err
	}
	if !info.Mode().IsRegular() {
		return told, errors.New("not a regular file")
	}
	im.progress.begin(j.path, info.Size())
	told.File = j.path
	rejects := contact.NewRejectWriter(contact.RejectsPath(j.path), nil)
	defer func() { rejects.Discard() }()
	event := func(ev control.ImportEvent) {
		switch {
		case ev.Headers != nil:
			rejects = contact.NewRejectWriter(contact.RejectsPath(j.path), ev.Headers)
		case ev.Read > 0:
			im.progress.at("reading", ev.Read)
		case ev.Dial != nil:
			told.Dials = append(told.Dials, *ev.Dial)
		case ev.Reject != nil:
			if len(told.Rejects) < maxShownRejects {
				told.Rejects = append(told.Rejects, *ev.Reject)
			}
			if !j.req.DryRun {
				rejects.Write(ev.Reject.RowError())
			}
		}
	}
	if told.ImportResult, err = im.send(ctx, j.req, f, event); err != nil {
		return imported{}, err
	}
	if j.req.DryRun {
		return told, nil
	}
	if told.Rejected > 0 || told.LeftOut > 0 {
		told.RejectsFile = contact.RejectsPath(j.path)
	}
	return told, rejects.Close()
}

func (im *importer) send(ctx context.Context, req control.Import, f *os.File, event func(control.ImportEvent)) (control.ImportResult, error) {
	if im.store == nil {
		result, err := im.client.Import(ctx, req, &sending{f, im.progress, 0}, event)
		if !errors.Is(err, control.ErrNotRunning) {
			return result, err
		}
		if err := im.open(req.DryRun); err != nil {
			return result, err
		}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return control.ImportResult{}, err
	}
	return dialer.ImportList(ctx, im.cfg, im.store, req, f, event)
}

// open opens the store of a daemon that does not run. A dry run makes none: one
// that is not there is empty.
func (im *importer) open(dryRun bool) error {
	path := im.cfg.Store.Path
	im.end = func() {}
	if _, err := os.Stat(path); dryRun && errors.Is(err, os.ErrNotExist) {
		dir, err := os.MkdirTemp("", "dialcamp-import-*")
		if err != nil {
			return err
		}
		im.end = func() { os.RemoveAll(dir) }
		path = filepath.Join(dir, "empty.db")
	}
	s, err := store.Open(path)
	if err != nil {
		return err
	}
	im.store = s
	remove := im.end
	im.end = func() {
		s.Close()
		remove()
	}
	if err := dialer.LoadDNC(im.cfg, s, time.Now(), slog.New(slog.DiscardHandler)); err != nil {
		return fmt.Errorf("the do-not-call numbers: %w", err)
	}
	return nil
}

// sending is a file on its way to the daemon. The file stays open.
type sending struct {
	f        *os.File
	progress *bar
	sent     int64
}

func (s *sending) Read(p []byte) (int, error) {
	n, err := s.f.Read(p)
	s.sent += int64(n)
	s.progress.at("sending", s.sent)
	return n, err
}

func (m *imported) write(out io.Writer) error {
	var b strings.Builder
	would := ""
	if m.DryRun {
		would = "; a dry run, nothing is changed"
	}
	fmt.Fprintf(&b, "%s: list %s of campaign %s%s\n", printable(m.File), m.List, m.Campaign, would)
	as := "a workbook"
	if m.Delimiter != "" {
		as = fmt.Sprintf("%s, delimiter %q", m.Encoding, m.Delimiter)
	}
	numbers := "numbers as they are given"
	if m.Region != "" {
		numbers = "numbers of " + m.Region
	}
	fmt.Fprintf(&b, "  read as     %s, %s\n", as, numbers)
	fmt.Fprintf(&b, "  rows        %d\n", m.Rows)
	fmt.Fprintf(&b, "  new         %d", m.Added)
	if m.Barred > 0 {
		fmt.Fprintf(&b, ", %d of them on the do-not-call list", m.Barred)
	}
	if m.Updated > 0 {
		fmt.Fprintf(&b, "\n  updated     %d", m.Updated)
	}
	fmt.Fprintf(&b, "\n  unchanged   %d\n  duplicates  %d\n  bad numbers %d", m.Unchanged, m.Duplicates, m.BadNumbers)
	if m.LeftOut > 0 {
		fmt.Fprintf(&b, ", and %d left out of rows that are taken", m.LeftOut)
	}
	fmt.Fprintf(&b, "\n  no zone     %d\n", m.NoZone)
	if m.Expired > 0 {
		fmt.Fprintf(&b, "  expired     %d\n", m.Expired)
	}
	fmt.Fprintf(&b, "  bad         %d\n", m.Bad)
	if len(m.Dials) > 0 {
		fmt.Fprintf(&b, "would be dialed:\n")
	}
	for _, d := range m.Dials {
		b.WriteString(lineOf(&d) + "\n")
	}
	if more := m.Added - len(m.Dials); m.DryRun && more > 0 {
		fmt.Fprintf(&b, "  and %d more\n", more)
	}
	if len(m.Rejects) > 0 {
		fmt.Fprintf(&b, "rejected:\n")
	}
	for _, r := range m.Rejects {
		fmt.Fprintf(&b, "  line %d: %s\n", r.Line, printable(r.Reason))
	}
	more := m.Rejected
	for _, r := range m.Rejects {
		if r.LeftOut == 0 {
			more--
		}
	}
	switch {
	case m.RejectsFile != "":
		fmt.Fprintf(&b, "  all of them are in %s\n", printable(m.RejectsFile))
	case more > 0:
		fmt.Fprintf(&b, "  and %d more\n", more)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// lineOf is a row as it would be dialed.
func lineOf(d *control.Dial) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  line %d: ", d.Line)
	for i, n := range d.Numbers {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(n.Channel)
		if n.Type != "" {
			b.WriteString(" " + n.Type)
		}
	}
	if d.Key != "" {
		fmt.Fprintf(&b, " key=%s", printable(d.Key))
	}
	if d.Priority != 0 {
		fmt.Fprintf(&b, " priority=%d", d.Priority)
	}
	if d.Zone != "" {
		fmt.Fprintf(&b, " zone=%s", d.Zone)
	}
	if !d.NotBefore.IsZero() {
		fmt.Fprintf(&b, " not_before=%s", d.NotBefore.Format("2006-01-02T15:04Z07:00"))
	}
	if !d.Expires.IsZero() {
		fmt.Fprintf(&b, " expires=%s", d.Expires.Format("2006-01-02T15:04Z07:00"))
	}
	for _, v := range d.Variables {
		fmt.Fprintf(&b, " %s", printable(v))
	}
	if d.Barred {
		b.WriteString(" (not while it is on the do-not-call list)")
	}
	return b.String()
}
