/* Names of common emoji, as people know them from elsewhere: ":smile:" without its colons. */
#ifndef UI_EMOJI_H
#define UI_EMOJI_H

#include <stddef.h>

struct emoji {
	const char *name;  /* a-z, 0-9, _, + and - */
	const char *bytes; /* UTF-8 */
};

const struct emoji *emoji_row(size_t i); /* in the order of their names; NULL: there are no more */

#endif
