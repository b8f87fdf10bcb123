/* People and what they do: a client session each, or a bare connection that is up to no good. */
#ifndef SIM_ACTOR_H
#define SIM_ACTOR_H

#include "sim.h"

/* A client that connects; asks for a name, and wants every event after `since`. */
struct actor *sim_connect(struct sim *s, enum via via);
struct actor *sim_connect_again(struct actor *a); /* over UDP: at the very address that `a` had */
void sim_ask_name(struct actor *a, const char *name, uint64_t since);
/* Both, and waits; since 0.  Who asked for this name last is the same person. */
struct actor *sim_join(struct sim *s, const char *name, enum via via);
/* Another session of that person, with a new address: the same key, or the same local user. */
struct actor *sim_connect_as(struct actor *same, enum via via);
/* A stream on which nobody speaks the protocol. */
struct actor *sim_dial(struct sim *s, enum via via);
void sim_send_raw(struct actor *a, const void *bytes, size_t n);

void sim_say(struct actor *a, const char *text); /* queued until the session takes it */
void sim_say_bytes(struct actor *a, const void *text, size_t len);
uint64_t sim_give(struct actor *a, struct command *c); /* a command, whatever is in it; its id */
/* Any command, straight into the session; returns its id. */
uint64_t sim_command(struct actor *a, enum command_kind kind, const void *text, size_t len);
void sim_quit(struct actor *a, const char *words);
void sim_bye(struct actor *a, enum code code, const char *words); /* goes without asking */

void sim_vanish(struct actor *a);    /* kill -9: nothing is sent any more; a stream is hung up */
void sim_power_off(struct actor *a); /* … and nobody hangs up */
void sim_cut(struct actor *a, bool up,
	     bool down); /* its datagrams are lost, to / from the server */
void sim_stop_reading(struct actor *a, bool stop); /* a stream that fills up */

/* ---- what it has been told ----------------------------------------------------------------- */

bool sim_in_room(const struct actor *a);   /* joined, and neither gone nor ended */
uint64_t sim_first(const struct actor *a); /* what its JOIN's answer promised to begin with */
size_t sim_heard_count(const struct actor *a, enum event_kind kind);
bool sim_heard(const struct actor *a, enum event_kind kind, const char *from, const char *text);
enum leave_reason sim_leave_reason(const struct actor *a, const char *who); /* of the last quit */

void sim_expect_heard(struct actor *a, const char *from, const char *text, double seconds);
void sim_expect_event(struct actor *a, enum event_kind kind, const char *from, double seconds);
void sim_expect_joined(struct actor *a, double seconds);
void sim_expect_code(struct actor *a, uint64_t id, enum code code,
		     double seconds);					  /* reply to id */
void sim_expect_refused(struct actor *a, enum code code, double seconds); /* the newest reply */
void sim_expect_ended(struct actor *a, enum code code, double seconds);
void sim_expect_hung_up(struct actor *a, double seconds);  /* the server closed the stream */
void sim_expect_answered(struct actor *a, double seconds); /* nothing said is without its reply */
/* Everybody who is in the room has heard all of it. */
void sim_expect_agreement(struct sim *s, double seconds);

struct session *sim_session(struct actor *a);
struct address sim_address(const struct actor *a);
/* The last datagram that the actor sent, for replaying. */
size_t sim_last_packet(const struct actor *a, const uint8_t **bytes);

#endif
