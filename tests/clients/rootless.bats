#!/usr/bin/env bats
#
# Podman over the runtime, for a user who is not root.

# shellcheck disable=SC2016 # in single quotes, $ belongs to the shell in the container
# shellcheck disable=SC2154 # stderr comes from run --separate-stderr

load clients

tenant=4242
podman_flags=(--runtime "$HOST_DIR/tenant/bin/${RUNTIME##*/}" --storage-driver vfs)

engine=(podman conmon /usr/lib/podman/netavark newuidmap script)

setup_file() {
	[ -z "$(lacking "${engine[@]}")" ] || return 0
	local home=$HOST_DIR/tenant
	echo "tenant:x:$tenant:$tenant::$home:/bin/sh" >>/etc/passwd
	echo "tenant:x:$tenant:" >>/etc/group
	echo "tenant:100000:65536" | tee /etc/subuid >/etc/subgid
	mkdir -p "$home/bin" "/run/user/$tenant"
	# The user need not be able to get to where the runtime lies.
	cp "$RUNTIME" "$home/bin/"
	containers_conf "$home/containers.conf"
	busybox_tar "$home/busybox.tar"
	chown -R "$tenant:$tenant" "$home" "/run/user/$tenant"
	podman import "$home/busybox.tar" busybox >/dev/null
	# The first container brings the process that keeps Podman's user namespace.
	podman run --rm --network none busybox true
}

setup() {
	needs "${engine[@]}"
	cd "$HOST_DIR/tenant" || return
}

teardown() {
	[ -z "$(lacking "${engine[@]}")" ] || return 0
	! podman pod exists pod || podman pod rm --force --time 0 pod >/dev/null
	podman rm --all --force --time 0 >/dev/null
}

as_tenant=(setpriv --reuid "$tenant" --regid "$tenant" --init-groups env "HOME=$HOST_DIR/tenant" "XDG_RUNTIME_DIR=/run/user/$tenant")
podman_command="${as_tenant[*]} podman ${podman_flags[*]}"

podman() {
	"${as_tenant[@]}" podman "${podman_flags[@]}" "$@" 3>&-
}

# sleeper NAME [FLAG...] starts a container that does nothing, and ends at SIGTERM.
sleeper() {
	podman run --detach --network none --name "$@" busybox sh -c 'trap exit TERM; while :; do sleep 1000 & wait; done' >/dev/null
}

pid_of() {
	podman inspect --format '{{.State.Pid}}' "$1"
}

@test "rootless podman run: output, errors, input and exit status pass through" {
	run --separate-stderr -7 podman run --rm -i --network none busybox sh -c 'cat; echo err >&2; exit 7' <<<"in"
	[ "$output" = in ]
	[ "$stderr" = err ]
}

@test "rootless podman run: root inside is the user, others are the user's subordinate ids" {
	sleeper web
	[ "$(stat -c %u "/proc/$(pid_of web)")" = "$tenant" ]
	[ "$(podman exec web id -u)" = 0 ]
	sleeper guest --user guest
	[ "$(stat -c %u "/proc/$(pid_of guest)")" = 100999 ]
	[ "$(podman exec --user guest web id -u)" = 1000 ]
}

@test "rootless podman run: the state is the user's" {
	sleeper web
	[ -d "/run/user/$tenant/${RUNTIME##*/}/$(podman inspect --format '{{.Id}}' web)" ]
	[ "$(stat -c %u "/run/user/$tenant/${RUNTIME##*/}")" = "$tenant" ]
}

@test "rootless podman --userns=keep-id: the user is the same inside, and owns the volume" {
	mkdir "$HOST_DIR/tenant/data"
	chown "$tenant:$tenant" "$HOST_DIR/tenant/data"
	run -0 podman run --rm --network none --userns keep-id -v "$HOST_DIR/tenant/data:/data" busybox sh -c 'id -u; echo new >/data/file'
	[ "$output" = "$tenant" ]
	[ "$(stat -c %u "$HOST_DIR/tenant/data/file")" = "$tenant" ]
	rm -r "$HOST_DIR/tenant/data"
}

@test "rootless podman run -it and exec -it: terminals of the user's size" {
	local show="until [ \"\$(stty size 2>/dev/null)\" = \"33 77\" ]; do :; done; tty; exit 6"
	run -6 pty "$podman_command run --rm -it --network none busybox sh -c '$show'"
	[[ $output == /dev/pts/* ]]
	sleeper web
	run -6 pty "$podman_command exec -it web sh -c '$show'"
	[[ $output == /dev/pts/* ]]
}

@test "rootless podman run: 126 and 127" {
	run -126 podman run --rm --network none busybox /bin/forbidden
	[[ ${output,,} == *"permission denied"* ]]
	run -127 podman run --rm --network none busybox nosuch
	[[ $output == *nosuch* ]]
}

@test "rootless podman exec, cp, logs, top, kill and wait" {
	podman run --detach --name web --network none busybox sh -c 'echo hello; sleep 1000' >/dev/null
	run -9 podman exec web sh -c 'echo content >/tmp/file; exit 9'
	podman cp web:/tmp/file "$HOST_DIR/tenant/back"
	[ "$(<"$HOST_DIR/tenant/back")" = content ]
	[ "$(podman logs web)" = hello ]
	[[ $(podman top web args) == *"sleep 1000"* ]]
	podman kill web >/dev/null
	[ "$(podman wait web)" = 137 ]
}

@test "rootless podman stop, start and rm --force: nothing left" {
	local before
	before=$(inventory)
	podman run --detach --name web --network none busybox sh -c 'trap "exit 8" TERM; echo up; while :; do sleep 1000 & wait; done' >/dev/null
	eventually says web up
	podman stop --time 60 web >/dev/null
	[ "$(podman inspect --format '{{.State.ExitCode}}' web)" = 8 ]
	podman start web >/dev/null
	podman rm --force --time 0 web >/dev/null
	nothing_left_since "$before"
}

# says NAME LINE
says() {
	podman logs "$1" | grep -qxF "$2"
}

@test "rootless podman pod: two containers share a network and a hostname" {
	needs catatonit
	podman pod create --name pod --network none --hostname pod-host >/dev/null
	podman run --detach --pod pod --name server busybox sh -c 'echo hello | nc -l -p 8080 127.0.0.1; sleep 1000' >/dev/null
	run -0 podman run --rm --pod pod busybox sh -c 'until nc 127.0.0.1 8080 </dev/null 2>/dev/null; do :; done; hostname'
	[ "$output" = $'hello\npod-host' ]
}

@test "rootless podman run: --network host, --read-only, --tmpfs and --cap-drop" {
	run -0 podman run --rm --network host --read-only --tmpfs /scratch:size=1m --cap-drop all busybox sh -c '
		readlink /proc/self/ns/net; touch /new 2>&1; touch /scratch/new && grep CapEff /proc/self/status'
	[ "${lines[0]}" = "$(readlink /proc/self/ns/net)" ]
	[ "${lines[1]}" = "touch: /new: Read-only file system" ]
	[[ ${lines[2]} == *0000000000000000 ]]
}

@test "rootless podman build: RUN is run by the runtime" {
	mkdir -p "$HOST_DIR/tenant/context"
	printf '%s\n' 'FROM busybox' 'RUN id -u >/result' 'CMD ["cat", "/result"]' >"$HOST_DIR/tenant/context/Containerfile"
	podman build --isolation oci --network none --tag built "$HOST_DIR/tenant/context" >/dev/null
	[ "$(podman run --rm --network none built)" = 0 ]
}
