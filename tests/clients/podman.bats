#!/usr/bin/env bats
#
# Podman over the runtime, through conmon.

# shellcheck disable=SC2016 # in single quotes, $ belongs to the shell in the container
# shellcheck disable=SC2154 # stderr comes from run --separate-stderr

load clients

engine=(podman conmon /usr/lib/podman/netavark script)

setup_file() {
	[ -z "$(lacking "${engine[@]}")" ] || return 0
	export PODMAN=$HOST_DIR/podman
	mkdir "$PODMAN"
	containers_conf "$PODMAN/containers.conf"
	# For --userns=auto.
	echo containers:1000000:1000000 | tee /etc/subuid >/etc/subgid
	busybox_tar "$PODMAN/busybox.tar"
	podman import "$PODMAN/busybox.tar" busybox >/dev/null
	# The first container brings mounts and cgroups that Podman keeps for all others.
	podman run --rm --network none busybox true
}

setup() {
	needs "${engine[@]}"
}

teardown() {
	[ -z "$(lacking "${engine[@]}")" ] || return 0
	! podman pod exists pod || podman pod rm --force --time 0 pod >/dev/null
	podman rm --all --force --volumes --time 0 >/dev/null
}

podman() {
	command podman "${podman_flags[@]}" "$@" 3>&-
}

# podman_command is podman as a word for other programs' command lines.
podman_flags=(
	--root "$HOST_DIR/podman/root" --runroot "$HOST_DIR/podman/runroot"
	--storage-driver overlay --runtime "$RUNTIME"
)
podman_command="podman ${podman_flags[*]}"

# sleeper NAME [FLAG...] starts a container that does nothing, and ends at SIGTERM.
sleeper() {
	podman run --detach --network none --name "$@" busybox sh -c 'trap exit TERM; while :; do sleep 1000 & wait; done' >/dev/null
}

# on_v1 skips a test of the v1 hierarchies' files.
on_v1() {
	[ -d /sys/fs/cgroup/memory ] || skip "the host has no cgroup v1"
}

# status_is NAME STATUS
status_is() {
	[ "$(podman inspect --format '{{.State.Status}}' "$1")" = "$2" ]
}

@test "podman run: output, errors, input and exit status pass through" {
	run --separate-stderr -7 podman run --rm -i --network none busybox sh -c 'cat; echo err >&2; exit 7' <<<"in"
	[ "$output" = in ]
	[ "$stderr" = err ]
}

@test "podman run: a megabyte of input comes back unchanged" {
	local sum
	head -c 1000000 /dev/urandom >"$BATS_TEST_TMPDIR/data"
	sum=$(md5sum <"$BATS_TEST_TMPDIR/data")
	[ "$(podman run --rm -i --network none busybox cat <"$BATS_TEST_TMPDIR/data" | md5sum)" = "$sum" ]
}

@test "podman run: the user, groups, directory and environment asked for" {
	run -0 podman run --rm --network none --user guest --group-add extra --workdir /tmp --env A=b --hostname web \
		busybox sh -c 'id; pwd; echo $A; hostname'
	[ "${lines[0]}" = "uid=1000(guest) gid=1000(guest) groups=1000(guest),2000(extra)" ]
	[ "${lines[1]}" = /tmp ]
	[ "${lines[2]}" = b ]
	[ "${lines[3]}" = web ]
}

@test "podman run -it: a terminal of the user's size that controls the process" {
	run -0 pty "$podman_command run --rm -it --network none busybox sh -c '
		until [ \"\$(stty size 2>/dev/null)\" = \"33 77\" ]; do :; done; tty; echo written >/dev/tty; stat -c %F /dev/console; exit 0'"
	[[ ${lines[0]} == /dev/pts/0* ]]
	[[ ${lines[1]} == written* ]]
	[[ ${lines[2]} == "character special file"* ]]
}

@test "podman run -it: what is typed arrives, ^C as a signal, and the exit status comes back" {
	run -3 pty "$podman_command run --rm -it --network none busybox sh -c 'echo ready; read line; echo got \$line; exit 3'" ready $'typed\r'
	[[ $output == *"got typed"* ]]
	run -4 pty "$podman_command run --rm -it --network none busybox sh -c 'trap \"exit 4\" INT; echo ready; cat; exit 5'" ready $'\003'
}

@test "podman run: 125 for an error of Podman's own" {
	run -125 podman run --rm --network none --memory 1x busybox true
}

@test "podman run: 126 for a command that may not be executed" {
	run -126 podman run --rm --network none busybox /bin/forbidden
	[[ ${output,,} == *"permission denied"* ]]
}

@test "podman run: 127 for a command that is not there" {
	run -127 podman run --rm --network none busybox nosuch
	[[ $output == *nosuch* ]]
	run -127 podman run --rm --network none busybox /nosuch
	[[ $output == *nosuch* ]]
}

@test "podman run: a command that fails to start leaves nothing" {
	local before
	before=$(inventory)
	run -127 podman run --rm --network none busybox nosuch
	nothing_left_since "$before"
}

@test "podman run: the same errors from a runtime that is known to log JSON" {
	containers_conf "$BATS_TEST_TMPDIR/containers.conf" "\"${RUNTIME##*/}\""
	run -127 podman run --rm --network none busybox nosuch
	[[ $output == *nosuch* ]]
	run -126 podman run --rm --network none busybox /bin/forbidden
	[[ ${output,,} == *"permission denied"* ]]
}

@test "podman run --rm: leaves no process, mount, cgroup or state" {
	local before
	before=$(inventory)
	podman run --rm --network none busybox true
	nothing_left_since "$before"
}

@test "podman run --rm: eight at a time, and nothing left" {
	local before i pids=() statuses=()
	before=$(inventory)
	for i in {1..8}; do
		podman run --rm --network none busybox sh -c "exit $i" &
		pids+=($!)
	done
	for i in {1..8}; do
		wait "${pids[i - 1]}" || statuses+=($?)
	done
	[ "${statuses[*]}" = "1 2 3 4 5 6 7 8" ]
	nothing_left_since "$before"
}

@test "podman create, init, start --attach" {
	podman create --name web --network none busybox sh -c 'echo hello; exit 4' >/dev/null
	podman init web
	status_is web initialized
	run -4 podman start --attach web
	[ "$output" = hello ]
}

@test "podman wait and restart" {
	podman run --detach --name web --network none busybox sh -c 'echo once; exit 5' >/dev/null
	run -0 podman wait web
	[ "$output" = 5 ]
	podman restart web
	run -0 podman wait web
	[ "$(podman logs web)" = $'once\nonce' ]
}

@test "podman exec: output, input and exit status" {
	sleeper web
	run -9 podman exec -i web sh -c 'cat; exit 9' <<<"in"
	[ "$output" = in ]
}

@test "podman exec: the user, directory and environment asked for" {
	sleeper web
	run -0 podman exec -u guest -w /tmp -e A=b web sh -c 'id -un; id -gn; pwd; echo $A'
	[ "$output" = $'guest\nguest\n/tmp\nb' ]
}

@test "podman exec -it: a terminal of the user's size" {
	sleeper web
	run -6 pty "$podman_command exec -it web sh -c '
		until [ \"\$(stty size 2>/dev/null)\" = \"33 77\" ]; do :; done; tty; echo written >/dev/tty; exit 6'"
	[[ ${lines[0]} == /dev/pts/* ]]
	[[ ${lines[1]} == written* ]]
}

@test "podman exec: joins the container's namespaces and cgroups" {
	sleeper web
	run -0 podman exec web sh -c 'for ns in cgroup ipc mnt net pid uts; do
		[ "$(readlink /proc/1/ns/$ns)" = "$(readlink /proc/self/ns/$ns)" ] || echo $ns; done
		cmp /proc/1/cgroup /proc/self/cgroup'
	[ "$output" = "" ]
}

@test "podman exec: 126 and 127 as run has them, and the container goes on" {
	sleeper web
	run -127 podman exec web nosuch
	run -126 podman exec web /bin/forbidden
	status_is web running
	podman exec web true
}

@test "podman exec --detach" {
	sleeper web
	podman exec --detach web sh -c 'echo done >/tmp/done' >/dev/null
	eventually podman exec web grep -qx 'done' /tmp/done
}

@test "podman exec --preserve-fds" {
	sleeper web
	run -0 command podman "${podman_flags[@]}" exec --preserve-fds 1 web sh -c 'cat <&3' 3<<<"passed"
	[ "$output" = passed ]
}

@test "podman stop: SIGTERM reaches the process" {
	podman run --detach --name web --network none busybox sh -c 'trap "exit 8" TERM; echo up; while :; do sleep 1000 & wait; done' >/dev/null
	eventually podman_says web up
	podman stop --time 60 web >/dev/null
	run -0 podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' web
	[ "$output" = "exited 8" ]
}

# podman_says NAME LINE
podman_says() {
	podman logs "$1" | grep -qxF "$2"
}

@test "podman stop: a process that ignores SIGTERM is killed" {
	podman run --detach --name web --network none busybox sh -c 'trap "" TERM; sleep 1000' >/dev/null
	podman stop --time 0 web >/dev/null
	run -0 podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' web
	[ "$output" = "exited 137" ]
}

@test "podman kill: any signal" {
	podman run --detach --name web --network none busybox \
		sh -c 'trap "echo usr1" USR1; echo up; while :; do sleep 1000 & wait; done' >/dev/null
	eventually podman_says web up
	podman kill --signal USR1 web >/dev/null
	eventually podman_says web usr1
	podman kill web >/dev/null
	run -0 podman wait web
	[ "$output" = 137 ]
}

@test "podman pause and unpause" {
	sleeper web
	podman pause web >/dev/null
	status_is web paused
	run -255 podman exec web true
	frozen "$(podman inspect --format '{{.State.Pid}}' web)"
	podman unpause web >/dev/null
	status_is web running
	podman exec web true
}

# frozen PID succeeds if the process's cgroup is.
frozen() {
	local group
	if [ -d /sys/fs/cgroup/freezer ]; then
		group=$(sed -n 's/.*:freezer://p' "/proc/$1/cgroup")
		grep -qx FROZEN "/sys/fs/cgroup/freezer$group/freezer.state"
	else
		group=$(sed -n 's/^0:://p' "/proc/$1/cgroup")
		grep -qx "frozen 1" "/sys/fs/cgroup$group/cgroup.events"
	fi
}

@test "podman rm --force: a paused container" {
	local before
	before=$(inventory)
	sleeper web
	podman pause web >/dev/null
	podman rm --force --time 0 web >/dev/null
	nothing_left_since "$before"
}

@test "podman rm --force: a running container, and nothing left" {
	local before
	before=$(inventory)
	sleeper web
	podman rm --force --time 0 web >/dev/null
	[ "$(podman ps --all --quiet)" = "" ]
	nothing_left_since "$before"
}

@test "podman: limits are seen from inside" {
	on_v1
	run -0 podman run --rm --network none --memory 32m --pids-limit 50 --cpu-shares 512 --cpus 0.5 --cpuset-cpus 0 busybox sh -c '
		cd /sys/fs/cgroup
		cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.shares cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpuset/cpuset.cpus'
	[ "$output" = $'33554432\n50\n512\n50000\n100000\n0' ]
}

@test "podman update" {
	on_v1
	sleeper web --memory 32m
	podman update --memory 64m --cpu-shares 256 --cpus 0.25 web >/dev/null
	run -0 podman exec web sh -c 'cd /sys/fs/cgroup
		cat memory/memory.limit_in_bytes cpu/cpu.shares cpu/cpu.cfs_quota_us'
	[ "$output" = $'67108864\n256\n25000' ]
}

@test "podman run: a container out of memory is killed, and conmon knows why" {
	cd "$BATS_TEST_TMPDIR"
	run -137 podman run --name web --network none --memory 16m --memory-swap 16m busybox dd if=/dev/zero of=/dev/null bs=64M count=1
	# Debian's conmon notes it in the directory that it was started in, where Debian's Podman does not look.
	[ -e oom ] || [ "$(podman inspect --format '{{.State.OOMKilled}}' web)" = true ]
}

@test "podman cp: into and out of a running and a stopped container" {
	echo content >"$BATS_TEST_TMPDIR/file"
	sleeper web
	podman cp "$BATS_TEST_TMPDIR/file" web:/tmp/file
	[ "$(podman exec web cat /tmp/file)" = content ]
	podman stop --time 0 web >/dev/null
	podman cp web:/tmp/file "$BATS_TEST_TMPDIR/back"
	cmp "$BATS_TEST_TMPDIR/file" "$BATS_TEST_TMPDIR/back"
}

@test "podman cp: from a tmpfs that only the running container has" {
	sleeper web --tmpfs /scratch
	podman exec web sh -c 'echo content >/scratch/file'
	podman cp web:/scratch/file "$BATS_TEST_TMPDIR/back"
	[ "$(<"$BATS_TEST_TMPDIR/back")" = content ]
}

@test "podman logs: both streams, from a process that ends at once" {
	podman run --detach --name web --network none busybox sh -c 'echo out; echo err >&2; printf unended' >/dev/null
	podman wait web >/dev/null
	run --separate-stderr -0 podman logs web
	[[ $output == out*unended ]]
	[ "$stderr" = err ]
}

@test "podman ps, top and inspect" {
	sleeper web --label a=b
	run -0 podman ps --format '{{.Names}} {{.State}}'
	[[ $output == "web Up"* ]]
	run -0 podman top web pid user args
	[[ ${lines[1]} == "1 "*root*sh* ]]
	run -0 podman inspect --format '{{.OCIRuntime}} {{.State.Running}} {{.Config.Labels.a}}' web
	[ "$output" = "$RUNTIME true b" ]
}

@test "podman stats" {
	sleeper web --pids-limit 40
	run -0 podman stats --no-stream --format '{{.Name}} {{.PIDs}}' web
	[ "$output" = "web 2" ]
}

@test "podman pod: two containers share a network, a hostname and IPC" {
	needs catatonit
	podman pod create --name pod --network none --hostname pod-host >/dev/null
	podman run --detach --pod pod --name server busybox sh -c 'echo hello | nc -l -p 8080 127.0.0.1; sleep 1000' >/dev/null
	run -0 podman run --rm --pod pod busybox sh -c '
		until nc 127.0.0.1 8080 </dev/null 2>/dev/null; do :; done; hostname; readlink /proc/self/ns/ipc'
	[ "${lines[0]}" = hello ]
	[ "${lines[1]}" = pod-host ]
	[ "${lines[2]}" = "$(podman exec server readlink /proc/self/ns/ipc)" ]
}

@test "podman pod: shared processes, pause, stop and rm" {
	needs catatonit
	local before pod
	before=$(inventory)
	pod=$(podman pod create --name pod --network none --share pid,uts)
	sleeper one --pod pod
	sleeper two --pod pod
	[ "$(podman exec one ps | grep -c 'trap exit TERM')" = 2 ]
	podman pod pause pod >/dev/null
	status_is two paused
	podman pod unpause pod >/dev/null
	podman pod stop --time 60 pod >/dev/null
	status_is one exited
	podman pod rm --force pod >/dev/null
	# Podman itself forgets the pod's group in the one v1 hierarchy that is not a controller's.
	rmdir "/sys/fs/cgroup/systemd/libpod_parent/$pod" 2>/dev/null || true
	nothing_left_since "$before"
}

@test "podman healthcheck run" {
	sleeper web --health-cmd 'test -e /tmp/healthy' --health-interval disable
	run -1 podman healthcheck run web
	podman exec web touch /tmp/healthy
	run -0 podman healthcheck run web
}

@test "podman run --init: catatonit is the first process" {
	needs catatonit
	run -5 podman run --rm --init --network none busybox sh -c 'cat /proc/1/comm; exit 5'
	[[ $output == *init* || $output == *catatonit* ]]
	run -137 podman run --rm --init --network none busybox sh -c 'kill -KILL $$'
}

@test "podman --uidmap: root inside is nobody outside" {
	sleeper web --uidmap 0:100000:5000 --gidmap 0:200000:5000
	run -0 podman exec web sh -c 'cat /proc/self/uid_map /proc/self/gid_map; stat -c %u:%g /bin/busybox; touch /new; stat -c %u /new'
	[[ ${lines[0]} =~ ^\ *0\ +100000\ +5000$ ]]
	[[ ${lines[1]} =~ ^\ *0\ +200000\ +5000$ ]]
	[ "${lines[2]}" = 0:0 ]
	[ "${lines[3]}" = 0 ]
	[ "$(stat -c %u:%g "/proc/$(podman inspect --format '{{.State.Pid}}' web)")" = 100000:200000 ]
	run -0 podman exec --user guest web id -u
	[ "$output" = 1000 ]
}

@test "podman --userns=auto, with volumes and a terminal" {
	mkdir "$BATS_TEST_TMPDIR/data"
	run -0 pty "$podman_command run --rm -it --network none --userns auto -v $BATS_TEST_TMPDIR/data:/data:U busybox sh -c '
		cat /proc/self/uid_map; echo new >/data/file; stat -c %u /data/file; tty'"
	[[ ${lines[0]} =~ ^\ *0\ +1000000\  ]]
	[[ ${lines[1]} == 0* ]]
	[[ ${lines[2]} == /dev/pts/* ]]
	[ "$(stat -c %u "$BATS_TEST_TMPDIR/data/file")" = 1000000 ]
}

@test "podman --userns=container: a second container joins" {
	sleeper web --uidmap 0:100000:5000
	run --separate-stderr -0 podman run --rm --network none --userns container:web busybox \
		sh -c 'cat /proc/self/uid_map; readlink /proc/self/ns/user'
	[ "$stderr" = "" ]
	[[ ${lines[0]} =~ ^\ *0\ +100000\ +5000$ ]]
	[ "${lines[1]}" = "$(podman exec web readlink /proc/self/ns/user)" ]
}

@test "podman --pid, --ipc, --uts and --network of another container and of the host" {
	sleeper web
	run -0 podman run --rm --pid container:web --ipc container:web --uts container:web --network container:web busybox \
		sh -c 'for ns in ipc net pid uts; do [ $(readlink /proc/1/ns/$ns) = $(readlink /proc/self/ns/$ns) ] || echo $ns; done'
	[ "$output" = "" ]
	run -0 podman run --rm --pid host --ipc host --uts host --network host --cgroupns host busybox \
		sh -c 'for ns in cgroup ipc net pid uts; do readlink /proc/self/ns/$ns; done'
	[ "$output" = "$(for ns in cgroup ipc net pid uts; do readlink /proc/self/ns/$ns; done)" ]
}

@test "podman --cgroupns=private: the container sees its cgroup as the root" {
	run -0 podman run --rm --network none --cgroupns private busybox sh -c 'grep -v ":/$" /proc/self/cgroup || true'
	[ "$output" = "" ]
}

@test "podman --read-only: only the temporary directories take writes" {
	run -0 podman run --rm --network none --read-only busybox sh -c 'touch /new 2>&1; touch /tmp/new /run/new && echo temporary'
	[ "${lines[0]}" = "touch: /new: Read-only file system" ]
	[ "${lines[1]}" = temporary ]
}

@test "podman --cap-drop, --cap-add and --privileged" {
	run -0 podman run --rm --network none --cap-drop all busybox grep Cap /proc/self/status
	[ "$(grep -c '0000000000000000' <<<"$output")" = 5 ]
	run -0 podman run --rm --network none --cap-drop all --cap-add net_admin busybox grep CapEff /proc/self/status
	[[ $output == *0000000000001000 ]]
	run -0 podman run --rm --network none --privileged busybox grep CapEff /proc/self/status
	[ "$output" = "$(grep CapEff /proc/self/status)" ]
}

@test "podman --device: its name, its permissions, and no other device" {
	[ -c /dev/fuse ] || skip "this kernel has no /dev/fuse"
	run -0 podman run --rm --network none --device /dev/fuse:/dev/mine:r busybox sh -c '
		: </dev/mine && echo read
		(: >/dev/mine) 2>&1 || echo not written
		mknod /tmp/kmsg c 1 11 && cat /tmp/kmsg 2>&1 || echo no other'
	[ "${lines[0]}" = read ]
	[[ ${lines[1]} == *"Operation not permitted"* ]]
	[[ ${lines[3]} == *"Operation not permitted"* ]]
}

@test "podman --tmpfs: options and size" {
	run -0 podman run --rm --network none --tmpfs /scratch:size=1m,mode=1700,noexec busybox sh -c '
		grep " /scratch " /proc/mounts; stat -c %a /scratch; dd if=/dev/zero of=/scratch/big bs=1M count=2 2>&1 | head -n 1'
	[[ ${lines[0]} == *noexec*size=1024k* ]]
	[ "${lines[1]}" = 1700 ]
	[[ ${lines[2]} == *"No space left"* ]]
}

@test "podman --volume: read-only, read-write, and a named one that starts with the image's content" {
	mkdir "$BATS_TEST_TMPDIR/data"
	run -0 podman run --rm --network none -v "$BATS_TEST_TMPDIR/data:/rw" -v "$BATS_TEST_TMPDIR/data:/ro:ro" -v named:/etc busybox \
		sh -c 'echo new >/rw/file; cat /ro/file; touch /ro/x 2>&1; head -n 1 /etc/passwd'
	[ "${lines[0]}" = new ]
	[ "${lines[1]}" = "touch: /ro/x: Read-only file system" ]
	[[ ${lines[2]} == root:* ]]
}

@test "podman --volume: what is mounted on the host later arrives if it is a slave" {
	local data=$BATS_TEST_TMPDIR/data
	mkdir "$data"
	mount -t tmpfs data "$data"
	mkdir "$data/later"
	sleeper web -v "$data:/slave:rslave" -v "$data:/private"
	mount -t tmpfs later "$data/later"
	touch "$data/later/file"
	run -0 podman exec web ls /slave/later /private/later
	umount "$data/later" "$data"
	[ "$output" = $'/private/later:\n\n/slave/later:\nfile' ]
}

@test "podman --sysctl, --ulimit, --shm-size and no-new-privileges" {
	run -0 podman run --rm --network none --sysctl net.ipv4.ip_forward=1 --ulimit nofile=100:200 --ulimit nproc=1000:1000 --shm-size 1m \
		--security-opt no-new-privileges busybox sh -c '
		cat /proc/sys/net/ipv4/ip_forward; ulimit -Sn; ulimit -Hn; grep NoNewPrivs /proc/self/status; grep /dev/shm /proc/mounts'
	[ "${lines[0]}" = 1 ]
	[ "${lines[1]}" = 100 ]
	[ "${lines[2]}" = 200 ]
	[[ ${lines[3]} == *1 ]]
	[[ ${lines[4]} == *size=1024k* ]]
}

@test "podman --security-opt seccomp: a profile of the user's" {
	cat >"$BATS_TEST_TMPDIR/seccomp.json" <<-END
		{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		  {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
	END
	run -0 podman run --rm --network none --security-opt "seccomp=$BATS_TEST_TMPDIR/seccomp.json" busybox \
		sh -c 'mkdir /new 2>&1; grep Seccomp: /proc/self/status'
	[[ ${lines[0]} == *"not supported"* ]]
	[[ ${lines[1]} == *2 ]]
}

@test "podman --hooks-dir: hooks of every kind that Podman knows" {
	local dir=$BATS_TEST_TMPDIR/hooks stage
	mkdir "$dir"
	cat >"$dir/hook" <<-END
		#!/bin/sh
		echo "\$1 \$(jq -r .status)" >>$dir/log
	END
	chmod 755 "$dir/hook"
	for stage in prestart createRuntime poststart poststop; do
		cat >"$dir/$stage.json" <<-END
			{"version": "1.0.0", "when": {"always": true}, "stages": ["$stage"],
			 "hook": {"path": "$dir/hook", "args": ["hook", "$stage"], "env": ["PATH=$PATH"]}}
		END
	done
	podman --hooks-dir "$dir" run --rm --network none busybox true
	eventually grep -q poststop "$dir/log"
	run -0 sort "$dir/log"
	[ "$(cut -d' ' -f1 <<<"$output")" = $'createRuntime\npoststart\npoststop\nprestart' ]
	[[ $(grep createRuntime <<<"$output") == "createRuntime creat"* ]]
	[ "$(grep poststop <<<"$output")" = "poststop stopped" ]
}

@test "podman --rootfs: a directory instead of an image" {
	busybox_rootfs "$BATS_TEST_TMPDIR/rootfs"
	touch "$BATS_TEST_TMPDIR/rootfs/mine"
	run -0 podman run --rm --network none --rootfs "$BATS_TEST_TMPDIR/rootfs" ls /mine
	[ "$output" = /mine ]
}

@test "podman --restart: a failing container is started anew" {
	podman run --detach --name web --network none --restart on-failure:2 busybox sh -c 'echo try; exit 1' >/dev/null
	eventually restarts_are web 2
	eventually status_is web exited
	[ "$(podman logs web)" = $'try\ntry\ntry' ]
}

# restarts_are NAME COUNT
restarts_are() {
	[ "$(podman inspect --format '{{.RestartCount}}' "$1")" = "$2" ]
}

@test "podman: the default network reaches the host and other containers" {
	podman run --detach --name server busybox sh -c 'while :; do echo hello | nc -l -p 8080; done' >/dev/null
	local address
	address=$(podman inspect --format '{{.NetworkSettings.IPAddress}}' server)
	run -0 podman run --rm busybox sh -c "until nc $address 8080 </dev/null 2>/dev/null; do :; done; ping -c 1 -W 30 10.88.0.1 | grep -o ' 0% packet loss'"
	[ "$output" = $'hello\n 0% packet loss' ]
}

@test "podman: a container that was killed behind Podman's back" {
	sleeper web
	kill -KILL "$(podman inspect --format '{{.State.Pid}}' web)"
	run -0 podman wait web
	[ "$output" = 137 ]
	podman start web >/dev/null
	podman exec web true
}
