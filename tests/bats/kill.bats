#!/usr/bin/env bats
load helpers

# listener ID starts a container that writes the name of every signal it gets to /got, and ends after TERM.
listener() {
	args sh -c 'for s in HUP INT QUIT USR1 USR2 WINCH; do trap "echo $s >>/got" $s; done
		trap "echo TERM >>/got; exit 0" TERM
		touch /ready
		while :; do sleep 1000 & wait $!; done'
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/$1"
	rt create "$1"
	ok
	rt start "$1"
	ok
	wait_until 60 test -e "$ROOTFS/ready"
}

got() { grep -qx "$1" "$ROOTFS/got"; }

@test "kill: TERM when no signal is given" {
	bundle
	listener web
	rt kill web
	ok
	equals ''
	wait_until 60 in_state web stopped
	is got TERM
}

@test "kill: a signal by name, with and without SIG, in any case, and by number" {
	bundle
	listener web
	local spelling
	for spelling in HUP:HUP SIGINT:INT usr1:USR1 sigUsr2:USR2 3:QUIT 28:WINCH; do
		rt kill web "${spelling%:*}"
		ok
		wait_until 60 got "${spelling#*:}"
	done
	same running "$(status_of web)"
}

@test "kill: a real-time signal by number" {
	bundle
	ends_by 37 165
}

@test "kill: a real-time signal by name" {
	only husk crun "runc knows no names for them"
	bundle
	ends_by RTMIN+3 165
	ends_by sigrtmin+3 165
}

# ends_by SIGNAL CODE: a container of our pid namespace, where its init is mortal, ends by SIGNAL.
ends_by() {
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	args sh -c 'echo ready; exec sleep 1000'
	rt_spawn run web
	local log=$output_file
	wait_until 60 grep -q ready "$log"
	rt kill web "$1"
	ok
	output_file=$log
	rt_wait
	fails "$2"
}

@test "kill: KILL cannot be ignored" {
	bundle
	sleeper web
	rt kill web KILL
	ok
	wait_until 60 in_state web stopped
}

@test "kill: signal 0 only asks" {
	skip_on crun "crun knows no signal 0"
	bundle
	sleeper web
	rt kill web 0
	ok
	same running "$(status_of web)"
	kill -KILL "$(pid_of web)"
	wait_until 60 in_state web stopped
	rt kill web 0
	fails 1
}

@test "kill: an unknown signal is named and nobody is hurt" {
	bundle
	listener web
	local signal
	for signal in NOSUCH SIGSIG '1 2' 15x; do
		rt kill web "$signal"
		fails 1
		has "$signal"
	done
	same running "$(status_of web)"
	not test -e "$ROOTFS/got"
}

@test "kill: numbers that are no signal are refused" {
	bundle
	sleeper web
	local signal
	for signal in 65 1000 -1 99999999999999999999; do
		rt kill web "$signal"
		fails
	done
	same running "$(status_of web)"
}

@test "kill: an unknown container is an error" {
	rt kill nobody KILL
	fails 1
	has 'does not exist'
}

@test "kill: a stopped container is an error" {
	bundle
	args true
	run_as web -d
	ok
	wait_until 60 in_state web stopped
	rt kill web KILL
	fails 1
	has 'not running'
}

@test "kill: --all of a stopped container is none" {
	bundle
	args true
	run_as web -d
	ok
	wait_until 60 in_state web stopped
	rt kill --all web KILL
	ok
}

@test "kill: a created container can be killed before it starts" {
	bundle
	args touch /ran
	rt create web
	ok
	rt kill web KILL
	ok
	wait_until 60 in_state web stopped
	not test -e "$ROOTFS/ran"
	rt delete web
	ok
}

@test "kill: KILL ends a paused container too" {
	skip_on crun "crun 1.8 leaves it frozen on cgroup v1"
	bundle
	sleeper web
	rt pause web
	ok
	rt kill web KILL
	ok
	wait_until 60 in_state web stopped
}

@test "kill: a paused container gets the signal when it is resumed" {
	bundle
	listener web
	rt pause web
	ok
	rt kill web USR1
	ok
	not test -e "$ROOTFS/got"
	rt resume web
	ok
	wait_until 60 got USR1
}

@test "kill: an init that was killed from outside is not running" {
	bundle
	sleeper web
	kill -KILL "$(pid_of web)"
	wait_until 60 in_state web stopped
	rt kill web KILL
	fails 1
	has 'not running'
}

@test "kill: reaches all processes of a container with a pid namespace through its init" {
	bundle
	args sh -c 'sleep 1001 & sleep 1002 & touch /ready; wait'
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt run -d web
	ok
	wait_until 60 test -e "$ROOTFS/ready"
	rt kill web KILL
	ok
	wait_until 60 no_process_in web
}

@test "kill: KILL ends every process of a container that shares its pid namespace" {
	bundle
	shared web
	rt kill --all web KILL
	ok
	wait_until 60 no_process_in web
	same stopped "$(status_of web)"
	is kill -0 $$
}

@test "kill: -a may stand after the arguments" {
	skip_on crun "crun reads flags first"
	bundle
	shared web
	rt kill web KILL -a
	ok
	wait_until 60 no_process_in web
	rt kill web KILL --all
	ok
}

@test "kill: --all reaches what a dead init left behind" {
	before_runc 1.2 "calls the container stopped and kills nobody"
	skip_on crun "crun calls the container stopped"
	bundle
	shared web
	kill -KILL "$(pid_of web)"
	wait_until 60 in_state web stopped
	not no_process_in web
	rt kill --all web KILL
	ok
	wait_until 60 no_process_in web
}

@test "kill: TERM goes to the init only" {
	bundle
	args sh -c 'trap "echo init >>/got; exit" TERM
		sh -c "trap \"echo child >>/got\" TERM; touch /ready; while :; do sleep 1000; done" &
		while :; do wait $!; done'
	rt run -d web
	ok
	wait_until 60 test -e "$ROOTFS/ready"
	rt kill web TERM
	ok
	wait_until 60 in_state web stopped
	same init "$(cat "$ROOTFS/got")"
}

@test "kill: no argument, or three, is a usage error" {
	rt kill
	fails 1
	has 'requires'
	rt kill web KILL KILL
	fails 1
	skip_on crun "crun says nothing of it"
	has 'requires a maximum of 2 argument'
}

# shared ID starts a container of several processes in our own pid namespace.
shared() {
	config 'del(.linux.namespaces[] | select(.type == "pid")) | .linux.cgroupsPath = $p' --arg p "$CGROUP/$1"
	args sh -c 'sleep 1001 & setsid sleep 1002 & touch /ready; wait'
	rt run -d "$1"
	ok
	wait_until 60 test -e "$ROOTFS/ready"
}

# no_process_in is true when nothing but zombies is left in ID's cgroup, or the cgroup is gone.
no_process_in() {
	local pid
	while read -r pid; do ended "$pid" || return 1; done < <(cat "$(cgroup_dir freezer "$1")/cgroup.procs" 2>/dev/null)
}
