/*
 * Questions to the person, line by line, on a terminal that is an ordinary one still: before there are
 * other processes.  Only where somebody is there to answer.
 */
#ifndef CLIENT_ASK_H
#define CLIENT_ASK_H

#include <stdbool.h>

enum { ASK_SIZE = 512 }; /* a line that is typed; what is longer is no answer, but the empty line */

/* The answer, without blanks around it.  False: the end of the input, nobody answers any more. */
bool ask_line(const char *question, char line[ASK_SIZE]);

/* Enter alone means yes, and the end of the input no; anything else is asked again. */
bool ask_yes(const char *question);

#endif
