#!/usr/bin/env bash
#
# Repeats what it is told: when alice says "echo: hello", it says "alice said: hello".
#
#     echo.sh NICK [OPTION OF chat-client]... [ADDRESS]
#
# The loop reads what the client prints and writes what the client is to say.  What it says begins with
# a name, so it never is a command; and it never is told by itself, nor by another one of these.
nick=${1:?usage: echo.sh NICK [OPTION OF chat-client]... [ADDRESS]}
coproc room { exec "${CHAT_CLIENT:-chat-client}" --plain --since now -n "$@"; }
client=${room_PID:?}
while IFS= read -r line; do
	[[ $line =~ ^([^:\ ]+):\ "$nick":\ (.+)$ ]] || continue
	printf '%s said: %s\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
done <&"${room[0]}" >&"${room[1]}"
wait "$client"
