package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func sample() *report {
	return &report{
		Date:     "2026-01-02",
		Machine:  machine{CPU: "A&B <CPU>", Cores: 2, Kernel: "6.1"},
		Runs:     9,
		Runtimes: []version{{"husk", "1.0"}, {"crun", "1.8.1+x"}},
		Results: []result{
			{View: "v1", Scenario: "run", Title: "run", Unit: ms, Values: map[string]*measurement{
				"husk": {Median: 10, Min: 8}, "crun": {Median: 5, Min: 4},
			}},
			{View: "v1", Scenario: "exec", Title: "exec", Unit: ms, Values: map[string]*measurement{
				"husk": {Median: 3, Min: 3}, "crun": {Error: "out of luck"},
			}},
			{View: "v2", Scenario: "run", Title: "run", Unit: ms, Values: map[string]*measurement{
				"husk": {Median: 200, Min: 100}, "crun": {Error: "no controllers"},
			}},
			{View: "v2", Scenario: "exec", Title: "exec", Unit: ms, Values: map[string]*measurement{
				"husk": {Median: 0.25, Min: 0.25}, "crun": {Error: "no controllers"},
			}},
		},
	}
}

func TestTable(t *testing.T) {
	var out strings.Builder
	if err := sample().print(&out); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"2026-01-02, A&B <CPU>, 2 cores, Linux 6.1. Median (and best) of 9 runs; ratios of medians.",
		"", "cgroup v1 husk 1.0 crun 1.8.1 husk/crun",
		"run, ms 10.0 (8.0) 5.0 (4.0) 2.00",
		"exec, ms 3.0 - -",
		"- crun cannot: exec: out of luck",
		"", "cgroup2, no controllers husk 1.0 crun 1.8.1 husk/crun",
		"run, ms 200 (100) - -",
		"exec, ms 0.25 - -",
		"- crun cannot: no controllers", // all of them, so once
	}
	if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("printed\n%s", got)
	}
}

func TestChart(t *testing.T) {
	svg := chart(sample())
	widths := make(map[string]int)
	var texts []string
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			for _, a := range token.Attr {
				if token.Name.Local == "rect" && a.Name.Local == "width" {
					widths[a.Value]++
				}
			}
		case xml.CharData:
			texts = append(texts, string(token))
		}
	}
	// The first view only; the longest bar of each of its rows is as long as a bar can be.
	if widths["420.0"] != 2 || widths["210.0"] != 1 || widths["0.0"] != 1 {
		t.Errorf("bars are %v wide", widths)
	}
	for _, want := range []string{"2026-01-02, A&B <CPU>, 2 cores, Linux 6.1", "10.0 ms", "cannot", "crun 1.8.1"} {
		if !strings.Contains(strings.Join(texts, "\n"), want) {
			t.Errorf("the chart does not say %q", want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		times []float64
		want  float64
	}{{[]float64{3}, 3}, {[]float64{4, 1, 2}, 2}, {[]float64{4, 1, 2, 3}, 2.5}} {
		if got := median(c.times); got != c.want {
			t.Errorf("median(%v) = %v, not %v", c.times, got, c.want)
		}
	}
}
