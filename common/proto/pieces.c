/* The contract is in pieces.h. */
#include "proto/pieces.h"

#include <stdlib.h>
#include <string.h>

struct pieces *pieces_new(uint32_t total)
{
	uint32_t parts = (total + WIRE_PART_SIZE - 1) / WIRE_PART_SIZE;
	struct pieces *p = malloc(sizeof(*p) + total);

	if (p)
		*p = (struct pieces){.total = total,
				     .missing =
					     parts < 32 ? (UINT32_C(1) << parts) - 1 : UINT32_MAX};
	return p;
}

enum pieces_verdict pieces_put(struct pieces *p, const struct part *part)
{
	if (p->missing == 0)
		return PIECES_OLD;
	if (part->total != p->total || part->edit != p->edit)
		return PIECES_BROKEN;
	if (!(p->missing >> part->index & 1))
		return PIECES_OLD;
	memcpy(p->bytes + (size_t)part->index * WIRE_PART_SIZE, part->bytes.data, part->bytes.len);
	p->missing &= ~(UINT32_C(1) << part->index);
	return PIECES_KEPT;
}

void pieces_fill(struct pieces *p, struct slice bytes)
{
	assert(bytes.len == p->total);
	memcpy(p->bytes, bytes.data, bytes.len);
	p->missing = 0;
}
