package main

import (
	"fmt"
	"strings"
)

const fishHead = `# fish completion of husk. Generated from the commands by contrib/gen: do not edit.

# __husk_words prints the command words and arguments before the cursor, one a line, without the flags and their values.
function __husk_words
    set -l tokens (commandline -opc)
    set -l skip 0
    for token in $tokens[2..-1]
        if test $skip -eq 1
            set skip 0
        else if contains -- $token VALUED
            set skip 1
        else if not string match -q -- '-*' $token
            echo $token
        end
    end
end

# __husk_at VERB tells whether the cursor is behind that verb.
function __husk_at
    set -l words (__husk_words)
    set -l verb (string split ' ' -- $argv[1])
    test (count $words) -ge (count $verb); and test "$words[1..$(count $verb)]" = "$argv[1]"
end

# __husk_argument VERB N tells whether the cursor is at the verb's N-th argument.
function __husk_argument
    set -l verb (string split ' ' -- $argv[1])
    __husk_at $argv[1]; and test (count (__husk_words)) -eq (math (count $verb) + $argv[2] - 1)
end

# __husk_containers prints the ids of the containers below the --root given.
function __husk_containers
    set -l tokens (commandline -opc)
    set -l root
    if set -l at (contains -i -- --root $tokens)
        set root --root $tokens[(math $at + 1)]
    end
    husk $root list --quiet 2>/dev/null
end

complete -c husk -f
`

// fish returns the completion for fish.
func fish(p program) string {
	var out strings.Builder
	out.WriteString(strings.Replace(fishHead, "VALUED", strings.Join(valued(p), " "), 1))
	for _, g := range groups(p) {
		here := fmt.Sprintf("'__husk_argument %s 1'", fishVerb(g.name))
		if g.name == "" {
			here = "'test -z \"$(__husk_words)\"'"
			fishOptions(&out, here, p.flags)
		}
		for _, m := range g.members {
			fmt.Fprintf(&out, "complete -c husk -n %s -a %s -d %s\n", here, m.name, fishText(m.usage))
		}
	}
	for _, v := range p.verbs {
		fishOptions(&out, fmt.Sprintf("'__husk_at %s'", fishVerb(v.name)), v.flags)
		for i, k := range v.arguments() {
			fmt.Fprintf(&out, "complete -c husk -n '__husk_argument %s %d' %s\n", fishVerb(v.name), i+1, fishActions[k])
		}
	}
	return out.String()
}

func fishOptions(out *strings.Builder, condition string, flags []option) {
	for _, o := range visible(flags) {
		fmt.Fprintf(out, "complete -c husk -n %s", condition)
		for _, name := range o.names {
			if long, ok := strings.CutPrefix(name, "--"); ok {
				fmt.Fprintf(out, " -l %s", long)
			} else {
				fmt.Fprintf(out, " -s %s", name[1:])
			}
		}
		if o.value != "" {
			out.WriteString(" " + fishAction(o))
		}
		fmt.Fprintf(out, " -d %s\n", fishText(o.usage))
	}
}

// fishActions keep to the kind: -f and -x leave out the files that fish would offer otherwise.
var fishActions = map[kind]string{
	nothing:    "-f",
	containers: "-f -a '(__husk_containers)'",
	signals:    "-f -a '" + strings.Join(signalNames, " ") + "'",
	files:      "-F",
	folders:    "-f -a '(__fish_complete_directories (commandline -ct))'",
}

func fishAction(o option) string {
	if len(o.words) > 0 {
		return "-x -a '" + strings.Join(o.words, " ") + "'"
	}
	return "-r " + fishActions[kindOf(o.value)]
}

// valued are the flags that take a value, wherever they stand.
func valued(p program) (names []string) {
	seen := map[string]bool{}
	for _, v := range append([]verb{{flags: p.flags}}, p.verbs...) {
		for _, o := range v.flags {
			for _, name := range o.names {
				if o.value != "" && !seen[name] {
					seen[name] = true
					names = append(names, name)
				}
			}
		}
	}
	return names
}

func fishVerb(name string) string {
	if strings.Contains(name, " ") {
		return `"` + name + `"`
	}
	return name
}

func fishText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
