/*
 * chat-bench-search: how long one searches in a long history, and what the index costs.
 *
 *     chat-bench-search [events=N] [directory=DIR]
 *
 * Fills a room with N talks (1,000,000) of corpus.h, by the store, in a directory made below DIR (/tmp);
 * waits until the index has them; then looks for words of all kinds, each so often, by the store's port
 * as a hub does, and reads pages from the middle.
 */
#include "corpus.h"
#include "fill.h"
#include "store/indexer.h"
#include "store/opening.h"
#include "store/schema.h"
#include "store/search.h"
#include "store/store.h"
#include "sys/clock.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ROOM = 1,
	BATCH_BYTES = 512 * 1024,
	BATCH = 4000,
	TIMES = 50,
	PAGE_EVENTS = 50,
	PAGE_BYTES = 128 * 1024,
	LOOK_AGAIN_MS = 20,
};

static unsigned long events = 1000000;
static const char *below = "/tmp";
static char dir[256];

static void die(const char *what, const char *why)
{
	fprintf(stderr, "chat-bench-search: %s: %s\n", what, why);
	exit(1);
}

static double ms_since(uint64_t start_us)
{
	return (double)(clock_mono_us() - start_us) / 1e3;
}

static const char *path_of(const char *name)
{
	static char path[600];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static double megabytes(void)
{
	struct stat s;

	return stat(path_of(OPENING_FILE), &s) == 0 ? (double)s.st_size / 1e6 : 0;
}

/* ---- the store ------------------------------------------------------------------------------- */

static void fill(struct store *s)
{
	uint64_t start = clock_mono_us();

	fill_talks(s, events);
	printf("%lu talks written in %.1f s\n", events, ms_since(start) / 1e3);
	start = clock_mono_us();
	fill_await_index(dir, events);
	printf("… and in the index %.1f s after that\n", ms_since(start) / 1e3);
}

/* ---- searching ------------------------------------------------------------------------------- */

static double ask(struct store *s, struct store_query *q, struct store_result *r)
{
	const struct store_port *port = store_port(s);
	uint64_t start = clock_mono_us();

	if (port->read(port->ctx, q) != ERR_NONE)
		die("a question", "refused");
	fill_await(s, r);
	return ms_since(start);
}

static size_t events_in(struct slice page)
{
	struct slice raw;
	struct event e;
	size_t n = 0;

	while (page_get(&page, &e, &raw))
		n++;
	return n;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void print_times(const char *what, double first, double taken[TIMES])
{
	qsort(taken, TIMES, sizeof(taken[0]), by_size);
	printf("%s: %.2f ms in the median, %.2f ms at most, %.2f ms the first time", what,
	       taken[TIMES / 2], taken[TIMES - 1] > first ? taken[TIMES - 1] : first, first);
}

static void look_for(struct store *s, const char *what, const char *words, const char *from)
{
	static const uint32_t rooms[] = {ROOM};
	double taken[TIMES], first;
	struct store_query q = {.kind = QUERY_SEARCH,
				.max_bytes = PAGE_BYTES,
				.rooms = rooms,
				.room_count = 1,
				.words = slice_of(words, strlen(words)),
				.from = slice_of(from, strlen(from)),
				.count = PAGE_EVENTS};
	struct store_result r;

	first = ask(s, &q, &r);
	for (int i = 0; i < TIMES; i++)
		taken[i] = ask(s, &q, &r);
	print_times(what, first, taken);
	printf("; %zu%s found\n", events_in(r.answer->page), r.answer->more ? " and more" : "");
}

/* `n` and, if it is not the same one, `m`: words of corpus.h by their rank. */
static void look_for_chinese(struct store *s, const char *what, unsigned n, unsigned m)
{
	char a[CORPUS_WORD], b[CORPUS_WORD], both[2 * CORPUS_WORD];

	(void)snprintf(both, sizeof(both), "%s%s", corpus_chinese(n, a),
		       n == m ? "" : corpus_chinese(m, b));
	look_for(s, what, both, "");
}

static void look_for_all(struct store *s)
{
	char word[CORPUS_WORD], name[CORPUS_WORD], pair[2 * CORPUS_WORD];

	look_for_chinese(s, "the commonest character", 0, 0);
	look_for_chinese(s, "a rare Chinese word", 39000, 39000);
	look_for(s, "a rare Latin word", corpus_latin(29000, word), "");
	look_for(s, "a word that nobody said", "nobodysaidthis", "");
	look_for_chinese(s, "two common characters that hardly stand together", 40, 45);
	look_for_chinese(s, "… of which one is in every second talk", 1, 2400);
	(void)snprintf(pair, sizeof(pair), "%s %s", corpus_chinese(0, word),
		       corpus_latin(29000, name));
	look_for(s, "the commonest character and a rare word", pair, "");
	look_for(s, "a common word from somebody who says little", corpus_chinese(3, word),
		 corpus_member(499, name));
	look_for(s, "a rare word from somebody who says much", corpus_chinese(30000, word),
		 corpus_member(0, name));
	look_for(s, "the beginning of many words", "sha", "");
}

static void read_pages(struct store *s)
{
	struct store_query q = {.kind = QUERY_PAGE, .room = ROOM, .max_bytes = PAGE_BYTES};
	double taken[TIMES], first = 0;
	struct store_result r;

	for (int i = -1; i < TIMES; i++) {
		q.first = events / 2 + 1 + (uint64_t)(i + 1) * 7919 % (events / 3 + 1);
		q.last = q.first + PAGE_EVENTS - 1;
		if (i < 0)
			first = ask(s, &q, &r);
		else
			taken[i] = ask(s, &q, &r);
	}
	print_times("a page of 50 from the middle", first, taken);
	printf("\n");
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void remove_all(void)
{
	DIR *d = opendir(dir);

	for (struct dirent *e = NULL; d && (e = readdir(d)) != NULL;)
		(void)unlink(path_of(e->d_name));
	if (d)
		closedir(d);
	(void)rmdir(dir);
}

static void take(const char *argument)
{
	if (strncmp(argument, "events=", 7) == 0)
		events = strtoul(argument + 7, NULL, 10);
	else if (strncmp(argument, "directory=", 10) == 0)
		below = argument + 10;
	else
		die("usage", "chat-bench-search [events=N] [directory=DIR]");
}

int main(int argc, char **argv)
{
	struct store *s;

	for (int i = 1; i < argc; i++)
		take(argv[i]);
	(void)snprintf(dir, sizeof(dir), "%s/chat-bench.XXXXXX", below);
	if (events == 0 || !mkdtemp(dir))
		die(dir, "nothing can be written there");
	s = fill_open(dir);
	fill(s);
	store_close(s);
	printf("the database has %.0f MB\n", megabytes());
	s = fill_open(dir);
	look_for_all(s);
	read_pages(s);
	store_close(s);
	remove_all();
	return 0;
}
