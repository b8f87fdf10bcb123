/*
 * replay FILE|DIRECTORY…: runs a fuzz target over inputs that are at hand, as a test.  Each is named
 * before it is run, so that the last name is that of the one that aborts.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>

enum { LARGEST_INPUT = 1 << 20 };

static unsigned replayed;

static int fail(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return 1;
}

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = malloc(LARGEST_INPUT);

	if (!f || !bytes) {
		free(bytes);
		return fail(path);
	}
	size_t n = fread(bytes, 1, LARGEST_INPUT, f);
	fclose(f);
	printf("%s (%zu bytes)\n", path, n);
	fflush(stdout);
	/* Of exactly this size, so that reading past its end is seen. */
	uint8_t *exact = malloc(n ? n : 1);
	if (exact) {
		memcpy(exact, bytes, n);
		LLVMFuzzerTestOneInput(exact, n);
		replayed++;
	}
	free(exact);
	free(bytes);
	return exact ? 0 : fail(path);
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int replay(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_input, alphasort), failed = 0;

	if (n < 0)
		return errno == ENOTDIR ? replay_file(path) : fail(path);
	for (int i = 0; i < n; i++) {
		char name[PATH_MAX];
		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		failed |= replay_file(name);
		free(entries[i]);
	}
	free(entries);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	printf("%u inputs replayed\n", replayed);
	return failed || replayed == 0;
}
