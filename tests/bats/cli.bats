#!/usr/bin/env bats
load helpers

# direct runs the runtime without the flags that rt adds.
direct() {
	output_file=$ARENA/output.$((++rt_calls))
	status=0
	timeout --foreground "$RT_DEADLINE" "$RUNTIME" "$@" >"$output_file" 2>"$output_file.err" 3>&- || status=$?
	stderr=$(<"$output_file.err")
	invocation="${RUNTIME##*/} $*"
	collect
}

@test "cli: --version names the runtime, the specification, Go and libseccomp, one a line" {
	skip_on crun "crun's lines differ"
	local flag
	for flag in --version -v; do
		direct "$flag"
		ok
		is grep -qE '^(husk|runc) version [0-9]+\.[0-9]+\.[0-9]+' <<<"${lines[0]}"
		has '^spec: 1\.[0-9]+\.[0-9]+'
		has '^go: go1\.'
		has '^libseccomp: [0-9]+\.[0-9]+\.[0-9]+$'
		same '' "$stderr"
	done
}

@test "cli: --help shows every verb and global flag" {
	skip_on crun "crun's differ"
	local flag word
	for flag in --help -h help; do
		direct "$flag"
		ok
		for word in checkpoint create delete events exec features kill list pause ps restore resume run spec start state update \
			--root --log --log-format --debug --systemd-cgroup --rootless; do
			has "(^|[^a-z])$word([^a-z]|$)"
		done
		same '' "$stderr"
	done
}

@test "cli: without a verb there is help" {
	skip_on crun "crun fails"
	direct
	ok
	has 'USAGE|[Uu]sage'
}

@test "cli: every verb has --help" {
	skip_on crun "crun's verbs differ"
	local verb
	for verb in checkpoint create delete events exec features kill list pause ps restore resume run spec start state update; do
		direct "$verb" --help
		ok
		has "$verb"
		same '' "$stderr"
	done
}

@test "cli: an unknown verb is an error on standard error" {
	skip_on runc "runc says it on standard output"
	skip_on crun "crun's words differ"
	direct frobnicate
	fails
	equals ''
	err_has 'frobnicate'
}

@test "cli: an unknown flag is an error on standard error, with its name" {
	skip_on runc "runc prints its help on standard output"
	skip_on crun "crun's words differ"
	direct --frobnicate list
	fails
	equals ''
	err_has 'frobnicate'
	direct list --frobnicate
	fails
	equals ''
	err_has 'frobnicate'
}

@test "cli: a flag without its value says that it needs an argument" {
	local verb
	for verb in create run exec; do
		rt_out "$verb" --pid-file
		fails
		skip_on crun "crun's words differ"
		grep -q 'flag needs an argument' <<<"$stderr$output" || err_has 'flag needs an argument' # Podman looks for it
	done
}

@test "cli: a value that is no number is refused by flag" {
	skip_on crun "crun takes it as 0"
	bundle
	rt run --preserve-fds many web
	fails
	has 'preserve-fds'
	no_trace_of web
}

@test "cli: usage errors go to standard error" {
	only husk "runc prints them on standard output"
	rt_out state
	fails 1
	equals ''
	err_has 'requires exactly 1 argument'
}

@test "cli: an error is one line, which names the runtime, the verb and the container" {
	only husk "runc and crun have forms of their own"
	rt_out state nobody
	fails 1
	same 'husk: state nobody: container does not exist' "${stderr%% (*}"
	same 1 "$(wc -l <<<"$stderr")"
	equals ''
}

@test "cli: --root takes an absolute and a relative path" {
	bundle
	sleeper web
	cd "$ARENA"
	direct --root state list -q
	ok
	equals web
	direct --root=state/../state list -q
	ok
	equals web
}

@test "cli: a --root that is / or empty is refused" {
	skip_on crun "crun takes it"
	before_runc 1.2 "takes /"
	bundle
	args true
	local root
	cd /
	for root in / // /. '' . ..; do
		direct --root "$root" run --bundle "$BUNDLE" web
		fails 1
		[[ $stderr == *root* ]] || explain "want stderr that names --root"
		not test -e /web
	done
}

@test "cli: --root may be a symbolic link" {
	bundle
	sleeper web
	ln -s state "$ARENA/link"
	direct --root "$ARENA/link" state web
	ok
	json '.status == "running"'
	direct --root "$ARENA/link" delete --force web
	ok
	no_trace_of web
}

@test "cli: containers of different roots do not see each other" {
	bundle
	sleeper web
	mkdir "$ARENA/other"
	direct --root "$ARENA/other" list -q
	ok
	equals ''
	direct --root "$ARENA/other" state web
	fails 1
}

@test "cli: --log writes errors to a file too, which grows" {
	rt_out --log "$ARENA/log" state nobody
	fails 1
	err_has 'does not exist'
	is grep -q 'does not exist' "$ARENA/log"
	rt_out --log "$ARENA/log" state somebody
	fails 1
	same 2 "$(grep -c 'does not exist' "$ARENA/log")"
}

@test "cli: --log is relative to the caller, not to the bundle" {
	skip_on crun "crun writes nothing"
	bundle
	args no-such-program
	cd "$ARENA"
	rt --log here.log run --bundle bundle web
	fails
	is test -s "$ARENA/here.log"
	not test -e "$BUNDLE/here.log"
}

@test "cli: a --log that cannot be opened is an error" {
	rt --log "$ARENA/no/such/directory/log" list
	fails 1
	has 'no such file'
}

@test "cli: --log-format text has time, level and msg" {
	skip_on crun "crun's differs"
	rt --log "$ARENA/log" --log-format text state nobody
	fails 1
	is grep -qE '^time="?[0-9T:Z+-]+"? level=error msg=".*does not exist' "$ARENA/log"
}

@test "cli: --log-format json has level, msg and time, one object a line" {
	rt --log "$ARENA/log" --log-format json state nobody
	fails 1
	same 1 "$(wc -l <"$ARENA/log")"
	output=$(<"$ARENA/log")
	json '.level == "error" and (.msg | test("does not exist")) and (.time | test("^20[0-9-]+T[0-9:.]+"))'
}

@test "cli: --log-format json has the stage, the object and the errno" {
	only husk "runc and crun have no such fields"
	bundle
	config '.mounts += [{destination: "/mnt", type: "bind", source: "/no/such/source", options: ["bind"]}]'
	rt --log "$ARENA/log" --log-format json create web
	fails 1
	output=$(tail -n 1 "$ARENA/log")
	json '.stage == "create" and (.object | test("/no/such/source")) and .errno == "ENOENT"'
	json '.msg | test("^husk: create web: .*/no/such/source")'
}

@test "cli: json goes to standard error when there is no --log" {
	only husk "runc and crun differ"
	rt_out --log-format json state nobody
	fails 1
	output=$(tail -n 1 <<<"$stderr")
	json '.level == "error" and (.msg | test("does not exist"))'
}

@test "cli: another --log-format is refused" {
	rt --log-format yaml list
	fails 1
	has 'yaml|log.format'
}

@test "cli: --debug says more, and a container's output stays its own" {
	bundle
	args echo hello
	rt_out --debug run web
	ok
	equals hello
	skip_on crun "crun says little"
	is test -n "$stderr"
	rt_out --log "$ARENA/log" --debug run web
	ok
	same '' "$stderr"
	is grep -qi debug "$ARENA/log"
}

@test "cli: without --debug a successful run says nothing" {
	bundle
	args echo hello
	rt_out run web
	ok
	equals hello
	same '' "$stderr"
}

@test "cli: --log file:, --log-level" {
	only husk crun "runc has no --log-level"
	skip_on crun "crun 1.8 has no --log-level"
	rt --log "file:$ARENA/log" state nobody
	fails 1
	is grep -q 'does not exist' "$ARENA/log"
	bundle
	args true
	rt --log "$ARENA/debug" --log-level debug run web
	ok
	is grep -qi debug "$ARENA/debug"
	rt --log "$ARENA/quiet" --log-level error run web
	ok
	not test -s "$ARENA/quiet"
	rt --log-level shouting list
	fails 1
	has 'shouting|log-level'
}

@test "cli: --log journald: and syslog: without a daemon are errors, not silence" {
	only husk "runc has none"
	[[ ! -S /run/systemd/journal/socket ]] || skip "there is a journal here"
	rt --log journald:husk list
	fails 1
	has 'journald'
	[[ ! -S /dev/log ]] || skip "there is a syslog daemon here"
	rt --log syslog:husk list
	fails 1
	has 'syslog'
}

@test "cli: --cgroup-manager cgroupfs is the default, others are refused by name" {
	only husk "runc has no --cgroup-manager"
	bundle
	args true
	rt --cgroup-manager cgroupfs run web
	ok
	rt --cgroup-manager=disabled run web
	fails 1
	has 'disabled'
	rt --cgroup-manager magic run web
	fails 1
	has 'magic'
}

@test "cli: --systemd-cgroup without systemd is refused, and nothing is left" {
	skip_on crun "crun differs"
	[[ ! -d /run/systemd/system ]] || skip "this machine runs systemd"
	bundle
	args true
	config '.linux.cgroupsPath = "system.slice:husk-bats:web"'
	rt --systemd-cgroup run web
	fails 1
	has 'systemd'
	not test -e "$STATE/web"
}

@test "cli: --rootless takes true, false and auto" {
	skip_on crun "crun has none"
	bundle
	args echo hello
	local value
	for value in true false auto; do
		rt --rootless "$value" run web
		ok
		equals hello
	done
	rt --rootless maybe run web
	fails 1
}

@test "cli: global flags have to stand before the verb" {
	bundle
	sleeper web
	direct list --root "$STATE"
	fails
}

@test "cli: --flag=value and --flag value are the same" {
	bundle
	args sleep 1000
	cd /
	rt create --bundle="$BUNDLE" --pid-file="$ARENA/pid" web
	ok
	same "$(pid_of web)" "$(cat "$ARENA/pid")"
}

@test "cli: -- ends the flags" {
	bundle
	sleeper web
	rt delete --force -- web
	ok
	no_trace_of web
}

@test "cli: --criu is accepted and ignored" {
	only husk "runc 1.5 has dropped it, runc 1.1 has it"
	mkdir "$STATE"
	rt --criu /usr/sbin/criu list -q
	ok
}

@test "cli: the state root is made, for its owner only" {
	bundle
	args sleep 1000
	rt create web
	ok
	same 700 "$(stat -c %a "$STATE")"
}

@test "cli: the environment of the caller does not reach the container" {
	bundle
	args env
	HUSK_BATS_SECRET=1 LD_PRELOAD='' rt run web
	ok
	lacks HUSK_BATS_SECRET
	lacks '^_LIBCONTAINER'
}

@test "cli: XDG_RUNTIME_DIR does not move the state root of root" {
	mkdir "$ARENA/xdg"
	XDG_RUNTIME_DIR=$ARENA/xdg direct list -q
	ok
	same '' "$(ls "$ARENA/xdg")"
}
