#!/usr/bin/env bash
#
#     docs.sh DIR [SERVER CLIENT]   the documents at the top of DIR agree with the code below it
#     docs.sh --self-test           the above notices what it is for
#
# Links and paths lead somewhere; functions that are named exist; ARCHITECTURE.md leaves out no source
# file; README.md shows what the two programs say to --help.  protocol.md is executed by tests/spec.
set -euo pipefail

documents=(README.md ARCHITECTURE.md CONTRIBUTING.md protocol.md)
bad=0

wrong() {
	echo "$*" >&2
	bad=$((bad + 1))
}

present() {
	local d
	for d in "${documents[@]}"; do
		[[ ! -e $d ]] || echo "$d"
	done
}

# Targets of links in $1, without those that lead out of the tree.
links() {
	grep -oE '\]\([^)# ]+' "$1" | cut -c 3- | grep -v '://' || true
}

# `a/b` in backticks that begins with a directory of ours: a file, its stem, or a directory.
paths() {
	grep -oE '`(common|server|client|tests|cmake|\.ci)/[A-Za-z0-9_./-]+`' "$1" | tr -d '`' || true
}

functions() {
	grep -oE '`[a-z_0-9]+\(\)`' "$1" | tr -d '`()' || true
}

check_references() {
	local d=$1 it code
	mapfile -t code < <(compgen -G '[cst]*/')
	while read -r it; do
		[[ -e $it ]] || wrong "$d: there is no $it"
	done < <(links "$d" && paths "$d" | while read -r it; do
		compgen -G "$it.[ch]" >/dev/null || echo "$it"
	done)
	while read -r it; do
		grep -rqE "\b$it *\(" "${code[@]}" || wrong "$d: there is no $it()"
	done < <(functions "$d")
}

# A file is named by its stem, as a word.
check_walk() {
	local file stem
	while read -r file; do
		stem=${file##*/}
		stem=${stem%.[ch]}
		grep -qwE "$stem" ARCHITECTURE.md || wrong "ARCHITECTURE.md does not mention $file"
	done < <(find common server client -name '*.[ch]' 2>/dev/null | sort)
}

# The lines of the block of README.md that begins with ```text $1 --help
shown_help() {
	awk -v fence="\`\`\`text $1 --help" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' README.md
}

check_help() {
	local name=$1 program=$2
	diff -u <(shown_help "$name") <("$program" --help) >&2 || wrong "README.md: that is not $name --help"
}

check() {
	local d
	while read -r d; do
		check_references "$d"
	done < <(present)
	[[ ! -e ARCHITECTURE.md ]] || check_walk
	if (($# == 2)) && [[ -e README.md ]]; then
		check_help chat-server "$1"
		check_help chat-client "$2"
	fi
	echo "$bad mistakes in the documents"
	((bad == 0))
}

# ---- the self-test ---------------------------------------------------------------------------

# refuses DOCUMENT TEXT: a tree whose DOCUMENT holds TEXT has to be refused.
refuses() {
	put "$@"
	if (bad=0 && check ./say ./say) >/dev/null 2>&1; then
		echo "not noticed: $2 in $1" >&2
		exit 1
	fi
}

accepts() {
	put "$@"
	(bad=0 && check ./say ./say) >/dev/null
}

put() {
	local help='usage'
	rm -rf ./*
	mkdir -p common/sys
	echo 'int clock_now(void);' >common/sys/clock.h
	printf '#!/bin/sh\necho %s\n' "$help" >say
	chmod +x say
	printf '```text %s --help\nusage\n```\n' chat-server chat-client >README.md
	echo 'read clock first' >ARCHITECTURE.md
	printf '%s\n' "$2" >>"$1"
}

self_test() {
	local tree
	tree=$(mktemp -d)
	trap "rm -rf '$tree'" EXIT
	cd "$tree"
	accepts README.md 'see [the walk](ARCHITECTURE.md) and [them](https://example.org/), `common/sys/clock`'
	accepts README.md '`clock_now()` and `common/sys/clock.h`'
	refuses README.md 'see [the walk](NOWHERE.md)'
	refuses README.md 'see `common/sys/cloak.h`'
	refuses README.md 'see `common/sys/cloak`'
	refuses ARCHITECTURE.md 'call `clock_later()`'
	refuses README.md $'```text chat-client --help\nmore\n```'
	accepts common/sys/clock.c 'int x;'
	refuses common/sys/other.c 'int x;'
}

case ${1-} in
--self-test) self_test ;;
'' | -*) echo "usage: docs.sh DIR [SERVER CLIENT] | --self-test" >&2 && exit 2 ;;
*) cd "$1" && shift && check "$@" ;;
esac
