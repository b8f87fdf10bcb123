/* What a person has chosen; the contract is in preferences.h. */
#include "ui/preferences.h"

#include "proto/name.h"
#include "proto/text.h"
#include "ui/command_rows.h"

#include <stdlib.h>
#include <string.h>

static const char ignored_value[] = "all";

static struct slice words(const char *s)
{
	return slice_of(s, strlen(s));
}

/* ---- pairs --------------------------------------------------------------------------------- */

static void free_pair(struct pair *at)
{
	free(at->name); /* the value is behind it */
}

static void wipe_pairs(struct pairs *p)
{
	for (size_t i = 0; i < p->count; i++)
		free_pair(&p->all[i]);
	free(p->all);
	*p = (struct pairs){.count = 0};
}

static bool same(const char *s, size_t len, struct slice other)
{
	return len == other.len && (len == 0 || memcmp(s, other.data, len) == 0);
}

static struct pair *by_name(const struct pairs *p, struct slice name)
{
	for (size_t i = 0; i < p->count; i++)
		if (same(p->all[i].name, p->all[i].name_len, name))
			return &p->all[i];
	return NULL;
}

static struct pair *by_value(const struct pairs *p, struct slice value)
{
	for (size_t i = 0; i < p->count; i++)
		if (same(p->all[i].value, p->all[i].value_len, value))
			return &p->all[i];
	return NULL;
}

static void remove_pair(struct pairs *p, struct pair *at)
{
	free_pair(at);
	p->count--;
	memmove(at, at + 1, (size_t)(p->all + p->count - at) * sizeof(*at));
}

static void copy(char *out, struct slice s)
{
	if (s.len > 0)
		memcpy(out, s.data, s.len);
	out[s.len] = '\0';
}

/* False: no memory. */
static bool make_pair(struct pair *out, struct slice name, struct slice value)
{
	char *bytes = malloc(name.len + value.len + 2);

	if (!bytes)
		return false;
	*out = (struct pair){.name_len = name.len,
			     .value_len = value.len,
			     .name = bytes,
			     .value = bytes + name.len + 1};
	copy(out->name, name);
	copy(out->value, value);
	return true;
}

/* In the place of `at`; NULL: one more. */
static enum err put_pair(struct pairs *p, struct pair *at, struct slice name, struct slice value)
{
	struct pair made, *more;

	if (!at && p->count == PREFERENCES_PAIRS)
		return ERR_FULL;
	if (!make_pair(&made, name, value))
		return ERR_MEMORY;
	if (at) {
		free_pair(at);
		*at = made;
		return ERR_NONE;
	}
	more = realloc(p->all, (p->count + 1) * sizeof(*more));
	if (!more) {
		free_pair(&made);
		return ERR_MEMORY;
	}
	p->all = more;
	p->all[p->count++] = made;
	return ERR_NONE;
}

static enum err put_or_remove(struct pairs *p, struct slice name, struct slice value)
{
	struct pair *at = by_name(p, name);

	if (value.len > 0)
		return put_pair(p, at, name, value);
	if (at)
		remove_pair(p, at);
	return ERR_NONE;
}

/* ---- the whole ----------------------------------------------------------------------------- */

void preferences_init(struct preferences *p)
{
	*p = (struct preferences){.names = NULL};
	settings_init(&p->settings);
}

void preferences_wipe(struct preferences *p)
{
	wipe_pairs(&p->aliases);
	wipe_pairs(&p->ignored);
	wipe_pairs(&p->rooms);
	name_checker_free(p->names);
	p->names = NULL;
}

/* ---- putting ------------------------------------------------------------------------------- */

static enum err put_setting(struct preferences *p, struct slice name, struct slice value)
{
	const struct setting *row = settings_find(name);

	if (!row)
		return ERR_NOT_FOUND;
	return settings_put(&p->settings, row, value.len > 0 ? value : words("default"));
}

/* As it can be typed behind a '/', and stand before a '=' in a file. */
static bool alias_name_ok(struct slice name)
{
	static const char never[] = " \t/=:$";

	if (name.len == 0 || name.len > PREFERENCES_ALIAS_MAX || memchr(";#[", name.data[0], 3))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] < ' ' || memchr(never, name.data[i], sizeof(never)))
			return false;
	return true;
}

static enum err put_alias(struct preferences *p, struct slice name, struct slice value)
{
	if (!alias_name_ok(name))
		return ERR_MALFORMED;
	if (value.len > 0 && command_find(name))
		return ERR_EXISTS;
	return put_or_remove(&p->aliases, name, value);
}

static enum err key_of(struct preferences *p, struct slice name, char key[NAME_MAX_KEY],
		       struct slice *out)
{
	size_t len;
	enum err err;

	if (!p->names)
		p->names = name_checker_new();
	if (!p->names)
		return ERR_MEMORY;
	err = name_key(p->names, (const char *)name.data, name.len, key, &len);
	*out = slice_of(key, err == ERR_NONE ? len : 0);
	return err == ERR_NONE ? ERR_NONE : ERR_MALFORMED;
}

static enum err put_ignored(struct preferences *p, struct slice name, struct slice value)
{
	char bytes[NAME_MAX_KEY];
	struct pair *at;
	struct slice key;
	enum err err = key_of(p, name, bytes, &key);

	if (err != ERR_NONE)
		return err;
	at = by_value(&p->ignored, key);
	if (value.len > 0)
		return same(ignored_value, strlen(ignored_value), value)
			       ? put_pair(&p->ignored, at, name, key)
			       : ERR_MALFORMED;
	if (at)
		remove_pair(&p->ignored, at);
	return ERR_NONE;
}

static const struct setting *notify_row(void)
{
	return settings_find(words("notify"));
}

static enum err put_room(struct preferences *p, struct slice name, struct slice value)
{
	struct settings s = p->settings;

	if (name.len < 2 || (name.data[0] != '#' && name.data[0] != '@'))
		return ERR_MALFORMED;
	if (value.len > 0 && settings_put(&s, notify_row(), value) != ERR_NONE)
		return ERR_MALFORMED;
	return put_or_remove(&p->rooms, name, value);
}

/* Text of one line: it stands in a file, and on a screen. */
static bool one_line(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < ' ' || s.data[i] == 0x7f)
			return false;
	return text_valid((const char *)s.data, s.len);
}

enum err preferences_put(struct preferences *p, const struct preference *one)
{
	if (one->name.len > PREFERENCES_NAME_MAX || one->value.len > PREFERENCES_VALUE_MAX ||
	    !one_line(one->name) || !one_line(one->value))
		return ERR_MALFORMED;
	switch (one->kind) {
	case PREFERENCE_SETTING:
		return put_setting(p, one->name, one->value);
	case PREFERENCE_ALIAS:
		return put_alias(p, one->name, one->value);
	case PREFERENCE_IGNORED:
		return put_ignored(p, one->name, one->value);
	case PREFERENCE_ROOM:
		return put_room(p, one->name, one->value);
	}
	return ERR_MALFORMED;
}

/* ---- asking -------------------------------------------------------------------------------- */

static void each_pair(const struct pairs *pairs, enum preference_kind kind,
		      void (*fn)(void *ctx, const struct preference *one), void *ctx)
{
	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *at = &pairs->all[i];
		bool key = kind == PREFERENCE_IGNORED;
		fn(ctx, &(struct preference){.kind = kind,
					     .name = slice_of(at->name, at->name_len),
					     .value = key ? words(ignored_value)
							  : slice_of(at->value, at->value_len)});
	}
}

void preferences_each(const struct preferences *p,
		      void (*fn)(void *ctx, const struct preference *one), void *ctx)
{
	char value[SETTINGS_WORDS_SIZE];
	const struct setting *row;

	for (size_t i = 0; (row = settings_row(i)) != NULL; i++)
		if (!settings_is_initial(&p->settings, row))
			fn(ctx, &(struct preference){
					.kind = PREFERENCE_SETTING,
					.name = words(row->name),
					.value = words(settings_value(&p->settings, row, value))});
	each_pair(&p->aliases, PREFERENCE_ALIAS, fn, ctx);
	each_pair(&p->ignored, PREFERENCE_IGNORED, fn, ctx);
	each_pair(&p->rooms, PREFERENCE_ROOM, fn, ctx);
}

struct slice preferences_ignored_as(const struct preferences *p, struct slice name)
{
	char key[NAME_MAX_KEY];
	const struct pair *at;
	size_t len;

	if (p->ignored.count == 0 || name.len == 0 ||
	    name_key(p->names, (const char *)name.data, name.len, key, &len) != ERR_NONE)
		return words("");
	at = by_value(&p->ignored, slice_of(key, len));
	return at ? slice_of(at->name, at->name_len) : words("");
}

bool preferences_ignores(const struct preferences *p, struct slice name)
{
	return preferences_ignored_as(p, name).len > 0;
}

bool preferences_ignores_event(const struct preferences *p, const struct event *e)
{
	return preferences_ignores(p, e->from) ||
	       (e->kind == EVENT_NICK && preferences_ignores(p, e->text));
}

enum settings_notify preferences_notify(const struct preferences *p, struct slice room)
{
	const struct pair *at = by_name(&p->rooms, room);
	struct settings s = p->settings;

	if (at && settings_put(&s, notify_row(), slice_of(at->value, at->value_len)) != ERR_NONE)
		return SETTINGS_NOTIFY_MENTIONS; /* it does not happen: it was put as one */
	return (enum settings_notify)s.notify;
}

const char *preferences_alias(const struct preferences *p, struct slice name)
{
	const struct pair *at = by_name(&p->aliases, name);

	return at ? at->value : NULL;
}
