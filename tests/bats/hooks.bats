#!/usr/bin/env bats
# hooks: when, where and with what the six kinds run.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the hook's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals
load hooking

# runc runs poststart in create.
but_for_runc() { if is_runc; then grep -v poststart; else cat; fi; }

# create, start, and delete once the process has ended
live() {
	rt create "$1"
	ok
	rt start "$1"
	ok
	wait_until 30 in_state "$1" stopped
	rt delete "$1"
	ok
}

# covers: hooks.prestart.path hooks.createRuntime.path hooks.createContainer.path hooks.startContainer.path
# covers: hooks.poststart.path hooks.poststop.path
@test "all six kinds run, each in its phase, in the order of the specification" {
	hook_bundle
	for kind in $ALL_KINDS; do
		hook "$kind" 'echo $0 1 >>$SHARE/log'
		hook "$kind" 'echo $0 2 >>$SHARE/log'
	done
	args sh -c "echo process >>$SHARE/log; until test -e $SHARE/go; do usleep 1000; done"
	rt create phases
	ok
	created=$(log prestart\ 1 prestart\ 2 createRuntime\ 1 createRuntime\ 2 createContainer\ 1 createContainer\ 2)
	same "$created" "$(but_for_runc <"$SHARE/log")" "what create ran"
	rt start phases
	ok
	wait_until 30 grep -q process "$SHARE/log"
	same "$(log "$created" startContainer\ 1 startContainer\ 2 process)" "$(grep -v poststart "$SHARE/log")" "up to the process"
	same "$(log poststart\ 1 poststart\ 2)" "$(grep poststart "$SHARE/log")" "what start ran afterwards"
	is_runc || is test "$(line_of startContainer\ 2)" -lt "$(line_of poststart\ 1)"
	touch "$SHARE/go"
	wait_until 30 in_state phases stopped
	not grep -q poststop "$SHARE/log"
	rt delete phases
	ok
	same "$(log poststop\ 1 poststop\ 2)" "$(tail -n 2 "$SHARE/log")" "what delete ran"
}

line_of() { grep -n "$1" "$SHARE/log" | cut -d: -f1; }

@test "run in the foreground runs each hook once" {
	hook_bundle
	for kind in $ALL_KINDS; do hook "$kind" 'echo $0 >>$SHARE/log'; done
	args true
	rt run foreground
	ok
	same "$(tr " " "\n" <<<"$ALL_KINDS" | sort)" "$(sort "$SHARE/log")"
	same poststop "$(tail -n 1 "$SHARE/log")"
}

@test "run --detach leaves poststop to delete" {
	hook_bundle
	for kind in $ALL_KINDS; do hook "$kind" 'echo $0 >>$SHARE/log'; done
	args sleep 1000
	rt run --detach detached
	ok
	not grep -q poststop "$SHARE/log"
	rt delete --force detached
	ok
	same poststop "$(tail -n 1 "$SHARE/log")"
}

@test "delete of a container that was never started runs poststop" {
	hook_bundle
	for kind in $ALL_KINDS; do hook "$kind" 'echo $0 >>$SHARE/log'; done
	args true
	rt create unborn
	ok
	rt delete --force unborn
	ok
	same "$(log prestart createRuntime createContainer poststop)" "$(but_for_runc <"$SHARE/log")"
}

@test "poststart runs when the process has started: it sees it at work" {
	hook_bundle
	hook poststart 'pid=$(sed "s/.*\"pid\": *\([0-9]*\).*/\1/"); tr "\0" " " </proc/$pid/cmdline >$SHARE/cmdline'
	sleeper poststart
	is test -s "$SHARE/cmdline"
	skip_on runc "runc runs it in create"
	same 'sleep 1000 ' "$(<"$SHARE/cmdline")"
}

@test "poststop runs when the process and the cgroup are gone" {
	hook_bundle
	sleeper poststop
	cgroup=$(cgroup_dir pids poststop)
	is test -d "$cgroup"
	rt delete --force poststop
	ok
	hook poststop "test -e $cgroup && echo yes >\$SHARE/cgroup; echo ran >\$SHARE/ran"
	sleeper poststop
	rt delete --force poststop
	ok
	is test -e "$SHARE/ran"
	not test -e "$SHARE/cgroup"
}

@test "namespaces: the host's for prestart, createRuntime, poststart and poststop" {
	hook_bundle
	for kind in prestart createRuntime poststart poststop; do
		hook "$kind" 'readlink /proc/self/ns/mnt /proc/self/ns/net /proc/self/ns/uts /proc/self/ns/ipc /proc/self/ns/pid >$SHARE/$0'
	done
	args true
	live namespaces
	for kind in prestart createRuntime poststart poststop; do
		same "$(readlink /proc/self/ns/{mnt,net,uts,ipc,pid})" "$(<"$SHARE/$kind")" "namespaces of $kind"
	done
}

@test "namespaces: the container's for createContainer and startContainer" {
	hook_bundle
	for kind in createContainer startContainer; do
		hook "$kind" 'for ns in mnt net uts ipc; do readlink /proc/self/ns/$ns; done >$SHARE/$0'
	done
	sleeper namespaces
	pid=$(pid_of namespaces)
	is test -d "/proc/$pid/ns"
	for kind in createContainer startContainer; do
		same "$(readlink "/proc/$pid/ns/"{mnt,net,uts,ipc})" "$(<"$SHARE/$kind")" "namespaces of $kind"
	done
}

@test "createContainer: runs before the root is changed, startContainer after" {
	hook_bundle
	touch "$ROOTFS/in-the-container"
	hook createContainer "test -e $ROOTFS/in-the-container && ! test -e /in-the-container && echo host >\$SHARE/createContainer"
	hook startContainer "test -e /in-the-container && ! test -e $ROOTFS && echo container >\$SHARE/startContainer"
	args true
	rt run roots
	ok
	same host "$(<"$SHARE/createContainer")"
	same container "$(<"$SHARE/startContainer")"
}

@test "createContainer: what it mounts below the root file system, the container sees" {
	hook_bundle
	mkdir rootfs/mnt
	hook createContainer "mount -t tmpfs tmpfs $ROOTFS/mnt && echo from the hook >$ROOTFS/mnt/file"
	inside 'cat /mnt/file'
	ok
	equals 'from the hook'
	not test -e rootfs/mnt/file
}

@test "createRuntime: finds the container's namespaces and cgroup by its pid" {
	hook_bundle
	hook createRuntime 'pid=$(sed "s/.*\"pid\": *\([0-9]*\).*/\1/")
		cat /proc/$pid/cgroup >$SHARE/cgroup
		nsenter --net=/proc/$pid/ns/net ip link add hook type veth peer name peer'
	inside 'ip link show hook'
	ok
	has 'hook'
	is grep -q "$CGROUP/inside-1" "$SHARE/cgroup"
}

# covers: annotations
@test "stdin: the state, with status, pid, bundle and annotations of the moment" {
	hook_bundle
	config '.annotations = {"com.example.key": "välue", "empty": ""}'
	for kind in $ALL_KINDS; do hook "$kind" 'cat >$SHARE/$0'; done
	args sleep 1000
	rt create state
	ok
	pid=$(pid_of state)
	rt start state
	ok
	rt delete --force state
	ok
	for kind in $ALL_KINDS; do
		output=$(<"$SHARE/$kind")
		json '.id == "state" and .bundle == $b and (.ociVersion | length > 4)' --arg b "$BUNDLE"
		json '.annotations == {"com.example.key": "välue", "empty": ""}'
	done
	# Where a hook runs decides which pid it is told.
	for kind in prestart createRuntime poststart; do
		output=$(<"$SHARE/$kind") json '.pid == $pid' --argjson pid "$pid"
	done
	for kind in createContainer startContainer; do output=$(<"$SHARE/$kind") json '.pid == 1'; done
	output=$(<"$SHARE/poststop") json '.pid // 0 == 0'

	output=$(<"$SHARE/prestart") json '.status == "creating" or .status == "created"'
	for kind in createRuntime createContainer; do output=$(<"$SHARE/$kind") json '.status == "creating"'; done
	output=$(<"$SHARE/startContainer") json '.status == "created"'
	output=$(<"$SHARE/poststop") json '.status == "stopped"'
	skip_on runc "runc runs poststart in create"
	output=$(<"$SHARE/poststart") json '.status == "running"'
}

# covers: hooks.prestart.args hooks.createRuntime.args hooks.createContainer.args hooks.startContainer.args
# covers: hooks.poststart.args hooks.poststop.args
@test "args: argv as it is given, argv[0] too" {
	hook_bundle
	for kind in $ALL_KINDS; do copying "$kind" cmdline '$kind + " * \"two words\""'; done
	args true
	live argv
	for kind in $ALL_KINDS; do
		copy="$SHARE/$kind * \"two words\""
		same "no/such/cp|-f|/proc/self/cmdline|$copy|" "$(tr '\0' '|' <"$copy")" "argv of $kind"
	done
}

# copying KIND FILE [NAME]: a hook that copies its own /proc/self/FILE, with no shell in between, to a file of that name
copying() {
	hook "$1" '' '{path: "/bin/cp", args: ["no/such/cp", "-f", "/proc/self/'"$2"'", $share + "/" + '"${3:-\$kind}"']}'
}

@test "args: a hook without any gets its path as argv[0]" {
	hook_bundle
	printf '#!/bin/sh\necho "$# $0" >%s\n' "$SHARE/argv" >"$ARENA/argv"
	chmod +x "$ARENA/argv"
	config '.hooks.createRuntime = [{path: $path}]' --arg path "$ARENA/argv"
	inside true
	ok
	same "0 $ARENA/argv" "$(<"$SHARE/argv")"
}

# covers: hooks.prestart.env hooks.createRuntime.env hooks.createContainer.env hooks.startContainer.env
# covers: hooks.poststart.env hooks.poststop.env
@test "env: exactly what config.json says, nothing of the runtime's" {
	hook_bundle
	for kind in $ALL_KINDS; do
		copying "$kind" environ
		config '.hooks[$kind][0].env = ["A=b c", "EMPTY="]' --arg kind "$kind"
	done
	args true
	SECRET=1 live env
	for kind in $ALL_KINDS; do
		same 'A=b c|EMPTY=|' "$(tr '\0' '|' <"$SHARE/$kind")" "environment of $kind"
	done
}

@test "env: without one, startContainer has the process's, the others none" {
	hook_bundle
	for kind in $ALL_KINDS; do copying "$kind" environ; done
	config 'del(.hooks[][0].env) | .process.env = ["PATH=/bin", "HOME=/root", "OF=the process"]'
	args true
	live env
	same 'PATH=/bin|HOME=/root|OF=the process|' "$(tr '\0' '|' <"$SHARE/startContainer")"
	skip_on runc "runc passes its own on to the others"
	for kind in prestart createRuntime createContainer poststart poststop; do
		same '' "$(tr '\0' '|' <"$SHARE/$kind")" "environment of $kind"
	done
}

@test "cwd: the bundle for the kinds whose path is the host's" {
	skip_on runc "runc leaves them in its own directory"
	hook_bundle
	for kind in $ALL_KINDS; do hook "$kind" 'exec readlink /proc/self/cwd >$SHARE/$0'; done
	args true
	config '.process.cwd = "/tmp"'
	cd /
	rt create --bundle "$BUNDLE" cwd
	ok
	rt start cwd
	ok
	wait_until 30 in_state cwd stopped
	rt delete cwd
	ok
	for kind in prestart createRuntime createContainer poststart poststop; do
		same "$BUNDLE" "$(<"$SHARE/$kind")" "directory of $kind"
	done
}

@test "a hook that leaves a process behind with our pipes open does not hold up anything" {
	skip_on runc "runc waits for it"
	hook_bundle
	for kind in $ALL_KINDS; do hook "$kind" 'sleep 1000 & echo $! >>$SHARE/pids'; done
	args true
	at_end kill_all "$SHARE/pids"
	live daemon
	same 6 "$(wc -l <"$SHARE/pids")"
}

# The pids of createContainer and startContainer are the container's; those processes are gone with it.
kill_all() {
	local pid
	while read -r pid; do
		[[ $(tr '\0' ' ' <"/proc/$pid/cmdline") != 'sleep 1000 ' ]] || kill "$pid"
	done <"$1" 2>/dev/null
}

@test "hooks get no descriptors but 0, 1 and 2, and a stdin that ends" {
	skip_on runc "runc's init leaves more to createContainer"
	hook_bundle
	for kind in $ALL_KINDS; do hook "$kind" 'cat >/dev/null; exec ls /proc/self/fd >$SHARE/$0'; done
	args true
	live descriptors
	for kind in $ALL_KINDS; do
		same "$(log 0 1 2 3)" "$(<"$SHARE/$kind")" "descriptors of $kind, 3 being the directory that ls reads"
	done
}

@test "a hook's output is not the container's" {
	hook_bundle
	for kind in $ALL_KINDS; do hook "$kind" 'echo out; echo err >&2'; done
	args echo process
	rt run output
	ok
	equals process
}

@test "poststop runs though the bundle is gone" {
	hook_bundle
	hook poststop 'cat >$SHARE/state'
	sleeper poststop
	cd /
	rm -r "$BUNDLE"
	rt delete --force poststop
	ok
	output=$(<"$SHARE/state")
	json '.id == "poststop" and .bundle == $b' --arg b "$BUNDLE"
}

@test "a changed config.json does not change the hooks of a container that exists" {
	hook_bundle
	hook poststop 'echo old >$SHARE/poststop'
	sleeper hooks
	config 'del(.hooks.poststop)'
	hook poststop 'echo new >$SHARE/poststop'
	rt delete --force hooks
	ok
	same old "$(<"$SHARE/poststop")"
}

# ---- run.oci.hooks.stdout and stderr ----

# covers: annotations
@test "run.oci.hooks.stdout and stderr: output of hooks is appended to these files" {
	skip_on runc "runc does not know the annotations"
	hook_bundle
	for kind in prestart createRuntime poststart poststop; do hook "$kind" 'echo $0 out; echo $0 err >&2'; done
	config '.annotations = {"run.oci.hooks.stdout": $out, "run.oci.hooks.stderr": $err}' \
		--arg out "$ARENA/out" --arg err "$ARENA/err"
	echo before >"$ARENA/out"
	args true
	rt run output
	ok
	same "$(log before prestart\ out createRuntime\ out poststart\ out poststop\ out)" "$(<"$ARENA/out")"
	same "$(log prestart\ err createRuntime\ err poststart\ err poststop\ err)" "$(<"$ARENA/err")"
}

@test "run.oci.hooks.stdout: a symlink, a directory, a FIFO and a file that is not root's are refused" {
	only husk "runc does not know the annotation; crun follows and trusts"
	hook_bundle
	hook createRuntime 'echo out'
	echo precious >"$ARENA/target"
	ln -s target "$ARENA/symlink"
	mkdir "$ARENA/directory" "$ARENA/real"
	ln -s real "$ARENA/way"
	mkfifo "$ARENA/fifo"
	touch "$ARENA/other"
	chown 1000 "$ARENA/other"
	for file in symlink directory fifo other way/through-a-symlink; do
		config '.annotations = {"run.oci.hooks.stdout": $path}' --arg path "$ARENA/$file"
		rt run "$(basename "$file")"
		refused 'run\.oci\.hooks\.stdout'
	done
	config '.annotations = {"run.oci.hooks.stdout": "relative"}'
	rt run relative
	refused 'run\.oci\.hooks\.stdout'
	same precious "$(<"$ARENA/target")"
	same '' "$(ls "$ARENA/real")"
}
