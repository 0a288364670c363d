#!/usr/bin/env bats
load helpers

# list_fds prints, in the container, the shell's descriptors. The glob's own is closed by then.
list_fds='cd /proc/$$/fd; for fd in *; do [ ! -L $fd ] || echo $fd; done'

@test "descriptors: a container has the standard streams and nothing else" {
	bundle
	args sh -c "$list_fds"
	rt run web 7</etc/passwd 9</ </dev/null
	ok
	equals $'0\n1\n2'
}

@test "descriptors: the init of a created and started container has no others either" {
	bundle
	args sleep 1000
	rt create web 7</etc/passwd 9</ </dev/null
	ok
	rt start web
	ok
	wait_until 60 grep -q sleep "/proc/$(pid_of web)/cmdline"
	same $'0\n1\n2' "$(ls "/proc/$(pid_of web)/fd")"
}

@test "descriptors: exec has the standard streams and nothing else" {
	bundle
	sleeper web
	rt exec web sh -c "$list_fds" 7</etc/passwd 9</ </dev/null
	ok
	equals $'0\n1\n2'
}

@test "descriptors: no directory of the host is reachable through /proc/self/fd or the cwd" {
	bundle
	echo secret >"$ARENA/host-file"
	args sh -c 'for fd in /proc/self/fd/*; do cat "$fd/../../../../../../../../../..'"$ARENA"'/host-file" 2>/dev/null; done; true'
	rt run web </dev/null
	ok
	lacks secret
	local fd
	for fd in 3 4 5 6 7 8 9 10; do
		config '.process.cwd = $d' --arg d "/proc/self/fd/$fd"
		rt run "web$fd" </dev/null
		fails
	done
}

@test "descriptors: closed standard streams are no trap" {
	bundle
	args sh -c 'cat; echo done'
	rt run web <&-
	ok
	equals 'done'
}

@test "--preserve-fds: run passes that many on from 3, and no more" {
	bundle
	echo three >"$ARENA/3"
	echo four >"$ARENA/4"
	args sh -c 'cat <&3; cat <&4; ls /proc/self/fd'
	keep_fds "$ARENA/3" "$ARENA/4" run --preserve-fds 2 web
	ok
	has '^three$'
	has '^four$'
	lacks '^[6-9]$' # 5 is ls's own
}

@test "--preserve-fds: create passes them on to the program that start starts" {
	bundle
	echo three >"$ARENA/3"
	args sh -c 'cat <&3 >/got'
	keep_fds "$ARENA/3" /dev/null create --preserve-fds 1 web
	ok
	rt start web
	ok
	wait_until 60 in_state web stopped
	same three "$(cat "$ROOTFS/got")"
}

@test "--preserve-fds: exec passes them on" {
	bundle
	sleeper web
	echo three >"$ARENA/3"
	echo four >"$ARENA/4"
	keep_fds "$ARENA/3" "$ARENA/4" exec --preserve-fds 2 web sh -c 'cat <&3; cat <&4'
	ok
	equals $'three\nfour'
}

@test "--preserve-fds: more than there are is refused, and nothing is left" {
	bundle
	args true
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt run --preserve-fds 1000 web
	fails 1
	has 'preserve'
	is_runc || no_trace_of web # runc 1.5 leaves it to delete --force
}

@test "--preserve-fds: a negative number is refused" {
	skip_on runc "runc takes it as 0"
	skip_on crun "crun takes it as 0"
	bundle
	args true
	rt run --preserve-fds=-1 web
	fails
	has 'preserve-fds'
	same '' "$(container_ids)"
}

# keep_fds FILE3 FILE4 ARG… is rt with two files open as descriptors 3 and 4.
keep_fds() {
	local three=$1 four=$2
	shift 2
	output_file=$ARENA/output.$((++rt_calls))
	status=0
	timeout --foreground "$RT_DEADLINE" "$RUNTIME" --root "$STATE" "$@" 3<"$three" 4<"$four" >"$output_file" 2>&1 || status=$?
	invocation="${RUNTIME##*/} $*"
	collect
}

# activated FILE3 FILE4 ARG… is keep_fds the way systemd starts a service that listens: LISTEN_FDS=1 and its own pid.
activated() {
	local three=$1 four=$2
	shift 2
	output_file=$ARENA/output.$((++rt_calls))
	status=0
	sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' _ "$RUNTIME" --root "$STATE" "$@" 3<"$three" 4<"$four" >"$output_file" 2>&1 || status=$?
	invocation="${RUNTIME##*/} $*"
	collect
}

@test "LISTEN_FDS: a listening socket is passed on, with the pid that the program has" {
	bundle
	echo three >"$ARENA/3"
	args sh -c 'echo "$LISTEN_FDS $LISTEN_PID"; cat <&3; ls /proc/self/fd'
	activated "$ARENA/3" /dev/null run web
	ok
	has '^1 1$'
	has '^three$'
	lacks '^[5-9]$' # 4 is ls's own
}

@test "LISTEN_FDS: goes before --preserve-fds" {
	bundle
	echo three >"$ARENA/3"
	echo four >"$ARENA/4"
	args sh -c 'echo "$LISTEN_FDS"; cat <&3; cat <&4'
	activated "$ARENA/3" "$ARENA/4" run --preserve-fds 1 web
	ok
	equals $'1\nthree\nfour'
}

@test "LISTEN_FDS: meant for another process is not passed on" {
	bundle
	echo three >"$ARENA/3"
	args sh -c 'echo "[$LISTEN_FDS]"; cat <&3'
	output_file=$ARENA/out
	status=0
	LISTEN_FDS=1 LISTEN_PID=1 "$RUNTIME" --root "$STATE" run web 3<"$ARENA/3" >"$output_file" 2>&1 || status=$?
	collect
	fails
	has '^\[\]$'
	lacks three
}

# notified starts the listener of $NOTIFY_SOCKET and puts into the rootfs what a service needs to answer.
notified() {
	needs helper:sockets
	notify=$ARENA/notify.sock
	cp "$HELPERS/sockets" "$ROOTFS/bin/"
	spawn "$HELPERS/sockets" notify "$notify" >"$ARENA/notified"
	wait_until 60 test -S "$notify"
}

@test "NOTIFY_SOCKET: run -d waits until the service is ready and passes that on with its pid" {
	skip_on crun "crun passes the socket itself"
	bundle
	notified
	args sh -c 'read line </go; sockets send "$NOTIFY_SOCKET" "READY=1"; sleep 1000'
	mkfifo "$ROOTFS/go"
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	NOTIFY_SOCKET=$notify rt_spawn run -d web
	wait_until 60 in_state web running
	not ended "$spawned"
	not test -s "$ARENA/notified"
	echo >"$ROOTFS/go"
	wait_until 60 grep -q MAINPID "$ARENA/notified"
	same "$(printf 'READY=1\nMAINPID=%s' "$(pid_of web)")" "$(grep -v BARRIER "$ARENA/notified")"
	rt_wait
	ok
}

@test "NOTIFY_SOCKET: start waits too" {
	skip_on crun "crun passes the socket itself"
	bundle
	notified
	args sh -c 'sockets send "$NOTIFY_SOCKET" "READY=1"; sleep 1000'
	NOTIFY_SOCKET=$notify rt create web
	ok
	not test -s "$ARENA/notified"
	NOTIFY_SOCKET=$notify rt start web
	ok
	wait_until 60 grep -q MAINPID "$ARENA/notified"
	same "$(printf 'READY=1\nMAINPID=%s' "$(pid_of web)")" "$(grep -v BARRIER "$ARENA/notified")"
}

@test "NOTIFY_SOCKET: a barrier follows, so that the service manager has read it all" {
	before_runc 1.2 "sends none"
	skip_on crun "crun passes the socket itself"
	bundle
	notified
	local listener=$spawned
	args sh -c 'sockets send "$NOTIFY_SOCKET" "READY=1"; sleep 1000'
	NOTIFY_SOCKET=$notify rt run -d web
	ok
	wait_until 60 ended "$listener"
	same BARRIER=1 "$(tail -n 1 "$ARENA/notified")"
}

@test "NOTIFY_SOCKET: a run in the foreground gives its own pid" {
	skip_on crun "crun passes the socket itself"
	bundle
	notified
	args sh -c 'sockets send "$NOTIFY_SOCKET" "READY=1"; read line </go'
	mkfifo "$ROOTFS/go"
	NOTIFY_SOCKET=$notify rt_spawn run web
	local runtime=$spawned
	wait_until 60 grep -q MAINPID "$ARENA/notified"
	same "$(printf 'READY=1\nMAINPID=%s' "$runtime")" "$(grep -v BARRIER "$ARENA/notified")"
	echo >"$ROOTFS/go"
	rt_wait
	ok
}

@test "NOTIFY_SOCKET: a service that ends without a word does not hang us" {
	skip_on runc "runc waits for its zombie child"
	skip_on crun "crun passes the socket itself"
	bundle
	notified
	args true
	NOTIFY_SOCKET=$notify rt run -d web
	ok
	not test -s "$ARENA/notified"
	wait_until 60 in_state web stopped
	rt delete web
	ok
}

@test "--pidfd-socket: create, run and exec send a pidfd of their process" {
	before_runc 1.2 "has none"
	skip_on crun "crun 1.8 has none"
	needs helper:sockets
	bundle
	args sleep 1000
	take_pidfd
	rt create --pidfd-socket "$ARENA/pidfd.sock" web
	ok
	wait_until 60 ended "$taker"
	same "$(pid_of web)" "$(cat "$ARENA/pidfd")"
	rt start web
	ok
	take_pidfd
	rt exec -d --pidfd-socket "$ARENA/pidfd.sock" --pid-file "$ARENA/pid" web sleep 1001
	ok
	wait_until 60 ended "$taker"
	same "$(cat "$ARENA/pid")" "$(cat "$ARENA/pidfd")"
}

@test "--pidfd-socket: the pidfd works" {
	before_runc 1.2 "has none"
	skip_on crun "crun 1.8 has none"
	needs helper:sockets
	bundle
	args sleep 1000
	take_pidfd SIGKILL
	rt run -d --pidfd-socket "$ARENA/pidfd.sock" web
	ok
	echo >"$ARENA/go"
	wait_until 60 ended "$taker"
	same ended "$(tail -n 1 "$ARENA/pidfd")"
	wait_until 60 in_state web stopped
}

take_pidfd() {
	rm -f "$ARENA/pidfd.sock"
	[[ -p $ARENA/go ]] || mkfifo "$ARENA/go"
	spawn sh -c 'exec "$@" <>"$0"' "$ARENA/go" "$HELPERS/sockets" pidfd "$ARENA/pidfd.sock" "$@" >"$ARENA/pidfd"
	taker=$spawned
	wait_until 60 test -S "$ARENA/pidfd.sock"
}

@test "--preserve-fds: what the runtime itself has open is not passed on" {
	only husk "runc 1.1 counts its own, crun passes none"
	bundle
	args sleep 1000
	rt run -d web
	ok
	rt exec --preserve-fds 1 web true
	fails
	has 'descriptor 3: bad file descriptor'
	rt --log "$ARENA/log" exec --preserve-fds 6 web true
	fails
	has 'descriptor 3: bad file descriptor'
}
