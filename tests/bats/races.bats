#!/usr/bin/env bats
load helpers

@test "races: of two creates of one id exactly one wins, and nothing of the other is left" {
	bundle
	args sleep 1000
	config '.linux.cgroupsPath = $p' --arg p "$CGROUP/web"
	local round first second
	for round in 1 2 3 4 5; do
		rt_spawn create web
		first=$spawned
		rt_spawn create web
		second=$spawned
		local won=0
		wait "$first" && won=$((won + 1))
		wait "$second" && won=$((won + 1))
		same 1 "$won" "winners in round $round"
		same created "$(status_of web)"
		is kill -0 "$(pid_of web)"
		rt start web
		ok
		rt delete --force web
		ok
		no_trace_of web
	done
}

@test "races: of two starts of one container exactly one wins" {
	bundle
	args sh -c 'echo ran >>/ran; sleep 1000'
	local first second won=0
	rt create web
	ok
	rt_spawn start web
	first=$spawned
	rt_spawn start web
	second=$spawned
	wait "$first" && won=$((won + 1))
	wait "$second" && won=$((won + 1))
	same 1 "$won"
	wait_until 60 test -s "$ROOTFS/ran"
	same ran "$(cat "$ROOTFS/ran")"
}

@test "races: twenty lifecycles side by side" {
	bundle
	args sleep 1000
	local i pids=()
	for i in {1..20}; do
		mkdir "$ARENA/b$i"
		jq '.linux.cgroupsPath = $c | .root.path = $r' --arg c "$CGROUP/c$i" --arg r "$ROOTFS" config.json >"$ARENA/b$i/config.json"
		spawn lifecycle "$i" >"$ARENA/life.$i" 2>&1
		pids+=("$spawned")
	done
	for i in {1..20}; do
		wait "${pids[i - 1]}" || {
			cat "$ARENA/life.$i"
			return 1
		}
	done
	same '' "$(container_ids)"
}

lifecycle() {
	local runtime=("$RUNTIME" "${RUNTIME_ARGS[@]}" --root "$STATE") id=c$1
	set -ex
	"${runtime[@]}" create --bundle "$ARENA/b$1" "$id" </dev/null >/dev/null
	"${runtime[@]}" start "$id"
	[[ $("${runtime[@]}" exec "$id" echo hi) == hi ]]
	"${runtime[@]}" state "$id" | jq -e '.status == "running"' >/dev/null
	"${runtime[@]}" kill "$id" KILL
	"${runtime[@]}" delete --force "$id"
}

@test "races: twenty execs side by side in one container" {
	bundle
	sleeper web
	local i pids=()
	for i in {1..20}; do
		spawn "$RUNTIME" "${RUNTIME_ARGS[@]}" --root "$STATE" exec web sh -c "echo $i" >"$ARENA/exec.$i" 2>&1
		pids+=("$spawned")
	done
	for i in {1..20}; do
		wait "${pids[i - 1]}" || {
			cat "$ARENA/exec.$i"
			return 1
		}
		same "$i" "$(cat "$ARENA/exec.$i")"
	done
}

@test "races: kill and delete side by side end a container for good" {
	bundle
	local round i pids
	for round in 1 2 3; do
		sleeper web
		pids=()
		for i in 1 2 3 4; do
			spawn "$RUNTIME" "${RUNTIME_ARGS[@]}" --root "$STATE" kill web KILL >/dev/null 2>&1
			pids+=("$spawned")
			spawn "$RUNTIME" "${RUNTIME_ARGS[@]}" --root "$STATE" delete --force web >"$ARENA/delete.$i" 2>&1
			pids+=("$spawned")
		done
		for i in "${pids[@]}"; do wait "$i" || :; done
		rt delete --force web
		ok
		no_trace_of web
		cat "$ARENA"/delete.*
		not grep -q panic "$ARENA"/delete.*
	done
}

@test "races: state, list and ps never break while containers come and go" {
	bundle
	args true
	mkdir -p "$STATE"
	spawn churn
	while ! ended "$spawned"; do
		rt_out list -q
		ok
		rt_out state web
		[[ $status == 0 ]] || err_has 'does not exist|being created|interrupted'
		rt ps -f json web
		lacks 'panic|goroutine'
	done
	wait "$spawned"
}

churn() {
	local i
	for i in {1..10}; do "$RUNTIME" "${RUNTIME_ARGS[@]}" --root "$STATE" run web </dev/null >/dev/null 2>&1 || return; done
}
