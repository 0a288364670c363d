# fish completion of husk. Generated from the commands by contrib/gen: do not edit.

# __husk_words prints the command words and arguments before the cursor, one a line, without the flags and their values.
function __husk_words
    set -l tokens (commandline -opc)
    set -l skip 0
    for token in $tokens[2..-1]
        if test $skip -eq 1
            set skip 0
        else if contains -- $token --root --log --log-format --log-level --cgroup-manager --rootless --criu --image-path --work-path --manage-cgroups-mode --network-lock --empty-ns --parent-path --status-fd --page-server --bundle -b --config -f --console-socket --pidfd-socket --pid-file --preserve-fds --interval --process -p --cwd --env -e --user -u --additional-gids -g --cap -c --apparmor --process-label --cgroup --format --lsm-profile --lsm-mount-context --file --resources -r --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-share --cpu-rt-period --cpu-rt-runtime --cpu-idle --cpuset-cpus --cpuset-mems --memory --memory-reservation --memory-swap --kernel-memory --kernel-memory-tcp --pids-limit --l3-cache-schema --mem-bw-schema
            set skip 1
        else if not string match -q -- '-*' $token
            echo $token
        end
    end
end

# __husk_at VERB tells whether the cursor is behind that verb.
function __husk_at
    set -l words (__husk_words)
    set -l verb (string split ' ' -- $argv[1])
    test (count $words) -ge (count $verb); and test "$words[1..$(count $verb)]" = "$argv[1]"
end

# __husk_argument VERB N tells whether the cursor is at the verb's N-th argument.
function __husk_argument
    set -l verb (string split ' ' -- $argv[1])
    __husk_at $argv[1]; and test (count (__husk_words)) -eq (math (count $verb) + $argv[2] - 1)
end

# __husk_containers prints the ids of the containers below the --root given.
function __husk_containers
    set -l tokens (commandline -opc)
    set -l root
    if set -l at (contains -i -- --root $tokens)
        set root --root $tokens[(math $at + 1)]
    end
    husk $root list --quiet 2>/dev/null
end

complete -c husk -f
complete -c husk -n 'test -z "$(__husk_words)"' -l root -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'keep the containers\' state in DIR, best on a tmpfs'
complete -c husk -n 'test -z "$(__husk_words)"' -l log -r -f -d 'write log lines to DEST: [file:]PATH, journald:[IDENTIFIER] or syslog:[IDENTIFIER] (default: the standard error stream)'
complete -c husk -n 'test -z "$(__husk_words)"' -l log-format -x -a 'text json' -d 'write log lines as FORMAT: text or json'
complete -c husk -n 'test -z "$(__husk_words)"' -l log-level -r -f -d 'log from LEVEL up: error, warning, info or debug'
complete -c husk -n 'test -z "$(__husk_words)"' -l debug -d 'log everything, as with --log-level debug'
complete -c husk -n 'test -z "$(__husk_words)"' -l cgroup-manager -x -a 'cgroupfs systemd' -d 'manage cgroups through MANAGER: cgroupfs or systemd (default: cgroupfs)'
complete -c husk -n 'test -z "$(__husk_words)"' -l systemd-cgroup -d 'manage cgroups through systemd; cgroupsPath is then slice:prefix:name'
complete -c husk -n 'test -z "$(__husk_words)"' -l rootless -x -a 'true false auto' -d 'ignore errors of cgroup permissions: WHEN is true, false or auto'
complete -c husk -n 'test -z "$(__husk_words)"' -l help -s h -d 'show help'
complete -c husk -n 'test -z "$(__husk_words)"' -l version -s v -s V -d 'print the versions of husk and of what it is made of'
complete -c husk -n 'test -z "$(__husk_words)"' -a checkpoint -d 'save the processes of a running container'
complete -c husk -n 'test -z "$(__husk_words)"' -a create -d 'create a container'
complete -c husk -n 'test -z "$(__husk_words)"' -a delete -d 'delete a container'
complete -c husk -n 'test -z "$(__husk_words)"' -a events -d 'print events and statistics of a container'
complete -c husk -n 'test -z "$(__husk_words)"' -a exec -d 'run a further process in a container'
complete -c husk -n 'test -z "$(__husk_words)"' -a features -d 'print what this husk can do'
complete -c husk -n 'test -z "$(__husk_words)"' -a kill -d 'send a signal to a container'
complete -c husk -n 'test -z "$(__husk_words)"' -a list -d 'list the containers of the state root'
complete -c husk -n 'test -z "$(__husk_words)"' -a mounts -d 'add mounts to a running container or remove them'
complete -c husk -n 'test -z "$(__husk_words)"' -a pause -d 'freeze all processes of a container'
complete -c husk -n 'test -z "$(__husk_words)"' -a ps -d 'show the processes of a container'
complete -c husk -n 'test -z "$(__husk_words)"' -a restore -d 'make a container from saved processes'
complete -c husk -n 'test -z "$(__husk_words)"' -a resume -d 'let the processes of a paused container go on'
complete -c husk -n 'test -z "$(__husk_words)"' -a run -d 'create and start a container'
complete -c husk -n 'test -z "$(__husk_words)"' -a spec -d 'write a config.json to start from'
complete -c husk -n 'test -z "$(__husk_words)"' -a start -d 'start a created container'
complete -c husk -n 'test -z "$(__husk_words)"' -a state -d 'print the state of a container'
complete -c husk -n 'test -z "$(__husk_words)"' -a update -d 'change the limits of a container'
complete -c husk -n '__husk_argument mounts 1' -a add -d 'mount what FILE lists in a running container'
complete -c husk -n '__husk_argument mounts 1' -a remove -d 'unmount the destinations that FILE lists'
complete -c husk -n '__husk_at checkpoint' -l image-path -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'keep the images in DIR (default: checkpoint in the current directory)'
complete -c husk -n '__husk_at checkpoint' -l work-path -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'keep CRIU\'s logs and work files in DIR (default: the image path)'
complete -c husk -n '__husk_at checkpoint' -l tcp-established -d 'include established TCP connections'
complete -c husk -n '__husk_at checkpoint' -l tcp-close -d 'not supported: libcontainer cannot have CRIU restore TCP connections as closed'
complete -c husk -n '__husk_at checkpoint' -l ext-unix-sk -d 'allow connections to unix sockets outside of the container'
complete -c husk -n '__husk_at checkpoint' -l shell-job -d 'allow processes whose session or terminal is outside of the container'
complete -c husk -n '__husk_at checkpoint' -l file-locks -d 'include file locks'
complete -c husk -n '__husk_at checkpoint' -l lazy-pages -d 'restore memory pages lazily, with userfaultfd'
complete -c husk -n '__husk_at checkpoint' -l auto-dedup -d 'free the images\' blocks that later ones supersede'
complete -c husk -n '__husk_at checkpoint' -l manage-cgroups-mode -r -f -d 'let CRIU handle cgroups in MODE soft, full, strict or ignore (default: soft)'
complete -c husk -n '__husk_at checkpoint' -l network-lock -r -f -d 'not supported: libcontainer cannot hand CRIU a METHOD of locking the network'
complete -c husk -n '__husk_at checkpoint' -l empty-ns -r -f -d 'make the namespace TYPE (only network) without what was in it'
complete -c husk -n '__husk_at checkpoint' -l parent-path -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'save only what differs from the images in DIR, relative to the image path'
complete -c husk -n '__husk_at checkpoint' -l leave-running -d 'let the container run on'
complete -c husk -n '__husk_at checkpoint' -l tcp-skip-in-flight -d 'leave out TCP connections that are being established'
complete -c husk -n '__husk_at checkpoint' -l link-remap -d 'link open files that were unlinked back while saving'
complete -c husk -n '__husk_at checkpoint' -l status-fd -r -f -d 'have CRIU write a zero byte to descriptor FD once lazy pages can be served'
complete -c husk -n '__husk_at checkpoint' -l page-server -r -f -d 'send memory pages to a page server at ADDRESS:PORT'
complete -c husk -n '__husk_at checkpoint' -l pre-dump -d 'save memory only, and let the container run on'
complete -c husk -n '__husk_at checkpoint' -l help -s h -d 'show help'
complete -c husk -n '__husk_argument checkpoint 1' -f -a '(__husk_containers)'
complete -c husk -n '__husk_at create' -l bundle -s b -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'DIR with config.json, against which its relative paths count (default: the current directory)'
complete -c husk -n '__husk_at create' -l config -s f -r -F -d 'read the configuration from FILE instead of config.json in the bundle'
complete -c husk -n '__husk_at create' -l console-socket -r -F -d 'send the master side of the process\'s terminal to the unix SOCKET'
complete -c husk -n '__husk_at create' -l pidfd-socket -r -F -d 'send a pidfd of the process to the unix SOCKET'
complete -c husk -n '__husk_at create' -l pid-file -r -F -d 'write the process\'s pid to FILE, after everything else'
complete -c husk -n '__husk_at create' -l preserve-fds -r -f -d 'pass N further descriptors to the process, after those of $LISTEN_FDS'
complete -c husk -n '__husk_at create' -l no-subreaper -d 'leave orphans to the next subreaper instead of reaping them here'
complete -c husk -n '__husk_at create' -l no-pivot -d 'enter the root with chroot instead of pivot_root (for a rootfs on a ramdisk; less safe)'
complete -c husk -n '__husk_at create' -l no-new-keyring -d 'keep the caller\'s session keyring instead of making a new one'
complete -c husk -n '__husk_at create' -l help -s h -d 'show help'
complete -c husk -n '__husk_at delete' -l force -s f -d 'kill the container\'s processes first'
complete -c husk -n '__husk_at delete' -l regex -s r -d 'take ID as a regular expression and all containers that it matches'
complete -c husk -n '__husk_at delete' -l help -s h -d 'show help'
complete -c husk -n '__husk_argument delete 1' -f -a '(__husk_containers)'
complete -c husk -n '__husk_at events' -l interval -r -f -d 'print statistics every DURATION'
complete -c husk -n '__husk_at events' -l stats -d 'print the statistics once and end'
complete -c husk -n '__husk_at events' -l help -s h -d 'show help'
complete -c husk -n '__husk_argument events 1' -f -a '(__husk_containers)'
complete -c husk -n '__husk_at exec' -l detach -s d -d 'return as soon as the process runs'
complete -c husk -n '__husk_at exec' -l console-socket -r -F -d 'send the master side of the process\'s terminal to the unix SOCKET'
complete -c husk -n '__husk_at exec' -l pidfd-socket -r -F -d 'send a pidfd of the process to the unix SOCKET'
complete -c husk -n '__husk_at exec' -l pid-file -r -F -d 'write the process\'s pid to FILE, after everything else'
complete -c husk -n '__husk_at exec' -l preserve-fds -r -f -d 'pass N further descriptors to the process, after those of $LISTEN_FDS'
complete -c husk -n '__husk_at exec' -l process -s p -r -F -d 'take the whole process from FILE'
complete -c husk -n '__husk_at exec' -l tty -s t -d 'give the process a terminal'
complete -c husk -n '__husk_at exec' -l cwd -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'start the process in DIR of the container'
complete -c husk -n '__husk_at exec' -l env -s e -r -f -d 'set the environment variable NAME=VALUE; may be repeated'
complete -c husk -n '__husk_at exec' -l user -s u -r -f -d 'run as UID[:GID]'
complete -c husk -n '__husk_at exec' -l additional-gids -s g -r -f -d 'add the supplementary group GID; may be repeated'
complete -c husk -n '__husk_at exec' -l cap -s c -r -f -d 'add the capability CAP to the bounding, effective and permitted sets; may be repeated'
complete -c husk -n '__husk_at exec' -l no-new-privs -d 'keep the process from gaining privileges through execve'
complete -c husk -n '__husk_at exec' -l apparmor -r -f -d 'confine the process by the AppArmor PROFILE'
complete -c husk -n '__husk_at exec' -l process-label -r -f -d 'give the process the SELinux LABEL'
complete -c husk -n '__husk_at exec' -l cgroup -r -f -d 'put the process into the existing sub-cgroup [CONTROLLER,…:]PATH; may be repeated on cgroup v1'
complete -c husk -n '__husk_at exec' -l ignore-paused -d 'start the process in a paused container, too, where it waits for resume'
complete -c husk -n '__husk_at exec' -l help -s h -d 'show help'
complete -c husk -n '__husk_argument exec 1' -f -a '(__husk_containers)'
complete -c husk -n '__husk_at features' -l help -s h -d 'show help'
complete -c husk -n '__husk_at kill' -l all -s a -d 'send the signal to all processes of the container'
complete -c husk -n '__husk_at kill' -l regex -s r -d 'take ID as a regular expression and all containers that it matches'
complete -c husk -n '__husk_at kill' -l help -s h -d 'show help'
complete -c husk -n '__husk_argument kill 1' -f -a '(__husk_containers)'
complete -c husk -n '__husk_argument kill 2' -f -a 'TERM KILL HUP INT QUIT USR1 USR2 STOP CONT WINCH ABRT ALRM CHLD PIPE TSTP'
complete -c husk -n '__husk_at list' -l format -s f -x -a 'table json' -d 'print as FORMAT: table or json'
complete -c husk -n '__husk_at list' -l quiet -s q -d 'print the ids only'
complete -c husk -n '__husk_at list' -l help -s h -d 'show help'
complete -c husk -n '__husk_at "mounts add"' -l help -s h -d 'show help'
complete -c husk -n '__husk_argument "mounts add" 1' -f -a '(__husk_containers)'
complete -c husk -n '__husk_argument "mounts add" 2' -F
complete -c husk -n '__husk_at "mounts remove"' -l help -s h -d 'show help'
complete -c husk -n '__husk_argument "mounts remove" 1' -f -a '(__husk_containers)'
complete -c husk -n '__husk_argument "mounts remove" 2' -F
complete -c husk -n '__husk_at pause' -l help -s h -d 'show help'
complete -c husk -n '__husk_argument pause 1' -f -a '(__husk_containers)'
complete -c husk -n '__husk_at ps' -l format -s f -x -a 'table json' -d 'print as FORMAT: table or json'
complete -c husk -n '__husk_at ps' -l help -s h -d 'show help'
complete -c husk -n '__husk_argument ps 1' -f -a '(__husk_containers)'
complete -c husk -n '__husk_at restore' -l bundle -s b -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'DIR with config.json, against which its relative paths count (default: the current directory)'
complete -c husk -n '__husk_at restore' -l config -s f -r -F -d 'read the configuration from FILE instead of config.json in the bundle'
complete -c husk -n '__husk_at restore' -l detach -s d -d 'return as soon as the process runs'
complete -c husk -n '__husk_at restore' -l console-socket -r -F -d 'send the master side of the process\'s terminal to the unix SOCKET'
complete -c husk -n '__husk_at restore' -l pidfd-socket -r -F -d 'send a pidfd of the process to the unix SOCKET'
complete -c husk -n '__husk_at restore' -l pid-file -r -F -d 'write the process\'s pid to FILE, after everything else'
complete -c husk -n '__husk_at restore' -l preserve-fds -r -f -d 'pass N further descriptors to the process, after those of $LISTEN_FDS'
complete -c husk -n '__husk_at restore' -l image-path -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'keep the images in DIR (default: checkpoint in the current directory)'
complete -c husk -n '__husk_at restore' -l work-path -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'keep CRIU\'s logs and work files in DIR (default: the image path)'
complete -c husk -n '__husk_at restore' -l tcp-established -d 'include established TCP connections'
complete -c husk -n '__husk_at restore' -l tcp-close -d 'not supported: libcontainer cannot have CRIU restore TCP connections as closed'
complete -c husk -n '__husk_at restore' -l ext-unix-sk -d 'allow connections to unix sockets outside of the container'
complete -c husk -n '__husk_at restore' -l shell-job -d 'allow processes whose session or terminal is outside of the container'
complete -c husk -n '__husk_at restore' -l file-locks -d 'include file locks'
complete -c husk -n '__husk_at restore' -l lazy-pages -d 'restore memory pages lazily, with userfaultfd'
complete -c husk -n '__husk_at restore' -l auto-dedup -d 'free the images\' blocks that later ones supersede'
complete -c husk -n '__husk_at restore' -l manage-cgroups-mode -r -f -d 'let CRIU handle cgroups in MODE soft, full, strict or ignore (default: soft)'
complete -c husk -n '__husk_at restore' -l network-lock -r -f -d 'not supported: libcontainer cannot hand CRIU a METHOD of locking the network'
complete -c husk -n '__husk_at restore' -l empty-ns -r -f -d 'make the namespace TYPE (only network) without what was in it'
complete -c husk -n '__husk_at restore' -l keep -d 'do not delete the container when its process ended'
complete -c husk -n '__husk_at restore' -l no-subreaper -d 'leave orphans to the next subreaper instead of reaping them here'
complete -c husk -n '__husk_at restore' -l no-pivot -d 'enter the root with chroot instead of pivot_root (for a rootfs on a ramdisk; less safe)'
complete -c husk -n '__husk_at restore' -l lsm-profile -r -f -d 'restore with the security profile TYPE:NAME instead of the saved one'
complete -c husk -n '__husk_at restore' -l lsm-mount-context -r -f -d 'restore mounts with the SELinux CONTEXT'
complete -c husk -n '__husk_at restore' -l help -s h -d 'show help'
complete -c husk -n '__husk_at resume' -l help -s h -d 'show help'
complete -c husk -n '__husk_argument resume 1' -f -a '(__husk_containers)'
complete -c husk -n '__husk_at run' -l bundle -s b -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'DIR with config.json, against which its relative paths count (default: the current directory)'
complete -c husk -n '__husk_at run' -l config -s f -r -F -d 'read the configuration from FILE instead of config.json in the bundle'
complete -c husk -n '__husk_at run' -l detach -s d -d 'return as soon as the process runs'
complete -c husk -n '__husk_at run' -l console-socket -r -F -d 'send the master side of the process\'s terminal to the unix SOCKET'
complete -c husk -n '__husk_at run' -l pidfd-socket -r -F -d 'send a pidfd of the process to the unix SOCKET'
complete -c husk -n '__husk_at run' -l pid-file -r -F -d 'write the process\'s pid to FILE, after everything else'
complete -c husk -n '__husk_at run' -l preserve-fds -r -f -d 'pass N further descriptors to the process, after those of $LISTEN_FDS'
complete -c husk -n '__husk_at run' -l no-subreaper -d 'leave orphans to the next subreaper instead of reaping them here'
complete -c husk -n '__husk_at run' -l no-pivot -d 'enter the root with chroot instead of pivot_root (for a rootfs on a ramdisk; less safe)'
complete -c husk -n '__husk_at run' -l no-new-keyring -d 'keep the caller\'s session keyring instead of making a new one'
complete -c husk -n '__husk_at run' -l keep -d 'do not delete the container when its process ended'
complete -c husk -n '__husk_at run' -l help -s h -d 'show help'
complete -c husk -n '__husk_at spec' -l bundle -s b -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'DIR with config.json, against which its relative paths count (default: the current directory)'
complete -c husk -n '__husk_at spec' -l file -s f -r -F -d 'write to FILE in the bundle'
complete -c husk -n '__husk_at spec' -l rootless -d 'write a configuration for a user without privileges'
complete -c husk -n '__husk_at spec' -l help -s h -d 'show help'
complete -c husk -n '__husk_at start' -l help -s h -d 'show help'
complete -c husk -n '__husk_argument start 1' -f -a '(__husk_containers)'
complete -c husk -n '__husk_at state' -l help -s h -d 'show help'
complete -c husk -n '__husk_argument state 1' -f -a '(__husk_containers)'
complete -c husk -n '__husk_at update' -l resources -s r -r -F -d 'read the limits from FILE, or from the standard input if it is -'
complete -c husk -n '__husk_at update' -l blkio-weight -r -f -d 'relative WEIGHT of block I/O, from 10 to 1000'
complete -c husk -n '__husk_at update' -l cpu-period -r -f -d 'period of the CPU limit in µS'
complete -c husk -n '__husk_at update' -l cpu-quota -r -f -d 'CPU time in each period in µS; -1 for no limit'
complete -c husk -n '__husk_at update' -l cpu-burst -r -f -d 'CPU time beyond the quota that may be saved up, in µS'
complete -c husk -n '__husk_at update' -l cpu-share -r -f -d 'relative WEIGHT of CPU time, from 2 to 262144'
complete -c husk -n '__husk_at update' -l cpu-rt-period -r -f -d 'period of the real-time limit in µS (cgroup v1)'
complete -c husk -n '__husk_at update' -l cpu-rt-runtime -r -f -d 'real-time CPU time in each period in µS (cgroup v1)'
complete -c husk -n '__husk_at update' -l cpu-idle -x -a '0 1' -d 'run the processes only when no other wants the CPU: 0|1'
complete -c husk -n '__husk_at update' -l cpuset-cpus -r -f -d 'run on these CPUs only: LIST, like 0-2,7'
complete -c husk -n '__husk_at update' -l cpuset-mems -r -f -d 'take memory from these NUMA nodes only: LIST'
complete -c husk -n '__husk_at update' -l memory -r -f -d 'limit of memory in BYTES; -1 for none'
complete -c husk -n '__husk_at update' -l memory-reservation -r -f -d 'memory that is kept from reclaim, in BYTES; -1 for none'
complete -c husk -n '__husk_at update' -l memory-swap -r -f -d 'limit of memory and swap together in BYTES; -1 for none'
complete -c husk -n '__husk_at update' -l pids-limit -r -f -d 'at most N processes and threads; -1 for no limit'
complete -c husk -n '__husk_at update' -l l3-cache-schema -r -f -d 'Intel RDT/CAT L3 cache SCHEMA'
complete -c husk -n '__husk_at update' -l mem-bw-schema -r -f -d 'Intel RDT/MBA memory bandwidth SCHEMA'
complete -c husk -n '__husk_at update' -l help -s h -d 'show help'
complete -c husk -n '__husk_argument update 1' -f -a '(__husk_containers)'
