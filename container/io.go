package container

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/containerd/console"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/container/engine"
	"github.com/huskrun/husk/internal/fault"
	"github.com/huskrun/husk/spec"
)

// drainPatience is how long the output of a process that has ended is read on when somebody else, whom it left behind,
// keeps the other end open.
const drainPatience = time.Second

// processIO connects one process with the caller.
type processIO struct {
	files engine.Files
	// childEnds are our copies of what the process has; closed once it runs.
	childEnds []io.Closer
	// console is our end of a foreground process's console socket, over which master comes, its terminal's master side.
	console *os.File
	master  *terminal
	host    console.Console // the caller's terminal, in raw mode while the process runs
	stdio   Stdio
	// ours are further descriptors to close at the end.
	ours []io.Closer
	// outputs are the read ends that copies are made from.
	outputs []*os.File
	copies  sync.WaitGroup
}

// checkTerminal refuses the combinations of terminal, detach and console socket that cannot work.
func checkTerminal(o *IO, terminal bool) error {
	switch {
	case o.Detach && terminal && o.ConsoleSocket == "":
		return fault.New("process.terminal", errors.New("cannot allocate tty if husk will detach without setting console socket"),
			"give --console-socket, or set process.terminal to false")
	case o.ConsoleSocket != "" && !terminal:
		return fault.New("--console-socket", errors.New("cannot use console socket if husk will not detach or allocate tty"),
			"set process.terminal to true, or drop the flag")
	case o.ConsoleSocket != "" && !o.Detach:
		return fault.New("--console-socket", errors.New("cannot use console socket if husk will not detach or allocate tty"),
			"give --detach, or drop the flag")
	}
	return nil
}

// openIO prepares the descriptors of a new process. uid and gid own pipes that are made for it: the container's root,
// so that /dev/stdout can be opened by name in a user namespace.
func openIO(o *IO, p *spec.Process, uid, gid int) (_ *processIO, err error) {
	pio := &processIO{stdio: o.Stdio}
	for i, std := range []*os.File{os.Stdin, os.Stdout, os.Stderr} {
		if pio.stdio[i] == nil {
			pio.stdio[i] = std
		}
	}
	defer func() {
		if err != nil {
			pio.close()
		}
	}()
	switch {
	case p.Terminal && o.Detach:
		pio.files.Console, err = pio.dial(o.ConsoleSocket)
	case p.Terminal:
		err = pio.openConsole(p)
	case o.Detach:
		pio.files.Stdio = pio.stdio
	default:
		err = pio.openStreams(uid, gid)
	}
	if err == nil && o.PidfdSocket != "" {
		pio.files.Pidfd, err = pio.dial(o.PidfdSocket)
	}
	if err == nil {
		err = pio.inheritFDs(o, p)
	}
	return pio, err
}

// dial connects to a unix socket over which init sends a descriptor.
func (pio *processIO) dial(path string) (*os.File, error) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	f, err := conn.(*net.UnixConn).File()
	if err == nil {
		pio.childEnds = append(pio.childEnds, f)
	}
	return f, err
}

// openConsole makes the socket over which a foreground process's terminal reaches us. The terminal starts with the size
// of the caller's, unless config.json names one: a program that asks at once must not see 0×0.
func (pio *processIO) openConsole(p *spec.Process) error {
	host, err := pio.hostConsole()
	if err != nil {
		return fault.New("process.terminal", err, "husk itself has no terminal; set process.terminal to false, or detach with --console-socket")
	}
	pio.host = host
	if size, err := host.Size(); err == nil && p.ConsoleWidth == 0 && p.ConsoleHeight == 0 {
		p.ConsoleWidth, p.ConsoleHeight = size.Width, size.Height
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socketpair", err)
	}
	pio.console = os.NewFile(uintptr(fds[0]), "console")
	pio.files.Console = os.NewFile(uintptr(fds[1]), "console-peer")
	pio.childEnds = append(pio.childEnds, pio.files.Console)
	return nil
}

// hostConsole finds the caller's terminal: one of the streams, or else the controlling one.
func (pio *processIO) hostConsole() (console.Console, error) {
	for _, f := range []*os.File{pio.stdio[2], pio.stdio[1], pio.stdio[0]} {
		if c, err := console.ConsoleFromFile(f); err == nil {
			return c, nil
		}
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	pio.ours = append(pio.ours, tty)
	return console.ConsoleFromFile(tty)
}

// openStreams gives a foreground process its streams. The caller's own are handed on as they are where that is safe;
// otherwise a pipe is put between.
func (pio *processIO) openStreams(uid, gid int) error {
	foreignRoot := uid != os.Geteuid()
	for i, f := range pio.stdio {
		if !foreignRoot && harmless(f) {
			pio.files.Stdio[i] = f
			continue
		}
		if err := pio.openPipe(i, uid, gid); err != nil {
			return err
		}
	}
	return nil
}

// harmless reports whether the container can do no more with a stream than read or write it. Into a terminal it could
// type (TIOCSTI); a file it could open anew by its name in /proc, for writing at any place. And what belongs to the
// host's root cannot be opened so by the root of a user namespace, who gets a pipe of its own.
func harmless(f *os.File) bool {
	fi, err := f.Stat()
	if err != nil {
		return true // not open; init will say so
	}
	const data = os.ModeNamedPipe | os.ModeSocket
	if fi.Mode()&data != 0 {
		return true
	}
	_, err = unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return fi.Mode()&os.ModeCharDevice != 0 && err != nil
}

func (pio *processIO) openPipe(i, uid, gid int) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	ours, theirs := r, w
	if i == 0 {
		ours, theirs = w, r
	}
	pio.files.Stdio[i] = theirs
	pio.childEnds = append(pio.childEnds, theirs)
	if i == 0 {
		pio.ours = append(pio.ours, ours)
		go func() { // ends with the caller's input, of which it has read a piece more than the process when that ends first
			_, _ = io.Copy(ours, pio.stdio[0])
			ours.Close()
		}()
	} else {
		pio.copyOut(pio.stdio[i], ours)
	}
	return theirs.Chown(uid, gid)
}

// copyOut copies what the process writes until its end, or until finish loses patience.
func (pio *processIO) copyOut(to, from *os.File) {
	pio.outputs = append(pio.outputs, from)
	pio.copies.Go(func() {
		_, _ = io.Copy(to, from)
		from.Close() // if nobody takes its output any more, the process must learn of it
	})
}

// inheritFDs passes on the sockets of a service manager and the descriptors to preserve, in this order from 3 on.
func (pio *processIO) inheritFDs(o *IO, p *spec.Process) error {
	for i := range o.ListenFDs + o.PreserveFDs {
		fd := 3 + i
		dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3) // the original stays the caller's
		if err != nil {
			return fault.New(fmt.Sprintf("descriptor %d", fd), err,
				fmt.Sprintf("--preserve-fds and LISTEN_FDS promise %d from 3 on", o.ListenFDs+o.PreserveFDs))
		}
		f := os.NewFile(uintptr(dup), fmt.Sprintf("inherited-%d", fd))
		pio.childEnds = append(pio.childEnds, f)
		pio.files.Extra = append(pio.files.Extra, f)
	}
	if o.ListenFDs > 0 {
		p.Env = append(p.Env, fmt.Sprintf("LISTEN_FDS=%d", o.ListenFDs), "LISTEN_PID=1")
	}
	return nil
}

// started is called when the process runs: it lets go of its ends and connects its terminal.
func (pio *processIO) started() error {
	for _, c := range pio.childEnds {
		c.Close()
	}
	pio.childEnds = nil
	if pio.console == nil {
		return nil
	}
	fd, err := recvFD(pio.console)
	if err != nil {
		return fault.New("console", err, "")
	}
	if pio.master, err = newTerminal(fd); err != nil {
		return err
	}
	go func() { _, _ = io.Copy(pio.master.file, pio.stdio[0]) }()
	pio.copyOut(pio.stdio[1], pio.master.file)
	_ = pio.resize() // the caller's terminal may have changed since
	return pio.host.SetRaw()
}

// resize gives the process's terminal the size of the caller's.
func (pio *processIO) resize() error {
	if pio.master == nil {
		return nil
	}
	size, err := pio.host.Size()
	if err != nil || size.Width == 0 && size.Height == 0 {
		return err
	}
	return pio.master.resize(size)
}

// terminal is the master side of a process's terminal. (*os.File).Fd is not for it: that would make it blocking, and a
// deadline could not end its reads.
type terminal struct {
	file *os.File
}

// newTerminal takes over fd.
func newTerminal(fd int) (*terminal, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, err
	}
	t := &terminal{os.NewFile(uintptr(fd), "terminal")}
	// The host's terminal turns newlines into CR LF already.
	if err := console.ClearONLCR(uintptr(fd)); err != nil {
		t.file.Close()
		return nil, err
	}
	return t, nil
}

func (t *terminal) resize(s console.WinSize) error {
	raw, err := t.file.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: s.Height, Col: s.Width})
	})
	return errors.Join(err, set)
}

// recvFD receives the descriptor that init has sent by now.
func recvFD(socket *os.File) (int, error) {
	name, oob := make([]byte, 4096), make([]byte, unix.CmsgSpace(4))
	_, oobn, _, _, err := unix.Recvmsg(int(socket.Fd()), name, oob, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return -1, os.NewSyscallError("recvmsg", err)
	}
	msgs, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil || len(msgs) != 1 {
		return -1, fmt.Errorf("init sent no terminal: %w", errors.Join(err, io.ErrUnexpectedEOF))
	}
	fds, err := unix.ParseUnixRights(&msgs[0])
	if err != nil {
		return -1, err
	}
	return fds[0], nil
}

// finish waits for the last output of a process that has ended and gives the caller's terminal back.
func (pio *processIO) finish() {
	for _, f := range pio.outputs {
		_ = f.SetReadDeadline(time.Now().Add(drainPatience))
	}
	pio.copies.Wait()
	pio.close()
}

// close releases everything that is ours.
func (pio *processIO) close() {
	if pio.host != nil {
		_ = pio.host.Reset()
	}
	for _, c := range pio.childEnds {
		c.Close()
	}
	for _, f := range pio.outputs {
		f.Close()
	}
	for _, c := range pio.ours {
		c.Close()
	}
	if pio.console != nil {
		pio.console.Close()
	}
}
