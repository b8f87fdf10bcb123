# What ./run, ./test and .ci/run have in common; sourced by them (bash).
#
# The one list of Debian packages that the project needs is here.  A package is installed only when
# dpkg does not know it as installed, so a machine that is ready is never touched and needs no network.

packages_build=(build-essential cmake ninja-build pkg-config
	libncurses-dev libreadline-dev libinih-dev libicu-dev libsodium-dev libssl-dev libsqlite3-dev
	libcmocka-dev libvterm-dev)
packages_test=(valgrind)
packages_ci=(clang clang-format clang-tidy libclang-rt-14-dev unicode-data)

say() { printf '==> %s\n' "$*" >&2; }
die() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}

# missing_packages PACKAGE… prints those that are not installed.
missing_packages() {
	local p
	for p; do
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) == installed ]] || echo "$p"
	done
}

as_root() {
	if ((EUID == 0)); then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -- "$@"
	else
		die "installing packages takes root: run this as root, or install sudo, or run yourself:
    apt-get install $missing_line"
	fi
}

# need PACKAGE… installs what is missing, by apt.
need() {
	local -a missing
	mapfile -t missing < <(missing_packages "$@")
	((${#missing[@]})) || return 0
	missing_line=${missing[*]}
	command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
		die "this is no Debian; please install the counterparts of: $missing_line"
	say "installing $missing_line"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update ||
		die "apt-get update failed; is there a network?"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
		install "${missing[@]}" >/dev/null || die "could not install $missing_line"
}

# quietly WHAT COMMAND… runs it and shows its output only if it fails.
quietly() {
	local what=$1 out status=0
	shift
	out=$(mktemp)
	"$@" >"$out" 2>&1 || status=$?
	((status == 0)) || { cat "$out" >&2; }
	rm -f "$out"
	((status == 0)) || die "$what failed"
}

# build PRESET [TARGET…] configures and builds into build/PRESET.
build() {
	local preset=$1 targets=()
	shift
	(($# == 0)) || targets=(--target "$@")
	quietly "configuring build/$preset" cmake --preset "$preset"
	quietly "building build/$preset" cmake --build --preset "$preset" "${targets[@]}"
}
