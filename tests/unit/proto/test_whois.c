/* What a reply to WHOIS says, there and back; and what is none.  protocol.md §4. */
#include "proto/whois.h"

#include "check.h"
#include "proto/address.h"
#include "proto/key.h"
#include "proto/wire.h"

#include <string.h>

static struct slice words(const char *s)
{
	return slice_of(s, strlen(s));
}

static void assert_words(struct slice got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.data, want, got.len);
}

static const struct whois sample = {.state = MEMBER_AWAY,
				    .since_ms = 1795244400123,
				    .away_ms = 1795244400124,
				    .said_ms = 7,
				    .transport = TRANSPORT_TCP};

static struct buf put(uint8_t storage[1024], const struct whois *w, const char *const rooms[])
{
	struct buf b = buf_of(storage, 1024);

	whois_put(&b, w);
	for (; *rooms; rooms++)
		whois_put_room(&b, words(*rooms));
	assert_false(b.failed);
	return b;
}

static struct whois full(void)
{
	struct whois w = sample;

	w.name = words("小明");
	w.words = words("吃饭");
	w.key = words("gezd-gnbv-gy3t-qojq-gezd-gnbv");
	return w;
}

static void it_gives_back_what_was_put(void **state)
{
	static const char *const rooms[] = {"#lobby", "#茶馆", NULL};
	uint8_t storage[1024];
	struct whois w = full(), got;
	struct buf b = put(storage, &w, rooms);
	struct slice name;

	(void)state;
	assert_true(whois_get(slice_of(b.data, b.len), &got));
	assert_words(got.name, "小明");
	assert_words(got.words, "吃饭");
	assert_int_equal(got.key.len, KEY_FINGERPRINT);
	assert_int_equal(got.state, MEMBER_AWAY);
	assert_int_equal(got.transport, TRANSPORT_TCP);
	assert_true(got.since_ms == w.since_ms && got.away_ms == w.away_ms && got.said_ms == 7);
	assert_true(whois_room(&got.rooms, &name));
	assert_words(name, "#lobby");
	assert_true(whois_room(&got.rooms, &name));
	assert_words(name, "#茶馆");
	assert_false(whois_room(&got.rooms, &name));
}

/* Wherever it ends but behind a whole room, it is none. */
static void it_is_none_when_it_is_cut_short(void **state)
{
	static const char *const rooms[] = {"#a", "#b", NULL};
	uint8_t storage[1024];
	struct whois w = full(), got;
	struct buf b = put(storage, &w, rooms);

	(void)state;
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(whois_get(slice_of(b.data, len), &got),
				 len == b.len - 3 || len == b.len - 6);
}

static void it_is_none_when_a_text_is_none(void **state)
{
	static const char *const bad_room[] = {"#\xff", NULL}, *const no_room[] = {"", NULL},
				 *const none[] = {NULL};
	char lengthy[WIRE_AWAY_MAX + 1];
	uint8_t storage[1024];
	struct whois got;

	(void)state;
	memset(lengthy, 'a', sizeof(lengthy));
	const struct {
		struct slice name, words, key;
		const char *const *rooms;
		bool good;
	} rows[] = {
		{words("a"), words(""), words(""), none, true},
		{words(""), words(""), words(""), none, false},
		{words("\xc0"), words(""), words(""), none, false},
		{words("a"), words("\xc0"), words(""), none, false},
		{words("a"), slice_of(lengthy, WIRE_AWAY_MAX), words(""), none, true},
		{words("a"), slice_of(lengthy, WIRE_AWAY_MAX + 1), words(""), none, false},
		{words("a"), words(""), slice_of(lengthy, KEY_FINGERPRINT), none, true},
		{words("a"), words(""), slice_of(lengthy, KEY_FINGERPRINT + 1), none, false},
		{words("a"), words(""), words(""), bad_room, false},
		{words("a"), words(""), words(""), no_room, false},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct whois w = sample;
		w.name = rows[i].name;
		w.words = rows[i].words;
		w.key = rows[i].key;
		struct buf b = put(storage, &w, rows[i].rooms);
		if (whois_get(slice_of(b.data, b.len), &got) != rows[i].good)
			fail_msg("row %zu", i);
	}
}

/* A refusal says nothing of anybody. */
static void a_refusal_has_a_text_like_any(void **state)
{
	struct reply r = {.id = 1, .code = CODE_NO_SUCH_NICK, .text = words("")};

	(void)state;
	assert_true(reply_sound(&r, COMMAND_WHOIS));
	r.text = words("\xc0");
	assert_false(reply_sound(&r, COMMAND_WHOIS));
	r.code = CODE_OK;
	r.text = words("");
	assert_false(reply_sound(&r, COMMAND_WHOIS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_gives_back_what_was_put),
		cmocka_unit_test(it_is_none_when_it_is_cut_short),
		cmocka_unit_test(it_is_none_when_a_text_is_none),
		cmocka_unit_test(a_refusal_has_a_text_like_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
