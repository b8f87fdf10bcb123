/*
 * A room for a test: a real server in a directory of its own, real clients in it, and what they
 * say and hear, so that a test reads like the specification.
 *
 *	struct server *s = server_start("--io", "poll", NULL);
 *	struct actor *alice = join(s, "alice", VIA_UDP);
 *	struct actor *bob = join(s, "bob", VIA_TCP);
 *	talk(alice, "hello");
 *	leave(bob);
 *
 * join(), talk() and leave() include that everyone present hears it.  say() and enter() do not.
 *
 * Every expectation is about the very next event that the actor's client prints, so that doubled,
 * lost and disordered ones all fail; sequence numbers are checked to grow by one, in each room.
 */
#ifndef ROOM_H
#define ROOM_H

#include "spawn.h"

#include "proto/name.h"
#include "proto/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum via { VIA_UDP, VIA_TCP, VIA_UNIX, VIA_LOSSY, VIA_CHAT, VIA_CHAT_LOSSY, VIA_COUNT };

enum { SERVER_OPTIONS = 16 };

struct server {
	struct program *program;
	const char *options[SERVER_OPTIONS]; /* as given, borrowed; NULL ends */
	struct program *lossy;		     /* the bad network, if there is one */
	char dir[48];
	char socket[80];	      /* the AF_UNIX path */
	char address[VIA_COUNT][128]; /* as chat-client takes them */
	uint16_t udp_port, tcp_port;
	struct actor *present; /* who should hear what happens now */
	struct actor *actors;  /* everyone who ever came */
	struct server *next;
};

enum { ACTOR_ROOMS = 8 };

struct heard {
	uint64_t seq;
	uint64_t target; /* of a recall or an edit */
	char room[80];	 /* "lobby", "dev", "@alice" */
	char kind[16];
	char from[NAME_MAX_BYTES + 1];
	char text[TEXT_MAX_BYTES + 1];
	char reason[256];
	char code[32]; /* of an error */
	bool past, found, edited;
	bool more;	 /* of an ok */
	char line[1024]; /* as it was printed; a longer one's beginning */
};

/* How far somebody has heard a room. */
struct log {
	char room[80];
	uint64_t seq;
};

struct actor {
	struct program *program;
	struct server *server;
	char name[NAME_MAX_BYTES + 1];
	char home[64];		      /* "XDG_DATA_HOME=…", where its key is; "": nowhere */
	uint64_t seq;		      /* of the last event heard in the lobby */
	struct log logs[ACTOR_ROOMS]; /* of the other rooms */
	struct heard heard;
	struct actor *next;  /* in server->present */
	struct actor *other; /* in server->actors */
};

/* Options end with NULL; waits until the server is ready. */
__attribute__((sentinel)) struct server *server_start(const char *option, ...);
/* The same with `in` (borrowed) as the server's standard input. */
__attribute__((sentinel)) struct server *server_start_on(int in, const char *option, ...);
void server_stop(struct server *s); /* SIGTERM; it has to end with status 0 */
void server_kill(struct server *s); /* SIGKILL */
/* Once more, with the same options and on the same addresses. */
void server_start_again(struct server *s);
/* Puts a bad network before the UDP port, for VIA_LOSSY and VIA_CHAT_LOSSY. */
void server_spoil(struct server *s, const char *loss, const char *dup, const char *reorder,
		  uint64_t seed);

/* It loses all from now on, or does so no more; it gives everybody another address. */
void server_block(struct server *s);
void server_unblock(struct server *s);
void server_rebind(struct server *s);

/* A directory of its own, removed by room_teardown(). */
const char *room_dir(char out[48]);

/* A client that has joined: it and everyone present has heard it join. */
struct actor *join(struct server *s, const char *name, enum via via);
/* Whoever is called the same in one test is the same person, with one key; on the local socket all
 * are one user.
 * A client with more options, started only: it may be refused. */
__attribute__((sentinel)) struct actor *enter(struct server *s, const char *name, enum via via,
					      const char *option, ...);

/* The same for somebody else of that name, with a key of their own. */
__attribute__((sentinel)) struct actor *enter_stranger(struct server *s, const char *name,
						       enum via via, const char *option, ...);

void talk(struct actor *a, const char *text); /* and everyone present hears it */
void say(struct actor *a, const char *text);
const struct heard *hear(struct actor *a); /* the next event, or error of a command */
void hear_nothing_more(struct actor *a);   /* up to the end of its output */
void expect(struct actor *a, const char *kind, const char *from, const char *text);
/* The next event is one of that room. */
void expect_in(struct actor *a, const char *room, const char *kind, const char *from,
	       const char *text);
const struct heard *hear_any(struct actor *a); /* the next line, whatever it is */
/* The next "ok" of one of its own commands, over all that it hears before. */
const struct heard *expect_ok(struct actor *a);
void expect_join(struct actor *a, const char *who);
void expect_talk(struct actor *a, const char *from, const char *text);
void expect_quit(struct actor *a, const char *who, const char *reason); /* NULL: any */
void expect_announce(struct actor *a, const char *text);
void expect_error(struct actor *a, const char *code); /* a command of its own was refused */
/* The next event of everyone present. */
void all_expect(struct server *s, const char *kind, const char *from, const char *text);

/* The end of its input: it has to end with status 0, and everyone else hears it leave. */
void leave(struct actor *a);
void gone(struct actor *a); /* it is present no more, for whatever reason */

/* A teardown for cmocka: stops servers properly, removes directories, finds findings. */
int room_teardown(void **state);

#define SCENE(test) cmocka_unit_test_teardown(test, room_teardown)

#endif
