/*
 * WHOIS: what there is to know of somebody (protocol.md §4).
 *
 * Only what the asker may know: no address, no room that both are not in, and of what was said only where
 * both are.
 */
#include "core/hub_internal.h"

#include "proto/whois.h"

enum { LOOKED_THROUGH = 1024 }; /* events, for when somebody said something */

/* ---- when it said something last ------------------------------------------------------------- */

static uint64_t time_of(struct slice frame)
{
	struct frame f;

	return frame_get(&frame, &f) == ERR_NONE ? (uint64_t)f.event.time_ms : 0;
}

/* In what is in memory of that room; `left`: so many events may be looked at. */
static uint64_t said_in(const struct registry_room *room, const uint8_t who[OWNER_BYTES],
			size_t *left)
{
	const struct room *log = room->log;

	for (uint64_t seq = log ? room_head(log) : 0; seq > 0 && *left > 0; seq--, --*left) {
		struct slice frame = room_frame(log, seq);
		if (!frame.data)
			return 0;
		if (owner_equal(room_author(log, seq), who))
			return time_of(frame);
	}
	return 0;
}

/* ---- where both are -------------------------------------------------------------------------- */

static bool is_seen_in(const struct presence *p, const struct registry_room *room)
{
	const struct place *place = place_in(p, room);

	return room->number == WIRE_LOBBY ? p->seen : place && place->seen;
}

/* The asker's rooms in which the other is, from that one on. */
static const struct registry_room *next_common(const struct context *x, const struct presence *p,
					       const struct place **at)
{
	const struct presence *asker = presence_of(x->client->member);
	const struct registry_room *room;

	while ((room = presence_next_room(asker, at)))
		if (is_seen_in(asker, room) && is_seen_in(p, room))
			return room;
	return NULL;
}

static uint64_t last_said(const struct context *x, const struct presence *p)
{
	const struct registry_room *room = x->hub->lobby;
	const struct place *at = NULL;
	size_t left = LOOKED_THROUGH;
	uint64_t newest = 0;

	if (!owner_known(presence_identity(p)))
		return 0;
	for (; room; room = next_common(x, p, &at)) {
		uint64_t said = said_in(room, presence_identity(p), &left);
		newest = said > newest ? said : newest;
	}
	return newest;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static struct slice key_of(const uint8_t identity[OWNER_BYTES], char storage[KEY_FINGERPRINT + 1])
{
	if (!owner_known(identity) || owner_is_user(identity))
		return slice_of(NULL, 0);
	return slice_of(key_fingerprint(identity, storage), KEY_FINGERPRINT);
}

static struct whois about_member(const struct context *x, const struct presence *p)
{
	const struct away *away = away_of(x->hub, p);
	const struct hub_client *newest = presence_sessions(p);
	struct whois w = {.name = member_name(&p->member), .state = away_state(p)};

	if (p->name)
		w.since_ms = (uint64_t)names_since(p->name);
	if (away) {
		w.away_ms = (uint64_t)away->since_ms;
		w.words = slice_of(away->words, away->len);
	}
	w.said_ms = last_said(x, p);
	w.transport = newest ? newest->address.transport : 0;
	return w;
}

static void tell_of_member(struct context *x, struct buf *text, const struct presence *p)
{
	char storage[KEY_FINGERPRINT + 1];
	struct whois w = about_member(x, p);
	const struct registry_room *room = x->hub->lobby;
	const struct place *at = NULL;

	w.key = key_of(presence_identity(p), storage);
	whois_put(text, &w);
	for (; room; room = next_common(x, p, &at))
		whois_put_room(text, room->name);
}

static void tell_of_owner(struct context *x, struct buf *text, const struct names_entry *e)
{
	char storage[KEY_FINGERPRINT + 1];
	struct names_past past = names_past(e, hub_wall_ms(x->now));
	const struct whois w = {.name = spelling_name(&e->spelling),
				.state = MEMBER_ABSENT,
				.since_ms = (uint64_t)past.last,
				.key = key_of(names_identity(e), storage)};

	whois_put(text, &w);
}

/* Whose coming is not kept yet is not told of. */
enum code hub_whois(struct context *x)
{
	struct hub *h = x->hub;
	struct buf text = buf_of(h->reply_text, WIRE_REPLY_TEXT_MAX);
	const char *name = (const char *)x->command->text.data;
	size_t len = x->command->text.len;
	struct member *m = roster_find(h->roster, name, len);
	const struct names_entry *e = m ? NULL : names_find(h->names, name, len);

	if (m && presence_of(m)->seen)
		tell_of_member(x, &text, presence_of(m));
	else if (e)
		tell_of_owner(x, &text, e);
	else
		return CODE_NO_SUCH_NICK;
	x->reply->text = slice_of(text.data, text.len);
	return CODE_OK;
}
