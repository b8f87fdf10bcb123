/* The words of every code; the contract is in code.h. */
#include "proto/code.h"

static const struct {
	const char *name, *reason;
} code_table[] = {
	[CODE_OK] = {"ok", "done"},
	[CODE_NAME_TAKEN] = {"name-taken", "that name belongs to another key: choose another"},
	[CODE_NAME_BAD] = {"name-bad",
			   "that cannot be a name: use 1 to 32 letters, digits or signs "
			   "without spaces, ':' or ','"},
	[CODE_NAME_RESERVED] = {"name-reserved", "that name is kept for the staff: choose another"},
	[CODE_NOT_JOINED] = {"not-joined", "join the room with a name first"},
	[CODE_ALREADY_JOINED] = {"already-joined", "you are in the room already"},
	[CODE_NO_SUCH_ROOM] = {"no-such-room", "there is no such room"},
	[CODE_TEXT_BAD] = {"text-bad",
			   "that cannot be said: text must be valid UTF-8, not empty and "
			   "at most 16 KiB"},
	[CODE_ROOM_FULL] = {"room-full", "the room is full: try again later"},
	[CODE_UNKNOWN_COMMAND] = {"unknown-command", "the server does not know this command"},
	[CODE_SERVER_FULL] = {"server-full", "the server is full: try again later"},
	[CODE_KICKED] = {"kicked", "you were removed from the room"},
	[CODE_SHUTDOWN] = {"shutdown", "the server is shutting down"},
	[CODE_TIMED_OUT] = {"timed-out", "the other side was silent for too long"},
	[CODE_TOO_SLOW] = {"too-slow", "too far behind what the room keeps: join again"},
	[CODE_PROTOCOL] = {"protocol-error",
			   "the other side broke the protocol: is it the same version?"},
	[CODE_LEFT] = {"left", "the session was left"},
	[CODE_KEY_CHANGED] = {"key-changed", "the server's key is not the one that is expected"},
	[CODE_NOT_ACCEPTED] = {"not-accepted",
			       "the server does not let us in: is the password right?"},
	[CODE_LINK_SPOILT] = {"link-spoilt",
			      "what came over the connection was not the other side's"},
	[CODE_TOO_MANY] = {"too-many", "too many sessions are open with this key: close others"},
	[CODE_NOT_WRITTEN] = {"not-written",
			      "the server cannot write to its disk: nothing was kept, try again "
			      "later"},
	[CODE_PASSWORD] = {"password", "the room has a password: enter it with the right one"},
	[CODE_NO_SUCH_NICK] = {"no-such-nick", "nobody has that name"},
	[CODE_NO_SUCH_EVENT] = {"no-such-event", "there is no such message in the room"},
	[CODE_NOT_YOURS] = {"not-yours", "that message is somebody else's"},
	[CODE_TOO_LATE] = {"too-late",
			   "that message is too old to be changed or taken back by now"},
	[CODE_TOO_MANY_ROOMS] = {"too-many-rooms",
				 "nobody may be in, or make, more rooms than that: leave one, or "
				 "join one that others made"},
	[CODE_ROOM_NAME_BAD] = {"room-name-bad",
				"that cannot be the name of a room: use # and 1 to 32 letters, "
				"digits or signs without spaces, ':' or ','"},
	[CODE_LOBBY_STAYS] = {"lobby-stays",
			      "the lobby and rooms of two cannot be left: /quit leaves the server"},
	[CODE_QUERY_BAD] = {"query-bad",
			    "that cannot be searched for: give words, and from:NAME, in:#room or "
			    "before:DATE"},
	[CODE_NOT_KEPT] = {"not-kept", "what is older is not kept, or cannot be read now"},
};

enum { CODE_COUNT = sizeof(code_table) / sizeof(code_table[0]) };

const char *code_name(enum code c)
{
	return (unsigned)c < CODE_COUNT ? code_table[c].name : "unknown";
}

const char *code_reason(enum code c)
{
	return (unsigned)c < CODE_COUNT ? code_table[c].reason
					: "refused for a reason unknown to this version";
}
