#!/usr/bin/env bats
# linux.intelRdt: cache and memory bandwidth, through the resctrl file system that few machines have.

load helpers
load refusals
load subject

setup() {
	arena_open
	bundle
}

rdt() { config '.linux.intelRdt = $rdt' --argjson rdt "$1"; }

resctrl() { grep -q ' - resctrl ' /proc/self/mountinfo; }

# covers: linux.intelRdt.closID linux.intelRdt.schemata linux.intelRdt.l3CacheSchema linux.intelRdt.memBwSchema
# covers: linux.intelRdt.enableMonitoring
@test "intelRdt: refused by name where there is no resctrl, whichever field asks for it" {
	! resctrl || skip 'this machine has resctrl'
	before_runc 1.2 'does not look at every field'
	local field
	for field in '"closID": "gold"' '"schemata": ["L3:0=f"]' '"l3CacheSchema": "L3:0=f"' '"memBwSchema": "MB:0=50"' \
		'"enableMonitoring": true'; do
		rdt "{$field}"
		refuses 'intelRdt|Intel RDT' 'linux\.intelRdt'
	done
}

# covers: linux.intelRdt.closID
@test "intelRdt: the container's process is in its class of service" {
	resctrl || skip 'this machine has no resctrl'
	local top
	top=$(awk '/ - resctrl / { print $5; exit }' /proc/self/mountinfo)
	rdt '{"closID": "husk-bats"}'
	sleeper one
	is grep -qx "$(pid_of one)" "$top/husk-bats/tasks"
	rt delete --force one
	ok
	not test -e "$top/husk-bats"
}
