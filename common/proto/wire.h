/*
 * The message catalogue: every frame and limit of protocol.md, and, by what it includes, every struct
 * and constant: events (event.h), commands and replies (command.h), codes (code.h).
 *
 * Decoders borrow: the slices in a decoded struct point into the bytes that were given.  After a failure
 * the input is where it was and the output means nothing.  Names and text in what a server sends
 * (events, goodbyes; replies by reply_sound()) are UTF-8-checked here; those in commands are the hub's
 * to judge, which can answer what is wrong with them.  Events and commands of a kind that is not known
 * are passed over: only their numbers and their kind are filled in.
 */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include "proto/buf.h"
#include "proto/code.h"
#include "proto/command.h"
#include "proto/err.h"
#include "proto/event.h"
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
	WIRE_PART_HEADER_MAX = 1 + 8 + 4 + 1 + 2,
	WIRE_EVENT_PART_HEADER_MAX = WIRE_PART_HEADER_MAX + 4 + 8, /* with its room and edit */
	WIRE_ITEM_MAX = TEXT_MAX_BYTES + 256, /* an encoded event, command or reply frame */
	WIRE_PARTS_MAX = (WIRE_ITEM_MAX + WIRE_PART_SIZE - 1) / WIRE_PART_SIZE,
	WIRE_RECORD_HEADER = 2,			/* a record's length */
	WIRE_RECORD_MAX = TEXT_MAX_BYTES + 512, /* frames in one record on a stream */
	WIRE_REPLY_HEADER_MAX = 1 + 8 + 1 + 8 + 8 + 1 + 8 + 4 + 4, /* a reply before its text */
	WIRE_REPLY_TEXT_MAX = WIRE_ITEM_MAX - WIRE_REPLY_HEADER_MAX,
	WIRE_NAMES_MAX = 976, /* names in a reply to WHO, which is never in parts */
	/* an event before its text: type, room, number, kind, length; time, name, target, length */
	WIRE_EVENT_HEADER_MAX = 1 + 4 + 8 + 1 + 4 + 8 + 2 + NAME_MAX_BYTES + 8 + 4,
	WIRE_REASON_MAX = 200,			 /* text of a quit or a goodbye */
	WIRE_ROOM_NAME_MAX = 1 + NAME_MAX_BYTES, /* "#" and a name */
	WIRE_TOPIC_MAX = 400,			 /* a room's topic */
	WIRE_AWAY_MAX = 200,			 /* words of who is away */
	WIRE_QUERY_MAX = 512,			 /* what a SEARCH asks for */
	WIRE_ROOM_KEY = 32,			 /* of a room's password: what it is known by … */
	WIRE_ROOM_PROOF = 64,			 /* … and that one knows it */
	WIRE_COMMANDS_MAX = 64,			 /* commands of one session in flight */
	WIRE_ROOMS_MAX = 64,			 /* rooms that one session follows */
	WIRE_EVENTS_MAX = 1024,			 /* events of one room in flight to one session */
	WIRE_BACKLOG = 50, /* events that somebody begins with who knows nothing of a room */
	WIRE_ACK_RANGES_MAX = 32,
};
_Static_assert(WIRE_PART_SIZE + WIRE_EVENT_PART_HEADER_MAX <= WIRE_FRAMES_MAX,
	       "a part fits a packet");
_Static_assert(WIRE_REPLY_HEADER_MAX + WIRE_NAMES_MAX <= WIRE_PART_SIZE,
	       "names are never in parts");
_Static_assert(WIRE_ITEM_MAX + 64 <= WIRE_RECORD_MAX, "an item fits a record");
_Static_assert(WIRE_RECORD_MAX <= UINT16_MAX, "a record's length fits its prefix");
_Static_assert(WIRE_PARTS_MAX <= 32, "the parts of an item fit a 32-bit set");

#define WIRE_LOBBY    1 /* the room that is there from the start */
#define WIRE_MAX_ROOM ((UINT32_C(1) << 30) - 1)

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
	FRAME_REPLY_PART = 0x13,
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

/* A piece of an encoded EVENT, COMMAND or REPLY frame that is too big for a packet. */
struct part {
	uint32_t room;	/* EVENT_PART */
	uint64_t id;	/* sequence number or command id */
	uint64_t edit;	/* EVENT_PART: see event_edit(): parts of one frame have the same */
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

void part_put(struct buf *b, enum frame_type t, const struct part *p);
void ack_put(struct buf *b, const struct ack *a);
void cursor_put(struct buf *b, uint32_t room, uint64_t next);
void ping_put(struct buf *b, enum frame_type t, uint64_t token); /* PING or PONG */
void path_put(struct buf *b, enum frame_type t, uint64_t token); /* PATH_CHALLENGE or _RESPONSE */
void bye_put(struct buf *b, enum code c, const char *text);
void hello_put(struct buf *b);

#endif
