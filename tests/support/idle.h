/* How much processor time a program uses while it should do nothing. */
#ifndef IDLE_H
#define IDLE_H

#include "spawn.h"

/* Fails the test if the program and its children use more than a trifle in a second of waiting. */
void expect_idle(struct program *p);

#endif
