/* The scenarios of chat-bench; what each does and prints is said in load_main.c. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "load.h"
#include "subject.h"

extern const struct scenario *const scenarios[];
extern const size_t scenarios_count;

/* ---- what they share (crowd.c) ----------------------------------------------------------------- */

enum { SCENARIOS_SECOND = 1000 * 1000 };

/* Lets members first … first + n - 1 come, so many of them at a time, and waits until all are in;
 * ends the program if they are not, in time. */
void crowd_come(struct load *l, size_t first, size_t n, size_t at_once);
/* Every talker keeps so many talks under way, until that time. */
void crowd_talk(struct load *l, size_t window, uint64_t until);
/* Until the members below `listeners`, who were there from the first talk on, have heard all, or a
 * generous while is over … */
void crowd_settle(struct load *l, size_t listeners);
void crowd_check(struct load *l, size_t listeners); /* … and what they have not is lost */
/* Prints what was lost, doubled, disordered, and the line's end; ends the program if there is any. */
void crowd_verdict(const struct load *l);
/* "scenario=… protocol=… …": what every line begins with. */
void crowd_print_setup(const struct setup *w);
/* Ends the program, and the server if it is ours. */
_Noreturn void crowd_fail(const char *why);

#endif
