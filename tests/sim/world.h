/*
 * A world in which everything breaks: one server that dies and comes back, and members that are whole
 * clients (core/seat.h) on machines that move, sleep, are cut off and are killed.  Virtual time, one
 * seed.  With a disk the server goes on where it was when it comes back, and there are rooms; without,
 * the lobby alone, and it begins anew.
 *
 *     struct world *w = world_new(&(struct world_config){.seed = 7, .members = 2});
 *     struct person *alice = world_person(w, 0);
 *     person_start(alice);
 *     person_say(alice, 40);
 *     person_move(alice, true);
 *     world_expect_settled(w, 10);
 *     world_end(w);
 *
 * witness.c and witness_log.c watch every run: each log is told to each member in order, each event once, without
 * holes; what was answered is in the log, once; nobody is shown as gone who was away for a short time;
 * nobody is amplified; nothing is left in the end.  When something is wrong the test fails with the
 * seed and the last of what happened; SIM_TRACE=1 in the environment prints all of it as it happens.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "check.h"

#include "proto/address.h"

#include <stdbool.h>

enum {
	WORLD_MEMBERS_MAX = 60,
	/* Where one says something: 0 is the lobby, then other rooms, and from here on, by number, the
	 * rooms of two with each member. */
	WORLD_PEOPLE = 10,
};

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
	bool disk;  /* the server has one, and goes on with what is there; else each begins anew */
	bool quiet; /* does not print the seed */
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
void world_restart(struct world *w);		   /* once it is gone */
/* So many percent of what is to be written cannot be: the disk is full, or broken; 0: it works. */
void world_spoil_disk(struct world *w, bool full, unsigned percent);
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
/* In another room: false, if one is not in it. */
bool person_say_in(struct person *m, unsigned where, size_t len);
bool person_enter(struct person *m, unsigned where);
bool person_part(struct person *m, unsigned where);
/* Its newest talk that was answered: taken back, or said anew.  False: there is none. */
bool person_recall(struct person *m);
bool person_edit(struct person *m, size_t len);
bool person_look_back(struct person *m, unsigned where, uint64_t before);
bool person_search(struct person *m, uint64_t talk); /* for talks whose number begins so */
/* Another name of its own: the given number behind its first name. */
bool person_rename(struct person *m, unsigned n);
bool person_away(struct person *m, unsigned n); /* 0: it is back */

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
	uint64_t refused, rewritten, read; /* commands; events; events once more, in answers */
	uint64_t crashes, rooms;	   /* of servers; that there are */
	size_t memory_max;		   /* of server and members, without the log */
};
const struct world_figures *world_figures(const struct world *w);

uint64_t world_head(const struct world *w);		 /* newest event of the newest log */
enum transport person_transport(const struct person *m); /* of the link in use; 0: none */
uint64_t person_heard(const struct person *m);		 /* of that log; 0: nothing */

#endif
