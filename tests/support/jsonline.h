/*
 * One flat JSON object a line, as chat-client --json prints them (RFC 8259; values are strings,
 * numbers, true, false and null).  A line that is anything else is not read at all.
 */
#ifndef JSONLINE_H
#define JSONLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool jsonline_ok(const char *line);

/* The value of `key`, unescaped and NUL-terminated; false: not there, no string, or over cap. */
bool jsonline_string(const char *line, const char *key, char *out, size_t cap);
bool jsonline_number(const char *line, const char *key, uint64_t *out); /* whole, not negative */

#endif
