/* core/table and core/ring: what was put in is found, in any order of coming and going. */
#include "core/ring.h"
#include "core/table.h"

#include "check.h"

#include <string.h>

enum { MANY = 5000 };

struct thing {
	struct table_entry entry; /* first member */
	unsigned number;
};

static struct thing things[MANY];

static struct thing *find(const struct table *t, unsigned number, uint64_t hash)
{
	struct table_entry *e = table_first(t, hash);

	while (e && ((struct thing *)e)->number != number)
		e = table_next(e);
	return (struct thing *)e;
}

static uint64_t hash_of(unsigned number)
{
	return table_hash(&number, sizeof(number), 7);
}

static uint64_t hash_of_entry(const void *ctx, const struct table_entry *e)
{
	assert_ptr_equal(ctx, things);
	return hash_of(((const struct thing *)e)->number);
}

static void many_come_and_go(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, hash_of_entry, things);
	assert_null(find(&t, 0, hash_of(0)));
	for (unsigned i = 0; i < MANY; i++) {
		things[i].number = i;
		assert_int_equal(table_add(&t, &things[i].entry), ERR_NONE);
		assert_ptr_equal(find(&t, i / 2, hash_of(i / 2)), &things[i / 2]);
	}
	assert_int_equal(t.count, MANY);
	assert_true(2 * t.cap >= MANY); /* chains are short */
	for (unsigned i = 0; i < MANY; i++) {
		unsigned n = i * 7919 % MANY;
		table_remove(&t, &things[n].entry);
		assert_null(find(&t, n, hash_of(n)));
		assert_int_equal(t.count, MANY - 1 - i);
	}
	table_wipe(&t);
	assert_null(t.buckets);
}

static uint64_t rest_of_three(const void *ctx, const struct table_entry *e)
{
	(void)ctx;
	return ((const struct thing *)e)->number % 3;
}

static void entries_of_one_hash_are_told_apart(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, rest_of_three, NULL);
	for (unsigned i = 0; i < 200; i++) {
		things[i].number = i;
		assert_int_equal(table_add(&t, &things[i].entry), ERR_NONE);
	}
	for (unsigned i = 0; i < 200; i++)
		assert_ptr_equal(find(&t, i, i % 3), &things[i]);
	assert_null(find(&t, 1, 2));
	for (unsigned i = 0; i < 200; i += 2)
		table_remove(&t, &things[i].entry);
	for (unsigned i = 0; i < 200; i++)
		assert_ptr_equal(find(&t, i, i % 3), i % 2 ? &things[i] : NULL);
	table_wipe(&t);
}

/* Which bytes, how many, and the seed: all of it counts. */
static void a_hash_depends_on_everything(void **state)
{
	static const char bytes[] = "0123456789abcdef\0\0";
	uint64_t whole = table_hash(bytes, 18, 1);

	(void)state;
	assert_true(whole == table_hash(bytes, 18, 1));
	assert_true(whole != table_hash(bytes, 18, 2));
	for (size_t n = 0; n < 18; n++)
		assert_true(table_hash(bytes, n, 1) != whole);
	for (size_t i = 0; i < 18; i++) {
		char other[sizeof(bytes)];
		memcpy(other, bytes, sizeof(bytes));
		other[i] ^= 1;
		assert_true(table_hash(other, 18, 1) != whole);
	}
}

struct link {
	int number;
	struct ring ring;
};

static void expect_order(const struct ring *list, const char *want)
{
	char got[16] = "";
	size_t n = 0;

	for (struct ring *r = ring_oldest(list); r; r = ring_newer(list, r))
		got[n++] = (char)('0' + RING_OF(r, struct link, ring)->number);
	assert_string_equal(got, want);
}

static void a_ring_is_in_order_of_age(void **state)
{
	struct link links[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
	struct ring list;

	(void)state;
	ring_init(&list);
	expect_order(&list, "");
	for (int i = 0; i < 4; i++)
		ring_add(&list, &links[i].ring);
	expect_order(&list, "0123");
	ring_remove(&links[0].ring);
	expect_order(&list, "123");
	ring_remove(&links[2].ring);
	ring_add(&list, &links[2].ring);
	expect_order(&list, "132");
	ring_remove(&links[2].ring);
	ring_remove(&links[1].ring);
	ring_remove(&links[3].ring);
	expect_order(&list, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_come_and_go),
		cmocka_unit_test(entries_of_one_hash_are_told_apart),
		cmocka_unit_test(a_hash_depends_on_everything),
		cmocka_unit_test(a_ring_is_in_order_of_age),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
