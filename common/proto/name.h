/*
 * Names that people take: which are allowed, and which count as the same.
 *
 * Any script is welcome.  Two names are the same when their keys are: NFKC_Casefold, then the
 * confusables skeleton of UTS #39, so that nobody sits beside "admin" as "аdmin" (between the two, a
 * small letter whose capital looks like a Latin one takes that one's place: "ВОВ" is "BOB").  A
 * checker holds the ICU objects that this needs; its owner is the roster.  It never decides who
 * owns a name.
 */
#ifndef PROTO_NAME_H
#define PROTO_NAME_H

#include "proto/err.h"

#include <stddef.h>

enum {
	NAME_MAX_BYTES = 64,
	NAME_MAX_GRAPHEMES = 32,
	NAME_MAX_KEY = 512, /* bytes of a key, without a NUL */
};

enum name_verdict {
	NAME_FINE = 0,
	NAME_EMPTY,
	NAME_TOO_LONG, /* over NAME_MAX_BYTES or NAME_MAX_GRAPHEMES, or with a key over NAME_MAX_KEY */
	NAME_NOT_UTF8,
	NAME_BAD_CHARACTER, /* white space, control, bidi, zero-width (but where an emoji or a script
			       needs it), unassigned, private, a mark with no base; / @ # at the
			       start; : , anywhere */
	NAME_RESERVED,	    /* a staff word, or confusable with one: admin, 管理员, server … */
};

struct name_checker;

struct name_checker *name_checker_new(void); /* NULL: no memory, or ICU's data is missing */
void name_checker_free(struct name_checker *c);

enum name_verdict name_check(struct name_checker *c, const char *s, size_t n);

/*
 * The key of a name that name_check() finds fine or reserved.  ERR_TOO_BIG: NAME_TOO_LONG;
 * ERR_MALFORMED: any other verdict.  A failure leaves key_len alone.
 */
NODISCARD enum err name_key(struct name_checker *c, const char *s, size_t n, char key[NAME_MAX_KEY],
			    size_t *key_len);

#endif
