/* The inside of struct session, shared by session.c and its two links.  Nobody else includes this. */
#ifndef PROTO_SESSION_INTERNAL_H
#define PROTO_SESSION_INTERNAL_H

#include "proto/ackset.h"
#include "proto/assembly.h"
#include "proto/outgoing.h"
#include "proto/readers.h"
#include "proto/record.h"
#include "proto/recovery.h"
#include "proto/session.h"

enum session_state { STATE_OPENING, STATE_OPEN, STATE_CLOSING, STATE_ENDED };

/* Until the session is open.  The same message may have to go out again. */
struct handshake {
	uint8_t token[WIRE_TOKEN_MAX]; /* client: of a RETRY */
	uint8_t token_len, retries;
	uint16_t len, room; /* of `message` */
	uint8_t message[];  /* ours, said last; server, at the end: the frames of the third */
};

struct dgram_link {
	uint64_t local_cid, remote_cid;
	struct ackset arrived;
	struct recovery recovery;
	uint64_t ack_due;	 /* TIMERQ_NEVER: nothing to acknowledge */
	uint64_t retry_due;	 /* TIMERQ_NEVER: nothing had to wait for memory */
	uint64_t copy_due;	 /* TIMERQ_NEVER: what was sent last needs no early copy */
	uint64_t release_due;	 /* TIMERQ_NEVER: nothing waits for its turn (pacing) */
	uint64_t newest_at;	 /* when the largest number arrived */
	uint64_t heard_below;	 /* all numbers that were a sign of life, refused ones too */
	uint64_t eliciting_at;	 /* when something to be acknowledged arrived last */
	uint64_t handshake_due;	 /* client: INIT, then FIN; server: RESP, when asked */
	uint64_t handshake_wait; /* client: until the next */
	uint64_t handshake_sent;
	uint8_t ack_eliciting; /* packets since the last acknowledgement sent */
	uint8_t probes;	       /* packets that may pass over the window */
	bool copying;	       /* what is in flight goes out once more, now */
	bool probed;	       /* what was sent last was a probe: so is its copy */
};

struct session {
	struct session_config config;
	enum session_state state;

	/* secrets; nothing of it is used on a link in the clear */
	struct secure secure;
	struct handshake *handshake;	  /* NULL once open */
	uint64_t records_in, records_out; /* streams: sealed ones so far */

	/* input */
	struct slice feed;   /* stream bytes not yet cut into records */
	struct slice frames; /* of the packet or record under way */
	struct records records;
	uint64_t packet_number; /* dgram: of the packet under way */
	bool in_unit;		/* a packet or record is under way */
	bool unit_refused;	/* something in it had no place: as if it had not arrived */
	bool unit_eliciting;
	bool given; /* an item of `incoming` was given out; it is used up by the next call */

	/* what is exchanged */
	struct outgoing_list outgoing; /* client: commands; server: replies */
	struct assembly incoming;      /* client: events; server: commands */
	struct readers readers;	       /* server */
	uint64_t hold_until;	       /* server: no command is given out before */
	uint64_t gap_at, gap_since;    /* server: the command that others wait for, 0: none do */
	uint64_t last_id;	       /* client: of the newest command */
	uint32_t room;		       /* client: followed */

	/* keeping alive */
	uint64_t heard_at, sent_at, ping_sent_at, record_began_at, opened_by;
	uint64_t ping_token, pong_token, rtt_us;
	bool ping_due, pong_due;
	bool hello_due; /* streams in the clear */
	bool first_due; /* sealed streams, client: the handshake's first message */
	uint64_t path_token;
	bool path_due;	/* client: a challenge is to be answered */
	bool path_told; /* server: one was, the caller has yet to hear of it */
	bool asking; /* something that wants an answer went out at asked_at, nothing came since */
	uint64_t asked_at;

	/* ending */
	uint64_t close_by;
	enum code end_code;
	char end_text[WIRE_REASON_MAX + 1];
	bool bye_due;	  /* the goodbye has yet to go out */
	bool bye_forced;  /* … without waiting for what is due before it */
	bool bye_ack_due; /* dgram: the peer's goodbye is to be acknowledged, after the end */
	bool end_by_peer, end_told, opened_told;

	struct dgram_link dgram; /* SESSION_DGRAM */
};

/* session.c */
void session_end(struct session *s, enum code code, const char *text, size_t len, bool by_peer);
void session_opened(struct session *s, uint64_t now);
void session_give_up(struct session *s, uint64_t now, enum code code);
bool session_drained(const struct session *s);
/* Puts frames that need no reliability: ping, pong, hello, when due. */
void session_put_control(struct session *s, uint64_t now, struct buf *b);
bool session_bye_ready(const struct session *s);
void session_asked(struct session *s, uint64_t now); /* went out: something that wants an answer */
void session_heard_now(struct session *s, uint64_t now);

/* session_follow.c: a server's rooms */
enum follow_step {
	FOLLOW_SENT,
	FOLLOW_NOTHING, /* of this room there is nothing now */
	FOLLOW_PASSED,	/* it has to wait for the next packet or record; others need not */
	FOLLOW_FULL,	/* all have to */
};
/* Puts one event, or its part, where it goes; SENT, PASSED or FULL. */
typedef enum follow_step follow_put_fn(struct session *s, void *to, struct reader *r,
				       const struct reader_item *item, struct slice frame);
/* What is due, of all rooms in turn. */
void follow_put(struct session *s, uint64_t now, follow_put_fn *put, void *to);
/* The frame of an event, if it can be had now. */
enum log_state follow_frame(const struct session *s, uint32_t room, uint64_t seq,
			    struct slice *frame);
bool follow_missed(struct session *s); /* something was lost, and is due again */
void follow_cursor(struct session *s, uint32_t room, uint64_t next);
void follow_settled(struct session *s); /* something arrived: readers may go on, or be done */
void follow_end(struct session *s);	/* nothing is delivered but what is there now */

/* session_hold.c */
bool hold_on(const struct session *s, uint64_t now); /* a command has to wait, if there is one */
bool hold_waits(const struct session *s);	     /* there is one, or was up to now */
/* What waited and waits no longer: the next item, held and complete. */
bool hold_item(const struct session *s, uint64_t now, struct slice *item);
void hold_released(struct session *s, uint64_t now); /* such an item is given out */
void hold_note(struct session *s, uint64_t now); /* all that came was read: what waits for what? */
uint64_t hold_deadline(const struct session *s, uint64_t others);
bool hold_overdue(const struct session *s, uint64_t now); /* what others wait for does not come */

/* session_handshake.c; errors as secure.h's, and ERR_MEMORY */
NODISCARD enum err handshake_begin(struct session *s, uint64_t now);
void handshake_end(struct session *s);
/* Our next message, around the payload, into s->handshake. */
NODISCARD enum err handshake_say(struct session *s, uint64_t now, const void *payload, size_t n);
/* The peer's next; its payload is in s->handshake. */
NODISCARD enum err handshake_hear(struct session *s, uint64_t now, struct slice message);
bool handshake_trusted(struct session *s); /* client: the key that was heard; else the end */
struct slice handshake_message(const struct session *s);

/* session_dgram.c */
void dgram_init(struct session *s, uint64_t now);
void dgram_wipe(struct session *s);
bool dgram_feed(struct session *s, uint64_t now, void *bytes, size_t n);
void dgram_unit_done(struct session *s, uint64_t now);
void dgram_ack(struct session *s, uint64_t now, const struct ack *a);
void dgram_bye_heard(struct session *s, uint64_t now);
bool dgram_output(struct session *s, uint64_t now, struct buf *out);
uint64_t dgram_deadline(const struct session *s);
void dgram_tick(struct session *s, uint64_t now);

/* session_pack.c */
/* A packet on its way out: its frames, and what it will be remembered by. */
struct packing {
	struct buf frames;
	struct ref refs[RECOVERY_REFS];
	size_t count;
	bool eliciting;
	bool fresh; /* more than repeats of what is in flight */
};
void pack_frames(struct session *s, uint64_t now, struct packing *p);
void pack_settle(void *ctx, const struct ref *ref, bool lost); /* a recovery_settle_fn */
/* What has been in flight longest is due again. */
void pack_probe(struct session *s);

/* session_stream.c */
/* The record that was cut: frames to be read, or a step of the handshake. */
void stream_record(struct session *s, uint64_t now, struct slice record);
/* Sealed: what came is not the peer's, or does not show it.  No more of it can be read. */
void stream_spoilt(struct session *s);
bool stream_output(struct session *s, uint64_t now, struct buf *out);

#endif
