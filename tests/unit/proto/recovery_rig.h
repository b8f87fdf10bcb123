/* One direction of a session without the session: packets that remember their own numbers. */
#ifndef TEST_RECOVERY_RIG_H
#define TEST_RECOVERY_RIG_H

#include "proto/recovery.h"

#include "check.h"

enum { MS = 1000, SECOND = 1000 * MS, FULL = WIRE_PACKET_MAX };

/* What became of the packets; each carries one reference to its own number. */
struct fates {
	struct recovery r;
	char fate[4096]; /* by packet number: 0, 'a' or 'l' */
	size_t count;
};

/* A recovery_settle_fn; each packet's fate is told once. */
void fates_note(void *ctx, const struct ref *ref, bool lost);
void fates_begin(struct fates *f);
/* A packet of so many bytes, and packets of the full size. */
void fates_send(struct fates *f, uint64_t now, size_t size);
void fates_send_many(struct fates *f, uint64_t now, size_t n);
/* An acknowledgement of one range; and what became of packets 0, 1, 2 …: 'a', 'l', or '-'. */
void fates_ack(struct fates *f, uint64_t now, uint64_t first, uint64_t last);
void fates_expect(const struct fates *f, const char *want);

#endif
