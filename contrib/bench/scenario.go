package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// A scenario is a row of the table.
type scenario struct {
	name    string
	title   string
	unit    string
	not     string // a view that cannot show it
	measure func(*environment) (map[string]*measurement, error)
}

const (
	ms  = "ms"
	mib = "MiB"
)

var scenarios = []scenario{
	{"run", "run /bin/true", ms, "", timed{command: runOf(func(b bundles) string { return b.True })}.measure},
	{"seccomp", "run with a seccomp profile", ms, "", timed{command: runOf(func(b bundles) string { return b.Seccomp })}.measure},
	{"mounts", "run with 200 bind mounts", ms, "", timed{command: runOf(func(b bundles) string { return b.Mounts })}.measure},
	{"exec", "exec /bin/true", ms, "", timed{setUp: sleeper, command: execTrue}.measure},
	{"state", "state", ms, "", timed{setUp: sleeper, command: state}.measure},
	{"lifecycle", "create, start, state, kill, delete", ms, "", timed{command: lifecycle}.measure},
	{"delete", "delete --force of a running one", ms, "", timed{before: begin, command: deleteForce}.measure},
	{"podman", "podman run --rm --network=none", ms, "", podmanRun},
	{"ctr", "ctr run --rm", ms, "", ctrRun},
	{"rss", "peak memory of run", mib, "", peakMemory},
	{"limit", "smallest memory limit that starts", mib, "v2", smallestMemory},
}

// result is a measured row.
type result struct {
	View     string                  `json:"view"`
	Scenario string                  `json:"scenario"`
	Title    string                  `json:"title"`
	Unit     string                  `json:"unit"`
	Values   map[string]*measurement `json:"values"`
}

// measureAll measures the scenarios that are asked for.
func (e *environment) measureAll() []result {
	var results []result
	for _, s := range scenarios {
		if e.view == s.not || len(e.Scenarios) > 0 && !slices.Contains(e.Scenarios, s.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", e.view, s.title)
		values, err := s.measure(e)
		if err != nil {
			values = e.nobody(err)
		}
		results = append(results, result{View: e.view, Scenario: s.name, Title: s.title, Unit: s.unit, Values: values})
	}
	return results
}

// nobody says of all contenders why they were not measured.
func (e *environment) nobody(err error) map[string]*measurement {
	values := make(map[string]*measurement)
	for _, c := range e.Contenders {
		values[c.Name] = failed(err)
	}
	return values
}

// The scripts take a runtime, its root, a bundle and an id.
var scripts = map[string]string{
	"begin": `set -e
"$1" --root "$2" create --bundle "$3" "$4" </dev/null >/dev/null
"$1" --root "$2" start "$4"
`,
	// A process that was killed needs a moment to be gone.
	"lifecycle": `set -e
"$1" --root "$2" create --bundle "$3" "$4" </dev/null >/dev/null
"$1" --root "$2" start "$4"
"$1" --root "$2" state "$4" >/dev/null
"$1" --root "$2" kill "$4" KILL
tries=1000
until "$1" --root "$2" delete "$4" 2>/dev/null; do
	tries=$((tries - 1))
	test $tries != 0
done
`,
}

func (e *environment) writeScripts() error {
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(e.dir, name), []byte(script), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (e *environment) script(name string, c contender, id string) []string {
	return []string{"sh", filepath.Join(e.dir, name), c.Path, e.root(c), e.Bundles.Sleep, id}
}

// id names a container. Each runtime has its own: those of all may be there at once, and have a cgroup each.
func id(what string, c contender) string { return prefix + what + "-" + c.Name }

func runOf(bundle func(bundles) string) func(*environment, contender) []string {
	return func(e *environment, c contender) []string {
		return e.call(c, "run", "--bundle", bundle(e.Bundles), id("run", c))
	}
}

// sleeper starts a container for others to be measured on.
func sleeper(e *environment, c contender) (func(), error) {
	end := func() { _ = run(e.call(c, "delete", "--force", id("sleeper", c))) }
	if err := run(e.script("begin", c, id("sleeper", c))); err != nil {
		end()
		return nil, err
	}
	return end, nil
}

func execTrue(e *environment, c contender) []string {
	return e.call(c, "exec", id("sleeper", c), "/bin/true")
}

func state(e *environment, c contender) []string { return e.call(c, "state", id("sleeper", c)) }

func lifecycle(e *environment, c contender) []string { return e.script("lifecycle", c, id("life", c)) }

func begin(e *environment, c contender) []string { return e.script("begin", c, id("victim", c)) }

func deleteForce(e *environment, c contender) []string {
	return e.call(c, "delete", "--force", id("victim", c))
}
