#!/usr/bin/env bats
# linux.seccomp: what the filter does to the system calls of the process in the container.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the container's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals

# seccomp JSON [ARG…]: allow everything but what JSON (jq) changes about it
seccomp() {
	local changes=$1
	shift
	config '.linux.seccomp = ({defaultAction: "SCMP_ACT_ALLOW", architectures: [$arch]} + '"$changes"')' \
		--arg arch "$(native_arch)" "$@"
}

# on_mkdir ACTION [JSON]: a rule for the calls that make directories
on_mkdir() {
	seccomp "{syscalls: [{names: [\"mkdir\", \"mkdirat\"], action: \$action} + ${2:-{\}}]}" --arg action "$1"
}

native_arch() {
	case $(uname -m) in
	x86_64) echo SCMP_ARCH_X86_64 ;;
	aarch64) echo SCMP_ARCH_AARCH64 ;;
	*) skip "the test knows no seccomp architecture for $(uname -m)" ;;
	esac
}

# The calls that a shell, busybox and a small Go program need.
WORKING='["access", "arch_prctl", "brk", "capget", "capset", "chdir", "clock_gettime", "clone", "clone3", "close",
	"close_range", "dup", "dup2", "dup3", "epoll_create1", "epoll_ctl", "epoll_pwait", "eventfd2", "execve", "exit",
	"exit_group", "faccessat", "faccessat2", "fchdir", "fcntl", "fstat", "fstatfs", "futex", "getcwd", "getdents64",
	"getegid", "geteuid", "getgid", "getpgrp", "getpid", "getppid", "getrandom", "gettid", "getuid", "ioctl", "lseek",
	"lstat", "madvise", "mmap", "mprotect", "mremap", "munmap", "nanosleep", "newfstatat", "open", "openat", "openat2",
	"pipe", "pipe2", "poll", "ppoll", "prctl", "pread64", "prlimit64", "read", "readlink", "readlinkat", "rseq",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_getaffinity", "sched_yield", "sendfile", "set_robust_list",
	"set_tid_address", "setgid", "setgroups", "setuid", "sigaltstack", "stat", "statfs", "statx", "tgkill", "umask",
	"uname", "vfork", "wait4", "write", "writev"]'

# agent ERRNO: start an agent that answers with it; its socket is $ARENA/agent, what it prints is in $ARENA/agent.out
agent() {
	needs helper:seccompagent
	spawn "$HELPERS/seccompagent" "$ARENA/agent" "$1" >"$ARENA/agent.out" 2>&1
	wait_until 30 test -S "$ARENA/agent"
}

# notify [JSON]: ask the agent about mkdir
notify() {
	on_mkdir SCMP_ACT_NOTIFY
	config '.linux.seccomp += ({listenerPath: $path} + '"${1:-{\}}"')' --arg path "$ARENA/agent"
}

# covers: linux.seccomp.defaultAction linux.seccomp.syscalls.names linux.seccomp.syscalls.action
@test "errno: the call fails with EPERM, other calls work" {
	bundle
	on_mkdir SCMP_ACT_ERRNO
	inside 'mkdir /dir; touch /file && grep ^Seccomp: /proc/self/status'
	ok
	has 'mkdir:.*Operation not permitted'
	has $'^Seccomp:\t2$'
	not test -e rootfs/dir
}

# covers: linux.seccomp.syscalls.errnoRet
@test "errno: errnoRet is the error that the call returns" {
	bundle
	on_mkdir SCMP_ACT_ERRNO '{errnoRet: 100}'
	inside 'mkdir /dir'
	fails
	has 'Network is down'
}

# covers: linux.seccomp.defaultAction linux.seccomp.defaultErrnoRet
@test "default errno: what is not allowed returns defaultErrnoRet" {
	bundle
	seccomp "{defaultAction: \"SCMP_ACT_ERRNO\", defaultErrnoRet: 71, syscalls: [{names: $WORKING, action: \"SCMP_ACT_ALLOW\"}]}"
	inside 'mkdir /dir || ls -d /tmp'
	ok
	has 'mkdir:.*Protocol error'
	has '^/tmp$'
}

# A C library that finds EPERM where it expects ENOSYS does not fall back to an older call.
@test "default errno: a call newer than the profile returns ENOSYS" {
	needs helper:syscalls
	bundle
	cp "$HELPERS/syscalls" rootfs/bin/
	seccomp "{defaultAction: \"SCMP_ACT_ERRNO\", syscalls: [{names: $WORKING, action: \"SCMP_ACT_ALLOW\"}]}"
	args syscalls 1000 # no kernel has that many
	rt run enosys
	ok
	equals ENOSYS
}

# covers: linux.seccomp.syscalls.action
@test "kill, kill_thread, kill_process and trap: SIGSYS ends the process" {
	bundle
	for action in SCMP_ACT_KILL SCMP_ACT_KILL_THREAD SCMP_ACT_KILL_PROCESS SCMP_ACT_TRAP; do
		on_mkdir $action
		config '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}]'
		inside 'mkdir /dir; echo $?'
		ok
		has '^159$'
		not test -e rootfs/dir
	done
}

@test "kill_process: the exit code of the runtime is 128 + SIGSYS" {
	bundle
	on_mkdir SCMP_ACT_KILL_PROCESS
	config '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}]'
	args mkdir /dir
	rt run killed
	fails 159
}

# covers: linux.seccomp.syscalls.action
@test "log: the call works" {
	bundle
	on_mkdir SCMP_ACT_LOG
	inside 'mkdir /dir && grep ^Seccomp: /proc/self/status'
	ok
	has $'^Seccomp:\t2$'
	is test -d rootfs/dir
}

# covers: linux.seccomp.syscalls.action
@test "trace: without a tracer the call fails with ENOSYS" {
	bundle
	on_mkdir SCMP_ACT_TRACE
	inside 'mkdir /dir'
	fails
	has 'Function not implemented'
}

# covers: linux.seccomp.syscalls.args.index linux.seccomp.syscalls.args.value linux.seccomp.syscalls.args.valueTwo
# covers: linux.seccomp.syscalls.args.op
@test "args: every operator, on the signal that kill sends" {
	bundle
	for row in \
		'NE 18 0 17 23 28' \
		'LT 18 0 17' \
		'LE 18 0 17 18' \
		'EQ 18 0 18' \
		'GE 18 0 18 23 28' \
		'GT 18 0 23 28' \
		'MASKED_EQ 12 12 28'; do
		read -r op value two denied <<<"$row"
		seccomp '{syscalls: [{names: ["kill"], action: "SCMP_ACT_ERRNO",
			args: [{index: 1, value: $value, valueTwo: $two, op: $op}]}]}' \
			--arg op "SCMP_CMP_$op" --argjson value "$value" --argjson two "$two"
		# CHLD, CONT, URG, WINCH: what ignores them goes on
		inside 'for s in 17 18 23 28; do kill -$s $$ 2>/dev/null || printf "%s " $s; done'
		ok
		same "$denied" "${output% }" "the signals that $op $value $two denies"
	done
}

# covers: linux.seccomp.syscalls.args.index
@test "args: conditions on several arguments must hold together" {
	bundle
	seccomp '{syscalls: [{names: ["kill"], action: "SCMP_ACT_ERRNO",
		args: [{index: 0, value: 1, op: "SCMP_CMP_EQ"}, {index: 1, value: 28, op: "SCMP_CMP_EQ"}]}]}'
	inside 'kill -28 1 2>/dev/null; echo $?; kill -18 1; echo $?; sleep 100 & kill -28 $!; echo $?; kill $!'
	ok
	equals $'1\n0\n0'
}

# covers: linux.seccomp.syscalls.args.value
@test "args: values have 64 bits" {
	needs helper:syscalls
	bundle
	cp "$HELPERS/syscalls" rootfs/bin/
	seccomp '{syscalls: [{names: ["lseek"], action: "SCMP_ACT_ERRNO", errnoRet: 71,
		args: [{index: 1, value: 4294967297, op: "SCMP_CMP_EQ"}]}]}'
	args syscalls lseek,99,4294967297 lseek,99,1 # on a descriptor that is not there
	rt run bits
	ok
	equals $'EPROTO\nEBADF'
}

# covers: linux.seccomp.architectures
@test "architectures: a foreign one is filtered when it is listed, and killed when it is not" {
	[[ $(uname -m) == x86_64 ]] || skip "the foreign architecture of the test is 386 on x86_64"
	needs tool:go
	bundle
	(cd "$REPO" && GOARCH=386 CGO_ENABLED=0 go build -o "$ROOTFS/bin/syscalls32" ./tests/helpers/syscalls)
	rootfs/bin/syscalls32 getpgid,0 >/dev/null || skip "this kernel runs no 32 bit programs"
	config '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}]'
	seccomp '{architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
		syscalls: [{names: ["getpgid"], action: "SCMP_ACT_ERRNO", errnoRet: 71}]}'
	args syscalls32 getpgid,0
	rt run listed
	ok
	equals EPROTO
	config '.linux.seccomp.architectures = ["SCMP_ARCH_X86_64"]'
	rt run missing
	fails 159
}

# covers: linux.seccomp.architectures
@test "architectures: all that the runtime says it knows are accepted" {
	bundle
	rt_out features
	ok
	architectures=$(jq -c '.linux.seccomp.archs' <<<"$output")
	is test "$(jq length <<<"$architectures")" -gt 10
	on_mkdir SCMP_ACT_ERRNO
	# A filter cannot mix byte orders, so one at a time, beside the native one.
	for arch in $(jq -r '.[]' <<<"$architectures"); do
		case $arch in *MIPS | *MIPS64 | *MIPS64N32 | *PPC | *PPC64 | *S390 | *S390X | *PARISC*) continue ;; esac
		config '.linux.seccomp.architectures = ([$arch, $native] | unique)' --arg arch "$arch" --arg native "$(native_arch)"
		inside 'mkdir /dir'
		fails
		has 'Operation not permitted|is not supported on this version of the library'
	done
}

# covers: linux.seccomp.syscalls.names
@test "system calls that nobody knows are ignored" {
	bundle
	seccomp '{syscalls: [{names: ["make_coffee", "mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
	inside 'mkdir /dir'
	fails
	has 'Operation not permitted'
}

# covers: linux.seccomp.flags
@test "flags: LOG, SPEC_ALLOW and TSYNC are accepted, alone and together" {
	before_runc 1.2 "runc 1.1 knows no flags"
	bundle
	on_mkdir SCMP_ACT_ERRNO
	for flags in '[]' '["LOG"]' '["SPEC_ALLOW"]' '["TSYNC"]' '["LOG", "SPEC_ALLOW", "TSYNC"]'; do
		config '.linux.seccomp.flags = ($flags | map("SECCOMP_FILTER_FLAG_" + .))' --argjson flags "$flags"
		inside 'mkdir /dir'
		fails
		has 'Operation not permitted'
	done
}

# covers: linux.seccomp.flags
@test "flags: WAIT_KILLABLE_RECV is refused by name where libseccomp lacks it" {
	before_runc 1.2 "runc 1.1 does not know it"
	bundle
	agent 71
	notify '{flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}'
	if "$RUNTIME" features | jq -e '.linux.seccomp.supportedFlags | index("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")' >/dev/null; then
		inside 'mkdir /dir'
		has 'Protocol error'
	else
		rt run flag
		refused 'Wait_?Kill'
		! is_husk || has SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	fi
}

@test "an unknown flag, action, operator or architecture is refused by name" {
	bundle
	on_mkdir SCMP_ACT_ERRNO
	config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_MAGIC"]'
	rt run flag
	refused "$(older_runc 1.2 && echo flags || echo SECCOMP_FILTER_FLAG_MAGIC)"
	on_mkdir SCMP_ACT_SHRUG
	rt run action
	refused SCMP_ACT_SHRUG
	seccomp '{defaultAction: "SCMP_ACT_SHRUG"}'
	rt run default
	refused SCMP_ACT_SHRUG
	on_mkdir SCMP_ACT_ERRNO '{args: [{index: 0, value: 0, op: "SCMP_CMP_ALMOST"}]}'
	rt run operator
	refused SCMP_CMP_ALMOST
	seccomp '{architectures: ["SCMP_ARCH_PDP11"]}'
	rt run architecture
	refused SCMP_ARCH_PDP11
}

@test "an argument index that no system call has is refused" {
	bundle
	on_mkdir SCMP_ACT_ERRNO '{args: [{index: 6, value: 0, op: "SCMP_CMP_EQ"}]}'
	rt run index
	refused '(argument|index)'
}

@test "an errnoRet for an action that returns none is refused" {
	only husk "the specification asks for it; runc and crun ignore it"
	bundle
	on_mkdir SCMP_ACT_KILL '{errnoRet: 5}'
	rt run errno
	refused errnoRet
	seccomp '{defaultErrnoRet: 5}'
	rt run default
	refused defaultErrnoRet
}

@test "a rule without names is refused" {
	only husk "the specification asks for it; runc and crun ignore it"
	bundle
	seccomp '{syscalls: [{names: [], action: "SCMP_ACT_ERRNO"}]}'
	rt run names
	refused 'linux\.seccomp\.syscalls\[0\]\.names'
}

@test "the filter holds with and without noNewPrivileges, for root and for others" {
	bundle
	on_mkdir SCMP_ACT_ERRNO
	for nnp in true false; do
		for uid in 0 1000; do
			config '.process.noNewPrivileges = $nnp | .process.user.uid = $uid' --argjson nnp $nnp --argjson uid $uid
			inside 'mkdir /tmp/dir'
			fails
			has 'Operation not permitted'
		done
	done
}

@test "the runtime needs none of the newer mount calls after the filter is loaded" {
	bundle
	seccomp '{syscalls: [{names: ["close_range", "fsopen", "fsmount", "fsconfig", "openat2", "open_tree", "move_mount"],
		action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
	for nnp in true false; do
		config '.process.noNewPrivileges = $nnp' --argjson nnp $nnp
		inside 'echo works'
		ok
		equals works
	done
}

@test "exec: the process is under the filter too" {
	bundle
	on_mkdir SCMP_ACT_ERRNO
	sleeper filtered
	rt exec filtered sh -c 'mkdir /dir; grep ^Seccomp: /proc/self/status'
	ok
	has 'Operation not permitted'
	has $'^Seccomp:\t2$'
}

# covers: linux.seccomp.listenerPath linux.seccomp.listenerMetadata
@test "notify: the agent gets the state, and answers the call" {
	bundle
	agent 71
	notify '{listenerMetadata: "MKNOD=/dev/null,x"}'
	config '.annotations = {"com.example.key": "value"}'
	inside 'mkdir /dir'
	fails
	has 'Protocol error'
	output=$(<"$ARENA/agent.out")
	json '.ociVersion and .fds == ["seccompFd"] and .metadata == "MKNOD=/dev/null,x" and .pid > 1'
	json '.state | .ociVersion and .id == "inside-1" and .bundle == $bundle' --arg bundle "$BUNDLE"
	json '.state | .status == "creating" and .annotations["com.example.key"] == "value"'
	json '.pid == .state.pid'
}

# covers: linux.seccomp.listenerPath
@test "notify: the agent can let the call continue" {
	bundle
	agent 0
	notify
	inside 'mkdir /dir'
	ok
	is test -d rootfs/dir
}

# covers: linux.seccomp.listenerPath
@test "notify: with noNewPrivileges off, too" {
	bundle
	agent 71
	notify
	config '.process.noNewPrivileges = false'
	inside 'mkdir /dir'
	fails
	has 'Protocol error'
}

@test "notify: exec sends a state of its own, with the pids of both processes" {
	bundle
	agent 71
	notify '{listenerMetadata: "meta"}'
	sleeper notify
	: >"$ARENA/agent.out"
	rt exec notify mkdir /dir
	fails
	has 'Protocol error'
	output=$(<"$ARENA/agent.out")
	json '.fds == ["seccompFd"] and .metadata == "meta" and .state.id == "notify"'
	json '.state.pid == $init and .pid != $init' --argjson init "$(pid_of notify)"
}

@test "notify: nobody listens: refused, and nothing is left" {
	bundle
	notify
	rt create nobody
	refused "($ARENA/agent|agent)"
	: >"$ARENA/agent"
	rt create file
	refused "($ARENA/agent|agent)"
}

@test "notify: without a listenerPath it is refused" {
	bundle
	on_mkdir SCMP_ACT_NOTIFY
	rt run none
	refused 'listenerPath'
}

@test "notify: for write, or as the default action, it is refused" {
	bundle
	agent 0
	notify
	config '.linux.seccomp.syscalls[0].names = ["write"]'
	rt run write
	refused '(SCMP_ACT_NOTIFY.*write|write.*SCMP_ACT_NOTIFY)'
	notify
	config '.linux.seccomp.defaultAction = "SCMP_ACT_NOTIFY"'
	rt run default
	refused '(SCMP_ACT_NOTIFY.*default|default.*SCMP_ACT_NOTIFY)'
}

@test "notify: listenerMetadata without listenerPath is refused" {
	only husk "the specification asks for it; runc and crun ignore it"
	bundle
	on_mkdir SCMP_ACT_ERRNO
	config '.linux.seccomp.listenerMetadata = "meta"'
	rt run metadata
	refused 'listenerMetadata'
}

@test "a listenerPath is ignored when no rule notifies" {
	bundle
	on_mkdir SCMP_ACT_ERRNO
	config '.linux.seccomp.listenerPath = "/no/such/agent"'
	inside 'mkdir /dir'
	fails
	has 'Operation not permitted'
}
