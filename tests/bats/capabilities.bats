#!/usr/bin/env bats
# process.capabilities: the five sets, in init and in exec.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the container's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals

CHOWN=0 KILL=5 SETUID=7 NET_BIND_SERVICE=10 SYS_CHROOT=18 AUDIT_WRITE=29

# mask NUMBER…: the set of these capabilities as /proc/PID/status shows it
mask() {
	local bit set=0
	for bit; do ((set |= 1 << bit)); done
	printf '%016x' "$set"
}

# set_of NAME: one of the sets in the status file in output, e.g. set_of CapEff
set_of() { awk -v name="$1:" '$1 == name { print $2 }' <<<"$output"; }

# covers: process.capabilities.bounding process.capabilities.effective process.capabilities.inheritable
# covers: process.capabilities.permitted process.capabilities.ambient
@test "the five sets are what config.json says, up to the moment of execve" {
	bundle
	config '.process.capabilities = {
		bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_SYS_CHROOT", "CAP_AUDIT_WRITE"],
		permitted: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"],
		inheritable: ["CAP_KILL", "CAP_SETUID"],
		effective: ["CAP_CHOWN", "CAP_KILL"],
		ambient: ["CAP_KILL"]
	}'
	args true
	rt create sets
	ok
	output=$(cat "/proc/$(pid_of sets)/status") # a created container's init has all but executed the process
	same "$(mask $CHOWN $KILL $SETUID $SYS_CHROOT $AUDIT_WRITE)" "$(set_of CapBnd)" bounding
	same "$(mask $CHOWN $KILL $SETUID)" "$(set_of CapPrm)" permitted
	same "$(mask $KILL $SETUID)" "$(set_of CapInh)" inheritable
	same "$(mask $CHOWN $KILL)" "$(set_of CapEff)" effective
	same "$(mask $KILL)" "$(set_of CapAmb)" ambient
}

# covers: process.capabilities.ambient process.capabilities.inheritable process.capabilities.bounding
@test "ambient capabilities are what a user other than root keeps" {
	bundle
	config '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {
		bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
		permitted: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
		effective: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
		inheritable: ["CAP_KILL", "CAP_NET_BIND_SERVICE"],
		ambient: ["CAP_NET_BIND_SERVICE"]
	}'
	inside 'cat /proc/self/status'
	ok
	same "$(mask $NET_BIND_SERVICE)" "$(set_of CapPrm)" permitted
	same "$(mask $NET_BIND_SERVICE)" "$(set_of CapEff)" effective
	same "$(mask $NET_BIND_SERVICE)" "$(set_of CapAmb)" ambient
	same "$(mask $KILL $NET_BIND_SERVICE)" "$(set_of CapInh)" inheritable
	same "$(mask $CHOWN $KILL $NET_BIND_SERVICE)" "$(set_of CapBnd)" bounding
}

# covers: process.capabilities.bounding process.capabilities.effective process.capabilities.permitted
@test "root has the bounding set and no more: what is not in it does not work" {
	bundle
	touch rootfs/file
	inside 'grep ^Cap /proc/self/status; chown 1:1 /file'
	fails
	says 'operation not permitted'
	same "$(mask $KILL $NET_BIND_SERVICE $AUDIT_WRITE)" "$(set_of CapEff)" effective
	same "$(mask $KILL $NET_BIND_SERVICE $AUDIT_WRITE)" "$(set_of CapBnd)" bounding
	same "$(mask)" "$(set_of CapInh)" inheritable

	config '.process.capabilities |= map_values(. + ["CAP_CHOWN"])'
	inside 'chown 1:1 /file && stat -c %u /file'
	ok
	equals 1
}

# covers: process.capabilities.effective
@test "an empty object means no capabilities" {
	bundle
	config '.process.capabilities = {}'
	inside 'cat /proc/self/status'
	ok
	for name in CapInh CapPrm CapEff CapBnd CapAmb; do same "$(mask)" "$(set_of $name)" $name; done
}

@test "no object means no capabilities either" {
	bundle
	config 'del(.process.capabilities)'
	inside 'cat /proc/self/status'
	ok
	for name in CapInh CapPrm CapEff CapBnd CapAmb; do same "$(mask)" "$(set_of $name)" $name; done
}

@test "names that nobody knows are warned about and ignored" {
	bundle
	config '.process.capabilities |= map_values(. + ["CAP_WINGS", "kill"])'
	rt_out run unknown
	ok
	is_crun || err_has CAP_WINGS
	inside 'cat /proc/self/status'
	ok
	same "$(mask $KILL $NET_BIND_SERVICE $AUDIT_WRITE)" "$(set_of CapEff)" effective
}

# runtime-spec 1.3: what cannot be granted must be logged as a warning, and should not fail.
@test "a capability that the runtime itself lacks is warned about and ignored" {
	only husk "runc and crun fail with EPERM"
	needs tool:capsh
	bundle
	printf '#!/bin/sh\nexec capsh --drop=cap_syslog -- -c '\''exec "$0" "$@"'\'' %s "$@"\n' "$RUNTIME" >"$ARENA/runtime"
	chmod +x "$ARENA/runtime"
	config '.process.capabilities |= map_values(. + ["CAP_SYSLOG"])'
	args cat /proc/self/status
	RUNTIME=$ARENA/runtime rt_out run lacking
	ok
	err_has CAP_SYSLOG
	same "$(mask $KILL $NET_BIND_SERVICE $AUDIT_WRITE)" "$(set_of CapEff)" effective
}

@test "an ambient capability that is not inheritable is left out, and named in the log" {
	skip_on crun "fails"
	bundle
	config '.process.capabilities.ambient = ["CAP_KILL"]'
	args cat /proc/self/status
	if is_husk; then RUNTIME_ARGS+=(--log-level info); fi # Podman and buildah ask for them all the time
	rt_out run ambient
	ok
	! older_runc 1.3 || return 0
	err_has '[Kk][Ii][Ll][Ll]'
	same "$(mask)" "$(set_of CapAmb)" ambient
}

@test "exec: has the sets of config.json" {
	bundle
	sleeper caps
	rt exec caps cat /proc/self/status
	ok
	same "$(mask $KILL $NET_BIND_SERVICE $AUDIT_WRITE)" "$(set_of CapEff)" effective
	same "$(mask $KILL $NET_BIND_SERVICE $AUDIT_WRITE)" "$(set_of CapBnd)" bounding
	same "$(mask)" "$(set_of CapInh)" inheritable
	same "$(mask)" "$(set_of CapAmb)" ambient
}

@test "exec --cap: adds to bounding, effective and permitted" {
	bundle
	sleeper caps
	rt exec --cap CAP_CHOWN --cap CAP_SYS_CHROOT caps cat /proc/self/status
	ok
	for name in CapPrm CapEff CapBnd; do
		same "$(mask $CHOWN $KILL $NET_BIND_SERVICE $SYS_CHROOT $AUDIT_WRITE)" "$(set_of $name)" $name
	done
	rt exec caps cat /proc/self/status
	same "$(mask $KILL $NET_BIND_SERVICE $AUDIT_WRITE)" "$(set_of CapEff)" "effective of the next exec"
}

@test "exec --process: has the sets of process.json" {
	bundle
	sleeper caps
	jq '.process | .args = ["cat", "/proc/self/status"]
		| .capabilities = {bounding: ["CAP_CHOWN"], effective: ["CAP_CHOWN"], permitted: ["CAP_CHOWN"]}' \
		config.json >process.json
	rt exec --process process.json caps
	ok
	for name in CapPrm CapEff CapBnd; do same "$(mask $CHOWN)" "$(set_of $name)" $name; done
}
