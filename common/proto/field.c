/* Fields that several messages have; the contract is in field.h. */
#include "proto/field.h"

#include "proto/text.h"
#include "proto/wire.h"

struct slice field_text(struct slice *s, size_t max)
{
	struct slice text = slice_string(s, max);

	if (!s->failed && !text_valid((const char *)text.data, text.len))
		s->failed = true;
	return text;
}

struct slice field_name(struct slice *s, size_t max)
{
	struct slice name = field_text(s, max);

	if (name.len == 0)
		s->failed = true;
	return name;
}

uint32_t field_room(struct slice *s)
{
	uint64_t room = slice_varint(s);

	if (room > WIRE_MAX_ROOM)
		s->failed = true;
	return (uint32_t)room;
}

void field_put(struct buf *b, struct slice s)
{
	buf_put_string(b, s.data, s.len);
}

bool field_end(const struct slice *s)
{
	return !s->failed && s->len == 0;
}
