/*
 * The handshake of a session (protocol.md §2.3), whatever carries its three messages.
 *
 * A message that is not the peer's changes nothing, so that nobody can spoil a handshake from beside
 * it.  What both ends must agree on before they trust each other is the prologue: the protocol, its
 * version, the kind of link and, over UDP, the connection id that the client chose.
 */
#include "proto/session_parts.h"

#include <stdlib.h>
#include <string.h>

static void prologue_put(const struct session *s, struct buf *b)
{
	static const char name[] = "chat-room";
	bool dgram = s->link == SESSION_DGRAM;

	buf_put_bytes(b, name, sizeof(name) - 1);
	buf_put_u8(b, WIRE_VERSION);
	buf_put_u8(b, dgram ? 'U' : 'T');
	if (dgram)
		buf_put_u64(b, s->role == SESSION_CLIENT ? s->local_cid : s->remote_cid);
}

/* A server has one for each that only knocks, and grows it when it has heard more. */
static enum err make_room(struct session *s, size_t n)
{
	struct handshake *h = s->busy->handshake;

	if (n <= h->room)
		return ERR_NONE;
	h = malloc(sizeof(*h) + n);
	if (!h)
		return ERR_MEMORY;
	memcpy(h, s->busy->handshake, sizeof(*h) + s->busy->handshake->len);
	h->room = (uint16_t)n;
	handshake_end(s);
	s->busy->handshake = h;
	return ERR_NONE;
}

enum err handshake_begin(struct session *s, const struct session_config *config, uint64_t now)
{
	uint8_t storage[32];
	struct buf prologue = buf_of(storage, sizeof(storage));
	bool client = s->role == SESSION_CLIENT;

	prologue_put(s, &prologue);
	s->busy->handshake = calloc(1, sizeof(*s->busy->handshake));
	if (!s->busy->handshake || make_room(s, client ? WIRE_PACKET_MAX : 0) != ERR_NONE ||
	    secure_begin(&s->secure, s->busy->remote, config->identity, config->cipher, client,
			 prologue.data, prologue.len) != ERR_NONE)
		return ERR_MEMORY;
	memcpy(s->busy->handshake->ephemeral, config->ephemeral, NOISE_KEY);
	return client ? handshake_say(s, now, NULL, 0) : ERR_NONE;
}

void handshake_end(struct session *s)
{
	if (!s->busy || !s->busy->handshake)
		return;
	secure_zero(s->busy->handshake, sizeof(*s->busy->handshake));
	free(s->busy->handshake);
	s->busy->handshake = NULL;
}

enum err handshake_say(struct session *s, uint64_t now, const void *payload, size_t n)
{
	struct buf out = buf_of(s->busy->handshake->message, s->busy->handshake->room);
	enum err e = secure_say(&s->secure, now, s->busy->handshake->ephemeral, payload, n, &out);

	s->busy->handshake->len = (uint16_t)out.len;
	return e;
}

/*
 * Room first, for the answer too: a message cannot be taken back once it was heard or said.  What is
 * no message must not spoil the one that was.
 */
enum err handshake_hear(struct session *s, uint64_t now, struct slice message)
{
	enum { ANSWER_MAX = WIRE_MESSAGE2 + sizeof(uint64_t) };
	uint8_t payload[WIRE_PACKET_MAX];
	struct buf in = buf_of(payload, sizeof(payload));

	if (message.len > sizeof(payload))
		return ERR_MALFORMED;
	if (make_room(s, message.len > ANSWER_MAX ? message.len : ANSWER_MAX) != ERR_NONE)
		return ERR_MEMORY;
	enum err e = secure_hear(&s->secure, now, message, &in);
	if (e != ERR_NONE)
		return e;
	memcpy(s->busy->handshake->message, payload, in.len);
	s->busy->handshake->len = (uint16_t)in.len;
	return ERR_NONE;
}

bool handshake_trusted(struct session *s)
{
	const struct session_terms *c = s->terms;

	if (!c->trust || c->trust(c->trust_ctx, s->busy->remote))
		return true;
	session_end(s, CODE_KEY_CHANGED, "", 0, false);
	return false;
}

struct slice handshake_message(const struct session *s)
{
	return slice_of(s->busy->handshake->message, s->busy->handshake->len);
}
