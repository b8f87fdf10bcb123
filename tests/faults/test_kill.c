/*
 * kill -9 of a server again and again, at moments that nobody chose, while members talk over every
 * transport.  They stay, and come back each time.  In the end each of them has heard every event once, in
 * order, the same as the others; whatever was answered is among them; and a talk is there once.
 *
 * CHAT_KILL_ROUNDS says how often (100), CHAT_KILL_SEED what is drawn from (1).
 */
#include "check.h"
#include "jsonline.h"
#include "room.h"

#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROUNDS = 100,
	TALKERS = 3,
	AT_ONCE = 24, /* lines without an answer, of one talker */
	TALKS_MAX = 200 * 1000,
	LOG_MAX = 1000 * 1000,
};

struct talker {
	struct actor *actor;
	uint64_t said, answered; /* lines */
	bool joined;		 /* the first answer is the JOIN's */
	uint64_t heard;		 /* the newest event's number; 0: none */
	uint64_t own;		 /* the newest of its own talks that was heard */
};

static struct talker talkers[TALKERS];
static char *log_lines[LOG_MAX]; /* by number, as it was heard first */
static uint64_t state_of_dice;

static uint64_t draw(uint64_t below)
{
	state_of_dice ^= state_of_dice << 13;
	state_of_dice ^= state_of_dice >> 7;
	state_of_dice ^= state_of_dice << 17;
	return state_of_dice % below;
}

static uint64_t wanted(const char *name, uint64_t usual)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 10) : usual;
}

/* ---- what is heard --------------------------------------------------------------------------- */

/* The talker's own talks are heard in the order in which they were typed. */
static void own_talk(struct talker *t, const char *line)
{
	char text[64];

	assert_true(jsonline_string(line, "text", text, sizeof(text)));
	assert_int_equal(strtoull(text, NULL, 10), ++t->own);
}

static void event(struct talker *t, const char *line, const char *kind, uint64_t seq)
{
	char from[64];

	if (t->heard > 0)
		assert_int_equal(seq, t->heard + 1);
	t->heard = seq;
	assert_in_range(seq, 1, LOG_MAX - 1);
	if (!log_lines[seq])
		log_lines[seq] = strdup(line);
	else
		assert_string_equal(log_lines[seq], line);
	if (strcmp(kind, "talk") == 0 && jsonline_string(line, "from", from, sizeof(from)) &&
	    strcmp(from, t->actor->name) == 0)
		own_talk(t, line);
}

static void take_line(struct talker *t, const char *line)
{
	char kind[32];
	uint64_t seq = 0;

	assert_true(jsonline_ok(line));
	assert_true(jsonline_string(line, "kind", kind, sizeof(kind)));
	if (strcmp(kind, "error") == 0)
		fail_msg("%s", line);
	if (strcmp(kind, "ok") == 0 && t->joined)
		t->answered++;
	else if (strcmp(kind, "ok") == 0)
		t->joined = true;
	else if (jsonline_number(line, "seq", &seq))
		event(t, line, kind, seq);
}

static void take_all_now(void)
{
	const char *line;

	for (size_t i = 0; i < TALKERS; i++)
		while ((line = program_line_now(talkers[i].actor->program, PROGRAM_OUT)))
			take_line(&talkers[i], line);
}

static uint64_t answers(void)
{
	uint64_t n = 0;

	for (size_t i = 0; i < TALKERS; i++)
		n += talkers[i].answered;
	return n;
}

/* ---- what is said ---------------------------------------------------------------------------- */

static void keep_talking(void)
{
	char line[64];

	for (size_t i = 0; i < TALKERS; i++)
		while (talkers[i].said < talkers[i].answered + AT_ONCE) {
			snprintf(line, sizeof(line), "%llu 你好",
				 (unsigned long long)++talkers[i].said);
			program_type(talkers[i].actor->program, line);
		}
}

/* Until so many more were answered; then, between two answers, the server dies. */
static void talk_for(uint64_t more)
{
	uint64_t until = answers() + more, deadline = within(SOON);

	keep_talking();
	while (answers() < until) {
		take_all_now();
		keep_talking();
		if (answers() < until && !programs_wait(-1, 0, deadline))
			fail_msg("%llu answers are missing",
				 (unsigned long long)(until - answers()));
	}
}

/* A server that dies while somebody asks it for the first time has let nobody in. */
static void await_joins(void)
{
	for (size_t i = 0; i < TALKERS; i++)
		while (!talkers[i].joined)
			take_line(&talkers[i], program_line(talkers[i].actor->program, PROGRAM_OUT,
							    within(SOON)));
}

/* ---- the end --------------------------------------------------------------------------------- */

static void hear_to_the_end(struct talker *t)
{
	const char *line;

	program_end_input(t->actor->program);
	while ((line = program_line(t->actor->program, PROGRAM_OUT, within(SOON))))
		take_line(t, line);
	int status = program_wait(t->actor->program, within(SOON));
	if (status != 0)
		fail_msg("%s ended with %d: %s", t->actor->name, status,
			 program_rest(t->actor->program, PROGRAM_ERR, within(SOON)));
	gone(t->actor);
	assert_int_equal(t->answered, t->said);
	assert_int_equal(t->own, t->said);
}

/* Somebody who was never there finds the same. */
static void compare_with_history(struct server *s)
{
	struct talker late = {.actor = enter(s, "late", VIA_UNIX, "--since", "0", NULL)};

	hear_to_the_end(&late);
}

static void report(uint64_t rounds, uint64_t longest_us, uint64_t all_us)
{
	printf("%llu times killed: %llu talks answered, none lost, none twice, all in order; ready "
	       "again "
	       "after %llu ms in the mean, %llu ms at the most\n",
	       (unsigned long long)rounds, (unsigned long long)answers(),
	       (unsigned long long)(all_us / rounds / 1000),
	       (unsigned long long)(longest_us / 1000));
}

static void nothing_is_lost(void **state)
{
	static const struct {
		const char *name;
		enum via via;
	} who[TALKERS] = {{"alice", VIA_UDP}, {"bob", VIA_TCP}, {"小明", VIA_UNIX}};
	uint64_t rounds = wanted("CHAT_KILL_ROUNDS", ROUNDS), longest = 0, all = 0;
	struct server *s = server_start("-b", "127.0.0.1", "--rate", "0", NULL);

	(void)state;
	state_of_dice = wanted("CHAT_KILL_SEED", 1) * 0x9e3779b97f4a7c15;
	for (size_t i = 0; i < TALKERS; i++)
		talkers[i].actor = enter(s, who[i].name, who[i].via, "--since", "0", NULL);
	await_joins();
	for (uint64_t round = 0; round < rounds; round++) {
		talk_for(1 + draw(3 * AT_ONCE));
		server_kill(s);
		uint64_t began = clock_mono_us();
		server_start_again(s);
		uint64_t took = clock_mono_us() - began;
		longest = took > longest ? took : longest;
		all += took;
	}
	talk_for(AT_ONCE);
	for (size_t i = 0; i < TALKERS; i++)
		hear_to_the_end(&talkers[i]);
	compare_with_history(s);
	report(rounds, longest, all);
	for (size_t i = 0; i < LOG_MAX; i++)
		free(log_lines[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {SCENE(nothing_is_lost)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
