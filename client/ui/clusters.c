/* Clusters depend on what is before them, up to the last newline: they are counted from there. */
#include "ui/clusters.h"

#include "proto/text.h"

/* Goes from the beginning of the line on while the next cluster ends at or before `stop`. */
static const char *walk(const char *s, size_t n, size_t at, size_t stop, size_t *len)
{
	const char *p = s + at;
	size_t left;
	struct text_cluster c;

	while (p > s && p[-1] != '\n')
		p--;
	left = n - (size_t)(p - s);
	*len = 0;
	while (text_next_cluster(&p, &left, &c)) {
		*len = c.len;
		if ((size_t)(p - s) > stop)
			return c.bytes;
	}
	*len = 0;
	return p;
}

size_t clusters_after(const char *s, size_t n, size_t at)
{
	size_t len;
	const char *cluster;

	if (at >= n)
		return n;
	cluster = walk(s, n, at, at, &len);
	return (size_t)(cluster - s) + len;
}

size_t clusters_before(const char *s, size_t n, size_t at)
{
	size_t len;

	if (at == 0 || at > n)
		return at > n ? n : 0;
	return (size_t)(walk(s, n, at - 1, at - 1, &len) - s);
}
