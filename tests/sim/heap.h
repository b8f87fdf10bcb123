/*
 * What the server holds of memory, by the place in the code that asked for it.
 *
 * memory.c tells of every allocation while the server is at work, and of every one that is freed; of
 * each object of a slab, too, but not of the slab's chunks.
 */
#ifndef SIM_HEAP_H
#define SIM_HEAP_H

#include <stddef.h>
#include <stdint.h>

void heap_watch(void); /* from now on; until then nothing is noted */
void heap_note(const void *p, size_t n, const void *site);
void heap_forget(const void *p); /* nothing was noted: nothing */

/* What is held now, of all that was asked for at one place. */
struct heap_site {
	const void *site;
	size_t blocks,
		bytes; /* as malloc() rounds them, with 8 bytes of its own each; a slab's as they are */
};
size_t heap_sites(struct heap_site *out, size_t max); /* the largest first; returns how many */
size_t heap_bytes(void);			      /* of all */

#endif
