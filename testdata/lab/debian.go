package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Debian copies the PBX's Debian, in which nothing runs, for a test to install things in with Chroot. It is gone when the
// test ends. Like Up it skips the test where the lab cannot run, or fails it under CI=true; it does not hold the lab.
func Debian(t testing.TB) (dir string) {
	t.Helper()
	l := newLab(t)
	l.mustHere("make")
	// Not below /tmp, which may not allow programs or devices; what the lab lives in does.
	dir, err := os.MkdirTemp(l.dir, "debian-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if out, err := exec.Command("cp", "-ax", "--reflink=auto", filepath.Join(l.dir, PBX)+"/.", dir).CombinedOutput(); err != nil {
		t.Fatalf("lab: copying the Debian: %v\n%s", err, out)
	}
	return dir
}

// Chroot runs a shell script in a Debian, and gives back what it printed and whether it failed.
func Chroot(t testing.TB, dir, script string) (output string, err error) {
	t.Helper()
	cmd := exec.Command("chroot", dir, "/bin/sh", "-ec", script)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/root", "DEBIAN_FRONTEND=noninteractive"}
	out, err := cmd.CombinedOutput()
	return string(out), err
}
