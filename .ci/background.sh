# A chat-server in the background for ./run; sourced by it.

# The place that client and server both take when nobody names one.
default_socket() {
	echo "${XDG_RUNTIME_DIR:+$XDG_RUNTIME_DIR/chat-room.sock}" | grep . ||
		echo "/tmp/chat-room-$(id -u)/chat-room.sock"
}

# Whether somebody accepts connections there (perl-base is part of every Debian).
answers() {
	perl -MSocket -e 'socket(my $s, PF_UNIX, SOCK_STREAM, 0) or exit 1;
		exit !connect($s, pack_sockaddr_un($ARGV[0]))' "$1" 2>/dev/null
}

# Prints a directory for the log that can be written; a home is not taken for granted.
state_dir() {
	local dir
	for dir in "${XDG_STATE_HOME:-${HOME:-/dev/null}/.local/state}/chat-room" \
		"${TMPDIR:-/tmp}/chat-room-$(id -u)"; do
		if mkdir -p -m 700 "$dir" 2>/dev/null && [[ -O $dir && -w $dir ]]; then
			echo "$dir"
			return
		fi
	done
	die "no place to keep the server's log: neither the home nor ${TMPDIR:-/tmp} can be written"
}

# await_ready PID LOG: until the server says so; false if it ends, or says nothing for a minute.
await_ready() {
	local lines tail_pid line ready=1
	exec {lines}< <(exec tail --pid="$1" -n +1 -f "$2" 2>/dev/null)
	tail_pid=$!
	while IFS= read -r -t 60 -u "$lines" line; do
		[[ $line == ready ]] || continue
		ready=0
		break
	done
	kill "$tail_pid" 2>/dev/null || true
	exec {lines}<&-
	return $ready
}

background_server() {
	local server=$1 socket log pid
	socket=$(default_socket)
	! answers "$socket" || return 0
	log=$(state_dir)/server.log
	: >"$log"
	setsid "$server" </dev/null >"$log" 2>&1 &
	pid=$!
	if await_ready "$pid" "$log"; then
		say "a server is running now, process $pid; its messages are in $log"
		say "it stays when you leave; to stop it: kill $pid"
	elif answers "$socket"; then
		return 0 # somebody else was quicker
	else
		cat "$log" >&2
		kill "$pid" 2>/dev/null || true
		die "the server did not start; to start one yourself: $server -p PORT"
	fi
}
