/*
 * How commands and sessions end (protocol.md §4): one number, one stable word for programs, one
 * sentence for people.
 */
#ifndef PROTO_CODE_H
#define PROTO_CODE_H

/* Zero is success; the rest say why not. */
enum code {
	CODE_OK = 0,
	CODE_NAME_TAKEN = 1,
	CODE_NAME_BAD = 2,
	CODE_NAME_RESERVED = 3,
	CODE_NOT_JOINED = 4,
	CODE_ALREADY_JOINED = 5,
	CODE_NO_SUCH_ROOM = 6,
	CODE_TEXT_BAD = 7,
	CODE_ROOM_FULL = 8,
	CODE_UNKNOWN_COMMAND = 9,
	CODE_SERVER_FULL = 10,
	CODE_KICKED = 11, /* from here on: why a session ended (BYE) */
	CODE_SHUTDOWN = 12,
	CODE_TIMED_OUT = 13,
	CODE_TOO_SLOW = 14,
	CODE_PROTOCOL = 15,
	CODE_LEFT = 16,
	CODE_KEY_CHANGED = 17, /* from here on: said by one's own end alone */
	CODE_NOT_ACCEPTED = 18,
	CODE_LINK_SPOILT = 19,
	CODE_TOO_MANY = 20,    /* BYE */
	CODE_NOT_WRITTEN = 21, /* from here on: answers to commands again */
	CODE_PASSWORD = 22,
	CODE_NO_SUCH_NICK = 23,
	CODE_NO_SUCH_EVENT = 24,
	CODE_NOT_YOURS = 25,
	CODE_TOO_LATE = 26,
	CODE_TOO_MANY_ROOMS = 27,
	CODE_ROOM_NAME_BAD = 28,
	CODE_LOBBY_STAYS = 29,
	CODE_QUERY_BAD = 30,
	CODE_NOT_KEPT = 31,
};

const char *code_name(enum code c);   /* "name-taken": stable, for --json */
const char *code_reason(enum code c); /* a sentence: what happened and what to do */

#endif
