package store_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"testing"

	"github.com/dialcamp/dialcamp/store"
)

// children are what the test binary does instead of tests, when a test starts
// it again to be killed, or to live under a limit.
var children = map[string]func(args []string) error{
	"work": workUntilKilled,
	"full": liveOnFullDisk,
}

const childEnv = "DIALCAMP_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	flag.Parse()
	if name := os.Getenv(childEnv); name != "" {
		maps.Copy(children, store.Children)
		if err := children[name](flag.Args()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	cmd.Stderr = os.Stderr
	return cmd
}
