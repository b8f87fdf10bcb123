/*
 * Strangers and members who do what no client does, while a conversation goes on that must not
 * notice.  Whatever is random comes from a seed that is printed; CHAT_TEST_SEED repeats it.
 */
#include "guest.h"
#include "idle.h"
#include "lossy.h"

#include "sys/clock.h"

#include "proto/packet.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const enum via all_ways[] = {VIA_UDP, VIA_TCP, VIA_UNIX};
static const enum via streams[] = {VIA_TCP, VIA_UNIX};

static uint64_t seed_of_this_run(void)
{
	const char *text = getenv("CHAT_TEST_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : clock_mono_us();
	print_message("CHAT_TEST_SEED=%" PRIu64 "\n", seed);
	return seed;
}

static void fill(uint8_t *out, size_t n, uint64_t *random)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)lossy_random(random);
}

static struct actor *room_of_three(struct server **s)
{
	*s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(*s, "alice", VIA_UDP);
	join(*s, "bob", VIA_TCP);
	join(*s, "小明", VIA_UNIX);
	return alice;
}

/* Every so often, everybody says something and is heard by all. */
static void converse(struct server *s)
{
	for (struct actor *a = s->present; a; a = a->next)
		talk(a, "is anything wrong? 没事");
}

static void test_random_datagrams(void **state)
{
	static uint8_t bytes[65507];
	struct server *s;
	uint64_t random = seed_of_this_run();
	room_of_three(&s);
	(void)state;
	for (int round = 0; round < 20; round++) {
		int fd = raw_open(s, VIA_UDP);
		for (int i = 0; i < 250; i++) {
			size_t n = lossy_random(&random) % 1500;
			fill(bytes, n, &random);
			bytes[0] = (uint8_t)(lossy_random(&random) % 8); /* often a packet's type */
			raw_send(fd, bytes, n);
		}
		close(fd);
		converse(s);
	}
}

static void test_the_largest_datagrams(void **state)
{
	static uint8_t bytes[65507];
	struct server *s;
	uint64_t random = seed_of_this_run();
	room_of_three(&s);
	(void)state;
	for (int type = 0; type < 8; type++) {
		int fd = raw_open(s, VIA_UDP);
		fill(bytes, sizeof(bytes), &random);
		bytes[0] = (uint8_t)type;
		for (int i = 0; i < 20; i++)
			raw_send(fd, bytes, sizeof(bytes));
		close(fd);
		converse(s);
	}
}

static void test_random_bytes_on_streams(void **state)
{
	uint8_t bytes[4096];
	struct server *s;
	uint64_t random = seed_of_this_run();
	room_of_three(&s);
	(void)state;
	for (int round = 0; round < 200; round++) {
		size_t n = 1 + lossy_random(&random) % sizeof(bytes);
		int fd = raw_open(s, streams[round % 2]);
		fill(bytes, n, &random);
		if (round % 3) /* short records, so that their content is looked at */
			bytes[0] = 0;
		for (int i = 0; i < 8 && raw_send(fd, bytes, n); i++)
			continue;
		close(fd);
		if (round % 20 == 0)
			converse(s);
	}
}

/* What a member really sent, with bits flipped and pieces missing, from itself and from others. */
static void test_damaged_packets(void **state)
{
	uint8_t packet[WIRE_PACKET_MAX];
	struct server *s;
	uint64_t random = seed_of_this_run();
	room_of_three(&s);
	struct guest *g = guest_join(s, "guest", VIA_UDP);
	(void)state;
	all_expect(s, "join", "guest", NULL);
	int stranger = raw_open(s, VIA_UDP);
	for (int round = 0; round < 2000; round++) {
		size_t n = 1 + lossy_random(&random) % g->sent_len;
		memcpy(packet, g->sent, g->sent_len);
		packet[lossy_random(&random) % n] ^= (uint8_t)(1 << lossy_random(&random) % 8);
		raw_send(stranger, packet, round % 2 ? n : g->sent_len);
		if (round % 200 == 0)
			converse(s);
	}
	guest_say(g, "still me");
	all_expect(s, "talk", "guest", "still me");
	close(stranger);
}

static void test_claimed_names_do_nothing(void **state)
{
	uint8_t packet[WIRE_PACKET_MAX];
	struct server *s;
	struct actor *alice = room_of_three(&s);
	struct command c = {
		.id = 1, .kind = COMMAND_JOIN, .room = WIRE_LOBBY, .text = slice_of("ghost", 5)};
	(void)state;
	/* No handshake at all, with any connection id. */
	int fd = raw_open(s, VIA_UDP);
	for (uint64_t cid = 0; cid < 100; cid++) {
		struct buf b = buf_of(packet, sizeof(packet));
		data_header_put(&b, false, cid << 32 | cid, 1);
		command_put(&b, &c);
		raw_send(fd, packet, b.len);
	}
	close(fd);
	/* A handshake, and then a name that somebody has. */
	for (size_t i = 0; i < 3; i++)
		guest_expect_answer(guest_enter(s, "alice", all_ways[i]), CODE_NAME_TAKEN);
	talk(alice, "I am alice");
	/* "ghost" is nobody: the name is free. */
	leave(join(s, "ghost", VIA_TCP));
}

/* A refused joiner may try another name at once, in the same session. */
static void test_another_name_may_follow_a_refusal(void **state)
{
	struct server *s;
	room_of_three(&s);
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char name[] = "alice0";
		struct guest *g = guest_enter(s, "alice", all_ways[i]);
		guest_expect_answer(g, CODE_NAME_TAKEN);
		name[5] = (char)('1' + i);
		guest_try(g, name);
		all_expect(s, "join", name, NULL);
	}
}

static void test_strangers_who_say_nothing(void **state)
{
	enum { STRANGERS = 300 };
	int fds[STRANGERS];
	struct server *s;
	struct actor *alice = room_of_three(&s);
	(void)state;
	for (size_t i = 0; i < STRANGERS; i++) {
		fds[i] = raw_open(s, streams[i % 2]);
		if (i % 3 == 0)
			raw_send(fds[i], "\0", 1); /* half a length */
	}
	talk(alice, "the more the merrier");
	leave(join(s, "late", VIA_TCP));
	for (size_t i = 0; i < STRANGERS; i++)
		close(fds[i]);
	converse(s);
}

/* Says much to a room in which one member reads nothing. */
static void shout(struct actor *who, int lines)
{
	char text[1001];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < lines; i++)
		talk(who, text);
}

static void test_a_member_who_never_reads_delays_nobody(void **state)
{
	struct server *s;
	struct actor *alice = room_of_three(&s);
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char name[] = "deaf0";
		name[4] = (char)('0' + i);
		struct guest *g = guest_join(s, name, all_ways[i]);
		all_expect(s, "join", name, NULL);
		guest_turn_deaf(g);
	}
	shout(alice, 2000);
}

/* Asleep, it takes nothing; awake, it has missed nothing. */
static void test_a_stopped_client_catches_up(void **state)
{
	enum { LINES = 1000 };
	struct server *s;
	struct actor *alice = room_of_three(&s);
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char name[] = "sleepy0";
		name[6] = (char)('0' + i);
		struct actor *sleepy = join(s, name, all_ways[i]);
		gone(sleepy);
		kill(-program_pid(sleepy->program), SIGSTOP);
		shout(alice, LINES);
		kill(-program_pid(sleepy->program), SIGCONT);
		for (int k = 0; k < LINES; k++)
			expect(sleepy, "talk", "alice", NULL);
		leave(sleepy);
	}
}

/* With no descriptor left, those who are in stay in, the server waits without spinning. */
static void test_out_of_descriptors(void **state)
{
	enum { STRANGERS = 60 };
	int fds[STRANGERS];
	(void)state;
	if (getenv("CHAT_SERVER_WRAPPER"))
		skip(); /* the wrapper needs descriptors of its own */
	setenv("CHAT_SERVER_WRAPPER", "prlimit --nofile=40:40", 1);
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	unsetenv("CHAT_SERVER_WRAPPER");
	struct actor *alice = join(s, "alice", VIA_UDP);
	join(s, "bob", VIA_TCP);
	join(s, "小明", VIA_UNIX);
	for (size_t i = 0; i < STRANGERS; i++)
		fds[i] = raw_open(s, VIA_TCP);
	talk(alice, "full house");
	expect_idle(s->program);
	join(s, "late-udp", VIA_UDP);
	for (size_t i = 0; i < STRANGERS; i++)
		close(fds[i]);
	leave(join(s, "late", VIA_TCP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_random_datagrams),
		SCENE(test_the_largest_datagrams),
		SCENE(test_random_bytes_on_streams),
		SCENE(test_damaged_packets),
		SCENE(test_claimed_names_do_nothing),
		SCENE(test_another_name_may_follow_a_refusal),
		SCENE(test_strangers_who_say_nothing),
		SCENE(test_a_member_who_never_reads_delays_nobody),
		SCENE(test_a_stopped_client_catches_up),
		SCENE(test_out_of_descriptors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
