/*
 * What the three processes of the client say to each other, over sys/ipc.
 *
 *     sender    stdin's lines            session   the socket and the protocol
 *     receiver  the screen, or stdout    (the parent; it has no terminal)
 *
 * Typed and bounded: a body is written by message_put() and read by message_get() and holds no
 * struct image.  The strings of a message that was read point into the bytes it was read from.
 * Texts are whatever a peer or a person wrote: the receiver makes them safe to show, nobody before.
 */
#ifndef CLIENT_MESSAGES_H
#define CLIENT_MESSAGES_H

#include "proto/address.h"
#include "proto/buf.h"
#include "proto/err.h"
#include "proto/wire.h"
#include "sys/ipc.h"
#include "ui/completion.h"
#include "ui/keys.h"
#include "ui/pending.h"
#include "ui/preferences.h"
#include "ui/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MESSAGE_MAX_BODY = WIRE_ITEM_MAX + 1024,
	MESSAGE_CREDIT_START = 256, /* lines that the session grants first, and takes in flight */
	MESSAGE_MAX_WORDS = 4096,   /* bytes of a notice or of the last words */
	MESSAGE_MAX_TURN = 1 << 30, /* of COMPLETE */
	MESSAGE_MAX_LABEL = 320,    /* bytes of a nick, room, server or prompt */
};
_Static_assert((int)MESSAGE_MAX_BODY <= (int)IPC_MAX_BODY, "a message fits the channel");

enum message_type {
	MESSAGE_LINE = 1,  /* sender → session: a line to act on; costs one credit */
	MESSAGE_EDIT,	   /* sender → session → receiver: the half-typed line */
	MESSAGE_INPUT_END, /* sender → session: no line will follow */
	MESSAGE_INTERRUPT, /* sender, receiver → session: leave now, in good order (Ctrl-C, SIGTERM) */
	MESSAGE_KEY,	   /* sender → session → receiver: a key that is not part of a line */
	MESSAGE_CREDIT, /* session → sender: that many more lines may come */
	MESSAGE_EVENT,	/* session → receiver: it happened in a room */
	MESSAGE_RESULT, /* session → receiver: how a command of ours ended */
	MESSAGE_NOTICE, /* sender → session → receiver: words from the client itself */
	/* session → receiver: where we stand, whole; sent when any of it changes.  To the sender with all
	 * that would be lost by leaving counted as unsent, and when that changes. */
	MESSAGE_STATUS,
	MESSAGE_WHO, /* session → receiver: who is in a room, a page of it */
	MESSAGE_ROOM, /* session → receiver: one is in it, and what it is about; or is so no more */
	MESSAGE_LIST,	   /* session → receiver: rooms that were asked for, a page of them */
	MESSAGE_OLDER,	   /* receiver → session: older events of a room are wanted */
	MESSAGE_PAGE,	   /* session → receiver: … and here they are */
	MESSAGE_FOUND,	   /* session → receiver: an event that a search has found */
	MESSAGE_MARK,	   /* session → receiver → session: everything before it was shown */
	MESSAGE_STOP,	   /* session → sender, receiver: finish what you have and end */
	MESSAGE_SETTING,   /* session → sender, receiver: the person has chosen that */
	MESSAGE_CLEAR,	   /* session → receiver: empty the room that is shown */
	MESSAGE_SAID,	   /* session → receiver: what became of something that a person said */
	MESSAGE_TAKE_BACK, /* session → sender: a text for the line, if that is empty */
	MESSAGE_MISSED, /* session → receiver: what comes of a room before one joins it was missed */
	MESSAGE_GO,	/* receiver → session: to that room */
	MESSAGE_COMPLETE, /* sender → session → receiver: what may be meant by a half-typed line? */
	MESSAGE_REPLACE, /* receiver → session → sender: … that */
	MESSAGE_CALL,	 /* receiver → session: that event is one to run the hook for */
	MESSAGE_WHOIS,	 /* session → receiver: what was asked about somebody */
	MESSAGE_FIND,	 /* sender → session → receiver: words to look for in what is shown */
	MESSAGE_DRAFT,	 /* session → sender: another line, if none was typed meanwhile */
};
enum { MESSAGE_LAST = MESSAGE_DRAFT };

enum notice_level {
	NOTICE_ANSWER = 1, /* what the person asked for: /help.  Plain: stdout */
	NOTICE_INFO,	   /* about the link.  Plain and json: stderr, as all that follow */
	NOTICE_ERROR,	   /* a line or a command that was not taken, and why */
};

struct message_edit {
	struct slice prompt; /* readline's own ("(reverse-i-search)…"), else empty: the status's */
	struct slice line;
	size_t cursor;	 /* bytes, <= line.len */
	uint64_t serial; /* 0 for the first, empty line, and another one for each that is another */
};

struct message_result {
	uint64_t id;		/* of the command; 0: it never became one */
	enum command_kind kind; /* 0 with id 0 */
	enum code code;
	uint64_t seq;	   /* of the event it made, 0: none */
	struct slice room; /* ENTER: its name; else empty */
	bool more;	   /* PAGE, SEARCH: there is more to be asked for */
	struct slice text; /* the reason in words; empty: code_reason() says it */
};

struct message_status {
	enum link_state link;
	enum transport transport; /* 0: none yet */
	uint32_t lag_ms;	  /* how long an answer takes; 0: not known */
	uint64_t unsent;	  /* lines that no server has acknowledged */
	struct slice nick;	  /* as the room knows us, or shall; empty: not yet */
	struct slice room;	  /* the current one: "#dev", "@alice" */
	struct slice server;
	struct slice prompt; /* what the next line will be taken as, "name: "; empty: a talk */
};

struct message_who {
	uint64_t id; /* of the command */
	struct slice room;
	bool first, more;   /* the list's first page; not its last */
	bool asked;	    /* somebody typed /who: show it */
	struct slice names; /* a page, as a reply has it */
};

struct message_event {
	uint64_t id;	   /* FOUND: of the command */
	struct slice room; /* its name */
	struct slice raw;  /* the FRAME_EVENT as it stands on the wire */
	bool past;	   /* EVENT: it happened before we came */
	bool calls;	   /* CALL: it means the person, by name or in a room of two */
};

struct message_room {
	struct slice room, topic;
	struct slice was; /* what it was called so far; empty: the same */
	bool left;
};

struct message_page {
	uint64_t id; /* of the command; 0: there is no answer */
	struct slice room;
	uint64_t before;     /* OLDER, PAGE: events before this one; 0: up to the newest */
	bool more;	     /* PAGE: there are older ones */
	struct slice events; /* PAGE: frames, oldest first */
};

struct message_said {
	uint64_t ticket; /* the same for all that is told of it; later ones are larger */
	struct slice room;
	enum said_state state;
	uint64_t seq;	     /* SENT: of its event */
	struct slice reason; /* FAILED: in words */
	struct slice text;   /* SENDING, FAILED */
};

struct message_complete {
	uint64_t serial; /* of the question */
	struct slice line;
	size_t cursor; /* bytes, <= line.len */
	int turn; /* asked so often for the next candidate, and, negative, for the one before */
};

enum find_what { FIND_NEWEST = 1, FIND_OLDER, FIND_END };

struct message_find {
	enum find_what what; /* the newest line with them; the next one before it; enough */
	struct slice words;
};

struct message_replace {
	uint64_t serial;   /* of the question */
	size_t from, to;   /* bytes of its line, from <= to */
	struct slice text; /* empty: there is nothing to complete */
};

struct message {
	enum message_type type;
	union {
		struct slice line; /* LINE, TAKE_BACK: 1..TEXT_MAX_BYTES, no NUL, not blank */
		struct message_event event; /* EVENT, FOUND, CALL */
		struct message_edit edit;
		struct message_result result;
		struct message_status status;
		struct message_who who;
		struct message_room room;
		struct message_page page; /* OLDER, PAGE */
		struct message_said said;
		struct message_complete complete;
		struct message_replace replace;
		struct message_find find;
		struct slice missed; /* MISSED: the room */
		struct {
			uint64_t id;	      /* of the command */
			struct slice entries; /* as a reply has them */
		} list;			      /* LIST, WHOIS */
		struct {
			enum notice_level level;
			struct slice text; /* may hold several lines */
		} notice;
		struct slice go; /* GO: a room's name */
		struct {
			uint64_t serial;   /* of the newest EDIT; 0: there was none */
			struct slice text; /* may be empty */
		} draft;
		struct slice words; /* STOP: printed when the screen is gone; may be empty */
		enum view_key key;  /* KEY */
		uint32_t credit;    /* CREDIT */
		struct preference setting;
	};
};

/* Writes the body of m.  A text over its limit makes b fail. */
void message_put(struct buf *b, const struct message *m);
/* ERR_MALFORMED: unknown type or value, cut short, or too long; *out is untouched then. */
NODISCARD enum err message_get(const struct ipc_message *in, struct message *out);
/* ERR_TOO_BIG: a text over its limit; else as ipc_send(). */
NODISCARD enum err message_send(struct ipc *c, const struct message *m);
NODISCARD enum err message_queue(struct ipc *c, const struct message *m); /* as ipc_queue() */

struct slice message_text(const char *s); /* a C string as a slice */

#endif
