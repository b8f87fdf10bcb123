/*
 * What the code under test holds of memory, to the byte.
 *
 * The programs of this directory are linked with --wrap for the allocator: every allocation of ours
 * is counted, those of libc and ICU are not.  What the simulator needs for itself it takes by the
 * memory_own_ functions, which are not counted.
 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t memory_live(void); /* bytes allocated and not freed */

/*
 * The n-th allocation from now that the server makes fails, once; 0: none does.  Whether it came to
 * that since memory_forgive(), memory_failed() says.  The simulator tells when the server is at work,
 * and gets back whether it was before.
 */
void memory_fail_at(uint64_t n);
bool memory_failed(void);
void memory_forgive(void);
bool memory_server_works(bool now);

/* Like calloc, realloc and free; out of memory ends the test. */
void *memory_own(size_t n);
void *memory_own_more(void *p, size_t n);
void memory_own_free(void *p);

#endif
