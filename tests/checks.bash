# Named checks, counted: for the stages that are neither Go tests nor bats.
#
#   check NAME COMMAND…   runs it; what it prints is shown only when it fails
#   skip NAME REASON      counts a check that cannot be made here
#   closing               prints the line of counts and fails if a check failed

checks_passed=0 checks_failed=0 checks_skipped=0

check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1 </dev/null); then
		echo "ok $name"
		checks_passed=$((checks_passed + 1))
	else
		echo "not ok $name"
		echo "  ${output//$'\n'/$'\n'  }"
		checks_failed=$((checks_failed + 1))
	fi
}

skip() {
	echo "ok $1 # skip $2"
	checks_skipped=$((checks_skipped + 1))
}

closing() {
	echo "$checks_passed passed, $checks_failed failed, $checks_skipped skipped"
	((checks_failed == 0))
}
