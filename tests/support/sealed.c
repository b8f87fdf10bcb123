/* See sealed.h. */
#include "sealed.h"

#include "proto/packet.h"
#include "proto/session_internal.h"

#include <stdlib.h>
#include <string.h>

const struct secure_identity *sealed_identity(unsigned who)
{
	static struct secure_identity identities[SEALED_IDENTITIES];
	static bool made[SEALED_IDENTITIES];

	who %= SEALED_IDENTITIES;
	uint8_t secret[NOISE_KEY] = {'t', 'e', 's', 't', (uint8_t)who, (uint8_t)(who >> 8)};
	if (!made[who])
		secure_identity_from(&identities[who], secret, NULL);
	made[who] = true;
	return &identities[who];
}

struct session_config sealed_client(unsigned who, enum session_link link, uint64_t cid)
{
	struct session_config config = {.role = SESSION_CLIENT,
					.link = link,
					.local_cid = cid,
					.identity = sealed_identity(who)};

	memcpy(config.ephemeral, &cid, sizeof(cid));
	config.ephemeral[NOISE_KEY - 1] = (uint8_t)who;
	return config;
}

void sealed_init(struct buf *out, uint64_t client_cid, uint64_t draw)
{
	struct session_config config = sealed_client(1, SESSION_DGRAM, client_cid);

	memcpy(config.ephemeral, &draw, sizeof(draw));
	struct session *s = session_new(&config, 1);
	assert(s && session_output(s, 1, out));
	session_free(s);
}

void sealed_packet_to(const struct session *sender, uint64_t cid, uint64_t number,
		      const struct buf *frames, struct buf *out)
{
	uint8_t *p = out->data + out->len;

	assert(sender->secure.ready && out->cap - out->len >= WIRE_PACKET_MAX &&
	       frames->len <= WIRE_FRAMES_MAX);
	data_header_put(out, sender->secure.send_phase, cid, number);
	secure_seal(&sender->secure, sender->terms->cipher, number, p, WIRE_DATA_HEADER,
		    frames->data, frames->len, p + WIRE_DATA_HEADER);
	out->len += frames->len + WIRE_SEAL;
}

uint64_t sealed_next(const struct session *sender)
{
	return sender->busy ? sender->busy->dgram.recovery.next_number
			    : sender->recovery.next_number;
}

void sealed_packet(const struct session *sender, uint64_t number, const struct buf *frames,
		   struct buf *out)
{
	sealed_packet_to(sender, sender->remote_cid, number, frames, out);
}

void sealed_record(const struct session *sender, const struct buf *frames, struct buf *out)
{
	uint8_t *p = out->data + out->len;
	size_t n = frames->len + WIRE_SEAL;

	assert(sender->secure.ready && frames->len <= WIRE_RECORD_MAX - WIRE_SEAL &&
	       out->cap - out->len >= WIRE_RECORD_HEADER + n);
	buf_put_u16(out, (uint16_t)(n | (sender->secure.send_phase ? RECORD_PHASE_BIT << 8 : 0)));
	secure_seal(&sender->secure, sender->terms->cipher, sender->records_out, p,
		    WIRE_RECORD_HEADER, frames->data, frames->len, p + WIRE_RECORD_HEADER);
	out->len += n;
}

/* A copy to open something with, by which nothing changes for the receiver.  secure_wipe() it. */
static struct secure copy_of(const struct session *receiver)
{
	static uint8_t nobody[NOISE_KEY];
	struct secure copy = receiver->secure;

	if (!copy.ready && copy.handshake && (copy.handshake = malloc(sizeof(*copy.handshake)))) {
		*copy.handshake = *receiver->secure.handshake;
		copy.handshake->remote = nobody;
	}
	if (copy.ready && copy.last && (copy.last = malloc(sizeof(*copy.last))))
		*copy.last = *receiver->secure.last;
	return copy;
}

bool sealed_open(const struct session *receiver, const void *packet, size_t n, uint8_t *plain,
		 struct slice *frames)
{
	struct packet p;

	if (packet_get(packet, n, &p) != ERR_NONE || p.type != PACKET_DATA)
		return false;
	memcpy(plain, p.sealed.data, p.sealed.len);
	struct secure copy = copy_of(receiver);
	bool good = secure_open(&copy, receiver->terms->cipher, p.phase, p.number, packet,
				WIRE_DATA_HEADER, plain, p.sealed.len, frames) == ERR_NONE;
	secure_wipe(&copy, receiver->terms->cipher);
	return good;
}

/* The payload of the handshake message that the receiver waits for; nothing changes for it. */
static bool open_message(const struct session *receiver, struct slice message, struct buf *payload)
{
	struct secure copy = copy_of(receiver);

	bool good = secure_hear(&copy, 1, message, payload) == ERR_NONE;
	secure_wipe(&copy, receiver->terms->cipher);
	return good;
}

/* Zeros for the message, but for what is inside it. */
static bool show_message(const struct session *receiver, struct slice message, uint8_t *at)
{
	uint8_t inside[WIRE_PACKET_MAX];
	struct buf payload = buf_of(inside, sizeof(inside));

	if (!open_message(receiver, message, &payload))
		return false;
	memset(at, 0, message.len);
	memcpy(at + message.len - WIRE_SEAL - payload.len, inside, payload.len);
	return true;
}

bool sealed_show_packet(const struct session *receiver, const uint8_t *packet, size_t n,
			uint8_t *out)
{
	struct packet p;
	struct slice frames;
	uint8_t plain[WIRE_PACKET_MAX];

	if (packet_get(packet, n, &p) != ERR_NONE)
		return false;
	memcpy(out, packet, n);
	if (p.type == PACKET_RETRY)
		return true;
	if (p.type != PACKET_DATA)
		return show_message(receiver, p.message, out + (p.message.data - packet));
	if (!sealed_open(receiver, packet, n, plain, &frames))
		return false;
	memset(out + WIRE_DATA_HEADER, 0, n - WIRE_DATA_HEADER);
	memcpy(out + WIRE_DATA_HEADER, frames.data, frames.len);
	return true;
}

bool sealed_show_record(const struct session *receiver, const uint8_t *record, size_t n,
			uint8_t *out)
{
	struct slice body = slice_of(record + WIRE_RECORD_HEADER, n - WIRE_RECORD_HEADER);
	bool ready = receiver->secure.ready;
	struct slice frames;
	struct frame hello;

	memcpy(out, record, n);
	if (!ready && receiver->role == SESSION_SERVER && receiver->busy->handshake->len == 0 &&
	    frame_get(&body, &hello) != ERR_NONE)
		return false;
	if (!ready)
		return show_message(receiver, body, out + (body.data - record));
	struct secure copy = copy_of(receiver);
	bool good = secure_open(&copy, receiver->terms->cipher, record[0] & RECORD_PHASE_BIT,
				receiver->records_in, record, WIRE_RECORD_HEADER,
				out + WIRE_RECORD_HEADER, body.len, &frames) == ERR_NONE;
	secure_wipe(&copy, receiver->terms->cipher);
	if (!good)
		return false;
	memset(out + n - WIRE_SEAL, 0, WIRE_SEAL);
	return true;
}
