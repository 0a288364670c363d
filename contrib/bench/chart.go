package main

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// Measures of the chart, in pixels.
const (
	chartWidth = 800
	barsLeft   = 270
	barsWidth  = 420 // of the longest bar; what is left is for its figure
	barHeight  = 11
	barStep    = 14
	groupGap   = 12
	chartTop   = 64
	chartFoot  = 44
)

// The style follows the reader's choice of light or dark; the background is the page's.
const chartStyle = `
text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.muted { font-size: 11px; fill: #59636e }
.c0 { fill: #1f6feb } .c1 { fill: #8c959f } .c2 { fill: #c4cbd3 } .c3 { fill: #bf8700 } .c4 { fill: #8250df }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.muted { fill: #9198a1 }
.c0 { fill: #58a6ff } .c1 { fill: #7d8590 } .c2 { fill: #4b535d } .c3 { fill: #d29922 } .c4 { fill: #a371f7 }
}
`

const chartColours = 5

// chart draws the first view's rows as groups of bars. Each group has a scale of its own: what counts is how the
// runtimes compare, and a `podman run` takes fifty times as long as a `state`.
func chart(r *report) string {
	var body strings.Builder
	y := chartTop
	for _, row := range r.Results {
		if row.View != r.Results[0].View {
			break
		}
		y = drawGroup(&body, r, row, y) + groupGap
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img">
<title>%[3]s</title>
<style>%[4]s</style>
%[5]s%[6]s%[7]s</svg>
`, chartWidth, y+chartFoot-groupGap, "husk beside other OCI runtimes: medians, shorter is better", chartStyle,
		legend(r), body.String(), foot(r, y))
}

// legend draws the title, and which colour is whose.
func legend(r *report) string {
	var b strings.Builder
	b.WriteString(text(0, 16, "title", "Shorter is better"))
	x := barsLeft
	for i, c := range r.Runtimes {
		label := strings.TrimSpace(c.Name + " " + shortVersion(c))
		fmt.Fprintf(&b, `<rect class="c%d" x="%d" y="30" width="11" height="11" rx="2"/>`+"\n", i%chartColours, x)
		b.WriteString(text(x+16, 40, "", label))
		x += 40 + 7*len(label)
	}
	return b.String()
}

// drawGroup draws a row's bars from y downwards and returns where they end.
func drawGroup(b *strings.Builder, r *report, row result, y int) int {
	var longest float64
	for _, m := range row.Values {
		if m.succeeded() {
			longest = max(longest, m.Median)
		}
	}
	b.WriteString(text(0, y+barHeight-1, "", row.Title))
	for i, c := range r.Runtimes {
		label, width := "cannot", 0.0
		if m := row.Values[c.Name]; m.succeeded() {
			label, width = figure(m.Median)+" "+row.Unit, max(1, barsWidth*m.Median/longest)
		}
		fmt.Fprintf(b, `<rect class="c%d" x="%d" y="%d" width="%.1f" height="%d" rx="2"/>`+"\n",
			i%chartColours, barsLeft, y, width, barHeight)
		b.WriteString(text(barsLeft+int(width)+6, y+barHeight-1, "muted", label))
		y += barStep
	}
	return y
}

// foot says what was measured where and when.
func foot(r *report, y int) string {
	what := fmt.Sprintf("Medians of %d runs; %s; each group has its own scale.", r.Runs, viewTitles[r.Results[0].View])
	where := fmt.Sprintf("%s, %s", r.Date, r.Machine)
	return text(0, y+chartFoot-groupGap-22, "muted", what) + text(0, y+chartFoot-groupGap-6, "muted", where)
}

func text(x, y int, class, s string) string {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(s)) // a strings.Builder does not fail
	return fmt.Sprintf(`<text class="%s" x="%d" y="%d">%s</text>`+"\n", class, x, y, escaped.String())
}
