/* The scenarios of chat-bench; what each does and prints is said in load_main.c. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "histogram.h"
#include "load.h"
#include "subject.h"

extern const struct scenario *const scenarios[];
extern const size_t scenarios_count;

extern const struct scenario scenario_fanout, scenario_window, scenario_paced, scenario_idle,
	scenario_churn, scenario_joins, scenario_catchup, scenario_scale, scenario_threads;

/* ---- what they share (crowd.c) ----------------------------------------------------------------- */

enum { SCENARIOS_SECOND = 1000 * 1000, SCENARIOS_MS = 1000 };

/* A server, and a load on it. */
struct crowd {
	const struct setup *setup;
	struct subject subject;
	struct load load;
};

/* There can be sockets for so many, this many of them one each between them; or the end of the program. */
uint32_t crowd_files(const struct setup *w, size_t members);
/* Starts or finds the server; for so many members, none of whom has come yet. */
void crowd_begin(struct crowd *c, const struct setup *w, size_t members);
void crowd_end(struct crowd *c);

/* One turn; ends the program if something failed. */
void crowd_turn(struct load *l, uint64_t until);
/* Lets `n` members from `first` on come, at_once of them at a time, and waits until all are in;
 * ends the program if they are not, in time. */
void crowd_come(struct load *l, size_t first, size_t n);
/* Until so many have come in, in all; or the end of the program. */
void crowd_await(struct load *l, size_t present);
void crowd_leave(struct load *l); /* all of them, in good order */
/* Every talker keeps so many talks under way, until that time. */
void crowd_talk(struct load *l, size_t window, uint64_t until);

/* Talks that are due one after the other, from talkers in turn. */
struct pace {
	uint64_t begun, said;
	unsigned long rate; /* a second */
};

/* Says what is due; when the next one is. */
uint64_t crowd_pace(struct load *l, struct pace *p);
/* So many a second for so long, and until the members below `listeners` have heard them. */
void crowd_pace_for(struct load *l, size_t listeners, unsigned long rate, uint64_t us);

/* Until the members below `listeners` have heard the newest talk of everybody, or a generous while is
 * over … */
void crowd_settle(struct load *l, size_t listeners);
void crowd_check(struct load *l, size_t listeners); /* … and what they have not is lost */

/* Those from `first` to before `end`, who have heard the same talks, have heard them in one order. */
void crowd_check_order(const struct load *l, size_t first, size_t end);

/* What a stretch of time has cost. */
struct cost {
	uint64_t heard, told, server_ns, load_ns, wall_us;
	uint64_t ticks[2]; /* the server's, in the program and in the kernel */
};

/* From the beginning on, and from there on. */
struct cost crowd_meter(const struct subject *s, const struct load *l);
struct cost crowd_since(const struct subject *s, const struct load *l, struct cost before);

/* fanout: all members come, talkers talk as the setup says, and all that was said is heard and checked; what
 * it cost once it was warm. */
struct cost scenario_fanout_in(const struct setup *w, const struct subject *s, struct load *l);

/* "scenario=… protocol=… …": what every line begins with. */
void crowd_print_setup(const struct setup *w);
void crowd_print_cost(const struct cost *c);
void crowd_print_latency(const struct histogram *h);
/* Prints what was lost, doubled, disordered, and the line's end; ends the program if there is any. */
void crowd_verdict(const struct load *l);
void crowd_require_all(const struct load *l); /* the latter alone */
/* Ends the program, and the server if it is ours. */
_Noreturn void crowd_fail(const char *why);

#endif
