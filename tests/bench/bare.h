/*
 * bare: a relay that does nothing but relay, to see what the kernel alone costs.
 *
 * Everybody who said hello gets every frame that anybody sends, the sender too.  A frame has a fixed
 * size, so nothing is parsed, and no state is kept for a member but where it is.  A turn is what
 * chat-server's is: wait, read all that came, send it to all.  How it is sent is a *way*: with how many
 * system calls, for how many frames each.
 *
 * A frame begins with the size of its text, 0 for a hello: a member's first frame, which is
 * sent back to it alone.  The rest of a frame is filled up.
 */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BARE_FRAME = 137, /* of a talk of 100 bytes, as chat-server's is */
	BARE_TEXT_MAX = BARE_FRAME - 1,
	BARE_HELLO = 0,
	BARE_TURN_FRAMES = 512,
	BARE_TURN = BARE_TURN_FRAMES * BARE_FRAME, /* bytes after which a turn reads no more */
	BARE_READ = 65536,			   /* that one call may give */
	BARE_MEMBERS_MAX = 16384,
};

enum bare_via { BARE_TCP, BARE_UNIX, BARE_UDP };

struct bare_member {
	int fd;	      /* of a stream */
	size_t place; /* among those who joined */
	bool joined;
	size_t part_size; /* the beginning of a frame that is not all here */
	uint8_t part[BARE_FRAME];
};

struct bare {
	enum bare_via via;
	int fd;	     /* the listener, or the one UDP socket */
	size_t pack; /* frames in a datagram, where a way can have several */

	/* who joined; where they are stands apart, since that is all that sending looks at */
	size_t count;
	unsigned changes; /* grows whenever somebody comes or goes */
	int fds[BARE_MEMBERS_MAX];
	struct sockaddr_in addresses[BARE_MEMBERS_MAX];
	struct bare_member *members[BARE_MEMBERS_MAX];

	size_t size; /* of what came in this turn: whole frames */
	uint8_t turn[BARE_TURN + BARE_READ];
};

struct bare_way {
	const char *name;
	bool stream, dgram;	       /* what it can be used with */
	void (*begin)(struct bare *b); /* or NULL */
	void (*send)(struct bare *b);  /* all of the turn to all members */
};

/* The ways without io_uring; ended by one without a name. */
extern const struct bare_way bare_ways[];

/* Those with it; none if this was built without liburing. */
extern const struct bare_way bare_uring_ways[];

/* Ends the program, with what errno says. */
_Noreturn void bare_die(const char *what);

#endif
