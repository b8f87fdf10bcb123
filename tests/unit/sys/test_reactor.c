/* reactor: readiness, and handlers that change what is watched; one table over every back end. */
#include "reactor_rig.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/select.h>

/* ---- readiness ---------------------------------------------------------------------------- */

static void test_readable(void **state)
{
	struct reactor *r = open_reactor();
	struct end e;

	(void)state;
	end_open(&e, r);
	watch(&e, REACTOR_READ);
	turn(r);
	assert_int_equal(e.calls, 0);
	poke(&e);
	turn(r);
	assert_int_equal(e.calls, 1);
	assert_int_equal(e.ready, REACTOR_READ);
	turn(r);
	assert_int_equal(e.calls, edge_triggered(r) ? 1 : 2);
	end_close(&e);
	reactor_free(r);
}

static void test_writable(void **state)
{
	struct reactor *r = open_reactor();
	struct end e;

	(void)state;
	end_open(&e, r);
	watch(&e, REACTOR_WRITE);
	turn(r);
	assert_int_equal(e.calls, 1);
	assert_int_equal(e.ready, REACTOR_WRITE);
	fill(&e);
	turn(r);
	assert_int_equal(e.calls, 1);
	drain(e.peer);
	turn(r);
	assert_int_equal(e.calls, 2);
	end_close(&e);
	reactor_free(r);
}

static void test_both_in_one_call(void **state)
{
	struct reactor *r = open_reactor();
	struct end e;

	(void)state;
	end_open(&e, r);
	poke(&e);
	watch(&e, REACTOR_READ | REACTOR_WRITE);
	turn(r);
	assert_int_equal(e.calls, 1);
	assert_int_equal(e.ready, REACTOR_READ | REACTOR_WRITE);
	end_close(&e);
	reactor_free(r);
}

/* An interest that is added when it holds already is reported, every time it is added. */
static void test_adding_an_interest_arms_it(void **state)
{
	struct reactor *r = open_reactor();
	struct end e;

	(void)state;
	end_open(&e, r);
	watch(&e, REACTOR_READ);
	for (int i = 1; i <= 3; i++) {
		want(&e, REACTOR_READ | REACTOR_WRITE);
		turn(r);
		assert_int_equal(e.calls, i);
		assert_int_equal(e.ready, REACTOR_WRITE);
		want(&e, REACTOR_READ);
		turn(r);
		assert_int_equal(e.calls, i);
	}
	end_close(&e);
	reactor_free(r);
}

static void test_want_nothing_for_a_while(void **state)
{
	struct reactor *r = open_reactor();
	struct end e;

	(void)state;
	end_open(&e, r);
	watch(&e, 0);
	poke(&e);
	turn(r);
	assert_int_equal(e.calls, 0);
	want(&e, REACTOR_READ);
	turn(r);
	assert_int_equal(e.calls, 1);
	want(&e, 0);
	poke(&e);
	turn(r);
	assert_int_equal(e.calls, 1);
	want(&e, REACTOR_READ);
	turn(r);
	assert_int_equal(e.calls, 2);
	end_close(&e);
	reactor_free(r);
}

static void test_hang_up_is_all_that_is_wanted(void **state)
{
	static const unsigned wants[] = {REACTOR_READ, REACTOR_WRITE, REACTOR_READ | REACTOR_WRITE};
	struct reactor *r = open_reactor();

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct end e;

		end_open(&e, r);
		fill(&e);
		watch(&e, wants[i]);
		turn(r);
		assert_int_equal(e.calls, 0);
		close(e.peer);
		e.peer = -1;
		turn(r);
		assert_int_equal(e.calls, 1);
		assert_int_equal(e.ready, wants[i]);
		end_close(&e);
	}
	reactor_free(r);
}

/* The write end of a pipe that nobody reads any more: an error, not a hang-up. */
static void test_error_is_all_that_is_wanted(void **state)
{
	struct reactor *r = open_reactor();
	struct end e = {.r = r};
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	e.fd = fds[1];
	e.peer = -1;
	fill(&e);
	watch(&e, REACTOR_READ | REACTOR_WRITE);
	turn(r);
	assert_int_equal(e.calls, 0);
	close(fds[0]);
	turn(r);
	assert_int_equal(e.calls, 1);
	assert_int_equal(e.ready, REACTOR_READ | REACTOR_WRITE);
	end_close(&e);
	reactor_free(r);
}

/* ---- handlers that change the set --------------------------------------------------------- */

static void close_self(struct end *e)
{
	reactor_del(e->r, e->fd);
	close(e->fd);
	e->fd = -1;
}

static void test_delete_self(void **state)
{
	struct reactor *r = open_reactor();
	struct end e;

	(void)state;
	end_open(&e, r);
	e.act = close_self;
	poke(&e);
	watch(&e, REACTOR_READ | REACTOR_WRITE);
	turn(r);
	turn(r);
	assert_int_equal(e.calls, 1);
	end_close(&e);
	reactor_free(r);
}

static void open_rivals(struct end e[2], struct reactor *r, void (*act)(struct end *))
{
	for (int i = 0; i < 2; i++) {
		end_open(&e[i], r);
		e[i].act = act;
		e[i].other = &e[1 - i];
		poke(&e[i]);
		watch(&e[i], REACTOR_READ);
	}
}

static void close_other(struct end *e)
{
	close_self(e->other);
}

static void test_delete_other(void **state)
{
	struct reactor *r = open_reactor();
	struct end e[2];

	(void)state;
	open_rivals(e, r, close_other);
	turn(r);
	assert_int_equal(e[0].calls + e[1].calls, 1);
	end_close(&e[0]);
	end_close(&e[1]);
	reactor_free(r);
}

static void quieten_other(struct end *e)
{
	want(e->other, REACTOR_WRITE);
	fill(e->other);
}

static void test_unwanted_readiness_is_dropped(void **state)
{
	struct reactor *r = open_reactor();
	struct end e[2];

	(void)state;
	open_rivals(e, r, quieten_other);
	turn(r);
	assert_int_equal(e[0].calls + e[1].calls, 1);
	end_close(&e[0]);
	end_close(&e[1]);
	reactor_free(r);
}

/* Closes the other, whose number goes to a quiet descriptor, watched by a handler that must not run. */
static struct end *reborn;

static void replace_other(struct end *e)
{
	int number = e->other->fd;

	e->act = NULL;
	close_self(e->other);
	assert_int_equal(dup2(reborn->fd, number), number);
	close(reborn->fd);
	reborn->fd = number;
	watch(reborn, REACTOR_READ);
}

static void test_reused_number_starts_afresh(void **state)
{
	struct reactor *r = open_reactor();
	struct end e[2], quiet;

	(void)state;
	end_open(&quiet, r);
	reborn = &quiet;
	open_rivals(e, r, replace_other);
	turn(r);
	assert_int_equal(e[0].calls + e[1].calls, 1);
	turn(r);
	assert_int_equal(quiet.calls, 0);
	poke(&quiet);
	turn(r);
	assert_int_equal(quiet.calls, 1);
	end_close(&e[0]);
	end_close(&e[1]);
	end_close(&quiet);
	reactor_free(r);
}

/* Watches the other at a number far past any that is in use, so that the tables have to grow. */
static void add_other_high(struct end *e)
{
	int high = fcntl(e->other->fd, F_DUPFD_CLOEXEC, 900);

	assert_true(high >= 900);
	close(e->other->fd);
	e->other->fd = high;
	watch(e->other, REACTOR_READ);
	close_self(e);
}

static void test_add_in_handler(void **state)
{
	struct reactor *r = open_reactor();
	struct end first, second;

	(void)state;
	end_open(&first, r);
	end_open(&second, r);
	first.act = add_other_high;
	first.other = &second;
	poke(&first);
	poke(&second);
	watch(&first, REACTOR_READ);
	turn(r);
	assert_int_equal(second.calls, 0);
	turn(r);
	assert_int_equal(first.calls, 1);
	assert_int_equal(second.calls, 1);
	end_close(&first);
	end_close(&second);
	reactor_free(r);
}

/* ---- reactor_again() ---------------------------------------------------------------------- */

static void read_one_byte(struct end *e)
{
	char byte;

	if (read(e->fd, &byte, 1) == 1)
		reactor_again(e->r, e->fd, REACTOR_READ);
}

static void test_again_until_eagain(void **state)
{
	struct reactor *r = open_reactor();
	struct end e;

	(void)state;
	end_open(&e, r);
	e.act = read_one_byte;
	for (int i = 0; i < 3; i++)
		poke(&e);
	watch(&e, REACTOR_READ);
	for (int i = 1; i <= 4; i++) {
		uint64_t until = clock_mono_us() + GENEROUS_US;

		assert_int_equal(reactor_turn(r, until), ERR_NONE);
		assert_true(clock_mono_us() < until);
		assert_int_equal(e.calls, i);
	}
	turn(r);
	assert_int_equal(e.calls, 4);
	end_close(&e);
	reactor_free(r);
}

static void test_again_is_masked_and_forgotten(void **state)
{
	struct reactor *r = open_reactor();
	struct end e;

	(void)state;
	end_open(&e, r);
	reactor_again(r, e.fd, REACTOR_READ); /* not watched */
	watch(&e, REACTOR_READ);
	reactor_again(r, e.fd, REACTOR_WRITE); /* not wanted */
	turn(r);
	assert_int_equal(e.calls, 0);
	reactor_again(r, e.fd, REACTOR_READ | REACTOR_WRITE);
	reactor_again(r, e.fd, REACTOR_READ);
	turn(r);
	assert_int_equal(e.calls, 1);
	assert_int_equal(e.ready, REACTOR_READ);
	reactor_again(r, e.fd, REACTOR_READ);
	reactor_del(r, e.fd);
	watch(&e, REACTOR_READ);
	turn(r);
	assert_int_equal(e.calls, 1);
	end_close(&e);
	reactor_free(r);
}

/* ---- the rest ----------------------------------------------------------------------------- */

static void test_wrong_descriptors(void **state)
{
	struct reactor *r = open_reactor();
	struct end e;

	(void)state;
	end_open(&e, r);
	assert_int_equal(reactor_want(r, e.fd, REACTOR_READ), ERR_NOT_FOUND);
	assert_int_equal(reactor_want(r, 100000, REACTOR_READ), ERR_NOT_FOUND);
	reactor_del(r, e.fd);
	reactor_del(r, -1);
	watch(&e, REACTOR_READ);
	assert_int_equal(reactor_add(r, e.fd, REACTOR_WRITE, on_ready, &e), ERR_EXISTS);
	end_close(&e);
	reactor_free(r);
}

/* ---- many --------------------------------------------------------------------------------- */

static void read_all(struct end *e)
{
	drain(e->fd);
}

static size_t count_called(const struct end *e, size_t n, int calls)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += e[i].calls == calls;
	return count;
}

/* Watches as many of e as fit and says how many; the last ones were poked before they were added. */
static size_t watch_many(struct end *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum err err;

		e[i].act = read_all;
		poke(&e[i]);
		err = reactor_add(e[i].r, e[i].fd, REACTOR_READ, on_ready, &e[i]);
		if (err == ERR_FULL && now_testing->io == REACTOR_SELECT) {
			assert_true(e[i].fd >= FD_SETSIZE);
			return i;
		}
		assert_int_equal(err, ERR_NONE);
	}
	return n;
}

static void serve(struct reactor *r)
{
	for (int i = 0; i < MANY / 100; i++) /* more turns than epoll needs batches */
		turn(r);
}

static void test_many_descriptors(void **state)
{
	struct reactor *r = open_reactor();
	struct end *e = calloc(MANY, sizeof(*e));
	size_t n;

	(void)state;
	assert_non_null(e);
	for (size_t i = 0; i < MANY; i++)
		end_open(&e[i], r);
	n = watch_many(e, MANY);
	assert_true(now_testing->io == REACTOR_SELECT ? n >= 400 && n < MANY : n == MANY);
	assert_int_equal(reactor_io(r),
			 now_testing->io == REACTOR_AUTO ? REACTOR_EPOLL : now_testing->io);
	serve(r);
	assert_int_equal(count_called(e, n, 1), n);
	for (size_t i = 0; i < n; i++)
		poke(&e[i]);
	serve(r);
	assert_int_equal(count_called(e, n, 2), n);
	for (size_t i = 0; i < MANY; i++)
		end_close(&e[i]);
	free(e);
	reactor_free(r);
}

/* Whatever state a watch is in survives that a high descriptor is added beside it. */
static void test_high_descriptor_disturbs_nobody(void **state)
{
	struct reactor *r = open_reactor();
	struct end reader, writer, paused, promised, high;
	struct end file = {.r = r, .peer = -1, .fd = open("/dev/null", O_RDONLY)};
	struct end *all[] = {&reader, &writer, &paused, &promised, &high};

	(void)state;
	for (size_t i = 0; i < 5; i++)
		end_open(all[i], r);
	watch(&reader, REACTOR_READ);
	watch(&writer, REACTOR_WRITE);
	watch(&paused, 0);
	watch(&promised, REACTOR_READ);
	watch(&file, REACTOR_READ);
	poke(&reader);
	poke(&paused);
	reactor_again(r, promised.fd, REACTOR_READ);

	int fd = fcntl(high.fd, F_DUPFD_CLOEXEC, FD_SETSIZE - 1);

	close(high.fd);
	high.fd = fd;
	watch(&high, REACTOR_WRITE);
	if (now_testing->io == REACTOR_AUTO)
		assert_int_equal(reactor_io(r), REACTOR_EPOLL);
	turn(r);
	assert_int_equal(reader.calls, 1);
	assert_int_equal(writer.calls, 1);
	assert_int_equal(paused.calls, 0);
	assert_int_equal(promised.calls, 1);
	assert_int_equal(file.calls, 1);
	assert_int_equal(high.calls, 1);
	want(&paused, REACTOR_READ);
	turn(r);
	assert_int_equal(paused.calls, 1);
	assert_int_equal(promised.calls, 1);
	for (size_t i = 0; i < 5; i++)
		end_close(all[i]);
	end_close(&file);
	reactor_free(r);
}

/* ---- names -------------------------------------------------------------------------------- */

static void test_names(void **state)
{
	static const enum reactor_io all[] = {REACTOR_AUTO, REACTOR_SELECT, REACTOR_POLL,
					      REACTOR_EPOLL};
	static const char *const names[] = {"auto", "select", "poll", "epoll"};
	enum reactor_io io;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(reactor_io_name(all[i]), names[i]);
		assert_int_equal(reactor_io_parse(names[i], &io), ERR_NONE);
		assert_int_equal(io, all[i]);
	}
	assert_int_equal(reactor_io_parse("", &io), ERR_NOT_FOUND);
	assert_int_equal(reactor_io_parse("Poll", &io), ERR_NOT_FOUND);
	assert_int_equal(reactor_io_parse("epoll ", &io), ERR_NOT_FOUND);
	reactor_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readable),
		cmocka_unit_test(test_writable),
		cmocka_unit_test(test_both_in_one_call),
		cmocka_unit_test(test_adding_an_interest_arms_it),
		cmocka_unit_test(test_want_nothing_for_a_while),
		cmocka_unit_test(test_hang_up_is_all_that_is_wanted),
		cmocka_unit_test(test_error_is_all_that_is_wanted),
		cmocka_unit_test(test_delete_self),
		cmocka_unit_test(test_delete_other),
		cmocka_unit_test(test_unwanted_readiness_is_dropped),
		cmocka_unit_test(test_reused_number_starts_afresh),
		cmocka_unit_test(test_add_in_handler),
		cmocka_unit_test(test_again_until_eagain),
		cmocka_unit_test(test_again_is_masked_and_forgotten),
		cmocka_unit_test(test_wrong_descriptors),
		cmocka_unit_test(test_many_descriptors),
		cmocka_unit_test(test_high_descriptor_disturbs_nobody),
	};
	const struct CMUnitTest once[] = {cmocka_unit_test(test_names)};
	int failed = cmocka_run_group_tests_name("reactor: names", once, NULL, NULL);

	return failed + run_over_every_back_end(tests, sizeof(tests) / sizeof(*tests));
}
