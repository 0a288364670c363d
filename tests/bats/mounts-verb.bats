#!/usr/bin/env bats
load helpers

setup() {
	arena_open
	only husk "runc has no mounts verb and Debian's crun is older than it"
	bundle
	mkdir "$BUNDLE/share"
	echo shared >"$BUNDLE/share/file"
	file=$ARENA/mounts.json
}

@test "mounts: add makes a host directory appear in a running container, remove takes it away" {
	sleeper web
	mkdir "$ROOTFS/mnt"
	jq -n '[{destination: "/mnt", type: "bind", source: $s, options: ["bind"]}]' --arg s "$BUNDLE/share" >"$file"
	rt mounts add web "$file"
	ok
	equals ''
	rt exec web cat /mnt/file
	ok
	equals shared
	rt mounts remove web "$file"
	ok
	rt exec web ls /mnt
	ok
	equals ''
}

@test "mounts: add reaches processes that run already" {
	args sh -c 'until [ -e /mnt/file ]; do sleep 0.05; done; cat /mnt/file >/seen; sleep 1000'
	mkdir "$ROOTFS/mnt"
	run_as web -d
	ok
	jq -n '[{destination: "/mnt", type: "bind", source: $s, options: ["bind"]}]' --arg s "$BUNDLE/share" >"$file"
	rt mounts add web "$file"
	ok
	wait_until 60 grep -qs shared "$ROOTFS/seen"
}

@test "mounts: add makes the destination when it is not there" {
	sleeper web
	jq -n '[{destination: "/new/deep", type: "bind", source: $s, options: ["bind"]}]' --arg s "$BUNDLE/share" >"$file"
	rt mounts add web "$file"
	ok
	rt exec web cat /new/deep/file
	ok
	equals shared
}

@test "mounts: add of a single file" {
	sleeper web
	jq -n '[{destination: "/etc/extra", type: "bind", source: $s, options: ["bind", "ro"]}]' --arg s "$BUNDLE/share/file" >"$file"
	rt mounts add web "$file"
	ok
	rt exec web sh -c 'cat /etc/extra; echo x >/etc/extra'
	fails 1
	has '^shared$'
	has 'Read-only'
}

@test "mounts: add of a tmpfs, with its options" {
	sleeper web
	echo '[{"destination": "/t", "type": "tmpfs", "source": "scratch", "options": ["nosuid", "nodev", "noexec", "size=64k"]}]' >"$file"
	rt mounts add web "$file"
	ok
	rt exec web grep ' /t ' /proc/self/mountinfo
	ok
	has 'nosuid,nodev,noexec'
	has 'size=64k'
}

@test "mounts: add of several, in order" {
	sleeper web
	jq -n '[{destination: "/t", type: "tmpfs", source: "tmpfs"},
		{destination: "/t/sub", type: "bind", source: $s, options: ["bind"]}]' --arg s "$BUNDLE/share" >"$file"
	rt mounts add web "$file"
	ok
	rt exec web cat /t/sub/file
	ok
	equals shared
	rt mounts remove web "$file"
	ok
	rt exec web grep -E ' /t[ /]' /proc/self/mountinfo
	fails 1
}

@test "mounts: nothing of it shows on the host" {
	sleeper web
	echo '[{"destination": "/t", "type": "tmpfs", "source": "tmpfs"}]' >"$file"
	rt mounts add web "$file"
	ok
	rt exec web touch /t/file
	ok
	not test -e "$ROOTFS/t/file"
	same '' "$(arena_mounts)"
}

@test "mounts: a destination that is a symbolic link out of the rootfs stays inside" {
	sleeper web
	mkdir "$ARENA/outside"
	ln -s "$ARENA/outside" "$ROOTFS/link"
	ln -s ../../../../../../../../etc "$ROOTFS/up"
	jq -n '[{destination: "/link", type: "tmpfs", source: "tmpfs"}, {destination: "/up", type: "tmpfs", source: "tmpfs"}]' >"$file"
	rt mounts add web "$file"
	same '' "$(arena_mounts)"
	same '' "$(ls "$ARENA/outside")"
}

@test "mounts: a source that is not there is refused by name" {
	sleeper web
	jq -n '[{destination: "/mnt", type: "bind", source: "/no/such/source", options: ["bind"]}]' >"$file"
	rt mounts add web "$file"
	fails 1
	has '/no/such/source'
}

@test "mounts: when one of several fails, none is left" {
	sleeper web
	jq -n '[{destination: "/t", type: "tmpfs", source: "tmpfs"},
		{destination: "/mnt", type: "bind", source: "/no/such/source", options: ["bind"]}]' >"$file"
	rt mounts add web "$file"
	fails 1
	rt exec web grep ' /t ' /proc/self/mountinfo
	fails 1
}

@test "mounts: remove of what is not mounted is refused" {
	sleeper web
	echo '[{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}]' >"$file"
	rt mounts remove web "$file"
	fails 1
	has '/tmp'
}

@test "mounts: a broken file is refused" {
	sleeper web
	local content
	for content in '' '{' '5' '[5]' '[{"destination": 5}]' '[{"type": "tmpfs"}]' '[{"destination": "relative", "type": "tmpfs", "source": "tmpfs"}]'; do
		printf %s "$content" >"$file"
		rt mounts add web "$file"
		fails 1
		lacks 'panic|goroutine'
	done
	rt mounts add web "$ARENA/none.json"
	fails 1
	has 'none\.json'
}

@test "mounts: a stopped container is refused" {
	args true
	run_as web -d
	ok
	wait_until 60 in_state web stopped
	echo '[{"destination": "/t", "type": "tmpfs", "source": "tmpfs"}]' >"$file"
	rt mounts add web "$file"
	fails 1
	has 'not running'
}

@test "mounts: an unknown container, an unknown sub-verb and missing arguments are errors" {
	echo '[]' >"$file"
	rt mounts add nobody "$file"
	fails 1
	has 'does not exist'
	rt mounts add nobody
	fails 1
	has 'requires exactly 2 argument'
	rt mounts replace nobody "$file"
	fails
}
