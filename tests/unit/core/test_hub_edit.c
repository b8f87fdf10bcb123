/* RECALL and EDIT: by whom, until when, what is left of a text, and what several of them come to. */
#include "hub_house.h"

static struct hub_client *alice, *bob;
static uint32_t dev;
static uint64_t next_mid;

static void begin_with(bool with_store)
{
	open_house(with_store);
	alice = guest(0, 'A', "alice");
	bob = guest(1, 'B', "bob");
	dev = enter_ok(alice, "#dev");
	assert_int_equal(enter(bob, "#dev"), CODE_OK);
	next_mid = 0;
}

static int rooms_in_memory(void **state)
{
	(void)state;
	begin_with(false);
	return 0;
}

static int rooms_on_disk(void **state)
{
	(void)state;
	begin_with(true);
	return 0;
}

static int put_away(void **state)
{
	small = 0;
	return tear_down(state);
}

static uint64_t said(struct hub_client *c, const char *text)
{
	assert_int_equal(say_in(c, dev, text), CODE_OK);
	return ear.reply.seq;
}

static struct command recalls(uint64_t seq)
{
	return (struct command){.kind = COMMAND_RECALL, .room = dev, .seq = seq, .id = ++asked};
}

static struct command edits(uint64_t seq, const char *text)
{
	return (struct command){.kind = COMMAND_EDIT,
				.room = dev,
				.seq = seq,
				.text = words(text),
				.mid = ++next_mid,
				.id = ++asked};
}

static enum code recall(struct hub_client *c, uint64_t seq)
{
	return run(c, recalls(seq));
}

static enum code edit(struct hub_client *c, uint64_t seq, const char *text)
{
	return run(c, edits(seq, text));
}

static bool is_talk(const struct event *e)
{
	return e->kind == EVENT_TALK || e->kind == EVENT_EDITED || e->kind == EVENT_RECALLED;
}

/* The event as it is in memory and, if there is a store, as it is kept: the same. */
static struct event now_at(uint64_t seq)
{
	uint8_t author[OWNER_BYTES];
	struct slice here = room_frame(hub_room(hub, dev), seq);
	struct event e = event_at(dev, seq);

	if (stored) {
		struct slice kept = kept_frame(dev, seq, author);
		assert_int_equal(kept.len, here.len);
		assert_memory_equal(kept.data, here.data, here.len);
		if (is_talk(&e))
			assert_memory_equal(author, room_author(hub_room(hub, dev), seq),
					    OWNER_BYTES);
	}
	return e;
}

static void assert_talk(uint64_t seq, enum event_kind kind, const char *from, const char *text)
{
	struct event e = now_at(seq);

	assert_int_equal(e.kind, kind);
	assert_words(e.from, from);
	assert_words(e.text, text);
}

/* Not in memory, and not in what is kept last of any event. */
static void assert_gone(const char *text)
{
	for (uint64_t seq = 1; seq <= head_of(dev); seq++) {
		struct event e = now_at(seq);
		for (size_t i = 0; i + strlen(text) <= e.text.len; i++)
			assert_memory_not_equal(e.text.data + i, text, strlen(text));
	}
}

/* ---- what becomes of a talk ------------------------------------------------------------------ */

static void a_recalled_talk_is_gone(void **state)
{
	(void)state;
	uint64_t seq = said(alice, "my password is sesame");
	int64_t time = now_at(seq).time_ms;
	said(bob, "what?");
	now.wall_ms += 5000;
	assert_int_equal(recall(alice, seq), CODE_OK);
	assert_true(ear.reply.seq == head_of(dev));
	assert_talk(seq, EVENT_RECALLED, "alice", "");
	assert_true(now_at(seq).time_ms == time);
	expect_in(dev, seq + 2, EVENT_RECALL, "alice");
	assert_true(now_at(seq + 2).target == seq);
	assert_gone("sesame");
	assert_talk(seq + 1, EVENT_TALK, "bob", "what?");
}

static void an_edited_talk_says_something_else(void **state)
{
	(void)state;
	uint64_t seq = said(alice, "helo");
	assert_int_equal(edit(alice, seq, "hello, all of you"), CODE_OK);
	uint64_t changed = ear.reply.seq;
	assert_true(changed == head_of(dev));
	assert_talk(seq, EVENT_EDITED, "alice", "hello, all of you");
	assert_true(now_at(seq).target == changed);
	assert_talk(changed, EVENT_EDIT, "alice", "hello, all of you");
	assert_true(now_at(changed).target == seq);
}

/* Of several texts the last is left, and of a recalled one none. */
static void no_text_is_left_behind(void **state)
{
	(void)state;
	uint64_t seq = said(alice, "first words");
	assert_int_equal(edit(alice, seq, "second words"), CODE_OK);
	uint64_t second = ear.reply.seq;
	assert_gone("first");
	now.wall_ms += 1000;
	assert_int_equal(edit(alice, seq, "third words"), CODE_OK);
	uint64_t third = ear.reply.seq;
	assert_gone("second");
	assert_talk(second, EVENT_EDIT, "alice", "");
	assert_true(now_at(second).target == seq);
	assert_talk(third, EVENT_EDIT, "alice", "third words");
	assert_talk(seq, EVENT_EDITED, "alice", "third words");
	assert_int_equal(recall(alice, seq), CODE_OK);
	assert_gone("words");
	assert_talk(third, EVENT_EDIT, "alice", "");
	assert_talk(seq, EVENT_RECALLED, "alice", "");
	assert_int_equal(edit(alice, seq, "fourth words"), CODE_NO_SUCH_EVENT);
	assert_gone("words");
}

static void texts_may_be_long(void **state)
{
	static char longest[TEXT_MAX_BYTES + 1], longer[TEXT_MAX_BYTES + 2];

	(void)state;
	memset(longest, 'x', TEXT_MAX_BYTES);
	memset(longer, 'x', TEXT_MAX_BYTES + 1);
	uint64_t seq = said(alice, "short");
	assert_int_equal(edit(alice, seq, longer), CODE_TEXT_BAD);
	assert_int_equal(edit(alice, seq, ""), CODE_TEXT_BAD);
	assert_int_equal(edit(alice, seq, "\xff"), CODE_TEXT_BAD);
	assert_talk(seq, EVENT_TALK, "alice", "short");
	assert_int_equal(edit(alice, seq, longest), CODE_OK);
	assert_talk(seq, EVENT_EDITED, "alice", longest);
	assert_int_equal(edit(alice, seq, "short again"), CODE_OK);
	assert_talk(seq, EVENT_EDITED, "alice", "short again");
	assert_gone("xxxx");
}

/* ---- by whom, and until when ----------------------------------------------------------------- */

static void one_s_own_alone(void **state)
{
	struct hub_client *carol = guest(2, 'C', "carol"), *ghost = guest(3, '-', "ghost");

	(void)state;
	uint64_t seq = said(alice, "mine");
	assert_int_equal(recall(bob, seq), CODE_NOT_YOURS);
	assert_int_equal(edit(bob, seq, "his"), CODE_NOT_YOURS);
	assert_int_equal(recall(carol, seq), CODE_NO_SUCH_ROOM); /* not in it */
	assert_int_equal(edit(carol, seq, "hers"), CODE_NO_SUCH_ROOM);
	assert_int_equal(enter(ghost, "#dev"), CODE_OK);
	uint64_t nobody = said(ghost, "boo");
	assert_int_equal(recall(ghost, nobody), CODE_NOT_YOURS); /* anybody could say so */
	assert_talk(seq, EVENT_TALK, "alice", "mine");
	assert_int_equal(recall(alice, seq), CODE_OK);
	assert_int_equal(recall(bob, seq), CODE_NO_SUCH_EVENT);
}

/* By any session and name of hers; after she was away, too. */
static void whoever_said_it_by_whatever_name(void **state)
{
	(void)state;
	uint64_t seq = said(alice, "mine");
	assert_int_equal(run(alice, (struct command){.kind = COMMAND_NICK, .text = words("rose")}),
			 CODE_OK);
	assert_int_equal(edit(alice, seq, "still mine"), CODE_OK);
	assert_talk(seq, EVENT_EDITED, "alice", "still mine");
	assert_talk(ear.reply.seq, EVENT_EDIT, "rose", "still mine");
	assert_int_equal(run(alice, (struct command){.kind = COMMAND_QUIT, .text = words("")}),
			 CODE_OK);
	struct hub_client *again = guest(5, 'A', "lily");
	assert_int_equal(enter(again, "#dev"), CODE_OK);
	assert_int_equal(recall(again, seq), CODE_OK);
	expect_in(dev, head_of(dev), EVENT_RECALL, "lily");
}

static void only_talks_are_changed(void **state)
{
	(void)state;
	assert_int_equal(
		run(alice,
		    (struct command){.kind = COMMAND_TOPIC, .room = dev, .text = words("tea")}),
		CODE_OK);
	uint64_t seq = said(alice, "one");
	assert_int_equal(edit(alice, seq, "two"), CODE_OK);
	uint64_t head = head_of(dev);
	for (uint64_t other = 0; other <= head + 2; other++)
		if (other != seq)
			assert_int_equal(recall(alice, other), CODE_NO_SUCH_EVENT);
	assert_int_equal(recall(alice, UINT64_MAX >> 2), CODE_NO_SUCH_EVENT);
	assert_true(head_of(dev) == head);
}

static void there_is_a_time_for_it(void **state)
{
	(void)state;
	uint64_t one = said(alice, "one"), two = said(alice, "two");
	now.wall_ms += 120 * 1000;
	assert_int_equal(edit(alice, one, "uno"), CODE_OK);
	now.wall_ms += 1;
	assert_int_equal(edit(alice, one, "eins"), CODE_TOO_LATE); /* as of when it was said */
	assert_int_equal(recall(alice, two), CODE_TOO_LATE);
	now.wall_ms -= 3600 * 1000; /* a clock that is set back takes no right away */
	assert_int_equal(recall(alice, two), CODE_OK);
}

/* The client does not know what became of it, and gives it again. */
static void a_repeat_is_answered_and_does_nothing(void **state)
{
	(void)state;
	uint64_t seq = said(alice, "one");
	struct command again = edits(seq, "two");
	assert_int_equal(run(alice, again), CODE_OK);
	uint64_t answer = ear.reply.seq, head = head_of(dev);
	now.wall_ms += 1000 * 1000; /* whenever it comes */
	assert_int_equal(run(alice, again), CODE_OK);
	assert_true(ear.reply.seq == answer && head_of(dev) == head);
	now.wall_ms -= 1000 * 1000;
	assert_int_equal(recall(alice, seq), CODE_OK);
	head = head_of(dev);
	assert_int_equal(recall(alice, seq), CODE_OK);
	assert_true(ear.reply.seq == 0 && head_of(dev) == head);
	assert_int_equal(run(alice, again), CODE_OK); /* said before it was recalled */
	assert_talk(seq, EVENT_RECALLED, "alice", "");
	assert_true(head_of(dev) == head);
}

/* ---- the administrator ----------------------------------------------------------------------- */

static size_t told_times;
static enum code told_code;

static void tell(void *ctx, enum code code)
{
	(void)ctx;
	told_times++;
	told_code = code;
}

static enum err order(const char *room, uint64_t seq)
{
	enum err e = hub_recall(hub, words(room), seq, now, tell, NULL);

	settle();
	return e;
}

static void the_administrator_recalls_anything_any_time(void **state)
{
	(void)state;
	uint64_t seq = said(alice, "spam"), other = said(bob, "ham");
	told_times = 0;
	now.wall_ms += INT64_C(1000) * 24 * 3600 * 1000;
	assert_int_equal(order("#DEV", seq), ERR_NONE);
	assert_true(told_times == 1 && told_code == CODE_OK);
	assert_talk(seq, EVENT_RECALLED, "alice", "");
	expect_in(dev, head_of(dev), EVENT_RECALL, "");
	assert_true(event_at(dev, head_of(dev)).target == seq);
	assert_int_equal(order("dev", other), ERR_NONE);
	assert_true(told_times == 2 && told_code == CODE_OK);
	assert_int_equal(order("dev", other), ERR_NONE);
	assert_true(told_times == 3 && told_code == CODE_NO_SUCH_EVENT);
	assert_int_equal(order("dev", 1), ERR_NONE);
	assert_true(told_times == 4 && told_code == CODE_NO_SUCH_EVENT);
	assert_int_equal(order("#nowhere", 1), ERR_NOT_FOUND);
	assert_int_equal(order("", 1), ERR_NOT_FOUND);
	assert_int_equal(order("@bob", 1), ERR_NOT_FOUND);
	assert_int_equal(told_times, 4);
	assert_int_equal(say_in(alice, WIRE_LOBBY, "spam"), CODE_OK);
	assert_int_equal(order("lobby", ear.reply.seq), ERR_NONE);
	assert_true(told_times == 5 && told_code == CODE_OK);
	assert_gone("spam");
}

/* ---- several in one batch -------------------------------------------------------------------- */

static void give_all(struct hub_client *c, const struct command *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hub_command(hub, c, &all[i], now);
	settle();
}

static void edits_of_one_batch_come_to_the_last(void **state)
{
	(void)state;
	uint64_t seq = said(alice, "one");
	const struct command all[] = {edits(seq, "two"), edits(seq, "three"), edits(seq, "four")};
	give_all(alice, all, COUNT_OF(all));
	assert_talk(seq, EVENT_EDITED, "alice", "four");
	assert_true(now_at(seq).target == seq + 3);
	assert_talk(seq + 1, EVENT_EDIT, "alice", "");
	assert_talk(seq + 2, EVENT_EDIT, "alice", "");
	assert_talk(seq + 3, EVENT_EDIT, "alice", "four");
}

static void a_recall_has_the_last_word(void **state)
{
	(void)state;
	uint64_t seq = said(alice, "one"), before = ear.replies;
	const struct command all[] = {edits(seq, "two words"), recalls(seq),
				      edits(seq, "three words"), recalls(seq)};
	give_all(alice, all, COUNT_OF(all));
	assert_int_equal(ear.replies, before + 4);
	assert_talk(seq, EVENT_RECALLED, "alice", "");
	assert_true(head_of(dev) == seq + 2); /* one edit, one recall */
	assert_gone("words");
	assert_int_equal(ear.reply.code, CODE_OK); /* the second recall's */
}

/* While a batch is under way, the next one builds on what that one makes of it. */
static void changes_of_two_batches_follow_each_other(void **state)
{
	(void)state;
	uint64_t seq = said(alice, "one");
	struct command first = edits(seq, "two words"), second = edits(seq, "three");
	struct command last = recalls(seq);
	hub_command(hub, alice, &first, now);
	hub_turn(hub, now);
	hub_command(hub, alice, &second, now);
	assert_talk(seq, EVENT_TALK, "alice", "one"); /* nothing is seen before it is kept */
	fake_done(hub, ERR_NONE, now);
	assert_talk(seq, EVENT_EDITED, "alice", "two words");
	hub_turn(hub, now);
	hub_command(hub, alice, &last, now);
	fake_done(hub, ERR_NONE, now);
	assert_talk(seq, EVENT_EDITED, "alice", "three");
	assert_gone("words");
	settle();
	assert_talk(seq, EVENT_RECALLED, "alice", "");
	assert_gone("three");
}

/* What has no number yet cannot be meant. */
static void a_talk_that_is_not_kept_is_none(void **state)
{
	(void)state;
	struct command talk = {
		.kind = COMMAND_TALK, .room = dev, .text = words("soon"), .id = ++asked};
	uint64_t seq = head_of(dev) + 1;
	hub_command(hub, alice, &talk, now);
	hub_turn(hub, now);
	struct command soon = recalls(seq);
	hub_command(hub, alice, &soon, now);
	assert_int_equal(ear.reply.code, CODE_NO_SUCH_EVENT);
	fake_done(hub, ERR_NONE, now);
	assert_int_equal(recall(alice, seq), CODE_OK);
}

static void what_is_not_kept_did_not_happen(void **state)
{
	(void)state;
	uint64_t seq = said(alice, "one"), head = head_of(dev);
	const struct command all[] = {edits(seq, "two"), recalls(seq), recalls(seq)};
	size_t before = ear.replies;
	hub_command(hub, alice, &all[0], now);
	hub_turn(hub, now);
	hub_command(hub, alice, &all[1], now);
	hub_command(hub, alice, &all[2], now);
	fake_done(hub, ERR_FULL, now);
	assert_int_equal(ear.replies, before + 3);
	assert_int_equal(ear.reply.code, CODE_NOT_WRITTEN);
	assert_talk(seq, EVENT_TALK, "alice", "one");
	assert_int_equal(run(alice, recalls(seq)), CODE_NOT_WRITTEN); /* at once */
	now.mono_us += HUB_RETRY;
	settle();
	assert_true(head_of(dev) == head);
	assert_int_equal(run(alice, all[0]), CODE_NOT_WRITTEN); /* its mid was refused */
	assert_int_equal(run(alice, edits(seq, "two")), CODE_OK);
	assert_talk(seq, EVENT_EDITED, "alice", "two");
	assert_true(ear.reply.seq == head + 1);
	assert_int_equal(recall(alice, seq), CODE_OK);
}

static void the_end_comes_while_a_change_is_pending(void **state)
{
	(void)state;
	uint64_t seq = said(alice, "one");
	struct command first = edits(seq, "two"), second = recalls(seq);
	hub_command(hub, alice, &first, now);
	hub_turn(hub, now);
	hub_command(hub, alice, &second, now);
	(void)!hub_recall(hub, words("dev"), seq, now, tell, NULL);
}

/* ---- out of memory --------------------------------------------------------------------------- */

static int mostly_on_disk(void **state)
{
	(void)state;
	small = 2000;
	begin_with(true);
	return 0;
}

static void fill_up(void)
{
	for (int i = 0; i < 60; i++)
		said(bob, "something else that takes some place in what memory there is");
}

static enum code ask_and_answer(struct hub_client *c, struct command command)
{
	hub_command(hub, c, &command, now);
	answer_all();
	settle();
	assert_ptr_equal(ear.client, c);
	assert_true(ear.reply.id == command.id);
	return ear.reply.code;
}

static struct event kept_at(uint64_t seq)
{
	uint8_t author[OWNER_BYTES];
	struct slice s = kept_frame(dev, seq, author);
	struct frame f;

	assert_int_equal(frame_get(&s, &f), ERR_NONE);
	return f.event;
}

/* Who said it, and where its text is from, has to be read first. */
static void a_talk_is_changed_where_it_is_kept(void **state)
{
	(void)state;
	uint64_t seq = said(alice, "one"), other = said(bob, "his");
	fill_up();
	assert_true(room_first(hub_room(hub, dev)) > other);
	assert_int_equal(ask_and_answer(alice, edits(other, "hers")), CODE_NOT_YOURS);
	assert_int_equal(ask_and_answer(alice, edits(seq, "two words")), CODE_OK);
	uint64_t first = ear.reply.seq;
	assert_int_equal(kept_at(seq).kind, EVENT_EDITED);
	assert_true(kept_at(seq).target == first);
	fill_up();
	assert_true(room_first(hub_room(hub, dev)) > first);
	assert_int_equal(ask_and_answer(alice, edits(seq, "three")), CODE_OK);
	assert_words(kept_at(seq).text, "three");
	assert_words(kept_at(first).text, "");
	assert_int_equal(kept_at(first).kind, EVENT_EDIT);
	assert_words(kept_at(first).from, "alice");
	uint64_t second = ear.reply.seq;
	fill_up();
	assert_int_equal(ask_and_answer(alice, recalls(seq)), CODE_OK);
	assert_int_equal(kept_at(seq).kind, EVENT_RECALLED);
	assert_words(kept_at(second).text, "");
	assert_int_equal(ask_and_answer(alice, recalls(seq)), CODE_OK);
	assert_true(ear.reply.seq == 0);
	assert_int_equal(ask_and_answer(alice, edits(seq, "four")), CODE_NO_SUCH_EVENT);
}

static void the_administrator_needs_no_memory(void **state)
{
	(void)state;
	uint64_t seq = said(alice, "one");
	assert_int_equal(edit(alice, seq, "two"), CODE_OK);
	uint64_t source = ear.reply.seq;
	fill_up();
	told_times = 0;
	assert_int_equal(hub_recall(hub, words("dev"), seq, now, tell, NULL), ERR_NONE);
	assert_int_equal(hub_recall(hub, words("dev"), seq, now, tell, NULL), ERR_EXISTS);
	answer_all();
	settle();
	assert_true(told_times == 1 && told_code == CODE_OK);
	assert_int_equal(kept_at(seq).kind, EVENT_RECALLED);
	assert_words(kept_at(source).text, "");
}

static void what_cannot_be_read_is_not_changed(void **state)
{
	static const struct {
		enum err e;
		enum code code;
	} answers[] = {{ERR_NOT_FOUND, CODE_NO_SUCH_EVENT},
		       {ERR_SYSTEM, CODE_NOT_WRITTEN},
		       {ERR_MALFORMED, CODE_NOT_WRITTEN}};

	(void)state;
	uint64_t seq = said(alice, "one");
	fill_up();
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		struct command c = recalls(seq);
		hub_command(hub, alice, &c, now);
		assert_true(hub_holds(alice));
		answer_with(0, (struct store_answer){.error = answers[i].e});
		assert_int_equal(ear.reply.code, answers[i].code);
	}
	hub_trimmed(hub, dev, seq + 1);
	assert_int_equal(run(alice, recalls(seq)), CODE_NO_SUCH_EVENT);
}

/* A page that was read before the recall is not believed after it; nor is a search. */
static void no_answer_of_before_is_believed_afterwards(void **state)
{
	struct slice frame;
	struct frame f;

	(void)state;
	uint64_t seq = said(alice, "sesame");
	fill_up();
	assert_int_equal(hub_run(hub, dev, seq, 0, &frame, &(uint32_t){1}), LOG_LATER);
	struct store_answer before = read_kept(&fake.queries[0]);
	static uint8_t old[sizeof(answer_bytes)];
	memcpy(old, before.page.data, before.page.len);
	before.page.data = old;
	struct command search = {.kind = COMMAND_SEARCH, .text = words("sesame"), .id = ++asked};
	struct command page = {
		.kind = COMMAND_PAGE, .room = dev, .before = seq + 1, .count = 1, .id = ++asked};
	hub_command(hub, bob, &search, now);
	struct hub_client *too = guest(6, 'B', "bob");
	hub_command(hub, too, &page, now);
	assert_int_equal(fake.query_count, 3);

	assert_int_equal(hub_recall(hub, words("dev"), seq, now, tell, NULL), ERR_NONE);
	answer_with(3, read_kept(&fake.queries[3]));
	settle();
	assert_int_equal(kept_at(seq).kind, EVENT_RECALLED);

	struct slice one = before.page;
	assert_int_equal(frame_get(&one, &f), ERR_NONE);
	struct slice talk = slice_of(before.page.data, before.page.len - one.len);
	answer_with(1, (struct store_answer){.page = talk});
	assert_int_equal(ear.reply.text.len, 0); /* the search */
	assert_int_equal(ear.reply.code, CODE_OK);
	answer_with(1, (struct store_answer){.page = talk});
	answer_with(0, before);
	answer_all();
	assert_ptr_equal(ear.client, too);
	struct slice text = ear.reply.text;
	assert_int_equal(frame_get(&text, &f), ERR_NONE);
	assert_int_equal(f.event.kind, EVENT_RECALLED);
	assert_int_equal(hub_run(hub, dev, seq, 0, &frame, &(uint32_t){1}), LOG_HERE);
	assert_int_equal(frame_get(&frame, &f), ERR_NONE);
	assert_int_equal(f.event.kind, EVENT_RECALLED);
}

/* ---- rooms of two ---------------------------------------------------------------------------- */

static void it_works_between_two(void **state)
{
	(void)state;
	dev = enter_ok(alice, "@bob");
	uint64_t seq = said(alice, "psst");
	assert_int_equal(recall(bob, seq), CODE_NOT_YOURS);
	assert_int_equal(edit(alice, seq, "PSST"), CODE_OK);
	assert_talk(seq, EVENT_EDITED, "alice", "PSST");
	assert_int_equal(recall(alice, seq), CODE_OK);
	assert_talk(seq, EVENT_RECALLED, "alice", "");
	struct hub_client *carol = guest(2, 'C', "carol");
	assert_int_equal(recall(carol, seq), CODE_NO_SUCH_ROOM);
}

static void it_may_be_forbidden(void **state)
{
	struct hub_config config = {
		.room_bytes = 1 << 20, .max_members = 10, .grace_us = GRACE, .epoch = EPOCH};

	(void)state;
	hub_free(hub);
	hub = hub_new(&config, NULL);
	assert_non_null(hub);
	memset(clients, 0, sizeof(clients));
	ear_begin(hub);
	stored = false;
	alice = guest(0, 'A', "alice");
	dev = WIRE_LOBBY;
	uint64_t seq = said(alice, "one");
	assert_int_equal(recall(alice, seq), CODE_TOO_LATE);
	assert_int_equal(edit(alice, seq, "two"), CODE_TOO_LATE);
	assert_int_equal(order("lobby", seq), ERR_NONE);
	assert_int_equal(told_code, CODE_OK);
}

int main(void)
{
#define BOTH(f)                                                                                    \
	{"memory: " #f, f, rooms_in_memory, put_away, NULL},                                       \
	{                                                                                          \
		"store: " #f, f, rooms_on_disk, put_away, NULL                                     \
	}
#define STORED(f)                                                                                  \
	{                                                                                          \
#f, f, rooms_on_disk, put_away, NULL                                               \
	}
#define LITTLE(f)                                                                                  \
	{                                                                                          \
#f, f, mostly_on_disk, put_away, NULL                                              \
	}
	const struct CMUnitTest tests[] = {
		BOTH(a_recalled_talk_is_gone),
		BOTH(an_edited_talk_says_something_else),
		BOTH(no_text_is_left_behind),
		BOTH(texts_may_be_long),
		BOTH(one_s_own_alone),
		BOTH(whoever_said_it_by_whatever_name),
		BOTH(only_talks_are_changed),
		BOTH(there_is_a_time_for_it),
		BOTH(a_repeat_is_answered_and_does_nothing),
		BOTH(the_administrator_recalls_anything_any_time),
		BOTH(edits_of_one_batch_come_to_the_last),
		BOTH(a_recall_has_the_last_word),
		STORED(changes_of_two_batches_follow_each_other),
		STORED(a_talk_that_is_not_kept_is_none),
		STORED(what_is_not_kept_did_not_happen),
		STORED(the_end_comes_while_a_change_is_pending),
		LITTLE(a_talk_is_changed_where_it_is_kept),
		LITTLE(the_administrator_needs_no_memory),
		LITTLE(what_cannot_be_read_is_not_changed),
		LITTLE(no_answer_of_before_is_believed_afterwards),
		BOTH(it_works_between_two),
		STORED(it_may_be_forbidden),
	};

	return cmocka_run_group_tests_name("hub, recall and edit", tests, NULL, NULL);
}
