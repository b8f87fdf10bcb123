/*
 * A machine that changes networks while its client is in the room: the real programs, in networks of
 * this test's own (support/netns).  The client is HERE, the server THERE.
 */
#include "check.h"
#include "netns.h"
#include "room.h"

#include "sys/clock.h"

#include <stdio.h>
#include <string.h>

static const char *why_not; /* there are no networks of our own */

static int end_all(void **state)
{
	int rc = room_teardown(state);

	if (!why_not) {
		netns_plug(true);
		netns_readdress(NETNS_HERE_IP);
	}
	return rc;
}

#define SCENE_HERE(test) cmocka_unit_test_teardown(test, end_all)

static struct server *serve(void)
{
	if (why_not) {
		print_message("passed over: %s\n", why_not);
		skip();
	}
	netns_go(NETNS_THERE);
	struct server *s = server_start("-b", NETNS_THERE_IP, NULL);
	netns_go(NETNS_HERE);
	for (int i = 0; i < VIA_COUNT; i++) {
		char *ip = strstr(s->address[i], "127.0.0.1");
		char port[16];
		if (!ip)
			continue;
		snprintf(port, sizeof(port), "%s", ip + strlen("127.0.0.1"));
		snprintf(ip, 32, "%s%s", NETNS_THERE_IP, port);
	}
	return s;
}

static void expect_errors(struct actor *a, const char *part)
{
	program_expect(a->program, PROGRAM_ERR, part);
}

/* Says it, and everybody hears it; true: so soon that nobody had a reason to look for another way. */
static bool talk_at_once(struct actor *a, const char *text)
{
	uint64_t begin = clock_mono_us();

	talk(a, text);
	return clock_mono_us() < begin + 1000 * 1000;
}

/* The session goes on from the other address; nobody sees anything, the client's person included. */
static void test_another_address_over_udp(void **state)
{
	static const char *const addresses[] = {"10.73.0.7", "10.73.0.8", "10.73.0.9"};
	struct server *s = serve();
	struct actor *alice = join(s, "alice", VIA_CHAT);
	struct actor *bob = join(s, "bob", VIA_UNIX);
	bool quick = true;

	(void)state;
	talk(alice, "from here");
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		netns_readdress(addresses[i]);
		quick &= talk_at_once(alice, "from elsewhere");
		quick &= talk_at_once(bob, "to there");
	}
	leave(alice);
	if (quick)
		assert_null(
			strstr(program_rest(alice->program, PROGRAM_ERR, within(SOON)), "lost"));
}

/* A stream is bound to its addresses: there has to be another one. */
static void test_another_address_over_tcp(void **state)
{
	struct server *s = serve();
	struct actor *alice = join(s, "alice", VIA_TCP);
	struct actor *bob = join(s, "bob", VIA_UNIX);

	(void)state;
	talk(alice, "from here");
	netns_readdress("10.73.0.7");
	say(alice, "from elsewhere");
	expect_errors(alice, "connection lost");
	expect_errors(alice, "back, over tcp");
	all_expect(s, "talk", "alice", "from elsewhere");
	talk(bob, "to there");
	leave(alice);
}

static void unplug(enum via via, const char *back)
{
	struct server *s = serve();
	struct actor *alice = join(s, "alice", via);
	struct actor *bob = join(s, "bob", VIA_UNIX);

	talk(alice, "plugged in");
	netns_plug(false);
	say(alice, "unplugged");
	expect_errors(alice, "connection lost");
	say(bob, "are you there?");
	expect_talk(bob, "bob", "are you there?");
	netns_plug(true);
	expect_errors(alice, back);
	expect_talk(alice, "bob", "are you there?");
	all_expect(s, "talk", "alice", "unplugged");
	talk(alice, "plugged in again");
	leave(alice);
}

static void test_unplugged_for_a_while(void **state)
{
	(void)state;
	unplug(VIA_UDP, "back, over udp");
	unplug(VIA_TCP, "back, over tcp");
	unplug(VIA_CHAT, "back, over ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_HERE(test_another_address_over_udp),
		SCENE_HERE(test_another_address_over_tcp),
		SCENE_HERE(test_unplugged_for_a_while),
	};

	why_not = netns_make();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
