/* The list of rooms; the contract is in visits.h. */
#include "core/visits.h"

#include <stdlib.h>
#include <string.h>

enum err visits_init(struct visits *v)
{
	*v = (struct visits){.count = 0};
	v->here = v->last = visits_add(v, slice_of(SEAT_LOBBY, strlen(SEAT_LOBBY)));
	if (!v->here)
		return ERR_MEMORY;
	v->here->in = v->here->shown = true;
	v->here->coming = 1;
	return ERR_NONE;
}

static void free_visit(struct visit *at)
{
	recent_wipe(&at->recent);
	free(at);
}

void visits_wipe(struct visits *v)
{
	for (size_t i = 0; i < v->count; i++)
		free_visit(v->all[i]);
	*v = (struct visits){.count = 0};
}

struct slice visit_name(const struct visit *at)
{
	return slice_of(at->name, at->name_len);
}

static size_t place_of(const struct visits *v, struct slice name)
{
	size_t i = 0;

	while (i < v->count && (v->all[i]->name_len != name.len ||
				memcmp(v->all[i]->name, name.data, name.len) != 0))
		i++;
	return i;
}

struct visit *visits_find(const struct visits *v, struct slice name)
{
	size_t i = place_of(v, name);

	return i < v->count ? v->all[i] : NULL;
}

static void set_name(struct visit *at, struct slice name)
{
	at->name_len = name.len;
	memcpy(at->name, name.data, name.len);
	at->name[name.len] = '\0';
}

struct visit *visits_add(struct visits *v, struct slice name)
{
	struct visit *at = visits_find(v, name);

	if (at || v->count == SEAT_ROOMS_MAX || name.len == 0 || name.len > WIRE_ROOM_NAME_MAX)
		return at;
	at = calloc(1, sizeof(*at));
	if (!at)
		return NULL;
	set_name(at, name);
	v->all[v->count++] = at;
	return at;
}

void visits_remove(struct visits *v, struct visit *at)
{
	size_t i = place_of(v, visit_name(at));

	if (i == 0)
		return;
	if (v->here == at)
		v->here = v->last;
	if (v->here == at)
		v->here = v->all[0];
	if (v->last == at)
		v->last = v->all[0];
	v->count--;
	memmove(&v->all[i], &v->all[i + 1], (v->count - i) * sizeof(struct visit *));
	free_visit(at);
}

void visits_go(struct visits *v, struct visit *to)
{
	to->shown = true;
	if (to == v->here)
		return;
	v->last = v->here;
	v->here = to;
}

struct visit *visits_beside(const struct visits *v, int step)
{
	size_t i = place_of(v, visit_name(v->here));

	do
		i = (i + v->count + (size_t)step) % v->count;
	while (!v->all[i]->shown);
	return v->all[i];
}

struct visit *visits_rename(struct visits *v, struct slice was, struct slice name)
{
	struct visit *at = visits_find(v, was), *there = visits_find(v, name);

	if (at && there && at != there) {
		if (v->here == at)
			v->here = there;
		if (v->last == at)
			v->last = there;
		visits_remove(v, at);
		return there;
	}
	if (at && name.len <= WIRE_ROOM_NAME_MAX)
		set_name(at, name);
	return at ? at : there;
}

/* ---- coming --------------------------------------------------------------------------------- */

struct visit *visits_coming(const struct visits *v, uint64_t ticket)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->all[i]->coming == ticket)
			return v->all[i];
	return NULL;
}

void visit_came(struct visit *at, uint64_t first)
{
	at->coming = 0;
	if (at->oldest == 0)
		at->oldest = first;
}

/* ---- one's own ----------------------------------------------------------------------------- */

void visit_said(struct visit *at, uint64_t ticket)
{
	at->said = ticket;
	at->refused = false;
}

void visit_answered(struct visit *at, uint64_t ticket, uint64_t seq)
{
	if (at->said == ticket) {
		at->said = 0;
		at->refused = seq == 0;
	}
	if (seq == 0)
		return;
	if (at->own_count == VISITS_OWN)
		memmove(at->own, at->own + 1, --at->own_count * sizeof(*at->own));
	at->own[at->own_count++] = seq;
}

void visit_recalled(struct visit *at, uint64_t seq)
{
	size_t kept = 0;

	for (size_t i = 0; i < at->own_count; i++)
		if (at->own[i] != seq)
			at->own[kept++] = at->own[i];
	at->own_count = kept;
}

uint64_t visit_newest(const struct visit *at)
{
	uint64_t newest = 0;

	for (size_t i = 0; i < at->own_count && !at->refused; i++)
		if (at->own[i] > newest)
			newest = at->own[i];
	return newest;
}

void visit_forget(struct visit *at)
{
	recent_wipe(&at->recent);
	at->own_count = 0;
	at->oldest = 0;
}
