#!/usr/bin/env bash
#
# Runs a command and tells the room what came of it, how long it took, and its last line:
#
#     build.sh [OPTION OF chat-client]... [ADDRESS] -- COMMAND [ARGUMENT]...
#
#     OK after 42 s: make test: 117 tests passed
#
# What the command prints is printed here as well, on standard error, and its status is this one's.  The
# client's "ok" means that the server has written the line down.
set -o pipefail
client=("${CHAT_CLIENT:-chat-client}" --json --since now)
while (($# > 0)) && [[ $1 != -- ]]; do client+=("$1") && shift; done
if (($# < 2)); then echo "usage: build.sh [OPTION]... [ADDRESS] -- COMMAND..." >&2 && exit 1; fi
shift
last=$("$@" 2>&1 | awk '{ print >"/dev/stderr" } NF { line = $0 } END { print line }' | tr -d '\000')
status=$?
((status == 0)) && verdict=OK || verdict="failed ($status)"
one_line() { LC_ALL=C tr -s '[:cntrl:]' ' ' | head -c 1000 | { iconv -c -f UTF-8 -t UTF-8 || true; }; }
one_line <<<"$verdict after $SECONDS s: $*: $last" | "${client[@]}" | grep '"kind":"ok"' >/dev/null ||
	echo "build.sh: the room was not told" >&2
exit "$status"
