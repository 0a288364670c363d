#!/usr/bin/env bats
# Broken and hostile input: one clear line, exit code 1, never a crash, and nothing left behind.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the container's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals

# ---- the file config.json ----

@test "config.json: missing" {
	bundle
	rm config.json
	rt create missing
	refused 'config\.json'
	rt create --bundle "$ARENA/no-such-bundle" missing
	refused 'no-such-bundle|no such file'
}

@test "config.json: empty, truncated, not JSON, two documents, an array, null" {
	bundle
	good=$(<config.json)
	for text in '' ' ' "${good:0:200}" '{"ociVersion": "1.0.2",}' 'hello' '[]' '"text"' '42'; do
		printf %s "$text" >config.json
		rt create broken
		refused '.'
		! is_husk || has 'config\.json'
	done
	only husk "runc reads null as an empty configuration, and ignores what follows the first document"
	for text in null "$good$good" "$good garbage"; do
		printf %s "$text" >config.json
		rt create broken
		refused 'config\.json'
	done
}

@test "config.json: bytes that are no UTF-8, and NUL" {
	bundle
	sed -i 's/"arena"/"a\xff\xfe"/' config.json
	args_were=$(<config.json)
	rt run bytes
	contained
	printf 'a\0b' >config.json
	rt create nul
	refused '.'
	printf '%s' "${args_were/\"sh\"/\"s\\u0000h\"}" | sed 's/a\xff\xfe/arena/' >config.json
	rt create nul
	contained
	fails
	nothing_left
}

# contained: refused or not, it did not crash
contained() { lacks 'panic|goroutine [0-9]|runtime error'; }

@test "config.json: a hundred megabytes are refused, or read, in bounded time" {
	bundle
	config '.annotations = {a: "x"}'
	{
		sed '$d' config.json
		printf ', "unknown": "'
		head -c 104857600 /dev/zero | tr '\0' x
		printf '"}\n'
	} >big.json
	mv big.json config.json
	rt create big
	contained
	[[ $status == 0 ]] || refused '.'
	! is_husk || refused 'config\.json.*(large|big|bytes|MiB)'
	rm config.json
}

@test "config.json: JSON nested a hundred thousand times" {
	bundle
	{
		printf '{"ociVersion": "1.0.2", "unknown": '
		head -c 100000 /dev/zero | tr '\0' '['
		head -c 100000 /dev/zero | tr '\0' ']'
		printf '}'
	} >config.json
	rt create deep
	refused '.'
}

@test "config.json: a directory, a FIFO, a device, a dangling symlink" {
	bundle
	cp config.json good.json
	rm config.json
	mkdir config.json
	rt create directory
	refused 'directory|config\.json'
	rmdir config.json
	ln -s nowhere config.json
	rt create dangling
	refused 'config\.json'
	ln -sf /dev/zero config.json
	only husk "runc waits for the FIFO, and reads the device for ever"
	rt create device
	refused 'config\.json'
	rm config.json
	mkfifo config.json
	rt create fifo
	refused 'config\.json'
	ln -sf good.json config.json
	inside 'echo a symlink to a file is fine'
	ok
}

@test "config.json: fields that nobody knows are fine" {
	bundle
	config '.future = {a: [1, {b: null}]} | .process.future = 1 | .linux.resources.future = "x" | .mounts[0].future = []'
	inside 'echo fine'
	ok
	equals fine
}

@test "config.json: values of the wrong type are named with their path" {
	bundle
	cp config.json good.json
	for path in ociVersion process process.args process.cwd process.env process.terminal process.user.uid \
		process.capabilities process.rlimits root.path root.readonly mounts linux linux.namespaces linux.resources \
		linux.resources.memory linux.resources.cpu.quota linux.seccomp linux.maskedPaths hooks annotations hostname; do
		jq '(($path | split(".")) as $p | setpath($p; "*")) | if $path | test("cwd|path|ociVersion|hostname|cgroupsPath")
			then setpath($path | split("."); 42) else . end' --arg path "$path" good.json >config.json
		rt create wrong
		refused '.'
		has "${path//./\\.}|${path##*.}"
		! is_husk || has "${path//./\\.}"
	done
}

@test "config.json: elements of the wrong type are named with their index" {
	only husk "runc names the Go type"
	bundle
	cp config.json good.json
	while read -r path value <&4; do
		jq "$path = $value" good.json >config.json
		rt create wrong
		refused "$(sed 's/^\.//; s/[][.]/\\&/g' <<<"$path")"
	done 4<<-'TABLE'
		.mounts[1].options "rw"
		.mounts[2] 7
		.process.env[1] 42
		.process.rlimits[0].soft "x"
		.linux.namespaces[3].type 1
		.linux.resources.devices[0].allow "yes"
		.hooks.prestart[0].path 1
	TABLE
}

# ---- ociVersion ----

# covers: ociVersion
@test "ociVersion: the versions of the specification are fine" {
	bundle
	for version in 1.0.0 1.0.2-dev 1.0.2 1.1.0 1.2.1; do
		config '.ociVersion = $v' --arg v "$version"
		inside 'echo fine'
		ok
	done
	is_husk || return 0
	config '.ociVersion = "1.3.0"'
	inside 'echo fine'
	ok
}

# covers: ociVersion
@test "ociVersion: absent, malformed or too new" {
	only husk "runc does not look at it"
	bundle
	config 'del(.ociVersion)'
	rt create absent
	refused ociVersion
	for version in '' 1 one 1.0 1.0.0.0 v1.0.0 -1.0.0 2.0.0 99.0.0; do
		config '.ociVersion = $v' --arg v "$version"
		rt create "version"
		refused ociVersion
	done
}

# ---- the root ----

@test "root: missing, a file, empty, or no root at all" {
	bundle
	config '.root.path = "nowhere"'
	rt create nowhere
	refused 'nowhere'
	config '.root.path = "config.json"'
	rt create file
	refused 'config\.json|not a directory'
	config '.root.path = ""'
	rt create empty
	refused "$(is_husk && echo root || echo .)" # runc takes it for the bundle
	config 'del(.root)'
	rt create none
	refused 'root'
}

# covers: root.path
@test "root: a symlink is refused, by name, or followed; it is relative to the bundle, not to the caller" {
	bundle
	touch rootfs/marker
	ln -s rootfs link
	config '.root.path = "link"'
	inside 'ls /marker'
	[[ $status == 0 ]] || refused 'link|symlink|rootfs'
	config '.root.path = "rootfs"'
	cd /
	args ls /marker
	rt run --bundle "$BUNDLE" relative
	ok
	equals /marker
}

# ---- ids ----

@test "ids: with a slash, a dot-dot, a space, an odd character; empty; 1025 characters" {
	bundle
	long=$(printf 'a%.0s' {1..1025})
	for id in a/b ../evil .. . /etc 'a b' 'a:b' 'a*' 'ä' $'a\nb' '' "$long"; do
		rt create "$id"
		fails 1
		lacks 'panic|goroutine [0-9]'
		nothing_left
		not test -e "$ARENA/evil"
	done
}

@test "ids: all characters that are allowed" {
	bundle
	args true
	for id in a A0 a.b a-b a_b a+b 0 -- +; do
		[[ $id != -- ]] || continue # ends the flags
		rt run "$id"
		ok
	done
}

@test "ids: no verb leaves the state root with them" {
	bundle
	mkdir -p "$ARENA/outside"
	echo '{}' >"$ARENA/outside/state.json"
	for verb in state start delete pause resume ps; do
		rt "$verb" ../outside
		fails
		lacks 'panic|goroutine [0-9]'
	done
	rt kill ../outside KILL
	fails
	rt exec ../outside true
	fails
	is test -e "$ARENA/outside/state.json"
}

@test "ids: one that is taken is refused, and the container lives on" {
	bundle
	sleeper taken
	config '.linux.cgroupsPath += "2"'
	for verb in create run; do
		rt $verb taken
		fails 1
		says 'taken.*exist|exist'
		one_clear_line
	done
	same running "$(status_of taken)"
	rt exec taken echo alive
	equals alive
}

@test "ids: one that is not there is an error of every verb, one line" {
	for verb in state start pause resume ps delete; do
		rt "$verb" nobody
		fails 1
		one_clear_line
		says 'nobody|does not exist'
	done
	rt kill nobody TERM
	fails 1
	rt exec nobody true
	fails
	one_clear_line
	rt delete --force nobody
	ok
}

# ---- terminals ----

# covers: process.terminal
@test "terminal: detached without a console socket, and a console socket without a terminal" {
	bundle
	config '.process.terminal = true'
	rt create terminal
	refused 'console'
	rt run --detach terminal
	refused 'console'
	config '.process.terminal = false'
	rt create --console-socket "$ARENA/socket" terminal
	refused 'console'
}

@test "terminal: in the foreground without one of our own" {
	bundle
	config '.process.terminal = true'
	args true
	output_file=$ARENA/output.setsid
	status=0
	setsid timeout "$RT_DEADLINE" "$RUNTIME" --root "$STATE" run terminal </dev/null >"$output_file" 2>&1 || status=$?
	collect
	invocation="setsid run"
	refused '(tty|terminal|console)'
}

@test "terminal: a console socket that is a file, or a path longer than the kernel's 107 bytes" {
	bundle
	config '.process.terminal = true'
	touch "$ARENA/file"
	rt create --console-socket "$ARENA/file" file
	refused '(socket|connection refused|connect)'
	rt create --console-socket "$ARENA/$(printf 'x%.0s' {1..120})" long
	refused '.'
}

# ---- mounts and cgroups ----

@test "mounts: an option that the file system does not know, a type that the kernel does not, a missing source" {
	bundle
	cp config.json good.json
	config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["sizzle=1"]}]'
	rt run option
	refused '/mnt'
	cp good.json config.json
	config '.mounts += [{destination: "/mnt", type: "nosuchfs", source: "x"}]'
	rt run type
	refused '/mnt'
	cp good.json config.json
	config '.mounts += [{destination: "/mnt", type: "bind", source: "/no/such/source", options: ["bind"]}]'
	rt run source
	refused '/no/such/source'
	! is_husk || has 'mounts\[6\]'
}

@test "cgroupsPath: .. does not leave the place that was meant" {
	bundle
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/../../../../husk-bats-evil"
	inside_calls=7
	args true
	rt run dots
	contained
	for dir in $(cgroup_dirs); do not test -e "$dir/../husk-bats-evil"; done
	nothing_left
}

@test "env, args and annotations with values of a megabyte" {
	bundle
	head -c 1000000 /dev/zero | tr '\0' a >huge
	config '.annotations = {big: $huge}' --rawfile huge huge
	inside 'echo works'
	ok
	equals works
	config 'del(.annotations) | .process.env += ["BIG=" + $huge]' --rawfile huge huge
	rt run env
	fails
	says 'argument list too long'
	lacks 'panic|goroutine [0-9]'
	nothing_left
}

# ---- state that was tampered with ----

@test "state.json: truncated, empty, garbage, or of another time: no verb crashes, and the container can be removed" {
	only husk "runc can do nothing more with the container"
	for content in '' '{' 'garbage' '[]' '{}' '{"id": 42}'; do
		bundle
		sleeper broken
		pid=$(pid_of broken)
		printf %s "$content" >"$STATE/broken/state.json"
		for verb in state ps pause resume list; do
			rt $verb broken
			contained
		done
		rt exec broken true
		contained
		rt kill broken KILL
		contained
		rt delete --force broken
		ok
		wait_until 30 ended "$pid"
		nothing_left
		rm -rf "$BUNDLE"
	done
}

@test "state.json: with fields of the future" {
	bundle
	sleeper future
	jq '.from_the_future = {a: 1} | .config.from_the_future = [1]' "$STATE/future/state.json" >"$ARENA/new"
	cp "$ARENA/new" "$STATE/future/state.json"
	same running "$(status_of future)"
	rt exec future echo works
	ok
	rt delete --force future
	ok
	nothing_left
}

@test "strangers in the state root: list and the other verbs go on" {
	bundle
	sleeper good
	mkdir "$STATE/empty" "$STATE/.hidden" "$STATE/odd name"
	echo text >"$STATE/file"
	rt_out list
	ok
	has '^good '
	rt_out list --quiet
	ok
	has '^good$'
	rm -r "$STATE/empty" "$STATE/.hidden" "$STATE/odd name" "$STATE/file"
}

@test "init killed from outside: state says stopped, kill says so, delete works" {
	bundle
	sleeper killed
	kill -KILL "$(pid_of killed)"
	wait_until 30 in_state killed stopped
	rt kill killed TERM
	fails 1
	one_clear_line
	rt exec killed true
	fails 255
	one_clear_line
	rt delete killed
	ok
	nothing_left
}

@test "cgroups removed by hand: state, kill and delete work" {
	bundle
	sleeper removed
	pid=$(pid_of removed)
	kill -KILL "$pid"
	wait_until 30 ended "$pid"
	for dir in $(cgroup_dirs); do rmdir "$dir$CGROUP/removed" 2>/dev/null || :; done
	same stopped "$(status_of removed)"
	rt list
	ok
	rt ps removed
	contained
	rt delete removed
	ok
	nothing_left
}

@test "the process in other cgroups than its own: state, exec, kill and delete work" {
	needs v1
	bundle
	sleeper moved
	pid=$(pid_of moved)
	for dir in $(cgroup_dirs); do
		[[ ! -d $dir$CGROUP/moved ]] || { echo "$pid" >"$dir$CGROUP/cgroup.procs" && rmdir "$dir$CGROUP/moved"; } 2>/dev/null || :
	done
	same running "$(status_of moved)"
	rt delete --force moved
	ok
	wait_until 30 ended "$pid"
}

@test "the bundle gone: state, exec, kill and delete work" {
	bundle
	sleeper bundle
	cd /
	rm "$BUNDLE/config.json"
	same running "$(status_of bundle)"
	jq -n '{args: ["echo", "works"], cwd: "/", env: ["PATH=/bin"]}' >"$ARENA/process.json"
	rt exec --process "$ARENA/process.json" bundle
	ok
	equals works
	rm -rf "$BUNDLE"
	rt kill bundle KILL
	ok
	wait_until 30 in_state bundle stopped
	rt delete bundle
	ok
	nothing_left
}

@test "the state root: a file, a path that cannot be made" {
	bundle
	echo >"$ARENA/file"
	STATE=$ARENA/file rt create root
	fails 1
	one_clear_line
	STATE=/proc/1/nowhere rt create root
	fails 1
	one_clear_line
	STATE=$ARENA/file rt state root
	fails 1
	one_clear_line
}

@test "process.json of exec: missing, broken, of wrong types, without args" {
	bundle
	sleeper process
	rt exec --process /no/such/file process
	fails 255
	one_clear_line
	for text in '' '{' '[]' '{"args": "sh"}' '{"args": [], "cwd": "/"}' '{"args": ["true"]}' '{"args": ["true"], "cwd": "tmp"}'; do
		echo "$text" >process.json
		rt exec --process process.json process
		fails 255
		one_clear_line
	done
	same running "$(status_of process)"
}
