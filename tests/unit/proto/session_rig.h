/*
 * Two sessions face to face, in virtual time: a client and a server with a room of its own.
 *
 * What one sends lies in the other's queue until its time has come; a test may bend the weather,
 * look at packets, lose them, and put others in.  Whenever a session was let do its work, its
 * deadline has to lie in the future: a reactor would spin otherwise.
 *
 * Datagrams are sealed, streams in the clear, but for rig_begin_sealed().  All keys are the same in
 * every run.
 */
#ifndef TEST_SESSION_RIG_H
#define TEST_SESSION_RIG_H

#include "proto/assembly.h"
#include "proto/session.h"

#include "check.h"
#include "sealed.h"

#include <string.h>

enum side { CLIENT, SERVER, SIDES };
enum fate { PASSES, IS_LOST, IS_DOUBLED, IS_LATE };

enum {
	SECOND = 1000 * 1000,
	CUT_WHOLE = 0, /* a stream arrives as it was sent */
	CUT_RANDOM = -1,
	RIG_ANSWERS = 6000,
	RIG_ROOMS = 200,
	RIG_CLIENT = 1, /* whose identity the client has, see sealed.h */
	CLIENT_CID = 0xc11e,
	SERVER_CID = 0x5e4e,
};

struct unit {
	struct unit *next; /* in order of arrival */
	uint64_t at;
	size_t len;
	uint8_t bytes[];
};

struct answer {
	uint64_t id, seq;
	enum code code;
};

/* The rooms beside the lobby are numbers; each is there from the start. */
struct rig_room {
	struct slice *frames; /* by sequence number less one */
	uint64_t head, kept_from;
	bool later;	/* all of it has to be fetched … */
	size_t fetched; /* … and was asked for so often */
	uint64_t heard; /* by the client */
	uint64_t asked; /* the newest answer about being in it */
};

struct rig_thought;

/* What an event of the lobby was before it changed. */
struct rig_past {
	struct rig_past *next;
	uint64_t seq;
	struct slice frame;
};

struct rig {
	uint64_t now, random;
	uint64_t delay;		    /* microseconds, one way */
	struct session *end[SIDES]; /* over UDP the first INIT makes the server's */
	struct unit *queue[SIDES];  /* towards that end */
	size_t sent[SIDES];	    /* packets or records, towards that end */
	int cut;		    /* bytes at a time on a stream, or CUT_… */
	enum session_link link;
	const struct secure_identity *identity; /* the server's; NULL: in the clear */
	/* What becomes of a datagram towards `to`; NULL: it passes. */
	enum fate (*weather)(struct rig *r, enum side to, const uint8_t *bytes, size_t n);
	int countdown; /* the weather's own */

	/* what they were told */
	uint8_t keys[SIDES][NOISE_KEY]; /* the other's; zeros in the clear */
	uint64_t path;			/* the token of the newest path that was shown */
	size_t paths;
	bool opened[SIDES], ended[SIDES], by_peer[SIDES];
	enum code end_code[SIDES];
	char end_text[SIDES][WIRE_REASON_MAX + 1];
	struct answer answers[RIG_ANSWERS];
	size_t answer_count;
	struct {
		enum command_kind kind;
		uint32_t room;
	} asked[RIG_ANSWERS];  /* by id */
	uint64_t first, heard; /* by the JOIN's answer; the lobby's newest event */
	size_t pages;	       /* of events that were given */

	/* the server's rooms */
	struct slice *frames; /* the lobby's, by sequence number less one */
	uint64_t head, kept_from;
	struct rig_past *past;
	struct rig_room rooms[RIG_ROOMS]; /* by number; of the lobby only `later` and `fetched` */
	size_t commands;		  /* given out */
	/* Microseconds until an answer is given, at most.  What changes nothing is answered in any order. */
	uint64_t think, thought_at;
	struct rig_thought *thoughts;
	uint64_t pace; /* microseconds from one command to the next, 0: as they come */
	uint64_t free_at;
	struct assembly_pool pool; /* of the server's session; empty again at the end */
	bool poor;		   /* memory may be refused */
};

void rig_begin(struct rig *r, enum session_link link);
void rig_begin_at(struct rig *r, enum session_link link, uint64_t seed);
void rig_begin_sealed(struct rig *r); /* a stream */
/* With a client and a server's identity of one's own. */
void rig_begin_with(struct rig *r, const struct session_config *client,
		    const struct secure_identity *server);
void rig_end(struct rig *r);
uint64_t rig_random(struct rig *r);

/* Lets both do all that they can do now; nothing arrives. */
void rig_work(struct rig *r);
/* Time goes on to the next thing that happens, or by so much. */
bool rig_step(struct rig *r, uint64_t until);
void rig_run(struct rig *r, uint64_t microseconds);
/* Until the client is in the lobby; and from the beginning until then and all is quiet. */
void rig_join(struct rig *r);
void rig_joined(struct rig *r, enum session_link link);
/* Until it has an answer, which has to be OK. */
void rig_expect_answered(struct rig *r, uint64_t id);
void rig_entered(struct rig *r, uint32_t room, uint64_t since); /* … to rig_enter() */

/* The client asks for something; the text of a talk tells the server's room which number it has. */
uint64_t rig_command(struct rig *r, enum command_kind kind, const char *text);
uint64_t rig_talk(struct rig *r, size_t len);
const struct answer *rig_answer(const struct rig *r, uint64_t id); /* NULL: none yet */
uint64_t rig_enter(struct rig *r, uint32_t room, uint64_t since);
uint64_t rig_part(struct rig *r, uint32_t room);
/* Something happens in the server's lobby, or in another room. */
void rig_happen(struct rig *r, size_t len);
void rig_happen_in(struct rig *r, uint32_t room, size_t len);
void rig_happen_often(struct rig *r, uint32_t room, int n, size_t len);
void rig_settle(struct rig *r); /* events at leisure, until all round trips known are alike */
void rig_forget(struct rig *r, uint64_t before); /* the lobby keeps no older ones */
/* An event of the lobby is edited by the next one, to a text of that length; or, of none, recalled. */
void rig_change(struct rig *r, uint64_t seq, size_t len);

/* The client has heard the lobby's log from its first event to the head. */
void rig_expect_whole_log(struct rig *r);
/* … and of this room all there is. */
void rig_expect_heard(struct rig *r, uint32_t room);

/* Loses what is under way. */
void rig_lose(struct rig *r, enum side to);
/* The i-th packet under way, or NULL. */
const struct unit *rig_under_way(const struct rig *r, enum side to, size_t i);
/* Gives a session bytes of ours, in memory that is gone afterwards, and lets it do its work. */
void rig_feed(struct rig *r, enum side to, const void *bytes, size_t n);
struct slice rig_frame(const struct rig *r, uint32_t room, uint64_t seq); /* as it was made */
uint64_t rig_head(const struct rig *r, uint32_t room);
/* A frame that would be welcome after rig_join(), were it only legal. */
void rig_put_welcome(const struct rig *r, struct buf *b, enum frame_type type);
/* Frames of ours in a packet that is sealed as the other end's, or in a record in the clear. */
void rig_forge(struct rig *r, enum side to, uint64_t number, const struct buf *frames);
/* How many frames of a kind a DATA packet holds; 0 where it is none. */
size_t rig_frames_in(const struct rig *r, enum side to, const uint8_t *packet, size_t n,
		     enum frame_type type);

#endif
