/* See guest.h. */
#include "guest.h"

#include "sealed.h"

#include "proto/timerq.h"
#include "sys/clock.h"

#include <errno.h>
#include <poll.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct guest *guests;
static int epoll = -1;

/* ---- one guest ------------------------------------------------------------------------------ */

static void copy_text(char *out, size_t cap, struct slice s)
{
	size_t n = text_clip((const char *)s.data, s.len, cap - 1);
	if (n > 0)
		memcpy(out, s.data, n);
	out[n] = '\0';
}

/* FNV-1a over the frames: order and content, not a defence against anybody. */
static void digest(struct guest *g, struct slice raw)
{
	for (size_t i = 0; i < raw.len; i++)
		g->digest = (g->digest ^ raw.data[i]) * UINT64_C(0x100000001b3);
}

static void note_event(struct guest *g, const struct event *e, struct slice raw)
{
	if (g->seq != 0 && e->seq != g->seq + 1)
		fail_msg("%s heard %" PRIu64 " after %" PRIu64, g->name, e->seq, g->seq);
	if (g->seq == 0)
		g->first = e->seq;
	g->seq = e->seq;
	g->kind = e->kind;
	copy_text(g->from, sizeof(g->from), e->from);
	copy_text(g->text, sizeof(g->text), e->text);
	if (g->mark != 0 && e->seq >= g->mark)
		digest(g, raw);
}

static void note(struct guest *g, const struct session_event *ev)
{
	switch (ev->kind) {
	case SESSION_REPLY:
		g->code = ev->reply.code;
		g->answered = true;
		if (ev->reply.id == 1)
			g->joined = ev->reply.code == CODE_OK;
		break;
	case SESSION_EVENT:
		note_event(g, &ev->heard.event, ev->heard.raw);
		break;
	case SESSION_ENDED:
		g->code = ev->ended.code;
		g->ended = true;
		break;
	case SESSION_OPENED:
	case SESSION_COMMAND:
	case SESSION_PATH:
		break;
	}
}

static void watch(struct guest *g)
{
	struct epoll_event want = {.data.ptr = g};
	want.events = (g->deaf ? 0 : EPOLLIN) | (g->unsent_len > 0 ? EPOLLOUT : 0);
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_MOD, g->fd, &want), 0);
}

static void keep_unsent(struct guest *g, const uint8_t *data, size_t n)
{
	if (g->unsent_len + n > g->unsent_cap) {
		g->unsent_cap = (g->unsent_len + n) * 2;
		g->unsent = realloc(g->unsent, g->unsent_cap);
		assert_non_null(g->unsent);
	}
	memcpy(g->unsent + g->unsent_len, data, n);
	g->unsent_len += n;
}

static void send_stream(struct guest *g)
{
	if (g->unsent_len == 0)
		return;
	ssize_t n = send(g->fd, g->unsent, g->unsent_len, MSG_NOSIGNAL);
	if (n > 0) {
		g->unsent_len -= (size_t)n;
		memmove(g->unsent, g->unsent + n, g->unsent_len);
	} else if (n < 0 && errno != EAGAIN) {
		g->ended = true;
		g->unsent_len = 0;
	}
	watch(g);
}

static void send_out(struct guest *g, uint64_t now)
{
	static uint8_t bytes[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	struct buf out = buf_of(bytes, sizeof(bytes));
	while (session_output(g->session, now, &out)) {
		if (g->via != VIA_UDP) {
			keep_unsent(g, bytes, out.len);
		} else if (send(g->fd, bytes, out.len, MSG_NOSIGNAL) > 0) {
			memcpy(g->sent, bytes, out.len);
			g->sent_len = out.len;
		}
		out = buf_of(bytes, sizeof(bytes));
	}
	send_stream(g);
}

static void close_guest(struct guest *g)
{
	if (g->fd >= 0)
		close(g->fd); /* which takes it out of the epoll set */
	g->fd = -1;
}

static void work(struct guest *g)
{
	struct session_event ev;
	uint64_t now = clock_mono_us();
	if (session_deadline(g->session) <= now)
		session_tick(g->session, now);
	while (session_event(g->session, now, &ev))
		note(g, &ev);
	send_out(g, now);
	if (g->ended)
		close_guest(g);
}

static void read_some(struct guest *g)
{
	static uint8_t bytes[65536];
	ssize_t n = recv(g->fd, bytes, sizeof(bytes), 0);
	if (n > 0 && g->lose > 0)
		g->lose--;
	else if (n > 0)
		session_feed(g->session, clock_mono_us(), bytes, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		g->ended = true;
	work(g);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static uint64_t next_deadline(uint64_t limit)
{
	for (struct guest *g = guests; g; g = g->next)
		if (g->fd >= 0 && session_deadline(g->session) < limit)
			limit = session_deadline(g->session);
	return limit;
}

void guests_turn(uint64_t deadline)
{
	struct epoll_event ready[64];
	programs_wait(epoll, POLLIN, next_deadline(deadline));
	int n = epoll_wait(epoll, ready, 64, 0);
	for (int i = 0; i < n; i++) {
		struct guest *g = ready[i].data.ptr;
		if (g->fd >= 0 && ready[i].events & EPOLLOUT)
			send_stream(g);
		if (g->fd >= 0 && ready[i].events & ~(uint32_t)EPOLLOUT && !g->deaf)
			read_some(g);
	}
	uint64_t now = clock_mono_us();
	for (struct guest *g = guests; g; g = g->next)
		if (g->fd >= 0 && session_deadline(g->session) <= now)
			work(g);
}

void guests_hear(uint64_t seq)
{
	uint64_t deadline = within(SOON);
	for (struct guest *g = guests; g; g = g->next)
		while (!g->deaf && g->seq < seq) {
			if (g->ended)
				fail_msg("%s is out: %s", g->name, code_reason(g->code));
			if (clock_mono_us() > deadline)
				fail_msg("%s heard only up to %" PRIu64, g->name, g->seq);
			guests_turn(deadline);
		}
}

void guests_end(void)
{
	while (guests) {
		struct guest *g = guests;
		guests = g->next;
		if (g->fd >= 0) {
			session_close(g->session, clock_mono_us(), CODE_LEFT, "");
			send_out(g, clock_mono_us());
		}
		close_guest(g);
		session_free(g->session);
		free(g->unsent);
		free(g);
	}
	if (epoll >= 0)
		close(epoll);
	epoll = -1;
}

/* ---- what a test does with one -------------------------------------------------------------- */

static void command(struct guest *g, struct command *c, const char *text)
{
	c->room = WIRE_LOBBY;
	c->text = slice_of(text, strlen(text));
	assert_int_equal(session_command(g->session, c), ERR_NONE);
	work(g);
}

struct guest *guest_enter(const struct server *s, const char *name, enum via via)
{
	struct guest *g = calloc(1, sizeof(*g));
	struct command join_it = {.kind = COMMAND_JOIN, .since_mode = SINCE_LAST};
	static unsigned guest_number;
	uint64_t drawn;
	assert_non_null(g);
	g->next = guests;
	guests = g;
	g->via = via;
	g->digest = UINT64_C(0xcbf29ce484222325);
	snprintf(g->name, sizeof(g->name), "%s", name);
	g->fd = raw_open(s, via);
	entropy_fill(&drawn, sizeof(drawn));
	struct session_config config =
		sealed_client(1 + guest_number++ % (SEALED_IDENTITIES - 1),
			      via == VIA_UDP ? SESSION_DGRAM : SESSION_STREAM, drawn);
	if (via == VIA_UNIX)
		config.identity = NULL;
	g->session = session_new(&config, clock_mono_us());
	assert_non_null(g->session);
	if (epoll < 0)
		epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event want = {.events = EPOLLIN, .data.ptr = g};
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, g->fd, &want), 0);
	command(g, &join_it, name);
	return g;
}

static void expect_in_time(const struct guest *g, bool so, uint64_t deadline)
{
	if (g->ended)
		fail_msg("%s is out: %s", g->name, code_reason(g->code));
	if (!so && clock_mono_us() > deadline)
		fail_msg("%s heard %s: %s", g->name, g->from, g->text);
}

struct guest *guest_join(const struct server *s, const char *name, enum via via)
{
	struct guest *g = guest_enter(s, name, via);
	for (uint64_t deadline = within(SOON); !g->joined || g->seq == 0; guests_turn(deadline))
		expect_in_time(g, g->joined && g->seq > 0, deadline);
	return g;
}

void guest_say(struct guest *g, const char *text)
{
	struct command talk = {.kind = COMMAND_TALK};
	command(g, &talk, text);
}

static bool heard_talk(const struct guest *g, const char *from, const char *text)
{
	return g->kind == EVENT_TALK && strcmp(g->from, from) == 0 && strcmp(g->text, text) == 0;
}

void guest_expect_talk(struct guest *g, const char *from, const char *text)
{
	for (uint64_t deadline = within(SOON); !heard_talk(g, from, text); guests_turn(deadline))
		expect_in_time(g, false, deadline);
}

void guest_try(struct guest *g, const char *name)
{
	struct command join_it = {.kind = COMMAND_JOIN, .since_mode = SINCE_LAST};
	command(g, &join_it, name);
}

void guest_lose(struct guest *g, unsigned n)
{
	for (uint64_t deadline = within(SOON); session_rtt(g->session) == 0; guests_turn(deadline))
		expect_in_time(g, false, deadline);
	g->lose = n;
}

void guest_turn_deaf(struct guest *g)
{
	g->deaf = true;
	watch(g);
}

void guest_quit(struct guest *g, const char *words)
{
	struct command quit = {.kind = COMMAND_QUIT};
	command(g, &quit, words);
}

void guest_expect_answer(struct guest *g, enum code code)
{
	for (uint64_t deadline = within(SOON); !g->answered; guests_turn(deadline))
		expect_in_time(g, g->answered, deadline);
	if (g->code != code)
		fail_msg("%s was answered: %s", g->name, code_reason(g->code));
}
