/* Fields that several messages have: for the files of the catalogue alone (wire, event, command). */
#ifndef PROTO_FIELD_H
#define PROTO_FIELD_H

#include "proto/text.h"
#include "proto/wire.h"

/* A string of UTF-8. */
static inline struct slice field_text(struct slice *s, size_t max)
{
	struct slice text = slice_string(s, max);

	if (!s->failed && !text_valid((const char *)text.data, text.len))
		s->failed = true;
	return text;
}

/* … that is not empty. */
static inline struct slice field_name(struct slice *s, size_t max)
{
	struct slice name = field_text(s, max);

	if (name.len == 0)
		s->failed = true;
	return name;
}

static inline uint32_t field_room(struct slice *s)
{
	uint64_t room = slice_varint(s);

	if (room > WIRE_MAX_ROOM)
		s->failed = true;
	return (uint32_t)room;
}

static inline void field_put(struct buf *b, struct slice s) /* as a string */
{
	buf_put_string(b, s.data, s.len);
}

static inline bool field_end(const struct slice *s) /* a whole body was read, to its last byte */
{
	return !s->failed && s->len == 0;
}

#endif
