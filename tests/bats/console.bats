#!/usr/bin/env bats
load helpers

setup() {
	arena_open
	needs helper:sockets
	bundle
	config '.process.terminal = true'
	socket=$ARENA/console.sock
	screen=$ARENA/screen
}

# receiver [SIZE] waits for one terminal on $socket; what is printed on it goes to the file $screen. What is written to
# the FIFO $ARENA/keys is typed.
receiver() {
	rm -f "$socket"
	[[ -p $ARENA/keys ]] || mkfifo "$ARENA/keys"
	spawn sh -c 'exec "$@" <>"$0"' "$ARENA/keys" "$HELPERS/sockets" terminal "$socket" "$@" >"$screen"
	receiver=$spawned
	wait_until 60 test -S "$socket"
}

type_in() { printf %b "$1" >"$ARENA/keys"; }

shows() { tr -d '\r' <"$screen" | grep -qE -e "$1"; }

@test "console: create sends the terminal, and the program runs on it" {
	args sh -c 'tty; echo out; echo err >&2'
	receiver
	rt create --console-socket "$socket" web
	ok
	equals ''
	rt start web
	ok
	wait_until 60 ended "$receiver"
	is shows '^/dev/pts/0$'
	is shows '^out$'
	is shows '^err$'
}

@test "console: run -d sends the terminal" {
	args sh -c 'tty; stty -a | head -n 1'
	receiver
	rt run -d --console-socket "$socket" web
	ok
	wait_until 60 ended "$receiver"
	is shows '^/dev/pts/0$'
}

@test "console: exec -t -d sends a terminal of its own" {
	config '.process.terminal = false'
	sleeper web
	receiver
	rt exec -t -d --console-socket "$socket" web sh -c 'tty; echo $TERM'
	ok
	wait_until 60 ended "$receiver"
	is shows '^/dev/pts/0$'
	is shows '^xterm$'
}

@test "console: it is the controlling terminal, and /dev/console is the same" {
	args sh -c 'echo tty >/dev/tty; echo console >/dev/console; [ "$(stat -c %t%T /dev/pts/0)" = "$(stat -c %t%T /dev/console)" ] && echo same'
	receiver
	rt run -d --console-socket "$socket" web
	ok
	wait_until 60 ended "$receiver"
	is shows '^tty$'
	is shows '^console$'
	is shows '^same$'
}

@test "console: what is typed reaches the program, Ctrl-C as a signal" {
	args sh -c 'trap "echo interrupted; exit" INT; echo ready; read line; echo "got $line"; while :; do sleep 1000; done'
	receiver
	rt run -d --console-socket "$socket" web
	ok
	wait_until 60 shows '^ready$'
	type_in 'hello\n'
	wait_until 60 shows '^got hello$'
	type_in '\003'
	wait_until 60 shows 'interrupted'
	wait_until 60 ended "$receiver"
}

@test "console: 0x0 until somebody says otherwise" {
	args stty size
	receiver
	rt run -d --console-socket "$socket" web
	ok
	wait_until 60 ended "$receiver"
	is shows '^(0 0|stty: standard input)$' # which is what busybox says of 0x0
}

# covers: process.consoleSize.height process.consoleSize.width process.terminal
@test "console: process.consoleSize" {
	config '.process.consoleSize = {height: 33, width: 99}'
	args stty size
	receiver
	rt run -d --console-socket "$socket" web
	ok
	wait_until 60 ended "$receiver"
	is shows '^33 99$'
}

@test "console: the receiver can size it before the start" {
	args stty size
	receiver 77x22
	rt create --console-socket "$socket" web
	ok
	rt start web
	ok
	wait_until 60 ended "$receiver"
	is shows '^22 77$'
}

@test "console: the output of a program that ends at once is not lost" {
	args sh -c 'seq 3000; echo last'
	local round
	for round in 1 2 3; do
		receiver
		rt run -d --console-socket "$socket" web
		ok
		wait_until 60 ended "$receiver"
		is shows '^last$'
		same 3001 "$(wc -l <"$screen")" "lines in round $round"
		rt delete --force web
		ok
	done
}

@test "console: belongs to the program's user" {
	config '.process.user = {uid: 1000, gid: 1000}'
	args sh -c 'stat -c %u /dev/pts/0; echo tty >/dev/tty; echo again >/dev/pts/0'
	receiver
	rt run -d --console-socket "$socket" web
	ok
	wait_until 60 ended "$receiver"
	is shows '^1000$'
	is shows '^tty$'
	is shows '^again$'
}

@test "console: a socket that nobody listens on fails the create, and nothing is left" {
	args true
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	touch "$ARENA/file"
	rt create --console-socket "$ARENA/file" web
	fails 1
	no_trace_of web
}

@test "console: exec without a console socket cannot detach with a terminal" {
	config '.process.terminal = false'
	sleeper web
	rt exec -t -d web true
	fails
	has 'console.socket'
	rt exec -d --console-socket "$ARENA/none" web true
	fails
	has 'console.socket'
}

# in_terminal SCRIPT runs a shell script on a terminal of its own, typed on from the file $keyboard; leaves status and
# output. $run is the runtime in it.
in_terminal() {
	needs tool:script
	output_file=$ARENA/typescript
	status=0
	run="$(printf '%q ' "$RUNTIME" "${RUNTIME_ARGS[@]}" --root "$STATE")" \
		timeout "$RT_DEADLINE" script -qec "$1" /dev/null <"${keyboard:-/dev/null}" >"$output_file" 2>&1 3>&- || status=$?
	output=$(tr -d '\r\0' <"$output_file" | sed 's/\^@//g') # script echoes the end of its own input so
	invocation="script: $1"
}

@test "terminal: a run in the foreground has the size of ours from the first moment on" {
	only husk "runc and crun resize when the program may run already"
	args stty size
	in_terminal 'stty rows 31 cols 91; $run run web'
	ok
	equals '31 91'
}

@test "terminal: a run in the foreground takes the size of ours" {
	args sh -c 'tty; until stty size 2>/dev/null | grep .; do sleep 0.02; done; exit 4'
	in_terminal 'stty rows 31 cols 91; $run run web'
	fails 4
	has '^/dev/pts/0$'
	has '^31 91$'
}

@test "terminal: follows when ours is resized" {
	args sh -c 'until stty size 2>/dev/null | grep .; do sleep 0.02; done; touch /ready; until [ "$(stty size)" = "44 111" ]; do sleep 0.02; done; echo resized'
	in_terminal "stty rows 20 cols 40
		(until [ -e '$ROOTFS/ready' ]; do sleep 0.02; done; stty rows 44 cols 111 </dev/tty) &
		\$run run web"
	ok
	has '^20 40$'
	has '^resized$'
}

@test "terminal: Ctrl-C goes to the program, not to us" {
	args sh -c 'trap "echo interrupted; exit 7" INT; touch /ready; while :; do sleep 1000 & wait $!; done'
	mkfifo "$ARENA/keyboard"
	spawn sh -c 'exec >"$0"; until [ -e "$1" ]; do sleep 0.02; done; printf "\003"; exec sleep 1000' "$ARENA/keyboard" "$ROOTFS/ready"
	keyboard=$ARENA/keyboard in_terminal '$run run web; exit $?'
	fails 7
	has interrupted
}

@test "terminal: ours is as before afterwards" {
	args sh -c 'stty raw -echo; exit 0'
	in_terminal 'stty -a >'"$ARENA"'/before; $run run web; stty -a >'"$ARENA"'/after'
	ok
	is cmp "$ARENA/before" "$ARENA/after"
}

@test "terminal: the output of a program that ends at once is not lost" {
	args sh -c 'seq 3000; echo last'
	in_terminal '$run run web'
	ok
	has '^last$'
	same 3001 "$(grep -cE '^([0-9]+|last)$' <<<"$output")"
}

@test "terminal: exec -t in the foreground" {
	config '.process.terminal = false'
	sleeper web
	in_terminal 'stty rows 31 cols 91; $run exec -t web sh -c "tty; until stty size 2>/dev/null | grep .; do sleep 0.02; done; exit 5"'
	fails 5
	has '^/dev/pts/0$'
	has '^31 91$'
}

@test "terminal: exec -t in the foreground needs one on our side" {
	skip_on crun "crun goes without"
	needs tool:setsid
	config '.process.terminal = false'
	sleeper web
	output_file=$ARENA/out
	status=0
	setsid --wait "$RUNTIME" --root "$STATE" exec -t web true </dev/null >"$output_file" 2>&1 3>&- || status=$?
	collect
	fails 255
}

@test "terminal: exec has none unless asked, even when the container has" {
	receiver
	args sleep 1000
	rt run -d --console-socket "$socket" web
	ok
	rt exec web sh -c 'tty; exit 0'
	ok
	equals 'not a tty'
}
