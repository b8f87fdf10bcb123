/*
 * The sockets below a seat (client/core): opens and closes them as it says, carries bytes and time.
 *
 * Callers see the seat and its events; they never see a socket.  When the machine gets other addresses
 * or routes, the live UDP session goes on from a new socket, and the seat is told.
 */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include "core/seat.h"
#include "sys/reactor.h"
#include "sys/sock.h"

struct link;

struct link_port {
	void *ctx;
	void (*event)(void *ctx, const struct seat_event *ev); /* borrowed for the call */
	/* As that of the seat's port. */
	void (*since)(void *ctx, struct slice room, struct seat_since *since);
	/* The server's place is somebody else's (struct endpoint, own); called by link_pump(). */
	void (*usurped)(void *ctx, const char *sentence);
};

/* Starts trying.  Borrows the first two and the port's context; the ways of the config are those of
 * the endpoint.  NULL: no memory. */
struct link *link_new(struct reactor *reactor, const struct endpoint *server,
		      const struct seat_config *config, const struct link_port *port);
void link_free(struct link *l);

struct seat *link_seat(const struct link *l);

/* The end of a turn: opens, closes, sends what is due and sets the timer. */
void link_pump(struct link *l);
/* Reads nothing while paused: the other end notices by itself, and its silence is not held against it. */
void link_pause(struct link *l, bool paused);
/* Everything that was put out is with the kernel. */
bool link_flushed(const struct link *l);

#endif
