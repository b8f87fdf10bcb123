/*
 * Text: what is made safe is safe, stays as it is when it is made safe again, and is cut between
 * characters; a JSON string gives the very text back.
 */
#include "fuzz.h"

#include "proto/json.h"
#include "proto/text.h"
#include "proto/text_class.h"
#include "proto/utf8.h"

static void check_valid(const char *s, size_t n)
{
	bool valid = true;

	for (size_t i = 0; i < n;) {
		char again[UTF8_MAX];
		int32_t cp;
		size_t len = utf8_next(s + i, n - i, &cp);
		CHECK(len >= 1 && len <= UTF8_MAX && len <= n - i);
		valid &= cp != UTF8_BAD;
		if (cp != UTF8_BAD)
			CHECK(utf8_put(again, cp) == len && memcmp(again, s + i, len) == 0);
		i += len;
	}
	CHECK(text_valid(s, n) == valid);
	if (text_talk_ok(s, n))
		CHECK(valid && n >= 1 && n <= TEXT_MAX_BYTES && !memchr(s, '\0', n));
}

static void check_shown(const char *s, size_t n, bool keep_newline)
{
	CHECK(text_valid(s, n));
	for (size_t i = 0; i < n;) {
		int32_t cp;
		i += utf8_next(s + i, n - i, &cp);
		CHECK(text_class(cp) != TEXT_HIDDEN || (keep_newline && cp == '\n'));
		CHECK(cp >= 0x20 || cp == '\n');
	}
}

static void check_clusters(const char *s, size_t n)
{
	size_t bytes = 0, cells = 0, all = n, count = 0;
	const char *at = s;
	struct text_cluster c;

	while (text_next_cluster(&at, &n, &c)) {
		CHECK(c.len >= 1 && c.bytes == s + bytes && c.width >= 0 && c.width <= 2);
		bytes += c.len;
		cells += (size_t)c.width;
		count++;
		CHECK(at == s + bytes && n == all - bytes);
	}
	CHECK(bytes == all && text_width(s, all) == cells && text_graphemes(s, all) <= all);
	CHECK(count <= all);
}

static void check_safe(const char *s, size_t n, bool keep_newline, size_t cap)
{
	char *safe = malloc(TEXT_SAFE_SIZE(n)), *some = malloc(cap);

	CHECK(safe && some);
	size_t len = text_safe(safe, TEXT_SAFE_SIZE(n), s, n, keep_newline);
	CHECK(len < TEXT_SAFE_SIZE(n) && safe[len] == '\0');
	check_shown(safe, len, keep_newline);
	check_clusters(safe, len);

	size_t some_len = text_safe(some, cap, s, n, keep_newline);
	CHECK(some_len < cap && some[some_len] == '\0' && some_len <= len);
	CHECK(memcmp(some, safe, some_len) == 0);
	check_shown(some, some_len, keep_newline);

	char *again = malloc(TEXT_SAFE_SIZE(len));
	CHECK(again);
	CHECK(text_safe(again, TEXT_SAFE_SIZE(len), safe, len, keep_newline) == len);
	CHECK(memcmp(again, safe, len) == 0);
	free(again);
	free(safe);
	free(some);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static unsigned hex4(const char *s)
{
	unsigned v = 0;

	for (unsigned i = 0; i < 4; i++) {
		const char *digit = memchr("0123456789abcdef", s[i], 16);
		CHECK(digit);
		v = v << 4 | (unsigned)(digit - "0123456789abcdef");
	}
	return v;
}

/* One escape at s, which is past its backslash; returns its length. */
static size_t unescape(const char *s, int32_t *cp)
{
	static const char from[] = "bfnrt\"\\", to[] = "\b\f\n\r\t\"\\";
	const char *found = strchr(from, s[0]);

	if (found && s[0] != '\0') {
		*cp = to[found - from];
		return 1;
	}
	CHECK(s[0] == 'u');
	unsigned unit = hex4(s + 1);
	CHECK(unit < 0xDC00 || unit > 0xDFFF);
	*cp = (int32_t)unit;
	if (unit < 0xD800 || unit > 0xDBFF)
		return 5;
	CHECK(s[5] == '\\' && s[6] == 'u');
	unsigned low = hex4(s + 7);
	CHECK(low >= 0xDC00 && low <= 0xDFFF);
	*cp = (int32_t)(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
	return 11;
}

/* The JSON string that begins at s says exactly this text. */
static void check_says(const char *s, const char *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		int32_t want, got;
		i += utf8_next(text + i, n - i, &want);
		CHECK(*s != '"');
		s += *s == '\\' ? 1 + unescape(s + 1, &got) : utf8_next(s, strlen(s), &got);
		CHECK(got == (want == UTF8_BAD ? UTF8_REPLACEMENT : want));
	}
	CHECK(strcmp(s, "\"}\n") == 0);
}

static void check_json(const char *s, size_t n)
{
	static const char head[] = "{\"text\":\"";
	size_t size = JSON_SIZE(1, 4 + n);
	char *line = malloc(size + 1);
	struct buf b = buf_of(line, size);

	CHECK(line);
	struct json j = json_open(&b);
	json_string(&j, "text", s, n);
	json_close(&j);
	CHECK(!b.failed);
	line[b.len] = '\0';
	CHECK(strlen(line) == b.len && memcmp(line, head, sizeof(head) - 1) == 0);
	check_shown(line, b.len - 1, false);
	check_says(line + sizeof(head) - 1, s, n);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct script in = {bytes, n};
	bool keep_newline = script_u8(&in) & 1;
	size_t cap = (size_t)script_u16(&in) + 1;
	const char *s = (const char *)in.bytes;

	check_valid(s, in.len);
	check_safe(s, in.len, keep_newline, cap);
	check_json(s, in.len);
	size_t cut = text_clip(s, in.len, cap);
	CHECK(cut <= in.len && cut <= cap);
	if (text_valid(s, in.len))
		CHECK(text_valid(s, cut) && (cut == in.len || cut + UTF8_MAX > cap));
	return 0;
}
