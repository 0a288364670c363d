//go:build linux

// Command sockets is the other end of the sockets that a runtime is given in the tests:
//
//	sockets terminal SOCKET [COLUMNSxROWS]   of --console-socket: takes a terminal, sizes it, copies it to stdout, and stdin
//	                                         to it, until the last process on it is gone
//	sockets pidfd SOCKET [SIGNAL]            of --pidfd-socket: takes a pidfd, prints its pid; after a line on stdin sends
//	                                         SIGNAL through it, and prints "ended" once the process has
//	sockets notify SOCKET                    of NOTIFY_SOCKET: prints each datagram, ends after a barrier
//	sockets send SOCKET TEXT                 what a service does with its NOTIFY_SOCKET: sends TEXT
//
// A listening SOCKET appears only once it can be connected to.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("sockets: ")
	if len(os.Args) < 3 {
		log.Fatal("usage: sockets terminal|pidfd|notify|send SOCKET [ARGUMENT]")
	}
	var argument string
	if len(os.Args) > 3 {
		argument = os.Args[3]
	}
	roles := map[string]func(path, argument string) error{
		"terminal": terminal, "pidfd": pidfd, "notify": notify, "send": send,
	}
	role, ok := roles[os.Args[1]]
	if !ok {
		log.Fatalf("unknown role %q", os.Args[1])
	}
	if err := role(os.Args[2], argument); err != nil {
		log.Fatal(err)
	}
}

func terminal(path, size string) error {
	file, err := accept(path)
	if err != nil {
		return err
	}
	if size != "" {
		var ws unix.Winsize
		if _, err := fmt.Sscanf(size, "%dx%d", &ws.Col, &ws.Row); err != nil {
			return fmt.Errorf("size %q: %w", size, err)
		}
		if err := unix.IoctlSetWinsize(int(file.Fd()), unix.TIOCSWINSZ, &ws); err != nil {
			return err
		}
	}
	go io.Copy(file, os.Stdin)
	// EIO is a terminal's end of file: nobody has its other side open any more.
	if _, err := io.Copy(os.Stdout, file); err != nil && !errors.Is(err, unix.EIO) {
		return err
	}
	return nil
}

func pidfd(path, signal string) error {
	file, err := accept(path)
	if err != nil {
		return err
	}
	pid, err := pidOf(file)
	if err != nil {
		return err
	}
	fmt.Println(pid)
	if signal == "" {
		return nil
	}
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	if err := unix.PidfdSendSignal(int(file.Fd()), unix.SignalNum(signal), nil, 0); err != nil {
		return err
	}
	poll := []unix.PollFd{{Fd: int32(file.Fd()), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(poll, -1); err == nil {
			break
		} else if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
	fmt.Println("ended")
	return nil
}

// pidOf reads from /proc which process a pidfd stands for.
func pidOf(pidfd *os.File) (int, error) {
	info, err := os.Open(fmt.Sprintf("/proc/self/fdinfo/%d", pidfd.Fd()))
	if err != nil {
		return 0, err
	}
	defer info.Close()
	lines := bufio.NewScanner(info)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "Pid:"); ok {
			return strconv.Atoi(strings.TrimSpace(value))
		}
	}
	return 0, errors.New("the descriptor is no pidfd")
}

// accept listens on path and returns the descriptor that the first connection brings.
func accept(path string) (*os.File, error) {
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path + ".new", Net: "unix"})
	if err != nil {
		return nil, err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return nil, err
	}
	conn, err := listener.AcceptUnix()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	text, files, err := message(conn)
	if err != nil {
		return nil, err
	}
	if len(files) != 1 {
		return nil, fmt.Errorf("%d descriptors came with %q, want one", len(files), text)
	}
	return files[0], nil
}

func notify(path, _ string) error {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return err
	}
	for {
		text, files, err := message(conn)
		if err != nil {
			return err
		}
		fmt.Println(strings.TrimSpace(text))
		for _, file := range files {
			file.Close() // this is what a barrier's sender waits for
		}
		if strings.HasPrefix(text, "BARRIER=1") {
			return nil
		}
	}
}

func send(path, text string) error {
	conn, err := net.Dial("unixgram", path)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = io.WriteString(conn, text)
	return err
}

// message reads one message with the descriptors that it carries.
func message(conn *net.UnixConn) (string, []*os.File, error) {
	data, oob := make([]byte, 4096), make([]byte, unix.CmsgSpace(8*4))
	n, oobn, _, _, err := conn.ReadMsgUnix(data, oob)
	if err != nil {
		return "", nil, err
	}
	controls, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return "", nil, err
	}
	var files []*os.File
	for _, control := range controls {
		fds, err := unix.ParseUnixRights(&control)
		if err != nil {
			return "", nil, err
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "received"))
		}
	}
	return string(data[:n]), files, nil
}
