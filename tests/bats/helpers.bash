# shellcheck shell=bash
# shellcheck disable=SC2034 # status, output, stderr and lines are read by the tests
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the container's shell
#
# The vocabulary of the behaviour tests. A test file starts with `load helpers`; every test then owns an arena: a temporary
# directory, a state root and a cgroup parent. When the test ends, its containers are deleted by the runtime under test,
# and whatever that leaves behind (state, cgroup, mount) fails the test.
#
#   Variables   RUNTIME   the runtime's path (given as a path or a name; default bin/husk); RUNTIME_FLAGS: global flags
#               ARENA     the test's directory       STATE   its state root        CGROUP  its cgroup parent, /husk-bats-…
#               BUNDLE    the current bundle         ROOTFS  its root filesystem
#   Bundles     bundle [DIR]          make a bundle (busybox, small config.json) and cd into it
#               config FILTER [ARG…]  edit config.json with jq, e.g. config '.process.cwd = $d' --arg d /tmp
#               args ARG…             set process.args
#   Running     rt ARG…               run the runtime; leaves status, output (stdout and stderr), lines, output_file
#               rt_out ARG…           the same with stderr kept apart: output, stderr
#               run_as ID [ARG…]      rt run ARG… ID, in a cgroup named after ID
#               inside SCRIPT         run `sh -c SCRIPT` in a fresh container, in the foreground; leaves status, output
#               sleeper ID [ARG…]     create (with ARG…) and start a container that sleeps
#               rt_spawn ARG…         run the runtime in the background; rt_wait then leaves status and output
#               pid_of ID, status_of ID; in_state ID STATUS is true or false
#   Assertions  ok · fails [CODE] · has REGEX · lacks REGEX · equals TEXT  (about status and output)
#               err_has REGEX         about stderr after rt_out
#               same WANT GOT [WHAT]  two strings     json FILTER [ARG…]  jq -e on output     is CMD…, not CMD…
#               no_trace_of ID        neither state nor cgroup of ID is left
#               wait_until SECONDS CMD…   retry until CMD succeeds, bounded
#   Conditions  is_husk · is_runc · is_crun
#               only KIND… REASON     skip unless the runtime is one of KIND…, e.g. only husk "runc has no --regex"
#               skip_on KIND REASON   skip if it is of KIND
#               before_runc VERSION REASON   skip if it is a runc before VERSION; older_runc VERSION is true or false
#               needs WHAT…           skip unless the machine has it: v1 · v2 · controller:memory · tool:socat · file:PATH ·
#                                     cap:sys_resource · ns:time · fs:overlay · kernel:6.3 · helper:NAME
#   Background  spawn CMD…            run CMD in the background until the end of the test at most; its pid is in spawned
#               needs helper:NAME     build tests/helpers/NAME; it is run as "$HELPERS/NAME"
#   The host    cgroup_dir CONTROLLER [ID]    the directory of ID's cgroup (v1: in the controller's hierarchy)
#               host_mount ARG…       mount(8), undone at the end of the test; the target is the last argument
#               at_end CMD…           run CMD at the end of the test, last registered first
#               leaves REASON         this test leaves something on purpose: clean up without failing
#
# A file with a setup or teardown of its own calls arena_open and arena_close in them.

REPO=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
SHARED=${SHARED:-$BATS_RUN_TMPDIR} # what is made once and used by all files
HELPERS=${HELPER_BIN:-$SHARED}
RUNTIME=${RUNTIME:-$REPO/bin/husk}
type -P "$RUNTIME" >/dev/null || {
	echo "there is no runtime $RUNTIME" >&2
	exit 2
}
RUNTIME=$(realpath -s "$(type -P "$RUNTIME")")
read -ra RUNTIME_ARGS <<<"${RUNTIME_FLAGS:-}"
RT_DEADLINE=${RT_DEADLINE:-120} # seconds: far beyond what any call takes, so that a hang fails one test, not the run

setup() { arena_open; }
teardown() { arena_close; }

# ---- the arena ------------------------------------------------------------------------------------------------------

arena_open() {
	ARENA=$(mktemp -d "${BATS_RUN_TMPDIR:-/tmp}/arena.XXXXXX")
	chmod 755 "$ARENA"
	STATE=$ARENA/state
	CGROUP=/husk-bats-$$-${ARENA##*.}
	AT_END=()
	LEAVES=
	rt_calls=0
	inside_calls=0
}

# arena_close reaches its end whatever fails on the way, and reports every leftover in one go.
arena_close() {
	local i left
	cd /
	for ((i = ${#AT_END[@]} - 1; i >= 0; i--)); do eval "${AT_END[i]}" || :; done
	delete_containers
	left=$(leftovers)
	[[ -z $left ]] || kill_leftovers
	remove_cgroups
	unmount_leftovers
	rm -rf --one-file-system "$ARENA"
	[[ -z $left || -n $LEAVES ]] || {
		printf '%s left behind:\n%s\n' "${RUNTIME##*/}" "$left"
		return 1
	}
}

delete_containers() {
	local id
	for id in $(container_ids); do
		timeout -k 5 "$RT_DEADLINE" "$RUNTIME" "${RUNTIME_ARGS[@]}" --root "$STATE" delete --force "$id" </dev/null 3>&- ||
			echo "delete --force $id: exit $?"
	done
}

# container_ids prints the directories in the state root, but for hidden ones.
container_ids() {
	local dir
	for dir in "$STATE"/*/; do
		[[ ! -d $dir ]] || basename "$dir"
	done
}

leftovers() {
	local trees
	container_ids | sed 's/^/state directory /'
	mapfile -t trees < <(cgroup_trees)
	((${#trees[@]} == 0)) || find "${trees[@]}" -mindepth 1 -depth -type d -printf 'cgroup %p\n' 2>/dev/null
	arena_mounts | sed 's/^/mount /'
}

arena_mounts() { awk -v arena="$ARENA/" 'index($5, arena) == 1 { print $5 }' /proc/self/mountinfo | tac; }

# cgroup_dirs prints the mount points of all cgroup hierarchies, cgroup_trees where the arena's parent is in them.
cgroup_dirs() { awk '/ - cgroup2? / { print $5 }' /proc/self/mountinfo; }

cgroup_trees() {
	local dir
	cgroup_dirs | while read -r dir; do [[ ! -d $dir$CGROUP ]] || echo "$dir$CGROUP"; done
}

kill_leftovers() {
	local tree pid
	for tree in $(cgroup_trees); do
		find "$tree" -name freezer.state -exec sh -c 'echo THAWED >"$1"' _ {} \; 2>/dev/null
		find "$tree" -name cgroup.freeze -exec sh -c 'echo 0 >"$1"' _ {} \; 2>/dev/null
		find "$tree" -name cgroup.procs -exec cat {} + 2>/dev/null | while read -r pid; do kill -KILL "$pid" 2>/dev/null; done
	done
	return 0
}

remove_cgroups() {
	[[ -z $(cgroup_trees) ]] || wait_until 10 remove_cgroup_trees || :
}

remove_cgroup_trees() {
	local trees
	mapfile -t trees < <(cgroup_trees)
	find "${trees[@]}" -depth -type d -delete 2>/dev/null
	[[ -z $(cgroup_trees) ]]
}

unmount_leftovers() {
	local target
	arena_mounts | while read -r target; do umount -l "$(printf %b "$target")" || :; done
}

at_end() { AT_END+=("$(printf '%q ' "$@")"); }

leaves() { LEAVES=$1; }

spawn() {
	"$@" 3>&- &
	spawned=$!
	at_end end_job "$spawned"
}

# end_job kills a job of this shell. One that was waited for is no job any more, and its pid may be somebody else's.
end_job() {
	! jobs -p | grep -qx "$1" || {
		kill -KILL "$1"
		wait "$1"
	} 2>/dev/null
}

build_helper() {
	local bin=$HELPERS/$1
	[[ -x $bin ]] || (cd "$REPO" && CGO_ENABLED=0 go build -o "$bin.$$" "./tests/helpers/$1" && mv "$bin.$$" "$bin")
}

host_mount() {
	mount "$@"
	at_end umount -l "$(realpath "${@: -1}")"
}

# ---- bundles --------------------------------------------------------------------------------------------------------

APPLETS='sh ash [ arch awk base64 basename cat chgrp chmod chown chroot chrt clear cmp cp cut date dd df diff dirname dmesg
	du echo egrep env expand expr factor fallocate false fgrep find flock fold free fsync getopt grep groups gunzip gzip
	head hexdump hostid hostname httpd id ifconfig install ionice ip ipcalc kill killall less ln logger logname ls lsattr
	md5sum mkdir mkfifo mknod mktemp more mount mountpoint mv nc nice nl nohup nproc nsenter od paste pgrep pidof ping
	pivot_root pkill printenv printf ps pwd readlink realpath renice reset resize rev rm rmdir route sed seq setpriv setsid
	sha256sum shred shuf sleep sort split stat strings stty su sync sysctl tac tail tar taskset tee test time timeout top
	touch tr traceroute true truncate tty ttysize umount uname uniq unlink unshare uptime usleep vi watch wc wget which
	who whoami xargs yes zcat'

# rootfs_template makes the root filesystem once a run and prints its path. Parallel callers race to the rename; one wins.
rootfs_template() {
	local template=$SHARED/rootfs new applet
	if [[ ! -d $template ]]; then
		new=$(mktemp -d "$template.XXXXXX")
		chmod 755 "$new"
		(
			cd "$new" || exit
			mkdir -p bin dev etc home proc root run sys tmp usr var
			chmod 1777 tmp
			ln -s bin sbin
			ln -s ../bin usr/bin
			cp "$(command -v busybox)" bin/busybox
			for applet in $APPLETS; do ln -s busybox "bin/$applet"; done
			printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'user:x:1000:1000:user:/home:/bin/sh' >etc/passwd
			printf '%s\n' 'root:x:0:' 'user:x:1000:' 'extra:x:2000:user' >etc/group
		)
		mv -T "$new" "$template" 2>/dev/null || rm -rf "$new"
	fi
	echo "$template"
}

bundle() {
	BUNDLE=${1:-$ARENA/bundle}
	ROOTFS=$BUNDLE/rootfs
	mkdir -p "$BUNDLE"
	BUNDLE=$(cd "$BUNDLE" && pwd -P) # /proc/self/mountinfo knows only resolved paths
	ROOTFS=$BUNDLE/rootfs
	cp -a "$(rootfs_template)" "$ROOTFS" # never hard links: a container that writes would write for all
	default_config "$CGROUP/${BUNDLE##*/}" >"$BUNDLE/config.json"
	cd "$BUNDLE" || return
}

# default_config prints a configuration that runc, crun 1.8 (hence ociVersion 1.0.2) and husk accept.
default_config() {
	local cgroupns=
	[[ ! -e /proc/self/ns/cgroup ]] || cgroupns=', {"type": "cgroup"}'
	cat <<-JSON
		{
		  "ociVersion": "1.0.2",
		  "root": {"path": "rootfs"},
		  "hostname": "arena",
		  "process": {
		    "cwd": "/",
		    "args": ["sh"],
		    "env": ["PATH=/bin", "TERM=xterm", "HOME=/root"],
		    "user": {"uid": 0, "gid": 0},
		    "capabilities": {
		      "bounding": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
		      "effective": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
		      "permitted": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
		    },
		    "noNewPrivileges": true
		  },
		  "mounts": [
		    {"destination": "/proc", "type": "proc", "source": "proc"},
		    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
		      "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
		    {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
		      "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
		    {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
		      "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
		    {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
		      "options": ["nosuid", "noexec", "nodev"]},
		    {"destination": "/sys", "type": "sysfs", "source": "sysfs",
		      "options": ["nosuid", "noexec", "nodev", "ro"]}
		  ],
		  "linux": {
		    "cgroupsPath": "$1",
		    "resources": {"devices": [{"allow": false, "access": "rwm"}]},
		    "namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}$cgroupns]
		  }
		}
	JSON
}

config() {
	local filter=$1 new
	shift
	new=$(jq "$filter" "$BUNDLE/config.json" "$@") || return
	printf '%s\n' "$new" >"$BUNDLE/config.json"
}

args() { config '.process.args = $ARGS.positional' --args -- "$@"; }

# ---- running --------------------------------------------------------------------------------------------------------

# The output goes to a file, not to a pipe: a detached container keeps it open, and a pipe's reader would wait for it.
# Descriptor 3 is bats's own, which waits for its end too.
rt() {
	output_file=$ARENA/output.$((++rt_calls))
	invoke "$@" >"$output_file" 2>&1
	stderr=
	collect
}

rt_out() {
	output_file=$ARENA/output.$((++rt_calls))
	invoke "$@" >"$output_file" 2>"$output_file.err"
	stderr=$(tr -d '\0' <"$output_file.err")
	collect
}

invoke() {
	status=0
	timeout --foreground -k 5 "$RT_DEADLINE" "$RUNTIME" "${RUNTIME_ARGS[@]}" --root "$STATE" "$@" 3>&- || status=$?
	invocation="${RUNTIME##*/} $*"
}

collect() {
	output=$(tr -d '\0' <"$output_file")
	mapfile -t lines <<<"$output"
}

run_as() {
	local id=$1
	shift
	config '.linux.cgroupsPath = $path' --arg path "$CGROUP/$id"
	rt run "$@" "$id"
}

inside() {
	local id=inside-$((++inside_calls))
	config '.process.args = ["sh", "-c", $script] | .linux.cgroupsPath = $path' --arg script "$1" --arg path "$CGROUP/$id"
	rt run "$id"
}

sleeper() {
	local id=$1
	shift
	config '.process.args = ["sleep", "1000"] | .linux.cgroupsPath = $path' --arg path "$CGROUP/$id"
	rt create "$@" "$id"
	ok
	rt start "$id"
	ok
}

# There is no timeout(1) in between, so that a signal to $spawned reaches the runtime itself.
rt_spawn() {
	output_file=$ARENA/output.$((++rt_calls))
	invocation="${RUNTIME##*/} $*"
	spawn "$RUNTIME" "${RUNTIME_ARGS[@]}" --root "$STATE" "$@" >"$output_file" 2>&1
}

rt_wait() {
	wait_until "$RT_DEADLINE" ended "$spawned" || {
		cat "$output_file"
		return 1
	}
	status=0
	wait "$spawned" || status=$?
	collect
}

# ended is true for a process that is gone or a zombie.
ended() { ! grep -qs '^State:[[:space:]][^ZX]' "/proc/$1/status"; }

in_state() { [[ $(status_of "$1") == "$2" ]]; }

pid_of() { quietly state "$1" | jq .pid; }
status_of() { quietly state "$1" | jq -r .status; }

quietly() { "$RUNTIME" "${RUNTIME_ARGS[@]}" --root "$STATE" "$@" 2>/dev/null 3>&-; }

# ---- assertions -----------------------------------------------------------------------------------------------------

explain() {
	printf '%s\n' "$@"
	printf 'command: %s\nstatus:  %s\noutput:\n%s\n' "${invocation:-}" "${status:-}" "$(indent "${output:-}")"
	[[ -z ${stderr:-} ]] || printf 'stderr:\n%s\n' "$(indent "$stderr")"
	return 1
}

# indent shows at most the first and last 30 lines.
indent() {
	awk 'NR <= 30 { print "  " $0; next } { last[NR % 30] = $0 }
		END { if (NR > 60) print "  …"; for (i = (NR > 60 ? NR - 29 : 31); i <= NR; i++) print "  " last[i % 30] }' <<<"$1"
}

ok() { [[ $status == 0 ]] || explain "want success, got exit code $status"; }

fails() {
	if [[ $# == 0 ]]; then
		[[ $status != 0 && $status != 124 && $status != 137 ]] || explain "want a failure, got exit code $status"
	else
		[[ $status == "$1" ]] || explain "want exit code $1, got $status"
	fi
}

has() { grep -qE -e "$1" <<<"$output" || explain "want output that matches: $1"; }
lacks() { ! grep -qE -e "$1" <<<"$output" || explain "want no output that matches: $1"; }
equals() { [[ $output == "$1" ]] || explain "want output: $1"; }
err_has() { grep -qE -e "$1" <<<"$stderr" || explain "want stderr that matches: $1"; }

same() { [[ $1 == "$2" ]] || explain "${3:-values differ}" "want: $1" "got:  $2"; }

json() {
	local filter=$1
	shift
	jq -e "$@" "$filter" <<<"$output" >/dev/null || explain "want JSON for which this is true: $filter"
}

is() { "$@" || explain "want true: $*"; }
not() { ! "$@" || explain "want false: $*"; }

no_trace_of() {
	local dir
	not test -e "$STATE/$1"
	for dir in $(cgroup_dirs); do not test -e "$dir$CGROUP/$1"; done
}

wait_until() {
	local seconds=$1 deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < deadline)) || {
			explain "want true within $seconds seconds: $*"
			return 1
		}
		sleep 0.02
	done
}

# ---- conditions -----------------------------------------------------------------------------------------------------

# Exported, so that it is asked for once a file and not once a test.
export RUNTIME_KIND=${RUNTIME_KIND:-$("$RUNTIME" --version 2>/dev/null | sed -n '1s/ .*//p')}

is_husk() { [[ $RUNTIME_KIND == husk ]]; }
is_runc() { [[ $RUNTIME_KIND == runc ]]; }
is_crun() { [[ $RUNTIME_KIND == crun ]]; }

only() {
	local reason=${*: -1} kinds=" ${*:1:$#-1} "
	[[ $kinds == *" $RUNTIME_KIND "* ]] || skip "$reason"
}

skip_on() { [[ $RUNTIME_KIND != "$1" ]] || skip "$2"; }

older_runc() {
	is_runc && ! printf '%s\n' "$1" "$("$RUNTIME" --version | sed -n '1s/^runc version \([0-9.]*\).*/\1/p')" | sort -VC
}

before_runc() { ! older_runc "$1" || skip "runc before $1 $2"; }

needs() {
	local what
	for what in "$@"; do
		have "$what" || skip "needs $what"
		[[ $what != helper:* ]] || build_helper "${what#*:}"
	done
}

have() {
	local name=${1#*:}
	case $1 in
	v2) [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]] ;;
	v1) ! have v2 ;;
	controller:*) have_controller "$name" ;;
	helper:*) [[ -x $HELPERS/$name ]] || have tool:go ;;
	tool:*) [[ -x $(command -v "$name") ]] ;;
	file:*) [[ -e $name ]] ;;
	cap:*) capsh --has-p="cap_$name" >/dev/null 2>&1 ;;
	ns:*) [[ -e /proc/self/ns/$name ]] ;;
	fs:*) grep -qw "$name" /proc/filesystems ;;
	kernel:*) printf '%s\n' "$name" "$(uname -r)" | sort -VC ;;
	*)
		echo "needs: what is $1?"
		return 1
		;;
	esac
}

have_controller() {
	if have v2; then
		[[ $1 == devices || $1 == freezer ]] || grep -qw "$1" /sys/fs/cgroup/cgroup.controllers
	else
		[[ -n $(hierarchy "$1") ]]
	fi
}

# hierarchy prints the mount point of a v1 controller, or of a named hierarchy: hierarchy name=systemd.
hierarchy() {
	awk -v want="$1" '/ - cgroup / { n = split($NF, opt, ","); for (i = 1; i <= n; i++) if (opt[i] == want) { print $5; exit } }' \
		/proc/self/mountinfo
}

cgroup_dir() {
	local top=/sys/fs/cgroup
	have v2 || top=$(hierarchy "$1")
	echo "$top$CGROUP${2:+/$2}"
}
