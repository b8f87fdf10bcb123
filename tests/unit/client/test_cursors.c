/* client/cursors: what is known again after a run, who may change it, and files that are none. */
#include "cursors.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_NAME_LINE                                                                             \
	"server\talice\t#"                                                                         \
	"0123456789012345678901234567890123456789012345678901234567890123x\t5\t1\tin\n"

static char base[] = "/tmp/chat-cursors.XXXXXX";
static char path[64];

static int make_base(void **state)
{
	(void)state;
	if (!mkdtemp(base))
		return -1;
	snprintf(path, sizeof(path), "%s/cursors", base);
	return 0;
}

static int remove_base(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path) && access(path, F_OK) == 0 ? -1 : 0;
}

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static struct cursors *begin(const char *server, const char *nick)
{
	enum err err;
	struct cursors *c = cursors_new(path, &err);

	assert_non_null(c);
	assert_true(err == ERR_NONE || err == ERR_NOT_FOUND);
	cursors_at(c, server);
	cursors_as(c, nick);
	return c;
}

static struct cursors *alice(void)
{
	return begin("server", "alice");
}

static void show(struct cursors *c, const char *room, uint64_t epoch, uint64_t seq)
{
	cursors_note(c, text(room), epoch, seq);
	assert_true(cursors_mark(c));
	cursors_shown(c);
}

static void end(struct cursors *c)
{
	assert_int_equal(cursors_save(c, true), ERR_NONE);
	cursors_free(c);
}

static void expect(const struct cursors *c, const char *room, uint64_t epoch, uint64_t seq)
{
	struct cursor found;

	assert_int_equal(cursors_find(c, text(room), true, &found), ERR_NONE);
	assert_true(found.epoch == epoch);
	assert_true(found.seq == seq);
}

/* By a run of its own. */
static void expect_file(const char *room, uint64_t epoch, uint64_t seq)
{
	struct cursors *c = alice();

	expect(c, room, epoch, seq);
	cursors_free(c);
}

static void expect_nothing(const char *server, const char *nick, const char *room)
{
	struct cursors *c = begin(server, nick);
	struct cursor found;

	assert_int_equal(cursors_find(c, text(room), true, &found), ERR_NOT_FOUND);
	cursors_free(c);
}

/* ---- from one run to the next ------------------------------------------------------------------ */

static void what_was_shown_is_known_again(void **state)
{
	struct cursors *c = alice();

	(void)state;
	show(c, "#lobby", 5, 12);
	show(c, "@小明", 5, 3);
	end(c);
	expect_file("#lobby", 5, 12);
	expect_file("@小明", 5, 3);
	expect_nothing("server", "alice", "#dev");
	expect_nothing("server", "bob", "#lobby");
	expect_nothing("other", "alice", "#lobby");
}

static void what_was_not_shown_is_not_written(void **state)
{
	struct cursors *c = alice();

	(void)state;
	cursors_note(c, text("#lobby"), 5, 10);
	assert_true(cursors_mark(c));
	assert_false(cursors_mark(c));
	cursors_note(c, text("#lobby"), 5, 20);
	assert_false(cursors_changed(c));
	cursors_shown(c);
	assert_true(cursors_changed(c));
	expect(c, "#lobby", 5, 20); /* it was given out all the same */
	struct cursors *other = alice();
	struct cursor found;
	assert_int_equal(cursors_find(other, text("#lobby"), true, &found), ERR_NOT_FOUND);
	cursors_free(other);
	end(c);
	expect_file("#lobby", 5, 10);
	c = alice();
	assert_int_equal(cursors_find(c, text("#lobby"), false, &found), ERR_NOT_FOUND);
	cursors_free(c);
}

static void a_run_saves_again_and_again(void **state)
{
	struct cursors *c = alice();

	(void)state;
	for (uint64_t seq = 1; seq < 10; seq++) {
		show(c, "#lobby", 5, seq);
		assert_int_equal(cursors_save(c, false), ERR_NONE);
		assert_false(cursors_changed(c));
		expect_file("#lobby", 5, seq);
	}
	cursors_free(c);
}

static void another_log_takes_the_place_of_the_old(void **state)
{
	struct cursors *c = alice();

	(void)state;
	show(c, "#lobby", 5, 12);
	assert_int_equal(cursors_save(c, false), ERR_NONE);
	show(c, "#lobby", 6, 2);
	end(c);
	expect_file("#lobby", 6, 2);
}

static void which_rooms_one_was_in(void **state)
{
	char rooms[8][CURSORS_ROOM];
	struct cursors *c = alice();

	(void)state;
	cursors_set_in(c, text("#a"), true);
	cursors_set_in(c, text("#b"), true);
	cursors_set_in(c, text("#c"), true);
	show(c, "#b", 5, 7);
	assert_int_equal(cursors_save(c, false), ERR_NONE);
	cursors_set_in(c, text("#b"), false);
	end(c);
	c = alice();
	assert_int_equal(cursors_rooms_in(c, rooms, 8), 2);
	assert_int_equal(cursors_rooms_in(c, rooms, 1), 1);
	expect(c, "#b", 5, 7);
	expect_nothing("server", "alice", "#a"); /* nothing was shown there */
	cursors_free(c);
	c = begin("server", "bob");
	assert_int_equal(cursors_rooms_in(c, rooms, 8), 0);
	cursors_free(c);
}

static void without_a_file_nothing_is_kept(void **state)
{
	enum err err;
	struct cursors *c = cursors_new("", &err);

	(void)state;
	cursors_at(c, "server");
	cursors_as(c, "alice");
	show(c, "#lobby", 5, 12);
	assert_int_equal(cursors_save(c, true), ERR_NONE);
	expect(c, "#lobby", 5, 12);
	cursors_free(c);
	c = begin("/tmp/a\tsocket", "alice"); /* which no line can name */
	show(c, "#lobby", 5, 12);
	assert_int_equal(cursors_save(c, true), ERR_NONE);
	cursors_free(c);
	c = alice();
	cursors_note(c, text("#a\nroom"), 5, 12);
	assert_false(cursors_mark(c));
	cursors_free(c);
	assert_int_equal(access(path, F_OK), -1);
}

/* ---- several at once --------------------------------------------------------------------------- */

static void nobody_is_moved_back(void **state)
{
	struct cursors *one = alice(), *two = alice();

	(void)state;
	show(one, "#lobby", 5, 10);
	show(two, "#lobby", 5, 20);
	show(one, "#dev", 5, 1);
	assert_int_equal(cursors_save(two, false), ERR_NONE);
	end(one);
	expect_file("#lobby", 5, 20);
	expect_file("#dev", 5, 1);
	show(two, "#lobby", 5, 30);
	end(two);
	expect_file("#lobby", 5, 30);
	expect_file("#dev", 5, 1);
}

static void who_finds_it_locked_comes_again(void **state)
{
	struct cursors *c = alice();
	int lock;

	(void)state;
	assert_int_equal(cursors_lock(path, &lock), ERR_NONE);
	show(c, "#lobby", 5, 10);
	assert_int_equal(cursors_save(c, false), ERR_FULL);
	assert_true(cursors_changed(c));
	close(lock);
	end(c);
	expect_file("#lobby", 5, 10);
}

static void run_along(unsigned who)
{
	struct cursors *c = alice();
	char own[16];

	snprintf(own, sizeof(own), "#%u", who);
	for (uint64_t i = 1; i <= 50; i++) {
		show(c, own, 5, i);
		show(c, "#lobby", 5, 10 * i + who);
		enum err err = cursors_save(c, false);
		while (err == ERR_FULL)
			err = cursors_save(c, false);
		if (err != ERR_NONE)
			_exit(1);
	}
	cursors_free(c);
	_exit(0);
}

static void many_at_once_lose_nothing(void **state)
{
	enum { CLIENTS = 4 };
	int status, left = CLIENTS;
	char own[16];

	(void)state;
	for (unsigned i = 0; i < CLIENTS; i++)
		if (fork() == 0)
			run_along(i);
	while (left > 0) {
		struct cursors_rows rows;
		enum err err = cursors_read(path, &rows);
		assert_true(err == ERR_NONE || err == ERR_NOT_FOUND); /* never half a file */
		free(rows.at);
		pid_t gone = waitpid(-1, &status, WNOHANG);
		assert_true(gone >= 0);
		if (gone > 0)
			assert_int_equal(status, 0);
		left -= gone > 0;
	}
	for (unsigned i = 0; i < CLIENTS; i++) {
		snprintf(own, sizeof(own), "#%u", i);
		expect_file(own, 5, 50);
	}
	expect_file("#lobby", 5, 10 * 50 + CLIENTS - 1);
}

/* ---- bounds and damage ------------------------------------------------------------------------- */

static void the_oldest_make_room(void **state)
{
	struct cursors *c = alice();
	char room[16], nick[16];
	struct cursors_rows rows;

	(void)state;
	show(c, "#first", 5, 1);
	end(c);
	for (unsigned i = 0; i < 11; i++) {
		snprintf(nick, sizeof(nick), "bob%u", i);
		c = begin("server", nick);
		for (unsigned j = 0; j < 100; j++) {
			snprintf(room, sizeof(room), "#%u", j);
			show(c, room, 5, 1);
		}
		end(c);
		if (i == 5) { /* used in between: it is not an old one */
			c = alice();
			show(c, "#used", 5, 1);
			end(c);
		}
	}
	assert_int_equal(cursors_read(path, &rows), ERR_NONE);
	assert_int_equal(rows.count, CURSORS_MAX);
	assert_string_equal(rows.at[0].nick, "bob10");
	free(rows.at);
	expect_nothing("server", "alice", "#first");
	expect_file("#used", 5, 1);
}

static size_t read_text(char *out, size_t cap)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	size_t n = fread(out, 1, cap, f);
	fclose(f);
	return n;
}

static void write_text(const char *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void expect_damaged(const char *bytes, size_t n)
{
	struct cursors_rows rows;

	write_text(bytes, n);
	assert_int_equal(cursors_read(path, &rows), ERR_MALFORMED);
	assert_null(rows.at);
}

static void half_a_file_is_none(void **state)
{
	struct cursors *c = alice();
	char bytes[1024];

	(void)state;
	show(c, "#lobby", 5, 12);
	show(c, "#dev", 5, 7);
	end(c);
	size_t n = read_text(bytes, sizeof(bytes));
	for (size_t i = 0; i < n; i++)
		expect_damaged(bytes, i);
	bytes[n] = '#';
	expect_damaged(bytes, n + 1);
}

static void what_no_line_can_be(void **state)
{
	static const char *const lines[] = {
		"server\talice\t#lobby\t5\t12\n",
		"server\talice\t#lobby\t5\t12\tmaybe\n",
		"server\talice\t#lobby\t5\t12\tin\tin\n",
		"server\talice\t#lobby\t5\t-12\tin\n",
		"server\talice\t#lobby\t5\t\tin\n",
		"server\talice\t#lobby\t5\t9223372036854775807\tin\n",
		"server\talice\t#lobby\t5\t99999999999999999999999\tin\n",
		"server\t\t#lobby\t5\t12\tin\n",
		"server\talice\t#lob\x1by\t5\t12\tin\n",
		"server\talice\t#lob\xffy\t5\t12\tin\n",
		LONG_NAME_LINE,
		"\n",
	};
	char good[1024], bytes[2048];

	(void)state;
	struct cursors *c = alice();
	show(c, "#lobby", 5, 12);
	end(c);
	size_t n = read_text(good, sizeof(good));
	size_t head = (size_t)((char *)memchr(good, '\n', n) + 1 - good);
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		int len =
			snprintf(bytes, sizeof(bytes), "%.*s%s# end\n", (int)head, good, lines[i]);
		expect_damaged(bytes, (size_t)len);
	}
}

static void a_damaged_file_counts_as_none(void **state)
{
	enum err err;
	struct cursors *c;

	(void)state;
	write_text("not a file of cursors", 21);
	c = cursors_new(path, &err);
	assert_int_equal(err, ERR_MALFORMED);
	cursors_at(c, "server");
	cursors_as(c, "alice");
	struct cursor found;
	assert_int_equal(cursors_find(c, text("#lobby"), true, &found), ERR_NOT_FOUND);
	show(c, "#lobby", 5, 12);
	end(c);
	expect_file("#lobby", 5, 12);
}

static void what_cannot_be_written_is_written_later(void **state)
{
	char other[64], command[160];
	enum err err;

	(void)state;
	snprintf(other, sizeof(other), "%s/not/there", base);
	struct cursors *c = cursors_new(other, &err);
	cursors_at(c, "server");
	cursors_as(c, "alice");
	show(c, "#lobby", 5, 12);
	assert_int_equal(cursors_save(c, true), ERR_SYSTEM);
	assert_true(cursors_changed(c));
	snprintf(command, sizeof(command), "mkdir %s/not", base);
	assert_int_equal(system(command), 0);
	assert_int_equal(cursors_save(c, true), ERR_NONE);
	assert_false(cursors_changed(c));
	cursors_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_was_shown_is_known_again, remove_file),
		cmocka_unit_test_teardown(what_was_not_shown_is_not_written, remove_file),
		cmocka_unit_test_teardown(a_run_saves_again_and_again, remove_file),
		cmocka_unit_test_teardown(another_log_takes_the_place_of_the_old, remove_file),
		cmocka_unit_test_teardown(which_rooms_one_was_in, remove_file),
		cmocka_unit_test_teardown(without_a_file_nothing_is_kept, remove_file),
		cmocka_unit_test_teardown(nobody_is_moved_back, remove_file),
		cmocka_unit_test_teardown(who_finds_it_locked_comes_again, remove_file),
		cmocka_unit_test_teardown(many_at_once_lose_nothing, remove_file),
		cmocka_unit_test_teardown(the_oldest_make_room, remove_file),
		cmocka_unit_test_teardown(half_a_file_is_none, remove_file),
		cmocka_unit_test_teardown(what_no_line_can_be, remove_file),
		cmocka_unit_test_teardown(a_damaged_file_counts_as_none, remove_file),
		cmocka_unit_test_teardown(what_cannot_be_written_is_written_later, remove_file),
	};

	return cmocka_run_group_tests_name("cursors", tests, make_base, remove_base);
}
