/*
 * What has been said already: talks that come again over another session are answered as they were
 * the first time, and make no second event.
 *
 * A client draws a number for itself when it starts (`instance`) and counts its talks (`mid`).  For
 * each identity and instance the newest talks are remembered, as many as a client has without an
 * answer at the most; an older one counts as said.
 *
 * Whose instance it is, is remembered too: the member holds a list of them, by the oldest one (NULL at
 * first).  The number of senders is bounded.  One that has a session is never forgotten; one that a
 * member holds, only for newer ones of its own identity, which has at most SENDERS_PER_OWNER without a
 * session; of all others, who has been silent for longest goes first.
 */
#ifndef CORE_SENDERS_H
#define CORE_SENDERS_H

#include "core/bearers.h"
#include "core/ring.h"
#include "proto/wire.h"

#define SENDER_UNNUMBERED BUF_VARINT_MAX
#define SENDER_REFUSED	  (BUF_VARINT_MAX - 1)

enum {
	SENDERS_MAX = 16384,			/* that nobody holds */
	SENDERS_PER_OWNER = 8,			/* without a session */
	SENDERS_REMEMBERED = WIRE_COMMANDS_MAX, /* talks of each */
};

struct senders;
struct sender;

/* max at least 1.  Borrows the bearers.  NULL: no memory */
struct senders *senders_new(size_t max, uint64_t seed, struct bearers *bearers);
void senders_free(struct senders *s); /* before the lists of members that it is in */

/*
 * The sender of that identity and instance (not 0).  As long as it has a session it stays where it is;
 * else until the next call.  NULL: no memory.
 */
struct sender *senders_of(struct senders *s, const uint8_t owner[OWNER_BYTES], uint64_t instance);

/* It has one session more, of the member whose list this is: no other one than holds it already. */
void senders_hold(struct senders *s, struct sender *sender, struct sender **member);
void senders_part(struct senders *s, struct sender *sender); /* one session less */
void senders_release(struct senders *s,
		     struct sender **member);	       /* the member is gone, its sessions too */
struct sender **sender_holder(const struct sender *s); /* the member's list; NULL: nobody */
bool sender_has_said(const struct sender *s);	       /* something of what it said is remembered */

/* It has quit: the number is used up. */
void sender_leave(struct sender *s);
bool sender_left(const struct sender *s);

/*
 * Was it said?  Then `seq` is its event's number, 0 when that is forgotten; SENDER_UNNUMBERED: it has
 * none yet; SENDER_REFUSED: it was not kept, and that stays so: its sender may have been told, and a copy
 * of it may still be on its way over an old link.  `mid` is not 0.
 */
bool sender_said(const struct sender *s, uint64_t mid, uint64_t *seq);
/* Was not said, became event seq.  ERR_MEMORY: it counts as refused. */
NODISCARD enum err sender_says(struct sender *s, uint64_t mid, uint64_t seq);

/*
 * What is said is kept later: until then it counts as said (under no number, and then under one that is
 * not kept yet), and may be taken back.  Each that begins is kept or taken back.
 */
NODISCARD enum err sender_begins(struct sender *s,
				 uint64_t mid); /* was not said; as sender_says() */
void sender_numbered(struct sender *s, uint64_t mid, uint64_t seq); /* has begun */
void sender_kept(struct sender *s);
void sender_takes_back(struct sender *s, uint64_t mid);
void sender_refuses(struct sender *s, uint64_t mid); /* was not said, and does not even begin */
bool sender_pending(const struct sender *s);	     /* something of it is neither yet */

/* As long as it is pinned it is not forgotten. */
void senders_pin(struct senders *s, struct sender *sender);
void senders_unpin(struct senders *s, struct sender *sender);

/* Told of each that is forgotten and was written down: by sender_unwritten(), or it was restored. */
struct senders_watch {
	void *ctx;
	void (*gone)(void *ctx, const uint8_t owner[OWNER_BYTES], uint64_t instance);
};

void senders_watch(struct senders *s, const struct senders_watch *watch); /* copied */

/* For what is written down.  False: that was asked with this number, not 0, before. */
struct record_sender;
bool sender_unwritten(struct sender *s, uint64_t batch);
void sender_record(const struct sender *s, struct record_sender *r);
/* What was written down, the longest silent first; of what is there already nothing changes. */
NODISCARD enum err senders_restore(struct senders *s, const struct record_sender *r);
/* It was here as the member whose list this is, and has no session now; nothing if another holds it. */
void senders_adopt(struct senders *s, struct sender *sender, struct sender **member);

size_t senders_count(const struct senders *s);

#endif
