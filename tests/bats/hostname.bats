#!/usr/bin/env bats
# hostname and domainname.

load helpers
load refusals
load subject

setup() {
	arena_open
	bundle
}

# covers: hostname
@test "hostname: the container has it, the host keeps its own" {
	local before
	before=$(hostname)
	config '.hostname = "web-1.example"'
	inside 'hostname; cat /proc/sys/kernel/hostname'
	ok
	equals $'web-1.example\nweb-1.example'
	same "$before" "$(hostname)"
}

# covers: hostname
@test "hostname: without the field it is the host's at the time" {
	own_host uts
	on_host hostname the-host
	config 'del(.hostname)'
	inside 'hostname'
	ok
	equals the-host
}

# covers: hostname
@test "hostname: it is set in a UTS namespace that is joined, too" {
	unshared uts
	config '.hostname = "joined" | (.linux.namespaces[] | select(.type == "uts")).path = $path' \
		--arg path "/proc/$holder/ns/uts"
	inside 'hostname'
	ok
	equals joined
	same joined "$(nsenter --target "$holder" --uts hostname)"
}

# covers: hostname
@test "hostname: 64 characters fit, 65 are refused" {
	config '.hostname = "a" * 64'
	inside 'hostname | tr -d "\n" | wc -c'
	ok
	equals 64
	config '.hostname = "a" * 65'
	refuses 'invalid argument|too long|hostname' 'hostname'
}

# covers: hostname
@test "hostname: it is refused where the UTS namespace is the host's" {
	local before
	before=$(hostname)
	config '.linux.namespaces |= map(select(.type != "uts"))'
	refuses 'hostname.*UTS|UTS.*hostname'
	same "$before" "$(hostname)"
}

# covers: domainname
@test "domainname: the container has it, the host keeps its own" {
	before_runc 1.2 'has no domainname'
	local before
	before=$(cat /proc/sys/kernel/domainname)
	config '.domainname = "example.org"'
	inside 'cat /proc/sys/kernel/domainname; hostname'
	ok
	equals $'example.org\narena'
	same "$before" "$(cat /proc/sys/kernel/domainname)"
}

# covers: domainname
@test "domainname: without the field it is the host's at the time" {
	own_host uts
	on_host sh -c 'echo domain-of-the-host >/proc/sys/kernel/domainname'
	inside 'cat /proc/sys/kernel/domainname'
	ok
	equals domain-of-the-host
}

# covers: domainname
@test "domainname: it is refused where the UTS namespace is the host's" {
	before_runc 1.2 'has no domainname'
	config 'del(.hostname) | .domainname = "example.org" | .linux.namespaces |= map(select(.type != "uts"))'
	refuses 'domainname.*UTS|UTS.*domainname'
}
