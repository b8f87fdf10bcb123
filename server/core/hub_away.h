/*
 * Who is away, and what they say of it.  For the files hub*.c alone.
 *
 * A member is away from its AWAY to its next one, without words: also while it is lost; not in another
 * life of the server, to which its client says it again.  There is memory for it only while it is.
 */
#ifndef CORE_HUB_AWAY_H
#define CORE_HUB_AWAY_H

#include "core/hub_presence.h"
#include "core/table.h"

struct away {
	struct table_entry by_presence; /* first member */
	const struct presence *presence;
	int64_t since_ms;
	size_t len;
	char words[];
};

void hub_init_aways(struct hub *h);
const struct away *away_of(const struct hub *h, const struct presence *p); /* NULL: it is not */
void away_forget(struct hub *h, struct presence *p);
/* Whether it is here, as others are told. */
enum member_state away_state(const struct presence *p);

enum code hub_away(struct context *x);
enum code hub_whois(struct context *x); /* hub_about.c */

#endif
