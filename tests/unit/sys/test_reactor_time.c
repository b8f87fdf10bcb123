/* reactor: timers, and how long a turn waits; one table over every back end. */
#include "reactor_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>

/* ---- timers ------------------------------------------------------------------------------- */

struct alarm {
	struct reactor_timer timer; /* first: the handler gets it */
	struct reactor *r;
	int calls, order;
	uint64_t rearm; /* in the handler; TIMERQ_NEVER: do not */
	struct alarm *clear;
};

static int alarm_order;

static void on_alarm(void *ctx)
{
	struct alarm *a = ctx;

	a->calls++;
	a->order = ++alarm_order;
	if (a->clear)
		reactor_timer_clear(a->r, &a->clear->timer);
	assert_int_equal(reactor_timer_set(a->r, &a->timer, a->rearm), ERR_NONE);
}

static void alarm_set(struct alarm *a, struct reactor *r, uint64_t deadline)
{
	*a = (struct alarm){.timer = {.fn = on_alarm, .ctx = a}, .r = r, .rearm = TIMERQ_NEVER};
	assert_int_equal(reactor_timer_set(r, &a->timer, deadline), ERR_NONE);
}

static void test_timers_fire_in_order_once(void **state)
{
	struct reactor *r = open_reactor();
	struct alarm a[4];
	uint64_t now = clock_mono_us();

	(void)state;
	alarm_order = 0;
	alarm_set(&a[0], r, now - 1);
	alarm_set(&a[1], r, now - 3);
	alarm_set(&a[2], r, now - 2);
	alarm_set(&a[3], r, now + GENEROUS_US);
	turn(r);
	turn(r);
	assert_int_equal(alarm_order, 3);
	assert_int_equal(a[1].order, 1);
	assert_int_equal(a[2].order, 2);
	assert_int_equal(a[0].order, 3);
	assert_int_equal(a[3].calls, 0);
	assert_int_equal(reactor_timer_set(r, &a[3].timer, now), ERR_NONE); /* moved */
	turn(r);
	assert_int_equal(a[3].calls, 1);
	reactor_free(r);
}

static void test_timer_cleared_by_another(void **state)
{
	struct reactor *r = open_reactor();
	struct alarm a[2];

	(void)state;
	alarm_set(&a[0], r, 1);
	alarm_set(&a[1], r, 2);
	a[0].clear = &a[1];
	turn(r);
	turn(r);
	assert_int_equal(a[0].calls, 1);
	assert_int_equal(a[1].calls, 0);
	reactor_free(r);
}

/* A timer that is always due fires once a turn, and descriptors have their turn as well. */
static void test_timer_rearmed_for_the_past(void **state)
{
	struct reactor *r = open_reactor();
	struct alarm a;
	struct end e;

	(void)state;
	end_open(&e, r);
	watch(&e, REACTOR_READ);
	alarm_set(&a, r, 1);
	a.rearm = 0;
	for (int i = 1; i <= 5; i++) {
		assert_int_equal(reactor_turn(r, TIMERQ_NEVER), ERR_NONE);
		assert_int_equal(a.calls, i);
	}
	poke(&e);
	assert_int_equal(reactor_turn(r, TIMERQ_NEVER), ERR_NONE);
	assert_int_equal(e.calls, 1);
	end_close(&e);
	reactor_free(r);
}

static unsigned turns_to_fire(struct reactor *r, uint64_t delay_us)
{
	struct alarm a;
	unsigned turns = 0;

	for (alarm_set(&a, r, clock_mono_us() + delay_us); !a.calls; turns++)
		assert_int_equal(reactor_turn(r, TIMERQ_NEVER), ERR_NONE);
	return turns;
}

/* The wait is rounded up: one turn brings the timer, none is spent spinning just before it. */
static void test_one_turn_for_a_timer(void **state)
{
	static const uint64_t delays[] = {1, 999, 1001, 2500, 5999};
	struct reactor *r = open_reactor();

	(void)state;
	for (size_t i = 0; i < sizeof(delays) / sizeof(*delays); i++)
		assert_int_equal(turns_to_fire(r, delays[i]), 1);
	reactor_free(r);
}

/* Hung up and with data in it, but nothing is wanted: the loop still sleeps. */
static void test_unwanted_hang_up_does_not_spin(void **state)
{
	struct reactor *r = open_reactor();
	struct end e;

	(void)state;
	end_open(&e, r);
	watch(&e, REACTOR_READ);
	want(&e, 0);
	poke(&e);
	close(e.peer);
	e.peer = -1;
	assert_int_equal(turns_to_fire(r, 3000), 1);
	assert_int_equal(e.calls, 0);
	want(&e, REACTOR_READ);
	turn(r);
	assert_int_equal(e.calls, 1);
	end_close(&e);
	reactor_free(r);
}

static void test_until_ends_the_wait(void **state)
{
	struct reactor *r = open_reactor();
	uint64_t until = clock_mono_us() + 2500;

	(void)state;
	assert_int_equal(reactor_turn(r, until), ERR_NONE);
	assert_true(clock_mono_us() >= until);
	reactor_free(r);
}

/* ---- what keeps waking, and what must not --------------------------------------------------- */

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

static void test_signal_ends_the_turn(void **state)
{
	/* Repeating, so that one comes during the wait even if the first came before it. */
	const struct itimerval every_ms = {{0, 1000}, {0, 1000}};
	const struct itimerval off = {0};
	struct sigaction act = {.sa_handler = count_signal}, old;
	struct reactor *r = open_reactor();
	uint64_t until = clock_mono_us() + GENEROUS_US;
	struct end e;

	(void)state;
	end_open(&e, r);
	watch(&e, REACTOR_READ);
	signals = 0;
	assert_int_equal(sigaction(SIGALRM, &act, &old), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &every_ms, NULL), 0);
	assert_int_equal(reactor_turn(r, until), ERR_NONE);
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
	assert_true(signals > 0);
	assert_true(clock_mono_us() < until);
	assert_int_equal(e.calls, 0);
	end_close(&e);
	reactor_free(r);
}

static void test_file_is_always_ready(void **state)
{
	struct reactor *r = open_reactor();
	struct end e = {.r = r, .peer = -1, .fd = open(CHAT_SOURCE_DIR "/LICENSE", O_RDONLY)};

	(void)state;
	assert_true(e.fd >= 0);
	watch(&e, REACTOR_READ);
	for (int i = 1; i <= 3; i++) {
		turn(r);
		assert_int_equal(e.calls, i);
		assert_int_equal(e.ready, REACTOR_READ);
	}
	want(&e, 0);
	turn(r);
	assert_int_equal(e.calls, 3);
	assert_int_equal(turns_to_fire(r, 3000), 1);
	want(&e, REACTOR_READ);
	turn(r);
	assert_int_equal(e.calls, 4);
	end_close(&e);
	turn(r);
	assert_int_equal(e.calls, 4);
	reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers_fire_in_order_once),
		cmocka_unit_test(test_timer_cleared_by_another),
		cmocka_unit_test(test_timer_rearmed_for_the_past),
		cmocka_unit_test(test_one_turn_for_a_timer),
		cmocka_unit_test(test_unwanted_hang_up_does_not_spin),
		cmocka_unit_test(test_until_ends_the_wait),
		cmocka_unit_test(test_signal_ends_the_turn),
		cmocka_unit_test(test_file_is_always_ready),
	};

	return run_over_every_back_end(tests, sizeof(tests) / sizeof(*tests));
}
