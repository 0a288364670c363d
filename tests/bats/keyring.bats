#!/usr/bin/env bats
# The session keyring: a container has one of its own, and exec joins it.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the container's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals

SESSION=keyctl,0,0xfffffffd,0 # KEYCTL_GET_KEYRING_ID of KEY_SPEC_SESSION_KEYRING

keyring_bundle() {
	needs helper:syscalls file:/proc/keys
	bundle
	cp "$HELPERS/syscalls" rootfs/bin/
}

# keyring_named NAME: the serial of the keyring with that name, in the /proc/keys in output
keyring_named() { printf '%d\n' "0x$(awk -v name="$1:" '$8 == "keyring" && $9 == name { print $1 }' <<<"$output")"; }

callers_keyring() { "$HELPERS/syscalls" $SESSION; }

@test "the session keyring is named after the container, and is not the caller's" {
	keyring_bundle
	id=keys-${ARENA##*.} # root sees the keyrings of everybody's containers
	sleeper "$id"
	rt exec "$id" sh -c "syscalls $SESSION; cat /proc/keys"
	ok
	serial=${lines[0]}
	not test "$serial" = "$(callers_keyring)"
	same "$serial" "$(keyring_named "_ses.$id")"
}

@test "exec joins the keyring of init, every time" {
	keyring_bundle
	args sh -c "syscalls $SESSION >/serial; exec sleep 1000"
	rt create keyring
	ok
	rt start keyring
	ok
	wait_until 30 test -s rootfs/serial
	for _ in 1 2; do
		rt exec keyring syscalls $SESSION
		ok
		equals "$(<rootfs/serial)"
	done
}

@test "two containers have two keyrings" {
	keyring_bundle
	inside "syscalls $SESSION"
	ok
	first=$output
	inside "syscalls $SESSION"
	ok
	not test "$first" = "$output"
}

@test "with --no-new-keyring the caller's stays, for exec too" {
	keyring_bundle
	args sh -c "syscalls $SESSION >/serial; exec sleep 1000"
	rt create --no-new-keyring keyring
	ok
	rt start keyring
	ok
	wait_until 30 test -s rootfs/serial
	same "$(callers_keyring)" "$(<rootfs/serial)"
	rt exec keyring syscalls $SESSION
	ok
	equals "$(callers_keyring)"
}
