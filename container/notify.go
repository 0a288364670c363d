package container

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/pidfd"
)

// sd_notify(3) through the container's wall: the container writes to a socket of ours, which stands in the state
// directory and is bind-mounted into the container, and we pass READY on to the service manager with the container's
// own pid as MAINPID.
const (
	notifyDir       = "notify"      // below the state directory
	notifySocket    = "notify.sock" // in it
	notifyInside    = "/run/notify" // where the container sees the directory
	barrierPatience = 30 * time.Second
)

// injectNotify makes s see the socket.
func injectNotify(s *specs.Spec, stateDir string) {
	s.Mounts = append(s.Mounts, specs.Mount{
		Destination: notifyInside,
		Source:      filepath.Join(stateDir, notifyDir),
		Options:     []string{"bind", "nosuid", "noexec", "nodev", "ro"},
	})
	s.Process.Env = append(s.Process.Env, "NOTIFY_SOCKET="+notifyInside+"/"+notifySocket)
}

// listenNotify binds the container's socket, which start does since create's process is gone by then. Anybody in the
// container may write to it.
func (c *loaded) listenNotify() (*net.UnixConn, error) {
	path := filepath.Join(c.dir, notifyDir, notifySocket)
	_ = os.Remove(path) // of a start that was interrupted
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o777); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// forwardReady waits for READY= from the container, or its end, and tells the service manager, with mainPid as the
// process to watch. It closes conn.
func (c *loaded) forwardReady(ctx context.Context, conn *net.UnixConn, mainPid int) error {
	defer conn.Close()
	init, err := c.init()
	if err != nil {
		return nil // it has ended; nobody is left to be ready
	}
	defer init.Close()
	line, err := readReady(ctx, conn, init)
	if line == nil || err != nil {
		return err
	}
	manager, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: c.side.NotifySocket, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer manager.Close()
	for _, msg := range [][]byte{line, []byte("MAINPID=" + strconv.Itoa(mainPid))} {
		if _, err := manager.Write(append(msg, '\n')); err != nil {
			return err
		}
	}
	return barrier(manager)
}

// readReady returns the READY= line of the first datagram that has one, nil when the container ends without.
func readReady(ctx context.Context, conn *net.UnixConn, init *pidfd.FD) ([]byte, error) {
	f, err := conn.File()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buf := make([]byte, 4096)
	for {
		ended, err := pidfd.WaitEither(ctx, init, int(f.Fd()))
		if err != nil {
			return nil, err
		}
		n, _, err := unix.Recvfrom(int(f.Fd()), buf, unix.MSG_DONTWAIT)
		if n > 0 {
			for line := range bytes.SplitSeq(buf[:n], []byte{'\n'}) {
				if bytes.HasPrefix(line, []byte("READY=")) {
					return bytes.Clone(line), nil
				}
			}
			continue
		}
		if ended || err != nil && !errors.Is(err, unix.EAGAIN) {
			return nil, nil
		}
	}
}

// barrier waits until the service manager has read what we wrote (BARRIER=1, sd_notify_barrier(3)): it closes the pipe
// that we send it. One that does not know the protocol never does.
func barrier(manager *net.UnixConn) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	err = sendFD(manager, []byte("BARRIER=1"), int(w.Fd()))
	w.Close()
	if err != nil {
		return err
	}
	if err := r.SetReadDeadline(time.Now().Add(barrierPatience)); err != nil {
		return err
	}
	_, _ = r.Read(make([]byte, 1))
	return nil
}

// sendFD sends msg with a descriptor. (*net.UnixConn).WriteMsgUnix refuses datagram sockets that are connected.
func sendFD(conn *net.UnixConn, msg []byte, fd int) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var sent error
	err = raw.Write(func(s uintptr) bool {
		sent = unix.Sendmsg(int(s), msg, unix.UnixRights(fd), nil, 0)
		return !errors.Is(sent, unix.EAGAIN)
	})
	return errors.Join(err, os.NewSyscallError("sendmsg", sent))
}
