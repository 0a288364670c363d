#!/usr/bin/env bats
load helpers

@test "exec: runs a program in the container and ends with its status" {
	bundle
	sleeper web
	rt exec web echo hello
	ok
	equals hello
	local code
	for code in 1 7 255; do
		rt exec web sh -c "exit $code"
		fails "$code"
	done
	rt exec web sh -c 'kill -KILL $$'
	fails 137
	rt exec web sh -c 'kill -TERM $$'
	fails 143
}

@test "exec: is in every namespace of the container" {
	bundle
	sleeper web
	rt exec web sh -c 'cd /proc/self/ns; for n in cgroup ipc mnt net pid uts user; do readlink $n; done'
	ok
	local inside=$output
	cd "/proc/$(pid_of web)/ns"
	same "$inside" "$(for n in cgroup ipc mnt net pid uts user; do readlink $n; done)"
}

@test "exec: is in the cgroup of the container" {
	bundle
	sleeper web
	rt exec -d web sleep 1001
	ok
	local file
	for file in $(cgroup_dirs); do
		file=$file$CGROUP/web/cgroup.procs
		[[ ! -e $file ]] || same 2 "$(wc -l <"$file")" "$file"
	done
}

@test "exec: sees the root file system and the host name of the container" {
	bundle
	sleeper web
	echo inside >"$ROOTFS/file"
	rt exec web sh -c 'cat /file; hostname'
	ok
	equals $'inside\narena'
}

@test "exec: what stands after the program belongs to it" {
	bundle
	sleeper web
	rt exec web echo --user -d --help -e
	ok
	equals '--user -d --help -e'
	rt exec web sh -c 'echo "$@"' name --force --all -- x
	ok
	equals '--force --all -- x'
}

@test "exec: arguments arrive as they are, commas, blanks and empty ones too" {
	bundle
	sleeper web
	rt exec web printf '[%s]' 'a b' '' 'c,d' '$HOME' 'ü'
	ok
	equals '[a b][][c,d][$HOME][ü]'
}

@test "exec: standard output, error and input" {
	bundle
	sleeper web
	rt_out exec web sh -c 'cat; echo err >&2' <<<in
	ok
	equals in
	same err "$stderr"
}

@test "exec: megabytes pass through both ways unharmed" {
	bundle
	sleeper web
	head -c 3000000 /dev/urandom >"$ARENA/data"
	rt_out exec web cat <"$ARENA/data"
	ok
	is cmp "$ARENA/data" "$output_file"
}

@test "exec: the environment is the container's" {
	bundle
	config '.process.env += ["FROM_CONFIG=1"]'
	sleeper web
	FROM_HOST=1 rt exec web env
	ok
	has '^FROM_CONFIG=1$'
	has '^PATH=/bin$'
	lacks FROM_HOST
}

@test "exec: --env adds to it and wins" {
	bundle
	config '.process.env += ["A=config"]'
	sleeper web
	rt exec --env A=flag --env 'B=with, comma' --env C= web env
	ok
	has '^A=flag$'
	lacks '^A=config$'
	has '^B=with, comma$'
	has '^C=$'
	rt exec -e A=short web env
	ok
	has '^A=short$'
}

@test "exec: --cwd" {
	bundle
	sleeper web
	rt exec web pwd
	ok
	equals /
	rt exec --cwd /tmp web pwd
	ok
	equals /tmp
}

@test "exec: a --cwd that is relative or not there is refused" {
	bundle
	sleeper web
	rt exec --cwd tmp web pwd
	fails
	rt exec --cwd /not/there web pwd
	fails
	has 'not/there|no such file'
	same running "$(status_of web)"
}

@test "exec: --user takes a uid, or a uid and a gid" {
	bundle
	config '.process.user = {uid: 5, gid: 6, additionalGids: [7]}'
	sleeper web
	rt exec web id
	ok
	has 'uid=5 gid=6 groups=.*7'
	rt exec --user 1000 web sh -c 'id -u; id -g'
	ok
	equals $'1000\n6'
	rt exec -u 1000:1001 web sh -c 'id -u; id -g'
	ok
	equals $'1000\n1001'
}

@test "exec: a --user that is no number is refused" {
	bundle
	sleeper web
	local user
	for user in nobody 1000:staff 12x; do
		rt exec --user "$user" web id
		fails
		lacks 'uid='
	done
}

@test "exec: --user of somebody other than root has no capability left" {
	bundle
	sleeper web
	rt exec --user 1000 web grep -E 'Cap(Eff|Prm|Amb)' /proc/self/status
	ok
	has 'CapEff:[[:space:]]0+$'
	has 'CapPrm:[[:space:]]0+$'
	has 'CapAmb:[[:space:]]0+$'
}

@test "exec: --additional-gids" {
	skip_on crun "crun has none"
	bundle
	sleeper web
	rt exec --additional-gids 100 --additional-gids 65534 web id -G
	ok
	equals '0 100 65534'
	rt exec -g 100 web id -G
	ok
	has '^0 100( 100)?$' # runc reads the short form twice
}

@test "exec: --cap adds a capability, and never an inheritable one" {
	bundle
	sleeper web
	rt exec web grep Cap /proc/self/status
	ok
	local before=$output
	rt exec --cap CAP_SYS_PTRACE web grep Cap /proc/self/status
	ok
	same 1 "$(has_bit 19 CapEff)"
	same 1 "$(has_bit 19 CapBnd)"
	has 'CapInh:[[:space:]]0+$'
	output=$before
	same 0 "$(has_bit 19 CapEff)"
}

# has_bit N SET prints bit N of a capability set in output.
has_bit() {
	local hex
	hex=$(sed -n "s/^$2:[[:space:]]*//p" <<<"$output")
	echo $((16#$hex >> $1 & 1))
}

@test "exec: --no-new-privs" {
	bundle
	config '.process.noNewPrivileges = false'
	sleeper web
	rt exec web grep NoNewPrivs /proc/self/status
	ok
	has '0$'
	rt exec --no-new-privs web grep NoNewPrivs /proc/self/status
	ok
	has '1$'
}

@test "exec: --process takes everything from a file" {
	bundle
	sleeper web
	jq '.process | .args = ["sh", "-c", "id -u; pwd; echo $X"] | .cwd = "/tmp" | .env = ["PATH=/bin", "X=y"] | .user.uid = 1000' \
		config.json >"$ARENA/process.json"
	rt exec --process "$ARENA/process.json" web
	ok
	equals $'1000\n/tmp\ny'
	cd "$ARENA"
	rt exec -p process.json web
	ok
	equals $'1000\n/tmp\ny'
}

@test "exec: a --process file that is missing or broken is refused" {
	bundle
	sleeper web
	rt exec --process "$ARENA/none.json" web
	fails
	has 'none\.json'
	local content
	for content in '' '{' '[]' '{"args": []}' '{"args": ["true"]}' '{"args": ["true"], "cwd": "relative"}' '{"args": "true", "cwd": "/"}'; do
		printf %s "$content" >"$ARENA/process.json"
		rt exec --process "$ARENA/process.json" web
		fails
		lacks 'panic|goroutine'
	done
}

@test "exec: --detach returns at once and leaves our output to the program" {
	bundle
	sleeper web
	mkfifo "$ROOTFS/go"
	rt exec --detach web sh -c 'read line </go; echo "$line"; touch /done'
	ok
	echo later >"$ROOTFS/go"
	wait_until 60 test -e "$ROOTFS/done"
	same later "$(cat "$output_file")"
}

@test "exec: works in a container that is created but not started" {
	skip_on crun "crun refuses it"
	bundle
	args touch /ran
	rt create web
	ok
	rt exec web echo early
	ok
	equals early
	not test -e "$ROOTFS/ran"
	same created "$(status_of web)"
}

@test "exec: a stopped container is refused" {
	bundle
	args true
	run_as web -d
	ok
	wait_until 60 in_state web stopped
	rt exec web true
	fails
	skip_on crun "crun's words differ"
	fails 255
	has 'stopped'
}

@test "exec: an unknown container is refused" {
	rt exec nobody true
	fails
	has 'does not exist'
	skip_on crun "crun's code differs"
	fails 255
}

@test "exec: a program that is not there is refused" {
	bundle
	sleeper web
	rt exec web no-such-program
	fails
	has 'no-such-program'
	skip_on crun "crun's code differs"
	fails 255
}

@test "exec: a program that is not executable is refused" {
	bundle
	touch "$ROOTFS/plain"
	sleeper web
	rt exec web /plain
	fails
	has '[Pp]ermission denied'
	skip_on crun "crun's code differs"
	fails 255
}

@test "exec: without a program it is an error" {
	bundle
	sleeper web
	rt exec web
	fails
	rt exec
	fails 1
	has 'requires a minimum of 1 argument'
}

@test "exec: a paused container is refused" {
	bundle
	sleeper web
	rt pause web
	ok
	rt exec web true
	fails
	has 'paused'
}

@test "exec: --ignore-paused waits with the program until the container resumes" {
	skip_on crun "crun has none"
	bundle
	sleeper web
	rt pause web
	ok
	rt_spawn exec --ignore-paused web touch /ran
	wait_until 60 several_in web
	not test -e "$ROOTFS/ran"
	rt resume web
	ok
	rt_wait
	ok
	is test -e "$ROOTFS/ran"
}

several_in() { (($(wc -l <"$(cgroup_dir freezer "$1")/cgroup.procs") > 1)); }

@test "exec: leaves nothing behind, neither process nor file" {
	bundle
	sleeper web
	rt exec web true
	ok
	local before
	before=$(find "$STATE" | sort)
	rt exec web true
	ok
	rt exec web no-such-program
	fails
	same "$before" "$(find "$STATE" | sort)"
	same "$(pid_of web)" "$(cat "$(cgroup_dir freezer web)/cgroup.procs")"
}

@test "exec: signals are forwarded to the program" {
	bundle
	sleeper web
	rt_spawn exec web sh -c 'trap "echo USR1" USR1; trap "echo TERM; exit 5" TERM; echo ready
		while :; do sleep 1000 >/dev/null 2>&1 & wait $!; done'
	wait_until 60 grep -q ready "$output_file"
	kill -USR1 "$spawned"
	wait_until 60 grep -q USR1 "$output_file"
	kill -TERM "$spawned"
	rt_wait
	fails 5
}

@test "exec: ends when the container is killed" {
	bundle
	sleeper web
	rt_spawn exec web sh -c 'echo ready; sleep 1000'
	wait_until 60 grep -q ready "$output_file"
	rt kill web KILL
	ok
	output_file=$ARENA/output.$((rt_calls - 1))
	rt_wait
	fails 137
}

@test "exec: --cgroup puts the program into a cgroup below the container's" {
	skip_on crun "crun takes a path from the root"
	bundle
	sleeper web
	local dir
	for dir in $(cgroup_dirs); do
		[[ -d $dir$CGROUP/web ]] || continue
		mkdir "$dir$CGROUP/web/below"
		[[ ! -e $dir$CGROUP/web/below/cpuset.cpus || -e $dir/cgroup.controllers ]] || {
			cat "$dir$CGROUP/web/cpuset.cpus" >"$dir$CGROUP/web/below/cpuset.cpus"
			cat "$dir$CGROUP/web/cpuset.mems" >"$dir$CGROUP/web/below/cpuset.mems"
		}
	done
	if have v2; then
		rt exec -d --cgroup below web sleep 1001
		ok
	else
		rt exec -d --cgroup freezer,pids:below web sleep 1001
		ok
		same 2 "$(wc -l <"$(cgroup_dir memory web)/cgroup.procs")" 'processes in the memory cgroup of the container'
	fi
	same 1 "$(wc -l <"$(cgroup_dir freezer web/below)/cgroup.procs")" 'processes in the cgroup below'
}

@test "exec: a --cgroup that is not there or leads out is refused" {
	skip_on crun "crun takes a path from the root"
	bundle
	sleeper web
	local prefix=freezer:
	! have v2 || prefix=
	rt exec --cgroup "${prefix}none" web true
	fails
	rt exec --cgroup "$prefix../.." web true
	fails
}

@test "exec: an AppArmor profile or SELinux label that the kernel cannot apply is refused" {
	bundle
	sleeper web
	if [[ ! -d /sys/module/apparmor ]]; then
		rt exec --apparmor some-profile web true
		fails
		has '[aA]pp[aA]rmor'
	fi
	if [[ ! -d /sys/fs/selinux ]]; then
		skip_on crun "crun has no --process-label"
		rt exec --process-label system_u:system_r:some_t:s0 web true
		fails
		has '[sS][eE][lL]inux'
	fi
}

@test "exec: the seccomp filter of the container holds for exec too" {
	bundle
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
	sleeper web
	rt exec web mkdir /tmp/x
	fails 1
	has 'not implemented'
}
