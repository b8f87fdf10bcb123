/* store/indexer: what is in the index, and when; what is gone, is gone from the file. */
#include "search_rig.h"

#include "proto/timerq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t indexed(struct search_rig *r, uint32_t room)
{
	sqlite3_stmt *s;
	int64_t upto;

	assert_int_equal(db_prepare(&r->db, "SELECT upto FROM indexed WHERE room = ?1", &s),
			 ERR_NONE);
	db_bind_int(s, 1, room);
	assert_int_equal(db_value(&r->db, s, 0, &upto), ERR_NONE);
	sqlite3_finalize(s);
	return upto;
}

static void is_sound(struct search_rig *r)
{
	assert_int_equal(db_exec(&r->db, "INSERT INTO words(words) VALUES('integrity-check')"),
			 ERR_NONE);
}

/* ---- when -------------------------------------------------------------------------------------- */

static void what_is_young_is_left_out_while_it_is_little(void **state)
{
	struct search_rig *r = *state;

	say(r, 1, "alice", "one");
	uint64_t first = r->now_us;
	index_what_is_due(r);
	say(r, 1, "alice", "two");
	assert_int_equal(indexed(r, 1), 0);
	r->now_us = first + INDEXER_SETTLE_US - 2;
	index_what_is_due(r);
	assert_int_equal(indexed(r, 1), 0);
	assert_in_range(indexer_deadline(&r->indexer), r->now_us + 1, first + INDEXER_SETTLE_US);
	r->now_us = first + INDEXER_SETTLE_US;
	index_what_is_due(r);
	assert_int_equal(indexed(r, 1), 2);
	assert_true(indexer_deadline(&r->indexer) == TIMERQ_NEVER);
}

static void what_is_much_is_not(void **state)
{
	struct search_rig *r = *state;

	for (int i = 0; i <= INDEXER_LAG; i++)
		say(r, 1 + (uint32_t)i % 2, "alice", "one");
	uint64_t rest = r->indexer.behind;
	index_what_is_due(r);
	assert_in_range(r->indexer.behind, 1, INDEXER_LAG);
	assert_true(r->indexer.behind < rest);
	assert_true(indexed(r, 1) > 0);
}

static void a_step_is_short(void **state)
{
	struct search_rig *r = *state;
	static char text[8192];

	for (int i = 0; i < 3 * INDEXER_STEP; i++)
		say(r, 1, "alice", "one");
	index_what_is_due(r);
	r->now_us += INDEXER_SETTLE_US;
	assert_int_equal(indexer_step(&r->indexer, r->now_us), ERR_NONE);
	assert_int_equal(indexed(r, 1), INDEXER_STEP);
	index_all(r);
	assert_int_equal(indexed(r, 1), 3 * INDEXER_STEP);
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 20; i++)
		say(r, 2, "alice", text);
	index_what_is_due(r);
	r->now_us += INDEXER_SETTLE_US;
	assert_int_equal(indexer_step(&r->indexer, r->now_us), ERR_NONE);
	assert_in_range(indexed(r, 2), 2, 9);
}

static void every_room_gets_there(void **state)
{
	enum { ROOMS = 300 };
	struct search_rig *r = *state;

	for (uint32_t room = 1; room <= ROOMS; room++)
		for (uint32_t i = 0; i <= room % 3; i++)
			say(r, room, "alice", "one");
	index_all(r);
	for (uint32_t room = 1; room <= ROOMS; room++)
		assert_int_equal(indexed(r, room), 1 + room % 3);
	assert_int_equal(r->indexer.behind, 0);
	assert_int_equal(r->indexer.rooms.count, 0);
}

/* ---- again -------------------------------------------------------------------------------------- */

static void another_start_goes_on_where_it_was(void **state)
{
	struct search_rig *r = *state;

	say(r, 1, "alice", "one");
	say(r, 7, "alice", "one");
	index_all(r);
	say(r, 1, "alice", "two");
	say(r, 2, "alice", "two");
	search_rig_close(r);
	search_rig_open(r);
	assert_int_equal(r->indexer.behind, 2);
	assert_string_equal(found_by(r, "two"), "2:1 1:2 ");
	index_all(r);
	assert_int_equal(indexed(r, 1), 2);
	assert_int_equal(indexed(r, 2), 1);
	assert_string_equal(found_by(r, "two"), "2:1 1:2 ");
	assert_string_equal(found_by(r, "one"), "1:1 ");
	is_sound(r);
}

static void an_index_by_other_rules_is_made_anew(void **state)
{
	struct search_rig *r = *state;

	for (int i = 0; i < 10; i++)
		say(r, 1, "alice", "one");
	index_all(r);
	assert_int_equal(schema_put(&r->db, "index", 12345), ERR_NONE);
	search_rig_close(r);
	search_rig_open(r);
	assert_int_equal(indexed(r, 1), 0);
	assert_int_equal(r->indexer.behind, 10);
	index_all(r);
	assert_int_equal(indexed(r, 1), 10);
	assert_string_equal(found_by(r, "one"), "1:10 1:9 1:8 1:7 1:6 1:5 1:4 1:3 1:2 1:1 ");
	is_sound(r);
}

/* ---- what is gone -------------------------------------------------------------------------------- */

static void what_is_recalled_or_edited_is_found_as_it_is_now(void **state)
{
	struct search_rig *r = *state;

	for (int turn = 0; turn < 2; turn++) {
		uint64_t a = say(r, 1, "alice", "apple 苹果"), b = say(r, 1, "alice", "banana");
		if (turn)
			index_all(r);
		rewrite(r, 1, a, EVENT_RECALLED, "alice", "");
		rewrite(r, 1, b, EVENT_EDITED, "alice", "berry 苹果");
		assert_string_equal(found_by(r, "apple"), "");
		assert_string_equal(found_by(r, "banana"), "");
		assert_string_equal(found_by(r, "苹果"), turn ? "1:4 1:2 " : "1:2 ");
		rewrite(r, 1, b, EVENT_EDITED, "alice", "banana");
		assert_string_equal(found_by(r, "苹果"), turn ? "1:2 " : "");
		assert_string_equal(found_by(r, "banana"), turn ? "1:4 " : "1:2 ");
		index_all(r);
		is_sound(r);
		if (!turn)
			rewrite(r, 1, b, EVENT_EDITED, "alice", "苹果");
	}
}

static void what_is_no_longer_kept_is_not_found(void **state)
{
	struct search_rig *r = *state;

	for (int i = 0; i < 6; i++)
		say(r, 1, "alice", "apple");
	index_all(r);
	say(r, 1, "alice", "apple");
	for (uint64_t seq = 1; seq <= 4; seq++)
		rewrite(r, 1, seq, 0, "", "");
	assert_string_equal(found_by(r, "apple"), "1:7 1:6 1:5 ");
	index_all(r);
	assert_string_equal(found_by(r, "apple"), "1:7 1:6 1:5 ");
	for (uint64_t seq = 5; seq <= 7; seq++)
		rewrite(r, 1, seq, 0, "", "");
	assert_string_equal(found_by(r, "apple"), "");
	is_sound(r);
}

/* Whether those bytes are anywhere in the database's file, once everything is in it. */
static bool in_file(struct search_rig *r, const char *bytes)
{
	char *all;
	size_t n = 0;
	bool in = false;
	FILE *f;

	search_rig_close(r);
	f = fopen(rig_path("it.db"), "rb");
	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	n = (size_t)ftell(f);
	rewind(f);
	all = malloc(n);
	assert_non_null(all);
	assert_int_equal(fread(all, 1, n, f), n);
	in = memmem(all, n, bytes, strlen(bytes)) != NULL;
	fclose(f);
	free(all);
	search_rig_open(r);
	return in;
}

static void what_was_recalled_is_in_no_byte_of_the_file(void **state)
{
	struct search_rig *r = *state;
	char text[64];

	for (int i = 0; i < 3000; i++) {
		(void)snprintf(text, sizeof(text), "word%d 你好 common", i * 37 % 1000);
		say(r, 1, "alice", i == 1500 ? "xyzzyplugh" : text);
	}
	index_all(r);
	assert_true(in_file(r, "xyzzyplugh"));
	rewrite(r, 1, 1501, EVENT_RECALLED, "alice", "");
	assert_true(r->indexer.stale);
	search_rig_close(r); /* it is not forgotten over a restart */
	search_rig_open(r);
	assert_true(r->indexer.stale);
	index_all(r);
	assert_false(r->indexer.stale);
	assert_false(in_file(r, "xyzzyplugh"));
	assert_true(in_file(r, "common"));
	is_sound(r);
	assert_false(r->indexer.stale);
}

static void much_that_goes_at_once_is_thrown_out_at_once(void **state)
{
	struct search_rig *r = *state;

	assert_int_equal(db_exec(&r->db, "BEGIN"), ERR_NONE);
	for (int i = 0; i < INDEXER_GONE + 500; i++)
		say(r, 1, "alice", "one");
	assert_int_equal(db_exec(&r->db, "COMMIT"), ERR_NONE);
	index_all(r);
	assert_int_equal(r->indexer.inside, INDEXER_GONE + 500);
	r->indexer.renew_at = r->now_us + 1000000; /* it has just done so */
	rewrite(r, 1, 1, EVENT_RECALLED, "alice", "");
	index_what_is_due(r);
	assert_true(r->indexer.stale);
	for (uint64_t seq = 2; seq <= INDEXER_GONE + 2; seq++)
		rewrite(r, 1, seq, 0, "", "");
	index_what_is_due(r);
	assert_false(r->indexer.stale);
	assert_int_equal(r->indexer.gone, 0);
	is_sound(r);
}

static void a_second_recall_waits_for_others(void **state)
{
	struct search_rig *r = *state;

	for (int i = 0; i < 2000; i++)
		say(r, 1, "alice", "one");
	index_all(r);
	rewrite(r, 1, 1, EVENT_RECALLED, "alice", "");
	index_what_is_due(r);
	assert_false(r->indexer.stale);
	rewrite(r, 1, 2, EVENT_RECALLED, "alice", "");
	index_what_is_due(r);
	assert_true(r->indexer.stale);
	assert_in_range(indexer_deadline(&r->indexer), r->now_us + 1, r->now_us + 3600000000);
}

static void a_talk_that_was_never_in_it_leaves_no_work(void **state)
{
	struct search_rig *r = *state;

	say(r, 1, "alice", "one");
	rewrite(r, 1, 1, EVENT_RECALLED, "alice", "");
	assert_false(r->indexer.stale);
	index_all(r);
	assert_string_equal(found_by(r, "one"), "");
}

/* ---- damage --------------------------------------------------------------------------------------- */

/* What FTS5 has written, but for the list of its pieces; or that, too. */
static void spoil(struct search_rig *r, const char *where)
{
	char text[128];

	for (int i = 0; i < 20; i++)
		say(r, 1, "alice", "one");
	index_all(r);
	(void)snprintf(text, sizeof(text), "UPDATE words_data SET block = zeroblob(3) %s", where);
	assert_int_equal(db_exec(&r->db, text), ERR_NONE);
	search_rig_close(r); /* FTS5 remembers what it was */
	search_rig_open(r);
}

static void a_damaged_index_is_read_past_and_made_again(void **state)
{
	struct search_rig *r = *state;

	spoil(r, "WHERE id > 10");
	say(r, 1, "alice", "two");
	assert_string_equal(found_by(r, "two"), "1:21 ");
	assert_int_equal(strlen(found_by(r, "one")), strlen("1:20 ") * 11 + strlen("1:1 ") * 9);
	rewrite(r, 1, 3, EVENT_RECALLED, "alice", "");
	index_all(r); /* in which the words that are gone are thrown out */
	assert_string_equal(found_by(r, "two"), "1:21 ");
	assert_int_equal(strlen(found_by(r, "one")), strlen("1:20 ") * 11 + strlen("1:1 ") * 8);
	is_sound(r);
}

static void one_that_has_lost_its_pieces_is_made_again(void **state)
{
	struct search_rig *r = *state;

	spoil(r, "");
	say(r, 1, "alice", "two");
	index_all(r);
	assert_string_equal(found_by(r, "two"), "1:21 ");
	assert_int_equal(strlen(found_by(r, "one")), strlen("1:20 ") * 11 + strlen("1:1 ") * 9);
}

static void a_recall_that_a_damaged_index_refuses_goes_through_later(void **state)
{
	struct search_rig *r = *state;
	uint8_t storage[256];
	struct buf b = buf_of(storage, sizeof(storage));
	const struct event one = {.room = 1,
				  .seq = 5,
				  .kind = EVENT_TALK,
				  .time_ms = 1,
				  .from = slice_of("alice", 5),
				  .text = slice_of("one", 3)};

	spoil(r, "");
	event_put(&b, &one);
	assert_int_equal(db_begin(&r->db), ERR_NONE);
	enum err e = indexer_replace(&r->indexer, schema_id(1, 5), slice_of(b.data, b.len),
				     slice_of(NULL, 0));
	db_rollback(&r->db);
	assert_int_equal(e, ERR_MALFORMED);
	/* As the writer does after a failure. */
	indexer_close(&r->indexer);
	assert_int_equal(indexer_open(&r->indexer, &r->db, r->said[0], r->now_us), ERR_NONE);
	rewrite(r, 1, 5, EVENT_RECALLED, "alice", "");
	index_all(r);
	assert_int_equal(strlen(found_by(r, "one")), strlen("1:20 ") * 11 + strlen("1:1 ") * 8);
	is_sound(r);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, search_rig_setup, search_rig_teardown)
	const struct CMUnitTest tests[] = {
		EACH(what_is_young_is_left_out_while_it_is_little),
		EACH(what_is_much_is_not),
		EACH(a_step_is_short),
		EACH(every_room_gets_there),
		EACH(another_start_goes_on_where_it_was),
		EACH(an_index_by_other_rules_is_made_anew),
		EACH(what_is_recalled_or_edited_is_found_as_it_is_now),
		EACH(what_is_no_longer_kept_is_not_found),
		EACH(what_was_recalled_is_in_no_byte_of_the_file),
		EACH(a_second_recall_waits_for_others),
		EACH(much_that_goes_at_once_is_thrown_out_at_once),
		EACH(a_talk_that_was_never_in_it_leaves_no_work),
		EACH(a_damaged_index_is_read_past_and_made_again),
		EACH(one_that_has_lost_its_pieces_is_made_again),
		EACH(a_recall_that_a_damaged_index_refuses_goes_through_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
