/* ui/escapes: the very bytes; and that no text ends its sequence or begins another. */
#include "ui/escapes.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

static uint8_t bytes[2 * ESCAPES_MAX];

static const char *title_of(const struct escapes *e, const char *title)
{
	struct buf b = buf_of(bytes, sizeof(bytes) - 1);

	escapes_title(&b, e, title);
	assert_false(b.failed);
	bytes[b.len] = '\0';
	return (const char *)bytes;
}

static const char *call_of(const struct escapes *e, const char *title, const char *body)
{
	struct buf b = buf_of(bytes, sizeof(bytes) - 1);

	escapes_notify(&b, e, title, body);
	assert_false(b.failed);
	bytes[b.len] = '\0';
	return (const char *)bytes;
}

static void test_terminals(void **state)
{
	static const struct {
		struct escapes_env env;
		struct escapes want;
	} rows[] = {
		{{.term = "xterm-256color"}, {.strings = true}},
		{{.term = "tmux-256color", .tmux = "/tmp/x,1,0"}, {.strings = true, .tmux = true}},
		{{.term = "xterm", .tmux = ""}, {.strings = true}},
		{{.term = "rxvt-unicode"}, {.strings = true, .notification = ESCAPES_OSC_777}},
		{{.term = "xterm-256color", .vte = "7200"},
		 {.strings = true, .notification = ESCAPES_OSC_777}},
		{{.term = "xterm", .term_program = "mintty"},
		 {.strings = true, .notification = ESCAPES_OSC_777}},
		{{.term = "xterm", .term_program = "WezTerm"}, {.strings = true}},
		{{.term = "linux"}, {0}},
		{{.term = "vt220"}, {0}},
		{{0}, {0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct escapes e = escapes_for(&rows[i].env);
		if (e.strings != rows[i].want.strings || e.tmux != rows[i].want.tmux ||
		    e.notification != rows[i].want.notification)
			fail_msg("row %zu", i);
	}
}

static void test_bytes(void **state)
{
	static const struct escapes console = {0}, plain = {.strings = true},
				    tmux = {.strings = true, .tmux = true},
				    rxvt = {.strings = true, .notification = ESCAPES_OSC_777};

	(void)state;
	assert_string_equal(title_of(&plain, "(1) #dev"), "\033]2;(1) #dev\033\\");
	assert_string_equal(title_of(&tmux, "(1) #dev"), "\033]2;(1) #dev\033\\"); /* its own */
	assert_string_equal(call_of(&plain, "bob", "a; b"), "\033]9;bob: a; b\033\\");
	assert_string_equal(call_of(&rxvt, "b;b", "a; b"), "\033]777;notify;b,b;a; b\033\\");
	assert_string_equal(call_of(&tmux, "bob", "hi"),
			    "\033Ptmux;\033\033]9;bob: hi\033\033\\\033\\");
	assert_string_equal(title_of(&console, "#dev"), "");
	assert_string_equal(call_of(&console, "bob", "hi"), "");
	/* "9;4;…" is a progress bar to some */
	assert_string_equal(call_of(&plain, "4;1", "hi"), "\033]9;4,1: hi\033\\");
}

/* What is between the sequence's own first and last bytes has no control in it. */
static void is_clean(const char *s, size_t head, size_t tail)
{
	size_t n = strlen(s);

	assert_true(n >= head + tail);
	for (size_t i = head; i < n - tail; i++) {
		uint8_t c = (uint8_t)s[i];
		bool c1 = c == 0xC2 && (uint8_t)s[i + 1] < 0xA0;
		if (c < 0x20 || c == 0x7F || c1)
			fail_msg("byte %zu is %02x", i, c);
	}
}

static void test_hostile_texts(void **state)
{
	static const char *const texts[] = {
		"\033\\\033]52;c;aGk=\a",
		"\a",
		"\033]2;gotcha\033\\",
		"\xc2\x9c\xc2\x9d\x32;x\xc2\x9c", /* ST and OSC of one byte, as UTF-8 … */
		"\x9c\x9d\x32;x\x9c",		  /* … and bare */
		"\030\032x\033[2J",
		"\r\n\t\b\177",
		"\xe2\x80\xae\xe2\x81\xa6 over",
		"\033Ptmux;\033\033]9;x\033\033\\\033\\",
	};
	static const struct escapes kinds[] = {
		{.strings = true},
		{.strings = true, .notification = ESCAPES_OSC_777},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		for (size_t k = 0; k < COUNT_OF(kinds); k++) {
			is_clean(title_of(&kinds[k], texts[i]), 1, 2);
			is_clean(call_of(&kinds[k], texts[i], texts[i]), 1, 2);
		}
	}
}

static void test_random_texts(void **state)
{
	static const struct escapes plain = {.strings = true},
				    tmux = {.strings = true, .tmux = true};
	unsigned seed = 20261121;
	char s[2048];

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 2000; round++) {
		size_t n = (size_t)(rand_r(&seed) % (int)sizeof(s));
		for (size_t i = 0; i < n; i++)
			s[i] = (char)(1 + rand_r(&seed) % (round % 2 ? 255 : 40));
		s[n] = '\0';
		is_clean(title_of(&plain, s), 1, 2);
		is_clean(call_of(&plain, s, s), 1, 2);
		is_clean(call_of(&tmux, s, s), strlen("\033Ptmux;\033\033"), 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminals),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_random_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
