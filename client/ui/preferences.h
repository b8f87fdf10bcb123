/*
 * All that a person has chosen: settings, commands of their own, whom they ignore, and what calls them in
 * which room.
 *
 * Whatever it is, it is a name with a value: so a file, a message between processes and /set say it
 * alike.  The session's are the ones that count; the other processes are told.
 */
#ifndef UI_PREFERENCES_H
#define UI_PREFERENCES_H

#include "proto/wire.h"
#include "ui/settings.h"

enum {
	PREFERENCES_PAIRS = 256,    /* of each kind */
	PREFERENCES_NAME_MAX = 320, /* bytes */
	PREFERENCES_VALUE_MAX = 1024,
	PREFERENCES_ALIAS_MAX = 32, /* bytes of an alias's name */
};

enum preference_kind {
	PREFERENCE_SETTING = 1, /* its name, a value */
	PREFERENCE_ALIAS,	/* the command's name, what it stands for */
	PREFERENCE_IGNORED,	/* a member's name, "all" */
	PREFERENCE_ROOM,	/* "#dev", a word of enum settings_notify */
};

struct preference {
	enum preference_kind kind;
	struct slice name;
	struct slice value; /* empty: it is no more; a setting has its default */
};

struct pair {
	size_t name_len, value_len;
	char *name; /* value, each with a NUL after it */
	char *value;
};

struct pairs {
	struct pair *all;
	size_t count;
};

struct name_checker;

struct preferences {
	struct settings settings;
	struct pairs aliases, rooms;
	struct pairs ignored;	    /* with the keys of the names (proto/name.h) */
	struct name_checker *names; /* NULL: nobody was ever ignored */
};

void preferences_init(struct preferences *p); /* all as it is at first */
void preferences_wipe(struct preferences *p);

/*
 * ERR_NOT_FOUND: there is no setting of that name; ERR_MALFORMED: that cannot be its name or value;
 * ERR_EXISTS: an alias of a command's name; ERR_FULL, ERR_MEMORY.  Nothing has changed then.
 */
NODISCARD enum err preferences_put(struct preferences *p, const struct preference *one);

/* Each that is not as it is at first; borrowed for the call. */
void preferences_each(const struct preferences *p,
		      void (*fn)(void *ctx, const struct preference *one), void *ctx);

/* Somebody of that name, however it is written.  The second: as it was put; empty: nobody. */
bool preferences_ignores(const struct preferences *p, struct slice name);
struct slice preferences_ignored_as(const struct preferences *p, struct slice name);
/* Something that such a one says or does; of a rename, before or after it. */
bool preferences_ignores_event(const struct preferences *p, const struct event *e);
/* The settings' own, unless the room has one. */
enum settings_notify preferences_notify(const struct preferences *p, struct slice room);
/* What the command of that name, without its '/', stands for.  NULL: there is none. */
const char *preferences_alias(const struct preferences *p, struct slice name);

#endif
