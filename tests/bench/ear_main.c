/*
 * chat-bench-ear: what one event costs a receiver.
 *
 *     chat-bench-ear [events=N] [rounds=N] [text=BYTES] [piece=BYTES] [via=udp|tcp|unix]
 *
 * A server's session reads a room of talks from memory and a client's session hears them, in one
 * process and without sockets: over UDP in trains of packets, over TCP in sealed records, and over
 * AF_UNIX in the same records in the clear, so that those two differ by what opening a record costs.
 * A stream comes in pieces, as it is read from a socket.  Time is made up, so that nobody waits.
 * Printed for each link, of all rounds the median: nanoseconds of the receiver for each event, with its
 * acknowledgements, and of the sender.  Every event has to come, in order.
 */
#include "check.h"
#include "sealed.h"

#include "sys/cipher.h"
#include "sys/clock.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	TRAIN = 64 * 1024, /* bytes that go over at once */
	UNITS = TRAIN / 64,
	ROUNDS_MAX = 101,
	TEXT_MOST = 1000,
	UNIT_MOST = WIRE_RECORD_HEADER + WIRE_RECORD_MAX,
};

struct setup {
	unsigned long events, rounds, text, piece;
	const char *via; /* NULL: all */
};

/* The room: frames one behind the other, and where each begins. */
struct room {
	uint8_t *bytes;
	uint32_t *at;
	uint64_t events;
};

struct pair {
	struct cipher *cipher[2]; /* each end's own, as if it was another process */
	struct session *server, *client;
	struct room *room;
	bool stream;
	uint64_t now;
	uint64_t heard, client_ns, server_ns;
	struct slice pieces[UNITS];
	uint8_t train[TRAIN];
};

struct link {
	const char *name;
	enum session_link link;
	bool sealed;
};

static const struct link links[] = {
	{"udp", SESSION_DGRAM, true},
	{"tcp", SESSION_STREAM, true},
	{"unix", SESSION_STREAM, false},
};

static void die(const char *what)
{
	fprintf(stderr, "chat-bench-ear: %s\n", what);
	exit(1);
}

/* ---- the room -------------------------------------------------------------------------------- */

static void fill_room(struct room *r, const struct setup *w)
{
	static char text[TEXT_MOST];
	size_t each = w->text + WIRE_EVENT_HEADER_MAX;

	r->events = w->events;
	r->bytes = malloc(w->events * each);
	r->at = malloc((w->events + 1) * sizeof(*r->at));
	if (!r->bytes || !r->at)
		die("no memory");
	memset(text, 'x', sizeof(text));
	struct buf b = buf_of(r->bytes, w->events * each);
	for (uint64_t seq = 1; seq <= w->events; seq++) {
		struct event e = {.room = WIRE_LOBBY,
				  .seq = seq,
				  .kind = EVENT_TALK,
				  .time_ms = 1795000000000 + (int64_t)seq,
				  .from = slice_of("of seventeen char", 17),
				  .text = slice_of(text, w->text)};
		r->at[seq - 1] = (uint32_t)b.len;
		event_put(&b, &e);
	}
	r->at[w->events] = (uint32_t)b.len;
}

static uint64_t room_head(void *ctx, uint32_t room)
{
	const struct room *r = ctx;

	(void)room;
	return r->events;
}

static enum log_state room_run(void *ctx, uint32_t room, uint64_t seq, size_t max_bytes,
			       struct slice *out, uint32_t *count)
{
	const struct room *r = ctx;
	const uint32_t *at = r->at + seq - 1;
	uint32_t n = 1;

	(void)room;
	while (n < *count && at[n + 1] - at[0] <= max_bytes)
		n++;
	*out = slice_of(r->bytes + at[0], at[n] - at[0]);
	*count = n;
	return LOG_HERE;
}

static const struct session_log room_log = {.head = room_head, .run = room_run};

/* ---- the two ends ---------------------------------------------------------------------------- */

static void begin(struct pair *p, const struct link *l, struct room *room)
{
	struct session_config client = sealed_client(1, l->link, 77);
	struct session_config server = {.role = SESSION_SERVER,
					.link = l->link,
					.local_cid = 88,
					.remote_cid = 77,
					.identity = sealed_identity(SEALED_SERVER),
					.log = &room_log,
					.log_ctx = room};

	*p = (struct pair){.cipher = {cipher_new(), cipher_new()}};
	client.cipher = cipher_of(p->cipher[0]);
	server.cipher = cipher_of(p->cipher[1]);
	if (!l->sealed)
		client.identity = server.identity = NULL;
	entropy_fill(server.ephemeral, sizeof(server.ephemeral));
	p->room = room;
	p->stream = l->link == SESSION_STREAM;
	p->now = 1;
	p->client = session_new(&client, p->now);
	p->server = session_new(&server, p->now);
	struct command join = {.kind = COMMAND_JOIN, .room = WIRE_LOBBY, .text = slice_of("me", 2)};
	if (!p->client || !p->server || session_command(p->client, &join) != ERR_NONE)
		die("no session");
}

static void end(struct pair *p)
{
	session_free(p->client);
	session_free(p->server);
	cipher_free(p->cipher[0]);
	cipher_free(p->cipher[1]);
}

/* The only command is the JOIN. */
static void serve(struct pair *p)
{
	struct session_event ev;

	while (session_event(p->server, p->now, &ev)) {
		if (ev.kind == SESSION_ENDED)
			die("the server's session ended");
		if (ev.kind != SESSION_COMMAND)
			continue;
		struct reply r = {.id = ev.command.id,
				  .first = 1,
				  .epoch = 1,
				  .room = WIRE_LOBBY,
				  .text = slice_of("me", 2)};
		if (session_follow(p->server, WIRE_LOBBY, 1) != ERR_NONE ||
		    session_reply(p->server, &r) != ERR_NONE)
			die("no memory");
	}
}

static void hear(struct pair *p)
{
	struct session_event ev;

	while (session_event(p->client, p->now, &ev)) {
		if (ev.kind == SESSION_ENDED)
			die("the client's session ended");
		if (ev.kind == SESSION_EVENT && ev.heard.event.seq != ++p->heard)
			die("events out of order");
	}
}

/* All that a session has to send now, as far as there is room; the number of units. */
static size_t collect(struct pair *p, struct session *from)
{
	struct buf out = buf_of(p->train, sizeof(p->train));
	size_t n = 0;

	while (n < UNITS && sizeof(p->train) - out.len >= UNIT_MOST) {
		size_t at = out.len;
		if (!session_output(from, p->now, &out))
			break;
		p->pieces[n++] = slice_of(p->train + at, out.len - at);
	}
	return n;
}

/* A stream comes as it was read, whatever the records. */
static size_t cut(struct pair *p, size_t n, size_t piece)
{
	size_t total = 0, cuts = 0;

	for (size_t i = 0; i < n; i++)
		total += p->pieces[i].len;
	for (size_t at = 0; at < total; at += piece, cuts++)
		p->pieces[cuts] = slice_of(p->train + at, total - at < piece ? total - at : piece);
	return cuts;
}

static void feed(struct pair *p, struct session *to, size_t n, void (*listen)(struct pair *p))
{
	for (size_t i = 0; i < n; i++) {
		uint8_t *bytes = p->train + (p->pieces[i].data - p->train);
		session_feed(to, p->now, bytes, p->pieces[i].len);
		listen(p);
	}
}

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* There and back once; false: nobody had anything to say. */
static bool exchange(struct pair *p, const struct setup *w)
{
	uint64_t start = clock_ns();
	size_t there = collect(p, p->server);
	uint64_t sent = clock_ns();

	size_t pieces = p->stream ? cut(p, there, w->piece) : there;
	feed(p, p->client, pieces, hear);
	size_t back = collect(p, p->client);
	uint64_t heard = clock_ns();

	feed(p, p->server, back, serve);
	p->client_ns += heard - sent;
	p->server_ns += sent - start + (clock_ns() - heard);
	return there + back > 0;
}

static void pass_time(struct pair *p)
{
	uint64_t a = session_deadline(p->server), b = session_deadline(p->client);
	uint64_t next = a < b ? a : b;

	p->now = next > p->now ? next : p->now + 1;
	session_tick(p->server, p->now);
	session_tick(p->client, p->now);
}

static void run(struct pair *p, const struct link *l, struct room *room, const struct setup *w)
{
	begin(p, l, room);
	while (p->heard < room->events) {
		if (!exchange(p, w))
			pass_time(p);
		else
			p->now += 100;
	}
	end(p);
}

/* ---- the figures ----------------------------------------------------------------------------- */

struct figures {
	double heard[ROUNDS_MAX], sent[ROUNDS_MAX]; /* nanoseconds for each event */
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *all, size_t n)
{
	qsort(all, n, sizeof(*all), by_value);
	return all[n / 2];
}

static unsigned long number(const char *arg, const char *name, unsigned long otherwise)
{
	size_t n = strlen(name);

	return strncmp(arg, name, n) == 0 && arg[n] == '=' ? strtoul(arg + n + 1, NULL, 10)
							   : otherwise;
}

static bool setup_sound(const struct setup *w)
{
	return w->events > 0 && w->events <= 1000 * 1000 && w->rounds > 0 &&
	       w->rounds <= ROUNDS_MAX && w->text > 0 && w->text <= TEXT_MOST &&
	       w->piece >= TRAIN / UNITS;
}

static bool wanted(const struct setup *w, const struct link *l)
{
	return !w->via || strcmp(w->via, l->name) == 0;
}

static void measure(const struct link *l, struct room *room, const struct setup *w,
		    struct figures *f, size_t round)
{
	static struct pair pair;

	run(&pair, l, room, w);
	f->heard[round] = (double)pair.client_ns / (double)w->events;
	f->sent[round] = (double)pair.server_ns / (double)w->events;
}

int main(int argc, char **argv)
{
	static struct figures figures[COUNT_OF(links)];
	struct setup w = {.events = 100000, .rounds = 11, .text = 100, .piece = TRAIN};
	struct room room;

	for (int i = 1; i < argc; i++) {
		w.events = number(argv[i], "events", w.events);
		w.rounds = number(argv[i], "rounds", w.rounds);
		w.text = number(argv[i], "text", w.text);
		w.piece = number(argv[i], "piece", w.piece);
		w.via = strncmp(argv[i], "via=", 4) == 0 ? argv[i] + 4 : w.via;
	}
	if (sodium_init() < 0)
		die("no cipher");
	if (!setup_sound(&w))
		die("usage: chat-bench-ear [events=N] [rounds=N] [text=BYTES] [piece=BYTES] "
		    "[via=udp|tcp|unix]");
	fill_room(&room, &w);
	for (size_t round = 0; round < w.rounds; round++)
		for (size_t l = 0; l < COUNT_OF(links); l++)
			if (wanted(&w, &links[l]))
				measure(&links[l], &room, &w, &figures[l], round);
	for (size_t l = 0; l < COUNT_OF(links); l++)
		if (wanted(&w, &links[l]))
			printf("via=%-4s frame=%u receiver_ns=%.1f sender_ns=%.1f\n", links[l].name,
			       room.at[w.events] - room.at[w.events - 1],
			       median(figures[l].heard, w.rounds),
			       median(figures[l].sent, w.rounds));
	free(room.bytes);
	free(room.at);
	return 0;
}
