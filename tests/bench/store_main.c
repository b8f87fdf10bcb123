/*
 * chat-bench-store: what the history costs, without the room above it.
 *
 *     chat-bench-store [rows=N] [batch=N] [directory=DIR]
 *
 * Writes N talks (1,000,000) of 64 senders into one room, in batches of N (1,000), in a directory made
 * below DIR (/tmp): first by a bare loop of prepared inserts of the same rows with SQLite as it comes,
 * a transaction and a sync a batch; then by the store, one batch at a time.  By either some more come
 * one each millisecond, to see how long one waits.  Then the store is ended and started again, dies and
 * is started again, and pages from everywhere are read.
 */
#include "core/record.h"
#include "store/store.h"
#include "sys/clock.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ONES = 10000,
	SENDERS = 64,
	FRAME_MAX = 256,
	PAGES = 1000,
	PAGE_EVENTS = 50,
	PAGE_BYTES = 128 * 1024
};
_Static_assert(PAGE_EVENTS == 50, "as it is printed");

static unsigned long rows = 1000000, batch = 1000;
static const char *below = "/tmp";
static char dir[256];
static uint64_t next_seq = 1;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "chat-bench-store: %s: %s\n", what, why);
	exit(1);
}

static double seconds_since(uint64_t start_us)
{
	return (double)(clock_mono_us() - start_us) / 1e6;
}

/* ---- what is written ------------------------------------------------------------------------- */

static void owner_of(uint64_t seq, uint8_t owner[OWNER_BYTES])
{
	memset(owner, (int)(seq % SENDERS) + 1, OWNER_BYTES);
}

static struct slice frame_of(uint64_t seq, uint8_t bytes[FRAME_MAX])
{
	static const char text[] =
		"今天下雨，老地方，六点半见。 See you there, and bring the tickets.";
	struct buf b = buf_of(bytes, FRAME_MAX);
	struct event e = {.room = 1, .seq = seq, .kind = EVENT_TALK, .time_ms = 1796083200000};

	e.from = slice_of("alice", 5);
	e.text = slice_of(text, sizeof(text) - 1);
	event_put(&b, &e);
	return slice_of(b.data, b.len);
}

/* ---- how long it took ------------------------------------------------------------------------ */

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void print_times(const char *what, double *taken, size_t n)
{
	qsort(taken, n, sizeof(taken[0]), by_size);
	printf("%s: %.2f ms in the median, p99 %.2f ms, %.2f ms at most\n", what,
	       taken[n / 2] * 1e3, taken[n * 99 / 100] * 1e3, taken[n - 1] * 1e3);
}

/* A talk each millisecond; what comes while some are being kept is kept together afterwards. */
static void each_millisecond(const char *what, void (*keep)(void *ctx, size_t count), void *ctx)
{
	static double taken[ONES];
	size_t n = rows < ONES ? rows : ONES, done = 0;
	uint64_t start = clock_mono_us();

	while (done < n) {
		uint64_t now = clock_mono_us(), due = start + done * 1000;
		size_t from = done;
		if (due > now)
			(void)poll(NULL, 0, (int)((due - now + 999) / 1000));
		for (now = clock_mono_us(); done < n && start + done * 1000 <= now; done++)
			;
		keep(ctx, done - from);
		for (; from < done; from++)
			taken[from] = seconds_since(start + from * 1000);
	}
	print_times(what, taken, n);
}

/* ---- the bare loop --------------------------------------------------------------------------- */

static void run(sqlite3 *sql, const char *text)
{
	if (sqlite3_exec(sql, text, NULL, NULL, NULL) != SQLITE_OK)
		die(text, sqlite3_errmsg(sql));
}

static void insert(sqlite3_stmt *s, uint64_t seq)
{
	uint8_t owner[OWNER_BYTES], bytes[FRAME_MAX];
	struct slice frame = frame_of(seq, bytes);

	owner_of(seq, owner);
	sqlite3_bind_int64(s, 1, (sqlite3_int64)seq);
	sqlite3_bind_int64(s, 2, 1796083200000);
	sqlite3_bind_blob(s, 3, owner, sizeof(owner), SQLITE_STATIC);
	sqlite3_bind_int64(s, 4, EVENT_TALK);
	sqlite3_bind_blob(s, 5, frame.data, (int)frame.len, SQLITE_STATIC);
	if (sqlite3_step(s) != SQLITE_DONE || sqlite3_reset(s) != SQLITE_OK)
		die("insert", "SQLite refused it");
}

struct bare {
	sqlite3 *sql;
	sqlite3_stmt *insert;
	uint64_t seq;
};

static void open_bare(struct bare *b)
{
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/bare.db", dir);
	if (sqlite3_open(path, &b->sql) != SQLITE_OK)
		die(path, "cannot be opened");
	run(b->sql, "PRAGMA journal_mode = WAL");
	run(b->sql, "PRAGMA synchronous = FULL");
	run(b->sql, "CREATE TABLE events(id INTEGER PRIMARY KEY, time, author, kind, frame)");
	if (sqlite3_prepare_v2(b->sql, "INSERT INTO events VALUES(?1, ?2, ?3, ?4, ?5)", -1,
			       &b->insert, NULL) != SQLITE_OK)
		die("prepare", sqlite3_errmsg(b->sql));
}

static void keep_bare(void *ctx, size_t count)
{
	struct bare *b = ctx;

	run(b->sql, "BEGIN");
	while (count-- > 0)
		insert(b->insert, ++b->seq);
	run(b->sql, "COMMIT");
}

static double bare(void)
{
	struct bare b = {.seq = 0};
	uint64_t start;
	double taken;

	open_bare(&b);
	start = clock_mono_us();
	while (b.seq < rows)
		keep_bare(&b, rows - b.seq < batch ? rows - b.seq : batch);
	taken = seconds_since(start);
	each_millisecond("SQLite, bare, a talk each millisecond", keep_bare, &b);
	sqlite3_finalize(b.insert);
	sqlite3_close(b.sql);
	return taken;
}

/* ---- the store ------------------------------------------------------------------------------- */

static struct store *start_store(void)
{
	const struct store_options o = {.dir = dir, .new_epoch = 1};
	struct db_why why;
	struct store *s = store_open(&o, &why);

	if (!s || store_start(s, &why) != ERR_NONE)
		die("the store", why.text);
	return s;
}

static void await(struct store *s, struct store_result *r)
{
	struct pollfd p = {.fd = store_fd(s), .events = POLLIN};

	while (!store_next(s, r))
		(void)poll(&p, 1, -1);
	if (r->error != ERR_NONE)
		die("the store", r->why);
}

static void put_talk(struct buf *b, uint64_t seq)
{
	uint8_t bytes[FRAME_MAX];
	struct record r = {.kind = RECORD_EVENT};

	r.event.room = 1;
	r.event.seq = seq;
	owner_of(seq, r.event.author);
	r.event.frame = frame_of(seq, bytes);
	record_put(b, &r);
}

/* As a hub does: once in a batch, with all that it has said. */
static void put_sender(struct buf *b, uint64_t sender, uint64_t seq)
{
	struct record r = {.kind = RECORD_SENDER};

	owner_of(sender, r.sender.owner);
	r.sender.instance = sender + 1;
	r.sender.newest = seq;
	for (size_t i = 0; i < SENDERS_REMEMBERED && i < seq; i++)
		r.sender.seqs[i] = seq - i;
	record_put(b, &r);
}

static double by_store(struct store *s, bool with_senders)
{
	size_t cap = batch * (FRAME_MAX + 64) + (size_t)SENDERS * RECORD_SMALL;
	const struct store_port *port = store_port(s);
	struct store_result r;
	uint64_t last = next_seq + rows, start = clock_mono_us();
	uint8_t *bytes = malloc(cap);

	if (!bytes)
		die("the store", "no memory");
	while (next_seq < last) {
		struct buf b = buf_of(bytes, cap);
		for (unsigned long i = 0; i < batch && next_seq < last; i++)
			put_talk(&b, next_seq++);
		for (uint64_t i = 0; with_senders && i < SENDERS; i++)
			put_sender(&b, i, next_seq);
		port->commit(port->ctx, slice_of(b.data, b.len));
		await(s, &r);
	}
	free(bytes);
	return seconds_since(start);
}

static void keep_by_store(void *ctx, size_t count)
{
	static uint8_t bytes[(ONES + 4) * (FRAME_MAX + 64)];
	struct store *s = ctx;
	const struct store_port *port = store_port(s);
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct store_result r;

	while (count-- > 0)
		put_talk(&b, next_seq++);
	put_sender(&b, next_seq % SENDERS, next_seq);
	port->commit(port->ctx, slice_of(b.data, b.len));
	await(s, &r);
}

static double read_page(struct store *s, uint64_t first)
{
	const struct store_port *port = store_port(s);
	struct store_query q = {.kind = QUERY_PAGE, .room = 1, .first = first};
	struct store_result r;
	uint64_t start = clock_mono_us();

	q.last = first + PAGE_EVENTS - 1;
	q.max_bytes = PAGE_BYTES;
	if (port->read(port->ctx, &q) != ERR_NONE)
		die("a page", "refused");
	await(s, &r);
	return seconds_since(start);
}

static void read_pages(struct store *s)
{
	static double taken[PAGES];
	for (uint64_t i = 0; i < PAGES; i++)
		taken[i] = read_page(s, 1 + i * 7919 * 97 % (2 * rows));
	print_times("a page of 50 events from anywhere", taken, PAGES);
}

static struct store *start_again(const char *what)
{
	uint64_t start = clock_mono_us();
	struct store *s = start_store();

	printf("started again %s, with %lu events: %.1f ms\n", what, (unsigned long)next_seq - 1,
	       seconds_since(start) * 1e3);
	return s;
}

/* A process that has the history, and dies. */
static void die_with_it(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		(void)start_store();
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		die("fork", "no child");
}

static struct store *restart(struct store *s)
{
	store_close(s);
	s = start_again("after a good end");
	store_close(s);
	die_with_it();
	return start_again("after a crash");
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void remove_all(void)
{
	char path[600];
	DIR *d = opendir(dir);

	for (struct dirent *e = NULL; d && (e = readdir(d)) != NULL;) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		(void)unlink(path);
	}
	if (d)
		closedir(d);
	(void)rmdir(dir);
}

static void take(const char *argument)
{
	if (strncmp(argument, "rows=", 5) == 0)
		rows = strtoul(argument + 5, NULL, 10);
	else if (strncmp(argument, "batch=", 6) == 0)
		batch = strtoul(argument + 6, NULL, 10);
	else if (strncmp(argument, "directory=", 10) == 0)
		below = argument + 10;
	else
		die("usage", "chat-bench-store [rows=N] [batch=N] [directory=DIR]");
}

static void print_rate(const char *what, double taken, double alone)
{
	printf("%s: %.0f talks/s, %.2f of the bare loop; %.3f ms a batch\n", what,
	       (double)rows / taken, alone / taken, taken * 1e3 / ((double)rows / (double)batch));
}

int main(int argc, char **argv)
{
	struct store *s;

	for (int i = 1; i < argc; i++)
		take(argv[i]);
	(void)snprintf(dir, sizeof(dir), "%s/chat-bench.XXXXXX", below);
	if (rows == 0 || batch == 0 || !mkdtemp(dir))
		die(dir, "nothing can be written there");
	double alone = bare();
	print_rate("SQLite, bare", alone, alone);
	s = start_store();
	print_rate("the store, talks alone", by_store(s, false), alone);
	print_rate("the store, with what 64 senders said", by_store(s, true), alone);
	each_millisecond("the store, a talk each millisecond", keep_by_store, s);
	s = restart(s);
	read_pages(s);
	store_close(s);
	remove_all();
	return 0;
}
