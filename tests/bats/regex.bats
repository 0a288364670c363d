#!/usr/bin/env bats
load helpers

setup() {
	arena_open
	only husk crun "runc has no --regex"
	skip_on crun "crun 1.8 ends at the first container that is running"
}

@test "kill --regex: the signal reaches every container whose id matches" {
	bundle
	sleeper web-1
	sleeper web-2
	sleeper db-1
	rt kill --regex '^web-' KILL
	ok
	wait_until 60 in_state web-1 stopped
	wait_until 60 in_state web-2 stopped
	same running "$(status_of db-1)"
}

@test "delete --regex: removes every stopped container whose id matches" {
	bundle
	args true
	run_as web-1 -d
	ok
	run_as web-2 -d
	ok
	run_as db-1 -d
	ok
	wait_until 60 in_state web-1 stopped
	wait_until 60 in_state web-2 stopped
	rt delete --regex 'web-[0-9]+'
	ok
	no_trace_of web-1
	no_trace_of web-2
	is test -e "$STATE/db-1"
}

@test "delete --regex: a running container is refused, the others go" {
	bundle
	sleeper web-1
	args true
	run_as web-2 -d
	ok
	wait_until 60 in_state web-2 stopped
	rt delete --regex 'web'
	fails 1
	has 'web-1'
	no_trace_of web-2
	same running "$(status_of web-1)"
}

@test "delete --regex --force: removes running ones too" {
	bundle
	sleeper web-1
	sleeper web-2
	rt delete --force --regex '.*'
	ok
	no_trace_of web-1
	no_trace_of web-2
}

@test "--regex: one that matches nothing is no error, one that is broken is" {
	mkdir "$STATE"
	rt delete --regex 'web'
	ok
	rt delete --regex '('
	fails 1
	rt kill --regex '[' KILL
	fails 1
}
