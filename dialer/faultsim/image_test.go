package faultsim_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"syscall"
)

const pageSize = 4096

// image is a file as it is at one moment, without its holes.
type image struct {
	size  int64
	pages map[int64][]byte // by offset
}

func photograph(path string) (image, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return image{}, nil
	}
	if err != nil {
		return image{}, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return image{}, err
	}
	im := image{size: fi.Size(), pages: map[int64][]byte{}}
	const seekData, seekHole = 3, 4
	for at := int64(0); at < im.size; {
		at, err = f.Seek(at, seekData)
		if errors.Is(err, syscall.ENXIO) {
			break // holes up to the end
		}
		if err != nil {
			return image{}, err
		}
		end, err := f.Seek(at, seekHole)
		if err != nil {
			return image{}, err
		}
		at -= at % pageSize
		b := make([]byte, end-at)
		if _, err := f.ReadAt(b, at); err != nil && err != io.EOF {
			return image{}, err
		}
		for len(b) > 0 {
			n := min(len(b), pageSize)
			im.pages[at] = b[:n:n]
			b, at = b[n:], at+int64(n)
		}
	}
	return im, nil
}

// develop makes the file what the image shows.
func (im image) develop(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	for at, b := range im.pages {
		if _, err := f.WriteAt(b, at); err != nil {
			f.Close()
			return err
		}
	}
	return errors.Join(f.Truncate(im.size), f.Close())
}

var noPage = make([]byte, pageSize)

func (im image) page(at int64) []byte {
	if b := im.pages[at]; b != nil {
		return b
	}
	return noPage
}

// tear is what a machine that stops during a commit may leave of it. bbolt writes
// the pages of a change and waits until the disk has them; then it writes the one
// of the first two pages that makes them count. So either any of the pages are
// written and the change does not count, or all are and the last one is whole, or
// torn, which its checksum tells.
func tear(before, after image, d draws) (image, string) {
	im := image{size: after.size, pages: map[int64][]byte{}}
	meta := one(d, "no meta page", "a torn meta page")
	for at, b := range after.pages {
		was := before.page(at)
		switch {
		case bytes.Equal(b, was):
		case at >= 2*pageSize:
			if meta == "no meta page" && d.chance(0.5) {
				b = was
			}
		case meta == "no meta page" || before.size == 0:
			b = was
		default:
			b = append(bytes.Clone(b[:40]), was[40:]...)
		}
		im.pages[at] = b
	}
	return im, meta
}
