#!/usr/bin/env bats
load helpers

@test "delete: removes a stopped container, whose id is free again" {
	bundle
	args true
	run_as web -d
	ok
	wait_until 60 in_state web stopped
	rt delete web
	ok
	equals ''
	no_trace_of web
	rt run web
	ok
}

@test "delete: a created container needs no force" {
	bundle
	args touch /ran
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt create web
	ok
	rt delete web
	ok
	no_trace_of web
	not test -e "$ROOTFS/ran"
}

@test "delete: a running container is refused and runs on" {
	bundle
	sleeper web
	rt delete web
	fails 1
	has 'not stopped|still running'
	same running "$(status_of web)"
}

@test "delete: a paused container is refused and stays paused" {
	skip_on crun "crun says nothing of the state"
	bundle
	sleeper web
	rt pause web
	ok
	rt delete web
	fails 1
	has 'paused'
	same paused "$(status_of web)"
}

@test "delete: --force ends and removes a running container" {
	bundle
	sleeper web
	local pid
	pid=$(pid_of web)
	rt delete --force web
	ok
	equals ''
	no_trace_of web
	is ended "$pid"
}

@test "delete: -f may stand after the id" {
	bundle
	sleeper web
	rt delete web -f
	ok
	no_trace_of web
	sleeper web
	rt delete web --force
	ok
	no_trace_of web
}

@test "delete: --force removes a paused container" {
	bundle
	sleeper web
	rt pause web
	ok
	rt delete --force web
	ok
	no_trace_of web
}

@test "delete: an unknown container is an error" {
	rt delete nobody
	fails 1
	has 'does not exist'
}

@test "delete: --force of an unknown container is none" {
	rt delete --force nobody
	ok
}

@test "delete: twice is an error, with --force none" {
	bundle
	sleeper web
	rt delete --force web
	ok
	rt delete web
	fails 1
	has 'does not exist'
	rt delete --force web
	ok
}

@test "delete: --force ends all processes of a container that shares its pid namespace" {
	bundle
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	args sh -c 'for i in 1 2 3 4 5; do setsid sleep 100$i & done; touch /ready; wait'
	run_as web -d
	ok
	wait_until 60 test -e "$ROOTFS/ready"
	local pids pid
	pids=$(cat "$(cgroup_dir freezer web)/cgroup.procs")
	same 6 "$(wc -w <<<"$pids")"
	rt delete --force web
	ok
	no_trace_of web
	for pid in $pids; do is ended "$pid"; done
}

@test "delete: --force ends what a dead init without a pid namespace left behind" {
	before_runc 1.2 "signals only a running container"
	bundle
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	args sh -c 'setsid sleep 1001 & touch /ready'
	run_as web -d
	ok
	wait_until 60 test -e "$ROOTFS/ready"
	wait_until 60 in_state web stopped
	is test -n "$(cat "$(cgroup_dir freezer web)/cgroup.procs")"
	rt delete --force web
	ok
	no_trace_of web
}

@test "delete: --force outruns a container that forks all the time" {
	bundle
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	args sh -c 'fork() { while :; do sh -c "sleep 0.05 & sleep 0.05 & exit" & wait $!; done; }
		for i in 1 2 3; do fork & done; touch /ready; wait'
	run_as web -d
	ok
	wait_until 60 test -e "$ROOTFS/ready"
	rt delete --force web
	ok
	no_trace_of web
}

@test "delete: cgroups that the container made below its own go with it" {
	bundle
	sleeper web
	local dir
	for dir in $(cgroup_dirs); do
		[[ ! -d $dir$CGROUP/web ]] || mkdir -p "$dir$CGROUP/web/a/b" "$dir$CGROUP/web/c"
	done
	rt delete --force web
	ok
	no_trace_of web
}

@test "delete: processes in cgroups below the container's go with it" {
	bundle
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	args sh -c 'setsid sleep 1001 & wait'
	run_as web -d
	ok
	local dir pid
	pid=$(pid_of web)
	for dir in $(cgroup_dirs); do
		[[ -d $dir$CGROUP/web ]] || continue
		mkdir "$dir$CGROUP/web/below"
		[[ ! -e $dir$CGROUP/web/below/cpuset.cpus ]] || cp_cpuset "$dir$CGROUP/web"
		echo "$pid" >"$dir$CGROUP/web/below/cgroup.procs"
	done
	rt delete --force web
	ok
	no_trace_of web
	is ended "$pid"
}

# cp_cpuset fills the cpuset of DIR/below, without which v1 takes no process there.
cp_cpuset() {
	cat "$1/cpuset.cpus" >"$1/below/cpuset.cpus"
	cat "$1/cpuset.mems" >"$1/below/cpuset.mems"
}

@test "delete: what an interrupted create left is cleared away" {
	skip_on crun "crun wants its status file"
	mkdir -p "$STATE/half"
	rt delete half # runc removes it but calls it an error
	not test -e "$STATE/half"
	mkdir -p "$STATE/half"
	rt delete --force half
	ok
	not test -e "$STATE/half"
}

@test "delete: an id that leaves the state root removes nothing there" {
	bundle
	sleeper web
	mkdir "$ARENA/victim"
	touch "$ARENA/victim/file"
	local id
	for id in ../victim .. . web/.. ''; do
		rt delete --force "$id"
		is test -e "$ARENA/victim/file"
		same running "$(status_of web)"
	done
	rt delete ../victim
	fails 1
}

@test "delete: no id is a usage error" {
	rt delete
	fails 1
	skip_on crun "crun names no number"
	has 'requires exactly 1 argument'
}

@test "delete: other containers of the root are left alone" {
	bundle
	sleeper one
	sleeper two
	rt delete --force one
	ok
	same running "$(status_of two)"
}

@test "delete: a container that was made in the cgroup of a stopped one lives on" {
	only husk "others kill it or share it without asking"
	bundle
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/shared"
	args true
	rt create old
	ok
	rt start old
	ok
	wait_until 60 in_state old stopped
	args sleep 1000
	rt create young
	ok
	rt start young
	ok
	rt delete old
	fails 1
	has "$(pid_of young)"
	is in_state young running
	rt delete --force young
	ok
	rt delete old
	ok
}
