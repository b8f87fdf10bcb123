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

struct slice slice_of(const void *p, size_t n);
uint8_t slice_u8(struct slice *s);
uint16_t slice_u16(struct slice *s);
uint32_t slice_u32(struct slice *s);
uint64_t slice_u64(struct slice *s);
uint64_t slice_varint(struct slice *s);
struct slice slice_bytes(struct slice *s, size_t n); /* the next n bytes, as a slice of their own */
struct slice slice_string(struct slice *s, size_t max); /* longer than max: failed */

#endif
