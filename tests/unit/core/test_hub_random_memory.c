/*
 * The hub on a store that is late, fails and comes back, and on a server that dies now and then: whatever
 * happens, each talk that was acknowledged is in the log, once, under that number; none that was refused
 * is; and who is here is who the log says is here.  In some lives there is no memory now and then for what
 * somebody asks; what has happened anyway needs some.
 */
#include "hub_chronicle.h"
#include "refuse.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	PEOPLE = 12, /* clients, of … */
	KEYS = 4,    /* … so many identities */
	NAMES = 9,   /* fewer than there are clients: they meet */
	TALKS = 60,  /* that one instance has to say */
	WINDOW = 8,  /* talks that wait for their answers */
	STEPS = 1500,
	SEEDS = 40,
};

/* ---- chance ---------------------------------------------------------------------------------- */

static uint64_t chance_state;

static uint64_t chance(uint64_t n)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return chance_state % n;
}

/* ---- people ---------------------------------------------------------------------------------- */

/* One client, from its start to its quitting; then it starts anew. */
struct person {
	struct hub_client *client; /* its session; NULL: it has none */
	uint64_t instance;
	uint64_t next;		   /* mid that it has not said yet */
	uint64_t answered[TALKS];  /* by mid - 1: the number it was answered; 0: not yet */
	uint32_t where[TALKS];	   /* … in that room */
	uint64_t waits[WINDOW];	   /* ids of its talks under way, by mid modulo WINDOW; 0: none */
	uint64_t joining, leaving; /* id of that command; 0: none */
	uint64_t other;		   /* id of a NICK, PART, TOPIC or AWAY */
	uint64_t entering;
	bool in; /* it was told that it has joined */
};

#define GIVEN_UP UINT64_MAX

static bool hungry; /* one allocation is refused, now and then */
static size_t starved_count;

static struct person people[PEOPLE];
static struct hub_client sessions[PEOPLE];
static uint64_t instances;
static size_t said_count, refused_count, entered_count, restarts;

static void start(struct person *p)
{
	memset(p, 0, sizeof(*p));
	p->instance = ++instances;
	p->next = 1;
}

static const char *some_name(void)
{
	static const char *const names[NAMES] = {"ann",	 "bea", "cat",	"dan", "eve",
						 "fred", "gus", "hugo", "ida"};

	return names[chance(NAMES)];
}

static void connect_person(size_t i)
{
	struct person *p = &people[i];

	memset(&sessions[i], 0, sizeof(sessions[i]));
	memset(bearers[i].identity, 'A' + (int)(i % KEYS), OWNER_BYTES);
	sessions[i].bearer = &bearers[i];
	sessions[i].address = (struct address){.transport = TRANSPORT_UDP, .port = (uint16_t)i};
	p->client = &sessions[i];
	p->joining = asked + 1;
	ask_join(p->client, some_name(), p->instance);
}

static uint64_t ask_in(struct hub_client *c, uint32_t room, struct command command)
{
	command.id = ++asked;
	command.room = room;
	hub_command(hub, c, &command, now);
	return asked;
}

static const char *some_room(void)
{
	static const char *const names[ROOMS] = {"#red", "#green", "#blue"};

	return names[chance(ROOMS)];
}

/* What was under way is unknown now. */
static void forget_session(struct person *p)
{
	p->client = NULL;
	p->joining = p->leaving = p->other = p->entering = 0;
	p->in = false;
	memset(p->waits, 0, sizeof(p->waits));
}

static void hang_up(size_t i)
{
	static const enum leave_reason reasons[] = {LEAVE_LOST, LEAVE_TIMED_OUT, LEAVE_TOO_SLOW};

	hub_gone(hub, people[i].client, reasons[chance(3)], words(""), now);
	assert_null(people[i].client->pending);
	forget_session(&people[i]);
}

static void text_of(const struct person *p, uint64_t mid, char text[48])
{
	snprintf(text, 48, "%llu says %llu", (unsigned long long)p->instance,
		 (unsigned long long)mid);
}

/* The oldest that has no answer and is not under way; again, if it was said before. */
static void talk_on(struct person *p)
{
	char text[48];
	uint64_t oldest = 1;

	while (oldest < p->next && p->answered[oldest - 1])
		oldest++;
	for (uint64_t mid = oldest; mid <= TALKS && mid < oldest + WINDOW; mid++) {
		if (p->answered[mid - 1] || p->waits[mid % WINDOW])
			continue;
		text_of(p, mid, text);
		if (mid == p->next) {
			p->next++;
			p->where[mid - 1] = 1 + (uint32_t)chance(chance(2) ? NUMBERS : 1);
		}
		p->waits[mid % WINDOW] = asked + 1;
		ask_in(p->client, p->where[mid - 1],
		       (struct command){.kind = COMMAND_TALK, .text = words(text), .mid = mid});
		return;
	}
}

/* ---- answers --------------------------------------------------------------------------------- */

static struct person *person_of(const struct hub_client *c)
{
	return &people[c - sessions];
}

static void hear_talk(struct person *p, size_t slot, const struct reply *r)
{
	uint64_t mid = p->next - 1;

	while (mid % WINDOW != slot)
		mid--;
	p->waits[slot] = 0;
	switch (r->code) {
	case CODE_OK:
		assert_true(r->seq > 0 && r->seq <= hub_head(hub, p->where[mid - 1]));
		p->answered[mid - 1] = r->seq;
		said_count++;
		break;
	case CODE_NO_SUCH_ROOM: /* it is not in there any more, and gives that up */
		p->answered[mid - 1] = GIVEN_UP;
		break;
	case CODE_SERVER_FULL:
		assert_true(hungry);
		starved_count++;
		break;
	default:
		assert_true(r->code == CODE_NOT_WRITTEN || r->code == CODE_NOT_JOINED);
		refused_count++;
	}
}

static void hear(void *ctx, struct hub_client *c, const struct reply *r)
{
	struct person *p = person_of(c);

	(void)ctx;
	assert_ptr_equal(p->client, c); /* nobody who is gone is answered */
	if (r->id == p->joining) {
		p->joining = 0;
		p->in = r->code == CODE_OK;
	} else if (r->id == p->leaving) {
		assert_int_equal(r->code, CODE_OK);
	} else if (r->id == p->other) {
		p->other = 0;
	} else if (r->id == p->entering) {
		p->entering = 0;
		entered_count += r->code == CODE_OK;
		assert_true(r->code != CODE_OK || (r->room > 1 && r->room <= NUMBERS));
	} else {
		for (size_t slot = 0; slot < WINDOW; slot++)
			if (p->waits[slot] == r->id) {
				hear_talk(p, slot, r);
				return;
			}
		fail_msg("an answer to nothing: %llu", (unsigned long long)r->id);
	}
}

/* The session is over as soon as the caller comes to it. */
static bool closed[PEOPLE];

static void be_closed(void *ctx, struct hub_client *c, enum code code, struct slice why)
{
	(void)ctx;
	(void)why;
	assert_true(code == CODE_LEFT || code == CODE_KICKED);
	closed[c - sessions] = true;
}

static void end_closed(void)
{
	for (size_t i = 0; i < PEOPLE; i++) {
		if (!closed[i])
			continue;
		closed[i] = false;
		bool left = people[i].leaving != 0;
		hub_gone(hub, people[i].client, LEAVE_QUIT, words(""), now);
		forget_session(&people[i]);
		if (left)
			start(&people[i]);
	}
}

/* To be asked when nothing is under way. */
static void assert_agreement(void)
{
	fold_all();
	assert_int_equal(rooms[0].count, roster_count(hub_roster(hub)));
	for (uint32_t n = 1; n <= NUMBERS; n++)
		assert_members(&rooms[n - 1], n);
	for (const struct person *p = people; p < people + PEOPLE; p++)
		for (uint64_t mid = 1; mid <= TALKS; mid++) {
			uint64_t seq = p->answered[mid - 1];
			if (seq == 0 || seq == GIVEN_UP)
				continue;
			const struct said *s = &rooms[p->where[mid - 1] - 1];
			assert_true(s->talks[seq].instance == p->instance &&
				    s->talks[seq].mid == mid);
		}
}

/* ---- the store's answers --------------------------------------------------------------------- */

/* Of one question, at some time after it was asked; some are not answered. */
static void answer_one(void)
{
	static uint8_t bytes[1 << 17];
	struct buf page = buf_of(bytes, sizeof(bytes));
	size_t i = chance(fake.query_count);
	struct store_query q = fake.queries[i];
	struct store_answer answer = {.ticket = q.ticket, .error = ERR_SYSTEM};

	fake.queries[i] = fake.queries[--fake.query_count];
	if (chance(5) != 0) {
		fold_all();
		for (uint64_t seq = q.first; seq <= q.last && seq <= rooms[q.room - 1].head; seq++)
			buf_put_bytes(&page, rooms[q.room - 1].frames[seq].data,
				      rooms[q.room - 1].frames[seq].len);
		assert_false(page.failed);
		answer.error = ERR_NONE;
		answer.page = slice_of(page.data, page.len);
	}
	hub_answered(hub, &answer, now);
}

/* ---- what happens ---------------------------------------------------------------------------- */

static void begin_hub(bool again)
{
	static const struct hub_port port = {.reply = hear,
					     .follow = ear_follow,
					     .unfollow = ear_unfollow,
					     .close = be_closed,
					     .wake = ear_wake};
	struct hub_config config = {.room_bytes = 1 << 16,
				    .max_members = 70,
				    .max_names = 6,
				    .grace_us = GRACE,
				    .recall_us = UINT64_MAX,
				    .epoch = EPOCH,
				    .store = &fake_port};
	struct hub_observer observer = {count, NULL};
	struct slice records = again ? memory_records(EPOCH, 10) : slice_of(NULL, 0);

	hub_free(hub);
	fake.busy = false;
	fake.query_count = 0;
	hub = hub_new(&config, &observer);
	assert_non_null(hub);
	hub_serve(hub, &port);
	assert_int_equal(hub_restore(hub, records, now), ERR_NONE);
	told = head();
}

/* The store had kept what was under way, or not. */
static void die(void)
{
	if (fake.busy && chance(2)) {
		memcpy(fake.kept + fake.len, fake.batch.data, fake.batch.len);
		fake.len += fake.batch.len;
	}
	for (size_t i = 0; i < PEOPLE; i++) {
		bool left = people[i].leaving != 0; /* it would not come again to hear that */
		forget_session(&people[i]);
		if (left)
			start(&people[i]);
	}
	memset(closed, 0, sizeof(closed));
	begin_hub(true);
	restarts++;
}

static void do_other(struct person *p)
{
	uint32_t room = 2 + (uint32_t)chance(ROOMS);

	uint64_t mid = 1 + chance(TALKS), seq = p->answered[mid - 1];

	if (seq > 0 && seq < GIVEN_UP && chance(2)) { /* it thinks better of what it said */
		ask_in(p->client, p->where[mid - 1],
		       (struct command){.kind = chance(2) ? COMMAND_EDIT : COMMAND_RECALL,
					.seq = seq,
					.text = words(some_name())});
		return;
	}
	switch (chance(5)) {
	case 2:
		ask(p->client, (struct command){.kind = COMMAND_AWAY,
						.text = words(chance(2) ? "" : some_name())});
		break;
	case 0:
		ask_in(p->client, room, (struct command){.kind = COMMAND_PART});
		break;
	case 1:
		ask_in(p->client, room,
		       (struct command){.kind = COMMAND_TOPIC, .text = words(some_name())});
		break;
	default:
		ask_nick(p->client, some_name());
	}
}

static void starve(void)
{
	if (hungry && chance(3) == 0)
		refuse(chance(8), 1);
}

/* Those who are in, or are about to be. */
static void say_something(struct person *p)
{
	starve();
	if (!p->in && !p->joining) {
		p->joining = asked + 1;
		ask_join(p->client, some_name(), p->instance);
	} else if (chance(4) == 0 && !p->other) {
		p->other = asked + 1;
		do_other(p);
	} else if (chance(8) == 0 && !p->entering) {
		p->entering = asked + 1;
		ask_in(p->client, 0,
		       (struct command){.kind = COMMAND_ENTER, .text = words(some_room())});
	} else {
		talk_on(p);
	}
	refuse(0, 0);
}

static void act(size_t i)
{
	struct person *p = &people[i];

	if (!p->client) {
		if (chance(3) == 0)
			connect_person(i);
	} else if (hub_holds(p->client)) {
		if (chance(10) == 0)
			hang_up(i);
	} else if (p->in && chance(60) == 0) {
		p->leaving = asked + 1;
		ask_quit(p->client);
	} else if (chance(40) == 0) {
		hang_up(i);
	} else {
		say_something(p);
	}
}

static void kick_somebody(void)
{
	enum err e = hub_kick(hub, words(some_name()), words("out"), now);

	assert_true(e == ERR_NONE || e == ERR_NOT_FOUND);
}

static void step(unsigned trouble)
{
	act(chance(PEOPLE));
	if (chance(4) == 0) {
		starve();
		hub_turn(hub, now);
		refuse(0, 0);
	}
	if (fake.busy && chance(3) == 0)
		land(chance(100) < trouble ? ERR_FULL : ERR_NONE);
	end_closed();
	if (fake.query_count > 0 && chance(5) == 0)
		answer_one();
	if (chance(200) == 0)
		kick_somebody();
	if (chance(300) == 0)
		assert_int_equal(hub_announce(hub, words("all"), now),
				 hub_failing(hub) ? ERR_CLOSED : ERR_NONE);
	if (chance(20) == 0) {
		now.mono_us += chance(chance(10) ? SECOND : GRACE);
		hub_tick(hub, now);
	}
	if (chance(400) == 0)
		die();
}

/* The store works again, and all that is pending is kept. */
static void calm_down(void)
{
	while (fake.query_count > 0)
		answer_one();
	for (int n = 0; n < 10 && (!hub_idle(hub) || hub_failing(hub)); n++) {
		now.mono_us += HUB_RETRY;
		hub_turn(hub, now);
		if (fake.busy)
			land(ERR_NONE);
		end_closed();
	}
	assert_true(hub_idle(hub) && !hub_failing(hub));
	for (size_t i = 0; i < PEOPLE; i++) {
		const struct person *p = &people[i];
		assert_true(!p->client || !p->client->pending);
		for (size_t slot = 0; slot < WINDOW; slot++)
			assert_int_equal(p->waits[slot], 0);
	}
}

static void live(uint64_t seed, unsigned trouble)
{
	chance_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	begin_stored(GRACE);
	begin_hub(false);
	now = (struct instant){.mono_us = SECOND, .wall_ms = 1000};
	for (size_t i = 0; i < PEOPLE; i++)
		start(&people[i]);
	for (int i = 1; i <= STEPS; i++) {
		step(trouble);
		if (i % 300 != 0)
			continue;
		calm_down();
		assert_agreement();
	}
	hub_end(hub, now);
	for (size_t i = 0; i < PEOPLE; i++)
		if (people[i].client)
			hang_up(i);
	calm_down();
	assert_agreement();
	assert_int_equal(rooms[0].count, 0);
	fake_end();
}

static void whatever_happens_the_log_is_right(void **state)
{
	static const unsigned troubles[] = {0, 10, 40};

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		print_message("# seed %llu\n", (unsigned long long)seed);
		hungry = seed % 4 == 0;
		live(seed, troubles[seed % COUNT_OF(troubles)]);
	}
	print_message("# %zu kept, %zu refused, %zu entered, %zu starved, %zu rewritten, "
		      "%zu restarts\n",
		      said_count, refused_count, entered_count, starved_count, rewritten_count,
		      restarts);
	assert_in_range(entered_count, 100, 1000000);
	assert_in_range(rewritten_count, 100, 1000000);
	assert_in_range(said_count, 1000, 1000000);
	assert_in_range(refused_count, 100, 1000000);
	assert_in_range(restarts, 20, 100000);
	assert_in_range(starved_count, 10, 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(whatever_happens_the_log_is_right, teardown),
	};

	return cmocka_run_group_tests_name("hub, whatever happens", tests, NULL, NULL);
}
