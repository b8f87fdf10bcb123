/*
 * What a seat is told to say, and what it tells (core/seat.h).
 *
 * A room is known by its name: "#name", or "@nick" of the other in a room of two.
 */
#ifndef CORE_SEAT_EVENT_H
#define CORE_SEAT_EVENT_H

#include "proto/address.h"
#include "proto/wire.h"

/* Which events of a room to begin with. */
struct seat_since {
	enum since_mode mode;
	uint64_t since;
	uint64_t epoch; /* of the log that `since` counts; 0: of whichever there is */
};

/* What is said.  Fields that its kind does not have are not looked at. */
struct seat_line {
	enum command_kind kind; /* any but JOIN and QUIT */
	/* Where, or, ENTER, which: as the seat tells the name.  Empty: the lobby; SEARCH: all */
	struct slice room;
	struct slice text;
	uint64_t target;	/* RECALL, EDIT: the number of the talk */
	uint64_t before, count; /* PAGE */
	uint64_t token;		/* SEARCH */
	enum list_mode mode;	/* LIST */
	const uint8_t *seed;	/* ENTER: of the room's password, see proto/proof.h; NULL: none */
	uint64_t
		mid; /* TALK, EDIT: by seat_draw(), of this client or the one before; 0: drawn later */
	bool again; /* … and the one before may have given it to the server */
};

enum seat_state { SEAT_CONNECTING, SEAT_JOINING, SEAT_ONLINE, SEAT_RECONNECTING, SEAT_OVER };

enum seat_event_kind {
	SEAT_STATE,   /* it has changed, or the transport has */
	SEAT_JOINED,  /* for the first time */
	SEAT_REFUSED, /* the name was; try another with seat_join() */
	/* One is in another room, or it has another name: told before its events, but for the first one
	 * of a room of two that somebody opens. */
	SEAT_ENTERED,
	SEAT_LEFT,	/* … and is no more: as was asked, or it is closed to us */
	SEAT_REPLY,	/* to what was said; reply.id is the ticket */
	SEAT_FORGOTTEN, /* instead: the server may have it, and would not know; it was not said again */
	SEAT_HEARD,	/* an event of a room: each once, in order */
	SEAT_ANEW,	/* the log of the room has lost its end; no room: all logs are new ones */
	SEAT_GAP,	/* the room no longer has the next `missed` events */
	SEAT_ENDED,	/* the last */
};

enum seat_end {
	SEAT_END_LEFT,	  /* as was asked */
	SEAT_END_NOBODY,  /* no server was found */
	SEAT_END_REFUSED, /* it does not want us, or we do not want it */
	SEAT_END_LOST,	  /* lost, and not to be had back */
};

struct seat_event {
	enum seat_event_kind kind;
	/* HEARD, GAP, ENTERED, LEFT, ANEW: its name.  REPLY, FORGOTTEN: of where it was said, or what was
	 * entered */
	struct slice room;
	union {
		struct {
			enum seat_state state;
			enum transport transport; /* 0: none */
		} now;
		struct {
			enum command_kind to;
			struct reply reply;
		} answer; /* JOINED, REFUSED, REPLY, FORGOTTEN */
		struct {
			struct event event;
			struct slice raw; /* its frame */
		} heard;
		struct slice was; /* ENTERED: what it was called here so far; or empty */
		enum code left;	  /* LEFT: CODE_OK: as was asked */
		uint64_t missed;
		struct {
			enum seat_end how;
			enum code code;	   /* 0: none was said */
			struct slice text; /* words of the server or of the link; may be empty */
		} ended;
	};
};

#endif
