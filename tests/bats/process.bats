#!/usr/bin/env bats
# process.args, cwd and env, as the process itself sees them.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the container's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals

# covers: process.args
@test "args: every byte arrives: spaces, quotes, newlines, nothing at all" {
	bundle
	args sh -c 'for a; do printf "<%s>" "$a"; done' _ 'a b' '' '"q"' "it's" $'two\nlines' '$HOME' '*' 'ünïcode' '\n'
	rt run args
	ok
	equals '<a b><><"q"><it'\''s><two
lines><$HOME><*><ünïcode><\n>'
}

# covers: process.args
@test "args: argv[0] is what args[0] says" {
	bundle
	args cat /proc/self/cmdline
	rt run argv0
	ok
	same 'cat /proc/self/cmdline ' "$(tr '\0' ' ' <"$output_file")"
}

# covers: process.args process.env
@test "args: args[0] is looked up in the container's PATH, in its order, not in the host's" {
	bundle
	mkdir rootfs/first rootfs/second
	printf '#!/bin/sh\necho second\n' >rootfs/second/tool
	chmod +x rootfs/second/tool
	config '.process.env = ["PATH=/first:/second"]'
	args tool
	PATH=$PATH:/nowhere rt run second
	ok
	equals second

	printf '#!/bin/sh\necho first\n' >rootfs/first/tool
	rt run not-executable
	ok
	equals second
	chmod +x rootfs/first/tool
	rt run first
	ok
	equals first
}

# covers: process.args process.cwd
@test "args: a name with a slash is relative to cwd" {
	bundle
	mkdir -p rootfs/opt
	printf '#!/bin/sh\npwd\n' >rootfs/opt/tool
	chmod +x rootfs/opt/tool
	config '.process.cwd = "/opt"'
	args ./tool
	rt run relative
	ok
	equals /opt
}

@test "args: a command that is not in PATH is named, and create already says so" {
	bundle
	args no-such-command
	rt create missing
	refused 'no-such-command.*not found'
}

@test "args: a missing path is named" {
	bundle
	args /no/such/file
	rt run missing
	refused '/no/such/file.*(no such file|not found)'
}

@test "args: a file that is not executable is refused" {
	bundle
	args /etc/passwd
	rt run data
	refused '/etc/passwd.*permission denied'
}

@test "args: a directory is refused" {
	bundle
	args /etc
	rt run directory
	refused '/etc.*(permission denied|is a directory)'
}

@test "args: a script without an interpreter says exec format error" {
	bundle
	echo 'echo hi' >rootfs/bin/script
	chmod +x rootfs/bin/script
	args script
	rt run script
	fails
	says '/bin/script: exec format error'
	lacks 'panic|goroutine'
	nothing_left
}

@test "args: one argument of 128 KiB is too long for the kernel, and the error says so" {
	bundle
	head -c 131072 /dev/zero | tr '\0' a >long
	config '.process.args = ["true", $long]' --rawfile long long
	rt run long
	fails
	says 'argument list too long'
	lacks 'panic|goroutine'
	nothing_left
}

# covers: process.args
@test "args: ten thousand arguments, a megabyte in all, arrive" {
	bundle
	config '.process.args = ["sh", "-c", "echo $# ${#10000}", "_"] + [range(10000) | "x" * 99 + "\(.)"[-1:]]'
	rt run many
	ok
	equals '10000 100'
}

@test "args: none are refused" {
	bundle
	config '.process.args = []'
	rt run none
	refused 'args'
	config 'del(.process.args)'
	rt run none
	refused 'args'
}

@test "no process at all is refused by run" {
	bundle
	config 'del(.process)'
	rt run none
	refused 'process'
}

# covers: process.cwd
@test "cwd: is where the process starts" {
	bundle
	mkdir -p rootfs/var/lib
	config '.process.cwd = "/var/lib"'
	inside 'pwd; readlink /proc/self/cwd'
	ok
	equals $'/var/lib\n/var/lib'
}

# covers: process.cwd
@test "cwd: is made when it is missing, in the container and not on the host" {
	bundle
	config '.process.cwd = "/made/for/you"'
	inside 'pwd; stat -c "%a %u %g" .'
	ok
	equals $'/made/for/you\n755 0 0'
	is test -d rootfs/made/for/you
	not test -e /made
}

# covers: process.cwd
@test "cwd: is made inside a mount" {
	bundle
	config '.process.cwd = "/scratch/dir" | .mounts += [{destination: "/scratch", type: "tmpfs", source: "tmpfs"}]'
	inside 'pwd; stat -fc %T .'
	ok
	equals $'/scratch/dir\ntmpfs'
	not test -e rootfs/scratch/dir
}

# covers: process.cwd
@test "cwd: a symlink leads to its target inside the container" {
	bundle
	mkdir rootfs/target
	ln -s /target rootfs/link
	config '.process.cwd = "/link"'
	inside 'readlink /proc/self/cwd'
	ok
	equals /target
}

# covers: process.cwd
@test "cwd: .. stops at the container's root" {
	bundle
	config '.process.cwd = "/../../tmp/.."'
	inside 'readlink /proc/self/cwd; ls -d bin/busybox'
	ok
	equals $'/\nbin/busybox'
}

# covers: process.cwd
@test "cwd: a directory that only the container's user may enter" {
	bundle
	mkdir rootfs/private
	chmod 700 rootfs/private
	chown 1000:1000 rootfs/private
	config '.process.cwd = "/private" | .process.user.uid = 1000'
	inside 'readlink /proc/self/cwd'
	ok
	equals /private
}

@test "cwd: one that is not a directory is refused" {
	bundle
	config '.process.cwd = "/etc/passwd"'
	rt run cwd
	refused '/etc/passwd.*not a directory'
	config '.process.cwd = "/etc/passwd/below"'
	rt run cwd
	refused '/etc/passwd.*not a directory'
}

@test "cwd: a relative one, an empty one and none at all are refused" {
	bundle
	config '.process.cwd = "tmp"'
	rt run relative
	refused 'cwd'
	config '.process.cwd = ""'
	rt run empty
	refused 'cwd'
	config 'del(.process.cwd)'
	rt run none
	refused 'cwd'
}

# covers: process.env
@test "env: is exactly what config.json says" {
	bundle
	config '.process.env = ["PATH=/bin", "HOME=/root", "EMPTY=", "EQ=a=b=c", "SPACE=a  b", "LINE=x\ny", "_=z", "1=digit"]'
	args cat /proc/self/environ
	SECRET_OF_THE_HOST=1 rt run env
	ok
	same $'PATH=/bin|HOME=/root|EMPTY=|EQ=a=b=c|SPACE=a  b|LINE=x\ny|_=z|1=digit|' "$(tr '\0' '|' <"$output_file")"
}

# covers: process.env
@test "env: the last of two values wins" {
	skip_on crun "passes both on, as they are"
	bundle
	config '.process.env = ["PATH=/bin", "HOME=/", "A=1", "B=0", "A=2"]'
	args env
	rt run env
	ok
	same 1 "$(grep -c '^A=' <<<"$output")"
	has '^A=2$'
}

# covers: process.env
@test "env: HOME comes from the container's passwd" {
	bundle
	config '.process.env = ["PATH=/bin"]'
	echo 'user:x:1000:1000:user:/home/of/user:/bin/sh' >rootfs/etc/passwd
	config '.process.user = {uid: 1000, gid: 1000}'
	inside 'echo $HOME'
	ok
	equals /home/of/user
}

# covers: process.env
@test "env: HOME is / for a user that passwd does not know, and without passwd" {
	bundle
	config '.process.env = ["PATH=/bin"] | .process.user = {uid: 4242, gid: 4242}'
	inside 'echo $HOME'
	ok
	equals /
	rm rootfs/etc/passwd
	inside 'echo $HOME'
	ok
	equals /
}

# covers: process.env
@test "env: a HOME that is set stays" {
	bundle
	config '.process.env = ["PATH=/bin", "HOME=/elsewhere"]'
	inside 'echo $HOME'
	ok
	equals /elsewhere
}

@test "env: an entry without = or without a name is refused" {
	skip_on crun "passes it on"
	bundle
	config '.process.env = ["PATH=/bin", "NOVALUE"]'
	rt run env
	refused '(environment variable|process\.env\[1\])'
	config '.process.env = ["PATH=/bin", "=noname"]'
	rt run env
	refused '(environment variable|process\.env\[1\])'
}

@test "exec: takes the cwd, env and user of config.json, and its own where given" {
	bundle
	mkdir rootfs/work
	config '.process.cwd = "/work" | .process.env += ["A=config"]'
	sleeper exec
	rt exec exec sh -c 'echo $(pwd) $A'
	ok
	equals '/work config'
	rt exec --cwd /tmp --env A=flag --env B=2 exec sh -c 'echo $(pwd) $A $B'
	ok
	equals '/tmp flag 2'
}

@test "exec: process.json replaces all of it" {
	bundle
	config '.process.env += ["A=config"]'
	sleeper exec
	cat >process.json <<-'JSON'
		{"args": ["sh", "-c", "echo $(pwd) ${A-unset} $B $(id -u):$(id -g) $HOME"], "cwd": "/tmp",
		 "env": ["PATH=/bin", "B=process"], "user": {"uid": 1000, "gid": 2000}}
	JSON
	rt exec --process process.json exec
	ok
	equals '/tmp unset process 1000:2000 /home'
}

@test "exec: a missing command exits 255 and says what is missing" {
	bundle
	sleeper exec
	rt exec exec no-such-command
	fails 255
	says 'no-such-command.*not found'
	one_clear_line
	rt exec exec /etc/passwd
	fails 255
	says '/etc/passwd.*permission denied'
	one_clear_line
	same running "$(status_of exec)"
}
