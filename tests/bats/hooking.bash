# shellcheck shell=bash
# shellcheck disable=SC2016 # in single quotes, $ belongs to jq
#
# What the files on hooks share: load it after helpers and refusals.
#
#   hook_bundle              a bundle with a directory, $SHARE, that hooks and container see under the same path
#   hook KIND SCRIPT [JSON]  one more hook of that kind: `sh -c SCRIPT KIND`, with what JSON (jq) adds; it finds SHARE and
#                            PATH in its environment
#   log LINE…                for comparison: same "$(log a b)" "$(<"$SHARE/log")"

ALL_KINDS='prestart createRuntime createContainer startContainer poststart poststop'

hook_bundle() {
	SHARE=$ARENA/share
	mkdir -m 777 "$SHARE"
	bundle
	config '.mounts += [{destination: $dir, type: "bind", source: $dir, options: ["rbind", "rw"]}]' --arg dir "$SHARE"
}

hook() {
	config '.hooks[$kind] += [{path: "/bin/sh", args: ["sh", "-c", $script, $kind],
		env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "SHARE=" + $share]} + '"${3:-{\}}]" \
		--arg kind "$1" --arg script "$2" --arg share "$SHARE"
}

log() { printf '%s\n' "$@"; }
