/* ui/format: the lines that scripts rest on, to the letter. */
#include "ui/format.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

/* 2026-11-21T07:00:00.123Z */
#define WHEN INT64_C(1795244400123)

static struct event event(enum event_kind kind, const char *from, const char *what)
{
	return (struct event){.room = WIRE_LOBBY,
			      .seq = 12,
			      .kind = kind,
			      .time_ms = WHEN,
			      .from = text(from),
			      .text = text(what)};
}

static void plain_is(const struct event *e, const char *want)
{
	static char out[FORMAT_LINE_SIZE];
	size_t n = format_plain(e, out);

	assert_string_equal(out, want);
	assert_int_equal(n, strlen(want));
}

static void json_is(const struct event *e, const char *want)
{
	char out[1024];
	struct buf b = buf_of(out, sizeof(out) - 1);

	format_json_event(&b, e, text("lobby"));
	assert_false(b.failed);
	out[b.len] = '\0';
	assert_string_equal(out, want);
}

static void test_plain_lines(void **state)
{
	struct event e = event(EVENT_TALK, "alice", "hello");

	(void)state;
	plain_is(&e, "alice: hello");
	e = event(EVENT_JOIN, "小明", "");
	plain_is(&e, "* 小明 joined");
	e = event(EVENT_NICK, "alice", "bob");
	plain_is(&e, "* alice is now known as bob");
	e = event(EVENT_ANNOUNCE, "", "九点停机");
	plain_is(&e, "! 九点停机");
	e = event(EVENT_LOST, "alice", "");
	plain_is(&e, ""); /* a mark in the list of members, not a line */
	e = event(EVENT_BACK, "alice", "");
	plain_is(&e, "");
}

static void test_plain_quits(void **state)
{
	struct event e = event(EVENT_QUIT, "alice", "");

	(void)state;
	plain_is(&e, "* alice left");
	e.reason = LEAVE_TIMED_OUT;
	plain_is(&e, "* alice left (timed out)");
	e = event(EVENT_QUIT, "alice", "good night");
	plain_is(&e, "* alice left: good night");
	e.reason = LEAVE_KICKED;
	plain_is(&e, "* alice left (kicked): good night");
}

/* One event is one line, and no text can take hold of the terminal. */
static void test_plain_lines_are_safe(void **state)
{
	struct event e = event(EVENT_TALK, "alice", "a\nb\x1b[2J\tc\u202e.");

	(void)state;
	plain_is(&e, "alice: a␊b␛[2J c<U+202E>.");
	e = event(EVENT_QUIT, "alice", "bye\r\nall");
	plain_is(&e, "* alice left: bye␍␊all");
}

static void test_a_talk_of_any_length_fits(void **state)
{
	char *big = malloc(TEXT_MAX_BYTES);
	static char out[FORMAT_LINE_SIZE];
	struct event e = event(EVENT_TALK, "alice", "");

	(void)state;
	assert_non_null(big);
	memset(big, 0x1b, TEXT_MAX_BYTES);
	e.text = slice_of(big, TEXT_MAX_BYTES);
	assert_int_equal(format_plain(&e, out), strlen("alice: ") + 3 * (size_t)TEXT_MAX_BYTES);
	free(big);
}

static void test_json_events(void **state)
{
	struct event e = event(EVENT_TALK, "alice", "say \"hi\"\n你好");

	(void)state;
	json_is(&e, "{\"seq\":12,\"room\":\"lobby\",\"kind\":\"talk\",\"from\":\"alice\","
		    "\"time\":\"2026-11-21T07:00:00.123Z\",\"text\":\"say \\\"hi\\\"\\n你好\"}\n");
	e = event(EVENT_JOIN, "alice", "");
	json_is(&e, "{\"seq\":12,\"room\":\"lobby\",\"kind\":\"join\",\"from\":\"alice\","
		    "\"time\":\"2026-11-21T07:00:00.123Z\"}\n");
	e = event(EVENT_NICK, "alice", "bob");
	json_is(&e, "{\"seq\":12,\"room\":\"lobby\",\"kind\":\"nick\",\"from\":\"alice\","
		    "\"time\":\"2026-11-21T07:00:00.123Z\",\"to\":\"bob\"}\n");
	e = event(EVENT_ANNOUNCE, "", "down at 9");
	json_is(&e, "{\"seq\":12,\"room\":\"lobby\",\"kind\":\"announce\","
		    "\"time\":\"2026-11-21T07:00:00.123Z\",\"text\":\"down at 9\"}\n");
	e = event(EVENT_LOST, "alice", "");
	json_is(&e, "{\"seq\":12,\"room\":\"lobby\",\"kind\":\"lost\",\"from\":\"alice\","
		    "\"time\":\"2026-11-21T07:00:00.123Z\"}\n");
	e = event(EVENT_BACK, "alice", "");
	json_is(&e, "{\"seq\":12,\"room\":\"lobby\",\"kind\":\"back\",\"from\":\"alice\","
		    "\"time\":\"2026-11-21T07:00:00.123Z\"}\n");
}

static void test_json_quits(void **state)
{
	struct event e = event(EVENT_QUIT, "alice", "");

	(void)state;
	json_is(&e, "{\"seq\":12,\"room\":\"lobby\",\"kind\":\"quit\",\"from\":\"alice\","
		    "\"time\":\"2026-11-21T07:00:00.123Z\",\"reason\":\"left\"}\n");
	e = event(EVENT_QUIT, "alice", "bye");
	e.reason = LEAVE_TIMED_OUT;
	json_is(&e, "{\"seq\":12,\"room\":\"lobby\",\"kind\":\"quit\",\"from\":\"alice\","
		    "\"time\":\"2026-11-21T07:00:00.123Z\",\"reason\":\"timed "
		    "out\",\"text\":\"bye\"}\n");
}

static void result_is(struct format_result r, const char *want)
{
	char out[512];
	struct buf b = buf_of(out, sizeof(out) - 1);

	format_json_result(&b, &r);
	assert_false(b.failed);
	out[b.len] = '\0';
	assert_string_equal(out, want);
}

static void test_json_results(void **state)
{
	(void)state;
	result_is((struct format_result){.id = 7, .code = CODE_OK, .seq = 12},
		  "{\"kind\":\"ok\",\"id\":7,\"code\":\"ok\",\"seq\":12}\n");
	result_is((struct format_result){.id = 7, .code = CODE_OK, .text = text("bob")},
		  "{\"kind\":\"ok\",\"id\":7,\"code\":\"ok\"}\n");
	result_is((struct format_result){.id = 8, .code = CODE_NAME_TAKEN, .text = text("gone")},
		  "{\"kind\":\"error\",\"id\":8,\"code\":\"name-taken\",\"reason\":\"gone\"}\n");
	result_is((struct format_result){.code = CODE_UNKNOWN_COMMAND, .text = text("/foo?")},
		  "{\"kind\":\"error\",\"code\":\"unknown-command\",\"reason\":\"/foo?\"}\n");
}

static void test_json_error_without_words_has_the_codes_own(void **state)
{
	char out[512];
	struct buf b = buf_of(out, sizeof(out) - 1);

	(void)state;
	format_json_result(&b, &(struct format_result){.id = 1, .code = CODE_NAME_TAKEN});
	out[b.len] = '\0';
	assert_non_null(strstr(out, code_reason(CODE_NAME_TAKEN)));
}

static void test_json_who(void **state)
{
	char out[128];
	struct buf b = buf_of(out, sizeof(out) - 1);

	(void)state;
	format_json_who(&b, 9, text("小明"), MEMBER_HERE);
	format_json_who(&b, 9, text("bob"), MEMBER_RECONNECTING);
	out[b.len] = '\0';
	assert_string_equal(out, "{\"kind\":\"who\",\"id\":9,\"name\":\"小明\"}\n"
				 "{\"kind\":\"who\",\"id\":9,\"name\":\"bob\","
				 "\"state\":\"reconnecting\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_lines),
		cmocka_unit_test(test_plain_quits),
		cmocka_unit_test(test_plain_lines_are_safe),
		cmocka_unit_test(test_a_talk_of_any_length_fits),
		cmocka_unit_test(test_json_events),
		cmocka_unit_test(test_json_quits),
		cmocka_unit_test(test_json_results),
		cmocka_unit_test(test_json_error_without_words_has_the_codes_own),
		cmocka_unit_test(test_json_who),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
