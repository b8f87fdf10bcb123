/*
 * A queue of what is under way, the deadlines of the members' seats and that of the server's table:
 * one turn takes the nearest of them all.  A server that died leaves nothing but its places and its disk;
 * without one the next begins another log.
 */
#include "world_internal.h"

#include "sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PUMPS_IN_A_TURN = 10000,
	STUCK_TURNS = 3, /* one timer may uncover another that is overdue */
	GRACE_SECONDS = 90,
	COMMANDS_PER_SECOND = 20, /* of one member; more have to wait, as a burst's do */
	RECALL_SECONDS = 120,
	PAGE_BYTES = 64 * 1024,
	/* No session outlives this, however it ends: opening, idling, draining and lingering together. */
	LONGEST_GOODBYE = 75,
	SHUTDOWN_US = 5 * 1000 * 1000, /* as the server's runtime has it */
};

/* splitmix64 */
uint64_t world_random(struct world *w)
{
	uint64_t z = (w->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Capacities are powers of two, so a count that is one says when to grow. */
void world_grow(void **array, size_t count, size_t size)
{
	if ((count & (count - 1)) == 0)
		*array = memory_own_more(*array, (count ? 2 * count : 1) * size);
	memset((char *)*array + count * size, 0, size);
}

/* ---- what happened --------------------------------------------------------------------------- */

static void print_note(const struct note *n)
{
	printf("%14.6f ", (double)n->at / 1e6);
	if (n->who == NOBODY)
		printf("      ");
	else
		printf("m%-4u ", n->who);
	printf("%-24s %llu %llu\n", n->what, (unsigned long long)n->a, (unsigned long long)n->b);
}

void world_note(struct world *w, unsigned who, const char *what, uint64_t a, uint64_t b)
{
	struct note *n = &w->notes[w->note_count++ % NOTES];

	*n = (struct note){w->now, what, who, a, b};
	if (w->trace)
		print_note(n);
}

static void print_last_notes(const struct world *w)
{
	size_t from = w->note_count > NOTES ? w->note_count - NOTES : 0;

	for (size_t i = from; i < w->note_count && !w->trace; i++)
		print_note(&w->notes[i % NOTES]);
	fflush(stdout);
}

void world_fail(const struct world *w, const char *format, ...)
{
	char words[400];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	print_last_notes(w);
	fail_msg("seed %llu, at %.6f s: %s (again: SIM_SEED=%llu SIM_TRACE=1)",
		 (unsigned long long)w->seed, (double)w->now / 1e6, words,
		 (unsigned long long)w->seed);
	abort(); /* fail_msg() does not return */
}

/* ---- places ---------------------------------------------------------------------------------- */

const char *world_where(const struct world *w, unsigned where, char name[WORLD_WHERE_MAX])
{
	if (where >= WORLD_PEOPLE)
		snprintf(name, WORLD_WHERE_MAX, "@%s", w->members[where - WORLD_PEOPLE].name);
	else if (where > 0)
		snprintf(name, WORLD_WHERE_MAX, "#room%u", where);
	else
		name[0] = '\0'; /* what is said anywhere, is said in the lobby */
	return name;
}

/* ---- the server ------------------------------------------------------------------------------ */

static uint64_t draw_epoch(struct world *w)
{
	return 1 + world_random(w) % ((UINT64_C(1) << 62) - 1);
}

static void make_disk(struct world *w)
{
	struct disk_config config = {.seed = world_random(w),
				     .epoch = draw_epoch(w),
				     .now = &w->now,
				     .keeps = witness_kept,
				     .ctx = w};

	w->disk = disk_new(&config);
	witness_log_begins(w, config.epoch);
}

static struct hub *new_hub(struct world *w)
{
	struct hub_config config = {.room_bytes = w->config.room_bytes,
				    .page_bytes = PAGE_BYTES,
				    .max_members = 1000,
				    .grace_us = w->config.grace_us,
				    .recall_us = RECALL_SECONDS * UINT64_C(1000000),
				    .epoch = w->disk ? w->lobby->epoch : draw_epoch(w),
				    .seed = world_random(w)};
	struct hub_observer observer = {witness_appended, w};
	struct store_port store;

	if (w->disk) {
		store = disk_port(w->disk);
		config.store = &store;
	}
	struct hub *hub = hub_new(&config, &observer);
	assert_non_null(hub);
	witness_log_begins(w, config.epoch);
	return hub;
}

static void start_server(struct world *w)
{
	struct peers_config peers = {.max_peers = 1000,
				     .identity = sealed_identity(SEALED_SERVER),
				     .command_rate = COMMANDS_PER_SECOND,
				     .shards = 1 + w->seed % 3,
				     .together = 1};
	struct peers_port port = paths_port(w);

	w->shards = peers.shards;
	w->hub = new_hub(w);
	if (w->disk)
		assert_int_equal(hub_restore(w->hub, disk_records(w->disk), world_instant(w)),
				 ERR_NONE);
	w->peers = peers_new(&peers, w->hub, &port);
	assert_non_null(w->peers);
	w->machine_off = w->dying = false;
	w->up_since = w->now;
	w->starts++;
	world_note(w, NOBODY, "server starts", w->starts, 0);
}

static void server_is_gone(struct world *w)
{
	struct peers *peers = w->peers;
	struct hub *hub = w->hub;

	if (w->disk)
		disk_crash(w->disk);
	w->peers = NULL; /* whatever its ports are told now, it is a dead one that speaks */
	peers_free(peers);
	w->hub = NULL;
	hub_free(hub);
	w->down_since = w->now;
}

void world_crash(struct world *w, bool power_off)
{
	if (!w->hub)
		return;
	world_note(w, NOBODY, power_off ? "server loses power" : "server crashes", 0, 0);
	w->machine_off = power_off;
	w->figures.crashes++;
	server_is_gone(w);
}

void world_shutdown(struct world *w)
{
	if (!w->hub || w->dying)
		return;
	world_note(w, NOBODY, "server shuts down", 0, 0);
	w->dying = true;
	w->gone_by = w->now + SHUTDOWN_US;
	peers_shutdown(w->peers, world_instant(w));
}

void world_restart(struct world *w)
{
	if (w->hub)
		return;
	start_server(w);
	paths_wake(w, NULL);
}

void world_spoil_disk(struct world *w, bool full, unsigned percent)
{
	if (!w->disk)
		return;
	world_note(w, NOBODY, full ? "disk is full" : "disk is broken", percent, 0);
	if (disk_fails(w->disk))
		w->disk_ill = w->now;
	disk_fail(w->disk, full ? ERR_FULL : ERR_SYSTEM, percent);
	witness_health(w);
}

bool world_is_up(const struct world *w)
{
	return w->hub != NULL;
}

/* ---- life ------------------------------------------------------------------------------------ */

struct world *world_new(const struct world_config *config)
{
	size_t before = memory_live();
	struct world *w = memory_own(sizeof(*w));

	assert_in_range(config->members, 1, WORLD_MEMBERS_MAX);
	if (!config->quiet)
		print_message("# seed %llu\n", (unsigned long long)config->seed);
	w->memory_before = before;
	w->config = *config;
	if (!w->config.room_bytes)
		w->config.room_bytes = WORLD_ROOM_BYTES;
	if (!w->config.grace_us)
		w->config.grace_us = GRACE_SECONDS * UINT64_C(1000000);
	w->seed = w->random = config->seed;
	w->now = 1000000;
	w->trace = getenv("SIM_TRACE") != NULL;
	timerq_init(&w->deliveries);
	timerq_init(&w->clocks);
	for (unsigned i = 0; i < config->members; i++) {
		struct person *m = &w->members[i];
		m->world = w;
		m->index = i;
		m->path = config->path;
		snprintf(m->name, sizeof(m->name), "member%02u", i);
	}
	(void)WORLD_GROW(w->places, w->place_count); /* nobody's: 0 says that there is none */
	if (w->config.disk)
		make_disk(w);
	start_server(w);
	return w;
}

static void world_free(struct world *w)
{
	size_t before = w->memory_before;

	if (w->hub)
		server_is_gone(w);
	for (unsigned i = 0; i < w->config.members; i++)
		person_free(&w->members[i]);
	paths_free(w);
	if (w->disk)
		disk_free(w->disk);
	witness_free(w);
	memory_own_free(w);
	assert_int_equal(memory_live(), before);
}

static void turns_until(struct world *w, uint64_t until);

static bool anybody_runs(const struct world *w)
{
	for (unsigned i = 0; i < w->config.members; i++)
		if (w->members[i].seat)
			return true;
	return false;
}

static bool server_remembers(const struct world *w)
{
	return w->hub && (peers_count(w->peers) > 0 || roster_count(hub_roster(w->hub)) > 0);
}

void world_end(struct world *w)
{
	uint64_t until = w->now + w->config.grace_us + LONGEST_GOODBYE * UINT64_C(1000000);

	for (unsigned i = 0; i < w->config.members; i++)
		person_leave(&w->members[i]);
	while (w->now < until && (anybody_runs(w) || server_remembers(w)))
		turns_until(w, w->now + 1000000);
	if (anybody_runs(w))
		world_fail(w, "somebody never gets away");
	if (w->hub && peers_count(w->peers) > 0)
		world_fail(w, "%zu peers are left when all have gone", peers_count(w->peers));
	if (w->hub && roster_count(hub_roster(w->hub)) > 0)
		world_fail(w, "%zu names are left when all have gone",
			   roster_count(hub_roster(w->hub)));
	if (w->hub && peers_deadline(w->peers) != TIMERQ_NEVER)
		world_fail(w, "nobody is there, and yet a deadline");
	world_free(w);
}

struct instant world_instant(const struct world *w)
{
	return (struct instant){.mono_us = w->now,
				.wall_ms = (int64_t)(1800000000000 + w->now / 1000)};
}

uint64_t world_now(const struct world *w)
{
	return w->now;
}

uint64_t world_fingerprint(const struct world *w)
{
	return w->fingerprint;
}

const struct world_figures *world_figures(const struct world *w)
{
	return &w->figures;
}

uint64_t world_head(const struct world *w)
{
	return w->lobby->count;
}

struct person *world_person(struct world *w, unsigned i)
{
	assert_in_range(i, 0, w->config.members - 1);
	return &w->members[i];
}

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t nearest(const struct world *w)
{
	uint64_t at = timerq_next(&w->deliveries), t = timerq_next(&w->clocks);

	at = at == TIMERQ_NEVER ? at : at >> DELIVERY_ORDER_BITS;
	at = t < at ? t : at;
	t = w->peers ? peers_deadline(w->peers) : TIMERQ_NEVER;
	at = t < at ? t : at;
	t = w->disk ? disk_deadline(w->disk) : TIMERQ_NEVER;
	at = t < at ? t : at;
	return w->hub && w->dying && w->gone_by < at ? w->gone_by : at;
}

void world_touch(struct person *m)
{
	if (m->touched)
		return;
	m->touched = true;
	m->next_touched = m->world->touched;
	m->world->touched = m;
}

static void pump_members(struct world *w)
{
	while (w->touched) {
		struct person *m = w->touched;
		w->touched = m->next_touched;
		m->touched = false;
		person_pump(m);
	}
}

static bool pump_server(struct world *w)
{
	return w->peers && peers_pump(w->peers, world_instant(w));
}

/* As a real one: who does not take its goodbye does not keep it. */
static bool is_over(const struct world *w)
{
	bool said =
		w->peers && peers_count(w->peers) == 0 && (hub_idle(w->hub) || hub_failing(w->hub));

	return w->hub && w->dying && (said || w->now >= w->gone_by);
}

/* Everybody says what there is to say. */
static void flush(struct world *w)
{
	for (unsigned n = 0; n < PUMPS_IN_A_TURN; n++) {
		pump_members(w);
		if (!pump_server(w) && !w->touched) {
			if (is_over(w))
				server_is_gone(w);
			return;
		}
	}
	world_fail(w, "the pump never ends");
}

/* Everything that is due at one point of time. */
static void turn(struct world *w)
{
	uint64_t due = ((w->now + 1) << DELIVERY_ORDER_BITS) - 1;
	struct timerq_entry *e;

	w->turns++;
	while ((e = timerq_pop(&w->deliveries, due)))
		paths_arrive(w, (struct delivery *)e); /* its first member */
	if (w->disk && w->hub)
		disk_tick(w->disk, w->hub, world_instant(w));
	if (w->peers && peers_deadline(w->peers) <= w->now)
		peers_tick(w->peers, world_instant(w));
	while ((e = timerq_pop(&w->clocks, w->now)))
		world_touch((struct person *)e); /* its first member */
	flush(w);
	/* A deadline that turns leave in the past is a busy loop in a real program. */
	w->stuck = nearest(w) <= w->now ? w->stuck + 1 : 0;
	if (w->stuck > STUCK_TURNS)
		world_fail(w, "time stands still");
	witness_after_turn(w);
}

static void turns_until(struct world *w, uint64_t until)
{
	uint64_t at;

	witness_health(w);
	flush(w);
	while ((at = nearest(w)) <= until) {
		w->now = at > w->now ? at : w->now;
		turn(w);
	}
	w->now = until > w->now ? until : w->now;
	witness_health(w);
}

void world_run(struct world *w, uint64_t us)
{
	turns_until(w, w->now + us);
}

bool world_settled(const struct world *w)
{
	for (unsigned i = 0; i < w->config.members; i++)
		if (w->members[i].seat && !person_settled(&w->members[i]))
			return false;
	return w->hub != NULL;
}

static void expect_settled(const struct world *w, const struct person *m, double seconds)
{
	if (!m->seat || person_settled(m))
		return;
	for (size_t i = 0; i < m->ear_count; i++) {
		const struct ear *e = &m->ears[i];
		if (e->log)
			printf("room %u: in %d, next %llu of %zu\n", e->log->room, e->in,
			       (unsigned long long)e->next, e->log->count);
	}
	world_fail(w, "after %.1f s %s is in state %d, %zu unanswered, seat settled: %d", seconds,
		   m->name, seat_state(m->seat), m->unanswered, seat_settled(m->seat));
}

void world_expect_settled(struct world *w, double seconds)
{
	uint64_t until = w->now + (uint64_t)(seconds * 1e6);

	while (!world_settled(w) && w->now < until)
		turns_until(w, w->now + 10000);
	for (unsigned i = 0; i < w->config.members; i++)
		expect_settled(w, &w->members[i], seconds);
}
