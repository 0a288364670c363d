#!/usr/bin/env bats
# linux.cgroupsPath: which cgroup the container is in, how it sees it, and that it goes. Limits have files of their own.

load helpers
load refusals
load subject

setup() {
	arena_open
	bundle
}

# cgroup_of PID prints the paths of its cgroups in the hierarchies that the view has, each once. (One of v1 that another
# test mounts meanwhile has the process in /.)
cgroup_of() {
	local hierarchies='[^:]+'
	! have v2 || hierarchies=''
	sed -nE "s|^[0-9]+:$hierarchies:(/.+)|\\1|p" "/proc/$1/cgroup" | sort -u
}

in_cgroup() { config '.linux.cgroupsPath = $path' --arg path "$1"; }

start() {
	args sleep 1000
	rt run --detach "$1" </dev/null
	ok
}

# groups_at PATH lists the cgroups whose path ends like that, wherever in any hierarchy.
groups_at() { cgroup_dirs | while read -r dir; do find "$dir" -path "*$1" -type d 2>/dev/null; done; }

# covers: linux.cgroupsPath
@test "cgroupsPath: an absolute path starts at the mount point, in every hierarchy" {
	leaves 'the parents stay, other containers may come to live in them'
	in_cgroup "$CGROUP/a/b"
	start one
	same "$CGROUP/a/b" "$(cgroup_of "$(pid_of one)")"
	same "$(pid_of one)" "$(cat "$(cgroup_dir pids)/a/b/cgroup.procs")"
	rt delete --force one
	ok
	not test -e "$(cgroup_dir pids)/a/b"
}

# covers: linux.cgroupsPath
@test "cgroupsPath: a relative path leads to the same place each time" {
	local first
	in_cgroup "${CGROUP#/}/relative"
	start one
	first=$(cgroup_of "$(pid_of one)")
	has_path "$first" "$CGROUP/relative$"
	rt delete --force one
	ok
	start two
	same "$first" "$(cgroup_of "$(pid_of two)")"
	rt delete --force two
	ok
	same '' "$(groups_at "$CGROUP/relative")"
}

has_path() { grep -qE "$2" <<<"$1" || explain "want a cgroup that matches $2, got: $1"; }

# covers: linux.cgroupsPath
@test "cgroupsPath: without it the container's id names the cgroup" {
	config 'del(.linux.cgroupsPath)'
	local id=husk-bats-${ARENA##*.}
	start "$id"
	has_path "$(cgroup_of "$(pid_of "$id")")" "/$id$"
	rt delete --force "$id"
	ok
	same '' "$(groups_at "/$id")"
}

@test "cgroupsPath: exec and what it starts end up in it" {
	in_cgroup "$CGROUP/one"
	start one
	rt exec --detach one sleep 1000 </dev/null
	ok
	same 2 "$(wc -l <"$(cgroup_dir pids one)/cgroup.procs")"
}

@test "cgroupsPath: two containers may not share one" {
	before_runc 1.2 'only warns'
	in_cgroup "$CGROUP/shared"
	start one
	args true
	rt run two
	fails
	says 'cgroup.*not empty|not empty.*cgroup|in use'
	not test -e "$STATE/two"
	same running "$(status_of one)"
	same "$(pid_of one)" "$(cat "$(cgroup_dir pids shared)/cgroup.procs")"
}

@test "cgroupsPath: a frozen one is refused" {
	local dir
	dir=$(cgroup_dir freezer frozen)
	mkdir -p "$dir"
	if have v2; then echo 1 >"$dir/cgroup.freeze"; else echo FROZEN >"$dir/freezer.state"; fi
	in_cgroup "$CGROUP/frozen"
	args true
	rt run one
	fails
	says 'frozen'
	not test -e "$STATE/one"
	leaves 'the cgroup is the one that the test made'
}

@test "cgroupsPath: it cannot lead upwards" {
	in_cgroup "$CGROUP/../../../..$CGROUP/up"
	args true
	rt run one
	if is_husk; then
		fails 1
		says 'cgroupsPath.*\.\.'
	else
		ok
	fi
	same '' "$(groups_at "$CGROUP/up")"
}

@test "cgroupsPath: a container that fails to start leaves no cgroup" {
	in_cgroup "$CGROUP/failing"
	args /no/such/program
	rt run one
	fails
	not test -e "$STATE/one"
	same '' "$(groups_at "$CGROUP/failing")"
}

@test "cgroupsPath: one that is removed by hand is not missed by delete" {
	in_cgroup "$CGROUP/gone"
	args true
	rt run --detach one </dev/null
	ok
	wait_until 30 stopped one
	cgroup_dirs | while read -r dir; do rmdir "$dir$CGROUP/gone" 2>/dev/null || :; done
	rt delete one
	ok
}

stopped() { [[ $(status_of "$1") == stopped ]]; }

@test "cgroupsPath: cgroups that the container made in its own go with it" {
	in_cgroup "$CGROUP/parent"
	start one
	mkdir -p "$(cgroup_dir pids parent)/child/grandchild"
	rt delete --force one
	ok
	same '' "$(groups_at "$CGROUP/parent")"
}

# ---- the container's view -------------------------------------------------------------------------------------------

# covers: mounts.type
@test "cgroup mount: the container sees its own cgroup as the top" {
	needs ns:cgroup
	add_mount /sys/fs/cgroup cgroup cgroup ro nosuid nodev noexec
	if have v2; then
		inside 'cat /sys/fs/cgroup/cgroup.procs'
	else
		inside 'cat /sys/fs/cgroup/pids/cgroup.procs'
	fi
	ok
	has '^1$'
}

# covers: mounts.type
@test "cgroup mount: on v1 there is a directory for each controller" {
	needs v1
	add_mount /sys/fs/cgroup cgroup cgroup ro nosuid nodev noexec
	inside 'ls /sys/fs/cgroup; grep -c " - cgroup " /proc/self/mountinfo'
	ok
	local controller
	for controller in cpu cpuset memory devices freezer blkio pids; do
		! have "controller:$controller" || has "^$(basename "$(hierarchy "$controller")")$"
	done
	same "$(grep -c ' - cgroup ' /proc/self/mountinfo)" "${lines[-1]}"
}

# covers: mounts.options
@test "cgroup mount: ro cannot be written to, rw can, and only by who is allowed" {
	local file=/sys/fs/cgroup/pids/notify_on_release
	! have v2 || file=/sys/fs/cgroup/cgroup.max.depth
	add_mount /sys/fs/cgroup cgroup cgroup ro nosuid nodev noexec
	inside "echo 1 >$file"
	fails
	has 'Read-only file system'
	config '.mounts[-1].options = ["rw", "nosuid", "nodev", "noexec"]'
	inside "echo 1 >$file && cat $file"
	ok
	equals 1
}

@test "cgroup mount: without a cgroup namespace the container sees its own cgroup only" {
	needs v1
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	add_mount /sys/fs/cgroup cgroup cgroup ro nosuid nodev noexec
	inside 'cat /sys/fs/cgroup/pids/cgroup.procs; grep "/sys/fs/cgroup/pids " /proc/self/mountinfo'
	ok
	same 1 "$(grep -c '^1$' <<<"$output")"
	mount_has /sys/fs/cgroup/pids " $CGROUP/inside-1 /sys/fs/cgroup/pids ro,"
}
