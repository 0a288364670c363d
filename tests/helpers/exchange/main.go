//go:build linux

// Command exchange swaps two paths, atomically and as fast as the kernel lets it, until it is killed:
//
//	exchange A B
//
// It is the attacker in the tests of symlink races: A is a directory, B a symbolic link out of the root file system,
// and whoever resolves A twice sees both.
package main

import (
	"log"
	"os"

	"golang.org/x/sys/unix"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("exchange: ")
	if len(os.Args) != 3 {
		log.Fatal("usage: exchange A B")
	}
	for {
		if err := unix.Renameat2(unix.AT_FDCWD, os.Args[1], unix.AT_FDCWD, os.Args[2], unix.RENAME_EXCHANGE); err != nil {
			log.Fatal(err)
		}
	}
}
