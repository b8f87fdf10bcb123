/*
 * The adapters: what each says to a server, and what it makes of the answers, however these are cut.
 * The server is the test: it accepts two members, m0 who talks and m1, and answers by the book.
 */
#include "adapter.h"
#include "bare.h"
#include "load.h"

#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { MEMBERS = 2, BYTES = 100, LONG = 10 * 1000 * 1000 /* microseconds */ };

struct rig {
	struct load load;
	struct target target;
	char dir[32];
	int listener, fd[MEMBERS];
	size_t cut; /* bytes of the server's that come at once */
	char talk[BYTES + 1];
};

static void come(struct rig *r, size_t i)
{
	assert_true(load_come(&r->load, i));
	r->fd[i] = accept(r->listener, NULL, NULL);
	assert_true(r->fd[i] >= 0);
}

static void set_up(struct rig *r, const struct adapter *a, size_t cut)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	*r = (struct rig){.target = {.via = TARGET_UNIX, .room_name = "bench"},
			  .dir = "/tmp/adapters.XXXXXX",
			  .cut = cut};
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->target.path, sizeof(r->target.path), "%s/s", r->dir);
	memcpy(at.sun_path, r->target.path, sizeof(at.sun_path));
	r->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(r->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(r->listener, MEMBERS), 0);
	load_init(&r->load, a, &r->target, MEMBERS, 1);
	for (size_t i = 0; i < MEMBERS; i++) {
		come(r, i);
		talk_check_begin(r->load.check, i, true);
	}
}

static void tear_down(struct rig *r)
{
	const struct talk_count *n = talk_check_count(r->load.check);

	assert_false(r->load.failed);
	assert_int_equal(n->lost + n->doubled + n->disordered + n->strange, 0);
	load_wipe(&r->load);
	for (size_t i = 0; i < MEMBERS; i++)
		close(r->fd[i]);
	close(r->listener);
	(void)unlink(r->target.path);
	(void)rmdir(r->dir);
}

static void answer(struct rig *r, size_t i, const char *bytes, size_t n)
{
	while (n > 0) {
		size_t part = n < r->cut ? n : r->cut;
		assert_int_equal(send(r->fd[i], bytes, part, MSG_NOSIGNAL), part);
		load_turn(&r->load, clock_mono_us() + LONG);
		bytes += part;
		n -= part;
	}
}

static void answer_text(struct rig *r, size_t i, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void answer_text(struct rig *r, size_t i, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert_in_range(n, 1, sizeof(text) - 1);
	answer(r, i, text, (size_t)n);
}

/* What member i says next is exactly that. */
static void expect(struct rig *r, size_t i, const char *bytes, size_t n)
{
	char said[512];

	load_turn(&r->load, clock_mono_us());
	assert_in_range(n, 0, sizeof(said) - 1);
	assert_int_equal(recv(r->fd[i], said, sizeof(said), MSG_DONTWAIT), n);
	assert_memory_equal(said, bytes, n);
}

static void expect_text(struct rig *r, size_t i, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void expect_text(struct rig *r, size_t i, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	expect(r, i, text, (size_t)n);
}

/* Lets m0 talk; what it says stands between those two, and is kept for the answer. */
static void expect_talk(struct rig *r, const char *before, const char *behind)
{
	char said[512];

	assert_true(load_talk(&r->load, 0, clock_mono_us()));
	load_turn(&r->load, clock_mono_us());
	ssize_t n = recv(r->fd[0], said, sizeof(said) - 1, MSG_DONTWAIT);
	assert_int_equal(n, strlen(before) + BYTES + strlen(behind));
	said[n] = '\0';
	assert_memory_equal(said, before, strlen(before));
	assert_string_equal(said + strlen(before) + BYTES, behind);
	memcpy(r->talk, said + strlen(before), BYTES);
}

static void irc(struct rig *r)
{
	struct load *l = &r->load;

	for (size_t i = 0; i < MEMBERS; i++) {
		expect_text(r, i, "NICK m%zu\r\nUSER m%zu 0 * :m%zu\r\n", i, i, i);
		answer_text(r, i, ":s 001 m%zu :Welcome\r\n:s 422 m%zu :MOTD\r\n", i, i);
		expect_text(r, i, "JOIN #bench\r\n");
		answer_text(r, i, ":m%zu!~u@h JOIN :#bench\r\n:s 353 a = #bench :b c\r\n", i);
	}
	assert_int_equal(l->present, 2);
	answer_text(r, 0, ":m1!~u@h JOIN :#bench\r\nPING :abc\r\n");
	expect_text(r, 0, "PONG :abc\r\n");
	assert_int_equal(l->told, 1);
	expect_talk(r, "PRIVMSG #bench :", "\r\n");
	answer_text(r, 1, ":m0!~u@h PRIVMSG #bench :%s\r\n", r->talk);
	assert_int_equal(l->heard, 1);
	assert_int_equal(load_outstanding(l, 0), 0);
	answer_text(r, 0, ":m1!~u@h QUIT :gone\r\n");
	assert_int_equal(l->told, 2);
	load_leave(l, 1);
	expect_text(r, 1, "QUIT\r\n");
	answer_text(r, 1, "ERROR :Closing link\r\n");
}

static void redis(struct rig *r)
{
	static const char hello[] = "%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nmodules\r\n*0\r\n";
	static const char there[] = ">3\r\n$9\r\nsubscribe\r\n$5\r\nbench\r\n:1\r\n";

	for (size_t i = 0; i < MEMBERS; i++) {
		expect_text(r, i, "HELLO 3\r\nSUBSCRIBE bench\r\n");
		answer_text(r, i, "%s%s", hello, there);
	}
	assert_int_equal(r->load.present, 2);
	expect_talk(r, "*3\r\n$7\r\nPUBLISH\r\n$5\r\nbench\r\n$100\r\n", "\r\n");
	for (size_t i = 0; i < MEMBERS; i++)
		answer_text(r, i, ">3\r\n$7\r\nmessage\r\n$5\r\nbench\r\n$100\r\n%s\r\n%s", r->talk,
			    i == 0 ? ":2\r\n" : "");
	load_leave(&r->load, 1);
	expect_text(r, 1, "QUIT\r\n");
}

static void nats(struct rig *r)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		expect_text(r, i,
			    "CONNECT {\"verbose\":false,\"pedantic\":false,\"name\":\"m%zu\"}\r\n"
			    "SUB bench 1\r\nPING\r\n",
			    i);
		answer_text(r, i, "INFO {\"max_payload\":1048576}\r\nPONG\r\nPING\r\n");
		expect_text(r, i, "PONG\r\n");
	}
	assert_int_equal(r->load.present, 2);
	expect_talk(r, "PUB bench 100\r\n", "\r\n");
	for (size_t i = 0; i < MEMBERS; i++)
		answer_text(r, i, "MSG bench 1 100\r\n%s\r\n", r->talk);
	load_leave(&r->load, 1);
	expect_text(r, 1, "UNSUB 1\r\nPING\r\n");
	answer_text(r, 1, "PONG\r\n");
	assert_int_equal(r->load.over, 1);
}

static void mqtt(struct rig *r)
{
	static const char join[] = "\x10\x0e\0\4MQTT\4\2\0\0\0\2m0\x82\x0a\0\1\0\5bench\0";
	static const char there[] = "\x20\2\0\0\x90\3\0\1\0";
	char message[128] = "\x30\x6b\0\5bench";

	for (size_t i = 0; i < MEMBERS; i++) {
		char own[sizeof(join)];
		memcpy(own, join, sizeof(own));
		own[15] = (char)('0' + i);
		expect(r, i, own, sizeof(own) - 1);
		answer(r, i, there, sizeof(there) - 1);
	}
	assert_int_equal(r->load.present, 2);
	assert_true(load_talk(&r->load, 0, clock_mono_us()));
	load_turn(&r->load, clock_mono_us());
	assert_int_equal(recv(r->fd[0], message, sizeof(message), MSG_DONTWAIT), 2 + 7 + BYTES);
	assert_memory_equal(message, "\x30\x6b\0\5bench", 9);
	for (size_t i = 0; i < MEMBERS; i++)
		answer(r, i, message, 2 + 7 + BYTES);
	load_leave(&r->load, 1);
	expect(r, 1, "\xe0\0", 2);
}

static void bare(struct rig *r)
{
	char frame[BARE_FRAME] = {BARE_HELLO};

	for (size_t i = 0; i < MEMBERS; i++) {
		expect(r, i, frame, sizeof(frame));
		answer(r, i, frame, sizeof(frame));
	}
	assert_int_equal(r->load.present, 2);
	assert_true(load_talk(&r->load, 0, clock_mono_us()));
	load_turn(&r->load, clock_mono_us());
	assert_int_equal(recv(r->fd[0], frame, sizeof(frame), MSG_DONTWAIT), BARE_FRAME);
	assert_int_equal(frame[0], BYTES);
	for (size_t i = 0; i < MEMBERS; i++)
		answer(r, i, frame, sizeof(frame));
}

static void run(const struct adapter *a, void (*test)(struct rig *r))
{
	static const size_t cuts[] = {1, 2, 7, 512};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		struct rig r;
		set_up(&r, a, cuts[i]);
		test(&r);
		if (a->echoes) {
			assert_int_equal(r.load.heard, 2);
			assert_int_equal(load_outstanding(&r.load, 0), 0);
		}
		tear_down(&r);
	}
}

static void test_irc(void **state)
{
	(void)state;
	run(&adapter_irc, irc);
}

static void test_redis(void **state)
{
	(void)state;
	run(&adapter_redis, redis);
}

static void test_nats(void **state)
{
	(void)state;
	run(&adapter_nats, nats);
}

static void test_mqtt(void **state)
{
	(void)state;
	run(&adapter_mqtt, mqtt);
}

static void test_bare(void **state)
{
	(void)state;
	run(&adapter_bare, bare);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_irc),  cmocka_unit_test(test_redis),
		cmocka_unit_test(test_nats), cmocka_unit_test(test_mqtt),
		cmocka_unit_test(test_bare),
	};

	return cmocka_run_group_tests_name("adapters", tests, NULL, NULL);
}
