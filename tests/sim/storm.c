/* Everybody's life is a row of appointments; the nearest of all is the next to be kept. */
#include "storm.h"

#include <string.h>

enum {
	HEAL_SECONDS = 30, /* after the last fault everybody has everything within this */
	BURST_PERCENT = 8, /* of talks begin one */
	BURST_MAX = 40,
	LONG_PERCENT = 3, /* of talks do not fit a packet */
	SMALL_ROOM = 24 * 1024,
	ROOMS = 3,		/* beside the lobby */
	ELSEWHERE_PERCENT = 40, /* of talks, if there are other rooms */
};

static const uint64_t second = 1000 * 1000, never = UINT64_MAX;

struct life {
	struct person *person;
	uint64_t talk_at, fault_at, heal_at, start_at;
};

struct storm {
	const struct storm_setup *setup;
	struct world *world;
	struct life lives[WORLD_MEMBERS_MAX];
	uint64_t death_at, restart_at, spoil_at, repair_at, end_at;
};

/* ---- chance ---------------------------------------------------------------------------------- */

static uint64_t draw(struct storm *s, uint64_t n)
{
	return world_random(s->world) % n;
}

static bool chance(struct storm *s, unsigned percent)
{
	return draw(s, 100) < percent;
}

/* Between the two, every power of two as likely as the next. */
static uint64_t spread(struct storm *s, uint64_t least, uint64_t most)
{
	unsigned doublings = 0;

	while (least << (doublings + 1) <= most)
		doublings++;
	uint64_t base = least << draw(s, doublings + 1);
	uint64_t t = base + draw(s, base);
	return t < most ? t : most;
}

/* When something that happens so often happens next: twice the mean at most. */
static uint64_t next_in(struct storm *s, uint64_t mean_us)
{
	return world_now(s->world) + 1 + draw(s, 2 * mean_us);
}

/* ---- what happens to a path ------------------------------------------------------------------ */

static void another_weather(struct storm *s, struct path *p)
{
	static const unsigned losses[] = {0, 0, 1, 5, 10, 20, 30, 45};

	*p = (struct path){.delay_us = spread(s, 500, 150000)};
	p->loss = losses[draw(s, COUNT_OF(losses))];
	p->jitter_us = chance(s, 50) ? spread(s, 100, 60000) : 0;
	p->duplicate = chance(s, 30) ? (unsigned)draw(s, 20) : 0;
	p->reorder = chance(s, 30) ? (unsigned)draw(s, 30) : 0;
	p->corrupt = chance(s, 20) ? (unsigned)draw(s, 5) : 0;
}

static void changes_weather(struct storm *s, struct life *l)
{
	another_weather(s, person_path(l->person));
}

static void is_cut_off(struct storm *s, struct life *l)
{
	struct path *p = person_path(l->person);

	p->no_up = p->no_down = true;
	l->heal_at = world_now(s->world) + spread(s, second / 4, 240 * second);
}

static void is_half_cut_off(struct storm *s, struct life *l)
{
	struct path *p = person_path(l->person);

	p->no_up = chance(s, 50);
	p->no_down = !p->no_up;
	l->heal_at = world_now(s->world) + spread(s, second / 4, 120 * second);
}

static void loses_udp(struct storm *s, struct life *l)
{
	person_path(l->person)->no_udp = true;
	l->heal_at = world_now(s->world) + spread(s, second, 600 * second);
}

static void loses_tcp(struct storm *s, struct life *l)
{
	person_path(l->person)->no_tcp = true;
	l->heal_at = world_now(s->world) + spread(s, second, 600 * second);
}

static void has_a_small_mtu(struct storm *s, struct life *l)
{
	person_path(l->person)->mtu = chance(s, 30) ? 1200 + draw(s, 300) : 500 + draw(s, 700);
	l->heal_at = world_now(s->world) + spread(s, second, 300 * second);
}

static void moves(struct storm *s, struct life *l)
{
	struct path *p = person_path(l->person);

	if (chance(s, 50))
		another_weather(s, p);
	if (chance(s, 50)) { /* from one network into the next takes a while */
		p->no_up = p->no_down = true;
		l->heal_at = world_now(s->world) + spread(s, second / 10, 10 * second);
	}
	person_move(l->person, chance(s, 50));
}

/* ---- what happens to a machine --------------------------------------------------------------- */

static void sleeps(struct storm *s, struct life *l)
{
	person_sleep(l->person, true);
	l->heal_at = world_now(s->world) + spread(s, second, 900 * second);
}

static void is_killed(struct storm *s, struct life *l)
{
	person_kill(l->person, chance(s, 30));
	l->start_at = world_now(s->world) + spread(s, second / 10, 200 * second);
}

static void leaves(struct storm *s, struct life *l)
{
	person_leave(l->person);
	l->start_at = world_now(s->world) + 12 * second + spread(s, second / 10, 100 * second);
}

static void is_reset(struct storm *s, struct life *l)
{
	(void)s;
	person_reset_streams(l->person);
}

static void is_tampered_with(struct storm *s, struct life *l)
{
	(void)s;
	person_tamper(l->person);
}

static void is_doubted(struct storm *s, struct life *l)
{
	(void)s;
	person_doubt(l->person);
}

static void is_spoofed(struct storm *s, struct life *l)
{
	person_spoof(l->person, 1 + (unsigned)draw(s, 20));
}

static const struct fault {
	unsigned weight;
	void (*strike)(struct storm *s, struct life *l);
} faults[] = {
	{20, changes_weather}, {10, is_cut_off},      {6, is_half_cut_off}, {8, loses_udp},
	{8, loses_tcp},	       {6, has_a_small_mtu},  {16, moves},	    {8, sleeps},
	{5, is_killed},	       {3, leaves},	      {6, is_reset},	    {4, is_doubted},
	{6, is_spoofed},       {6, is_tampered_with},
};

static const struct fault *any_fault(struct storm *s)
{
	unsigned sum = 0, at;
	size_t i = 0;

	for (size_t k = 0; k < COUNT_OF(faults); k++)
		sum += faults[k].weight;
	at = (unsigned)draw(s, sum);
	while (at >= faults[i].weight)
		at -= faults[i++].weight;
	return &faults[i];
}

/* ---- appointments ---------------------------------------------------------------------------- */

static void heal(struct life *l)
{
	struct path *p = person_path(l->person);

	l->heal_at = never;
	p->no_udp = p->no_tcp = p->no_up = p->no_down = false;
	p->mtu = 0;
	person_path_changed(l->person);
	person_sleep(l->person, false);
}

static void strike(struct storm *s, struct life *l)
{
	l->fault_at = next_in(s, s->setup->fault_seconds * second);
	if (!person_runs(l->person))
		return;
	any_fault(s)->strike(s, l);
	person_path_changed(l->person);
}

/* Another room, or one other member. */
static unsigned elsewhere(struct storm *s, struct life *l)
{
	unsigned other = (unsigned)draw(s, s->setup->members);

	if (chance(s, 60) || world_person(s->world, other) == l->person)
		return 1 + (unsigned)draw(s, ROOMS);
	return WORLD_PEOPLE + other;
}

/* What one does beside talking, where there is a log that keeps it. */
static void do_other(struct storm *s, struct life *l)
{
	unsigned what = (unsigned)draw(s, 100);

	if (what < 6)
		person_recall(l->person);
	else if (what < 14)
		person_edit(l->person, spread(s, 8, 300));
	else if (what < 18)
		person_part(l->person, 1 + (unsigned)draw(s, ROOMS));
	else if (what < 24)
		person_look_back(l->person, chance(s, 50) ? 0 : elsewhere(s, l), draw(s, 200));
	else if (what < 30)
		person_search(l->person, 1 + draw(s, 40));
	else if (what < 33)
		person_away(l->person, what % 3);
}

static void say(struct storm *s, struct life *l, unsigned where)
{
	size_t len = chance(s, LONG_PERCENT) ? spread(s, 1000, 16000) : spread(s, 8, 300);

	if (person_say_in(l->person, where, len) || where == 0)
		return;
	person_enter(l->person, where);
	person_say_in(l->person, where, len);
}

static void talk(struct storm *s, struct life *l)
{
	uint64_t n = chance(s, BURST_PERCENT) ? 1 + draw(s, BURST_MAX) : 1;
	bool away = s->setup->disk_minutes > 0 && chance(s, ELSEWHERE_PERCENT);
	unsigned where = away ? elsewhere(s, l) : 0;

	l->talk_at = next_in(s, s->setup->talk_seconds * second);
	if (!person_runs(l->person))
		return;
	if (chance(s, 5))
		person_ask_who(l->person);
	while (n-- > 0)
		say(s, l, where);
	if (s->setup->disk_minutes > 0)
		do_other(s, l);
}

static void start(struct storm *s, struct life *l)
{
	l->start_at = never;
	if (person_runs(l->person)) /* it has not got away yet */
		l->start_at = world_now(s->world) + second;
	else
		person_start(l->person);
}

static void die(struct storm *s)
{
	uint64_t mean = s->setup->server_minutes * 60 * second;

	s->death_at = next_in(s, mean ? mean : 1);
	s->restart_at = world_now(s->world) + spread(s, second / 10, 150 * second);
	if (chance(s, 40)) {
		world_shutdown(s->world);
		s->restart_at += 6 * second;
	} else {
		world_crash(s->world, chance(s, 40));
	}
}

static void restart(struct storm *s)
{
	s->restart_at = never;
	world_restart(s->world);
}

static void spoil(struct storm *s)
{
	static const unsigned percents[] = {5, 30, 100, 100};

	s->spoil_at = next_in(s, s->setup->disk_minutes * 60 * second);
	s->repair_at = world_now(s->world) + spread(s, second / 10, 120 * second);
	world_spoil_disk(s->world, chance(s, 50), percents[draw(s, COUNT_OF(percents))]);
}

static void repair(struct storm *s)
{
	s->repair_at = never;
	world_spoil_disk(s->world, false, 0);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t next_appointment(const struct storm *s)
{
	uint64_t at = sooner(sooner(s->death_at, s->restart_at), s->end_at);

	at = sooner(at, sooner(s->spoil_at, s->repair_at));
	for (unsigned i = 0; i < s->setup->members; i++) {
		const struct life *l = &s->lives[i];
		at = sooner(sooner(at, l->talk_at), sooner(l->fault_at, l->heal_at));
		at = sooner(at, l->start_at);
	}
	return at;
}

static void keep_appointments(struct storm *s, struct life *l, uint64_t now)
{
	/* Somebody who gave up, since there was no server at all, tries again later. */
	if (!person_runs(l->person) && l->start_at == never)
		l->start_at = now + 2 * second;
	if (now >= l->heal_at)
		heal(l);
	if (now >= l->start_at)
		start(s, l);
	if (now >= l->talk_at)
		talk(s, l);
	if (now >= l->fault_at)
		strike(s, l);
}

static void rage(struct storm *s)
{
	uint64_t now;

	while ((now = world_now(s->world)) < s->end_at) {
		if (now >= s->restart_at)
			restart(s);
		if (now >= s->death_at)
			die(s);
		if (now >= s->repair_at)
			repair(s);
		if (now >= s->spoil_at)
			spoil(s);
		for (unsigned i = 0; i < s->setup->members; i++)
			keep_appointments(s, &s->lives[i], now);
		now = world_now(s->world);
		world_run(s->world, next_appointment(s) - now);
	}
}

/* ---- a whole storm --------------------------------------------------------------------------- */

/* Nothing is in anybody's way any more: soon everybody has heard all, and has every answer. */
static void calm(struct storm *s)
{
	repair(s);
	world_run(s->world, 6 * second); /* a server that says goodbye is let go */
	world_restart(s->world);
	for (unsigned i = 0; i < s->setup->members; i++) {
		struct life *l = &s->lives[i];
		*person_path(l->person) = (struct path){.loss = 5, .delay_us = 20000};
		heal(l);
		if (!person_runs(l->person))
			person_start(l->person);
	}
	world_expect_settled(s->world, HEAL_SECONDS);
}

static void begin(struct storm *s)
{
	const struct storm_setup *setup = s->setup;
	struct world_config config = {.seed = setup->seed,
				      .members = setup->members,
				      .room_bytes = setup->seed % 8 == 0 ? SMALL_ROOM : 0,
				      .path = {.delay_us = 10000},
				      .disk = setup->disk_minutes > 0,
				      .quiet = true};

	s->world = world_new(&config);
	s->end_at = world_now(s->world) + setup->minutes * 60 * second;
	s->restart_at = s->repair_at = s->spoil_at = never;
	if (setup->disk_minutes)
		s->spoil_at = next_in(s, setup->disk_minutes * 60 * second);
	s->death_at =
		setup->server_minutes ? next_in(s, setup->server_minutes * 60 * second) : never;
	for (unsigned i = 0; i < setup->members; i++) {
		struct life *l = &s->lives[i];
		l->person = world_person(s->world, i);
		another_weather(s, person_path(l->person));
		l->heal_at = never;
		l->start_at = world_now(s->world) + draw(s, 5 * second);
		l->talk_at = next_in(s, setup->talk_seconds * second);
		l->fault_at = next_in(s, setup->fault_seconds * second);
	}
}

struct storm_figures storm_run(const struct storm_setup *setup)
{
	struct storm s = {.setup = setup};
	struct storm_figures f;

	begin(&s);
	rage(&s);
	calm(&s);
	f.world = *world_figures(s.world);
	f.virtual_us = world_now(s.world);
	f.fingerprint = world_fingerprint(s.world);
	world_end(s.world);
	return f;
}
