/* ui/clusters: where characters begin and end, in any line. */
#include "ui/clusters.h"

#include "check.h"

#include <string.h>

#define FLAG   "\xf0\x9f\x87\xa8\xf0\x9f\x87\xb3"
#define FAMILY "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9"
#define ACCENT "e\xcc\x81"

/* The parts, one after the other, are the clusters of the line. */
static void are_clusters(const char *const parts[], size_t count)
{
	char line[256] = "";
	size_t n, at = 0;

	for (size_t i = 0; i < count; i++)
		strcat(line, parts[i]);
	n = strlen(line);
	for (size_t i = 0; i < count; i++) {
		size_t end = at + strlen(parts[i]);
		for (size_t inside = at; inside < end; inside++)
			assert_int_equal(clusters_after(line, n, inside), end);
		for (size_t inside = at + 1; inside <= end; inside++)
			assert_int_equal(clusters_before(line, n, inside), at);
		at = end;
	}
	assert_int_equal(clusters_after(line, n, n), n);
	assert_int_equal(clusters_before(line, n, 0), 0);
}

#define ARE_CLUSTERS(...)                                                                          \
	are_clusters((const char *const[]){__VA_ARGS__},                                           \
		     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void test_clusters(void **state)
{
	(void)state;
	ARE_CLUSTERS("a", "b");
	ARE_CLUSTERS("你", ACCENT, "好");
	ARE_CLUSTERS(FLAG, FLAG, FLAG, "x"); /* pairs are counted from the beginning */
	ARE_CLUSTERS(FAMILY, FAMILY);
	ARE_CLUSTERS("a", "\n", "\n", "\xcc\x81", FLAG); /* nothing joins a newline */
	ARE_CLUSTERS("a", "\x1b", "[", "\xff", "\xff", "b");
}

static void test_the_empty_line(void **state)
{
	(void)state;
	assert_int_equal(clusters_after("", 0, 0), 0);
	assert_int_equal(clusters_before("", 0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clusters),
		cmocka_unit_test(test_the_empty_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
