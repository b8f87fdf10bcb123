#include "recovery_rig.h"

#include <string.h>

void fates_note(void *ctx, const struct ref *ref, bool lost)
{
	struct fates *f = ctx;

	assert_true(ref->first < sizeof(f->fate));
	assert_int_equal(f->fate[ref->first], 0); /* once */
	f->fate[ref->first] = lost ? 'l' : 'a';
	f->count++;
}

void fates_begin(struct fates *f)
{
	*f = (struct fates){.count = 0};
	recovery_init(&f->r);
}

void fates_send(struct fates *f, uint64_t now, size_t size)
{
	struct ref ref = {.kind = REF_EVENTS, .first = f->r.next_number, .count = 1};

	assert_int_equal(recovery_sent(&f->r, now, size, &ref, 1), ERR_NONE);
}

void fates_send_many(struct fates *f, uint64_t now, size_t n)
{
	while (n-- > 0)
		fates_send(f, now, FULL);
}

void fates_ack(struct fates *f, uint64_t now, uint64_t first, uint64_t last)
{
	struct ack a = {.count = 1, .ranges = {{first, last}}};

	assert_int_equal(recovery_acked(&f->r, now, &a, fates_note, f), ERR_NONE);
}

void fates_expect(const struct fates *f, const char *want)
{
	for (size_t i = 0; i < strlen(want); i++)
		assert_int_equal(f->fate[i] ? f->fate[i] : '-', want[i]);
}
