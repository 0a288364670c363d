#!/usr/bin/env bats
# process.user: who the process is, by what the kernel says about it.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the container's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals

# groups_of_caller ID…: from now on the runtime itself has these supplementary groups.
groups_of_caller() {
	needs tool:setpriv
	printf '#!/bin/sh\nexec setpriv --groups %s %s "$@"\n' "$(IFS=, && echo "$*")" "$RUNTIME" >"$ARENA/runtime"
	chmod +x "$ARENA/runtime"
	RUNTIME=$ARENA/runtime
}

# covers: process.user.uid process.user.gid
@test "uid and gid: real, effective, saved and file system ids" {
	bundle
	config '.process.user = {uid: 1234, gid: 5678}'
	inside 'grep -E "^[UG]id:" /proc/self/status'
	ok
	equals $'Uid:\t1234\t1234\t1234\t1234\nGid:\t5678\t5678\t5678\t5678'
}

# covers: process.user.uid process.user.gid
@test "uid and gid: files that the process makes are its own" {
	bundle
	chmod 777 rootfs/var
	config '.process.user = {uid: 1234, gid: 5678}'
	inside 'touch /var/file'
	ok
	same 1234:5678 "$(stat -c %u:%g rootfs/var/file)"
}

# covers: process.user.uid
@test "uid: the largest there is" {
	before_runc 1.5 "runc 1.1 allows 31 bits"
	bundle
	config '.process.user = {uid: 4294967294, gid: 4294967294}'
	inside 'id -u; id -g'
	ok
	equals $'4294967294\n4294967294'
}

@test "uid: one that does not fit is refused by name" {
	bundle
	config '.process.user.uid = 4294967296'
	rt run big
	refused '(uid|number 4294967296|out of range)'
	! is_husk || has 'process\.user\.uid'
	config '.process.user.uid = -1'
	rt run negative
	refused '(uid|number -1|out of range)'
	! is_husk || has 'process\.user\.uid'
}

# covers: process.user.additionalGids
@test "additionalGids: are all the supplementary groups there are" {
	bundle
	groups_of_caller 7777 8888
	config '.process.user = {uid: 1000, gid: 1000, additionalGids: [10, 20, 65534]}'
	inside 'grep ^Groups: /proc/self/status'
	ok
	same 'Groups: 10 20 65534' "$(tr '\t' ' ' <<<"$output" | sed 's/ *$//')"
}

# covers: process.user.additionalGids
@test "additionalGids: none means none of the caller's" {
	bundle
	groups_of_caller 7777 8888
	inside 'grep ^Groups: /proc/self/status'
	ok
	lacks '7777|8888'
}

# covers: process.user.additionalGids
@test "additionalGids: give access to a group's file" {
	bundle
	echo secret >rootfs/file
	chown 0:2000 rootfs/file
	chmod 040 rootfs/file
	config '.process.user = {uid: 1000, gid: 1000}'
	inside 'cat /file'
	fails
	config '.process.user.additionalGids = [2000]'
	inside 'cat /file'
	ok
	equals secret
}

# covers: annotations
@test "run.oci.keep_original_groups: the caller's groups stay, config.json's come on top" {
	skip_on runc "runc always replaces them"
	bundle
	groups_of_caller 7777 8888
	config '.annotations = {"run.oci.keep_original_groups": "1"}'
	inside 'grep ^Groups: /proc/self/status'
	ok
	has '\b7777 8888\b'
}

# covers: process.user.umask
@test "umask: is set, for exec too" {
	before_runc 1.4 "runc 1.1 does not set it for exec"
	bundle
	config '.process.user.umask = 63' # 0077
	inside 'umask; touch /file; stat -c %a /file'
	ok
	equals $'0077\n600'
	sleeper umask
	rt exec umask sh -c umask
	ok
	equals 0077
}

# covers: process.user.umask
@test "umask: is 0022 when config.json has none, whatever the caller's is" {
	skip_on crun "keeps the caller's"
	bundle
	(
		umask 0
		inside umask
		ok
		equals 0022
	)
}

@test "username: is Windows's, and does no harm" {
	bundle
	config '.process.user = {uid: 1000, gid: 1000, username: "root"}'
	inside 'id -u'
	ok
	equals 1000
}

@test "exec --user: another uid, gid and groups" {
	bundle
	config '.process.user = {uid: 1, gid: 2, additionalGids: [3]}'
	sleeper user
	rt exec user sh -c 'id -u; id -g'
	ok
	equals $'1\n2'
	rt exec --user 1000:2000 user sh -c 'id -u; id -g; grep ^Groups: /proc/self/status'
	ok
	has '^1000$'
	has '^2000$'
	rt exec --user 1000:2000 --additional-gids 10 --additional-gids 20 user grep ^Groups: /proc/self/status
	ok
	has '\b10 20\b'
}

@test "exec --user: what is no number is refused" {
	skip_on crun "looks the name up"
	bundle
	sleeper user
	rt exec --user nobody user true
	fails
	says 'nobody'
	one_clear_line
	rt exec --user 1:staff user true
	fails
	says 'staff'
	one_clear_line
}
