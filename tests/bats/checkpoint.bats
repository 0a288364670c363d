#!/usr/bin/env bats
load helpers

# What needs a CRIU that works on the kernel is tested elsewhere; here is what must be refused before it, and what must
# be said when it fails.

# with_criu CONTENT puts a criu of our own first in PATH.
with_criu() {
	mkdir -p "$ARENA/bin"
	printf '#!/bin/sh\n%s\n' "$1" >"$ARENA/bin/criu"
	chmod +x "$ARENA/bin/criu"
	PATH=$ARENA/bin:$PATH
}

# images makes what looks like a checkpoint from afar.
images() {
	mkdir "$ARENA/images"
	touch "$ARENA/images/inventory.img"
}

@test "checkpoint: an unknown container is an error" {
	rt checkpoint nobody
	fails 1
	has 'does not exist'
}

@test "checkpoint: a created container is refused" {
	bundle
	args true
	rt create web
	ok
	rt checkpoint --image-path "$ARENA/images" web
	fails 1
	has 'created'
	not test -e "$ARENA/images"
}

@test "checkpoint: a stopped container is refused" {
	bundle
	args true
	run_as web -d
	ok
	wait_until 60 in_state web stopped
	rt checkpoint --image-path "$ARENA/images" web
	fails 1
	skip_on crun "crun names no state"
	has 'stopped'
	not test -e "$ARENA/images"
}

@test "checkpoint: flags that make no sense are refused and the container runs on" {
	skip_on crun "crun has other flags"
	bundle
	sleeper web
	rt checkpoint --image-path "$ARENA/images" --parent-path /absolute web
	fails 1
	has 'parent.path'
	rt checkpoint --image-path "$ARENA/images" --parent-path missing web
	fails 1
	has 'parent.path'
	rt checkpoint --image-path "$ARENA/images" --page-server nowhere web
	fails 1
	has 'page.server'
	rt checkpoint --image-path "$ARENA/images" --page-server host:port web
	fails 1
	has 'port'
	rt checkpoint --image-path "$ARENA/images" --empty-ns mount web
	fails 1
	has 'mount'
	rt checkpoint --image-path "$ARENA/images" --manage-cgroups-mode sideways web
	fails 1
	same running "$(status_of web)"
}

@test "checkpoint: without criu it says so and the container runs on" {
	skip_on crun "crun 1.8 on Debian is built without"
	bundle
	sleeper web
	rt_without_path checkpoint --image-path "$ARENA/images" web
	fails 1
	has 'criu'
	same running "$(status_of web)"
}

# rt_without_path is rt with a PATH in which there is nothing.
rt_without_path() {
	output_file=$ARENA/output.$((++rt_calls))
	status=0
	env PATH=/nowhere "$RUNTIME" --root "$STATE" "$@" >"$output_file" 2>&1 3>&- || status=$?
	collect
}

@test "checkpoint: a criu that dies is reported with its name and the container runs on" {
	skip_on crun "crun 1.8 on Debian is built without"
	with_criu 'echo broken on purpose >&2; exit 1'
	bundle
	sleeper web
	rt checkpoint --image-path "$ARENA/images" web
	fails 1
	has '[cC][rR][iI][uU]'
	same running "$(status_of web)"
}

@test "restore: images that are not there are refused and nothing is left" {
	skip_on crun "crun 1.8 on Debian is built without"
	bundle
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt restore --image-path "$ARENA/none" web
	fails
	no_trace_of web
}

@test "restore: an id that is taken is refused" {
	skip_on crun "crun 1.8 on Debian is built without"
	bundle
	sleeper web
	images
	config '.linux.cgroupsPath += "-second"'
	rt restore --image-path "$ARENA/images" web
	fails
	has 'exists'
	same running "$(status_of web)"
}

@test "restore: a criu that dies leaves nothing" {
	skip_on crun "crun 1.8 on Debian is built without"
	with_criu 'exit 1'
	bundle
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	images
	rt restore --image-path "$ARENA/images" web
	fails
	has '[cC][rR][iI][uU]'
	no_trace_of web
}

@test "checkpoint, restore: no id is a usage error" {
	skip_on crun "crun's words differ"
	rt checkpoint
	fails 1
	has 'requires exactly 1 argument'
	rt restore
	fails 1
	has 'requires exactly 1 argument'
}
