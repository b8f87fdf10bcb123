/*
 * What a code point is to somebody who looks at a terminal.  Shared by text.c (which shows what is
 * hidden), json.c (which escapes it) and name.c (which refuses it).
 */
#ifndef PROTO_TEXT_CLASS_H
#define PROTO_TEXT_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Marks on one base: enough for Tibetan; past it they climb over other lines. */
enum { TEXT_MAX_MARKS = 8 };

enum text_class {
	TEXT_VISIBLE,  /* stands for itself: letters, signs, emoji, private use */
	TEXT_SPACE,    /* Zs */
	TEXT_MARK,     /* Mn, Mc, Me: sits on what is before it */
	TEXT_JOINER,   /* ZWNJ, ZWJ: has a meaning between two visible characters only */
	TEXT_SELECTOR, /* variation selector: has a meaning after a visible character only */
	TEXT_HIDDEN,   /* controls, bidi, zero-width, tags, fillers, unassigned, noncharacters */
};

enum text_class text_class(int32_t cp);

/* How many bytes it begins with that are ASCII, and TEXT_VISIBLE or the space. */
size_t text_plain_run(const char *s, size_t n);

/* Takes a cell but shows nothing, though Unicode does not call it white space. */
bool text_blank(int32_t cp);

#endif
