/* store/backup: a whole copy of one moment, or no file; what is there is left alone. */
#include "store/backup.h"

#include "store/store.h"

#include "store_rig.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_MS = 60 * 1000 };

static struct store *store;
static uint64_t seq;
static char copies[64]; /* a directory of their own */

static int setup(void **state)
{
	const struct store_options o = {.dir = rig_dir, .new_epoch = RIG_EPOCH};

	if (rig_setup(state))
		return -1;
	strcpy(copies, "/tmp/chat-test.XXXXXX");
	if (!mkdtemp(copies))
		return -1;
	store = store_open(&o, &rig_why);
	if (!store || store_start(store, &rig_why) != ERR_NONE)
		fail_msg("%s", rig_why.text);
	seq = 0;
	rig_begin();
	return 0;
}

static const char *copy_path(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", copies, name);
	return path;
}

static int teardown(void **state)
{
	static const char *const names[] = {"room.db", "lock", "room.db-wal", "room.db-shm"};

	store_close(store);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		(void)unlink(copy_path(names[i]));
	assert_int_equal(rmdir(copies), 0); /* and nothing else was left there */
	return rig_teardown(state);
}

static void keep(unsigned talks)
{
	const struct store_port *port = store_port(store);
	struct pollfd p = {.fd = store_fd(store), .events = POLLIN};
	struct store_result r;

	while (talks-- > 0)
		rig_put_talk(1, ++seq, "hello, hello, hello, hello, hello, hello, hello, hello");
	port->commit(port->ctx, rig_records());
	while (!store_next(store, &r))
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(r.kind, STORE_COMMITTED);
	assert_int_equal(r.error, ERR_NONE);
	rig_begin();
}

static enum err back_up(const char *name)
{
	int64_t bytes = 0;
	struct stat s;
	enum err e = backup_make(rig_dir, copy_path(name), &bytes, &rig_why);

	if (e != ERR_NONE)
		return e;
	assert_int_equal(stat(copy_path(name), &s), 0);
	assert_int_equal(s.st_size, bytes);
	assert_int_equal(s.st_mode & 0777, 0600);
	return e;
}

static int64_t in_copy(const char *query)
{
	const struct db_options o = {.path = copy_path("room.db"), .use = DB_WRITE};
	struct db db;
	sqlite3_stmt *s;
	int64_t v = -1;

	assert_int_equal(db_open(&db, &o), ERR_NONE);
	assert_int_equal(db_prepare(&db, query, &s), ERR_NONE);
	assert_int_equal(db_value(&db, s, -1, &v), ERR_NONE);
	sqlite3_finalize(s);
	db_end(&db);
	return v;
}

static void a_backup_has_what_was_kept(void **state)
{
	(void)state;
	rig_put_room(1, "#lobby");
	keep(1000);
	assert_int_equal(back_up("room.db"), ERR_NONE);
	keep(5);
	assert_int_equal(in_copy("SELECT count(*) FROM events"), 1000);
	assert_int_equal(in_copy("SELECT count(*) FROM rooms"), 1);
}

static void a_server_begins_with_it_under_another_epoch(void **state)
{
	const struct store_options o = {.dir = copies, .new_epoch = 99};
	struct store *other;

	(void)state;
	rig_put_room(1, "#lobby");
	keep(10);
	assert_int_equal(back_up("room.db"), ERR_NONE);
	other = store_open(&o, &rig_why);
	if (!other)
		fail_msg("%s", rig_why.text);
	assert_int_equal(store_epoch(other), 99);
	assert_int_equal(store_start(other, &rig_why), ERR_NONE);
	store_close(other);
	assert_int_equal(in_copy("SELECT count(*) FROM events"), 10);
}

static void what_is_there_is_left_alone(void **state)
{
	FILE *f = fopen(copy_path("room.db"), "w");

	(void)state;
	assert_non_null(f);
	fputs("mine", f);
	fclose(f);
	keep(1);
	assert_int_equal(back_up("room.db"), ERR_EXISTS);
	assert_said("already");
	struct stat s;
	assert_int_equal(stat(copy_path("room.db"), &s), 0);
	assert_int_equal(s.st_size, 4);
}

static void where_it_cannot_be_written_there_is_a_sentence(void **state)
{
	int64_t bytes;

	(void)state;
	keep(1);
	assert_int_equal(backup_make(rig_dir, "/nonexistent/copy.db", &bytes, &rig_why),
			 ERR_SYSTEM);
	assert_said("/nonexistent/copy.db");
	assert_said(strerror(ENOENT));
	assert_int_equal(backup_make("/nonexistent", copy_path("room.db"), &bytes, &rig_why),
			 ERR_NOT_FOUND);
	assert_said("no history");
	assert_int_equal(access(copy_path("room.db"), F_OK), -1);
}

/* Another thread goes on writing batches until the backup is made. */
static bool made;

static void *make(void *result)
{
	int64_t bytes;

	*(enum err *)result = backup_make(rig_dir, copy_path("room.db"), &bytes, &rig_why);
	__atomic_store_n(&made, true, __ATOMIC_RELEASE);
	return NULL;
}

static void the_room_goes_on_meanwhile_and_the_copy_is_of_one_moment(void **state)
{
	enum { BATCH = 50 };
	enum err result = ERR_NONE;
	pthread_t thread;

	(void)state;
	for (int i = 0; i < 60; i++)
		keep(BATCH);
	made = false;
	assert_int_equal(pthread_create(&thread, NULL, make, &result), 0);
	do
		keep(BATCH);
	while (!__atomic_load_n(&made, __ATOMIC_ACQUIRE));
	pthread_join(thread, NULL);
	if (result != ERR_NONE)
		fail_msg("%s", rig_why.text);
	int64_t events = in_copy("SELECT count(*) FROM events");
	assert_int_equal(events % BATCH, 0);
	assert_in_range(events, 60 * BATCH, seq);
	assert_int_equal(in_copy("SELECT value FROM meta WHERE name = 'batch'"), events / BATCH);
	assert_int_equal(in_copy("SELECT count(*) FROM pragma_integrity_check WHERE "
				 "integrity_check <> 'ok'"),
			 0);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		EACH(a_backup_has_what_was_kept),
		EACH(a_server_begins_with_it_under_another_epoch),
		EACH(what_is_there_is_left_alone),
		EACH(where_it_cannot_be_written_there_is_a_sentence),
		EACH(the_room_goes_on_meanwhile_and_the_copy_is_of_one_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
