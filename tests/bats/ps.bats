#!/usr/bin/env bats
load helpers

@test "ps: the container's processes as ps(1) shows them" {
	needs tool:ps
	bundle
	sleeper web
	rt ps web
	ok
	is grep -qE '^UID +PID +PPID ' <<<"${lines[0]}"
	has "^root +$(pid_of web) .*sleep 1000"
	same 2 "${#lines[@]}"
}

@test "ps: processes started by exec are among them" {
	needs tool:ps
	bundle
	sleeper web
	rt exec -d web sleep 1001
	ok
	rt ps web
	ok
	has 'sleep 1000$'
	has 'sleep 1001$'
	same 3 "${#lines[@]}"
}

@test "ps: --format json is a list of pids of the host" {
	bundle
	sleeper web
	rt_out ps --format json web
	ok
	json ". == [$(pid_of web)]"
	rt_out ps -f json web
	ok
	json ". == [$(pid_of web)]"
}

@test "ps: options for ps(1) stand after the id" {
	needs tool:ps
	skip_on crun "crun has none"
	bundle
	sleeper web
	rt ps web -e -o pid,args
	ok
	is grep -qE '^ +PID COMMAND' <<<"${lines[0]}"
	same 2 "${#lines[@]}"
	has "^ *$(pid_of web) sleep 1000"
}

@test "ps: output without a PID column is an error" {
	needs tool:ps
	skip_on crun "crun has no options"
	bundle
	sleeper web
	rt ps web -e -o args
	fails 1
	has 'PID'
}

@test "ps: a failing ps(1) is an error that shows its words" {
	needs tool:ps
	skip_on crun "crun has no options"
	bundle
	sleeper web
	rt ps web --no-such-option
	fails 1
	has 'unknown|unrecognized'
}

@test "ps: another format is refused" {
	bundle
	sleeper web
	rt ps --format yaml web
	fails 1
	has 'format'
}

@test "ps: a paused and a created container have processes too" {
	bundle
	sleeper web
	rt pause web
	ok
	rt_out ps -f json web
	ok
	json 'length == 1'
	config '.linux.cgroupsPath += "-other"'
	rt create other
	ok
	rt_out ps -f json other
	ok
	json 'length == 1'
}

@test "ps: processes in cgroups below the container's are among them" {
	bundle
	sleeper web
	local dir
	dir=$(cgroup_dir devices web)
	mkdir "$dir/below"
	rt exec -d web sleep 1001
	ok
	grep -vx "$(pid_of web)" "$dir/cgroup.procs" >"$dir/below/cgroup.procs"
	rt_out ps -f json web
	ok
	json 'length == 2'
}

@test "ps: an unknown container is an error" {
	rt ps nobody
	fails 1
	has 'does not exist'
}

@test "ps: no id is a usage error" {
	rt ps
	fails 1
	has 'requires a minimum of 1 argument'
}
