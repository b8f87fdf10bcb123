/*
 * Crowds of clients, over all transports, a third of them behind a bad network: everyone hears the
 * same, in the same order, all of it, once.  CHAT_CROWD clients (200) say CHAT_CROWD_LINES (20) lines each.
 */
#include "jsonline.h"
#include "room.h"

#include "sys/clock.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 1000 };

struct member {
	struct actor *actor;
	uint64_t events, talks;
	uint64_t digest; /* of all lines so far */
	unsigned said;	 /* how many of its lines the first member has heard */
};

static struct member members[MOST];

static unsigned setting(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);
	unsigned long v = text ? strtoul(text, NULL, 10) : otherwise;
	assert_in_range(v, 1, MOST);
	return (unsigned)v;
}

static void let_in(struct server *s, unsigned n, unsigned lines)
{
	static const enum via ways[] = {VIA_LOSSY, VIA_TCP, VIA_UNIX};
	char text[64];
	for (unsigned i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "成员%u", i);
		members[i].actor = enter(s, text, ways[i % 3], "--since", "0", "--follow", NULL);
		for (unsigned k = 0; k < lines; k++) {
			snprintf(text, sizeof(text), "%u 说第 %u 句", i, k);
			say(members[i].actor, text);
		}
		program_end_input(members[i].actor->program);
	}
}

/* What everyone says comes in the order of saying, heard by one for all. */
static void check_talk(const char *line)
{
	char text[64], from[80], expected[64];
	unsigned who;
	assert_true(jsonline_string(line, "text", text, sizeof(text)));
	assert_true(jsonline_string(line, "from", from, sizeof(from)));
	assert_int_equal(sscanf(from, "成员%u", &who), 1);
	snprintf(expected, sizeof(expected), "%u 说第 %u 句", who, members[who].said++);
	assert_string_equal(text, expected);
}

/* FNV-1a: everyone who has heard the same lines has the same. */
static void take(struct member *m, const char *line)
{
	uint64_t seq;
	if (strstr(line, "\"kind\":\"ok\""))
		return; /* the result of a command of its own */
	assert_true(jsonline_number(line, "seq", &seq));
	if (seq != ++m->events)
		fail_msg("%s heard %" PRIu64 ", not %" PRIu64, m->actor->name, seq, m->events);
	for (const char *c = line; *c; c++)
		m->digest = (m->digest ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	if (!strstr(line, "\"kind\":\"talk\""))
		return;
	m->talks++;
	if (m == &members[0])
		check_talk(line);
}

static bool all_have(unsigned n, uint64_t events)
{
	bool all = true;
	for (unsigned i = 0; i < n; i++) {
		struct program *p = members[i].actor->program;
		for (const char *line; (line = program_line_now(p, PROGRAM_OUT));)
			take(&members[i], line);
		all = all && members[i].events >= events;
	}
	return all;
}

static void say_who_misses_what(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		print_error("%s heard %" PRIu64 " events, %" PRIu64 " talks\n",
			    members[i].actor->name, members[i].events, members[i].talks);
}

static void test_a_crowd_hears_the_same(void **state)
{
	unsigned n = setting("CHAT_CROWD", 200), lines = setting("CHAT_CROWD_LINES", 20);
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	uint64_t start = clock_mono_us(), deadline = within(500);
	(void)state;
	server_spoil(s, "20", "10", "15", 4000);
	let_in(s, n, lines);
	while (!all_have(n, (uint64_t)n * (lines + 1)))
		if (!programs_wait(-1, 0, deadline)) {
			say_who_misses_what(n);
			fail_msg("not everybody has heard everything");
		}
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(members[i].talks, n * lines);
		assert_true(members[i].digest == members[0].digest);
	}
	print_message("%u members heard the same %u talks, %.1f s\n", n, n * lines,
		      (double)(clock_mono_us() - start) / 1e6);
	program_signal(s->lossy, SIGTERM);
	print_message("%s", program_rest(s->lossy, PROGRAM_OUT, within(SOON)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_a_crowd_hears_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
