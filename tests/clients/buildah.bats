#!/usr/bin/env bats
#
# buildah over the runtime.

# shellcheck disable=SC2016 # in single quotes, $ belongs to the shell in the container
# shellcheck disable=SC2154 # stderr comes from run --separate-stderr

load clients

engine=(buildah script)

setup_file() {
	[ -z "$(lacking "${engine[@]}")" ] || return 0
	export BUILDAH=$HOST_DIR/buildah
	mkdir "$BUILDAH"
	containers_conf "$BUILDAH/containers.conf"
	busybox_tar "$BUILDAH/busybox.tar"
	buildah from --name base scratch >/dev/null
	buildah add --quiet base "$BUILDAH/busybox.tar" / >/dev/null
	buildah config --env PATH=/bin --cmd sh base
	buildah commit --quiet base busybox >/dev/null
	buildah rm base >/dev/null
}

setup() {
	needs "${engine[@]}"
	context=$BATS_TEST_TMPDIR/context
	mkdir "$context"
	buildah from --name web busybox >/dev/null
}

teardown() {
	[ -z "$(lacking "${engine[@]}")" ] || return 0
	buildah rm --all >/dev/null
}

buildah() {
	command buildah "${buildah_flags[@]}" "$@" 3>&-
}

buildah_flags=(--root "$HOST_DIR/buildah/root" --runroot "$HOST_DIR/buildah/runroot" --storage-driver overlay)

# brun [FLAG...] NAME COMMAND... runs a command in a working container.
brun() {
	buildah run --runtime "$RUNTIME" --isolation oci "$@"
}

# build CONTAINERFILE [FLAG...] builds the image "built".
build() {
	echo "$1" >"$context/Containerfile"
	shift
	buildah bud --runtime "$RUNTIME" --isolation oci --network none --tag built "$@" "$context"
}

@test "buildah run: output, input and exit status" {
	run --separate-stderr -7 brun web -- sh -c 'cat; echo out; exit 7' <<<"in"
	[ "$output" = $'in\nout' ]
}

@test "buildah run: errors pass through" {
	run --separate-stderr -0 brun web -- sh -c 'echo err >&2'
	[ "$output" = "" ]
	# buildah 1.28 asks for ambient capabilities that are not inheritable: the kernel refuses them, and a runtime may warn.
	[ "$(grep -v 'ambient capabilit' <<<"$stderr")" = err ]
}

@test "buildah run: the changes stay in the working container" {
	brun web -- sh -c 'echo new >/file'
	[ "$(brun web -- cat /file)" = new ]
}

@test "buildah run: the user, directory, environment and host name asked for" {
	buildah config --user guest --workingdir /tmp --env A=b web
	run -0 brun --hostname builder web -- sh -c 'id -un; pwd; echo $A; hostname'
	[ "$output" = $'guest\n/tmp\nb\nbuilder' ]
}

@test "buildah run --tty: a terminal, and the exit status" {
	run -3 pty "buildah ${buildah_flags[*]} run --runtime $RUNTIME --isolation oci --tty web sh -c 'tty; exit 3'"
	[[ $output == *pts/* || $output == */dev/console* ]]
}

@test "buildah run --volume and --mount" {
	echo content >"$context/file"
	run --separate-stderr -0 brun --volume "$context:/data:ro" --mount type=tmpfs,destination=/scratch web -- \
		sh -c 'cat /data/file; grep -o " /scratch tmpfs" /proc/mounts; touch /data/x 2>&1 || true'
	[ "${lines[0]}" = content ]
	[ "${lines[1]}" = " /scratch tmpfs" ]
	[ "${lines[2]}" = "touch: /data/x: Read-only file system" ]
}

@test "buildah run --cap-add and --cap-drop" {
	run --separate-stderr -0 brun --cap-drop cap_chown --cap-add cap_net_admin web -- grep CapEff /proc/self/status
	# CAP_CHOWN is bit 0, CAP_KILL, which is there by default, bit 5, and CAP_NET_ADMIN bit 12.
	[ $((0x${output#*$'\t'} & 0x1021)) = $((0x1020)) ]
}

@test "buildah run: a command that is not there is named" {
	run ! brun web -- nosuch
	[[ $output == *nosuch* ]]
}

@test "buildah run: leaves no process, mount, cgroup or state" {
	local before
	brun web -- true
	before=$(inventory)
	brun web -- true
	run ! brun web -- false
	nothing_left_since "$before"
}

@test "buildah bud: three lines from scratch" {
	cp "$BUILDAH/busybox.tar" "$context"
	build 'FROM scratch
		ADD busybox.tar /
		RUN ["/bin/sh", "-c", "echo built >/result"]
		CMD ["/bin/cat", "/result"]'
	buildah from --name made built >/dev/null
	[ "$(brun made -- /bin/cat /result)" = built ]
	[ "$(buildah inspect --format '{{.OCIv1.Config.Cmd}}' made)" = "[/bin/cat /result]" ]
}

@test "buildah bud: RUN as another user, with a secret and a mount of the context" {
	echo hidden >"$context/secret"
	echo content >"$context/file"
	run -0 build 'FROM busybox
		RUN --mount=type=secret,id=mine cat /run/secrets/mine
		RUN --mount=type=bind,source=file,target=/file cat /file
		USER guest
		RUN id -un' --secret id=mine,src="$context/secret"
	[[ $output == *hidden*content*guest* ]]
}

@test "buildah bud: a RUN that fails ends the build with its exit status" {
	run -42 build 'FROM busybox
		RUN exit 42
		RUN echo not reached'
	[[ $output != *$'\n'"not reached"* ]]
}
