/* What chat-bench's scenarios share: members come, talk in windows, and are checked; see scenarios.h. */
#include "scenarios.h"

#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { COME_SECONDS = 120, COME_EACH_SECOND = 100, SETTLE_SECONDS = 30 };

void crowd_fail(const char *why)
{
	fprintf(stderr, "chat-bench: %s\n", why);
	(void)room_teardown(NULL);
	exit(1);
}

void crowd_begin(struct crowd *c, const struct setup *w, size_t members)
{
	c->setup = w;
	load_files(members); /* the server's, too */
	subject_begin(&c->subject, w);
	load_init(&c->load, w->adapter, &c->subject.target, members, w->talkers);
	c->load.bytes = w->bytes;
}

void crowd_end(struct crowd *c)
{
	load_wipe(&c->load);
	subject_end(&c->subject);
}

void crowd_turn(struct load *l, uint64_t until)
{
	load_turn(l, until);
	if (l->failed)
		crowd_fail("a member failed");
}

void crowd_come(struct load *l, size_t first, size_t n, size_t at_once)
{
	uint64_t seconds = COME_SECONDS + n / COME_EACH_SECOND;
	uint64_t deadline = clock_mono_us() + seconds * SCENARIOS_SECOND;
	size_t before = l->present, begun = 0;

	while (l->present - before < n) {
		for (; begun < n && begun - (l->present - before) < at_once; begun++)
			if (!load_come(l, first + begun))
				crowd_fail("a member cannot begin");
		crowd_turn(l, deadline);
		if (clock_mono_us() >= deadline)
			crowd_fail("not all members came in, in time");
	}
	for (size_t i = first; i < first + n; i++)
		talk_check_begin(l->check, i, true);
}

void crowd_talk(struct load *l, size_t window, uint64_t until)
{
	do {
		for (size_t i = 0; i < l->talkers; i++)
			while (load_outstanding(l, i) < window && load_talk(l, i, clock_mono_us()))
				;
		crowd_turn(l, until);
	} while (clock_mono_us() < until);
}

uint64_t crowd_pace(struct load *l, struct pace *p)
{
	uint64_t now = clock_mono_us();

	for (;;) {
		uint64_t due = p->begun + p->said * SCENARIOS_SECOND / p->rate;
		if (due > now || !load_talk(l, p->said % l->talkers, due))
			return due > now ? due : now + 1000;
		p->said++;
	}
}

void crowd_pace_for(struct load *l, unsigned long rate, uint64_t us)
{
	struct pace pace = {.begun = clock_mono_us(), .rate = rate};
	uint64_t until = pace.begun + us, next;

	while ((next = crowd_pace(l, &pace)) < until)
		crowd_turn(l, next);
	crowd_settle(l, l->members);
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
		crowd_turn(l, deadline);
}

void crowd_check(struct load *l, size_t listeners)
{
	for (size_t i = 0; i < listeners; i++)
		for (size_t k = 0; k < l->talkers; k++)
			if (i != k || l->adapter->echoes)
				talk_check_last(l->check, i, k, l->talker[k].said);
}

struct cost crowd_meter(const struct crowd *c)
{
	return (struct cost){.heard = c->load.heard,
			     .told = c->load.told,
			     .server_ns = subject_cpu_ns(&c->subject),
			     .load_ns = subject_own_cpu_ns(),
			     .wall_us = clock_mono_us()};
}

struct cost crowd_since(const struct crowd *c, struct cost before)
{
	struct cost now = crowd_meter(c);

	return (struct cost){.heard = now.heard - before.heard,
			     .told = now.told - before.told,
			     .server_ns = now.server_ns - before.server_ns,
			     .load_ns = now.load_ns - before.load_ns,
			     .wall_us = now.wall_us - before.wall_us};
}

void crowd_print_latency(const struct histogram *h)
{
	printf(" samples=%llu p50_ms=%.3f p99_ms=%.3f max_ms=%.3f", (unsigned long long)h->count,
	       (double)histogram_at(h, 50) / 1e3, (double)histogram_at(h, 99) / 1e3,
	       (double)h->max / 1e3);
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
