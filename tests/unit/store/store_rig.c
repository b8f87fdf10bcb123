#include "store_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char rig_dir[64];
struct db_why rig_why;

int rig_setup(void **state)
{
	(void)state;
	strcpy(rig_dir, "/tmp/chat-test.XXXXXX");
	return mkdtemp(rig_dir) ? 0 : -1;
}

int rig_teardown(void **state)
{
	DIR *dir = opendir(rig_dir);

	(void)state;
	for (struct dirent *e = NULL; dir && (e = readdir(dir)) != NULL;)
		if (unlink(rig_path(e->d_name)) != 0)
			(void)rmdir(rig_path(e->d_name));
	if (dir)
		closedir(dir);
	return rmdir(rig_dir);
}

const char *rig_path(const char *name)
{
	static char paths[2][512];
	static int turn;

	turn ^= 1;
	(void)snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", rig_dir, name);
	return paths[turn];
}

enum err rig_try(struct opened *o)
{
	const struct opening wanted = {.dir = rig_dir, .new_epoch = RIG_EPOCH};

	rig_why.text[0] = '\0';
	return opening_begin(o, &wanted, &rig_why);
}

void rig_open(struct opened *o)
{
	if (rig_try(o) != ERR_NONE)
		fail_msg("%s", rig_why.text);
}

/* ---- batches --------------------------------------------------------------------------------- */

static uint8_t batch_bytes[1 << 18];
static struct buf batch;
const uint8_t rig_alice[OWNER_BYTES] = {0xA1, 0xA1, 0xA1};

void rig_begin(void)
{
	batch = buf_of(batch_bytes, sizeof(batch_bytes));
}

void rig_put(const struct record *r)
{
	record_put(&batch, r);
	assert_false(batch.failed);
}

struct slice rig_records(void)
{
	return slice_of(batch.data, batch.len);
}

void rig_put_room(uint32_t number, const char *name)
{
	struct record r = {.kind = RECORD_ROOM};

	r.room.number = number;
	r.room.name = slice_of(name, strlen(name));
	r.room.made_ms = 1000;
	rig_put(&r);
}

struct slice rig_talk(uint32_t room, uint64_t seq, const char *text)
{
	static uint8_t bytes[WIRE_ITEM_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct event e = {
		.room = room, .seq = seq, .kind = EVENT_TALK, .time_ms = 5000 + (int64_t)seq};

	e.from = slice_of("alice", 5);
	e.text = slice_of(text, strlen(text));
	event_put(&b, &e);
	assert_false(b.failed);
	return slice_of(b.data, b.len);
}

static void put_event(enum record_kind kind, uint32_t room, uint64_t seq, const char *text)
{
	struct record r = {.kind = kind};

	r.event.room = room;
	r.event.seq = seq;
	memcpy(r.event.author, rig_alice, OWNER_BYTES);
	r.event.frame = rig_talk(room, seq, text);
	rig_put(&r);
}

void rig_put_talk(uint32_t room, uint64_t seq, const char *text)
{
	put_event(RECORD_EVENT, room, seq, text);
}

void rig_put_rewrite(uint32_t room, uint64_t seq, const char *text)
{
	put_event(RECORD_REWRITE, room, seq, text);
}

/* ---- from aside ------------------------------------------------------------------------------ */

static void open_aside(struct db *db)
{
	const struct db_options options = {.path = rig_path(OPENING_FILE), .use = DB_WRITE};

	if (db_open(db, &options) != ERR_NONE)
		fail_msg("%s", db->why.text);
}

void rig_sql(const char *text)
{
	struct db db;

	open_aside(&db);
	if (db_exec(&db, text) != ERR_NONE)
		fail_msg("%s: %s", text, db.why.text);
	db_close(&db);
}

int64_t rig_number(const char *query)
{
	struct db db;
	sqlite3_stmt *s;
	int64_t v = 0;

	open_aside(&db);
	if (db_prepare(&db, query, &s) != ERR_NONE || db_value(&db, s, -1, &v) != ERR_NONE)
		fail_msg("%s: %s", query, db.why.text);
	sqlite3_finalize(s);
	db_close(&db);
	return v;
}

size_t rig_size(const char *name)
{
	struct stat st;

	return stat(rig_path(name), &st) ? 0 : (size_t)st.st_size;
}

void rig_truncate(const char *name, size_t size)
{
	assert_int_equal(truncate(rig_path(name), (off_t)size), 0);
}

void rig_flip(const char *name, size_t at)
{
	int fd = open(rig_path(name), O_RDWR);
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 0xff;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

void rig_copy(const char *from, const char *to)
{
	static uint8_t bytes[1 << 20];
	int in = open(rig_path(from), O_RDONLY), out;
	ssize_t n;

	out = open(rig_path(to), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(out, bytes, (size_t)n), n);
	close(in);
	close(out);
}
