/* The two times that anything in core/ is told. */
#ifndef CORE_INSTANT_H
#define CORE_INSTANT_H

#include <stdint.h>

struct instant {
	uint64_t mono_us; /* grows */
	int64_t wall_ms;  /* Unix time */
};

#endif
