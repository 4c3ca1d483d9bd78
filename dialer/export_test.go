package dialer

import "github.com/dialcamp/dialcamp/store"

// InLoop runs f where the dialing loop goes on only when f returns.
func (d *Daemon) InLoop(f func()) { d.asks <- f }

// OnStore puts what f makes of the store in its place, before Run.
func (d *Daemon) OnStore(f func(store.Store) store.Store) {
	d.store = watchedStore{f(d.store.(watchedStore).Store), d}
}
