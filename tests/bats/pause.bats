#!/usr/bin/env bats
load helpers

frozen() {
	local dir
	dir=$(cgroup_dir freezer "$1")
	if have v2; then grep -qx 'frozen 1' "$dir/cgroup.events"; else grep -qx FROZEN "$dir/freezer.state"; fi
}

@test "pause: all processes stand still, and resume lets them go on" {
	bundle
	args sh -c 'while :; do read line </in; echo "$line" >>/out; done'
	mkfifo "$ROOTFS/in"
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt run -d web
	ok
	echo before >"$ROOTFS/in"
	wait_until 60 grep -q before "$ROOTFS/out"
	rt pause web
	ok
	equals ''
	same paused "$(status_of web)"
	is frozen web
	rt resume web
	ok
	equals ''
	same running "$(status_of web)"
	not frozen web
	echo after >"$ROOTFS/in"
	wait_until 60 grep -q after "$ROOTFS/out"
}

@test "pause: a container that forks all the time is frozen whole" {
	bundle
	args sh -c 'fork() { while :; do sh -c : ; done; }; for i in 1 2 3 4; do fork & done; touch /ready; wait'
	run_as web -d
	ok
	wait_until 60 test -e "$ROOTFS/ready"
	local i
	for i in 1 2 3; do
		rt pause web
		ok
		is frozen web
		rt resume web
		ok
	done
}

@test "pause: processes started by exec stand still too" {
	bundle
	sleeper web
	rt exec -d web sleep 1001
	ok
	rt pause web
	ok
	is frozen web
	same 2 "$(wc -l <"$(cgroup_dir freezer web)/cgroup.procs")"
}

@test "pause: a created container can be paused and resumed" {
	skip_on crun "crun thaws it on start"
	bundle
	args sleep 1000
	rt create web
	ok
	rt pause web
	ok
	same paused "$(status_of web)"
	rt resume web
	ok
	same created "$(status_of web)"
}

@test "pause: twice needs only one resume" {
	bundle
	sleeper web
	rt pause web
	ok
	rt pause web # runc refuses it, crun and husk have nothing to do
	same paused "$(status_of web)"
	rt resume web
	ok
	same running "$(status_of web)"
}

@test "pause: a stopped container is refused" {
	bundle
	args true
	run_as web -d
	ok
	wait_until 60 in_state web stopped
	rt pause web
	fails 1
	has 'not running'
}

@test "resume: a container that is not paused is refused" {
	bundle
	sleeper web
	rt resume web
	fails 1
	has 'not paused'
	same running "$(status_of web)"
}

@test "pause, resume: an unknown container is an error" {
	rt pause nobody
	fails 1
	has 'does not exist'
	rt resume nobody
	fails 1
	has 'does not exist'
}

@test "pause, resume: no id is a usage error" {
	rt pause
	fails 1
	has 'requires exactly 1 argument'
	rt resume
	fails 1
	has 'requires exactly 1 argument'
}

@test "pause: without a cgroup to freeze it is refused" {
	skip_on crun "crun's words differ"
	bundle
	sleeper web
	local dir pid
	pid=$(pid_of web)
	for dir in $(cgroup_dirs); do
		[[ -d $dir$CGROUP/web ]] || continue
		echo "$pid" >"$dir/cgroup.procs"
		rmdir "$dir$CGROUP/web"
	done
	rt pause web
	fails 1
	same running "$(status_of web)"
}
