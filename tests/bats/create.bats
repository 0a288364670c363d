#!/usr/bin/env bats
load helpers

@test "create: the container waits in state created, its program not yet run" {
	bundle
	args touch /ran
	rt create web
	ok
	equals ''
	same created "$(status_of web)"
	is kill -0 "$(pid_of web)"
	not test -e "$ROOTFS/ran"
}

@test "create: --bundle names the bundle, absolute or relative" {
	bundle
	args sleep 1000
	cd "$ARENA"
	rt create --bundle "$BUNDLE" absolute
	ok
	rt delete absolute
	ok
	rt create -b bundle relative
	ok
	rt state relative
	json '.bundle == $b' --arg b "$BUNDLE"
}

@test "create: a relative bind source counts against the bundle, not against the caller" {
	bundle
	mkdir "$BUNDLE/share"
	echo here >"$BUNDLE/share/file"
	args cat /mnt/file
	config '.mounts += [{destination: "/mnt", type: "bind", source: "share", options: ["bind"]}]'
	cd /
	rt run --bundle "$BUNDLE" web
	ok
	equals here
}

@test "create: --config takes the configuration from another file, relative to the caller" {
	only husk crun "runc has no --config"
	skip_on crun "crun 1.8 has the flag but resolves it against the bundle"
	bundle
	args echo from another file
	mv config.json "$ARENA/other.json"
	cd "$ARENA"
	rt run --bundle "$BUNDLE" --config other.json web
	ok
	equals 'from another file'
}

@test "create: an id that is taken is refused and its container stays" {
	bundle
	sleeper web
	config '.linux.cgroupsPath += "-second"'
	rt create web
	fails 1
	has 'exists'
	same running "$(status_of web)"
	not test -e "$(cgroup_dir freezer web-second)"
}

@test "create: ids may hold letters, digits and _ + - ." {
	bundle
	args true
	local id
	for id in a 0 A-b_c+d.e .hidden 12345678901234567890123456789012345678901234567890; do
		rt run "$id"
		ok
	done
}

@test "create: an id that could leave the state root, or is odd or too long, is refused" {
	bundle
	args true
	local id
	for id in . .. / a/b ../escape a/../b 'a b' $'a\nb' 'a:b' 'ü' '*' "$(printf 'a%.0s' {1..1025})"; do
		rt create "$id"
		fails 1
	done
	not test -e "$ARENA/escape"
	same '' "$(container_ids)"
}

@test "create: an empty id is refused" {
	bundle
	rt create ''
	fails 1
	has 'id'
}

@test "create: no id, or two, is a usage error" {
	bundle
	rt create
	fails 1
	has 'requires exactly 1 argument'
	rt create one two
	fails 1
	has 'requires exactly 1 argument'
	same '' "$(container_ids)"
}

@test "create: a missing bundle and a bundle without config.json are named" {
	mkdir "$ARENA/empty"
	rt create --bundle "$ARENA/nowhere" web
	fails 1
	has 'nowhere'
	rt create --bundle "$ARENA/empty" web
	fails 1
	has 'config\.json'
	no_trace_of web
}

@test "create: a program that is not in the container is refused, and nothing is left" {
	bundle
	args /bin/no-such-program
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt create web
	fails 1
	has 'no-such-program'
	no_trace_of web
}

@test "create: a terminal needs a console socket, refused before anything is made" {
	bundle
	config '.process.terminal = true | .linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt create web
	fails 1
	has 'console.socket'
	no_trace_of web
}

@test "create: a console socket needs a terminal, refused before anything is made" {
	bundle
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt create --console-socket "$ARENA/socket" web
	fails 1
	has 'console.socket'
	no_trace_of web
}

@test "create: a console socket that is not there is refused, and nothing is left" {
	bundle
	config '.process.terminal = true | .linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt create --console-socket "$ARENA/socket" web
	fails 1
	no_trace_of web
}

@test "create: a cgroup that has processes is refused, and they live on" {
	before_runc 1.2 "only warns"
	skip_on crun "crun shares it"
	bundle
	sleeper first
	rt create second
	fails 1
	has 'cgroup.*not empty'
	not test -e "$STATE/second"
	same running "$(status_of first)"
}

@test "create: a frozen cgroup is refused instead of hanging in it" {
	skip_on crun "crun thaws it"
	needs v1
	bundle
	local dir
	dir=$(cgroup_dir freezer web)
	mkdir -p "$dir"
	echo FROZEN >"$dir/freezer.state"
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	rt create web
	fails 1
	has 'frozen'
	not test -e "$STATE/web"
	echo THAWED >"$dir/freezer.state"
	leaves "the frozen cgroup was ours"
}

@test "create: --no-pivot still makes the rootfs the only root" {
	bundle
	touch "$ROOTFS/marker"
	args sh -c 'ls /marker; cd /; cd ../../..; ls marker'
	run_as moved --no-pivot
	ok
	has '^/marker$'
	has '^marker$'
}

@test "create: a session keyring of its own, unless --no-new-keyring" {
	needs file:/proc/keys
	bundle
	args cat /proc/keys
	run_as own
	ok
	has 'keyring +_ses\.own'
	run_as shared --no-new-keyring
	ok
	lacks '_ses\.shared'
}

@test "create: the bundle may be reached through a symbolic link" {
	bundle
	args echo linked
	ln -s bundle "$ARENA/link"
	cd /
	rt run --bundle "$ARENA/link" web
	ok
	equals linked
}
