#!/usr/bin/env bats
# linux.memoryPolicy: the NUMA policy of the container's process, as /proc/self/numa_maps tells it from inside.

load helpers
load refusals
load subject

setup() {
	arena_open
	before_runc 1.4 'has no memoryPolicy'
	skip_on crun 'crun 1.8 has no memoryPolicy'
	needs file:/proc/self/numa_maps
	bundle
	node=$(awk '/^Mems_allowed_list:/ { sub(/[,-].*/, "", $2); print $2 }' /proc/self/status)
}

policy() { config '.linux.memoryPolicy = $policy' --argjson policy "$1"; }

# policies prints the policies of a process's memory areas, each once.
policies() { inside 'cut -d" " -f2 /proc/self/numa_maps | sort -u'; }

# covers: linux.memoryPolicy.mode linux.memoryPolicy.nodes
@test "memoryPolicy: each mode with a node is the process's own" {
	local mode word
	for mode in BIND:bind INTERLEAVE:interleave PREFERRED:prefer PREFERRED_MANY:'prefer \(many\)' \
		WEIGHTED_INTERLEAVE:'weighted interleave'; do
		word=${mode#*:}
		[[ $mode != WEIGHTED* ]] || have kernel:6.9 || continue
		[[ $mode != *MANY* ]] || have kernel:5.15 || continue
		policy "{\"mode\": \"MPOL_${mode%%:*}\", \"nodes\": \"$node\"}"
		inside 'cut -d" " -f2- /proc/self/numa_maps'
		ok
		has "^$word(=[a-z|]*)?:$node( |$)"
	done
}

# covers: linux.memoryPolicy.mode
@test "memoryPolicy: local and default need no node" {
	policy '{"mode": "MPOL_LOCAL"}'
	policies
	ok
	has '^local$'
	policy '{"mode": "MPOL_DEFAULT"}'
	policies
	ok
	equals default
}

# covers: linux.memoryPolicy.flags
@test "memoryPolicy: flags" {
	policy "{\"mode\": \"MPOL_INTERLEAVE\", \"nodes\": \"$node\", \"flags\": [\"MPOL_F_STATIC_NODES\"]}"
	policies
	ok
	has "^interleave=static:$node$"
	policy '{"mode": "MPOL_INTERLEAVE", "nodes": "0", "flags": ["MPOL_F_RELATIVE_NODES"]}'
	policies
	ok
	has '^interleave=relative:'
}

@test "memoryPolicy: without one it is the default" {
	policies
	ok
	equals default
}

@test "memoryPolicy: exec has it too" {
	policy "{\"mode\": \"MPOL_BIND\", \"nodes\": \"$node\"}"
	sleeper one
	rt exec one sh -c 'cut -d" " -f2 /proc/self/numa_maps | sort -u'
	ok
	has "^bind:$node$"
}

@test "memoryPolicy: an unknown mode or flag is refused by its name" {
	policy '{"mode": "MPOL_WISHFUL"}'
	refuses 'MPOL_WISHFUL' 'linux\.memoryPolicy\.mode'
	policy '{"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_WISHFUL"]}'
	refuses 'MPOL_F_WISHFUL' 'linux\.memoryPolicy\.flags'
}

@test "memoryPolicy: nodes where there must be none, or none where there must be, are refused" {
	policy '{"mode": "MPOL_LOCAL", "nodes": "0"}'
	refuses 'node' 'linux\.memoryPolicy\.nodes'
	policy '{"mode": "MPOL_BIND"}'
	refuses 'node' 'linux\.memoryPolicy\.nodes'
	policy '{"mode": "MPOL_BIND", "nodes": "first"}'
	refuses 'first' 'linux\.memoryPolicy\.nodes'
}

@test "memoryPolicy: a node that the machine has not is refused" {
	policy '{"mode": "MPOL_BIND", "nodes": "900"}'
	refuses 'invalid argument|node' 'memory ?policy|set_mempolicy'
}
