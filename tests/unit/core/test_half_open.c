/* Peers that have not shown where they are: found by address and id, the oldest first to go. */
#include "core/half_open.h"

#include "check.h"

static struct half_open table;
static struct half_open_entry entries[HALF_OPEN_MAX];

static struct address at(uint16_t port)
{
	return (struct address){.transport = TRANSPORT_UDP, .port = port};
}

static void add(size_t i)
{
	entries[i] = (struct half_open_entry){.from = at((uint16_t)(i / 4)), .client_cid = i % 4};
	half_open_add(&table, &entries[i]);
}

static struct half_open_entry *find(size_t i)
{
	struct address from = at((uint16_t)(i / 4));

	return half_open_find(&table, &from, i % 4);
}

static void it_takes_both_address_and_id(void **state)
{
	struct address from = at(7);

	(void)state;
	table = (struct half_open){.seed = 1};
	add(5);
	assert_ptr_equal(find(5), &entries[5]);
	assert_null(find(4));
	assert_null(find(9));
	assert_null(half_open_find(&table, &from, 1));
	half_open_remove(&table, &entries[5]);
	half_open_remove(&table, &entries[5]); /* again: nothing */
	assert_null(find(5));
	assert_int_equal(table.count, 0);
	assert_null(table.oldest);
	assert_null(table.newest);
}

static void a_full_table_leaves_the_oldest_its_time(void **state)
{
	(void)state;
	table = (struct half_open){.seed = 1};
	for (size_t i = 0; i < HALF_OPEN_MAX; i++) {
		assert_false(half_open_crowded(&table, 5));
		add(i);
		entries[i].since = 5 + i;
	}
	assert_true(half_open_crowded(&table, 5));
	assert_true(half_open_crowded(&table, 5 + HALF_OPEN_PATIENCE - 1));
	assert_false(half_open_crowded(&table, 5 + HALF_OPEN_PATIENCE));
	half_open_remove(&table, &entries[0]);
	assert_false(half_open_crowded(&table, 5)); /* there is a place */
	add(0);
	entries[0].since = 5 + HALF_OPEN_MAX;
	assert_true(
		half_open_crowded(&table, 5 + HALF_OPEN_PATIENCE)); /* the second is the oldest */
}

static void assert_order(const size_t *want, size_t n)
{
	const struct half_open_entry *e = table.oldest, *before = NULL;

	assert_int_equal(table.count, n);
	for (size_t i = 0; i < n; i++, before = e, e = e->newer) {
		assert_ptr_equal(e, &entries[want[i]]);
		assert_ptr_equal(e->older, before);
	}
	assert_null(e);
	assert_ptr_equal(table.newest, before);
}

static void they_stay_in_order_of_age(void **state)
{
	(void)state;
	table = (struct half_open){.seed = 2};
	for (size_t i = 0; i < 6; i++)
		add(i);
	half_open_remove(&table, &entries[2]);
	half_open_remove(&table, &entries[0]);
	half_open_remove(&table, &entries[5]);
	assert_order((size_t[]){1, 3, 4}, 3);
	add(0);
	assert_order((size_t[]){1, 3, 4, 0}, 4);
}

static void it_can_be_full(void **state)
{
	(void)state;
	table = (struct half_open){.seed = 3};
	for (size_t i = 0; i < HALF_OPEN_MAX; i++)
		add(i);
	for (size_t i = 0; i < HALF_OPEN_MAX; i++)
		assert_ptr_equal(find(i), &entries[i]);
	for (size_t i = 0; i < HALF_OPEN_MAX; i++) { /* in an order that meets every chain */
		size_t one = i * 389 % HALF_OPEN_MAX;
		half_open_remove(&table, &entries[one]);
		assert_null(find(one));
		assert_int_equal(table.count, HALF_OPEN_MAX - 1 - i);
	}
	assert_order(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_takes_both_address_and_id),
		cmocka_unit_test(a_full_table_leaves_the_oldest_its_time),
		cmocka_unit_test(they_stay_in_order_of_age),
		cmocka_unit_test(it_can_be_full),
	};

	return cmocka_run_group_tests_name("half open", tests, NULL, NULL);
}
