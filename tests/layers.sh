#!/usr/bin/env bash
#
# The layers of ARCHITECTURE.md, held by a test.
#
#     layers.sh DIR            no file below DIR includes what its layer may not
#     layers.sh --pure LIB…    the static libraries call nothing outside themselves but functions that
#                              compute, and keep no variable of their own
#     layers.sh --self-test    both of the above notice what they are for
set -euo pipefail

# Headers of the system without effects; all that a pure layer may have beside its own.
pure_headers='^(assert|ctype|errno|inttypes|limits|stdalign|stdbool|stddef|stdint|stdio|stdlib|string|math)\.h$|^unicode/|^sodium\.h$|^sanitizer/asan_interface\.h$'

# Functions without effects; all that a pure library may need from elsewhere: of libc, of libm, of ICU,
# of libsodium (none that draws), and what compilers add.
pure_symbols='mem(chr|cmp|cpy|mem|move|rchr|set)|str(chr|cmp|cspn|len|ncmp|nlen|pbrk|rchr|spn|str)'
pure_symbols+='|v?snprintf|strto(l|ll|ul|ull)|[cm]alloc|realloc(array)?|free|qsort|bsearch|l?l?abs'
pure_symbols+='|log2?|exp2?|pow|sqrt|floor|ceil|l?round|fmin|fmax'
pure_symbols+='|(u|uc[a-z]*|unorm2|uspoof|ubrk|utext|uset|u8|utf8|uscript|utrans)_[A-Za-z0-9_]*'
pure_symbols+='|crypto_(scalarmult|hash_sha256|auth_hmacsha256|aead_chacha20poly1305_ietf)(_[a-z]+)?|sodium_memzero'
pure_symbols+='|crypto_generichash|crypto_sign_(seed_keypair|detached|verify_detached)'
pure_symbols+='|__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__(mem|str|v?snprintf)[a-z]*_chk'
pure_symbols+='|__isoc23_strto[a-z]*|__ctype_[a-z_]*|__(asan|ubsan|tsan|sanitizer|gcov|llvm)_[a-z0-9_]*'

includes_ok() {
	local root=$1 dir bad=0
	for dir in common server client; do
		[[ ! -d $root/$dir ]] || bad=$((bad + $(check_tree "$root" "$dir")))
	done
	return $((bad != 0))
}

# Prints the number of violations; says each on standard error.
check_tree() {
	(cd "$1" && find "$2" -name '*.[ch]' -exec awk -v pure_headers="$pure_headers" '
		function own_prefixes() { # what is ours that this file may include
			if (FILENAME ~ /^common\/proto\//) return "^proto/"
			if (FILENAME ~ /^common\/sys\//) return "^(proto|sys)/"
			if (FILENAME ~ /^server\/core\//) return "^(proto|core)/"
			if (FILENAME ~ /^server\/gateway\//) return "^(proto|core|gateway)/"
			if (FILENAME ~ /^server\/net\//) return "^(proto|sys|core|net)/"
			if (FILENAME ~ /^server\/store\//) return "^(proto|sys|core|store)/"
			if (FILENAME ~ /^server\/[^\/]*$/) return "^(proto|sys|core|net|store|gateway)/|^[^/]*$"
			if (FILENAME ~ /^client\/core\//) return "^(proto|core)/"
			if (FILENAME ~ /^client\/ui\//) return "^(proto|ui)/"
			if (FILENAME ~ /^client\/[^\/]*$/) return "^(proto|sys|core|ui)/|^[^/]*$"
			return "^$"
		}
		function is_pure() {
			return FILENAME ~ /^(common\/proto|server\/core|server\/gateway|client\/core|client\/ui)\//
		}
		# server and client have a core each: core/x.h is that of the own side
		function others(side) {
			side = FILENAME
			sub(/\/.*/, "", side)
			return name ~ /^core\// && !exists(side "/" name)
		}
		function wrong(why) {
			printf "%s:%d: %s: %s\n", FILENAME, FNR, $0, why > "/dev/stderr"
			count++
		}
		function exists(path, line) { return (getline line < path) >= 0 }
		/^[ \t]*#[ \t]*include/ {
			name = $0
			sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
			quoted = name ~ /^"/
			if (name !~ /^["<]/) { wrong("an include has to name its file"); next }
			sub(/^["<]/, "", name); sub(/[">].*/, "", name)
			if (name ~ /\.\.?\//) { wrong("no relative paths"); next }
			if (name ~ /\.c$/) { wrong("a .c file is compiled, never included"); next }
			if (quoted && (name !~ own_prefixes() || others())) { wrong("this layer may not know that one"); next }
			if (quoted) next
			if (exists("common/" name)) { wrong("ours go in quotes"); next }
			if (is_pure() && name !~ pure_headers) { wrong("this layer is pure"); next }
			if (name ~ /^(n?curses|term|ncursesw\/.*|panel)\.h$/ && FILENAME !~ /^client\/screen_curses\.[ch]$/)
				wrong("client/screen_curses alone knows curses")
			if (name ~ /^readline\// && FILENAME !~ /^client\/sender_(line|keys|paste|find|clusters)\.c$/)
				wrong("client/sender_line, _keys, _paste, _find and _clusters alone know readline")
			if (name == "ini.h" && FILENAME != "client/settings_file.c")
				wrong("client/settings_file.c alone knows inih")
			if (name == "sqlite3.h" && FILENAME !~ /^server\/store\//)
				wrong("server/store alone knows SQLite")
			if (name == "sodium.h" && FILENAME !~ /^common\/(proto\/(noise|secure|retry|proof)|sys\/(secret|cipher))\.c$/)
				wrong("proto/noise, secure, retry, proof, sys/secret and cipher alone know libsodium")
			if (name ~ /^openssl\// && FILENAME != "common/sys/cipher.c")
				wrong("sys/cipher alone knows libcrypto")
		}
		END { print count + 0 }' {} + | awk '{ n += $1 } END { print n + 0 }')
}

libraries_ok() {
	local lib bad=0 own
	own=$(nm --defined-only "$@" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u)
	for lib; do
		check_symbols "$lib" "$own" || bad=1
		check_variables "$lib" || bad=1
	done
	return $bad
}

# What LIB needs is in one of the libraries that were given, or pure.
check_symbols() {
	local foreign
	foreign=$(nm --undefined-only "$1" 2>/dev/null | awk '$1 == "U" { print $2 }' | sort -u |
		comm -23 - <(printf '%s\n' "$2") | grep -vxE "$pure_symbols" || true)
	[[ -z $foreign ]] && return
	printf '%s is pure, but calls: %s\n' "${1##*/}" "${foreign//$'\n'/ }" >&2
	return 1
}

# LIB has no variable that can change (sanitizers' own, and constants that hold addresses, aside).
check_variables() {
	local variables
	variables=$(nm --defined-only -f sysv "$1" 2>/dev/null | awk -F '|' '
		NF == 7 {
			gsub(/ /, "", $1); gsub(/ /, "", $7)
			if ($1 ~ /^(__odr_asan|\.LASAN|__asan_|__gcov|__llvm|\.L|\*\.L|\.(data|bss|tdata|tbss))/) next
			if ($7 ~ /^\.(t?data|t?bss)/ && $7 !~ /^\.data\.rel\.ro/ || $7 == "*COM*") print $1
		}' | sort -u)
	[[ -z $variables ]] && return
	printf '%s is pure, but keeps: %s\n' "${1##*/}" "${variables//$'\n'/ }" >&2
	return 1
}

# ---- the self-test ---------------------------------------------------------------------------

# refuses FILE LINE: a tree with nothing but FILE, holding LINE, has to be refused.
refuses() {
	put "$1" "$2"
	if includes_ok "$tree" 2>/dev/null; then
		echo "not noticed: $2 in $1" >&2
		return 1
	fi
}

accepts() {
	put "$1" "$2"
	includes_ok "$tree" || return 1
}

put() {
	rm -rf "${tree:?}"/*
	mkdir -p "$tree/$(dirname "$1")" "$tree"/{common/sys,server/core,client/core}
	: >"$tree/common/sys/clock.h"
	: >"$tree/server/core/hub.h"
	: >"$tree/client/core/seat.h"
	printf '%s\n' "$2" >"$tree/$1"
}

refuses_code() {
	printf '%s\n' "$1" | "${CC:-cc}" -x c -c -o "$tree/it.o" -
	rm -f "$tree/libit.a"
	ar rc "$tree/libit.a" "$tree/it.o"
	if libraries_ok "$tree/libit.a" 2>/dev/null; then
		echo "not noticed: $1" >&2
		return 1
	fi
}

self_test() {
	tree=$(mktemp -d)
	trap 'rm -rf "$tree"' EXIT
	accepts common/proto/a.c '#include "proto/b.h"'
	accepts common/sys/a.c '#include <sys/socket.h>'
	accepts server/net/a.c '#include "core/hub.h"'
	accepts client/screen_curses.c '#include <curses.h>'
	accepts common/sys/secret.c '#include <sodium.h>'
	accepts common/sys/cipher.c '#include <openssl/evp.h>'
	refuses common/sys/secret.c '#include <openssl/evp.h>'
	refuses common/proto/noise.c '#include <openssl/evp.h>'
	refuses common/proto/a.c '#include "sys/clock.h"'
	refuses common/proto/a.c '#include <unistd.h>'
	refuses common/proto/a.h '  #  include <sys/socket.h>'
	refuses common/proto/a.c '#include <sys/clock.h>'
	refuses common/proto/a.c '#include "../sys/clock.h"'
	refuses common/proto/a.c '#include HEADER'
	refuses common/sys/a.c '#include "core/hub.h"'
	refuses server/core/a.c '#include "sys/clock.h"'
	refuses server/core/a.c '#include <time.h>'
	refuses server/core/a.c '#include "net/conn.h"'
	refuses server/net/a.c '#include "store/history.h"'
	refuses server/main.c '#include "ui/model.h"'
	refuses client/main.c '#include "core/hub.h"'
	accepts client/main.c '#include "core/seat.h"'
	accepts client/core/a.c '#include "core/seat.h"'
	refuses client/core/a.c '#include "core/hub.h"'
	refuses client/core/a.c '#include "sys/clock.h"'
	refuses client/core/a.c '#include <time.h>'
	refuses client/ui/a.c '#include "core/seat.h"'
	refuses server/main.c '#include "core/seat.h"'
	refuses client/ui/a.c '#include "sys/clock.h"'
	refuses client/ui/a.c '#include <curses.h>'
	refuses client/main.c '#include <ncurses.h>'
	accepts client/sender_keys.c '#include <readline/readline.h>'
	refuses client/main.c '#include <readline/readline.h>'
	accepts client/settings_file.c '#include <ini.h>'
	refuses client/main.c '#include <ini.h>'
	accepts common/proto/retry.c '#include <sodium.h>'
	accepts common/proto/proof.c '#include <sodium.h>'
	refuses server/core/a.c '#include <sodium.h>'
	refuses common/proto/retry.h '#include <sodium.h>'
	refuses client/main.c '#include <sodium.h>'
	accepts server/store/db.h '#include <sqlite3.h>'
	refuses server/runtime.c '#include <sqlite3.h>'
	refuses server/core/a.c '#include <sqlite3.h>'
	refuses common/sys/keyfile.c '#include <sodium.h>'
	refuses server/main.c '#include "config.c"'
	refuses_code 'long time(long *); long f(void) { return time(0); }'
	refuses_code 'int puts(const char *); void f(void) { puts(""); }'
	refuses_code 'int rand(void); int f(void) { return rand(); }'
	refuses_code 'int crypto_sign_keypair(char *, char *); int f(char *p) { return crypto_sign_keypair(p, p); }'
	refuses_code 'int timesheet(void); int f(void) { return timesheet(); }'
	refuses_code 'static int n; int f(void) { return ++n; }'
	refuses_code 'int n = 3;'
	refuses_code 'static _Thread_local int n; int f(void) { return ++n; }'
}

case ${1-} in
--pure) shift && libraries_ok "$@" ;;
--self-test) self_test ;;
'' | -*) echo "usage: layers.sh DIR | --pure LIB… | --self-test" >&2 && exit 2 ;;
*) includes_ok "$1" ;;
esac
