/*
 * A world in which everything breaks: one server that dies and comes back, and members that are whole
 * clients (core/seat.h) on machines that move, sleep, are cut off and are killed.  Virtual time, one
 * seed.
 *
 *     struct world *w = world_new(&(struct world_config){.seed = 7, .members = 2});
 *     struct person *alice = world_person(w, 0);
 *     person_start(alice);
 *     person_say(alice, 40);
 *     person_move(alice, true);
 *     world_expect_settled(w, 10);
 *     world_end(w);
 *
 * witness.c watches every run: each log is told to each member in order, each event once, without
 * holes; what was answered is in the log, once; nobody is shown as gone who was away for a short time;
 * nobody is amplified; nothing is left in the end.  When something is wrong the test fails with the
 * seed and the last of what happened; SIM_TRACE=1 in the environment prints all of it as it happens.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "check.h"

#include "proto/address.h"

#include <stdbool.h>

enum { WORLD_MEMBERS_MAX = 60 };

/* What lies between one member and the server.  Streams only get the delay and the cuts. */
struct path {
	unsigned loss, duplicate, reorder, corrupt; /* percent of datagrams, each way */
	uint64_t delay_us, jitter_us;		    /* one way; jitter is added, evenly spread */
	size_t mtu;				    /* larger datagrams vanish; 0: none do */
	bool no_udp, no_tcp;			    /* what does not get through at all */
	bool no_up, no_down;
};

struct world_config {
	uint64_t seed;
	unsigned members;
	size_t room_bytes; /* of a log; 0: plenty */
	uint64_t grace_us; /* for which a place is kept; 0: 90 s */
	struct path path;  /* of everybody, to begin with */
	bool quiet;	   /* does not print the seed */
};

struct world;
struct person;

struct world *world_new(const struct world_config *config);
/* All leave; soon the server must hold nothing.  Then all is freed, to the last byte. */
void world_end(struct world *w);
void world_run(struct world *w, uint64_t us);
uint64_t world_now(const struct world *w);
uint64_t world_random(struct world *w);
uint64_t world_fingerprint(const struct world *w); /* of all that arrived so far */
/* Everybody who runs is in the room, has its answers, and has heard all of it. */
bool world_settled(const struct world *w);
void world_expect_settled(struct world *w, double seconds);

/* ---- the server ------------------------------------------------------------------------------ */

void world_crash(struct world *w, bool power_off); /* false: the kernel hangs up and refuses */
void world_shutdown(struct world *w);		   /* says goodbye; gone some seconds later */
void world_restart(struct world *w);		   /* with nothing in memory, once it is gone */
bool world_is_up(const struct world *w);

/* ---- members --------------------------------------------------------------------------------- */

struct person *world_person(struct world *w, unsigned i);
void person_start(struct person *m);
void person_kill(struct person *m, bool power_off); /* its process; or the machine */
void person_leave(struct person *m);		    /* says so, and goes when it is answered */
bool person_runs(const struct person *m);
bool person_settled(const struct person *m);

bool person_say(struct person *m, size_t len); /* a talk of about that length; false: no room */
bool person_ask_who(struct person *m);
/* Another name of its own: the given number behind its first name. */
bool person_rename(struct person *m, unsigned n);

struct path *person_path(struct person *m);    /* to be changed at will … */
void person_path_changed(struct person *m);    /* … and then told */
void person_move(struct person *m, bool told); /* another address; told: the machine notices */
void person_sleep(struct person *m, bool asleep);
void person_reset_streams(struct person *m);
void person_tamper(struct person *m);		 /* a bit of the next bytes each way is another */
void person_doubt(struct person *m);		 /* a forged "port unreachable" */
void person_spoof(struct person *m, unsigned n); /* its next packets come from elsewhere first */

/* ---- figures --------------------------------------------------------------------------------- */

struct world_figures {
	uint64_t talks, answers, heard;	   /* heard: events of other's and own talks, by anybody */
	uint64_t gaps, anew;		   /* holes that were told; logs that began anew */
	uint64_t joins, quits, lost, back; /* events */
	uint64_t links, datagrams, lives;  /* opened; sent; processes started */
	uint64_t given_up;		   /* at first contact, and started again */
	size_t memory_max;		   /* of server and members, without the log */
};
const struct world_figures *world_figures(const struct world *w);

uint64_t world_head(const struct world *w);		 /* newest event of the newest log */
enum transport person_transport(const struct person *m); /* of the link in use; 0: none */
uint64_t person_heard(const struct person *m);		 /* of that log; 0: nothing */

#endif
