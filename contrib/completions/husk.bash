# bash completion of husk. Generated from the commands by contrib/gen: do not edit.

_husk() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb='' word kind i arguments=0
	local -a kinds
	local -a root=()
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if kind=$(_husk_value "$verb $word"); then
			# bash breaks --flag=value into three words.
			[[ ${COMP_WORDS[i + 1]} != = ]] || ((i++))
			[[ $verb$word != --root ]] || root=(--root "${COMP_WORDS[i + 1]}")
			((i++))
		elif [[ $word == -* ]]; then
			continue
		elif [[ -n $(_husk_verbs "$verb") ]]; then
			verb=${verb:+$verb }$word
		else
			((arguments++))
		fi
	done
	if [[ $cur == = ]]; then
		cur=''
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi

	if kind=$(_husk_value "$verb $prev"); then
		_husk_complete "$kind"
	elif [[ $cur == -* ]]; then
		_husk_complete "$(_husk_flags "$verb")"
	elif [[ -n $(_husk_verbs "$verb") ]]; then
		_husk_complete "$(_husk_verbs "$verb")"
	else
		read -ra kinds < <(_husk_arguments "$verb")
		_husk_complete "${kinds[arguments]:-:none}"
	fi
}

# _husk_complete completes a kind, or one of the words given.
_husk_complete() {
	case $1 in
	:none) ;;
	:file) mapfile -t COMPREPLY < <(compgen -f -- "$cur") && compopt -o filenames 2>/dev/null ;;
	:dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur") && compopt -o filenames 2>/dev/null ;;
	:signal) mapfile -t COMPREPLY < <(compgen -W "TERM KILL HUP INT QUIT USR1 USR2 STOP CONT WINCH ABRT ALRM CHLD PIPE TSTP" -- "$cur") ;;
	:container) mapfile -t COMPREPLY < <(compgen -W "$(husk "${root[@]}" list --quiet 2>/dev/null)" -- "$cur") ;;
	*) mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur") ;;
	esac
}

_husk_value() {
	case $1 in
	" --root") echo :dir ;;
	" --log") echo :none ;;
	" --log-format") echo "text json" ;;
	" --log-level") echo :none ;;
	" --cgroup-manager") echo "cgroupfs systemd" ;;
	" --rootless") echo "true false auto" ;;
	"checkpoint --image-path") echo :dir ;;
	"checkpoint --work-path") echo :dir ;;
	"checkpoint --manage-cgroups-mode") echo :none ;;
	"checkpoint --network-lock") echo :none ;;
	"checkpoint --empty-ns") echo :none ;;
	"checkpoint --parent-path") echo :dir ;;
	"checkpoint --status-fd") echo :none ;;
	"checkpoint --page-server") echo :none ;;
	"create --bundle" | "create -b") echo :dir ;;
	"create --config" | "create -f") echo :file ;;
	"create --console-socket") echo :file ;;
	"create --pidfd-socket") echo :file ;;
	"create --pid-file") echo :file ;;
	"create --preserve-fds") echo :none ;;
	"events --interval") echo :none ;;
	"exec --console-socket") echo :file ;;
	"exec --pidfd-socket") echo :file ;;
	"exec --pid-file") echo :file ;;
	"exec --preserve-fds") echo :none ;;
	"exec --process" | "exec -p") echo :file ;;
	"exec --cwd") echo :dir ;;
	"exec --env" | "exec -e") echo :none ;;
	"exec --user" | "exec -u") echo :none ;;
	"exec --additional-gids" | "exec -g") echo :none ;;
	"exec --cap" | "exec -c") echo :none ;;
	"exec --apparmor") echo :none ;;
	"exec --process-label") echo :none ;;
	"exec --cgroup") echo :none ;;
	"list --format" | "list -f") echo "table json" ;;
	"ps --format" | "ps -f") echo "table json" ;;
	"restore --bundle" | "restore -b") echo :dir ;;
	"restore --config" | "restore -f") echo :file ;;
	"restore --console-socket") echo :file ;;
	"restore --pidfd-socket") echo :file ;;
	"restore --pid-file") echo :file ;;
	"restore --preserve-fds") echo :none ;;
	"restore --image-path") echo :dir ;;
	"restore --work-path") echo :dir ;;
	"restore --manage-cgroups-mode") echo :none ;;
	"restore --network-lock") echo :none ;;
	"restore --empty-ns") echo :none ;;
	"restore --lsm-profile") echo :none ;;
	"restore --lsm-mount-context") echo :none ;;
	"run --bundle" | "run -b") echo :dir ;;
	"run --config" | "run -f") echo :file ;;
	"run --console-socket") echo :file ;;
	"run --pidfd-socket") echo :file ;;
	"run --pid-file") echo :file ;;
	"run --preserve-fds") echo :none ;;
	"spec --bundle" | "spec -b") echo :dir ;;
	"spec --file" | "spec -f") echo :file ;;
	"update --resources" | "update -r") echo :file ;;
	"update --blkio-weight") echo :none ;;
	"update --cpu-period") echo :none ;;
	"update --cpu-quota") echo :none ;;
	"update --cpu-burst") echo :none ;;
	"update --cpu-share") echo :none ;;
	"update --cpu-rt-period") echo :none ;;
	"update --cpu-rt-runtime") echo :none ;;
	"update --cpu-idle") echo "0 1" ;;
	"update --cpuset-cpus") echo :none ;;
	"update --cpuset-mems") echo :none ;;
	"update --memory") echo :none ;;
	"update --memory-reservation") echo :none ;;
	"update --memory-swap") echo :none ;;
	"update --pids-limit") echo :none ;;
	"update --l3-cache-schema") echo :none ;;
	"update --mem-bw-schema") echo :none ;;
	*) return 1 ;;
	esac
}

_husk_flags() {
	case $1 in
	"") echo "--root --log --log-format --log-level --debug --cgroup-manager --systemd-cgroup --rootless --help -h --version -v -V" ;;
	"checkpoint") echo "--image-path --work-path --tcp-established --tcp-close --ext-unix-sk --shell-job --file-locks --lazy-pages --auto-dedup --manage-cgroups-mode --network-lock --empty-ns --parent-path --leave-running --tcp-skip-in-flight --link-remap --status-fd --page-server --pre-dump --help -h" ;;
	"create") echo "--bundle -b --config -f --console-socket --pidfd-socket --pid-file --preserve-fds --no-subreaper --no-pivot --no-new-keyring --help -h" ;;
	"delete") echo "--force -f --regex -r --help -h" ;;
	"events") echo "--interval --stats --help -h" ;;
	"exec") echo "--detach -d --console-socket --pidfd-socket --pid-file --preserve-fds --process -p --tty -t --cwd --env -e --user -u --additional-gids -g --cap -c --no-new-privs --apparmor --process-label --cgroup --ignore-paused --help -h" ;;
	"features") echo "--help -h" ;;
	"kill") echo "--all -a --regex -r --help -h" ;;
	"list") echo "--format -f --quiet -q --help -h" ;;
	"mounts add") echo "--help -h" ;;
	"mounts remove") echo "--help -h" ;;
	"pause") echo "--help -h" ;;
	"ps") echo "--format -f --help -h" ;;
	"restore") echo "--bundle -b --config -f --detach -d --console-socket --pidfd-socket --pid-file --preserve-fds --image-path --work-path --tcp-established --tcp-close --ext-unix-sk --shell-job --file-locks --lazy-pages --auto-dedup --manage-cgroups-mode --network-lock --empty-ns --keep --no-subreaper --no-pivot --lsm-profile --lsm-mount-context --help -h" ;;
	"resume") echo "--help -h" ;;
	"run") echo "--bundle -b --config -f --detach -d --console-socket --pidfd-socket --pid-file --preserve-fds --no-subreaper --no-pivot --no-new-keyring --keep --help -h" ;;
	"spec") echo "--bundle -b --file -f --rootless --help -h" ;;
	"start") echo "--help -h" ;;
	"state") echo "--help -h" ;;
	"update") echo "--resources -r --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-share --cpu-rt-period --cpu-rt-runtime --cpu-idle --cpuset-cpus --cpuset-mems --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema --help -h" ;;
	esac
}

_husk_verbs() {
	case $1 in
	"") echo "checkpoint create delete events exec features kill list mounts pause ps restore resume run spec start state update" ;;
	"mounts") echo "add remove" ;;
	esac
}

_husk_arguments() {
	case $1 in
	"checkpoint") echo ":container" ;;
	"delete") echo ":container" ;;
	"events") echo ":container" ;;
	"exec") echo ":container" ;;
	"kill") echo ":container :signal" ;;
	"mounts add") echo ":container :file" ;;
	"mounts remove") echo ":container :file" ;;
	"pause") echo ":container" ;;
	"ps") echo ":container" ;;
	"resume") echo ":container" ;;
	"start") echo ":container" ;;
	"state") echo ":container" ;;
	"update") echo ":container" ;;
	esac
}

complete -F _husk husk
