/* core/senders without memory: what cannot be remembered as said is refused, and stays so. */
#include "core/senders.h"

#include "core/record.h"

#include "check.h"
#include "refuse.h"

#include <string.h>

static const uint8_t alice[OWNER_BYTES] = {0xa1};

static uint64_t said(const struct sender *s, uint64_t mid)
{
	uint64_t seq;

	return sender_said(s, mid, &seq) ? seq : UINT64_MAX;
}

/* Talks that are said one after the other, of which the n-th finds no memory. */
static void says_all_but(struct senders *senders, uint64_t instance, uint64_t without)
{
	struct sender *s = senders_of(senders, alice, instance);

	assert_non_null(s);
	for (uint64_t mid = 1; mid <= SENDERS_REMEMBERED; mid++) {
		refuse(0, mid == without ? UINT64_MAX : 0);
		enum err e = sender_says(s, mid, 100 + mid);
		bool any = refused();
		refuse(0, 0);
		assert_int_equal(e, any ? ERR_MEMORY : ERR_NONE);
		assert_int_equal(said(s, mid), any ? SENDER_REFUSED : 100 + mid);
	}
	for (uint64_t mid = 1; mid <= SENDERS_REMEMBERED; mid++)
		assert_in_set(said(s, mid), ((uintmax_t[]){100 + mid, SENDER_REFUSED}), 2);
}

static void what_finds_no_memory_is_refused(void **state)
{
	struct bearers *bearers = bearers_new(1);
	struct senders *senders = senders_new(SENDERS_MAX, 1, bearers);

	(void)state;
	for (uint64_t without = 0; without <= SENDERS_REMEMBERED; without++)
		says_all_but(senders, without + 1, without);
	senders_free(senders);
	bearers_free(bearers);
}

/* Also when it is written down before anything else was said, and read again. */
static void what_was_refused_for_want_of_memory_is_written_down(void **state)
{
	struct bearers *bearers = bearers_new(1);
	struct senders *senders = senders_new(SENDERS_MAX, 1, bearers);
	struct sender *s = senders_of(senders, alice, 5);
	struct record_sender r;

	(void)state;
	refuse(0, UINT64_MAX);
	sender_refuses(s, 1);
	refuse(0, 0);
	assert_int_equal(said(s, 1), SENDER_REFUSED);
	assert_int_equal(said(s, 2), UINT64_MAX);
	assert_int_equal(sender_says(s, 2, 7), ERR_NONE);
	sender_record(s, &r);
	assert_true(r.newest == 2 && r.seqs[0] == 7 && r.seqs[1] == SENDER_REFUSED);
	senders_free(senders);
	bearers_free(bearers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_finds_no_memory_is_refused),
		cmocka_unit_test(what_was_refused_for_want_of_memory_is_written_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
