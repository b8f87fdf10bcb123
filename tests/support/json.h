/*
 * One flat JSON object a line, as chat-client --json prints them (RFC 8259; values are strings,
 * numbers, true, false and null).  A line that is anything else is not read at all.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool json_ok(const char *line);

/* The value of `key`, unescaped and NUL-terminated; false: not there, no string, or over cap. */
bool json_string(const char *line, const char *key, char *out, size_t cap);
bool json_number(const char *line, const char *key, uint64_t *out); /* whole, not negative */

#endif
