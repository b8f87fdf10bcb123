/*
 * Our own members: real client sessions (caller.h), over UDP, TCP or the local socket, each with a key
 * of its own (in the clear on the local socket, where all are one user).  Talks carry the ids by which
 * a client's repeats are known, as the client's do.
 */
#include "adapter.h"
#include "caller.h"

#include "proto/code.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	JOIN_ID = 1,	 /* a session's first command */
	DRAIN = 1 << 20, /* bytes thrown away at a time */
	CID_INDEX_BITS = 24,
};

struct chat_member {
	struct member member; /* first */
	struct caller caller;
	uint64_t instance, mids;
	uint64_t own_join; /* its number; 0: it has no answer yet */
	bool leaving;
	bool drains;
	uint64_t drained;
};

static struct chat_member *of_member(struct member *m)
{
	return (struct chat_member *)(void *)m;
}

/* The same for the same index in every run; they live as long as the program. */
static const struct secure_identity *identity_of(uint32_t index)
{
	static struct secure_identity **made;
	static size_t cap;

	if (index >= cap) {
		size_t more = 2 * (size_t)index + 64;
		made = realloc(made, more * sizeof(struct secure_identity *));
		if (!made)
			abort();
		memset(made + cap, 0, (more - cap) * sizeof(struct secure_identity *));
		cap = more;
	}
	if (!made[index]) {
		uint8_t secret[NOISE_KEY] = "bench";
		memcpy(secret + 8, &index, sizeof(index));
		made[index] = malloc(sizeof(*made[index]));
		if (!made[index])
			abort();
		secure_identity_from(made[index], secret, NULL);
	}
	return made[index];
}

static void heard_event(struct chat_member *c, const struct event *e)
{
	struct member *m = &c->member;

	if (e->room != WIRE_LOBBY)
		return;
	if (e->kind == EVENT_TALK)
		member_heard(m, (const char *)e->text.data, e->text.len);
	else if (m->present && (e->kind == EVENT_JOIN || e->kind == EVENT_QUIT))
		member_told(m, 1);
	else if (e->kind == EVENT_JOIN && e->seq == c->own_join)
		member_present(m);
}

/* The answer comes before the event; there is none for who was in the room by another session. */
static void joined(struct chat_member *c, uint64_t seq)
{
	c->own_join = seq;
	if (seq == 0)
		member_present(&c->member);
}

static void told(struct caller *caller, const struct session_event *ev)
{
	struct chat_member *c = caller->ctx;

	if (ev->kind == SESSION_EVENT)
		heard_event(c, &ev->heard.event);
	else if (ev->reply.code != CODE_OK)
		member_failed(&c->member, code_reason(ev->reply.code));
	else if (ev->reply.id == JOIN_ID)
		joined(c, ev->reply.seq);
}

/* The first of those who share a socket has it; it comes first, and stays. */
static bool find_socket(struct member *m)
{
	uint32_t leader = m->index - m->index % m->target->share;

	m->borrows = leader != m->index;
	if (!m->borrows)
		m->fd = member_connect(m);
	else if (member_at(m, leader))
		m->fd = member_at(m, leader)->fd;
	return m->fd >= 0;
}

/* Whose it is can be seen from it. */
static uint64_t cid_of(uint32_t index)
{
	uint64_t drawn;

	entropy_fill(&drawn, sizeof(drawn));
	return (drawn | UINT64_C(1) << 63) >> CID_INDEX_BITS << CID_INDEX_BITS | index;
}

static struct caller *whose(void *ctx, uint64_t cid)
{
	const struct member *leader = ctx;
	struct member *m = member_at(leader, cid & ((UINT64_C(1) << CID_INDEX_BITS) - 1));

	if (!m)
		return NULL;
	member_touch(m);
	return &of_member(m)->caller;
}

static void chat_prepare(const struct target *t, size_t members)
{
	for (size_t i = 0; i < members && t->via != TARGET_UNIX; i++)
		(void)identity_of((uint32_t)i);
}

static bool chat_begin(struct member *m)
{
	static uint64_t instances;
	struct chat_member *c = of_member(m);
	bool local = m->target->via == TARGET_UNIX;

	if (!find_socket(m))
		return false;
	struct caller_link link = {.fd = m->fd,
				   .stream = m->target->via != TARGET_UDP,
				   .borrowed = m->borrows,
				   .cid = cid_of(m->index)};
	caller_begin_on(&c->caller, &link, local ? NULL : identity_of(m->index));
	c->caller.told = told;
	c->caller.ctx = c;
	c->instance = ++instances;
	return true;
}

static bool command(struct chat_member *c, struct command *it)
{
	return session_command(c->caller.session, it) == ERR_NONE;
}

static void chat_join(struct member *m, const char *name)
{
	struct chat_member *c = of_member(m);
	struct command it = {.kind = COMMAND_JOIN,
			     .room = WIRE_LOBBY,
			     .text = slice_of(name, strlen(name)),
			     .since_mode = SINCE_LAST,
			     .since = m->target->backlog,
			     .instance = c->instance};

	if (!command(c, &it))
		member_failed(m, "the session takes no JOIN");
}

void adapter_chat_enter(struct member *m, const char *room)
{
	struct command it = {.kind = COMMAND_ENTER,
			     .text = slice_of(room, strlen(room)),
			     .since_mode = SINCE_LAST};

	if (!command(of_member(m), &it))
		member_failed(m, "the session takes no ENTER");
}

static bool chat_talk(struct member *m, const char *text, size_t n)
{
	struct chat_member *c = of_member(m);
	struct command it = {.kind = COMMAND_TALK,
			     .room = WIRE_LOBBY,
			     .text = slice_of(text, n),
			     .mid = c->mids + 1};

	if (!command(c, &it))
		return false;
	c->mids++;
	return true;
}

static void failed(struct chat_member *c)
{
	char why[128];

	snprintf(why, sizeof(why), "its session has ended: %s", code_reason(c->caller.code));
	member_failed(&c->member, why);
}

static void after(struct chat_member *c)
{
	c->member.wants_write = c->caller.unsent != NULL;
	if (!c->caller.ended)
		return;
	if (c->leaving)
		member_over(&c->member);
	else
		failed(c);
}

void adapter_chat_drain(struct member *m)
{
	of_member(m)->drains = true;
}

uint64_t adapter_chat_drained(const struct member *m)
{
	return ((const struct chat_member *)(const void *)m)->drained;
}

static void drain(struct chat_member *c)
{
	ssize_t n = recv(c->member.fd, NULL, DRAIN, MSG_TRUNC | MSG_DONTWAIT);

	if (n > 0)
		c->drained += (uint64_t)n;
	else if (n == 0)
		member_failed(&c->member, "it was hung up");
}

static void chat_readable(struct member *m)
{
	if (of_member(m)->drains)
		drain(of_member(m));
	else if (m->target->share > 1)
		caller_read_shared(m->fd, whose, m);
	else
		caller_read(&of_member(m)->caller);
}

static void chat_work(struct member *m)
{
	struct chat_member *c = of_member(m);

	if (c->drains)
		return;
	caller_send(&c->caller);
	after(c);
}

static uint64_t chat_deadline(const struct member *m)
{
	const struct chat_member *c = (const struct chat_member *)(const void *)m;

	return c->drains ? TIMERQ_NEVER : session_deadline(c->caller.session);
}

static void chat_leave(struct member *m)
{
	struct chat_member *c = of_member(m);
	struct command it = {.kind = COMMAND_QUIT};

	c->leaving = true;
	if (!command(c, &it))
		member_failed(m, "the session takes no QUIT");
}

static void chat_end(struct member *m)
{
	caller_end(&of_member(m)->caller);
}

const struct adapter adapter_chat = {
	.name = "chat",
	.size = sizeof(struct chat_member),
	.echoes = true,
	.one_order = true,
	.announces = true,
	.shares = true,
	.remembers = true,
	.window_max = WIRE_COMMANDS_MAX,
	.prepare = chat_prepare,
	.begin = chat_begin,
	.join = chat_join,
	.talk = chat_talk,
	.readable = chat_readable,
	.work = chat_work,
	.deadline = chat_deadline,
	.leave = chat_leave,
	.end = chat_end,
};
