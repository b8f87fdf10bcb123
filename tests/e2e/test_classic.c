/*
 * What the rooms of the tutorials fail on, a test each.
 */
#include "guest.h"
#include "idle.h"
#include "sealed.h"

#include "proto/packet.h"
#include "proto/session_internal.h"

#include <fcntl.h>
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

static struct actor *room_of_three(struct server **s)
{
	*s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(*s, "alice", VIA_UDP);
	join(*s, "bob", VIA_TCP);
	join(*s, "小明", VIA_UNIX);
	return alice;
}

/* Sent by every way, from a stranger, and then the connection is left alone or closed. */
static void send_everywhere(const struct server *s, const void *bytes, size_t n)
{
	for (size_t i = 0; i < 3; i++) {
		int fd = raw_open(s, all_ways[i]);
		raw_send(fd, bytes, n);
		close(fd);
		fd = raw_open(s, all_ways[i]);
		raw_send(fd, bytes, n);
	}
}

static void test_one_byte_0xff_does_not_end_the_server(void **state)
{
	struct server *s;
	struct actor *alice = room_of_three(&s);
	(void)state;
	send_everywhere(s, "\xff", 1);
	talk(alice, "nothing happened");
	send_everywhere(s, "\0", 1);
	talk(alice, "nothing happened");
	assert_false(program_ended(s->program));
}

static void test_a_bare_command_does_not_end_the_server(void **state)
{
	static const char *const commands[] = {"quit", "/quit\n", "exit",      "QUIT\r\n", "join",
					       "q",    "4",	  "bye:alice", "shutdown"};
	struct server *s;
	struct actor *alice = room_of_three(&s);
	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		send_everywhere(s, commands[i], strlen(commands[i]));
	/* And from a member who says it: then it is something said. */
	talk(alice, "quit");
	assert_false(program_ended(s->program));
}

/* A record or packet of ours with one command in it. */
static size_t forge(const struct guest *victim, uint8_t out[WIRE_PACKET_MAX],
		    const struct command *c)
{
	struct buf b = buf_of(out, WIRE_PACKET_MAX);
	data_header_put(&b, false, victim->session->remote_cid, sealed_next(victim->session));
	command_put(&b, c);
	buf_put_bytes(&b, "no seal of anyone", WIRE_SEAL);
	assert_false(b.failed);
	return b.len;
}

/* The victim's own connection id and the next packet number, from another address. */
static void send_forged(const struct server *s, const struct guest *victim, enum command_kind kind,
			const char *text)
{
	uint8_t packet[WIRE_PACKET_MAX];
	struct command c = {.kind = kind, .room = WIRE_LOBBY, .text = slice_of(text, strlen(text))};
	int stranger = raw_open(s, VIA_UDP);
	for (c.id = 1; c.id < 8; c.id++)
		raw_send(stranger, packet, forge(victim, packet, &c));
	close(stranger);
}

static void test_a_quit_for_anothers_name_does_nothing(void **state)
{
	struct server *s;
	struct actor *alice = room_of_three(&s);
	struct guest *victim = guest_join(s, "victim", VIA_UDP);
	(void)state;
	all_expect(s, "join", "victim", NULL);
	send_forged(s, victim, COMMAND_QUIT, "victim");
	send_forged(s, victim, COMMAND_TALK, "I am the victim");
	send_forged(s, victim, COMMAND_NICK, "fool");
	/* A member who leaves in another's name leaves himself. */
	struct guest *mallory = guest_join(s, "mallory", VIA_TCP);
	all_expect(s, "join", "mallory", NULL);
	guest_quit(mallory, "alice");
	all_expect(s, "quit", "mallory", NULL);
	talk(alice, "all still here");
	guest_say(victim, "so am I");
	all_expect(s, "talk", "victim", "so am I");
}

static void test_a_forged_announcement_is_not_believed(void **state)
{
	static const char *const staff[] = {"管理员", "管理員",	    "admin",  "ADMIN",
					    "Admin",  "\u0430dmin", "server", "系统"};
	static const char fake[] = "hi\n! 管理员消息: all are banned\n* alice left";
	struct server *s;
	struct actor *alice = room_of_three(&s);
	(void)state;
	for (size_t i = 0; i < sizeof(staff) / sizeof(*staff); i++) {
		struct guest *g = guest_enter(s, staff[i], all_ways[i % 3]);
		guest_expect_answer(g, CODE_NAME_RESERVED);
	}
	/* Words that look like one are words of the one who said them, on one line. */
	const char *const argv[] = {CHAT_CLIENT_BIN, "-n", "reader", s->address[VIA_TCP], NULL};
	struct program *reader = program_start(argv, NULL, -1);
	program_expect(reader, PROGRAM_OUT, "* reader joined");
	all_expect(s, "join", "reader", NULL);
	struct guest *mallory = guest_join(s, "mallory", VIA_TCP);
	all_expect(s, "join", "mallory", NULL);
	program_expect(reader, PROGRAM_OUT, "* mallory joined");
	guest_say(mallory, fake);
	all_expect(s, "talk", "mallory", fake);
	const char *line = program_line(reader, PROGRAM_OUT, within(SOON));
	assert_int_equal(strncmp(line, "mallory: hi", 11), 0);
	talk(alice, "nobody is banned");
	assert_string_equal(program_line(reader, PROGRAM_OUT, within(SOON)),
			    "alice: nobody is banned");
}

/* An EVENT is what servers send; from a member it is a breach, and nobody else sees it. */
static void test_a_member_cannot_send_events(void **state)
{
	uint8_t frame[256], record[512];
	struct server *s;
	struct actor *alice = room_of_three(&s);
	struct guest *mallory = guest_join(s, "mallory", VIA_TCP);
	struct event fake = {.room = WIRE_LOBBY,
			     .seq = 99,
			     .kind = EVENT_ANNOUNCE,
			     .text = slice_of("closing", 7)};
	(void)state;
	all_expect(s, "join", "mallory", NULL);
	struct buf frames = buf_of(frame, sizeof(frame)), out = buf_of(record, sizeof(record));
	event_put(&frames, &fake);
	sealed_record(mallory->session, &frames, &out);
	raw_send(mallory->fd, record, out.len);
	all_expect(s, "quit", "mallory", NULL);
	assert_string_equal(alice->heard.reason, leave_reason_name(LEAVE_PROTOCOL));
	talk(alice, "open as ever");
}

/* Every length around the places where packets, records and buffers end. */
static void test_long_chinese_text_is_not_cut_inside_a_character(void **state)
{
	static const size_t lengths[] = {340, 341, 342, 682, 683, 1365, 1366, 4095, 5460, 5461};
	static char text[TEXT_MAX_BYTES + 8];
	struct server *s;
	room_of_three(&s);
	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		for (size_t k = 0; k < lengths[i]; k++)
			memcpy(text + 3 * k, k % 2 ? "龙" : "马", 3);
		text[3 * lengths[i]] = '\0';
		for (struct actor *a = s->present; a; a = a->next)
			talk(a, text);
	}
}

/* One character over the limit: told to the one who typed it, and nobody hears half of it. */
static void test_too_long_a_text_is_refused_whole(void **state)
{
	static char text[TEXT_MAX_BYTES + 8];
	struct server *s;
	room_of_three(&s);
	(void)state;
	for (size_t k = 0; 3 * k < TEXT_MAX_BYTES; k++)
		memcpy(text + 3 * k, "龘", 3);
	for (struct actor *a = s->present; a; a = a->next) {
		say(a, text);
		program_expect(a->program, PROGRAM_ERR, "16");
		talk(a, "shorter");
	}
}

/* The server has taken the name, and every answer to that is lost for a while. */
static void test_a_lost_ok_does_not_lock_anyone_out(void **state)
{
	struct server *s;
	struct actor *alice = room_of_three(&s);
	(void)state;
	struct guest *g = guest_enter(s, "unlucky", VIA_UDP);
	guest_lose(g, 3);
	all_expect(s, "join", "unlucky", NULL);
	guest_expect_answer(g, CODE_OK);
	assert_int_equal(g->lose, 0);
	guest_say(g, "there you are");
	all_expect(s, "talk", "unlucky", "there you are");
	talk(alice, "joined once, not refused");
}

/* The same with whole clients, and whatever else is lost on a bad day. */
static void test_bad_networks_lock_nobody_out(void **state)
{
	enum { PEOPLE = 20 };
	struct server *s;
	struct actor *alice = room_of_three(&s), *people[PEOPLE];
	char name[16];
	(void)state;
	server_spoil(s, "25", "10", "10", 7001);
	for (int i = 0; i < PEOPLE; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		people[i] = enter(s, name, VIA_LOSSY, NULL, NULL);
		gone(people[i]);
	}
	for (int i = 0; i < PEOPLE; i++) {
		while (strcmp(hear(people[i])->from, people[i]->name) != 0)
			continue;
		assert_string_equal(people[i]->heard.kind, "join");
		say(people[i], "in");
	}
	for (int joins = 0, talks = 0; joins < PEOPLE || talks < PEOPLE;) {
		const struct heard *h = hear(alice);
		joins += strcmp(h->kind, "join") == 0;
		talks += strcmp(h->kind, "talk") == 0;
	}
}

static void test_no_ghost_after_kill_9(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", "--grace", "0", NULL);
	struct actor *bob = join(s, "bob", VIA_UDP);
	(void)state;
	for (int i = 0; i < 10; i++) {
		const char *name = i % 2 ? "alice" : "alicia";
		struct actor *alice = join(s, name, i % 2 ? VIA_TCP : VIA_UNIX);
		program_signal(alice->program, SIGKILL);
		gone(alice);
		expect_quit(bob, name, NULL);
	}
	leave(join(s, "alice", VIA_TCP));
	leave(join(s, "alicia", VIA_UNIX));
}

static void test_no_busy_loop_at_the_end_of_input(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char name[] = "alice0";
		name[5] = (char)('0' + i);
		struct actor *a = enter(s, name, all_ways[i], "--follow", "--since", "now", NULL);
		expect_join(a, name);
		program_end_input(a->program);
		expect_idle(a->program);
		expect_idle(s->program);
		program_signal(a->program, SIGKILL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_one_byte_0xff_does_not_end_the_server),
		SCENE(test_a_bare_command_does_not_end_the_server),
		SCENE(test_a_quit_for_anothers_name_does_nothing),
		SCENE(test_a_forged_announcement_is_not_believed),
		SCENE(test_a_member_cannot_send_events),
		SCENE(test_long_chinese_text_is_not_cut_inside_a_character),
		SCENE(test_too_long_a_text_is_refused_whole),
		SCENE(test_a_lost_ok_does_not_lock_anyone_out),
		SCENE(test_bad_networks_lock_nobody_out),
		SCENE(test_no_ghost_after_kill_9),
		SCENE(test_no_busy_loop_at_the_end_of_input),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
