package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestDocumentedCommands: whatever the documents tell to type is a command, with
// flags that it has.
func TestDocumentedCommands(t *testing.T) {
	command := regexp.MustCompile("(?m)(?:^    |`|&& |\\| )(?:\\./|go run \\./cmd/)?dialcamp ([a-z][^`#|&\n>]*)")
	for _, file := range []string{"../../README.md", "../../systemd/GUIDE.md"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := command.FindAllStringSubmatch(string(b), -1)
		if len(found) < 10 {
			t.Errorf("%s: %d commands", file, len(found))
		}
		for _, m := range found {
			args := strings.Fields(m[1])
			cmd, rest, err := newRoot().Find(args)
			if err != nil || !cmd.HasParent() {
				t.Errorf("%s: %q: %v", file, m[0], err)
				continue
			}
			for _, arg := range rest {
				name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
				known := func(f *pflag.FlagSet) bool {
					return strings.HasPrefix(arg, "--") && f.Lookup(name) != nil || !strings.HasPrefix(arg, "--") && len(name) == 1 && f.ShorthandLookup(name) != nil
				}
				if strings.HasPrefix(arg, "-") && len(arg) > 1 && !known(cmd.Flags()) && !known(cmd.InheritedFlags()) {
					t.Errorf("%s: %q: %s has no flag %s", file, m[0], cmd.CommandPath(), arg)
				}
			}
		}
	}
}
