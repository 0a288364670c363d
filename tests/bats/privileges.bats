#!/usr/bin/env bats
# process.noNewPrivileges, oomScoreAdj, apparmorProfile and selinuxLabel.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the container's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals

# covers: process.noNewPrivileges
@test "noNewPrivileges: true and false" {
	bundle
	config '.process.noNewPrivileges = true'
	inside 'grep NoNewPrivs /proc/self/status'
	ok
	equals $'NoNewPrivs:\t1'
	config '.process.noNewPrivileges = false'
	inside 'grep NoNewPrivs /proc/self/status'
	ok
	equals $'NoNewPrivs:\t0'
}

# covers: process.noNewPrivileges
@test "noNewPrivileges: makes a set-uid binary powerless" {
	needs helper:syscalls # busybox gives a set-uid bit's privilege back before it does anything
	bundle
	cp "$HELPERS/syscalls" rootfs/bin/
	chmod 4755 rootfs/bin/syscalls
	config '.process.user.uid = 1000 | .process.noNewPrivileges = false'
	args syscalls geteuid
	rt run allowed
	ok
	equals 0
	config '.process.noNewPrivileges = true'
	rt run denied
	ok
	equals 1000
}

@test "noNewPrivileges: exec has config.json's value, or its flag's" {
	bundle
	config '.process.noNewPrivileges = true'
	sleeper nnp
	rt exec nnp grep NoNewPrivs /proc/self/status
	ok
	equals $'NoNewPrivs:\t1'
	config '.process.noNewPrivileges = false'
	sleeper off
	rt exec --no-new-privs off grep NoNewPrivs /proc/self/status
	ok
	equals $'NoNewPrivs:\t1'
	rt exec off grep NoNewPrivs /proc/self/status
	ok
	equals $'NoNewPrivs:\t0'
}

# covers: process.oomScoreAdj
@test "oomScoreAdj: is set" {
	bundle
	config '.process.oomScoreAdj = 345'
	inside 'cat /proc/self/oom_score_adj'
	ok
	equals 345
}

# covers: process.oomScoreAdj
@test "oomScoreAdj: without it, the caller's value stays" {
	bundle
	(
		echo 123 >/proc/self/oom_score_adj
		inside 'cat /proc/self/oom_score_adj'
		ok
		equals 123
	)
}

@test "oomScoreAdj: a value that the kernel does not know is refused" {
	bundle
	config '.process.oomScoreAdj = 1001'
	rt run high
	fails 1
	says 'oom_?score_?adj'
	before_runc 1.2 "runc 1.1 says it on two lines"
	refused 'oom_?score_?adj'
}

# covers: process.apparmorProfile
@test "apparmorProfile: is refused by name on a host without AppArmor" {
	[[ ! -d /sys/kernel/security/apparmor ]] || skip "this host has AppArmor"
	bundle
	config '.process.apparmorProfile = "acme"'
	rt run apparmor
	refused 'apparmor'
	! is_husk || has 'apparmor.*acme|acme.*[aA]pp[aA]rmor'
}

# covers: process.apparmorProfile
@test "apparmorProfile: a profile that is not loaded is refused by name, and unconfined works" {
	[[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]] || skip "needs AppArmor"
	bundle
	config '.process.apparmorProfile = "husk-no-such-profile"'
	rt run missing
	refused 'apparmor'
	config '.process.apparmorProfile = "unconfined"'
	inside 'cat /proc/self/attr/current'
	ok
	has unconfined
}

@test "apparmorProfile: exec --apparmor is refused by name too" {
	[[ ! -d /sys/kernel/security/apparmor ]] || skip "this host has AppArmor"
	bundle
	sleeper apparmor
	rt exec --apparmor acme apparmor true
	fails 255
	says 'apparmor'
	one_clear_line
}

# covers: process.selinuxLabel
@test "selinuxLabel: is refused by name on a host without SELinux" {
	[[ ! -d /sys/fs/selinux ]] || skip "this host has SELinux"
	bundle
	config '.process.selinuxLabel = "system_u:system_r:container_t:s0:c4,c5"'
	rt run selinux
	refused '(selinux|attr/(keycreate|exec))'
}
