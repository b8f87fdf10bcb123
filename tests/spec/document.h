/*
 * A Markdown file as the tests read it: its fenced blocks and the rows of its tables.  No more of
 * Markdown than protocol.md uses: fences of three backticks, tables with a bar at both ends.
 */
#ifndef SPEC_DOCUMENT_H
#define SPEC_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

enum { ROW_CELLS = 6, ROW_CELL_SIZE = 400 };

struct document;

/* `path` is below the source directory; a file that cannot be read fails the test. */
struct document *document_read(const char *path);
void document_free(struct document *d);
const char *document_text(const struct document *d); /* NUL-terminated */
const char *document_path(const struct document *d);

/* A fenced block: what stands after the opening backticks, and the lines up to the closing ones. */
struct block {
	int line; /* of the opening fence, from 1 */
	char info[80];
	const char *body; /* borrowed from the document */
	size_t len;
};

/* Finds the first block at or after *at and advances past it; start with *at = 0. */
bool document_block(const struct document *d, size_t *at, struct block *b);

/* A row of a table: its cells without blanks and backticks. */
struct row {
	int line;
	size_t count;
	char cell[ROW_CELLS][ROW_CELL_SIZE];
};

/* All rows of the table whose first heading is `heading`; false after the last one. */
bool document_row(const struct document *d, const char *heading, size_t *at, struct row *r);

#endif
