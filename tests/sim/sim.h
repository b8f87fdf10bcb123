/*
 * The whole system without a machine: the real hub, peers' table and client sessions over simulated
 * links, in virtual time, from one seed.
 *
 *     struct sim *s = sim_new(seed, &(struct weather){.loss = 20});
 *     struct actor *alice = sim_join(s, "alice", VIA_UDP);
 *     sim_say(alice, "hello");
 *     sim_expect_heard(bob, "alice", "hello", 5);
 *     sim_end(s);
 *
 * Whatever a test is about, oracle.c watches every run: each event reaches each member once, in
 * order, to the byte; what was answered OK is in the room, once; time never stands still; nobody is
 * amplified.  Every expectation runs virtual time forward until it holds or its seconds are over,
 * and then fails the test with the seed.  SIM_TRACE=1 in the environment prints each delivery.
 */
#ifndef SIM_H
#define SIM_H

#include "check.h"

#include "core/hub.h"
#include "core/peers.h"
#include "proto/session.h"

enum via { VIA_UDP, VIA_TCP, VIA_UNIX };

/* What the network does to datagrams, each way; streams only get the delay. */
struct weather {
	unsigned loss, duplicate, reorder; /* percent */
	unsigned corrupt;	      /* percent with a bit flipped, which UDP's checksum finds */
	bool unchecked;		      /* … but does not: what arrives can be anything */
	bool scramble;		      /* packets that arrive at one time do so in any order */
	uint64_t delay_us, jitter_us; /* one way; jitter is added, evenly spread */
};

struct sim;
struct actor;

struct sim *sim_new(uint64_t seed, const struct weather *w);
/* With a room that keeps few bytes. */
struct sim *sim_new_small(uint64_t seed, const struct weather *w, size_t room_bytes);
/* Everybody leaves; soon the server must hold nothing.  Then all is freed, to the last byte. */
void sim_end(struct sim *s);

void sim_run(struct sim *s, double seconds); /* let virtual time pass */
void sim_weather(struct sim *s, const struct weather *w);
struct hub *sim_hub(struct sim *s);
struct peers *sim_peers(struct sim *s);
struct instant sim_now(const struct sim *s);
/* It is so late, milliseconds since 1970, by the server's wall clock. */
void sim_set_clock(struct sim *s, int64_t ms);
uint64_t sim_random(struct sim *s);	       /* from the seed */
uint64_t sim_fingerprint(const struct sim *s); /* of every delivery so far */
/* Bytes that server and sessions hold, but for the room's log. */
size_t sim_memory(const struct sim *s);
uint64_t sim_head(const struct sim *s); /* newest event of the room */
/* Microseconds that `percent` of all talks took at most, from the sender's lips to an other's ears. */
uint64_t sim_latency(const struct sim *s, double percent);
const uint32_t *sim_latencies(const struct sim *s, size_t *count); /* all of them, in any order */

/* Datagrams that were sent by anybody, arrived or not. */
struct sim_traffic {
	uint64_t packets, bytes;
};
struct sim_traffic sim_traffic(const struct sim *s);

/* ---- the network as an attacker sees it ---------------------------------------------------- */

struct address sim_stranger(struct sim *s); /* an address of nobody, for UDP */
/* A datagram from wherever, to the server. */
void sim_forge(struct sim *s, const struct address *from, const void *bytes, size_t n);
void sim_forge_to(struct actor *a, const void *bytes, size_t n);     /* … to a member */
uint64_t sim_bytes_to(const struct sim *s, const struct address *a); /* sent by the server */

#endif
