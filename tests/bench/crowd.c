/* What chat-bench's scenarios share: members come, talk in windows, and are checked; see scenarios.h. */
#include "scenarios.h"

#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { COME_SECONDS = 120, SETTLE_SECONDS = 30 };

void crowd_fail(const char *why)
{
	fprintf(stderr, "chat-bench: %s\n", why);
	(void)room_teardown(NULL);
	exit(1);
}

static void turn(struct load *l, uint64_t until)
{
	load_turn(l, until);
	if (l->failed)
		crowd_fail("a member failed");
}

void crowd_come(struct load *l, size_t first, size_t n, size_t at_once)
{
	uint64_t deadline = clock_mono_us() + COME_SECONDS * (uint64_t)SCENARIOS_SECOND;
	size_t before = l->present, begun = 0;

	while (l->present - before < n) {
		for (; begun < n && begun - (l->present - before) < at_once; begun++)
			if (!load_come(l, first + begun))
				crowd_fail("a member cannot begin");
		turn(l, deadline);
		if (clock_mono_us() >= deadline)
			crowd_fail("not all members came in, in two minutes");
	}
	for (size_t i = first; i < first + n; i++)
		talk_check_begin(l->check, i, true);
}

void crowd_talk(struct load *l, size_t window, uint64_t until)
{
	do {
		for (size_t i = 0; i < l->talkers; i++)
			while (load_outstanding(l, i) < window && load_talk(l, i))
				;
		turn(l, until);
	} while (clock_mono_us() < until);
}

static uint64_t said_by_all(const struct load *l)
{
	uint64_t said = 0;

	for (size_t i = 0; i < l->talkers; i++)
		said += l->talker[i].said;
	return said;
}

void crowd_settle(struct load *l, size_t listeners)
{
	uint64_t deadline = clock_mono_us() + SETTLE_SECONDS * (uint64_t)SCENARIOS_SECOND;
	uint64_t want = said_by_all(l) * (listeners - !l->adapter->echoes);

	while (l->heard < want && clock_mono_us() < deadline)
		turn(l, deadline);
}

void crowd_check(struct load *l, size_t listeners)
{
	for (size_t i = 0; i < listeners; i++)
		for (size_t k = 0; k < l->talkers; k++)
			if (i != k || l->adapter->echoes)
				talk_check_last(l->check, i, k, l->talker[k].said);
}

void crowd_verdict(const struct load *l)
{
	const struct talk_count *c = talk_check_count(l->check);

	printf(" lost=%llu doubled=%llu disordered=%llu strange=%llu\n",
	       (unsigned long long)c->lost, (unsigned long long)c->doubled,
	       (unsigned long long)c->disordered, (unsigned long long)c->strange);
	fflush(stdout);
	if (c->lost || c->doubled || c->disordered || c->strange)
		crowd_fail("talks were lost, came twice or in another order");
}

void crowd_print_setup(const struct setup *w)
{
	static const char *const vias[] = {"udp", "tcp", "unix"};

	printf("scenario=%s protocol=%s via=%s members=%lu", w->scenario->name, w->adapter->name,
	       vias[w->via], w->members);
	if (!w->pid)
		printf(" threads=%lu store=%s", w->threads, w->durable ? "disk" : "memory");
}
