/* The inside of the world, shared by its files; no test includes this. */
#ifndef SIM_WORLD_INTERNAL_H
#define SIM_WORLD_INTERNAL_H

#include "world.h"

#include "disk.h"
#include "memory.h"

#include "core/peers.h"
#include "core/seat.h"
#include "proto/timerq.h"

enum {
	WAYS = 2,
	NOTES = 300,		   /* the last of what happened */
	DELIVERY_ORDER_BITS = 20,  /* below the microseconds of a delivery's time */
	STREAM_WINDOW = 64 * 1024, /* bytes under way on a stream */
	WORLD_ROOM_BYTES = 64 << 20,
	/* Well for so long: then a member is in the room; for less: as good as ill all the time.  Who has
	 * nothing to say over UDP asks after 15 s of silence whether the server is still the same. */
	WITNESS_RECOVERY_US = 25 * 1000 * 1000,
};

enum heading { UP, DOWN }; /* to the server, from it */

enum what {
	DATAGRAM,
	SYN,	   /* a stream begins */
	CONNECTED, /* … and is there */
	BYTES,
	FIN,	     /* it ends */
	WAKE,	     /* it goes on: what was lost is sent again */
	RESET,	     /* there is no such stream */
	UNREACHABLE, /* nobody has that port */
};

/* Something under way. */
struct delivery {
	struct timerq_entry entry; /* first member */
	struct delivery *next;	   /* parked, in order */
	enum what what;
	enum heading way;
	struct flow *flow; /* NULL: forged */
	uint32_t place;	   /* of the member's end */
	uint64_t order;	   /* streams: 0, 1, 2 … each way */
	uint32_t answers;  /* its sender had received something at this place; 0: at none */
	size_t len;
	uint8_t bytes[];
};

/* One way of a stream.  What arrives too early, or cannot arrive, waits. */
struct lane {
	uint64_t sent, next, free_at;
	size_t queued; /* bytes */
	struct delivery *parked;
};

/* A link, from the seat's opening it on.  It is remembered: something may still be under way. */
struct flow {
	struct flow *older; /* of its member */
	struct person *person;
	unsigned slot;
	enum transport transport;
	bool open;	/* the member's end is */
	bool connected; /* … and knows that the other is */
	bool broken;	/* a stream on which nothing gets through any more */
	bool blocked;	/* the server waits to write */
	bool tampered[WAYS];
	uint32_t place;
	struct peer *peer; /* the server's end of a stream; NULL: none */
	struct lane lanes[WAYS];
};

/* An address. */
struct place {
	struct flow *flow;	 /* NULL: a stranger's */
	bool current;		 /* somebody is there now */
	bool reached;		 /* … and has received something */
	bool validated;		 /* … and has answered from there */
	bool past_init;		 /* something else than INIT came from there */
	uint64_t received, sent; /* bytes, by the server */
};

/* An event as it was appended. */
struct told {
	enum event_kind kind;
	uint64_t hash; /* of its frame, as it is now */
	int64_t talk;  /* -1: none */
};

/* What stood at a number until another took its place. */
struct earlier {
	uint64_t seq, hash, until;
};

/* A log.  With a disk it is what the disk has; without, what one server told of it. */
struct chronicle {
	uint64_t epoch;
	uint32_t room;
	char name[WIRE_ROOM_NAME_MAX + 1]; /* of a public room */
	bool direct;			   /* of two: */
	unsigned pair[2];
	struct told *told;
	size_t count, published;
	uint64_t first; /* the room has forgotten what was before */
	struct earlier *earlier;
	size_t earlier_count;
	bool present[WORLD_MEMBERS_MAX];
	uint64_t newest[WORLD_MEMBERS_MAX]; /* talk of its, + 1; and in which of its lives */
	unsigned life[WORLD_MEMBERS_MAX];
};

/* What is said, or is said instead of something. */
struct talk {
	unsigned person, life;
	unsigned where;
	int64_t edits; /* that talk; -1: none */
	size_t len;
	uint64_t said_us;
	bool answered, refused;
	const struct chronicle *log; /* where it is; NULL: nowhere */
	uint64_t seq;
};

struct asked {
	enum command_kind kind;
	unsigned where;
	int64_t talk; /* -1: none */
	uint64_t at;
	bool answered;
};

/* A log that somebody hears. */
struct ear {
	const struct chronicle *log; /* NULL: not joined */
	uint64_t next;		     /* the event that comes next */
	bool in;
	char name[WIRE_ROOM_NAME_MAX + 1]; /* empty: not told */
};

struct person {
	struct timerq_entry clock; /* first member; the seat's deadline */
	struct world *world;
	struct person *next_touched;
	unsigned index;
	bool touched;
	char name[24];
	struct path path;
	struct seat *seat; /* NULL: it does not run */
	struct flow *slots[SEAT_SLOTS];
	struct flow *flows;
	bool asleep, leaving, ended;
	unsigned spoof, lives;
	/* what the witness knows */
	struct asked *asked;
	size_t asked_count, unanswered;
	struct ear ears[SEAT_ROOMS_MAX]; /* the first: the lobby's */
	size_t ear_count;
	uint64_t started_us;
	bool left_rooms; /* it parted from one, or was not let into one */
	bool well;
	uint64_t well_since, ill_since; /* the last time of trouble, pauses for breath included */
	uint64_t hurt_us;		/* a link of its broke; 0: never */
	uint64_t left_us;		/* when it last said that it leaves; 0: never */
};

struct note {
	uint64_t at;
	const char *what;
	unsigned who;
	uint64_t a, b;
};

struct world {
	struct world_config config;
	uint64_t seed, random, now, turns, sent, fingerprint;
	uint64_t together; /* times that shards were at work together */
	unsigned shards;
	unsigned stuck, starts;
	bool trace;
	size_t memory_before;
	struct hub *hub; /* NULL: there is no server */
	struct peers *peers;
	struct disk *disk; /* NULL: all is in memory */
	uint64_t disk_ill; /* until then it was */
	bool machine_off, dying;
	uint64_t gone_by; /* dying: at the latest */
	uint64_t down_since, up_since;
	struct timerq deliveries, clocks;
	struct person members[WORLD_MEMBERS_MAX];
	struct person *touched;
	struct place *places;
	size_t place_count;
	struct chronicle **logs;
	size_t log_count;
	struct chronicle *lobby; /* the newest one */
	struct talk *talks;
	size_t talk_count;
	struct world_figures figures;
	struct note notes[NOTES];
	size_t note_count;
};

/* Grows an array by one, zeroed; returns the new element. */
#define WORLD_GROW(array, count)                                                                   \
	(world_grow((void **)&(array), (count)++, sizeof(*(array))), &(array)[(count)-1])
void world_grow(void **array, size_t count, size_t size);

/* world.c */
void world_fail(const struct world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
void world_note(struct world *w, unsigned who, const char *what, uint64_t a, uint64_t b);
enum { NOBODY = WORLD_MEMBERS_MAX };
struct instant world_instant(const struct world *w);
enum { WORLD_WHERE_MAX = 32 };
/* What that place is called, at first: returns name. */
const char *world_where(const struct world *w, unsigned where, char name[WORLD_WHERE_MAX]);
void world_touch(struct person *m); /* its seat may have something to send, or another deadline */

/* paths.c */
struct flow *flow_open(struct person *m, unsigned slot, enum transport t);
void flow_close(struct flow *f, bool hang_up); /* by the member; false: without a word */
bool flow_takes(const struct flow *f);	       /* the member may write */
void flow_send(struct flow *f, const void *p, size_t n);
void flow_move(struct flow *f); /* its member has another address */
void flow_reset(struct flow *f);
void flow_doubt(struct flow *f);
void paths_wake(struct world *w,
		struct person *m); /* what waits is tried again; NULL: everybody's */
void paths_arrive(struct world *w, struct delivery *d);
struct peers_port paths_port(struct world *w);
void paths_free(struct world *w);

/* person.c */
void person_receive(struct person *m, struct flow *f, void *bytes, size_t n);
void person_link_failed(struct person *m, struct flow *f, const char *why);
void person_pump(struct person *m);
void person_free(struct person *m);

/* witness_log.c: what is appended */
void witness_log_begins(struct world *w, uint64_t epoch);
void witness_appended(void *ctx, const struct event *e, const struct address *who);
void witness_kept(void *ctx, const struct record *r); /* by the disk */
struct chronicle *witness_log(const struct world *w, uint64_t epoch, uint32_t room);
/* Whether that is what is said there: by that member's choice. */
bool witness_is_there(const struct world *w, const struct chronicle *log, unsigned who,
		      unsigned where);
/* Whether that event is, or was at some time since, in these words. */
bool witness_had(const struct chronicle *log, uint64_t seq, struct slice frame, uint64_t since);
size_t witness_text(const struct world *w, size_t talk, char text[TEXT_MAX_BYTES]);
void witness_free(struct world *w);

/* witness.c: what is heard and answered */
void witness_said(struct person *m, uint64_t ticket, const struct asked *a);
void witness_told(struct person *m, const struct seat_event *ev);
/* It starts anew, and knows what it heard, or nothing. */
void witness_lives(struct person *m, bool remembers);
void witness_since(struct person *m, struct slice room, struct seat_since *since);
bool witness_heard_all(const struct person *m);
void witness_health(struct world *w);
void witness_hurt(struct person *m);
void witness_to_server(struct world *w, const struct delivery *d);
void witness_from_server(struct world *w, uint32_t place, const void *p, size_t n);
void witness_after_turn(struct world *w);

#endif
