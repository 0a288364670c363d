package container

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/huskrun/husk/container/engine"
	"github.com/huskrun/husk/internal/fault"
)

// Restore makes the container id from a bundle and from images that Checkpoint has written. The rest is as with Run.
func (r *Runtime) Restore(ctx context.Context, id string, o RestoreOptions) (status int, err error) {
	criu, err := o.criu()
	if err != nil {
		return -1, err
	}
	if err := haveImages(o.ImagePath); err != nil {
		return -1, err
	}
	if !o.IO.Detach {
		if err := becomeSubreaper(&o.IO); err != nil {
			return -1, err
		}
	}
	r.warnRootlessCRIU()
	restorer := *r
	restorer.starter = engine.Restorer{CRIU: criu}
	n, err := restorer.create(ctx, id, &o.CreateOptions)
	if err != nil {
		return -1, err
	}
	err = n.connect(&o.IO)
	n.unlock()
	if err != nil {
		return -1, err
	}
	return n.attend(ctx, &o.CreateOptions)
}

// haveImages looks for the file with which every set of CRIU's images begins.
func haveImages(dir string) error {
	_, err := os.Stat(filepath.Join(dir, "inventory.img"))
	if errors.Is(err, os.ErrNotExist) {
		return fault.New("images", err, "this is no directory of a complete checkpoint; name one with --image-path")
	}
	return fault.New("images", err, "")
}
