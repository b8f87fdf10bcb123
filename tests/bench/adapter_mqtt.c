/* MQTT 3.1.1 at QoS 0, without keep-alive.  A subscriber hears itself. */
#include "plain.h"

#include <string.h>

enum {
	CONNECT = 0x10,
	CONNACK = 0x20,
	PUBLISH = 0x30,
	SUBSCRIBE = 0x82,
	SUBACK = 0x90,
	DISCONNECT = 0xe0,
	LENGTH_BYTES = 4,
	REFUSED = 0x80, /* a SUBACK's */
};

struct packet {
	uint8_t type;
	const uint8_t *body;
	size_t size;
};

/* ---- sending --------------------------------------------------------------------------------- */

static void put_head(struct plain *p, uint8_t type, size_t size)
{
	char head[1 + LENGTH_BYTES];
	size_t n = 0;

	head[n++] = (char)type;
	do {
		head[n++] = (char)((size & 127) | (size > 127 ? 128 : 0));
		size >>= 7;
	} while (size > 0);
	plain_put(p, head, n);
}

static void put_string(struct plain *p, const char *s)
{
	size_t n = strlen(s);
	char size[2] = {(char)(n >> 8), (char)n};

	plain_put(p, size, sizeof(size));
	plain_put(p, s, n);
}

static void mqtt_join(struct member *m, const char *name)
{
	static const char protocol[] = "\0\4MQTT\4\2\0"; /* a clean session; no keep-alive */
	struct plain *p = plain_of(m);

	put_head(p, CONNECT, sizeof(protocol) + 2 + strlen(name));
	plain_put(p, protocol, sizeof(protocol));
	put_string(p, name);
	put_head(p, SUBSCRIBE, 2 + 2 + strlen(m->target->room_name) + 1);
	plain_put(p, "\0\1", 2);
	put_string(p, m->target->room_name);
	plain_put(p, "\0", 1);
}

static bool mqtt_talk(struct member *m, const char *text, size_t n)
{
	struct plain *p = plain_of(m);

	put_head(p, PUBLISH, 2 + strlen(m->target->room_name) + n);
	put_string(p, m->target->room_name);
	plain_put(p, text, n);
	return true;
}

static void mqtt_leave(struct member *m)
{
	put_head(plain_of(m), DISCONNECT, 0);
	plain_of(m)->leaving = true;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Behind the packet; NULL if it is not all here. */
static const uint8_t *packet(struct packet *k, const uint8_t *at, const uint8_t *end)
{
	size_t size = 0;

	if (at == end)
		return NULL;
	k->type = *at++;
	for (unsigned i = 0;; i++) {
		if (at == end || i == LENGTH_BYTES)
			return NULL;
		size |= (size_t)(*at & 127) << (7 * i);
		if (!(*at++ & 128))
			break;
	}
	if ((size_t)(end - at) < size)
		return NULL;
	k->body = at;
	k->size = size;
	return at + size;
}

static void take_packet(struct plain *p, const struct packet *k)
{
	if (k->type == CONNACK && k->size == 2 && k->body[1] != 0)
		member_failed(&p->member, "the server refuses the connection");
	if (k->type == SUBACK && k->size == 3 && k->body[2] == REFUSED)
		member_failed(&p->member, "the server refuses the subscription");
	else if (k->type == SUBACK)
		member_present(&p->member);
	if (k->type != PUBLISH || k->size < 2)
		return;
	size_t topic = 2 + ((size_t)k->body[0] << 8 | k->body[1]);
	if (topic <= k->size)
		member_heard(&p->member, (const char *)k->body + topic, k->size - topic);
}

static size_t take(struct plain *p, const char *bytes, size_t n)
{
	const uint8_t *begin = (const uint8_t *)bytes, *at = begin, *next;
	struct packet k;

	for (; (next = packet(&k, at, begin + n)); at = next)
		take_packet(p, &k);
	return (size_t)(at - begin);
}

static void mqtt_readable(struct member *m)
{
	plain_read(plain_of(m), take);
}

const struct adapter adapter_mqtt = {
	.name = "mqtt",
	.size = sizeof(struct plain),
	.echoes = true,
	.announces = false,
	.window_max = 1000,
	.begin = plain_begin,
	.join = mqtt_join,
	.talk = mqtt_talk,
	.readable = mqtt_readable,
	.work = plain_work,
	.deadline = member_no_deadline,
	.leave = mqtt_leave,
	.end = plain_end,
};
