/* ipc: the bytes on the socket, every way of cutting them, a reader that stops, an end that dies. */
#include "sys/ipc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Three messages as they stand on the wire: "abc", an empty one, one zero byte. */
static const uint8_t wire[] = {7,   0, 0, 0, 3, 'a', 'b', 'c', /* */
			       255, 0, 0, 0, 0,		       /* */
			       0,   0, 0, 0, 1, 0};
static const struct {
	uint8_t type;
	const char *body;
	size_t len, end; /* where in `wire` it has arrived */
} messages[] = {{7, "abc", 3, 8}, {255, "", 0, 13}, {0, "\0", 1, 19}};

static void open_pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
}

/* One end a channel, the other a bare descriptor (non-blocking, for the tests that fill it). */
static struct ipc *open_half(int *raw)
{
	struct ipc *c;
	int fds[2];

	open_pair(fds);
	*raw = fds[1];
	c = ipc_new(fds[0]);
	assert_non_null(c);
	assert_int_equal(ipc_fd(c), fds[0]);
	return c;
}

static void open_both(struct ipc *c[2])
{
	int fds[2];

	open_pair(fds);
	for (int i = 0; i < 2; i++) {
		c[i] = ipc_new(fds[i]);
		assert_non_null(c[i]);
	}
}

static void assert_message(struct ipc *c, uint8_t type, const void *body, size_t len)
{
	struct ipc_message m;

	assert_true(ipc_next(c, &m));
	assert_int_equal(m.type, type);
	assert_int_equal(m.body.len, len);
	assert_false(m.body.failed);
	assert_memory_equal(m.body.data, body, len);
}

static void assert_no_message(struct ipc *c)
{
	struct ipc_message m;

	assert_false(ipc_next(c, &m));
}

static void test_bytes_on_the_wire(void **state)
{
	uint8_t got[64];
	struct ipc *c;
	int raw;

	(void)state;
	c = open_half(&raw);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(ipc_send(c, messages[i].type, messages[i].body, messages[i].len),
				 ERR_NONE);
	assert_false(ipc_pending(c));
	assert_int_equal(read(raw, got, sizeof(got)), sizeof(wire));
	assert_memory_equal(got, wire, sizeof(wire));
	ipc_free(c);
	close(raw);
}

/* In pieces of every size from 1 byte to all: a message comes with its last byte, not before. */
static void test_every_cut(void **state)
{
	(void)state;
	for (size_t step = 1; step <= sizeof(wire); step++) {
		size_t sent = 0, taken = 0;
		struct ipc *c;
		int raw;

		c = open_half(&raw);
		while (sent < sizeof(wire)) {
			size_t n = sizeof(wire) - sent < step ? sizeof(wire) - sent : step;

			assert_int_equal(write(raw, wire + sent, n), n);
			sent += n;
			assert_int_equal(ipc_read(c), ERR_NONE);
			for (; taken < 3 && messages[taken].end <= sent; taken++)
				assert_message(c, messages[taken].type, messages[taken].body,
					       messages[taken].len);
			assert_no_message(c);
		}
		assert_int_equal(taken, 3);
		ipc_free(c);
		close(raw);
	}
}

static void test_nothing_to_read(void **state)
{
	struct ipc *c;
	int raw;

	(void)state;
	c = open_half(&raw);
	assert_int_equal(ipc_read(c), ERR_NONE);
	assert_no_message(c);
	assert_int_equal(ipc_flush(c), ERR_NONE);
	ipc_free(c);
	ipc_free(NULL);
	close(raw);
}

static void test_largest_body(void **state)
{
	static uint8_t body[IPC_MAX_BODY + 1];
	struct ipc *c[2];
	struct ipc_message m;

	(void)state;
	open_both(c);
	memset(body, 0xa5, sizeof(body));
	assert_int_equal(ipc_send(c[0], 1, body, IPC_MAX_BODY + 1), ERR_TOO_BIG);
	assert_false(ipc_pending(c[0]));
	assert_int_equal(ipc_send(c[0], 2, body, IPC_MAX_BODY), ERR_NONE);
	assert_int_equal(ipc_send(c[0], 3, "end", 3), ERR_NONE);
	while (!ipc_next(c[1], &m)) {
		assert_int_equal(ipc_flush(c[0]), ERR_NONE);
		assert_int_equal(ipc_read(c[1]), ERR_NONE);
	}
	assert_int_equal(m.type, 2);
	assert_int_equal(m.body.len, IPC_MAX_BODY);
	assert_memory_equal(m.body.data, body, IPC_MAX_BODY);
	assert_int_equal(ipc_flush(c[0]), ERR_NONE);
	assert_int_equal(ipc_read(c[1]), ERR_NONE);
	assert_message(c[1], 3, "end", 3);
	ipc_free(c[0]);
	ipc_free(c[1]);
}

/* A message whose every byte follows from its number; of most, only the ends are compared. */
static size_t numbered_body(uint8_t *body, uint32_t number)
{
	size_t len = 4 + (number * 7919u) % (IPC_MAX_BODY - 3);
	struct buf b = buf_of(body, len);

	buf_put_u32(&b, number);
	memset(body + 4, (int)(number & 0xff), len - 4);
	return len;
}

static void assert_numbered(const struct ipc_message *m, uint32_t number)
{
	static uint8_t want[IPC_MAX_BODY];
	size_t len = numbered_body(want, number);

	assert_int_equal(m->type, number & 0xff);
	assert_int_equal(m->body.len, len);
	assert_memory_equal(m->body.data, want, 4);
	assert_int_equal(m->body.data[len - 1], want[len - 1]);
	if (number % 64 == 1)
		assert_memory_equal(m->body.data, want, len);
}

/* Sends until the queue is full and returns how many messages it took. */
static uint32_t flood(struct ipc *c)
{
	static uint8_t body[IPC_MAX_BODY];
	uint32_t sent = 0;
	size_t queued;

	for (;;) {
		size_t len = numbered_body(body, sent);
		enum err err;

		queued = ipc_queued(c);
		err = ipc_send(c, (uint8_t)sent, body, len);
		if (err) {
			assert_int_equal(err, ERR_FULL);
			assert_true(queued + len + 5 > IPC_MAX_QUEUE);
			break;
		}
		sent++;
	}
	assert_int_equal(ipc_queued(c), queued); /* nothing of the refused one */
	return sent;
}

static void test_blocked_reader(void **state)
{
	uint32_t sent, got = 0;
	struct ipc_message m;
	struct ipc *c[2];

	(void)state;
	open_both(c);
	sent = flood(c[0]);
	assert_true(sent > IPC_MAX_QUEUE / IPC_MAX_BODY);
	assert_true(ipc_pending(c[0]));
	while (got < sent) {
		assert_int_equal(ipc_flush(c[0]), ERR_NONE);
		assert_int_equal(ipc_read(c[1]), ERR_NONE);
		while (ipc_next(c[1], &m))
			assert_numbered(&m, got++);
	}
	assert_false(ipc_pending(c[0]));
	assert_int_equal(ipc_queued(c[0]), 0);
	assert_int_equal(ipc_send(c[0], 9, "after", 5), ERR_NONE);
	assert_int_equal(ipc_read(c[1]), ERR_NONE);
	assert_message(c[1], 9, "after", 5);
	ipc_free(c[0]);
	ipc_free(c[1]);
}

/* Reading on without taking stops when the buffer is full, and nothing is lost by it. */
static void test_reading_ahead_of_taking(void **state)
{
	static uint8_t body[IPC_MAX_BODY];
	struct ipc_message m;
	struct ipc *c[2];
	uint32_t got = 0;

	(void)state;
	open_both(c);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(ipc_send(c[0], (uint8_t)i, body, numbered_body(body, i)),
				 ERR_NONE);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(ipc_flush(c[0]), ERR_NONE);
		assert_int_equal(ipc_read(c[1]), ERR_NONE);
	}
	while (got < 20) {
		while (ipc_next(c[1], &m))
			assert_numbered(&m, got++);
		assert_int_equal(ipc_flush(c[0]), ERR_NONE);
		assert_int_equal(ipc_read(c[1]), ERR_NONE);
	}
	ipc_free(c[0]);
	ipc_free(c[1]);
}

static void test_peer_ends_after_its_last_words(void **state)
{
	struct ipc *c[2];

	(void)state;
	open_both(c);
	assert_int_equal(ipc_send(c[0], 4, "bye", 3), ERR_NONE);
	ipc_free(c[0]);
	assert_int_equal(ipc_read(c[1]), ERR_NONE);
	assert_int_equal(ipc_read(c[1]), ERR_CLOSED);
	assert_message(c[1], 4, "bye", 3);
	assert_int_equal(ipc_read(c[1]), ERR_CLOSED);
	assert_int_equal(ipc_send(c[1], 4, "you too", 7), ERR_CLOSED);
	assert_false(ipc_pending(c[1]));
	ipc_free(c[1]);
}

/* It dies with a message of ours unread and half the queue unsent, in the middle of one of its own. */
static void test_peer_dies_in_the_middle(void **state)
{
	static const uint8_t body[IPC_MAX_BODY];
	struct ipc *c;
	enum err err;
	int raw;

	(void)state;
	c = open_half(&raw);
	while (!ipc_pending(c))
		assert_int_equal(ipc_send(c, 1, body, sizeof(body)), ERR_NONE);
	assert_int_equal(write(raw, wire, 4), 4);
	close(raw);
	assert_int_equal(ipc_flush(c), ERR_CLOSED);
	assert_false(ipc_pending(c));
	assert_int_equal(ipc_send(c, 1, body, 1), ERR_CLOSED);
	assert_int_equal(ipc_flush(c), ERR_CLOSED);
	err = ipc_read(c);
	assert_true(err == ERR_NONE || err == ERR_CLOSED);
	assert_int_equal(ipc_read(c), ERR_CLOSED);
	assert_no_message(c);
	ipc_free(c);
}

static const uint8_t bad[] = {1, 0, 1, 0, 1}; /* a body of IPC_MAX_BODY + 1 */

/* Found as soon as the header is there, also where earlier messages were taken and moved away. */
static void test_length_over_the_limit_later(void **state)
{
	struct ipc *c;
	int raw;

	(void)state;
	c = open_half(&raw);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(write(raw, wire, sizeof(wire)), sizeof(wire));
		assert_int_equal(ipc_read(c), ERR_NONE);
		for (size_t i = 0; i < 3; i++)
			assert_message(c, messages[i].type, messages[i].body, messages[i].len);
	}
	assert_int_equal(write(raw, bad, sizeof(bad)), sizeof(bad));
	assert_int_equal(ipc_read(c), ERR_MALFORMED);
	assert_no_message(c);
	ipc_free(c);
	close(raw);
}

static void test_length_over_the_limit(void **state)
{
	struct ipc *c;
	int raw;

	(void)state;
	c = open_half(&raw);
	assert_int_equal(write(raw, wire, sizeof(wire)), sizeof(wire));
	assert_int_equal(write(raw, bad, sizeof(bad) - 1), sizeof(bad) - 1);
	assert_int_equal(ipc_read(c), ERR_NONE);
	assert_int_equal(write(raw, bad + sizeof(bad) - 1, 1), 1);
	assert_int_equal(ipc_read(c), ERR_MALFORMED);
	for (size_t i = 0; i < 3; i++)
		assert_message(c, messages[i].type, messages[i].body, messages[i].len);
	assert_no_message(c);
	assert_int_equal(write(raw, wire, sizeof(wire)), sizeof(wire));
	assert_int_equal(ipc_read(c), ERR_MALFORMED);
	assert_no_message(c);
	ipc_free(c);
	close(raw);
}

/* What is queued waits for a flush, and not for one alone: enough of it goes by itself. */
static void test_queued_until_flushed(void **state)
{
	static const uint8_t body[1000];
	struct ipc *c[2];
	int taken = 0;

	(void)state;
	open_both(c);
	assert_int_equal(ipc_queue(c[0], 7, "abc", 3), ERR_NONE);
	assert_int_equal(ipc_queue(c[0], 8, "", 0), ERR_NONE);
	assert_int_equal(ipc_queued(c[0]), 5 + 3 + 5);
	assert_int_equal(ipc_read(c[1]), ERR_NONE);
	assert_no_message(c[1]);
	assert_int_equal(ipc_flush(c[0]), ERR_NONE);
	assert_false(ipc_pending(c[0]));
	assert_int_equal(ipc_read(c[1]), ERR_NONE);
	assert_message(c[1], 7, "abc", 3);
	assert_message(c[1], 8, "", 0);
	for (; ipc_pending(c[0]) || taken == 0; taken++)
		assert_int_equal(ipc_queue(c[0], 9, body, sizeof(body)), ERR_NONE);
	assert_in_range(taken, 2, 100);
	assert_int_equal(ipc_read(c[1]), ERR_NONE);
	for (; taken > 0; taken--)
		assert_message(c[1], 9, body, sizeof(body));
	for (int i = 0; i < 2; i++)
		ipc_free(c[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_on_the_wire),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_nothing_to_read),
		cmocka_unit_test(test_queued_until_flushed),
		cmocka_unit_test(test_largest_body),
		cmocka_unit_test(test_blocked_reader),
		cmocka_unit_test(test_reading_ahead_of_taking),
		cmocka_unit_test(test_peer_ends_after_its_last_words),
		cmocka_unit_test(test_peer_dies_in_the_middle),
		cmocka_unit_test(test_length_over_the_limit),
		cmocka_unit_test(test_length_over_the_limit_later),
	};

	return cmocka_run_group_tests_name("ipc", tests, NULL, NULL);
}
