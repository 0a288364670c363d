//go:build linux

// Command syscalls makes system calls that no ordinary program makes, and prints what each returned:
//
//	syscalls NUMBER[,ARGUMENT…]…
//
// The answer is "ok" or the name of the errno, one line a call.
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func main() {
	log.SetFlags(0)
	for _, call := range os.Args[1:] {
		numbers, err := parse(call)
		if err != nil {
			log.Fatal(err)
		}
		var a [7]uintptr
		copy(a[:], numbers)
		if _, _, errno := unix.RawSyscall6(a[0], a[1], a[2], a[3], a[4], a[5], a[6]); errno != 0 {
			fmt.Println(unix.ErrnoName(errno))
		} else {
			fmt.Println("ok")
		}
	}
}

func parse(call string) ([]uintptr, error) {
	var numbers []uintptr
	for field := range strings.SplitSeq(call, ",") {
		n, err := strconv.ParseUint(field, 0, 64)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, uintptr(n))
	}
	return numbers, nil
}
