/* What is known of somebody, in words and as an object. */
#include "ui/about.h"

#include "check.h"
#include "proto/address.h"

#include <stdio.h>
#include <string.h>

#define MINUTE 60000
#define NOW    INT64_C(1795244400123)

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static struct whois here(void)
{
	return (struct whois){.name = text("alice"),
			      .since_ms = NOW - 125 * MINUTE,
			      .said_ms = NOW - MINUTE,
			      .key = text("gezd-gnbv"),
			      .transport = TRANSPORT_UDP,
			      .rooms = text("\6#lobby\4#dev")};
}

static void words_are(const struct whois *w, const char *want)
{
	char out[ABOUT_SIZE];
	size_t n = about_words(w, NOW, out);

	assert_string_equal(out, want);
	assert_int_equal(n, strlen(want));
}

static void test_who_is_here(void **state)
{
	struct whois w = here();

	(void)state;
	words_are(&w, "alice is here, connected over udp\n"
		      "here under this name for: 2 hours\n"
		      "silent for: 1 minute\n"
		      "key: gezd-gnbv\n"
		      "also in: #lobby #dev");
	w.state = MEMBER_AWAY;
	w.away_ms = NOW - 1;
	w.words = text("lunch\x1b[2J\nalice: hello");
	words_are(&w, "alice is away, connected over udp\n"
		      "here under this name for: 2 hours\n"
		      "away for: less than a minute\n"
		      "away because: lunch␛[2J␊alice: hello\n"
		      "silent for: 1 minute\n"
		      "key: gezd-gnbv\n"
		      "also in: #lobby #dev");
	w.state = 77; /* of a later version */
	w.transport = 77;
	w.away_ms = w.said_ms = w.since_ms = 0;
	w.key = w.rooms = text("");
	words_are(&w, "alice is here");
}

static void test_who_is_not(void **state)
{
	struct whois w = {.name = text("小明"),
			  .state = MEMBER_ABSENT,
			  .since_ms = NOW - INT64_C(72) * 60 * MINUTE};

	(void)state;
	words_are(&w, "小明 is not here\nlast here: 3 days ago");
	w.state = MEMBER_RECONNECTING;
	w.since_ms = 0;
	words_are(&w, "小明 has lost the connection, and may come back");
}

static void test_how_long_ago(void **state)
{
	static const struct {
		int64_t past;
		const char *want;
	} rows[] = {
		{-5000, "less than a minute"}, /* another clock */
		{0, "less than a minute"},
		{MINUTE - 1, "less than a minute"},
		{MINUTE, "1 minute"},
		{2 * MINUTE, "2 minutes"},
		{60 * MINUTE - 1, "59 minutes"},
		{60 * MINUTE, "1 hour"},
		{24 * 60 * MINUTE - 1, "23 hours"},
		{24 * 60 * MINUTE, "1 day"},
		{INT64_C(1000) * 24 * 60 * MINUTE, "1000 days"},
	};
	char want[80];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct whois w = {.name = text("a"), .said_ms = (uint64_t)(NOW - rows[i].past)};
		snprintf(want, sizeof(want), "a is here\nsilent for: %s", rows[i].want);
		words_are(&w, want);
	}
}

/* As much of everything as a reply may have. */
static void test_all_of_it_fits(void **state)
{
	static uint8_t rooms[WIRE_ROOMS_MAX * (2 + WIRE_ROOM_NAME_MAX)];
	char escapes[WIRE_AWAY_MAX], out[ABOUT_SIZE];
	struct buf b = buf_of(rooms, sizeof(rooms));
	struct whois w = here();

	(void)state;
	memset(escapes, '\x1b', sizeof(escapes));
	for (int i = 0; i < WIRE_ROOMS_MAX; i++)
		whois_put_room(&b, slice_of(escapes, WIRE_ROOM_NAME_MAX));
	assert_false(b.failed);
	w.name = slice_of(escapes, NAME_MAX_BYTES);
	w.words = slice_of(escapes, WIRE_AWAY_MAX);
	w.key = slice_of(escapes, 29);
	w.rooms = slice_of(b.data, b.len);
	w.state = MEMBER_RECONNECTING;
	w.away_ms = 1;
	size_t n = about_words(&w, NOW, out);
	assert_int_equal(n, strlen(out));
	assert_null(strchr(out, '\x1b'));
	size_t marks = 0;
	for (const char *p = out; (p = strstr(p, "␛")); p++)
		marks++;
	assert_int_equal(marks,
			 NAME_MAX_BYTES + WIRE_AWAY_MAX + 29 + WIRE_ROOMS_MAX * WIRE_ROOM_NAME_MAX);
}

static void test_as_an_object(void **state)
{
	uint8_t storage[1024];
	struct buf b = buf_of(storage, sizeof(storage));
	struct whois w = here();
	static const char want[] =
		"{\"kind\":\"whois\",\"id\":9,\"name\":\"alice\",\"state\":\"away\","
		"\"since\":\"2026-11-21T04:55:00.123Z\",\"away\":\"2026-11-21T07:00:00.123Z\","
		"\"words\":\"吃饭\",\"said\":\"2026-11-21T06:59:00.123Z\",\"key\":\"gezd-gnbv\","
		"\"transport\":\"udp\",\"rooms\":\"#lobby #dev\"}\n";

	(void)state;
	w.state = MEMBER_AWAY;
	w.away_ms = NOW;
	w.words = text("吃饭");
	about_json(&b, 9, &w);
	assert_int_equal(b.len, strlen(want));
	assert_memory_equal(b.data, want, b.len);
	b.len = 0;
	w = (struct whois){.name = text("bob"), .state = MEMBER_ABSENT};
	about_json(&b, 1, &w);
	assert_memory_equal(b.data,
			    "{\"kind\":\"whois\",\"id\":1,\"name\":\"bob\",\"state\":\"absent\"}\n",
			    b.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_here),  cmocka_unit_test(test_who_is_not),
		cmocka_unit_test(test_how_long_ago), cmocka_unit_test(test_all_of_it_fits),
		cmocka_unit_test(test_as_an_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
