// Package tests checks the suite itself: that it looks at every config.json field a Linux container can have.
package tests

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

const table = "coverage.md"

var update = flag.Bool("update", false, "write "+table+" anew")

// otherPlatforms are the parts of config.json that no Linux runtime reads. (The platform tags of the Go types leave
// out most of them already; vm says nothing about the platform it is on.)
var otherPlatforms = []string{"solaris", "windows", "vm", "zos", "freebsd"}

// TestEveryFieldHasATest is the check and, with -update, the generator of the table.
func TestEveryFieldHasATest(t *testing.T) {
	fields := linuxFields(reflect.TypeFor[specs.Spec](), "")
	tests, err := coverage("bats")
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range fields {
		if len(tests[field]) == 0 {
			t.Errorf("no test looks at %s: put `# covers: %s` above the one that does", field, field)
		}
	}
	for field, by := range tests {
		if !slices.Contains(fields, field) {
			t.Errorf("%s covers %s, which is no field of config.json on Linux", by[0], field)
		}
	}

	want := render(fields, tests)
	if *update {
		if err := os.WriteFile(table, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(table)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the tests say (%v): run `go test ./tests -update`", table, err)
	}
}

// linuxFields lists the values that config.json can hold, as dotted paths in the order of the specification's types.
func linuxFields(t reflect.Type, path string) []string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return linuxFields(t.Elem(), path)
	case reflect.Struct:
	default:
		return []string{path}
	}
	var fields []string
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !forLinux(field.Tag) || path == "" && slices.Contains(otherPlatforms, name) {
			continue
		}
		if field.Anonymous { // its keys stand beside those of the struct it is embedded in
			fields = append(fields, linuxFields(field.Type, path)...)
			continue
		}
		fields = append(fields, linuxFields(field.Type, strings.TrimPrefix(path+"."+name, "."))...)
	}
	return fields
}

func forLinux(tag reflect.StructTag) bool {
	platforms, limited := tag.Lookup("platform")
	return !limited || slices.Contains(strings.Split(platforms, ","), "linux")
}

// coverage reads the `# covers:` comments of every bats file in dir: field → "file: test name".
func coverage(dir string) (map[string][]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.bats"))
	if err != nil {
		return nil, err
	}
	tests := map[string][]string{}
	for _, file := range files {
		if err := readCovers(file, tests); err != nil {
			return nil, err
		}
	}
	return tests, nil
}

// readCovers adds one file's tests. A comment counts for the next @test, unless something else stands between them:
// then nobody would see that the two belong together.
func readCovers(file string, tests map[string][]string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()

	var pending []string
	lines := bufio.NewScanner(f)
	for number := 1; lines.Scan(); number++ {
		line := lines.Text()
		switch covers, found := strings.CutPrefix(line, "# covers:"); {
		case found:
			pending = append(pending, strings.Fields(covers)...)
		case strings.HasPrefix(line, "@test "):
			for _, field := range pending {
				tests[field] = append(tests[field], filepath.Base(file)+": "+testName(line))
			}
			pending = nil
		case strings.HasPrefix(line, "#"):
		case len(pending) > 0:
			return fmt.Errorf("%s:%d: no @test follows `# covers: %s`", file, number, strings.Join(pending, " "))
		}
	}
	return lines.Err()
}

func testName(line string) string {
	name := strings.TrimSuffix(strings.TrimPrefix(line, "@test "), "{")
	name = strings.TrimSpace(name)
	return strings.ReplaceAll(name[1:len(name)-1], `\`, "")
}

func render(fields []string, tests map[string][]string) string {
	var b strings.Builder
	b.WriteString("# Which test looks at which field of config.json\n\n")
	fmt.Fprintf(&b, "Every field that runtime-spec %s has for Linux, and the tests in tests/bats that look at it.\n", specs.Version)
	b.WriteString("Generated from their `# covers:` comments by `go test ./tests -update`; `go test ./tests` fails when a field\n")
	b.WriteString("has no test or this table is out of date.\n\n| field | tests |\n| --- | --- |\n")
	for _, field := range fields {
		names := slices.Clone(tests[field])
		sort.Strings(names)
		for i, name := range names {
			names[i] = strings.ReplaceAll(name, "|", `\|`)
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", field, strings.Join(slices.Compact(names), "<br>"))
	}
	return b.String()
}

func TestCoversBelongToTheNextTest(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want map[string][]string // nil: an error
	}{
		"one line":      {"# covers: a b.c\n@test \"x: y\" {\n}\n", map[string][]string{"a": {"f.bats: x: y"}, "b.c": {"f.bats: x: y"}}},
		"with comments": {"# covers: a\n# because\n# covers: b\n@test 'x' {\n", map[string][]string{"a": {"f.bats: x"}, "b": {"f.bats: x"}}},
		"no comment":    {"@test \"x\" {\n}\n", map[string][]string{}},
		"blank line":    {"# covers: a\n\n@test \"x\" {\n}\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "f.bats"), []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := coverage(dir)
			if (err != nil) != (c.want == nil) || err == nil && !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, error %v, want %v", got, err, c.want)
			}
		})
	}
}
