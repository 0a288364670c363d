// Command gen writes husk's man pages and shell completions from the definitions of its commands: `make generate`.
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/huskrun/husk/commands"
)

func main() {
	log.SetFlags(0)
	for path, text := range generate(read(commands.App())) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// generate returns all that is generated: its path below the top of the repository, and its text.
func generate(p program) map[string]string {
	out := map[string]string{
		"man/husk.8":                    p.manual(),
		"contrib/completions/husk.bash": bash(p),
		"contrib/completions/_husk":     zsh(p),
		"contrib/completions/husk.fish": fish(p),
	}
	for _, v := range p.verbs {
		out["man/"+v.page()+".8"] = v.manual(p)
	}
	return out
}
