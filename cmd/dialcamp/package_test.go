package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dialcamp/dialcamp/testdata/lab"
)

// inChroot is what a script prints that does not fail.
func inChroot(t *testing.T, debian, script string) string {
	t.Helper()
	out, err := lab.Chroot(t, debian, script)
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return out
}

// editLines replaces each of the pairs, which must be there once, in a file.
func editLines(t *testing.T, file string, pairs ...[2]string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, p := range pairs {
		if strings.Count(text, p[0]) != 1 {
			t.Fatalf("%q is not once in %s:\n%s", p[0], file, text)
		}
		text = strings.Replace(text, p[0], p[1], 1)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestLabPackage builds the .deb, and does with it on a bare Debian what its
// users do: install, follow what it prints, upgrade, dial, remove.
func TestLabPackage(t *testing.T) {
	debian := lab.Debian(t)
	build := func(version string) string {
		t.Helper()
		dir := t.TempDir()
		if out, err := exec.Command("../../systemd/package/build", version, dir, "deb").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		all, err := filepath.Glob(filepath.Join(dir, "*.deb"))
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		name := filepath.Base(all[0])
		b, err := os.ReadFile(all[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(debian, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
		return "/" + name
	}
	does := func(script string, want ...string) {
		t.Helper()
		out := inChroot(t, debian, script)
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: no %q in\n%s", script, w, out)
			}
		}
	}
	fails := func(script, want string) {
		t.Helper()
		if out, err := lab.Chroot(t, debian, script); err == nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v, no %q in\n%s", script, err, want, out)
		}
	}

	first := build("1.0.0")
	does("dpkg -i "+first, "neither enabled nor started", "/etc/dialcamp/ami.secret", "/etc/dialcamp/control.tokens")
	does("dialcamp version", "dialcamp 1.0.0 ")
	does("id dialcamp", "(dialcamp)")
	does("stat -c '%a %U %G %n' /var/lib/dialcamp /var/lib/dialcamp/lists /etc/dialcamp/ami.secret /etc/dialcamp/control.tokens",
		"750 dialcamp dialcamp /var/lib/dialcamp\n", "2770 dialcamp dialcamp /var/lib/dialcamp/lists\n", "640 root dialcamp /etc/dialcamp/ami.secret\n", "640 root dialcamp /etc/dialcamp/control.tokens\n")
	does("zcat /usr/share/man/man1/dialcamp-run.1.gz", "dialcamp")
	does("bash -nc '. /usr/share/bash-completion/completions/dialcamp'")
	does("dialcamp __complete campaign ''", "pause")

	// What is to be edited is what check asks for, and nothing else.
	fails("dialcamp check", "ami.secret")
	day := newFirstDay(debian)
	day.prepare(t)
	does("dialcamp check")
	does(`command -v setpriv >/dev/null || exit 0
		setpriv --reuid=dialcamp --regid=dialcamp --clear-groups dialcamp check`)

	// Whoever edited the config keeps it over an upgrade.
	does("cp /etc/dialcamp/control.tokens /tmp/ && dpkg -i " + build("1.0.1") + " && cmp /etc/dialcamp/control.tokens /tmp/control.tokens")
	does("dialcamp version && cat /etc/dialcamp/config.yaml", "dialcamp 1.0.1 ", "queue: Camp200")

	t.Run("FirstDay", day.dial)

	does("dpkg -r dialcamp && ls /etc/dialcamp /var/lib/dialcamp/lists", "config.yaml", "customers.csv")
	does("dpkg -P dialcamp && ls /var/lib/dialcamp/lists", "customers.csv")
	fails("ls /etc/dialcamp", "No such file")
}
