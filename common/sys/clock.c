/* The machine's clocks and entropy.  What fails here cannot fail on a working kernel: it aborts. */
#include "sys/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

uint64_t clock_mono_us(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_BOOTTIME, &t))
		abort();
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_REALTIME, &t))
		abort();
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void entropy_fill(void *p, size_t n)
{
	unsigned char *at = p;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		at += got;
		n -= (size_t)got;
	}
}
