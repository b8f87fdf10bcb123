/* What is numbered and not published yet, what is rewritten, and what is forgotten: against a model. */
#include "core/room.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 7, HUGE = 1 << 30, MODEL = 4096 };

/* What each number's text is: a letter, so often. */
struct said {
	char letter;
	size_t len;
	uint8_t author; /* every byte of it */
};

struct model {
	struct room *room;
	struct said said[MODEL]; /* by number */
	uint64_t head, last;
	bool forgets;
};

static uint64_t seed_of(const char *variable, uint64_t otherwise)
{
	const char *s = getenv(variable);

	return s ? strtoull(s, NULL, 10) : otherwise;
}

static uint64_t draw(uint64_t *state, uint64_t below)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (*state >> 33) % below;
}

static struct event event_of(const struct said *s, enum event_kind kind)
{
	static char text[TEXT_MAX_BYTES];

	memset(text, s->letter, s->len);
	return (struct event){.kind = kind,
			      .time_ms = 5,
			      .from = slice_of("n", 1),
			      .text = slice_of(text, s->len)};
}

static void begin(struct model *m, size_t max_bytes, uint64_t head)
{
	memset(m, 0, sizeof(*m));
	m->room = room_new(ROOM, max_bytes, head);
	assert_non_null(m->room);
	m->head = m->last = head;
	m->forgets = max_bytes < HUGE;
}

static void number(struct model *m, char letter, size_t len)
{
	struct said *s = &m->said[++m->last % MODEL];
	uint8_t author[OWNER_BYTES];

	*s = (struct said){letter, len, (uint8_t)(letter + m->last)};
	memset(author, s->author, sizeof(author));
	struct event e = event_of(s, EVENT_TALK);
	assert_int_equal(room_append(m->room, &e, author), ERR_NONE);
	assert_true(e.seq == m->last);
}

static void publish(struct model *m)
{
	room_publish(m->room);
	m->head = m->last;
}

static void truncate(struct model *m)
{
	room_truncate(m->room);
	m->last = m->head;
}

static enum err rewrite(struct model *m, uint64_t seq, char letter, size_t len)
{
	static uint8_t bytes[WIRE_ITEM_MAX];
	struct said s = {letter, len, m->said[seq % MODEL].author};
	struct event e = event_of(&s, EVENT_TALK);
	struct buf b = buf_of(bytes, sizeof(bytes));

	e.room = ROOM;
	e.seq = seq;
	event_put(&b, &e);
	assert_false(b.failed);
	enum err error = room_rewrite(m->room, seq, slice_of(b.data, b.len));
	if (error == ERR_NONE)
		m->said[seq % MODEL] = s;
	return error;
}

static void assert_event(const struct model *m, uint64_t seq)
{
	const struct said *s = &m->said[seq % MODEL];
	struct slice frame = room_numbered(m->room, seq);
	struct frame f;

	assert_int_equal(frame_get(&frame, &f), ERR_NONE);
	assert_int_equal(frame.len, 0);
	assert_true(f.event.seq == seq);
	assert_int_equal(f.event.text.len, s->len);
	for (size_t i = 0; i < s->len; i++)
		if (f.event.text.data[i] != s->letter)
			fail_msg("event %llu is not what was said", (unsigned long long)seq);
	for (size_t i = 0; i < OWNER_BYTES; i++)
		assert_int_equal(room_author(m->room, seq)[i], s->author);
}

static void number_by(struct room *r, enum event_kind kind, uint32_t author)
{
	struct event e = {.kind = kind, .time_ms = 5, .target = 1, .from = slice_of("n", 1)};
	uint8_t by[OWNER_BYTES] = {1};

	e.text = slice_of("said", 4);
	memcpy(by + 1, &author, sizeof(author));
	assert_int_equal(room_append(r, &e, by), ERR_NONE);
}

static void assert_by(const struct room *r, uint64_t seq, uint32_t author)
{
	uint8_t by[OWNER_BYTES] = {1};

	memcpy(by + 1, &author, sizeof(author));
	assert_memory_equal(room_author(r, seq), by, OWNER_BYTES);
}

/* A run is its frames, one behind the other; and ends only where it has to. */
static uint32_t assert_run(const struct room *r, uint64_t seq, size_t max_bytes, uint32_t most)
{
	uint32_t count = most;
	struct slice run = room_run(r, seq, max_bytes, &count), next;
	size_t at = 0;

	assert_non_null(run.data);
	assert_in_range(count, 1, most);
	for (uint32_t i = 0; i < count; i++) {
		struct slice frame = room_frame(r, seq + i);
		assert_true(at + frame.len <= run.len);
		assert_memory_equal(run.data + at, frame.data, frame.len);
		at += frame.len;
	}
	assert_int_equal(at, run.len);
	assert_true(count == 1 || run.len <= max_bytes);
	if (count == most || !(next = room_frame(r, seq + count)).data)
		return count;
	assert_true(run.len + next.len > max_bytes || next.data != run.data + run.len);
	return count;
}

static void assert_no_run(const struct room *r, uint64_t seq)
{
	uint32_t count = 5;

	assert_null(room_run(r, seq, SIZE_MAX, &count).data);
}

/* All that is published, in runs of this size and that. */
static void assert_runs(const struct model *m)
{
	static uint64_t random = 20261121;
	uint64_t seq = room_first(m->room);

	while (seq <= m->head)
		seq += assert_run(m->room, seq, draw(&random, 3) ? draw(&random, 5000) : SIZE_MAX,
				  (uint32_t)(1 + draw(&random, draw(&random, 2) ? 5 : 5000)));
	assert_true(seq == m->head + 1);
	assert_no_run(m->room, seq);
	assert_no_run(m->room, room_first(m->room) - 1);
}

static void assert_same(const struct model *m)
{
	const struct room *r = m->room;

	assert_true(room_head(r) == m->head);
	assert_true(room_last(r) == m->last);
	assert_true(room_first(r) >= 1 && room_first(r) <= m->head + 1);
	if (m->last > m->head)
		assert_null(room_frame(r, m->head + 1).data);
	for (uint64_t seq = room_first(r); seq <= m->last; seq++)
		assert_event(m, seq);
	assert_runs(m);
}

static struct model m;

static void what_is_numbered_is_not_seen(void **state)
{
	(void)state;
	begin(&m, HUGE, 0);
	number(&m, 'a', 10);
	number(&m, 'b', 10);
	assert_true(room_head(m.room) == 0);
	assert_null(room_frame(m.room, 1).data);
	assert_non_null(room_numbered(m.room, 2).data);
	publish(&m);
	assert_non_null(room_frame(m.room, 2).data);
	number(&m, 'c', 10);
	assert_null(room_frame(m.room, 3).data);
	assert_same(&m);
	room_free(m.room);
}

static void what_is_taken_back_gives_its_number_again(void **state)
{
	(void)state;
	begin(&m, HUGE, 0);
	number(&m, 'a', 10);
	truncate(&m); /* to nothing at all */
	assert_same(&m);
	assert_true(room_bytes(m.room) < 512);
	for (int i = 0; i < 300; i++) {
		for (int n = 0; n < i % 40; n++)
			number(&m, 'w', (size_t)(1 + n * 57));
		truncate(&m);
		truncate(&m); /* there is nothing more */
		number(&m, (char)('a' + i % 26), 20);
		publish(&m);
	}
	assert_same(&m);
	assert_true(room_head(m.room) == 300);
	assert_true(room_bytes(m.room) < 300 * 200);
	room_free(m.room);
}

static void a_room_goes_on_behind_its_head(void **state)
{
	(void)state;
	begin(&m, HUGE, 1000);
	assert_true(room_head(m.room) == 1000 && room_first(m.room) == 1001);
	assert_null(room_frame(m.room, 1000).data);
	assert_int_equal(room_rewrite(m.room, 1000, slice_of("x", 1)), ERR_NOT_FOUND);
	number(&m, 'a', 3);
	truncate(&m);
	for (int i = 0; i < 40; i++)
		number(&m, 'b', 3);
	publish(&m);
	assert_true(room_first(m.room) == 1001 && room_head(m.room) == 1040);
	assert_same(&m);
	room_free(m.room);
}

/* Nowhere in what the room holds. */
static void assert_gone(const struct room *r, char letter)
{
	for (uint64_t seq = room_first(r); seq <= room_last(r); seq++) {
		struct slice s = room_numbered(r, seq);
		for (size_t i = 0; i + 3 < s.len; i++)
			assert_false(s.data[i] == letter && s.data[i + 1] == letter &&
				     s.data[i + 2] == letter && s.data[i + 3] == letter);
	}
}

static void a_rewritten_event_is_the_new_one_alone(void **state)
{
	static const size_t sizes[] = {1, 100, 40, 40, 41, 1000, 3, TEXT_MAX_BYTES, 5, 6, 1000};

	(void)state;
	begin(&m, HUGE, 0);
	for (int i = 0; i < 3; i++)
		number(&m, (char)('a' + i), 50);
	publish(&m);
	size_t before = room_bytes(m.room);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		const uint8_t *old = room_frame(m.room, 2).data;
		assert_int_equal(rewrite(&m, 2, (char)('g' + i), sizes[i]), ERR_NONE);
		assert_same(&m);
		assert_gone(m.room, (char)('g' + i - 1));
		if (i < 1) /* it was shorter, and lies where the old one was */
			assert_ptr_equal(room_frame(m.room, 2).data, old);
	}
	assert_true(room_bytes(m.room) > before);
	assert_int_equal(rewrite(&m, 2, 'z', 50), ERR_NONE);
	assert_true(room_bytes(m.room) < before + 500);
	room_free(m.room);
}

/* An address may be there now, which has that byte by chance, but not all over. */
static void assert_wiped(struct slice was, char letter)
{
	const char text[4] = {letter, letter, letter, letter};

	for (size_t i = 0; i + sizeof(text) <= was.len; i++)
		assert_memory_not_equal(was.data + i, text, sizeof(text));
}

/* The bytes themselves, not just what is given out. */
static void the_old_text_is_wiped_where_it_was(void **state)
{
	(void)state;
	begin(&m, HUGE, 0);
	number(&m, 's', 200);
	number(&m, 't', 200);
	publish(&m);
	for (int longer = 0; longer < 2; longer++) {
		uint64_t seq = 1 + (uint64_t)longer;
		struct slice old = room_frame(m.room, seq);
		assert_int_equal(rewrite(&m, seq, 'n', longer ? 300 : 1), ERR_NONE);
		assert_wiped(old, longer ? 't' : 's');
	}
	assert_same(&m);
	room_free(m.room);
}

static void only_what_is_published_is_rewritten(void **state)
{
	(void)state;
	begin(&m, HUGE, 0);
	number(&m, 'a', 50);
	publish(&m);
	number(&m, 'b', 50);
	assert_int_equal(rewrite(&m, 2, 'x', 5), ERR_NOT_FOUND);
	assert_int_equal(rewrite(&m, 3, 'x', 5), ERR_NOT_FOUND);
	assert_int_equal(rewrite(&m, 0, 'x', 5), ERR_NOT_FOUND);
	assert_int_equal(rewrite(&m, 1, 'x', 500), ERR_NONE);
	truncate(&m); /* what was rewritten meanwhile stays so */
	assert_same(&m);
	room_free(m.room);
}

static void what_lies_in_one_piece_is_one_run(void **state)
{
	enum { MANY = 100, LEN = 40 };
	size_t frame;

	(void)state;
	begin(&m, HUGE, 0);
	for (int i = 0; i < MANY; i++)
		number(&m, (char)('a' + i % 26), LEN);
	assert_no_run(m.room, 1);
	publish(&m);
	number(&m, 'z', LEN); /* nobody's to read */
	frame = room_frame(m.room, 50).len;
	assert_int_equal(assert_run(m.room, MANY, SIZE_MAX, 1000), 1);
	uint64_t seq = 1;
	for (int runs = 0; seq <= MANY; runs++) { /* it grows: each piece is larger */
		assert_true(runs < 6);
		seq += assert_run(m.room, seq, SIZE_MAX, 1000);
	}
	assert_int_equal(assert_run(m.room, 60, 4 * frame, 1000), 4);
	assert_int_equal(assert_run(m.room, 60, 4 * frame - 1, 1000), 3);
	assert_int_equal(assert_run(m.room, 60, 4 * frame, 2), 2);
	assert_int_equal(assert_run(m.room, 60, 0, 1000), 1);
	room_free(m.room);
}

static void a_run_ends_at_what_was_rewritten(void **state)
{
	(void)state;
	begin(&m, HUGE, 0);
	number(&m, 'a', TEXT_MAX_BYTES); /* all others are in one piece behind it */
	for (int i = 0; i < 20; i++)
		number(&m, 'b', 100);
	publish(&m);
	assert_int_equal(assert_run(m.room, 2, SIZE_MAX, 1000), 20);
	assert_int_equal(rewrite(&m, 5, 'c', 100), ERR_NONE); /* as long */
	assert_int_equal(rewrite(&m, 8, 's', 10), ERR_NONE);
	assert_int_equal(rewrite(&m, 12, 'l', 1000), ERR_NONE);
	assert_int_equal(assert_run(m.room, 2, SIZE_MAX, 1000), 7);
	assert_int_equal(assert_run(m.room, 9, SIZE_MAX, 1000), 3);
	assert_int_equal(assert_run(m.room, 12, SIZE_MAX, 1000), 1);
	assert_int_equal(assert_run(m.room, 13, SIZE_MAX, 1000), 9);
	assert_same(&m);
	room_free(m.room);
}

static void a_room_shrinks_to_its_newest(void **state)
{
	(void)state;
	begin(&m, HUGE, 0);
	for (int i = 0; i < 2000; i++) {
		number(&m, (char)('a' + i % 26), 100);
		publish(&m);
	}
	size_t all = room_bytes(m.room);
	room_shrink(m.room, all);
	assert_true(room_first(m.room) == 1);
	room_shrink(m.room, all / 2);
	assert_true(room_bytes(m.room) <= all / 2 && room_first(m.room) > 1);
	for (int i = 0; i < 3000; i++) /* the head's piece stays while it may be gone back to */
		number(&m, 'x', 100);
	room_shrink(m.room, 0);
	truncate(&m);
	assert_same(&m);
	assert_non_null(room_frame(m.room, 2000).data);
	room_shrink(m.room, 0);
	assert_non_null(room_frame(m.room, 2000).data);
	assert_true(room_bytes(m.room) <= 3 * (size_t)ROOM_SEGMENT + 1000);
	assert_same(&m);
	room_free(m.room);
}

static void who_said_something_is_known_and_nobody_else(void **state)
{
	static const uint8_t nobody[OWNER_BYTES];
	struct room *r = room_new(ROOM, HUGE, 0);

	(void)state;
	for (enum event_kind kind = EVENT_JOIN; kind <= EVENT_EDITED; kind++)
		number_by(r, kind, 9);
	for (uint64_t seq = 1; seq <= room_last(r); seq++)
		if (seq == EVENT_TALK || seq == EVENT_EDITED || seq == EVENT_RECALLED)
			assert_by(r, seq, 9);
		else
			assert_memory_equal(room_author(r, seq), nobody, OWNER_BYTES);
	room_free(r);
}

/* More of them than are found again soon, some of whom say much. */
static void many_talk_in_turn(void **state)
{
	enum { TALKS = 20000 };
	struct room *r = room_new(ROOM, HUGE, 0);
	uint64_t random = 20261121;
	static uint32_t by[TALKS + 1];

	(void)state;
	for (uint64_t seq = 1; seq <= TALKS; seq++) {
		by[seq] = (uint32_t)draw(&random, draw(&random, 2) ? 5 : 3000);
		number_by(r, EVENT_TALK, by[seq]);
		room_publish(r);
		for (uint64_t taken_back = draw(&random, 8); taken_back > 0; taken_back--)
			number_by(r, EVENT_TALK, 3000 + (uint32_t)draw(&random, 1000));
		room_truncate(r);
	}
	assert_true(room_last(r) == TALKS);
	for (uint64_t seq = 1; seq <= TALKS; seq++)
		assert_by(r, seq, by[seq]);
	room_free(r);
}

static size_t bytes_of_talks(uint32_t authors)
{
	enum { TALKS = 30000 };
	struct room *r = room_new(ROOM, HUGE, 0);

	for (uint32_t i = 0; i < TALKS; i++) {
		number_by(r, authors > 0 ? EVENT_TALK : EVENT_JOIN, i % (authors + 1));
		room_publish(r);
	}
	size_t frames = 0;
	for (uint64_t seq = 1; seq <= TALKS; seq++)
		frames += room_frame(r, seq).len;
	size_t bytes = room_bytes(r);
	room_free(r);
	return (bytes - frames) / TALKS;
}

static void what_finds_an_event_is_small(void **state)
{
	(void)state;
	assert_in_range(bytes_of_talks(0), 6, 9); /* nobody asks who came */
	assert_in_range(bytes_of_talks(10), 6, 9);
	assert_in_range(bytes_of_talks(29999), 6 + OWNER_BYTES, 6 + 2 * OWNER_BYTES);
}

/* Its address has to lie where it was, even if it was as short as no event is that is known. */
static void the_shortest_may_grow(void **state)
{
	struct room *r = room_new(1, HUGE, 0);
	uint8_t bytes[200];

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct event e = {.kind = 200 + (i == 2)};
		assert_int_equal(room_append(r, &e, NULL), ERR_NONE);
	}
	room_publish(r);
	assert_true(room_frame(r, 2).len < sizeof(uint8_t *));
	for (uint64_t seq = 1; seq <= 3; seq++)
		assert_run(r, seq, SIZE_MAX, 10);
	for (uint64_t seq = 1; seq <= 3; seq++) {
		memset(bytes, (int)seq, sizeof(bytes));
		assert_int_equal(room_rewrite(r, seq, slice_of(bytes, sizeof(bytes))), ERR_NONE);
	}
	for (uint64_t seq = 1; seq <= 3; seq++) {
		struct slice frame = room_frame(r, seq);
		assert_int_equal(frame.len, sizeof(bytes));
		memset(bytes, (int)seq, sizeof(bytes));
		assert_memory_equal(frame.data, bytes, sizeof(bytes));
		assert_run(r, seq, SIZE_MAX, 10);
	}
	room_free(r);
}

static void an_idle_room_is_small(void **state)
{
	(void)state;
	begin(&m, HUGE, 0);
	for (int i = 0; i < 3; i++)
		number(&m, 'a', 20);
	publish(&m);
	assert_true(room_bytes(m.room) <= 1024);
	room_free(m.room);
}

static void one_step(struct model *x, uint64_t *random)
{
	size_t len = draw(random, 20) ? 1 + draw(random, 300) : 1 + draw(random, TEXT_MAX_BYTES);
	char letter = (char)('a' + draw(random, 26));
	uint64_t first = room_first(x->room);

	switch (draw(random, 8)) {
	case 0:
		publish(x);
		break;
	case 1:
		truncate(x);
		break;
	case 2:
	case 3:
		if (first <= x->head)
			assert_int_equal(
				rewrite(x, first + draw(random, x->head - first + 1), letter, len),
				ERR_NONE);
		break;
	case 4:
		if (x->forgets && draw(random, 10) == 0)
			room_shrink(x->room, draw(random, 200000));
		break;
	default:
		if (x->last + 1 - first < MODEL - 1)
			number(x, letter, len);
	}
}

static void anything_in_any_order(void **state)
{
	uint64_t seed = seed_of("ROOM_SEED", 20261121);

	(void)state;
	printf("ROOM_SEED=%llu\n", (unsigned long long)seed);
	for (uint64_t run = 0; run < 12; run++) {
		uint64_t random = seed + run;
		begin(&m, run % 3 ? (size_t)draw(&random, 300000) : HUGE, run % 2 ? 77 : 0);
		for (int i = 0; i < 3000; i++) {
			one_step(&m, &random);
			if (i % 40 == 0)
				assert_same(&m);
		}
		assert_same(&m);
		assert_true(m.last > 300);
		room_free(m.room);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_numbered_is_not_seen),
		cmocka_unit_test(what_is_taken_back_gives_its_number_again),
		cmocka_unit_test(a_room_goes_on_behind_its_head),
		cmocka_unit_test(a_rewritten_event_is_the_new_one_alone),
		cmocka_unit_test(the_old_text_is_wiped_where_it_was),
		cmocka_unit_test(only_what_is_published_is_rewritten),
		cmocka_unit_test(what_lies_in_one_piece_is_one_run),
		cmocka_unit_test(a_run_ends_at_what_was_rewritten),
		cmocka_unit_test(a_room_shrinks_to_its_newest),
		cmocka_unit_test(who_said_something_is_known_and_nobody_else),
		cmocka_unit_test(many_talk_in_turn),
		cmocka_unit_test(what_finds_an_event_is_small),
		cmocka_unit_test(the_shortest_may_grow),
		cmocka_unit_test(an_idle_room_is_small),
		cmocka_unit_test(anything_in_any_order),
	};

	return cmocka_run_group_tests_name("room, tail", tests, NULL, NULL);
}
