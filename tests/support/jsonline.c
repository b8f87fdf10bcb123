/* See jsonline.h.  A cursor that steps over the object's members; no tree is built. */
#include "jsonline.h"

#include <string.h>

struct text {
	char *out; /* NULL: only step over it */
	size_t len, cap;
	bool failed;
};

static void put(struct text *t, unsigned char c)
{
	if (!t->out)
		return;
	if (t->len + 1 >= t->cap)
		t->failed = true;
	else
		t->out[t->len++] = (char)c;
}

static void put_code_point(struct text *t, uint32_t c)
{
	if (c < 0x80) {
		put(t, (unsigned char)c);
	} else if (c < 0x800) {
		put(t, (unsigned char)(0xc0 | c >> 6));
		put(t, (unsigned char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		put(t, (unsigned char)(0xe0 | c >> 12));
		put(t, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
		put(t, (unsigned char)(0x80 | (c & 0x3f)));
	} else {
		put(t, (unsigned char)(0xf0 | c >> 18));
		put(t, (unsigned char)(0x80 | (c >> 12 & 0x3f)));
		put(t, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
		put(t, (unsigned char)(0x80 | (c & 0x3f)));
	}
}

static const char *spaces(const char *s)
{
	return s + strspn(s, " \t");
}

/* Four hexadecimal digits; NULL when they are not. */
static const char *hex4(const char *s, uint32_t *out)
{
	uint32_t v = 0;
	for (int i = 0; i < 4; i++, s++) {
		const char *digits = "0123456789abcdef";
		char c = *s >= 'A' && *s <= 'F' ? (char)(*s - 'A' + 'a') : *s;
		const char *d = c ? strchr(digits, c) : NULL;
		if (!d)
			return NULL;
		v = v << 4 | (uint32_t)(d - digits);
	}
	*out = v;
	return s;
}

static const char *unicode_escape(const char *s, struct text *t)
{
	uint32_t high, low;
	s = hex4(s, &high);
	if (s && high >= 0xd800 && high < 0xdc00) {
		s = s[0] == '\\' && s[1] == 'u' ? hex4(s + 2, &low) : NULL;
		if (!s || low < 0xdc00 || low > 0xdfff)
			return NULL;
		high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	}
	if (s)
		put_code_point(t, high);
	return s;
}

static const char *escape(const char *s, struct text *t)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (*s == 'u')
		return unicode_escape(s + 1, t);
	const char *at = *s ? strchr(from, *s) : NULL;
	if (at)
		put(t, (unsigned char)to[at - from]);
	return at ? s + 1 : NULL;
}

/* Past a string that starts at s; NULL when there is none. */
static const char *string(const char *s, struct text *t)
{
	if (*s++ != '"')
		return NULL;
	while (s && *s != '"') {
		if ((unsigned char)*s < 0x20)
			return NULL; /* the end, or a raw control character */
		if (*s == '\\')
			s = escape(s + 1, t);
		else
			put(t, (unsigned char)*s++);
	}
	return s ? s + 1 : NULL;
}

static const char *value(const char *s)
{
	static const char *const words[] = {"true", "false", "null"};
	struct text nowhere = {0};
	if (*s == '"')
		return string(s, &nowhere);
	for (size_t i = 0; i < 3; i++)
		if (strncmp(s, words[i], strlen(words[i])) == 0)
			return s + strlen(words[i]);
	size_t n = strspn(s, "-0123456789.eE+");
	return n > 0 ? s + n : NULL;
}

/* Steps through the members until `key` (NULL: to the end); *found is where its value starts. */
static bool walk(const char *s, const char *key, const char **found)
{
	char name[64];
	s = spaces(s);
	if (*s++ != '{')
		return false;
	for (;;) {
		struct text t = {.out = name, .cap = sizeof(name)};
		s = string(spaces(s), &t);
		if (!s || t.failed)
			return false;
		name[t.len] = '\0';
		s = spaces(s);
		if (*s++ != ':')
			return false;
		s = spaces(s);
		if (key && strcmp(name, key) == 0) {
			*found = s;
			return true;
		}
		s = value(s);
		if (!s)
			return false;
		s = spaces(s);
		if (*s == '}')
			return !key && *spaces(s + 1) == '\0';
		if (*s++ != ',')
			return false;
	}
}

bool jsonline_ok(const char *line)
{
	const char *nothing;
	return walk(line, NULL, &nothing);
}

bool jsonline_string(const char *line, const char *key, char *out, size_t cap)
{
	const char *at;
	struct text t = {.out = out, .cap = cap};
	if (!jsonline_ok(line) || !walk(line, key, &at) || !string(at, &t) || t.failed)
		return false;
	out[t.len] = '\0';
	return true;
}

bool jsonline_number(const char *line, const char *key, uint64_t *out)
{
	const char *at;
	if (!jsonline_ok(line) || !walk(line, key, &at))
		return false;
	uint64_t v = 0;
	size_t digits = strspn(at, "0123456789");
	for (size_t i = 0; i < digits; i++)
		v = v * 10 + (uint64_t)(at[i] - '0');
	*out = v;
	return digits > 0 && digits < 20 && strchr(",} ", at[digits]);
}
