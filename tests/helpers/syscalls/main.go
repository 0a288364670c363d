//go:build linux

// Command syscalls makes system calls by hand and prints what the kernel returned, a number or the name of an errno:
//
//	syscalls CALL[,ARGUMENT…]…
//
// CALL is a number or one of the names below. Busybox would not do: its applets make only the calls that make sense.
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

var named = map[string]uintptr{
	"geteuid": unix.SYS_GETEUID,
	"getpgid": unix.SYS_GETPGID,
	"keyctl":  unix.SYS_KEYCTL,
	"lseek":   unix.SYS_LSEEK,
}

func main() {
	log.SetFlags(0)
	for _, call := range os.Args[1:] {
		a, err := parse(call)
		if err != nil {
			log.Fatal(err)
		}
		if value, _, errno := unix.RawSyscall6(a[0], a[1], a[2], a[3], a[4], a[5], a[6]); errno != 0 {
			fmt.Println(unix.ErrnoName(errno))
		} else {
			fmt.Println(value)
		}
	}
}

func parse(call string) (a [7]uintptr, err error) {
	for i, field := range strings.SplitN(call, ",", len(a)) {
		if number, ok := named[field]; ok && i == 0 {
			a[i] = number
			continue
		}
		n, err := strconv.ParseUint(field, 0, 64)
		if err != nil {
			return a, err
		}
		a[i] = uintptr(n)
	}
	return a, nil
}
