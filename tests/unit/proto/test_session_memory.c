/*
 * Sessions that are refused memory, at every place where they ask for it: they go on or end, and
 * while they live they neither lose anything nor spin.
 */
#include "session_rig.h"

#include "refuse.h"

static struct rig r;

static enum fate lose_some(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)to, (void)bytes, (void)n;
	return ++rig->countdown % 7 == 3 ? IS_LOST : PASSES;
}

/* Talks as long as the session takes them. */
static void talk(size_t len)
{
	static char text[TEXT_MAX_BYTES];
	struct command c = {.kind = COMMAND_TALK, .room = WIRE_LOBBY};

	for (size_t i = 0; i < len; i++) /* as the rig wants it for this number */
		text[i] =
			(char)('a' + ((r.answer_count + session_unanswered(r.end[CLIENT]) + 1) * 7 +
				      i + i / 1024) %
					     26);
	c.text = slice_of(text, len);
	enum err e = session_command(r.end[CLIENT], &c);
	assert_true(e == ERR_NONE || e == ERR_MEMORY || e == ERR_CLOSED);
}

static bool ask(struct command c)
{
	if (session_command(r.end[CLIENT], &c) != ERR_NONE)
		return false;
	r.asked[c.id].kind = c.kind;
	r.asked[c.id].room = c.room;
	return true;
}

/* Asks for a name once; false: it could not even ask. */
static bool ask_name(void)
{
	return ask((struct command){
		.kind = COMMAND_JOIN, .room = WIRE_LOBBY, .text = slice_of("n", 1)});
}

/* Another room, and a reply in parts. */
static void look_around(void)
{
	ask((struct command){.kind = COMMAND_ENTER, .text = slice_of("#2", 2)});
	ask((struct command){.kind = COMMAND_PAGE, .room = WIRE_LOBBY});
	for (int i = 0; i < 5; i++)
		rig_happen_in(&r, 2, i % 2 ? 40 : 4000);
}

/* What a session can want memory for: items out of order, in parts, in flight, split records, rooms. */
static void converse(void)
{
	bool asked = ask_name();

	rig_happen(&r, 10);
	rig_run(&r, SECOND);
	if (!asked && !ask_name())
		return;
	for (int i = 0; i < 6; i++) {
		if (i == 3)
			look_around();
		talk(i % 3 ? 30 : 5000);
		rig_happen(&r, i % 2 ? 40 : 4000);
		rig_happen(&r, 15);
		rig_run(&r, SECOND / 3);
	}
	for (int i = 0; i < 40; i++)
		rig_happen(&r, 600);
	rig_run(&r, 3 * SECOND);
}

enum kind { DATAGRAMS, STREAM, SEALED_STREAM };

static void poor_begin(enum kind kind)
{
	refuse(0, 0);
	if (kind == SEALED_STREAM)
		rig_begin_sealed(&r);
	else
		rig_begin(&r, kind == STREAM ? SESSION_STREAM : SESSION_DGRAM);
	r.poor = true;
	r.weather = lose_some;
	r.cut = 700;
}

/* True: some allocation was refused. */
static bool survives(enum kind kind, uint64_t after, uint64_t count)
{
	poor_begin(kind);
	refuse(after, count);
	converse();
	bool any = refused();
	refuse(0, 0);
	if (r.head > 0 && session_unanswered(r.end[CLIENT]) == 0 && r.answer_count == 0)
		ask_name();
	rig_run(&r, 20 * SECOND);
	bool lives = session_open(r.end[CLIENT]) && r.end[SERVER] && session_open(r.end[SERVER]);
	if (lives) {
		assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
		rig_expect_whole_log(&r);
		if (r.rooms[2].asked)
			rig_expect_heard(&r, 2);
	} else {
		rig_run(&r, 60 * SECOND);
		assert_true(r.ended[CLIENT]);
		assert_true(!r.end[SERVER] || r.ended[SERVER]);
	}
	rig_end(&r);
	return any;
}

static void sweep(enum kind kind, uint64_t count, uint64_t least)
{
	uint64_t after = 0;

	while (survives(kind, after, count))
		after++;
	assert_in_range(after, least, 100000); /* it was about something */
}

static void any_one_allocation_may_fail(void **state)
{
	(void)state;
	sweep(DATAGRAMS, 1, 50);
	sweep(STREAM, 1, 20);
	sweep(SEALED_STREAM, 1, 20);
}

static void any_few_allocations_may_fail(void **state)
{
	(void)state;
	sweep(DATAGRAMS, 4, 50);
	sweep(STREAM, 4, 20);
	sweep(SEALED_STREAM, 4, 20);
}

/* From some point on there is none any more, until all else is over. */
static void memory_may_be_gone_for_a_while(void **state)
{
	(void)state;
	sweep(DATAGRAMS, UINT64_MAX, 50);
	sweep(STREAM, UINT64_MAX, 20);
	sweep(SEALED_STREAM, UINT64_MAX, 20);
}

static void without_memory_there_is_no_session(void **state)
{
	struct session_config config = sealed_client(RIG_CLIENT, SESSION_DGRAM, CLIENT_CID);

	(void)state;
	for (uint64_t after = 0;; after++) {
		refuse(after, 1);
		struct session *s = session_new(&config, 1);
		session_free(s);
		assert_int_equal(!s, refused());
		if (s)
			break;
		assert_in_range(after, 0, 10);
	}
	refuse(0, 0);
	session_free(NULL);
}

/* A client that only listens, and a server that has to send it again what it could not. */
static bool hears_all(uint64_t after)
{
	poor_begin(DATAGRAMS);
	rig_join(&r);
	refuse(after, 3);
	for (int i = 0; i < 20; i++) {
		rig_happen(&r, i % 4 ? 100 : 3000);
		rig_run(&r, SECOND / 20);
	}
	bool any = refused();
	rig_run(&r, 5 * SECOND);
	assert_true(session_open(r.end[CLIENT]) && session_open(r.end[SERVER]));
	rig_expect_whole_log(&r);
	rig_end(&r);
	return any;
}

static void a_datagram_session_forgets_nothing_for_it(void **state)
{
	uint64_t after = 0;

	(void)state;
	while (hears_all(after))
		after++;
	assert_in_range(after, 15, 1000);
}

/* A text in parts goes with the third message, and the JOIN behind it. */
static bool shakes_hands(uint64_t after)
{
	poor_begin(DATAGRAMS);
	r.weather = NULL;
	rig_talk(&r, 5000);
	rig_command(&r, COMMAND_JOIN, "n");
	refuse(after, 1);
	rig_run(&r, 5 * SECOND);
	bool any = refused();
	refuse(0, 0);
	if (r.end_code[CLIENT] != CODE_SERVER_FULL) { /* the room's own answer, see the rig */
		assert_true(session_open(r.end[CLIENT]) && session_open(r.end[SERVER]));
		assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
		rig_expect_whole_log(&r);
	}
	rig_end(&r);
	return any;
}

static void a_handshake_goes_on_without(void **state)
{
	uint64_t after = 0;

	(void)state;
	while (shakes_hands(after))
		after++;
	assert_in_range(after, 8, 1000);
}

/* What the answer needs was asked for with the question: on a stream it comes once. */
static void who_could_ask_can_hear_the_answer(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_STREAM);
	rig_join(&r);
	uint64_t first = rig_enter(&r, 2, 0), last = rig_enter(&r, 3, 0);
	rig_run(&r, r.delay + 1);
	assert_int_equal(r.commands, 3);
	refuse(0, UINT64_MAX);
	rig_run(&r, SECOND);
	refuse(0, 0);
	assert_non_null(rig_answer(&r, first));
	assert_non_null(rig_answer(&r, last));
	rig_expect_heard(&r, 2);
	rig_expect_heard(&r, 3);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_one_allocation_may_fail),
		cmocka_unit_test(any_few_allocations_may_fail),
		cmocka_unit_test(memory_may_be_gone_for_a_while),
		cmocka_unit_test(without_memory_there_is_no_session),
		cmocka_unit_test(a_datagram_session_forgets_nothing_for_it),
		cmocka_unit_test(a_handshake_goes_on_without),
		cmocka_unit_test(who_could_ask_can_hear_the_answer),
	};

	return cmocka_run_group_tests_name("session, memory", tests, NULL, NULL);
}
