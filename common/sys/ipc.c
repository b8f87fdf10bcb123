/*
 * Framing over a stream socket, with a queue on the way out and a buffer on the way in.
 *
 * Invariants: out[out_at, out_len) is what the kernel has not taken yet; in[in_at, in_len) is what
 * nobody has taken yet, and begins with a header.  in[in_at, walked) are messages whose headers are
 * known to be right; the last may not have arrived whole.  Taking every message leaves less than
 * one, so there is always room to read the rest of it.
 */
#include "sys/ipc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	IPC_HEADER = 1 + 4,
	IPC_IN_CAP = 2 * (IPC_HEADER + IPC_MAX_BODY),
	IPC_OUT_FIRST_CAP = 4096,
	IPC_OUT_CHUNK = 256 * 1024, /* offered to the kernel at a time: more than it takes */
	IPC_OUT_ENOUGH = 64 * 1024, /* queued: then the other side can begin with it */
	IPC_OUT_KEEP = 1024 * 1024, /* a larger queue is given back once it is empty */
};

struct ipc {
	int fd;
	bool closed;	/* the other side is gone */
	bool malformed; /* what follows in[walked] is no message */
	uint8_t *out;
	size_t out_at, out_len, out_cap;
	size_t in_at, in_len, walked;
	uint8_t in[IPC_IN_CAP];
};

struct ipc *ipc_new(int fd)
{
	struct ipc *c = malloc(sizeof(*c));
	int flags = fcntl(fd, F_GETFL);

	if (!c)
		return NULL;
	assert(flags >= 0);
	(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	c->fd = fd;
	c->closed = c->malformed = false;
	c->out = NULL;
	c->out_at = c->out_len = c->out_cap = 0;
	c->in_at = c->in_len = c->walked = 0;
	return c;
}

void ipc_free(struct ipc *c)
{
	if (!c)
		return;
	(void)close(c->fd);
	free(c->out);
	free(c);
}

int ipc_fd(const struct ipc *c)
{
	return c->fd;
}

/* ---- out ---------------------------------------------------------------------------------- */

bool ipc_pending(const struct ipc *c)
{
	return ipc_queued(c) > 0;
}

size_t ipc_queued(const struct ipc *c)
{
	return c->out_len - c->out_at;
}

static void out_drop(struct ipc *c)
{
	c->out_at = c->out_len = 0;
	if (c->out_cap <= IPC_OUT_KEEP)
		return;
	free(c->out);
	c->out = NULL;
	c->out_cap = 0;
}

/* Moves the queue to the front when that frees half of the room, so that moving pays for itself. */
static void out_compact(struct ipc *c)
{
	if (c->out_at < c->out_cap / 2)
		return;
	memmove(c->out, c->out + c->out_at, ipc_queued(c));
	c->out_len = ipc_queued(c);
	c->out_at = 0;
}

static enum err out_reserve(struct ipc *c, size_t need)
{
	size_t cap = c->out_cap ? c->out_cap : IPC_OUT_FIRST_CAP;
	uint8_t *out;

	if (c->out)
		out_compact(c);
	if (c->out_cap - c->out_len >= need)
		return ERR_NONE;
	while (cap - c->out_len < need)
		cap *= 2;
	out = realloc(c->out, cap);
	if (!out)
		return ERR_MEMORY;
	c->out = out;
	c->out_cap = cap;
	return ERR_NONE;
}

/* Puts a message at the end of the queue. */
static enum err enqueue(struct ipc *c, uint8_t type, const void *body, size_t len)
{
	enum err err;
	struct buf b;

	if (len > IPC_MAX_BODY)
		return ERR_TOO_BIG;
	if (c->closed)
		return ERR_CLOSED;
	if (ipc_queued(c) + IPC_HEADER + len > IPC_MAX_QUEUE)
		return ERR_FULL;
	err = out_reserve(c, IPC_HEADER + len);
	if (err)
		return err;
	b = buf_of(c->out + c->out_len, IPC_HEADER + len);
	buf_put_u8(&b, type);
	buf_put_u32(&b, (uint32_t)len);
	buf_put_bytes(&b, body, len);
	assert(!b.failed);
	c->out_len += b.len;
	return ERR_NONE;
}

enum err ipc_send(struct ipc *c, uint8_t type, const void *body, size_t len)
{
	bool first = !ipc_pending(c);
	enum err err = enqueue(c, type, body, len);

	return err == ERR_NONE && first ? ipc_flush(c) : err;
}

/* Each time that so much more is queued, not with every message after that. */
enum err ipc_queue(struct ipc *c, uint8_t type, const void *body, size_t len)
{
	size_t before = ipc_queued(c) / IPC_OUT_ENOUGH;
	enum err err = enqueue(c, type, body, len);

	return err == ERR_NONE && ipc_queued(c) / IPC_OUT_ENOUGH > before ? ipc_flush(c) : err;
}

/* What errno says of a channel; being told to wait is no error. */
static enum err channel_error(struct ipc *c)
{
	if (errno == EAGAIN)
		return ERR_NONE;
	if (errno != EPIPE && errno != ECONNRESET)
		return ERR_SYSTEM;
	c->closed = true;
	out_drop(c);
	return ERR_CLOSED;
}

enum err ipc_flush(struct ipc *c)
{
	if (c->closed)
		return ERR_CLOSED;
	while (ipc_pending(c)) {
		size_t len = ipc_queued(c) < IPC_OUT_CHUNK ? ipc_queued(c) : IPC_OUT_CHUNK;
		ssize_t n = send(c->fd, c->out + c->out_at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return channel_error(c);
		c->out_at += (size_t)n;
	}
	out_drop(c);
	return ERR_NONE;
}

/* ---- in ----------------------------------------------------------------------------------- */

static void in_compact(struct ipc *c)
{
	memmove(c->in, c->in + c->in_at, c->in_len - c->in_at);
	c->in_len -= c->in_at;
	c->walked -= c->in_at;
	c->in_at = 0;
}

/* Looks at the headers that have arrived since; a length that is over the limit ends the stream. */
static enum err walk_headers(struct ipc *c)
{
	while (!c->malformed && c->walked + IPC_HEADER <= c->in_len) {
		struct slice s = slice_of(c->in + c->walked + 1, IPC_HEADER - 1);
		uint32_t len = slice_u32(&s);

		c->malformed = len > IPC_MAX_BODY;
		if (!c->malformed)
			c->walked += IPC_HEADER + len;
	}
	return c->malformed ? ERR_MALFORMED : ERR_NONE;
}

enum err ipc_read(struct ipc *c)
{
	ssize_t n;

	if (c->malformed)
		return ERR_MALFORMED;
	in_compact(c);
	if (c->in_len == sizeof(c->in))
		return ERR_NONE; /* nobody has taken any: they come first */
	do
		n = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return channel_error(c);
	if (n == 0)
		return ERR_CLOSED;
	c->in_len += (size_t)n;
	return walk_headers(c);
}

bool ipc_next(struct ipc *c, struct ipc_message *m)
{
	struct slice s = slice_of(c->in + c->in_at, c->in_len - c->in_at);
	uint8_t type = slice_u8(&s);
	uint32_t len = slice_u32(&s);
	struct slice body = slice_bytes(&s, len);

	if (s.failed || len > IPC_MAX_BODY)
		return false;
	m->type = type;
	m->body = body;
	c->in_at += IPC_HEADER + len;
	return true;
}
