/* protocol.md §2.1. */
#include "proto/packet.h"

static void handshake_header_put(struct buf *b, enum packet_type t, uint64_t client_cid)
{
	buf_put_u8(b, (uint8_t)t);
	buf_put_u8(b, WIRE_VERSION);
	buf_put_u64(b, client_cid);
}

static void slice_put(struct buf *b, struct slice s)
{
	buf_put_bytes(b, s.data, s.len);
}

void init_put(struct buf *b, uint64_t client_cid, struct slice token, struct slice message)
{
	static const uint8_t padding[WIRE_INIT_SIZE];
	size_t start = b->len;

	assert(token.len <= WIRE_TOKEN_MAX && message.len == WIRE_MESSAGE1);
	handshake_header_put(b, PACKET_INIT, client_cid);
	buf_put_string(b, token.data, token.len);
	slice_put(b, message);
	buf_put_bytes(b, padding, WIRE_INIT_SIZE - (b->len - start));
}

void retry_put(struct buf *b, uint64_t client_cid, struct slice token)
{
	handshake_header_put(b, PACKET_RETRY, client_cid);
	buf_put_string(b, token.data, token.len);
}

void resp_put(struct buf *b, uint64_t client_cid, struct slice message)
{
	handshake_header_put(b, PACKET_RESP, client_cid);
	slice_put(b, message);
}

void fin_put(struct buf *b, uint64_t server_cid, struct slice message)
{
	buf_put_u8(b, PACKET_FIN);
	buf_put_u64(b, server_cid);
	slice_put(b, message);
}

void data_header_put(struct buf *b, bool phase, uint64_t cid, uint64_t number)
{
	buf_put_u8(b, (uint8_t)(PACKET_DATA + phase));
	buf_put_u64(b, cid);
	buf_put_u64(b, number);
}

static void handshake_get(struct slice *s, size_t n, struct packet *p)
{
	if (slice_u8(s) != WIRE_VERSION)
		s->failed = true;
	p->cid = slice_u64(s);
	if (p->type != PACKET_RESP)
		p->token = slice_string(s, WIRE_TOKEN_MAX);
	if (p->type == PACKET_INIT)
		p->message = slice_bytes(s, WIRE_MESSAGE1);
	else
		p->message = slice_bytes(s, s->len);
	if ((p->type == PACKET_INIT && n != WIRE_INIT_SIZE) ||
	    (p->type == PACKET_RETRY && (p->message.len > 0 || p->token.len == 0)) ||
	    (p->type == PACKET_RESP && p->message.len != WIRE_MESSAGE2 + sizeof(uint64_t)))
		s->failed = true;
}

static void fin_get(struct slice *s, struct packet *p)
{
	p->cid = slice_u64(s);
	p->message = slice_bytes(s, s->len);
	if (p->message.len < WIRE_MESSAGE3)
		s->failed = true;
}

static void data_get(struct slice *s, uint8_t type, struct packet *p)
{
	p->phase = type != PACKET_DATA;
	p->type = PACKET_DATA;
	p->cid = slice_u64(s);
	p->number = slice_u64(s);
	p->sealed = slice_bytes(s, s->len);
	if (p->sealed.len < WIRE_SEAL || p->number > BUF_VARINT_MAX)
		s->failed = true;
}

enum err packet_get(const void *bytes, size_t n, struct packet *out)
{
	struct slice s = slice_of(bytes, n);
	uint8_t type = slice_u8(&s);
	struct packet p = {.type = type};

	if (n > WIRE_PACKET_MAX)
		return ERR_MALFORMED;
	switch (type) {
	case PACKET_INIT:
	case PACKET_RETRY:
	case PACKET_RESP:
		handshake_get(&s, n, &p);
		break;
	case PACKET_FIN:
		fin_get(&s, &p);
		break;
	case PACKET_DATA:
	case PACKET_DATA + 1:
		data_get(&s, type, &p);
		break;
	default:
		return ERR_MALFORMED;
	}
	if (s.failed)
		return ERR_MALFORMED;
	*out = p;
	return ERR_NONE;
}
