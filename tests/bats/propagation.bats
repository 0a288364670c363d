#!/usr/bin/env bats
# How mounts travel: rootfsPropagation, and the propagation options of single mounts.
#
# Each test plays the host in a mount namespace of its own, where what has to be shared can be shared.

load helpers
load refusals
load subject

setup() {
	arena_open
	bundle
	own_host mount
}

# shared_dir makes a shared mount on the host, for events to travel through: $ARENA/shared.
shared_dir() {
	mkdir "$ARENA/shared"
	on_host sh -c "mount -t tmpfs shared $ARENA/shared && mount --make-shared $ARENA/shared && mkdir $ARENA/shared/sub"
}

# A mount made on the host while the container runs.
host_mounts_later() { on_host sh -c "mount -t tmpfs later $1 && touch $1/later"; }

seen_by_host() { on_host test -e "$1"; }

exec_root() { rt exec --cap CAP_SYS_ADMIN "$@"; }

# ---- rootfsPropagation ----------------------------------------------------------------------------------------------

root_propagation() {
	config '.linux.rootfsPropagation = $value' --arg value "$1"
	mounts_inside
}

# covers: linux.rootfsPropagation
@test "rootfsPropagation: shared: the root is in a peer group of its own" {
	before_runc 1.2 "it makes the root private first, whatever was asked for"
	root_propagation shared
	mount_has / ' shared:[0-9]+ '
	mount_lacks / 'master:'
}

# covers: linux.rootfsPropagation
@test "rootfsPropagation: slave: the root receives from the host" {
	before_runc 1.2 "it makes the root private first, whatever was asked for"
	on_host sh -c "mount --bind $ROOTFS $ROOTFS && mount --make-shared $ROOTFS"
	root_propagation slave
	mount_has / ' master:[0-9]+ '
	mount_lacks / 'shared:'
}

# covers: linux.rootfsPropagation
@test "rootfsPropagation: private: the root neither receives nor sends" {
	on_host sh -c "mount --bind $ROOTFS $ROOTFS && mount --make-shared $ROOTFS"
	root_propagation private
	mount_lacks / 'shared:|master:|unbindable'
}

# covers: linux.rootfsPropagation
@test "rootfsPropagation: unbindable: the root cannot be bind mounted" {
	before_runc 1.2 "it makes the root private first, whatever was asked for"
	root_propagation unbindable
	mount_has / ' unbindable '
	grant CAP_SYS_ADMIN
	inside 'mkdir /tmp/copy; mount --bind / /tmp/copy'
	fails
	has '[Ii]nvalid argument'
}

# covers: linux.rootfsPropagation
@test "rootfsPropagation: the recursive words are taken too" {
	local value
	for value in rshared rslave rprivate; do
		config '.linux.rootfsPropagation = $value' --arg value "$value"
		inside 'echo ran'
		ok
		equals ran
	done
}

# covers: linux.rootfsPropagation
@test "rootfsPropagation: a slave root sees what the host mounts below it later" {
	before_runc 1.2 "it makes the root private first, whatever was asked for"
	on_host sh -c "mount --bind $ROOTFS $ROOTFS && mount --make-shared $ROOTFS"
	config '.linux.rootfsPropagation = "slave"'
	sleeper receiver
	host_mounts_later "$ROOTFS/home"
	rt exec receiver ls /home
	ok
	equals later
}

# covers: linux.rootfsPropagation
@test "rootfsPropagation: a private root sees nothing of what the host mounts below it later" {
	on_host sh -c "mount --bind $ROOTFS $ROOTFS && mount --make-shared $ROOTFS"
	config '.linux.rootfsPropagation = "private"'
	sleeper hermit
	host_mounts_later "$ROOTFS/home"
	rt exec hermit ls /home
	ok
	equals ''
}

# covers: linux.rootfsPropagation
@test "rootfsPropagation: whatever it is, the container's mounts stay off the host" {
	on_host sh -c "mount --bind $ROOTFS $ROOTFS && mount --make-rshared /"
	local value before after
	before=$(own_mounts on_host)
	for value in shared slave private rshared rslave rprivate; do
		config '.linux.rootfsPropagation = $value' --arg value "$value"
		inside 'true'
		ok
	done
	after=$(own_mounts on_host)
	same "$before" "$after" 'the mount table of the host'
}

@test "rootfsPropagation: an unknown word is refused" {
	config '.linux.rootfsPropagation = "sometimes"'
	refuses 'rootfsPropagation.*sometimes'
}

# ---- options of single mounts ---------------------------------------------------------------------------------------

# covers: mounts.options
@test "propagation: each word shows in the mount table" {
	local word
	for word in private slave shared unbindable rprivate rslave rshared runbindable; do
		add_mount "/m/$word" tmpfs tmpfs "$word"
	done
	mounts_inside
	for word in shared rshared; do mount_has "/m/$word" ' shared:[0-9]+ '; done
	for word in unbindable runbindable; do mount_has "/m/$word" ' unbindable '; done
	for word in private rprivate; do mount_lacks "/m/$word" 'shared:|master:|unbindable'; done
	for word in slave rslave; do mount_lacks "/m/$word" 'shared:|unbindable'; done
}

# covers: mounts.options
@test "propagation: rslave: the host's later mounts arrive, the container's do not leave" {
	shared_dir
	add_mount /data bind "$ARENA/shared" rbind rslave
	grant CAP_SYS_ADMIN
	sleeper one
	host_mounts_later "$ARENA/shared/sub"
	rt exec one ls /data/sub
	ok
	equals later
	exec_root one sh -c 'mkdir /data/inner && mount -t tmpfs inner /data/inner && touch /data/inner/mine'
	ok
	not seen_by_host "$ARENA/shared/inner/mine"
}

# covers: mounts.options
@test "propagation: rshared: mounts travel both ways" {
	shared_dir
	config '.linux.rootfsPropagation = "rshared"'
	add_mount /data bind "$ARENA/shared" rbind rshared
	grant CAP_SYS_ADMIN
	sleeper one
	host_mounts_later "$ARENA/shared/sub"
	rt exec one ls /data/sub
	ok
	equals later
	exec_root one sh -c 'mkdir /data/inner && mount -t tmpfs inner /data/inner && touch /data/inner/mine'
	ok
	is seen_by_host "$ARENA/shared/inner/mine"
}

# covers: mounts.options
@test "propagation: rprivate: mounts travel neither way" {
	shared_dir
	add_mount /data bind "$ARENA/shared" rbind rprivate
	grant CAP_SYS_ADMIN
	sleeper one
	host_mounts_later "$ARENA/shared/sub"
	rt exec one ls /data/sub
	ok
	equals ''
	exec_root one sh -c 'mkdir /data/inner && mount -t tmpfs inner /data/inner && touch /data/inner/mine'
	ok
	not seen_by_host "$ARENA/shared/inner/mine"
}

# covers: mounts.options
@test "propagation: without a word a bind mount of something shared is private to the container" {
	shared_dir
	add_mount /data bind "$ARENA/shared" rbind
	grant CAP_SYS_ADMIN
	sleeper one
	exec_root one sh -c 'mkdir /data/inner && mount -t tmpfs inner /data/inner && touch /data/inner/mine'
	ok
	not seen_by_host "$ARENA/shared/inner/mine"
}

# covers: mounts.options
@test "propagation: unbindable: the mount cannot be bound again inside" {
	add_mount /data tmpfs tmpfs unbindable
	grant CAP_SYS_ADMIN
	inside 'mkdir /tmp/copy; mount --bind /data /tmp/copy'
	fails
	has '[Ii]nvalid argument'
}
