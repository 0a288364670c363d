package container

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/huskrun/husk/internal/fault"
)

// startPatience is how long init may take from the opening of its FIFO to being let go. It only waits to be scheduled,
// unless somebody froze its cgroup.
const startPatience = time.Minute

// Start lets a created container's init execute the process and runs the poststart hooks. If one of these fails the
// container is killed and removed.
func (r *Runtime) Start(ctx context.Context, id string, o StartOptions) error {
	if _, err := r.load(id); err != nil { // before the lock: an unknown id leaves no trace
		return err
	}
	unlock, err := r.lock(ctx, id)
	if err != nil {
		return err
	}
	c, err := r.startLocked(ctx, id, o)
	unlock()
	if err != nil || c == nil {
		return err
	}
	return c.awaitReady(ctx)
}

// startLocked returns the container if its readiness is to be awaited.
func (r *Runtime) startLocked(ctx context.Context, id string, o StartOptions) (*loaded, error) {
	c, err := r.load(id)
	if err != nil {
		return nil, err
	}
	if err := c.intact(); err != nil {
		return nil, err
	}
	switch s := c.status(); s {
	case Created:
	case Stopped:
		return nil, fmt.Errorf("cannot start a container that has stopped: %w", ErrStopped)
	case Paused:
		return nil, &fault.Error{Err: ErrPaused, Hint: "resume it first"}
	default:
		return nil, fmt.Errorf("cannot start a container that is %s already", s)
	}
	if c.side.NotifySocket = o.NotifySocket; o.NotifySocket == "" {
		return nil, c.start(ctx)
	}
	return c, c.start(ctx)
}

// start is what start and run share.
func (c *loaded) start(ctx context.Context) error {
	wait, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	if err := c.listen(); err != nil {
		return err
	}
	if err := engineOf(&c.state.Config).Start(wait, c.dir, c.initRef()); err != nil {
		return fault.New(fmt.Sprintf("init, pid %d", c.state.InitProcessPid), err, startHint(wait))
	}
	if err := c.runPoststart(ctx); err != nil {
		if undone := c.destroy(context.WithoutCancel(ctx)); undone != nil {
			c.rt.log().Warn(oneLine(undone))
		}
		return err
	}
	return nil
}

func startHint(ctx context.Context) string {
	if ctx.Err() == context.DeadlineExceeded {
		return fmt.Sprintf("it did not come to its exec FIFO within %v; is its cgroup frozen?", startPatience)
	}
	return ""
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
