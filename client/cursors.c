/*
 * What one run knows of its rooms; the contract is in cursors.h.
 *
 * The file is read when something is asked of it, and again before it is written: other clients change
 * it meanwhile.
 */
#include "cursors.h"

#include "sys/datadir.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ROOMS_MAX = 256,   /* of a run: those that were heard for longest are not kept */
	LAST_TRIES = 100,  /* for the lock, at the end of a run … */
	LAST_PAUSE_MS = 10 /* … and the time between them */
};

/* A room of this run. */
struct place {
	char room[CURSORS_ROOM];
	uint64_t epoch, noted, marked, shown; /* 0: nothing yet */
	bool in, in_known;
	bool changed; /* since it was written */
};

struct cursors {
	char path[DATADIR_MAX];
	char server[CURSORS_SERVER], nick[CURSORS_NICK]; /* "": not known */
	struct place places[ROOMS_MAX];
	size_t count;
};

struct cursors *cursors_new(const char *path, enum err *err)
{
	struct cursors *c = calloc(1, sizeof(*c));
	struct cursors_rows rows = {.count = 0};

	if (!c || strlen(path) >= sizeof(c->path)) {
		free(c);
		return NULL;
	}
	strcpy(c->path, path);
	*err = *path ? cursors_read(path, &rows) : ERR_NOT_FOUND;
	free(rows.at);
	return c;
}

void cursors_free(struct cursors *c)
{
	free(c);
}

static void set(char *out, size_t cap, const char *value)
{
	bool good = strlen(value) < cap && cursors_field(value);

	(void)snprintf(out, cap, "%s", good ? value : "");
}

void cursors_at(struct cursors *c, const char *server)
{
	set(c->server, sizeof(c->server), server);
}

void cursors_as(struct cursors *c, const char *nick)
{
	set(c->nick, sizeof(c->nick), nick);
	c->count = 0;
}

static bool kept(const struct cursors *c)
{
	return c->path[0] && c->server[0] && c->nick[0];
}

/* ---- asking ----------------------------------------------------------------------------------- */

/* False: it cannot be a room's name. */
static bool name_of(struct slice room, char out[CURSORS_ROOM])
{
	if (room.len >= CURSORS_ROOM)
		return false;
	memcpy(out, room.data, room.len);
	out[room.len] = '\0';
	return strlen(out) == room.len && cursors_field(out);
}

static const struct place *find(const struct cursors *c, const char *room)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->places[i].room, room) == 0)
			return &c->places[i];
	return NULL;
}

enum err cursors_find(const struct cursors *c, struct slice room, bool in_file, struct cursor *out)
{
	struct cursors_rows rows;
	char name[CURSORS_ROOM];
	const struct cursors_row *row = NULL;
	const struct place *p = name_of(room, name) ? find(c, name) : NULL;

	if (p && p->noted > 0) {
		*out = (struct cursor){p->epoch, p->noted};
		return ERR_NONE;
	}
	if (!in_file || !kept(c) || !name_of(room, name) ||
	    cursors_read(c->path, &rows) != ERR_NONE)
		return ERR_NOT_FOUND;
	row = cursors_row_of(&rows, c->server, c->nick, name);
	if (row)
		*out = (struct cursor){row->epoch, row->seq};
	free(rows.at);
	return row && out->epoch != 0 ? ERR_NONE : ERR_NOT_FOUND;
}

size_t cursors_rooms_in(const struct cursors *c, char (*rooms)[CURSORS_ROOM], size_t max)
{
	struct cursors_rows file;
	size_t n = 0;

	if (!kept(c) || cursors_read(c->path, &file) != ERR_NONE)
		return 0;
	for (size_t i = 0; i < file.count && n < max; i++) {
		const struct cursors_row *row = &file.at[i];
		if (row->in && strcmp(row->server, c->server) == 0 &&
		    strcmp(row->nick, c->nick) == 0)
			strcpy(rooms[n++], row->room);
	}
	free(file.at);
	return n;
}

/* ---- the three stations ----------------------------------------------------------------------- */

/* NULL: no place, or no name. */
static struct place *place_of(struct cursors *c, struct slice room)
{
	char name[CURSORS_ROOM];
	const struct place *p;

	if (!name_of(room, name))
		return NULL;
	p = find(c, name);
	if (p)
		return &c->places[p - c->places];
	if (c->count == ROOMS_MAX)
		return NULL;
	c->places[c->count] = (struct place){.changed = false};
	strcpy(c->places[c->count].room, name);
	return &c->places[c->count++];
}

void cursors_note(struct cursors *c, struct slice room, uint64_t epoch, uint64_t seq)
{
	struct place *p = place_of(c, room);

	if (!p)
		return;
	if (p->epoch != epoch)
		p->marked = p->shown = 0;
	p->epoch = epoch;
	p->noted = seq;
}

void cursors_set_in(struct cursors *c, struct slice room, bool in)
{
	struct place *p = place_of(c, room);

	if (!p || (p->in_known && p->in == in))
		return;
	p->in = in;
	p->in_known = p->changed = true;
}

bool cursors_mark(struct cursors *c)
{
	bool any = false;

	for (size_t i = 0; i < c->count; i++) {
		any |= c->places[i].marked != c->places[i].noted;
		c->places[i].marked = c->places[i].noted;
	}
	return any;
}

void cursors_shown(struct cursors *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct place *p = &c->places[i];
		p->changed |= p->shown != p->marked;
		p->shown = p->marked;
	}
}

bool cursors_changed(const struct cursors *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->places[i].changed)
			return kept(c);
	return false;
}

/* ---- saving ----------------------------------------------------------------------------------- */

/* The line as it is to be: what the file has, unless this run knows better. */
static struct cursors_row merged(const struct cursors *c, const struct place *p,
				 const struct cursors_row *old)
{
	struct cursors_row row = {.in = false};

	if (old)
		row = *old;
	strcpy(row.server, c->server);
	strcpy(row.nick, c->nick);
	strcpy(row.room, p->room);
	if (p->in_known)
		row.in = p->in;
	if (p->shown == 0)
		return row;
	if (row.epoch != p->epoch || row.seq < p->shown)
		row.seq = p->shown;
	row.epoch = p->epoch;
	return row;
}

/* To the front: it was changed last.  The oldest one makes room. */
static void merge(struct cursors_rows *rows, const struct cursors *c, const struct place *p)
{
	struct cursors_row *old = cursors_row_of(rows, c->server, c->nick, p->room);
	struct cursors_row row = merged(c, p, old);
	size_t before = old ? (size_t)(old - rows->at) : rows->count;

	if (before == CURSORS_MAX)
		before--;
	else if (!old)
		rows->count++;
	memmove(rows->at + 1, rows->at, before * sizeof(*rows->at));
	rows->at[0] = row;
}

/* ERR_MEMORY, ERR_SYSTEM: it is there, but cannot be read; then it is not written either. */
static enum err read_rows(const char *path, struct cursors_rows *rows)
{
	enum err err = cursors_read(path, rows);

	if (err != ERR_NOT_FOUND && err != ERR_MALFORMED)
		return err;
	rows->at = calloc(CURSORS_MAX, sizeof(*rows->at));
	return rows->at ? ERR_NONE : ERR_MEMORY;
}

static enum err save_locked(struct cursors *c, bool sync)
{
	struct cursors_rows rows;
	enum err err = read_rows(c->path, &rows);

	if (err != ERR_NONE)
		return err;
	for (size_t i = 0; i < c->count; i++)
		if (c->places[i].changed)
			merge(&rows, c, &c->places[i]);
	err = cursors_write(c->path, &rows, sync);
	free(rows.at);
	for (size_t i = 0; i < c->count && err == ERR_NONE; i++)
		c->places[i].changed = false;
	return err;
}

enum err cursors_save(struct cursors *c, bool last)
{
	int lock;
	enum err err;

	if (!cursors_changed(c))
		return ERR_NONE;
	err = cursors_lock(c->path, &lock);
	for (int i = 0; i < LAST_TRIES && last && err == ERR_FULL; i++) {
		(void)poll(NULL, 0, LAST_PAUSE_MS);
		err = cursors_lock(c->path, &lock);
	}
	if (err != ERR_NONE)
		return err;
	err = save_locked(c, last);
	(void)close(lock);
	return err;
}
