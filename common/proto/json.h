/*
 * One JSON object on one line: what the programs print with --json.
 *
 *     {"seq":12,"kind":"talk","from":"alice","time":"2026-11-21T07:00:00.123Z","text":"hello"}
 *
 * Strings are RFC 8259's, and in addition everything that text_safe() would mark (controls, bidi,
 * zero-width, joiners …) is written \uXXXX: the line is safe on a terminal, and yet a reader gets the
 * very text back.  Bytes that are not UTF-8 become U+FFFD.  Writes only; flat objects only.
 */
#ifndef PROTO_JSON_H
#define PROTO_JSON_H

#include "proto/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for any object of `fields` fields whose keys and strings have `bytes` bytes together. */
#define JSON_SIZE(fields, bytes) ((size_t)(fields)*32 + (size_t)(bytes)*6 + 3)

#define JSON_TIME_SIZE 25 /* "2026-11-21T07:00:00.123Z" with its NUL */

struct json {
	struct buf *out; /* borrowed; its failure is the object's */
	bool some;	 /* a field is there already */
};

struct json json_open(struct buf *out);
void json_close(struct json *j); /* ends the object and the line */

/* A field each; keys are ours: strings that need no escapes. */
void json_string(struct json *j, const char *key, const void *bytes, size_t n);
void json_text(struct json *j, const char *key, const char *s); /* NUL-terminated */
void json_uint(struct json *j, const char *key, uint64_t v);
void json_int(struct json *j, const char *key, int64_t v);
void json_bool(struct json *j, const char *key, bool v);
void json_time(struct json *j, const char *key, int64_t ms); /* Unix time, as json_time_format() */

/* RFC 3339, UTC, with milliseconds; a time outside its years 0 to 9999 becomes their nearest end. */
const char *json_time_format(int64_t ms, char out[JSON_TIME_SIZE]);

#endif
