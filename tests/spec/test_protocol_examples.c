/*
 * The hex examples of protocol.md, executed: each is read by the decoders and, on its own, line by
 * line; both have to say what the document says, and the encoders have to give the same bytes again.
 * tests/vectors/edges.md holds more of them, for the edges of every limit.
 */
#include "describe.h"

#include "check.h"

#include "proto/noise.h"
#include "proto/packet.h"
#include "proto/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const documents[] = {"protocol.md", "tests/vectors/edges.md"};

/* ---- walking over the examples --------------------------------------------------------------- */

typedef void example_fn(const struct example *e, const struct codings *c);

/* Calls fn for every example, or for those whose info string has the word. */
static size_t each_example(const char *word, example_fn *fn)
{
	struct example *e = malloc(sizeof(*e));
	struct document *main = document_read(documents[0]);
	struct codings *c = codings_read(main);
	size_t n = 0;

	assert_non_null(e);
	for (size_t i = 0; i < COUNT_OF(documents); i++) {
		struct document *d = document_read(documents[i]);
		for (size_t at = 0; example_next(d, &at, e);) {
			if (word && !example_is(e, word))
				continue;
			fn(e, c);
			n++;
		}
		document_free(d);
	}
	codings_free(c);
	document_free(main);
	free(e);
	return n;
}

static void a_known_form(const struct example *e, const struct codings *c)
{
	static const char *const forms[] = {"frame", "packet", "record", "lan"};
	int n = 0;

	(void)c;
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		n += example_is(e, forms[i]);
	if (n != 1)
		fail_msg("%s:%d: neither a frame, nor a packet, nor a record, nor lan, nor text",
			 e->path, e->line);
}

static void every_block_is_an_example_or_text(void **state)
{
	(void)state;
	assert_true(each_example(NULL, a_known_form) > 0);
}

/* ---- what examples mean ---------------------------------------------------------------------- */

/* A client knows what it asked for, and refuses a reply that says something else. */
static bool fits_its_command(const struct frame *f, enum inside inside)
{
	static const enum command_kind asked[] = {[INSIDE_TEXT] = COMMAND_JOIN,
						  [INSIDE_NAMES] = COMMAND_WHO,
						  [INSIDE_ROOMS] = COMMAND_LIST,
						  [INSIDE_EVENTS] = COMMAND_PAGE,
						  [INSIDE_ABOUT] = COMMAND_WHOIS};

	return f->type != FRAME_REPLY || reply_sound(&f->reply, asked[inside]);
}

/* Frames up to the end of s; false: one of them is refused. */
static bool describe_frames(struct fields *out, struct buf *again, struct slice s,
			    enum inside inside, bool *encodable)
{
	struct frame f;

	while (s.len > 0) {
		if (frame_get(&s, &f) != ERR_NONE || !fits_its_command(&f, inside))
			return false;
		describe_frame(out, &f, inside);
		*encodable &= encode_frame(again, &f);
	}
	return true;
}

/* Frames and the seal behind them, or what was read of a handshake's message. */
static bool describe_sealed(struct fields *out, struct slice s, enum inside inside, bool *encodable)
{
	static uint8_t storage[EXAMPLE_MAX_BYTES];
	struct buf again = buf_of(storage, sizeof(storage));

	if (s.failed || !describe_frames(out, &again, s, inside, encodable))
		return false;
	describe_seal(out);
	if (*encodable && (again.len != s.len || memcmp(storage, s.data, s.len) != 0))
		fail_msg("encoded again, these frames have other bytes");
	return true;
}

/* The keys at the front of a handshake's message in a record: `message` counts them. */
static void take_keys(struct fields *out, struct slice *s, int message)
{
	if (message < 3) {
		slice_bytes(s, NOISE_KEY);
		fields_add(out, "ephemeral", "32 bytes");
	}
	if (message > 1) {
		slice_bytes(s, NOISE_KEY + WIRE_SEAL);
		fields_add(out, "static", "48 bytes");
	}
}

/* Which of the handshake's messages the record is; 0: none. */
static int message_of(const struct example *e)
{
	static const char *const words[] = {"", "message1", "message2", "message3"};
	int message = COUNT_OF(words) - 1;

	while (message > 0 && !example_is(e, words[message]))
		message--;
	return message;
}

static bool describe_opened_record(const struct example *e, struct fields *out, struct slice s)
{
	int message = message_of(e);
	struct frame f;
	bool encodable = true;

	if (s.len < WIRE_SEAL)
		return false;
	s.len -= WIRE_SEAL;
	if (message == 1) {
		if (frame_get(&s, &f) != ERR_NONE || f.type != FRAME_HELLO)
			return false;
		describe_frame(out, &f, INSIDE_TEXT);
	}
	if (message > 0)
		take_keys(out, &s, message);
	return describe_sealed(out, s, example_inside(e), &encodable);
}

static bool describe_record(const struct example *e, struct fields *out, struct buf *again,
			    struct slice s, bool *encodable)
{
	bool opened = example_is(e, "opened");
	struct records r = {.sealed = opened};
	struct slice record;
	size_t at = record_open(again);
	bool fine = records_next(&r, &s, &record) == ERR_NONE && s.len == 0;

	if (opened)
		*encodable = false;
	fine = fine && (opened ? describe_opened_record(e, out, record)
			       : describe_frames(out, again, record, example_inside(e), encodable));
	if (fine && !opened)
		record_close(again, at);
	records_wipe(&r);
	return fine;
}

static bool describe_whole_packet(const struct example *e, struct fields *out, struct buf *again,
				  struct slice s, bool *encodable)
{
	bool opened = example_is(e, "opened");
	struct packet p;

	if (packet_get(s.data, s.len, &p) != ERR_NONE)
		return false;
	describe_packet(out, &p, opened);
	encode_packet(again, &p);
	if (!opened || p.type == PACKET_INIT || p.type == PACKET_RETRY)
		return true;
	if (p.type != PACKET_RESP)
		return describe_sealed(out, packet_inside(&p), example_inside(e), encodable);
	describe_seal(out);
	return true;
}

/* By the decoders; false: refused. */
static bool describe(const struct example *e, struct slice bytes, struct fields *out,
		     struct buf *again, bool *encodable)
{
	enum inside inside = example_inside(e);

	*encodable = true;
	out->len = 0;
	if (example_is(e, "record"))
		return describe_record(e, out, again, bytes, encodable);
	if (example_is(e, "lan"))
		return describe_lan(out, again, bytes);
	if (example_is(e, "packet"))
		return describe_whole_packet(e, out, again, bytes, encodable);
	return describe_frames(out, again, bytes, inside, encodable);
}

/* What the document says: all of it that has bytes, or all of it that a decoder keeps. */
static void said(const struct example *e, bool with_bytes, struct fields *out)
{
	out->len = 0;
	for (size_t i = 0; i < e->count; i++)
		if (e->lines[i].name[0] &&
		    (with_bytes ? e->lines[i].has_bytes : !field_is_framing(e->lines[i].name)))
			fields_add(out, e->lines[i].name, e->lines[i].value);
}

static void same_fields(const struct example *e, const struct fields *document,
			const struct fields *bytes, const char *reader)
{
	if (document->len == bytes->len && memcmp(document->text, bytes->text, bytes->len) == 0)
		return;
	print_error("---- the document says:\n%s---- %s:\n%s", document->text, reader, bytes->text);
	fail_msg("%s:%d: what this example says is not what its bytes mean", e->path, e->line);
}

static void means_what_it_says(const struct example *e, const struct codings *c)
{
	static struct fields document, bytes;
	static uint8_t storage[EXAMPLE_MAX_BYTES];
	struct buf again = buf_of(storage, sizeof(storage));
	bool encodable;

	said(e, true, &document);
	bytes.len = 0;
	describe_lines(&bytes, c, e);
	same_fields(e, &document, &bytes, "read line by line");
	if (example_is(e, "refused"))
		return;

	if (!describe(e, slice_of(e->bytes, e->len), &bytes, &again, &encodable))
		fail_msg("%s:%d: this example does not decode", e->path, e->line);
	said(e, false, &document);
	same_fields(e, &document, &bytes, "decoded");
	if (encodable && (again.len != e->len || memcmp(storage, e->bytes, e->len) != 0))
		fail_msg("%s:%d: encoded again, this example has other bytes", e->path, e->line);
}

static void every_example_means_what_it_says(void **state)
{
	(void)state;
	each_example(NULL, means_what_it_says);
}

static void does_not_decode_cut_short(const struct example *e, const struct codings *c)
{
	struct frame f;

	(void)c;
	if (example_is(e, "refused"))
		return;
	for (size_t n = 0; n < e->len; n++) {
		struct slice s = slice_of(e->bytes, n);
		if (frame_get(&s, &f) == ERR_NONE)
			fail_msg("%s:%d: a frame, although only %zu bytes of it are there", e->path,
				 e->line, n);
		assert_int_equal(s.len, n);
	}
}

static void no_frame_decodes_cut_short(void **state)
{
	(void)state;
	assert_true(each_example("frame", does_not_decode_cut_short) > 0);
}

/* A refused example decodes as soon as what is wrong with it, and nothing else, is put right. */
static void is_refused_for_its_reason(const struct example *e, const struct codings *c)
{
	static struct fields unused;
	static uint8_t storage[EXAMPLE_MAX_BYTES];
	struct buf again = buf_of(storage, sizeof(storage));
	bool encodable;

	(void)c;
	if (describe(e, slice_of(e->bytes, e->len), &unused, &again, &encodable))
		fail_msg("%s:%d: this is to be refused, but decodes", e->path, e->line);
	again = buf_of(storage, sizeof(storage));
	if (!describe(e, slice_of(e->mended, e->mended_len), &unused, &again, &encodable))
		fail_msg("%s:%d: this is refused for another reason: it does not decode with what "
			 "stands after `not` either",
			 e->path, e->line);
}

static void every_refused_example_is_refused_for_its_reason(void **state)
{
	(void)state;
	assert_true(each_example("refused", is_refused_for_its_reason) > 0);
}

/* ---- nothing is left out --------------------------------------------------------------------- */

/* Whether some example of protocol.md has "type = word", and in the same frame also "kind = kind". */
static bool is_shown(const struct document *d, const char *form, const char *type, const char *kind)
{
	static struct example e;

	for (size_t at = 0; example_next(d, &at, &e);) {
		bool inside = false;
		for (size_t i = 0; example_is(&e, form) && i < e.count; i++) {
			const char *name = e.lines[i].name, *value = e.lines[i].value;
			if (strcmp(name, "type") == 0)
				inside = strcmp(value, type) == 0;
			if (inside &&
			    (!kind || (strcmp(name, "kind") == 0 && strcmp(value, kind) == 0)))
				return true;
		}
	}
	return false;
}

static void everything_of_the_headers_has_an_example(void **state)
{
	static const struct {
		const char *prefix, *form, *type;
	} rows[] = {
		{"FRAME_", "frame", NULL},    {"PACKET_", "packet", NULL},
		{"EVENT_", "frame", "EVENT"}, {"COMMAND_", "frame", "COMMAND"},
		{"LAN_", "lan", NULL},
	};
	struct document *d = document_read("protocol.md");
	char name[40];
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct document *header = document_read(header_of(rows[i].prefix));
		size_t n = 0;
		for (; enumerator(header, rows[i].prefix, n, name, &value); n++)
			if (!is_shown(d, rows[i].form, rows[i].type ? rows[i].type : name,
				      rows[i].type ? name : NULL))
				fail_msg("protocol.md has no example of %s%s", rows[i].prefix,
					 name);
		assert_true(n >= 2);
		document_free(header);
	}
	document_free(d);
}

/* The names of the fields after `length`, in the first example of a COMMAND of that kind. */
static void fields_of_command(const struct document *d, const char *kind, struct fields *out)
{
	static struct example e;
	bool inside = false;

	out->len = 0;
	for (size_t at = 0; !inside && example_next(d, &at, &e);)
		inside = example_is(&e, "COMMAND") && example_is(&e, kind);
	for (size_t i = 0; inside && i < e.count; i++) {
		const char *name = e.lines[i].name;
		if (i > 3)
			out->len +=
				(size_t)snprintf(out->text + out->len, sizeof(out->text) - out->len,
						 "%s%s", out->len ? " " : "", name);
		else if (i == 3)
			assert_string_equal(name, "length");
	}
}

static void the_table_of_commands_has_the_fields_of_their_examples(void **state)
{
	static struct fields fields;
	struct document *d = document_read("protocol.md");
	struct row r;

	(void)state;
	for (size_t at = 0; document_row(d, "command", &at, &r);) {
		fields_of_command(d, r.cell[0], &fields);
		assert_true(fields.len > 0);
		assert_string_equal(r.cell[2], fields.text);
	}
	document_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_block_is_an_example_or_text),
		cmocka_unit_test(every_example_means_what_it_says),
		cmocka_unit_test(no_frame_decodes_cut_short),
		cmocka_unit_test(every_refused_example_is_refused_for_its_reason),
		cmocka_unit_test(everything_of_the_headers_has_an_example),
		cmocka_unit_test(the_table_of_commands_has_the_fields_of_their_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
