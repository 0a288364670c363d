#!/usr/bin/env bats
load helpers

setup() {
	arena_open
	skip_on crun "crun has no events"
}

@test "events: --stats prints one JSON object and ends" {
	bundle
	sleeper web
	rt_out events --stats web
	ok
	same 1 "${#lines[@]}"
	json '.type == "stats" and .id == "web"'
	json '.data | has("cpu") and has("memory") and has("pids") and has("blkio") and has("hugetlb") and has("intel_rdt")'
}

@test "events: --stats counts processes, memory and processor time" {
	needs controller:pids controller:memory controller:cpuacct v1
	bundle
	config '.linux.resources.pids.limit = 100 | .linux.resources.memory.limit = 67108864'
	sleeper web
	rt exec -d web sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; touch /spun; sleep 1000'
	ok
	wait_until 60 test -e "$ROOTFS/spun"
	rt_out events --stats web
	ok
	json '.data.pids.current >= 2 and .data.pids.limit == 100'
	json '.data.memory.usage.usage > 0 and .data.memory.usage.limit == 67108864'
	json '.data.memory.raw.total_rss > 0'
	json '.data.cpu.usage.total > 0 and .data.cpu.usage.user + .data.cpu.usage.kernel > 0'
	json '(.data.cpu.usage.percpu | add) == .data.cpu.usage.total'
}

@test "events: --stats of a paused container" {
	bundle
	sleeper web
	rt pause web
	ok
	rt_out events --stats web
	ok
	json '.type == "stats"'
}

@test "events: prints stats at an interval until the container ends" {
	bundle
	sleeper web
	rt_spawn events --interval 100ms web
	local stream=$output_file
	wait_until 60 lines_in "$stream" 2
	rt kill web KILL
	ok
	wait_until 60 in_state web stopped
	rt delete web
	ok
	output_file=$stream
	rt_wait
	ok
	same 'stats web' "$(grep '^{' "$stream" | sed -n 2p | jq -r '.type + " " + .id')" # there may be a warning before
}

lines_in() { (($(grep -c '"type":"stats"' "$1") >= $2)); }

@test "events: reports that the kernel ran out of memory for the container" {
	needs controller:memory
	bundle
	config '.linux.resources.memory = {limit: 20971520, swap: 20971520}'
	have v2 || [[ -e $(hierarchy memory)/memory.memsw.limit_in_bytes ]] || config 'del(.linux.resources.memory.swap)'
	args sh -c 'while read line </go; do dd if=/dev/zero of=/dev/null bs=200M count=1; done'
	mkfifo "$ROOTFS/go"
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt run -d web
	ok
	rt_spawn events --interval 1h web
	wait_until 60 out_of_memory "$output_file"
}

# out_of_memory lets the container run out of memory once more, until the event is in FILE.
out_of_memory() {
	grep -q '"type":"oom","id":"web"' "$1" || {
		echo >"$ROOTFS/go"
		return 1
	}
}

@test "events: an interval that is no duration or not positive is refused" {
	bundle
	sleeper web
	local interval
	for interval in 0s -1s soon; do
		rt events --interval="$interval" web
		fails 1
		has 'interval'
	done
}

@test "events: a stopped container is refused" {
	bundle
	args true
	run_as web -d
	ok
	wait_until 60 in_state web stopped
	rt events --stats web
	fails 1
	has 'not running'
}

@test "events: an unknown container is an error, no id a usage error" {
	rt events --stats nobody
	fails 1
	has 'does not exist'
	rt events --stats
	fails 1
	has 'requires exactly 1 argument'
}
