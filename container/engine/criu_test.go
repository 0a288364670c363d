package engine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/huskrun/husk/internal/fault"
)

const dumpLog = `(00.000001) Version: 3.17.1 (gitid 0)
(00.000002) Warn  (criu/log.c:203): The early log isn't empty
(00.000003) Error (criu/a.c:1): one
(00.000004) Error (criu/b.c:2): two
(00.000005) Unlock network
(00.000006) Error (criu/c.c:3): three
(00.000007) Error (criu/cr-dump.c:1781): Dumping FAILED.
`

func TestQuoteLog(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "dump.log")
	o := &CRIUOptions{ImagesDirectory: "/no/such", WorkDirectory: dir}
	begun := time.Now()
	quote := func() string {
		return quoteLog(errors.New("criu failed: type DUMP errno 0"), o, "dump.log", begun).Error()
	}
	if got, want := quote(), "criu: criu failed: type DUMP"; got != want {
		t.Errorf("no log: got %q, want %q", got, want)
	}
	write := func(data string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Repeat("(00.000000) Error (criu/old.c:0): too far back\n", 5000) + dumpLog)
	want := "criu: criu failed: type DUMP (Error (criu/b.c:2): two; Error (criu/c.c:3): three; " +
		"Error (criu/cr-dump.c:1781): Dumping FAILED; its log is " + path + ")"
	if got := quote(); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	write("(00.000001) nothing\n")
	if got, want := quote(), "criu: criu failed: type DUMP (its log is "+path+")"; got != want {
		t.Errorf("no errors: got %q, want %q", got, want)
	}
	begun = begun.Add(time.Hour)
	if got, want := quote(), "criu: criu failed: type DUMP"; got != want {
		t.Errorf("a log of another run: got %q, want %q", got, want)
	}
	if err := quoteLog(nil, o, "dump.log", begun); err != nil {
		t.Errorf("success: %v", err)
	}
}

func TestCRIUIsNamedWhenItIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := Checkpoint(t.TempDir(), "c", &CRIUOptions{})
	if fault.Object(err) != "criu" || !strings.Contains(err.Error(), "the package criu") {
		t.Errorf("got %v", err)
	}
	q := &CreateRequest{Root: t.TempDir(), ID: "c"}
	if _, err := (Restorer{}).Create(q); fault.Object(err) != "criu" {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(q.Root); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
