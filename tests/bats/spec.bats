#!/usr/bin/env bats
load helpers

setup() {
	arena_open
	cd "$ARENA" || return
}

@test "spec: writes config.json here" {
	rt spec
	ok
	equals ''
	output=$(cat config.json)
	json '.ociVersion | startswith("1.")'
	json '.process.args == ["sh"] and .process.terminal and .process.cwd == "/" and .root.path == "rootfs"'
	json '[.linux.namespaces[].type] | contains(["pid", "network", "ipc", "uts", "mount"])'
	json '.mounts | map(.destination) | contains(["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys"])'
}

@test "spec: --bundle names the directory" {
	mkdir there
	rt spec --bundle there
	ok
	is test -s there/config.json
	not test -e config.json
	skip_on crun "crun has no short form"
	mkdir here
	rt spec -b here
	ok
	is test -s here/config.json
}

@test "spec: a file that is there is not overwritten" {
	echo mine >config.json
	rt spec
	fails 1
	has 'exists'
	same mine "$(cat config.json)"
}

@test "spec: a directory that is not there is an error" {
	rt spec --bundle nowhere
	fails 1
	has 'no such file'
}

@test "spec: what it writes runs as it is, but for the terminal" {
	bundle
	rm config.json
	rt spec
	ok
	# Limits may only be lowered here; the default asks for 1024 open files.
	config '.process.terminal = false | .linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	args sh -c 'id -u; hostname; cat /proc/sys/kernel/ostype; grep NoNewPrivs /proc/self/status'
	rt run web
	ok
	same 0 "${lines[0]}"
	same Linux "${lines[2]}"
	has 'NoNewPrivs:[[:space:]]1'
}

@test "spec: --rootless maps the caller into a user namespace and asks for no cgroup of its own" {
	rt spec --rootless
	ok
	output=$(cat config.json)
	json '.linux.namespaces | any(.type == "user")'
	json '.linux.namespaces | all(.type != "network")'
	json '.linux.uidMappings == [{containerID: 0, hostID: 0, size: 1}] and .linux.gidMappings == [{containerID: 0, hostID: 0, size: 1}]'
	json '.linux | has("resources") | not'
}

@test "spec: an argument is a usage error" {
	rt spec web
	fails 1
	has 'requires exactly 0 argument'
}
