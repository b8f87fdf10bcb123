/*
 * The inside of the client's parent process, shared by session_proc.c (sockets, children, turns) and
 * session_talk.c (lines into commands, replies into results).  Nobody else includes this.
 */
#ifndef CLIENT_SESSION_STATE_H
#define CLIENT_SESSION_STATE_H

#include "link.h"
#include "proto/name.h"
#include "session_proc.h"

enum {
	INTERRUPT_WAIT_US = 2 * 1000 * 1000, /* for the answer to QUIT after an interrupt */
	FLUSH_WAIT_US = 1000 * 1000,	     /* for the last bytes to leave */
	RECEIVER_FULL = 32 * 1024 * 1024,    /* queued bytes at which the network has to wait */
	ASKED_MAX = 2 * SEAT_SAID_MAX,	     /* more than there can be between two tickets */
};
_Static_assert(ASKED_MAX >= SEAT_SAID_MAX + WIRE_COMMANDS_MAX, "a ticket finds its own place");

#define SESSION_LOBBY "#lobby"

/* What became of leaving. */
enum leaving {
	STAYING,
	WHEN_DONE, /* once everything typed is acknowledged and heard */
	QUIT_SENT,
	LEFT,
};

/* Something that was said and is not answered yet. */
struct asked {
	bool line;  /* somebody typed it: it gives a credit back */
	bool shown; /* WHO: it was asked for */
	bool first; /* WHO: first page */
};

struct client {
	const struct session_options *o;
	const struct session_io *io;
	struct session_end *end;
	struct reactor *reactor;
	struct link *link;
	struct endpoint server;
	struct asked asked[ASKED_MAX]; /* by ticket */
	char nick[NAME_MAX_BYTES + 1]; /* as wanted, then as taken */
	char quit_words[WIRE_REASON_MAX + 1];
	char label[MESSAGE_MAX_LABEL]; /* of the server, for people */
	enum leaving leaving;
	uint64_t give_up_at; /* leaving: the latest end */
	bool joined, naming, input_ended, over;
	bool lost;		    /* that was told, and not yet that it is back */
	struct message_status told; /* the status that was sent last; its slices are not used */
};

/* session_proc.c: what the person is told */
void client_finish(struct client *c, enum session_exit code,
		   const char *words); /* the first one counts */
void client_tell(struct client *c, const struct message *m);
void client_notice(struct client *c, enum notice_level level, const char *text);
void client_tell_status(struct client *c,
			bool always); /* where we stand, if any of it has changed */
void client_give_credit(struct client *c, uint32_t lines); /* that many more may be typed */

/* session_talk.c: joining and leaving */
void client_ask_quit(struct client *c);
void client_leave_when_done(struct client *c);
void client_leave_now(struct client *c);
bool client_all_done(const struct client *c); /* everything typed is acknowledged and shown */

/* session_talk.c: lines and replies */
void client_take_line(struct client *c, struct slice text);
void client_joined(struct client *c, const struct reply *r);
void client_not_joined(struct client *c, const struct reply *r);
void client_take_reply(struct client *c, enum command_kind to, const struct reply *r);
void client_list_anew(struct client *c); /* who is there has to be asked again */

#endif
