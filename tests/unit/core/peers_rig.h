/*
 * The server's table of peers with a hub behind it, and guests in front of it: real sessions over
 * links that take no time, or bytes that a test makes up.  After every turn the table's deadline has
 * to lie in the future.  Until an address has answered, it may not have been sent more than came from
 * there; three times as much where a peer that is known seems to have moved.
 */
#ifndef TEST_PEERS_RIG_H
#define TEST_PEERS_RIG_H

#include "core/hub.h"
#include "core/peers.h"
#include "proto/session.h"

#include "check.h"

#include <string.h>

enum { SECOND = 1000 * 1000, RIG_GUESTS = 1200, RIG_ANSWERED = 256 };

/* An address that a datagram came from, and what went back there. */
struct place {
	struct address address;
	size_t received, sent; /* bytes, by the server */
	size_t packets;	       /* sent there */
	bool reached;	       /* somebody there heard the server */
	bool answers;	       /* and has shown it */
};

struct guest {
	struct session *session; /* NULL: the test makes its bytes up … */
	struct session *hand;	 /* … or carries them, and others, from here */
	struct address address;
	struct place *place;
	unsigned who; /* whose identity; a local guest's user */
	bool stream;
	struct peer *peer; /* streams, while they are open */
	bool closed, deaf; /* closed by the server; takes no packets */
	size_t takes;	   /* streams: bytes that are still taken; then peers_writable() is due */
	uint8_t *bytes;	   /* streams: taken, not yet read */
	size_t len, cap;

	bool opened, ended, by_peer;
	enum code end_code;
	char end_text[WIRE_REASON_MAX + 1];
	uint8_t codes[RIG_ANSWERED]; /* of the answers, by id; 255: none */
	uint64_t first, heard;	     /* sequence numbers */
	uint32_t room;		     /* the one that was entered last */
	size_t asked;		     /* the test's own */
};

struct rig {
	uint64_t now, entropy;
	struct hub *hub;
	struct peers *peers;
	bool behind_one_address; /* guests that come from here on; else each has its own */
	struct guest guests[RIG_GUESTS];
	size_t count;
	struct place places[2 * RIG_GUESTS];
	size_t place_count;
	uint8_t last[WIRE_PACKET_MAX]; /* the last datagram that the server sent */
	size_t last_len, packets;
	int via, last_via;	  /* the socket that packets come by; that the last one went by */
	size_t turn_bytes;	  /* the most that went to one guest in one call of peers_pump() */
	unsigned shards, at_work; /* of the server; how many times they were at work together */
	void (*guests_work)(bool begin); /* may be NULL: guests are at work, or were */
	void (*overhears)(const void *bytes, size_t n); /* may be NULL: datagrams to the server */
};

void rig_begin(struct rig *r, size_t max_peers);
void rig_begin_at_rate(struct rig *r, size_t max_peers, unsigned commands_per_second);
/* The same, with a hub that waits for who is lost. */
void rig_begin_waiting(struct rig *r, size_t max_peers, uint64_t grace_us);
/* The same, on a store. */
void rig_begin_stored(struct rig *r, size_t max_peers, uint64_t grace_us,
		      const struct store_port *store);
/* The same in shards, which are at work together when more than `together` are due. */
void rig_begin_sharded(struct rig *r, size_t max_peers, unsigned shards, size_t together);
void rig_end(struct rig *r); /* whoever is still there is freed with the table */
struct instant rig_now(const struct rig *r);

struct guest *rig_guest(struct rig *r, bool stream); /* with a session; has said nothing yet */
struct guest *rig_stranger(struct rig *r, bool stream);
struct guest *rig_local(struct rig *r); /* by the local socket, in the clear */
/* With the same key, or as the same local user. */
struct guest *rig_guest_as(struct rig *r, const struct guest *same, bool stream);
struct guest *rig_local_as(struct rig *r, const struct guest *same);
struct guest *rig_enter(struct rig *r, struct guest *g, const char *name); /* joins; returns g */
struct guest *rig_member(struct rig *r, const char *name, bool stream);	   /* in the room */
uint64_t rig_ask(struct guest *g, enum command_kind kind, const char *text);
enum code rig_answer(const struct guest *g, uint64_t id); /* 255: none yet */

/* One turn: what guests have due comes in, what the server has due goes out, until all is quiet. */
void rig_turn(struct rig *r);
void rig_run(struct rig *r, uint64_t microseconds);
/* What guests have due by UDP comes in as one batch, each datagram `times` times; how many there were. */
size_t rig_arrive_together(struct rig *r, size_t times);
/* A datagram as from the guest's address. */
void rig_send(struct rig *r, struct guest *g, const void *bytes, size_t n);
void rig_hang_up(struct rig *r, struct guest *g);
/* From now on the guest is elsewhere; what is sent to where it was is lost. */
void rig_move(struct rig *r, struct guest *g);

/*
 * By hand, for strangers: INIT under that id (for one that was said already the same bytes again), whose
 * RESP is heard; FIN with a JOIN in it, from anybody's address; a DATA packet with one command, made with
 * the keys of `as` under any id and number.
 */
void rig_init(struct rig *r, struct guest *g, uint64_t cid);
void rig_fin(struct rig *r, struct guest *g, struct guest *from, const char *name);
uint64_t rig_cid(const struct guest *g); /* that the server gave; 0: none */
void rig_forge(struct rig *r, struct guest *from, const struct session *as, uint64_t cid,
	       uint64_t number, const struct command *c);

uint64_t rig_head(const struct rig *r);
struct event rig_newest(const struct rig *r); /* the newest event of the room */
void rig_expect_quit(const struct rig *r, const char *who, enum leave_reason why);

#endif
