/*
 * The inside of the client's parent process, shared by session_proc.c (sockets, children, turns),
 * session_news.c (what the server has to say), session_lines.c (which lines wait), session_talk.c (lines
 * into commands, and what became of them), session_local.c (commands that need no server),
 * session_said.c (what a person says, until it is there), session_unsent.c (what of it outlives this
 * process), session_rooms.c (which rooms one is in), session_reads.c (lists, history, searches),
 * session_cursors.c (how far rooms were shown) and session_calls.c (what calls the person).  Nobody else
 * includes this.
 */
#ifndef CLIENT_SESSION_STATE_H
#define CLIENT_SESSION_STATE_H

#include "core/talks.h"
#include "core/visits.h"
#include "cursors.h"
#include "hook.h"
#include "link.h"
#include "proto/name.h"
#include "session_proc.h"

enum {
	INTERRUPT_WAIT_US = 2 * 1000 * 1000, /* for the answer to QUIT after an interrupt */
	FLUSH_WAIT_US = 1000 * 1000,	     /* for the last bytes to leave */
	RECEIVER_FULL = 32 * 1024 * 1024,    /* queued bytes at which the network has to wait */
	ASKED_LISTS = 256,		     /* over which what is not answered is spread */
	CLIENT_WHY_SIZE = 256,
};

/* What became of leaving. */
enum leaving {
	STAYING,
	WHEN_DONE, /* once everything typed is acknowledged and heard */
	QUIT_SENT,
	LEFT,
};

/* A page that waits for older ones before it is shown. */
struct chunk {
	struct chunk *next; /* the page after it */
	uint64_t before;
	size_t len;
	uint8_t events[];
};

/* What takes several commands, one after the other. */
struct errand {
	char room[WIRE_ROOM_NAME_MAX + 1]; /* PAGE: which; LIST: that one alone, "": all */
	char query[WIRE_QUERY_MAX + 1];	   /* SEARCH */
	uint64_t before, wanted;	   /* PAGE: so many before that one */
	struct chunk *chunks;		   /* PAGE: where lines are printed, the oldest first */
	size_t bytes;			   /* of them */
};

/* Something that was said and is not answered yet. */
struct asked {
	struct asked *next;
	uint64_t ticket;
	bool line;	       /* somebody typed it: it gives a credit back */
	bool shown;	       /* WHO, LIST: it was asked for */
	bool first;	       /* WHO: first page */
	bool alone;	       /* ENTER: nobody typed it, so a refusal is told in words */
	uint64_t target;       /* RECALL */
	uint64_t mid;	       /* EDIT: as it is kept */
	uint64_t pinged_at;    /* LIST: it is asked for how long it takes; 0: it is not */
	struct errand *errand; /* LIST, PAGE, SEARCH: owned; NULL: none */
};

/* A line that waits, with all that come after it, for what was said before it to have a number. */
struct held {
	struct held *next;
	size_t room_len;
	char room[WIRE_ROOM_NAME_MAX + 1]; /* where it was typed */
	uint64_t said;			   /* it is shown already, as that of the talks; 0: not */
	size_t len;
	char text[];
};

/* The half-typed line, as the sender has told it. */
struct input {
	uint64_t serial; /* of the last one told */
	char *text;	 /* owned; NULL: empty */
	size_t len;
	bool unkept;
	uint64_t keep_at; /* not before this */
	bool keep_failed; /* that was told */
};

struct client {
	const struct session_options *o;
	const struct session_io *io;
	struct session_end *end;
	struct reactor *reactor;
	struct link *link;
	struct name_checker *names;
	struct cipher *cipher; /* NULL: libsodium has to do, or nothing is sealed */
	struct endpoint server;
	struct visits visits;
	struct asked *asked[ASKED_LISTS]; /* by ticket */
	struct held *held;		  /* in their order */
	struct talks talks;		  /* of a person */
	struct unsent *unsent; /* … and what is kept of them; NULL: not yet, or nothing */
	struct input input;    /* … and what they are typing */
	char search[WIRE_QUERY_MAX + 1]; /* the last one … */
	uint64_t search_token;		 /* … and where it goes on; 0: nowhere */
	bool listing, list_again; /* what our rooms are about is being asked; and has to be again */
	char nick[NAME_MAX_BYTES + 1]; /* as wanted, then as taken */
	char away[WIRE_AWAY_MAX + 1];  /* with these words; empty: not */
	bool saying_away;	       /* again, for a session that is new */
	char quit_words[WIRE_REASON_MAX + 1];
	char label[MESSAGE_MAX_LABEL]; /* of the server, for people */
	enum leaving leaving;
	uint64_t give_up_at; /* leaving: the latest end */
	bool joined, naming, input_ended, over;
	uint64_t mark_at;	/* not before this is the next mark */
	bool unmarked, marking; /* something came after the last one; it has not come back */
	bool save_failed;	/* that was told */
	bool lost;		/* that was told, and not yet that it is back */
	struct hooks hooks;
	char hook_told[SETTINGS_TEXT_MAX + 1]; /* that one cannot be run */
	bool live;			       /* what happens from then on is no history */
	int64_t live_from;		       /* by the server's clock */
	uint64_t join_seq;		       /* of our JOIN; 0: not known */
	uint64_t lobby_seq;		       /* until it is live: the last event there … */
	int64_t lobby_time;		       /* … and when it was */
	uint64_t told_unsent;		       /* to the sender */
	struct message_status told; /* the status that was sent last; its slices are not used */
};

/* session_proc.c: what the person is told */
void client_finish(struct client *c, enum session_exit code,
		   const char *words); /* the first one counts */
void client_tell(struct client *c, const struct message *m);
void client_tell_sender(struct client *c, const struct message *m);
void client_notice(struct client *c, enum notice_level level, const char *text);
void client_tell_status(struct client *c,
			bool always); /* where we stand, if any of it has changed */
void client_give_credit(struct client *c, uint32_t lines); /* that many more may be typed */
size_t client_unsent(const struct client *c); /* lines that no server has acknowledged */

/* session_talk.c: joining and leaving */
void client_ask_quit(struct client *c);
void client_leave_when_done(struct client *c);
void client_leave_now(struct client *c);
bool client_all_done(const struct client *c); /* everything typed is acknowledged and shown */

/* session_talk.c: lines and replies */
void client_joined(struct client *c, const struct reply *r);
void client_not_joined(struct client *c, const struct reply *r);
void client_take_reply(struct client *c, const struct seat_event *ev);
void client_say_away_again(struct client *c); /* if it is so: there is a session */
void client_forget(struct client *c);	      /* all that is not answered: the end */

/* session_talk.c: asking.  The errand goes with the question, if that can be asked: then it is NULL
 * here.  seat_say()'s errors. */
NODISCARD enum err client_ask(struct client *c, const struct seat_line *line, struct asked *asked);
/* A line is done with: its result, and its credit back. */
void client_line_done(struct client *c, const struct message_result *r);
/* … it could not be asked; … it could not even be tried, for these words or the code's own. */
void client_line_failed(struct client *c, enum err e);
const char *client_why(const struct client *c, enum err e, char out[CLIENT_WHY_SIZE]);
void client_refuse(struct client *c, enum code code, const char *words);
/* What is said where the person is; its answer is the line's. */
void client_say_here(struct client *c, const struct seat_line *line);

/* session_cursors.c: how far the rooms were shown */
void client_know_server(struct client *c); /* as soon as its key is known */
void client_since(void *ctx, struct slice room, struct seat_since *since);
void client_note(struct client *c, struct slice room, uint64_t seq); /* goes to the receiver */
void client_note_in(struct client *c, struct slice room, bool in);
void client_mark(struct client *c); /* and writes, when it is time */
uint64_t client_mark_at(const struct client *c);
void client_shown(struct client *c); /* the mark is back */

#endif
