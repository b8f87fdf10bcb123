/*
 * chat-sim-heap: what one idle member costs a server in memory, by the place in the code that asks for it.
 *
 *     chat-sim-heap [members=500] [via=udp|tcp|unix]
 *
 * They join, say a line each, and are silent for a minute of virtual time.  Counted is what the server
 * allocated since it was there and has not freed, as malloc() rounds it, divided by the members; of slabs,
 * the objects.  The log's segments are larger than what is in them, and slabs have a chunk that is not
 * full; what a process has of it in the end is resident memory, which `chat-bench idle` measures.
 */
#include "actor.h"
#include "heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MEMBERS_MAX = 5000, SITES = 256 };

extern const char __executable_start; /* the linker's */

static const struct weather fair = {.delay_us = 1000};

static const char *const vias[] = {[VIA_UDP] = "udp", [VIA_TCP] = "tcp", [VIA_UNIX] = "unix"};

static void print_site(const struct heap_site *s, unsigned long members)
{
	size_t at = (size_t)((const char *)s->site - &__executable_start) - 1;
	char command[128], function[128] = "?", where[256] = "?";

	snprintf(command, sizeof(command), "addr2line -s -f -e /proc/%ld/exe %#zx", (long)getpid(),
		 at);
	FILE *f = popen(command, "r");
	if (f) {
		(void)!fscanf(f, "%127s %255s", function, where);
		pclose(f);
	}
	printf("%8.1f %6.2f  %-28s %s\n", (double)s->bytes / (double)members,
	       (double)s->blocks / (double)members, function, where);
}

/* As a real client does, it tells which client it is. */
static void ask_name(struct actor *a, unsigned long i)
{
	char name[32];

	snprintf(name, sizeof(name), "member%lu", i);
	struct command c = {.kind = COMMAND_JOIN,
			    .room = WIRE_LOBBY,
			    .since_mode = SINCE_LAST,
			    .instance = i + 1,
			    .text = slice_of(name, strlen(name))};
	sim_give(a, &c);
}

static void profile(unsigned long members, enum via via)
{
	static struct actor *all[MEMBERS_MAX];
	static struct heap_site sites[SITES];
	struct sim *s = sim_new(1, &fair);
	heap_watch();
	for (unsigned long i = 0; i < members; i++) {
		all[i] = sim_connect(s, via);
		ask_name(all[i], i);
		sim_expect_joined(all[i], 10);
	}
	sim_say(all[0], "hello");
	sim_expect_agreement(s, 60);
	sim_run(s, 60);
	size_t n = heap_sites(sites, SITES);
	printf("# %s, %lu members: %.1f bytes each\n# bytes  blocks  function\n", vias[via],
	       members, (double)heap_bytes() / (double)members);
	for (size_t i = 0; i < n && sites[i].bytes >= members / 2; i++)
		print_site(&sites[i], members);
	fflush(stdout);
	_Exit(0); /* that all comes back is what other tests see */
}

int main(int argc, char **argv)
{
	unsigned long members = 500;
	enum via via = VIA_UDP;

	for (int i = 1; i < argc; i++) {
		bool known = sscanf(argv[i], "members=%lu", &members) == 1;
		for (size_t v = 0; v < COUNT_OF(vias); v++)
			if (strncmp(argv[i], "via=", 4) == 0 && strcmp(argv[i] + 4, vias[v]) == 0) {
				via = (enum via)v;
				known = true;
			}
		if (!known || members < 1 || members > MEMBERS_MAX) {
			fprintf(stderr, "usage: chat-sim-heap [members=N] [via=udp|tcp|unix]\n");
			return 2;
		}
	}
	profile(members, via);
}
