/*
 * chat-bench: a load on a chat server, ours or another, and what that costs it.
 *
 *     chat-bench SCENARIO [key=value …]
 *     chat-bench --help
 *
 * One line of key=value comes out.  The server is a process of its own, on processor 0, and the load is on
 * processor 1.  Its processor time is all of its threads', the kernel's part included.  Every delivery
 * is looked at, at every member: anything lost, doubled or in another order is an error.
 */
#include "scenarios.h"

#include <stdio.h>
#include <string.h>

const struct scenario *const scenarios[] = {
	&scenario_fanout, &scenario_window,  &scenario_paced, &scenario_idle,	 &scenario_churn,
	&scenario_joins,  &scenario_catchup, &scenario_scale, &scenario_threads,
};
const size_t scenarios_count = sizeof(scenarios) / sizeof(scenarios[0]);

static const char keys[] =
	"For all:     protocol=chat      what members speak: chat irc redis nats mqtt\n"
	"             via=udp|tcp|unix   over what (udp)\n"
	"             members=100        in the room\n"
	"             at_once=512        come in at a time, before it begins; fewer where a "
	"protocol's\n"
	"                                servers drop whoever comes with so many others (irc: 16)\n"
	"             bytes=100          of a talk\n"
	"             pin=1              0: server and load run on whatever processor there is\n"
	"  our server: threads=1         more: pin=0\n"
	"             durable=0          1: it keeps what is said on the disk; 0: --memory\n"
	"             option=--x         one more option of it; may be repeated\n"
	"             (always with --rate 0 and --grace 0: members say more than people would)\n"
	"  another:   pid=PID port=PORT|path=SOCKET   one that runs; its own limits are to be off\n"
	"\n"
	"Out come: per_cpu_s, deliveries for each second of the server's processor time; ns_each, "
	"the\n"
	"same the other way round; user and system, its parts; load_…, what the load used "
	"itself.\n";

static void help(void)
{
	printf("usage: chat-bench SCENARIO [key=value …]\n"
	       "What a load of many members costs a chat server.\n\n");
	for (size_t i = 0; i < scenarios_count; i++)
		printf("  %-10s %s\n", scenarios[i]->name, scenarios[i]->help);
	printf("\n%s", keys);
}

int main(int argc, char **argv)
{
	struct setup w;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		help();
		return 0;
	}
	if (!setup_read(&w, argc, argv)) {
		fprintf(stderr, "chat-bench --help tells what can be asked\n");
		return 2;
	}
	w.scenario->run(&w);
	return 0;
}
