/* A session's beginning, its keeping alive, and its end by silence: protocol.md §2, §5. */
#include "session_rig.h"

#include "proto/packet.h"
#include "proto/timerq.h"

static struct rig r;

static enum fate lose_all(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)rig, (void)to, (void)bytes, (void)n;
	return IS_LOST;
}

/* The first `countdown` packets to the client are lost. */
static enum fate lose_first_to_client(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)bytes, (void)n;
	return to == CLIENT && rig->countdown-- > 0 ? IS_LOST : PASSES;
}

static enum fate lose_to_server(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)rig, (void)bytes, (void)n;
	return to == SERVER ? IS_LOST : PASSES;
}

static enum packet_type type_under_way(enum side to)
{
	const struct unit *u = rig_under_way(&r, to, 0);

	assert_non_null(u);
	return u->bytes[0];
}

/* ---- UDP ------------------------------------------------------------------------------------- */

static void a_handshake_takes_three_packets(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_command(&r, COMMAND_JOIN, "n");
	rig_work(&r);
	assert_int_equal(type_under_way(SERVER), PACKET_INIT);
	rig_run(&r, 10000);
	assert_int_equal(type_under_way(CLIENT), PACKET_RESP);
	assert_false(r.opened[SERVER]); /* nobody knows yet whether the client is there */
	rig_run(&r, 10000);
	assert_int_equal(type_under_way(SERVER), PACKET_FIN);
	assert_false(r.opened[CLIENT]); /* nor whether it is let in */
	rig_run(&r, 10000);
	assert_true(r.opened[SERVER]);
	assert_int_equal(r.commands, 1); /* it came along */
	assert_int_equal(r.sent[SERVER], 2);
	assert_int_equal(type_under_way(CLIENT), PACKET_DATA);
	rig_run(&r, 10000);
	assert_true(r.opened[CLIENT]);
	assert_int_equal(r.sent[CLIENT], 2);
	assert_memory_equal(r.keys[CLIENT], sealed_identity(SEALED_SERVER)->keys.public, NOISE_KEY);
	assert_memory_equal(r.keys[SERVER], sealed_identity(RIG_CLIENT)->keys.public, NOISE_KEY);
	assert_int_equal(session_rtt(r.end[CLIENT]), 20000);
	assert_int_equal(session_rtt(r.end[SERVER]), 20000);
	rig_end(&r);
}

static void an_init_is_repeated_until_it_is_given_up(void **state)
{
	static const unsigned at[] = {0,    300,  900,	1500, 2100, 2700, 3300, 3900, 4500,
				      5100, 5700, 6300, 6900, 7500, 8100, 8700, 9300, 9900};

	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	r.weather = lose_all;
	uint64_t start = r.now;
	rig_work(&r);
	for (size_t i = 0; i < COUNT_OF(at); i++) {
		assert_int_equal(r.now - start, at[i] * 1000);
		assert_int_equal(r.sent[SERVER], i + 1);
		rig_step(&r, TIMERQ_NEVER - 1);
	}
	assert_int_equal(r.now - start, SESSION_OPEN_TIMEOUT);
	assert_true(r.ended[CLIENT]);
	assert_int_equal(r.end_code[CLIENT], CODE_TIMED_OUT);
	assert_false(r.by_peer[CLIENT]);
	assert_int_equal(r.sent[SERVER], COUNT_OF(at));
	assert_true(session_deadline(r.end[CLIENT]) == TIMERQ_NEVER);
	rig_end(&r);
}

static void a_lost_response_is_given_again(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	r.weather = lose_first_to_client;
	r.countdown = 3;
	uint64_t start = r.now;
	rig_join(&r);
	/* three were lost; the INIT after 1.5 s was answered in time */
	assert_in_range(r.now - start, 1500 * 1000, 1600 * 1000);
	assert_int_equal(r.commands, 1);
	assert_int_equal(session_rtt(r.end[CLIENT]), 20000); /* of the one that was answered */
	assert_int_equal(session_rtt(r.end[SERVER]), 20000);
	rig_end(&r);
}

/* Somebody who is asked for a name first may think for a while. */
static void a_client_that_has_nothing_to_say_yet_is_known(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_run(&r, SECOND);
	assert_true(r.opened[CLIENT]);
	assert_true(r.opened[SERVER]);
	rig_run(&r, UINT64_C(600) * SECOND);
	rig_join(&r);
	rig_end(&r);
}

static void a_half_open_session_is_dropped(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_work(&r);
	rig_run(&r, 10000);
	r.weather = lose_to_server; /* the client is not heard again */
	uint64_t start = r.now;
	while (!r.ended[SERVER])
		assert_true(rig_step(&r, r.now + 60 * SECOND));
	assert_int_equal(r.now - start, SESSION_OPEN_TIMEOUT);
	assert_int_equal(r.end_code[SERVER], CODE_TIMED_OUT);
	assert_int_equal(r.sent[CLIENT], 1);
	rig_end(&r);
}

/* ---- streams --------------------------------------------------------------------------------- */

static void a_stream_begins_with_a_hello_each_way(void **state)
{
	static const uint8_t hello[] = {0, 6, 5, 'C', 'H', 'A', 'T', 1};

	(void)state;
	rig_begin(&r, SESSION_STREAM);
	rig_command(&r, COMMAND_JOIN, "n");
	rig_work(&r);
	assert_null(rig_under_way(&r, CLIENT, 0));
	assert_int_equal(rig_under_way(&r, SERVER, 0)->len, sizeof(hello));
	assert_memory_equal(rig_under_way(&r, SERVER, 0)->bytes, hello, sizeof(hello));
	rig_run(&r, 10000);
	assert_true(r.opened[SERVER]);
	assert_int_equal(rig_under_way(&r, CLIENT, 0)->len, sizeof(hello));
	assert_memory_equal(rig_under_way(&r, CLIENT, 0)->bytes, hello, sizeof(hello));
	assert_int_equal(r.sent[SERVER], 1);
	rig_run(&r, 10000);
	assert_true(r.opened[CLIENT]);
	rig_run(&r, 20000);
	assert_non_null(rig_answer(&r, 1));
	rig_end(&r);
}

static void a_stream_that_says_nothing_is_dropped(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_STREAM);
	rig_work(&r);
	rig_lose(&r, SERVER);
	uint64_t start = r.now;
	while (!r.ended[SERVER] || !r.ended[CLIENT])
		assert_true(rig_step(&r, r.now + 60 * SECOND));
	assert_int_equal(r.now - start, SESSION_OPEN_TIMEOUT);
	assert_int_equal(r.end_code[SERVER], CODE_TIMED_OUT);
	assert_int_equal(r.end_code[CLIENT], CODE_TIMED_OUT);
	rig_end(&r);
}

static void a_stream_of_another_version_is_told_so(void **state)
{
	static const uint8_t hello[] = {0, 6, 5, 'C', 'H', 'A', 'T', 2};

	(void)state;
	rig_begin(&r, SESSION_STREAM);
	rig_feed(&r, SERVER, hello, sizeof(hello));
	assert_int_equal(r.end_code[SERVER], CODE_PROTOCOL);
	assert_false(r.opened[SERVER]);
	rig_run(&r, SECOND);
	assert_int_equal(r.end_code[CLIENT], CODE_PROTOCOL);
	assert_true(r.by_peer[CLIENT]);
	rig_end(&r);
}

/* ---- keeping alive --------------------------------------------------------------------------- */

static void an_idle_session_lives_on_little(enum session_link link)
{
	rig_begin(&r, link);
	rig_join(&r);
	rig_run(&r, 5 * SECOND);
	size_t to_server = r.sent[SERVER], to_client = r.sent[CLIENT];
	rig_run(&r, UINT64_C(3600) * SECOND);
	assert_false(r.ended[CLIENT] || r.ended[SERVER]);
	assert_in_range(r.sent[SERVER] - to_server, 238, 482); /* a ping each 15 s, and ACKs */
	assert_in_range(r.sent[CLIENT] - to_client, 238, 482);
	assert_int_equal(session_rtt(r.end[CLIENT]), 20000);
	rig_end(&r);
}

static void an_idle_hour(void **state)
{
	(void)state;
	an_idle_session_lives_on_little(SESSION_DGRAM);
	an_idle_session_lives_on_little(SESSION_STREAM);
}

/* Who does not read cannot hear; it is the one that did not look, not the other that was silent. */
static void silence_while_not_looking_is_excused(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		struct session_config config = sealed_client(RIG_CLIENT, link, CLIENT_CID);
		rig_begin(&r, link);
		rig_join(&r);
		uint64_t limit = r.now + 10 * (uint64_t)SESSION_IDLE_TIMEOUT;
		for (uint64_t at = r.now; at < limit; at += SECOND) { /* nothing is given to it */
			session_excuse_silence(r.end[CLIENT], at);
			session_tick(r.end[CLIENT], at);
			assert_false(session_ended(r.end[CLIENT]));
		}
		session_tick(r.end[CLIENT], limit + SESSION_IDLE_TIMEOUT);
		assert_true(session_ended(r.end[CLIENT])); /* looking again, and still nothing */
		rig_end(&r);
		struct session *never_opened = session_new(&config, 0);
		session_excuse_silence(never_opened, SESSION_OPEN_TIMEOUT);
		session_tick(never_opened, SESSION_OPEN_TIMEOUT);
		assert_true(session_ended(never_opened));
		session_free(never_opened);
	}
}

static void whoever_is_silent_is_gone(enum session_link link, enum side silent)
{
	enum side other = silent == CLIENT ? SERVER : CLIENT;
	uint64_t heard = 0;

	rig_begin(&r, link);
	rig_join(&r);
	rig_run(&r, 7 * SECOND);
	if (silent == SERVER)
		rig_talk(&r, 10);
	else
		rig_happen(&r, 10);
	while (!r.ended[other]) {
		rig_work(&r);
		rig_lose(&r, CLIENT);
		rig_lose(&r, SERVER);
		heard = heard ? heard : r.now;
		assert_true(rig_step(&r, r.now + 60 * SECOND));
	}
	assert_int_equal(r.end_code[other], CODE_TIMED_OUT);
	assert_in_range(r.now - heard, SESSION_IDLE_TIMEOUT - 8 * SECOND, SESSION_IDLE_TIMEOUT);
	rig_end(&r);
}

static void silence_ends_a_session(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++)
		for (enum side side = CLIENT; side <= SERVER; side++)
			whoever_is_silent_is_gone(link, side);
}

/* What was never heard cannot have been the last that was heard. */
static void a_ping_counts_as_being_heard(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_STREAM);
	rig_join(&r);
	for (int i = 0; i < 20; i++) {
		uint8_t bytes[16];
		struct buf b = buf_of(bytes, sizeof(bytes));
		ping_put(&b, FRAME_PING, 99);
		rig_run(&r, 10 * SECOND);
		rig_forge(&r, SERVER, 0, &b);
	}
	assert_false(r.ended[SERVER]);
	rig_end(&r);
}

static void an_answer_that_was_not_asked_for_measures_nothing(void **state)
{
	(void)state;
	for (uint64_t token = 0; token < 3; token++) {
		uint8_t bytes[16];
		struct buf b = buf_of(bytes, sizeof(bytes));
		rig_begin(&r, SESSION_STREAM);
		rig_join(&r);
		ping_put(&b, FRAME_PONG, token);
		rig_forge(&r, CLIENT, 0, &b);
		rig_forge(&r, SERVER, 0, &b);
		assert_int_equal(session_rtt(r.end[CLIENT]), 0);
		assert_int_equal(session_rtt(r.end[SERVER]), 0);
		rig_end(&r);
	}
}

static void a_second_answer_measures_nothing(void **state)
{
	uint8_t bytes[16];
	struct buf b = buf_of(bytes, sizeof(bytes));

	(void)state;
	rig_begin(&r, SESSION_STREAM);
	rig_join(&r);
	rig_run(&r, 20 * SECOND);
	assert_int_equal(session_rtt(r.end[CLIENT]), 20000);
	ping_put(&b, FRAME_PONG, 1); /* to the first ping, once more */
	rig_forge(&r, CLIENT, 0, &b);
	assert_int_equal(session_rtt(r.end[CLIENT]), 20000);
	rig_end(&r);
}

static enum fate lose_countdown_to_server(struct rig *rig, enum side to, const uint8_t *bytes,
					  size_t n)
{
	(void)bytes, (void)n;
	return to == SERVER && rig->countdown-- > 0 ? IS_LOST : PASSES;
}

/* A keepalive has nothing in it that could be sent again: another one asks whether it arrived. */
static void a_lost_ping_is_asked_after(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_join(&r);
	rig_run(&r, 2 * SECOND);
	size_t before = r.sent[SERVER];
	r.weather = lose_countdown_to_server;
	r.countdown = 1;
	while (r.sent[SERVER] == before)
		assert_true(rig_step(&r, r.now + 20 * SECOND));
	rig_run(&r, SECOND);
	assert_int_equal(r.sent[SERVER], before + 3); /* it, another, and word that its PONG came */
	rig_run(&r, 10 * SECOND);
	assert_int_equal(r.sent[SERVER], before + 3); /* that was the end of it */
	rig_end(&r);
}

/* What an acknowledgement waited at the other end is no part of the way. */
static void an_acknowledgement_says_how_long_it_waited(void **state)
{
	(void)state;
	for (uint64_t wait = 0; wait <= 40 * 1000; wait += 10 * 1000) {
		rig_begin(&r, SESSION_DGRAM);
		rig_join(&r);
		rig_run(&r, SECOND);
		assert_int_equal(session_rtt(r.end[SERVER]), 20000);
		for (int i = 0; i < 20; i++) {
			rig_happen(&r, 10);
			rig_run(&r, 10 * 1000 + wait);
			if (wait < 25 * 1000) /* else it goes by itself, after that */
				rig_talk(&r, 10);
			rig_run(&r, SECOND);
		}
		assert_int_equal(session_rtt(r.end[SERVER]), 20000);
		assert_int_equal(session_rtt(r.end[CLIENT]), 20000);
		rig_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_takes_three_packets),
		cmocka_unit_test(an_init_is_repeated_until_it_is_given_up),
		cmocka_unit_test(a_lost_response_is_given_again),
		cmocka_unit_test(a_client_that_has_nothing_to_say_yet_is_known),
		cmocka_unit_test(a_half_open_session_is_dropped),
		cmocka_unit_test(a_stream_begins_with_a_hello_each_way),
		cmocka_unit_test(a_stream_that_says_nothing_is_dropped),
		cmocka_unit_test(a_stream_of_another_version_is_told_so),
		cmocka_unit_test(an_idle_hour),
		cmocka_unit_test(silence_while_not_looking_is_excused),
		cmocka_unit_test(silence_ends_a_session),
		cmocka_unit_test(a_ping_counts_as_being_heard),
		cmocka_unit_test(an_answer_that_was_not_asked_for_measures_nothing),
		cmocka_unit_test(a_second_answer_measures_nothing),
		cmocka_unit_test(a_lost_ping_is_asked_after),
		cmocka_unit_test(an_acknowledgement_says_how_long_it_waited),
	};

	return cmocka_run_group_tests_name("session, opening", tests, NULL, NULL);
}
