/* core/slab: objects of one size, side by side, and chunks that come and go with them. */
#include "core/slab.h"

#include "check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define IS_POISONED(at) __asan_address_is_poisoned(at)
enum { SANITIZED = 1 };
#else
#define IS_POISONED(at) ((void)(at), 0)
enum { SANITIZED = 0 };
#endif

enum { MANY = 20000 };

static unsigned char *taken[MANY];

static void mark(size_t i, size_t size)
{
	memset(taken[i], (int)(i % 250) + 1, size);
}

static void assert_marked(size_t i, size_t size)
{
	for (size_t at = 0; at < size; at++)
		assert_int_equal(taken[i][at], i % 250 + 1);
}

static void take(struct slab *s, size_t i)
{
	static const unsigned char zeros[SLAB_OBJECT_MAX];

	taken[i] = slab_take(s);
	assert_non_null(taken[i]);
	assert_memory_equal(taken[i], zeros, s->size);
	mark(i, s->size);
}

static void put(struct slab *s, size_t i)
{
	assert_marked(i, s->size);
	slab_put(s, taken[i]);
	taken[i] = NULL;
}

static void objects_are_apart_and_clear(void **state)
{
	static const size_t sizes[] = {1, 8, 24, 80, 448, 4000, SLAB_OBJECT_MAX};
	struct slab s;

	(void)state;
	for (size_t k = 0; k < COUNT_OF(sizes); k++) {
		slab_init(&s, sizes[k]);
		assert_in_range(s.size, sizes[k], sizes[k] + 7);
		for (size_t i = 0; i < 2000; i++)
			take(&s, i);
		assert_int_equal(s.count, 2000);
		for (size_t i = 0; i < 2000; i++)
			put(&s, i);
		assert_int_equal(s.count, 0);
		slab_wipe(&s);
	}
}

static void assert_aligned(size_t size, size_t alignment)
{
	struct slab s;

	slab_init(&s, size);
	for (size_t i = 0; i < 500; i++) {
		take(&s, i);
		assert_int_equal((uintptr_t)taken[i] % alignment, 0);
	}
	for (size_t i = 0; i < 500; i++)
		put(&s, i);
	slab_wipe(&s);
}

static void they_are_aligned_as_their_size_allows(void **state)
{
	(void)state;
	assert_aligned(3, 8);
	assert_aligned(104, 8);
	assert_aligned(80, 16);
	assert_aligned(96, 32);
	assert_aligned(64, 64);
	assert_aligned(7 * 64, 64);
	assert_aligned(2048, 64);
}

/* What thousands cost is what they are, but for a hundredth. */
static void nothing_is_lost_between(void **state)
{
	struct slab s;

	(void)state;
	slab_init(&s, 80);
	for (size_t i = 0; i < MANY; i++)
		take(&s, i);
	size_t room = s.chunk_count * (size_t)SLAB_CHUNK;
	if (!SANITIZED)
		assert_in_range(room, 80 * MANY, 80 * MANY + 80 * MANY / 100 + SLAB_CHUNK);
	for (size_t i = 0; i < MANY; i++)
		put(&s, i);
	slab_wipe(&s);
}

static void what_is_not_taken_is_poisoned(void **state)
{
	struct slab s;

	(void)state;
	slab_init(&s, 80);
	for (size_t i = 0; i < 3; i++)
		take(&s, i);
	assert_false(IS_POISONED(taken[1]) || IS_POISONED(taken[1] + 79));
	assert_int_equal(IS_POISONED(taken[1] + 80), SANITIZED);
	assert_int_equal(IS_POISONED(taken[2] + 2 * 80), SANITIZED); /* was never taken */
	unsigned char *gone = taken[1];
	put(&s, 1);
	assert_int_equal(IS_POISONED(gone), SANITIZED);
	assert_int_equal(IS_POISONED(gone + 79), SANITIZED);
	take(&s, 1);
	assert_ptr_equal(taken[1], gone);
	assert_false(IS_POISONED(gone) || IS_POISONED(gone + 79));
	for (size_t i = 0; i < 3; i++)
		put(&s, i);
	slab_wipe(&s);
}

static void what_is_put_back_is_taken_again(void **state)
{
	struct slab s;

	(void)state;
	slab_init(&s, 40);
	for (size_t i = 0; i < MANY; i++)
		take(&s, i);
	size_t chunks = s.chunk_count;
	for (size_t i = 0; i < MANY; i += 2)
		put(&s, i);
	assert_int_equal(s.chunk_count, chunks);
	for (size_t i = 0; i < MANY; i += 2)
		take(&s, i);
	assert_int_equal(s.chunk_count, chunks);
	for (size_t i = 0; i < MANY; i++)
		put(&s, i);
	slab_wipe(&s);
}

static void empty_chunks_go_but_for_one(void **state)
{
	struct slab s;

	(void)state;
	slab_init(&s, 40);
	for (size_t i = 0; i < MANY; i++)
		take(&s, i);
	size_t chunks = s.chunk_count;
	assert_in_range(chunks, 4, MANY);
	for (size_t i = 0; i < MANY / 2; i++) /* these lie together */
		put(&s, i);
	assert_in_range(s.chunk_count, chunks / 2, chunks / 2 + 2);
	for (size_t i = MANY / 2; i < MANY; i++)
		put(&s, i);
	assert_int_equal(s.chunk_count, 1);
	slab_wipe(&s);
	assert_int_equal(s.chunk_count, 0);
	take(&s, 0); /* it may be used again */
	put(&s, 0);
	slab_wipe(&s);
}

/* At the edge of a chunk, nothing is allocated for one more and one less. */
static void the_edge_of_a_chunk_is_cheap(void **state)
{
	struct slab s;
	size_t n = 0;

	(void)state;
	slab_init(&s, 128);
	do {
		take(&s, n++);
	} while (s.chunk_count < 2);
	for (int round = 0; round < 5; round++) {
		put(&s, n - 1);
		assert_int_equal(s.chunk_count, 2);
		take(&s, n - 1);
		assert_int_equal(s.chunk_count, 2);
	}
	while (n > 0)
		put(&s, --n);
	slab_wipe(&s);
}

static uint64_t drawn;

static uint64_t draw(void) /* xorshift */
{
	drawn ^= drawn << 13;
	drawn ^= drawn >> 7;
	drawn ^= drawn << 17;
	return drawn;
}

/* One of them is taken or put back; mostly what this time is for. */
static void step(struct slab *s, bool grows)
{
	size_t i = draw() % 4000, count = s->count;
	bool rarely = draw() % 4 == 0;

	if (!taken[i] && (grows || rarely)) {
		take(s, i);
		assert_int_equal(s->count, count + 1);
	} else if (taken[i] && (!grows || rarely)) {
		put(s, i);
		assert_int_equal(s->count, count - 1);
	}
}

static void any_order_will_do(void **state)
{
	struct slab s;

	(void)state;
	drawn = 20261121;
	print_message("# seed %llu\n", (unsigned long long)drawn);
	slab_init(&s, 200);
	memset(taken, 0, sizeof(taken));
	for (int phase = 0; phase < 10; phase++)
		for (int n = 0; n < 20000; n++)
			step(&s, phase % 2 == 0);
	for (size_t i = 0; i < 4000; i++)
		if (taken[i])
			put(&s, i);
	assert_int_equal(s.chunk_count, 1);
	slab_put(&s, NULL);
	slab_wipe(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_apart_and_clear),
		cmocka_unit_test(they_are_aligned_as_their_size_allows),
		cmocka_unit_test(nothing_is_lost_between),
		cmocka_unit_test(what_is_not_taken_is_poisoned),
		cmocka_unit_test(what_is_put_back_is_taken_again),
		cmocka_unit_test(empty_chunks_go_but_for_one),
		cmocka_unit_test(the_edge_of_a_chunk_is_cheap),
		cmocka_unit_test(any_order_will_do),
	};

	return cmocka_run_group_tests_name("slabs", tests, NULL, NULL);
}
