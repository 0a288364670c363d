package engine

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/opencontainers/runc/libcontainer"

	"github.com/huskrun/husk/internal/fault"
)

// CRIUOptions is what CRIU is asked for.
type CRIUOptions = libcontainer.CriuOpts

// Checkpoint writes the processes of the container id to images. Unless they are left running they are gone then.
func Checkpoint(root, id string, o *CRIUOptions) error {
	if err := needCRIU(); err != nil {
		return err
	}
	c, err := libcontainer.Load(root, id)
	if err != nil {
		return err
	}
	begun := time.Now()
	return quoteLog(c.Checkpoint(o), o, "dump.log", begun)
}

// Restorer is an engine whose new containers are those of images: their processes run already when Create returns.
type Restorer struct {
	Libcontainer
	CRIU *CRIUOptions
}

// Create implements [Engine].
func (r Restorer) Create(q *CreateRequest) (*State, error) {
	if err := needCRIU(); err != nil {
		return nil, err
	}
	return create(q, r.restore)
}

func (r Restorer) restore(c *libcontainer.Container, q *CreateRequest) (*State, error) {
	p := newProcess(q.Process, &q.Files)
	p.Init = true
	begun := time.Now()
	if err := quoteLog(c.Restore(p, r.CRIU), r.CRIU, "restore.log", begun); err != nil {
		return nil, err
	}
	return c.State()
}

// needCRIU looks for the program before anything is made.
func needCRIU() error {
	_, err := exec.LookPath("criu")
	if errors.Is(err, exec.ErrNotFound) {
		return &fault.Error{Object: "criu", Err: errors.New("not found in PATH"), Hint: "install CRIU, on Debian the package criu"}
	}
	return err
}

// quoteLog adds to a failure what CRIU itself wrote about it: over the wire comes hardly more than that it failed.
func quoteLog(err error, o *CRIUOptions, name string, begun time.Time) error {
	if err == nil {
		return nil
	}
	if text, ok := strings.CutSuffix(err.Error(), " errno 0"); ok { // which says nothing
		err = errors.New(text)
	}
	path := filepath.Join(cmp.Or(o.WorkDirectory, o.ImagesDirectory), name)
	return fault.New("criu", err, logHint(path, begun))
}

// logHint is the end of the errors in the log at path, unless the log is older than begun and of another run.
func logHint(path string, begun time.Time) string {
	const clockTick = 10 * time.Millisecond // of the time stamps of files
	st, err := os.Stat(path)
	if err != nil || st.ModTime().Before(begun.Add(-clockTick)) {
		return ""
	}
	errs := logErrors(path)
	if len(errs) == 0 {
		return "its log is " + path
	}
	return strings.Join(errs, "; ") + "; its log is " + path
}

// logErrors returns the last few errors in a log of CRIU's, without their time stamps:
//
//	(00.012345) Error (criu/mount.c:123): mnt: …
func logErrors(path string) []string {
	const most, tail = 3, 64 << 10
	var found []string
	for line := range bytes.Lines(readTail(path, tail)) {
		if _, text, ok := strings.Cut(string(line), "Error "); ok {
			found = append(found, "Error "+strings.TrimRight(text, ".\n"))
		}
	}
	return found[max(0, len(found)-most):]
}

// readTail returns the last n bytes of a file, or what can be read of them.
func readTail(path string, n int64) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	if end, err := f.Seek(0, io.SeekEnd); err == nil && end > n {
		_, _ = f.Seek(end-n, io.SeekStart)
	} else {
		_, _ = f.Seek(0, io.SeekStart)
	}
	data, _ := io.ReadAll(io.LimitReader(f, n))
	return data
}
