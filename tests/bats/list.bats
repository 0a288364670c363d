#!/usr/bin/env bats
load helpers

@test "list: a table of all containers" {
	bundle
	sleeper first
	args true
	run_as second -d
	ok
	wait_until 60 in_state second stopped
	rt list
	ok
	is grep -qE '^ID +PID +STATUS +BUNDLE +CREATED( +OWNER)?$' <<<"${lines[0]}"
	has "^first +$(pid_of first) +running +$BUNDLE +20[0-9T:.-]+Z( +root)?$"
	has "^second +0 +stopped +$BUNDLE +20[0-9T:.-]+Z( +root)?$"
	same 3 "${#lines[@]}"
}

@test "list: without containers only the heading" {
	mkdir "$STATE"
	rt list
	ok
	same 1 "${#lines[@]}"
	has '^ID +PID +STATUS'
	rt list -q
	ok
	equals ''
}

@test "list: --quiet prints ids only" {
	bundle
	sleeper b
	sleeper a
	rt list --quiet
	ok
	equals $'a\nb'
	rt list -q
	ok
	equals $'a\nb'
}

@test "list: --format json has what state has, and the owner" {
	bundle
	config '.annotations.key = "value"'
	sleeper web
	local state
	state=$(quietly state web)
	rt_out list --format json
	ok
	json 'length == 1'
	json '.[0] | .id == "web" and .status == "running" and .bundle == $b and .owner == "root"' --arg b "$BUNDLE"
	skip_on crun "crun's list has less"
	json '(.[0] | del(.owner)) == ($state | del(.owner))' --argjson state "$state"
}

@test "list: json without containers is an empty list" {
	mkdir "$STATE"
	rt_out list -f json
	ok
	[[ $output == null ]] || json '. == []' # runc says null
}

@test "list: another format is refused" {
	mkdir "$STATE"
	rt list --format yaml
	fails 1
	has 'format'
}

@test "list: a state root that does not exist is an error" {
	skip_on crun "crun makes it"
	before_runc 1.2 "lists nothing"
	rt list
	fails 1
	has 'no such file or directory'
}

@test "list: files in the state root are not containers" {
	mkdir "$STATE"
	touch "$STATE/file"
	rt list -q
	ok
	equals ''
}

@test "list: a broken container is shown or reported, and the others are listed" {
	skip_on crun "crun gives up"
	bundle
	sleeper web
	mkdir "$STATE/broken"
	echo '{' >"$STATE/broken/state.json"
	rt_out list -q
	ok
	has '^web$'
	grep -q broken <<<"$output" || err_has 'broken'
	rm -r "$STATE/broken"
}

@test "list: an argument is a usage error" {
	skip_on crun "crun ignores it"
	rt list web
	fails 1
	has 'requires exactly 0 argument'
}

@test "list: containers that come and go meanwhile are no error" {
	bundle
	args true
	rt_spawn run web
	while ! ended "$spawned"; do
		rt_out list -q
		[[ $status == 0 ]] || grep -q 'no such file' <<<"$stderr" || ok # the root itself may not be there yet
	done
	rt_wait
	ok
}
