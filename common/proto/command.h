/*
 * Commands and replies (protocol.md §4), and how each is written and read.
 *
 * What a client says is the hub's to judge, which can answer what is wrong with it: no text of a
 * command is looked at here.  What a server says is UTF-8-checked: see reply_sound().
 */
#ifndef PROTO_COMMAND_H
#define PROTO_COMMAND_H

#include "proto/buf.h"
#include "proto/code.h"
#include "proto/event.h"

enum command_kind {
	COMMAND_JOIN = 1,
	COMMAND_TALK = 2,
	COMMAND_QUIT = 3,
	COMMAND_NICK = 4,
	COMMAND_WHO = 5,
	COMMAND_ENTER = 6,
	COMMAND_PART = 7,
	COMMAND_LIST = 8,
	COMMAND_TOPIC = 9,
	COMMAND_RECALL = 10,
	COMMAND_EDIT = 11,
	COMMAND_PAGE = 12,
	COMMAND_SEARCH = 13,
	COMMAND_AWAY = 14,
	COMMAND_WHOIS = 15,
};

enum since_mode {
	SINCE_SEQ = 0,	 /* every event after `since` */
	SINCE_LAST = 1,	 /* the `since` newest events before one's own join */
	SINCE_KNOWN = 2, /* SEQ in the log that is meant; in another LAST, WIRE_BACKLOG events */
};

enum list_mode {
	LIST_PUBLIC = 0, /* all public rooms */
	LIST_MINE = 1,	 /* the rooms that one is in, and one's rooms of two */
};

struct command {
	uint64_t id; /* 1, 2, 3 … in its session */
	enum command_kind kind;
	uint32_t room; /* JOIN, TALK, WHO, PART, TOPIC, RECALL, EDIT, PAGE; SEARCH: 0 for all */
	/* JOIN, NICK: the name; TALK, EDIT: the text; QUIT, PART: words, may be empty; WHO, LIST: list
	 * the names after it; ENTER: "#room" or "@nick"; TOPIC: the topic, may be empty; SEARCH: the
	 * query; AWAY: words, empty: back; WHOIS: a name */
	struct slice text;
	enum since_mode since_mode; /* JOIN, ENTER */
	uint64_t since;		    /* JOIN, ENTER */
	uint64_t epoch; /* JOIN, ENTER: of the log that `since` counts; 0: of whichever there is */
	uint64_t instance; /* JOIN: who counts the talks; 0: nobody does */
	uint64_t mid; /* TALK, EDIT: 1, 2, 3 … of its instance, over all its sessions; 0: none */
	uint64_t seq; /* RECALL, EDIT: of the talk */
	uint64_t before; /* PAGE: events before this number; 0: up to the newest */
	uint64_t count;	 /* PAGE: how many */
	uint64_t token;	 /* SEARCH: `seq` of the reply before, for the next page; 0: the first */
	enum list_mode mode; /* LIST */
	struct slice key,
		proof; /* ENTER: of the room's password, see proto/proof.h; or both empty */
};

struct reply {
	uint64_t id; /* of the command */
	enum code code;
	uint64_t seq; /* of the event that was made; SEARCH: where the next page begins */
	uint64_t
		first; /* JOIN, ENTER: the first event that will be delivered; PAGE: the oldest here */
	/* WHO, LIST, PAGE, SEARCH: there is more after the last one here; JOIN: what this client said
	 * before is remembered */
	bool more;
	uint64_t
		epoch; /* JOIN, ENTER: of the log: another one has other events under the same numbers */
	uint32_t room; /* JOIN, ENTER: which it is; PAGE: of the events */
	/* JOIN, NICK: the name as taken; ENTER: the room's name as made; WHO, LIST, PAGE, SEARCH: what
	 * who_get(), list_get(), page_get() read; WHOIS: whois_get() does */
	struct slice text;
};

enum member_state {
	MEMBER_HERE = 0,
	MEMBER_RECONNECTING = 1,
	MEMBER_AWAY = 2,   /* here, and said that nobody looks */
	MEMBER_ABSENT = 3, /* WHOIS: not here; the name is somebody's */
};

enum {			    /* flags of a listed room */
       LISTED_IN = 1,	    /* one is in it */
       LISTED_PASSWORD = 2, /* it has a password */
       LISTED_DIRECT = 4,   /* a room of two */
};

struct listed_room {
	uint32_t room;
	uint8_t flags;
	uint64_t members;  /* how many are in it */
	uint64_t head;	   /* its newest event; 0: none */
	struct slice name; /* "#room", or "@nick" of the other in a room of two */
	struct slice topic;
};

bool command_known(enum command_kind k);
void command_put(struct buf *b, const struct command *c); /* as a frame, with its type */
void reply_put(struct buf *b, const struct reply *r);
/* What follows the type; `s->failed`: it is none.  Of an unknown kind the body is passed over. */
void command_get(struct slice *s, struct command *c);
void reply_get(struct slice *s, struct reply *r);
/* Whether the text is such as a reply to that kind of command has: UTF-8, or whole entries. */
bool reply_sound(const struct reply *r, enum command_kind to);

/* Entries of a reply's text.  False: there is none left (`page->failed`: what there is, is none). */
void who_put(struct buf *page, struct slice name, enum member_state state);
bool who_get(struct slice *page, struct slice *name, enum member_state *state);
void list_put(struct buf *page, const struct listed_room *r);
bool list_get(struct slice *page, struct listed_room *r);
/* PAGE, SEARCH: whole EVENT frames, put there as they are. */
bool page_get(struct slice *page, struct event *e, struct slice *raw);

#endif
