#!/usr/bin/env bats
load helpers

# A machine changes its runtime while containers run. Both runtimes are libcontainer's children and share its state.json.

setup() {
	arena_open
	only husk "this is about taking over from runc, and back"
	needs tool:runc
	bundle
	runc=$(command -v runc)
}

# under RUNTIME CMD… runs one command of the vocabulary with another runtime.
under() {
	local RUNTIME=$1
	shift
	"$@"
}

@test "adopt: a container that runc made is led through its life" {
	under "$runc" sleeper web
	local pid
	pid=$(under "$runc" pid_of web)
	rt state web
	ok
	json '.status == "running" and .pid == $pid and .bundle == $b' --argjson pid "$pid" --arg b "$BUNDLE"
	rt list -q
	equals web
	rt exec web echo hello
	ok
	equals hello
	rt_out ps -f json web
	ok
	json '. == [$pid]' --argjson pid "$pid"
	rt pause web
	ok
	same paused "$(status_of web)"
	rt resume web
	ok
	if have controller:pids; then
		rt update --pids-limit 25 web
		ok
		same 25 "$(cat "$(cgroup_dir pids web)/pids.max")"
	fi
	rt_out events --stats web
	ok
	rt kill web KILL
	ok
	wait_until 60 in_state web stopped
	rt delete web
	ok
	no_trace_of web
}

@test "adopt: a container that runc created is started" {
	args sleep 1000
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	under "$runc" rt create web
	ok
	same created "$(status_of web)"
	rt start web
	ok
	same running "$(status_of web)"
	rt delete --force web
	ok
	no_trace_of web
}

@test "adopt: runc leads a container of ours through its life" {
	sleeper web
	local pid
	pid=$(pid_of web)
	under "$runc" rt state web
	ok
	json '.status == "running" and .pid == $pid and .bundle == $b' --argjson pid "$pid" --arg b "$BUNDLE"
	under "$runc" rt exec web echo hello
	ok
	equals hello
	under "$runc" rt pause web
	ok
	same paused "$(status_of web)"
	under "$runc" rt resume web
	ok
	under "$runc" rt kill web KILL
	ok
	wait_until 60 in_state web stopped
	under "$runc" rt delete web
	ok
	no_trace_of web
}

@test "adopt: after runc changed a container, what we know of it stays" {
	echo '#!/bin/sh
		echo stopped >>'"$ARENA"'/hooks' >"$ARENA/hook"
	chmod +x "$ARENA/hook"
	config '.hooks.poststop = [{path: $h}]' --arg h "$ARENA/hook"
	sleeper web
	under "$runc" rt pause web
	ok
	under "$runc" rt resume web
	ok
	rt delete --force web
	ok
	same stopped "$(cat "$ARENA/hooks")"
}
