/* Who lets in whom: the handshake over both links, whatever is lost, bent or forged: protocol.md §2. */
#include "session_rig.h"

#include "proto/packet.h"
#include "proto/timerq.h"

#include <stdlib.h>

static struct rig r;

/* ---- what is lost ---------------------------------------------------------------------------- */

static uint8_t losing; /* packets of this type, the first `countdown` of them */

static enum fate lose_type(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)to, (void)n;
	return bytes[0] == losing && rig->countdown-- > 0 ? IS_LOST : PASSES;
}

static void any_packet_of_it_may_be_lost(void **state)
{
	(void)state;
	for (losing = PACKET_INIT; losing <= PACKET_DATA; losing++) {
		for (int lost = 1; lost <= 4; lost++) {
			rig_begin(&r, SESSION_DGRAM);
			r.weather = lose_type;
			r.countdown = lost;
			rig_join(&r);
			assert_int_equal(r.commands, 1);
			rig_run(&r, 5 * SECOND);
			assert_false(r.ended[CLIENT] || r.ended[SERVER]);
			rig_expect_whole_log(&r);
			rig_end(&r);
		}
	}
}

static struct {
	uint8_t bytes[WIRE_PACKET_MAX];
	size_t len, count;
} fin;

static enum fate keep_fin_lose_data(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	if (to == CLIENT && bytes[0] == PACKET_DATA)
		return rig->countdown-- > 0 ? IS_LOST : PASSES;
	if (bytes[0] != PACKET_FIN)
		return PASSES;
	if (fin.count++ > 0) {
		assert_int_equal(n, fin.len);
		assert_memory_equal(bytes, fin.bytes, n);
	}
	memcpy(fin.bytes, bytes, n);
	fin.len = n;
	return PASSES;
}

/* Two ways to say the same would be two texts under one key and number. */
static void the_third_message_is_said_again_as_it_was(void **state)
{
	(void)state;
	fin.count = 0;
	rig_begin(&r, SESSION_DGRAM);
	r.weather = keep_fin_lose_data;
	r.countdown = 1000;
	rig_command(&r, COMMAND_JOIN, "n");
	rig_run(&r, SECOND);
	rig_talk(&r, 9); /* not in it any more */
	rig_run(&r, 2 * SECOND);
	assert_in_range(fin.count, 4, 20);
	assert_false(r.opened[CLIENT]);
	r.countdown = 0;
	rig_run(&r, 5 * SECOND);
	size_t count = fin.count;
	assert_true(r.opened[CLIENT]);
	assert_int_equal(r.commands, 2);
	assert_non_null(rig_answer(&r, 2));
	rig_run(&r, 60 * SECOND);
	assert_int_equal(fin.count, count);
	rig_end(&r);
}

/* ---- what comes twice, or from elsewhere ----------------------------------------------------- */

static size_t under_way(enum side to, uint8_t *copy)
{
	const struct unit *u = rig_under_way(&r, to, 0);

	assert_non_null(u);
	memcpy(copy, u->bytes, u->len);
	return u->len;
}

static void a_doubled_handshake_is_one(void **state)
{
	uint8_t init[WIRE_PACKET_MAX], resp[WIRE_PACKET_MAX], third[WIRE_PACKET_MAX];

	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_command(&r, COMMAND_JOIN, "n");
	rig_work(&r);
	size_t init_len = under_way(SERVER, init);
	rig_run(&r, 10000);
	size_t resp_len = under_way(CLIENT, resp);
	rig_feed(&r, SERVER, init, init_len); /* again, before the client answered */
	const struct unit *second = rig_under_way(&r, CLIENT, 1);
	assert_non_null(second);
	assert_memory_equal(second->bytes, resp, resp_len);
	rig_run(&r, 10000);
	size_t third_len = under_way(SERVER, third);
	assert_int_equal(third[0], PACKET_FIN);
	rig_feed(&r, CLIENT, resp, resp_len);
	rig_run(&r, SECOND);
	rig_feed(&r, SERVER, init, init_len);
	rig_feed(&r, CLIENT, resp, resp_len);
	rig_feed(&r, SERVER, third, third_len);
	rig_talk(&r, 100);
	rig_run(&r, SECOND);
	assert_non_null(rig_answer(&r, 2));
	assert_int_equal(r.commands, 2);
	rig_end(&r);
}

static void feed_packet(enum side to, enum packet_type type, uint64_t cid)
{
	static const uint8_t nothing[200];
	uint8_t bytes[WIRE_PACKET_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));

	switch (type) {
	case PACKET_INIT:
		sealed_init(&b, cid, 99);
		break;
	case PACKET_RETRY:
		retry_put(&b, cid, slice_of("token", 5));
		break;
	case PACKET_RESP:
		resp_put(&b, cid, slice_of(nothing, WIRE_MESSAGE2 + 8));
		break;
	case PACKET_FIN:
		fin_put(&b, cid, slice_of(nothing, WIRE_MESSAGE3 + 10));
		break;
	case PACKET_DATA:
		data_header_put(&b, false, cid, 0);
		buf_put_bytes(&b, nothing, 30);
		break;
	}
	rig_feed(&r, to, bytes, b.len);
}

/* All that somebody can say who sees nothing of what is said, but knows the connection ids. */
static void feed_everything(enum side to)
{
	for (enum packet_type t = PACKET_INIT; t <= PACKET_DATA; t++) {
		for (uint64_t wrong = 0; wrong <= 1; wrong++) {
			uint64_t cid = to == SERVER && t >= PACKET_FIN ? SERVER_CID : CLIENT_CID;
			if (t == PACKET_RETRY && to == CLIENT && !wrong)
				continue; /* see below */
			feed_packet(to, t, cid + wrong);
		}
	}
}

static void forged_packets_do_not_spoil_it(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_command(&r, COMMAND_JOIN, "n");
	rig_work(&r);
	for (int step = 0; step < 5; step++, rig_run(&r, r.delay)) {
		size_t packets = r.sent[SERVER];
		feed_everything(CLIENT);
		assert_int_equal(r.sent[SERVER], packets);
		packets = r.sent[CLIENT];
		if (r.end[SERVER])
			feed_everything(SERVER);
		/* an INIT is answered until the third message is there */
		assert_int_equal(r.sent[CLIENT] - packets, step == 1 || step == 2);
		assert_false(r.ended[CLIENT] || r.ended[SERVER]);
	}
	assert_int_equal(r.commands, 1);
	assert_non_null(rig_answer(&r, 1));
	rig_end(&r);
}

/* ---- what was bent on the way ---------------------------------------------------------------- */

/* Every bit turned over, and every length; then the packet itself. */
static void bend_next(enum side to)
{
	uint8_t good[WIRE_PACKET_MAX], bent[WIRE_PACKET_MAX];
	size_t n = under_way(to, good);

	for (size_t bit = 0; bit < n * 8; bit++) {
		memcpy(bent, good, n);
		bent[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(session_feed(r.end[to], r.now, bent, n));
		rig_work(&r);
	}
	for (size_t len = 0; len < n; len++) {
		memcpy(bent, good, len);
		assert_false(session_feed(r.end[to], r.now, bent, len));
		rig_work(&r);
	}
	assert_false(r.ended[to]);
}

static void a_bent_packet_is_as_good_as_none(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_command(&r, COMMAND_JOIN, "n");
	rig_run(&r, 10000);
	bend_next(CLIENT); /* RESP */
	assert_int_equal(r.sent[SERVER], 1);
	rig_run(&r, 10000);
	bend_next(SERVER); /* FIN */
	assert_false(r.opened[SERVER]);
	rig_run(&r, 10000);
	assert_true(r.opened[SERVER]);
	bend_next(CLIENT); /* DATA */
	assert_false(r.opened[CLIENT]);
	rig_run(&r, 10000);
	assert_true(r.opened[CLIENT]);
	assert_int_equal(r.commands, 1);
	assert_non_null(rig_answer(&r, 1));
	rig_talk(&r, 10);
	rig_work(&r);
	bend_next(SERVER);
	assert_int_equal(r.commands, 1);
	rig_run(&r, SECOND);
	assert_int_equal(r.commands, 2);
	/* nothing had to be said again: INIT, FIN, ACK, DATA, ACK */
	assert_int_equal(r.sent[SERVER], 5);
	rig_end(&r);
}

/* The first message is bound to its connection id, and to itself. */
static void a_bent_init_is_not_answered(void **state)
{
	uint8_t init[WIRE_PACKET_MAX];
	const size_t meant = 2 + 8 + 1 + WIRE_MESSAGE1;

	(void)state;
	for (size_t at = 0; at < meant; at++) {
		rig_begin(&r, SESSION_DGRAM);
		rig_work(&r);
		size_t n = under_way(SERVER, init);
		rig_lose(&r, SERVER);
		init[at] ^= (uint8_t)(1 << at % 8);
		rig_feed(&r, SERVER, init, n);
		assert_int_equal(r.sent[CLIENT], 0);
		assert_false(r.opened[SERVER]);
		rig_end(&r);
	}
}

/* ---- RETRY ----------------------------------------------------------------------------------- */

static void assert_init_with(const char *token)
{
	static struct slice message;
	static uint8_t first[WIRE_MESSAGE1];
	const struct unit *u = rig_under_way(&r, SERVER, 0);
	struct packet p;

	assert_non_null(u);
	assert_int_equal(packet_get(u->bytes, u->len, &p), ERR_NONE);
	assert_int_equal(p.type, PACKET_INIT);
	assert_true(p.cid == CLIENT_CID);
	assert_int_equal(p.token.len, strlen(token));
	if (p.token.len > 0)
		assert_memory_equal(p.token.data, token, p.token.len);
	else
		memcpy(first, p.message.data, sizeof(first));
	message = slice_of(first, sizeof(first));
	assert_memory_equal(p.message.data, message.data, message.len);
}

static void retry(uint64_t cid, const char *token)
{
	uint8_t bytes[100];
	struct buf b = buf_of(bytes, sizeof(bytes));

	rig_lose(&r, SERVER);
	retry_put(&b, cid, slice_of(token, strlen(token)));
	rig_feed(&r, CLIENT, bytes, b.len);
}

static void a_token_comes_back_at_most_three_times(void **state)
{
	static const char *const tokens[] = {"a", "another one",
					     "123456789012345678901234567890123456789012345678"};

	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_work(&r);
	assert_init_with("");
	retry(CLIENT_CID + 1, "not for us");
	assert_int_equal(r.sent[SERVER], 1);
	for (size_t i = 0; i < COUNT_OF(tokens); i++) {
		retry(CLIENT_CID, tokens[i]);
		assert_int_equal(r.sent[SERVER], 2 + i); /* at once */
		assert_init_with(tokens[i]);
	}
	retry(CLIENT_CID, "too many");
	assert_int_equal(r.sent[SERVER], 4);
	while (r.sent[SERVER] == 4) /* when it is time for that */
		assert_true(rig_step(&r, r.now + SECOND));
	assert_init_with(tokens[2]);
	rig_join(&r);
	retry(CLIENT_CID, "too late");
	rig_talk(&r, 10);
	rig_run(&r, SECOND);
	assert_non_null(rig_answer(&r, 2));
	rig_end(&r);
}

static void a_token_after_the_response_is_late(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_run(&r, 20000);
	assert_int_equal(rig_under_way(&r, SERVER, 0)->bytes[0], PACKET_FIN);
	size_t packets = r.sent[SERVER];
	feed_packet(CLIENT, PACKET_RETRY, CLIENT_CID);
	assert_int_equal(r.sent[SERVER], packets);
	rig_join(&r);
	rig_end(&r);
}

/* ---- who lets in whom ------------------------------------------------------------------------ */

static struct {
	bool answer;
	size_t asked;
	uint8_t key[NOISE_KEY];
} trust;

static bool asked(void *ctx, const uint8_t key[NOISE_KEY])
{
	assert_ptr_equal(ctx, &trust);
	memcpy(trust.key, key, NOISE_KEY);
	trust.asked++;
	return trust.answer;
}

static void begin_asking(enum session_link link, bool answer)
{
	struct session_config client = sealed_client(RIG_CLIENT, link, CLIENT_CID);

	client.trust = asked;
	client.trust_ctx = &trust;
	trust.answer = answer;
	trust.asked = 0;
	rig_begin_with(&r, &client, sealed_identity(SEALED_SERVER));
	rig_command(&r, COMMAND_JOIN, "n");
	rig_run(&r, SECOND);
	assert_int_equal(trust.asked, 1);
	assert_memory_equal(trust.key, sealed_identity(SEALED_SERVER)->keys.public, NOISE_KEY);
}

static void a_server_of_another_key_learns_nothing(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		begin_asking(link, true);
		assert_non_null(rig_answer(&r, 1));
		rig_end(&r);
		begin_asking(link, false);
		assert_int_equal(r.end_code[CLIENT], CODE_KEY_CHANGED);
		assert_false(r.by_peer[CLIENT] || r.opened[CLIENT] || r.opened[SERVER]);
		assert_int_equal(r.sent[SERVER],
				 1); /* of the first message nobody learns who says it */
		rig_run(&r, 60 * SECOND);
		assert_int_equal(r.sent[SERVER], 1);
		assert_int_equal(r.end_code[SERVER], CODE_TIMED_OUT);
		rig_end(&r);
	}
}

/* Under another password; the server goes on as if that one had never been. */
static void begin_with_wrong_psk(enum session_link link)
{
	static const uint8_t secret[NOISE_KEY] = "somebody", psk[NOISE_KEY] = "a wrong password";
	static struct secure_identity identity;
	struct session_config client = sealed_client(RIG_CLIENT, link, CLIENT_CID);

	secure_identity_from(&identity, secret, psk);
	client.identity = &identity;
	rig_begin_with(&r, &client, sealed_identity(SEALED_SERVER));
	rig_command(&r, COMMAND_JOIN, "n");
}

static void a_wrong_password_is_met_with_silence(void **state)
{
	(void)state;
	begin_with_wrong_psk(SESSION_DGRAM);
	uint64_t start = r.now;
	while (!r.ended[CLIENT])
		assert_true(rig_step(&r, r.now + 60 * SECOND));
	assert_int_equal(r.now - start, 2 * r.delay + SESSION_OPEN_TIMEOUT); /* from RESP on */
	assert_int_equal(r.end_code[CLIENT], CODE_NOT_ACCEPTED);
	rig_run(&r, 20 * SECOND);
	assert_int_equal(r.sent[CLIENT], 1); /* the second message, which says nothing of that */
	assert_false(r.opened[CLIENT] || r.opened[SERVER]);
	assert_int_equal(r.end_code[SERVER], CODE_TIMED_OUT);
	assert_int_equal(r.commands, 0);
	rig_end(&r);
	begin_with_wrong_psk(SESSION_STREAM);
	rig_run(&r, SECOND);
	assert_int_equal(r.end_code[SERVER], CODE_PROTOCOL);
	assert_int_equal(r.sent[CLIENT], 1);
	assert_false(r.ended[CLIENT]);
	session_hangup(r.end[CLIENT], r.now);
	rig_work(&r);
	assert_int_equal(r.end_code[CLIENT], CODE_NOT_ACCEPTED);
	assert_int_equal(r.commands, 0);
	rig_end(&r);
}

/* Whoever loses the link while the server thinks about it was refused, as far as anybody knows. */
static void a_link_that_goes_ends_a_session(void **state)
{
	(void)state;
	for (uint64_t after = 0; after <= 40000; after += 10000) {
		rig_begin_sealed(&r);
		rig_run(&r, after);
		for (enum side side = CLIENT; side <= SERVER; side++) {
			session_hangup(r.end[side], r.now);
			rig_work(&r);
			enum code want = side == CLIENT && (after == 20000 || after == 30000)
						 ? CODE_NOT_ACCEPTED
						 : CODE_TIMED_OUT;
			assert_int_equal(r.end_code[side], want);
			assert_false(r.by_peer[side]);
			session_hangup(r.end[side], r.now); /* told once: see the rig */
		}
		rig_work(&r);
		rig_end(&r);
	}
}

/* ---- sealed streams -------------------------------------------------------------------------- */

static void a_sealed_stream_begins_with_three_messages(void **state)
{
	static const uint8_t hello[] = {0, 6 + WIRE_MESSAGE1, 5, 'C', 'H', 'A', 'T', WIRE_VERSION};

	(void)state;
	rig_begin_sealed(&r);
	rig_command(&r, COMMAND_JOIN, "n");
	rig_work(&r);
	assert_int_equal(rig_under_way(&r, SERVER, 0)->len, sizeof(hello) + WIRE_MESSAGE1);
	assert_memory_equal(rig_under_way(&r, SERVER, 0)->bytes, hello, sizeof(hello));
	rig_run(&r, 10000);
	assert_int_equal(rig_under_way(&r, CLIENT, 0)->len, WIRE_RECORD_HEADER + WIRE_MESSAGE2);
	rig_run(&r, 10000);
	assert_true(rig_under_way(&r, SERVER, 0)->len > WIRE_RECORD_HEADER + WIRE_MESSAGE3);
	assert_false(r.opened[CLIENT] || r.opened[SERVER]);
	rig_run(&r, 10000);
	assert_true(r.opened[SERVER]);
	assert_int_equal(r.commands, 1);
	rig_run(&r, 10000);
	assert_true(r.opened[CLIENT]);
	assert_non_null(rig_answer(&r, 1));
	assert_int_equal(r.sent[SERVER], 2);
	assert_memory_equal(r.keys[CLIENT], sealed_identity(SEALED_SERVER)->keys.public, NOISE_KEY);
	assert_memory_equal(r.keys[SERVER], sealed_identity(RIG_CLIENT)->keys.public, NOISE_KEY);
	rig_end(&r);
}

static void a_sealed_stream_carries_what_a_clear_one_does(void **state)
{
	static const int cuts[] = {CUT_WHOLE, 1, 2, 3, 17, 1000, CUT_RANDOM};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cuts); i++) {
		rig_begin_sealed(&r);
		r.cut = cuts[i];
		for (int n = 0; n < 60; n++)
			rig_happen(&r, n % 6 ? 30 : TEXT_MAX_BYTES);
		rig_join(&r);
		for (int talk = 0; talk < 20; talk++)
			rig_talk(&r, talk % 10 ? 30 : TEXT_MAX_BYTES);
		rig_run(&r, 100 * SECOND);
		assert_int_equal(r.answer_count, 21);
		rig_expect_whole_log(&r);
		session_close(r.end[i % 2], r.now, CODE_LEFT, "now");
		rig_run(&r, SECOND);
		assert_true(r.ended[CLIENT] && r.ended[SERVER]);
		assert_string_equal(r.end_text[1 - i % 2], "now");
		rig_end(&r);
	}
}

/* The which-th record towards `to`, with one bit of that byte turned over; false: it is shorter. */
static bool bend_record(enum side to, size_t which, size_t at)
{
	uint8_t bytes[WIRE_PACKET_MAX];

	rig_begin_sealed(&r);
	rig_command(&r, COMMAND_JOIN, "n");
	rig_talk(&r, 20);
	rig_work(&r);
	while (r.sent[to] <= which || !r.queue[to])
		assert_true(rig_step(&r, r.now + 60 * SECOND));
	size_t n = under_way(to, bytes), commands = r.commands, heard = r.heard;
	if (at < n) {
		bytes[at] ^= (uint8_t)(1 << (at * 3) % 8);
		rig_lose(&r, to);
		size_t sent = r.sent[1 - to];
		bool open = r.opened[to];
		rig_feed(&r, to, bytes, n);
		if (at >= WIRE_RECORD_HEADER) {
			assert_int_equal(r.end_code[to], open ? CODE_LINK_SPOILT : CODE_PROTOCOL);
			assert_int_equal(r.sent[1 - to], sent); /* without a word */
		}
		rig_run(&r, 60 * SECOND); /* a length may have to be waited for */
		assert_true(r.ended[to]);
		assert_int_equal(r.commands, commands);
		assert_int_equal(r.heard, heard);
	}
	rig_end(&r);
	return at < n;
}

static void a_bent_record_ends_a_sealed_stream(void **state)
{
	(void)state;
	for (enum side to = CLIENT; to <= SERVER; to++)
		for (size_t which = 0; which < 3; which++)
			for (size_t at = 0; bend_record(to, which, at); at++)
				continue;
}

static void clear_and_sealed_do_not_mix(void **state)
{
	struct session_config plain = {.role = SESSION_CLIENT, .link = SESSION_STREAM};
	struct session_config sealed = sealed_client(RIG_CLIENT, SESSION_STREAM, CLIENT_CID);

	(void)state;
	rig_begin_with(&r, &plain, sealed_identity(SEALED_SERVER));
	rig_command(&r, COMMAND_JOIN, "n");
	rig_run(&r, SECOND);
	assert_int_equal(r.end_code[SERVER], CODE_PROTOCOL);
	assert_int_equal(r.sent[CLIENT], 0);
	rig_end(&r);
	rig_begin_with(&r, &sealed, NULL);
	rig_command(&r, COMMAND_JOIN, "n");
	rig_run(&r, SECOND);
	assert_int_equal(r.end_code[SERVER], CODE_PROTOCOL);
	assert_int_equal(r.end_code[CLIENT], CODE_PROTOCOL);
	assert_false(r.opened[CLIENT] || r.by_peer[CLIENT]); /* it believes nobody that */
	assert_int_equal(r.sent[SERVER], 1);		     /* and did not say who it is */
	assert_int_equal(r.commands, 0);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_packet_of_it_may_be_lost),
		cmocka_unit_test(the_third_message_is_said_again_as_it_was),
		cmocka_unit_test(a_doubled_handshake_is_one),
		cmocka_unit_test(forged_packets_do_not_spoil_it),
		cmocka_unit_test(a_bent_packet_is_as_good_as_none),
		cmocka_unit_test(a_bent_init_is_not_answered),
		cmocka_unit_test(a_token_comes_back_at_most_three_times),
		cmocka_unit_test(a_token_after_the_response_is_late),
		cmocka_unit_test(a_server_of_another_key_learns_nothing),
		cmocka_unit_test(a_wrong_password_is_met_with_silence),
		cmocka_unit_test(a_link_that_goes_ends_a_session),
		cmocka_unit_test(a_sealed_stream_begins_with_three_messages),
		cmocka_unit_test(a_sealed_stream_carries_what_a_clear_one_does),
		cmocka_unit_test(a_bent_record_ends_a_sealed_stream),
		cmocka_unit_test(clear_and_sealed_do_not_mix),
	};

	return cmocka_run_group_tests_name("session, handshake", tests, NULL, NULL);
}
