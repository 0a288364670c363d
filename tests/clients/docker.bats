#!/usr/bin/env bats
#
# Docker over the runtime, as its default: dockerd with a containerd of its own.

# shellcheck disable=SC2016 # in single quotes, $ belongs to the shell in the container
# shellcheck disable=SC2154 # stderr comes from run --separate-stderr

load clients

# Debian's client beside another one that may be installed.
docker_client=${DOCKER:-/usr/bin/docker}

engine=(dockerd containerd script "$docker_client")

setup_file() {
	[ -z "$(lacking "${engine[@]}")" ] || return 0
	export DOCKERD=$HOST_DIR/dockerd DOCKER_HOST=unix://$HOST_DIR/dockerd/socket DOCKER_CONFIG=$HOST_DIR/dockerd/client
	mkdir "$DOCKERD"
	echo '{}' >"$DOCKERD/config.json"
	start_dockerd
	busybox_tar "$DOCKERD/busybox.tar"
	docker import --change 'CMD ["sh"]' "$DOCKERD/busybox.tar" busybox >/dev/null
	# The first container brings cgroups and directories that stay.
	docker run --rm busybox true
}

teardown_file() {
	[ ! -e "${DOCKERD:-}/pid" ] || end_daemon "$DOCKERD/pid"
}

setup() {
	needs "${engine[@]}"
}

teardown() {
	[ -z "$(lacking "${engine[@]}")" ] || return 0
	docker ps --all --quiet | xargs -r "$docker_client" rm --force --volumes >/dev/null
}

# start_dockerd leaves the firewall alone: a container reaches the bridge and its neighbours without it.
start_dockerd() {
	daemon "$DOCKERD/pid" dockerd --add-runtime "husk=$RUNTIME" --default-runtime husk --live-restore \
		--config-file "$DOCKERD/config.json" --data-root "$DOCKERD/root" --exec-root "$DOCKERD/run" --pidfile "$DOCKERD/dockerd.pid" \
		--host "$DOCKER_HOST" --storage-driver overlay2 --iptables=false --ip6tables=false --oom-score-adjust 0 \
		--exec-opt native.cgroupdriver=cgroupfs
	answers "$DOCKERD/pid" docker version
}

docker() {
	"$docker_client" "$@" 3>&-
}

# sleeper NAME [FLAG...] starts a container that does nothing, and ends at SIGTERM.
sleeper() {
	docker run --detach --name "$@" busybox sh -c 'trap exit TERM; echo up; while :; do sleep 1000 & wait; done' >/dev/null
	eventually says "$1" up
}

# says NAME LINE
says() {
	docker logs "$1" 2>&1 | grep -qxF "$2"
}

# inspect NAME FIELD
inspect() {
	docker inspect --format "{{$2}}" "$1"
}

# status_is NAME STATUS
status_is() {
	[ "$(inspect "$1" .State.Status)" = "$2" ]
}

@test "docker info: the runtime, as the default" {
	run -0 docker info --format '{{.DefaultRuntime}} {{(index .Runtimes "husk").Path}} {{.CgroupDriver}}'
	[ "$output" = "husk $RUNTIME cgroupfs" ]
}

@test "docker run: output, errors, input and exit status pass through" {
	run --separate-stderr -7 docker run --rm -i busybox sh -c 'cat; echo err >&2; exit 7' <<<"in"
	[ "$output" = in ]
	[ "$stderr" = err ]
}

@test "docker run: the user, groups, directory, environment and host name asked for" {
	run -0 docker run --rm --user guest --group-add extra --workdir /tmp --env A=b --hostname web \
		busybox sh -c 'id; pwd; echo $A; hostname'
	[ "${lines[0]}" = "uid=1000(guest) gid=1000(guest) groups=1000(guest),2000(extra)" ]
	[ "${lines[1]}" = /tmp ]
	[ "${lines[2]}" = b ]
	[ "${lines[3]}" = web ]
}

@test "docker run: 125, 126 and 127 for an error of Docker's, no permission and no such command" {
	[ "${RUNTIME##*/}" != crun ] || skip "Docker 20.10 looks for runc's words, which crun does not use"
	run -125 docker run --rm --memory 1x busybox true
	run -126 docker run --rm busybox /bin/forbidden
	[[ ${output,,} == *"permission denied"* ]]
	run -127 docker run --rm busybox nosuch
	[[ $output == *nosuch* ]]
	run -127 docker run --rm busybox /nosuch
	[[ $output == *nosuch* ]]
}

@test "docker run --rm: leaves no process, mount, cgroup or state" {
	local before
	before=$(inventory)
	docker run --rm busybox true
	run ! docker run --rm busybox nosuch
	nothing_left_since "$before"
}

@test "docker run -it: a terminal of the user's size that controls the process, and its exit status" {
	run -3 pty "$docker_client run --rm -it busybox sh -c '
		until [ \"\$(stty size 2>/dev/null)\" = \"33 77\" ]; do :; done; tty; echo ready >/dev/tty
		read line; echo got \$line; exit 3'" ready $'typed\r'
	[[ ${lines[0]} == /dev/pts/0* ]]
	[[ $output == *"got typed"* ]]
}

@test "docker run: three at a time, and nothing left" {
	local before i pids=() statuses=()
	before=$(inventory)
	for i in {1..3}; do
		docker run --rm busybox sh -c "exit $i" &
		pids+=($!)
	done
	for i in {1..3}; do
		wait "${pids[i - 1]}" || statuses+=($?)
	done
	[ "${statuses[*]}" = "1 2 3" ]
	nothing_left_since "$before"
}

@test "docker create, start, wait, logs and restart" {
	docker create --name web busybox sh -c 'echo out; echo err >&2; exit 5' >/dev/null
	docker start web >/dev/null
	[ "$(docker wait web)" = 5 ]
	docker restart web >/dev/null
	[ "$(docker wait web)" = 5 ]
	run --separate-stderr -0 docker logs web
	[ "$output" = $'out\nout' ]
	[ "$stderr" = $'err\nerr' ]
	[ "$(inspect web '.State.Status}} {{.State.ExitCode')" = "exited 5" ]
}

@test "docker exec: output, input, exit status, user, directory and environment" {
	sleeper web
	run -9 docker exec -i --user guest --workdir /tmp --env A=b web sh -c 'cat; id -un; pwd; echo $A; exit 9' <<<"in"
	[ "$output" = $'in\nguest\n/tmp\nb' ]
}

@test "docker exec -it: a terminal of the user's size" {
	sleeper web
	run -6 pty "$docker_client exec -it web sh -c '
		until [ \"\$(stty size 2>/dev/null)\" = \"33 77\" ]; do :; done; tty; exit 6'"
	[[ $output == *"/dev/pts/"* ]]
}

@test "docker exec: a command that is not there, and one that may not be executed" {
	sleeper web
	# Docker 20.10 takes both for 126.
	run -126 docker exec web nosuch
	[[ $output == *nosuch* ]]
	run -126 docker exec web /bin/forbidden
	[[ ${output,,} == *"permission denied"* ]]
	status_is web running
}

@test "docker exec --detach" {
	sleeper web
	docker exec --detach web sh -c 'echo done >/tmp/done'
	eventually docker exec web grep -qx 'done' /tmp/done
}

@test "docker stop: SIGTERM reaches the process" {
	docker run --detach --name web busybox sh -c 'trap "exit 8" TERM; echo up; while :; do sleep 1000 & wait; done' >/dev/null
	eventually says web up
	docker stop --time 60 web >/dev/null
	[ "$(inspect web '.State.Status}} {{.State.ExitCode')" = "exited 8" ]
}

@test "docker kill: any signal" {
	docker run --detach --name web busybox \
		sh -c 'trap "echo usr1" USR1; echo up; while :; do sleep 1000 & wait; done' >/dev/null
	eventually says web up
	docker kill --signal USR1 web >/dev/null
	eventually says web usr1
	docker kill web >/dev/null
	[ "$(docker wait web)" = 137 ]
}

@test "docker pause and unpause" {
	sleeper web
	docker pause web >/dev/null
	status_is web paused
	run -1 docker exec web true
	docker unpause web >/dev/null
	status_is web running
	docker exec web true
}

@test "docker rm --force: a running and a paused container, and nothing left" {
	local before
	before=$(inventory)
	sleeper web
	docker rm --force web >/dev/null
	sleeper web
	docker pause web >/dev/null
	docker rm --force web >/dev/null
	nothing_left_since "$before"
}

@test "docker update: memory, processes and CPU, seen from inside" {
	[ -d /sys/fs/cgroup/memory ] || skip "the host has no cgroup v1"
	sleeper web --memory 32m --pids-limit 50
	run -0 docker exec web cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max
	[ "$output" = $'33554432\n50' ]
	docker update --memory 64m --memory-swap 64m --pids-limit 40 --cpu-shares 256 --cpuset-cpus 0 web >/dev/null
	run -0 docker exec web sh -c 'cd /sys/fs/cgroup
		cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.shares cpuset/cpuset.cpus'
	[ "$output" = $'67108864\n40\n256\n0' ]
}

@test "docker inspect: a container that ran out of memory says so" {
	run -137 docker run --name web --memory 16m --memory-swap 16m busybox dd if=/dev/zero of=/dev/null bs=64M count=1
	eventually out_of_memory web
}

out_of_memory() {
	[ "$(inspect "$1" .State.OOMKilled)" = true ]
}

@test "docker cp: into and out of a running and a stopped container" {
	echo content >"$BATS_TEST_TMPDIR/file"
	sleeper web
	docker cp "$BATS_TEST_TMPDIR/file" web:/tmp/file
	[ "$(docker exec web cat /tmp/file)" = content ]
	docker stop --time 0 web >/dev/null
	docker cp web:/tmp/file "$BATS_TEST_TMPDIR/back"
	cmp "$BATS_TEST_TMPDIR/file" "$BATS_TEST_TMPDIR/back"
}

@test "docker top and stats" {
	sleeper web
	run -0 docker top web -o pid,args
	[[ $output == *"$(inspect web .State.Pid)"*"sleep 1000"* ]]
	run -0 docker stats --no-stream --format '{{.Name}} {{.PIDs}}' web
	[ "$output" = "web 2" ]
}

@test "docker events: the life of a container in order" {
	local since
	since=$(date +%s)
	docker run --name eventful busybox true
	docker rm eventful >/dev/null
	run -0 docker events --since "$since" --until "$(($(date +%s) + 1))" --filter container=eventful --format '{{.Action}}'
	[ "$(xargs <<<"$output")" = "create attach start die destroy" ]
}

@test "docker run: a network of the default bridge, to the host and to a neighbour" {
	docker run --detach --name server busybox sh -c 'while :; do echo hello | nc -l -p 8080; done' >/dev/null
	local address gateway
	address=$(inspect server .NetworkSettings.IPAddress)
	gateway=$(inspect server .NetworkSettings.Gateway)
	run -0 docker run --rm busybox sh -c "until nc $address 8080 </dev/null 2>/dev/null; do :; done
		ping -c 1 -W 30 $gateway | grep -o ' 0% packet loss'"
	[ "$output" = $'hello\n 0% packet loss' ]
}

@test "docker run: --network none, host and of another container" {
	[ "$(docker run --rm --network none busybox ls /sys/class/net)" = lo ]
	[ "$(docker run --rm --network host busybox readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)" ]
	sleeper web
	run -0 docker run --rm --network container:web --pid container:web --ipc host busybox \
		sh -c '[ $(readlink /proc/1/ns/net) = $(readlink /proc/self/ns/net) ] && ps -o args'
	[[ $output == *"sleep 1000"* ]]
}

@test "docker run: --read-only, --tmpfs, volumes and --mount" {
	mkdir "$BATS_TEST_TMPDIR/data"
	run -0 docker run --rm --read-only --tmpfs /scratch:size=1m,noexec --volume "$BATS_TEST_TMPDIR/data:/rw" --volume named:/etc \
		--mount "type=bind,src=$BATS_TEST_TMPDIR/data,dst=/ro,readonly,bind-propagation=rslave" busybox sh -c '
		echo new >/rw/file; cat /ro/file; touch /ro/x 2>&1; touch /new 2>&1; head -n 1 /etc/passwd; grep " /scratch " /proc/mounts'
	[ "${lines[0]}" = new ]
	[ "${lines[1]}" = "touch: /ro/x: Read-only file system" ]
	[ "${lines[2]}" = "touch: /new: Read-only file system" ]
	[[ ${lines[3]} == root:* ]]
	[[ ${lines[4]} == *noexec*size=1024k* ]]
	docker volume rm named >/dev/null
}

@test "docker run: --cap-drop, --cap-add and --device" {
	run -0 docker run --rm --cap-drop all --cap-add net_admin busybox grep CapEff /proc/self/status
	[[ $output == *$'\t'0000000000001000 ]]
	[ -c /dev/fuse ] || skip "this kernel has no /dev/fuse"
	run -0 docker run --rm --device /dev/fuse:/dev/mine:r busybox sh -c '
		: </dev/mine && echo read
		(: >/dev/mine) 2>&1 || true'
	[ "${lines[0]}" = read ]
	[[ ${lines[1]} == *"Operation not permitted"* ]]
}

@test "docker run and exec --privileged: every capability" {
	local all
	all=$(printf '%016x' $(((1 << $(</proc/sys/kernel/cap_last_cap) + 1) - 1)))
	grep -q "^CapBnd:.*$all" /proc/self/status || skip "this root lacks capabilities that Docker asks for"
	sleeper web
	[[ $(docker exec --privileged web grep CapEff /proc/self/status) == *$all ]]
	[[ $(docker run --rm --privileged busybox grep CapEff /proc/self/status) == *$all ]]
}

@test "docker run: --security-opt, --sysctl, --ulimit, --shm-size and --init" {
	run -0 docker run --rm busybox grep Seccomp: /proc/self/status
	[[ $output == *2 ]]
	run -0 docker run --rm --security-opt no-new-privileges --security-opt seccomp=unconfined --sysctl net.ipv4.ip_forward=0 \
		--ulimit nofile=100:200 --shm-size 1m busybox sh -c '
		grep -E "NoNewPrivs|Seccomp:" /proc/self/status; cat /proc/sys/net/ipv4/ip_forward; ulimit -Hn; grep /dev/shm /proc/mounts'
	[[ ${lines[0]} == *1 ]]
	[[ ${lines[1]} == *0 ]]
	[ "${lines[2]}" = 0 ]
	[ "${lines[3]}" = 200 ]
	[[ ${lines[4]} == *size=1024k* ]]
}

@test "docker run --restart: a failing container is started anew" {
	docker run --detach --name web --restart on-failure:2 busybox sh -c 'echo try; exit 1' >/dev/null
	eventually restarts_are web 2
	eventually status_is web exited
	[ "$(docker logs web)" = $'try\ntry\ntry' ]
}

# restarts_are NAME COUNT
restarts_are() {
	[ "$(inspect "$1" .RestartCount)" = "$2" ]
}

@test "docker run --health-cmd: Docker's own probes" {
	sleeper web --health-cmd 'test -e /tmp/healthy' --health-interval 1s
	docker exec web touch /tmp/healthy
	eventually healthy web
}

healthy() {
	[ "$(inspect "$1" .State.Health.Status)" = healthy ]
}

@test "docker: a container that was killed behind Docker's back" {
	sleeper web
	kill -KILL "$(inspect web .State.Pid)"
	[ "$(docker wait web)" = 137 ]
	docker start web >/dev/null
	docker exec web true
}

@test "docker build: RUN is run by the runtime" {
	printf '%s\n' 'FROM busybox' 'RUN echo built >/result' 'RUN exit 0' 'CMD ["cat", "/result"]' >"$BATS_TEST_TMPDIR/Dockerfile"
	docker build --network none --tag built "$BATS_TEST_TMPDIR" >/dev/null
	[ "$(docker run --rm built)" = built ]
	printf '%s\n' 'FROM busybox' 'RUN exit 42' >"$BATS_TEST_TMPDIR/Dockerfile"
	run ! docker build --network none "$BATS_TEST_TMPDIR"
	[[ $output == *"non-zero code: 42"* ]]
}

@test "docker: a container lives on through a restart of dockerd" {
	sleeper web
	local pid
	pid=$(inspect web .State.Pid)
	end_daemon "$DOCKERD/pid"
	[ -e "/proc/$pid" ]
	start_dockerd
	status_is web running
	[ "$(inspect web .State.Pid)" = "$pid" ]
	run -5 docker exec web sh -c 'exit 5'
	docker stop --time 60 web >/dev/null
	status_is web exited
}
