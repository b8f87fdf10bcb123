/*
 * The tables of protocol.md, compared with the code: numbers of messages and codes, limits, and what
 * names and texts become.
 */
#include "example.h"

#include "check.h"

#include "core/announce.h"
#include "core/gate.h"
#include "core/hub.h"
#include "core/names.h"
#include "core/half_open.h"
#include "core/pages.h"
#include "core/peers.h"
#include "core/phrases.h"
#include "core/registry.h"
#include "core/senders.h"
#include "proto/ackset.h"
#include "proto/discovery.h"
#include "proto/hearing.h"
#include "proto/reader.h"
#include "proto/recovery.h"
#include "proto/session.h"
#include "proto/utf8.h"

#include <stdlib.h>
#include <string.h>

/* ---- tables of numbers ----------------------------------------------------------------------- */

static const char *second_name(const char *prefix, uint64_t value)
{
	if (strcmp(prefix, "CODE_") == 0)
		return code_name((enum code)value);
	if (strcmp(prefix, "EVENT_") == 0)
		return event_kind_name((enum event_kind)value);
	if (strcmp(prefix, "LEAVE_") == 0)
		return leave_reason_name((enum leave_reason)value);
	return NULL;
}

/* The table whose rows are | name | number | other name | … has just the enumerators, in order. */
static void check_enum_table(const struct document *d, const struct document *header,
			     const char *heading, const char *prefix)
{
	struct row r;
	char name[40];
	uint64_t value;
	size_t at = 0, n = 0;

	for (; enumerator(header, prefix, n, name, &value); n++) {
		if (!document_row(d, heading, &at, &r))
			fail_msg("protocol.md: the table of %s ends before %s", heading, name);
		const char *second = second_name(prefix, value);
		if (strcmp(r.cell[0], name) != 0 || strtoull(r.cell[1], NULL, 0) != value ||
		    (second && strcmp(r.cell[2], second) != 0))
			fail_msg("protocol.md:%d: this row is to be %s %lu %s", r.line, name,
				 (unsigned long)value, second ? second : "");
	}
	assert_true(n > 0);
	if (document_row(d, heading, &at, &r))
		fail_msg("protocol.md:%d: one row too many", r.line);
}

static void every_table_of_numbers_is_the_header_s(void **state)
{
	static const struct {
		const char *heading, *prefix;
	} tables[] = {
		{"packet", "PACKET_"},	 {"LAN packet", "LAN_"}, {"frame", "FRAME_"},
		{"command", "COMMAND_"}, {"code", "CODE_"},	 {"event", "EVENT_"},
		{"reason", "LEAVE_"},	 {"mode", "SINCE_"},	 {"list mode", "LIST_"},
		{"flag", "LISTED_"},	 {"state", "MEMBER_"},	 {"transport", "TRANSPORT_"},
	};
	struct document *d = document_read("protocol.md");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		struct document *header = document_read(header_of(tables[i].prefix));
		check_enum_table(d, header, tables[i].heading, tables[i].prefix);
		document_free(header);
	}
	document_free(d);
}

static void the_table_of_frames_says_which_are_acknowledged(void **state)
{
	struct document *d = document_read("protocol.md");
	struct row r;
	size_t n = 0;

	(void)state;
	for (size_t at = 0; document_row(d, "frame", &at, &r); n++) {
		bool eliciting = frame_eliciting((enum frame_type)strtoul(r.cell[1], NULL, 0));
		assert_string_equal(r.cell[4], eliciting ? "yes" : "no");
	}
	assert_true(n > 0);
	document_free(d);
}

/* ---- limits ---------------------------------------------------------------------------------- */

#define CONSTANT(c)                                                                                \
	{                                                                                          \
#c, (uint64_t)(c)                                                                  \
	}

#define MILLISECONDS(c)                                                                            \
	{                                                                                          \
#c, (uint64_t)(c)*1000                                                             \
	}

static const struct {
	const char *name;
	uint64_t value;
} constants[] = {
	CONSTANT(WIRE_VERSION),
	CONSTANT(WIRE_PACKET_MAX),
	CONSTANT(WIRE_INIT_SIZE),
	CONSTANT(WIRE_DATA_HEADER),
	CONSTANT(WIRE_SEAL),
	CONSTANT(WIRE_FRAMES_MAX),
	CONSTANT(WIRE_MESSAGE1),
	CONSTANT(WIRE_MESSAGE2),
	CONSTANT(WIRE_MESSAGE3),
	CONSTANT(WIRE_FIN_HEADER),
	CONSTANT(WIRE_FIN_FRAMES_MAX),
	CONSTANT(WIRE_TOKEN_MAX),
	CONSTANT(SECURE_REKEY_US),
	CONSTANT(SECURE_REKEY_UNITS),
	CONSTANT(SECURE_LAST_US),
	CONSTANT(WIRE_PART_SIZE),
	CONSTANT(WIRE_PART_HEADER_MAX),
	CONSTANT(WIRE_EVENT_PART_HEADER_MAX),
	CONSTANT(WIRE_ITEM_MAX),
	CONSTANT(WIRE_PARTS_MAX),
	CONSTANT(WIRE_RECORD_HEADER),
	CONSTANT(WIRE_RECORD_MAX),
	CONSTANT(WIRE_REPLY_HEADER_MAX),
	CONSTANT(WIRE_REPLY_TEXT_MAX),
	CONSTANT(WIRE_NAMES_MAX),
	CONSTANT(WIRE_EVENT_HEADER_MAX),
	CONSTANT(WIRE_REASON_MAX),
	CONSTANT(WIRE_ROOM_NAME_MAX),
	CONSTANT(WIRE_TOPIC_MAX),
	CONSTANT(WIRE_AWAY_MAX),
	CONSTANT(WIRE_QUERY_MAX),
	CONSTANT(WIRE_ROOM_KEY),
	CONSTANT(WIRE_ROOM_PROOF),
	CONSTANT(WIRE_COMMANDS_MAX),
	CONSTANT(WIRE_ROOMS_MAX),
	CONSTANT(WIRE_EVENTS_MAX),
	CONSTANT(WIRE_BACKLOG),
	CONSTANT(WIRE_ACK_RANGES_MAX),
	CONSTANT(WIRE_LOBBY),
	CONSTANT(WIRE_MAX_ROOM),
	CONSTANT(DISCOVERY_PORT),
	CONSTANT(DISCOVERY_PROBE_SIZE),
	CONSTANT(DISCOVERY_NAME_MAX),
	CONSTANT(DISCOVERY_FOUND_MAX),
	CONSTANT(TEXT_MAX_BYTES),
	CONSTANT(NAME_MAX_BYTES),
	CONSTANT(NAME_MAX_GRAPHEMES),
	CONSTANT(NAME_MAX_KEY),
	CONSTANT(SESSION_OPEN_TIMEOUT),
	CONSTANT(SESSION_IDLE_TIMEOUT),
	CONSTANT(SESSION_KEEPALIVE),
	CONSTANT(SESSION_RECORD_TIMEOUT),
	CONSTANT(SESSION_GAP_TIMEOUT),
	CONSTANT(SESSION_DRAIN_TIMEOUT),
	CONSTANT(SESSION_INIT_INTERVAL),
	CONSTANT(RECOVERY_REFS),
	CONSTANT(RECOVERY_MAX_FLIGHT),
	CONSTANT(RECOVERY_MIN_WINDOW),
	CONSTANT(RECOVERY_INITIAL_WINDOW),
	CONSTANT(RECOVERY_INITIAL_RTT),
	CONSTANT(RECOVERY_MAX_PTO),
	CONSTANT(RECOVERY_ACK_DELAY),
	CONSTANT(RECOVERY_LARGE),
	CONSTANT(RECOVERY_SWALLOWED),
	CONSTANT(RECOVERY_SWALLOWED_TIME),
	CONSTANT(ACKSET_WINDOW),
	CONSTANT(ACKSET_NEWEST),
	CONSTANT(READER_AGAIN_MAX),
	CONSTANT(HEARING_ROOMS_MAX),
	CONSTANT(HEARING_EARLY_MAX),
	CONSTANT(HALF_OPEN_MAX),
	CONSTANT(HALF_OPEN_PATIENCE),
	CONSTANT(NAMES_PER_KEY),
	CONSTANT(NAMES_AT_ONCE),
	MILLISECONDS(NAMES_INTERVAL_MS),
	MILLISECONDS(NAMES_USE_MS),
	MILLISECONDS(NAMES_AGE_MS),
	MILLISECONDS(NAMES_REST_MS),
	CONSTANT(GATE_HALF_OPEN),
	CONSTANT(GATE_INITS_BURST),
	CONSTANT(GATE_INITS),
	CONSTANT(GATE_BURST),
	CONSTANT(GATE_PER_SECOND),
	CONSTANT(GATE_PLACES),
	CONSTANT(GATE_PROVEN),
	CONSTANT(RETRY_LIFETIME),
	CONSTANT(PEERS_THIRD_TRIES),
	CONSTANT(PEERS_COMMAND_BURST),
	CONSTANT(PEERS_IDENTITIES),
	CONSTANT(PEERS_SESSIONS),
	CONSTANT(SENDERS_MAX),
	CONSTANT(SENDERS_PER_OWNER),
	CONSTANT(SENDERS_REMEMBERED),
	CONSTANT(REGISTRY_MAX),
	CONSTANT(REGISTRY_PUBLIC_MAX),
	CONSTANT(REGISTRY_MADE_MAX),
	CONSTANT(REGISTRY_OPENED_MAX),
	CONSTANT(HUB_PENDING_MAX),
	CONSTANT(HUB_RETRY),
	CONSTANT(PAGES_BLOCK),
	CONSTANT(PAGES_BYTES),
	CONSTANT(PHRASES_MAX_TOKENS),
	CONSTANT(PHRASES_MAX_BYTES),
	CONSTANT(PHRASES_MIN_PREFIX),
	CONSTANT(PEERS_HELD_MAX),
	CONSTANT(PEERS_TURN_BYTES),
	CONSTANT(PEERS_TURN_PEERS),
	CONSTANT(PEERS_TURN_SENT),
	CONSTANT(PEERS_SHARDS),
	CONSTANT(PEERS_TOGETHER),
	CONSTANT(ANNOUNCE_ADDRESS_BURST),
	CONSTANT(ANNOUNCE_ADDRESS_RATE),
	CONSTANT(ANNOUNCE_BURST),
	CONSTANT(ANNOUNCE_RATE),
	CONSTANT(ANNOUNCE_ADDRESSES),
	CONSTANT(ANNOUNCE_MAX_BINDS),
};

/* Constants that a .c file keeps to itself: read from its text. */
static const struct {
	const char *name, *file;
} private_constants[] = {
	{"COMMANDS_HELD_MAX", "common/proto/session_rest.c"},
	{"LAST_WORDS", "common/proto/session.c"},
	{"ACK_EVERY", "common/proto/session_dgram.c"},
	{"ACK_RANGES", "common/proto/session_pack.c"},
	{"ACK_CURSORS", "common/proto/session_pack.c"},
	{"HOLD_SIGN", "common/proto/session_hold.c"},
	{"INIT_INTERVAL_MAX", "common/proto/session_dgram.c"},
	{"RETRIES_MAX", "common/proto/session_dgram.c"},
	{"PACKET_THRESHOLD", "common/proto/recovery.c"},
	{"GRANULARITY_US", "common/proto/recovery.c"},
	{"REORDER_MAX", "common/proto/recovery.c"},
	{"REORDER_LIFE", "common/proto/recovery.c"},
	{"PACE_BURST", "common/proto/recovery.c"},
	{"PACE_TRAIN", "common/proto/recovery.c"},
	{"PACE_TICK_US", "common/proto/recovery.c"},
	{"LOSS_WEIGHT", "common/proto/recovery.c"},
	{"LOSSY", "common/proto/recovery.c"},
	{"PATIENCE", "common/proto/recovery.c"},
	{"PATIENCE_LOSSY", "common/proto/recovery.c"},
	{"COPY_MIN", "common/proto/session_dgram.c"},
	{"READ_EVENTS", "server/core/hub_read.c"},
	{"READ_HITS", "server/core/hub_read.c"},
	{"PEER_STALL_TIMEOUT", "server/core/peers_internal.h"},
	{"PEER_LINGER_TIMEOUT", "server/core/peers_internal.h"},
	{"OPTIONS_RATE", "server/options.h"},
	{"OPTIONS_GRACE", "server/options.h"},
	{"OPTIONS_RECALL", "server/options.h"},
	{"MAX_NAMES", "server/runtime.c"},
	{"ROOM_BYTES", "server/runtime.c"},
	{"ROOMS_BYTES", "server/runtime.c"},
	{"PAGE_BYTES", "server/runtime.c"},
	{"MAX_MEMBERS", "server/runtime.c"},
	{"MAX_PEERS", "server/runtime.c"},
	{"SEAT_HEAD_START", "client/core/seat.h"},
	{"SEAT_HEAD_START_AGAIN", "client/core/seat.h"},
	{"SEAT_SECOND_OPINION", "client/core/seat.h"},
	{"SEAT_SILENCE", "client/core/seat.h"},
	{"SEAT_BACKOFF_MIN", "client/core/seat.h"},
	{"SEAT_BACKOFF_MAX", "client/core/seat.h"},
	{"SEAT_STABLE", "client/core/seat.h"},
	{"SEAT_LEAVE_WAIT", "client/core/seat.h"},
	{"SEAT_SAID_MAX", "client/core/seat.h"},
	{"SEAT_ROOMS_MAX", "client/core/seat.h"},
};

/* "16 KiB", "1.2 s", "25 ms", "1200": times are microseconds. */
static uint64_t value_of(const struct row *r)
{
	static const struct {
		const char *unit;
		double factor;
	} units[] = {{"", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"ms", 1000}, {"s", 1000000}};
	char *end;
	double v = strtod(r->cell[1], &end);

	assert_ptr_not_equal(end, r->cell[1]);
	while (*end == ' ')
		end++;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (strcmp(end, units[i].unit) == 0)
			return (uint64_t)(v * units[i].factor + 0.5);
	fail_msg("protocol.md:%d: unknown unit %s", r->line, end);
	return 0;
}

/* "NAME = 4 * 1024" in the text of a source file. */
static uint64_t private_value(const char *name, const char *file)
{
	struct document *source = document_read(file);
	char rest[40], *end;

	if (!enumerator(source, name, 0, rest, NULL) || rest[0])
		fail_msg("%s has no constant %s", file, name);
	const char *p = strstr(document_text(source), name);
	uint64_t value = strtoull(p + strlen(name) + strlen(" = "), &end, 10);
	while (strncmp(end, " * ", 3) == 0)
		value *= strtoull(end + 3, &end, 10);
	document_free(source);
	return value;
}

static uint64_t constant_value(const struct row *r)
{
	for (size_t i = 0; i < COUNT_OF(constants); i++)
		if (strcmp(constants[i].name, r->cell[0]) == 0)
			return constants[i].value;
	for (size_t i = 0; i < COUNT_OF(private_constants); i++)
		if (strcmp(private_constants[i].name, r->cell[0]) == 0)
			return private_value(r->cell[0], private_constants[i].file);
	fail_msg("protocol.md:%d: no constant is called %s", r->line, r->cell[0]);
	return 0;
}

static void every_limit_is_the_code_s(void **state)
{
	struct document *d = document_read("protocol.md");
	struct row r;
	size_t n = 0;

	(void)state;
	for (size_t at = 0; document_row(d, "limit", &at, &r); n++)
		if (value_of(&r) != constant_value(&r))
			fail_msg("protocol.md:%d: %s is %lu", r.line, r.cell[0],
				 (unsigned long)constant_value(&r));
	assert_int_equal(n, COUNT_OF(constants) + COUNT_OF(private_constants));
	document_free(d);
}

static bool has_limit(const struct document *d, const char *prefix, const char *rest)
{
	struct row r;
	size_t len = strlen(prefix);

	for (size_t at = 0; document_row(d, "limit", &at, &r);)
		if (strncmp(r.cell[0], prefix, len) == 0 && strcmp(r.cell[0] + len, rest) == 0)
			return true;
	return false;
}

/* A limit that is added to one of these headers is missed here until the document has it. */
static void every_limit_of_the_headers_is_in_the_table(void **state)
{
	static const char *const headers[][2] = {
		{"common/proto/wire.h", "WIRE_"},
		{"common/proto/session.h", "SESSION_"},
		{"common/proto/recovery.h", "RECOVERY_"},
		{"common/proto/name.h", "NAME_MAX_"},
		{"common/proto/ackset.h", "ACKSET_"},
		{"common/proto/reader.h", "READER_"},
		{"server/core/names.h", "NAMES_"},
		{"server/core/peers.h", "PEERS_"},
		{"server/core/gate.h", "GATE_"},
		{"common/proto/discovery.h", "DISCOVERY_"},
		{"server/core/announce.h", "ANNOUNCE_"},
		{"server/core/senders.h", "SENDERS_"},
		{"server/core/pages.h", "PAGES_"},
		{"server/core/phrases.h", "PHRASES_"},
	};
	struct document *d = document_read("protocol.md");
	char rest[40];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		struct document *header = document_read(headers[i][0]);
		const char *prefix = headers[i][1];
		for (size_t n = 0; enumerator(header, prefix, n, rest, NULL); n++)
			if (!has_limit(d, prefix, rest))
				fail_msg("protocol.md §8 has no row of %s%s", prefix, rest);
		document_free(header);
	}
	document_free(d);
}

/* ---- names and texts ------------------------------------------------------------------------- */

/* "\\u{202e}" in a cell stands for the character, "\\n" for a new line; in place. */
static size_t unescape(char *s)
{
	char *out = s;

	for (const char *in = s; *in;) {
		char *end;
		if (in[0] != '\\') {
			*out++ = *in++;
		} else if (in[1] == 'n') {
			*out++ = '\n';
			in += 2;
		} else {
			int32_t cp = (int32_t)strtol(in + 3, &end, 16);
			assert_true(in[1] == 'u' && in[2] == '{' && *end == '}');
			out += utf8_put(out, cp);
			in = end + 1;
		}
	}
	return (size_t)(out - s);
}

static const char *verdict_word(enum name_verdict v)
{
	if (v == NAME_FINE)
		return "fine";
	return v == NAME_RESERVED ? "NAME_RESERVED" : "NAME_BAD";
}

static void every_name_gets_the_verdict_that_is_told(void **state)
{
	struct document *d = document_read("protocol.md");
	struct name_checker *names = name_checker_new();
	struct row r;
	size_t n = 0;

	(void)state;
	assert_non_null(names);
	for (size_t at = 0; document_row(d, "name", &at, &r); n++) {
		size_t len = unescape(r.cell[0]);
		const char *verdict = verdict_word(name_check(names, r.cell[0], len));
		if (strcmp(verdict, r.cell[1]) != 0)
			fail_msg("protocol.md:%d: this name is %s", r.line, verdict);
	}
	assert_true(n > 10);
	name_checker_free(names);
	document_free(d);
}

/* The words of the one cell, and those of name.c: the same ones in the same order. */
static void the_reserved_words_are_the_code_s(void **state)
{
	struct document *d = document_read("protocol.md");
	struct document *source = document_read("common/proto/name.c");
	const char *in_code = strstr(document_text(source), "reserved_words[] = {");
	struct row r;
	size_t at = 0, n = 0;

	(void)state;
	assert_non_null(in_code);
	assert_true(document_row(d, "reserved words", &at, &r));
	for (char *word = strtok(r.cell[0], " "); word; word = strtok(NULL, " "), n++) {
		in_code = strchr(in_code, '"') + 1;
		size_t len = strcspn(in_code, "\"");
		if (strlen(word) != len || memcmp(in_code, word, len) != 0)
			fail_msg("protocol.md:%d: the code has %.*s instead of %s", r.line,
				 (int)len, in_code, word);
		in_code += len + 1;
	}
	assert_true(n > 10 && strchr(in_code, '"') > strchr(in_code, '}'));
	document_free(source);
	document_free(d);
}

static void every_pair_of_names_is_one_or_two(void **state)
{
	struct document *d = document_read("protocol.md");
	struct name_checker *names = name_checker_new();
	struct row r;
	size_t n = 0;

	(void)state;
	assert_non_null(names);
	for (size_t at = 0; document_row(d, "one name", &at, &r); n++) {
		char keys[2][NAME_MAX_KEY];
		size_t len[2];
		for (size_t i = 0; i < 2; i++)
			assert_int_equal(
				name_key(names, r.cell[i], unescape(r.cell[i]), keys[i], &len[i]),
				ERR_NONE);
		bool same = len[0] == len[1] && memcmp(keys[0], keys[1], len[0]) == 0;
		if (strcmp(r.cell[2], same ? "the same" : "two") != 0)
			fail_msg("protocol.md:%d: these are %s", r.line, same ? "the same" : "two");
	}
	assert_true(n > 3);
	name_checker_free(names);
	document_free(d);
}

static void every_text_is_shown_as_is_told(void **state)
{
	struct document *d = document_read("protocol.md");
	struct row r;
	size_t n = 0;

	(void)state;
	for (size_t at = 0; document_row(d, "text", &at, &r); n++) {
		char safe[TEXT_SAFE_SIZE(ROW_CELL_SIZE)];
		size_t len = unescape(r.cell[0]);
		text_safe(safe, sizeof(safe), r.cell[0], len, false);
		if (strcmp(safe, r.cell[1]) != 0)
			fail_msg("protocol.md:%d: this text is shown as %s", r.line, safe);
	}
	assert_true(n > 3);
	document_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_table_of_numbers_is_the_header_s),
		cmocka_unit_test(the_table_of_frames_says_which_are_acknowledged),
		cmocka_unit_test(every_limit_is_the_code_s),
		cmocka_unit_test(every_limit_of_the_headers_is_in_the_table),
		cmocka_unit_test(every_name_gets_the_verdict_that_is_told),
		cmocka_unit_test(the_reserved_words_are_the_code_s),
		cmocka_unit_test(every_pair_of_names_is_one_or_two),
		cmocka_unit_test(every_text_is_shown_as_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
