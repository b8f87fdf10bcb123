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

static void plain_in(const struct event *e, const char *room, const char *want)
{
	static char out[FORMAT_LINE_SIZE];
	size_t n = format_plain(e, text(room), out);

	assert_string_equal(out, want);
	assert_int_equal(n, strlen(want));
}

static void plain_is(const struct event *e, const char *want)
{
	plain_in(e, FORMAT_LOBBY, want);
}

static void spoken_in(const struct event *e, const char *room, const char *want)
{
	static char out[FORMAT_LINE_SIZE];
	size_t n = format_spoken(e, text(room), out);

	assert_string_equal(out, want);
	assert_int_equal(n, strlen(want));
}

static void json_in(const struct event *e, const char *room, enum format_how how, const char *want)
{
	char out[1024];
	struct buf b = buf_of(out, sizeof(out) - 1);

	format_json_event(&b, e, text(room), how);
	assert_false(b.failed);
	out[b.len] = '\0';
	assert_string_equal(out, want);
}

static void json_is(const struct event *e, const char *want)
{
	json_in(e, FORMAT_LOBBY, FORMAT_LIVE, want);
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
	e = event(EVENT_TALK, "alice", "/me waves");
	plain_is(&e, "* alice waves");
	e = event(EVENT_TALK, "alice", "/me ");
	plain_is(&e, "alice: /me ");
	e = event(EVENT_TALK, "alice", "/men");
	plain_is(&e, "alice: /men");
	e = event(EVENT_AWAY, "alice", "lunch\x1b");
	plain_is(&e, "* alice is away: lunch␛");
	e = event(EVENT_AWAY, "alice", "");
	plain_is(&e, "* alice is back");
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

static void test_plain_lines_of_other_rooms_name_them(void **state)
{
	struct event e = event(EVENT_TALK, "alice", "hello");

	(void)state;
	plain_in(&e, "#dev", "[#dev] alice: hello");
	plain_in(&e, "@alice", "[@alice] alice: hello");
	plain_in(&e, "#开发", "[#开发] alice: hello");
	plain_in(&e, "#a\x1b]b", "[#a␛]b] alice: hello");
	e = event(EVENT_JOIN, "bob", "");
	plain_in(&e, "#dev", "[#dev] * bob joined");
	e = event(EVENT_OPEN, "bob", "#dev");
	plain_in(&e, "#dev", "[#dev] * bob opened the room");
	e = event(EVENT_QUIT, "bob", "tired");
	e.reason = LEAVE_PARTED;
	plain_in(&e, "#dev", "[#dev] * bob left: tired");
	e = event(EVENT_LOST, "bob", "");
	plain_in(&e, "#dev", "");
}

static void test_plain_topics(void **state)
{
	struct event e = event(EVENT_TOPIC, "小明", "周五\n爬山");

	(void)state;
	plain_in(&e, "#dev", "[#dev] * 小明 set the topic: 周五␊爬山");
	e = event(EVENT_TOPIC, "小明", "");
	plain_in(&e, "#dev", "[#dev] * 小明 cleared the topic");
}

static void test_plain_recalls_and_edits(void **state)
{
	struct event e = event(EVENT_RECALL, "alice", "");

	(void)state;
	plain_is(&e, "* alice recalled a message");
	e = event(EVENT_RECALL, "", "");
	plain_is(&e, "* the administrator recalled a message");
	e = event(EVENT_RECALLED, "alice", "");
	plain_is(&e, "* alice recalled a message");
	e = event(EVENT_EDIT, "alice", "new\x1btext");
	plain_is(&e, "* alice edited: new␛text");
	e = event(EVENT_EDIT, "alice", "");
	plain_is(&e, "* alice edited a message");
	e = event(EVENT_EDITED, "alice", "new text");
	plain_is(&e, "alice: new text");
}

static void test_what_is_not_known_has_no_line(void **state)
{
	struct event e = event((enum event_kind)200, "", "");

	(void)state;
	plain_is(&e, "");
}

static void found_is(const struct event *e, const char *room, const char *want)
{
	static char out[FORMAT_LINE_SIZE];
	size_t n = format_found(e, text(room), "12:00", out);

	assert_string_equal(out, want);
	assert_int_equal(n, strlen(want));
}

static void test_what_a_search_finds(void **state)
{
	struct event e = event(EVENT_TALK, "alice", "two\nlines");

	(void)state;
	found_is(&e, "#dev", "#dev 12 (12:00) alice: two␊lines");
	e = event(EVENT_ANNOUNCE, "", "九点停机");
	found_is(&e, "#lobby", "#lobby 12 (12:00) ! 九点停机");
	e = event(EVENT_TOPIC, "bob", "x");
	found_is(&e, "#\x1b[0m", "#␛[0m 12 (12:00) * bob set the topic: x");
}

static void room_is(const struct listed_room *r, const char *line, const char *json)
{
	static char out[FORMAT_LINE_SIZE];
	struct buf b = buf_of(out, sizeof(out) - 1);

	assert_int_equal(format_room(r, out), strlen(line));
	assert_string_equal(out, line);
	format_json_room(&b, 9, r);
	out[b.len] = '\0';
	assert_string_equal(out, json);
}

static void test_rooms_in_lists(void **state)
{
	struct listed_room r = {.members = 3, .head = 120, .name = text("#dev")};

	(void)state;
	room_is(&r, "#dev, 3 here",
		"{\"kind\":\"room\",\"id\":9,\"room\":\"dev\",\"members\":3,\"newest\":120}\n");
	r.topic = text("周五\x07");
	r.flags = LISTED_IN | LISTED_PASSWORD;
	room_is(&r, "#dev, 3 here, with a password: 周五␇",
		"{\"kind\":\"room\",\"id\":9,\"room\":\"dev\",\"members\":3,\"newest\":120,"
		"\"topic\":\"周五\\u0007\",\"in\":true,\"password\":true}\n");
	r = (struct listed_room){
		.members = 2, .head = 7, .name = text("@小明"), .flags = LISTED_IN | LISTED_DIRECT};
	room_is(&r, "@小明",
		"{\"kind\":\"room\",\"id\":9,\"room\":\"@小明\",\"members\":2,\"newest\":7,"
		"\"in\":true}\n");
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
	assert_int_equal(format_plain(&e, text(FORMAT_LOBBY), out),
			 strlen("alice: ") + 3 * (size_t)TEXT_MAX_BYTES);
	free(big);
}

static void test_events_in_words(void **state)
{
	struct event e = event(EVENT_TALK, "alice", "hello\033[2J");

	(void)state;
	spoken_in(&e, FORMAT_LOBBY, "alice: hello␛[2J");
	spoken_in(&e, "#dev", "in #dev, alice: hello␛[2J");
	e = event(EVENT_TALK, "in", "/me #dev, alice: hello");
	spoken_in(&e, FORMAT_LOBBY, "in, #dev, alice: hello");
	e = event(EVENT_TALK, "alice", "/me waves");
	spoken_in(&e, "@bob", "in @bob, alice, waves");
	e = event(EVENT_EDITED, "alice", "hi");
	spoken_in(&e, FORMAT_LOBBY, "alice: hi");
	e = event(EVENT_ANNOUNCE, "", "down at 9");
	spoken_in(&e, FORMAT_LOBBY, "the administrator announces: down at 9");
	e = event(EVENT_JOIN, "alice", "");
	spoken_in(&e, FORMAT_LOBBY, "alice joined");
	e = event(EVENT_NICK, "alice", "bob");
	spoken_in(&e, "#dev", "in #dev, alice is now known as bob");
	e = event(EVENT_LOST, "alice", "");
	spoken_in(&e, "#dev", "");
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
	e = event(EVENT_AWAY, "alice", "lunch");
	json_is(&e, "{\"seq\":12,\"room\":\"lobby\",\"kind\":\"away\",\"from\":\"alice\","
		    "\"time\":\"2026-11-21T07:00:00.123Z\",\"text\":\"lunch\"}\n");
	e = event(EVENT_LOST, "alice", "");
	json_is(&e, "{\"seq\":12,\"room\":\"lobby\",\"kind\":\"lost\",\"from\":\"alice\","
		    "\"time\":\"2026-11-21T07:00:00.123Z\"}\n");
	e = event(EVENT_BACK, "alice", "");
	json_is(&e, "{\"seq\":12,\"room\":\"lobby\",\"kind\":\"back\",\"from\":\"alice\","
		    "\"time\":\"2026-11-21T07:00:00.123Z\"}\n");
}

#define HEAD(room, kind) "{\"seq\":12,\"room\":\"" room "\",\"kind\":\"" kind "\","
#define TIME		 "\"time\":\"2026-11-21T07:00:00.123Z\""

static void test_json_rooms(void **state)
{
	struct event e = event(EVENT_TALK, "alice", "hi");

	(void)state;
	json_in(&e, "#dev", FORMAT_LIVE,
		HEAD("dev", "talk") "\"from\":\"alice\"," TIME ",\"text\":\"hi\"}\n");
	json_in(&e, "@alice", FORMAT_LIVE,
		HEAD("@alice", "talk") "\"from\":\"alice\"," TIME ",\"text\":\"hi\"}\n");
	json_in(&e, "#dev", FORMAT_PAST,
		HEAD("dev", "talk") "\"from\":\"alice\"," TIME ",\"text\":\"hi\",\"past\":true}\n");
	json_in(&e, "#dev", FORMAT_FOUND,
		HEAD("dev", "talk") "\"from\":\"alice\"," TIME
				    ",\"text\":\"hi\",\"found\":true}\n");
	json_in(&e, "#a\"\x1b", FORMAT_LIVE,
		HEAD("a\\\"\\u001b", "talk") "\"from\":\"alice\"," TIME ",\"text\":\"hi\"}\n");
	e = event(EVENT_OPEN, "alice", "#dev");
	json_in(&e, "#dev", FORMAT_LIVE, HEAD("dev", "open") "\"from\":\"alice\"," TIME "}\n");
	e = event(EVENT_TOPIC, "alice", "周五");
	json_in(&e, "#dev", FORMAT_LIVE,
		HEAD("dev", "topic") "\"from\":\"alice\"," TIME ",\"text\":\"周五\"}\n");
}

static void test_json_recalls_and_edits(void **state)
{
	struct event e = event(EVENT_RECALL, "alice", "");

	(void)state;
	e.target = 9;
	json_is(&e, HEAD("lobby", "recall") "\"from\":\"alice\"," TIME ",\"target\":9}\n");
	e.from = text("");
	json_is(&e, HEAD("lobby", "recall") TIME ",\"target\":9}\n");
	e = event(EVENT_EDIT, "alice", "new");
	e.target = 9;
	json_is(&e, HEAD("lobby", "edit") "\"from\":\"alice\"," TIME
					  ",\"target\":9,\"text\":\"new\"}\n");
	e = event(EVENT_RECALLED, "alice", "");
	json_is(&e, HEAD("lobby", "recalled") "\"from\":\"alice\"," TIME "}\n");
	e = event(EVENT_EDITED, "alice", "new");
	json_is(&e, HEAD("lobby", "talk") "\"from\":\"alice\"," TIME
					  ",\"text\":\"new\",\"edited\":true}\n");
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
	result_is((struct format_result){.id = 7, .code = CODE_OK, .seq = 2, .room = text("#dev")},
		  "{\"kind\":\"ok\",\"id\":7,\"code\":\"ok\",\"seq\":2,\"room\":\"dev\"}\n");
	result_is((struct format_result){.id = 7, .code = CODE_OK, .paged = true, .more = true},
		  "{\"kind\":\"ok\",\"id\":7,\"code\":\"ok\",\"more\":true}\n");
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
	char out[200];
	struct buf b = buf_of(out, sizeof(out) - 1);

	(void)state;
	format_json_who(&b, 9, text("小明"), MEMBER_HERE);
	format_json_who(&b, 9, text("bob"), MEMBER_RECONNECTING);
	format_json_who(&b, 9, text("eve"), MEMBER_AWAY);
	out[b.len] = '\0';
	assert_string_equal(out, "{\"kind\":\"who\",\"id\":9,\"name\":\"小明\"}\n"
				 "{\"kind\":\"who\",\"id\":9,\"name\":\"bob\","
				 "\"state\":\"reconnecting\"}\n"
				 "{\"kind\":\"who\",\"id\":9,\"name\":\"eve\","
				 "\"state\":\"away\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_lines),
		cmocka_unit_test(test_plain_quits),
		cmocka_unit_test(test_plain_lines_are_safe),
		cmocka_unit_test(test_a_talk_of_any_length_fits),
		cmocka_unit_test(test_events_in_words),
		cmocka_unit_test(test_json_events),
		cmocka_unit_test(test_json_quits),
		cmocka_unit_test(test_plain_lines_of_other_rooms_name_them),
		cmocka_unit_test(test_plain_topics),
		cmocka_unit_test(test_plain_recalls_and_edits),
		cmocka_unit_test(test_what_is_not_known_has_no_line),
		cmocka_unit_test(test_what_a_search_finds),
		cmocka_unit_test(test_rooms_in_lists),
		cmocka_unit_test(test_json_rooms),
		cmocka_unit_test(test_json_recalls_and_edits),
		cmocka_unit_test(test_json_results),
		cmocka_unit_test(test_json_error_without_words_has_the_codes_own),
		cmocka_unit_test(test_json_who),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
