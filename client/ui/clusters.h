/* Where what people see as one character begins and ends, in a line that may hold anything. */
#ifndef UI_CLUSTERS_H
#define UI_CLUSTERS_H

#include <stddef.h>

/* The end of the one at `at` < n; the beginning of the one before `at` > 0.  n; 0: there is none. */
size_t clusters_after(const char *s, size_t n, size_t at);
size_t clusters_before(const char *s, size_t n, size_t at);

#endif
