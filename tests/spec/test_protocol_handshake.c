/*
 * The handshake of protocol.md §2.3, byte for byte with the secrets that it tells, and the records of §2.2
 * opened: two real sessions have to say just that.
 */
#include "example.h"
#include "secrets.h"

#include "check.h"
#include "sealed.h"

#include <stdio.h>
#include <string.h>

enum { CLIENT, SERVER };

static struct document *d;
static struct secrets secrets;
static struct session *ends[2];
static uint64_t now;

static void begin(enum session_link link)
{
	now = 1000 * 1000;
	d = document_read("protocol.md");
	secrets_read(d, &secrets);
	for (int i = CLIENT; i <= SERVER; i++) {
		struct session_config c = secrets_config(
			&secrets, i == CLIENT ? SESSION_CLIENT : SESSION_SERVER, link);
		ends[i] = session_new(&c, now);
		assert_non_null(ends[i]);
	}
}

static void end(void)
{
	session_free(ends[CLIENT]);
	session_free(ends[SERVER]);
	document_free(d);
}

static size_t output(int from, uint8_t *bytes, size_t size)
{
	struct buf b = buf_of(bytes, size);

	assert_true(session_output(ends[from], now, &b));
	return b.len;
}

static void feed(int to, uint8_t *bytes, size_t n)
{
	struct session_event ev;

	now += 10 * 1000;
	session_feed(ends[to], now, bytes, n);
	while (session_event(ends[to], now, &ev))
		continue;
	session_tick(ends[to], now);
}

static void expect(const struct example *e, const uint8_t *bytes, size_t n)
{
	if (n == e->len && memcmp(bytes, e->bytes, n) == 0)
		return;
	for (size_t i = 0; i < n; i++)
		print_error("%02x ", bytes[i]);
	fail_msg("\nprotocol.md:%d: these are the bytes", e->line);
}

/* The next example with both words. */
static void find(const char *one, const char *two, size_t *at, struct example *e)
{
	while (example_next(d, at, e))
		if (example_is(e, one) && example_is(e, two) && !example_is(e, "refused"))
			return;
	fail_msg("protocol.md has no %s %s", one, two);
}

/* "636861 01": digits, with blanks between the fields. */
static size_t from_hex(const char *hex, uint8_t *out, size_t size)
{
	size_t n = 0;

	for (; *hex; hex += 2) {
		hex += *hex == ' ';
		assert_true(n < size && sscanf(hex, "%2hhx", &out[n++]) == 1);
	}
	return n;
}

static void has_the_binding_that_is_told(const struct session *s)
{
	uint8_t told[NOISE_KEY], binding[NOISE_KEY];
	struct row r;
	size_t at = 0;

	session_binding(s, binding);
	assert_true(document_row(d, "binding", &at, &r));
	if (from_hex(r.cell[0], told, sizeof(told)) == sizeof(told) &&
	    memcmp(told, binding, sizeof(told)) == 0)
		return;
	for (size_t i = 0; i < sizeof(binding); i++)
		print_error("%02x", binding[i]);
	fail_msg("\nprotocol.md:%d: that is the binding", r.line);
}

static void the_handshake_has_these_bytes(void **state)
{
	static struct example e;
	uint8_t bytes[WIRE_PACKET_MAX], shown[WIRE_PACKET_MAX];
	size_t at = 0;

	(void)state;
	begin(SESSION_DGRAM);
	for (int turn = 0; turn < 4; turn++) {
		size_t n = output(turn % 2, bytes, sizeof(bytes));
		find("packet", "handshake", &at, &e);
		expect(&e, bytes, n);
		assert_true(sealed_show_packet(ends[!(turn % 2)], bytes, n, shown));
		if (turn == 3) {
			find("opened", "handshake", &at, &e);
			expect(&e, shown, n);
		}
		feed(!(turn % 2), bytes, n);
	}
	assert_true(session_open(ends[CLIENT]) && session_open(ends[SERVER]));
	has_the_binding_that_is_told(ends[CLIENT]);
	has_the_binding_that_is_told(ends[SERVER]);
	end();
}

static void the_records_of_a_handshake_have_this_inside(void **state)
{
	static const char *const words[] = {"message1", "message2", "message3", "record"};
	static struct example e;
	static uint8_t bytes[WIRE_RECORD_HEADER + WIRE_RECORD_MAX], shown[sizeof(bytes)];
	size_t at = 0;

	(void)state;
	begin(SESSION_STREAM);
	for (int turn = 0; turn < 4; turn++) {
		size_t n = output(turn % 2, bytes, sizeof(bytes));
		find("opened", words[turn], &at, &e);
		assert_true(sealed_show_record(ends[!(turn % 2)], bytes, n, shown));
		expect(&e, shown, n);
		feed(!(turn % 2), bytes, n);
	}
	assert_true(session_open(ends[CLIENT]) && session_open(ends[SERVER]));
	end();
}

/* Both ends by Noise alone: it is the prologue that is told which makes the message that is shown. */
static void the_prologues_are_those_of_the_table(void **state)
{
	struct row r;
	size_t n = 0;

	(void)state;
	d = document_read("protocol.md");
	secrets_read(d, &secrets);
	for (size_t at = 0; document_row(d, "link", &at, &r); n++) {
		enum session_link link = strcmp(r.cell[0], "UDP") ? SESSION_STREAM : SESSION_DGRAM;
		struct session_config c = secrets_config(&secrets, SESSION_CLIENT, link);
		uint8_t prologue[40], storage[WIRE_PACKET_MAX], bytes[WIRE_PACKET_MAX];
		struct buf message = buf_of(storage, sizeof(storage));
		struct noise_config config = {.initiator = true,
					      .own = &secrets.client.keys,
					      .psk = secrets.client.psk,
					      .prologue = prologue};
		struct noise noise;
		config.prologue_len = from_hex(r.cell[1], prologue, sizeof(prologue));
		noise_init(&noise, &config);
		assert_int_equal(noise_write(&noise, c.ephemeral, NULL, 0, &message), ERR_NONE);
		noise_wipe(&noise);
		struct session *s = session_new(&c, 1);
		struct buf b = buf_of(bytes, sizeof(bytes));
		assert_true(s && session_output(s, 1, &b));
		size_t skip = link == SESSION_DGRAM ? 11 : WIRE_RECORD_HEADER + 6;
		assert_memory_equal(bytes + skip, storage, message.len);
		session_free(s);
	}
	assert_int_equal(n, 2);
	document_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_handshake_has_these_bytes),
		cmocka_unit_test(the_records_of_a_handshake_have_this_inside),
		cmocka_unit_test(the_prologues_are_those_of_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
