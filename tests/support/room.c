/* See room.h. */
#include "room.h"

#include "guest.h"
#include "jsonline.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARGS_MAX = 48, DIRS_MAX = 16 };

struct args {
	const char *list[ARGS_MAX];
	size_t count;
};

static struct server *servers;
static char dirs[DIRS_MAX][48];
static size_t dir_count;

static void add(struct args *a, const char *s)
{
	assert_true(a->count + 1 < ARGS_MAX);
	a->list[a->count++] = s;
}

static void add_all(struct args *a, const char *first, va_list more)
{
	for (const char *s = first; s; s = va_arg(more, const char *))
		add(a, s);
}

const char *room_dir(char out[48])
{
	assert_true(dir_count < DIRS_MAX);
	snprintf(dirs[dir_count], sizeof(*dirs), "/tmp/chat-test.XXXXXX");
	if (!mkdtemp(dirs[dir_count]))
		fail_msg("mkdtemp: %s", strerror(errno));
	return strcpy(out, dirs[dir_count++]);
}

/* ---- the server ----------------------------------------------------------------------------- */

/* CHAT_SERVER_WRAPPER: words to put before the command, such as valgrind and its options. */
static void add_wrapper(struct args *a, char *words)
{
	for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
		add(a, w);
}

static void note_listener(struct server *s, const char *line)
{
	const char *colon = strrchr(line, ':');
	unsigned port = colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
	if (strncmp(line, "listening on udp://", 19) == 0) {
		s->udp_port = (uint16_t)port;
		snprintf(s->address[VIA_UDP], sizeof(*s->address), "udp://127.0.0.1:%u", port);
	} else if (strncmp(line, "listening on tcp://", 19) == 0) {
		s->tcp_port = (uint16_t)port;
		snprintf(s->address[VIA_TCP], sizeof(*s->address), "tcp://127.0.0.1:%u", port);
		snprintf(s->address[VIA_CHAT], sizeof(*s->address), "chat://127.0.0.1:%u", port);
	} else if (strncmp(line, "listening on unix:", 18) == 0) {
		snprintf(s->address[VIA_UNIX], sizeof(*s->address), "%s", line + 13);
	}
}

static void await_ready(struct server *s)
{
	uint64_t deadline = within(SOON);
	for (;;) {
		const char *line = program_line(s->program, PROGRAM_OUT, deadline);
		if (!line)
			fail_msg("the server does not start: %s",
				 program_rest(s->program, PROGRAM_ERR, deadline));
		if (strcmp(line, "ready") == 0)
			return;
		note_listener(s, line);
	}
}

/* On the ports that it has; at first that is the kernel's choice. */
static void run(struct server *s, int in)
{
	struct args a = {0};
	const char *wrapper = getenv("CHAT_SERVER_WRAPPER");
	char words[256], port[8];
	snprintf(words, sizeof(words), "%s", wrapper ? wrapper : "");
	snprintf(port, sizeof(port), "%u", s->udp_port ? s->udp_port : s->tcp_port);
	add_wrapper(&a, words);
	add(&a, CHAT_SERVER_BIN);
	add(&a, "-p");
	add(&a, port);
	add(&a, "-u");
	add(&a, s->socket);
	add(&a, "-d");
	add(&a, s->dir);
	add(&a, "--no-discovery"); /* nothing of a test leaves this machine */
	for (size_t i = 0; s->options[i]; i++)
		add(&a, s->options[i]);
	s->program = program_start(a.list, NULL, in);
	await_ready(s);
}

static struct server *start(int in, const char *option, va_list more)
{
	struct server *s = calloc(1, sizeof(*s));
	size_t n = 0;
	assert_non_null(s);
	s->next = servers;
	servers = s;
	snprintf(s->socket, sizeof(s->socket), "%s/room.sock", room_dir(s->dir));
	for (; option; option = va_arg(more, const char *)) {
		assert_true(n + 1 < SERVER_OPTIONS);
		s->options[n++] = option;
	}
	run(s, in);
	return s;
}

void server_start_again(struct server *s)
{
	run(s, -1);
}

void server_kill(struct server *s)
{
	program_signal(s->program, SIGKILL);
	program_wait(s->program, within(SOON));
}

struct server *server_start(const char *option, ...)
{
	va_list more;
	va_start(more, option);
	struct server *s = start(-1, option, more);
	va_end(more);
	return s;
}

struct server *server_start_on(int in, const char *option, ...)
{
	va_list more;
	va_start(more, option);
	struct server *s = start(in, option, more);
	va_end(more);
	return s;
}

void server_stop(struct server *s)
{
	program_signal(s->program, SIGTERM);
	assert_int_equal(program_wait(s->program, within(SOON)), 0);
}

void server_spoil(struct server *s, const char *loss, const char *dup, const char *reorder,
		  uint64_t seed)
{
	char port[8], seed_text[24];
	const char *const argv[] = {CHAT_LOSSY_BIN, "--seed", seed_text, "--loss",
				    loss,	    "--dup",  dup,	 "--reorder",
				    reorder,	    port,     NULL};
	snprintf(port, sizeof(port), "%u", s->udp_port);
	snprintf(seed_text, sizeof(seed_text), "%" PRIu64, seed);
	print_message("bad network: seed %s, %s %% lost, %s %% doubled, %s %% reordered\n",
		      seed_text, loss, dup, reorder);
	s->lossy = program_start(argv, NULL, -1);
	const char *line = program_expect(s->lossy, PROGRAM_OUT, "listening on udp://");
	snprintf(s->address[VIA_LOSSY], sizeof(*s->address), "%s", line + strlen("listening on "));
	snprintf(s->address[VIA_CHAT_LOSSY], sizeof(*s->address), "chat%s",
		 s->address[VIA_LOSSY] + strlen("udp"));
	program_expect(s->lossy, PROGRAM_OUT, "ready");
}

void server_block(struct server *s)
{
	program_signal(s->lossy, SIGUSR1);
	program_expect(s->lossy, PROGRAM_OUT, "blocked");
}

void server_unblock(struct server *s)
{
	program_signal(s->lossy, SIGUSR1);
	program_expect(s->lossy, PROGRAM_OUT, "open");
}

void server_rebind(struct server *s)
{
	program_signal(s->lossy, SIGUSR2);
	program_expect(s->lossy, PROGRAM_OUT, "rebound");
}

/* ---- actors --------------------------------------------------------------------------------- */

static struct actor *new_actor(struct server *s, const char *name)
{
	struct actor *a = calloc(1, sizeof(*a));
	assert_non_null(a);
	a->server = s;
	snprintf(a->name, sizeof(a->name), "%s", name);
	return a;
}

/* Where somebody of that name has lived before, or a new place. */
static void find_home(struct actor *a)
{
	size_t number = 0;
	for (const struct actor *other = a->server->actors; other; other = other->other, number++) {
		if (strcmp(other->name, a->name) != 0 || !other->home[0])
			continue;
		memcpy(a->home, other->home, sizeof(a->home));
		return;
	}
	snprintf(a->home, sizeof(a->home), "XDG_DATA_HOME=%.40s/%zu", a->server->dir, number);
}

static struct actor *enter_with(struct actor *a, enum via via, const char *option, va_list more)
{
	struct server *s = a->server;
	struct args args = {0};
	const char *const env[] = {a->home, NULL};
	add(&args, CHAT_CLIENT_BIN);
	add(&args, "--json");
	add(&args, "-n");
	add(&args, a->name);
	add_all(&args, option, more);
	add(&args, s->address[via]);
	a->program = program_start(args.list, a->home[0] ? env : NULL, -1);
	a->next = s->present;
	s->present = a;
	a->other = s->actors;
	s->actors = a;
	return a;
}

struct actor *enter(struct server *s, const char *name, enum via via, const char *option, ...)
{
	va_list more;
	struct actor *a = new_actor(s, name);
	find_home(a);
	va_start(more, option);
	enter_with(a, via, option, more);
	va_end(more);
	return a;
}

struct actor *enter_stranger(struct server *s, const char *name, enum via via, const char *option,
			     ...)
{
	va_list more;
	va_start(more, option);
	struct actor *a = enter_with(new_actor(s, name), via, option, more);
	va_end(more);
	return a;
}

struct actor *join(struct server *s, const char *name, enum via via)
{
	struct actor *a = enter(s, name, via, "--since", "now", NULL);
	all_expect(s, "join", name, NULL);
	return a;
}

void gone(struct actor *a)
{
	struct actor **at = &a->server->present;
	while (*at && *at != a)
		at = &(*at)->next;
	if (*at)
		*at = a->next;
	a->next = NULL;
}

void say(struct actor *a, const char *text)
{
	program_type(a->program, text);
}

void talk(struct actor *a, const char *text)
{
	say(a, text);
	all_expect(a->server, "talk", a->name, text);
}

static void read_member(const char *line, const char *key, char *out, size_t cap)
{
	if (!jsonline_string(line, key, out, cap))
		*out = '\0';
}

static void read_line(struct actor *a)
{
	struct heard *h = &a->heard;
	const char *line = program_line(a->program, PROGRAM_OUT, within(SOON));
	if (!line)
		fail_msg("%s's client ended: %s", a->name,
			 program_rest(a->program, PROGRAM_ERR, within(SOON)));
	if (!jsonline_ok(line) || !text_valid(line, strlen(line)))
		fail_msg("%s's client printed no JSON: %s", a->name, line);
	*h = (struct heard){.past = strstr(line, "\"past\":true"),
			    .found = strstr(line, "\"found\":true"),
			    .edited = strstr(line, "\"edited\":true"),
			    .more = strstr(line, "\"more\":true")};
	snprintf(h->line, sizeof(h->line), "%s", line);
	read_member(line, "room", h->room, sizeof(h->room));
	read_member(line, "kind", h->kind, sizeof(h->kind));
	read_member(line, "from", h->from, sizeof(h->from));
	read_member(line, "text", h->text, sizeof(h->text));
	read_member(line, "reason", h->reason, sizeof(h->reason));
	read_member(line, "code", h->code, sizeof(h->code));
	jsonline_number(line, "seq", &h->seq);
	jsonline_number(line, "target", &h->target);
}

/* Where it is kept how far the actor has heard that room. */
static uint64_t *heard_of(struct actor *a, const char *room)
{
	if (strcmp(room, "lobby") == 0)
		return &a->seq;
	for (size_t i = 0; i < ACTOR_ROOMS; i++) {
		struct log *log = &a->logs[i];
		if (!log->room[0])
			snprintf(log->room, sizeof(log->room), "%s", room);
		if (strcmp(log->room, room) == 0)
			return &log->seq;
	}
	fail_msg("%s is in too many rooms for a test", a->name);
	return NULL;
}

/* An event is the next one of its room, but for those that are looked up. */
static void check_number(struct actor *a)
{
	const struct heard *h = &a->heard;
	if (h->seq == 0 || h->past || h->found || strcmp(h->kind, "ok") == 0)
		return;
	uint64_t *seq = heard_of(a, h->room);
	if (*seq != 0 && h->seq != *seq + 1)
		fail_msg("%s heard %" PRIu64 " after %" PRIu64 " in %s", a->name, h->seq, *seq,
			 h->room);
	*seq = h->seq;
}

const struct heard *hear_any(struct actor *a)
{
	read_line(a);
	check_number(a);
	return &a->heard;
}

const struct heard *hear(struct actor *a)
{
	while (strcmp(hear_any(a)->kind, "ok") == 0)
		;
	return &a->heard;
}

const struct heard *expect_ok(struct actor *a)
{
	do
		hear_any(a);
	while (strcmp(a->heard.kind, "ok") != 0 && strcmp(a->heard.kind, "error") != 0);
	if (strcmp(a->heard.kind, "ok") != 0)
		fail_msg("%s: not done: %s", a->name, a->heard.line);
	return &a->heard;
}

void hear_nothing_more(struct actor *a)
{
	const char *line;
	while ((line = program_line(a->program, PROGRAM_OUT, within(SOON))))
		if (!strstr(line, "\"kind\":\"ok\""))
			fail_msg("%s's client printed more: %s", a->name, line);
}

void expect(struct actor *a, const char *kind, const char *from, const char *text)
{
	const struct heard *h = hear(a);
	if (strcmp(h->kind, kind) != 0 || strcmp(h->from, from) != 0 ||
	    (text && strcmp(h->text, text) != 0))
		fail_msg("%s heard %s of '%s' saying '%s', not %s of '%s' saying '%s'", a->name,
			 h->kind, h->from, h->text, kind, from, text ? text : "(anything)");
}

void expect_in(struct actor *a, const char *room, const char *kind, const char *from,
	       const char *text)
{
	expect(a, kind, from, text);
	if (strcmp(a->heard.room, room) != 0)
		fail_msg("%s heard it in %s, not in %s: %s", a->name, a->heard.room, room,
			 a->heard.line);
}

void expect_join(struct actor *a, const char *who)
{
	expect(a, "join", who, NULL);
}

void expect_talk(struct actor *a, const char *from, const char *text)
{
	expect(a, "talk", from, text);
}

void expect_quit(struct actor *a, const char *who, const char *reason)
{
	expect(a, "quit", who, NULL);
	if (reason && strcmp(a->heard.reason, reason) != 0)
		fail_msg("%s heard that %s left because '%s', not '%s'", a->name, who,
			 a->heard.reason, reason);
}

void expect_announce(struct actor *a, const char *text)
{
	expect(a, "announce", "", text);
}

void expect_error(struct actor *a, const char *code)
{
	expect(a, "error", "", NULL);
	assert_string_equal(a->heard.code, code);
	assert_string_not_equal(a->heard.reason, "");
}

void all_expect(struct server *s, const char *kind, const char *from, const char *text)
{
	for (struct actor *a = s->present; a; a = a->next)
		expect(a, kind, from, text);
}

void leave(struct actor *a)
{
	gone(a);
	program_end_input(a->program);
	assert_int_equal(program_wait(a->program, within(SOON)), 0);
	all_expect(a->server, "quit", a->name, NULL);
}

/* ---- the end -------------------------------------------------------------------------------- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

/* A server that a test left running has to end well: there sanitizers find leaks. */
static bool stops(struct server *s)
{
	program_signal(s->program, SIGTERM);
	int status = 1;
	if (program_ends(s->program, within(SOON)))
		status = program_wait(s->program, within(SOON));
	else
		print_error("the server does not end on SIGTERM\n");
	if (status != 0 && status != 128 + SIGKILL)
		print_error("the server ended with status %d\n", status);
	return status == 0 || status == 128 + SIGKILL;
}

static void forget(struct server *s)
{
	while (s->actors) {
		struct actor *a = s->actors;
		s->actors = a->other;
		free(a);
	}
	free(s);
}

int room_teardown(void **state)
{
	bool clean = true;
	(void)state;
	guests_end();
	for (struct server *s = servers; s; s = s->next)
		clean = (!s->program || stops(s)) && clean;
	clean = programs_end() && clean;
	while (servers) {
		struct server *s = servers;
		servers = s->next;
		forget(s);
	}
	while (dir_count > 0)
		nftw(dirs[--dir_count], remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	return clean ? 0 : -1;
}
