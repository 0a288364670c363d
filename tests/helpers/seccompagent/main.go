//go:build linux

// Command seccompagent is the agent behind linux.seccomp.listenerPath in the tests:
//
//	seccompagent SOCKET ERRNO
//
// It listens on SOCKET, prints each container process state that a runtime sends as one line of JSON, and fails every
// system call it is notified of with ERRNO; 0 lets the call continue. It runs until it is killed.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notification and response are struct seccomp_notif and seccomp_notif_resp of linux/seccomp.h.
type notification struct {
	ID                 uint64
	PID                uint32
	Flags              uint32
	Syscall            int32
	Arch               uint32
	InstructionPointer uint64
	Args               [6]uint64
}

type response struct {
	ID    uint64
	Value int64
	Error int32
	Flags uint32
}

const flagContinue = 1 // SECCOMP_USER_NOTIF_FLAG_CONTINUE

func main() {
	log.SetFlags(0)
	log.SetPrefix("seccompagent: ")
	if len(os.Args) != 3 {
		log.Fatal("usage: seccompagent SOCKET ERRNO")
	}
	errno, err := strconv.ParseInt(os.Args[2], 10, 32)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: os.Args[1], Net: "unix"})
	if err != nil {
		log.Fatal(err)
	}
	for {
		conn, err := listener.AcceptUnix()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			if err := serve(conn, int32(errno)); err != nil {
				log.Print(err)
			}
		}()
	}
}

func serve(conn *net.UnixConn, errno int32) error {
	state, fd, err := receive(conn)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	fmt.Println(state)
	return answer(fd, errno)
}

// receive reads the one state of a connection and the descriptor that comes with its first message. It does not wait
// for the connection's end: runc 1.1 keeps it open for the life of the container.
func receive(conn *net.UnixConn) (state string, fd int, err error) {
	defer conn.Close()
	data, oob := make([]byte, 64<<10), make([]byte, unix.CmsgSpace(16*4))
	n, oobn, _, _, err := conn.ReadMsgUnix(data, oob)
	if err != nil {
		return "", -1, err
	}
	if fd, err = descriptor(oob[:oobn]); err != nil {
		return "", -1, err
	}
	var line bytes.Buffer
	var one json.RawMessage
	if err := json.NewDecoder(io.MultiReader(bytes.NewReader(data[:n]), conn)).Decode(&one); err != nil {
		return "", -1, fmt.Errorf("container process state: %w", err)
	}
	if err := json.Compact(&line, one); err != nil {
		return "", -1, err
	}
	return line.String(), fd, nil
}

func descriptor(oob []byte) (int, error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return -1, err
	}
	if len(messages) != 1 {
		return -1, fmt.Errorf("%d control messages, want one", len(messages))
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return -1, err
	}
	if len(fds) != 1 {
		return -1, fmt.Errorf("%d descriptors, want one", len(fds))
	}
	return fds[0], nil
}

// answer serves a filter until the last process under it is gone.
func answer(fd int, errno int32) error {
	for {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, -1); errors.Is(err, unix.EINTR) {
			continue
		} else if err != nil {
			return fmt.Errorf("poll: %w", err)
		}
		if poll[0].Revents&unix.POLLHUP != 0 {
			return nil
		}
		var n notification
		// ENOENT: the caller was killed between its call and our answer.
		if err := ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n)); errors.Is(err, unix.ENOENT) {
			continue
		} else if err != nil {
			return fmt.Errorf("receive a notification: %w", err)
		}
		r := response{ID: n.ID, Error: -errno}
		if errno == 0 {
			r.Flags = flagContinue
		}
		if err := ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&r)); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("answer a notification: %w", err)
		}
	}
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}
