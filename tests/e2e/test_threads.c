/*
 * A server with several threads: to its members it is like any other, over every transport, whether few are
 * there or many, up to its end.
 */
#include "guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CROWD = 150, LINES = 5 };

static struct guest *crowd[CROWD];

/* Even two members are worth a helper, if it is told so. */
static struct server *start(const char *threads, bool eager)
{
	if (eager)
		setenv("CHAT_TOGETHER", "1", 1);
	struct server *s =
		server_start("--threads", threads, "--rate", "0", "-b", "127.0.0.1", NULL);
	unsetenv("CHAT_TOGETHER");
	return s;
}

static void a_few_talk(const char *threads)
{
	struct server *s = start(threads, true);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct actor *ming = join(s, "小明", VIA_UNIX);
	struct actor *carol = join(s, "carol", VIA_UDP);
	char text[32];

	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "line %d", i);
		talk(i % 3 == 0 ? alice : i % 3 == 1 ? bob : ming, text);
	}
	leave(carol);
	talk(bob, "she has gone");
	leave(bob);
	leave(ming);
	talk(alice, "alone");
	leave(alice);
}

static void two_threads_serve_a_few(void **state)
{
	(void)state;
	a_few_talk("2");
}

static void three_threads_serve_a_few(void **state)
{
	(void)state;
	a_few_talk("3");
}

static void let_crowd_in(struct server *s)
{
	static const enum via ways[] = {VIA_UDP, VIA_TCP, VIA_UNIX};
	char name[32];

	for (size_t i = 0; i < CROWD; i++) {
		snprintf(name, sizeof(name), "m%zu", i);
		crowd[i] = guest_enter(s, name, ways[i % 3]);
		crowd[i]->mark = CROWD + 5; /* from here on all hear the same */
	}
	for (size_t i = 0; i < CROWD; i++)
		guest_expect_answer(crowd[i], CODE_OK);
}

static void all_say_something(void)
{
	for (int k = 0; k < LINES; k++)
		for (size_t i = 0; i < CROWD; i++)
			guest_say(crowd[i], "大家好");
}

static void a_crowd_talks(const char *threads)
{
	struct server *s = start(threads, false);

	let_crowd_in(s);
	all_say_something();
	guests_hear(CROWD + CROWD * LINES);
	guest_quit(crowd[0], "bye");
	guests_turn(within(SOON));
	guest_turn_deaf(crowd[1]);
	guest_turn_deaf(crowd[2]);
	guest_say(crowd[4], "the last");
	for (size_t i = 3; i < CROWD; i++)
		guest_expect_talk(crowd[i], "m4", "the last");
	for (size_t i = 3; i < CROWD; i++)
		assert_true(crowd[i]->digest == crowd[3]->digest);
	server_stop(s); /* with all of them in it */
}

static void two_threads_serve_a_crowd(void **state)
{
	(void)state;
	a_crowd_talks("2");
}

static void three_threads_serve_a_crowd(void **state)
{
	(void)state;
	a_crowd_talks("3");
}

/* Whoever is slow has what it is owed kept for it, and is nobody else's business. */
static void who_does_not_read_keeps_nobody_waiting(void **state)
{
	struct server *s = start("2", true);
	struct guest *slow = guest_join(s, "slow", VIA_TCP);
	struct guest *alice = guest_join(s, "alice", VIA_UDP),
		     *bob = guest_join(s, "bob", VIA_UNIX);
	char text[201];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	guest_turn_deaf(slow);
	for (int i = 0; i < 300; i++) {
		snprintf(text, 8, "%d", i);
		text[strlen(text)] = ' ';
		guest_say(alice, text);
		guest_expect_talk(bob, "alice", text);
	}
	guest_say(bob, "and you?");
	guest_expect_talk(alice, "bob", "and you?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(two_threads_serve_a_few),
		SCENE(three_threads_serve_a_few),
		SCENE(two_threads_serve_a_crowd),
		SCENE(three_threads_serve_a_crowd),
		SCENE(who_does_not_read_keeps_nobody_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
