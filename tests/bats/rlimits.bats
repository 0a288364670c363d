#!/usr/bin/env bats
# process.rlimits: the limits that the process finds, and the ones that nobody can grant.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the container's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals

# limit SOFT HARD NAME: the line of /proc/PID/limits with that name is in output with these values
limit() { has "^Max $3 +$1 +$2( |$)"; }

# covers: process.rlimits.type process.rlimits.soft process.rlimits.hard
@test "rlimits: each of the sixteen is set" {
	bundle
	config '.process.rlimits = [
		{type: "RLIMIT_AS", soft: 4000000000, hard: 4100000000},
		{type: "RLIMIT_CORE", soft: 0, hard: 0},
		{type: "RLIMIT_CPU", soft: 1001, hard: 1002},
		{type: "RLIMIT_DATA", soft: 4000000001, hard: 4100000001},
		{type: "RLIMIT_FSIZE", soft: 100003, hard: 100004},
		{type: "RLIMIT_LOCKS", soft: 1005, hard: 1006},
		{type: "RLIMIT_MEMLOCK", soft: 1007, hard: 1008},
		{type: "RLIMIT_MSGQUEUE", soft: 1009, hard: 1010},
		{type: "RLIMIT_NICE", soft: 0, hard: 0},
		{type: "RLIMIT_NOFILE", soft: 111, hard: 222},
		{type: "RLIMIT_NPROC", soft: 1011, hard: 1012},
		{type: "RLIMIT_RSS", soft: 1013, hard: 1014},
		{type: "RLIMIT_RTPRIO", soft: 0, hard: 0},
		{type: "RLIMIT_RTTIME", soft: 1015, hard: 1016},
		{type: "RLIMIT_SIGPENDING", soft: 1017, hard: 1018},
		{type: "RLIMIT_STACK", soft: 1048576, hard: 2097152}
	]'
	args cat /proc/self/limits
	rt run limits
	ok
	limit 4000000000 4100000000 'address space'
	limit 0 0 'core file size'
	limit 1001 1002 'cpu time'
	limit 4000000001 4100000001 'data size'
	limit 100003 100004 'file size'
	limit 1005 1006 'file locks'
	limit 1007 1008 'locked memory'
	limit 1009 1010 'msgqueue size'
	limit 0 0 'nice priority'
	limit 111 222 'open files'
	limit 1011 1012 processes
	limit 1013 1014 'resident set'
	limit 0 0 'realtime priority'
	limit 1015 1016 'realtime timeout'
	limit 1017 1018 'pending signals'
	limit 1048576 2097152 'stack size'
}

# covers: process.rlimits.soft process.rlimits.hard
@test "rlimits: the largest number is unlimited" {
	[[ $(ulimit -Hc) == unlimited || -n $(have cap:sys_resource && echo yes) ]] ||
		skip "needs an unlimited core size or CAP_SYS_RESOURCE"
	bundle
	config '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 4242}]'
	args sh -c 'cat /proc/self/limits; ulimit -c unlimited; cat /proc/self/limits'
	sed -i s/4242/18446744073709551615/ config.json # jq would round it
	rt run unlimited
	ok
	limit 0 unlimited 'core file size'
	limit unlimited unlimited 'core file size'
}

# covers: process.rlimits.soft
@test "rlimits: hold" {
	bundle
	config '.process.rlimits = [{type: "RLIMIT_FSIZE", soft: 4096, hard: 4096}]'
	inside 'dd if=/dev/zero of=/file bs=1024 count=8'
	fails
	same 4096 "$(stat -c %s rootfs/file)"
}

@test "rlimits: one that is not named keeps the caller's value" {
	bundle
	(
		ulimit -Sc 1
		ulimit -St 12345
		inside 'ulimit -t'
		ok
		equals 12345
	)
}

@test "rlimits: so few open files that the runtime itself would need more: it works or is refused" {
	bundle
	for n in 0 3 8; do
		config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: $n, hard: $n}]' --argjson n $n
		inside 'ulimit -n'
		if [[ $status == 0 ]]; then equals $n; else refused '(too many open files|rlimit)'; fi
	done
}

# covers: process.rlimits.hard
@test "rlimits: raising one needs CAP_SYS_RESOURCE" {
	needs cap:sys_resource
	bundle
	hard=$(ulimit -Hn)
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: $n, hard: $n}]' --argjson n "$((hard + 1))"
	inside 'ulimit -n'
	ok
	equals "$((hard + 1))"
}

@test "rlimits: raising one without CAP_SYS_RESOURCE is refused" {
	needs tool:capsh
	bundle
	printf '#!/bin/sh\nexec capsh --drop=cap_sys_resource -- -c '\''exec "$0" "$@"'\'' %s "$@"\n' "$RUNTIME" >"$ARENA/runtime"
	chmod +x "$ARENA/runtime"
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: $n, hard: $n}]' --argjson n "$(($(ulimit -Hn) + 1))"
	args true
	RUNTIME=$ARENA/runtime rt run raise
	refused 'rlimit.*operation not permitted'
}

@test "rlimits: an unknown type is refused by name" {
	bundle
	config '.process.rlimits = [{type: "RLIMIT_WISHES", soft: 3, hard: 3}]'
	rt run unknown
	refused RLIMIT_WISHES
}

@test "rlimits: a soft limit above the hard one is refused" {
	bundle
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 20, hard: 10}]'
	rt run above
	refused 'rlimit'
	! is_husk || has 'RLIMIT_NOFILE|process\.rlimits\[0\]'
}

@test "rlimits: a type that is named twice is refused" {
	only husk "the specification asks for it; runc and crun set the one after the other"
	bundle
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 100}, {type: "RLIMIT_NOFILE", soft: 50, hard: 50}]'
	rt run twice
	refused 'RLIMIT_NOFILE'
}

@test "exec: has the limits of config.json, or those of process.json" {
	bundle
	config '.process.rlimits = [{type: "RLIMIT_SIGPENDING", soft: 111, hard: 222}]'
	sleeper limits
	rt exec limits cat /proc/self/limits
	ok
	limit 111 222 'pending signals'
	jq '.process | .args = ["cat", "/proc/self/limits"] | .rlimits[0] |= (.soft = 99 | .hard = 100)' config.json >process.json
	rt exec --process process.json limits
	ok
	limit 99 100 'pending signals'
}

# Go's own handling of this limit has undone the configured one in the past.
@test "exec: the number of open files is config.json's every time" {
	before_runc 1.2 "runc 1.1 sometimes restores the caller's"
	bundle
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 111, hard: 222}]'
	sleeper limits
	for _ in 1 2 3 4 5; do
		rt exec limits cat /proc/self/limits
		ok
		limit 111 222 'open files'
	done
}
