/* Children of a process; the contract is in family.h. */
#include "family.h"

#include "check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The second field of /proc/PID/stat is the program's name, which may hold anything. */
static pid_t parent_of(const char *pid)
{
	char path[64], line[512];
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	if (fgets(line, sizeof(line), f)) {
		const char *after = strrchr(line, ')');
		if (after && sscanf(after + 1, " %*c %d", &parent) != 1)
			parent = 0;
	}
	fclose(f);
	return parent;
}

size_t family_of(pid_t parent, pid_t *children, size_t max)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	size_t n = 0;

	assert_non_null(proc);
	while (n < max && (entry = readdir(proc)))
		if (parent_of(entry->d_name) == parent)
			children[n++] = (pid_t)strtol(entry->d_name, NULL, 10);
	closedir(proc);
	return n;
}
