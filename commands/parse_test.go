package commands

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/spec"
)

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "4096": 4096, "-1": -1, "1b": 1, "1k": 1024, "1K": 1024, "1kb": 1024, "1KiB": 1024, "64 mb": 64 << 20, "512m": 512 << 20,
		"1.5g": 3 << 29, "2t": 2 << 40, "9223372036854771712": 9223372036854771712,
	} {
		if got, err := parseSize(s); err != nil || got != want {
			t.Errorf("parseSize(%q) = %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "-2", "x", "1x", "k", "1 2", "1e30", "9223372036854775808", "inf", "nan", "0x10"} {
		if got, err := parseSize(s); err == nil {
			t.Errorf("parseSize(%q) = %d", s, got)
		}
	}
}

func TestParseSignal(t *testing.T) {
	for s, want := range map[string]unix.Signal{
		"9": 9, "0": 0, "64": 64, "KILL": 9, "SIGKILL": 9, "kill": 9, "sigterm": 15, "RTMIN": 34, "SIGRTMIN+3": 37, "rtmax-1": 63, "RTMAX": 64,
	} {
		if got, err := parseSignal(s); err != nil || got != want {
			t.Errorf("parseSignal(%q) = %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "-1", "65", "NOPE", "SIG", "RTMIN-1", "RTMIN3", "RTMAX+1", "RTMIN+31", "RTMIN+x"} {
		if got, err := parseSignal(s); err == nil {
			t.Errorf("parseSignal(%q) = %d", s, got)
		}
	}
}

func TestParseUser(t *testing.T) {
	uid, gid, err := parseUser("1000:5")
	if err != nil || *uid != 1000 || *gid != 5 {
		t.Errorf("got %v, %v, %v", uid, gid, err)
	}
	uid, gid, err = parseUser("0")
	if err != nil || *uid != 0 || gid != nil {
		t.Errorf("got %v, %v, %v", uid, gid, err)
	}
	// 4294967295 is what setuid takes for "no change": the process would stay root.
	for _, s := range []string{"root", "1:", ":1", "-1", "1:-1", "4294967295", "4294967296", "1:4294967295", "1:2:3", " 1"} {
		if _, _, err := parseUser(s); err == nil {
			t.Errorf("parseUser(%q) is taken", s)
		}
	}
}

func TestSubCgroups(t *testing.T) {
	for in, want := range map[string]map[string]string{
		"":                   nil,
		"a/b":                {"": "a/b"},
		"cpu:a":              {"cpu": "a"},
		"cpu,memory:a pids:": {"cpu": "a", "memory": "a", "pids": ""},
	} {
		got, err := subCgroups(strings.Fields(in))
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("subCgroups(%q) = %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"a b", "cpu:a b", ":a", "cpu,:a", "cpu:a cpu:b"} {
		if got, err := subCgroups(strings.Fields(in)); err == nil {
			t.Errorf("subCgroups(%q) = %v", in, got)
		}
	}
}

func TestChange(t *testing.T) {
	own := &specs.Process{
		Terminal: true,
		Args:     []string{"sh"},
		Env:      []string{"A=1"},
		Cwd:      "/",
		User:     specs.User{UID: 1, GID: 2, AdditionalGids: []uint32{3}},
		Capabilities: &specs.LinuxCapabilities{
			Bounding:    []string{"CAP_CHOWN"},
			Inheritable: []string{"CAP_KILL"},
		},
		ApparmorProfile: "kept",
	}
	ch := &change{
		args: []string{"id"}, env: []string{"B=2"}, caps: []string{"CAP_NET_RAW", "CAP_KILL"}, cwd: "/tmp",
		noNewPrivileges: new(true), uid: new(uint32(5)), groups: []uint32{6},
	}
	capabilities := own.Capabilities
	ch.apply(own)
	want := &specs.Process{
		Args: []string{"id"},
		Env:  []string{"A=1", "B=2"},
		Cwd:  "/tmp",
		User: specs.User{UID: 5, GID: 2, AdditionalGids: []uint32{3, 6}},
		Capabilities: &specs.LinuxCapabilities{
			Bounding:    []string{"CAP_CHOWN", "CAP_NET_RAW", "CAP_KILL"},
			Effective:   []string{"CAP_NET_RAW", "CAP_KILL"},
			Permitted:   []string{"CAP_NET_RAW", "CAP_KILL"},
			Inheritable: []string{"CAP_KILL"},
			Ambient:     []string{"CAP_KILL"},
		},
		ApparmorProfile: "kept",
		NoNewPrivileges: true,
	}
	if !reflect.DeepEqual(own, want) {
		t.Errorf("got  %+v %+v\nwant %+v %+v", own, own.Capabilities, want, want.Capabilities)
	}
	if len(capabilities.Bounding) != 1 {
		t.Error("the container's own capabilities were edited")
	}
}

func TestCapability(t *testing.T) {
	for in, want := range map[string]string{"net_raw": "CAP_NET_RAW", "CAP_KILL": "CAP_KILL", "cap_kill": "CAP_KILL"} {
		if got := capability(in); got != want {
			t.Errorf("capability(%q) = %q", in, got)
		}
	}
}

func TestMountList(t *testing.T) {
	for _, in := range []string{
		`[{"destination": "/a"}, {"destination": "/b"}]`,
		` {"mounts": [{"destination": "/a"}, {"destination": "/b"}], "ociVersion": "1.0.0"}`,
	} {
		list, err := spec.Read[mountList]("file", strings.NewReader(in))
		if err != nil || len(list.Mounts) != 2 || list.Mounts[1].Destination != "/b" {
			t.Errorf("%s: %+v, %v", in, list, err)
		}
	}
	var l mountList
	if err := json.Unmarshal([]byte(`"x"`), &l); err == nil {
		t.Error("a string is taken")
	}
}

func TestPrintLinesOf(t *testing.T) {
	table := "UID   PID CMD\nroot    1 init\nroot   11 x  y\n\nroot  111 z\n"
	var out strings.Builder
	if err := printLinesOf(&out, []byte(table), []int{11, 12}); err != nil || out.String() != "UID   PID CMD\nroot   11 x  y\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
	if err := printLinesOf(&out, []byte("CMD\nx\n"), nil); err == nil {
		t.Error("a table without PID is taken")
	}
}
