/* Packets: refused, and nothing is changed; or read, and written again the same bytes. */
#include "fuzz.h"

#include "proto/packet.h"
#include "proto/wire.h"

static void put_again(struct buf *b, const struct packet *p, const uint8_t *bytes)
{
	size_t meant;

	switch (p->type) {
	case PACKET_INIT:
		init_put(b, p->cid, p->token, p->message);
		meant = (size_t)(p->message.data - bytes) + p->message.len;
		memcpy(b->data + meant, bytes + meant, b->len - meant); /* that is not looked at */
		break;
	case PACKET_RETRY:
		retry_put(b, p->cid, p->token);
		break;
	case PACKET_RESP:
		resp_put(b, p->cid, p->message);
		break;
	case PACKET_FIN:
		fin_put(b, p->cid, p->message);
		break;
	case PACKET_DATA:
		data_header_put(b, p->phase, p->cid, p->number);
		buf_put_bytes(b, p->sealed.data, p->sealed.len);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct packet nothing;
	uint8_t storage[WIRE_PACKET_MAX];
	struct buf b = buf_of(storage, sizeof(storage));
	struct packet p = nothing;

	if (packet_get(bytes, n, &p) != ERR_NONE) {
		CHECK(memcmp(&p, &nothing, sizeof(p)) == 0);
		return 0;
	}
	CHECK(p.type >= PACKET_INIT && p.type <= PACKET_DATA && p.token.len <= WIRE_TOKEN_MAX);
	CHECK(p.type != PACKET_INIT || n == WIRE_INIT_SIZE);
	put_again(&b, &p, bytes);
	CHECK(!b.failed && b.len == n && memcmp(b.data, bytes, n) == 0);
	return 0;
}
