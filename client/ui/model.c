/* What there is to show, lines and events aside; the contract is in model.h. */
#include "ui/model_internal.h"

#include "proto/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void set_label(char out[MODEL_LABEL_SIZE], struct slice s)
{
	text_safe(out, MODEL_LABEL_SIZE, (const char *)s.data, s.len, false);
}

static void set_name(struct model_room *r, struct slice name)
{
	set_label(r->name, name);
	r->name_len = strlen(r->name);
}

/* ---- rooms --------------------------------------------------------------------------------- */

static void free_room(struct model *m, struct model_room *r)
{
	m->line_count -= r->lines.end - r->lines.first;
	m->bytes -= r->lines.bytes;
	scrollback_wipe(&r->lines);
	pending_wipe(&r->pending);
	members_wipe(&r->members);
	members_wipe(&r->listed);
	free(r);
}

struct model_room *model_here(const struct model *m)
{
	return m->rooms[m->current];
}

bool model_is_direct(const struct model_room *room)
{
	return room->name[0] == '@';
}

bool model_looks_at(const struct model *m, const struct model_room *room)
{
	return room == model_here(m) && !m->away;
}

/* The person looks: what they had not seen is seen. */
static void arrive(struct model *m)
{
	struct model_room *r = model_here(m);

	if (!m->away)
		r->unread = r->mentions = 0;
}

/* … and looks no more: what comes from now on begins below another mark. */
static void go_away(struct model *m)
{
	if (!m->away)
		model_here(m)->mark = 0;
}

void model_focus(struct model *m, bool looked_at)
{
	if (!looked_at)
		go_away(m);
	m->away = !looked_at;
	arrive(m);
}

static bool is_called(const struct model_room *r, struct slice name)
{
	return r->name_len == name.len && memcmp(r->name, name.data, name.len) == 0;
}

/* Safe names, nearly all, stay as they are. */
static size_t place_of(const struct model *m, struct slice name)
{
	char label[MODEL_LABEL_SIZE];
	size_t i = 0;

	if (m->room_count > 0 && is_called(model_here(m), name))
		return m->current;
	while (i < m->room_count && !is_called(m->rooms[i], name))
		i++;
	if (i < m->room_count)
		return i;
	set_label(label, name);
	for (i = 0; i < m->room_count && strcmp(m->rooms[i]->name, label) != 0;)
		i++;
	return i;
}

struct model_room *model_find(const struct model *m, struct slice name)
{
	size_t i = place_of(m, name);

	return i < m->room_count ? m->rooms[i] : NULL;
}

struct model_room *model_open(struct model *m, struct slice name, bool *full)
{
	struct model_room *r = model_find(m, name);

	*full = !r && m->room_count == MODEL_MAX_ROOMS;
	if (r || *full)
		return r;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	scrollback_init(&r->lines);
	set_name(r, name);
	m->rooms[m->room_count++] = r;
	return r;
}

void model_leave(struct model *m, struct slice room)
{
	size_t i = place_of(m, room);

	if (i == m->room_count || m->room_count == 1)
		return;
	model_forget_changes(m, m->rooms[i]);
	free_room(m, m->rooms[i]);
	m->room_count--;
	memmove(&m->rooms[i], &m->rooms[i + 1], (m->room_count - i) * sizeof(*m->rooms));
	if (m->current > i || m->current == m->room_count)
		m->current--;
	arrive(m);
}

void model_rename(struct model *m, struct slice was, struct slice room)
{
	struct model_room *r = model_find(m, was);
	struct model_room *there = model_find(m, room);

	if (r && there && r != there) {
		if (pending_move(&r->pending, &there->pending) == ERR_NONE)
			model_leave(m, was);
	} else if (r) {
		set_name(r, room);
	}
}

enum err model_missed(struct model *m, struct slice room)
{
	bool full;
	struct model_room *r = model_open(m, room, &full);

	if (!r)
		return full ? ERR_NONE : ERR_MEMORY;
	r->missed = true;
	return ERR_NONE;
}

enum err model_topic(struct model *m, struct slice room, struct slice topic)
{
	bool full;
	struct model_room *r = model_open(m, room, &full);

	if (!r)
		return full ? ERR_NONE : ERR_MEMORY;
	set_label(r->topic, topic);
	return ERR_NONE;
}

const struct members *model_who(struct model *m, struct slice room, bool first, bool more,
				struct slice names)
{
	struct model_room *r = model_find(m, room);

	if (!r)
		return NULL;
	if (first)
		members_wipe(&r->listed);
	if (members_page(&r->listed, names) != ERR_NONE || more)
		return NULL;
	members_wipe(&r->members);
	r->members = r->listed;
	r->listed = (struct members){0};
	return &r->members;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void set_bounds(struct model *m, size_t max_lines)
{
	size_t bytes = max_lines * MODEL_LINE_BYTES;

	assert(max_lines >= 1);
	m->max_lines = max_lines;
	m->max_bytes = bytes > MODEL_MAX_BYTES ? bytes : MODEL_MAX_BYTES;
}

struct model *model_new(size_t max_lines)
{
	struct model *m = calloc(1, sizeof(*m));
	bool full;

	if (!m)
		return NULL;
	set_bounds(m, max_lines);
	m->fold = true;
	mention_set(&m->mention, "", "");
	m->input = calloc(1, 1);
	m->link = LINK_CONNECTING;
	if (!m->input || !model_open(m, slice_of("", 0), &full)) {
		model_free(m);
		return NULL;
	}
	return m;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	model_forget_changes(m, NULL);
	for (size_t i = 0; i < m->room_count; i++)
		free_room(m, m->rooms[i]);
	free(m->input);
	free(m);
}

/* The part before the cursor is made safe by itself: so the cursor is never inside a mark. */
enum err model_edit(struct model *m, struct slice prompt, struct slice line, size_t cursor)
{
	const char *s = (const char *)line.data;
	size_t cap = TEXT_SAFE_SIZE(line.len) + 1;
	char *input = malloc(cap);

	assert(cursor <= line.len);
	if (!input)
		return ERR_MEMORY;
	m->cursor = text_safe(input, cap, s, cursor, true);
	m->input_len = m->cursor;
	if (cursor < line.len)
		m->input_len += text_safe(input + m->cursor, cap - m->cursor, s + cursor,
					  line.len - cursor, true);
	free(m->input);
	m->input = input;
	set_label(m->input_prompt, prompt);
	return ERR_NONE;
}

/* Before it is known what the first room is called, it has no name. */
static enum err show_room(struct model *m, struct slice name)
{
	bool full = false;
	size_t place;

	if (name.len == 0)
		return ERR_NONE;
	if (m->room_count == 1 && !m->rooms[0]->name[0])
		set_name(m->rooms[0], name);
	if (!model_open(m, name, &full))
		return full ? ERR_NONE : ERR_MEMORY;
	place = place_of(m, name);
	if (place != m->current)
		go_away(m);
	m->current = place;
	arrive(m);
	return ERR_NONE;
}

/* The nick, and what calls on the person. */
static void set_nick(struct model *m, struct slice nick)
{
	char label[MODEL_LABEL_SIZE];

	set_label(label, nick);
	if (strcmp(label, m->nick) == 0)
		return;
	memcpy(m->nick, label, sizeof(label));
	m->nick_len = strlen(label);
	mention_set(&m->mention, m->nick, m->words);
}

void model_set(struct model *m, const struct model_settings *s)
{
	set_bounds(m, s->max_lines);
	m->fold = s->fold;
	m->preferences = s->preferences;
	set_label(m->words, slice_of(s->words, strlen(s->words)));
	mention_set(&m->mention, m->nick, m->words);
	model_keep_bounds(m);
}

enum err model_status(struct model *m, const struct model_status *s)
{
	if (show_room(m, s->room) != ERR_NONE)
		return ERR_MEMORY;
	m->link = s->link;
	m->transport = s->transport;
	m->lag_ms = s->lag_ms;
	m->unsent = s->unsent;
	set_nick(m, s->nick);
	set_label(m->server, s->server);
	set_label(m->prompt, s->prompt);
	return ERR_NONE;
}
