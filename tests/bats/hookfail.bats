#!/usr/bin/env bats
# Hooks that fail: who is told what, and that nothing is left. What runc and husk do alike runs against both.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the hook's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals
load hooking

FATAL_KINDS='prestart createRuntime createContainer startContainer poststart'

# hook_failed KIND REGEX: the last command failed because of that kind of hook, and its last line names it and matches
# REGEX. A startContainer hook is the child of a process that has nothing but the container's stderr left to tell it.
hook_failed() {
	fails 1
	one_clear_line
	[[ ${lines[-1]} == *"$1"* ]] || older_runc 1.2 || explain "want a last line that names the hook: $1"
	if [[ $1 == startContainer ]]; then
		has "$2"
	else
		grep -qE -e "$2" <<<"${lines[-1]}" || explain "want a last line that matches: $2"
	fi
}

# covers: hooks.prestart.path hooks.createRuntime.path hooks.createContainer.path hooks.startContainer.path
# covers: hooks.poststart.path
@test "a failing hook of any kind but poststop fails run, with kind, path, exit status and stderr; nothing is left" {
	only husk "runc says nothing of startContainer, and leaves a container whose poststart failed"
	for kind in $FATAL_KINDS; do
		hook_bundle
		hook "$kind" 'echo about to fail; echo what went wrong >&2; exit 42'
		args sleep 1000
		rt run "$kind"
		hook_failed "$kind" '/bin/sh.*42.*what went wrong'
		nothing_left
		rm -r "$SHARE" "$BUNDLE"
	done
}

@test "a failing hook of create fails create, with kind, exit status and stderr; nothing is left" {
	for kind in prestart createRuntime createContainer; do
		hook_bundle
		hook "$kind" 'echo what went wrong >&2; exit 42'
		args sleep 1000
		rt create "$kind"
		hook_failed "$kind" '42.*what went wrong'
		nothing_left
		rm -r "$SHARE" "$BUNDLE"
	done
}

@test "a failing startContainer hook fails start, and the container is gone" {
	only husk "runc's start succeeds"
	hook_bundle
	hook startContainer 'echo what went wrong >&2; exit 42'
	args touch "$SHARE/process"
	rt create broken
	ok
	created_output=$output_file
	rt start broken
	output=$(<"$created_output")$'\n'$output
	hook_failed startContainer '/bin/sh.*42.*what went wrong'
	not test -e "$SHARE/process"
	nothing_left
}

@test "a failing poststart hook fails start, the process is killed and the container is gone" {
	only husk "runc runs poststart in create"
	hook_bundle
	hook poststart 'sed "s/.*\"pid\": *\([0-9]*\).*/\1/" >$SHARE/pid; echo what went wrong >&2; exit 42'
	args sleep 1000
	rt create broken
	ok
	rt start broken
	hook_failed poststart '/bin/sh.*42.*what went wrong'
	wait_until 30 ended "$(<"$SHARE/pid")"
	nothing_left
}

@test "a failing hook is the last of its kind, and no later kind runs but poststop" {
	only husk "runc runs no poststop hooks after a failed create"
	for kind in $FATAL_KINDS; do
		hook_bundle
		for each in $ALL_KINDS; do hook "$each" 'echo $0 >>$SHARE/log'; done
		config '.hooks[$kind] = []' --arg kind "$kind"
		hook "$kind" 'exit 1'
		hook "$kind" 'echo never >>$SHARE/log'
		args sleep 1000
		rt run "$kind"
		hook_failed "$kind" '\b1\b'
		read -ra before <<<"${ALL_KINDS%%"$kind"*}"
		same "$(log "${before[@]}" poststop)" "$(<"$SHARE/log")" "what ran with a failing $kind"
		nothing_left
		rm -r "$SHARE" "$BUNDLE"
	done
}

@test "a hook that a signal ends: the error names the signal" {
	hook_bundle
	hook createRuntime 'kill -KILL $$'
	args true
	rt run signal
	hook_failed createRuntime '(killed|signal)'
	nothing_left
}

@test "a hook that does not exist or cannot be executed: the error names it and the reason" {
	hook_bundle
	echo 'true' >"$ARENA/data"
	config '.hooks.createRuntime = [{path: "/no/such/hook"}]'
	args true
	rt run missing
	hook_failed createRuntime '/no/such/hook.*no such file'
	nothing_left
	config '.hooks.createRuntime = [{path: $path}]' --arg path "$ARENA/data"
	rt run data
	hook_failed createRuntime "$ARENA/data.*permission denied"
	nothing_left
}

@test "a hook whose stderr is a flood: its end is in the one line" {
	only husk "runc prints all of it"
	hook_bundle
	hook createRuntime 'yes flood | head -n 100000 >&2; printf "the last words\nof two lines\n\n" >&2; exit 1'
	args true
	rt run flood
	hook_failed createRuntime 'the last words.*of two lines'
	same 1 "${#lines[@]}" "lines"
	is test "$(wc -c <"$output_file")" -lt 5000
	nothing_left
}

@test "a relative path, and a timeout that is not positive, are refused by name before anything runs" {
	only husk "runc tries the path, and takes the timeout for none"
	hook_bundle
	hook prestart 'touch $SHARE/ran'
	args true
	for kind in $ALL_KINDS; do
		config '.hooks[$kind] += [{path: "bin/true"}]' --arg kind "$kind"
		rt run relative
		refused "hooks\.$kind\[[01]\]\.path"
		config '.hooks[$kind][-1] = {path: "/bin/true", timeout: 0}' --arg kind "$kind"
		rt run timeout
		refused "hooks\.$kind\[[01]\]\.timeout"
		config '.hooks[$kind][-1].timeout = -1' --arg kind "$kind"
		rt run timeout
		refused "hooks\.$kind\[[01]\]\.timeout"
		config 'del(.hooks[$kind][-1])' --arg kind "$kind"
	done
	not test -e "$SHARE/ran"
}

# covers: hooks.prestart.timeout hooks.createRuntime.timeout hooks.createContainer.timeout hooks.startContainer.timeout
# covers: hooks.poststart.timeout
@test "timeout: ends the hook and all it has started, and is an error that says so" {
	only husk "runc kills the hook's direct child only, and waits for the rest"
	for kind in $FATAL_KINDS; do
		hook_bundle
		mkfifo "$SHARE/fifo"
		spawn cat "$SHARE/fifo" # ends when nobody holds the other side any more
		hook "$kind" 'exec 9>$SHARE/fifo; sleep 1000 & sleep 1000' '{timeout: 1}'
		args sleep 1000
		rt run "$kind"
		hook_failed "$kind" '/bin/sh.*(timed out|timeout)'
		wait_until 30 ended "$spawned"
		nothing_left
		rm -r "$SHARE" "$BUNDLE"
	done
}

# covers: hooks.createRuntime.timeout
@test "timeout: a hook that is faster is not disturbed" {
	hook_bundle
	for kind in $ALL_KINDS; do hook "$kind" 'echo $0 >>$SHARE/log' '{timeout: 1000}'; done
	args true
	rt run timeout
	ok
	same 6 "$(wc -l <"$SHARE/log")"
}

# covers: hooks.poststop.path hooks.poststop.timeout
@test "poststop: failures are warnings, all of them run, and delete succeeds" {
	only husk "runc stops at the first one that fails, and fails"
	hook_bundle
	hook poststop 'echo 1 >>$SHARE/log; echo what went wrong >&2; exit 42'
	hook poststop 'echo 2 >>$SHARE/log; exec sleep 1000' '{timeout: 1}'
	hook poststop '' '{path: "/no/such/hook"}'
	hook poststop 'echo 4 >>$SHARE/log'
	sleeper poststop
	rt delete --force poststop
	ok
	same "$(log 1 2 4)" "$(<"$SHARE/log")"
	has 'warning.*poststop.*what went wrong'
	has 'warning.*poststop.*(timed out|timeout)'
	has 'warning.*poststop.*/no/such/hook'
	nothing_left
}

@test "poststop: a failure does not change the exit code of run" {
	only husk "runc fails"
	hook_bundle
	hook poststop 'exit 42'
	args sh -c 'exit 7'
	rt run code
	fails 7
	has 'warning.*poststop'
	nothing_left
}
