# shellcheck shell=bash
# shellcheck disable=SC2154 # status, output and lines come from helpers.bash
#
# What every refusal owes its user, for the files on hostile and broken input: load it after helpers.
#
#   says REGEX          about output, like has, but capitals do not matter
#   refused [ID] REGEX  the last command failed with exit code 1 and one clear line that says REGEX, and nothing is left
#   nothing_left        no state directory, cgroup or mount of this test
#   one_clear_line      no trace of a crash; husk: exactly one line `husk: VERB…: …`, and it is the last
#   older_runc VERSION  the runtime is a runc before VERSION
#   before_runc VERSION REASON  skip there

says() { grep -qiE -e "$1" <<<"$output" || explain "want output that says: $1"; }

refused() {
	fails 1
	says "${*: -1}"
	one_clear_line
	nothing_left
}

nothing_left() { same '' "$(leftovers)" "something is left behind"; }

one_clear_line() {
	lacks 'panic|goroutine [0-9]|runtime error|fatal error'
	[[ -n $output ]] || explain "want an error message"
	is_husk || return 0
	[[ $(grep -c '^husk: ' <<<"$output") == 1 && ${lines[-1]} == "husk: "* ]] || explain "want one final line: husk: …"
	grep -qE '^husk: [a-z]+( [^ :]+)?: .+' <<<"${lines[-1]}" || explain "want a final line: husk: VERB ID: …"
}

before_runc() { ! older_runc "$1" || skip "$2"; }
