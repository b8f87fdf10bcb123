/* core/arena: memory in order, given back as a whole, and moved from one to another. */
#include "core/arena.h"

#include "check.h"

#include <stdint.h>
#include <string.h>

enum { MANY = 5000 };

static unsigned char *taken[MANY];
static size_t sizes[MANY];

/* Pieces of any size, each with bytes of its own. */
static size_t fill(struct arena *a, size_t from, size_t n)
{
	size_t bytes = 0;

	for (size_t i = from; i < from + n; i++) {
		sizes[i] = i * 37 % 700;
		taken[i] = arena_take(a, sizes[i]);
		assert_non_null(taken[i]);
		assert_int_equal((uintptr_t)taken[i] % sizeof(long double), 0);
		memset(taken[i], (int)(i % 251), sizes[i]);
		bytes += sizes[i];
	}
	return bytes;
}

static void assert_whole(size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++)
		for (size_t at = 0; at < sizes[i]; at++)
			assert_int_equal(taken[i][at], i % 251);
}

static void what_is_taken_stays(void **state)
{
	struct arena a = {0};

	(void)state;
	for (int round = 0; round < 3; round++) {
		size_t bytes = fill(&a, 0, MANY);
		assert_in_range(a.bytes, bytes, bytes + MANY * 16);
		assert_whole(0, MANY);
		arena_clear(&a);
		assert_int_equal(a.bytes, 0);
		assert_in_range(a.spare_bytes, ARENA_CHUNK, ARENA_SPARE);
	}
	arena_wipe(&a);
}

static void the_largest_piece_fits(void **state)
{
	struct arena a = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		memset(arena_take(&a, ARENA_TAKE_MAX / 16 * 16), i, ARENA_TAKE_MAX / 16 * 16);
	assert_memory_equal(arena_copy(&a, "abc", 3), "abc", 3);
	assert_non_null(arena_copy(&a, NULL, 0));
	arena_wipe(&a);
}

static void one_takes_over_what_another_has(void **state)
{
	struct arena a = {0}, b = {0};

	(void)state;
	size_t bytes = fill(&a, 0, MANY / 2) + fill(&b, MANY / 2, MANY / 2);
	arena_join(&a, &b);
	assert_null(b.newest);
	assert_int_equal(b.bytes, 0);
	assert_in_range(a.bytes, bytes, bytes + MANY * 16);
	arena_clear(&b);
	assert_whole(0, MANY);
	arena_join(&b, &a); /* into an empty one */
	arena_join(&b, &a); /* nothing */
	assert_whole(0, MANY);
	arena_wipe(&a);
	assert_whole(0, MANY);
	arena_wipe(&b);
}

static void spare_chunks_are_lent(void **state)
{
	struct arena a = {0}, b = {0};

	(void)state;
	fill(&a, 0, 1);
	void *chunk = a.newest;
	arena_clear(&a);
	arena_lend(&a, &b);
	assert_null(a.spare);
	assert_int_equal(a.spare_bytes, 0);
	fill(&b, 0, 1);
	assert_ptr_equal(b.newest, chunk);
	assert_int_equal(b.spare_bytes, 0);
	arena_wipe(&a);
	arena_wipe(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken_stays),
		cmocka_unit_test(the_largest_piece_fits),
		cmocka_unit_test(one_takes_over_what_another_has),
		cmocka_unit_test(spare_chunks_are_lent),
	};

	return cmocka_run_group_tests_name("arenas", tests, NULL, NULL);
}
