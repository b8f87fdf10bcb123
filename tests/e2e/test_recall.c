/* What is taken back, and what is said otherwise: for who is there, who comes later, and who looks for it. */
#include "room.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Anywhere in its bytes. */
static bool file_holds(const char *dir, const char *name, const char *words)
{
	static char bytes[1 << 20];
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t n = fread(bytes, 1, sizeof(bytes), f);
	assert_true(n > 0 && n < sizeof(bytes));
	fclose(f);
	return memmem(bytes, n, words, strlen(words)) != NULL;
}

static void hears(struct actor *a, const char *kind, uint64_t target, const char *text)
{
	expect(a, kind, "alice", text);
	assert_int_equal(a->heard.target, target);
}

static void test_a_recalled_message_is_gone_for_all(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP), *bob = join(s, "bob", VIA_TCP), *carol;

	(void)state;
	talk(alice, "my password is plover");
	uint64_t seq = alice->heard.seq;
	talk(bob, "your what?");
	say(alice, "/recall");
	hears(alice, "recall", seq, NULL);
	hears(bob, "recall", seq, NULL);
	say(bob, "/search plover");
	assert_false(expect_ok(bob)->more); /* nothing was found before it */
	carol = enter(s, "carol", VIA_UDP, "--since", "0", NULL);
	expect(carol, "join", "alice", NULL);
	expect(carol, "join", "bob", NULL);
	expect(carol, "recalled", "alice", NULL);
	assert_null(strstr(carol->heard.line, "plover"));
	expect(carol, "talk", "bob", "your what?");
	expect(carol, "recall", "alice", NULL);
}

static void test_an_edited_message_says_the_last_to_all(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_TCP), *bob = join(s, "bob", VIA_UDP), *carol;

	(void)state;
	talk(alice, "meet me at plover");
	uint64_t seq = alice->heard.seq;
	say(alice, "/edit meet me at the tea house");
	hears(alice, "edit", seq, "meet me at the tea house");
	hears(bob, "edit", seq, "meet me at the tea house");
	say(alice, "/edit 老地方，六点半");
	hears(alice, "edit", seq, "老地方，六点半");
	hears(bob, "edit", seq, "老地方，六点半");
	say(bob, "/search 六点");
	expect(bob, "talk", "alice", "老地方，六点半");
	assert_true(bob->heard.found && bob->heard.edited && bob->heard.seq == seq);
	expect_ok(bob);
	say(bob, "/search tea");
	assert_false(expect_ok(bob)->more);
	carol = enter(s, "carol", VIA_TCP, "--since", "0", NULL);
	expect(carol, "join", "alice", NULL);
	expect(carol, "join", "bob", NULL);
	expect(carol, "talk", "alice", "老地方，六点半");
	assert_true(carol->heard.edited);
	expect(carol, "edit", "alice", "");
	expect(carol, "edit", "alice", "老地方，六点半");
	expect_join(carol, "carol");
}

static void test_only_one_s_own_and_only_in_time(void **state)
{
	struct server *s = server_start("--recall", "0", NULL), *other;
	struct actor *alice = join(s, "alice", VIA_UDP), *bob;

	(void)state;
	talk(alice, "for ever");
	say(alice, "/recall");
	expect_error(alice, "too-late");
	say(alice, "/edit never");
	expect_error(alice, "too-late");
	other = server_start(NULL, NULL);
	alice = join(other, "alice", VIA_UDP);
	bob = join(other, "bob", VIA_TCP);
	talk(alice, "mine");
	char line[64];
	snprintf(line, sizeof(line), "/recall %llu", (unsigned long long)alice->heard.seq);
	say(bob, line);
	expect_error(bob, "not-yours");
	say(bob, "/recall 1");
	expect_error(bob, "no-such-event");
	say(bob, "/edit 99999 nothing");
	expect_error(bob, "no-such-event");
	talk(bob, "nothing happened");
}

/* After it died, too: who said what is kept with it.  And nothing of the text is left on the disk. */
static void test_after_the_server_died(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);

	(void)state;
	talk(alice, "my password is xyzzy");
	talk(alice, "hello");
	uint64_t hello = alice->heard.seq;
	server_kill(s);
	server_start_again(s);
	char line[64];
	snprintf(line, sizeof(line), "/recall %llu", (unsigned long long)hello - 1);
	say(alice, line);
	hears(alice, "recall", hello - 1, NULL);
	say(alice, "/edit hello, again");
	hears(alice, "edit", hello, "hello, again");
	say(alice, "/search xyzzy");
	expect_ok(alice);
	leave(alice);
	server_stop(s);
	assert_true(file_holds(s->dir, "room.db", "hello, again"));
	assert_false(file_holds(s->dir, "room.db", "xyzzy"));
}

/* In many packets, of which many are lost, while it changes. */
static void test_long_messages_on_a_bad_network(void **state)
{
	struct server *s = server_start("--rate", "0", NULL);
	static char text[12000];

	(void)state;
	server_spoil(s, "20", "5", "20", 20261121);
	struct actor *alice = join(s, "alice", VIA_TCP), *bob = join(s, "bob", VIA_LOSSY);
	for (int i = 0; i < 5; i++) {
		memset(text, 'a' + i, sizeof(text) - 1);
		say(alice, text);
		expect(alice, "talk", "alice", text);
		uint64_t seq = alice->heard.seq;
		memcpy(text, "/edit ", 6);
		memset(text + 6, 'A' + i, sizeof(text) - 7);
		say(alice, text);
		expect(alice, "edit", "alice", text + 6);
		expect(bob, "talk", "alice",
		       NULL); /* as it was, or as it is: one letter all over */
		const char *heard = bob->heard.text;
		assert_true(heard[0] == 'a' + i || heard[0] == 'A' + i);
		assert_int_equal(strspn(heard, (char[]){heard[0], '\0'}), strlen(heard));
		assert_true(bob->heard.edited == (heard[0] == 'A' + i));
		hears(bob, "edit", seq, text + 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_a_recalled_message_is_gone_for_all),
		SCENE(test_an_edited_message_says_the_last_to_all),
		SCENE(test_only_one_s_own_and_only_in_time),
		SCENE(test_after_the_server_died),
		SCENE(test_long_messages_on_a_bad_network),
	};

	return cmocka_run_group_tests_name("recall and edit", tests, NULL, NULL);
}
