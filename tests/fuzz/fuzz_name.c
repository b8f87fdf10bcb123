/*
 * Names: the verdict and the key agree; a name that may be taken can be shown as it is; its key says
 * which names are the same, whatever the case.  The input is two names with a newline between them.
 */
#include "fuzz.h"

#include "proto/name.h"
#include "proto/text.h"

static struct name_checker *checker;

struct verdict {
	enum name_verdict verdict;
	char key[NAME_MAX_KEY];
	size_t key_len;
};

static void check_shape(const char *s, size_t n)
{
	char safe[TEXT_SAFE_SIZE(NAME_MAX_BYTES)];

	CHECK(n >= 1 && n <= NAME_MAX_BYTES && text_valid(s, n));
	CHECK(text_graphemes(s, n) <= NAME_MAX_GRAPHEMES && text_width(s, n) >= 1);
	CHECK(text_safe(safe, sizeof(safe), s, n, false) == n && memcmp(safe, s, n) == 0);
	CHECK(!memchr(s, ' ', n) && !memchr(s, ':', n) && !memchr(s, ',', n));
	CHECK(s[0] != '/' && s[0] != '@' && s[0] != '#');
}

static struct verdict judge(const char *s, size_t n)
{
	struct verdict v = {.verdict = name_check(checker, s, n), .key_len = 12345};
	enum err e = name_key(checker, s, n, v.key, &v.key_len);

	if (v.verdict == NAME_FINE || v.verdict == NAME_RESERVED) {
		CHECK(e == ERR_NONE && v.key_len >= 1 && v.key_len <= NAME_MAX_KEY);
		check_shape(s, n);
	} else {
		CHECK(e == (v.verdict == NAME_TOO_LONG ? ERR_TOO_BIG : ERR_MALFORMED));
		CHECK(v.key_len == 12345);
	}
	return v;
}

static bool same(const struct verdict *a, const struct verdict *b)
{
	return a->verdict == b->verdict && a->key_len == b->key_len &&
	       (a->key_len == 12345 || memcmp(a->key, b->key, a->key_len) == 0);
}

/* ASCII letters the other way round are the same name. */
static void check_case(const char *s, size_t n, const struct verdict *v)
{
	char other[NAME_MAX_BYTES];

	if (n > sizeof(other) || (v->verdict != NAME_FINE && v->verdict != NAME_RESERVED))
		return;
	for (size_t i = 0; i < n; i++)
		other[i] = (char)(s[i] | ('A' <= s[i] && s[i] <= 'Z' ? 0x20 : 0));
	struct verdict w = judge(other, n);
	CHECK(same(v, &w));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const uint8_t *middle = n ? memchr(bytes, '\n', n) : NULL;
	const char *a = (const char *)bytes, *b = middle ? (const char *)middle + 1 : a;
	size_t a_len = middle ? (size_t)(middle - bytes) : n;
	size_t b_len = middle ? n - a_len - 1 : n;

	if (!checker)
		checker = name_checker_new();
	CHECK(checker);
	struct verdict va = judge(a, a_len), vb = judge(b, b_len), va2 = judge(a, a_len);
	CHECK(same(&va, &va2)); /* judging another in between changes nothing */
	check_case(a, a_len, &va);
	check_case(b, b_len, &vb);
	return 0;
}
