/*
 * Twenty real clients on real sockets that lose 30 % of all datagrams each way, and ten talks a second
 * among them: everyone hears all of it, once, in one order.  CHAT_LOSS_SECONDS (6) of talking.
 */
#include "check.h"
#include "jsonline.h"
#include "room.h"

#include "sys/clock.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MEMBERS = 20,
	TALKS_PER_SECOND = 10,
	SECONDS = 6,
	SECONDS_MAX = 600,
	TALKS_MAX = SECONDS_MAX * TALKS_PER_SECOND,
	PATIENCE_SECONDS = 240,
};

struct member {
	struct actor *actor;
	uint64_t seq;	  /* of the newest event */
	unsigned present; /* others that it has heard join, itself included */
	unsigned talks;
	unsigned next[MEMBERS]; /* talk of each */
	uint64_t digest;	/* of all events so far */
};

static struct member members[MEMBERS];
static uint64_t said_us[TALKS_MAX];
static uint32_t took_us[TALKS_MAX * MEMBERS];
static size_t took_count;

static unsigned seconds(void)
{
	const char *text = getenv("CHAT_LOSS_SECONDS");
	unsigned long v = text ? strtoul(text, NULL, 10) : SECONDS;

	assert_in_range(v, 1, SECONDS_MAX);
	return (unsigned)v;
}

/* Talks are numbered, and wait for nobody: those of one speaker come in their order. */
static void take_talk(struct member *m, const char *line)
{
	char text[32], from[80], expected[80];
	unsigned talk;

	assert_true(jsonline_string(line, "text", text, sizeof(text)));
	assert_true(jsonline_string(line, "from", from, sizeof(from)));
	assert_int_equal(sscanf(text, "talk %u", &talk), 1);
	assert_in_range(talk, 0, TALKS_MAX - 1);
	snprintf(expected, sizeof(expected), "member%u", talk % MEMBERS);
	assert_string_equal(from, expected);
	assert_int_equal(talk, talk % MEMBERS + MEMBERS * m->next[talk % MEMBERS]++);
	took_us[took_count++] = (uint32_t)(clock_mono_us() - said_us[talk]);
	m->talks++;
}

static void take(struct member *m, const char *line)
{
	uint64_t seq;

	if (strstr(line, "\"kind\":\"ok\""))
		return; /* the result of a command of its own */
	assert_true(jsonline_number(line, "seq", &seq));
	if (seq != ++m->seq)
		fail_msg("%s heard %" PRIu64 ", not %" PRIu64, m->actor->name, seq, m->seq);
	for (const char *c = line; *c; c++)
		m->digest = (m->digest ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	m->present += strstr(line, "\"kind\":\"join\"") != NULL;
	if (strstr(line, "\"kind\":\"quit\"") || strstr(line, "\"kind\":\"lost\""))
		fail_msg("somebody is gone: %s", line);
	if (strstr(line, "\"kind\":\"talk\""))
		take_talk(m, line);
}

static void take_all(void)
{
	for (unsigned i = 0; i < MEMBERS; i++)
		for (const char *line;
		     (line = program_line_now(members[i].actor->program, PROGRAM_OUT));)
			take(&members[i], line);
}

static bool all_have(unsigned present, unsigned talks)
{
	take_all();
	for (unsigned i = 0; i < MEMBERS; i++)
		if (members[i].present < present || members[i].talks < talks)
			return false;
	return true;
}

static void expect_all_have(unsigned present, unsigned talks)
{
	uint64_t deadline = within(PATIENCE_SECONDS);

	while (!all_have(present, talks))
		if (!programs_wait(-1, 0, deadline))
			fail_msg("not everybody has heard everything");
}

static void listen_until(uint64_t until)
{
	while (clock_mono_us() < until)
		if (programs_wait(-1, 0, until))
			take_all();
}

static void speak(unsigned talks)
{
	uint64_t began = clock_mono_us();
	char text[32];

	for (unsigned i = 0; i < talks; i++) {
		snprintf(text, sizeof(text), "talk %u", i);
		said_us[i] = clock_mono_us();
		say(members[i % MEMBERS].actor, text);
		listen_until(began + (i + 1) * UINT64_C(1000000) / TALKS_PER_SECOND);
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void print_figures(struct server *s, unsigned talks)
{
	qsort(took_us, took_count, sizeof(*took_us), compare);
	print_message("%u members heard the same %u talks; from lips to ears: median %.1f ms, "
		      "p99 %.1f ms, at most %.1f ms\n",
		      (unsigned)MEMBERS, talks, took_us[took_count / 2] / 1e3,
		      took_us[took_count * 99 / 100] / 1e3, took_us[took_count - 1] / 1e3);
	program_signal(s->lossy, SIGTERM);
	print_message("%s", program_rest(s->lossy, PROGRAM_OUT, within(SOON)));
}

static void test_three_in_ten_lost_each_way(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	unsigned talks = seconds() * TALKS_PER_SECOND;
	char name[16];

	(void)state;
	server_spoil(s, "30", "0", "0", 30);
	for (unsigned i = 0; i < MEMBERS; i++) {
		snprintf(name, sizeof(name), "member%u", i);
		members[i].actor = enter(s, name, VIA_LOSSY, "--since", "0", "--follow", NULL);
	}
	expect_all_have(MEMBERS, 0);
	speak(talks);
	expect_all_have(MEMBERS, talks);
	for (unsigned i = 0; i < MEMBERS; i++) {
		assert_int_equal(members[i].talks, talks);
		assert_true(members[i].digest == members[0].digest);
	}
	print_figures(s, talks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_three_in_ten_lost_each_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
