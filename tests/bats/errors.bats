#!/usr/bin/env bats
# The shape of errors: one final line, husk: VERB ID: OBJECT: ERRNO (CAUSE; REMEDY), and the same in the log.
#
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq or to the container's shell
# shellcheck disable=SC2154 # what rt leaves behind is set in helpers.bash

load helpers
load refusals

MISSING='husk: create web: mount /no/such → /mnt: no such file or directory \(source of mounts\[6\] in config\.json .*; .*\)'

# missing_source: a configuration whose error has everything: stage, object, errno, cause and remedy
missing_source() {
	bundle
	args true
	config '.mounts += [{destination: "/mnt", type: "bind", source: "/no/such", options: ["bind"]}]'
}

# is_logged JSON…: the last line of the log in output is the error, with these fields
is_logged() {
	output=$(tail -n 1 <<<"$output")
	json '.level == "error" and (.msg | test($m)) and .stage == "create" and .errno == "ENOENT"' --arg m "^$MISSING\$"
	json '.object == "mount /no/such → /mnt"'
	json '.time | test("^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)$")'
}

@test "one line on stderr: stage, object, errno, cause and remedy; nothing on stdout" {
	only husk "the shape is husk's"
	missing_source
	rt_out create web
	fails 1
	equals ''
	[[ $stderr =~ ^$MISSING$ ]] || explain "want stderr that is: $MISSING"
	same 1 "$(wc -l <"$output_file.err")" "lines on stderr"
}

@test "the line is the last one, and the only one with husk's name, whatever went before" {
	only husk "the shape is husk's"
	missing_source
	for flags in '' --debug '--log-level debug'; do
		# shellcheck disable=SC2086 # none, one or two words
		rt $flags create web
		fails 1
		one_clear_line
	done
}

@test "--log-format json: msg, level, time, stage, object and errno" {
	only husk "the fields are husk's"
	missing_source
	rt_out --log-format json create web
	fails 1
	output=$stderr
	is_logged
	same 1 "${#lines[@]}"
}

@test "--log FILE: the error is there, in both formats, and on stderr too" {
	only husk "the fields are husk's"
	missing_source
	rt --log "$ARENA/log.json" --log-format json create web
	fails 1
	one_clear_line
	output=$(<"$ARENA/log.json")
	is_logged
	rt --log "$ARENA/log.text" create web
	fails 1
	output=$(<"$ARENA/log.text")
	has "level=error msg=\"$MISSING\""
	rt --log "$ARENA/log.text" state nobody
	same 2 "$(grep -c level=error "$ARENA/log.text")" "the log is appended to"
}

@test "--log FILE --log-format json: each line is an object with level, msg and time" {
	missing_source
	rt --debug --log "$ARENA/log" --log-format json create web
	fails 1
	output=$(jq -s . "$ARENA/log")
	json 'length > 0 and all(.[]; .level and .msg and .time)'
	json '.[-1].level == "error"'
	is_husk || return 0
	output=$(tail -n 1 "$ARENA/log")
	is_logged
}

@test "an error without an errno has no errno field, and names the stage of any verb" {
	only husk "the fields are husk's"
	for verb in state start delete pause resume ps; do
		rt --log-format json "$verb" nobody
		fails 1
		json '.level == "error" and .stage == $verb and (.msg | startswith("husk: \($verb) nobody: ")) and (has("errno") | not)' \
			--arg verb "$verb"
	done
}

@test "objects: the field of config.json, the hook, the executable, the directory" {
	only husk "the words are husk's"
	bundle
	cp config.json good.json
	while read -r object filter <&4; do
		jq "$filter" good.json >config.json
		rt --log-format json run web
		fails 1
		json '.object | startswith($o)' --arg o "$object"
	done 4<<-'TABLE'
		process.args .process.args = ["no-such-command"]
		process.cwd .process.cwd = "tmp"
		process.rlimits[0].type .process.rlimits = [{type: "RLIMIT_X", soft: 1, hard: 1}]
		linux.namespaces[6].type .linux.namespaces += [{type: "galaxy"}]
		hooks.createRuntime[1] .hooks.createRuntime = [{path: "/bin/true"}, {path: "/bin/false"}]
		root.path .root.path = "nowhere"
	TABLE
}

@test "a message of several lines becomes one" {
	only husk "the shape is husk's"
	bundle
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "printf \"one\\ntwo\\n\\nthree\\n\" >&2; exit 1"]}]'
	rt run web
	fails 1
	one_clear_line
	same 1 "${#lines[@]}"
	has 'one.*two.*three'
}

@test "control characters from a configuration do not reach the terminal" {
	only husk "the shape is husk's"
	bundle
	config '.process.args = ["\u001b[31mred\u0007"]'
	rt run web
	fails 1
	not grep -q $'[\x1b\x07]' "$output_file"
}

@test "a warning is not an error: exit code 0, and level warning in the log" {
	bundle
	config '.process.capabilities.bounding += ["CAP_WINGS"]'
	args true
	rt --log "$ARENA/log" --log-format json run web
	ok
	output=$(grep CAP_WINGS "$ARENA/log")
	json '.level == "warning"'
}

@test "an unwritable log is an error, not a silent loss" {
	bundle
	args true
	rt --log /no/such/directory/log create web
	fails 1
	says '/no/such/directory/log'
	nothing_left
}
