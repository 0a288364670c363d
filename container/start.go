package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/huskrun/husk/container/engine"
	"github.com/huskrun/husk/internal/fault"
)

// startPatience is how long init may take from the opening of its FIFO to being let go. It only waits to be scheduled,
// unless somebody froze its cgroup.
const startPatience = time.Minute

// Start lets a created container's init execute the process and runs the poststart hooks. If one of these fails the
// container is killed and removed.
func (r *Runtime) Start(ctx context.Context, id string, o StartOptions) error {
	c, unlock, err := r.loadAlone(ctx, id)
	if err != nil {
		return err
	}
	err = c.startable()
	if err == nil {
		c.side.NotifySocket = o.NotifySocket
		err = c.start(ctx)
	}
	unlock()
	if err != nil {
		return err
	}
	return c.awaitReady(ctx)
}

// startable refuses what is not waiting to be started.
func (c *loaded) startable() error {
	if err := c.intact(); err != nil {
		return err
	}
	switch s := c.status(); s {
	case Created:
		return nil
	case Stopped:
		return fmt.Errorf("cannot start a container that has stopped: %w", ErrStopped)
	case Paused:
		return &fault.Error{Err: ErrPaused, Hint: "resume it first"}
	default:
		return fmt.Errorf("cannot start a container that is %s already", s)
	}
}

// start is what start and run share.
func (c *loaded) start(ctx context.Context) error {
	wait, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	if err := c.listen(); err != nil {
		return err
	}
	err := c.release(wait)
	if err == nil {
		if err = c.runPoststart(ctx); err != nil {
			err = c.abandon(ctx, err)
		}
	}
	if err != nil && c.notify != nil {
		c.notify.Close()
	}
	return err
}

// release lets init go on to the container's process, the startContainer hooks included.
func (c *loaded) release(ctx context.Context) error {
	// startContainer hooks may fail before the process is executed, and poststart hooks must not run before it is.
	hooks := deref(c.side.Hooks)
	await := len(hooks.StartContainer) > 0 || len(hooks.Poststart) > 0
	err := c.rt.engine().Start(ctx, &engine.StartRequest{StateDir: c.dir, Init: c.initRef(), AwaitExec: await})
	switch {
	case err == nil:
		return nil
	case len(hooks.StartContainer) > 0 && errors.Is(err, engine.ErrInitDied):
		return c.abandon(ctx, fault.New("hooks.startContainer", err, "the hook's message is on the container's stderr"))
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fmt.Sprintf("init, pid %d", c.state.InitProcessPid), err,
			fmt.Sprintf("it did not come to its exec FIFO within %v; is its cgroup frozen?", startPatience))
	}
	return fault.New(fmt.Sprintf("init, pid %d", c.state.InitProcessPid), err, "")
}

// abandon removes a container whose start failed for good, as the specification has it for failing hooks (runtime.md,
// Lifecycle, step 12), and returns the cause.
func (c *loaded) abandon(ctx context.Context, cause error) error {
	if err := c.destroy(context.WithoutCancel(ctx)); err != nil {
		c.rt.log().Warn(oneLine(err))
	}
	return cause
}

// listen binds the container's sd_notify socket, if it has one, before the process can write to it.
func (c *loaded) listen() (err error) {
	if c.side.NotifySocket == "" {
		return nil
	}
	c.notify, err = c.listenNotify()
	return err
}

// awaitReady passes the container's readiness on to the service manager; a failure is only worth a warning, since the
// container runs.
func (c *loaded) awaitReady(ctx context.Context) error {
	if c.notify == nil {
		return nil
	}
	if err := c.forwardReady(ctx, c.notify, c.state.InitProcessPid); err != nil && !os.IsNotExist(err) {
		c.rt.log().Warn("sd_notify: " + err.Error())
	}
	return nil
}
