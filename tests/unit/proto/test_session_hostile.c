/* Peers that break the rules: protocol.md §9. */
#include "session_rig.h"
#include "wire_samples.h"

#include "proto/packet.h"
#include "proto/timerq.h"

static struct rig r;

enum { NEXT = 1000 }; /* a packet number that is still free */

static void joined(enum session_link link)
{
	rig_begin(&r, link);
	rig_join(&r);
	rig_run(&r, SECOND);
}

static enum side other(enum side side)
{
	return side == CLIENT ? SERVER : CLIENT;
}

/* ---- every frame, to every end --------------------------------------------------------------- */

enum { TO_CLIENT = 1, TO_SERVER = 2, BY_UDP = 4, BY_STREAM = 8, EARLY = 16 };

static const struct legal {
	enum frame_type type;
	unsigned where;
} legal[] = {
	{FRAME_PADDING, TO_CLIENT | TO_SERVER | BY_UDP | BY_STREAM},
	{FRAME_PING, TO_CLIENT | TO_SERVER | BY_UDP | BY_STREAM},
	{FRAME_PONG, TO_CLIENT | TO_SERVER | BY_UDP | BY_STREAM},
	{FRAME_ACK, TO_CLIENT | TO_SERVER | BY_UDP},
	{FRAME_BYE, TO_CLIENT | TO_SERVER | BY_UDP | BY_STREAM | EARLY},
	{FRAME_HELLO, EARLY},
	{FRAME_PATH_CHALLENGE, TO_CLIENT | BY_UDP},
	{FRAME_PATH_RESPONSE, TO_SERVER | BY_UDP},
	{FRAME_COMMAND, TO_SERVER | BY_UDP | BY_STREAM},
	{FRAME_COMMAND_PART, TO_SERVER | BY_UDP},
	{FRAME_REPLY, TO_CLIENT | BY_UDP | BY_STREAM},
	{FRAME_EVENT, TO_CLIENT | BY_UDP | BY_STREAM},
	{FRAME_EVENT_PART, TO_CLIENT | BY_UDP},
	{FRAME_CURSOR, TO_SERVER | BY_UDP},
};

static bool is_legal(const struct legal *l, enum side to, enum session_link link)
{
	unsigned need = (to == CLIENT ? TO_CLIENT : TO_SERVER) |
			(link == SESSION_DGRAM ? BY_UDP : BY_STREAM);

	return (l->where & need) == need;
}

/* A packet that was dropped left no trace: its number can still be used. */
static void assert_number_is_free(enum side at, uint64_t number)
{
	uint8_t bytes[16];
	struct buf b = buf_of(bytes, sizeof(bytes));
	size_t before = r.sent[other(at)];

	ping_put(&b, FRAME_PING, 5);
	rig_forge(&r, at, number, &b);
	assert_int_equal(r.sent[other(at)], before + 1);
}

static void assert_number_is_used(enum side at, uint64_t number)
{
	uint8_t bytes[16];
	struct buf b = buf_of(bytes, sizeof(bytes));
	size_t before = r.sent[other(at)];

	ping_put(&b, FRAME_PING, 5);
	rig_forge(&r, at, number, &b);
	assert_int_equal(r.sent[other(at)] - before, r.link == SESSION_STREAM); /* no numbers */
}

static void assert_refused(enum side at)
{
	if (r.link == SESSION_DGRAM) {
		assert_false(r.ended[at]);
		assert_number_is_free(at, NEXT);
		return;
	}
	assert_true(r.ended[at]);
	assert_int_equal(r.end_code[at], CODE_PROTOCOL);
	assert_false(r.by_peer[at]);
	rig_run(&r, SECOND);
	assert_int_equal(r.end_code[other(at)], CODE_PROTOCOL); /* it is told */
	assert_true(r.by_peer[other(at)]);
}

static void try_frame(const struct legal *l, enum side to, enum session_link link)
{
	uint8_t bytes[WIRE_FRAMES_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));

	joined(link);
	rig_put_welcome(&r, &b, l->type);
	rig_forge(&r, to, NEXT, &b);
	if (!is_legal(l, to, link)) {
		assert_refused(to);
	} else if (l->type == FRAME_BYE) {
		assert_true(r.ended[to] && r.by_peer[to]);
	} else {
		assert_false(r.ended[to]);
		assert_number_is_used(to, NEXT);
	}
	assert_int_equal(r.commands, l->type == FRAME_COMMAND && to == SERVER ? 2 : 1);
	rig_end(&r);
}

static void frames_are_taken_only_where_they_belong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(legal); i++)
		for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++)
			for (enum side to = CLIENT; to <= SERVER; to++)
				try_frame(&legal[i], to, link);
}

static void before_hello_only_hello_and_goodbye_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(legal); i++) {
		for (enum side to = CLIENT; to <= SERVER; to++) {
			uint8_t bytes[WIRE_FRAMES_MAX];
			struct buf b = buf_of(bytes, sizeof(bytes));
			rig_begin(&r, SESSION_STREAM);
			rig_happen(&r, 5);
			rig_put_welcome(&r, &b, legal[i].type);
			rig_forge(&r, to, 0, &b);
			if (legal[i].type == FRAME_HELLO)
				assert_true(r.opened[to] && !r.ended[to]);
			else
				assert_true(r.ended[to] && !r.opened[to]);
			assert_int_equal(r.by_peer[to], legal[i].type == FRAME_BYE);
			assert_int_equal(r.commands, 0);
			rig_end(&r);
		}
	}
}

static void a_second_hello_is_one_too_many(void **state)
{
	(void)state;
	for (enum side to = CLIENT; to <= SERVER; to++) {
		uint8_t bytes[16];
		struct buf b = buf_of(bytes, sizeof(bytes));
		joined(SESSION_STREAM);
		hello_put(&b);
		rig_forge(&r, to, 0, &b);
		assert_refused(to);
		rig_end(&r);
	}
}

/* A frame that does not decode takes the whole packet with it: the ones before it were not used. */
static void half_a_packet_is_never_used(void **state)
{
	uint8_t bytes[64];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct command c = {.id = 2, .kind = COMMAND_WHO, .room = WIRE_LOBBY};

	(void)state;
	joined(SESSION_DGRAM);
	command_put(&b, &c);
	buf_put_u8(&b, 0xff);
	rig_forge(&r, SERVER, NEXT, &b);
	assert_int_equal(r.commands, 1);
	assert_number_is_free(SERVER, NEXT);
	rig_end(&r);
}

/* ---- what fits no conversation --------------------------------------------------------------- */

struct wrong {
	const char *what;
	enum side to;
	void (*put)(struct buf *b);
};

static void put_reply(struct buf *b, uint64_t id, uint64_t first)
{
	reply_put(b, &(struct reply){.id = id, .first = first});
}

static void reply_to_nothing(struct buf *b)
{
	put_reply(b, 2, 0);
}

static void command_past_the_window(struct buf *b)
{
	command_put(b, &(struct command){.id = 2 + WIRE_COMMANDS_MAX, .kind = COMMAND_NICK});
}

static void event_past_the_window(struct buf *b)
{
	event_put(b, &(struct event){.room = WIRE_LOBBY,
				     .seq = 2 + WIRE_EVENTS_MAX,
				     .kind = EVENT_JOIN,
				     .from = words("x")});
}

static const struct wrong wrongs[] = {
	{"a reply to nothing", CLIENT, reply_to_nothing},
	{"a command past the window", SERVER, command_past_the_window},
	{"an event past the window", CLIENT, event_past_the_window},
};

static void what_fits_no_conversation_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
		for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
			uint8_t bytes[256];
			struct buf b = buf_of(bytes, sizeof(bytes));
			joined(link);
			wrongs[i].put(&b);
			rig_forge(&r, wrongs[i].to, NEXT, &b);
			assert_refused(wrongs[i].to);
			rig_end(&r);
		}
	}
}

static void an_event_before_the_join_is_refused(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		uint8_t bytes[256];
		struct buf b = buf_of(bytes, sizeof(bytes));
		rig_begin(&r, link);
		rig_run(&r, SECOND);
		event_put(&b, &(struct event){.room = WIRE_LOBBY,
					      .seq = 1,
					      .kind = EVENT_JOIN,
					      .from = words("x")});
		rig_forge(&r, CLIENT, NEXT, &b);
		assert_refused(CLIENT);
		rig_end(&r);
	}
}

/* Answered twice, or from nowhere: `first` 0 is no place in a log. */
static void a_join_is_answered_once_and_with_a_place(void **state)
{
	(void)state;
	for (uint64_t first = 0; first <= 5; first += 5) {
		uint8_t bytes[64];
		struct buf b = buf_of(bytes, sizeof(bytes));
		rig_begin(&r, SESSION_STREAM);
		if (first > 0)
			rig_join(&r);
		rig_run(&r, SECOND);
		uint64_t id = rig_command(&r, COMMAND_JOIN, "m");
		put_reply(&b, id, first);
		rig_forge(&r, CLIENT, 0, &b);
		assert_refused(CLIENT);
		rig_end(&r);
	}
}

static void put_part(enum frame_type type, uint64_t id, uint32_t total, uint8_t index,
		     const uint8_t *whole, uint64_t number)
{
	uint8_t bytes[WIRE_FRAMES_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));
	size_t start = (size_t)index * WIRE_PART_SIZE, left = total - start;
	struct part p = {.room = WIRE_LOBBY, .id = id, .total = total, .index = index};

	p.bytes = slice_of(whole + start, left < WIRE_PART_SIZE ? left : WIRE_PART_SIZE);
	part_put(&b, type, &p);
	rig_forge(&r, type == FRAME_EVENT_PART ? CLIENT : SERVER, number, &b);
}

static void parts_of_different_wholes_are_dropped(void **state)
{
	(void)state;
	for (enum side to = CLIENT; to <= SERVER; to++) {
		enum frame_type t = to == CLIENT ? FRAME_EVENT_PART : FRAME_COMMAND_PART;
		static uint8_t whole[3000];
		joined(SESSION_DGRAM);
		put_part(t, 3, 3000, 0, whole, NEXT - 1);
		put_part(t, 3, 2999, 1, whole, NEXT);
		assert_refused(to);
		rig_end(&r);
	}
}

/* Sound each, and together no frame: what a repeat cannot mend ends the session. */
static void parts_that_make_no_frame_end_the_session(void **state)
{
	(void)state;
	for (enum side to = CLIENT; to <= SERVER; to++) {
		enum frame_type t = to == CLIENT ? FRAME_EVENT_PART : FRAME_COMMAND_PART;
		static uint8_t whole[2000];
		joined(SESSION_DGRAM);
		put_part(t, 2, sizeof(whole), 0, whole, NEXT);
		assert_false(r.ended[to]);
		put_part(t, 2, sizeof(whole), 1, whole, NEXT + 1);
		rig_run(&r, SECOND);
		assert_int_equal(r.end_code[to], CODE_PROTOCOL);
		assert_int_equal(r.end_code[other(to)], CODE_PROTOCOL);
		assert_int_equal(r.commands, 1);
		rig_end(&r);
	}
}

/* A whole frame in parts that is about something else than the parts say. */
static void parts_that_lie_about_their_number_end_the_session(void **state)
{
	static uint8_t whole[WIRE_ITEM_MAX];
	struct buf b = buf_of(whole, sizeof(whole));
	struct command c = {.id = 3, .kind = COMMAND_NICK, .text = slice_of(long_text, 2000)};

	(void)state;
	joined(SESSION_DGRAM);
	command_put(&b, &c);
	put_part(FRAME_COMMAND_PART, 2, (uint32_t)b.len, 1, whole, NEXT);
	put_part(FRAME_COMMAND_PART, 2, (uint32_t)b.len, 0, whole, NEXT + 1);
	rig_run(&r, SECOND);
	assert_int_equal(r.end_code[SERVER], CODE_PROTOCOL);
	assert_int_equal(r.commands, 1);
	rig_end(&r);
}

/* ---- lies about what arrived ----------------------------------------------------------------- */

static void put_lie(struct buf *b, enum side to, int lie)
{
	struct ack ack = {.count = 1, .ranges = {{0, 5000}}};

	if (lie == 1)
		ack.ranges[0] = (struct ack_range){BUF_VARINT_MAX - 1, BUF_VARINT_MAX};
	if (lie == 2 && to == SERVER)
		cursor_put(b, WIRE_LOBBY, 5000);
	else if (lie == 3 && to == SERVER)
		cursor_put(b, 2, 2);
	else
		ack_put(b, &ack);
}

/* The next packet comes with a lie at its end, if there is room. */
static void deliver_with_lie(enum side to, int lie)
{
	uint8_t plain[WIRE_PACKET_MAX];
	struct slice frames;
	struct packet p;

	while (!r.queue[to])
		assert_true(rig_step(&r, r.now + 20 * SECOND));
	struct unit *u = r.queue[to];
	r.queue[to] = u->next;
	assert_true(sealed_open(r.end[to], u->bytes, u->len, plain, &frames));
	assert_int_equal(packet_get(u->bytes, u->len, &p), ERR_NONE);
	free(u);
	struct buf b = buf_of(plain, WIRE_FRAMES_MAX);
	b.len = frames.len;
	put_lie(&b, to, lie);
	if (!b.failed)
		rig_forge(&r, to, p.number, &b);
}

static void lies_about_what_arrived_change_nothing(void **state)
{
	(void)state;
	for (int lie = 0; lie < 4; lie++) {
		for (enum side to = CLIENT; to <= SERVER; to++) {
			joined(SESSION_DGRAM);
			for (int i = 0; i < 30; i++)
				rig_happen(&r, 700);
			rig_talk(&r, 8000);
			rig_work(&r);
			rig_lose(&r, other(to));
			for (int i = 0; i < 20; i++)
				deliver_with_lie(to, lie);
			rig_run(&r, 10 * SECOND);
			assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
			rig_expect_whole_log(&r);
			rig_end(&r);
		}
	}
}

/* What comes in the same piece as the fault, or after it, is not looked at any more. */
static void a_stream_is_not_read_past_a_fault(void **state)
{
	static const uint8_t faults[][4] = {{0, 0}, {0xff, 0xff}, {0, 1, 0xff}, {0, 2, 0x40, 1}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		for (enum side to = CLIENT; to <= SERVER; to++) {
			uint8_t bytes[64];
			struct buf b = buf_of(bytes, sizeof(bytes));
			struct command c = {.id = 2, .kind = COMMAND_WHO, .room = WIRE_LOBBY};
			joined(SESSION_STREAM);
			buf_put_bytes(&b, faults[i], i < 2 ? 2 : i + 1);
			size_t at = b.len;
			buf_put_u16(&b, 0);
			command_put(&b, &c);
			bytes[at + 1] = (uint8_t)(b.len - at - 2);
			session_feed(r.end[to], r.now, bytes, b.len);
			rig_feed(&r, to, bytes, b.len);
			rig_feed(&r, to, bytes + at, b.len - at);
			assert_int_equal(r.commands, 1);
			assert_refused(to);
			rig_end(&r);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_taken_only_where_they_belong),
		cmocka_unit_test(before_hello_only_hello_and_goodbye_count),
		cmocka_unit_test(a_second_hello_is_one_too_many),
		cmocka_unit_test(half_a_packet_is_never_used),
		cmocka_unit_test(what_fits_no_conversation_is_refused),
		cmocka_unit_test(an_event_before_the_join_is_refused),
		cmocka_unit_test(a_join_is_answered_once_and_with_a_place),
		cmocka_unit_test(parts_of_different_wholes_are_dropped),
		cmocka_unit_test(parts_that_make_no_frame_end_the_session),
		cmocka_unit_test(parts_that_lie_about_their_number_end_the_session),
		cmocka_unit_test(lies_about_what_arrived_change_nothing),
		cmocka_unit_test(a_stream_is_not_read_past_a_fault),
	};

	return cmocka_run_group_tests_name("session, hostile", tests, samples_setup, NULL);
}
