# A short conversation of three real clients on a real server, for ./run without a terminal.
#
# Alice comes over UDP, Bob over TCP, 小明 over the local socket.  Each line is typed when what it
# answers has been seen, never after a time.  What every client printed is compared with the script.

patience=30 # seconds that anything may take

declare -A typing hearing heard process
work=

fail() {
	local name
	printf 'FAILED: %s\n' "$*" >&2
	for name in "${!process[@]}"; do
		printf -- '--- %s saw:\n%s' "$name" "${heard[$name]-}" >&2
		cat "$work/$name.err" >&2
	done
	exit 1
}

clean_up() {
	local name
	for name in "${!process[@]}"; do
		kill -KILL "${process[$name]}" 2>/dev/null || true
	done
	wait 2>/dev/null || true
	rm -rf "$work"
}

# actor NAME COMMAND…: starts it with its standard streams on fifos of ours.
actor() {
	local name=$1 fd in out
	shift
	mkfifo "$work/$name.in" "$work/$name.out"
	exec {in}<>"$work/$name.in"
	(
		for fd in "${typing[@]}" "${hearing[@]}" "$in"; do
			exec {fd}>&- # or nobody's input would ever end
		done
		exec "$@" <"$work/$name.in" >"$work/$name.out" 2>"$work/$name.err"
	) &
	process[$name]=$!
	exec {out}<"$work/$name.out"
	typing[$name]=$in hearing[$name]=$out heard[$name]=
}

# sees NAME LINE: waits until NAME prints it; the lines up to it are kept in heard[NAME].
sees() {
	local name=$1 want=$2 line deadline=$((SECONDS + patience))
	while ((SECONDS < deadline)); do
		IFS= read -r -t $((deadline - SECONDS)) -u "${hearing[$name]}" line || break
		heard[$name]+=$line$'\n'
		[[ $line != "$want" ]] || return 0
	done
	fail "$name did not see \"$want\""
}

joins() {
	actor "$1" "$client" --plain --since 0 -n "$1" "$2"
	here+=("$1")
	local name
	for name in "${here[@]}"; do
		sees "$name" "* $1 joined"
	done
}

says() {
	printf '%s\n' "$2" >&"${typing[$1]}"
	local name
	for name in "${here[@]}"; do
		sees "$name" "$1: $2"
	done
}

# leaves NAME: the end of its input; the others see it go, and it ends well.
leaves() {
	local name fd=${typing[$1]} rest=()
	exec {fd}>&-
	unset "typing[$1]"
	for name in "${here[@]}"; do
		[[ $name == "$1" ]] || rest+=("$name")
	done
	here=("${rest[@]}")
	for name in "${here[@]}"; do
		sees "$name" "* $1 left"
	done
	ends "$1"
}

# ends NAME: takes what it still prints, up to the end, and its exit status.
ends() {
	local status=0 line
	while IFS= read -r -t "$patience" -u "${hearing[$1]}" line; do
		heard[$1]+=$line$'\n'
	done
	wait "${process[$1]}" || status=$?
	((status == 0)) || fail "$1 ended with status $status"
	unset "process[$1]"
}

start_server() {
	local line deadline=$((SECONDS + patience))
	actor server "$server" -p 0 -b 127.0.0.1 -u "$work/room.sock" --memory --no-discovery
	while IFS= read -r -t $((deadline - SECONDS)) -u "${hearing[server]}" line; do
		heard[server]+=$line$'\n'
		case $line in
		'listening on udp://'*) udp=udp://127.0.0.1:${line##*:} ;;
		'listening on tcp://'*) tcp=tcp://127.0.0.1:${line##*:} ;;
		ready) return 0 ;;
		esac
	done
	fail "the server did not get ready"
}

play_conversation() {
	server=$1 client=$2
	local udp='' tcp='' here=() name
	work=$(mktemp -d /tmp/chat-room.XXXXXX)
	export XDG_DATA_HOME=$work
	trap clean_up EXIT
	trap 'exit 130' INT TERM

	start_server
	[[ -n $udp && -n $tcp ]] || fail "the server does not listen on UDP and TCP"
	joins alice "$udp"
	joins bob "$tcp"
	says alice "hello bob"
	joins 小明 "unix:$work/room.sock"
	says 小明 "大家好！今天天气真好 ☀"
	says bob "你好，小明。Nice to see you here"
	says alice "欢迎欢迎 🎉"
	leaves bob
	says 小明 "再见，bob"
	leaves alice

	# The last one was there to see all of it; nobody saw anything else.
	printf '%s' "${heard[小明]}"
	for name in alice bob; do
		[[ ${heard[小明]} == "${heard[$name]}"* ]] ||
			fail "$name and 小明 did not see the same conversation"
	done
	leaves 小明
	kill -TERM "${process[server]}"
	ends server
	say "three people, one over UDP, one over TCP, one over a local socket: everybody saw everything"
}
