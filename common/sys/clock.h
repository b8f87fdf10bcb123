/* The clocks and the entropy of the machine, for the layers that may ask for them. */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stddef.h>
#include <stdint.h>

uint64_t clock_mono_us(void); /* monotonic, from the machine's start; sleep counts */
int64_t clock_wall_ms(void);  /* Unix time */

/* Fills p with n bytes that nobody can guess (getrandom); aborts if the kernel has none. */
void entropy_fill(void *p, size_t n);

#endif
