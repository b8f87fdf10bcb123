/*
 * Bounded bytes: the only code that indexes wire bytes.
 *
 * struct buf writes into storage that the caller owns; struct slice reads from bytes that the
 * caller keeps alive.  Both fail stickily: the first write past `cap`, or read past the end, sets
 * `failed`, changes nothing else, and every later call does nothing (readers return 0 / empty).
 * So an encoder or decoder does its work straight through and asks once at the end.
 *
 * Integers are big-endian; varints are RFC 9000 §16 (1, 2, 4 or 8 bytes, values < 2^62), and a
 * varint that is not in its shortest form is refused: one value, one encoding.
 */
#ifndef PROTO_BUF_H
#define PROTO_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUF_VARINT_MAX ((UINT64_C(1) << 62) - 1)

struct buf {
	uint8_t *data; /* borrowed */
	size_t len;    /* bytes written */
	size_t cap;
	bool failed;
};

struct slice {
	const uint8_t *data; /* borrowed; the next byte to read */
	size_t len;	     /* bytes left */
	bool failed;
};

struct buf buf_of(void *storage, size_t cap);
size_t buf_room(const struct buf *b);
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_u16(struct buf *b, uint16_t v);
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_varint(struct buf *b, uint64_t v); /* v <= BUF_VARINT_MAX, asserted */
void buf_put_bytes(struct buf *b, const void *p, size_t n);
void buf_put_string(struct buf *b, const void *p, size_t n); /* varint length, bytes */
/* What is put between these two becomes one string, as if its length had been known: `at` is what the
 * first one gave.  They nest. */
size_t buf_open_string(struct buf *b);
void buf_close_string(struct buf *b, size_t at);
size_t buf_varint_size(uint64_t v);

/*
 * Reading is inline: receivers do little else.
 */
static inline struct slice slice_of(const void *p, size_t n)
{
	return (struct slice){.data = p, .len = n};
}

/* The next n bytes, as a slice of their own. */
static inline struct slice slice_bytes(struct slice *s, size_t n)
{
	if (s->failed || s->len < n) {
		s->failed = true;
		return (struct slice){.failed = true};
	}
	struct slice taken = slice_of(s->data, n);
	if (n > 0) { /* where nothing is, data may be NULL */
		s->data += n;
		s->len -= n;
	}
	return taken;
}

static inline uint8_t slice_u8(struct slice *s)
{
	struct slice taken = slice_bytes(s, 1);

	return taken.len > 0 ? taken.data[0] : 0;
}

uint16_t slice_u16(struct slice *s);
uint32_t slice_u32(struct slice *s);
uint64_t slice_u64(struct slice *s);
/* The first eight bytes of fewer, as if zeros followed. */
uint64_t slice_last_bytes(const uint8_t *p, size_t len);

/* Where eight bytes are left the longest fits: all lengths are read alike. */
static inline uint64_t slice_front(const uint8_t *p, size_t len)
{
	if (len < 8)
		return slice_last_bytes(p, len);
	return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
	       (uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
	       (uint64_t)p[6] << 8 | (uint64_t)p[7];
}

static inline uint64_t slice_varint(struct slice *s)
{
	uint64_t v = slice_front(s->data, s->len);
	size_t n = (size_t)1 << (v >> 62);

	v = (v & BUF_VARINT_MAX) >> (64 - 8 * n);
	bool longer = n > 1 && v >> (4 * n - 2) == 0; /* half as many would have done */
	if (s->failed || s->len < n || longer) {
		s->failed = true;
		return 0;
	}
	s->data += n;
	s->len -= n;
	return v;
}

/* Longer than max: failed. */
static inline struct slice slice_string(struct slice *s, size_t max)
{
	struct slice at = {.data = s->data, .len = s->len, .failed = s->failed};
	uint64_t n = slice_varint(&at);

	if (at.failed || n > max || n > at.len) {
		s->failed = true;
		return (struct slice){.failed = true};
	}
	s->data = at.data + n;
	s->len = at.len - n;
	return slice_of(at.data, n);
}

/* Advances past the zeros that it begins with. */
void slice_pass_zeros(struct slice *s);
static inline void slice_skip_zeros(struct slice *s)
{
	if (s->len > 0 && s->data[0] == 0)
		slice_pass_zeros(s);
}

#endif
