package commands

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// arrange brings the command line into the order that cli can read: flags before arguments (`delete web --force`), short
// flags apart (`-it`, `-u1000`). What follows the container's id of exec and ps is another program's and stays as it is.
func arrange(app *cli.App, args []string) []string {
	if len(args) == 0 {
		return args
	}
	flags, rest := leading(known(app.Flags), args[1:])
	out := append([]string{args[0]}, flags...)
	if len(rest) == 0 {
		return out
	}
	return append(out, arrangeVerb(app.Command(rest[0]), rest)...)
}

// arrangeVerb arranges a verb's part of the command line, args[0] being its name.
func arrangeVerb(cmd *cli.Command, args []string) []string {
	if cmd == nil {
		return args
	}
	flags, rest := leading(known(cmd.Flags), args[1:])
	out := append([]string{args[0]}, flags...)
	switch {
	case len(rest) == 0 || slices.ContainsFunc(out, isHelp): // cli would look for help about the arguments
		return out
	case len(cmd.Subcommands) > 0:
		return append(out, arrangeVerb(cmd.Command(rest[0]), rest)...)
	case passesArguments(cmd):
		return append(out, rest...)
	}
	var arguments []string
	for len(rest) > 0 && rest[0] != "--" {
		arguments, rest = append(arguments, rest[0]), rest[1:]
		flags, rest = leading(known(cmd.Flags), rest)
		out = append(out, flags...)
	}
	if slices.ContainsFunc(out, isHelp) {
		return out
	}
	if len(rest) > 0 {
		rest = rest[1:]
	}
	if len(arguments)+len(rest) > 0 {
		out = append(out, "--")
	}
	return append(append(out, arguments...), rest...)
}

// passesArguments reports whether what follows the container's id belongs to another program.
func passesArguments(cmd *cli.Command) bool { return cmd.Name == "exec" || cmd.Name == "ps" }

// known maps the flags' names, the help flag's included, to whether they take a value.
func known(flags []cli.Flag) map[string]bool {
	takesValue := map[string]bool{"help": false, "h": false}
	for _, f := range flags {
		_, isBool := f.(*cli.BoolFlag)
		for _, name := range f.Names() {
			takesValue[name] = !isBool
		}
	}
	return takesValue
}

// leading splits args behind the flags that it begins with, and their values.
func leading(takesValue map[string]bool, args []string) (flags, rest []string) {
	for len(args) > 0 && isFlag(args[0]) {
		pieces, wantsValue := apart(takesValue, args[0])
		flags, args = append(flags, pieces...), args[1:]
		if wantsValue && len(args) > 0 {
			flags, args = append(flags, args[0]), args[1:]
		}
	}
	return flags, args
}

func isHelp(arg string) bool { return arg == "--help" || arg == "-help" || arg == "-h" }

func isFlag(arg string) bool { return len(arg) > 1 && arg[0] == '-' && arg != "--" }

// apart splits a bundle of short flags: -dt is -d -t, -u1000 is -u 1000. Anything else stays one piece; a long name
// behind a single dash is one that runc accepts. It reports whether the last flag's value is still to come.
func apart(takesValue map[string]bool, arg string) (pieces []string, wantsValue bool) {
	name, _, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	if value, ok := takesValue[name]; ok || strings.HasPrefix(arg, "--") {
		return []string{arg}, value && !hasValue
	}
	for i := 1; i < len(arg); i++ {
		value, ok := takesValue[arg[i:i+1]]
		if !ok {
			return []string{arg}, false
		}
		pieces = append(pieces, "-"+arg[i:i+1])
		switch rest := arg[i+1:]; {
		case value && rest == "":
			return pieces, true
		case value:
			return append(pieces, rest), false
		}
	}
	return pieces, false
}
