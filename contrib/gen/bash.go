package main

import (
	"fmt"
	"strings"
)

// bashHead is the part that walks the command line. It asks the functions behind it, which are tables, what a flag
// takes ("verb flag" → kind), and what a verb has for flags, commands and arguments.
const bashHead = `# bash completion of husk. Generated from the commands by contrib/gen: do not edit.

_husk() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb='' word kind i arguments=0
	local -a kinds
	local -a root=()
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if kind=$(_husk_value "$verb $word"); then
			# bash breaks --flag=value into three words.
			[[ ${COMP_WORDS[i + 1]} != = ]] || ((i++))
			[[ $verb$word != --root ]] || root=(--root "${COMP_WORDS[i + 1]}")
			((i++))
		elif [[ $word == -* ]]; then
			continue
		elif [[ -n $(_husk_verbs "$verb") ]]; then
			verb=${verb:+$verb }$word
		else
			((arguments++))
		fi
	done
	if [[ $cur == = ]]; then
		cur=''
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi

	if kind=$(_husk_value "$verb $prev"); then
		_husk_complete "$kind"
	elif [[ $cur == -* ]]; then
		_husk_complete "$(_husk_flags "$verb")"
	elif [[ -n $(_husk_verbs "$verb") ]]; then
		_husk_complete "$(_husk_verbs "$verb")"
	else
		read -ra kinds < <(_husk_arguments "$verb")
		_husk_complete "${kinds[arguments]:-:none}"
	fi
}

# _husk_complete completes a kind, or one of the words given.
_husk_complete() {
	case $1 in
	:none) ;;
	:file) mapfile -t COMPREPLY < <(compgen -f -- "$cur") && compopt -o filenames 2>/dev/null ;;
	:dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur") && compopt -o filenames 2>/dev/null ;;
	:signal) mapfile -t COMPREPLY < <(compgen -W "SIGNALS" -- "$cur") ;;
	:container) mapfile -t COMPREPLY < <(compgen -W "$(husk "${root[@]}" list --quiet 2>/dev/null)" -- "$cur") ;;
	*) mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur") ;;
	esac
}
`

// bash returns the completion for bash. It needs nothing of the package bash-completion.
func bash(p program) string {
	var out strings.Builder
	out.WriteString(strings.Replace(bashHead, "SIGNALS", strings.Join(signalNames, " "), 1))

	out.WriteString("\n_husk_value() {\n\tcase $1 in\n")
	all := append([]verb{{flags: p.flags}}, p.verbs...)
	for _, v := range all {
		for _, o := range visible(v.flags) {
			if o.value != "" {
				fmt.Fprintf(&out, "\t%s) echo %s ;;\n", bashPatterns(v.name, o.names), bashKind(o))
			}
		}
	}
	out.WriteString("\t*) return 1 ;;\n\tesac\n}\n")

	out.WriteString("\n_husk_flags() {\n\tcase $1 in\n")
	for _, v := range all {
		var names []string
		for _, o := range visible(v.flags) {
			names = append(names, o.names...)
		}
		fmt.Fprintf(&out, "\t%q) echo \"%s\" ;;\n", v.name, strings.Join(names, " "))
	}
	out.WriteString("\tesac\n}\n")

	out.WriteString("\n_husk_verbs() {\n\tcase $1 in\n")
	for _, g := range groups(p) {
		fmt.Fprintf(&out, "\t%q) echo \"%s\" ;;\n", g.name, strings.Join(g.names(), " "))
	}
	out.WriteString("\tesac\n}\n")

	out.WriteString("\n_husk_arguments() {\n\tcase $1 in\n")
	for _, v := range p.verbs {
		if kinds := v.arguments(); len(kinds) > 0 {
			words := make([]string, len(kinds))
			for i, k := range kinds {
				words[i] = bashKinds[k]
			}
			fmt.Fprintf(&out, "\t%q) echo \"%s\" ;;\n", v.name, strings.Join(words, " "))
		}
	}
	out.WriteString("\tesac\n}\n\ncomplete -F _husk husk\n")
	return out.String()
}

func bashPatterns(verb string, names []string) string {
	patterns := make([]string, len(names))
	for i, name := range names {
		patterns[i] = fmt.Sprintf("%q", verb+" "+name)
	}
	return strings.Join(patterns, " | ")
}

var bashKinds = map[kind]string{
	nothing: ":none", files: ":file", folders: ":dir", containers: ":container", signals: ":signal",
}

func bashKind(o option) string {
	if len(o.words) > 0 {
		return `"` + strings.Join(o.words, " ") + `"`
	}
	return bashKinds[kindOf(o.value)]
}
