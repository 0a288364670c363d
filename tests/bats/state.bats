#!/usr/bin/env bats
load helpers

@test "state: says everything about a created container" {
	bundle
	args sleep 1000
	rt create web
	ok
	rt_out state web
	ok
	json '.ociVersion | test("^1\\.[0-9]+\\.[0-9]+")'
	json '.id == "web" and .status == "created"'
	json '.pid > 1'
	json '.bundle == $b' --arg b "$BUNDLE"
	json '.rootfs == $r' --arg r "$ROOTFS"
	json '.created | test("^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$")'
	json 'has("owner")'
	json 'has("annotations") | not'
	same '' "$stderr"
}

@test "state: the pid is the init's, in our pid namespace" {
	bundle
	sleeper web
	rt state web
	ok
	local pid
	pid=$(jq .pid <<<"$output")
	is kill -0 "$pid"
	same 1 "$(awk '/^NSpid:/ { print $NF }' "/proc/$pid/status")"
}

@test "state: running, paused, stopped" {
	bundle
	sleeper web
	rt state web
	json '.status == "running"'
	rt pause web
	ok
	rt state web
	json '.status == "paused" and .pid > 1'
	rt resume web
	ok
	rt kill web KILL
	ok
	wait_until 60 in_state web stopped
	rt state web
	ok
	json '.pid == 0'
}

@test "state: annotations are there" {
	bundle
	config '.annotations = {"com.example.key": "value = \"odd\"", "empty": ""}'
	sleeper web
	rt state web
	json '.annotations == {"com.example.key": "value = \"odd\"", "empty": ""}'
}

@test "state: an unknown container is an error, with nothing on standard output" {
	rt_out state nobody
	fails 1
	equals ''
	err_has 'nobody|does not exist'
	err_has 'does not exist'
}

@test "state: no id, or two, is a usage error" {
	rt state
	fails 1
	has 'requires exactly 1 argument'
	rt state a b
	fails 1
	has 'requires exactly 1 argument'
}

@test "state: an id that leaves the state root is refused" {
	bundle
	sleeper web
	mkdir "$ARENA/other"
	cp -r "$STATE/web" "$ARENA/other/web"
	rt state ../other/web
	fails 1
}

@test "state: stopped once the init was killed from outside" {
	bundle
	sleeper web
	kill -KILL "$(pid_of web)"
	wait_until 60 in_state web stopped
	rt delete web
	ok
}

@test "state, kill, delete: a cgroup that somebody removed is no obstacle" {
	bundle
	sleeper web
	local dir pid
	pid=$(pid_of web)
	for dir in $(cgroup_dirs); do
		[[ -d $dir$CGROUP/web ]] || continue
		echo "$pid" >"$dir/cgroup.procs"
		rmdir "$dir$CGROUP/web"
	done
	same running "$(status_of web)"
	rt kill web KILL
	ok
	wait_until 60 in_state web stopped
	rt delete web
	ok
	no_trace_of web
}

@test "state, kill, delete: a bundle that is gone is no obstacle" {
	bundle
	sleeper web
	cd /
	rm -rf "$BUNDLE"
	same running "$(status_of web)"
	rt kill web KILL
	ok
	wait_until 60 in_state web stopped
	rt delete web
	ok
	no_trace_of web
}

@test "state, kill, delete: a state.json that is cut off or empty is no obstacle, and no process is lost" {
	only husk "runc and crun leave the container"
	local content pid
	bundle
	for content in '' '{' '{}' 'null' '[]' '{"id": "web", "config": {' '{"id": 5}'; do
		sleeper web
		pid=$(pid_of web)
		printf %s "$content" >"$STATE/web/state.json"
		rt_out state web
		ok
		json '.id == "web" and .bundle == $b' --arg b "$BUNDLE"
		rt delete web
		fails 1
		has 'state\.json'
		is kill -0 "$pid"
		rt kill --all web KILL
		ok
		wait_until 60 ended "$pid"
		rt delete --force web
		ok
		no_trace_of web
	done
}

@test "delete: --force ends the processes of a container whose state.json is cut off" {
	only husk "runc and crun leave the container"
	local pid
	bundle
	sleeper web
	pid=$(pid_of web)
	echo '{' >"$STATE/web/state.json"
	rt delete --force web
	ok
	no_trace_of web
	is ended "$pid"
}

@test "state: a state.json with fields of another version is read" {
	bundle
	sleeper web
	local file
	file=$(ls "$STATE"/web/{state.json,status} 2>/dev/null || :)
	jq -c '.from_the_future = {"a": [1]}' "$file" >"$ARENA/new"
	cp "$ARENA/new" "$file"
	same running "$(status_of web)"
	rt delete --force web
	ok
}

@test "state: another process with the pid of a dead init is not taken for it" {
	skip_on crun "crun's status file differs"
	bundle
	sleeper web
	# An id and a start time name a process: with another start time the same pid is another process.
	jq -c '.init_process_start |= . - 1' "$STATE/web/state.json" >"$ARENA/new"
	local pid
	pid=$(pid_of web)
	cp "$ARENA/new" "$STATE/web/state.json"
	same stopped "$(status_of web)"
	rt kill web KILL
	fails 1
	is kill -0 "$pid"
	kill -KILL "$pid"
}
