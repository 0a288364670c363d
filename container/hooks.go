package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/fault"
	"github.com/huskrun/husk/internal/hookrun"
)

// Annotations of crun that name host files to which the output of hooks is appended.
const (
	hooksStdout = "run.oci.hooks.stdout"
	hooksStderr = "run.oci.hooks.stderr"
)

// placeHooks puts the hooks that libcontainer calls into its configuration:
//
//	prestart, createRuntime           functions of this process
//	createContainer, startContainer   commands that init starts, through our door
//
// poststart and poststop are not libcontainer's to run: it has the former in create, and the latter after the state is
// gone and only until the first failure. They stay in the side file.
func (c *loaded) placeHooks(ctx context.Context, cfg *configs.Config) {
	cfg.Hooks = configs.Hooks{}
	h := c.side.Hooks
	if h == nil {
		return
	}
	inRuntime := func(name configs.HookName, hooks []specs.Hook, status specs.ContainerState) {
		for i := range hooks {
			cfg.Hooks[name] = append(cfg.Hooks[name], configs.NewFunctionHook(func(s *specs.State) error {
				state := *s
				state.Status = status
				return c.runHook(ctx, name, i, &hooks[i], &state)
			}))
		}
	}
	inContainer := func(name configs.HookName, hooks []specs.Hook, dir string) {
		for i := range hooks {
			cfg.Hooks[name] = append(cfg.Hooks[name], configs.NewCommandHook(doorCommand(&hooks[i], dir)))
		}
	}
	// prestart was once part of start, and hooks written for it expect to see a created container.
	inRuntime(configs.Prestart, h.Prestart, specs.StateCreated) //nolint:staticcheck // deprecated, still in use
	inRuntime(configs.CreateRuntime, h.CreateRuntime, specs.StateCreating)
	inContainer(configs.CreateContainer, h.CreateContainer, c.side.Bundle)
	inContainer(configs.StartContainer, h.StartContainer, "")
}

// doorCommand is h as a command for libcontainer's runner. The deadline is behind the door, which knows the process
// group.
func doorCommand(h *specs.Hook, dir string) *configs.Command {
	run := newHook(h)
	run.Dir = dir
	path, argv := hookrun.Wrap(run)
	return &configs.Command{Path: path, Args: argv, Env: h.Env}
}

func newHook(h *specs.Hook) *hookrun.Hook {
	run := &hookrun.Hook{Path: h.Path, Args: h.Args, Env: h.Env}
	if h.Timeout != nil {
		run.Timeout = time.Duration(*h.Timeout) * time.Second
	}
	return run
}

// runHook runs a hook in the runtime's namespaces with the bundle as its directory, if that is still there.
func (c *loaded) runHook(ctx context.Context, name configs.HookName, i int, h *specs.Hook, state *specs.State) (err error) {
	run := newHook(h)
	if run.Stdin, err = json.Marshal(state); err != nil {
		return err
	}
	if fi, err := os.Stat(state.Bundle); err == nil && fi.IsDir() {
		run.Dir = state.Bundle
	} else {
		run.Dir = "/"
	}
	for _, out := range []struct {
		annotation string
		file       **os.File
	}{{hooksStdout, &run.Stdout}, {hooksStderr, &run.Stderr}} {
		path := state.Annotations[out.annotation]
		if path == "" {
			continue
		}
		f, err := openHookOutput(path)
		if err != nil {
			return fault.New("annotation "+out.annotation, err, "")
		}
		defer f.Close()
		*out.file = f
	}
	return hookFault(name, i, run.Run(ctx))
}

func hookFault(name configs.HookName, i int, err error) error {
	if err == nil {
		return nil
	}
	f := &fault.Error{Object: fmt.Sprintf("hooks.%s[%d]", name, i), Err: err}
	if errors.Is(err, os.ErrNotExist) {
		f.Hint = "the hook does not exist; install it or take it out of config.json"
	}
	return f
}

// openHookOutput opens a file for a hook's output. Whoever writes config.json names a file that we write as root, so no
// symlink may stand in its path, and what exists must be a regular file of the caller's own with one name, which nobody
// else can write to.
func openHookOutput(path string) (*os.File, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("%s is not an absolute path", path)
	}
	fd, err := unix.Openat2(unix.AT_FDCWD, path, &unix.OpenHow{
		Flags:   unix.O_WRONLY | unix.O_APPEND | unix.O_CREAT | unix.O_CLOEXEC | unix.O_NOCTTY | unix.O_NONBLOCK,
		Mode:    0o600,
		Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(fd), path)
	fi, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	st := fi.Sys().(*syscall.Stat_t)
	if !fi.Mode().IsRegular() || int(st.Uid) != os.Geteuid() || st.Nlink != 1 || fi.Mode().Perm()&0o022 != 0 {
		f.Close()
		return nil, fmt.Errorf("%s must be a regular file of user %d with one name that nobody else can write to", path, os.Geteuid())
	}
	return f, nil
}

// runPoststart runs the poststart hooks one after the other; the first failure ends them (specification 1.3: it is an
// error of start, and the container must be stopped).
func (c *loaded) runPoststart(ctx context.Context) error {
	if c.side.Hooks == nil {
		return nil
	}
	state := c.ociState(specs.StateRunning)
	for i := range c.side.Hooks.Poststart {
		if err := c.runHook(ctx, configs.Poststart, i, &c.side.Hooks.Poststart[i], state); err != nil {
			return err
		}
	}
	return nil
}

// HookDoor is the first argument with which init starts husk to run one of a container's hooks.
const HookDoor = hookrun.Door

// HookMain is behind HookDoor. It returns the exit code.
func HookMain() int { return hookrun.Main() }
