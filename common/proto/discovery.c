/* PROBE and FOUND, each written and read; the contract is in discovery.h. */
#include "proto/discovery.h"

#include "proto/text.h"
#include "proto/wire.h"

#include <string.h>

bool discovery_name_ok(const char *name, size_t n)
{
	char safe[TEXT_SAFE_SIZE(DISCOVERY_NAME_MAX)];

	if (n > DISCOVERY_NAME_MAX || !text_talk_ok(name, n))
		return false;
	return text_safe(safe, sizeof(safe), name, n, false) == n && memcmp(safe, name, n) == 0;
}

static void header_put(struct buf *b, enum lan_packet type, uint64_t nonce)
{
	buf_put_u8(b, (uint8_t)type);
	buf_put_u8(b, WIRE_VERSION);
	buf_put_u64(b, nonce);
}

/* False: another packet, or another version's. */
static bool header_get(struct slice *s, enum lan_packet type, uint64_t *nonce)
{
	bool ours = slice_u8(s) == type;

	ours &= slice_u8(s) == WIRE_VERSION;
	*nonce = slice_u64(s);
	return ours && !s->failed;
}

void discovery_probe_put(struct buf *b, uint64_t nonce)
{
	static const uint8_t padding[DISCOVERY_PROBE_SIZE - 10];

	header_put(b, LAN_PROBE, nonce);
	buf_put_bytes(b, padding, sizeof(padding));
}

enum err discovery_probe_get(const void *p, size_t n, uint64_t *nonce)
{
	struct slice s = slice_of(p, n);
	uint64_t v;

	if (n != DISCOVERY_PROBE_SIZE || !header_get(&s, LAN_PROBE, &v))
		return ERR_MALFORMED;
	*nonce = v;
	return ERR_NONE;
}

void discovery_found_put(struct buf *b, const struct found *f)
{
	assert(f->name.len > 0 && f->name.len <= DISCOVERY_NAME_MAX);
	assert(f->udp_port || f->tcp_port);
	header_put(b, LAN_FOUND, f->nonce);
	buf_put_bytes(b, f->key, sizeof(f->key));
	buf_put_u16(b, f->udp_port);
	buf_put_u16(b, f->tcp_port);
	buf_put_string(b, f->name.data, f->name.len);
	buf_put_varint(b, f->members);
}

enum err discovery_found_get(const void *p, size_t n, struct found *f)
{
	struct slice s = slice_of(p, n), key;
	struct found v;

	if (!header_get(&s, LAN_FOUND, &v.nonce))
		return ERR_MALFORMED;
	key = slice_bytes(&s, sizeof(v.key));
	v.udp_port = slice_u16(&s);
	v.tcp_port = slice_u16(&s);
	v.name = slice_string(&s, DISCOVERY_NAME_MAX);
	v.members = slice_varint(&s);
	if (s.failed || s.len > 0 || v.name.len == 0 || (!v.udp_port && !v.tcp_port) ||
	    !text_valid((const char *)v.name.data, v.name.len))
		return ERR_MALFORMED;
	memcpy(v.key, key.data, sizeof(v.key));
	*f = v;
	return ERR_NONE;
}
