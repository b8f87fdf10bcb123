/*
 * ui/model that is refused memory, at every place where it asks for it: what it cannot show is missing,
 * and everything else is as it says.
 */
#include "ui_rig.h"

#include "ui/fold.h"

#include "check.h"
#include "refuse.h"

#include <stdio.h>
#include <string.h>

static void may_fail(enum err e)
{
	assert_true(e == ERR_NONE || e == ERR_MEMORY);
}

static void hear(struct model *m, const char *room, enum event_kind kind, uint64_t seq,
		 const char *from, const char *what, uint64_t target)
{
	struct event e = {
		.kind = kind, .seq = seq, .from = text(from), .text = text(what), .target = target};

	may_fail(model_event(m, text(room), &e, at_minute(1)));
}

static void say(struct model *m, const char *room, enum said_state state, uint64_t ticket)
{
	struct model_said s = {.ticket = ticket,
			       .room = text(room),
			       .state = state,
			       .seq = ticket,
			       .reason = text("why"),
			       .text = text("mine")};

	may_fail(model_said(m, &s, at_minute(2)));
}

static struct day_time noon(int64_t ms)
{
	(void)ms;
	return at_minute(720);
}

static void load(struct model *m)
{
	uint8_t bytes[1024];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct model_page page = {.room = text("#lobby"), .before = 20};

	for (uint64_t seq = 10; seq < 20; seq++)
		event_put(&b, &(struct event){.room = 1,
					      .seq = seq,
					      .kind = seq < 15 ? EVENT_JOIN : EVENT_TALK,
					      .from = text("eve"),
					      .text = text(seq < 15 ? "" : "older")});
	assert_false(b.failed);
	page.events = slice_of(bytes, b.len);
	may_fail(model_page(m, &page, noon));
}

static void live_through_a_lot(struct model *m)
{
	static char big[5000];

	memset(big, 'x', sizeof(big) - 1);
	hear(m, "#lobby", EVENT_JOIN, 20, "alice", "", 0);
	hear(m, "#lobby", EVENT_JOIN, 21, "bob", "", 0);
	hear(m, "#lobby", EVENT_TALK, 22, "alice", big, 0);
	for (uint64_t ticket = 23; ticket < 30; ticket++)
		say(m, ticket % 2 ? "#lobby" : "@al", SAID_SENDING, ticket);
	say(m, "#lobby", SAID_FAILED, 25);
	model_rename(m, text("@al"), text("@alice"));
	hear(m, "@alice", EVENT_OPEN, 1, "alice", "", 0);
	hear(m, "@alice", EVENT_TALK, 2, "alice", "hi", 0);
	hear(m, "#lobby", EVENT_TALK, 23, "me", "mine", 0);
	say(m, "#lobby", SAID_SENT, 27);
	hear(m, "#lobby", EVENT_EDIT, 24, "alice", "otherwise", 22);
	hear(m, "#lobby", EVENT_EDIT, 25, "eve", "before it came", 16);
	hear(m, "#lobby", EVENT_RECALL, 26, "eve", "", 17);
	load(m);
	may_fail(model_edit(m, text("> "), text("half"), 2));
	may_fail(model_note(m, MODEL_NOTICE, text("a notice"), at_minute(3)));
	model_set(m, &(struct model_settings){.max_lines = 5, .fold = true, .words = "x"});
	model_leave(m, text("@alice"));
}

static void adds_up(const struct model *m)
{
	size_t lines = 0, bytes = 0;

	for (size_t i = 0; i < m->room_count; i++) {
		const struct model_room *r = m->rooms[i];
		for (uint64_t at = look_first(r); at < r->lines.end; at++)
			bytes += scrollback_cost(look_at(r, at));
		for (uint64_t at = r->lines.end; at < look_end(r); at++)
			assert_int_not_equal(look_at(r, at)->state, LINE_THERE);
		lines += r->lines.end - r->lines.first;
	}
	assert_int_equal(m->line_count, lines);
	assert_int_equal(m->bytes, bytes);
	assert_non_null(m->input);
}

/* True: some allocation was refused. */
static bool survives(uint64_t after, uint64_t count)
{
	struct model *m;
	bool any;

	refuse(0, 0);
	m = model_new(1000);
	assert_non_null(m);
	may_fail(model_status(m, &(struct model_status){.link = LINK_ONLINE,
							.nick = text("me"),
							.room = text("#lobby")}));
	refuse(after, count);
	live_through_a_lot(m);
	any = refused();
	refuse(0, 0);
	adds_up(m);
	model_free(m);
	return any;
}

static void test_one_refusal_anywhere(void **state)
{
	uint64_t n = 0;

	(void)state;
	while (survives(n, 1))
		n++;
	assert_true(n > 30);
}

static void test_no_memory_from_somewhere_on(void **state)
{
	uint64_t n = 0;

	(void)state;
	while (survives(n, UINT64_MAX))
		n++;
	assert_true(n > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_refusal_anywhere),
		cmocka_unit_test(test_no_memory_from_somewhere_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
