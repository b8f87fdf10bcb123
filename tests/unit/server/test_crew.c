/* The crew: every share is done once, and nobody is at work when the caller goes on. */
#include "crew.h"

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

static unsigned done[CREW_MAX]; /* without a lock: a share is one thread's, and then the caller's */
static atomic_uint meeting;

static void count(void *arg, unsigned share)
{
	assert_ptr_equal(arg, done);
	done[share]++;
}

static void every_share_is_done_once_each_time(void **state)
{
	(void)state;
	for (unsigned threads = 1; threads <= CREW_MAX; threads++) {
		struct crew *c = crew_new(threads);
		assert_non_null(c);
		memset(done, 0, sizeof(done));
		for (unsigned round = 1; round <= 200; round++) {
			crew_run(c, count, done);
			for (unsigned i = 0; i < CREW_MAX; i++)
				assert_int_equal(done[i], i < threads ? round : 0);
		}
		crew_free(c);
	}
}

/* Nobody gets further before all are there. */
static void meet(void *arg, unsigned share)
{
	(void)share;
	atomic_fetch_add(&meeting, 1);
	while (atomic_load(&meeting) < *(unsigned *)arg)
		;
}

static void shares_are_done_at_the_same_time(void **state)
{
	unsigned threads = 3;
	struct crew *c = crew_new(threads);

	(void)state;
	assert_non_null(c);
	for (int i = 0; i < 20; i++) {
		atomic_store(&meeting, 0);
		crew_run(c, meet, &threads);
		assert_int_equal(atomic_load(&meeting), threads);
	}
	crew_free(c);
}

static pthread_t caller;

static void is_the_caller(void *arg, unsigned share)
{
	assert_int_equal(share, 0);
	*(bool *)arg = pthread_equal(caller, pthread_self());
}

static void one_thread_is_the_caller_s(void **state)
{
	struct crew *c = crew_new(1);
	bool so = false;

	(void)state;
	caller = pthread_self();
	crew_run(c, is_the_caller, &so);
	assert_true(so);
	crew_free(c);
	crew_free(NULL);
}

static void a_crew_that_never_worked_is_sent_home(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		struct crew *c = crew_new(4);
		assert_non_null(c);
		crew_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_share_is_done_once_each_time),
		cmocka_unit_test(shares_are_done_at_the_same_time),
		cmocka_unit_test(one_thread_is_the_caller_s),
		cmocka_unit_test(a_crew_that_never_worked_is_sent_home),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
