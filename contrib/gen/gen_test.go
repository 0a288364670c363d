package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/commands"
)

const top = "../.."

// TestNothingHasDrifted compares what is committed with what the commands say.
func TestNothingHasDrifted(t *testing.T) {
	want := generate(read(commands.App()))
	for path, text := range want {
		got, err := os.ReadFile(filepath.Join(top, path))
		if err != nil || string(got) != text {
			t.Errorf("%s is not what the commands say (%v): run `make generate`", path, err)
		}
	}
	pages, err := filepath.Glob(filepath.Join(top, "man/*.8"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if _, ok := want["man/"+filepath.Base(page)]; !ok {
			t.Errorf("%s describes no command", page)
		}
	}
}

// TestEveryFlagIsThere reads the definitions anew, past the generator's own model of them.
func TestEveryFlagIsThere(t *testing.T) {
	app := commands.App()
	out := generate(read(app))
	checkFlags(t, out, "husk", "'test -z \"$(__husk_words)\"'", nil, app.Flags)
	for _, c := range app.Commands {
		checkFlags(t, out, "husk-"+c.Name, "'__husk_at "+c.Name+"'", []string{c.Name}, c.Flags)
	}
}

// checkFlags looks for each of the flags in a man page and, unless it is hidden, in what the shells offer behind words.
func checkFlags(t *testing.T, out map[string]string, page, fishCondition string, words []string, flags []cli.Flag) {
	for _, f := range flags {
		for _, name := range f.Names() {
			dashed, fish := "--"+name, " -l "+name+" "
			if len(name) == 1 {
				dashed, fish = "-"+name, " -s "+name+" "
			}
			if !strings.Contains(out["man/"+page+".8"], bold(dashed)) {
				t.Errorf("%s.8 lacks %s", page, dashed)
			}
			if !f.(cli.VisibleFlag).IsVisible() {
				continue
			}
			if offers := completeBash(t, append(slices.Clone(words), dashed)...); !slices.Contains(offers, dashed) {
				t.Errorf("bash does not offer %s behind husk %s", dashed, words)
			}
			if !slices.ContainsFunc(strings.Split(out["contrib/completions/husk.fish"], "\n"), func(line string) bool {
				return strings.Contains(line, fishCondition) && strings.Contains(line, fish)
			}) {
				t.Errorf("husk.fish lacks %s of %s", dashed, page)
			}
			if !strings.Contains(out["contrib/completions/_husk"], dashed) {
				t.Errorf("_husk lacks %s of %s", dashed, page)
			}
		}
	}
}

// stub is a husk that knows two containers, three with another root.
const stub = `#!/bin/sh
[ "$*" = "list --quiet" ] && printf 'db\nweb\n'
[ "$*" = "--root /other list --quiet" ] && printf 'db\nweb\nwiki\n'
exit 0
`

// TestShellsComplete asks each shell for completions of the last word.
func TestShellsComplete(t *testing.T) {
	cases := []struct {
		words []string
		want  string
	}{
		{[]string{"sta"}, "start state"},
		{[]string{"--debug", "sta"}, "start state"},
		{[]string{"--log-format", "j"}, "json"},
		{[]string{"--log-format", "json", "sta"}, "start state"},
		{[]string{"start", ""}, "db web"},
		{[]string{"--root", "/other", "start", "w"}, "web wiki"},
		{[]string{"kill", "--a"}, "--all"},
		{[]string{"kill", "--all", "w"}, "web"},
		{[]string{"kill", "web", "TE"}, "TERM"},
		{[]string{"create", ""}, ""},
		{[]string{"mounts", ""}, "add remove"},
		{[]string{"mounts", "add", "d"}, "db"},
		{[]string{"list", "--format", ""}, "json table"},
	}
	for shell, complete := range map[string]func(*testing.T, ...string) []string{"bash": completeBash, "fish": completeFish} {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				t.Skip(err)
			}
			for _, c := range cases {
				got := complete(t, c.words...)
				slices.Sort(got)
				if strings.Join(got, " ") != c.want {
					t.Errorf("husk %q: %q, not %q", c.words, got, c.want)
				}
			}
		})
	}
	t.Run("zsh", func(t *testing.T) {
		if _, err := exec.LookPath("zsh"); err != nil {
			t.Skip(err)
		}
		if out, err := exec.Command("zsh", "-n", filepath.Join(top, "contrib/completions/_husk")).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
}

func completeBash(t *testing.T, words ...string) []string {
	t.Helper()
	return shell(t, `. ./contrib/completions/husk.bash
		COMP_WORDS=(husk "$@") COMP_CWORD=$#
		_husk; printf '%s\n' "${COMPREPLY[@]}"`, append([]string{"bash", "--norc", "-c", "SCRIPT", "bash"}, words...))
}

func completeFish(t *testing.T, words ...string) []string {
	t.Helper()
	line := "husk " + strings.Join(words, " ")
	out := shell(t, `source contrib/completions/husk.fish; complete -C "`+line+`"`, []string{"fish", "--no-config", "-c", "SCRIPT"})
	for i, line := range out {
		out[i], _, _ = strings.Cut(line, "\t") // what it means stands behind a tab
	}
	return out
}

// shell runs a script at the top of the repository, with the stub as husk, and returns the lines that it prints.
func shell(t *testing.T, script string, command []string) []string {
	t.Helper()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "husk"), []byte(stub), 0o755); err != nil {
		t.Fatal(err)
	}
	command[slices.Index(command, "SCRIPT")] = script
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+bin)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", command[0], err)
	}
	return slices.DeleteFunc(strings.Split(string(out), "\n"), func(line string) bool { return line == "" })
}
