/* inbox: what one thread puts in, another gets, once and in order. */
#include "store/inbox.h"

#include "store/worker.h"

#include "check.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>

enum { MANY = 100000, PATIENCE_MS = 60 * 1000 };

struct letter {
	struct inbox_entry link; /* first member */
	int number;
};

static struct inbox to, from;
static struct letter letters[MANY];
static bool all_blocked;

/* Gives back what it gets. */
static void *echo(void *ctx)
{
	struct inbox_entry *e;
	sigset_t blocked;

	(void)ctx;
	(void)pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	all_blocked = sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGINT);
	while ((e = inbox_take(&to, INBOX_FOREVER)))
		inbox_put(&from, e);
	return NULL;
}

static bool readable(int wait_ms)
{
	struct pollfd p = {.fd = from.fd, .events = POLLIN};

	return poll(&p, 1, wait_ms) == 1;
}

static void all_come_back_in_order(void **state)
{
	pthread_t thread;
	int next = 0;

	(void)state;
	assert_true(inbox_init(&from, true));
	assert_int_equal(worker_start(&thread, &to, echo, NULL), ERR_NONE);
	for (int i = 0; i < MANY; i++) {
		letters[i].number = i;
		inbox_put(&to, &letters[i].link);
	}
	while (next < MANY) {
		assert_true(readable(PATIENCE_MS));
		for (struct inbox_entry *e = inbox_poll(&from); e; e = e->next)
			assert_int_equal(((struct letter *)e)->number, next++);
	}
	worker_stop(thread, &to);
	assert_null(inbox_poll(&from));
	assert_true(all_blocked);
	inbox_wipe(&from);
}

static void what_was_put_before_the_end_is_still_taken(void **state)
{
	pthread_t thread;
	int count = 0;

	(void)state;
	assert_true(inbox_init(&from, true));
	assert_int_equal(worker_start(&thread, &to, echo, NULL), ERR_NONE);
	for (int i = 0; i < 100; i++)
		inbox_put(&to, &letters[i].link);
	worker_stop(thread, &to);
	for (struct inbox_entry *e = inbox_poll(&from); e; e = e->next)
		count++;
	assert_int_equal(count, 100);
	inbox_wipe(&from);
}

static void the_descriptor_says_whether_there_is_something(void **state)
{
	(void)state;
	assert_true(inbox_init(&from, true));
	assert_false(readable(0));
	inbox_put(&from, &letters[0].link);
	inbox_put(&from, &letters[1].link);
	assert_true(readable(0));
	assert_ptr_equal(inbox_poll(&from), &letters[0].link);
	assert_false(readable(0));
	inbox_put(&from, &letters[2].link);
	assert_true(readable(0));
	assert_ptr_equal(inbox_poll(&from), &letters[2].link);
	inbox_wipe(&from);
}

static void who_waits_for_nothing_is_let_go_in_time(void **state)
{
	(void)state;
	assert_true(inbox_init(&from, false));
	assert_null(inbox_take(&from, 0));
	assert_null(inbox_take(&from, 1000));
	assert_false(inbox_closed(&from));
	inbox_put(&from, &letters[0].link);
	inbox_close(&from);
	assert_true(inbox_closed(&from));
	assert_ptr_equal(inbox_take(&from, INBOX_FOREVER), &letters[0].link);
	assert_null(inbox_take(&from, INBOX_FOREVER));
	inbox_wipe(&from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_come_back_in_order),
		cmocka_unit_test(what_was_put_before_the_end_is_still_taken),
		cmocka_unit_test(the_descriptor_says_whether_there_is_something),
		cmocka_unit_test(who_waits_for_nothing_is_let_go_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
