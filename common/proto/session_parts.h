/* What the files of a session do for each other.  Nobody else includes this. */
#ifndef PROTO_SESSION_PARTS_H
#define PROTO_SESSION_PARTS_H

#include "proto/session_internal.h"

/* session.c */
void session_end(struct session *s, enum code code, const char *text, size_t len, bool by_peer);
const char *session_end_text(const struct session *s);
void session_opened(struct session *s, uint64_t now);
void session_give_up(struct session *s, uint64_t now, enum code code);
bool session_drained(const struct session *s);
/* Puts frames that need no reliability: ping, pong, hello, when due. */
void session_put_control(struct session *s, uint64_t now, struct buf *b);
bool session_bye_ready(const struct session *s);
void session_asked(struct session *s, uint64_t now); /* went out: something that wants an answer */
void session_heard_now(struct session *s, uint64_t now);

/* session_rest.c */
/* Something is to be done, and what that takes is there then.  False: no memory. */
NODISCARD bool session_wake(struct session *s, uint64_t now);
void session_rest(struct session *s); /* it is not needed any more, or for now */
void session_rest_if_done(struct session *s, uint64_t now); /* and nothing is under way */
void rest_put_off(struct session *s, uint64_t until);	    /* it rests, and is to try again then */
uint64_t rest_deadline(const struct session *s);
void rest_wipe(struct session *s);

/* session_follow.c: a server's rooms */
enum follow_step {
	FOLLOW_SENT,
	FOLLOW_NOTHING, /* of this room there is nothing now */
	FOLLOW_PASSED,	/* it has to wait for the next packet or record; others need not */
	FOLLOW_FULL,	/* all have to */
};
/* So many events that lie in one piece. */
struct follow_run {
	struct slice frames;
	uint32_t count;
};
/* Puts a run, or a part of a single event, where it goes; SENT, PASSED or FULL. */
typedef enum follow_step follow_put_fn(struct session *s, void *to, struct reader *r,
				       const struct reader_item *item,
				       const struct follow_run *run);
/* Where to. */
struct follow_to {
	follow_put_fn *put;
	void *to;
	const struct buf *room; /* what is left of this is divided among the rooms */
	size_t run_max;		/* bytes of a run of more than one event */
};
/* What is due, of all rooms in turn.  True: nothing more of that is to be had. */
bool follow_put(struct session *s, uint64_t now, const struct follow_to *to);
/* The frame of an event, if it can be had now. */
enum log_state follow_frame(const struct session *s, uint32_t room, uint64_t seq,
			    struct slice *frame);
bool follow_level(struct session *s);  /* all there is was sent, though it may not have arrived */
bool follow_missed(struct session *s); /* something was lost, and is due again */
void follow_cursor(struct session *s, uint32_t room, uint64_t next);
void follow_settled(struct session *s); /* something arrived: readers may go on, or be done */
void follow_end(struct session *s);	/* nothing is delivered but what is there now */

/* session_hold.c */
bool hold_on(const struct session *s, uint64_t now); /* a command has to wait, if there is one */
bool hold_waits(const struct session *s);	     /* there is one, or was up to now */
void hold_released(struct session *s, uint64_t now); /* such an item is given out */
void hold_note(struct session *s, uint64_t now); /* all that came was read: what waits for what? */
uint64_t hold_deadline(const struct session *s, uint64_t others);
bool hold_overdue(const struct session *s, uint64_t now); /* what others wait for does not come */
void hold_tick(struct session *s, uint64_t now);

/* session_input.c */
/* A packet may have much PADDING: all of it at once. */
static inline void frames_skip_padding(struct slice *frames)
{
	_Static_assert(FRAME_PADDING == 0, "it is zeros");
	slice_skip_zeros(frames);
}

enum input_step { INPUT_MORE, INPUT_GAVE, INPUT_REFUSED, INPUT_BROKEN };
/* Server: commands; client: events of the room that was looked at last.  NULL: there are none. */
struct assembly *input_items(struct session *s);
/* A whole item, or a part of one, for those. */
enum input_step input_item(struct session *s, uint64_t now, uint64_t id, const struct frame *f,
			   struct session_event *ev);
/* Something has no place: as if the unit had not come, or, on a stream, the end. */
enum input_step input_refuse(struct session *s, uint64_t now);

/* session_hear.c: what a client hears */
void hear_wipe(struct session *s);
void hear_used(struct session *s); /* the reply that was given out */
/* A frame of a packet that is looked through before any is used: its event is kept, for … */
void hear_ahead(struct session *s, const struct frame *f);
/* … its turn, if this is where it begins: then `frames` is advanced. */
bool hear_ahead_next(struct session *s, struct slice *frames, struct frame *f);
void hear_ahead_end(struct session *s); /* of that packet */
/* Such a command is about to be given.  ERR_MEMORY. */
NODISCARD enum err hear_expect(struct session *s, enum command_kind kind);
enum input_step hear_event(struct session *s, uint64_t now, const struct frame *f,
			   struct session_event *ev);
enum input_step hear_reply(struct session *s, uint64_t now, const struct reply *r,
			   struct session_event *ev);
enum input_step hear_reply_part(struct session *s, uint64_t now, const struct part *part,
				struct session_event *ev);

/* session_handshake.c; errors as secure.h's, and ERR_MEMORY */
NODISCARD enum err handshake_begin(struct session *s, const struct session_config *config,
				   uint64_t now);
void handshake_end(struct session *s);
/* Our next message, around the payload, into s->busy->handshake. */
NODISCARD enum err handshake_say(struct session *s, uint64_t now, const void *payload, size_t n);
/* The peer's next; its payload is in s->busy->handshake. */
NODISCARD enum err handshake_hear(struct session *s, uint64_t now, struct slice message);
bool handshake_trusted(struct session *s); /* client: the key that was heard; else the end */
struct slice handshake_message(const struct session *s);

/* session_dgram.c */
void dgram_init(struct session *s, uint64_t now);
bool dgram_feed(struct session *s, uint64_t now, void *bytes, size_t n);
void dgram_unit_done(struct session *s, uint64_t now);
void dgram_ack(struct session *s, uint64_t now, const struct ack *a);
void dgram_bye_heard(struct session *s, uint64_t now);
/* As session_train(), of at most so many packets. */
bool dgram_train(struct session *s, uint64_t now, struct buf *out, size_t most, size_t *size);
bool dgram_quiet(const struct session *s); /* nothing is in flight, or due */
uint64_t dgram_deadline(const struct session *s);
void dgram_tick(struct session *s, uint64_t now);
bool dgram_due(struct session *s, uint64_t now); /* see session_due() */

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
