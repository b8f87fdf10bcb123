/* The text of a reply to WHOIS: fields in a fixed order, then names of rooms up to the end. */
#include "proto/whois.h"

#include "proto/field.h"
#include "proto/key.h"
#include "proto/wire.h"

_Static_assert(2 + NAME_MAX_BYTES + 1 + 3 * 8 + 2 + WIRE_AWAY_MAX + 1 + KEY_FINGERPRINT + 1 +
			       WIRE_ROOMS_MAX * (2 + WIRE_ROOM_NAME_MAX) <=
		       WIRE_REPLY_TEXT_MAX,
	       "a reply holds it with all rooms that a member may be in");

void whois_put(struct buf *text, const struct whois *w)
{
	field_put(text, w->name);
	buf_put_u8(text, (uint8_t)w->state);
	buf_put_varint(text, w->since_ms);
	buf_put_varint(text, w->away_ms);
	field_put(text, w->words);
	buf_put_varint(text, w->said_ms);
	field_put(text, w->key);
	buf_put_u8(text, (uint8_t)w->transport);
}

void whois_put_room(struct buf *text, struct slice name)
{
	field_put(text, name);
}

bool whois_room(struct slice *rooms, struct slice *name)
{
	if (rooms->len == 0 || rooms->failed)
		return false;
	*name = field_name(rooms, WIRE_ROOM_NAME_MAX);
	return !rooms->failed;
}

bool whois_get(struct slice text, struct whois *w)
{
	struct slice name;

	w->name = field_name(&text, NAME_MAX_BYTES);
	w->state = slice_u8(&text);
	w->since_ms = slice_varint(&text);
	w->away_ms = slice_varint(&text);
	w->words = field_text(&text, WIRE_AWAY_MAX);
	w->said_ms = slice_varint(&text);
	w->key = field_text(&text, KEY_FINGERPRINT);
	w->transport = slice_u8(&text);
	w->rooms = text;
	while (whois_room(&text, &name))
		;
	return !text.failed;
}
