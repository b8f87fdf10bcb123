/*
 * The rooms that answer on the local network, and how each is shown to people and programs.
 *
 * A room that answers more than once (to a repeated question, or by several addresses) is one room: the
 * one with that key on those ports.  Pure; client/discover.c asks.
 */
#ifndef UI_ROOMS_H
#define UI_ROOMS_H

#include "proto/address.h"
#include "proto/discovery.h"
#include "proto/json.h"
#include "proto/text.h"

enum {
	ROOMS_MAX = 64, /* then one gives way of the address that has most of them */
	/* with a NUL */
	ROOMS_ADDRESS_SIZE = ADDRESS_MAX_TEXT + 3 + KEY_TEXT,
	ROOMS_WORDS_SIZE = TEXT_SAFE_SIZE(DISCOVERY_NAME_MAX) + KEY_FINGERPRINT + 64,
	ROOMS_JSON_SIZE =
		JSON_SIZE(4, ROOMS_ADDRESS_SIZE + KEY_FINGERPRINT + DISCOVERY_NAME_MAX + 64),
};

struct found_room {
	struct address at; /* where the answer came from */
	uint16_t udp_port, tcp_port;
	uint8_t key[KEY_BYTES];
	uint64_t members;
	size_t name_len;
	char name[DISCOVERY_NAME_MAX]; /* as it came: not safe to show */
};

/* In the order of their names.  Zero-initialise. */
struct rooms {
	struct found_room all[ROOMS_MAX];
	size_t count;
};

/* What came in; anything but a FOUND with our nonce is passed over. */
void rooms_take(struct rooms *r, uint64_t nonce, const struct address *from, const void *bytes,
		size_t n);

/* "chat://192.0.2.1:8888/#KEY", as people may give it to the client; returns out. */
const char *rooms_address(const struct found_room *r, char out[ROOMS_ADDRESS_SIZE]);
/* "小明's room, 12 here, key quqp-acmj-…": safe to show; returns out. */
const char *rooms_words(const struct found_room *r, char out[ROOMS_WORDS_SIZE]);
/* {"name":…,"address":…,"fingerprint":…,"members":12}, with a newline. */
void rooms_json(struct buf *out, const struct found_room *r);

#endif
