#!/usr/bin/env bats
# Vulnerabilities that runtimes have had, one test each: the attack is made, and must not succeed.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the container's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals

# all_capabilities: the container is as privileged as the runtime can make it
all_capabilities() {
	local last names
	names=$(capsh --print | sed -n 's/^Bounding set =//p' | tr '[:lower:]' '[:upper:]' | jq -Rc 'split(",")')
	config '.process.capabilities = {bounding: $c, effective: $c, permitted: $c} | .process.noNewPrivileges = false' \
		--argjson c "$names"
}

# trap_directory: $TRAP exists on the host and, under the same path, in the container; whatever lands in the first of
# them has left the root file system
trap_directory() {
	TRAP=$ARENA/trap
	mkdir "$TRAP"
	mkdir -p "$ROOTFS$TRAP"
}

trap_is_empty() { same '' "$(ls -A "$TRAP")" "something was made outside of the root file system"; }

add_mount() {
	local destination=$1 type=$2 source=$3
	shift 3
	config '.mounts += [{destination: $d, type: $t, source: $s, options: $ARGS.positional}]' \
		--arg d "$destination" --arg t "$type" --arg s "$source" --args -- "$@"
}

# contained: the container either ran or was refused, with no crash in either case
contained() { lacks 'panic|goroutine [0-9]'; }

@test "CVE-2019-5736: the runtime's binary cannot be written to through /proc/PID/exe of init" {
	needs tool:capsh
	bundle
	all_capabilities
	args sleep 1000
	cp "$RUNTIME" "$ARENA/runtime" # an own copy, lest a runtime that fails the test is spoiled
	RUNTIME=$ARENA/runtime
	before=$(sha256sum <"$RUNTIME")
	rt create target
	ok
	# A created container's init is the runtime, in the container's namespaces: it can be reached from an exec.
	rt exec target sh -c 'exec 3<>/proc/1/exe && echo spoiled >&3'
	lacks 'spoiled$'
	rt exec target sh -c 'echo spoiled >>/proc/1/exe'
	rt start target
	ok
	same "$before" "$(sha256sum <"$RUNTIME")" "the runtime's binary"
}

@test "CVE-2019-5736: nor through a program that is /proc/self/exe, in run and in exec" {
	needs tool:capsh
	bundle
	all_capabilities
	cp "$RUNTIME" "$ARENA/runtime"
	RUNTIME=$ARENA/runtime
	before=$(sha256sum <"$RUNTIME")
	printf '#!/proc/self/exe\n' >rootfs/bin/evil
	chmod +x rootfs/bin/evil
	args /proc/self/exe --version
	rt run self
	contained
	args evil
	rt run interpreter
	contained
	# While these execs are the runtime, a process of the container tries to write to whatever they are.
	args sh -c 'while :; do for p in /proc/[0-9]*; do
		[ $p = /proc/1 ] || cat /evil >>$p/exe
	done; done 2>/dev/null'
	echo spoiled >rootfs/evil
	rt create attacker
	ok
	rt start attacker
	ok
	for _ in 1 2 3 4 5; do
		rt exec attacker true
		rt exec attacker /proc/self/exe --version
		contained
		rt exec attacker evil
		contained
	done
	same "$before" "$(sha256sum <"$RUNTIME")" "the runtime's binary"
}

@test "CVE-2019-16884: a mount over /proc that is not procfs is refused" {
	bundle
	mkdir rootfs/fake
	config '.mounts |= map(select(.destination != "/proc"))'
	add_mount /proc tmpfs tmpfs
	inside 'echo ran'
	refused 'proc'
	config '.mounts[-1] = {destination: "/proc", type: "bind", source: $s, options: ["bind"]}' --arg s "$ROOTFS/fake"
	inside 'echo ran'
	refused 'proc'
}

@test "CVE-2019-16884: a mount on a file in /proc is refused" {
	before_runc 1.2 "runc 1.1 lets some through"
	bundle
	mkdir rootfs/fake
	for path in /proc/self/attr /proc/sys /proc/1 /proc/sys/kernel/core_pattern /proc/../proc/self; do
		config '.mounts |= map(select(.source != "evil"))'
		add_mount "$path" tmpfs evil
		inside 'echo ran'
		refused 'proc'
	done
}

@test "CVE-2019-19921, 2023-27561, 2023-28642: a /proc or /sys that is a symlink is refused" {
	bundle
	mkdir -p rootfs/evil
	rmdir rootfs/proc
	ln -s /evil rootfs/proc
	inside 'echo ran'
	refused 'proc'
	lacks '^ran'
	ln -sfn ../../../../../../../../proc rootfs/proc
	inside 'echo ran'
	refused 'proc'
	rm rootfs/proc
	mkdir rootfs/proc
	rmdir rootfs/sys
	ln -s /evil rootfs/sys
	inside 'echo ran'
	refused 'sys'
}

@test "CVE-2021-30465: a mount target that is exchanged for a symlink stays in the root file system" {
	needs helper:exchange
	bundle
	trap_directory
	mkdir -p "$ARENA/volume/target" rootfs/volume
	ln -s "$TRAP" "$ARENA/volume/link"
	add_mount /volume bind "$ARENA/volume" rbind
	add_mount /volume/target tmpfs marker size=64k
	spawn "$HELPERS/exchange" "$ARENA/volume/target" "$ARENA/volume/link"
	for _ in $(seq 30); do
		inside 'grep -c " marker " /proc/self/mountinfo'
		contained
		# Where it ran, its tmpfs is somewhere inside: at the directory, or where the symlink leads in here.
		[[ $status != 0 ]] || equals 1
		lacks '^0$'
	done
	trap_is_empty
}

@test "CVE-2024-45310: no file or directory is made on the host for a mount target that is a symlink" {
	bundle
	trap_directory
	echo data >"$ARENA/source"
	ln -s "$TRAP" rootfs/absolute
	ln -s "../../../../../../../../../../$TRAP" rootfs/relative
	add_mount /absolute/file bind "$ARENA/source" bind
	add_mount /relative/other bind "$ARENA/source" bind
	add_mount /absolute/dir tmpfs tmpfs
	inside "cat $TRAP/file $TRAP/other; stat -fc %T $TRAP/dir"
	ok
	equals $'data\ndata\ntmpfs'
	trap_is_empty
}

@test "CVE-2024-45310: nor when its directory is exchanged for a symlink" {
	needs helper:exchange
	bundle
	trap_directory
	mkdir -p "$ARENA/volume/target" rootfs/volume
	ln -s "$TRAP" "$ARENA/volume/link"
	echo data >"$ARENA/source"
	add_mount /volume bind "$ARENA/volume" rbind
	add_mount /volume/target/made/for/file bind "$ARENA/source" bind
	add_mount /volume/target/dir tmpfs tmpfs
	spawn "$HELPERS/exchange" "$ARENA/volume/target" "$ARENA/volume/link"
	for _ in $(seq 20); do
		inside 'true'
		contained
		rm -rf "${ARENA:?}/volume/"{target,link}/{made,dir} "${ROOTFS:?}$TRAP/"* 2>/dev/null || :
	done
	trap_is_empty
}

@test "CVE-2021-43784: a list of mappings that overflows a netlink message is not cut short" {
	bundle
	# 65536 bytes of map, and then one entry that would be read from the front again.
	config '.linux.namespaces += [{type: "user"}] | .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.uidMappings = [range(5000) | {containerID: (1000000 + .), hostID: (2000000 + .), size: 1}]'
	inside 'cat /proc/self/uid_map'
	refused '(map|uid)'
}

@test "CVE-2022-29162: exec --cap and process.json leave the inheritable set as config.json has it: empty" {
	bundle
	sleeper inheritable
	rt exec --cap CAP_CHOWN --cap CAP_KILL inheritable grep CapInh /proc/self/status
	ok
	equals $'CapInh:\t0000000000000000'
	rt exec --cap CAP_CHOWN --user 1000 inheritable grep -E 'CapInh|CapEff|CapAmb' /proc/self/status
	ok
	equals $'CapInh:\t0000000000000000\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000'
}

@test "CVE-2024-21626: a cwd that goes through a descriptor of the runtime is refused" {
	bundle
	echo host >"$ARENA/outside"
	args cat ../../../../../../../../../../../../../../../../"$ARENA/outside"
	for fd in 3 4 5 6 7 8 9 10 11 12; do
		config '.process.cwd = "/proc/self/fd/\($fd)"' --argjson fd $fd
		rt run cwd$fd
		fails 1
		one_clear_line
		nothing_left
		lacks '^host'
	done
}

@test "CVE-2024-21626: exec refuses such a cwd too" {
	bundle
	echo host >"$ARENA/outside"
	sleeper cwd
	for fd in 3 4 5 6 7 8 9 10; do
		rt exec --cwd /proc/self/fd/$fd cwd cat ../../../../../../../../../../../../../../../../"$ARENA/outside"
		fails 255
		one_clear_line
		lacks '^host'
	done
	ln -s /proc/self/fd/7 rootfs/link
	rt exec --cwd /link cwd cat ../../../../../../../../../../../../../../../../"$ARENA/outside"
	fails 255
	lacks '^host'
}

@test "descriptors: init and exec pass none of the runtime's on, and a created init holds no directory of the host" {
	bundle
	inside 'ls /proc/self/fd'
	ok
	equals $'0\n1\n2\n3' # 3 is the directory that ls reads
	sleeper descriptors
	rt exec descriptors ls /proc/self/fd
	ok
	equals $'0\n1\n2\n3'
	before_runc 1.2 "runc 1.1 keeps its state directory open"
	args true
	config '.linux.cgroupsPath += "2"'
	rt create waiting
	ok
	for fd in "/proc/$(pid_of waiting)/fd/"*; do
		[[ ! -d $fd ]] || same proc "$(stat -Lfc %T "$fd")" "the file system of directory $(readlink "$fd")"
	done
}

@test "CVE-2025-31133: a /dev/null that is something else is not used to mask, nor opened" {
	before_runc 1.2.8 "runc 1.1 has the vulnerability"
	bundle
	mkdir "$ARENA/dev"
	echo precious >"$ARENA/dev/precious"
	ln -s precious "$ARENA/dev/null"
	echo secret >rootfs/secret
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .linux.maskedPaths = ["/secret"]'
	add_mount /dev bind "$ARENA/dev" rbind
	inside 'cat /secret; echo overwritten >/secret'
	refused '/dev/null'
	lacks 'precious|secret$'
	same precious "$(<"$ARENA/dev/precious")"
}

@test "CVE-2025-52565: a /dev/console or /dev/pts/ptmx that is a symlink is not followed" {
	before_runc 1.2.8 "runc 1.1 has the vulnerability"
	needs helper:sockets
	bundle
	mkdir "$ARENA/dev" "$ARENA/dev/pts"
	mknod -m 666 "$ARENA/dev/null" c 1 3
	echo precious >rootfs/precious
	ln -s /precious "$ARENA/dev/console"
	config '.mounts |= map(select(.destination | startswith("/dev/") or . == "/dev" | not)) | .process.terminal = true'
	add_mount /dev bind "$ARENA/dev" rbind
	add_mount /dev/pts devpts devpts newinstance ptmxmode=0666
	args sh -c 'grep precious /proc/self/mountinfo'
	spawn "$HELPERS/sockets" terminal "$ARENA/console"
	wait_until 30 test -S "$ARENA/console"
	rt create --console-socket "$ARENA/console" console
	refused 'console'

	config 'del(.mounts[-1])'
	ln -s /dev/null "$ARENA/dev/pts/ptmx"
	spawn "$HELPERS/sockets" terminal "$ARENA/console2"
	wait_until 30 test -S "$ARENA/console2"
	rt create --console-socket "$ARENA/console2" ptmx
	refused 'ptmx'
}

@test "CVE-2025-52881: what the runtime writes to /proc reaches the kernel, not a mount over it" {
	before_runc 1.2.8 "runc 1.1 has the vulnerability"
	bundle
	mkdir "$ARENA/fake"
	touch "$ARENA/fake/sysctl"
	config '.linux.sysctl = {"kernel.shm_rmid_forced": "1"} | .hooks.createContainer =
		[{path: "/bin/mount", args: ["mount", "--bind", $from, $to]}]' \
		--arg from "$ARENA/fake/sysctl" --arg to "$ROOTFS/proc/sys/kernel/shm_rmid_forced"
	inside 'cat /proc/sys/kernel/shm_rmid_forced'
	contained
	same '' "$(<"$ARENA/fake/sysctl")" "what went to the file in place of the kernel"
}

@test "CVE-2026-41579, 2026-47766: an image whose /dev is a symlink gets its devices inside, or is refused" {
	before_runc 1.2.8 "runc 1.1 has the vulnerability"
	bundle
	trap_directory
	rmdir rootfs/dev
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	for target in "$TRAP" "../../../../../../../../../../$TRAP" /no/such/directory; do
		ln -sfn "$target" rootfs/dev
		inside "echo ran"
		contained
		trap_is_empty
	done
	ln -sfn "$TRAP" rootfs/dev
	add_mount /dev tmpfs tmpfs
	add_mount /dev/pts devpts devpts newinstance
	add_mount /dev/shm tmpfs shm
	inside "echo ran"
	contained
	trap_is_empty
}

@test "an image without /dev, and a configuration that mounts none, get the devices all the same" {
	bundle
	rmdir rootfs/dev
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	inside 'echo to nowhere >/dev/null && test -c /dev/zero && echo works'
	ok
	equals works
}

@test "CVE-2025-24965: nothing is written through a symlink in the image that leads out of it" {
	bundle
	trap_directory
	rm -r rootfs/etc
	ln -s "../../../../../../../../../../$TRAP" rootfs/etc
	echo data >"$ARENA/source"
	add_mount /etc/hosts bind "$ARENA/source" bind
	config '.process.cwd = "/etc/made"'
	inside 'pwd'
	ok
	trap_is_empty
}

@test "CVE-2026-30892: exec --user 1 is user 1, without capabilities" {
	bundle
	sleeper user
	for user in 1 1:1 01; do
		rt exec --user $user user sh -c 'id -u; grep CapEff /proc/self/status'
		if [[ $user == 01 && $status != 0 ]]; then continue; fi
		ok
		equals $'1\nCapEff:\t0000000000000000'
	done
	for user in ' 1' 1x -1; do
		rt exec --user "$user" user id -u
		fails
	done
}

@test "CVE-2026-30892: nor is a number that does not fit taken for root" {
	only husk "runc 1.5 takes 2^32 for 0"
	bundle
	sleeper user
	for user in 4294967295 4294967296 18446744073709551616 1:4294967296; do
		rt exec --user $user user id
		fails
		one_clear_line
	done
}
