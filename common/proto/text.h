/*
 * Text as it comes from people and from peers: valid UTF-8 or refused, counted in graphemes,
 * measured in terminal cells, and made safe to show before any terminal, log or file sees it.
 *
 * Pure functions over (bytes, length); nothing here needs a NUL or a locale.  Properties of code
 * points come from ICU.  UTF-8: Unicode 15.0 §3.9, table 3-7 (no overlong forms, no surrogates,
 * nothing past U+10FFFF).
 */
#ifndef PROTO_TEXT_H
#define PROTO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MAX_BYTES 16384 /* one talk */

/* One thing that a terminal shows in one place: a base character with all that combines with it. */
struct text_cluster {
	const char *bytes; /* into the text that was given */
	size_t len;	   /* bytes, >= 1; without a limit: emoji join on and on */
	int width;	   /* terminal cells: 0, 1 or 2; unknown characters are 1 */
};

bool text_valid(const char *s, size_t n);

/*
 * A talk or announcement that the room takes: 1..TEXT_MAX_BYTES of valid UTF-8 with something to
 * see in it (not white space alone) and no NUL.
 */
bool text_talk_ok(const char *s, size_t n);

/*
 * The display-safe form: controls (C0 but \n where `keep_newline`, DEL, C1), bidi controls, line and
 * paragraph separators, zero-width and other format characters become visible marks (ESC is "␛",
 * U+202E is "<U+202E>"); bytes that are not UTF-8 become U+FFFD.  ZWJ and variation selectors stay
 * where they join visible characters.  Marks past the eighth on one base are dropped; a mark with
 * nothing before it on its line gets a dotted circle.  Safe text stays as it is.  Writes at most cap
 * bytes, NUL-terminated, never half a character or mark; returns the bytes written without the NUL.
 * An output of TEXT_SAFE_SIZE(n) always fits.
 */
#define TEXT_SAFE_SIZE(n) ((n)*4 + 1) /* the worst: two bytes become "<U+0085>" */
size_t text_safe(char *out, size_t cap, const char *s, size_t n, bool keep_newline);

/* The next cluster of valid, display-safe text; false at the end.  Advances *s and *n. */
bool text_next_cluster(const char **s, size_t *n, struct text_cluster *c);

size_t text_width(const char *s, size_t n);	/* cells of all clusters */
size_t text_graphemes(const char *s, size_t n); /* user-perceived characters (UAX #29) */

/* The longest prefix of at most `max` bytes that does not end inside a character. */
size_t text_clip(const char *s, size_t n, size_t max);

#endif
