/*
 * The whole system without a machine: the real hub, peers' table and client sessions over simulated
 * links, in virtual time, from one seed.
 *
 *     struct sim *s = sim_new(seed, &(struct weather){.loss = 20});
 *     struct actor *alice = sim_join(s, "alice", VIA_UDP);
 *     sim_say(alice, "hello");
 *     sim_expect_heard(bob, "alice", "hello", 5);
 *
 * Every expectation runs virtual time forward until it holds or its seconds are over, and then fails
 * the test with the seed.  Nothing here sleeps or looks at a clock.
 */
#ifndef SIM_H
#define SIM_H

#include "check.h"

#include "core/hub.h"
#include "core/peers.h"
#include "proto/session.h"

enum via { VIA_UDP, VIA_TCP, VIA_UNIX };

/* What the network does to datagrams, each direction; streams only get the delay. */
struct weather {
	unsigned loss, duplicate, reorder, corrupt; /* percent */
	uint64_t delay_us, jitter_us;
};

struct sim;
struct actor;

struct sim *sim_new(uint64_t seed, const struct weather *w);
void sim_free(struct sim *s);
void sim_weather(struct sim *s, const struct weather *w);
uint64_t sim_now(const struct sim *s); /* virtual microseconds */
struct hub *sim_hub(struct sim *s);
struct peers *sim_peers(struct sim *s);
struct instant sim_instant(const struct sim *s);
uint64_t sim_random(struct sim *s); /* from the seed */

/* A client that connects, asks for the name and wants every event after `since`. */
struct actor *sim_connect(struct sim *s, enum via via);
void sim_ask_name(struct actor *a, const char *name, uint64_t since);
struct actor *sim_join(struct sim *s, const char *name,
		       enum via via);		 /* both, and waits; since 0 */
void sim_say(struct actor *a, const char *text); /* queued until the session takes it */
void sim_say_bytes(struct actor *a, const void *text, size_t len);
void sim_quit(struct actor *a, const char *words);
void sim_vanish(struct actor *a); /* kill -9: nothing is sent any more; a stream is hung up */
void sim_stop_reading(struct actor *a, bool stop); /* a stream that is full */

void sim_run(struct sim *s, double seconds); /* let virtual time pass */

/* What an actor has been told. */
size_t sim_heard_count(const struct actor *a, enum event_kind kind);
bool sim_heard(const struct actor *a, enum event_kind kind, const char *from, const char *text);
void sim_expect_heard(struct actor *a, const char *from, const char *text, double seconds);
void sim_expect_event(struct actor *a, enum event_kind kind, const char *from, double seconds);
void sim_expect_joined(struct actor *a, double seconds);
void sim_expect_refused(struct actor *a, enum code code, double seconds);
void sim_expect_ended(struct actor *a, enum code code, double seconds);
void sim_expect_answered(struct actor *a, double seconds); /* nothing typed is without its reply */
enum leave_reason sim_leave_reason(const struct actor *a, const char *who); /* of the last quit */

/* The oracle: the actor's events are exactly the room's log from its first one on. */
void sim_expect_whole_log(struct actor *a, double seconds);
/* Every actor that is in the room holds the whole log. */
void sim_expect_agreement(struct sim *s, double seconds);

/* A datagram from wherever, as an attacker would send it. */
void sim_forge(struct sim *s, const struct address *from, const void *bytes, size_t n);
struct session *sim_session(struct actor *a);
struct address sim_address(const struct actor *a);
size_t sim_packets_to(const struct actor *a); /* datagrams that the server sent to it */
/* The last datagram that the actor sent, for replaying. */
size_t sim_last_packet(const struct actor *a, const uint8_t **bytes);

#endif
