/*
 * A hex example of protocol.md: bytes, and what each of them is said to mean.
 *
 *     20                      type = EVENT         # a note
 *     05 61 6c 69 63 65       from = "alice"
 *     00*1190                 padding = 1190
 *     21 22 23                ephemeral = 6 bytes
 *     24 25 26                +                    more bytes of the line above
 *                             ranges = 7..9        meaning without bytes of its own
 *                             seal = 16 bytes      in an `opened` example: bytes that are not shown
 *     02  not 01              this one is wrong; 01 would be right  (refused examples)
 *     nothing  not 65         a byte that is missing
 */
#ifndef SPEC_EXAMPLE_H
#define SPEC_EXAMPLE_H

#include "document.h"

#include "proto/wire.h"

enum {
	EXAMPLE_MAX_BYTES = 20 * 1024,
	EXAMPLE_MAX_LINES = 160,
	EXAMPLE_FIELDS_SIZE = 40 * 1024,
};

/* Text "name = value\n"…, as a document says it, as bytes read on their own say it, as a struct does. */
struct fields {
	size_t len;
	char text[EXAMPLE_FIELDS_SIZE];
};

struct example_line {
	int line;
	size_t start, end; /* of its bytes in the example */
	bool has_bytes;
	char name[24]; /* empty: bytes that nothing is said about */
	char value[512];
};

struct example {
	const char *path;
	int line;
	char info[80];
	size_t len, mended_len;
	uint8_t bytes[EXAMPLE_MAX_BYTES];
	uint8_t mended[EXAMPLE_MAX_BYTES]; /* with what stands after `not` in its place */
	size_t count;
	struct example_line lines[EXAMPLE_MAX_LINES];
};

/*
 * The first example at or after *at, which is advanced past it; start with *at = 0.  Blocks of `text`
 * are none.  A line that is not of the form above fails the test.
 */
bool example_next(const struct document *d, size_t *at, struct example *e);
bool example_is(const struct example *e, const char *word); /* its info string has that word */

void fields_add(struct fields *f, const char *name, const char *value);
void fields_number(struct fields *f, const char *name, uint64_t v);
void fields_hex(struct fields *f, const char *name, uint64_t v); /* 0x and 16 digits */
void fields_bytes(struct fields *f, const char *name,
		  struct slice s); /* two digits a byte; or none */
/* "text", or "x"*70 when it is one character over and over. */
void fields_string(struct fields *f, const char *name, struct slice s);
/* The enumerator that begins with `prefix`, without it; a number when there is none. */
void fields_enum(struct fields *f, const char *name, const char *prefix, uint64_t v);

/* Where the enumerators are that begin with FRAME_, EVENT_, CODE_ … */
const char *header_of(const char *prefix);

/*
 * Enumerators of a header, "NAME = number": the i-th whose name begins with `prefix`; `name` gets what
 * follows the prefix.  `value` NULL: whatever follows the equals sign.  False past the last one.
 */
bool enumerator(const struct document *header, const char *prefix, size_t i, char name[40],
		uint64_t *value);

#endif
