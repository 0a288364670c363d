#!/usr/bin/env bats
# linux.resources: each limit is read back by a process inside, from the cgroup file system that it sees, and the ones
# that can bite without a clock do.

load helpers
load refusals
load subject

setup() {
	arena_open
	bundle
	add_mount /sys/fs/cgroup cgroup cgroup ro nosuid nodev noexec
}

limits() { config '.linux.resources += $limits' --argjson limits "$1"; }

# knob CONTROLLER V1-FILE [V2-FILE] prints where a process inside finds the file; without V2-FILE cgroup v2 has none.
knob() {
	if have v2; then
		echo "/sys/fs/cgroup/$3"
	else
		echo "/sys/fs/cgroup/$(basename "$(hierarchy "$1")")/$2"
	fi
}

# reads WANT-V1 WANT-V2 CONTROLLER V1-FILE V2-FILE: what a process inside reads there.
reads() {
	local want=$1
	! have v2 || want=$2
	inside "cat $(knob "${@:3}")"
	ok
	equals "$want"
}

# knows CONTROLLER V1-FILE V2-FILE skips where the kernel has no such file. The root cgroup lacks some, so a child is asked.
knows() {
	local dir
	needs "controller:$1"
	dir=$(cgroup_dir "$1")/probe
	mkdir -p "$dir"
	if have v2; then dir+=/$3; else dir+=/$2; fi
	[[ -e $dir ]] || skip "this kernel has no ${dir##*/}"
	rmdir "${dir%/*}"
}

# outside CONTROLLER V1-FILE V2-FILE ID prints the file of a container's cgroup as the host sees it.
outside() {
	local file=$2
	! have v2 || file=$3
	cat "$(cgroup_dir "$1" "$4")/$file"
}

# ---- memory ---------------------------------------------------------------------------------------------------------

# covers: linux.resources.memory.limit
@test "memory: limit" {
	needs controller:memory
	limits '{"memory": {"limit": 67108864}}'
	reads 67108864 67108864 memory memory.limit_in_bytes memory.max
}

# covers: linux.resources.memory.swap
@test "memory: swap is memory and swap together" {
	knows memory memory.memsw.limit_in_bytes memory.swap.max
	limits '{"memory": {"limit": 67108864, "swap": 100663296}}'
	reads 100663296 33554432 memory memory.memsw.limit_in_bytes memory.swap.max
}

# covers: linux.resources.memory.limit linux.resources.memory.swap
@test "memory: -1 is no limit" {
	knows memory memory.memsw.limit_in_bytes memory.swap.max
	limits '{"memory": {"limit": -1, "swap": -1}}'
	reads "$(cat "$(hierarchy memory)/memory.limit_in_bytes" 2>/dev/null)" max memory memory.limit_in_bytes memory.max
}

# covers: linux.resources.memory.reservation
@test "memory: reservation" {
	needs controller:memory
	limits '{"memory": {"reservation": 33554432}}'
	reads 33554432 33554432 memory memory.soft_limit_in_bytes memory.low
}

# covers: linux.resources.memory.swappiness
@test "memory: swappiness, on cgroup v1" {
	needs v1
	knows memory memory.swappiness none
	limits '{"memory": {"swappiness": 23}}'
	reads 23 '' memory memory.swappiness
}

@test "memory: swappiness beyond 100 is refused" {
	needs v1 controller:memory
	limits '{"memory": {"swappiness": 101}}'
	refuses 'swappiness.*101|101.*swappiness' 'linux\.resources\.memory\.swappiness'
}

@test "memory: what cgroup v2 has not is refused there by its name" {
	needs v2
	skip_on runc 'runc ignores it'
	limits '{"memory": {"swappiness": 23}}'
	refuses 'swappiness' 'linux\.resources\.memory\.swappiness'
	limits '{"memory": {"disableOOMKiller": true}}'
	refuses 'oom' 'linux\.resources\.memory\.disableOOMKiller'
}

# covers: linux.resources.memory.kernel linux.resources.memory.kernelTCP
@test "memory: kernel and kernelTCP, which kernels have given up, are refused by name; -1 is taken" {
	skip_on runc 'runc warns and ignores them'
	limits '{"memory": {"kernel": -1, "kernelTCP": -1}}'
	inside 'echo ran'
	ok
	has '^ran$'
	limits '{"memory": {"kernel": 67108864}}'
	refuses 'linux\.resources\.memory\.kernel:'
	limits '{"memory": {"kernelTCP": 67108864}}'
	refuses 'linux\.resources\.memory\.kernelTCP:'
}

# covers: linux.resources.memory.useHierarchy
@test "memory: useHierarchy is always true; false is refused by name" {
	limits '{"memory": {"useHierarchy": true}}'
	if have v1 && have controller:memory; then
		reads 1 '' memory memory.use_hierarchy
	else
		inside 'echo ran'
		ok
	fi
	skip_on runc 'runc ignores it'
	limits '{"memory": {"useHierarchy": false}}'
	refuses 'linux\.resources\.memory\.useHierarchy'
}

# Writing to a tmpfs is a way to own memory without a program for it. With no swap to go to, it stays.
no_swap() {
	if have v2; then echo '"swap": 33554432'; else echo '"swappiness": 0'; fi
}

# EAT is a program that doubles a string for ever. (Only a process that faults memory in by itself waits when it may not be
# killed; a system call that does it for him, such as a large read, fails.)
EAT='x=0123456789abcdef; while :; do x=$x$x; done'

# covers: linux.resources.memory.limit
@test "memory: who takes more than the limit is killed, and the cgroup counts it (LXC chapter)" {
	needs controller:memory
	limits "{\"memory\": {\"limit\": 33554432, $(no_swap)}}"
	args sh -c 'sh -c "$0"; echo "ended with $?" >/status; exec sleep 1000' "$EAT"
	config '.linux.cgroupsPath = $path' --arg path "$CGROUP/eater"
	rt run --detach eater </dev/null
	ok
	wait_until 60 test -s "$ROOTFS/status"
	same 'ended with 137' "$(cat "$ROOTFS/status")"
	if have v2; then
		is test "$(awk '$1 == "oom_kill" { print $2 }' "$(cgroup_dir memory eater)/memory.events")" -ge 1
	else
		is test "$(outside memory memory.failcnt none eater)" -ge 1
		is test "$(outside memory memory.max_usage_in_bytes none eater)" -le 33554432
	fi
}

# covers: linux.resources.memory.disableOOMKiller
@test "memory: without OOM killer who takes more waits, and can still be killed (LXC chapter)" {
	needs v1
	knows memory memory.oom_control none
	limits '{"memory": {"limit": 33554432, "swappiness": 0, "disableOOMKiller": true}}'
	args sh -c "$EAT"
	config '.linux.cgroupsPath = $path' --arg path "$CGROUP/waiter"
	rt run --detach waiter </dev/null
	ok
	wait_until 60 under_oom waiter
	outside memory memory.oom_control none waiter | grep -qx 'oom_kill_disable 1'
	same running "$(status_of waiter)"
	rt delete --force waiter
	ok
	no_trace_of waiter
}

under_oom() { outside memory memory.oom_control none "$1" | grep -qx 'under_oom 1'; }

# covers: linux.resources.memory.checkBeforeUpdate
@test "memory: checkBeforeUpdate: a limit below what is used is refused, and the old one stays" {
	needs controller:memory
	before_runc 1.2 'has no checkBeforeUpdate'
	add_mount /data tmpfs tmpfs
	limits "{\"memory\": {\"limit\": 100663296, $(no_swap), \"checkBeforeUpdate\": true}}"
	! have v2 || config '.linux.resources.memory.swap = 100663296'
	args sh -c 'head -c 50000000 /dev/zero >/data/x; echo filled >/status; exec sleep 1000'
	config '.linux.cgroupsPath = $path' --arg path "$CGROUP/full"
	rt run --detach full </dev/null
	ok
	wait_until 60 test -s "$ROOTFS/status"
	echo '{"memory": {"limit": 16777216, "checkBeforeUpdate": true}}' >"$ARENA/less.json"
	rt update --resources "$ARENA/less.json" full
	fails
	says 'memory'
	same 100663296 "$(outside memory memory.limit_in_bytes memory.max full)"
	same running "$(status_of full)"
}

# ---- cpu ------------------------------------------------------------------------------------------------------------

# covers: linux.resources.cpu.shares
@test "cpu: shares (LXC chapter: 600 and 400)" {
	needs controller:cpu
	limits '{"cpu": {"shares": 600}}'
	if have v2; then
		# How 2..262144 becomes 1..10000 has changed once; the order has not.
		inside 'cat /sys/fs/cgroup/cpu.weight'
		ok
		local more=$output
		limits '{"cpu": {"shares": 400}}'
		inside 'cat /sys/fs/cgroup/cpu.weight'
		ok
		is test "$more" -gt "$output"
	else
		reads 600 '' cpu cpu.shares
		limits '{"cpu": {"shares": 400}}'
		reads 400 '' cpu cpu.shares
	fi
}

# covers: linux.resources.cpu.quota linux.resources.cpu.period
@test "cpu: quota and period" {
	needs controller:cpu
	limits '{"cpu": {"quota": 50000, "period": 200000}}'
	reads 50000 '50000 200000' cpu cpu.cfs_quota_us cpu.max
	reads 200000 '50000 200000' cpu cpu.cfs_period_us cpu.max
}

# covers: linux.resources.cpu.quota
@test "cpu: a quota of -1 is none" {
	needs controller:cpu
	limits '{"cpu": {"quota": -1}}'
	reads -1 'max 100000' cpu cpu.cfs_quota_us cpu.max
}

# covers: linux.resources.cpu.quota
@test "cpu: who uses up the quota is throttled, and the cgroup counts it (LXC chapter)" {
	needs controller:cpu
	limits '{"cpu": {"quota": 20000, "period": 100000}}'
	args sh -c 'while :; do :; done'
	config '.linux.cgroupsPath = $path' --arg path "$CGROUP/busy"
	rt run --detach busy </dev/null
	ok
	wait_until 60 throttled busy
	outside cpu cpu.stat cpu.stat busy | grep -q '^nr_periods [1-9]'
}

throttled() { outside cpu cpu.stat cpu.stat "$1" | grep -q '^nr_throttled [1-9]'; }

# covers: linux.resources.cpu.burst
@test "cpu: burst" {
	before_runc 1.2 'has no burst'
	knows cpu cpu.cfs_burst_us cpu.max.burst
	limits '{"cpu": {"quota": 50000, "period": 100000, "burst": 10000}}'
	reads 10000 10000 cpu cpu.cfs_burst_us cpu.max.burst
}

@test "cpu: a burst beyond the quota is refused" {
	before_runc 1.2 'has no burst'
	knows cpu cpu.cfs_burst_us cpu.max.burst
	limits '{"cpu": {"quota": 50000, "period": 100000, "burst": 60000}}'
	refuses 'burst|cpu\.max|cpu\.cfs_quota_us' 'linux\.resources\.cpu\.burst'
}

# covers: linux.resources.cpu.idle
@test "cpu: idle" {
	before_runc 1.2 'has no idle'
	knows cpu cpu.idle cpu.idle
	limits '{"cpu": {"idle": 1}}'
	reads 1 1 cpu cpu.idle cpu.idle
}

# A cgroup can give away realtime no more than it has, so its parent gets some first.
# covers: linux.resources.cpu.realtimeRuntime linux.resources.cpu.realtimePeriod
@test "cpu: realtime runtime and period, on cgroup v1" {
	needs v1
	knows cpu cpu.rt_runtime_us none
	mkdir -p "$(cgroup_dir cpu)"
	echo 5000 2>/dev/null >"$(cgroup_dir cpu)/cpu.rt_runtime_us" || skip 'there is no realtime left to give'
	limits '{"cpu": {"realtimeRuntime": 2000, "realtimePeriod": 800000}}'
	reads 2000 '' cpu cpu.rt_runtime_us
	reads 800000 '' cpu cpu.rt_period_us
}

@test "cpu: more realtime than the parent has is refused" {
	needs v1
	knows cpu cpu.rt_runtime_us none
	limits '{"cpu": {"realtimeRuntime": 2000, "realtimePeriod": 800000}}'
	refuses 'invalid argument|rt_runtime|realtime' 'rt_runtime_us|realtimeRuntime'
}

@test "cpu: realtime is refused on cgroup v2 by its name" {
	needs v2
	skip_on runc 'runc ignores it'
	limits '{"cpu": {"realtimeRuntime": 2000}}'
	refuses 'realtime' 'linux\.resources\.cpu\.realtimeRuntime'
}

# ---- cpuset ---------------------------------------------------------------------------------------------------------

first_of() { awk -v field="$1:" '$1 == field { sub(/[,-].*/, "", $2); print $2 }' /proc/self/status; }

# covers: linux.resources.cpu.cpus linux.resources.cpu.mems
@test "cpuset: cpus and mems (LXC chapter)" {
	needs controller:cpuset
	local cpu mem
	cpu=$(first_of Cpus_allowed_list)
	mem=$(first_of Mems_allowed_list)
	limits "{\"cpu\": {\"cpus\": \"$cpu\", \"mems\": \"$mem\"}}"
	inside "cat $(knob cpuset cpuset.cpus cpuset.cpus) $(knob cpuset cpuset.mems cpuset.mems); nproc
		taskset -p \$\$; grep allowed_list /proc/self/status"
	ok
	same "$cpu $mem 1" "${lines[0]} ${lines[1]} ${lines[2]}"
	has "^Cpus_allowed_list:[[:space:]]+$cpu$"
	has "^Mems_allowed_list:[[:space:]]+$mem$"
}

@test "cpuset: a processor or memory node that is not there is refused" {
	needs controller:cpuset
	limits '{"cpu": {"cpus": "8000"}}'
	refuses 'cpuset' 'cpus'
	bundle "$ARENA/mems"
	limits '{"cpu": {"mems": "1000"}}'
	refuses 'cpuset' 'mems'
}

@test "cpuset: what is no list is refused" {
	needs controller:cpuset
	limits '{"cpu": {"cpus": "zero"}}'
	refuses 'cpuset|cpus' 'linux\.resources\.cpu\.cpus'
}

# ---- pids -----------------------------------------------------------------------------------------------------------

# covers: linux.resources.pids.limit
@test "pids: limit" {
	needs controller:pids
	limits '{"pids": {"limit": 70}}'
	reads 70 70 pids pids.max pids.max
	limits '{"pids": {"limit": -1}}'
	reads max max pids pids.max pids.max
}

# covers: linux.resources.pids.limit
@test "pids: who starts more than the limit cannot" {
	needs controller:pids
	limits '{"pids": {"limit": 60}}'
	inside 'for i in $(seq 100); do sleep 100 & done; echo "all started"'
	has "can't fork|Resource temporarily unavailable"
}

# ---- blkio ----------------------------------------------------------------------------------------------------------

# numbered_device attaches a loop device: its path in $device, its numbers in $number, and for config.json in $numbers.
numbered_device() {
	block_device 1M
	number=$(lsblk --nodeps --noheadings --output MAJ:MIN "$device" | tr -d ' ')
	numbers="\"major\": ${number%:*}, \"minor\": ${number#*:}"
}

# scheduled_device attaches one that BFQ takes care of, the only scheduler with weights.
scheduled_device() {
	numbered_device
	local scheduler=/sys/block/${device##*/}/queue/scheduler
	grep -qw bfq "$scheduler" || skip 'the kernel has no BFQ'
	at_end sh -c 'echo none >"$0"' "$scheduler"
	echo bfq >"$scheduler"
}

# covers: linux.resources.blockIO.weight
@test "blockIO: weight (LXC chapter)" {
	knows blkio blkio.bfq.weight io.bfq.weight
	limits '{"blockIO": {"weight": 400}}'
	reads 400 'default 400' blkio blkio.bfq.weight io.bfq.weight
}

# covers: linux.resources.blockIO.weightDevice.major linux.resources.blockIO.weightDevice.minor
# covers: linux.resources.blockIO.weightDevice.weight
@test "blockIO: weight of one device" {
	needs v1
	knows blkio blkio.bfq.weight_device none
	scheduled_device
	limits "{\"blockIO\": {\"weight\": 300, \"weightDevice\": [{$numbers, \"weight\": 500}]}}"
	inside "cat $(knob blkio blkio.bfq.weight_device)"
	ok
	has "^$number 500$"
}

# Leaf weights were CFQ's, and went with it.
# covers: linux.resources.blockIO.leafWeight linux.resources.blockIO.weightDevice.leafWeight
@test "blockIO: leaf weights are set where the kernel has them, else refused" {
	needs v1 controller:blkio
	numbered_device
	[[ ! -e $(hierarchy blkio)/blkio.leaf_weight ]] || skip 'CFQ has not gone yet'
	limits '{"blockIO": {"leafWeight": 300}}'
	refuses 'leaf_?weight'
	limits "{\"blockIO\": {\"weightDevice\": [{$numbers, \"leafWeight\": 300}]}}"
	refuses 'leaf_?weight'
}

@test "blockIO: leaf weights are refused on cgroup v2 by their name" {
	needs v2
	skip_on runc 'runc ignores them'
	limits '{"blockIO": {"leafWeight": 300}}'
	refuses 'leafWeight' 'linux\.resources\.blockIO\.leafWeight'
}

# covers: linux.resources.blockIO.throttleReadBpsDevice.major linux.resources.blockIO.throttleReadBpsDevice.minor
# covers: linux.resources.blockIO.throttleReadBpsDevice.rate
# covers: linux.resources.blockIO.throttleWriteBpsDevice.major linux.resources.blockIO.throttleWriteBpsDevice.minor
# covers: linux.resources.blockIO.throttleWriteBpsDevice.rate
# covers: linux.resources.blockIO.throttleReadIOPSDevice.major linux.resources.blockIO.throttleReadIOPSDevice.minor
# covers: linux.resources.blockIO.throttleReadIOPSDevice.rate
# covers: linux.resources.blockIO.throttleWriteIOPSDevice.major linux.resources.blockIO.throttleWriteIOPSDevice.minor
# covers: linux.resources.blockIO.throttleWriteIOPSDevice.rate
@test "blockIO: throttles, in bytes and in operations" {
	local controller=blkio
	! have v2 || controller=io
	knows $controller blkio.throttle.read_bps_device io.max
	numbered_device
	limits "{\"blockIO\": {
		\"throttleReadBpsDevice\": [{$numbers, \"rate\": 1048576}],
		\"throttleWriteBpsDevice\": [{$numbers, \"rate\": 2097152}],
		\"throttleReadIOPSDevice\": [{$numbers, \"rate\": 300}],
		\"throttleWriteIOPSDevice\": [{$numbers, \"rate\": 400}]}}"
	if have v2; then
		reads '' "$number rbps=1048576 wbps=2097152 riops=300 wiops=400" io none io.max
	else
		inside "for f in read_bps write_bps read_iops write_iops; do cat $(knob blkio blkio.throttle.)\${f}_device; done"
		ok
		equals "$number 1048576"$'\n'"$number 2097152"$'\n'"$number 300"$'\n'"$number 400"
	fi
}

@test "blockIO: a device that is not there is refused" {
	local controller=blkio
	! have v2 || controller=io
	knows $controller blkio.throttle.read_bps_device io.max
	limits '{"blockIO": {"throttleReadBpsDevice": [{"major": 60, "minor": 99, "rate": 1048576}]}}'
	refuses 'no such device' 'throttle|io\.max'
}

# ---- hugetlb, network, rdma -----------------------------------------------------------------------------------------

# v1_controller NAME gives the host of this test one hierarchy more, with that controller. The cgroup file systems are
# bound to a place of their own first: the host's directory of mount points is not ours to add to.
v1_controller() {
	needs v1
	grep -q "^${1}[[:space:]]" /proc/cgroups || skip "the kernel has no controller $1"
	own_host mount
	on_host sh -c '
		mkdir "$0" && mount -t tmpfs cgroups "$0" && cd /sys/fs/cgroup &&
		for d in *; do
			if [ -L $d ]; then cp -P $d "$0/$d"; elif mountpoint -q $d; then mkdir "$0/$d" && mount --bind $d "$0/$d"; fi
		done && cd / && umount -l /sys/fs/cgroup && mount --rbind "$0" /sys/fs/cgroup' "$ARENA/cgroups"
	on_host sh -c 'cd /sys/fs/cgroup && mkdir -p $0 && mount -t cgroup -o $0 cgroup $0' "$1" 2>/dev/null ||
		skip "the controller $1 is in use in another hierarchy"
}

# covers: linux.resources.hugepageLimits.pageSize linux.resources.hugepageLimits.limit
@test "hugepageLimits: use and reservation are limited, per page size" {
	have v2 || v1_controller hugetlb
	needs file:/sys/kernel/mm/hugepages/hugepages-2048kB
	! have v2 || needs controller:hugetlb
	limits '{"hugepageLimits": [{"pageSize": "2MB", "limit": 8388608}]}'
	local dir=/sys/fs/cgroup suffix=max
	have v2 || dir=/sys/fs/cgroup/hugetlb suffix=limit_in_bytes
	inside "cd $dir && cat hugetlb.2MB.$suffix; test ! -e hugetlb.2MB.rsvd.$suffix || cat hugetlb.2MB.rsvd.$suffix"
	ok
	same 8388608 "${lines[0]}"
	same 8388608 "${lines[-1]}"
}

@test "hugepageLimits: a page size that the machine has not is refused by its name" {
	limits '{"hugepageLimits": [{"pageSize": "3MB", "limit": 8388608}]}'
	refuses '3MB|hugetlb' 'hugepageLimits\[0\].*3MB'
}

# covers: linux.resources.network.classID
@test "network: classID, on cgroup v1" {
	v1_controller net_cls
	limits '{"network": {"classID": 1048577}}'
	inside 'cat /sys/fs/cgroup/net_cls/net_cls.classid'
	ok
	equals 1048577
}

# covers: linux.resources.network.priorities.name linux.resources.network.priorities.priority
@test "network: priorities, on cgroup v1" {
	v1_controller net_prio
	limits '{"network": {"priorities": [{"name": "lo", "priority": 7}]}}'
	inside 'cat /sys/fs/cgroup/net_prio/net_prio.ifpriomap'
	ok
	has '^lo 7$'
}

@test "network: refused by name where the controllers are not mounted" {
	! have controller:net_cls || skip 'net_cls is mounted'
	if have v2; then skip_on runc 'runc ignores them'; fi
	limits '{"network": {"classID": 1048577}}'
	refuses 'net_cls' 'linux\.resources\.network\.classID'
	config 'del(.linux.resources.network)'
	limits '{"network": {"priorities": [{"name": "lo", "priority": 7}]}}'
	refuses 'net_prio' 'linux\.resources\.network\.priorities\[0\]'
}

# There is no such hardware to limit on most machines; then the kernel or the runtime has to say so.
# covers: linux.resources.rdma.hcaHandles linux.resources.rdma.hcaObjects
@test "rdma: a device that is not there, or no controller, is refused by name" {
	[[ ! -e /sys/class/infiniband/no_such_hca ]] || skip 'there is such a device'
	limits '{"rdma": {"no_such_hca": {"hcaHandles": 3, "hcaObjects": 1000}}}'
	refuses 'rdma' 'rdma'
}

# ---- unified --------------------------------------------------------------------------------------------------------

# covers: linux.resources.unified
@test "unified: files of the cgroup are written, on cgroup v2" {
	needs v2
	limits '{"unified": {"cgroup.max.descendants": "7", "cgroup.max.depth": "3"}}'
	inside 'cd /sys/fs/cgroup && cat cgroup.max.descendants cgroup.max.depth'
	ok
	equals $'7\n3'
}

# covers: linux.resources.unified
@test "unified: controllers' files are written, and win over the older fields" {
	needs v2 controller:hugetlb
	limits '{"unified": {"hugetlb.2MB.max": "4194304"}, "hugepageLimits": [{"pageSize": "2MB", "limit": 8388608}]}'
	inside 'cat /sys/fs/cgroup/hugetlb.2MB.max'
	ok
	equals 4194304
}

@test "unified: a file that is not there is refused by its name" {
	needs v2
	limits '{"unified": {"nosuch.max": "1"}}'
	refuses 'nosuch\.max'
}

# covers: linux.resources.unified
@test "unified: refused by name on cgroup v1" {
	needs v1
	limits '{"unified": {"memory.high": "1000000"}}'
	refuses 'unified' 'linux\.resources\.unified'
}

@test "limits: a failed one leaves nothing behind" {
	limits '{"cpu": {"cpus": "8000"}, "pids": {"limit": 10}}'
	inside 'echo ran'
	fails
	no_trace_of inside-1
}
