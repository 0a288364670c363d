#!/usr/bin/env bats
# Fifty lives of containers, a good part of them failures, and the machine is as it was before.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the container's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals

# snapshot prints the mounts and cgroups that are ours, what is in the state root, and which processes hold something of
# the arena. (Other tests run beside this one: what is not ours may change.)
snapshot() {
	cd /
	arena_mounts
	for dir in $(cgroup_dirs); do find "$dir$CGROUP" -mindepth 1 -type d 2>/dev/null; done
	find "$STATE" -mindepth 1 2>/dev/null
	holders
	cd "$BUNDLE" || return
}

# holders prints the processes with an executable, directory, root or descriptor in the arena.
holders() {
	find /proc -maxdepth 3 -path '/proc/[0-9]*' \( -path '*/fd/*' -o -name exe -o -name cwd -o -name root \) \
		-printf '%p %l\n' 2>/dev/null |
		awk -v arena="$ARENA/" 'index($2, arena) == 1 { split($1, p, "/"); print "process", p[3], $2 }' | sort -u
}

# one_life N: a life that goes well, or one of nine that do not
one_life() {
	local id=life-$1
	cp good.json config.json
	config '.linux.cgroupsPath = $path' --arg path "$CGROUP/$id"
	case $(($1 % 10)) in
	0)
		args sleep 1000
		rt create "$id" && rt start "$id" && rt exec "$id" true && rt delete --force "$id"
		ok
		;;
	1)
		args true
		rt run "$id"
		ok
		;;
	2)
		args no-such-command
		rt run "$id"
		fails
		;;
	3)
		config '.hooks.createRuntime = [{path: "/bin/false"}]'
		rt create "$id"
		fails
		;;
	4)
		config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "x", options: ["sizzle=1"]}]'
		rt create "$id"
		fails
		;;
	5)
		config '.hooks.createContainer = [{path: "/bin/false"}]'
		rt create "$id"
		fails
		;;
	6)
		args sh -c 'sleep 1000 & sleep 1000 & kill -KILL $$; exit 3'
		rt run "$id"
		fails
		;;
	7)
		args sleep 1000
		rt create "$id"
		kill -KILL "$(pid_of "$id")"
		rt delete --force "$id"
		ok
		;;
	8)
		config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/no/such/agent",
			syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]}'
		rt create "$id"
		fails
		;;
	9)
		args sleep 1000
		rt create --pid-file /no/such/directory/pid "$id"
		fails
		;;
	esac
}

@test "fifty lives leave no mount, cgroup, process, descriptor, state or file" {
	bundle
	cp config.json good.json
	one_life 1 # what is made once, is made
	snapshot >"$BATS_TEST_TMPDIR/before"
	for n in $(seq 50); do one_life "$n"; done
	snapshot >"$BATS_TEST_TMPDIR/after"
	same '' "$(diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after")" "the machine changed"
}

@test "a runtime that is killed in the middle of create leaves nothing that delete --force does not remove" {
	bundle
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "echo $$ >" + $file + "; exec sleep 1000"]}]' \
		--arg file "$ARENA/in-the-hook"
	args true
	rt_spawn create torn
	wait_until 30 test -s "$ARENA/in-the-hook"
	at_end kill "$(<"$ARENA/in-the-hook")" # nobody is left to end it
	kill -KILL "$spawned"
	rt_wait
	rt delete --force torn
	is_husk || leaves "runc forgets a container that was half made"
	is_husk || return 0
	ok
	nothing_left
}
