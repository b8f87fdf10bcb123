/*
 * chat-bench: a load on a chat server, ours or another, and what that costs it.
 *
 *     chat-bench SCENARIO [key=value …]
 *
 * One line of key=value comes out.  The server is a process of its own, on processor 0, and the load is on
 * processor 1 (pin=0: wherever).  Its processor time is all of its threads', the kernel's part included.
 * Every delivery is looked at, at every member: anything lost, doubled or in another order is an error.
 *
 * For all:   protocol=chat      what members speak (adapter.h)
 *            via=udp|tcp|unix   over what (udp)
 *            members=100        in the room
 *            bytes=100          of a talk
 *            pin=1
 *   ours:    threads=1          of the server
 *            durable=0          1: it keeps what is said on the disk; 0: --memory
 *            option=--x         one more option of it; may be repeated
 *            (always with --rate 0 and --grace 0: members say more than people would)
 *   another: pid=PID port=PORT|path=SOCKET    one that runs
 *
 * fanout     talkers=4 window=64 seconds=5 warm=1: some keep so many talks under way each; all hear all
 * window     the same with talkers=1 window=1: each delivery costs what it costs alone
 * paced      rate=50 seconds=5 warm=1: so many talks a second, and how long each takes to each member
 * idle       members=10000 quiet=5: what memory the server has before they come, and when all were quiet for a
 *            while; with rate=N they talk then for seconds=20, as in paced
 * churn      members=500 joiners=16 seconds=5: while some are present, others join, and quit when they see
 *            themselves in the room, over and over
 * joins      members=10000 joiners=256 rate=50: all come into an empty room, so many of them at a time, while
 *            the first few talk
 * catchup    history=100000: one talks alone; then another comes, and is given all of it
 * scale      what a delivery costs, with 100, 1,000 and 10,000 members; and with 1,000 members, on the disk:
 *            where there are rooms=1000 others, history=1000000 events, names=100000 that have owners
 */
#include "scenarios.h"

#include <stdio.h>

const struct scenario *const scenarios[] = {
	&scenario_fanout, &scenario_window, &scenario_paced,   &scenario_idle,
	&scenario_churn,  &scenario_joins,  &scenario_catchup, &scenario_scale,
};
const size_t scenarios_count = sizeof(scenarios) / sizeof(scenarios[0]);

static int usage(void)
{
	fprintf(stderr, "usage: chat-bench SCENARIO [key=value …]; scenarios:");
	for (size_t i = 0; i < scenarios_count; i++)
		fprintf(stderr, " %s", scenarios[i]->name);
	fprintf(stderr, "; tests/bench/load_main.c describes them\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct setup w;

	if (!setup_read(&w, argc, argv))
		return usage();
	w.scenario->run(&w);
	return 0;
}
