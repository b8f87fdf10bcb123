/*
 * An allocator that says no: the programs test_*_memory are linked with --wrap, and their malloc(),
 * calloc() and realloc() fail when they are told to; those of the server's core have slab_take() fail, too.  What a test needs for itself it takes by
 * reallocarray(), which never does.
 */
#ifndef TEST_REFUSE_H
#define TEST_REFUSE_H

#include <stdbool.h>
#include <stdint.h>

/* Of the allocations from now on the first `after` succeed, the next `count` fail. */
void refuse(uint64_t after, uint64_t count);
bool refused(void); /* since then one was */
/* Between begin and end, which may be nested, nothing is refused nor counted. */
void refuse_pause(bool begin);
bool refuse_this(void); /* one is asked for: whether it is to fail */

#endif
