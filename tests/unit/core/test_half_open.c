/* The half-open table: found by address and id together, bounded, in order of age. */
#include "core/half_open.h"

#include "check.h"

#include <stdlib.h>

static struct half_open_entry entry(uint16_t port, uint64_t cid)
{
	return (struct half_open_entry){.from = {.transport = TRANSPORT_UDP, .port = port},
					.client_cid = cid};
}

static void an_entry_is_its_address_and_its_id(void **state)
{
	struct half_open *h = calloc(1, sizeof(*h));
	struct half_open_entry a = entry(1, 7), b = entry(2, 7), c = entry(1, 8),
			       none = entry(2, 8);

	(void)state;
	assert_non_null(h);
	half_open_add(h, &a);
	half_open_add(h, &b);
	half_open_add(h, &c);
	assert_ptr_equal(half_open_find(h, &a.from, 7), &a);
	assert_ptr_equal(half_open_find(h, &b.from, 7), &b);
	assert_ptr_equal(half_open_find(h, &c.from, 8), &c);
	assert_null(half_open_find(h, &none.from, 8));
	half_open_remove(h, &none); /* was never there */
	half_open_remove(h, &b);
	half_open_remove(h, &b);
	assert_null(half_open_find(h, &b.from, 7));
	assert_int_equal(h->count, 2);
	free(h);
}

/* Fills it, and takes them out again in an order drawn from a seed; age and chains stay right. */
static void age_is_kept_through_removals(void **state)
{
	struct half_open *h = calloc(1, sizeof(*h));
	struct half_open_entry *all = calloc(HALF_OPEN_MAX, sizeof(*all));
	uint32_t random = 20261121;

	(void)state;
	assert_non_null(h);
	assert_non_null(all);
	print_message("# seed %u\n", random);
	for (uint16_t i = 0; i < HALF_OPEN_MAX; i++) {
		all[i] = entry(i, i % 5);
		half_open_add(h, &all[i]);
	}
	assert_int_equal(h->count, HALF_OPEN_MAX);
	while (h->count > 0) {
		random = random * 1664525 + 1013904223;
		struct half_open_entry *out =
			random >> 31 ? h->oldest : &all[(random >> 8) % HALF_OPEN_MAX];
		half_open_remove(h, out);
		assert_null(half_open_find(h, &out->from, out->client_cid));
		size_t n = 0;
		for (struct half_open_entry *e = h->oldest; e; e = e->newer, n++)
			assert_true(!e->newer || (e->newer > e && e->newer->older == e));
		assert_int_equal(n, h->count);
	}
	assert_null(h->oldest);
	assert_null(h->newest);
	free(all);
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_its_address_and_its_id),
		cmocka_unit_test(age_is_kept_through_removals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
