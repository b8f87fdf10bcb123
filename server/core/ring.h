/*
 * An intrusive list in order of age: links embedded in the caller's structs, and a ring of its own
 * that ties the ends together.  What a link belongs to, its owner finds by RING_OF().
 */
#ifndef CORE_RING_H
#define CORE_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring {
	struct ring *newer, *older; /* of the list itself: the oldest, the newest */
};

#define RING_OF(link, type, member) ((type *)((uintptr_t)(link)-offsetof(type, member)))

static inline void ring_init(struct ring *list)
{
	list->newer = list->older = list;
}

static inline void ring_add(struct ring *list, struct ring *link) /* as the newest */
{
	link->newer = list;
	link->older = list->older;
	list->older->newer = link;
	list->older = link;
}

static inline void ring_remove(struct ring *link)
{
	link->older->newer = link->newer;
	link->newer->older = link->older;
}

/* The other one stands where this one was. */
static inline void ring_replace(struct ring *link, struct ring *other)
{
	*other = *link;
	other->older->newer = other;
	other->newer->older = other;
}

/* All of the other list's, as the newest; that one is empty. */
static inline void ring_move(struct ring *list, struct ring *other)
{
	if (other->newer == other)
		return;
	other->newer->older = list->older;
	list->older->newer = other->newer;
	other->older->newer = list;
	list->older = other->older;
	ring_init(other);
}

/* The next newer one; of the list itself, the oldest.  NULL: there is none. */
static inline struct ring *ring_newer(const struct ring *list, const struct ring *link)
{
	return link->newer == list ? NULL : link->newer;
}

static inline struct ring *ring_oldest(const struct ring *list)
{
	return ring_newer(list, list);
}

#endif
