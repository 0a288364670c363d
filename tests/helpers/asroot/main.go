//go:build linux

// Command asroot prints its effective user id. The tests make it set-uid root; busybox would not do: it gives the
// privilege back before it does anything.
package main

import (
	"fmt"
	"os"
)

func main() { fmt.Println(os.Geteuid()) }
