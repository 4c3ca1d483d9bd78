package store_test

import (
	"path/filepath"
	"testing"

	"github.com/dialcamp/dialcamp/store"
	"github.com/dialcamp/dialcamp/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t testing.TB, dir string) store.Store {
		s, err := store.Open(filepath.Join(dir, "new", "dialcamp.db"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
