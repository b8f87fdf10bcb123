/* Fields that several messages have: for the files of the catalogue alone (wire, event, command). */
#ifndef PROTO_FIELD_H
#define PROTO_FIELD_H

#include "proto/buf.h"

struct slice field_text(struct slice *s, size_t max); /* a string of UTF-8 */
struct slice field_name(struct slice *s, size_t max); /* … that is not empty */
uint32_t field_room(struct slice *s);
void field_put(struct buf *b, struct slice s); /* as a string */
bool field_end(const struct slice *s);	       /* a whole body was read, to its last byte */

#endif
