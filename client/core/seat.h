/*
 * One client's place in its rooms, which outlives its links (protocol.md §5, "Coming back").
 *
 * A seat owns the sessions, one for each of the caller's links: the one that is used, and, while there
 * is none or it has been silent for too long, candidates beside it.  It keeps what was said until that
 * is answered (outbox.h), and knows the newest event that it gave out: so whichever session comes
 * next, nothing is lost, nothing comes twice.  It decides when links are opened and closed; the caller
 * opens and closes them, and moves bytes.
 *
 * Pure, in the shape of proto/session.h:
 *
 *     feed, link_failed or tick → seat_event() until false → seat_output() of every link until it gives
 *     nothing → wait for bytes or seat_deadline()
 *
 * Links are opened and closed by seat_tick() and seat_free() alone; seat_deadline() says at once that
 * there is something to open or close.
 *
 * A room is known by its name: "#name", or "@nick" of the other in a room of two.  The lobby is there
 * with the JOIN.  Public rooms are entered as the caller says, and rooms of two as the server knows
 * them; all of them again by each new session, until they are left.
 */
#ifndef CORE_SEAT_H
#define CORE_SEAT_H

#include "core/seat_event.h"
#include "proto/address.h"
#include "proto/session.h"

/* The name of the room that is there from the start. */
#define SEAT_LOBBY "#lobby"

enum {
	SEAT_WAYS = 2,
	SEAT_SLOTS = 6,
	SEAT_WHY_MAX = 256,
	SEAT_SAID_MAX = 1024,
	SEAT_ROOMS_MAX = 128, /* those that are still to be entered among them */
};

_Static_assert((int)SEAT_ROOMS_MAX >= (int)WIRE_ROOMS_MAX, "there is a place for what is followed");

enum {				      /* microseconds */
       SEAT_HEAD_START = 1000 * 1000, /* of the first way before the second, at first contact */
       SEAT_HEAD_START_AGAIN = 250 * 1000,    /* … later, when somebody waits */
       SEAT_SECOND_OPINION = 3 * 1000 * 1000, /* one way was not accepted: for the other's word */
       SEAT_SILENCE = 3 * 1000 * 1000,	      /* an answer that is missing so long: look around */
       SEAT_BACKOFF_MIN = 250 * 1000,	      /* between rounds of candidates, doubling … */
       SEAT_BACKOFF_MAX = 4 * 1000 * 1000,    /* … up to this; a random half of it is left out */
       SEAT_STABLE = 10 * 1000 * 1000,	      /* a session that lived so long resets that */
       SEAT_LEAVE_WAIT = 10 * 1000 * 1000,    /* for the answer to QUIT */
       SEAT_GOODBYE = 1000 * 1000,	      /* for the last words on a link that is given up */
};

struct seat_port {
	void *ctx;
	/*
	 * Open a link for this slot over that transport, to the first address from *address on that a
	 * socket can be had for; *address becomes the one after it.  False: there is none, and why.
	 */
	bool (*open)(void *ctx, unsigned slot, enum transport way, size_t *address,
		     char why[SEAT_WHY_MAX]);
	void (*close)(void *ctx, unsigned slot); /* after it the slot may be opened again */
	void (*entropy)(void *ctx, void *p, size_t n);
	/*
	 * A room is new to the seat (the lobby: for each name): *since says where it would begin, and
	 * may be told better.  Called by any function.  NULL: nobody knows better.
	 */
	void (*since)(void *ctx, struct slice room, struct seat_since *since);
};

/* What a client has left that ended, for one that goes on as it. */
struct seat_was {
	uint64_t mids;	/* the highest that it has drawn */
	uint64_t epoch; /* of the lobby's log, when it was in that last; 0: it never was */
	bool answered;	/* some of what it said was, with a number */
};

struct seat_config {
	enum transport ways[SEAT_WAYS]; /* the preferred one first; 0: no second */
	struct session_config session;	/* identity and trust; the rest is filled in here */
	struct name_checker *names;	/* for rooms with passwords; borrowed */
	const char *nick;		/* NULL: seat_join() will tell */
	struct seat_since since;	/* which events of a room to begin with */
	uint64_t instance;   /* random, not 0, < 2^62: one for each start of a client … */
	struct seat_was was; /* … but for one that goes on */
	uint64_t give_up_us; /* after the connection was lost; 0: never */
};

struct seat;

/* NULL: no memory.  What the session_config borrows is borrowed for the seat's life. */
struct seat *seat_new(const struct seat_config *config, const struct seat_port *port, uint64_t now);
void seat_free(struct seat *s); /* closes what is open */

/* Bytes of that link, as for session_feed(); for a closed slot nothing happens. */
void seat_feed(struct seat *s, uint64_t now, unsigned slot, void *bytes, size_t n);
/* The link is broken; or it may well be (a closed port): then others are tried beside it. */
void seat_link_failed(struct seat *s, uint64_t now, unsigned slot, const char *why);
void seat_link_doubtful(struct seat *s, uint64_t now, unsigned slot, const char *why);
/* The machine has other addresses or routes than before. */
void seat_network_changed(struct seat *s, uint64_t now);
/* Somebody wants another link than the one there is, which is not used any more, but goes only when the
 * other has joined: so the room does not notice. */
void seat_reconnect(struct seat *s, uint64_t now);
/* The caller does not look for input: silence means nothing. */
void seat_pause(struct seat *s, uint64_t now, bool paused);

/* What happened, one at a time; borrowed until the next call on this seat. */
bool seat_event(struct seat *s, uint64_t now, struct seat_event *ev);
/* Datagrams, or records, for that link, as session_train(). */
bool seat_output(struct seat *s, uint64_t now, unsigned slot, struct buf *out, size_t *size);
uint64_t seat_deadline(const struct seat *s);
void seat_tick(struct seat *s, uint64_t now);

/* As which client it goes on, before any name was told. */
void seat_go_on(struct seat *s, uint64_t instance, const struct seat_was *was);
/* The name to join with; before, and after SEAT_REFUSED.  Longer than NAME_MAX_BYTES: ERR_TOO_BIG. */
NODISCARD enum err seat_join(struct seat *s, struct slice name);
/*
 * Copied, kept until answered, told to as many sessions as it takes.  Lines of one room are told in
 * order; what is said in a room that is being entered waits for that, and is answered as that is if it
 * fails.  *ticket may be NULL.  ERR_FULL: SEAT_SAID_MAX wait, or there are SEAT_ROOMS_MAX rooms;
 * ERR_NOT_FOUND: one is not in that room; ERR_TOO_BIG, ERR_MEMORY; ERR_CLOSED: the seat is over.
 */
NODISCARD enum err seat_say(struct seat *s, const struct seat_line *line, uint64_t *ticket);
/* The number by which the server is to know a TALK or an EDIT: for who writes it down before it is said. */
uint64_t seat_draw(struct seat *s);
size_t seat_unanswered(const struct seat *s);
/* Everything that was said is answered, and what became of it was given out. */
bool seat_settled(const struct seat *s);
/* Of the log of that room, by its name; 0: not known yet, or one is not in it. */
uint64_t seat_epoch(struct seat *s, struct slice room);
/* What the room of that number is called; empty: one is not in it.  Borrowed as an event. */
struct slice seat_room_name(const struct seat *s, uint32_t number);

/* QUIT, without waiting for answers to what was said before; SEAT_ENDED is the answer. */
void seat_leave(struct seat *s, uint64_t now, const char *words);
/* Goodbye on all links, at once: what seat_output() gives now is the last. */
void seat_close(struct seat *s, uint64_t now, const char *words);

enum seat_state seat_state(const struct seat *s);
enum transport seat_transport(const struct seat *s); /* 0: none */
uint64_t seat_rtt(const struct seat *s); /* to the server and back, microseconds; 0: not known */

#endif
