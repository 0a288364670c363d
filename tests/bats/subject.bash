# shellcheck shell=bash
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq
# shellcheck disable=SC2154 # output and the arena come from helpers.bash
#
# What the files on the container's world (mounts, namespaces, devices, cgroups, …) share: load it after helpers and
# refusals.
#
#   add_mount DESTINATION TYPE SOURCE [OPTION…]   one more mount, the last one
#   mounts_inside        run a container that prints its mount table, for mount_has and mount_lacks
#   mount_has DESTINATION REGEX · mount_lacks DESTINATION REGEX   about the topmost mount there, as mountinfo shows it
#   last_mount           the index of the last mount in config.json
#   grant CAPABILITY…    add capabilities to all sets (CAP_SYS_ADMIN …)
#   refuses REGEX [OURS] run the bundle: it is refused with one clear line that says REGEX (husk's: OURS too), and leaves
#                        no trace
#   unshared NAMESPACE…  hold new namespaces (unshare's words: mount net ipc uts …) open until the end of the test; the
#                        holder's pid is in $holder
#   own_host NAMESPACE…  let the runtime run in such namespaces from now on: what it does to its host stays in them;
#                        on_host CMD… runs a command of the test there
#   block_device SIZE    attach a file of SIZE as a loop device until the end of the test; its path is in $device
#   own_mounts [CMD…]    the part of a mount table that the test can have changed: the root, and what is in the arena; of
#                        this process, or as CMD (on_host) sees it. Other tests mount and unmount beside us.
#   before_runc VERSION REASON  skip where the runtime is a runc older than VERSION

add_mount() {
	local destination=$1 type=$2 source=$3
	shift 3
	config '.mounts += [{destination: $destination, type: $type, source: $source, options: $ARGS.positional}]' \
		--arg destination "$destination" --arg type "$type" --arg source "$source" --args -- "$@"
}

last_mount() { jq '.mounts | length - 1' "$BUNDLE/config.json"; }

mounts_inside() {
	inside 'cat /proc/self/mountinfo'
	ok
}

mount_at() { awk -v at="$1" '$5 == at { line = $0 } END { print line }' <<<"$output"; }

mount_has() { grep -qE -e "$2" <<<"$(mount_at "$1")" || explain "want a mount at $1 that matches: $2"; }

mount_lacks() {
	mount_has "$1" .
	! grep -qE -e "$2" <<<"$(mount_at "$1")" || explain "want a mount at $1 that does not match: $2"
}

grant() { config '.process.capabilities |= map_values(. + $ARGS.positional)' --args -- "$@"; }

refuses() {
	inside 'echo it ran'
	fails 1
	lacks 'it ran'
	says "$1"
	! is_husk || says "${2:-}"
	one_clear_line
	no_trace_of "inside-$inside_calls"
}

unshared() {
	local ready=$ARENA/unshared.$((++unshared_calls))
	spawn unshare "${@/#/--}" sh -c 'echo >"$0"; exec sleep 1000' "$ready"
	holder=$spawned
	wait_until 30 test -s "$ready"
}

own_host() {
	local real=$RUNTIME
	unshared "$@"
	HOST_ENTRY=(nsenter --target "$holder" "${@/#/--}" "--wdns=.")
	RUNTIME=$ARENA/host/${real##*/}
	mkdir "$ARENA/host"
	printf '#!/bin/sh\nexec nsenter --target %s %s --wdns="$PWD" %q "$@"\n' "$holder" "${*/#/--}" "$real" >"$RUNTIME"
	chmod +x "$RUNTIME"
	at_end delete_containers # while the host still exists
}

on_host() { "${HOST_ENTRY[@]}" "$@"; }

own_mounts() { "$@" awk -v arena="$ARENA/" '$5 == "/" || index($5, arena) == 1' /proc/self/mountinfo; }

block_device() {
	truncate -s "$1" "$ARENA/disk"
	device=$(losetup --find --show "$ARENA/disk" 2>/dev/null) || skip 'needs a loop device'
	at_end losetup --detach "$device"
}

before_runc() { ! older_runc "$1" || skip "$2"; }
