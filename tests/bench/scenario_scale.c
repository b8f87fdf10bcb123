/*
 * scale: what a delivery costs where there are more members, and where there is much else: other rooms, a
 * long history, many names.  All servers of one part run at the same time and are measured in turn, so
 * that the machine's moods meet all of them; of the rounds the median counts.
 */
#include "scenarios.h"

#include "fill.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	SIZES = 3,
	ROUNDS_MAX = 20,
	ROOMS_EACH = 60, /* that one companion is in */
};

struct stage {
	char name[24];
	size_t members;
	unsigned long rooms, history, names; /* that are there already */
	struct setup setup;
	struct subject subject;
	double ns[ROUNDS_MAX];
};

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_size);
	return values[n / 2];
}

/* Members more, by whom somebody is in each of the other rooms. */
static size_t companions_of(const struct stage *c)
{
	return (c->rooms + ROOMS_EACH - 1) / ROOMS_EACH;
}

static bool has_past(const struct stage *c)
{
	return c->rooms || c->history || c->names;
}

/* While the server is not there; and it shall not find that there is still an index to be made. */
static void fill(const struct stage *c)
{
	const char *dir = c->subject.own->dir;
	struct store *s = fill_open(dir);

	if (c->history) {
		fill_talks(s, c->history);
		fill_await_index(dir, c->history);
	}
	if (c->rooms)
		fill_rooms(s, c->rooms);
	if (c->names)
		fill_names(s, c->names);
	store_close(s);
}

static void set_stage(struct stage *c, const struct setup *w)
{
	c->setup = *w;
	c->setup.members = c->members;
	uint32_t share = crowd_files(w, c->members + companions_of(c));
	subject_begin(&c->subject, &c->setup);
	c->subject.target.share = share;
	if (!has_past(c))
		return;
	subject_pause(&c->subject);
	fill(c);
	subject_resume(&c->subject, &c->setup);
}

/* Somebody is in each of the other rooms: a few members, who are in the lobby, too. */
static void fill_rooms_with(struct load *l, const struct stage *c)
{
	char room[32];

	for (size_t i = 0; i < c->rooms; i++) {
		snprintf(room, sizeof(room), "#room%zu", i);
		adapter_chat_enter(load_member(l, c->members + i / ROOMS_EACH), room);
	}
}

static double measure(const struct stage *c)
{
	size_t companions = companions_of(c);
	struct load l;

	load_init(&l, c->setup.adapter, &c->subject.target, c->members + companions,
		  c->setup.talkers);
	l.bytes = c->setup.bytes;
	for (size_t i = 0; i < companions; i++)
		if (!load_come(&l, c->members + i))
			crowd_fail("a member cannot begin");
	fill_rooms_with(&l, c);
	crowd_await(&l, companions);
	struct cost cost = scenario_fanout_in(&c->setup, &c->subject, &l);
	crowd_require_all(&l);
	crowd_leave(&l);
	load_wipe(&l);
	return (double)cost.server_ns / (double)cost.heard;
}

static void print(const struct setup *w, const char *part, struct stage *all, size_t count)
{
	double base = 0;

	crowd_print_setup(w);
	printf(" part=%s talkers=%lu window=%lu bytes=%lu rounds=%lu", part, w->talkers, w->window,
	       w->bytes, w->rounds);
	for (size_t i = 0; i < count; i++) {
		double ns = median(all[i].ns, w->rounds);
		base = i == 0 ? ns : base;
		printf(" %s=%.1f %s_ratio=%.3f", all[i].name, ns, all[i].name, ns / base);
	}
	printf("\n");
	fflush(stdout);
}

static void run_part(const struct setup *w, const char *part, struct stage *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		set_stage(&all[i], w);
	for (size_t round = 0; round < w->rounds; round++)
		for (size_t i = 0; i < count; i++)
			all[i].ns[round] = measure(&all[i]);
	print(w, part, all, count);
	for (size_t i = 0; i < count; i++)
		subject_stop(&all[i].subject);
}

static size_t sized(const struct setup *w, size_t members)
{
	return members < w->talkers ? w->talkers : members;
}

static void with_more_members(const struct setup *w)
{
	struct stage all[SIZES] = {0};
	size_t members = w->members;

	for (size_t i = SIZES; i-- > 0; members /= 10) {
		all[i].members = sized(w, members);
		snprintf(all[i].name, sizeof(all[i].name), "ns_%zu", all[i].members);
	}
	run_part(w, "members", all, SIZES);
}

static void with_a_past(const struct setup *w)
{
	size_t members = sized(w, w->members / 10);
	struct stage all[] = {
		{.name = "ns_empty", .members = members},
		{.name = "ns_rooms", .members = members, .rooms = w->rooms},
		{.name = "ns_history", .members = members, .history = w->history},
		{.name = "ns_names", .members = members, .names = w->names},
	};

	run_part(w, "past", all, sizeof(all) / sizeof(all[0]));
}

static void run(const struct setup *w)
{
	struct setup disk = *w;

	(void)crowd_files(w, w->members);
	with_more_members(w);
	disk.durable = true;
	with_a_past(&disk);
	subject_forget();
}

const struct scenario scenario_scale = {
	.name = "scale",
	.help = "members=10000 seconds=3 rounds=3: what a delivery costs, with a hundredth of "
		"them, a "
		"tenth and all; and with a tenth, on the disk, where there are rooms=1000 others, "
		"history=1000000 events, names=100000 that have owners",

	.run = run,
	.needs_own = true,
	.defaults = {.members = 10000, .history = 1000000, .seconds = 3},
};
