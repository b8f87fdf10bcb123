/* The inside of the simulation, shared by its files; no test includes this. */
#ifndef SIM_INTERNAL_H
#define SIM_INTERNAL_H

#include "actor.h"
#include "memory.h"

#include "proto/timerq.h"

enum {
	FIRST_PORT = 1000,	   /* every address has a port of its own */
	STREAM_WINDOW = 64 * 1024, /* bytes under way to somebody who does not read */
};

enum delivery_kind { TO_SERVER, TO_CLIENT, HANG_UP };

/* Bytes under way. */
struct delivery {
	struct timerq_entry entry; /* first member */
	enum delivery_kind kind;
	struct actor *actor; /* NULL: forged */
	struct address from;
	struct delivery *next; /* on a stream that is not read */
	size_t len;
	uint8_t bytes[];
};

/* Something that a member said. */
struct line {
	uint8_t *bytes;
	size_t len;
	uint64_t said_us;
	uint64_t id;  /* of its command; 0: not yet taken by the session */
	uint64_t seq; /* of its event; 0: not in the room yet */
};

struct actor {
	struct timerq_entry clock; /* first member; the session's deadline */
	struct sim *sim;
	struct actor *next_touched, *earlier; /* … who had this address */
	enum via via;
	struct address address;
	unsigned who;		 /* its identity, see sealed.h */
	struct session *session; /* NULL: a bare connection */
	struct peer *peer;	 /* streams: the server's end; NULL once closed */
	bool touched, gone, joined, ended, hung_up, deaf, blocked;
	bool cut[2];		    /* by enum delivery_kind */
	uint64_t stream_free_us[2]; /* when the last bytes each way arrive: streams keep order */
	size_t stream_queued;	    /* towards the client, not read */
	struct delivery *unread, *unread_last;

	char name[NAME_MAX_BYTES + 1];
	enum code end_code;
	uint8_t *codes; /* by command id: how it was answered, or UNANSWERED */
	uint64_t ids, newest_answer;
	struct line *lines;
	size_t line_count, typed, appended;
	uint64_t first_seq;
	size_t heard_count;

	uint64_t turn, turn_bytes; /* what the server sent to it in that turn */
	uint8_t last_packet[WIRE_PACKET_MAX];
	size_t last_packet_len;
};

enum { UNANSWERED = 0xff };

/* Everything there is to know of one address. */
struct host {
	struct actor *actor;	 /* who sits there now; NULL: a stranger */
	uint64_t received, sent; /* bytes, by the server */
	bool validated;		 /* has shown that it gets what is sent there */
};

/* An event as it was appended. */
struct told {
	struct event event;
	uint8_t *frame;
	size_t len;
	const struct actor *by; /* a talk's */
	uint64_t said_us;
};

/* Who is in the room under a name. */
struct holder {
	char name[NAME_MAX_BYTES + 1];
	unsigned who;
	bool local, lost;
};

struct sim {
	uint64_t seed, random, now, turns, sent, fingerprint;
	uint64_t together; /* times that shards were at work together */
	unsigned shards;
	int64_t wall_ms; /* when `now` was 0 */
	unsigned stuck;	 /* turns for which time stood still */
	struct weather weather;
	struct sim_traffic traffic;
	bool trace;
	struct hub *hub;
	struct peers *peers;
	struct actor **actors;
	struct host *hosts;
	size_t actor_count, host_count;
	struct timerq deliveries, clocks;
	struct actor *touched;
	size_t memory_before;
	/* the oracle's */
	struct told *told;
	struct holder *holders;
	uint32_t *latencies;
	size_t told_count, holder_count, latency_count;
};

/* Grows an array by one, zeroed; returns the new element. */
#define GROW(array, count)                                                                         \
	(grow_array((void **)&(array), (count)++, sizeof(*(array))), &(array)[(count)-1])
void grow_array(void **array, size_t count, size_t size);

/* sim.c */
void sim_fail(const struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct address new_address(struct sim *s, enum transport t, struct actor *a);
struct host *host_of(const struct sim *s, const struct address *a);
void send_datagram(struct sim *s, enum delivery_kind kind, struct actor *a, const void *p,
		   size_t n);
void send_bytes(struct sim *s, enum delivery_kind kind, struct actor *a, const void *p, size_t n);
void touch(struct actor *a); /* its session may have something to send, or another deadline */
void flush(struct sim *s);
bool step(struct sim *s, uint64_t until); /* false: nothing happens before `until` */

/* actor.c */
void actor_pump(struct actor *a);
void actor_receive(struct actor *a, struct delivery *d);
void actor_tick(struct actor *a);
void actor_free(struct actor *a);
void actor_leave(struct actor *a); /* as politely as it can */

/* oracle.c */
void oracle_appended(void *ctx, const struct event *e, const struct address *who);
void oracle_heard(struct actor *a, const struct session_event *ev);
void oracle_answered(struct actor *a, const struct reply *r);
void oracle_to_server(struct sim *s, const struct address *from, const void *p, size_t n);
void oracle_from_server(struct sim *s, const struct address *to, const void *p, size_t n);
void oracle_after_turn(struct sim *s);
void oracle_free(struct sim *s);

#endif
