/* A room is kept by the best of the addresses that it answered from. */
#include "ui/rooms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- collecting ------------------------------------------------------------------------------ */

static bool same_room(const struct found_room *a, const struct found_room *b)
{
	return a->udp_port == b->udp_port && a->tcp_port == b->tcp_port &&
	       key_equal(a->key, b->key);
}

/* The lower the better: this machine's own lasts, IPv4 is easier to read out. */
static int rank(const struct address *a)
{
	if (address_is_loopback(a))
		return 0;
	return address_is_ipv4(a) ? 1 : 2;
}

static int by_name(const struct found_room *a, const struct found_room *b)
{
	size_t n = a->name_len < b->name_len ? a->name_len : b->name_len;
	int order = memcmp(a->name, b->name, n);

	if (order != 0)
		return order;
	if (a->name_len != b->name_len)
		return a->name_len < b->name_len ? -1 : 1;
	order = memcmp(a->key, b->key, sizeof(a->key));
	return order != 0 ? order : (int)a->udp_port - (int)b->udp_port;
}

static size_t rooms_at(const struct rooms *r, struct address at)
{
	size_t n = 0;

	at.port = 0;
	for (size_t i = 0; i < r->count; i++) {
		struct address other = r->all[i].at;
		other.port = 0;
		n += address_equal(&other, &at);
	}
	return n;
}

/* One machine that tells of many rooms hides nobody else's. */
static void make_way(struct rooms *r, const struct address *from)
{
	size_t most = 0, at = 0;

	for (size_t i = 0; i < r->count; i++) {
		size_t n = rooms_at(r, r->all[i].at);
		if (n >= most)
			at = i;
		most = n > most ? n : most;
	}
	if (most <= rooms_at(r, *from) + 1)
		return;
	r->count--;
	memmove(&r->all[at], &r->all[at + 1], (r->count - at) * sizeof(*r->all));
}

static void insert(struct rooms *r, const struct found_room *new)
{
	size_t at;

	if (r->count == ROOMS_MAX)
		make_way(r, &new->at);
	at = r->count;
	if (r->count == ROOMS_MAX)
		return;
	for (; at > 0 && by_name(new, &r->all[at - 1]) < 0; at--)
		r->all[at] = r->all[at - 1];
	r->all[at] = *new;
	r->count++;
}

void rooms_take(struct rooms *r, uint64_t nonce, const struct address *from, const void *bytes,
		size_t n)
{
	struct found f;

	if (discovery_found_get(bytes, n, &f) != ERR_NONE || f.nonce != nonce)
		return;
	struct found_room new = {.at = *from,
				 .udp_port = f.udp_port,
				 .tcp_port = f.tcp_port,
				 .members = f.members,
				 .name_len = f.name.len};
	memcpy(new.key, f.key, sizeof(new.key));
	memcpy(new.name, f.name.data, f.name.len);
	for (size_t i = 0; i < r->count; i++) {
		if (!same_room(&r->all[i], &new))
			continue;
		if (rank(from) < rank(&r->all[i].at))
			r->all[i].at = *from;
		return;
	}
	insert(r, &new);
}

/* ---- showing --------------------------------------------------------------------------------- */

const char *rooms_address(const struct found_room *r, char out[ROOMS_ADDRESS_SIZE])
{
	char text[ADDRESS_MAX_TEXT], key[KEY_TEXT + 1];
	struct address at = r->at;
	const char *scheme = "chat";

	at.transport = r->udp_port ? TRANSPORT_UDP : TRANSPORT_TCP;
	at.port = r->udp_port ? r->udp_port : r->tcp_port;
	if (r->udp_port != r->tcp_port)
		scheme = transport_name(at.transport);
	snprintf(out, ROOMS_ADDRESS_SIZE, "%s%s/#%s", scheme,
		 strchr(address_format(&at, text), ':'), key_format(r->key, key));
	return out;
}

const char *rooms_words(const struct found_room *r, char out[ROOMS_WORDS_SIZE])
{
	char name[TEXT_SAFE_SIZE(DISCOVERY_NAME_MAX)], fingerprint[KEY_FINGERPRINT + 1];

	text_safe(name, sizeof(name), r->name, r->name_len, false);
	snprintf(out, ROOMS_WORDS_SIZE, "%s, %" PRIu64 " here, key %s", name, r->members,
		 key_fingerprint(r->key, fingerprint));
	return out;
}

void rooms_json(struct buf *out, const struct found_room *r)
{
	char address[ROOMS_ADDRESS_SIZE], fingerprint[KEY_FINGERPRINT + 1];
	struct json j = json_open(out);

	json_string(&j, "name", r->name, r->name_len);
	json_text(&j, "address", rooms_address(r, address));
	json_text(&j, "fingerprint", key_fingerprint(r->key, fingerprint));
	json_uint(&j, "members", r->members);
	json_close(&j);
}
