/* What the text of a reply holds: names, rooms, events; and which text a reply may have. */
#include "proto/command.h"
#include "proto/wire.h"

#include "check.h"
#include "wire_bytes.h"
#include "wire_samples.h"

static uint8_t storage[WIRE_ITEM_MAX];

static void assert_slice(struct slice got, struct slice want)
{
	assert_false(got.failed);
	assert_int_equal(got.len, want.len);
	if (want.len > 0)
		assert_memory_equal(got.data, want.data, want.len);
}

/* ---- pages of names -------------------------------------------------------------------------- */

static void a_page_gives_back_what_was_put_on_it(void **state)
{
	struct buf b = buf_of(storage, WIRE_REPLY_TEXT_MAX);
	enum member_state there;
	struct slice name;

	(void)state;
	who_put(&b, words("小明"), MEMBER_HERE);
	who_put(&b, words(long_name), MEMBER_RECONNECTING);
	assert_false(b.failed);
	assert_true(text_valid((const char *)b.data, b.len)); /* it goes as the text of a reply */
	struct slice page = slice_of(storage, b.len);
	assert_true(who_get(&page, &name, &there));
	assert_slice(name, words("小明"));
	assert_int_equal(there, MEMBER_HERE);
	assert_true(who_get(&page, &name, &there));
	assert_slice(name, words(long_name));
	assert_int_equal(there, MEMBER_RECONNECTING);
	assert_false(who_get(&page, &name, &there));
	assert_false(page.failed);
}

static void a_broken_page_ends_where_it_breaks(void **state)
{
	static const struct vector broken[] = {
		{"no state", BYTES(1, 'a')},
		{"no name", BYTES(0, 0)},
		{"a name past the end", BYTES(3, 'a', 'b')},
		{"a name in no UTF-8", BYTES(1, 0xff, 0)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		uint8_t *copy = exactly(broken[i].bytes.at, broken[i].bytes.len);
		struct slice page = slice_of(copy, broken[i].bytes.len), name;
		enum member_state there;
		if (who_get(&page, &name, &there) || !page.failed)
			fail_msg("taken: %s", broken[i].what);
		assert_false(who_get(&page, &name, &there));
		free(copy);
	}
}

/* ---- pages of rooms -------------------------------------------------------------------------- */

static void a_list_gives_back_what_was_put_on_it(void **state)
{
	static char topic[WIRE_TOPIC_MAX];
	struct listed_room small = {.room = 7, .name = words("#c")}, got;
	struct listed_room large = {.room = WIRE_MAX_ROOM,
				    .flags = LISTED_IN | LISTED_PASSWORD | LISTED_DIRECT,
				    .members = BUF_VARINT_MAX,
				    .head = BUF_VARINT_MAX,
				    .name = words(room_name),
				    .topic = slice_of(topic, sizeof(topic))};
	struct buf b = buf_of(storage, sizeof(storage));

	(void)state;
	memset(topic, 't', sizeof(topic));
	list_put(&b, &small);
	list_put(&b, &large);
	struct slice page = slice_of(storage, b.len);
	assert_true(list_get(&page, &got));
	assert_int_equal(got.room, 7);
	assert_int_equal(got.flags, 0);
	assert_slice(got.name, small.name);
	assert_int_equal(got.topic.len, 0);
	assert_true(list_get(&page, &got));
	assert_int_equal(got.room, WIRE_MAX_ROOM);
	assert_int_equal(got.flags, large.flags);
	assert_true(got.members == BUF_VARINT_MAX && got.head == BUF_VARINT_MAX);
	assert_slice(got.name, large.name);
	assert_slice(got.topic, large.topic);
	assert_false(list_get(&page, &got));
	assert_false(page.failed);
}

static void a_broken_list_ends_where_it_breaks(void **state)
{
	static const struct vector broken[] = {
		{"no name", BYTES(7, 0, 1, 1, 0, 0)},
		{"no topic", BYTES(7, 0, 1, 1, 2, '#', 'c')},
		{"a name in no UTF-8", BYTES(7, 0, 1, 1, 2, '#', 0xff, 0)},
		{"a topic in no UTF-8", BYTES(7, 0, 1, 1, 2, '#', 'c', 1, 0x80)},
		{"a room past the last",
		 BYTES(0xc0, 0, 0, 0, 0x40, 0, 0, 0, 0, 1, 1, 2, '#', 'c', 0)},
	};
	struct listed_room got;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		uint8_t *copy = exactly(broken[i].bytes.at, broken[i].bytes.len);
		struct slice page = slice_of(copy, broken[i].bytes.len);
		if (list_get(&page, &got) || !page.failed)
			fail_msg("taken: %s", broken[i].what);
		assert_false(list_get(&page, &got));
		free(copy);
	}
}

/* ---- pages of events ------------------------------------------------------------------------- */

static void a_page_of_events_gives_them_back_as_they_stand(void **state)
{
	struct buf b = buf_of(storage, sizeof(storage));
	struct event talk = sample_event(EVENT_TALK, true), lost = sample_event(EVENT_LOST, false);
	struct event got;
	struct slice raw;

	(void)state;
	event_put(&b, &lost);
	size_t first = b.len;
	event_put(&b, &talk);
	assert_false(b.failed);
	assert_in_range(b.len - first, 1, WIRE_REPLY_TEXT_MAX); /* one alone always fits */
	struct slice page = slice_of(storage, b.len);
	assert_true(page_get(&page, &got, &raw));
	assert_int_equal(got.kind, EVENT_LOST);
	assert_slice(raw, slice_of(storage, first));
	assert_true(page_get(&page, &got, &raw));
	assert_slice(got.text, talk.text);
	assert_slice(raw, slice_of(storage + first, b.len - first));
	assert_false(page_get(&page, &got, &raw));
	assert_false(page.failed);
}

static void a_page_of_anything_else_is_broken(void **state)
{
	struct event got;
	struct slice raw;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		struct buf b = buf_of(storage, sizeof(storage));
		sample_put(&b, &samples[i], false);
		for (size_t cut = 1; cut <= b.len; cut++) {
			bool whole = cut == b.len && samples[i].type == FRAME_EVENT;
			struct slice page = slice_of(storage, cut);
			assert_int_equal(page_get(&page, &got, &raw), whole);
			assert_int_equal(page.failed, !whole);
		}
	}
}

/* ---- which reply may say what ---------------------------------------------------------------- */

static void the_text_of_a_reply_is_what_was_asked_for(void **state)
{
	static const struct {
		struct vector text;
		const char *good_for; /* kinds of commands */
	} rows[] = {
#define NAMES  "\x05"
#define ROOMS  "\x08"
#define EVENTS "\x0c\x0d"
#define PLAIN  "\x01\x02\x03\x04\x06\x07\x09\x0a\x0b\x0e"
#define ABOUT  "\x0f"
		{{"nothing", {0}}, PLAIN NAMES ROOMS EVENTS},
		{{"letters", BYTES('a', 'l')}, PLAIN},
		{{"a name", BYTES(2, 'a', 'l', 1)}, PLAIN NAMES},
		{{"somebody", BYTES(1, 'a', 2, 0, 0, 0, 0, 0, 0)}, PLAIN ABOUT},
		{{"no UTF-8", BYTES('a', 0xc0)}, ""},
		{{"a room", BYTES(7, 3, 1, 0x40, 0x80, 2, '#', 'c', 0)}, ROOMS},
		{{"an event", BYTES(0x20, 7, 3, 6, 4, 0x40, 0x90, 1, 'a')}, EVENTS},
		{{"an event and a ping", BYTES(0x20, 7, 3, 6, 4, 0x40, 0x90, 1, 'a', 1, 1)}, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct bytes *text = &rows[i].text.bytes;
		struct reply r = {.id = 1, .text = slice_of(text->at, text->len)};
		for (enum command_kind to = COMMAND_JOIN; command_known(to); to++)
			if (reply_sound(&r, to) != (strchr(rows[i].good_for, (char)to) != NULL))
				fail_msg("%s, as an answer to command %d", rows[i].text.what,
					 (int)to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_gives_back_what_was_put_on_it),
		cmocka_unit_test(a_broken_page_ends_where_it_breaks),
		cmocka_unit_test(a_list_gives_back_what_was_put_on_it),
		cmocka_unit_test(a_broken_list_ends_where_it_breaks),
		cmocka_unit_test(a_page_of_events_gives_them_back_as_they_stand),
		cmocka_unit_test(a_page_of_anything_else_is_broken),
		cmocka_unit_test(the_text_of_a_reply_is_what_was_asked_for),
	};

	return cmocka_run_group_tests_name("wire_pages", tests, samples_setup, NULL);
}
