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

uint32_t crowd_files(const struct setup *w, size_t members)
{
	size_t files = load_files(members);

	if (files >= members)
		return 1;
	if (w->adapter->shares && w->via == TARGET_UDP)
		return (uint32_t)((members + files - 1) / files);
	fprintf(stderr,
		"chat-bench: %zu members need as many descriptors and a few, and this user may "
		"have %zu: ask for fewer members, or begin with \"ulimit -n %zu\" as root\n",
		members, files, members + 100);
	exit(1);
}

void crowd_begin(struct crowd *c, const struct setup *w, size_t members)
{
	uint32_t share = crowd_files(w, members); /* of the server, too */

	c->setup = w;
	subject_begin(&c->subject, w);
	c->subject.target.share = share;
	load_init(&c->load, w->adapter, &c->subject.target, members, w->talkers);
	c->load.bytes = w->bytes;
	if (w->at_once > 0)
		c->load.at_once = w->at_once;
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

void crowd_await(struct load *l, size_t present)
{
	uint64_t seconds = COME_SECONDS + present / COME_EACH_SECOND;
	uint64_t deadline = clock_mono_us() + seconds * SCENARIOS_SECOND;

	while (l->present < present) {
		if (clock_mono_us() >= deadline)
			crowd_fail("not all members came in, in time");
		crowd_turn(l, deadline);
	}
}

void crowd_come(struct load *l, size_t first, size_t n)
{
	size_t before = l->present;

	for (size_t i = 0; i < n; i++) {
		if (i >= l->at_once)
			crowd_await(l, before + i - l->at_once);
		if (!load_come(l, first + i))
			crowd_fail("a member cannot begin");
	}
	crowd_await(l, before + n);
	for (size_t i = first; i < first + n; i++)
		talk_check_begin(l->check, i, true);
}

void crowd_leave(struct load *l)
{
	uint64_t deadline = clock_mono_us() + COME_SECONDS * (uint64_t)SCENARIOS_SECOND;
	size_t before = l->over;

	for (size_t i = 0; i < l->members; i++)
		load_leave(l, i);
	while (l->over - before < l->members && clock_mono_us() < deadline)
		crowd_turn(l, deadline);
	if (l->over - before < l->members)
		crowd_fail("not all members could leave, in time");
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

void crowd_pace_for(struct load *l, size_t listeners, unsigned long rate, uint64_t us)
{
	struct pace pace = {.begun = clock_mono_us(), .rate = rate};
	uint64_t until = pace.begun + us, next;

	while ((next = crowd_pace(l, &pace)) < until)
		crowd_turn(l, next);
	crowd_settle(l, listeners);
}

/* All that was said so far. */
static bool has_all(const struct load *l, size_t member)
{
	for (size_t k = 0; k < l->talkers; k++)
		if ((member != k || l->adapter->echoes) &&
		    !talk_check_has(l->check, member, k, l->talker[k].said))
			return false;
	return true;
}

void crowd_settle(struct load *l, size_t listeners)
{
	uint64_t deadline = clock_mono_us() + SETTLE_SECONDS * (uint64_t)SCENARIOS_SECOND;
	size_t i = 0;

	while (i < listeners && clock_mono_us() < deadline)
		if (has_all(l, i))
			i++;
		else
			crowd_turn(l, deadline);
}

void crowd_check(struct load *l, size_t listeners)
{
	for (size_t i = 0; i < listeners; i++)
		for (size_t k = 0; k < l->talkers; k++)
			if (i != k || l->adapter->echoes)
				talk_check_last(l->check, i, k, l->talker[k].said);
}

void crowd_check_order(const struct load *l, size_t first, size_t end)
{
	if (!l->adapter->one_order)
		return;
	for (size_t i = first + 1; i < end; i++)
		if (!talk_check_agree(l->check, first, i))
			crowd_fail("members have heard the talks in different orders");
}

struct cost crowd_meter(const struct subject *s, const struct load *l)
{
	struct cost c = {.heard = l->heard,
			 .told = l->told,
			 .server_ns = subject_cpu_ns(s),
			 .load_ns = subject_own_cpu_ns(),
			 .wall_us = clock_mono_us()};

	subject_ticks(s, c.ticks);
	return c;
}

struct cost crowd_since(const struct subject *s, const struct load *l, struct cost before)
{
	struct cost now = crowd_meter(s, l);

	return (struct cost){
		.heard = now.heard - before.heard,
		.told = now.told - before.told,
		.server_ns = now.server_ns - before.server_ns,
		.load_ns = now.load_ns - before.load_ns,
		.wall_us = now.wall_us - before.wall_us,
		.ticks = {now.ticks[0] - before.ticks[0], now.ticks[1] - before.ticks[1]}};
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
	crowd_require_all(l);
}

void crowd_require_all(const struct load *l)
{
	const struct talk_count *c = talk_check_count(l->check);

	if (c->lost || c->doubled || c->disordered || c->strange)
		crowd_fail("talks were lost, came twice or in another order");
}

/* The ticks tell how the time divides, and the time how much it is. */
void crowd_print_cost(const struct cost *c)
{
	uint64_t ticks = c->ticks[0] + c->ticks[1];
	double server = (double)c->server_ns / 1e9,
	       kernel = ticks > 0 ? server * (double)c->ticks[1] / (double)ticks : 0;

	printf(" seconds=%.2f server_cpu_s=%.4f user_s=%.3f system_s=%.3f load_cpu_s=%.4f",
	       (double)c->wall_us / 1e6, server, server - kernel, kernel, (double)c->load_ns / 1e9);
}

void crowd_print_setup(const struct setup *w)
{
	static const char *const vias[] = {"udp", "tcp", "unix"};

	printf("scenario=%s protocol=%s via=%s members=%lu", w->scenario->name, w->adapter->name,
	       vias[w->via], w->members);
	if (!w->pid)
		printf(" threads=%lu store=%s", w->threads, w->durable ? "disk" : "memory");
}
