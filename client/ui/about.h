/* What a server says of somebody (proto/whois.h), in words and as an object.  Pure: `now` is an argument. */
#ifndef UI_ABOUT_H
#define UI_ABOUT_H

#include "proto/text.h"
#include "proto/whois.h"
#include "proto/wire.h"

enum {
	ABOUT_SIZE = TEXT_SAFE_SIZE(NAME_MAX_BYTES + WIRE_AWAY_MAX +
				    WIRE_ROOMS_MAX * (1 + WIRE_ROOM_NAME_MAX)) +
		     512,
};

/* Lines, one thing on each, without the last one's end; times as how long ago that was at `now_ms`, Unix
 * time by one's own clock.  Safe to show, NUL-terminated; returns the length. */
size_t about_words(const struct whois *w, int64_t now_ms, char out[ABOUT_SIZE]);

/* {"kind":"whois","id":9,"name":"alice","state":"away",…}, with its newline. */
void about_json(struct buf *out, uint64_t id, const struct whois *w);

#endif
