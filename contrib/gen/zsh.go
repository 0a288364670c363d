package main

import (
	"fmt"
	"strings"
)

const zshHead = `#compdef husk
# zsh completion of husk. Generated from the commands by contrib/gen: do not edit.

_husk_containers() {
	local -a ids
	ids=(${(f)"$(husk $husk_root list --quiet 2>/dev/null)"})
	compadd -a ids
}

_husk_signals() {
	compadd SIGNALS
}

`

// zsh returns the completion for zsh.
func zsh(p program) string {
	var out strings.Builder
	out.WriteString(strings.Replace(zshHead, "SIGNALS", strings.Join(signalNames, " "), 1))
	for _, g := range groups(p) {
		g.zsh(&out)
	}
	out.WriteString("_husk \"$@\"\n")
	return out.String()
}

// zsh writes the function that completes the commands of a group, husk's own or those of one of its commands.
func (g group) zsh(out *strings.Builder) {
	fmt.Fprintf(out, "_husk%s() {\n\tlocal curcontext=$curcontext state line\n\tlocal -A opt_args\n", suffix(g.name))
	if g.name == "" {
		out.WriteString("\tlocal -a husk_root\n")
	}
	out.WriteString("\t_arguments -C -S \\\n")
	zshOptions(out, "\t\t", g.flags)
	out.WriteString("\t\t'1: :->command' '*:: :->arguments'\n\tcase $state in\n\tcommand)\n\t\tlocal -a commands=(\n")
	for _, m := range g.members {
		fmt.Fprintf(out, "\t\t\t'%s:%s'\n", m.name, zshText(m.usage))
	}
	out.WriteString("\t\t)\n\t\t_describe command commands\n\t\t;;\n\targuments)\n")
	if g.name == "" {
		out.WriteString("\t\t(( ! $+opt_args[--root] )) || husk_root=(--root $opt_args[--root])\n")
	}
	out.WriteString("\t\tcase $words[1] in\n")
	for _, m := range g.members {
		if m.verb == nil {
			fmt.Fprintf(out, "\t\t%s) _husk%s ;;\n", m.name, suffix(m.name))
			continue
		}
		fmt.Fprintf(out, "\t\t%s)\n\t\t\t_arguments -s -S \\\n", m.name)
		zshOptions(out, "\t\t\t\t", m.verb.flags)
		for i, k := range m.verb.arguments() {
			fmt.Fprintf(out, "\t\t\t\t'%d:%s:%s' \\\n", i+1, zshNames[k], zshActions[k])
		}
		out.WriteString("\t\t\t\t'*: :_default'\n\t\t\t;;\n")
	}
	out.WriteString("\t\tesac\n\t\t;;\n\tesac\n}\n\n")
}

func zshOptions(out *strings.Builder, indent string, flags []option) {
	for _, o := range visible(flags) {
		action := ""
		if o.value != "" {
			action = ":" + zshText(o.value) + ":" + zshAction(o)
		}
		names := make([]string, len(o.names))
		for i, name := range o.names {
			names[i] = name
			if action != "" && strings.HasPrefix(name, "--") {
				names[i] += "=" // the value may stand behind "=" or be the next word
			}
		}
		spec := fmt.Sprintf("'[%s]%s'", zshText(o.usage), action)
		if len(names) == 1 {
			fmt.Fprintf(out, "%s'%s%s \\\n", indent, names[0], spec[1:])
			continue
		}
		fmt.Fprintf(out, "%s'(%s)'{%s}%s \\\n", indent, strings.Join(o.names, " "), strings.Join(names, ","), spec)
	}
}

var (
	zshNames   = map[kind]string{containers: "container", signals: "signal", files: "file", folders: "directory"}
	zshActions = map[kind]string{
		nothing: "", containers: "_husk_containers", signals: "_husk_signals", files: "_files", folders: "_files -/",
	}
)

func zshAction(o option) string {
	if len(o.words) > 0 {
		return "(" + strings.Join(o.words, " ") + ")"
	}
	return zshActions[kindOf(o.value)]
}

// suffix makes a function's name of a command's.
func suffix(name string) string {
	if name == "" {
		return ""
	}
	return "_" + strings.ReplaceAll(name, " ", "_")
}

// zshText escapes what _arguments and _describe would take for their own, within single quotes.
func zshText(s string) string {
	return strings.NewReplacer(`'`, `'\''`, `[`, `\[`, `]`, `\]`, `:`, `\:`, "`", "\\`").Replace(s)
}
