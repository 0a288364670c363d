package tests

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/huskrun/husk"

// layers says which of our packages a package may import: its own subpackages, and what is listed here. A name stands
// for the packages below it too, and the longest one that fits a package counts. What is not listed may import nothing
// of ours; so nothing imports commands but the mains.
var layers = map[string][]string{
	"":                 {"commands", "container", "hooks/serve"}, // main.go
	"commands":         {"container", "spec", "libcni", "internal"},
	"container":        {"spec", "hooks/inject", "internal"},
	"container/engine": {"spec", "internal"},
	"spec":             {"internal"},
	"hooks/inject":     {"internal"},
	"hooks/serve":      {"libcni", "internal"},
	"libcni":           {"internal"},
	"internal":         {"internal"},
	"shim":             {"container", "spec", "internal"},
	"cmd":              {"shim", "container", "hooks/serve", "libcni", "internal"},
	"contrib/gen":      {"commands"},
}

// foreign says who may import what of others, so that each of them can be exchanged in one place and weighs on no
// binary that does not use it. A name stands for the packages below it too, unless it ends in "$".
var foreign = map[string][]string{
	"github.com/urfave/cli":                               {"commands", "contrib/gen"},
	"github.com/opencontainers/runc/libcontainer$":        {"container"},
	"github.com/opencontainers/runc/libcontainer/nsenter": {"container/engine"},
	"github.com/containernetworking":                      {"libcni", "hooks/serve", "cmd"},
	"github.com/containerd/cgroups":                       {"shim"},
	"github.com/containerd/containerd":                    {"shim"},
	"github.com/containerd/fifo":                          {"shim"},
	"github.com/containerd/ttrpc":                         {"shim"},
	"github.com/containerd/typeurl":                       {"shim"},
}

// seam is the only package in which a value of libcontainer's Container or Process may appear: the engine that starts
// processes can be replaced by replacing what is in it.
const seam = "container/engine"

// forbidden are calls with an effect on the whole process, which a library that a shim or a test shares must not make.
var forbidden = []string{
	"os.Exit", "os.Chdir", "syscall.Chdir", "unix.Chdir", "unix.Fchdir", "syscall.Umask", "unix.Umask",
	"signal.Ignore", "signal.Reset", "log.Print", "log.Printf", "log.Println", "log.Fatal", "log.Fatalf", "slog.SetDefault",
}

// harmless are the calls among these that do not reach further than they should.
var harmless = []string{
	"container/mounts.go unix.Fchdir", // on a thread with a directory of its own, which ends with it
}

// libraries are the packages that are not a program's own.
var libraries = []string{"container", "spec", "hooks", "libcni", "internal", "shim"}

// pkg is what `go list -json` tells of a package.
type pkg struct {
	ImportPath, Dir, Export   string
	GoFiles, Imports          []string
	TestImports, XTestImports []string
	Module                    *struct{ Path string }
}

// name is the package's path within the module, "" for the one at its top.
func (p pkg) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func (p pkg) ours() bool { return p.Module != nil && p.Module.Path == module }

func TestImportsFollowTheArchitecture(t *testing.T) {
	for _, p := range list(t, "./...") {
		if within(p.name(), "tests") {
			continue
		}
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if name, ok := strings.CutPrefix(path, module+"/"); ok && !mayImport(p.name(), name) {
				t.Errorf("%s imports %s, which layers does not allow", p.ImportPath, name)
			}
		}
		for _, path := range p.Imports {
			if by, ok := restricted(path); ok && !slices.ContainsFunc(by, func(b string) bool { return within(p.name(), b) }) {
				t.Errorf("%s imports %s, which only %s may", p.ImportPath, path, strings.Join(by, " and "))
			}
		}
	}
}

// mayImport reports whether layers lets the package called by import the one called name.
func mayImport(by, name string) bool {
	layer := ""
	for l := range layers {
		if within(by, l) && len(l) > len(layer) {
			layer = l
		}
	}
	if layer == "" && by != "" {
		return false
	}
	return layer != "" && within(name, layer) ||
		slices.ContainsFunc(layers[layer], func(l string) bool { return within(name, l) })
}

// restricted returns the names of those who may import path, if it is not open to all.
func restricted(path string) (by []string, ok bool) {
	for name, by := range foreign {
		exact, only := strings.CutSuffix(name, "$")
		if path == exact || !only && within(path, name) {
			return by, true
		}
	}
	return nil, false
}

// within reports whether path is dir or below it. The top, "", holds only itself.
func within(path, dir string) bool {
	return path == dir || dir != "" && strings.HasPrefix(path, dir+"/")
}

// TestBinaryStaysLean looks at all that gets linked, not just at what is imported directly.
func TestBinaryStaysLean(t *testing.T) {
	for _, p := range list(t, "-deps", ".") {
		for _, heavy := range []string{
			"github.com/containerd/containerd", "github.com/containerd/ttrpc", "github.com/containernetworking/plugins",
			"google.golang.org/grpc", "net/http", "testing",
		} {
			if within(p.ImportPath, heavy) {
				t.Errorf("husk links %s", p.ImportPath)
			}
		}
	}
}

// TestSpecIsPure: whoever only reads config.json must not link what runs containers.
func TestSpecIsPure(t *testing.T) {
	for _, p := range list(t, "-deps", "./spec") {
		if p.ImportPath == "github.com/opencontainers/runc/libcontainer" {
			t.Errorf("spec links %s", p.ImportPath)
		}
	}
}

func TestLibrariesLeaveTheProcessAlone(t *testing.T) {
	fset := token.NewFileSet()
	for _, p := range list(t, "./...") {
		if !slices.ContainsFunc(libraries, func(l string) bool { return within(p.name(), l) }) {
			continue
		}
		for _, file := range parse(t, fset, p) {
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				name, where := types.ExprString(call.Fun), fset.Position(n.Pos())
				file := p.name() + "/" + filepath.Base(where.Filename)
				if slices.Contains(forbidden, name) && !slices.Contains(harmless, file+" "+name) {
					t.Errorf("%s: a library must not call %s", where, name)
				}
				return true
			})
		}
	}
}

// TestEngineIsASeam type-checks every package: no expression outside the engine's has libcontainer's Container or Process
// for its type, named or not.
func TestEngineIsASeam(t *testing.T) {
	all := list(t, "-deps", "-export", "./...")
	fset := token.NewFileSet()
	imp := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		i := slices.IndexFunc(all, func(p pkg) bool { return p.ImportPath == path })
		if i < 0 || all[i].Export == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(all[i].Export)
	})
	inside := 0
	for _, p := range all {
		if !p.ours() {
			continue
		}
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
		conf := types.Config{Importer: imp}
		if _, err := conf.Check(p.ImportPath, fset, parse(t, fset, p), info); err != nil {
			t.Fatal(err)
		}
		for expr, tv := range info.Types {
			switch {
			case !engineType(tv.Type):
			case p.name() == seam:
				inside++
			default:
				t.Errorf("%s: %s is a %s, which only %s may know", fset.Position(expr.Pos()), types.ExprString(expr), tv.Type, seam)
			}
		}
	}
	if inside == 0 {
		t.Errorf("%s does not use libcontainer at all: this test looks at the wrong package", seam)
	}
}

// engineType reports whether t is libcontainer's Container or Process, or a pointer to one.
func engineType(t types.Type) bool {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != "github.com/opencontainers/runc/libcontainer" {
		return false
	}
	return slices.Contains([]string{"Container", "Process"}, named.Obj().Name())
}

// parse reads the Go files of a package, its tests left out.
func parse(t *testing.T, fset *token.FileSet, p pkg) (files []*ast.File) {
	t.Helper()
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// list runs `go list -json` at the top of the module.
func list(t *testing.T, args ...string) (pkgs []pkg) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json"}, args...)...)
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		t.Fatalf("%v: %v", cmd, err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return pkgs
		case err != nil:
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}
