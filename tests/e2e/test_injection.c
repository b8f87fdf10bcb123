/*
 * Words that mean something to SQL, to the search's syntax, to paths, formats and terminals: said, searched
 * for, taken as names of people and of rooms, as topics, passwords and on command lines.  They are words.
 */
#include "check.h"
#include "room.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static const char *const hostile[] = {
	"'; DROP TABLE events; --",
	"\" OR 1=1 --",
	"Robert'); DELETE FROM rooms;--",
	"x' UNION SELECT frame FROM events--",
	"a AND b",
	"NOT a",
	"a NEAR b",
	"NEAR(a b, 2)",
	"\"",
	"\"\"\"",
	"a*",
	"*",
	"^a",
	"{text}: a",
	"text:a",
	"rowid:1",
	"-a",
	"(",
	"a) OR (b",
	"a+b",
	"%s%s%n",
	"%27%3B",
	"\\'; SELECT 1",
	"../../etc/passwd",
	"/etc/passwd",
	"..",
	"file:room.db?mode=memory",
	"room.db",
	"'||(SELECT name FROM names)||'",
	"$(touch x)",
	"`touch x`",
	"a\tb",
	"你好' OR '你'='你",
	"；DROP",
	"from:",
	"in:",
	"before:",
	"in:#nowhere a",
	"before:2026-13-45 a",
	"from:'; a",
};

/* What its data directory and the working directory hold, besides what belongs there. */
static unsigned files_in(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	assert_non_null(dir);
	for (const struct dirent *e; (e = readdir(dir));)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void said(struct actor *a, const char *line)
{
	char typed[256];

	snprintf(typed, sizeof(typed), "%s%s", line[0] == '/' ? "/" : "", line);
	say(a, typed);
	expect_talk(a, a->name, line);
}

static void test_they_are_said_as_they_are(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);
	char topic[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(hostile); i++)
		said(alice, hostile[i]);
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		if (strchr(hostile[i], '\t'))
			continue;
		snprintf(topic, sizeof(topic), "/topic %s", hostile[i]);
		say(alice, topic);
		expect(alice, "topic", "alice", hostile[i]);
	}
	server_kill(s);
	server_start_again(s);
	/* as they were, after another life has read them from the disk */
	struct actor *bob = enter(s, "bob", VIA_UDP, "--since", "0", NULL);
	expect_join(bob, "alice");
	for (size_t i = 0; i < COUNT_OF(hostile); i++)
		expect_talk(bob, "alice", hostile[i]);
}

/* Either words, of which that talk has all, or no query: never a mistake of SQLite's. */
static void search_for(struct actor *a, const char *words, uint64_t id, unsigned *found,
		       unsigned *bad)
{
	char line[256], answer[32];
	const char *heard;

	snprintf(line, sizeof(line), "/search %s", words);
	snprintf(answer, sizeof(answer), "\"id\":%llu,", (unsigned long long)id);
	say(a, line);
	while ((heard = program_line(a->program, PROGRAM_OUT, within(SOON)))) {
		bool error = strstr(heard, "\"kind\":\"error\"") != NULL;
		if (error && !strstr(heard, "query-bad") && !strstr(heard, "no-such-room"))
			fail_msg("%s: %s", words, heard);
		*bad += error;
		if (strstr(heard, answer))
			return;
		*found += strstr(heard, "\"found\":true") != NULL;
		assert_null(strstr(heard, "unrelated"));
	}
	fail_msg("%s: no answer", words);
}

static void test_they_are_searched_for_as_words(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);
	unsigned found = 0, bad = 0;
	uint64_t id = 1; /* the JOIN's */

	(void)state;
	said(alice, "unrelated: zebra");
	id++;
	for (size_t i = 0; i < COUNT_OF(hostile); i++, id++)
		said(alice, hostile[i]);
	for (size_t i = 0; i < COUNT_OF(hostile); i++)
		search_for(alice, hostile[i], ++id, &found, &bad);
	assert_true(found > 20 && bad > 2);
}

/* Refused or taken, and never anything else than a name. */
static void test_they_are_no_paths_as_names_of_rooms(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);
	unsigned before = files_in(s->dir), here = files_in(".");
	char line[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		snprintf(line, sizeof(line), "/join #%s", hostile[i]);
		say(alice, line);
		snprintf(line, sizeof(line), "/join #room%zu %s", i, hostile[i]);
		say(alice, line);
		snprintf(line, sizeof(line), "/msg %s hi", hostile[i]);
		say(alice, line);
	}
	say(alice, "/join #lobby");
	say(alice, "still here");
	program_expect(alice->program, PROGRAM_OUT, "still here");
	assert_int_equal(files_in(s->dir), before);
	assert_int_equal(files_in("."), here);
}

static void test_they_are_no_rooms_on_the_command_line(void **state)
{
	struct server *s = server_start(NULL, NULL);
	unsigned here = files_in(".");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		const char *const argv[] = {CHAT_SERVER_BIN, "-d",	 s->dir,
					    "--export",	     hostile[i], NULL};
		struct program *p = program_start(argv, NULL, -1);
		assert_int_equal(program_wait(p, within(SOON)), 1);
		assert_string_equal(program_rest(p, PROGRAM_OUT, within(SOON)), "");
	}
	assert_int_equal(files_in("."), here);
}

static void test_they_are_names_or_none(void **state)
{
	struct server *s = server_start(NULL, NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);
	char line[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		snprintf(line, sizeof(line), "/nick %s", hostile[i]);
		say(alice, line);
		say(alice, "/nick alice");
	}
	say(alice, "still here");
	program_expect(alice->program, PROGRAM_OUT, "still here");
	server_kill(s);
	server_start_again(s);
	program_expect(alice->program, PROGRAM_ERR, "back, over tcp");
	say(alice, "and here");
	program_expect(alice->program, PROGRAM_OUT, "and here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_they_are_said_as_they_are),
		SCENE(test_they_are_searched_for_as_words),
		SCENE(test_they_are_no_paths_as_names_of_rooms),
		SCENE(test_they_are_no_rooms_on_the_command_line),
		SCENE(test_they_are_names_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
