/* The inside of struct seat, shared by seat.c, seat_rooms.c, seat_said.c and seat_links.c.  Nobody else
 * includes this. */
#ifndef CORE_SEAT_INTERNAL_H
#define CORE_SEAT_INTERNAL_H

#include "core/outbox.h"
#include "core/seat.h"
#include "proto/proof.h"
#include "proto/timerq.h"

enum slot_state {
	SLOT_FREE,
	SLOT_TRYING,  /* a candidate */
	SLOT_LIVE,    /* the one that is used */
	SLOT_OLD,     /* was; its successor has yet to join, so that the room is never left */
	SLOT_LEAVING, /* says goodbye */
	SLOT_DEAD,    /* to be closed by the next tick */
};

struct slot {
	enum slot_state state;
	enum transport transport;
	struct session *session;
	uint64_t join;	    /* id of the JOIN; 0: not asked yet */
	bool joined;	    /* … and answered OK */
	bool asked;	    /* an answer was missing before the last bytes came */
	uint64_t since;	    /* since when it is what it is */
	uint64_t nudged_at; /* when it was last asked for a sign of life */
};

/* One transport's walk through the server's addresses, in a round of candidates. */
struct way {
	enum transport transport;
	uint64_t start_at;
	size_t address; /* the next to be tried */
	bool exhausted;
	struct slot *slot; /* NULL: none under way */
};

enum room_state {
	ROOM_FREE,
	ROOM_ASKED, /* the person wants to be in it */
	ROOM_IN,    /* one is in it, though a new session may still have to enter it */
	ROOM_OUT,   /* … was, or could not be */
};

struct seat_room {
	enum room_state state;
	uint32_t number; /* 0: not known */
	/* From where it is entered next.  Once it was: since the newest event that was given out. */
	struct seat_since since;
	uint64_t asked; /* since when it was entered last … */
	bool ahead;	/* … and something of it was given out since then */
	uint64_t own;	/* the newest event that an answer spoke of */
	uint64_t enter; /* id of the ENTER under way, but for the person's own; 0: none */
	bool entered;	/* by the session that is used */
	bool waits;	/* with that for a better time */
	bool held;	/* used when lines are given: none of them now … */
	bool held_new;	/* … or none that has no number yet */
	bool doubted;	/* somebody as us has left it, now or at some time */
	bool listed;	/* … but we are in it, by the list that is being taken */
	/* to be told */
	bool told; /* that one is in it */
	bool news; /* … that has changed, or the name has */
	bool shorter;
	enum code left;
	uint64_t missed;

	bool has_seed;
	uint8_t name_len, was_len;
	char name[WIRE_ROOM_NAME_MAX];
	char was[WIRE_ROOM_NAME_MAX]; /* until it is told; empty: it has no other name */
	uint8_t seed[PROOF_SEED];
};

enum search { SEARCH_NONE, SEARCH_ROUND, SEARCH_PAUSE };

struct seat {
	struct seat_config config;
	struct seat_port port;
	uint64_t now;		       /* when it was called last */
	char nick[NAME_MAX_BYTES + 1]; /* empty: not known */
	struct slot slots[SEAT_SLOTS];
	struct slot *live; /* NULL: none */
	struct outbox outbox;
	bool due;	   /* the session may take something that it did not before */
	uint64_t retry_at; /* TIMERQ_NEVER: nothing had to wait for memory */

	struct seat_room rooms[SEAT_ROOMS_MAX]; /* the first is the lobby */
	size_t room_end;			/* none from there on */
	bool listed;				/* our rooms, by the session that is used */
	uint64_t listing;			/* id of the LIST; 0: none is under way */
	bool list_again;			/* … but its answer comes too late */
	uint8_t list_after_len;
	char list_after[WIRE_ROOM_NAME_MAX]; /* the last that was listed */
	uint64_t again_at; /* a server that could not write is asked again; TIMERQ_NEVER: no */
	unsigned refusals; /* of those, one after the other */

	/* looking for a link */
	struct way ways[SEAT_WAYS];
	enum search search;
	uint64_t search_at; /* when the round began, or the next will */
	unsigned rounds;
	uint64_t lost_at; /* TIMERQ_NEVER: not lost */
	bool doubt;	  /* the live one is silent, or its link says that it is broken */
	bool paused;

	uint64_t refused_at; /* a candidate was not accepted; TIMERQ_NEVER: none was */
	bool found;	     /* a server, at some time */
	bool was_joined;     /* at some time */
	uint64_t quit;	     /* id of the QUIT on the live one; 0: none */
	uint64_t quit_by;

	/* to be told */
	enum seat_state told_state;
	enum transport told_transport;
	bool anew;
	uint64_t missed;
	bool over, over_told;
	enum seat_end end;
	enum code end_code;
	char why[SEAT_WHY_MAX];
};

/* seat.c */
void seat_not_accepted(struct seat *s);
void seat_finish(struct seat *s, enum seat_end how, enum code code, const char *text, size_t len);
void seat_note_why(struct seat *s, const char *why);
void seat_keep_name(struct seat *s, struct slice name);
/* JOIN on this slot's session, if the name is known. */
NODISCARD enum err seat_ask_join(struct seat *s, struct slot *slot);

/* seat_rooms.c: the table */
void rooms_init(struct seat *s);
void rooms_wipe(struct seat *s);
struct seat_room *rooms_find(struct seat *s, struct slice name); /* NULL: one is not in that */
/* NULL: no place, or the name is none. */
struct seat_room *rooms_add(struct seat *s, struct slice name, enum room_state state);
void rooms_forget(struct seat *s, struct seat_room *r); /* it was asked for, but nothing was said */
void room_ask_since(struct seat *s, struct seat_room *r); /* where it begins */
void room_lock(struct seat_room *r, const uint8_t *seed);
struct slice room_name(const struct seat_room *r);
bool rooms_settled(const struct seat *s);

/* seat_rooms.c: coming in and going out */
void rooms_new_session(struct seat *s); /* it is in none */
void rooms_wait_no_more(struct seat *s);
void rooms_joined(struct seat *s, const struct reply *reply);
void rooms_ask(struct seat *s);	      /* what the session has not been asked yet, and is to be */
void room_asked(struct seat_room *r); /* to be entered again from where it is */
NODISCARD enum err room_ask(struct seat *s, struct seat_room *r, uint64_t *id); /* ENTER */
/* Returns the room that it is: another one, if that has got another name meanwhile. */
struct seat_room *room_entered(struct seat *s, struct seat_room *r, const struct reply *reply);
void room_out(struct seat *s, struct seat_room *r, enum code code);

/* seat_rooms.c: what the session says.  False: it was none of that, or nothing comes of it */
bool rooms_take_reply(struct seat *s, const struct reply *reply);
bool rooms_take_event(struct seat *s, const struct session_event *from, struct seat_event *ev);
bool rooms_tell(struct seat *s, struct seat_event *ev);

/* seat_said.c */
void said_give(struct seat *s); /* as much as the session takes */
bool said_take_reply(struct seat *s, const struct reply *reply, struct seat_event *ev);
bool said_tell(struct seat *s, struct seat_event *ev);

/* seat_links.c */
void links_init(struct seat *s, uint64_t now);
void links_won(struct seat *s, uint64_t now, struct slot *slot);  /* its session is open */
void links_joined(struct seat *s, uint64_t now);		  /* the live one's is */
void links_gone(struct seat *s, uint64_t now, struct slot *slot); /* its session or link ended */
void links_doubt(struct seat *s, uint64_t now);			  /* of the live one */
void links_ask_later(struct seat *s);	       /* what the server could not write */
void links_hear(struct seat *s, uint64_t now); /* it has spoken */
void links_end(struct seat *s, uint64_t now, const char *goodbye); /* no more candidates; NULL:
								     * the live one goes on */
uint64_t links_deadline(const struct seat *s);
void links_tick(struct seat *s, uint64_t now);

#endif
