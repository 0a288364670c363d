# shellcheck shell=bash
#
# What the tests of the engines share. They run on the host that tests/clients/host makes, started by tests/clients/run.

bats_require_minimum_version 1.7.0

# lacking COMMAND... prints the commands that are not installed. Each file has its list in "engine"; without them, setup_file
# and teardown do nothing, and setup skips each test.
lacking() {
	local command
	for command; do
		# Not command -v, which finds the tests' functions of these names.
		[ -n "$(type -P "$command")" ] || echo "$command"
	done
}

# needs COMMAND... skips a test unless all commands are there. In CI it fails the test: nobody would notice the skip.
needs() {
	local missing
	missing=$(lacking "$@" | xargs)
	[ -n "$missing" ] || return 0
	[ "${CI:-}" = true ] || skip "not installed: $missing"
	echo "not installed: $missing"
	return 1
}

# busybox_rootfs DIR makes a root filesystem of busybox with the users root and guest (1000).
busybox_rootfs() {
	mkdir -p "$1"/{bin,etc,home/guest,root,tmp}
	chmod 1777 "$1/tmp"
	chown 1000:1000 "$1/home/guest"
	cp "$(command -v busybox)" "$1/bin/busybox"
	chroot "$1" /bin/busybox --install -s /bin
	printf 'root:x:0:0:root:/root:/bin/sh\nguest:x:1000:1000:guest:/home/guest:/bin/sh\n' >"$1/etc/passwd"
	printf 'root:x:0:\nguest:x:1000:\nextra:x:2000:\n' >"$1/etc/group"
	# A command that may not be executed, and one that is no program.
	echo 'exit 0' >"$1/bin/forbidden"
	printf '\0' >"$1/bin/garbage"
	chmod 755 "$1/bin/garbage"
}

# busybox_tar FILE makes the archive of such a root filesystem, for an engine to import.
busybox_tar() {
	busybox_rootfs "$1.rootfs"
	tar -C "$1.rootfs" -cf "$1" .
}

# busybox_image FILE makes an archive of the image docker.io/library/busybox:latest, as `docker save` would.
busybox_image() {
	local dir=$1.image arch
	mkdir "$dir"
	busybox_tar "$dir/layer.tar"
	arch=$(dpkg --print-architecture)
	jq -n --arg arch "$arch" --arg id "sha256:$(sha256sum <"$dir/layer.tar" | cut -d' ' -f1)" \
		'{architecture: $arch, os: "linux", config: {Cmd: ["sh"], Env: ["PATH=/bin"]}, rootfs: {type: "layers", diff_ids: [$id]}}' \
		>"$dir/config.json"
	echo '[{"Config": "config.json", "RepoTags": ["busybox:latest"], "Layers": ["layer.tar"]}]' >"$dir/manifest.json"
	tar -C "$dir" -cf "$1" config.json layer.tar manifest.json
}

# containers_conf FILE [RUNTIMES] makes the configuration of Podman and buildah, and lets them find it. The runtimes,
# quoted names with commas between them, are those that Podman is told to log JSON.
containers_conf() {
	# They would raise the limits of open files and processes to the kernel's, which takes more than some roots may do.
	cat >"$1" <<-END
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
		log_driver = "k8s-file"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime_supports_json = [${2:-}]
		[network]
		network_backend = "netavark"
		network_config_dir = "$1.networks"
	END
	export CONTAINERS_CONF=$1
}

# eventually COMMAND... waits until the command succeeds: for what an engine does behind its client's back.
eventually() {
	local deadline=$((SECONDS + 180))
	until "$@"; do
		if ((SECONDS >= deadline)); then
			echo "did not come true within three minutes: $*"
			return 1
		fi
		sleep 0.1
	done
}

# pty COMMAND [PROMPT TYPED] runs a shell command on a terminal of 33 rows and 77 columns, types once the prompt shows, and
# prints all that the terminal showed.
pty() {
	local keyboard=$BATS_TEST_TMPDIR/keyboard shown=$BATS_TEST_TMPDIR/shown status=0
	[ -p "$keyboard" ] || mkfifo "$keyboard"
	# Open for reading and writing, so that the command never comes to its end.
	exec 4<>"$keyboard"
	: >"$shown"
	script -qec "stty rows 33 cols 77; $1" /dev/null <&4 >"$shown" 3>&- &
	if [ $# -gt 1 ]; then
		eventually grep -q "$2" "$shown"
		printf %s "$3" >&4
	fi
	wait $! || status=$?
	exec 4>&-
	cat "$shown"
	return $status
}

# daemon PIDFILE COMMAND... starts a daemon that logs to PIDFILE.log. Not with bats' fd 3, which bats waits for.
daemon() {
	local file=$1
	shift
	"$@" >>"$file.log" 2>&1 3>&- &
	echo $! >"$file"
}

# answers PIDFILE COMMAND... waits until the command succeeds, and shows the daemon's log if it never does.
answers() {
	local file=$1
	shift
	eventually answers_or_gone "$file" "$@" && "$@" >/dev/null 2>&1 && return
	tail -n 20 "$file.log"
	return 1
}

answers_or_gone() {
	"${@:2}" >/dev/null 2>&1 || gone "$(<"$1")"
}

# end_daemon PIDFILE [SIGNAL] ends a daemon and waits until it is gone.
end_daemon() {
	gone "$(<"$1")" || kill -s "${2:-TERM}" "$(<"$1")"
	eventually gone "$(<"$1")"
}

# gone PID succeeds if there is no such process, or only what its parent has not waited for yet.
gone() {
	! grep -qs '^State:\s[^ZX]' "/proc/$1/status"
}

# inventory prints what containers leave behind when a runtime or its engine forgets it: processes, mounts, cgroups,
# network namespaces and links, and the runtimes' state.
inventory() {
	ps -e -o comm= | awk '!/^(bats.*|bash|ps|awk|sort|sleep)$/' | sort
	# Podman's mount of its own store comes and goes.
	findmnt -rn -o TARGET,FSTYPE | grep -v "^$HOST_DIR/podman/root/overlay "
	find /sys/fs/cgroup -type d | sort
	ip -brief link | cut -d' ' -f1
	find /run/netns "/run/${RUNTIME##*/}" /run/user/*/"${RUNTIME##*/}" /run/containerd/runc /run/docker/runtime-* \
		-mindepth 1 2>/dev/null | sort || true
}

# nothing_left_since BEFORE succeeds once the inventory is what it was, and shows the difference if it never is.
nothing_left_since() {
	local now
	eventually same_inventory "$1" >/dev/null && return
	now=$(inventory)
	diff <(echo "$1") - <<<"$now"
}

same_inventory() {
	[ "$(inventory)" = "$1" ]
}
