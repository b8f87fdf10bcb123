/* Many times, counted in classes that are 1.6 % wide at most. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_FINE = 64, HISTOGRAM_CLASSES = HISTOGRAM_FINE * 40 };

struct histogram {
	uint64_t count, max;
	uint64_t classes[HISTOGRAM_CLASSES];
};

void histogram_add(struct histogram *h, uint64_t v);
/* That many percent are no more than this; 0: there are none. */
uint64_t histogram_at(const struct histogram *h, double percent);

#endif
