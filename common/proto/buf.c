/* Bounded bytes; the contract is in buf.h. */
#include "proto/buf.h"

#include <assert.h>
#include <string.h>

struct buf buf_of(void *storage, size_t cap)
{
	return (struct buf){.data = storage, .cap = cap};
}

size_t buf_room(const struct buf *b)
{
	return b->failed ? 0 : b->cap - b->len;
}

/* The place for the next n bytes, or NULL once anything did not fit. */
static uint8_t *claim(struct buf *b, size_t n)
{
	if (b->failed || b->cap - b->len < n) {
		b->failed = true;
		return NULL;
	}
	uint8_t *place = b->data + b->len;
	b->len += n;
	return place;
}

static void put_be(struct buf *b, uint64_t v, size_t n)
{
	uint8_t *p = claim(b, n);

	if (!p)
		return;
	for (size_t i = n; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

void buf_put_u8(struct buf *b, uint8_t v)
{
	put_be(b, v, 1);
}

void buf_put_u16(struct buf *b, uint16_t v)
{
	put_be(b, v, 2);
}

void buf_put_u32(struct buf *b, uint32_t v)
{
	put_be(b, v, 4);
}

void buf_put_u64(struct buf *b, uint64_t v)
{
	put_be(b, v, 8);
}

size_t buf_varint_size(uint64_t v)
{
	if (v < UINT64_C(1) << 6)
		return 1;
	if (v < UINT64_C(1) << 14)
		return 2;
	return v < UINT64_C(1) << 30 ? 4 : 8;
}

void buf_put_varint(struct buf *b, uint64_t v)
{
	assert(v <= BUF_VARINT_MAX);
	switch (buf_varint_size(v)) {
	case 1:
		put_be(b, v, 1);
		break;
	case 2:
		put_be(b, v | UINT64_C(1) << 14, 2);
		break;
	case 4:
		put_be(b, v | UINT64_C(2) << 30, 4);
		break;
	default:
		put_be(b, v | UINT64_C(3) << 62, 8);
	}
}

void buf_put_bytes(struct buf *b, const void *p, size_t n)
{
	uint8_t *place = claim(b, n);

	if (place && n > 0)
		memcpy(place, p, n);
}

void buf_put_string(struct buf *b, const void *p, size_t n)
{
	size_t before = b->len;

	buf_put_varint(b, n);
	buf_put_bytes(b, p, n);
	if (b->failed)
		b->len = before;
}

/* The length has one byte until it turns out to need more: most strings are short. */
size_t buf_open_string(struct buf *b)
{
	buf_put_u8(b, 0);
	return b->len;
}

void buf_close_string(struct buf *b, size_t at)
{
	size_t n = b->len - at, more = buf_varint_size(n) - 1;

	if (b->failed || !claim(b, more))
		return;
	memmove(b->data + at + more, b->data + at, n);
	struct buf length = buf_of(b->data + at - 1, 1 + more);
	buf_put_varint(&length, n);
}

static uint64_t get_be(struct slice *s, size_t n)
{
	struct slice taken = slice_bytes(s, n);
	uint64_t v = 0;

	for (size_t i = 0; i < taken.len; i++)
		v = v << 8 | taken.data[i];
	return v;
}

uint16_t slice_u16(struct slice *s)
{
	return (uint16_t)get_be(s, 2);
}

uint32_t slice_u32(struct slice *s)
{
	return (uint32_t)get_be(s, 4);
}

uint64_t slice_u64(struct slice *s)
{
	struct slice taken = slice_bytes(s, 8);

	return taken.len > 0 ? slice_front(taken.data, 8) : 0;
}

uint64_t slice_last_bytes(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		v |= (uint64_t)p[i] << (56 - 8 * i);
	return v;
}

void slice_pass_zeros(struct slice *s)
{
	size_t n = 0;

	while (s->len - n >= 8 && slice_front(s->data + n, 8) == 0)
		n += 8;
	while (n < s->len && s->data[n] == 0)
		n++;
	(void)slice_bytes(s, n);
}
