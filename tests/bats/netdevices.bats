#!/usr/bin/env bats
# linux.netDevices: network devices of the host that move into the container.
#
# The host is a network namespace of the test's own; no packet and no device leaves it.

load helpers
load refusals
load subject

setup() {
	arena_open
	before_runc 1.4 'has no netDevices'
	skip_on crun 'crun 1.8 has no netDevices'
	bundle
	own_host net
	on_host ip link set lo up
	on_host ip link add outer type veth peer name inner || skip 'the kernel has no veth devices'
}

move() { config '.linux.netDevices = $devices' --argjson devices "$1"; }

# covers: linux.netDevices.name
@test "netDevices: a device moves in under its name, up, and is gone from the host" {
	move '{"inner": {}}'
	args sh -c 'ip -o link show; exec sleep 1000'
	config '.linux.cgroupsPath = $path' --arg path "$CGROUP/one"
	rt run --detach one </dev/null
	ok
	rt exec one ip -o link show inner
	ok
	has ' inner(@[^ ]+)?: <[^>]*\bUP\b'
	not on_host ip link show inner
	is on_host ip link show outer
}

# covers: linux.netDevices.name
@test "netDevices: a device can be renamed on its way" {
	move '{"inner": {"name": "eth0"}}'
	inside 'ip -o link show'
	ok
	has ' eth0(@[^ ]+)?: '
	lacks ' inner'
}

# covers: linux.netDevices.name
@test "netDevices: %d stands for the first free number" {
	skip_on runc 'runc looks for a device of that very name afterwards'
	on_host ip link add outer2 type veth peer name inner2
	move '{"inner": {"name": "net%d"}, "inner2": {"name": "net%d"}}'
	inside 'ip -o link show'
	ok
	has ' net0(@[^ ]+)?: '
	has ' net1(@[^ ]+)?: '
}

@test "netDevices: addresses of global scope, the MTU and the hardware address come along" {
	on_host ip link set inner address 02:00:00:00:00:07 mtu 1400
	on_host ip address add 10.1.2.3/24 dev inner
	local ipv6=yes
	on_host ip -6 address add fd00:1::3/64 dev inner nodad || ipv6=no
	move '{"inner": {"name": "eth0"}}'
	inside 'ip address show eth0'
	ok
	has 'inet 10\.1\.2\.3/24 '
	[[ $ipv6 == no ]] || has 'inet6 fd00:1::3/64 '
	has 'mtu 1400 '
	has 'link/ether 02:00:00:00:00:07 '
}

@test "netDevices: the two ends talk to each other" {
	grant CAP_NET_RAW
	on_host ip address add 10.1.2.4/24 dev outer
	on_host ip link set outer up
	on_host ip address add 10.1.2.3/24 dev inner
	move '{"inner": {"name": "eth0"}}'
	inside 'ping -c 1 -W 30 10.1.2.4'
	ok
	has ' 0% packet loss'
}

@test "netDevices: a device moves into a network namespace that is joined" {
	unshared net
	config '(.linux.namespaces[] | select(.type == "network")).path = $path' --arg path "/proc/$holder/ns/net"
	move '{"inner": {"name": "eth0"}}'
	inside 'ip -o link show eth0'
	ok
	is nsenter --target "$holder" --net ip link show eth0
}

@test "netDevices: one that is missing is refused by its name" {
	move '{"absent": {}}'
	refuses 'absent'
}

@test "netDevices: a name that is taken inside is refused, and the device stays" {
	move '{"inner": {"name": "lo"}}'
	refuses 'file exists|lo' 'inner.*lo'
	is_runc || is on_host ip link show inner # runc notices after the move
}

@test "netDevices: a name that no device can have is refused" {
	local name
	for name in 'with/slash' 'with space' 'much-too-long-for-a-name' '..'; do
		config '.linux.netDevices = {inner: {name: $name}}' --arg name "$name"
		refuses 'network device' 'linux\.netDevices.*inner'
	done
	is on_host ip link show inner
}

@test "netDevices: refused where the container has the host's network" {
	move '{"inner": {}}'
	config '.linux.namespaces |= map(select(.type != "network"))'
	refuses 'net' 'linux\.netDevices'
	is on_host ip link show inner
}

@test "netDevices: after a start that failed the device is back, or gone with its namespace, and nothing else is left" {
	move '{"inner": {"name": "eth0"}}'
	args /no/such/program
	run_as failing
	fails
	no_trace_of failing
	not on_host ip link show eth0
}
