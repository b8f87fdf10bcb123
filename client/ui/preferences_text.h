/*
 * The text of the file of preferences: what a new one says, and one with another value in it.
 *
 * A change touches the lines that it is about and no others: comments of the person's, what another
 * version of the program may know, and the order of things stay.  Which lines are items is inih's to say
 * (client/settings_file.c); this agrees with it.
 */
#ifndef UI_PREFERENCES_TEXT_H
#define UI_PREFERENCES_TEXT_H

#include "ui/preferences.h"

/* A new file: every setting at its default, commented out below its help.  NULL: no memory; the caller
 * frees. */
char *preferences_text_new(void);

/* The text with that in it, or, if its value is empty, without.  NULL: no memory; the caller frees. */
char *preferences_text_with(const char *text, const struct preference *one);

/*
 * What the item `key = value` of a section says; false: the section is none of ours.  Borrows all
 * three.
 */
bool preferences_text_read(const char *section, const char *key, const char *value,
			   struct preference *out);

#endif
