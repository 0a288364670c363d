package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// rounds is how often the contenders take turns: what else the machine does in the meantime then hits all of them.
const rounds = 3

// deadline is for a single run of anything that is measured.
const deadline = time.Minute

// An environment is where measurements take place.
type environment struct {
	*settings
	view string
	dir  string
}

// root is a contender's own state directory.
func (e *environment) root(c contender) string { return filepath.Join(e.dir, "root", c.Name) }

// call is a command line of a contender's.
func (e *environment) call(c contender, args ...string) []string {
	return append([]string{c.Path, "--root", e.root(c)}, args...)
}

// A measurement is what one contender achieved. Without one there is the reason why.
type measurement struct {
	Median float64 `json:"median,omitempty"`
	Min    float64 `json:"min,omitempty"`
	Error  string  `json:"error,omitempty"`
}

func failed(err error) *measurement { return &measurement{Error: err.Error()} }

// A timed scenario is one whose command is timed.
type timed struct {
	// setUp, if any, comes first and returns what ends it.
	setUp func(*environment, contender) (func(), error)
	// before, if any, comes before every single run and is not timed.
	before func(*environment, contender) []string
	// command is what is timed.
	command func(*environment, contender) []string
}

// measure times the command with all contenders, in turns.
func (t timed) measure(e *environment) (map[string]*measurement, error) {
	all := make(map[string]*measurement)
	var able []contender
	for _, c := range e.Contenders {
		if t.setUp != nil {
			tearDown, err := t.setUp(e, c)
			if err != nil {
				all[c.Name] = failed(err)
				continue
			}
			defer tearDown()
		}
		if err := t.try(e, c); err != nil {
			all[c.Name] = failed(err)
			continue
		}
		able = append(able, c)
	}
	if len(able) == 0 {
		return all, nil
	}
	times, err := t.takeTurns(e, able)
	if err != nil {
		return nil, err
	}
	for name, times := range times {
		all[name] = &measurement{Median: median(times) * 1000, Min: slices.Min(times) * 1000}
	}
	return all, nil
}

// try runs the command once, which warms it up and shows whether the contender can do it at all.
func (t timed) try(e *environment, c contender) error {
	if t.before != nil {
		if err := run(t.before(e, c)); err != nil {
			return err
		}
	}
	return run(t.command(e, c))
}

// takeTurns returns the times of all runs, in seconds.
func (t timed) takeTurns(e *environment, able []contender) (map[string][]float64, error) {
	times := make(map[string][]float64)
	for range rounds {
		batch, err := t.hyperfine(e, able)
		if err != nil {
			return nil, err
		}
		for i, c := range able {
			times[c.Name] = append(times[c.Name], batch[i]...)
		}
	}
	return times, nil
}

// hyperfine returns the times of one round, in the order of the contenders.
func (t timed) hyperfine(e *environment, able []contender) ([][]float64, error) {
	export := filepath.Join(e.dir, "hyperfine.json")
	runs := (e.Runs + rounds - 1) / rounds
	args := []string{"--shell=none", "--style=none", "--warmup=1", "--runs=" + strconv.Itoa(runs), "--export-json=" + export}
	for _, c := range able {
		if t.before != nil {
			args = append(args, "--prepare="+quote(t.before(e, c)))
		}
		args = append(args, quote(t.command(e, c)))
	}
	if err := run(append([]string{"hyperfine"}, args...)); err != nil {
		return nil, err
	}
	var out struct{ Results []struct{ Times []float64 } }
	if err := readJSON(export, &out); err != nil {
		return nil, err
	}
	if len(out.Results) != len(able) {
		return nil, fmt.Errorf("hyperfine has measured %d of %d commands", len(out.Results), len(able))
	}
	batch := make([][]float64, len(able))
	for i, r := range out.Results {
		batch[i] = r.Times
	}
	return batch, nil
}

func median(times []float64) float64 {
	sorted := slices.Sorted(slices.Values(times))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// quote writes a command line as hyperfine takes it apart.
func quote(command []string) string {
	words := make([]string, len(command))
	for i, word := range command {
		words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return strings.Join(words, " ")
}

// run runs a command. Its error is the last line that the command has written to stderr.
//
// stderr is a file, not a pipe: containers inherit it and outlive the command.
func run(command []string) error {
	stderr, err := os.CreateTemp("", "husk-bench-stderr")
	if err != nil {
		return err
	}
	defer os.Remove(stderr.Name())
	defer stderr.Close()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr = stderr
	err = cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("not done within %v", deadline)
	}
	if line := lastLine(stderr.Name()); line != "" {
		return errors.New(line)
	}
	return fmt.Errorf("%s: %w", filepath.Base(command[0]), err)
}

func lastLine(path string) string {
	data, _ := os.ReadFile(path)
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	return string(lines[len(lines)-1])
}

// peakMemory is the largest resident set of a run, the runtime's or one of the processes that it waits for, in MiB.
// GNU time has to be in between: the kernel counts a child's from its parent's at the fork, and ours is large.
func peakMemory(e *environment) (map[string]*measurement, error) {
	all := make(map[string]*measurement)
	for _, c := range e.Contenders {
		all[c.Name] = peakMemoryOf(e, c)
	}
	return all, nil
}

func peakMemoryOf(e *environment, c contender) *measurement {
	out := filepath.Join(e.dir, "time")
	var peaks []float64
	for range rounds {
		timeIt := []string{"/usr/bin/time", "--output=" + out, "--format=%M"}
		if err := run(append(timeIt, e.call(c, "run", "--bundle", e.Bundles.True, id("rss", c))...)); err != nil {
			return failed(err)
		}
		kib, err := strconv.ParseFloat(lastLine(out), 64)
		if err != nil {
			return failed(err)
		}
		peaks = append(peaks, kib/1024)
	}
	return &measurement{Median: median(peaks), Min: slices.Min(peaks)}
}

// smallestMemory is the smallest memory limit that a container starts with, in MiB: powers of two from 64 KiB, the first
// that works three times over.
func smallestMemory(e *environment) (map[string]*measurement, error) {
	all := make(map[string]*measurement)
	for _, c := range e.Contenders {
		all[c.Name] = smallestMemoryOf(e, c)
	}
	return all, nil
}

func smallestMemoryOf(e *environment, c contender) *measurement {
	const lowest, highest = 64 << 10, 256 << 20
	var err error
	for limit := int64(lowest); limit <= highest; limit *= 2 {
		if err = e.startsWith(c, limit); err == nil {
			mib := float64(limit) / (1 << 20)
			return &measurement{Median: mib, Min: mib}
		}
	}
	return failed(err)
}

// startsWith tells whether a container runs under a memory limit.
func (e *environment) startsWith(c contender, limit int64) error {
	bundle, err := e.limitedBundle(limit)
	if err != nil {
		return err
	}
	for range rounds {
		if err := run(e.call(c, "run", "--bundle", bundle, id("memory", c))); err != nil {
			_ = run(e.call(c, "delete", "--force", id("memory", c))) // it may have left something, or nothing
			return err
		}
	}
	return nil
}

func (e *environment) limitedBundle(limit int64) (string, error) {
	s := plainSpec(e.Bundles.Rootfs)
	s.Linux.Resources.Memory = &specs.LinuxMemory{Limit: &limit}
	dir := filepath.Join(e.dir, "memory")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return dir, writeJSON(filepath.Join(dir, "config.json"), s)
}
