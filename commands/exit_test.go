package commands

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
	"github.com/huskrun/husk/internal/fault"
)

// husk runs a command line whose verb "probe" fails with err, and one whose verb "exec" does.
func husk(t *testing.T, err error, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	app := App()
	probe := func(name string) *cli.Command {
		return &cli.Command{Name: name, Action: verb(func(*cli.Context, *container.Runtime) error { return err })}
	}
	for i, cmd := range app.Commands {
		if cmd.Name == "exec" {
			app.Commands[i] = probe("exec")
		}
	}
	app.Commands = append(app.Commands, probe("probe"))
	var out bytes.Buffer
	app.Writer = &out
	stderr = captureStderr(t, func() {
		app.ErrWriter = os.Stderr
		args := append([]string{"husk", "--root", t.TempDir()}, args...)
		code = exit(app, app.Run(arrange(app, args)))
	})
	return code, out.String(), stderr
}

// captureStderr returns what f writes to the standard error stream.
func captureStderr(t *testing.T, f func()) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	old := os.Stderr
	os.Stderr = file
	defer func() { os.Stderr = old }()
	f()
	data, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var errMount = fmt.Errorf("while starting: %w", fault.New("mount /data → /mnt", syscall.ENOENT, "drop the mount"))

func TestExit(t *testing.T) {
	for name, tc := range map[string]struct {
		err    error
		args   string
		code   int
		stderr string
	}{
		"success":         {nil, "probe web", 0, ""},
		"status":          {status(42), "exec web", 42, ""},
		"failure":         {errMount, "probe web", 1, "husk: probe web: while starting: mount /data → /mnt: no such file or directory (drop the mount)\n"},
		"exec":            {errMount, "exec web", 255, "husk: exec web: while starting: mount /data → /mnt: no such file or directory (drop the mount)\n"},
		"no container":    {errors.New("why"), "probe", 1, "husk: probe: why\n"},
		"joined":          {errors.Join(errors.New("a"), errors.New("b")), "probe web", 1, "husk: probe web: a; b\n"},
		"unknown command": {nil, "frobnicate x", 3, "husk: no command \"frobnicate\" (see husk --help)\n"},
		"unknown topic":   {nil, "help frobnicate", 3, "husk: No help topic for 'frobnicate'\n"},
		"unknown flag":    {nil, "run --bogus x", 1, "husk: run: flag provided but not defined: -bogus (see husk run --help)\n"},
		"global flag":     {nil, "--bogus list", 1, "husk: flag provided but not defined: -bogus (see husk --help)\n"},
		"missing value":   {nil, "restore --lsm-mount-context", 1, "husk: restore: flag needs an argument: -lsm-mount-context (see husk restore --help)\n"},
		"missing id":      {nil, "state", 1, "husk: state: \"state\" requires exactly 1 argument(s), got 0 (see husk state --help)\n"},
		"bad number":      {nil, "run --preserve-fds x web", 1, "husk: run: invalid value \"x\" for flag -preserve-fds: parse error (see husk run --help)\n"},
		"log format":      {nil, "--log-format yaml list", 1, "husk: list: --log-format \"yaml\": must be text or json\n"},
		"cgroup manager":  {nil, "--cgroup-manager disabled list", 1, "husk: list: --cgroup-manager disabled: not supported yet; husk needs a cgroup to find a container's processes\n"},
		"mounts":          {nil, "mounts list web", 1, "husk: mounts: no command list (see husk mounts --help)\n"},
		"mounts add":      {nil, "mounts add web", 1, "husk: mounts add: \"add\" requires exactly 2 argument(s), got 1 (see husk mounts add --help)\n"},
		"called help":     {nil, "state help", 1, "husk: state help: container does not exist\n"},
		"regex":           {nil, "kill --regex (", 1, "husk: kill: error parsing regexp: missing closing ): `(` (see husk kill --help)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := husk(t, tc.err, strings.Fields(tc.args)...)
			if code != tc.code || stderr != tc.stderr || stdout != "" {
				t.Errorf("got  %d %q %q\nwant %d %q", code, stderr, stdout, tc.code, tc.stderr)
			}
		})
	}
}

func TestExitLogsToo(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	code, _, stderr := husk(t, errMount, "--log", log, "--log-format", "json", "probe", "web")
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var line map[string]string
	if err := json.Unmarshal(data, &line); err != nil {
		t.Fatal(err)
	}
	delete(line, "time")
	want := map[string]string{
		"level": "error", "stage": "probe", "id": "web", "object": "mount /data → /mnt", "errno": "ENOENT",
		"msg": "husk: probe web: while starting: mount /data → /mnt: no such file or directory (drop the mount)",
	}
	if code != 1 || fmt.Sprint(line) != fmt.Sprint(want) {
		t.Errorf("got %d %v, want %v", code, line, want)
	}
	if stderr != want["msg"]+"\n" {
		t.Errorf("stderr is %q", stderr)
	}
}

func TestJSONOnlyOnStderr(t *testing.T) {
	_, _, stderr := husk(t, errMount, "--log-format", "json", "probe", "web")
	var line struct{ Level, Msg string }
	if err := json.Unmarshal([]byte(stderr), &line); err != nil {
		t.Fatalf("%v in %q", err, stderr)
	}
	if line.Level != "error" || !strings.HasPrefix(line.Msg, "husk: probe web: ") {
		t.Errorf("got %+v", line)
	}
}

func TestHelpIsNoError(t *testing.T) {
	for _, args := range []string{"", "--help", "help", "run --help", "run web -h", "help run", "mounts", "mounts add --help", "checkpoint --help"} {
		code, stdout, stderr := husk(t, nil, strings.Fields(args)...)
		if code != 0 || stderr != "" || !strings.Contains(stdout, "USAGE") {
			t.Errorf("%q: %d %q %q", args, code, stdout, stderr)
		}
	}
}

// go-runc, conmon and Docker read these lines.
func TestVersion(t *testing.T) {
	_, stdout, _ := husk(t, nil, "--version")
	lines := strings.Split(stdout, "\n")
	if !strings.HasPrefix(lines[0], "husk version ") || !strings.Contains(stdout, "\nspec: 1.") || !strings.Contains(stdout, "\ngo: go1.") {
		t.Errorf("got %q", stdout)
	}
}

func TestStateRoot(t *testing.T) {
	for _, root := range []string{"", "/", "//", "/a/.."} {
		app := App()
		app.Writer, app.ErrWriter = &bytes.Buffer{}, &bytes.Buffer{}
		stderr := captureStderr(t, func() {
			if code := exit(app, app.Run(arrange(app, []string{"husk", "--root", root, "list"}))); code != 1 {
				t.Errorf("--root %q: exit code %d", root, code)
			}
		})
		if !strings.Contains(stderr, "--root") {
			t.Errorf("--root %q: %q", root, stderr)
		}
	}
}

func TestSystemdCgroup(t *testing.T) {
	for args, want := range map[string]string{
		"":                          "false",
		"--systemd-cgroup":          "true",
		"--cgroup-manager systemd":  "true",
		"--cgroup-manager=cgroupfs": "false",
		"--cgroup-manager magic":    "error",
		"--cgroup-manager=disabled": "error",
		"--cgroup-manager cgroupfs --systemd-cgroup": "error",
	} {
		got := "error"
		app := App()
		app.Commands = []*cli.Command{{Name: "probe", Action: verb(func(_ *cli.Context, rt *container.Runtime) error {
			got = fmt.Sprint(rt.SystemdCgroup)
			return nil
		})}}
		_ = app.Run(append(append([]string{"husk"}, strings.Fields(args)...), "probe"))
		if got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}
