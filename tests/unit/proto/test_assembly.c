/* Items put together and in order: windows, byte limits, parts in any order, nothing twice. */
#include "proto/assembly.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 8 };

static uint64_t random_state = 20261124;

static uint64_t next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return random_state >> 33;
}

static uint8_t text[WIRE_ITEM_MAX];

/* The bytes of an item follow from its number. */
static struct slice item(uint64_t id, size_t len)
{
	for (size_t i = 0; i < len; i++)
		text[i] = (uint8_t)(id * 13 + i / 7 + i);
	return slice_of(text, len);
}

static enum assembly_verdict whole(struct assembly *a, uint64_t id, size_t len)
{
	return assembly_whole(a, id, item(id, len));
}

static enum assembly_verdict part(struct assembly *a, uint64_t id, size_t len, uint8_t index)
{
	size_t start = (size_t)index * WIRE_PART_SIZE;
	size_t n = len - start < WIRE_PART_SIZE ? len - start : WIRE_PART_SIZE;
	struct part p = {.id = id, .total = (uint32_t)len, .index = index};

	p.bytes = slice_of(item(id, len).data + start, n);
	return assembly_part(a, &p);
}

static bool waits(const struct assembly *a)
{
	struct slice bytes;

	return assembly_ready(a, &bytes);
}

/* The next one is here and is what it has to be. */
static void take(struct assembly *a, uint64_t id, size_t len)
{
	struct slice bytes;

	assert_true(a->next == id);
	assert_true(assembly_ready(a, &bytes));
	assert_int_equal(bytes.len, len);
	assert_memory_equal(bytes.data, item(id, len).data, len);
	assembly_advance(a);
}

static void what_comes_in_order_is_never_copied(void **state)
{
	struct assembly a;

	(void)state;
	assembly_open(&a, 5, WINDOW, 100);
	for (uint64_t id = 5; id < 50; id++) {
		assert_int_equal(whole(&a, id, 1000), ASSEMBLY_NOW);
		assert_null(a.slots);
		assembly_advance(&a);
		assert_int_equal(whole(&a, id, 1000), ASSEMBLY_OLD);
	}
	assembly_wipe(&a);
}

static void what_comes_early_waits_for_its_turn(void **state)
{
	struct assembly a;

	(void)state;
	assembly_open(&a, 1, WINDOW, 1000);
	assert_int_equal(whole(&a, 3, 30), ASSEMBLY_KEPT);
	assert_int_equal(whole(&a, 2, 20), ASSEMBLY_KEPT);
	assert_int_equal(whole(&a, 3, 30), ASSEMBLY_OLD);
	assert_false(waits(&a));
	assert_int_equal(whole(&a, 1, 10), ASSEMBLY_NOW);
	assembly_advance(&a);
	take(&a, 2, 20);
	take(&a, 3, 30);
	assert_false(waits(&a));
	assert_int_equal(a.held, 0);
	assert_int_equal(a.count, 0);
	assert_null(a.slots); /* nothing waits, nothing is held */
	assembly_wipe(&a);
}

static void the_window_has_an_end(void **state)
{
	struct assembly a;

	(void)state;
	assembly_open(&a, 10, WINDOW, 1000);
	assert_int_equal(whole(&a, 10 + WINDOW - 1, 4), ASSEMBLY_KEPT);
	assert_int_equal(whole(&a, 10 + WINDOW, 4), ASSEMBLY_NO_ROOM);
	assert_int_equal(part(&a, 10 + WINDOW, 4, 0), ASSEMBLY_NO_ROOM);
	assert_int_equal(whole(&a, BUF_VARINT_MAX, 4), ASSEMBLY_NO_ROOM);
	assert_int_equal(whole(&a, 9, 4), ASSEMBLY_OLD);
	assert_int_equal(part(&a, 9, 4, 0), ASSEMBLY_OLD);
	assert_int_equal(whole(&a, 10, 4), ASSEMBLY_NOW);
	assembly_advance(&a);
	assert_int_equal(whole(&a, 10 + WINDOW, 4), ASSEMBLY_KEPT);
	assembly_wipe(&a);
	assert_null(a.slots);
}

static void what_is_not_open_takes_nothing(void **state)
{
	struct assembly a = {0};

	(void)state;
	assert_int_equal(whole(&a, 0, 4), ASSEMBLY_NO_ROOM);
	assert_int_equal(whole(&a, 1, 4), ASSEMBLY_NO_ROOM);
	assert_int_equal(part(&a, 1, 4, 0), ASSEMBLY_NO_ROOM);
	assert_false(waits(&a));
	assembly_wipe(&a);
	assembly_open(&a, 1, WINDOW, 100);
	assert_int_equal(whole(&a, 2, 4), ASSEMBLY_KEPT);
	assembly_wipe(&a);
	assert_int_equal(whole(&a, 2, 4), ASSEMBLY_NO_ROOM);
}

static void bytes_have_a_limit(void **state)
{
	struct assembly a;

	(void)state;
	assembly_open(&a, 1, WINDOW, 100);
	assert_int_equal(whole(&a, 2, 60), ASSEMBLY_KEPT);
	assert_int_equal(whole(&a, 3, 41), ASSEMBLY_NO_ROOM);
	assert_int_equal(whole(&a, 3, 40), ASSEMBLY_KEPT);
	assert_int_equal(whole(&a, 4, 1), ASSEMBLY_NO_ROOM);
	assert_int_equal(a.held, 100);
	assert_int_equal(whole(&a, 1, 5000), ASSEMBLY_NOW);
	assembly_advance(&a);
	take(&a, 2, 60);
	assert_int_equal(whole(&a, 4, 60), ASSEMBLY_KEPT);
	assembly_wipe(&a);
}

/* Early ones may not lock out the one that all wait for. */
static void the_next_one_always_has_a_place(void **state)
{
	struct assembly a;

	(void)state;
	assembly_open(&a, 1, WINDOW, 100);
	assert_int_equal(whole(&a, 2, 100), ASSEMBLY_KEPT);
	assert_int_equal(part(&a, 1, 3000, 2), ASSEMBLY_KEPT);
	assert_int_equal(part(&a, 1, 3000, 0), ASSEMBLY_KEPT);
	assert_false(waits(&a));
	assert_int_equal(part(&a, 1, 3000, 1), ASSEMBLY_KEPT);
	take(&a, 1, 3000);
	take(&a, 2, 100);
	assembly_wipe(&a);
}

/* ---- keeping and sharing --------------------------------------------------------------------- */

static void the_next_one_can_be_kept_too(void **state)
{
	struct assembly a;

	(void)state;
	assembly_open(&a, 1, WINDOW, 100);
	for (uint64_t id = 1; id < 4; id++)
		assert_int_equal(assembly_keep(&a, id, item(id, 25)), ASSEMBLY_KEPT);
	assert_int_equal(assembly_keep(&a, 1, item(1, 25)), ASSEMBLY_OLD);
	assert_int_equal(assembly_keep(&a, 4, item(4, 26)), ASSEMBLY_NO_ROOM);
	assert_int_equal(assembly_keep(&a, 1 + WINDOW, item(9, 1)), ASSEMBLY_NO_ROOM);
	for (uint64_t id = 1; id < 4; id++)
		take(&a, id, 25);
	assert_int_equal(assembly_keep(&a, 3, item(3, 25)), ASSEMBLY_OLD);
	assert_false(waits(&a));
	assembly_wipe(&a);
}

static void a_pool_is_shared(void **state)
{
	struct assembly_pool pool = {.max = 20000};
	struct assembly a, b;

	(void)state;
	assembly_open(&a, 1, WINDOW, 100000);
	assembly_open(&b, 1, WINDOW, 100000);
	a.pool = b.pool = &pool;
	assert_int_equal(whole(&a, 2, 4000), ASSEMBLY_KEPT);
	assert_int_equal(whole(&b, 2, 4000), ASSEMBLY_KEPT);
	assert_in_range(pool.held, 8000 + 2 * WINDOW * sizeof(void *), 8400);
	assert_int_equal(whole(&a, 3, 4000), ASSEMBLY_NO_ROOM);
	assert_int_equal(part(&a, 1, 8000, 0), ASSEMBLY_KEPT); /* its turn: the other half */
	assert_int_equal(part(&b, 1, 4000, 0), ASSEMBLY_NO_ROOM);
	assert_int_equal(whole(&b, 1, 4000), ASSEMBLY_NOW); /* what needs no place has one */
	assembly_advance(&b);
	take(&b, 2, 4000);
	assert_int_equal(part(&b, 3, 4000, 0), ASSEMBLY_KEPT);
	assembly_wipe(&a);
	assembly_wipe(&b);
	assert_int_equal(pool.held, 0);
}

/* ---- parts ----------------------------------------------------------------------------------- */

static void parts_come_in_any_order_and_more_than_once(void **state)
{
	static const size_t sizes[] = {1,
				       WIRE_PART_SIZE - 1,
				       WIRE_PART_SIZE,
				       WIRE_PART_SIZE + 1,
				       2 * WIRE_PART_SIZE,
				       WIRE_ITEM_MAX - 1,
				       WIRE_ITEM_MAX};
	struct assembly a;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)random_state);
	assembly_open(&a, 1, WINDOW, 100 * 1024);
	for (size_t i = 0; i < 20 * COUNT_OF(sizes); i++) {
		size_t len = sizes[i % COUNT_OF(sizes)];
		uint32_t parts = (uint32_t)((len + WIRE_PART_SIZE - 1) / WIRE_PART_SIZE), seen = 0;
		while (seen != (parts < 32 ? (UINT32_C(1) << parts) - 1 : UINT32_MAX)) {
			uint8_t index = (uint8_t)(next_random() % parts);
			assert_false(waits(&a));
			assert_int_equal(part(&a, i + 1, len, index),
					 seen >> index & 1 ? ASSEMBLY_OLD : ASSEMBLY_KEPT);
			seen |= UINT32_C(1) << index;
		}
		assert_int_equal(part(&a, i + 1, len, 0), ASSEMBLY_OLD);
		take(&a, i + 1, len);
	}
	assert_null(a.slots);
	assembly_wipe(&a);
}

static void parts_of_different_wholes_are_told(void **state)
{
	struct assembly a;

	(void)state;
	assembly_open(&a, 1, WINDOW, 100 * 1024);
	assert_int_equal(part(&a, 2, 3000, 0), ASSEMBLY_KEPT);
	assert_int_equal(part(&a, 2, 3001, 1), ASSEMBLY_BROKEN);
	assert_int_equal(part(&a, 2, 1000, 0), ASSEMBLY_BROKEN);
	assert_int_equal(part(&a, 2, 3000, 1), ASSEMBLY_KEPT);
	assembly_wipe(&a);
}

static void an_item_whole_and_in_parts_is_one_item(void **state)
{
	struct assembly a;

	(void)state;
	assembly_open(&a, 1, WINDOW, 100 * 1024);
	assert_int_equal(part(&a, 1, 3000, 0), ASSEMBLY_KEPT);
	assert_int_equal(whole(&a, 1, 3000), ASSEMBLY_NOW);
	assembly_advance(&a);
	assert_null(a.slots);
	assert_int_equal(whole(&a, 3, 100), ASSEMBLY_KEPT);
	assert_int_equal(part(&a, 3, 100, 0), ASSEMBLY_OLD);
	assembly_wipe(&a);
}

/* ---- everything at once ---------------------------------------------------------------------- */

static size_t size_of(uint64_t id)
{
	return id % 3 ? 1 + id * 37 % 900 : 1025 + id * 997 % 4000;
}

/* A sender that loses, doubles and shuffles, and whose window is a little too wide. */
static void a_storm_brings_everything_once_and_in_order(void **state)
{
	struct assembly_pool pool = {.max = 12000};
	struct assembly a;
	uint64_t taken = 1;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)random_state);
	assembly_open(&a, 1, WINDOW, 6000);
	a.pool = &pool;
	while (taken < 2000) {
		uint64_t id = taken + next_random() % (WINDOW + 2) - (taken > 1 ? 1 : 0);
		size_t len = size_of(id), parts = (len + WIRE_PART_SIZE - 1) / WIRE_PART_SIZE;
		enum assembly_verdict v =
			parts == 1 ? whole(&a, id, len)
				   : part(&a, id, len, (uint8_t)(next_random() % parts));
		assert_int_not_equal(v, ASSEMBLY_BROKEN);
		if (v == ASSEMBLY_NOW) {
			assert_true(id == taken);
			assembly_advance(&a);
			taken++;
		}
		while (waits(&a))
			take(&a, taken, size_of(taken)), taken++;
		assert_true(a.next == taken);
		assert_true(a.held <= 6000 + WIRE_ITEM_MAX && pool.held <= pool.max);
	}
	assembly_wipe(&a);
	assert_int_equal(pool.held, 0);
}

/* A part of that item as it was edited so often: another text each time. */
static enum assembly_verdict edited(struct assembly *a, uint64_t id, uint64_t edit, size_t len,
				    uint8_t index)
{
	size_t start = (size_t)index * WIRE_PART_SIZE;
	size_t n = len - start < WIRE_PART_SIZE ? len - start : WIRE_PART_SIZE;
	struct part p = {.id = id, .edit = edit, .total = (uint32_t)len, .index = index};

	p.bytes = slice_of(item(id + edit * 100, len).data + start, n);
	return assembly_part(a, &p);
}

static void take_edited(struct assembly *a, uint64_t id, uint64_t edit, size_t len)
{
	struct slice bytes;

	assert_true(assembly_ready(a, &bytes));
	assert_int_equal(bytes.len, len);
	assert_memory_equal(bytes.data, item(id + edit * 100, len).data, len);
	assembly_advance(a);
}

/* Never a mixture: the parts of the newest frame alone. */
static void parts_of_what_an_item_was_give_way(void **state)
{
	struct assembly a;

	(void)state;
	assembly_open(&a, 1, WINDOW, 100000);
	assert_int_equal(edited(&a, 1, 0, 3000, 0), ASSEMBLY_KEPT);
	assert_int_equal(edited(&a, 1, 0, 3000, 2), ASSEMBLY_KEPT);
	assert_int_equal(edited(&a, 1, 5, 3000, 1), ASSEMBLY_KEPT); /* of the same length */
	assert_false(waits(&a));
	assert_int_equal(edited(&a, 1, 0, 3000, 1), ASSEMBLY_OLD);
	assert_int_equal(edited(&a, 1, 5, 3000, 0), ASSEMBLY_KEPT);
	assert_int_equal(edited(&a, 1, 9, 2048, 1), ASSEMBLY_KEPT); /* and of another */
	assert_int_equal(edited(&a, 1, 5, 3000, 2), ASSEMBLY_OLD);
	assert_int_equal(edited(&a, 1, 9, 2048, 0), ASSEMBLY_KEPT);
	assert_int_equal(edited(&a, 1, 12, 5000, 0), ASSEMBLY_OLD); /* what is whole stays */
	take_edited(&a, 1, 9, 2048);
	assert_int_equal(a.held, 0);
	assembly_wipe(&a);
}

/* It is short now: it comes whole, before its turn or in it. */
static void a_whole_item_takes_the_place_of_parts(void **state)
{
	struct assembly a;

	(void)state;
	assembly_open(&a, 1, WINDOW, 100000);
	assert_int_equal(edited(&a, 2, 0, 3000, 0), ASSEMBLY_KEPT);
	assert_int_equal(whole(&a, 2, 50), ASSEMBLY_KEPT);
	assert_int_equal(edited(&a, 2, 0, 3000, 1), ASSEMBLY_OLD);
	assert_int_equal(whole(&a, 2, 60), ASSEMBLY_OLD);
	assert_int_equal(edited(&a, 1, 0, 3000, 0), ASSEMBLY_KEPT);
	assert_int_equal(whole(&a, 1, 70), ASSEMBLY_NOW);
	assembly_advance(&a);
	take(&a, 2, 50);
	assert_int_equal(a.held, 0);
	assembly_wipe(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_what_an_item_was_give_way),
		cmocka_unit_test(a_whole_item_takes_the_place_of_parts),
		cmocka_unit_test(what_comes_in_order_is_never_copied),
		cmocka_unit_test(what_comes_early_waits_for_its_turn),
		cmocka_unit_test(the_window_has_an_end),
		cmocka_unit_test(what_is_not_open_takes_nothing),
		cmocka_unit_test(bytes_have_a_limit),
		cmocka_unit_test(the_next_one_always_has_a_place),
		cmocka_unit_test(the_next_one_can_be_kept_too),
		cmocka_unit_test(a_pool_is_shared),
		cmocka_unit_test(parts_come_in_any_order_and_more_than_once),
		cmocka_unit_test(parts_of_different_wholes_are_told),
		cmocka_unit_test(an_item_whole_and_in_parts_is_one_item),
		cmocka_unit_test(a_storm_brings_everything_once_and_in_order),
	};

	return cmocka_run_group_tests_name("assembly", tests, NULL, NULL);
}
