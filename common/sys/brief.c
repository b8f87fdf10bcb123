/*
 * Section numbers are RFC 8439's.
 *
 * ChaCha20: the four rows of a block are four vectors.  Two blocks lie in one vector of 32 bytes, and two such
 * sets are worked on in turn, so that one computes while the other waits for its last step: four blocks
 * take hardly longer than one.  The first is block 0, whose beginning is Poly1305's key.
 *
 * Poly1305: h is 130 bits in three words.  r has the bits cleared that make all sums fit (§2.5), and of
 * 2^130 that is above only five times as much remains below.
 */
#include "sys/brief.h"

#include <string.h>

#if defined(__x86_64__) && defined(__SIZEOF_INT128__) && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define BRIEF_HERE
#endif
#endif

#ifdef BRIEF_HERE

enum { BLOCK = 64, PART = 16, AT_ONCE = 4 * BLOCK, DOUBLE_ROUNDS = 10 };

#define IN_PLACE static inline __attribute__((always_inline))

__extension__ typedef unsigned __int128 wide;
typedef uint32_t row __attribute__((vector_size(16)));
typedef uint32_t rows __attribute__((vector_size(32))); /* the same one of two blocks */

/* ---- §2.3 ------------------------------------------------------------------------------------ */

struct pair {
	rows a, b, c, d;
};

#define ROTATED(x, n)  ((x) << (n) | (x) >> (32 - (n)))
#define TURNED(x, ...) __builtin_shufflevector(x, x, __VA_ARGS__)

IN_PLACE void quarter_rounds(struct pair *p)
{
	p->a += p->b;
	p->d ^= p->a;
	p->d = ROTATED(p->d, 16);
	p->c += p->d;
	p->b ^= p->c;
	p->b = ROTATED(p->b, 12);
	p->a += p->b;
	p->d ^= p->a;
	p->d = ROTATED(p->d, 8);
	p->c += p->d;
	p->b ^= p->c;
	p->b = ROTATED(p->b, 7);
}

/* Columns become diagonals … */
IN_PLACE void lean(struct pair *p)
{
	p->b = TURNED(p->b, 1, 2, 3, 0, 5, 6, 7, 4);
	p->c = TURNED(p->c, 2, 3, 0, 1, 6, 7, 4, 5);
	p->d = TURNED(p->d, 3, 0, 1, 2, 7, 4, 5, 6);
}

/* … and columns again. */
IN_PLACE void stand(struct pair *p)
{
	p->b = TURNED(p->b, 3, 0, 1, 2, 7, 4, 5, 6);
	p->c = TURNED(p->c, 2, 3, 0, 1, 6, 7, 4, 5);
	p->d = TURNED(p->d, 1, 2, 3, 0, 5, 6, 7, 4);
}

IN_PLACE void row_of(rows *to, const uint8_t bytes[PART])
{
	row one;

	memcpy(&one, bytes, sizeof(one));
	*to = __builtin_shufflevector(one, one, 0, 1, 2, 3, 0, 1, 2, 3);
}

IN_PLACE void put_rows(uint8_t *block, const rows *from)
{
	row first = __builtin_shufflevector(*from, *from, 0, 1, 2, 3);
	row second = __builtin_shufflevector(*from, *from, 4, 5, 6, 7);

	memcpy(block, &first, sizeof(first));
	memcpy(block + BLOCK, &second, sizeof(second));
}

IN_PLACE void put_pair(uint8_t *to, const struct pair *p)
{
	put_rows(to, &p->a);
	put_rows(to + PART, &p->b);
	put_rows(to + 2 * PART, &p->c);
	put_rows(to + 3 * PART, &p->d);
}

IN_PLACE void add_pair(struct pair *to, const struct pair *p)
{
	to->a += p->a;
	to->b += p->b;
	to->c += p->c;
	to->d += p->d;
}

/* AT_ONCE bytes of the key stream, from block `counter` on. */
IN_PLACE void stream(uint8_t *to, uint32_t counter, uint64_t n, const uint8_t *key)
{
	const uint32_t low = (uint32_t)n, high = (uint32_t)(n >> 32);
	struct pair x = {.a = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0x61707865,
			       0x3320646e, 0x79622d32, 0x6b206574},
			 .d = {counter, 0, low, high, counter + 1, 0, low, high}};
	const rows two = {2, 0, 0, 0, 2, 0, 0, 0};

	row_of(&x.b, key);
	row_of(&x.c, key + PART);
	struct pair y = {x.a, x.b, x.c, x.d + two};
	const struct pair first_x = x, first_y = y;
	for (int i = 0; i < DOUBLE_ROUNDS; i++) {
		quarter_rounds(&x);
		quarter_rounds(&y);
		lean(&x);
		lean(&y);
		quarter_rounds(&x);
		quarter_rounds(&y);
		stand(&x);
		stand(&y);
	}
	add_pair(&x, &first_x);
	add_pair(&y, &first_y);
	put_pair(to, &x);
	put_pair(to + 2 * BLOCK, &y);
}

/* ---- §2.5 ------------------------------------------------------------------------------------ */

struct sum {
	uint64_t h0, h1, h2, r0, r1;
	uint64_t fives; /* 5/4 r1: what r1 counts above 2^128 */
};

IN_PLACE uint64_t word_at(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w)); /* this is a little-endian machine */
	return w;
}

IN_PLACE void begin_sum(struct sum *s, const uint8_t *key)
{
	uint64_t r0 = word_at(key) & UINT64_C(0x0ffffffc0fffffff);
	uint64_t r1 = word_at(key + 8) & UINT64_C(0x0ffffffc0ffffffc);

	*s = (struct sum){.r0 = r0, .r1 = r1, .fives = r1 + (r1 >> 2)};
}

/* One part of 16 bytes, and a bit above it. */
IN_PLACE void add_part(struct sum *s, uint64_t low, uint64_t high, uint64_t top)
{
	wide x = (wide)s->h0 + low;
	wide y = (wide)s->h1 + high + (uint64_t)(x >> 64);
	uint64_t h0 = (uint64_t)x, h1 = (uint64_t)y, h2 = s->h2 + top + (uint64_t)(y >> 64);

	x = (wide)h0 * s->r0 + (wide)h1 * s->fives;
	y = (wide)h0 * s->r1 + (wide)h1 * s->r0 + h2 * s->fives + (uint64_t)(x >> 64);
	h2 = h2 * s->r0 + (uint64_t)(y >> 64);
	x = (wide)(uint64_t)x + (h2 >> 2) + (h2 & ~UINT64_C(3));
	y = (wide)(uint64_t)y + (uint64_t)(x >> 64);
	s->h0 = (uint64_t)x;
	s->h1 = (uint64_t)y;
	s->h2 = (h2 & 3) + (uint64_t)(y >> 64);
}

/* So many bytes that are no whole part, and their place in one. */
IN_PLACE void part_of(uint8_t part[PART], const uint8_t *p, size_t len)
{
	memset(part, 0, PART);
	for (size_t i = 0; i < len; i++)
		part[i] = p[i];
}

/* §2.8: with zeros up to a whole part. */
IN_PLACE void add_padded(struct sum *s, const uint8_t *p, size_t len)
{
	uint8_t part[PART];

	for (; len >= PART; p += PART, len -= PART)
		add_part(s, word_at(p), word_at(p + 8), 1);
	if (len == 0)
		return;
	part_of(part, p, len);
	add_part(s, word_at(part), word_at(part + 8), 1);
}

IN_PLACE void end_sum(const struct sum *s, const uint8_t *key, uint8_t *tag)
{
	/* h - (2^130 - 5), if that is not negative */
	wide x = (wide)s->h0 + 5;
	wide y = (wide)s->h1 + (uint64_t)(x >> 64);
	uint64_t less = (s->h2 + (uint64_t)(y >> 64)) >> 2; /* 1: it is not */
	uint64_t mask = 0 - less;
	uint64_t h0 = (s->h0 & ~mask) | ((uint64_t)x & mask);
	uint64_t h1 = (s->h1 & ~mask) | ((uint64_t)y & mask);

	x = (wide)h0 + word_at(key + PART);
	y = (wide)h1 + word_at(key + PART + 8) + (uint64_t)(x >> 64);
	h0 = (uint64_t)x;
	h1 = (uint64_t)y;
	memcpy(tag, &h0, sizeof(h0));
	memcpy(tag + 8, &h1, sizeof(h1));
}

/* ---- §2.8 ------------------------------------------------------------------------------------ */

/* Not optimised away. */
IN_PLACE void wipe(void *p, size_t n)
{
	memset(p, 0, n);
	__asm__ __volatile__("" : : "r"(p) : "memory");
}

IN_PLACE void part_over(uint8_t *out, const uint8_t *in, const uint8_t *with)
{
	row text, key;

	memcpy(&text, in, sizeof(text));
	memcpy(&key, with, sizeof(key));
	text ^= key;
	memcpy(out, &text, sizeof(text));
}

/* The text with the key stream over it, whose first AT_ONCE bytes are there. */
IN_PLACE void text_over(uint8_t *out, const uint8_t *in, size_t len, uint64_t n, const uint8_t *key,
			uint8_t ready[AT_ONCE])
{
	size_t at = BLOCK;
	uint32_t counter = 0;

	for (; len > 0; in += PART, out += PART, at += PART) {
		if (at == AT_ONCE) {
			counter += AT_ONCE / BLOCK;
			stream(ready, counter, n, key);
			at = 0;
		}
		if (len < PART)
			break;
		part_over(out, in, ready + at);
		len -= PART;
	}
	for (size_t i = 0; i < len; i++)
		out[i] = in[i] ^ ready[at + i];
}

IN_PLACE void tag_of(uint8_t *tag, const uint8_t *sealed, size_t len, const void *ad, size_t ad_len,
		     const uint8_t *block0)
{
	struct sum s;

	begin_sum(&s, block0);
	add_padded(&s, ad, ad_len);
	add_padded(&s, sealed, len);
	add_part(&s, ad_len, len, 1);
	end_sum(&s, block0, tag);
}

IN_PLACE void seal(uint8_t *out, const uint8_t *in, size_t len, const void *ad, size_t ad_len,
		   uint64_t n, const uint8_t *key)
{
	_Alignas(BLOCK) uint8_t ready[AT_ONCE];
	uint8_t mac_key[BRIEF_KEY];

	stream(ready, 0, n, key);
	memcpy(mac_key, ready, sizeof(mac_key));
	text_over(out, in, len, n, key, ready);
	tag_of(out + len, out, len, ad, ad_len, mac_key);
	wipe(ready, sizeof(ready));
	wipe(mac_key, sizeof(mac_key));
}

IN_PLACE bool open_sealed(uint8_t *out, const uint8_t *in, size_t len, const void *ad,
			  size_t ad_len, uint64_t n, const uint8_t *key)
{
	_Alignas(BLOCK) uint8_t ready[AT_ONCE];
	uint8_t tag[BRIEF_TAG];

	stream(ready, 0, n, key);
	tag_of(tag, in, len, ad, ad_len, ready);
	bool good = ((word_at(tag) ^ word_at(in + len)) |
		     (word_at(tag + 8) ^ word_at(in + len + 8))) == 0;
	if (good)
		text_over(out, in, len, n, key, ready);
	wipe(ready, sizeof(ready));
	return good;
}

/* ---- for each kind of processor -------------------------------------------------------------- */

#define WAY(name, features)                                                                        \
	__attribute__((target(features))) static void seal_##name(                                 \
		uint8_t *out, const uint8_t *in, size_t len, const void *ad, size_t ad_len,        \
		uint64_t n, const uint8_t key[BRIEF_KEY])                                          \
	{                                                                                          \
		seal(out, in, len, ad, ad_len, n, key);                                            \
	}                                                                                          \
	__attribute__((target(features))) static bool open_##name(                                 \
		uint8_t *out, const uint8_t *in, size_t len, const void *ad, size_t ad_len,        \
		uint64_t n, const uint8_t key[BRIEF_KEY])                                          \
	{                                                                                          \
		return open_sealed(out, in, len, ad, ad_len, n, key);                              \
	}                                                                                          \
	static const struct brief name = {features, seal_##name, open_##name};

WAY(with_rotations, "avx2,avx512f,avx512vl")
WAY(without_rotations, "avx2")

static bool has_rotations(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
}

const struct brief *brief_way(unsigned way)
{
	const struct brief *all[BRIEF_WAYS + 1] = {NULL};
	unsigned count = 0;

	if (!__builtin_cpu_supports("avx2"))
		return NULL;
	if (has_rotations())
		all[count++] = &with_rotations;
	all[count] = &without_rotations;
	return way < BRIEF_WAYS ? all[way] : NULL;
}

bool brief_tag(uint8_t tag[BRIEF_TAG], const void *text, size_t len, const uint8_t key[BRIEF_KEY])
{
	uint8_t part[PART + 1];
	struct sum s;
	size_t whole = len / PART * PART;

	begin_sum(&s, key);
	add_padded(&s, text, whole);
	if (len > whole) {
		part_of(part, (const uint8_t *)text + whole, len - whole);
		part[len - whole] = 1;
		add_part(&s, word_at(part), word_at(part + 8), 0);
	}
	end_sum(&s, key, tag);
	return true;
}

#else

const struct brief *brief_way(unsigned way)
{
	(void)way;
	return NULL;
}

bool brief_tag(uint8_t tag[BRIEF_TAG], const void *text, size_t len, const uint8_t key[BRIEF_KEY])
{
	(void)tag, (void)text, (void)len, (void)key;
	return false;
}

#endif
