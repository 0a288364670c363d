#!/usr/bin/env bats
#
# containerd over the runtime, through its stock shim for runc.

# shellcheck disable=SC2016 # in single quotes, $ belongs to the shell in the container
# shellcheck disable=SC2154 # stderr comes from run --separate-stderr

load clients

engine=(containerd ctr containerd-shim-runc-v2 script)

setup_file() {
	[ -z "$(lacking "${engine[@]}")" ] || return 0
	export CONTAINERD=$HOST_DIR/containerd
	mkdir "$CONTAINERD"
	cat >"$CONTAINERD/config.toml" <<-END
		version = 2
		root = "$CONTAINERD/root"
		state = "$CONTAINERD/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
		[grpc]
		  address = "$CONTAINERD/socket"
	END
	start_containerd
	busybox_image "$CONTAINERD/busybox.tar"
	ctr images import "$CONTAINERD/busybox.tar" >/dev/null
	# The first container brings cgroups and directories that stay.
	ctr_run --rm warm true
}

teardown_file() {
	[ ! -e "${CONTAINERD:-}/pid" ] || end_daemon "$CONTAINERD/pid"
}

setup() {
	needs "${engine[@]}"
}

teardown() {
	[ -z "$(lacking "${engine[@]}")" ] || return 0
	local id
	for id in $(ctr tasks list --quiet); do
		ctr tasks delete --force "$id" >/dev/null 2>&1 || true
	done
	for id in $(ctr containers list --quiet); do
		ctr containers delete "$id" || true
	done
}

start_containerd() {
	daemon "$CONTAINERD/pid" containerd --config "$CONTAINERD/config.toml"
	answers "$CONTAINERD/pid" ctr version
}

ctr() {
	command ctr --address "$CONTAINERD/socket" "$@" 3>&-
}

# ctr_run [FLAG...] ID COMMAND... runs a container of the image. ctr wants the image between the flags and the id.
ctr_run() {
	local flags=()
	while [[ $1 == -* ]]; do
		flags+=("$1")
		shift
	done
	ctr run --runc-binary "$RUNTIME" "${flags[@]}" docker.io/library/busybox:latest "$@"
}

# sleeper ID [FLAG...] starts a container that does nothing, and ends at SIGTERM.
sleeper() {
	local id=$1
	shift
	ctr_run --detach "$@" "$id" sh -c 'trap exit TERM; echo up >/tmp/up; while :; do sleep 1000 & wait; done'
	eventually ctr tasks exec --exec-id ready "$id" test -e /tmp/up
}

# status_is ID STATUS
status_is() {
	[ "$(ctr tasks list | awk -v id="$1" '$1 == id { print $3 }')" = "$2" ]
}

pid_of() {
	ctr tasks list | awk -v id="$1" '$1 == id { print $2 }'
}

# limit_is ID BYTES: the memory limit of a container's cgroup.
limit_is() {
	local group
	if group=$(sed -n 's/.*:memory://p' "/proc/$(pid_of "$1")/cgroup") && [ -n "$group" ]; then
		[ "$(<"/sys/fs/cgroup/memory$group/memory.limit_in_bytes")" = "$2" ]
	else
		group=$(sed -n 's/^0:://p' "/proc/$(pid_of "$1")/cgroup")
		[ "$(<"/sys/fs/cgroup$group/memory.max")" = "$2" ]
	fi
}

@test "ctr run: output, errors and exit status pass through" {
	run --separate-stderr -7 ctr_run --rm web sh -c 'echo out; echo err >&2; exit 7'
	[ "$output" = out ]
	[ "$stderr" = err ]
}

@test "ctr run: input passes through" {
	run -0 ctr_run --rm web sh -c 'read line; echo "$line"' <<<"in"
	[ "$output" = in ]
}

@test "ctr run: the directory, environment and limits asked for" {
	run -0 ctr_run --rm --cwd=/tmp --env=A=b --read-only web sh -c 'pwd; echo $A; touch /new 2>&1; ulimit -n'
	[ "$output" = $'/tmp\nb\ntouch: /new: Read-only file system\n1024' ]
}

@test "ctr run: leaves no process, mount, cgroup or state" {
	local before
	before=$(inventory)
	ctr_run --rm web true
	nothing_left_since "$before"
}

@test "ctr run --rootfs: a directory instead of an image" {
	busybox_rootfs "$BATS_TEST_TMPDIR/rootfs"
	touch "$BATS_TEST_TMPDIR/rootfs/mine"
	run -0 ctr run --rm --runc-binary "$RUNTIME" --env PATH=/bin --rootfs "$BATS_TEST_TMPDIR/rootfs" web ls /mine
	[ "$output" = /mine ]
}

@test "ctr run --snapshotter native: a root filesystem without overlay" {
	run -0 ctr_run --rm --snapshotter=native web grep ' / ' /proc/mounts
	[[ $output != overlay* ]]
}

@test "ctr run: a command that is not there is named, and nothing left" {
	local before
	before=$(inventory)
	run -1 ctr_run --rm web nosuch
	[[ $output == *nosuch* && $output == *"not found"* ]]
	nothing_left_since "$before"
}

@test "ctr run: a command that may not be executed" {
	run -1 ctr_run --rm web /bin/forbidden
	[[ ${output,,} == *"permission denied"* ]]
}

@test "ctr run --tty: a terminal of the user's size that controls the process, and its exit status" {
	ctr_command="ctr --address $CONTAINERD/socket run --runc-binary $RUNTIME"
	run -3 pty "$ctr_command --rm --tty docker.io/library/busybox:latest web sh -c '
		until [ \"\$(stty size 2>/dev/null)\" = \"33 77\" ]; do :; done; tty; echo ready >/dev/tty
		read line; echo got \$line; exit 3'" ready $'typed\r'
	[[ ${lines[0]} == /dev/pts/0* ]]
	[[ $output == *"got typed"* ]]
}

@test "ctr run --cap-drop, --cap-add and --privileged" {
	run -0 ctr_run --rm --cap-drop=CAP_CHOWN --cap-add=CAP_NET_ADMIN web grep CapEff /proc/self/status
	[[ $output == *$'\t'00000000a80435fa ]]
	run -0 ctr_run --rm --privileged web grep CapEff /proc/self/status
	[ "$output" = "$(grep CapEff /proc/self/status)" ]
}

@test "ctr run --seccomp: containerd's profile" {
	run -0 ctr_run --rm --seccomp web grep Seccomp: /proc/self/status
	[[ $output == *2 ]]
}

@test "ctr run --mount, --with-ns and --pid-file" {
	local data=$BATS_TEST_TMPDIR/data
	mkdir "$data"
	echo content >"$data/file"
	ip netns add web
	run -0 ctr_run --rm "--mount=type=bind,src=$data,dst=/data,options=rbind:ro" --with-ns=network:/run/netns/web \
		"--pid-file=$data/pid" web sh -c 'cat /data/file; readlink /proc/self/ns/net; touch /data/x 2>&1 || true'
	[ "${lines[0]}" = content ]
	[ "${lines[1]}" = "net:[$(stat -L -c %i /run/netns/web)]" ]
	[[ ${lines[2]} == *"Read-only file system" ]]
	[ -s "$data/pid" ]
	ip netns delete web
}

@test "ctr run --uidmap: root inside is nobody outside" {
	ctr_run --detach --uidmap=0:100000:5000 --gidmap=0:200000:5000 web sh -c 'touch /tmp/new; sleep 1000'
	eventually ctr tasks exec --exec-id ready web test -e /tmp/new
	run -0 ctr tasks exec --exec-id one web sh -c 'cat /proc/self/uid_map; stat -c %u:%g /tmp/new'
	[[ ${lines[0]} =~ ^\ *0\ +100000\ +5000$ ]]
	[ "${lines[1]}" = 0:0 ]
	[ "$(stat -c %u:%g "/proc/$(pid_of web)/root/tmp/new")" = 100000:200000 ]
}

@test "ctr run --memory-limit, --cpus and --cpu-shares" {
	sleeper web --memory-limit=33554432 --cpus=0.5 --cpu-shares=512
	limit_is web 33554432
	[ -d /sys/fs/cgroup/cpu ] || skip "the host has no cgroup v1"
	local group
	group=$(sed -n 's/.*:cpu://p' "/proc/$(pid_of web)/cgroup")
	[ "$(cat "/sys/fs/cgroup/cpu$group/cpu.cfs_quota_us" "/sys/fs/cgroup/cpu$group/cpu.shares")" = $'50000\n512' ]
}

@test "containerd: a task's resources are updated" {
	sleeper web --memory-limit=33554432
	# ctr lacks the command, therefore the service is called: an UpdateTaskRequest of an id and an Any of JSON.
	needs curl
	local type=types.containerd.io/opencontainers/runtime-spec/1/LinuxResources resources='{"memory":{"limit":67108864}}'
	field() { printf '%b%s' "\\x$(printf %x $(($1 << 3 | 2)))\\x$(printf %x ${#2})" "$2"; }
	local any message
	any=$(field 1 "$type")$(field 2 "$resources")
	message=$(field 1 web)$(field 2 "$any")
	printf '\0\0\0\0%b%s' "\\x$(printf %x ${#message})" "$message" |
		curl --silent --show-error --fail --http2-prior-knowledge --unix-socket "$CONTAINERD/socket" --data-binary @- \
			--header content-type:application/grpc --header te:trailers --header containerd-namespace:default \
			--dump-header "$BATS_TEST_TMPDIR/headers" http://localhost/containerd.services.tasks.v1.Tasks/Update
	cat "$BATS_TEST_TMPDIR/headers"
	limit_is web 67108864
}

@test "ctr tasks exec: output and exit status" {
	sleeper web
	run --separate-stderr -9 ctr tasks exec --exec-id one web sh -c 'echo out; echo err >&2; exit 9'
	[ "$output" = out ]
	[ "$stderr" = err ]
}

@test "ctr tasks exec: the user and directory asked for" {
	sleeper web
	run -0 ctr tasks exec --exec-id one --user guest --cwd /tmp web sh -c 'id -un; pwd'
	[ "$output" = $'guest\n/tmp' ]
}

@test "ctr tasks exec --tty: a terminal of the user's size" {
	sleeper web
	run -6 pty "ctr --address $CONTAINERD/socket tasks exec --exec-id one --tty web sh -c '
		until [ \"\$(stty size 2>/dev/null)\" = \"33 77\" ]; do :; done; tty; exit 6'"
	[[ $output == /dev/pts/* ]]
}

@test "ctr tasks exec: a command that is not there, and the container goes on" {
	sleeper web
	run -1 ctr tasks exec --exec-id one web nosuch
	[[ $output == *nosuch* && $output == *"not found"* ]]
	status_is web RUNNING
	ctr tasks exec --exec-id two web true
}

@test "ctr tasks exec --detach and kill --exec-id" {
	sleeper web
	ctr tasks exec --detach --exec-id one web sleep 1000
	eventually runs_in web "sleep 1000" 2
	ctr tasks kill --signal SIGKILL --exec-id one web
	eventually runs_in web "sleep 1000" 1
	status_is web RUNNING
}

# runs_in ID COMMAND COUNT
runs_in() {
	[ "$(ctr tasks exec --exec-id "look-$RANDOM" "$1" ps -o args | grep -cx "$2")" = "$3" ]
}

@test "ctr tasks kill: any signal, and the exit status" {
	ctr_run --detach web sh -c 'trap "exit 8" USR1; echo up >/tmp/up; while :; do sleep 1000 & wait; done'
	eventually ctr tasks exec --exec-id ready web test -e /tmp/up
	ctr tasks kill --signal SIGUSR1 web
	eventually status_is web STOPPED
	exited_with web 8
	ctr tasks start --detach web
	status_is web RUNNING
	ctr tasks kill --signal SIGKILL web
	eventually status_is web STOPPED
	exited_with web 137
}

# exited_with ID STATUS deletes a task and succeeds if this was its exit status, which ctr has only in a message.
exited_with() {
	[[ $(ctr tasks delete "$1" 2>&1) == *"exit code $2\""* ]]
}

@test "ctr tasks kill --all: the processes beside the first one, too" {
	ctr_run --detach --with-ns=pid:/proc/self/ns/pid web sh -c 'sleep 1234 & sleep 1234'
	local pid
	pid=$(pid_of web)
	eventually pgrep --parent "$pid" >/dev/null
	ctr tasks kill --all --signal SIGKILL web
	eventually status_is web STOPPED
	run -1 pgrep --full --exact 'sleep 1234'
}

@test "ctr tasks pause and resume" {
	sleeper web
	ctr tasks pause web
	status_is web PAUSED
	run -1 ctr tasks exec --exec-id one web true
	ctr tasks resume web
	status_is web RUNNING
	ctr tasks exec --exec-id two web true
}

@test "ctr tasks ps and metrics" {
	sleeper web
	ctr tasks exec --detach --exec-id one web sleep 1000
	run -0 ctr tasks ps web
	[[ $output == *"$(pid_of web)"* ]]
	[ "${#lines[@]}" -ge 3 ]
	run -0 ctr tasks metrics --format json web
	[ "$(jq '.pids.current >= 3 and .memory.usage.usage > 0' <<<"$output")" = true ]
}

@test "ctr containers delete: refused for a running task, complete after it" {
	local before
	before=$(inventory)
	sleeper web
	run -1 ctr containers delete web
	ctr tasks kill --signal SIGTERM web
	eventually status_is web STOPPED
	ctr tasks delete web
	ctr containers delete web
	nothing_left_since "$before"
}

@test "ctr tasks delete --force: a paused task" {
	local before
	before=$(inventory)
	sleeper web
	ctr tasks pause web
	run ctr tasks delete --force web
	ctr containers delete web
	nothing_left_since "$before"
}

@test "ctr run: ten at a time, and nothing left" {
	local before i pids=() statuses=()
	before=$(inventory)
	for i in {1..10}; do
		ctr_run --rm "web$i" sh -c "exit $i" &
		pids+=($!)
	done
	for i in {1..10}; do
		wait "${pids[i - 1]}" || statuses+=($?)
	done
	[ "${statuses[*]}" = "1 2 3 4 5 6 7 8 9 10" ]
	nothing_left_since "$before"
}

@test "ctr events: the life of a task in order" {
	local log=$BATS_TEST_TMPDIR/events
	watch_events "$log"
	ctr_run --detach web sleep 1000
	ctr tasks exec --exec-id one web true
	ctr tasks pause web
	ctr tasks resume web
	ctr tasks kill --signal SIGKILL web
	eventually status_is web STOPPED
	ctr tasks delete web >/dev/null 2>&1
	eventually grep -q /tasks/delete "$log"
	kill "$watcher"
	run -0 grep -o '/tasks/[a-z-]*' "$log"
	[ "$(xargs <<<"$output")" = "/tasks/create /tasks/start /tasks/exec-added /tasks/exec-started /tasks/exit \
/tasks/paused /tasks/resumed /tasks/exit /tasks/delete" ]
}

# watch_events LOG starts to log containerd's events, the watcher's pid in watcher, and waits until they arrive.
watch_events() {
	command ctr --address "$CONTAINERD/socket" events >"$1" 3>&- &
	watcher=$!
	eventually seen_label "$1"
}

seen_label() {
	ctr namespaces label default seen="$RANDOM"
	[ -s "$1" ]
}

@test "containerd: learns that a task ran out of memory" {
	local log=$BATS_TEST_TMPDIR/events
	watch_events "$log"
	run -137 ctr_run --rm --memory-limit=16777216 web dd if=/dev/zero of=/dev/null bs=64M count=1
	eventually grep -q /tasks/oom "$log"
	kill "$watcher"
}

@test "containerd: a task lives on through restarts of containerd" {
	local pid signal
	sleeper web
	pid=$(pid_of web)
	for signal in TERM KILL; do
		end_daemon "$CONTAINERD/pid" "$signal"
		[ -e "/proc/$pid" ]
		start_containerd
		status_is web RUNNING
		[ "$(pid_of web)" = "$pid" ]
		run -5 ctr tasks exec --exec-id "after-$signal" web sh -c 'exit 5'
	done
	ctr tasks kill web
	eventually status_is web STOPPED
	run -0 ctr tasks delete web
}

@test "containerd: cleans up after a shim that was killed" {
	local before shim
	before=$(inventory)
	sleeper web
	shim=$(ps -o ppid= -p "$(pid_of web)")
	kill -KILL "${shim// /}"
	eventually status_is web ""
	ctr containers delete web
	nothing_left_since "$before"
}

@test "containerd: a task that was killed behind its back" {
	sleeper web
	kill -KILL "$(pid_of web)"
	eventually status_is web STOPPED
	exited_with web 137
}
