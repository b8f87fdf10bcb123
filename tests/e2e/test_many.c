/*
 * More TCP members than select() has places for: under --io auto nobody notices that the server
 * starts to wait in another way; under --io select those who do not fit are turned away and the
 * others stay.
 */
#include "guest.h"
#include "idle.h"

#include "sys/sock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>

#include <cmocka.h>

enum { MEMBERS = 1200, WAVE = 50 };

static struct guest *members[MEMBERS];

/* Joins so many at once and waits until all are in; the real clients hear each. */
static void let_in_wave(struct server *s, size_t from)
{
	char name[32];
	for (size_t i = from; i < from + WAVE; i++) {
		snprintf(name, sizeof(name), "m%zu", i);
		members[i] = guest_enter(s, name, VIA_TCP);
		members[i]->mark = MEMBERS + 60; /* from here on all hear the same */
	}
	for (size_t i = from; i < from + WAVE; i++)
		guest_expect_answer(members[i], CODE_OK);
}

static void hear_wave(struct server *s)
{
	for (struct actor *a = s->present; a; a = a->next)
		for (size_t i = 0; i < WAVE; i++)
			assert_string_equal(hear(a)->kind, "join");
}

static void test_over_a_thousand_members_under_auto(void **state)
{
	char text[32];
	if (sock_raise_fd_limit() < MEMBERS + 100)
		skip(); /* this machine lets nobody have so many descriptors */
	struct server *s = server_start("--io", "auto", "-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);
	struct actor *bob = join(s, "bob", VIA_UDP);
	struct actor *ming = join(s, "小明", VIA_UNIX);
	(void)state;
	for (size_t i = 0; i < MEMBERS; i += WAVE) {
		let_in_wave(s, i);
		hear_wave(s);
		snprintf(text, sizeof(text), "%zu are here", i + WAVE);
		talk(alice, text);
	}
	while (alice->seq < MEMBERS + 100)
		talk(bob, "how many are we?");
	guest_say(members[0], "一个");
	all_expect(s, "talk", "m0", "一个");
	guest_say(members[MEMBERS - 1], "一千二百个");
	all_expect(s, "talk", "m1199", "一千二百个");
	talk(ming, "大家都在");
	guests_hear(ming->seq);
	for (size_t i = 0; i < MEMBERS; i++)
		assert_true(members[i]->digest == members[0]->digest);
}

/* Past FD_SETSIZE there is no place: the late are turned away, those who are in notice nothing. */
static void test_no_more_than_select_can_hold_under_select(void **state)
{
	size_t in = 0;
	char name[32];
	if (sock_raise_fd_limit() < MEMBERS + 100)
		skip();
	struct server *s = server_start("--io", "select", "-b", "127.0.0.1", NULL);
	(void)state;
	for (size_t i = 0; i < MEMBERS; i++) {
		snprintf(name, sizeof(name), "m%zu", i);
		members[i] = guest_enter(s, name, VIA_TCP);
		while (!members[i]->joined && !members[i]->ended)
			guests_turn(within(SOON));
		in += members[i]->joined;
	}
	assert_in_range(in, FD_SETSIZE - 64, FD_SETSIZE);
	struct actor *alice = join(s, "alice", VIA_UDP);
	talk(alice, "a full house");
	expect_idle(s->program);
	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i]->joined)
			guest_expect_talk(members[i], "alice", "a full house");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_over_a_thousand_members_under_auto),
		SCENE(test_no_more_than_select_can_hold_under_select),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
