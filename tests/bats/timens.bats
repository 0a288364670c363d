#!/usr/bin/env bats
# Time namespaces: linux.timeOffsets, or one that is joined by path.

load helpers
load refusals
load subject

setup() {
	arena_open
	before_runc 1.2 'has no time namespaces'
	needs ns:time
	bundle
	config '.linux.namespaces += [{type: "time"}]'
}

offsets() { config '.linux.timeOffsets = $offsets' --argjson offsets "$1"; }

# Seconds since the host was booted, as a container with an offset cannot read them.
host_uptime() { cut -d. -f1 /proc/uptime; }

# covers: linux.timeOffsets.secs linux.namespaces.type
@test "timens: clocks are ahead by the offsets" {
	local before
	before=$(host_uptime)
	offsets '{"monotonic": {"secs": 7000000}, "boottime": {"secs": 5000000}}'
	inside 'cut -d. -f1 /proc/uptime; cat /proc/self/timens_offsets'
	ok
	is test "${lines[0]}" -ge $((before + 5000000))
	is test "${lines[0]}" -le $(($(host_uptime) + 5000000))
	has '^monotonic +7000000 +0$'
	has '^boottime +5000000 +0$'
}

# covers: linux.timeOffsets.nanosecs
@test "timens: offsets go down to the nanosecond" {
	offsets '{"monotonic": {"secs": 10, "nanosecs": 500000001}, "boottime": {"nanosecs": 999999999}}'
	inside 'cat /proc/self/timens_offsets'
	ok
	has '^monotonic +10 +500000001$'
	has '^boottime +0 +999999999$'
}

# covers: linux.timeOffsets.secs
@test "timens: a clock may be behind" {
	offsets '{"boottime": {"secs": -1}}'
	inside 'cat /proc/self/timens_offsets; cut -d. -f1 /proc/uptime'
	ok
	has '^boottime +-1 +0$'
	is test "${lines[-1]}" -le "$(host_uptime)"
}

# covers: linux.namespaces.type
@test "timens: without offsets it is new all the same" {
	inside 'readlink /proc/self/ns/time'
	ok
	has '^time:'
	lacks "$(readlink /proc/self/ns/time | tr -dc 0-9)"
}

@test "timens: not listed, it is the host's" {
	config '.linux.namespaces |= map(select(.type != "time"))'
	inside 'readlink /proc/self/ns/time'
	ok
	equals "$(readlink /proc/self/ns/time)"
}

@test "timens: exec enters it" {
	offsets '{"boottime": {"secs": 5000000}}'
	sleeper one
	rt exec one cut -d. -f1 /proc/uptime
	ok
	is test "$output" -ge 5000000
	is test "$(host_uptime)" -lt 5000000
}

# covers: linux.namespaces.path
@test "timens: one is joined by path" {
	unshared time boottime=3000000 fork kill-child
	config '(.linux.namespaces[] | select(.type == "time")).path = $path' --arg path "/proc/$holder/ns/time_for_children"
	inside 'cut -d. -f1 /proc/uptime; readlink /proc/self/ns/time'
	ok
	is test "${lines[0]}" -ge 3000000
	same "$(readlink "/proc/$holder/ns/time_for_children")" "${lines[1]}"
}

@test "timens: offsets without it are refused" {
	offsets '{"boottime": {"secs": 1}}'
	config '.linux.namespaces |= map(select(.type != "time"))'
	refuses 'time' 'timeOffsets'
}

@test "timens: offsets and a path together are refused" {
	offsets '{"boottime": {"secs": 1}}'
	config '(.linux.namespaces[] | select(.type == "time")).path = "/proc/self/ns/time"'
	refuses 'time namespace' 'timeOffsets'
}

@test "timens: a clock that has no offset is refused by its name" {
	offsets '{"realtime": {"secs": 1}}'
	refuses 'realtime|invalid argument' 'realtime'
}

@test "timens: an offset to before the boot of the host is refused" {
	offsets '{"boottime": {"secs": -1000000000}}'
	refuses 'out of range|numerical result' 'boottime|timeOffsets'
}
