package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// program is a command line as its reader sees it.
type program struct {
	usage, description string
	flags              []option
	verbs              []verb
	// usages are those of the commands that have commands.
	usages map[string]string
}

// verb is a command, or a command of a command: "create", "mounts add".
type verb struct {
	name, args, usage, description string
	flags                          []option
}

// option is a flag.
type option struct {
	names    []string // with their dashes, the long ones first
	value    string   // what its value is called, "" when it takes none
	words    []string // what its value can be, where that is a list
	usage    string
	fallback string // its value when it is not given, "" when there is nothing to say
	hidden   bool   // accepted for the sake of old callers: in the man page, not in the completions
}

// read takes a command line's definition apart. Hidden commands stay out.
func read(app *cli.App) program {
	p := program{
		usage:       app.Usage,
		description: app.Description,
		flags:       options(append(slices.Clone(app.Flags), cli.HelpFlag, cli.VersionFlag)),
		usages:      map[string]string{},
	}
	for _, c := range app.Commands {
		if c.Hidden {
			continue
		}
		if len(c.Subcommands) == 0 {
			p.verbs = append(p.verbs, newVerb(c.Name, c, c.Description))
			continue
		}
		p.usages[c.Name] = c.Usage
		for _, sub := range c.Subcommands {
			p.verbs = append(p.verbs, newVerb(c.Name+" "+sub.Name, sub, c.Description))
		}
	}
	return p
}

func newVerb(name string, c *cli.Command, description string) verb {
	if c.Description != "" {
		description = c.Description
	}
	return verb{name, c.ArgsUsage, c.Usage, description, options(append(slices.Clone(c.Flags), cli.HelpFlag))}
}

func options(flags []cli.Flag) (out []option) {
	for _, f := range flags {
		out = append(out, newOption(f))
	}
	return out
}

func newOption(f cli.Flag) (o option) {
	for _, name := range f.Names() {
		if len(name) == 1 {
			o.names = append(o.names, "-"+name)
		} else {
			o.names = append(o.names, "--"+name)
		}
	}
	if v, ok := f.(cli.VisibleFlag); ok {
		o.hidden = !v.IsVisible()
	}
	doc := f.(cli.DocGenerationFlag)
	o.usage = doc.GetUsage()
	if doc.TakesValue() {
		o.value, o.usage, o.words = unquote(o.usage)
		o.fallback = fallback(doc)
	}
	return o
}

// choices are the words that a flag's value can be, where its usage lists them behind what it calls the value.
var choices = regexp.MustCompile(`^(?::| is) ((?:[a-z]+, )*[a-z]+ or [a-z]+)`)

// unquote takes the quotes off the word that stands for a flag's value, and returns the word and the choices.
func unquote(usage string) (value, plain string, words []string) {
	before, rest, _ := strings.Cut(usage, "`")
	value, after, found := strings.Cut(rest, "`")
	if !found {
		return "VALUE", usage, nil
	}
	if list := choices.FindStringSubmatch(after); list != nil {
		words = strings.Split(strings.ReplaceAll(list[1], " or ", ", "), ", ")
	} else if strings.Contains(value, "|") {
		words = strings.Split(value, "|")
	}
	if b, ok := strings.CutSuffix(before, " ("); ok && strings.HasPrefix(after, ")") {
		return value, b + after[1:], words // it says nothing but what the value is called
	}
	return value, before + value + after, words
}

// fallback is what a flag's author says it is, or else its zero value's text if that means something.
func fallback(doc cli.DocGenerationFlag) string {
	if strings.Contains(doc.GetUsage(), "default") {
		return ""
	}
	text := strings.Trim(doc.GetDefaultText(), `"`)
	if text == "0" {
		return ""
	}
	return text
}

// page is the name of the verb's man page.
func (v verb) page() string { return "husk-" + strings.ReplaceAll(v.name, " ", "-") }

// kind is what the shell can complete.
type kind int

const (
	nothing kind = iota
	files
	folders
	containers
	signals
)

// newcomers are the verbs whose container does not exist yet.
var newcomers = []string{"create", "run", "restore"}

// arguments are the kinds of the verb's arguments, up to the first that nothing is known of.
func (v verb) arguments() (kinds []kind) {
	for _, field := range strings.Fields(v.args) {
		k := kindOf(strings.Trim(field, "[]"))
		if k == nothing || k == containers && slices.Contains(newcomers, v.name) {
			break
		}
		kinds = append(kinds, k)
	}
	return kinds
}

// kindOf tells what a value is from what it is called.
func kindOf(name string) kind {
	switch name {
	case "ID":
		return containers
	case "SIGNAL":
		return signals
	case "FILE", "SOCKET", "PATH":
		return files
	case "DIR":
		return folders
	}
	return nothing
}

// visible are the flags that a shell offers.
func visible(flags []option) []option {
	return slices.DeleteFunc(slices.Clone(flags), func(o option) bool { return o.hidden })
}

// signalNames are what kill is asked for most, without SIG.
var signalNames = []string{
	"TERM", "KILL", "HUP", "INT", "QUIT", "USR1", "USR2", "STOP", "CONT", "WINCH", "ABRT", "ALRM", "CHLD", "PIPE", "TSTP",
}

// group is what one word of the command line can be: husk's commands, or the commands of one of them.
type group struct {
	name    string // of the command that they belong to, "" for husk's own
	flags   []option
	members []member
}

// member is a command of a group; verb is nil if it is itself a group.
type member struct {
	name, usage string
	verb        *verb
}

func (g group) names() (names []string) {
	for _, m := range g.members {
		names = append(names, m.name)
	}
	return names
}

// groups sorts the verbs by the command that they belong to, husk's own first.
func groups(p program) []group {
	out := []group{{flags: p.flags}}
	for i, v := range p.verbs {
		name, sub, nested := strings.Cut(v.name, " ")
		if !nested {
			out[0].members = append(out[0].members, member{v.name, v.usage, &p.verbs[i]})
			continue
		}
		at := slices.IndexFunc(out, func(g group) bool { return g.name == name })
		if at < 0 {
			at = len(out)
			out = append(out, group{name: name})
			out[0].members = append(out[0].members, member{name: name, usage: p.usages[name]})
		}
		out[at].members = append(out[at].members, member{sub, v.usage, &p.verbs[i]})
	}
	return out
}
