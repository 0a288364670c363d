#!/usr/bin/env bats
load helpers

# limit CONTROLLER V1FILE V2FILE prints what the container's cgroup says.
limit() {
	local file=$2
	! have v2 || file=$3
	cat "$(cgroup_dir "$1" web)/$file"
}

@test "update: --memory, --memory-reservation and --memory-swap, in bytes or with a unit" {
	needs controller:memory
	bundle
	config '.linux.resources.memory.limit = 67108864'
	sleeper web
	same 67108864 "$(limit memory memory.limit_in_bytes memory.max)"
	rt update --memory 50331648 web
	ok
	same 50331648 "$(limit memory memory.limit_in_bytes memory.max)"
	rt update --memory 96M --memory-reservation 32M web
	ok
	same 100663296 "$(limit memory memory.limit_in_bytes memory.max)"
	same 33554432 "$(limit memory memory.soft_limit_in_bytes memory.low)"
}

@test "update: --memory -1 lifts the limit" {
	needs controller:memory
	bundle
	config '.linux.resources.memory.limit = 67108864'
	sleeper web
	rt update --memory -1 web
	ok
	local unlimited=9223372036854771712
	! have v2 || unlimited=max
	same "$unlimited" "$(limit memory memory.limit_in_bytes memory.max)"
}

@test "update: --memory-swap" {
	needs controller:memory
	have v2 || needs "file:$(hierarchy memory)/memory.memsw.limit_in_bytes"
	bundle
	config '.linux.resources.memory = {limit: 67108864, swap: 67108864}'
	sleeper web
	rt update --memory 64M --memory-swap 96M web
	ok
	if have v2; then
		same 33554432 "$(limit memory - memory.swap.max)"
	else
		same 100663296 "$(limit memory memory.memsw.limit_in_bytes -)"
	fi
}

@test "update: --pids-limit, also to none" {
	needs controller:pids
	bundle
	config '.linux.resources.pids.limit = 20'
	sleeper web
	same 20 "$(limit pids pids.max pids.max)"
	rt update --pids-limit 30 web
	ok
	same 30 "$(limit pids pids.max pids.max)"
	rt update --pids-limit -1 web
	ok
	same max "$(limit pids pids.max pids.max)"
}

@test "update: --cpu-share, --cpu-quota and --cpu-period" {
	needs controller:cpu v1
	bundle
	sleeper web
	rt update --cpu-share 512 --cpu-quota 50000 --cpu-period 100000 web
	ok
	same 512 "$(limit cpu cpu.shares -)"
	same 50000 "$(limit cpu cpu.cfs_quota_us -)"
	same 100000 "$(limit cpu cpu.cfs_period_us -)"
}

@test "update: --cpu-share, --cpu-quota and --cpu-period on cgroup v2" {
	needs v2 controller:cpu
	bundle
	sleeper web
	rt update --cpu-share 512 --cpu-quota 50000 --cpu-period 100000 web
	ok
	same '50000 100000' "$(limit cpu - cpu.max)"
	is test "$(limit cpu - cpu.weight)" != 100
}

@test "update: --cpu-quota alone keeps the period, --cpu-period alone the quota" {
	needs controller:cpu v1
	bundle
	config '.linux.resources.cpu = {quota: 40000, period: 80000}'
	sleeper web
	rt update --cpu-quota 30000 web
	ok
	same 80000 "$(limit cpu cpu.cfs_period_us -)"
	rt update --cpu-period 60000 web
	ok
	same 60000 "$(limit cpu cpu.cfs_period_us -)"
	same 30000 "$(limit cpu cpu.cfs_quota_us -)"
}

@test "update: --cpu-burst" {
	before_runc 1.2 "has none"
	skip_on crun "crun 1.8 has none"
	needs controller:cpu v1 "file:$(hierarchy cpu)/cpu.cfs_burst_us"
	bundle
	config '.linux.resources.cpu = {quota: 50000, period: 100000}'
	sleeper web
	rt update --cpu-burst 20000 web
	ok
	same 20000 "$(limit cpu cpu.cfs_burst_us -)"
}

@test "update: --cpu-idle" {
	before_runc 1.2 "has none"
	needs controller:cpu v1
	bundle
	sleeper web
	[[ -e $(cgroup_dir cpu web)/cpu.idle ]] || skip "needs cpu.idle"
	rt update --cpu-idle 1 web
	ok
	same 1 "$(limit cpu cpu.idle -)"
	rt update --cpu-idle 0 web
	ok
	same 0 "$(limit cpu cpu.idle -)"
}

@test "update: --cpuset-cpus and --cpuset-mems" {
	needs controller:cpuset
	bundle
	sleeper web
	rt update --cpuset-cpus 0 --cpuset-mems 0 web
	ok
	same 0 "$(limit cpuset cpuset.cpus cpuset.cpus)"
	same 0 "$(limit cpuset cpuset.mems cpuset.mems)"
	rt exec web nproc
	ok
	equals 1
}

@test "update: --blkio-weight" {
	needs controller:blkio v1
	bundle
	sleeper web
	local file
	file=$(find "$(cgroup_dir blkio web)" -name blkio.weight -o -name blkio.bfq.weight | head -n 1)
	[[ -n $file ]] || skip "needs a block I/O scheduler with weights"
	rt update --blkio-weight 500 web
	ok
	same 500 "$(cat "$file")"
}

@test "update: --resources from a file" {
	needs controller:memory controller:pids
	bundle
	sleeper web
	echo '{"memory": {"limit": 50331648}, "pids": {"limit": 40}}' >"$ARENA/resources.json"
	rt update --resources "$ARENA/resources.json" web
	ok
	same 50331648 "$(limit memory memory.limit_in_bytes memory.max)"
	same 40 "$(limit pids pids.max pids.max)"
	cd "$ARENA"
	echo '{"pids": {"limit": 41}}' >resources.json
	rt update -r resources.json web
	ok
	same 41 "$(limit pids pids.max pids.max)"
	same 50331648 "$(limit memory memory.limit_in_bytes memory.max)"
}

@test "update: --resources - reads standard input" {
	needs controller:pids
	bundle
	sleeper web
	rt update -r - web <<<'{"pids": {"limit": 42}}'
	ok
	same 42 "$(limit pids pids.max pids.max)"
}

@test "update: broken resources are refused and nothing changes" {
	bundle
	config '.linux.resources.pids.limit = 20'
	! have v2 || needs controller:pids
	sleeper web
	local content
	for content in '' '{' '{"pids": {"limit": "many"}}' '[]' '{"memory": 5}'; do
		rt update -r - web <<<"$content"
		fails 1
		lacks 'panic|goroutine'
	done
	rt update -r "$ARENA/none.json" web
	fails 1
	has 'none\.json'
	same 20 "$(limit pids pids.max pids.max)"
}

@test "update: values that are no numbers are refused by flag" {
	skip_on crun "crun passes them on"
	bundle
	sleeper web
	local flag
	for flag in memory memory-swap memory-reservation cpu-share cpu-quota cpu-period cpu-rt-period cpu-rt-runtime pids-limit; do
		rt update "--$flag" lots web
		fails 1
		has "$flag"
	done
}

@test "update: a limit that the kernel refuses is an error, and the others hold" {
	needs controller:pids controller:cpu v1
	bundle
	config '.linux.resources.pids.limit = 20'
	sleeper web
	rt update --cpu-period 1 web
	fails 1
	has 'cpu'
	same 20 "$(limit pids pids.max pids.max)"
	same running "$(status_of web)"
}

@test "update: what is updated stays known to later updates" {
	needs controller:memory controller:pids
	bundle
	sleeper web
	rt update --memory 64M web
	ok
	rt update --pids-limit 25 web
	ok
	same 67108864 "$(limit memory memory.limit_in_bytes memory.max)"
	same 25 "$(limit pids pids.max pids.max)"
}

@test "update: the rules for devices stay as they are" {
	needs v1 controller:devices controller:pids
	bundle
	sleeper web
	local before
	echo 'c 10:200 rwm' >"$(cgroup_dir devices web)/devices.allow"
	before=$(limit devices devices.list -)
	rt update --pids-limit 25 web
	ok
	same "$before" "$(limit devices devices.list -)"
}

@test "update: a paused container stays paused" {
	needs controller:pids
	bundle
	sleeper web
	rt pause web
	ok
	rt update --pids-limit 25 web
	ok
	same paused "$(status_of web)"
}

@test "update: a created container is updated before it starts" {
	needs controller:pids
	bundle
	args sleep 1000
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt create web
	ok
	rt update --pids-limit 25 web
	ok
	same 25 "$(limit pids pids.max pids.max)"
}

@test "update: flags may stand after the id" {
	needs controller:pids
	skip_on crun "crun reads flags first"
	bundle
	sleeper web
	rt update web --pids-limit 25
	ok
	same 25 "$(limit pids pids.max pids.max)"
}

@test "update: Intel RDT schemata are refused where the machine has no RDT" {
	skip_on crun "crun has none"
	[[ ! -d /sys/fs/resctrl/info ]] || skip "this machine has RDT"
	bundle
	sleeper web
	rt update --l3-cache-schema L3:0=f web
	fails 1
	has 'RDT|L3'
	rt update --mem-bw-schema MB:0=50 web
	fails 1
	has 'RDT|[Mm]emory bandwidth'
}

@test "update: a stopped container is refused" {
	before_runc 1.2 "ignores it"
	skip_on crun "crun's words differ"
	bundle
	args true
	run_as web -d
	ok
	wait_until 60 in_state web stopped
	rt update --pids-limit 25 web
	fails 1
	has 'not running'
}

@test "update: an unknown container is an error, no id a usage error" {
	rt update --pids-limit 25 nobody
	fails 1
	has 'does not exist'
	rt update --pids-limit 25
	fails 1
	has 'requires exactly 1 argument'
}
