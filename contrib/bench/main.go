// Command bench compares husk with other OCI runtimes: it measures every scenario with every runtime in each view of the
// cgroups, prints a table, and writes bench.json and bench.svg. See the script "run" beside it for what can be set.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func main() {
	work := measureEverything
	if len(os.Args) == 4 && os.Args[1] == "--in-view" {
		work = func() error { return measureInView(os.Args[2], os.Args[3]) }
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A settings is what the measurements in a view need to know.
type settings struct {
	Contenders []contender
	Runs       int
	Scenarios  []string
	Bundles    bundles
}

// A contender is a runtime to be measured.
type contender struct{ Name, Version, Path string }

// measureEverything measures in every view and reports.
func measureEverything() error {
	if os.Geteuid() != 0 {
		return errors.New("must be root: containers need cgroups and namespaces")
	}
	work, err := os.MkdirTemp("", "husk-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)

	s, err := newSettings(work)
	if err != nil {
		return err
	}
	r := newReport(s)
	for _, view := range words("VIEWS", defaultViews()) {
		results, err := inView(view, work, s)
		if err != nil {
			return fmt.Errorf("view %s: %w", view, err)
		}
		r.Results = append(r.Results, results...)
	}
	if err := r.print(os.Stdout); err != nil {
		return err
	}
	return r.write(setting("OUT", "docs"))
}

func newSettings(work string) (*settings, error) {
	runs, err := strconv.Atoi(setting("RUNS", "30"))
	if err != nil || runs < 1 {
		return nil, fmt.Errorf("RUNS is a number, not %q", os.Getenv("RUNS"))
	}
	contenders, err := findContenders()
	if err != nil {
		return nil, err
	}
	s := &settings{Contenders: contenders, Runs: runs, Scenarios: words("SCENARIOS", "")}
	for _, name := range s.Scenarios {
		if !slices.ContainsFunc(scenarios, func(sc scenario) bool { return sc.name == name }) {
			return nil, fmt.Errorf("no scenario is called %s", name)
		}
	}
	s.Bundles, err = makeBundles(work)
	return s, err
}

// findContenders finds husk, or what stands in its place, then runc and crun where they are installed, then PEERS.
func findContenders() ([]contender, error) {
	paths := []string{setting("RUNTIME", "bin/husk")}
	for _, name := range []string{"runc", "crun"} {
		if path, err := exec.LookPath(name); err == nil {
			paths = append(paths, path)
		}
	}
	var found []contender
	for _, path := range append(paths, words("PEERS", "")...) {
		path, err := exec.LookPath(path)
		if err != nil {
			return nil, err
		}
		if path, err = filepath.Abs(path); err != nil {
			return nil, err
		}
		out, err := exec.Command(path, "--version").Output()
		if err != nil {
			return nil, fmt.Errorf("%s --version: %w", path, err)
		}
		c := contender{Name: filepath.Base(path), Version: versionOf(string(out)), Path: path}
		if slices.ContainsFunc(found, func(f contender) bool { return f.Name == c.Name }) {
			c.Name += "-" + c.Version
		}
		found = append(found, c)
	}
	return found, nil
}

// versionOf takes the version from the first line of what runc and crun print: "runc version 1.1.5+ds1".
func versionOf(out string) string {
	line, _, _ := strings.Cut(out, "\n")
	return line[strings.LastIndex(line, " ")+1:]
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func words(name, otherwise string) []string { return strings.Fields(setting(name, otherwise)) }

func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
