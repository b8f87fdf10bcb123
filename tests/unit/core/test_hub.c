/* Who may do what in the room, and what the others are told of it: protocol.md §4, §6. */
#include "core/hub.h"

#include "check.h"
#include "hub_ear.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 700, WALL = 1000 };

static struct instant now = {1000000, WALL};

#define EPOCH UINT64_C(0x3141592653589793)

static struct hub *hub;
static struct hub_client clients[MANY];
static struct reply reply;

/* What the observer was told last. */
static struct {
	size_t count;
	uint64_t seq;
	enum event_kind kind;
	bool has_who;
	struct address who;
} told;

static void observe(void *ctx, const struct event *e, const struct address *who)
{
	assert_ptr_equal(ctx, &told);
	told.count++;
	assert_true(e->seq == told.seq + 1);
	told.seq = e->seq;
	told.kind = e->kind;
	told.has_who = who != NULL;
	if (who)
		told.who = *who;
}

static void begin(size_t room_bytes, size_t max_members)
{
	struct hub_config config = {.room_bytes = room_bytes,
				    .max_members = max_members,
				    .grace_us = 90 * 1000 * 1000, /* not for who has no identity */
				    .epoch = EPOCH};
	struct hub_observer observer = {observe, &told};

	hub_free(hub);
	memset(clients, 0, sizeof(clients));
	memset(&told, 0, sizeof(told));
	for (size_t i = 0; i < MANY; i++)
		clients[i].address =
			(struct address){.transport = TRANSPORT_UDP, .port = (uint16_t)i};
	hub = hub_new(&config, &observer);
	assert_non_null(hub);
	ear_begin(hub);
}

static int setup(void **state)
{
	(void)state;
	begin(1 << 20, MANY);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	hub_free(hub);
	hub = NULL;
	return 0;
}

static struct slice words(const char *s)
{
	return slice_of(s, strlen(s));
}

static enum code give(struct hub_client *c, const struct command *command)
{
	reply = ear_ask(hub, c, command, now);
	if (reply.code != CODE_OK)
		assert_true(reply.seq == 0 && reply.first == 0 && !reply.more && reply.epoch == 0 &&
			    reply.text.len == 0);
	return reply.code;
}

static enum code ask(struct hub_client *c, enum command_kind kind, const char *text)
{
	struct command command = {.id = 9, .kind = kind, .room = WIRE_LOBBY, .text = words(text)};

	return give(c, &command);
}

static void join(size_t i, const char *name)
{
	assert_int_equal(ask(&clients[i], COMMAND_JOIN, name), CODE_OK);
	assert_non_null(clients[i].member);
}

static uint64_t head(void)
{
	return room_head(hub_room(hub, WIRE_LOBBY));
}

static void announce(struct slice text)
{
	assert_int_equal(hub_announce(hub, text, now), ERR_NONE);
	hub_turn(hub, now);
}

static void assert_words(struct slice got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.data, want, got.len);
}

/* The newest event in the room. */
static struct event newest(void)
{
	struct slice s = room_frame(hub_room(hub, WIRE_LOBBY), head());
	struct frame f;

	assert_non_null(s.data);
	assert_int_equal(frame_get(&s, &f), ERR_NONE);
	assert_true(f.event.seq == head());
	assert_true(told.seq == head() && told.kind == f.event.kind);
	assert_true(f.event.time_ms == WALL);
	return f.event;
}

static void assert_newest(enum event_kind kind, const char *from, const char *text)
{
	struct event e = newest();

	assert_int_equal(e.kind, kind);
	assert_words(e.from, from);
	assert_words(e.text, text);
}

/* ---- each command in each state -------------------------------------------------------------- */

static const struct {
	uint8_t kind;
	enum code outside, inside;
	bool happens; /* inside: something is appended */
} rows[] = {
	{0, CODE_UNKNOWN_COMMAND, CODE_UNKNOWN_COMMAND, false},
	{COMMAND_JOIN, CODE_OK, CODE_ALREADY_JOINED, false},
	{COMMAND_TALK, CODE_NOT_JOINED, CODE_OK, true},
	{COMMAND_QUIT, CODE_NOT_JOINED, CODE_OK, true},
	{COMMAND_NICK, CODE_NOT_JOINED, CODE_OK, true},
	{COMMAND_WHO, CODE_NOT_JOINED, CODE_OK, false},
	{99, CODE_UNKNOWN_COMMAND, CODE_UNKNOWN_COMMAND, false},
	{255, CODE_UNKNOWN_COMMAND, CODE_UNKNOWN_COMMAND, false},
};

static void each_command_has_its_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(1 << 20, MANY);
		uint64_t before = head();
		assert_int_equal(ask(&clients[0], rows[i].kind, "alice"), rows[i].outside);
		assert_true(head() == before + (rows[i].outside == CODE_OK));
		begin(1 << 20, MANY);
		join(0, "bob");
		before = head();
		assert_int_equal(ask(&clients[0], rows[i].kind, "alice"), rows[i].inside);
		assert_true(head() == before + rows[i].happens);
		assert_true(told.count == head());
	}
}

static void there_is_one_room(void **state)
{
	static const uint32_t rooms[] = {0, 2, WIRE_MAX_ROOM};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rooms); i++) {
		struct command c = {.id = 1, .room = rooms[i], .text = words("hello")};
		assert_null(hub_room(hub, rooms[i]));
		c.kind = COMMAND_JOIN;
		assert_int_equal(give(&clients[0], &c), CODE_NO_SUCH_ROOM);
		assert_null(clients[0].member);
		join(0, "alice");
		c.kind = COMMAND_TALK;
		assert_int_equal(give(&clients[0], &c), CODE_NO_SUCH_ROOM);
		c.kind = COMMAND_WHO;
		assert_int_equal(give(&clients[0], &c), CODE_NO_SUCH_ROOM);
		assert_int_equal(ask(&clients[0], COMMAND_QUIT, ""), CODE_OK);
	}
}

/* ---- joining --------------------------------------------------------------------------------- */

static void who_joins_is_told_and_so_is_everybody(void **state)
{
	(void)state;
	join(0, "小明");
	assert_true(reply.seq == 1);
	assert_true(reply.first == 1);
	assert_words(reply.text, "小明");
	assert_newest(EVENT_JOIN, "小明", "");
	assert_true(told.has_who && address_equal(&told.who, &clients[0].address));
	assert_int_equal(roster_count(hub_roster(hub)), 1);
	assert_ptr_equal(roster_at(hub_roster(hub), 0), clients[0].member);
	assert_int_equal(clients[0].member->state, MEMBER_HERE);
	assert_true(address_equal(roster_at(hub_roster(hub), 0)->address, &clients[0].address));
}

static void a_name_that_cannot_be_had_is_told_why(void **state)
{
	static const struct {
		const char *name;
		enum code code;
	} names[] = {
		{"alice", CODE_NAME_TAKEN},	{"ALICE", CODE_NAME_TAKEN},
		{"аlice", CODE_NAME_TAKEN},	{"", CODE_NAME_BAD},
		{" ", CODE_NAME_BAD},		{"a b", CODE_NAME_BAD},
		{"a:b", CODE_NAME_BAD},		{"\xff", CODE_NAME_BAD},
		{"/quit", CODE_NAME_BAD},	{"\x1b[2J", CODE_NAME_BAD},
		{"admin", CODE_NAME_RESERVED},	{"Аdmin", CODE_NAME_RESERVED},
		{"管理员", CODE_NAME_RESERVED},
	};

	(void)state;
	join(0, "alice");
	join(2, "bob");
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_int_equal(ask(&clients[1], COMMAND_JOIN, names[i].name), names[i].code);
		assert_null(clients[1].member);
		assert_int_equal(ask(&clients[2], COMMAND_NICK, names[i].name), names[i].code);
		assert_string_equal(spelling_text(clients[2].member->spelling), "bob");
	}
	assert_true(head() == 2);
	join(1, "carl"); /* and may try another at once */
}

static void a_full_room_takes_nobody(void **state)
{
	(void)state;
	begin(1 << 20, 2);
	join(0, "a");
	join(1, "b");
	assert_int_equal(ask(&clients[2], COMMAND_JOIN, "c"), CODE_ROOM_FULL);
	assert_true(head() == 2);
	assert_int_equal(ask(&clients[0], COMMAND_QUIT, ""), CODE_OK);
	join(2, "c");
}

/* Ten events are there; one's own join is the eleventh. */
static const struct since {
	enum since_mode mode;
	uint64_t since, first, epoch;
} sinces[] = {
	{SINCE_SEQ, 0, 1, 0},
	{SINCE_SEQ, 1, 2, 0},
	{SINCE_SEQ, 9, 10, 0},
	{SINCE_SEQ, 10, 11, 0},
	{SINCE_SEQ, 11, 11, 0},
	{SINCE_SEQ, 12, 11, 0},
	{SINCE_SEQ, BUF_VARINT_MAX, 11, 0},
	{SINCE_SEQ, 9, 10, EPOCH},
	{SINCE_SEQ, BUF_VARINT_MAX, 11, EPOCH},
	{SINCE_SEQ, 9, 1, EPOCH - 1}, /* counted in another log */
	{SINCE_SEQ, 11, 1, EPOCH + 1},
	{SINCE_SEQ, BUF_VARINT_MAX, 1, BUF_VARINT_MAX},
	{SINCE_LAST, 0, 11, 0},
	{SINCE_LAST, 1, 10, 0},
	{SINCE_LAST, 9, 2, 0},
	{SINCE_LAST, 10, 1, 0},
	{SINCE_LAST, 11, 1, 0},
	{SINCE_LAST, 12, 1, 0},
	{SINCE_LAST, 13, 1, 0},
	{SINCE_LAST, BUF_VARINT_MAX, 1, 0},
	{SINCE_LAST, 1, 10, EPOCH + 1}, /* counts from the end of whatever log there is */
	{SINCE_KNOWN, 0, 1, 0},
	{SINCE_KNOWN, 9, 10, EPOCH},
	{SINCE_KNOWN, BUF_VARINT_MAX, 11, EPOCH},
	{SINCE_KNOWN, 9, 1, EPOCH + 1}, /* all of a short one */
};

static uint64_t join_since(size_t i, const struct since *s)
{
	struct command c = {.id = 1, .kind = COMMAND_JOIN, .room = WIRE_LOBBY, .text = words("z")};

	c.since_mode = s->mode;
	c.since = s->since;
	c.epoch = s->epoch;
	assert_int_equal(give(&clients[i], &c), CODE_OK);
	assert_true(reply.epoch == EPOCH);
	assert_true(reply.seq == head());
	return reply.first;
}

static void a_newcomer_says_where_to_begin(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sinces); i++) {
		begin(1 << 20, MANY);
		join(0, "a");
		for (int n = 0; n < 9; n++)
			assert_int_equal(ask(&clients[0], COMMAND_TALK, "x"), CODE_OK);
		assert_true(join_since(1, &sinces[i]) == sinces[i].first);
	}
}

/* Of a long history that one knows nothing of, one gets what a newcomer gets. */
static void another_history_is_not_told_from_its_beginning(void **state)
{
	const struct since known = {SINCE_KNOWN, 9, 101 - WIRE_BACKLOG, EPOCH + 1};

	(void)state;
	begin(1 << 20, MANY);
	join(0, "a");
	for (int n = 0; n < 99; n++)
		assert_int_equal(ask(&clients[0], COMMAND_TALK, "x"), CODE_OK);
	assert_true(join_since(1, &known) == known.first);
}

static void nobody_begins_before_what_the_room_keeps(void **state)
{
	static char text[TEXT_MAX_BYTES + 1];

	(void)state;
	memset(text, 'x', TEXT_MAX_BYTES);
	begin(0, MANY);
	join(0, "a");
	for (int n = 0; n < 20; n++)
		assert_int_equal(ask(&clients[0], COMMAND_TALK, text), CODE_OK);
	for (size_t i = 0; i < COUNT_OF(sinces); i++) {
		uint64_t oldest = room_first(hub_room(hub, WIRE_LOBBY));
		assert_true(oldest > 15);
		uint64_t first = join_since(1, &sinces[i]);
		oldest = room_first(hub_room(hub, WIRE_LOBBY));
		assert_true(first >= oldest && first <= reply.seq);
		assert_int_equal(ask(&clients[1], COMMAND_QUIT, ""), CODE_OK);
	}
}

/* ---- talking --------------------------------------------------------------------------------- */

static void what_is_said_is_heard(void **state)
{
	(void)state;
	join(0, "alice");
	assert_int_equal(ask(&clients[0], COMMAND_TALK, "大家好"), CODE_OK);
	assert_true(reply.seq == 2);
	assert_newest(EVENT_TALK, "alice", "大家好");
	assert_true(told.has_who && address_equal(&told.who, &clients[0].address));
}

static enum code talk_of(size_t len)
{
	static char text[TEXT_MAX_BYTES + 1];
	struct command c = {.id = 1, .kind = COMMAND_TALK, .room = WIRE_LOBBY};

	memset(text, 'x', sizeof(text));
	c.text = slice_of(text, len);
	return give(&clients[0], &c);
}

static void a_text_has_limits(void **state)
{
	static const char *const bad[] = {
		"", " ", "\n\t ", "\xff", "a\xe8\xaf", "\xed\xa0\x80", "\xe3\x80\x80"};
	struct command nul = {.id = 1, .kind = COMMAND_TALK, .room = WIRE_LOBBY};

	(void)state;
	join(0, "alice");
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(ask(&clients[0], COMMAND_TALK, bad[i]), CODE_TEXT_BAD);
	nul.text = slice_of("a\0b", 3);
	assert_int_equal(give(&clients[0], &nul), CODE_TEXT_BAD);
	assert_int_equal(talk_of(0), CODE_TEXT_BAD);
	assert_int_equal(talk_of(TEXT_MAX_BYTES + 1), CODE_TEXT_BAD);
	assert_true(head() == 1);
	assert_int_equal(talk_of(1), CODE_OK);
	assert_int_equal(talk_of(TEXT_MAX_BYTES - 1), CODE_OK);
	assert_int_equal(talk_of(TEXT_MAX_BYTES), CODE_OK);
	assert_true(head() == 4);
}

static void an_announcement_comes_from_nobody(void **state)
{
	(void)state;
	announce(words("今晚维护"));
	assert_newest(EVENT_ANNOUNCE, "", "今晚维护");
	assert_false(told.has_who);
	assert_int_equal(hub_announce(hub, words(""), now), ERR_MALFORMED);
	assert_int_equal(hub_announce(hub, words(" "), now), ERR_MALFORMED);
	assert_int_equal(hub_announce(hub, words("\xff"), now), ERR_MALFORMED);
	assert_true(head() == 1);
}

/* A clock that was never set may say anything. */
static void a_time_before_1970_is_none(void **state)
{
	struct slice s;
	struct frame f;

	(void)state;
	assert_int_equal(hub_announce(hub, words("x"), (struct instant){0, -5}), ERR_NONE);
	hub_turn(hub, (struct instant){0, -5});
	s = room_frame(hub_room(hub, WIRE_LOBBY), 1);
	assert_int_equal(frame_get(&s, &f), ERR_NONE);
	assert_true(f.event.time_ms == 0);
	reply = ear_ask(
		hub, &clients[0],
		&(struct command){
			.id = 1, .kind = COMMAND_JOIN, .room = WIRE_LOBBY, .text = words("a")},
		(struct instant){0, INT64_MIN});
	assert_int_equal(reply.code, CODE_OK);
}

/* ---- leaving --------------------------------------------------------------------------------- */

static void assert_left(enum leave_reason reason, const char *who, const char *text)
{
	assert_newest(EVENT_QUIT, who, text);
	assert_int_equal(newest().reason, reason);
}

static void who_quits_may_have_last_words(void **state)
{
	static char longest[3 * WIRE_REASON_MAX];
	static const struct {
		const char *said, *heard;
	} last[] = {{"", ""}, {"再见", "再见"}, {"\xff", ""}, {"  ", ""}, {"a\xe8", ""}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(last); i++) {
		join(0, "alice");
		assert_int_equal(ask(&clients[0], COMMAND_QUIT, last[i].said), CODE_OK);
		assert_true(reply.seq == head());
		assert_null(clients[0].member);
		assert_left(LEAVE_QUIT, "alice", last[i].heard);
		assert_int_equal(roster_count(hub_roster(hub)), 0);
	}
	for (size_t i = 0; i + 3 < sizeof(longest); i += 3)
		memcpy(longest + i, "语", 4);
	join(0, "alice");
	assert_int_equal(ask(&clients[0], COMMAND_QUIT, longest), CODE_OK);
	assert_int_equal(newest().text.len, WIRE_REASON_MAX / 3 * 3); /* whole characters */
}

static void whoever_is_gone_is_missed_once(void **state)
{
	(void)state;
	for (enum leave_reason reason = LEAVE_QUIT; reason <= LEAVE_SHUTDOWN; reason++) {
		join(0, "alice");
		hub_gone(hub, &clients[0], reason, words("why"), now);
		hub_turn(hub, now);
		assert_left(reason, "alice", "why");
		assert_null(clients[0].member);
		uint64_t before = head();
		hub_gone(hub, &clients[0], reason, words("why"), now);
		hub_turn(hub, now);
		assert_true(head() == before);
	}
	hub_gone(hub, &clients[1], LEAVE_LOST, slice_of(NULL, 0), now);
	hub_turn(hub, now); /* never there */
	assert_int_equal(roster_count(hub_roster(hub)), 0);
	join(0, "alice");
	hub_gone(hub, &clients[0], LEAVE_LOST, slice_of(NULL, 0), now);
	hub_turn(hub, now);
	assert_left(LEAVE_LOST, "alice", "");
}

/* Kicked, it is this client's only session that is to be ended. */
static enum err kick(struct slice name, struct slice why, const struct hub_client *only)
{
	size_t before = ear.closes;
	enum err e = hub_kick(hub, name, why, now);

	hub_turn(hub, now);
	assert_int_equal(ear.closes, before + (only ? 1 : 0));
	assert_true(!only || ear.closed == only);
	return e;
}

static void who_is_kicked_is_named_in_any_letters(void **state)
{
	(void)state;
	join(0, "Alice");
	join(1, "bob");
	assert_int_equal(kick(words("carl"), words(""), NULL), ERR_NOT_FOUND);
	assert_int_equal(kick(words(""), words(""), NULL), ERR_NOT_FOUND);
	assert_int_equal(kick(words("\xff"), words(""), NULL), ERR_NOT_FOUND);
	assert_true(head() == 2);
	assert_int_equal(kick(words("аLICE"), words("spam"), &clients[0]), ERR_NONE);
	assert_left(LEAVE_KICKED, "Alice", "spam");
	assert_null(clients[0].member);
	assert_int_equal(kick(words("Alice"), words(""), NULL), ERR_NOT_FOUND);
	assert_int_equal(ask(&clients[0], COMMAND_TALK, "still here?"), CODE_NOT_JOINED);
	assert_int_equal(kick(words("bob"), slice_of(NULL, 0), &clients[1]), ERR_NONE);
	assert_left(LEAVE_KICKED, "bob", "");
}

static void who_is_renamed_is_told_and_so_is_everybody(void **state)
{
	(void)state;
	join(0, "alice");
	assert_int_equal(ask(&clients[0], COMMAND_NICK, "艾丽斯"), CODE_OK);
	assert_true(reply.seq == 2);
	assert_words(reply.text, "艾丽斯");
	assert_newest(EVENT_NICK, "alice", "艾丽斯");
	assert_int_equal(ask(&clients[0], COMMAND_TALK, "x"), CODE_OK);
	assert_newest(EVENT_TALK, "艾丽斯", "x");
	assert_int_equal(ask(&clients[0], COMMAND_NICK, "ALICE"), CODE_OK);
	assert_int_equal(ask(&clients[0], COMMAND_NICK, "Alice"), CODE_OK);
	assert_newest(EVENT_NICK, "ALICE", "Alice");
	join(1, "艾丽斯");
}

/* ---- who is there ---------------------------------------------------------------------------- */

static void fill_room(size_t n)
{
	char name[NAME_MAX_BYTES + 1];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%03zu", i * 11 % n);
		for (size_t len = 3; i % 3 && len + 2 <= NAME_MAX_BYTES && len < 3 + 2 * 29;
		     len += 2)
			memcpy(name + len, "ж", 3);
		join(i, name);
	}
}

/* One page: checks each name on it, and leaves the last one in `last`. */
static size_t read_page(size_t at, char last[NAME_MAX_BYTES + 1])
{
	struct slice text = reply.text;

	assert_true(text.len <= WIRE_NAMES_MAX);
	struct slice name;
	enum member_state there;
	while (who_get(&text, &name, &there)) {
		assert_int_equal(there, MEMBER_HERE);
		assert_words(name, spelling_text(roster_at(hub_roster(hub), at++)->spelling));
		memcpy(last, name.data, name.len);
		last[name.len] = '\0';
	}
	assert_int_equal(text.len, 0);
	return at;
}

static void a_long_list_is_told_page_by_page(void **state)
{
	char last[NAME_MAX_BYTES + 1] = "";
	size_t at = 0, pages = 0;

	(void)state;
	fill_room(MANY);
	do {
		size_t before = at;
		assert_int_equal(ask(&clients[5], COMMAND_WHO, last), CODE_OK);
		at = read_page(at, last);
		assert_true(at > before);
		assert_int_equal(reply.more, at < MANY);
		pages++;
	} while (reply.more);
	assert_int_equal(at, MANY);
	assert_in_range(pages, MANY / 40, MANY / 12);
	assert_int_equal(ask(&clients[5], COMMAND_WHO, last), CODE_OK);
	assert_int_equal(reply.text.len, 0);
	assert_false(reply.more);
	assert_true(head() == MANY); /* asking is no event */
}

static void a_page_goes_on_behind_one_who_left(void **state)
{
	char last[NAME_MAX_BYTES + 1] = "";

	(void)state;
	fill_room(100);
	assert_int_equal(ask(&clients[0], COMMAND_WHO, ""), CODE_OK);
	size_t at = read_page(0, last);
	assert_int_equal(hub_kick(hub, words(last), words(""), now), ERR_NONE);
	assert_int_equal(ask(&clients[0], COMMAND_WHO, last), CODE_OK);
	assert_true(read_page(at - 1, last) > at); /* all of those after it moved up */
}

/* A page that is full to the last byte, and one name too long for it. */
static void a_page_is_as_full_as_it_can_be(void **state)
{
	char last[NAME_MAX_BYTES + 1] = "";

	(void)state;
	fill_room(MANY);
	assert_int_equal(ask(&clients[0], COMMAND_WHO, ""), CODE_OK);
	size_t next = read_page(0, last);
	size_t len = strlen(spelling_text(roster_at(hub_roster(hub), next)->spelling));
	assert_true(reply.text.len + len + 3 > WIRE_NAMES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
		TEST(each_command_has_its_state),
		TEST(there_is_one_room),
		TEST(who_joins_is_told_and_so_is_everybody),
		TEST(a_name_that_cannot_be_had_is_told_why),
		TEST(a_full_room_takes_nobody),
		TEST(a_newcomer_says_where_to_begin),
		TEST(another_history_is_not_told_from_its_beginning),
		TEST(nobody_begins_before_what_the_room_keeps),
		TEST(what_is_said_is_heard),
		TEST(a_text_has_limits),
		TEST(an_announcement_comes_from_nobody),
		TEST(a_time_before_1970_is_none),
		TEST(who_quits_may_have_last_words),
		TEST(whoever_is_gone_is_missed_once),
		TEST(who_is_kicked_is_named_in_any_letters),
		TEST(who_is_renamed_is_told_and_so_is_everybody),
		TEST(a_long_list_is_told_page_by_page),
		TEST(a_page_goes_on_behind_one_who_left),
		TEST(a_page_is_as_full_as_it_can_be),
	};

	return cmocka_run_group_tests_name("hub", tests, NULL, NULL);
}
