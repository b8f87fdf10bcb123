/* Reads examples line by line, by hand: the form is small, and what breaks it is named. */
#include "example.h"

#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- fields ---------------------------------------------------------------------------------- */

void fields_add(struct fields *f, const char *name, const char *value)
{
	int n = snprintf(f->text + f->len, sizeof(f->text) - f->len, "%s = %s\n", name, value);

	assert_in_range(n, 1, sizeof(f->text) - f->len - 1);
	f->len += (size_t)n;
}

void fields_number(struct fields *f, const char *name, uint64_t v)
{
	char value[24];

	snprintf(value, sizeof(value), "%" PRIu64, v);
	fields_add(f, name, value);
}

void fields_hex(struct fields *f, const char *name, uint64_t v)
{
	char value[24];

	snprintf(value, sizeof(value), "0x%016" PRIx64, v);
	fields_add(f, name, value);
}

static bool is_one_byte_over_and_over(struct slice s)
{
	for (size_t i = 1; i < s.len; i++)
		if (s.data[i] != s.data[0])
			return false;
	return s.len > 1;
}

void fields_bytes(struct fields *f, const char *name, struct slice s)
{
	static char value[EXAMPLE_MAX_BYTES * 2 + 1];

	snprintf(value, sizeof(value), "none");
	for (size_t i = 0; i < s.len; i++)
		snprintf(value + 2 * i, 3, "%02x", s.data[i]);
	fields_add(f, name, value);
}

void fields_string(struct fields *f, const char *name, struct slice s)
{
	static char value[EXAMPLE_MAX_BYTES];

	if (s.len > 40 && is_one_byte_over_and_over(s))
		snprintf(value, sizeof(value), "\"%c\"*%zu", s.data[0], s.len);
	else
		snprintf(value, sizeof(value), "\"%.*s\"", (int)s.len,
			 s.data ? (const char *)s.data : "");
	fields_add(f, name, value);
}

const char *header_of(const char *prefix)
{
	static const struct {
		const char *prefix, *header;
	} rows[] = {
		{"LAN_", "common/proto/discovery.h"},	  {"PACKET_", "common/proto/packet.h"},
		{"FRAME_", "common/proto/wire.h"},	  {"CODE_", "common/proto/code.h"},
		{"EVENT_", "common/proto/event.h"},	  {"LEAVE_", "common/proto/event.h"},
		{"TRANSPORT_", "common/proto/address.h"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (strcmp(prefix, rows[i].prefix) == 0)
			return rows[i].header;
	return "common/proto/command.h";
}

void fields_enum(struct fields *f, const char *name, const char *prefix, uint64_t v)
{
	struct document *header = document_read(header_of(prefix));
	char word[40];
	uint64_t value;
	bool found = false;

	for (size_t i = 0; !found && enumerator(header, prefix, i, word, &value); i++)
		found = value == v;
	document_free(header);
	if (found)
		fields_add(f, name, word);
	else
		fields_number(f, name, v);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

bool enumerator(const struct document *header, const char *prefix, size_t i, char name[40],
		uint64_t *value)
{
	size_t prefix_len = strlen(prefix);

	for (const char *p = document_text(header); (p = strstr(p, prefix)); p += prefix_len) {
		const char *end = p + prefix_len;
		if (p > document_text(header) && is_word(p[-1]))
			continue;
		while (is_word(*end))
			end++;
		if (strncmp(end, " = ", 3) != 0 || (value && !is_digit(end[3])) || i-- > 0)
			continue;
		snprintf(name, 40, "%.*s", (int)(end - p - (ptrdiff_t)prefix_len), p + prefix_len);
		if (value)
			*value = strtoull(end + 3, NULL, 0);
		return true;
	}
	return false;
}

/* ---- lines ----------------------------------------------------------------------------------- */

struct cursor {
	const struct document *d;
	int line;
	const char *at, *end; /* of the line */
};

static void bad(const struct cursor *c, const char *why)
{
	fail_msg("%s:%d: %s", document_path(c->d), c->line, why);
}

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && *c->at == ' ')
		c->at++;
}

/* The next word, up to a blank; empty at the end of the line. */
static struct slice word(struct cursor *c)
{
	skip_blanks(c);
	const char *from = c->at;
	while (c->at < c->end && *c->at != ' ')
		c->at++;
	return slice_of(from, (size_t)(c->at - from));
}

static bool is(struct slice w, const char *text)
{
	return w.len == strlen(text) && memcmp(w.data, text, w.len) == 0;
}

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "6f" or "00*1190" into b; false: not bytes. */
static bool put_bytes_word(struct slice w, struct buf *b)
{
	unsigned long times = 1;

	if (w.len < 2 || digit(w.data[0]) < 0 || digit(w.data[1]) < 0 ||
	    (w.len > 2 && w.data[2] != '*'))
		return false;
	if (w.len > 2)
		times = strtoul((const char *)w.data + 3, NULL, 10);
	for (unsigned long i = 0; i < times; i++)
		buf_put_u8(b, (uint8_t)(digit(w.data[0]) << 4 | digit(w.data[1])));
	return true;
}

/* All words of bytes from here on; false: there were none. */
static bool put_bytes(struct cursor *c, struct buf *b)
{
	size_t before = b->len;

	for (;;) {
		struct cursor ahead = *c;
		if (!put_bytes_word(word(&ahead), b))
			break;
		*c = ahead;
	}
	if (b->failed)
		bad(c, "too many bytes");
	return b->len > before;
}

static bool accept(struct cursor *c, const char *text)
{
	struct cursor ahead = *c;

	if (!is(word(&ahead), text))
		return false;
	*c = ahead;
	return true;
}

/* `not` and the right bytes, or the same bytes once more. */
static void put_mended(struct cursor *c, struct buf *mended, struct slice as_given)
{
	if (!accept(c, "not"))
		buf_put_bytes(mended, as_given.data, as_given.len);
	else if (!accept(c, "nothing") && !put_bytes(c, mended))
		bad(c, "`not` wants bytes, or `nothing`");
}

/* Up to the note: a string ends with its quotes, anything else before a #. */
static void take_value(struct cursor *c, struct example_line *l)
{
	skip_blanks(c);
	const char *from = c->at, *quote = NULL;
	if (from < c->end && *from == '"')
		quote = memchr(from + 1, '"', (size_t)(c->end - from - 1));
	const char *to = quote ? quote : from;
	while (to < c->end && *to != '#')
		to++;
	while (to > from && to[-1] == ' ')
		to--;
	if (to == from || (size_t)(to - from) >= sizeof(l->value))
		bad(c, "a field wants a value that is not too long");
	snprintf(l->value, sizeof(l->value), "%.*s", (int)(to - from), from);
}

static void take_field(struct cursor *c, struct example_line *l)
{
	struct slice name = word(c);

	if (name.len == 0 || name.data[0] == '#')
		return;
	if (!is(word(c), "=") || name.len >= sizeof(l->name))
		bad(c, "neither bytes, nor `name = value`, nor a # note");
	memcpy(l->name, name.data, name.len);
	take_value(c, l);
}

/* What is sealed in a packet is not shown where it is opened: zeros stand for it. */
static void put_hidden(const struct example_line *l, struct buf *bytes, struct buf *mended)
{
	char *end;
	unsigned long n = strtoul(l->value, &end, 10);

	if (end == l->value || strcmp(end, " bytes") != 0)
		return;
	for (; n > 0; n--) {
		buf_put_u8(bytes, 0);
		buf_put_u8(mended, 0);
	}
}

/* More bytes of the field above. */
static bool read_continuation(struct example *e, struct cursor *c, struct buf *bytes,
			      struct buf *mended)
{
	struct cursor ahead = *c;
	size_t start = bytes->len;

	if (e->count == 0 || !put_bytes(&ahead, bytes) || !accept(&ahead, "+")) {
		bytes->len = start;
		return false;
	}
	buf_put_bytes(mended, bytes->data + start, bytes->len - start);
	e->lines[e->count - 1].end = bytes->len;
	*c = ahead;
	return true;
}

static void read_line(struct example *e, struct cursor *c, struct buf *bytes, struct buf *mended)
{
	struct example_line *l = &e->lines[e->count];

	if (e->count == EXAMPLE_MAX_LINES)
		bad(c, "too many lines");
	if (read_continuation(e, c, bytes, mended))
		return;
	*l = (struct example_line){.line = c->line, .start = bytes->len};
	l->has_bytes = accept(c, "nothing") || put_bytes(c, bytes);
	l->end = bytes->len;
	put_mended(c, mended, slice_of(bytes->data + l->start, l->end - l->start));
	take_field(c, l);
	if (!l->has_bytes && l->name[0] && example_is(e, "opened"))
		put_hidden(l, bytes, mended);
	if (l->has_bytes || l->name[0])
		e->count++;
}

static void read_block(struct example *e, const struct document *d, const struct block *b)
{
	struct buf bytes = buf_of(e->bytes, sizeof(e->bytes));
	struct buf mended = buf_of(e->mended, sizeof(e->mended));
	struct cursor c = {.d = d, .line = b->line, .end = b->body};

	e->path = document_path(d);
	e->line = b->line;
	e->count = 0;
	memcpy(e->info, b->info, sizeof(e->info));
	while (c.end < b->body + b->len) {
		c.line++;
		c.at = c.end;
		c.end = memchr(c.at, '\n', (size_t)(b->body + b->len - c.at));
		read_line(e, &c, &bytes, &mended);
		c.end++;
	}
	e->len = bytes.len;
	e->mended_len = mended.len;
	if (e->len == 0 && e->mended_len == 0)
		bad(&c, "an example without bytes");
}

bool example_next(const struct document *d, size_t *at, struct example *e)
{
	struct block b;

	while (document_block(d, at, &b))
		if (strcmp(b.info, "text") != 0) {
			read_block(e, d, &b);
			return true;
		}
	return false;
}

bool example_is(const struct example *e, const char *text)
{
	struct cursor c = {.at = e->info, .end = e->info + strlen(e->info)};
	struct slice w;

	while ((w = word(&c)).len > 0)
		if (is(w, text))
			return true;
	return false;
}
