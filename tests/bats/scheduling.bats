#!/usr/bin/env bats
# process.scheduler, ioPriority, execCPUAffinity and linux.personality, by what the kernel says about the process.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the container's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals

# stat_field N: a field of the /proc/PID/stat in output (18 priority, 19 nice, 40 real-time priority, 41 policy). The
# name in field 2 may hold anything, so count from its end.
stat_field() { cut -d' ' -f$(($1 - 2)) <<<"${output##*) }"; }

own_stat() {
	args cat /proc/self/stat
	rt run stat
	ok
}

# realtime_bundle: a bundle whose cgroup may run real-time processes
realtime_bundle() {
	before_runc 1.2 "runc 1.1 knows no scheduler"
	bundle
	local dir
	dir=$(hierarchy cpu)
	[[ -z $dir || ! -e $dir/cpu.rt_runtime_us ]] || {
		mkdir -p "$dir$CGROUP"
		echo 100000 >"$dir$CGROUP/cpu.rt_runtime_us" || skip "the cpu controller grants no real-time share"
		config '.linux.resources.cpu = {realtimeRuntime: 50000}'
	}
}

# covers: process.scheduler.policy process.scheduler.nice
@test "scheduler: other, batch and idle, with a nice value" {
	before_runc 1.2 "runc 1.1 knows no scheduler"
	bundle
	for row in \
		'SCHED_OTHER 0 7 7' \
		'SCHED_OTHER 0 -5 -5' \
		'SCHED_BATCH 3 19 19' \
		'SCHED_IDLE 5 0 0'; do
		read -r policy number nice want <<<"$row"
		config '.process.scheduler = {policy: $policy, nice: $nice}' --arg policy "$policy" --argjson nice "$nice"
		own_stat
		same "$number" "$(stat_field 41)" "policy of $policy"
		same "$want" "$(stat_field 19)" "nice value of $policy"
	done
}

# covers: process.scheduler.policy process.scheduler.priority
@test "scheduler: fifo and round robin, with a priority" {
	realtime_bundle
	for row in \
		'SCHED_FIFO 1 10' \
		'SCHED_RR 2 20'; do
		read -r policy number priority <<<"$row"
		config '.process.scheduler = {policy: $policy, priority: $priority}' --arg policy "$policy" --argjson priority "$priority"
		args cat /proc/self/stat
		rt run fifo
		[[ $status == 0 ]] || ! grep -q 'operation not permitted' <<<"$output" || skip "the kernel allows no real-time processes here"
		ok
		same "$number" "$(stat_field 41)" "policy of $policy"
		same "$priority" "$(stat_field 40)" "priority of $policy"
	done
}

# covers: process.scheduler.flags
@test "scheduler: RESET_ON_FORK gives children the default back" {
	before_runc 1.2 "runc 1.1 knows no scheduler"
	bundle
	config '.process.scheduler = {policy: "SCHED_OTHER", nice: -10, flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
	inside 'read -r line </proc/$$/stat; echo "$line"'
	ok
	same -10 "$(stat_field 19)" "nice value of the process"
	inside 'cat /proc/self/stat; true'
	ok
	same 0 "$(stat_field 19)" "nice value of its child"
}

# covers: process.scheduler.runtime process.scheduler.deadline process.scheduler.period
@test "scheduler: deadline, with runtime, deadline and period" {
	before_runc 1.2 "runc 1.1 knows no scheduler"
	needs tool:chrt
	bundle
	config '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 10000000, deadline: 20000000, period: 50000000}'
	args sleep 1000
	rt create deadline
	[[ $status == 0 ]] || ! grep -qE 'operation not permitted|device or resource busy' <<<"$output" ||
		skip "the kernel admits no deadline process here"
	ok
	output=$(chrt --pid "$(pid_of deadline)")
	has 'SCHED_DEADLINE'
	has '10000000/20000000/50000000'
}

@test "scheduler: what does not exist or does not belong together is refused by name" {
	before_runc 1.2 "runc 1.1 knows no scheduler"
	bundle
	for row in \
		'{policy:"SCHED_LOTTERY"} SCHED_LOTTERY' \
		'{policy:""} policy' \
		'{policy:"SCHED_OTHER",nice:20} nice' \
		'{policy:"SCHED_OTHER",nice:-21} nice' \
		'{policy:"SCHED_OTHER",priority:1} priority' \
		'{policy:"SCHED_OTHER",runtime:1} runtime' \
		'{policy:"SCHED_OTHER",flags:["SCHED_FLAG_FAIRY"]} SCHED_FLAG_FAIRY'; do
		read -r scheduler says <<<"$row"
		config ".process.scheduler = $scheduler"
		rt run scheduler
		refused "$says"
	done
}

@test "scheduler: exec has it too, or that of process.json" {
	before_runc 1.3 "runc 1.1 knows no scheduler"
	bundle
	config '.process.scheduler = {policy: "SCHED_BATCH", nice: 3}'
	sleeper scheduler
	rt exec scheduler cat /proc/self/stat
	ok
	same 3 "$(stat_field 41)" policy
	same 3 "$(stat_field 19)" nice
	jq '.process | .args = ["cat", "/proc/self/stat"] | .scheduler = {policy: "SCHED_OTHER", nice: 9}' config.json >process.json
	rt exec --process process.json scheduler
	ok
	same 0 "$(stat_field 41)" policy
	same 9 "$(stat_field 19)" nice
}

# covers: process.ioPriority.class process.ioPriority.priority
@test "ioPriority: each class and priority, for exec too" {
	before_runc 1.2 "runc 1.1 knows no ioPriority"
	bundle
	for row in \
		'IOPRIO_CLASS_RT 5 realtime: prio 5' \
		'IOPRIO_CLASS_BE 6 best-effort: prio 6' \
		'IOPRIO_CLASS_IDLE 0 idle'; do
		read -r class priority want <<<"$row"
		config '.process.ioPriority = {class: $class, priority: $priority}' --arg class "$class" --argjson priority "$priority"
		inside 'ionice -p $$'
		ok
		has "$want"
	done
	config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 1}'
	sleeper io
	rt exec io sh -c 'ionice -p $$'
	ok
	has 'best-effort: prio 1'
}

@test "ioPriority: an unknown class and a priority out of range are refused" {
	before_runc 1.2 "runc 1.1 knows no ioPriority"
	bundle
	config '.process.ioPriority = {class: "IOPRIO_CLASS_SOON", priority: 1}'
	rt run class
	refused IOPRIO_CLASS_SOON
	config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8}'
	rt run priority
	refused 'priority'
}

# covers: process.execCPUAffinity.initial process.execCPUAffinity.final
@test "execCPUAffinity: exec runs on the final CPUs, or stays on the initial ones" {
	before_runc 1.3 "runc 1.1 knows no execCPUAffinity"
	last=$(nproc --all)
	((--last > 0)) || skip "needs two processors"
	bundle
	config '.process.execCPUAffinity = {initial: "0", final: $last}' --arg last "$last"
	sleeper affinity
	rt exec affinity grep Cpus_allowed_list /proc/self/status
	ok
	equals $'Cpus_allowed_list:\t'"$last"
	rt exec affinity taskset -p 1
	ok
	not grep -q "affinity mask: 1$" <<<"$output"

	jq '.process | .args = ["grep", "Cpus_allowed_list", "/proc/self/status"] | .execCPUAffinity = {final: "0"}' \
		config.json >process.json
	rt exec --process process.json affinity
	ok
	equals $'Cpus_allowed_list:\t0'
}

@test "execCPUAffinity: what is no list of CPUs is refused" {
	before_runc 1.3 "runc 1.1 knows no execCPUAffinity"
	bundle
	config '.process.execCPUAffinity = {initial: "first"}'
	rt run affinity
	refused '(affinity|first)'
	config '.process.execCPUAffinity = {final: "1-0"}'
	rt run affinity
	refused '(affinity|1-0)'
}

@test "the process does not inherit the affinity of the runtime" {
	before_runc 1.3 "runc 1.1 keeps it"
	skip_on crun "keeps it"
	(($(nproc) > 1)) || skip "needs two processors"
	needs tool:taskset
	bundle
	printf '#!/bin/sh\nexec taskset 1 %s "$@"\n' "$RUNTIME" >"$ARENA/runtime"
	chmod +x "$ARENA/runtime"
	args nproc
	RUNTIME=$ARENA/runtime rt run affinity
	ok
	equals "$(nproc)"
}

# covers: linux.personality.domain
@test "personality: LINUX32 makes uname say so, for exec too" {
	before_runc 1.2 "runc 1.1 knows no personality"
	[[ $(uname -m) == x86_64 ]] || skip "the test knows the names of x86_64 only"
	bundle
	config '.linux.personality = {domain: "LINUX32"}'
	inside 'uname -m'
	ok
	equals i686
	config '.linux.personality = {domain: "LINUX"}'
	inside 'uname -m'
	ok
	equals x86_64
	config '.linux.personality = {domain: "LINUX32"}'
	sleeper personality
	rt exec personality uname -m
	ok
	equals i686
}

# covers: linux.personality.flags
@test "personality: an unknown domain is refused by name, and so is any flag" {
	before_runc 1.2 "runc 1.1 knows no personality"
	bundle
	config '.linux.personality = {domain: "HURD"}'
	rt run domain
	refused HURD
	skip_on runc "runc ignores flags with a warning"
	config '.linux.personality = {domain: "LINUX", flags: ["ADDR_NO_RANDOMIZE"]}'
	rt run flags
	refused '(flag|ADDR_NO_RANDOMIZE)'
}
