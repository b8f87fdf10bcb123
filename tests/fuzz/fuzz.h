/*
 * What the fuzz targets have in common.  Each is one LLVMFuzzerTestOneInput() that checks what must
 * hold for any input, and aborts where it does not.  Built with CHAT_FUZZ it becomes a libFuzzer
 * program; in every build replay.c runs the target over its corpus.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);         \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* An input as a script: numbers and bytes off its front; past its end everything is 0. */
struct script {
	const uint8_t *bytes;
	size_t len;
};

static inline uint8_t script_u8(struct script *s)
{
	if (s->len == 0)
		return 0;
	s->len--;
	return *s->bytes++;
}

static inline uint16_t script_u16(struct script *s)
{
	uint16_t high = script_u8(s);

	return (uint16_t)(high << 8 | script_u8(s));
}

/* At most n bytes into `out`; returns how many there were. */
static inline size_t script_take(struct script *s, void *out, size_t n)
{
	if (n > s->len)
		n = s->len;
	if (n > 0)
		memcpy(out, s->bytes, n);
	s->bytes += n;
	s->len -= n;
	return n;
}

#endif
