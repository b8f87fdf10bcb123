/* The set of names; the contract is in members.h. */
#include "ui/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void members_wipe(struct members *m)
{
	for (size_t i = 0; i < m->len; i++)
		free(m->list[i]);
	free(m->list);
	*m = (struct members){0};
}

static int compare(const struct members_one *have, struct slice name)
{
	size_t n = have->len;
	int order = memcmp(have->name, name.data, n < name.len ? n : name.len);

	return order != 0 ? order : (n > name.len) - (n < name.len);
}

/* Where the name is, or has to come. */
static size_t place_of(const struct members *m, struct slice name, bool *there)
{
	size_t low = 0, high = m->len;

	*there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(m->list[middle], name);
		if (order == 0) {
			*there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void set_state(struct members_one *one, enum member_state state)
{
	one->state = state;
	if (state != MEMBER_RECONNECTING)
		one->away = state == MEMBER_AWAY;
}

static struct members_one *one_of(struct slice name, enum member_state state)
{
	struct members_one *one = malloc(sizeof(*one) + name.len + 1);

	if (!one)
		return NULL;
	*one = (struct members_one){.len = name.len};
	set_state(one, state);
	memcpy(one->name, name.data, name.len);
	one->name[name.len] = '\0';
	return one;
}

static enum err make_room(struct members *m)
{
	size_t cap = m->cap > 0 ? m->cap * 2 : 16;
	struct members_one **list;

	if (m->len < m->cap)
		return ERR_NONE;
	list = realloc(m->list, cap * sizeof(*list));
	if (!list)
		return ERR_MEMORY;
	m->list = list;
	m->cap = cap;
	return ERR_NONE;
}

enum err members_put(struct members *m, struct slice name, enum member_state state)
{
	bool there;

	if (name.len == 0)
		return ERR_NONE;
	size_t at = place_of(m, name, &there);
	if (there) {
		set_state(m->list[at], state);
		return ERR_NONE;
	}
	struct members_one *one = one_of(name, state);
	if (!one || make_room(m) != ERR_NONE) {
		free(one);
		return ERR_MEMORY;
	}
	memmove(&m->list[at + 1], &m->list[at], (m->len - at) * sizeof(*m->list));
	m->list[at] = one;
	m->len++;
	return ERR_NONE;
}

void members_remove(struct members *m, struct slice name)
{
	bool there = false;
	size_t at = name.len > 0 ? place_of(m, name, &there) : 0;

	if (!there)
		return;
	free(m->list[at]);
	m->len--;
	memmove(&m->list[at], &m->list[at + 1], (m->len - at) * sizeof(*m->list));
}

size_t members_reconnecting(const struct members *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->len; i++)
		n += m->list[i]->state == MEMBER_RECONNECTING;
	return n;
}

/* It is there, away or not as it was. */
static enum member_state state_of(const struct members *m, struct slice name)
{
	bool there = false;
	size_t at = name.len > 0 ? place_of(m, name, &there) : 0;

	return there && m->list[at]->away ? MEMBER_AWAY : MEMBER_HERE;
}

static enum err rename_one(struct members *m, struct slice from, struct slice to)
{
	enum member_state state = state_of(m, from);

	members_remove(m, from);
	return members_put(m, to, state);
}

enum err members_event(struct members *m, const struct event *e)
{
	switch (e->kind) {
	case EVENT_JOIN:
		return members_put(m, e->from, MEMBER_HERE);
	case EVENT_TALK:
	case EVENT_BACK:
		return members_put(m, e->from, state_of(m, e->from));
	case EVENT_AWAY:
		return members_put(m, e->from, e->text.len > 0 ? MEMBER_AWAY : MEMBER_HERE);
	case EVENT_LOST:
		return members_put(m, e->from, MEMBER_RECONNECTING);
	case EVENT_QUIT:
		members_remove(m, e->from);
		return ERR_NONE;
	case EVENT_NICK:
		return rename_one(m, e->from, e->text);
	case EVENT_ANNOUNCE:
	case EVENT_OPEN:
	case EVENT_TOPIC:
	case EVENT_RECALL:
	case EVENT_EDIT:
	case EVENT_RECALLED:
	case EVENT_EDITED:
		break;
	}
	return ERR_NONE;
}

enum err members_page(struct members *m, struct slice page)
{
	enum member_state state;
	struct slice name;

	while (who_get(&page, &name, &state))
		if (members_put(m, name, state) != ERR_NONE)
			return ERR_MEMORY;
	return page.failed ? ERR_MALFORMED : ERR_NONE;
}

static const char *mark_of(const struct members_one *one)
{
	if (one->state == MEMBER_RECONNECTING)
		return " (reconnecting)";
	return one->state == MEMBER_AWAY ? " (away)" : "";
}

char *members_sentence(const struct members *m)
{
	size_t need = 64;
	size_t at;
	char *out;

	for (size_t i = 0; i < m->len; i++)
		need += strlen(m->list[i]->name) + 2 + strlen(mark_of(m->list[i]));
	out = malloc(need);
	if (!out)
		return NULL;
	at = (size_t)snprintf(out, need, "in the room (%zu):", m->len);
	for (size_t i = 0; i < m->len; i++)
		at += (size_t)snprintf(out + at, need - at, "%s %s%s", i > 0 ? "," : "",
				       m->list[i]->name, mark_of(m->list[i]));
	return out;
}
