/*
 * Adapters: how chat-bench's members speak to one kind of server.
 *
 * The load engine (load.h) owns one epoll and an array of members, all of one adapter: it waits, calls
 * the adapter for those that have something to read, lets talkers talk, and then lets everybody who
 * was touched do what is due.  The adapter speaks the protocol, and tells by member_…() what was
 * heard.  What is in a talk (who said it, which it is, when) and whether it came once and in order is
 * the engine's alone (talk.h): an adapter passes texts on as they are.
 *
 * Per member, in this order:
 *
 *     begin → join → member_present() … talk, readable, work … → leave → member_over() → end
 *
 * end() may come at any time after a begin() that was well.  A member that ended may begin again.
 * Nothing here waits: what cannot be sent now is kept by the adapter, which says wants_write then.
 */
#ifndef ADAPTER_H
#define ADAPTER_H

#include "proto/timerq.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum target_via { TARGET_UDP, TARGET_TCP, TARGET_UNIX };

/* Where the server is. */
struct target {
	enum target_via via;
	uint16_t port;	       /* on 127.0.0.1 */
	char path[108];	       /* TARGET_UNIX */
	const char *room_name; /* a word of letters, for protocols whose rooms have names */
	uint32_t share;	       /* so many members with one UDP socket; 1 but where `shares` */
	uint64_t backlog;      /* events from before one's own join; 0 but where `remembers` */
};

struct load;

/* What the engine knows of each; the adapter's own struct begins with it. */
struct member {
	struct load *load;
	const struct target *target;
	uint32_t index; /* 0, 1, 2 … */

	/* The adapter sets these; the engine looks after begin, readable and work. */
	int fd; /* to wait for, non-blocking; set by begin(), closed by end() */
	bool wants_write;
	bool borrows; /* another member waits for its fd, and closes it */

	/* The engine's own. */
	bool watched, watched_write, touched, present, leaving, over;
	struct timerq_entry timer;
};

struct adapter {
	const char *name; /* protocol=… of the command line */
	size_t size; /* of the struct that begins with struct member; it is zeroed before begin() */
	/* A talker gets its own talks back from the room; if not, member_done() says when the server has
	 * handled one, and the talker is no receiver of its own. */
	bool echoes;
	/* All members hear all talks in one and the same order. */
	bool one_order;
	/* Others' joins and quits are told to the present: member_told(). */
	bool announces;
	/* Members can have one UDP socket between them: whom it is for is in the datagrams. */
	bool shares;
	/* Who joins can be given what was said before. */
	bool remembers;
	/* Talks that one member may have outstanding at most. */
	unsigned window_max;
	/* Members that may be on their way in at the same time, if a server's owner says nothing else; 0: any
	 * number. */
	unsigned at_once;

	/* What so many members have before they ever connect, their keys.  NULL: nothing. */
	void (*prepare)(const struct target *t, size_t members);
	/* Connects; bytes may wait until the connection stands.  False: said why on standard error. */
	bool (*begin)(struct member *m);
	/* Takes part in target->room_name as that name (ASCII letters and digits, at most 12). */
	void (*join)(struct member *m, const char *name);
	/* Says it in the room.  False: no more can be outstanding; it is asked again later.  Nothing needs to
	 * be sent before work(). */
	bool (*talk)(struct member *m, const char *text, size_t n);
	/* Reads what is there (a bounded amount; it is called again while more is). */
	void (*readable)(struct member *m);
	/* Sends what is due; called once a turn for all who were touched: by input, by a join, talk or leave,
	 * by being writable, by their deadline. */
	void (*work)(struct member *m);
	/* When work() is to be called next if nothing else happens (clock_mono_us); TIMERQ_NEVER. */
	uint64_t (*deadline)(const struct member *m);
	/* Leaves as the protocol has it; member_over() once the server has taken note of it. */
	void (*leave)(struct member *m);
	/* Closes and frees; says nothing to anybody. */
	void (*end)(struct member *m);
};

/* ---- what an adapter tells, by any of its calls ------------------------------------------------ */

void member_present(struct member *m); /* has seen itself join; hears what is said from now on */
void member_heard(struct member *m, const char *text, size_t n); /* a talk was delivered to it */
void member_told(struct member *m, size_t n); /* that many others' joins and quits */
void member_done(struct member *m); /* one of its own talks was handled; not if it echoes */
void member_over(struct member *m); /* its leaving is through */
/* It was refused or lost, which no bench expects: says so on standard error, and the run fails. */
void member_failed(struct member *m, const char *why);

/* ---- help for adapters ------------------------------------------------------------------------- */

/*
 * A non-blocking socket to the target; from 127.0.0.2, 127.0.0.3 … by the member's index, so that ports
 * do not run out.  A TCP connection may still be under way: sending says EAGAIN until it stands.
 * -1: said why on standard error.
 */
int member_connect(const struct member *m);
/* Another one; NULL: it has not begun. */
struct member *member_at(const struct member *m, size_t index);
/* Something happened to it in another's call: work() is due for it, too. */
void member_touch(struct member *m);
/* deadline() of a protocol that has none. */
uint64_t member_no_deadline(const struct member *m);

extern const struct adapter adapter_chat; /* ours: by real client sessions */
/* One of ours, who is about to join, goes into another room as well ("#name"), and hears nothing of it. */
void adapter_chat_enter(struct member *m, const char *room);
/* One of ours, present and over TCP, reads nothing any more: what comes is thrown away, and counted. */
void adapter_chat_drain(struct member *m);
uint64_t adapter_chat_drained(const struct member *m); /* bytes */
extern const struct adapter adapter_irc, adapter_redis, adapter_nats, adapter_mqtt;
extern const struct adapter adapter_bare, adapter_bare_nogro; /* of chat-bench-bare */

#endif
