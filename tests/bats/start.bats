#!/usr/bin/env bats
load helpers

@test "start: runs the program of a created container and returns" {
	bundle
	args sh -c 'touch /ran; sleep 1000'
	rt create web
	ok
	rt start web
	ok
	equals ''
	same running "$(status_of web)"
	wait_until 60 test -e "$ROOTFS/ran"
}

@test "start: the program has the pid that state named before" {
	bundle
	args sleep 1000
	rt create web
	ok
	local pid
	pid=$(pid_of web)
	rt start web
	ok
	same "$pid" "$(pid_of web)"
	same sleep "$(tr '\0' '\n' <"/proc/$pid/cmdline" | head -n 1)"
}

@test "start: a running container is refused and runs on" {
	bundle
	sleeper web
	rt start web
	fails 1
	has 'running'
	same running "$(status_of web)"
}

@test "start: a stopped container is refused" {
	bundle
	args true
	run_as web -d
	ok
	wait_until 60 in_state web stopped
	rt start web
	fails 1
	has 'stopped'
}

@test "start: a container whose init was killed before it started is refused" {
	bundle
	args true
	rt create web
	ok
	kill -KILL "$(pid_of web)"
	wait_until 60 in_state web stopped
	rt start web
	fails 1
	has 'stopped'
}

@test "start: a paused container is refused until it is resumed" {
	skip_on crun "crun hangs on the frozen init"
	bundle
	args sleep 1000
	rt create web
	ok
	rt pause web
	ok
	rt start web
	fails 1
	has 'paused'
	rt resume web
	ok
	rt start web
	ok
	same running "$(status_of web)"
}

@test "start: an unknown container is refused" {
	rt start nobody
	fails 1
	has 'does not exist'
}

@test "start: no id is a usage error" {
	rt start
	fails 1
	has 'requires exactly 1 argument'
}

@test "start: a program that ends at once leaves a stopped container" {
	bundle
	args true
	rt create web
	ok
	rt start web
	ok
	wait_until 60 in_state web stopped
	same 0 "$(pid_of web)"
}

@test "start: works when the bundle is gone, for nothing is read from it any more" {
	bundle
	mkdir "$ARENA/elsewhere"
	args sleep 1000
	rt create web
	ok
	mv config.json "$ARENA/elsewhere"
	rt start web
	ok
	same running "$(status_of web)"
}
