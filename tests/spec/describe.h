/*
 * What the bytes of an example mean, said twice: by the project's decoders, and line by line by a
 * reader of its own, which knows nothing but how protocol.md says each field is written.
 */
#ifndef SPEC_DESCRIBE_H
#define SPEC_DESCRIBE_H

#include "example.h"

#include "proto/packet.h"

/* What a reply's text is read as; an example's info string says it. */
enum inside { INSIDE_TEXT, INSIDE_NAMES, INSIDE_ROOMS, INSIDE_EVENTS, INSIDE_ABOUT };

enum inside example_inside(const struct example *e);

/* By the decoders. */
void describe_frame(struct fields *out, const struct frame *f, enum inside inside);
/* `opened`: zeros stand for what is sealed and not told; frames and the seal behind them are left out. */
void describe_packet(struct fields *out, const struct packet *p, bool opened);
void describe_seal(struct fields *out);
/* What is sealed in a packet, without the seal; not of a RETRY. */
struct slice packet_inside(const struct packet *p);
/* A PROBE or FOUND, and the same written again; false: refused. */
bool describe_lan(struct fields *out, struct buf *again, struct slice s);

/* The other way: false for what no encoder writes (kinds that are not known). */
bool encode_frame(struct buf *b, const struct frame *f);
void encode_packet(struct buf *b, const struct packet *p);

/* How each field is written, from the table of fields in protocol.md. */
struct codings;

struct codings *codings_read(const struct document *d);
void codings_free(struct codings *c);

/* By the table.  A line whose bytes are not just its field fails the test; so does one that nothing is
 * said about, unless the example is a refused one. */
void describe_lines(struct fields *out, const struct codings *c, const struct example *e);

/* Fields that only say how long others are, or what no decoder keeps. */
bool field_is_framing(const char *name);

#endif
