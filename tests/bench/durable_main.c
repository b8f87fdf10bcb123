/*
 * chat-bench-durable: what a whole server does with a history on the disk.
 *
 *     chat-bench-durable [seconds=N] [senders=N] [events=N] [behind=N] [via=tcp|unix|udp]
 *
 * accepted   N senders (64), each in a room of its own, with 64 talks of 100 bytes outstanding, for N
 *            seconds (5): talks answered a second; then all in one room, where each hears all. Beside it a
 *            bare loop over SQLite of as many rows, a transaction and a sync for each thousand.
 * answered   1,000 talks a second in a room of ten: from a talk to its answer, beside a bare transaction of
 *            one row.
 * long       a room with N events (1,000,000): until 50 lines are there, a page from the middle, searches;
 *            what memory the server has.
 * behind     a member that is N events (100,000) behind comes in: how long until it has all of it, and what
 *            the others notice.
 */
#include "caller.h"
#include "corpus.h"
#include "fill.h"
#include "sealed.h"

#include "sys/clock.h"

#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	SECOND = 1000 * 1000,
	SENDERS_LIMIT = 64,
	WINDOW = WIRE_COMMANDS_MAX,
	TALK_BYTES = 100,
	PACED = 1000, /* talks a second */
	TEN = 10,
	BARE_BATCH = 1000,
	SAMPLES = 200 * 1000,
	BACKLOG = 50,
	REPEATS = 20,
};

static struct setup {
	unsigned long seconds, senders, events, behind;
	enum via via;
} setup = {.seconds = 5,
	   .senders = SENDERS_LIMIT,
	   .events = 1000000,
	   .behind = 100000,
	   .via = VIA_TCP};

static double samples[SAMPLES];
static size_t sample_count;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "chat-bench-durable: %s: %s\n", what, why);
	exit(1);
}

static void sample(double ms)
{
	if (sample_count < SAMPLES)
		samples[sample_count++] = ms;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Of the samples, which are in order then; 0: none. */
static double percentile(double percent)
{
	if (sample_count == 0)
		return 0;
	qsort(samples, sample_count, sizeof(samples[0]), by_size);
	return samples[(size_t)((double)(sample_count - 1) * percent / 100)];
}

static double ms_since(uint64_t start_us)
{
	return (double)(clock_mono_us() - start_us) / 1e3;
}

/* ---- members --------------------------------------------------------------------------------- */

struct member {
	struct caller caller; /* first member */
	uint32_t room;	      /* where it talks */
	uint64_t mids, said, answered, heard;
	uint64_t asked_at[WINDOW]; /* by command id */
	uint64_t own_join;
	bool joined, entered, measured;
	struct reply reply; /* the newest that is no talk's; its text is gone */
	uint64_t replies;
};

static struct member members[SENDERS_LIMIT];
static char text[TALK_BYTES + 1];

static void told(struct caller *c, const struct session_event *ev)
{
	struct member *m = (struct member *)c; /* its first member */
	const struct reply *r = &ev->reply;

	if (ev->kind == SESSION_EVENT) {
		m->heard++;
		return;
	}
	if (r->code != CODE_OK)
		die("a command was refused", code_reason(r->code));
	if (m->said > m->answered && m->entered) {
		m->answered++;
		if (m->measured)
			sample(ms_since(m->asked_at[r->id % WINDOW]));
		return;
	}
	m->reply = *r;
	m->replies++;
}

static void command(struct member *m, struct command *c)
{
	if (session_command(m->caller.session, c) != ERR_NONE)
		die("a command", "the session does not take it");
	m->asked_at[c->id % WINDOW] = clock_mono_us();
}

static void speak(struct member *m)
{
	struct command c = {.kind = COMMAND_TALK,
			    .room = m->room,
			    .text = slice_of(text, TALK_BYTES),
			    .mid = ++m->mids};

	m->said++;
	command(m, &c);
}

/* Works for those that have something to do, until the deadline or until `n` more came (0: nothing). */
static void work(size_t count, uint64_t deadline, const uint64_t *watched, uint64_t target)
{
	struct pollfd fds[SENDERS_LIMIT];

	for (;;) {
		uint64_t until = deadline, now;
		for (size_t i = 0; i < count; i++) {
			caller_work(&members[i].caller);
			fds[i] = (struct pollfd){.fd = members[i].caller.fd, .events = POLLIN};
			uint64_t at = session_deadline(members[i].caller.session);
			until = at < until ? at : until;
		}
		now = clock_mono_us();
		if (now >= deadline || (watched && *watched >= target))
			return;
		until = until > now ? until - now : 0;
		struct timespec wait = {(time_t)(until / SECOND), (long)(until % SECOND) * 1000};
		(void)ppoll(fds, count, &wait, NULL);
	}
}

static void await_replies(struct member *m, size_t count, uint64_t replies)
{
	work(count, clock_mono_us() + 60 * (uint64_t)SECOND, &m->replies, replies);
	if (m->replies < replies)
		die("an answer", "does not come");
}

static void come(const struct server *s, size_t i, enum since_mode mode, uint64_t since)
{
	struct member *m = &members[i];
	struct command c = {.kind = COMMAND_JOIN,
			    .room = WIRE_LOBBY,
			    .since_mode = mode,
			    .since = since,
			    .instance = i + 1};
	char name[32];

	*m = (struct member){.room = WIRE_LOBBY};
	caller_begin(&m->caller, s, setup.via, (unsigned)i + 1);
	m->caller.told = told;
	snprintf(name, sizeof(name), "m%zu", i);
	c.text = slice_of(name, strlen(name));
	command(m, &c);
	await_replies(m, i + 1, 1);
	m->entered = true;
}

static void enter_own_room(size_t i, size_t count)
{
	struct member *m = &members[i];
	char name[32];
	struct command c = {.kind = COMMAND_ENTER, .since_mode = SINCE_LAST};

	m->entered = false;
	snprintf(name, sizeof(name), "#room%zu", i);
	c.text = slice_of(name, strlen(name));
	command(m, &c);
	await_replies(m, count, m->replies + 1);
	m->room = m->reply.room;
	m->entered = true;
}

static void all_go(size_t count)
{
	for (size_t i = 0; i < count; i++)
		caller_end(&members[i].caller);
}

/* ---- accepted -------------------------------------------------------------------------------- */

static uint64_t sum_answered(size_t count)
{
	uint64_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += members[i].answered;
	return n;
}

static uint64_t sum_heard(size_t count)
{
	uint64_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += members[i].heard;
	return n;
}

static void keep_full(size_t count, uint64_t deadline)
{
	while (clock_mono_us() < deadline) {
		for (size_t i = 0; i < count; i++)
			while (members[i].said < members[i].answered + WINDOW)
				speak(&members[i]);
		work(count, 0, NULL, 0);
		struct pollfd fds[SENDERS_LIMIT];
		for (size_t i = 0; i < count; i++)
			fds[i] = (struct pollfd){.fd = members[i].caller.fd, .events = POLLIN};
		(void)poll(fds, count, 1);
	}
}

static double bare_rows(const char *dir, uint64_t rows, unsigned batch)
{
	char path[300], *error = NULL;
	sqlite3 *sql;
	sqlite3_stmt *s;
	uint64_t begun;

	snprintf(path, sizeof(path), "%s/bare.db", dir);
	if (sqlite3_open(path, &sql) != SQLITE_OK ||
	    sqlite3_exec(sql,
			 "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			 "CREATE TABLE IF NOT EXISTS rows(id INTEGER PRIMARY KEY, text)",
			 NULL, NULL, &error) != SQLITE_OK ||
	    sqlite3_prepare_v2(sql, "INSERT INTO rows(text) VALUES(?1)", -1, &s, NULL) != SQLITE_OK)
		die(path, sqlite3_errmsg(sql));
	begun = clock_mono_us();
	for (uint64_t row = 0; row < rows;) {
		uint64_t start = clock_mono_us();
		sqlite3_exec(sql, "BEGIN", NULL, NULL, NULL);
		for (unsigned i = 0; i < batch && row < rows; i++, row++) {
			sqlite3_bind_text(s, 1, text, TALK_BYTES, SQLITE_STATIC);
			if (sqlite3_step(s) != SQLITE_DONE || sqlite3_reset(s) != SQLITE_OK)
				die("insert", sqlite3_errmsg(sql));
		}
		if (sqlite3_exec(sql, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
			die("commit", sqlite3_errmsg(sql));
		if (batch == 1)
			sample(ms_since(start));
	}
	double seconds = ms_since(begun) / 1e3;
	sqlite3_finalize(s);
	sqlite3_close(sql);
	(void)unlink(path);
	return seconds;
}

static void accepted(const struct server *s, bool apart)
{
	size_t n = setup.senders;
	pid_t pid = program_pid(s->program);

	for (size_t i = 0; i < n; i++)
		come(s, i, SINCE_LAST, 0);
	for (size_t i = 0; apart && i < n; i++)
		enter_own_room(i, n);
	keep_full(n, clock_mono_us() + SECOND); /* once for nothing */
	uint64_t before = sum_answered(n), heard = sum_heard(n), cpu = caller_cpu_of(pid);
	uint64_t begun = clock_mono_us();
	keep_full(n, begun + setup.seconds * SECOND);
	double seconds = ms_since(begun) / 1e3;
	uint64_t rows = sum_answered(n) - before;
	double bare = bare_rows(s->dir, rows, BARE_BATCH);
	printf("accepted  %zu senders %s: %.0f talks/s (%.0f deliveries/s), %.1f us of the "
	       "server's "
	       "processors for each; a bare loop over SQLite: %.0f rows/s, %.2f times that\n",
	       n, apart ? "in rooms of their own" : "in one room", (double)rows / seconds,
	       (double)(sum_heard(n) - heard) / seconds,
	       (double)(caller_cpu_of(pid) - cpu) / 1e3 / (double)rows, (double)rows / bare,
	       (double)rows / bare / ((double)rows / seconds));
	all_go(n);
}

/* ---- answered -------------------------------------------------------------------------------- */

/* So many talks a second, by turns, for so long. */
static void pace(size_t first, size_t count, unsigned rate, unsigned seconds, size_t all)
{
	uint64_t begun = clock_mono_us();

	for (uint64_t i = 0; i < (uint64_t)rate * seconds; i++) {
		work(all, begun + i * SECOND / rate, NULL, 0);
		speak(&members[first + i % count]);
	}
	work(all, clock_mono_us() + SECOND / 2, NULL, 0);
}

static void answered(const struct server *s)
{
	for (size_t i = 0; i < TEN; i++)
		come(s, i, SINCE_LAST, 0);
	pace(0, TEN, PACED, 1, TEN); /* once for nothing */
	for (size_t i = 0; i < TEN; i++)
		members[i].measured = true;
	sample_count = 0;
	pace(0, TEN, PACED, (unsigned)setup.seconds, TEN);
	double p50 = percentile(50), p99 = percentile(99);
	sample_count = 0;
	(void)bare_rows(s->dir, PACED, 1);
	printf("answered  %d talks/s: p50 %.2f ms, p99 %.2f ms; a bare transaction of one row: p50 "
	       "%.2f ms, p99 %.2f ms\n",
	       PACED, p50, p99, percentile(50), percentile(99));
	all_go(TEN);
}

/* ---- long ------------------------------------------------------------------------------------ */

/* While the server is not there. */
static void fill(const char *dir)
{
	struct store *s = fill_open(dir);

	fill_talks(s, setup.events);
	fill_await_index(dir, setup.events);
	store_close(s);
}

static void report(const char *what)
{
	double p50 = percentile(50);

	printf("long      %s: %.2f ms in the median, %.2f ms at most\n", what, p50,
	       percentile(100));
	sample_count = 0;
}

/* From the JOIN of somebody who is connected until the last of the lines is there. */
static void time_joins(const struct server *s)
{
	for (int i = 0; i < REPEATS; i++) {
		struct member *m = &members[0];
		struct command c = {.kind = COMMAND_JOIN,
				    .room = WIRE_LOBBY,
				    .text = slice_of("late", 4),
				    .since_mode = SINCE_LAST,
				    .since = BACKLOG};
		*m = (struct member){.room = WIRE_LOBBY};
		caller_begin(&m->caller, s, setup.via, 1);
		m->caller.told = told;
		uint64_t start = clock_mono_us();
		command(m, &c);
		work(1, start + 60 * (uint64_t)SECOND, &m->heard, BACKLOG);
		sample(ms_since(start));
		caller_end(&m->caller);
	}
	report("a handshake, a join and 50 lines");
}

static void time_command(const char *what, struct command *c, bool vary)
{
	struct member *m = &members[0];

	m->entered = false;
	for (int i = 0; i < REPEATS; i++) {
		uint64_t start = clock_mono_us();
		if (vary)
			c->before = setup.events / 2 + (uint64_t)i * 7919 % (setup.events / 3 + 1);
		command(m, c);
		await_replies(m, 1, m->replies + 1);
		sample(ms_since(start));
	}
	report(what);
}

static void search(const char *what, const char *words)
{
	struct command c = {.kind = COMMAND_SEARCH, .text = slice_of(words, strlen(words))};

	time_command(what, &c, false);
}

static void time_reads(const struct server *s)
{
	char a[CORPUS_WORD], b[CORPUS_WORD], both[2 * CORPUS_WORD + 1];
	struct command page = {.kind = COMMAND_PAGE, .room = WIRE_LOBBY, .count = BACKLOG};

	come(s, 0, SINCE_LAST, 0);
	time_command("a page of 50 from the middle", &page, true);
	search("a search for the commonest character", corpus_chinese(0, a));
	search("… for a rare Chinese word", corpus_chinese(39000, a));
	snprintf(both, sizeof(both), "%s%s", corpus_chinese(40, a), corpus_chinese(45, b));
	search("… for two common characters that hardly stand together", both);
	search("… for a rare Latin word", corpus_latin(29000, a));
	all_go(1);
}

static void print_memory(const struct server *s)
{
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)program_pid(s->program));
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "VmRSS:", 6) == 0)
			printf("long      the server's memory: %s", line + 6);
	if (f)
		fclose(f);
}

static void with_long_room(struct server *s)
{
	uint64_t start;

	server_stop(s);
	fill(s->dir);
	start = clock_mono_us();
	server_start_again(s);
	printf("long      %lu events: the server is ready %.0f ms after its start\n", setup.events,
	       ms_since(start));
	time_joins(s);
	time_reads(s);
	print_memory(s);
}

/* ---- behind ---------------------------------------------------------------------------------- */

static double others_p99(unsigned seconds, size_t all)
{
	sample_count = 0;
	pace(0, TEN, PACED / 10, seconds, all);
	return percentile(99);
}

static void behind(const struct server *s)
{
	double alone, meanwhile;

	for (size_t i = 0; i < TEN; i++) {
		come(s, i, SINCE_LAST, 0);
		members[i].measured = true;
	}
	(void)others_p99(1, TEN);
	alone = others_p99((unsigned)setup.seconds, TEN);
	uint64_t start = clock_mono_us();
	come(s, TEN, SINCE_SEQ, setup.events - setup.behind);
	meanwhile = others_p99((unsigned)setup.seconds, TEN + 1);
	work(TEN + 1, clock_mono_us() + 60 * (uint64_t)SECOND, &members[TEN].heard, setup.behind);
	printf("behind    %llu events within %.1f s of coming in; the others' p99 %.2f ms alone, "
	       "%.2f "
	       "ms meanwhile: %.2f times\n",
	       (unsigned long long)members[TEN].heard, ms_since(start) / 1e3, alone, meanwhile,
	       meanwhile / alone);
	all_go(TEN + 1);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool set_via(const char *name)
{
	static const struct {
		const char *name;
		enum via via;
	} known[] = {{"tcp", VIA_TCP}, {"unix", VIA_UNIX}, {"udp", VIA_UDP}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(name, known[i].name) == 0) {
			setup.via = known[i].via;
			return true;
		}
	return false;
}

static bool set(const char *argument)
{
	const struct {
		const char *name;
		unsigned long *value, max;
	} known[] = {
		{"seconds=", &setup.seconds, 60},
		{"senders=", &setup.senders, SENDERS_LIMIT},
		{"events=", &setup.events, 10000000},
		{"behind=", &setup.behind, 10000000},
	};

	if (strncmp(argument, "via=", 4) == 0)
		return set_via(argument + 4);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t n = strlen(known[i].name);
		if (strncmp(argument, known[i].name, n) != 0)
			continue;
		*known[i].value = strtoul(argument + n, NULL, 10);
		return *known[i].value >= 1 && *known[i].value <= known[i].max;
	}
	return false;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!set(argv[i]))
			die(argv[i], "what is that?");
	if (setup.behind > setup.events || setup.senders < 1)
		die("behind", "more than there is");
	memset(text, 'x', TALK_BYTES);
	struct server *s = server_start("-b", "127.0.0.1", "--io", "epoll", "--rate", "0", NULL);
	accepted(s, true);
	accepted(s, false);
	answered(s);
	server_kill(s); /* it would wait for goodbyes */
	if (room_teardown(NULL) != 0)
		return 1;
	s = server_start("-b", "127.0.0.1", "--io", "epoll", "--rate", "0", NULL);
	with_long_room(s);
	behind(s);
	server_kill(s);
	return room_teardown(NULL) == 0 ? 0 : 1;
}
