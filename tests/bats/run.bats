#!/usr/bin/env bats
load helpers

@test "run: ends with the exit status of the program" {
	bundle
	local code
	for code in 0 1 7 255; do
		args sh -c "exit $code"
		rt run web
		fails "$code"
	done
}

@test "run: a program killed by a signal gives 128 + its number" {
	bundle
	args sh -c 'sh -c "kill -KILL \$\$"; exit $?'
	rt run child
	fails 137
	config 'del(.linux.namespaces[] | select(.type == "pid"))' # an init of a pid namespace is immune to its own signals
	args sh -c 'kill -TERM $$; sleep 1000'
	rt run init
	fails 143
}

@test "run: removes the container afterwards" {
	bundle
	args true
	run_as web
	ok
	no_trace_of web
}

@test "run: --keep leaves a stopped container, for delete" {
	bundle
	args sh -c 'exit 3'
	run_as web --keep
	fails 3
	same stopped "$(status_of web)"
	rt delete web
	ok
	no_trace_of web
}

@test "run: standard output and error stay apart" {
	bundle
	args sh -c 'echo out; echo err >&2'
	rt_out run web
	ok
	equals out
	same err "$stderr"
}

@test "run: standard input reaches the program, with its end" {
	bundle
	args sh -c 'cat; echo end'
	rt run web <<<'line in'
	ok
	equals $'line in\nend'
	rt run web </dev/null
	ok
	equals end
}

@test "run: megabytes pass through both ways unharmed" {
	bundle
	head -c 3000000 /dev/urandom >"$ARENA/data"
	args cat
	rt_out run web <"$ARENA/data"
	ok
	is cmp "$ARENA/data" "$output_file"
}

@test "run: output written just before the end is not lost" {
	bundle
	args sh -c 'seq 20000; echo last'
	rt run web
	ok
	same 20001 "${#lines[@]}"
	same last "${lines[-1]}"
}

@test "run: does not wait for somebody who only holds standard input open" {
	bundle
	args true
	mkfifo "$ARENA/stdin"
	spawn sh -c 'exec sleep 1000 >"$0"' "$ARENA/stdin"
	rt run web <"$ARENA/stdin"
	ok
}

@test "run: a program ends by SIGPIPE when the reader of its output goes away" {
	bundle
	args yes
	"$RUNTIME" --root "$STATE" run web </dev/null 2>/dev/null 3>&- | head -n 1 >"$ARENA/line"
	same y "$(cat "$ARENA/line")"
	same '' "$(container_ids)"
}

@test "run: --detach returns while the program runs and leaves it our output" {
	bundle
	args sh -c 'read line </go; echo "$line"'
	mkfifo "$ROOTFS/go"
	rt run --detach web
	ok
	same running "$(status_of web)"
	echo later >"$ROOTFS/go"
	wait_until 60 in_state web stopped
	same later "$(cat "$output_file")"
}

@test "run: -d with a program that ends at once succeeds" {
	bundle
	args sh -c 'exit 5'
	rt run -d web
	ok
	wait_until 60 in_state web stopped
	rt delete web
	ok
}

@test "run: -b names the bundle" {
	bundle
	args echo here
	cd /
	rt run -b "$BUNDLE" web
	ok
	equals here
}

@test "run: an id can be used again after the container is gone" {
	bundle
	args true
	rt run web
	ok
	rt run web
	ok
}

@test "run: signals are forwarded to the program" {
	bundle
	args sh -c 'for s in HUP INT TERM USR1 USR2 WINCH CONT; do trap "echo $s" $s; done
		trap "echo QUIT; exit 9" QUIT
		echo ready
		while :; do sleep 1000 & wait $!; done'
	rt_spawn run web
	wait_until 60 grep -q ready "$output_file"
	local signal
	for signal in HUP INT TERM USR1 USR2 QUIT; do
		kill -"$signal" "$spawned"
		wait_until 60 grep -q "$signal" "$output_file"
	done
	rt_wait
	fails 9
}

@test "run: a program that is not there is an error of ours, and nothing is left" {
	bundle
	args no-such-program
	run_as web
	fails 1
	has 'no-such-program'
	no_trace_of web
}

@test "run: a program that is not executable is an error of ours, and nothing is left" {
	bundle
	touch "$ROOTFS/plain"
	args /plain
	run_as web
	fails
	has 'permission denied'
	no_trace_of web
}

@test "run: a program with a broken format fails and leaves nothing" {
	bundle
	echo 'no program' >"$ROOTFS/broken"
	chmod +x "$ROOTFS/broken"
	args /broken
	run_as web
	fails
	has 'exec format error'
	no_trace_of web
}

@test "run: a terminal in the foreground needs one on our side" {
	skip_on crun "crun goes without"
	bundle
	config '.process.terminal = true'
	args true
	needs tool:setsid
	output_file=$ARENA/out
	status=0
	setsid --wait "$RUNTIME" --root "$STATE" run web </dev/null >"$output_file" 2>&1 3>&- || status=$?
	collect
	fails 1
	same '' "$(container_ids)"
}

@test "run: a runtime that was killed leaves a container that delete --force removes" {
	bundle
	args sh -c 'echo ready; sleep 1000'
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt_spawn run web
	wait_until 60 grep -q ready "$output_file"
	kill -KILL "$spawned"
	rt_wait
	same running "$(status_of web)"
	rt delete --force web
	ok
	no_trace_of web
}

@test "run: orphans of a container without a pid namespace do not keep us" {
	bundle
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	args sh -c 'sh -c "sleep 0.1; exit 4" >/dev/null 2>&1 & exit 6'
	rt run web
	fails 6
	rt run --no-subreaper web
	fails 6
}

@test "run: leaves no process of ours behind when it detaches" {
	bundle
	args sleep 1000
	run_as web -d
	ok
	same "$(pid_of web)" "$(cat "$(cgroup_dir freezer web)/cgroup.procs")"
	same '' "$(runtime_processes)"
}

# runtime_processes prints the processes that still work on this test's state root.
runtime_processes() {
	local dir
	for dir in /proc/[0-9]*; do
		! tr '\0' ' ' <"$dir/cmdline" 2>/dev/null | grep -qF -- "--root $STATE" || echo "${dir#/proc/}"
	done
}
