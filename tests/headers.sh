#!/usr/bin/env bash
#
# headers.sh CC DIR…: every header below the include directories DIR… compiles alone, so that no file
# depends on what was included before it.
set -euo pipefail

cc=$1
shift
flags=(-std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror -fsyntax-only)
for dir; do
	flags+=("-I$dir")
done

headers=0 bad=0
while IFS= read -r -d '' header; do
	headers=$((headers + 1))
	printf '#include "%s"\n' "$header" | "$cc" "${flags[@]}" -x c - || {
		echo "$header does not compile alone" >&2
		bad=$((bad + 1))
	}
done < <(find "$@" -name '*.h' -print0 | sort -z)

echo "$headers headers, $bad that need company"
((headers > 0 && bad == 0))
