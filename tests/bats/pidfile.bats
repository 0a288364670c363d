#!/usr/bin/env bats
load helpers

@test "pid file: create, run and run -d write the pid of the init" {
	bundle
	args sleep 1000
	rt create --pid-file "$ARENA/pid" web
	ok
	same "$(pid_of web)" "$(cat "$ARENA/pid")"
	rt delete --force web
	ok
	rt run -d --pid-file "$ARENA/pid" web
	ok
	same "$(pid_of web)" "$(cat "$ARENA/pid")"
}

@test "pid file: a run in the foreground writes it too" {
	bundle
	args sh -c 'read line </go'
	mkfifo "$ROOTFS/go"
	rt_spawn run --pid-file "$ARENA/pid" web
	wait_until 60 test -s "$ARENA/pid"
	same "$(pid_of web)" "$(cat "$ARENA/pid")"
	echo >"$ROOTFS/go"
	rt_wait
	ok
}

@test "pid file: exec writes the pid of its program" {
	bundle
	sleeper web
	rt exec -d --pid-file "$ARENA/pid" web sleep 1234
	ok
	same 'sleep 1234 ' "$(tr '\0' ' ' <"/proc/$(cat "$ARENA/pid")/cmdline")"
}

@test "pid file: holds digits only, without an end of line" {
	bundle
	args sleep 1000
	rt create --pid-file "$ARENA/pid" web
	ok
	is grep -qE '^[0-9]+$' "$ARENA/pid"
	same "$(wc -m <"$ARENA/pid")" "$(tr -cd 0-9 <"$ARENA/pid" | wc -m)"
}

@test "pid file: a relative path counts from the caller" {
	bundle
	args sleep 1000
	cd "$ARENA"
	rt create --bundle bundle --pid-file here.pid web
	ok
	same "$(pid_of web)" "$(cat "$ARENA/here.pid")"
	not test -e "$BUNDLE/here.pid"
}

@test "pid file: replaces an old one whole, and does not write through a symbolic link" {
	skip_on crun "crun writes into the file"
	bundle
	args sleep 1000
	echo 'something much longer than a pid' >"$ARENA/precious"
	ln -s precious "$ARENA/pid"
	rt create --pid-file "$ARENA/pid" web
	ok
	same "$(pid_of web)" "$(cat "$ARENA/pid")"
	same 'something much longer than a pid' "$(cat "$ARENA/precious")"
	same '' "$(find "$ARENA" -maxdepth 1 -name '.*' -type f)" 'temporary files'
}

@test "pid file: whoever sees it finds the container complete" {
	bundle
	args sleep 1000
	local round
	for round in 1 2 3; do
		rt_spawn create --pid-file "$ARENA/pid" web
		until [[ -e $ARENA/pid ]] || ended "$spawned"; do :; done
		is test -s "$ARENA/pid"
		same created "$(status_of web)"
		same "$(cat "$ARENA/pid")" "$(pid_of web)"
		rt_wait
		ok
		rt delete --force web
		ok
		rm "$ARENA/pid"
	done
}

@test "pid file: one that cannot be written fails the create, and nothing is left" {
	bundle
	args sleep 1000
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt create --pid-file "$ARENA/no/such/directory/pid" web
	fails 1
	has 'no such file'
	no_trace_of web
}

@test "pid file: a create that fails writes none" {
	bundle
	args no-such-program
	rt create --pid-file "$ARENA/pid" web
	fails
	not test -e "$ARENA/pid"
}
