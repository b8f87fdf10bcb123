/*
 * The way to a server: sockets tried one after the other, and the session on the one that answers.
 *
 * An endpoint may mean several addresses; each is tried in turn.  chat:// tries UDP and, a second
 * later or as soon as that fails, TCP beside it; the first whose session opens wins.  Callers see
 * one session and its events; they never see a socket.  It does not reconnect.
 */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include "proto/session.h"
#include "sys/reactor.h"
#include "sys/sock.h"

struct link;

struct link_port {
	void *ctx;
	/* What the session says, from the moment it is open; borrowed for the call. */
	void (*event)(void *ctx, const struct session_event *ev);
	/* Nobody answered, or (`opened`) the connection broke without a goodbye.  Comes once, last. */
	void (*lost)(void *ctx, bool opened, const char *why);
};

/*
 * Starts trying.  Borrows all; `security` is the identity and the trust that sessions begin with, and
 * not looked at on a local socket.  NULL: no memory.
 */
struct link *link_new(struct reactor *reactor, const struct endpoint *server,
		      const struct session_config *security, const struct link_port *port);
void link_free(struct link *l);

/* The open session, or NULL; the transport it runs over. */
struct session *link_session(const struct link *l);
enum transport link_transport(const struct link *l);

/* The end of a turn: sends what is due and sets the timers. */
void link_pump(struct link *l);
/* Reads nothing while paused: the other end notices by itself, and its silence is not held against it. */
void link_pause(struct link *l, bool paused);
/* Everything that was put out is with the kernel. */
bool link_flushed(const struct link *l);

#endif
