/* Composition only: every decision is made elsewhere. */
#include "runtime.h"

#include "console.h"
#include "core/hub.h"
#include "core/peers.h"
#include "crew.h"
#include "history.h"
#include "invitation.h"
#include "listeners.h"
#include "names_import.h"
#include "net/dgram.h"
#include "net/stream.h"
#include "sys/cipher.h"
#include "sys/clock.h"
#include "sys/datadir.h"
#include "sys/identity.h"
#include "sys/log.h"
#include "sys/proc.h"
#include "transcript.h"
#include "visible.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ROOM_BYTES = 64 * 1024 * 1024,	 /* of one room's events in memory … */
	ROOMS_BYTES = 256 * 1024 * 1024, /* … of all rooms' … */
	PAGE_BYTES = 32 * 1024 * 1024,	 /* … and of those that were read again */
	MAX_MEMBERS = 100000,
	MAX_PEERS = 200000,
	MAX_NAMES = 131072, /* with owners, here or not */
	SHUTDOWN_LIMIT_US = 5 * 1000 * 1000,
	SETTLE_LIMIT_US = 10 * 1000 * 1000,
};

_Static_assert((int)OPTIONS_MAX_THREADS <= (int)PEERS_SHARDS &&
		       (int)OPTIONS_MAX_THREADS <= (int)CREW_MAX,
	       "every thread has a shard");

struct runtime {
	const struct server_options *options;
	struct reactor *reactor;
	struct history history;
	struct hub *hub;
	struct peers *peers;
	struct dgram *dgram;
	struct stream *stream;
	struct console *console;
	struct transcript *transcript;
	char dir[DATADIR_MAX]; /* "": there is none */
	struct secure_identity *identity;
	struct cipher *ciphers[PEERS_SHARDS]; /* by shard; NULL: libsodium has to do */
	struct crew *crew;
	struct invitations invitations;
	struct visible visible;
	int signals;
	struct sock_file socket_file; /* ours to remove; none: not made, or removed */
	bool ending;
	uint64_t end_by;
};

static struct instant instant_now(void)
{
	return (struct instant){clock_mono_us(), clock_wall_ms()};
}

/* ---- ports ----------------------------------------------------------------------------------- */

static void send_train(void *ctx, unsigned shard, const struct address *to, int via,
		       const void *bytes, size_t n, size_t size)
{
	dgram_send_train(((struct runtime *)ctx)->dgram, shard, to, via, bytes, n, size);
}

static void flush(void *ctx, unsigned shard)
{
	dgram_flush(((struct runtime *)ctx)->dgram, shard);
}

static size_t send_stream(void *ctx, void *link, const void *p, size_t n)
{
	(void)ctx;
	return stream_send(link, p, n);
}

static void await_writable(void *ctx, void *link)
{
	(void)ctx;
	stream_await(link);
}

static void close_stream(void *ctx, void *link)
{
	stream_close(((struct runtime *)ctx)->stream, link);
}

static void entropy(void *ctx, void *p, size_t n)
{
	(void)ctx;
	entropy_fill(p, n);
}

static void together(void *ctx, void (*fn)(void *arg, unsigned shard), void *arg)
{
	crew_run(((struct runtime *)ctx)->crew, fn, arg);
}

static void published(void *ctx, const struct event *e, const struct address *who)
{
	struct runtime *r = ctx;
	struct slice room = hub_title(r->hub, e->room);

	if (r->transcript)
		transcript_event(r->transcript, room, e, who);
	console_event(r->console, room, e);
}

/* The file goes before the socket, see sys/sock.h; nothing comes in any more. */
static void stop_listening(struct runtime *r)
{
	sock_file_remove(r->options->socket_path, &r->socket_file);
	r->socket_file.ino = 0;
	visible_close(&r->visible);
	if (r->stream)
		stream_stop_listening(r->stream);
}

static void begin_end(struct runtime *r)
{
	if (r->ending)
		return;
	r->ending = true;
	r->end_by = clock_mono_us() + SHUTDOWN_LIMIT_US;
	stop_listening(r);
	peers_shutdown(r->peers, instant_now());
}

static void console_typed(void *ctx, const char *line, size_t len)
{
	struct runtime *r = ctx;

	if (r->transcript)
		transcript_console(r->transcript, clock_wall_ms(), line, len);
}

static enum err console_kick(void *ctx, struct slice name, struct slice words)
{
	return peers_kick(((struct runtime *)ctx)->peers, instant_now(), name, words);
}

static void recalled(void *ctx, enum code code)
{
	console_recalled(((struct runtime *)ctx)->console, code);
}

static enum err console_recall(void *ctx, struct slice room, uint64_t seq)
{
	return hub_recall(((struct runtime *)ctx)->hub, room, seq, instant_now(), recalled, ctx);
}

static void console_quit(void *ctx)
{
	begin_end(ctx);
}

static void reopen_log(struct runtime *r)
{
	char why[TRANSCRIPT_WHY];

	if (r->transcript && transcript_reopen(r->transcript, why) != ERR_NONE)
		log_say(LOG_ERROR, "%s; until then the old file is written on", why);
}

static void signalled(void *ctx, unsigned ready)
{
	struct runtime *r = ctx;
	int number;

	(void)ready;
	while ((number = proc_next_signal(r->signals)) != 0) {
		/* SIGHUP is an order from outside, or the news that the console's terminal was closed */
		if (number == SIGHUP && !console_hung_up(r->console))
			reopen_log(r);
		else
			begin_end(r);
	}
}

/* ---- starting -------------------------------------------------------------------------------- */

static bool fail(const char *what, const char *why)
{
	log_say(LOG_ERROR, "%s: %s", what, why);
	return false;
}

static struct hub *new_hub(struct runtime *r)
{
	struct hub_config config = {.room_bytes = ROOM_BYTES,
				    .rooms_bytes = ROOMS_BYTES,
				    .page_bytes = PAGE_BYTES,
				    .max_members = MAX_MEMBERS,
				    .max_names = MAX_NAMES,
				    .grace_us = r->options->grace * UINT64_C(1000000),
				    .recall_us = r->options->recall * UINT64_C(1000000),
				    .epoch = history_epoch(&r->history),
				    .store = history_port(&r->history)};
	struct hub_observer observer = {published, r};

	entropy_fill(&config.seed, sizeof(config.seed));
	return hub_new(&config, &observer);
}

static struct peers *new_peers(struct runtime *r)
{
	struct peers_config peers = {.max_peers = MAX_PEERS,
				     .identity = r->identity,
				     .command_rate = r->options->rate,
				     .shards = r->options->threads,
				     .together = r->options->together ? 1 : 0};
	struct peers_port port = {.ctx = r,
				  .send_train = send_train,
				  .flush = flush,
				  .send_stream = send_stream,
				  .await_writable = await_writable,
				  .close_stream = close_stream,
				  .entropy = entropy,
				  .together = together};

	for (unsigned i = 0; i < r->options->threads; i++)
		peers.ciphers[i] = cipher_of(r->ciphers[i]);
	return peers_new(&peers, r->hub, &port);
}

static bool build(struct runtime *r)
{
	r->reactor = reactor_new(r->options->io, r->options->edge);
	for (unsigned i = 0; i < r->options->threads; i++)
		r->ciphers[i] = cipher_new();
	if (!(r->crew = crew_new(r->options->threads)))
		return fail("cannot start threads", strerror(errno));
	r->hub = new_hub(r);
	r->peers = r->hub ? new_peers(r) : NULL;
	r->dgram = r->reactor && r->peers ? dgram_new(r->reactor, r->peers) : NULL;
	if (r->dgram && r->options->plain_udp)
		dgram_plain(r->dgram);
	r->stream = r->dgram ? stream_new(r->reactor, r->peers) : NULL;
	return r->stream || fail("cannot start", "out of memory or descriptors");
}

static bool take_signals(struct runtime *r)
{
	static const int wanted[] = {SIGTERM, SIGINT, SIGHUP, 0};

	/* `stty tostop` and the server in the background: what it says must not stop it. */
	signal(SIGTTOU, SIG_IGN);
	/* A file that may not grow further (ulimit -f) is one that cannot be written, and no more. */
	signal(SIGXFSZ, SIG_IGN);
	r->signals = proc_signals(wanted);
	return (r->signals >= 0 &&
		reactor_add(r->reactor, r->signals, REACTOR_READ, signalled, r) == ERR_NONE) ||
	       fail("cannot receive signals", strerror(errno));
}

/* Without -d, no directory only means that nothing is kept. */
static bool open_directory(struct runtime *r)
{
	const char *given = r->options->data_dir;

	if (datadir_open(given, r->dir) == ERR_NONE &&
	    (!given || access(given, R_OK | W_OK | X_OK) == 0))
		return true;
	r->dir[0] = '\0';
	return !given || fail(given, "the data directory cannot be used: choose another with -d");
}

static void warn(const char *sentence)
{
	log_say(LOG_WARNING, "%s", sentence);
}

static bool open_identity(struct runtime *r)
{
	const struct identity_wanted wanted = {
		.dir = r->dir,
		.name = "server.key",
		.password_file = r->options->invite ? NULL : r->options->password_file,
		.insist = r->options->data_dir || r->options->invite,
		.loss = "the key of this run is forgotten at its end, and clients will stop at the "
			"next one: choose a directory with -d",
		.warn = warn,
	};
	struct keyfile_error why;

	r->identity = identity_open(&wanted, &why);
	return r->identity || fail("cannot start", why.text);
}

static bool open_log(struct runtime *r)
{
	const char *log = r->options->log_path;
	char why[TRANSCRIPT_WHY];

	if (log && !(r->transcript = transcript_open(log, why)))
		return fail("cannot start", why);
	return true;
}

static bool adopt(struct runtime *r, int fd, enum transport t)
{
	enum err e =
		t == TRANSPORT_UDP ? dgram_listen(r->dgram, fd) : stream_listen(r->stream, fd, t);

	return e == ERR_NONE || fail("cannot listen", "too many addresses");
}

static bool adopt_all(struct runtime *r, struct listeners *l)
{
	struct address at;
	char text[ADDRESS_MAX_TEXT];
	bool good = true;

	for (size_t i = 0; i < l->count && good; i++) {
		if (sock_local(l->all[i].fd, l->all[i].transport, &at) == ERR_NONE) {
			printf("listening on %s\n", address_format(&at, text));
			invitation_add(&r->invitations, &at);
			visible_add(&r->visible, &at);
		}
		good = adopt(r, l->all[i].fd, l->all[i].transport); /* takes it, even if it fails */
		l->all[i].fd = -1;
	}
	for (size_t i = 0; i < l->count; i++)
		if (l->all[i].fd >= 0)
			close(l->all[i].fd);
	return good;
}

static bool listen_inet(struct runtime *r)
{
	struct listeners l;
	struct sock_error why;
	enum err e = listeners_open(&l, r->options, r->options->port, &why);

	return e == ERR_NONE ? adopt_all(r, &l) : fail("cannot listen", why.text);
}

static bool listen_local(struct runtime *r)
{
	struct sock_error why;
	int fd;

	if (r->options->default_socket &&
	    sock_private_dir(r->options->socket_path, &why) != ERR_NONE)
		return fail("cannot listen", why.text);
	if (sock_listen_unix(r->options->socket_path, &fd, &why) != ERR_NONE)
		return fail("cannot listen", why.text);
	sock_file_note(r->options->socket_path, &r->socket_file);
	printf("listening on unix:%s\n", r->options->socket_path);
	return adopt(r, fd, TRANSPORT_UNIX);
}

/* What was restored, and what was read from a file of before, is kept before anybody comes. */
static bool open_history(struct runtime *r)
{
	char why[NAMES_IMPORT_WHY];
	bool any = false;

	if (!history_serve(&r->history, r->hub, r->reactor))
		return false;
	if (r->history.store && !names_import(r->dir, hub_names(r->hub), &any, why))
		return fail("cannot start", why);
	if (history_settle(&r->history, clock_mono_us() + SETTLE_LIMIT_US) && any)
		names_import_done(r->dir);
	return true;
}

static bool open_console(struct runtime *r)
{
	const struct console_port port = {.ctx = r,
					  .typed = console_typed,
					  .kick = console_kick,
					  .recall = console_recall,
					  .quit = console_quit,
					  .hub = r->hub};

	r->console = console_open(r->reactor, &port);
	return r->console || errno == 0 || fail("cannot read the console", strerror(errno));
}

static bool start(struct runtime *r)
{
	sock_raise_fd_limit();
	if (!open_directory(r) || !open_identity(r) ||
	    !history_open(&r->history, r->options, r->dir) || !build(r) || !take_signals(r) ||
	    !open_log(r) || !open_history(r) || !listen_inet(r) || !listen_local(r) ||
	    !open_console(r))
		return false;
	invitation_print(&r->invitations, r->identity->keys.public, stdout);
	visible_open(&r->visible, r->options, r->identity->keys.public, r->reactor, r->hub);
	printf("ready\n");
	fflush(stdout);
	log_never_wait();
	return true;
}

/* ---- running --------------------------------------------------------------------------------- */

static bool is_over(const struct runtime *r)
{
	return peers_count(r->peers) == 0 && (hub_idle(r->hub) || hub_failing(r->hub));
}

static bool turn(struct runtime *r)
{
	bool more = peers_pump(r->peers, instant_now());
	uint64_t until = more ? 0 : peers_deadline(r->peers);

	if (r->transcript)
		transcript_flush(r->transcript);
	if (r->ending && (is_over(r) || clock_mono_us() >= r->end_by))
		return false;
	if (r->ending && r->end_by < until)
		until = r->end_by;
	if (reactor_turn(r->reactor, until) != ERR_NONE)
		return fail("cannot wait for events", strerror(errno));
	peers_tick(r->peers, instant_now());
	stream_turn(r->stream);
	return true;
}

static void stop(struct runtime *r)
{
	stop_listening(r);
	peers_free(r->peers);
	console_close(r->console);
	transcript_close(r->transcript);
	stream_free(r->stream);
	dgram_free(r->dgram);
	history_close(&r->history);
	hub_free(r->hub);
	crew_free(r->crew);
	for (unsigned i = 0; i < PEERS_SHARDS; i++)
		cipher_free(r->ciphers[i]);
	identity_free(r->identity);
	if (r->reactor)
		reactor_free(r->reactor);
}

int runtime_run(const struct server_options *o)
{
	struct runtime r = {.options = o, .signals = -1};
	bool started = start(&r);

	while (started && turn(&r))
		;
	stop(&r);
	return started && r.ending ? 0 : 1;
}

/* The same addresses as the server's, on another port: that one may be the server's right now. */
static bool find_invitations(struct runtime *r)
{
	struct listeners l;
	struct sock_error why;
	struct address at;

	if (listeners_open(&l, r->options, 0, &why) != ERR_NONE)
		return fail("no invitation", why.text);
	for (size_t i = 0; i < l.count; i++)
		if (sock_local(l.all[i].fd, l.all[i].transport, &at) == ERR_NONE) {
			at.port = r->options->port;
			invitation_add(&r->invitations, &at);
		}
	listeners_close(&l);
	return true;
}

int runtime_invite(const struct server_options *o)
{
	struct runtime r = {.options = o};
	bool good = open_directory(&r) && open_identity(&r) && find_invitations(&r);

	if (good)
		invitation_print(&r.invitations, r.identity->keys.public, stdout);
	identity_free(r.identity);
	return good && fflush(stdout) == 0 ? 0 : 1;
}
