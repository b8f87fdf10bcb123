/*
 * A seat, and the world around it: links that take no time and can be cut, and a server that does what
 * a test wants.  The server is real sessions of proto/session.h behind rooms of its own (room_rig.h); it
 * remembers the newest message ids, so that a talk said again is answered and not repeated.
 *
 * The rig watches every run: events of a room come once, in order, without holes but those that were
 * told, and as long as one is in it; each
 * ticket is answered once; a port is used as it may be; the deadline is never in the past.
 */
#ifndef TEST_SEAT_RIG_H
#define TEST_SEAT_RIG_H

#include "core/seat.h"

#include "check.h"
#include "room_rig.h"

enum {
	SECOND = 1000 * 1000,
	RIG_NOTES = 512,
	RIG_TICKETS = 2048,
	RIG_HELD = 64,
};

struct rig_link {
	bool open;
	enum transport transport;
	size_t address;
	struct session *server; /* NULL: the server knows nothing of it */
	bool joined, forgotten; /* forgotten: what comes is for nobody */
	bool holed[2];		/* streams: some of what went down, or up, is gone */
	uint8_t client_cid[8];
};

/* What the network does on one transport. */
struct rig_way {
	bool no_socket;	       /* a link cannot even be tried */
	bool closed;	       /* whoever sends there learns that nobody listens */
	bool cut_up, cut_down; /* what is sent is lost */
	bool locked;	       /* the server has another password */
	size_t addresses;      /* 0: one */
	size_t dead_addresses; /* the first so many are like cut */
	unsigned opened;       /* links so far */
};

/* A command that a slow server has yet to carry out. */
struct rig_held {
	struct rig_link *link;
	struct command command;
	char text[RIG_TEXT];
};

/* What a caller knows from before of one room; NULL: nothing. */
struct rig_known {
	const char *room;
	struct seat_since since;
};

struct rig {
	uint64_t now, random;
	struct seat *seat;
	void (*seat_works)(bool was); /* may be NULL: false: the seat is at work; true: it was */
	struct rig_link links[SEAT_SLOTS];
	struct rig_way ways[TRANSPORT_UNIX + 1];

	/* the server */
	struct rig_house house;
	bool slow; /* it takes no command now; see rig_hurry() */
	struct rig_held held[RIG_HELD];
	size_t held_count;
	unsigned byes;

	struct rig_known known; /* set before it begins */

	/* what the seat told */
	enum seat_state state;
	enum transport transport;
	unsigned joined, refused, anew, gaps, answers, entered, left;
	unsigned talked; /* answers OK to TALK */
	unsigned forgotten;
	uint64_t missed;
	enum code last_code, left_code;
	char last_room[RIG_TEXT];     /* of an answer */
	char was[RIG_TEXT];	      /* of what was entered */
	char in[RIG_ROOMS][RIG_TEXT]; /* that it is in, the lobby aside */
	bool answered[RIG_TICKETS];
	char heard_from[RIG_NOTES][2 * RIG_TEXT];
	size_t heard_count;
	bool ended;
	enum seat_end how;
	enum code end_code;
	char end_text[SEAT_WHY_MAX];
	uint64_t opened_at[RIG_NOTES]; /* links, of either transport */
	size_t opens;
};

/* UDP preferred, TCP beside it. */
struct seat_config rig_config(void);
void rig_begin(struct rig *r, const struct seat_config *config);
void rig_join(struct rig *r); /* begins with rig_config(), and is in the room over UDP */
void rig_join_by(struct rig *r, enum transport way);
void rig_end(struct rig *r);

void rig_run(struct rig *r, uint64_t microseconds);
void rig_turn(struct rig *r);
uint64_t rig_say(struct rig *r, const char *text); /* returns the ticket */
uint64_t rig_say_in(struct rig *r, const char *room, const char *text);
uint64_t rig_enter(struct rig *r, const char *room);
uint64_t rig_part(struct rig *r, const char *room);

void rig_note(struct rig *r, const struct seat_event *ev); /* used by the rig itself */

/* ---- the world --------------------------------------------------------------------------------- */

void rig_cut(struct rig *r, enum transport t, bool cut); /* both ways */
void rig_die(struct rig *r);			/* kill -9: nothing is answered, streams break */
void rig_restart(struct rig *r, bool with_log); /* … and is there again */
void rig_break_links(struct rig *r, enum transport t); /* streams; the server notices too */
void rig_goodbye(struct rig *r, enum code code);       /* from the server, on every link */
void rig_hurry(struct rig *r);			       /* the slow server does what it has to */
void rig_append(struct rig *r, const char *text);      /* somebody else talks in the lobby … */
void rig_append_in(struct rig *r, const char *room, const char *text);
void rig_open(struct rig *r, const char *who);	       /* … or opens a room of two with us */
void rig_follow(struct rig *r, struct rig_room *room); /* the server lets all sessions do so */
void rig_forget_before(struct rig *r, uint64_t seq);   /* the room no longer has what was before */
unsigned rig_links(const struct rig *r, enum transport t); /* open now */
/* Just these, in order; NULL ends.  What was not said in the lobby as "room:text". */
bool rig_heard(const struct rig *r, const char *const texts[]);
struct rig_room *rig_room(struct rig *r, const char *name); /* of the server; it has to be there */

#endif
