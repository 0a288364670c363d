package main

import (
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// A report is what bench.json holds.
type report struct {
	Date     string    `json:"date"`
	Machine  machine   `json:"machine"`
	Runs     int       `json:"runs"`
	Runtimes []version `json:"runtimes"`
	Results  []result  `json:"results"`
}

type machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
}

type version struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

func newReport(s *settings) *report {
	r := &report{Date: time.Now().UTC().Format(time.DateOnly), Machine: thisMachine(), Runs: s.Runs}
	for _, c := range s.Contenders {
		r.Runtimes = append(r.Runtimes, version{c.Name, c.Version})
	}
	return r
}

func thisMachine() machine {
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return machine{CPU: processor(), Cores: runtime.NumCPU(), Kernel: strings.TrimSpace(string(kernel))}
}

// processor is the model's name, where the kernel tells it.
func processor() string {
	cpuinfo, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(cpuinfo)) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// String is the line that says where the figures come from.
func (m machine) String() string {
	return fmt.Sprintf("%s, %d cores, Linux %s", m.CPU, m.Cores, m.Kernel)
}

func (r *report) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(dir, "bench.json"), r); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "bench.svg"), []byte(chart(r)), 0o644)
}

var viewTitles = map[string]string{
	"v1":   "cgroup v1",
	"v2":   "cgroup2, no controllers",
	"host": "cgroups of the host",
}

// titleWidth makes the first column one of equal cells, which right alignment leaves alone.
const titleWidth = 40

// print prints a table for each view, and then why cells of them are empty.
func (r *report) print(out io.Writer) error {
	fmt.Fprintf(out, "%s, %s. Median (and best) of %d runs; ratios of medians.\n", r.Date, r.Machine, r.Runs)
	for view, rows := range r.views() {
		t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		r.printHead(t, view)
		for _, row := range rows {
			r.printRow(t, row)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		for _, c := range r.Runtimes {
			printNotes(out, c.Name, rows)
		}
	}
	return nil
}

// views yields each view's rows.
func (r *report) views() iter.Seq2[string, []result] {
	return func(yield func(string, []result) bool) {
		for rest := r.Results; len(rest) > 0; {
			n := 0
			for n < len(rest) && rest[n].View == rest[0].View {
				n++
			}
			if !yield(rest[0].View, rest[:n]) {
				return
			}
			rest = rest[n:]
		}
	}
}

func (r *report) printHead(t io.Writer, view string) {
	fmt.Fprintf(t, "\n%-*s\t", titleWidth, viewTitles[view])
	for _, c := range r.Runtimes {
		fmt.Fprintf(t, "%s %s\t", c.Name, shortVersion(c))
	}
	for _, c := range r.Runtimes[1:] {
		fmt.Fprintf(t, "%s/%s\t", r.Runtimes[0].Name, c.Name)
	}
	fmt.Fprintln(t)
}

// shortVersion leaves out what a distribution adds, and what the name says already.
func shortVersion(v version) string {
	if strings.HasSuffix(v.Name, v.Version) {
		return ""
	}
	short, _, _ := strings.Cut(v.Version, "+")
	return short
}

func (r *report) printRow(t io.Writer, row result) {
	fmt.Fprintf(t, "%-*s\t", titleWidth, row.Title+", "+row.Unit)
	for _, c := range r.Runtimes {
		fmt.Fprintf(t, "%s\t", row.Values[c.Name])
	}
	for _, c := range r.Runtimes[1:] {
		fmt.Fprintf(t, "%s\t", ratio(row.Values[r.Runtimes[0].Name], row.Values[c.Name]))
	}
	fmt.Fprintln(t)
}

// String is a cell of the table.
func (m *measurement) String() string {
	switch {
	case !m.succeeded():
		return "-"
	case m.Median == m.Min:
		return figure(m.Median)
	}
	return fmt.Sprintf("%s (%s)", figure(m.Median), figure(m.Min))
}

func (m *measurement) succeeded() bool { return m.Error == "" }

// figure writes three digits, more or less.
func figure(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 1:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

func ratio(a, b *measurement) string {
	if !a.succeeded() || !b.succeeded() {
		return "-"
	}
	return fmt.Sprintf("%.2f", a.Median/b.Median)
}

// printNotes says why a runtime's cells are empty: once, where all of them are.
func printNotes(out io.Writer, name string, rows []result) {
	var notes []string
	for _, row := range rows {
		if m := row.Values[name]; !m.succeeded() {
			notes = append(notes, fmt.Sprintf("%s: %s", row.Title, m.Error))
		}
	}
	if len(notes) == len(rows) {
		notes = []string{rows[0].Values[name].Error}
	}
	for _, note := range notes {
		fmt.Fprintf(out, "- %s cannot: %s\n", name, note)
	}
}
