# shellcheck shell=bash disable=SC2034,SC2154 # compare has a part of it
# Other servers, started for `compare`; sourced by it (bash).
#
# Each start_NAME PORT SOCKET writes its configuration into $dir and starts it there, on loopback, without
# what would hold our members up: flood limits, penalties, lookups of names and of users, limits of
# connections, of queues and of what may be unsent.  What is left of such is said at each.  Sets $pid.

# Debian's packages, and the programs in them.
declare -A peer_package=([ngircd]=ngircd [inspircd]=inspircd [redis]=redis-server [nats]=nats-server
	[mosquitto]=mosquitto)
PATH=$PATH:/usr/sbin:/usr/local/sbin

peer_installed() {
	command -v "${peer_package[$1]}" >/dev/null
}

peer_version() {
	case $1 in
	nats) nats-server --version ;;
	mosquitto) mosquitto -h | head -n 1 ;;
	*) "${peer_package[$1]}" --version | head -n 1 ;;
	esac 2>&1 | grep -oE '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1
}

# launch COMMAND… runs it on the servers' processor; what it says is kept for when it fails.
launch() {
	"${on_core[@]}" "$@" >"$dir/said" 2>&1 </dev/null &
	pid=$!
}

# Penalties are off altogether with MaxPenaltyTime = 0; each turn it reads at most a few lines of one client.
start_ngircd() {
	cat >"$dir/ngircd.conf" <<-END
		[Global]
		Name = bench.example.org
		Info = bench
		Listen = 127.0.0.1
		Ports = $1
		MotdPhrase = bench
		ServerUID = $(id -u)
		ServerGID = $(id -g)
		[Limits]
		MaxConnections = 0
		MaxConnectionsIP = 0
		MaxJoins = 0
		MaxPenaltyTime = 0
		PingTimeout = 3600
		PongTimeout = 3600
		[Options]
		DNS = no
		Ident = no
		PAM = no
		SyslogFacility = local7
	END
	launch ngircd --nodaemon --config "$dir/ngircd.conf"
}

# Its queues hold 64 MiB for each; no fake lag, no penalty that could be reached, no lookups.
start_inspircd() {
	cat >"$dir/inspircd.conf" <<-END
		<server name="bench.example.org" description="bench" network="bench">
		<admin name="bench" nick="bench" email="bench@example.org">
		<bind address="127.0.0.1" port="$1" type="clients">
		<connect name="all" allow="*" timeout="60" pingfreq="1h" threshold="1000000000"
			commandrate="1000000000" fakelag="no" hardsendq="67108864" softsendq="67108864"
			recvq="67108864" localmax="100000" globalmax="100000" maxconnwarn="no"
			resolvehostnames="no" useident="no" limit="100000">
		<performance softlimit="100000" somaxconn="1024" netbuffersize="65534" quietbursts="yes">
		<security maxtargets="20">
		<log method="file" type="*" level="none" target="$dir/inspircd.log">
		<pid file="$dir/inspircd.pid">
	END
	local root=()
	((EUID != 0)) || root=(--runasroot)
	launch inspircd --nofork "${root[@]}" --config "$dir/inspircd.conf"
}

start_redis() {
	cat >"$dir/redis.conf" <<-END
		bind 127.0.0.1
		port $1
		protected-mode no
		unixsocket $2
		save ""
		appendonly no
		maxclients 100000
		timeout 0
		tcp-backlog 1024
		client-output-buffer-limit pubsub 0 0 0
		client-output-buffer-limit normal 0 0 0
		dir $dir
	END
	launch redis-server "$dir/redis.conf"
}

start_nats() {
	cat >"$dir/nats.conf" <<-END
		host: 127.0.0.1
		port: $1
		max_connections: 100000
		max_pending: 1GB
		write_deadline: "60s"
		ping_interval: "1h"
		logfile: "$dir/nats.log"
	END
	launch nats-server --config "$dir/nats.conf"
}

start_mosquitto() {
	cat >"$dir/mosquitto.conf" <<-END
		listener $1 127.0.0.1
		allow_anonymous true
		max_connections -1
		max_queued_messages 0
		max_queued_bytes 0
		max_inflight_messages 0
		set_tcp_nodelay true
		persistence false
		log_type none
		sys_interval 0
	END
	((EUID != 0)) || echo 'user root' >>"$dir/mosquitto.conf"
	launch mosquitto --config-file "$dir/mosquitto.conf"
}
