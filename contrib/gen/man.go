package main

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// manual is husk(8).
func (p program) manual() string {
	var m roff
	m.title("husk", p.usage)
	m.heading("SYNOPSIS")
	m.synopsis("husk", "[GLOBAL-OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]")
	prose, examples := split(p.description)
	m.heading("DESCRIPTION")
	m.prose(prose)
	m.heading("COMMANDS")
	for _, v := range p.verbs {
		m.entry(bold(v.name)+italic(args(v)), v.usage+`; see \fB`+escape(v.page())+`\fP(8)`)
	}
	m.heading("GLOBAL OPTIONS")
	m.options(p.flags)
	m.heading("EXIT STATUS")
	m.exitStatus("")
	m.heading("ENVIRONMENT")
	m.entry(bold("XDG_RUNTIME_DIR"), "holds the state of a user who is not root, in husk")
	m.entry(bold("LISTEN_FDS"), "is how many descriptors from 3 up a service manager passes; the container's process gets them")
	m.entry(bold("NOTIFY_SOCKET"), "is where the container's process may report that it is ready, as sd_notify(3) does")
	m.heading("FILES")
	m.entry(bold("/run/husk/")+italic("ID"), "the state of a container")
	m.entry(bold("config.json"), "the configuration in a bundle, as the OCI runtime specification 1.3 defines it")
	m.examples(examples)
	m.heading("SEE ALSO")
	pages := make([]string, len(p.verbs))
	for i, v := range p.verbs {
		pages[i] = v.page() + "(8)"
	}
	m.references(append(pages, "runc(8)", "crun(1)"))
	return m.String()
}

// manual is the page of a verb.
func (v verb) manual(p program) string {
	var m roff
	m.title(v.page(), v.usage)
	m.heading("SYNOPSIS")
	// What stands behind a bar is another way to call the verb.
	for way := range strings.SplitSeq(strings.TrimSpace(v.args), " | ") {
		m.synopsis("husk "+v.name, strings.TrimSpace("[OPTIONS] "+way))
	}
	prose, examples := split(v.description)
	m.heading("DESCRIPTION")
	m.prose(prose)
	m.heading("OPTIONS")
	m.options(v.flags)
	m.text(`.PP
The options of \fBhusk\fP(8) stand before the command.`)
	m.heading("EXIT STATUS")
	m.exitStatus(v.name)
	m.examples(examples)
	m.heading("SEE ALSO")
	m.references(append([]string{"husk(8)"}, v.related(p)...))
	return m.String()
}

// related are the pages of the verbs that the verb's own text speaks of.
func (v verb) related(p program) (pages []string) {
	group, _, _ := strings.Cut(v.name, " ")
	for _, other := range p.verbs {
		spoken := regexp.MustCompile(`\bhusk (--?\S+ (/\S+ )?)?` + other.name + `\b`).MatchString(v.description)
		if other.name != v.name && (spoken || strings.HasPrefix(other.name, group+" ")) {
			pages = append(pages, other.page()+"(8)")
		}
	}
	return pages
}

func args(v verb) string {
	if a := strings.TrimSpace(v.args); a != "" {
		return " " + a
	}
	return ""
}

// split parts the examples, behind the line EXAMPLE: or EXAMPLES:, from the text before them.
func split(description string) (prose, examples string) {
	at := regexp.MustCompile(`(?m)^EXAMPLES?:\n`).FindStringIndex(description)
	if at == nil {
		return description, ""
	}
	prose, examples = description[:at[0]], description[at[1]:]
	// What follows the indented lines is prose again.
	if end := regexp.MustCompile(`(?m)^\S`).FindStringIndex(examples); end != nil {
		prose, examples = prose+examples[end[0]:], examples[:end[0]]
	}
	return prose, examples
}

// roff is a man page as it grows.
type roff struct{ strings.Builder }

func (m *roff) title(name, usage string) {
	m.text(`.\" Generated from the commands by contrib/gen: do not edit.`)
	m.text(fmt.Sprintf(`.TH %s 8 "" husk "husk manual"`, escape(strings.ToUpper(name))))
	m.heading("NAME")
	m.text(escape(name) + ` \- ` + escape(usage))
}

func (m *roff) text(line string) { m.WriteString(line + "\n") }

func (m *roff) heading(title string) { m.text(".SH " + title) }

func (m *roff) synopsis(command, arguments string) {
	m.text(".SY \"" + escape(command) + "\"")
	m.text(marked(arguments))
	m.text(".YS")
}

// prose prints paragraphs, and as they are those whose lines are all indented.
func (m *roff) prose(text string) {
	first := true
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if !first {
			m.text(".PP")
		}
		first = false
		if strings.HasPrefix(paragraph, "    ") {
			m.verbatim(paragraph)
			continue
		}
		m.text(guard(marked(strings.Join(strings.Fields(paragraph), " "))))
	}
}

func (m *roff) verbatim(text string) {
	m.text(".RS 4\n.EX")
	for line := range strings.SplitSeq(text, "\n") {
		m.text(guard(escape(strings.TrimPrefix(line, "    "))))
	}
	m.text(".EE\n.RE")
}

// entry is a term and, indented, what it means.
func (m *roff) entry(term, meaning string) {
	m.text(".TP\n" + term + "\n" + guard(sentence(meaning)))
}

func (m *roff) options(flags []option) {
	for _, o := range flags {
		terms := make([]string, len(o.names))
		for i, name := range o.names {
			terms[i] = bold(name)
		}
		term := strings.Join(terms, ", ")
		if o.value != "" {
			term += " " + italic(o.value)
		}
		usage := marked(o.usage)
		if o.value != "" {
			usage = strings.Replace(usage, escape(o.value), italic(o.value), 1)
		}
		if o.fallback != "" {
			usage += " (default: " + escape(o.fallback) + ")"
		}
		m.entry(term, usage)
	}
}

func (m *roff) exitStatus(verb string) {
	switch verb {
	case "":
		m.text("0 on success. On failure the last line on the standard error stream says what failed, and:")
		m.entry("1", "a command failed, or was called in a wrong way")
		m.entry("3", "there is no such command")
		m.entry("255", `\fBexec\fP could not start the process`)
		m.text(`.PP
\fBrun\fP, \fBrestore\fP and \fBexec\fP, unless detached, end with the status of the container's process, or with 128 plus
the number of the signal that ended it.`)
	case "run", "restore":
		m.text(`Without \fB\-\-detach\fP the status of the container's process, or 128 plus the number of the signal that ended it;
otherwise 0 on success. 1 when husk fails.`)
	case "exec":
		m.text(`Without \fB\-\-detach\fP the status of the process, or 128 plus the number of the signal that ended it; otherwise 0
on success. 255 when husk fails.`)
	default:
		m.text("0 on success, 1 on failure.")
	}
}

func (m *roff) examples(text string) {
	if text = strings.Trim(text, "\n"); text != "" {
		m.heading("EXAMPLES")
		m.verbatim(text)
	}
}

func (m *roff) references(pages []string) {
	for i, page := range pages {
		name, section, _ := strings.Cut(page, "(")
		if i < len(pages)-1 {
			section += ","
		}
		m.text(".BR " + escape(name) + " (" + section)
	}
}

func bold(s string) string   { return `\fB` + escape(s) + `\fP` }
func italic(s string) string { return `\fI` + escape(s) + `\fP` }

// flagWord is a flag in prose.
var flagWord = regexp.MustCompile(`(^|[ (])(--[a-z][a-z0-9-]*)`)

// marked escapes prose and prints flags bold.
func marked(s string) string {
	var out strings.Builder
	last := 0
	for _, at := range flagWord.FindAllStringSubmatchIndex(s, -1) {
		out.WriteString(escape(s[last:at[4]]) + bold(s[at[4]:at[5]]))
		last = at[5]
	}
	return out.String() + escape(s[last:])
}

// escape keeps roff from reading backslashes, from making hyphens of dashes that one copies into a shell, and from
// guessing an encoding.
func escape(s string) string {
	s = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, `^`, `\(ha`, `~`, `\(ti`, "`", `\(ga`).Replace(s)
	var out strings.Builder
	for _, r := range s {
		if r > unicode.MaxASCII {
			fmt.Fprintf(&out, `\[u%04X]`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// guard keeps a line that begins with a control character text.
func guard(line string) string {
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		return `\&` + line
	}
	return line
}

// sentence gives a fragment a capital and a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if c := s[0]; 'a' <= c && c <= 'z' {
		s = string(c-'a'+'A') + s[1:]
	}
	return strings.TrimSuffix(s, ".") + "."
}
