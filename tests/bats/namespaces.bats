#!/usr/bin/env bats
# linux.namespaces: of every type one of the container's own, the host's, or somebody's joined by path; and what being
# apart means. User and time namespaces have more in files of their own.

load helpers
load refusals
load subject

setup() {
	arena_open
	bundle
}

# identity TYPE [PID] prints which namespace of that type this process, or PID, is in.
identity() { readlink "/proc/${2:-self}/ns/$(link "$1")"; }

# link translates config.json's word into that of /proc/PID/ns.
link() {
	case $1 in
	network) echo net ;;
	mount) echo mnt ;;
	*) echo "$1" ;;
	esac
}

own() { config '.linux.namespaces |= map(select(.type != $type)) + [{type: $type}]' --arg type "$1"; }

share() { config '.linux.namespaces |= map(select(.type != $type))' --arg type "$1"; }

join() {
	config '.linux.namespaces |= map(select(.type != $type)) + [{type: $type, path: $path}]' --arg type "$1" --arg path "$2"
}

# The identity of the namespace that the container's process is in, from inside.
inside_identity() {
	inside "readlink /proc/self/ns/$(link "$1")"
	ok
}

# ---- own, shared, joined --------------------------------------------------------------------------------------------

# covers: linux.namespaces.type
@test "namespaces: pid network ipc uts mount cgroup are new when listed" {
	needs ns:cgroup
	local type
	inside 'for t in pid net ipc uts mnt cgroup; do readlink /proc/self/ns/$t; done'
	ok
	for type in pid network ipc uts mount cgroup; do lacks "$(identity "$type" | sed 's/[][]/\\&/g')"; done
	same 6 "${#lines[@]}"
}

# covers: linux.namespaces.type
@test "namespaces: pid network ipc uts cgroup are the host's when not listed" {
	needs ns:cgroup
	local type want=''
	for type in pid network ipc uts cgroup; do
		share "$type"
		want+=$(identity "$type")$'\n'
	done
	config 'del(.hostname)'
	inside 'for t in pid net ipc uts cgroup; do readlink /proc/self/ns/$t; done'
	ok
	equals "${want%$'\n'}"
}

# The host is one that the test plays: without a namespace of its own the container mounts in the host's.
# covers: linux.namespaces.type
@test "namespaces: mount is the host's when not listed" {
	skip_on husk 'husk refuses it: see below'
	own_host mount
	share mount
	config '.mounts |= map(select(.destination == "/proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)'
	inside_identity mount
	equals "$(identity mount "$holder")"
}

# covers: linux.namespaces.path
@test "namespaces: network ipc uts cgroup are joined by path" {
	needs ns:cgroup
	unshared net ipc uts cgroup
	local type want=''
	for type in network ipc uts cgroup; do
		join "$type" "/proc/$holder/ns/$(link "$type")"
		want+=$(identity "$type" "$holder")$'\n'
	done
	config 'del(.hostname)'
	inside 'for t in net ipc uts cgroup; do readlink /proc/self/ns/$t; done'
	ok
	equals "${want%$'\n'}"
}

# covers: linux.namespaces.path
@test "namespaces: pid is joined by path: the processes there are seen" {
	unshared pid fork kill-child
	join pid "/proc/$holder/ns/pid_for_children"
	inside 'cat /proc/1/comm; test $$ != 1 && readlink /proc/self/ns/pid'
	ok
	equals "sleep"$'\n'"$(readlink "/proc/$holder/ns/pid_for_children")"
}

# covers: linux.namespaces.path
@test "namespaces: mount is joined by path: the root is set up in there, and nothing shows on the host" {
	unshared mount
	join mount "/proc/$holder/ns/mnt"
	config '.mounts |= map(select(.destination == "/proc"))'
	inside_identity mount
	equals "$(identity mount "$holder")"
}

# covers: linux.namespaces.path
@test "namespaces: one of another container is joined by its init's pid" {
	sleeper first
	local type want='' pid
	pid=$(pid_of first)
	for type in network ipc uts; do
		join "$type" "/proc/$pid/ns/$(link "$type")"
		want+=$(identity "$type" "$pid")$'\n'
	done
	config 'del(.hostname)'
	inside 'for t in net ipc uts; do readlink /proc/self/ns/$t; done; hostname'
	ok
	equals "${want}arena"
}

# covers: linux.namespaces.path
@test "namespaces: one that is kept by a mounted file is joined" {
	touch "$ARENA/kept"
	unshare --uts="$ARENA/kept" hostname kept
	at_end umount "$ARENA/kept"
	join uts "$ARENA/kept"
	config 'del(.hostname)'
	inside 'hostname'
	ok
	equals kept
}

# ---- refusals -------------------------------------------------------------------------------------------------------

@test "namespaces: the same type twice is refused" {
	config '.linux.namespaces += [{type: "uts"}]'
	refuses 'duplicate.*uts|two uts'
}

@test "namespaces: an unknown type is refused by its name" {
	config '.linux.namespaces += [{type: "gravity"}]'
	refuses 'gravity'
}

@test "namespaces: a path where there is nothing is refused by its name" {
	join network "$ARENA/nothing"
	refuses "$ARENA/nothing.*no such file or directory"
}

@test "namespaces: a path that is no namespace is refused" {
	touch "$ARENA/file"
	join uts "$ARENA/file"
	config 'del(.hostname)'
	refuses 'invalid argument|not a namespace|namespace' "$ARENA/file"
}

@test "namespaces: a path to a namespace of another type is refused" {
	unshared ipc
	join uts "/proc/$holder/ns/ipc"
	config 'del(.hostname)'
	refuses 'invalid argument|namespace' "/proc/$holder/ns/ipc"
}

@test "namespaces: a relative path is refused" {
	touch relative
	join uts relative
	config 'del(.hostname)'
	refuses 'relative|absolute|namespace' 'relative.*absolute|absolute.*relative'
}

@test "namespaces: without one of mounts it is refused: the host's would change" {
	only husk 'the others mount on the host'
	local before
	before=$(own_mounts)
	config '.linux.namespaces |= map(select(.type != "mount"))'
	refuses 'mount namespace' 'linux\.namespaces'
	same "$before" "$(own_mounts)" 'the mount table of the host'
}

# ---- what it means (LXC chapter) ------------------------------------------------------------------------------------

@test "namespaces: PID: the first process is 1 inside and has another number outside" {
	sleeper one
	local pid
	pid=$(pid_of one)
	rt exec one sh -c 'cat /proc/1/comm; ls /proc | grep -c "^[0-9]"'
	ok
	same sleep "${lines[0]}"
	is test "$pid" -gt 1
	same sleep "$(cat "/proc/$pid/comm")"
	same "$pid 1" "$(awk '/^NSpid:/ { print $(NF - 1), $NF }' "/proc/$pid/status")"
	# Processes of the container: its init, the shell, ls and grep. Of the host's hundreds none.
	is test "${lines[1]}" -le 4
	rt ps one
	ok
	has " $pid "
}

@test "namespaces: PID: a process of the host cannot be signalled from inside" {
	spawn sleep 1000
	grant CAP_KILL
	inside "kill -0 $spawned"
	fails
	has 'No such process|no such process'
}

@test "namespaces: PID: everything in it ends with its first process" {
	needs ns:pid_for_children
	args sh -c 'sleep 1000 & echo $! >/pid; exec sleep 1000'
	config '.linux.cgroupsPath = $path' --arg path "$CGROUP/family"
	rt run --detach family </dev/null
	ok
	wait_until 30 test -s "$ROOTFS/pid"
	local pid child
	pid=$(pid_of family)
	child=$(cat "/proc/$pid/task/$pid/children")
	is test -e "/proc/${child% }"
	kill -KILL "$pid"
	wait_until 30 test ! -e "/proc/${child% }"
}

@test "namespaces: UTS: a name changed inside stays inside" {
	local before
	before=$(hostname)
	grant CAP_SYS_ADMIN
	inside 'hostname changed && hostname'
	ok
	equals changed
	same "$before" "$(hostname)"
}

@test "namespaces: IPC: System V queues, semaphores and shared memory of the host are not seen" {
	needs tool:ipcmk
	own_host ipc
	on_host sh -c 'ipcmk -Q && ipcmk -S 1 && ipcmk -M 4096' >/dev/null
	same '1 1 1' "$(on_host sh -c 'for k in msg sem shm; do sed 1d /proc/sysvipc/$k | wc -l; done' | xargs)"
	inside 'for k in msg sem shm; do sed 1d /proc/sysvipc/$k | wc -l; done'
	ok
	equals $'0\n0\n0'
}

@test "namespaces: IPC: System V objects of one container are not seen in another, but in one that joins it" {
	needs tool:ipcmk
	sleeper first
	local pid
	pid=$(pid_of first)
	nsenter --target "$pid" --ipc sh -c 'ipcmk -Q && ipcmk -S 1 && ipcmk -M 4096' >/dev/null
	inside 'for k in msg sem shm; do sed 1d /proc/sysvipc/$k | wc -l; done'
	ok
	equals $'0\n0\n0'
	join ipc "/proc/$pid/ns/ipc"
	inside 'for k in msg sem shm; do sed 1d /proc/sysvipc/$k | wc -l; done'
	ok
	equals $'1\n1\n1'
}

@test "namespaces: IPC: POSIX queues and shared memory of one container are not seen in another" {
	sleeper first
	rt exec first sh -c 'touch /dev/mqueue/queue /dev/shm/segment && ls /dev/mqueue /dev/shm'
	ok
	has queue
	has segment
	inside 'ls /dev/mqueue /dev/shm'
	ok
	lacks 'queue$|segment'
	not test -e /dev/shm/segment
	join ipc "/proc/$(pid_of first)/ns/ipc"
	inside 'ls /dev/mqueue /dev/shm'
	ok
	has '^queue$'
	lacks segment
}

@test "namespaces: network: a fresh one has lo only, up, and none of the host's devices" {
	own_host net
	on_host ip link add only-here type veth peer name other-end || skip 'the kernel has no veth devices'
	inside 'ip -o link show'
	ok
	has '^1: lo: <LOOPBACK,UP'
	same 1 "$(grep -c '^[0-9]*: lo: ' <<<"$output")"
	lacks 'only-here|other-end'
}

@test "namespaces: network: sockets with abstract names are apart" {
	needs tool:socat
	own_host net
	spawn on_host socat abstract-listen:meeting,fork exec:'echo here'
	wait_until 30 on_host grep -q @meeting /proc/net/unix
	inside 'cat /proc/net/unix'
	ok
	lacks '@meeting'
	share network
	inside 'cat /proc/net/unix'
	ok
	has '@meeting'
}

@test "namespaces: cgroup: the container sees its own cgroup as the root" {
	needs ns:cgroup
	inside 'cat /proc/self/cgroup'
	ok
	lacks "$CGROUP"
	same '' "$(grep -v ':/$' <<<"$output")"
	share cgroup
	inside 'cat /proc/self/cgroup'
	ok
	has ":$CGROUP/inside-"
}
