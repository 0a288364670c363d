package spec

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/fault"
)

func write(t testing.TB, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadRoundTrip(t *testing.T) {
	want := toJSON(t, Default())
	s, err := Load(write(t, want))
	if err != nil {
		t.Fatal(err)
	}
	if got := toJSON(t, s); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestLoadIgnoresUnknownFields(t *testing.T) {
	s, err := Load(write(t, `{"ociVersion": "1.0.0", "new": {"a": [1]}, "process": {"new": null}}`+"\n\t"))
	if err != nil || s.Version != "1.0.0" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestLoadNamesTheWrongType(t *testing.T) {
	for _, c := range []struct{ data, object, message string }{
		{`{"process": {"args": ["a", 1]}}`, "process.args[1]", "expected string, got number"},
		{`{"process": {"args": "sh"}}`, "process.args", "expected array, got string"},
		{`{"process": []}`, "process", "expected object, got array"},
		{`{"process": {"terminal": "yes"}}`, "process.terminal", "expected boolean, got string"},
		{`{"process": {"user": {"uid": -1}}}`, "process.user.uid", "expected integer from 0 to 4294967295, got number -1"},
		{`{"process": {"user": {"uid": 1.5}}}`, "process.user.uid", "got number 1.5"},
		{`{"process": {"user": {"uid": 4294967296}}}`, "process.user.uid", "got number 4294967296"},
		{`{"process": {"scheduler": {"nice": 3000000000}}}`, "process.scheduler.nice", "from -2147483648 to 2147483647"},
		{`{"mounts": [{}, {"options": [true]}]}`, "mounts[1].options[0]", "expected string, got bool"},
		{`{"mounts": [{"source": {"x": [1]}}, 2]}`, "mounts[0].source", "expected string, got object"},
		{`{"linux": {"sysctl": {"net.ipv4.ip_forward": 1}}}`, `linux.sysctl["net.ipv4.ip_forward"]`, "expected string"},
		{`{"linux": {"timeOffsets": {"boottime": {"secs": "1"}}}}`, "linux.timeOffsets.boottime.secs", "expected integer"},
		{`{"linux": {"resources": {"blockIO": {"weightDevice": [{"major": 1}, {"major": "8"}]}}}}`,
			"linux.resources.blockIO.weightDevice[1].major", "expected integer"},
		{"{\"process\": {\n\"cwd\": 1}}", "process.cwd", "config.json line 2"},
		{`[]`, "", "expected object, got array"},
		{`"x"`, "", "expected object, got string"},
	} {
		_, err := Load(write(t, c.data))
		if err == nil || fault.Object(err) != c.object || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s\n\tgot  %s: %v\n\twant %s: … %s", c.data, fault.Object(err), err, c.object, c.message)
		}
	}
}

func TestLoadRefusesWhatIsNoJSON(t *testing.T) {
	for _, c := range []struct{ data, message string }{
		{"", "is empty"},
		{" \n\t", "is empty"},
		{"null", "is null"},
		{`{"ociVersion": "1.0`, "is truncated: the JSON is not complete after 19 bytes"},
		{`{"a": `, "is truncated"},
		{`{} {}`, "line 1: invalid character '{' after top-level value"},
		{"{}\n\nx", "line 3: invalid character 'x' after top-level value"},
		{"{\n,}", "line 2: invalid character ','"},
		{"{\"a\": \"\xff\"}", "invalid UTF-8 at byte 7"},
		{"{\"ä\": \"\xc3\"}", "invalid UTF-8 at byte 8"},
		{"\xef\xbb\xbf{}", "invalid character 'ï'"},
		{strings.Repeat("[", 20000), "exceeded max depth"},
	} {
		path := write(t, c.data)
		_, err := Load(path)
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%.40q\n\tgot  %v\n\twant %s: … %s", c.data, err, path, c.message)
		}
	}
}

func TestLoadRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, message := range map[string]string{
		dir:         "is a directory, not a regular file",
		fifo:        "is a FIFO, not a regular file",
		"/dev/zero": "is a device, not a regular file",
	} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: got %v, want %s", path, err, message)
		}
	}
	missing := filepath.Join(dir, "config.json")
	if _, err := Load(missing); !errors.Is(err, unix.ENOENT) || err.Error() != missing+": no such file or directory" {
		t.Errorf("got %v", err)
	}
}

func TestLoadIsBounded(t *testing.T) {
	huge := write(t, "{")
	if err := os.Truncate(huge, 100<<20); err != nil {
		t.Fatal(err)
	}
	const want = "is too large: 104857600 bytes, the most that is read is 16777216 (16 MiB)"
	if _, err := Load(huge); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	padded := "{}" + strings.Repeat(" ", maxSize-2)
	if _, err := Load(write(t, padded)); err != nil {
		t.Errorf("%d bytes: %v", len(padded), err)
	}
	if _, err := Read[specs.Spec]("stdin", strings.NewReader(padded+" ")); err == nil || !strings.Contains(err.Error(), "stdin: is too large") {
		t.Errorf("%d bytes: got %v", len(padded)+1, err)
	}
}

func TestLoadProcess(t *testing.T) {
	p, err := LoadProcess(write(t, `{"args": ["a"], "cwd": "/"}`))
	if err != nil || p.Args[0] != "a" || p.Cwd != "/" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := LoadProcess(write(t, `{"args": [null, 5]}`)); fault.Object(err) != "args[1]" {
		t.Errorf("got %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(toJSON(f, Default())))
	for _, seed := range []string{"", "null", "[1,2", `{"process": {"args": [1]}}`, `{"mounts": [{"options": "x"}]}`, "{\"\xff\":1}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Read[specs.Spec]("config.json", bytes.NewReader(data))
		if (s == nil) == (err == nil) {
			t.Fatalf("spec %v, error %v", s, err)
		}
		if err != nil && err.Error() == "" {
			t.Fatal("an error that says nothing")
		}
	})
}

// addSpecs adds the seeds that reach deep into the structure.
func addSpecs(f *testing.F) {
	f.Add([]byte(toJSON(f, Default())))
	rootless := Default()
	ToRootless(rootless)
	f.Add([]byte(toJSON(f, rootless)))
	f.Add([]byte(toJSON(f, relativeSpec())))
	for _, change := range []string{
		device(`{"path": "/dev/x", "type": "c", "major": 1}`),
		mount(`{"destination": "a", "source": "b", "options": ["bind", "ridmap", "rro"], "uidMappings": [{"size": 1}], "gidMappings": [{"size": 1}]}`),
		resource(`"memory": {"limit": 1}, "cpu": {"cpus": "0-1"}, "unified": {"a.b": ""}, "blockIO": {"weightDevice": [{"weight": 1}]}`),
		syscallRule(`{"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "args": [{"index": 1, "op": "SCMP_CMP_EQ"}]}`),
		`{"linux": {"memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0"}, "personality": {"domain": "LINUX"}, "netDevices": {"a": {}}}}`,
		`{"process": {"scheduler": {"policy": "SCHED_RR", "priority": 1}, "execCPUAffinity": {"initial": "1"}}}`,
		`{"root": null, "linux": null, "process": null, "mounts": [{}]}`,
	} {
		f.Add([]byte(toJSON(f, edit(f, change))))
	}
}

// readable is the spec in data, or nil.
func readable(data []byte) *specs.Spec {
	s, err := Read[specs.Spec]("config.json", bytes.NewReader(data))
	if err != nil {
		return nil
	}
	return s
}

func FuzzValidate(f *testing.F) {
	addSpecs(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, h := range []*host{&everything, &bare} {
			s := readable(data)
			if s == nil {
				return
			}
			if err := validate(s, h); err != nil && fault.Object(err) == "" {
				t.Fatalf("an error that names nothing: %v", err)
			}
		}
	})
}

// FuzzConvert: what Validate accepts can be converted, and what it refuses at least does not crash.
func FuzzConvert(f *testing.F) {
	addSpecs(f)
	bundle := bundleOf(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		s := readable(data)
		if s == nil {
			return
		}
		Absolutize(s, bundle)
		valid := validate(s, &everything) == nil
		before := toJSON(t, s)
		cfg, err := Convert(s, ConvertOptions{ID: "fuzz", Bundle: bundle})
		if toJSON(t, s) != before {
			t.Fatal("the spec was changed")
		}
		if valid && err != nil && !excused(err) {
			t.Fatalf("valid, but cannot be converted: %v\n%s", err, before)
		}
		if err == nil && (cfg.Cgroups == nil || cfg.Labels[len(cfg.Labels)-1] != "bundle="+bundle) {
			t.Fatalf("incomplete: %+v", cfg)
		}
	})
}

// excused knows what depends on this machine or on options, not on the configuration alone.
func excused(err error) bool {
	return strings.Contains(err.Error(), "seccomp") || strings.Contains(err.Error(), "user namespace") ||
		strings.Contains(err.Error(), "userns")
}
