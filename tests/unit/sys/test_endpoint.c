/* endpoint: every form of an address that is taken, and what is said about those that are not. */
#include "sys/sock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_good(void **state)
{
	static const struct {
		const char *text;
		enum endpoint_kind kind;
		const char *host;
		uint16_t port;
	} rows[] = {
		{"example.org", ENDPOINT_CHAT, "example.org", 8888},
		{"example.org:4000", ENDPOINT_CHAT, "example.org", 4000},
		{"a_b-c.d1", ENDPOINT_CHAT, "a_b-c.d1", 8888},
		{"127.0.0.1:1", ENDPOINT_CHAT, "127.0.0.1", 1},
		{"chat://127.0.0.1", ENDPOINT_CHAT, "127.0.0.1", 8888},
		{"chat://h:65535", ENDPOINT_CHAT, "h", 65535},
		{"udp://h:00080", ENDPOINT_UDP, "h", 80},
		{"tcp://h", ENDPOINT_TCP, "h", 8888},
		{"TCP://Host:22", ENDPOINT_TCP, "Host", 22},
		{"[::1]", ENDPOINT_CHAT, "::1", 8888},
		{"[::1]:4000", ENDPOINT_CHAT, "::1", 4000},
		{"tcp://[2001:db8::1]:4000", ENDPOINT_TCP, "2001:db8::1", 4000},
		{"udp://[fe80::1%eth0]:9", ENDPOINT_UDP, "fe80::1%eth0", 9},
		{"::1", ENDPOINT_CHAT, "::1", 8888},
		{"udp://::", ENDPOINT_UDP, "::", 8888},
		{"2001:db8::1:4000", ENDPOINT_CHAT, "2001:db8::1:4000", 8888},
		{"::ffff:1.2.3.4", ENDPOINT_CHAT, "::ffff:1.2.3.4", 8888},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct endpoint e;
		struct sock_error why = {"nothing was wrong"};

		assert_int_equal(endpoint_parse(rows[i].text, &e, &why), ERR_NONE);
		assert_int_equal(e.kind, rows[i].kind);
		assert_string_equal(e.host, rows[i].host);
		assert_int_equal(e.port, rows[i].port);
		assert_string_equal(e.path, "");
		assert_string_equal(why.text, "nothing was wrong");
	}
}

#define KEY "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq" /* 00 01 02 … 1f */

static void test_good_keys(void **state)
{
	static const struct {
		const char *text;
		enum endpoint_kind kind;
		const char *host;
		uint16_t port;
	} rows[] = {
		{"chat://127.0.0.1:4000/#" KEY, ENDPOINT_CHAT, "127.0.0.1", 4000},
		{"CHAT://h/#" KEY, ENDPOINT_CHAT, "h", 8888},
		{"h:1/#" KEY, ENDPOINT_CHAT, "h", 1},
		{"udp://[fe80::1%eth0]:9/#" KEY, ENDPOINT_UDP, "fe80::1%eth0", 9},
		{"tcp://::1/#" KEY, ENDPOINT_TCP, "::1", 8888},
	};
	struct endpoint e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(endpoint_parse(rows[i].text, &e, NULL), ERR_NONE);
		assert_int_equal(e.kind, rows[i].kind);
		assert_string_equal(e.host, rows[i].host);
		assert_int_equal(e.port, rows[i].port);
		assert_true(e.has_key);
		for (uint8_t n = 0; n < KEY_BYTES; n++)
			assert_int_equal(e.key[n], n);
	}
	assert_int_equal(endpoint_parse("h:1", &e, NULL), ERR_NONE);
	assert_false(e.has_key);
	assert_int_equal(endpoint_parse("unix:/tmp/#" KEY, &e, NULL), ERR_NONE); /* a path */
	assert_false(e.has_key);
	assert_string_equal(e.path, "/tmp/#" KEY);
}

static void test_good_paths(void **state)
{
	static const char *const rows[][2] = {
		{"unix:/run/chat.sock", "/run/chat.sock"},
		{"unix:chat.sock", "chat.sock"},
		{"unix:///run/chat.sock", "/run/chat.sock"},
		{"UNIX:/a b:c://d/聊天", "/a b:c://d/聊天"},
	};
	char text[sizeof(struct sockaddr_un) + 8];
	struct endpoint e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(endpoint_parse(rows[i][0], &e, NULL), ERR_NONE);
		assert_int_equal(e.kind, ENDPOINT_UNIX);
		assert_string_equal(e.path, rows[i][1]);
		assert_string_equal(e.host, "");
	}
	snprintf(text, sizeof(text), "unix:%0*d", (int)sizeof(e.path) - 1, 0);
	assert_int_equal(endpoint_parse(text, &e, NULL), ERR_NONE);
	assert_int_equal(strlen(e.path), sizeof(e.path) - 1);
}

/* The sentence names what is wrong; the endpoint is as it was. */
static void assert_refused(const char *text, enum err want, const char *words)
{
	struct endpoint e, before;
	struct sock_error why = {""};

	memset(&e, 0x5a, sizeof(e));
	memset(&before, 0x5a, sizeof(before));
	assert_int_equal(endpoint_parse(text, &e, &why), want);
	assert_memory_equal(&e, &before, sizeof(e));
	if (!strstr(why.text, words))
		fail_msg("\"%s\": \"%s\" does not say \"%s\"", text, why.text, words);
	assert_int_equal(endpoint_parse(text, &e, NULL), want);
}

static void test_bad(void **state)
{
	static const char *const rows[][2] = {
		{"", "host is missing"},
		{"chat://", "host is missing"},
		{"udp://", "host is missing"},
		{":4000", "host is missing"},
		{"tcp://:4000", "host is missing"},
		{"h:", "1 to 65535"},
		{"h:0", "1 to 65535"},
		{"h:00000", "1 to 65535"},
		{"h:65536", "1 to 65535"},
		{"h:99999", "1 to 65535"},
		{"h:000080", "1 to 65535"},
		{"h:18446744073709551617", "1 to 65535"},
		{"h:-1", "1 to 65535"},
		{"h:+1", "1 to 65535"},
		{"h: 1", "1 to 65535"},
		{"h:1 ", "1 to 65535"},
		{"h:80x", "1 to 65535"},
		{"h:0x50", "1 to 65535"},
		{"h:http", "1 to 65535"},
		{"h:80/", "1 to 65535"},
		{"h/", "character"},
		{"h/#", "after \"/#\" is no key"},
		{"h:1/#" KEY "a", "copy all 52 letters"},
		{"h:1/#" KEY "#" KEY, "no key"},
		{"h:1/# " KEY, "no key"},
		{"h:1/#AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQTCQKRMFYYDENBWHA5DYPQ", "no key"},
		{"h:1#" KEY, "comes after \"/#\""},
		{"#" KEY, "comes after \"/#\""},
		{"chat://#" KEY, "comes after \"/#\""},
		{"/#" KEY, "unix:/#"},
		{"chat:///#" KEY, "host is missing"},
		{"h://#" KEY, "\"h\" is no way"},
		{"h:0/#" KEY, "1 to 65535"},
		{"h:1//#" KEY, "1 to 65535"},
		{"h/x/#" KEY, "character"},
		{"[::1/#" KEY, "\"]\" is missing"},
		{"tcp://h/room", "character"},
		{"tcp:///h", "character"},
		{"me@h", "character"},
		{"h h", "character"},
		{" h", "character"},
		{"h\n", "character"},
		{"h\033[2J", "character"},
		{"聊天", "character"},
		{"h%eth0", "character"},
		{"a:b:c", "too many colons"},
		{"1.2.3.4:5:6", "too many colons"},
		{"::1::", "too many colons"},
		{"2001:db8:0:0:0:0:0:1:4000", "too many colons"},
		{"fe80::1%", "too many colons"},
		{"[::1", "\"]\" is missing"},
		{"[", "\"]\" is missing"},
		{"[]", "no IPv6"},
		{"[]:80", "no IPv6"},
		{"[h]:80", "no IPv6"},
		{"[127.0.0.1]:80", "no IPv6"},
		{"[::1%]:80", "no IPv6"},
		{"[%eth0]:80", "no IPv6"},
		{"[fe80::1%e/0]:80", "no IPv6"},
		{"[::1%聊]", "no IPv6"},
		{"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", "no IPv6"},
		{"[::1]80", "after \"]\""},
		{"[::1]]", "after \"]\""},
		{"[::1]:", "1 to 65535"},
		{"[::1]:0", "1 to 65535"},
		{"http://h", "\"http\" is no way"},
		{"://h", "\"\" is no way"},
		{"averyveryverylongscheme://h", "\"averyveryverylongsch\" is no way"},
		{"/run/chat.sock", "unix:/run/chat.sock"},
		{"./chat.sock", "unix:./chat.sock"},
		{"unix:", "path of the socket is missing"},
		{"unix", NULL}, /* a host of that name */
	};

	(void)state;
	for (size_t i = 0; rows[i][1]; i++)
		assert_refused(rows[i][0], ERR_MALFORMED, rows[i][1]);
}

static void test_too_long(void **state)
{
	char text[1024];

	(void)state;
	snprintf(text, sizeof(text), "tcp://%0256d:80", 0);
	assert_refused(text, ERR_TOO_BIG, "at most 255 bytes");
	snprintf(text, sizeof(text), "[fe80::1%%%0300d]:80", 0);
	assert_refused(text, ERR_TOO_BIG, "at most 255 bytes");
	snprintf(text, sizeof(text), "unix:/%0107d", 0);
	assert_refused(text, ERR_TOO_BIG, "at most 107 bytes");
	snprintf(text, sizeof(text), "tcp://%0265d/#" KEY, 0);
	assert_refused(text, ERR_TOO_BIG, "at most 255 bytes");
	snprintf(text, sizeof(text), "tcp://%0256d/#" KEY, 0);
	assert_refused(text, ERR_TOO_BIG, "at most 255 bytes");
	snprintf(text, sizeof(text), "tcp://%0255d:65535/#" KEY, 0);
	assert_int_equal(endpoint_parse(text, &(struct endpoint){0}, NULL), ERR_NONE);
	snprintf(text, sizeof(text), "tcp://%0255d:80", 0);
	assert_int_equal(endpoint_parse(text, &(struct endpoint){0}, NULL), ERR_NONE);
}

static void test_default_path(void **state)
{
	char out[108], tmp[64], small[40];

	(void)state;
	snprintf(tmp, sizeof(tmp), "/tmp/chat-room-%lu/chat-room.sock", (unsigned long)geteuid());
	setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
	assert_false(sock_default_path(out, sizeof(out)));
	assert_string_equal(out, "/run/user/1000/chat-room.sock");
	setenv("XDG_RUNTIME_DIR", "/a/directory/that/does/not/fit/into/it", 1);
	assert_true(sock_default_path(small, sizeof(small)));
	assert_string_equal(small, tmp);
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	(void)sock_default_path(out, sizeof(out));
	assert_string_equal(out, tmp);
	unsetenv("XDG_RUNTIME_DIR");
	assert_true(sock_default_path(out, sizeof(out)));
	assert_string_equal(out, tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	  cmocka_unit_test(test_good_paths),
		cmocka_unit_test(test_good_keys), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_too_long),  cmocka_unit_test(test_default_path),
	};

	return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
