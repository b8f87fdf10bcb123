/* The inside of struct seat, shared by seat.c and seat_links.c.  Nobody else includes this. */
#ifndef CORE_SEAT_INTERNAL_H
#define CORE_SEAT_INTERNAL_H

#include "core/outbox.h"
#include "core/seat.h"
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

enum search { SEARCH_NONE, SEARCH_ROUND, SEARCH_PAUSE };

struct seat {
	struct seat_config config;
	struct seat_port port;
	uint64_t now;		       /* when it was called last */
	char nick[NAME_MAX_BYTES + 1]; /* empty: not known */
	struct slot slots[SEAT_SLOTS];
	struct slot *live; /* NULL: none */
	struct outbox outbox;
	uint64_t retry_at; /* TIMERQ_NEVER: nothing had to wait for memory */

	/* the cursor */
	uint64_t epoch, heard; /* of the newest event that was given out */
	uint64_t own;	       /* the newest event that an answer spoke of */

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
/* JOIN on this slot's session, if the name is known. */
NODISCARD enum err seat_ask_join(struct seat *s, struct slot *slot);

/* seat_links.c */
void links_init(struct seat *s, uint64_t now);
void links_won(struct seat *s, uint64_t now, struct slot *slot);   /* its session is open */
void links_joined(struct seat *s, uint64_t now);		   /* the live one's is */
void links_gone(struct seat *s, uint64_t now, struct slot *slot);  /* its session or link ended */
void links_doubt(struct seat *s, uint64_t now);			   /* of the live one */
void links_hear(struct seat *s, uint64_t now);			   /* it has spoken */
void links_end(struct seat *s, uint64_t now, const char *goodbye); /* no more candidates; NULL:
								     * the live one goes on */
uint64_t links_deadline(const struct seat *s);
void links_tick(struct seat *s, uint64_t now);

#endif
