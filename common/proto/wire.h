/*
 * The message catalogue: every struct, constant and limit of protocol.md, and how each is written
 * and read.  Decoders borrow: the slices in a decoded struct point into the bytes that were given.
 * After a failure the input is where it was and the output means nothing.  Names and text in what a
 * server sends (events, replies, goodbyes) are UTF-8-checked here; those in commands are the hub's to
 * judge, which can answer what is wrong with them.  Events and commands of a kind that is not known
 * are passed over: only their numbers and their kind are filled in.
 */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include "proto/buf.h"
#include "proto/err.h"
#include "proto/name.h"
#include "proto/text.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	WIRE_VERSION = 1,
	WIRE_PACKET_MAX = 1200,		  /* a whole UDP payload */
	WIRE_INIT_SIZE = WIRE_PACKET_MAX, /* INIT is padded to this: nobody is amplified */
	WIRE_DATA_HEADER = 1 + 8 + 8,	  /* type, connection id, packet number */
	WIRE_SEAL = 16,			  /* what sealing adds to a packet or a record */
	WIRE_FRAMES_MAX = WIRE_PACKET_MAX - WIRE_DATA_HEADER - WIRE_SEAL,
	WIRE_MESSAGE1 = 32 + WIRE_SEAL,	     /* the handshake's first message, see proto/noise.h */
	WIRE_MESSAGE2 = 32 + 48 + WIRE_SEAL, /* … its second, around no payload */
	WIRE_MESSAGE3 = 48 + WIRE_SEAL,	     /* … its third, around none */
	WIRE_FIN_HEADER = 1 + 8,	     /* type, connection id */
	WIRE_FIN_FRAMES_MAX = WIRE_PACKET_MAX - WIRE_FIN_HEADER - WIRE_MESSAGE3,
	WIRE_TOKEN_MAX = 48,   /* in RETRY and INIT */
	WIRE_PART_SIZE = 1024, /* bytes in a part of an item too big for a packet */
	WIRE_PART_HEADER_MAX = 1 + 4 + 8 + 4 + 1 + 2,
	WIRE_ITEM_MAX = TEXT_MAX_BYTES + 256, /* an encoded event or command frame */
	WIRE_PARTS_MAX = (WIRE_ITEM_MAX + WIRE_PART_SIZE - 1) / WIRE_PART_SIZE,
	WIRE_RECORD_HEADER = 2,			/* a record's length */
	WIRE_RECORD_MAX = TEXT_MAX_BYTES + 512, /* frames in one record on a stream */
	WIRE_REPLY_TEXT_MAX = 984,		/* so that a reply is never in parts */
	WIRE_REASON_MAX = 200,			/* text of a quit or a goodbye */
	WIRE_COMMANDS_MAX = 64,			/* commands of one session in flight */
	WIRE_EVENTS_MAX = 1024,			/* events of one room in flight to one session */
	WIRE_ACK_RANGES_MAX = 32,
};
_Static_assert(WIRE_PART_SIZE + WIRE_PART_HEADER_MAX <= WIRE_FRAMES_MAX, "a part fits a packet");
_Static_assert(WIRE_REPLY_TEXT_MAX + 40 <= WIRE_PART_SIZE, "a reply is never in parts");
_Static_assert(WIRE_ITEM_MAX + 64 <= WIRE_RECORD_MAX, "an item fits a record");
_Static_assert(WIRE_RECORD_MAX <= UINT16_MAX, "a record's length fits its prefix");
_Static_assert(WIRE_PARTS_MAX <= 32, "the parts of an item fit a 32-bit set");

#define WIRE_LOBBY    1 /* the room that is there from the start */
#define WIRE_MAX_ROOM ((UINT32_C(1) << 30) - 1)

/* ---- events: what happens in a room ------------------------------------------------------- */

enum event_kind {
	EVENT_JOIN = 1,
	EVENT_TALK = 2,
	EVENT_QUIT = 3,
	EVENT_NICK = 4,
	EVENT_ANNOUNCE = 5,
	EVENT_LOST = 6, /* its last session broke, its place is kept for a while */
	EVENT_BACK = 7, /* and it came back in time */
};

enum leave_reason {
	LEAVE_QUIT = 0, /* said so */
	LEAVE_LOST = 1, /* its connection broke */
	LEAVE_TIMED_OUT = 2,
	LEAVE_KICKED = 3,
	LEAVE_TOO_SLOW = 4, /* fell behind what the room keeps */
	LEAVE_PROTOCOL = 5, /* broke the protocol */
	LEAVE_SHUTDOWN = 6, /* the server ends */
};

struct event {
	uint32_t room;
	uint64_t seq; /* 1, 2, 3 … in its room */
	enum event_kind kind;
	int64_t time_ms;	  /* Unix time at the server */
	enum leave_reason reason; /* EVENT_QUIT */
	struct slice from;	  /* who; empty for EVENT_ANNOUNCE.  EVENT_NICK: the old name */
	/* TALK, ANNOUNCE: what; QUIT: words of the leaver or kicker, may be empty; NICK: the new name;
	 * JOIN, LOST, BACK: empty */
	struct slice text;
};

const char *
event_kind_name(enum event_kind k); /* "join" "talk" "quit" "nick" "announce" "lost" "back" */
const char *leave_reason_name(enum leave_reason r); /* "left" "connection lost" "timed out" … */

/* ---- commands and replies ----------------------------------------------------------------- */

enum command_kind {
	COMMAND_JOIN = 1,
	COMMAND_TALK = 2,
	COMMAND_QUIT = 3,
	COMMAND_NICK = 4,
	COMMAND_WHO = 5,
};

enum since_mode {
	SINCE_SEQ = 0,	/* every event after `since` */
	SINCE_LAST = 1, /* the `since` newest events before one's own join */
};

struct command {
	uint64_t id; /* 1, 2, 3 … in its session */
	enum command_kind kind;
	uint32_t room; /* JOIN, TALK, WHO */
	/* JOIN, NICK: the name; TALK: the text; QUIT: words, may be empty; WHO: list the names after it */
	struct slice text;
	enum since_mode since_mode; /* JOIN */
	uint64_t since;		    /* JOIN */
	uint64_t epoch;	   /* JOIN: of the log that `since` counts; 0: of whichever there is */
	uint64_t instance; /* JOIN: who counts the talks; 0: nobody does */
	uint64_t mid;	   /* TALK: 1, 2, 3 … of its instance, over all its sessions; 0: none */
};

/* How a command ended.  Zero is success; the rest say why not. */
enum code {
	CODE_OK = 0,
	CODE_NAME_TAKEN = 1,
	CODE_NAME_BAD = 2,
	CODE_NAME_RESERVED = 3,
	CODE_NOT_JOINED = 4,
	CODE_ALREADY_JOINED = 5,
	CODE_NO_SUCH_ROOM = 6,
	CODE_TEXT_BAD = 7,
	CODE_ROOM_FULL = 8,
	CODE_UNKNOWN_COMMAND = 9,
	CODE_SERVER_FULL = 10,
	CODE_KICKED = 11, /* from here on: why a session ended (BYE) */
	CODE_SHUTDOWN = 12,
	CODE_TIMED_OUT = 13,
	CODE_TOO_SLOW = 14,
	CODE_PROTOCOL = 15,
	CODE_LEFT = 16,
	CODE_KEY_CHANGED = 17, /* from here on: said by one's own end alone */
	CODE_NOT_ACCEPTED = 18,
	CODE_LINK_SPOILT = 19,
	CODE_TOO_MANY = 20, /* BYE */
};

const char *code_name(enum code c);   /* "name-taken": stable, for --json */
const char *code_reason(enum code c); /* a sentence: what happened and what to do */

struct reply {
	uint64_t id; /* of the command */
	enum code code;
	uint64_t seq;	/* JOIN, TALK, QUIT, NICK that succeeded: their event's */
	uint64_t first; /* JOIN: the first sequence number that will be delivered */
	bool more;	/* WHO: there are names after the last one here */
	uint64_t
		epoch; /* JOIN: of the room's log: another one has other events under the same numbers */
	struct slice text; /* JOIN, NICK: the name as taken; WHO: a page, see who_put() */
};

enum member_state {
	MEMBER_HERE = 0,
	MEMBER_RECONNECTING = 1,
};

/* ---- frames ------------------------------------------------------------------------------- */

enum frame_type {
	FRAME_PADDING = 0x00,
	FRAME_PING = 0x01,
	FRAME_PONG = 0x02,
	FRAME_ACK = 0x03,
	FRAME_BYE = 0x04,
	FRAME_HELLO = 0x05,
	FRAME_PATH_CHALLENGE = 0x06,
	FRAME_PATH_RESPONSE = 0x07,
	FRAME_COMMAND = 0x10,
	FRAME_COMMAND_PART = 0x11,
	FRAME_REPLY = 0x12,
	FRAME_EVENT = 0x20,
	FRAME_EVENT_PART = 0x21,
	FRAME_CURSOR = 0x22,
};

struct ack_range {
	uint64_t first, last; /* packet numbers, inclusive */
};

struct ack {
	uint64_t delay_us;
	size_t count;
	struct ack_range ranges[WIRE_ACK_RANGES_MAX]; /* highest first, disjoint, not adjacent */
};

/* A piece of an encoded EVENT or COMMAND frame that is too big for a packet. */
struct part {
	uint32_t room;	/* EVENT_PART */
	uint64_t id;	/* sequence number or command id */
	uint32_t total; /* bytes of the whole frame */
	uint8_t index;	/* bytes [index * WIRE_PART_SIZE, …) */
	struct slice bytes;
};

struct frame {
	enum frame_type type;
	struct slice raw; /* the frame as it stands on the wire */
	union {
		uint64_t token; /* PING, PONG, PATH_CHALLENGE, PATH_RESPONSE */
		struct ack ack;
		struct {
			enum code code;
			struct slice text;
		} bye;
		uint8_t version; /* HELLO */
		struct command command;
		struct part part;
		struct reply reply;
		struct event event;
		struct {
			uint32_t room;
			uint64_t next;
		} cursor; /* the receiver has everything before `next` */
	};
};

/* Reads the next frame; `s` is advanced past it.  ERR_TRUNCATED, ERR_MALFORMED. */
NODISCARD enum err frame_get(struct slice *s, struct frame *f);
/* Whether the other side has to acknowledge a packet that holds this frame. */
bool frame_eliciting(enum frame_type t);

void event_put(struct buf *b, const struct event *e); /* as FRAME_EVENT */
void command_put(struct buf *b, const struct command *c);
void reply_put(struct buf *b, const struct reply *r);
void who_put(struct buf *page, struct slice name, enum member_state state);
/* The next entry of a page; false: there is none (`page->failed`: what there is, is none). */
bool who_get(struct slice *page, struct slice *name, enum member_state *state);
void part_put(struct buf *b, enum frame_type t, const struct part *p);
void ack_put(struct buf *b, const struct ack *a);
void cursor_put(struct buf *b, uint32_t room, uint64_t next);
void ping_put(struct buf *b, enum frame_type t, uint64_t token); /* PING or PONG */
void path_put(struct buf *b, enum frame_type t, uint64_t token); /* PATH_CHALLENGE or _RESPONSE */
void bye_put(struct buf *b, enum code c, const char *text);
void hello_put(struct buf *b);

#endif
