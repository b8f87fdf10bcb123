/* client/messages: every message survives the way, and nothing but a whole message is taken. */
#include "messages.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

static struct slice text(const char *s)
{
	return message_text(s);
}

/* One of each type, with every field away from zero where it may be. */
static size_t samples(struct message *m)
{
	size_t n = 0;

	m[n++] = (struct message){.type = MESSAGE_LINE, .line = text("今天天气不错 🙂")};
	m[n++] = (struct message){.type = MESSAGE_EDIT,
				  .edit = {.prompt = text("(search) "),
					   .line = text("half a 句"),
					   .cursor = 7,
					   .serial = 300}};
	m[n++] = (struct message){.type = MESSAGE_INPUT_END};
	m[n++] = (struct message){.type = MESSAGE_INTERRUPT};
	m[n++] = (struct message){.type = MESSAGE_KEY, .key = VIEW_KEY_REDRAW};
	m[n++] = (struct message){.type = MESSAGE_CREDIT, .credit = 4000000000u};
	m[n++] = (struct message){
		.type = MESSAGE_EVENT,
		.event = {.room = text("#开发"), .raw = slice_of("\x20\x00\xff", 3), .past = true}};
	m[n++] = (struct message){.type = MESSAGE_RESULT,
				  .result = {.id = 77,
					     .kind = COMMAND_NICK,
					     .code = CODE_NAME_TAKEN,
					     .seq = 1u << 20,
					     .room = text("#dev"),
					     .more = true,
					     .text = text("somebody has it")}};
	m[n++] = (struct message){.type = MESSAGE_NOTICE,
				  .notice = {.level = NOTICE_ERROR, .text = text("two\nlines")}};
	m[n++] = (struct message){.type = MESSAGE_STATUS,
				  .status = {.link = LINK_RECONNECTING,
					     .lag_ms = 1234,
					     .transport = TRANSPORT_TCP,
					     .unsent = 12345,
					     .nick = text("小明"),
					     .room = text("@alice"),
					     .server = text("tcp://[::1]:8888"),
					     .prompt = text("name: ")}};
	m[n++] = (struct message){.type = MESSAGE_WHO,
				  .who = {.id = 9,
					  .room = text("#dev"),
					  .first = true,
					  .asked = true,
					  .names = slice_of("\x05"
							    "alice"
							    "\x03"
							    "bob",
							    10)}};
	m[n++] = (struct message){.type = MESSAGE_ROOM,
				  .room = {.room = text("#dev"),
					   .topic = text("周五"),
					   .was = text("#new"),
					   .left = true}};
	m[n++] = (struct message){.type = MESSAGE_LIST,
				  .list = {.id = 10, .entries = slice_of("\x01\x02\x03", 3)}};
	m[n++] = (struct message){.type = MESSAGE_OLDER,
				  .page = {.room = text("@alice"), .before = 4711}};
	m[n++] = (struct message){.type = MESSAGE_PAGE,
				  .page = {.id = 11,
					   .room = text("#dev"),
					   .before = 4711,
					   .more = true,
					   .events = slice_of("\x20\x00\xff", 3)}};
	m[n++] = (struct message){
		.type = MESSAGE_FOUND,
		.event = {.id = 12, .room = text("#dev"), .raw = slice_of("\x20\x00", 2)}};
	m[n++] = (struct message){.type = MESSAGE_MARK};
	m[n++] = (struct message){.type = MESSAGE_STOP, .words = text("bye")};
	m[n++] = (struct message){.type = MESSAGE_SETTING,
				  .setting = {.kind = PREFERENCE_ROOM,
					      .name = text("#开发"),
					      .value = text("mentions")}};
	m[n++] = (struct message){.type = MESSAGE_CLEAR};
	m[n++] = (struct message){.type = MESSAGE_SAID,
				  .said = {.ticket = 4711,
					   .room = text("#开发"),
					   .state = SAID_FAILED,
					   .seq = 1234567,
					   .reason = text("too fast"),
					   .text = text("两\n行")}};
	m[n++] = (struct message){.type = MESSAGE_TAKE_BACK, .line = text("half a 句")};
	m[n++] = (struct message){.type = MESSAGE_MISSED, .missed = text("#开发")};
	m[n++] = (struct message){.type = MESSAGE_GO, .go = text("#开发")};
	m[n++] = (struct message){
		.type = MESSAGE_COMPLETE,
		.complete = {.serial = 70, .line = text("hi 小"), .cursor = 6, .turn = -300}};
	m[n++] = (struct message){
		.type = MESSAGE_REPLACE,
		.replace = {.serial = 70, .from = 3, .to = 6, .text = text("小明 ")}};
	m[n++] = (struct message){
		.type = MESSAGE_CALL,
		.event = {.room = text("#dev"), .raw = slice_of("\x20\x00", 2), .calls = true}};
	m[n++] = (struct message){.type = MESSAGE_WHOIS,
				  .list = {.id = 10, .entries = slice_of("\x01\x02\x03", 3)}};
	m[n++] = (struct message){.type = MESSAGE_FIND,
				  .find = {.what = FIND_OLDER, .words = text("天气")}};
	m[n++] = (struct message){.type = MESSAGE_DRAFT,
				  .draft = {.serial = 70000, .text = text("另\n一行")}};
	return n;
}

static struct ipc_message encode(const struct message *m, uint8_t *body, size_t cap)
{
	struct buf b = buf_of(body, cap);

	message_put(&b, m);
	assert_false(b.failed);
	return (struct ipc_message){.type = (uint8_t)m->type, .body = slice_of(body, b.len)};
}

static void assert_text(struct slice got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.data, want, got.len);
}

static void test_every_type_is_sampled(void **state)
{
	struct message m[32];

	(void)state;
	size_t n = samples(m);
	assert_int_equal(n, MESSAGE_LAST);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(m[i].type, i + 1);
}

static void test_what_is_put_is_got(void **state)
{
	struct message m[32];
	uint8_t one[MESSAGE_MAX_BODY], two[MESSAGE_MAX_BODY];

	(void)state;
	for (size_t i = 0, n = samples(m); i < n; i++) {
		struct message got;
		struct ipc_message in = encode(&m[i], one, sizeof(one));
		assert_int_equal(message_get(&in, &got), ERR_NONE);
		struct ipc_message again = encode(&got, two, sizeof(two));
		assert_int_equal(again.type, in.type);
		assert_int_equal(again.body.len, in.body.len);
		assert_memory_equal(one, two, in.body.len);
	}
}

static void test_fields_arrive_in_their_places(void **state)
{
	struct message m[32], got;
	uint8_t body[MESSAGE_MAX_BODY];

	(void)state;
	samples(m);
	struct ipc_message in = encode(&m[MESSAGE_STATUS - 1], body, sizeof(body));
	assert_int_equal(message_get(&in, &got), ERR_NONE);
	assert_int_equal(got.status.link, LINK_RECONNECTING);
	assert_int_equal(got.status.transport, TRANSPORT_TCP);
	assert_int_equal(got.status.lag_ms, 1234);
	assert_int_equal(got.status.unsent, 12345);
	assert_text(got.status.nick, "小明");
	assert_text(got.status.room, "@alice");
	assert_text(got.status.server, "tcp://[::1]:8888");
	assert_text(got.status.prompt, "name: ");
	in = encode(&m[MESSAGE_EVENT - 1], body, sizeof(body));
	assert_int_equal(message_get(&in, &got), ERR_NONE);
	assert_true(got.event.past);
	assert_false(got.event.calls);
	in = encode(&m[MESSAGE_CALL - 1], body, sizeof(body));
	assert_int_equal(message_get(&in, &got), ERR_NONE);
	assert_false(got.event.past);
	assert_true(got.event.calls);
	in = encode(&m[MESSAGE_WHO - 1], body, sizeof(body));
	assert_int_equal(message_get(&in, &got), ERR_NONE);
	assert_true(got.who.first);
	assert_false(got.who.more);
	assert_true(got.who.asked);
	assert_int_equal(got.who.id, 9);
	assert_text(got.who.room, "#dev");
	in = encode(&m[MESSAGE_PAGE - 1], body, sizeof(body));
	assert_int_equal(message_get(&in, &got), ERR_NONE);
	assert_text(got.page.room, "#dev");
	assert_int_equal(got.page.id, 11);
	assert_int_equal(got.page.before, 4711);
	assert_true(got.page.more);
	in = encode(&m[MESSAGE_ROOM - 1], body, sizeof(body));
	assert_int_equal(message_get(&in, &got), ERR_NONE);
	assert_text(got.room.topic, "周五");
	assert_text(got.room.was, "#new");
	assert_true(got.room.left);
	in = encode(&m[MESSAGE_COMPLETE - 1], body, sizeof(body));
	assert_int_equal(message_get(&in, &got), ERR_NONE);
	assert_int_equal(got.complete.turn, -300);
	assert_int_equal(got.complete.cursor, 6);
	in = encode(&m[MESSAGE_REPLACE - 1], body, sizeof(body));
	assert_int_equal(message_get(&in, &got), ERR_NONE);
	assert_int_equal(got.replace.from, 3);
	assert_int_equal(got.replace.to, 6);
}

static void test_a_cut_or_longer_body_is_refused(void **state)
{
	struct message m[32];
	uint8_t body[MESSAGE_MAX_BODY + 1];

	(void)state;
	for (size_t i = 0, n = samples(m); i < n; i++) {
		struct message out, before;
		struct ipc_message in = encode(&m[i], body, MESSAGE_MAX_BODY);
		size_t whole = in.body.len;
		memset(&before, 0x5a, sizeof(before));
		memcpy(&out, &before, sizeof(out));
		for (size_t len = 0; len <= whole + 1; len++) {
			if (len == whole)
				continue;
			body[whole] = 0;
			in.body = slice_of(body, len);
			assert_int_equal(message_get(&in, &out), ERR_MALFORMED);
			assert_memory_equal(&out, &before, sizeof(out));
		}
	}
}

/* A flipped bit is either refused or makes another whole message; never a wild pointer. */
static void test_flipped_bits_do_no_harm(void **state)
{
	struct message m[32];
	uint8_t body[MESSAGE_MAX_BODY], again[MESSAGE_MAX_BODY];

	(void)state;
	for (size_t i = 0, n = samples(m); i < n; i++) {
		struct ipc_message in = encode(&m[i], body, sizeof(body));
		for (size_t bit = 0; bit < in.body.len * 8; bit++) {
			struct message got;
			body[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (message_get(&in, &got) == ERR_NONE)
				encode(&got, again, sizeof(again));
			body[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

static void test_values_outside_their_range_are_refused(void **state)
{
	static const struct {
		uint8_t type;
		const char *body;
		size_t len;
	} rows[] = {
		{0, "", 0},
		{MESSAGE_LAST + 1, "", 0},
		{255, "", 0},
		{MESSAGE_KEY, "\x00", 1},
		{MESSAGE_KEY, "\xff", 1},
		{MESSAGE_SAID, "\1\0\0\0\0\0", 6}, /* no such state */
		{MESSAGE_SAID, "\1\0\5\0\0\0", 6},
		{MESSAGE_NOTICE, "\x00\x00", 2},
		{MESSAGE_NOTICE, "\x04\x00", 2},
		{MESSAGE_EDIT, "\x00\x01x\x02\x00", 5},	   /* a cursor past the line */
		{MESSAGE_CREDIT, "\xc0\0\0\1\0\0\0\0", 8}, /* 2^32 */
		{MESSAGE_STATUS, "\x00\0\0\0\0\0\0", 7},   /* no such link state */
		{MESSAGE_STATUS, "\x01\x04\0\0\0\0\0", 7}, /* no such transport */
		{MESSAGE_WHO, "\x01\x00\x08\x00", 4},	   /* an unknown flag */
		{MESSAGE_RESULT, "\x01\x10\0\0\0\0\0", 7}, /* no such command */
		{MESSAGE_RESULT, "\x01\x01\0\0\0\2\0", 7}, /* neither more nor no more */
		{MESSAGE_PAGE, "\0\0\0\2\0", 5},
		{MESSAGE_EVENT, "\0\0\0\4", 4}, /* an unknown flag */
		{MESSAGE_ROOM, "\0\0\0\2", 4},
		{MESSAGE_SETTING, "\0\1x\1y", 5},
		{MESSAGE_SETTING, "\5\1x\1y", 5},
		{MESSAGE_COMPLETE, "\1\1x\2\0\0", 6}, /* a cursor past the line */
		{MESSAGE_COMPLETE, "\1\1x\1\2\0", 6}, /* neither forth nor back */
		{MESSAGE_FIND, "\0\0", 2},
		{MESSAGE_FIND, "\4\0", 2},
		{MESSAGE_REPLACE, "\1\2\1\0", 4}, /* its end before its beginning */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct message out;
		struct ipc_message in = {.type = rows[i].type,
					 .body = slice_of(rows[i].body, rows[i].len)};
		if (message_get(&in, &out) != ERR_MALFORMED)
			fail_msg("row %zu was taken", i);
	}
}

static void test_limits_hold_on_both_sides(void **state)
{
	static uint8_t big[TEXT_MAX_BYTES + 1], body[2 * TEXT_MAX_BYTES];
	struct message m = {.type = MESSAGE_LINE, .line = slice_of(big, TEXT_MAX_BYTES)}, got;

	(void)state;
	struct ipc_message in = encode(&m, body, MESSAGE_MAX_BODY);
	assert_int_equal(message_get(&in, &got), ERR_NONE);
	assert_int_equal(got.line.len, TEXT_MAX_BYTES);

	m.line.len++;
	struct buf b = buf_of(body, sizeof(body));
	message_put(&b, &m);
	assert_true(b.failed);

	b = buf_of(body, sizeof(body));
	buf_put_string(&b, big, sizeof(big));
	in = (struct ipc_message){.type = MESSAGE_LINE, .body = slice_of(body, b.len)};
	assert_int_equal(message_get(&in, &got), ERR_MALFORMED);
}

/* Whichever the protocol has. */
static void test_results_of_any_command_go_through(void **state)
{
	uint8_t body[256];
	unsigned kind = COMMAND_JOIN;

	(void)state;
	for (; command_known((enum command_kind)kind); kind++) {
		struct message m = {.type = MESSAGE_RESULT}, got;
		m.result.kind = (enum command_kind)kind;
		struct ipc_message in = encode(&m, body, sizeof(body));
		assert_int_equal(message_get(&in, &got), ERR_NONE);
		assert_int_equal(got.result.kind, kind);
	}
	assert_true(kind > COMMAND_WHOIS);
}

/* Whatever a reply has place for goes through, whoever sent it. */
static void test_pages_of_any_reply_fit(void **state)
{
	static uint8_t big[WIRE_REPLY_TEXT_MAX], body[MESSAGE_MAX_BODY];
	char name[MESSAGE_MAX_LABEL];
	struct slice text_of_reply = slice_of(big, sizeof(big)), room;
	struct message m[4], got;

	(void)state;
	memset(name, 'x', sizeof(name));
	room = slice_of(name, sizeof(name));
	m[0] = (struct message){
		.type = MESSAGE_WHO,
		.who = {.id = BUF_VARINT_MAX, .room = room, .names = text_of_reply}};
	m[1] = (struct message){.type = MESSAGE_LIST,
				.list = {.id = BUF_VARINT_MAX, .entries = text_of_reply}};
	m[2] = (struct message){.type = MESSAGE_PAGE,
				.page = {.id = BUF_VARINT_MAX,
					 .room = room,
					 .before = BUF_VARINT_MAX,
					 .events = text_of_reply}};
	m[3] = (struct message){
		.type = MESSAGE_FOUND,
		.event = {.id = BUF_VARINT_MAX, .room = room, .raw = text_of_reply}};
	for (size_t i = 0; i < COUNT_OF(m); i++) {
		struct ipc_message in = encode(&m[i], body, sizeof(body));
		assert_int_equal(message_get(&in, &got), ERR_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type_is_sampled),
		cmocka_unit_test(test_what_is_put_is_got),
		cmocka_unit_test(test_fields_arrive_in_their_places),
		cmocka_unit_test(test_a_cut_or_longer_body_is_refused),
		cmocka_unit_test(test_flipped_bits_do_no_harm),
		cmocka_unit_test(test_values_outside_their_range_are_refused),
		cmocka_unit_test(test_limits_hold_on_both_sides),
		cmocka_unit_test(test_results_of_any_command_go_through),
		cmocka_unit_test(test_pages_of_any_reply_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
