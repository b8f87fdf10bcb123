/* The set of names; the contract is in members.h. */
#include "ui/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void members_wipe(struct members *m)
{
	for (size_t i = 0; i < m->len; i++)
		free(m->names[i]);
	free(m->names);
	*m = (struct members){0};
}

static int compare(const char *have, struct slice name)
{
	size_t n = strlen(have);
	int order = memcmp(have, name.data, n < name.len ? n : name.len);

	return order != 0 ? order : (n > name.len) - (n < name.len);
}

/* Where the name is, or has to come. */
static size_t place_of(const struct members *m, struct slice name, bool *there)
{
	size_t low = 0, high = m->len;

	*there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(m->names[middle], name);
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

static char *copied(struct slice name)
{
	char *copy = malloc(name.len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, name.data, name.len);
	copy[name.len] = '\0';
	return copy;
}

static enum err make_room(struct members *m)
{
	size_t cap = m->cap > 0 ? m->cap * 2 : 16;
	char **names;

	if (m->len < m->cap)
		return ERR_NONE;
	names = realloc(m->names, cap * sizeof(*names));
	if (!names)
		return ERR_MEMORY;
	m->names = names;
	m->cap = cap;
	return ERR_NONE;
}

enum err members_add(struct members *m, struct slice name)
{
	bool there;
	size_t at;
	char *copy;

	if (name.len == 0)
		return ERR_NONE;
	at = place_of(m, name, &there);
	if (there)
		return ERR_NONE;
	copy = copied(name);
	if (!copy || make_room(m) != ERR_NONE) {
		free(copy);
		return ERR_MEMORY;
	}
	memmove(&m->names[at + 1], &m->names[at], (m->len - at) * sizeof(*m->names));
	m->names[at] = copy;
	m->len++;
	return ERR_NONE;
}

void members_remove(struct members *m, struct slice name)
{
	bool there = false;
	size_t at = name.len > 0 ? place_of(m, name, &there) : 0;

	if (!there)
		return;
	free(m->names[at]);
	m->len--;
	memmove(&m->names[at], &m->names[at + 1], (m->len - at) * sizeof(*m->names));
}

enum err members_event(struct members *m, const struct event *e)
{
	switch (e->kind) {
	case EVENT_JOIN:
	case EVENT_TALK:
		return members_add(m, e->from);
	case EVENT_QUIT:
		members_remove(m, e->from);
		return ERR_NONE;
	case EVENT_NICK:
		members_remove(m, e->from);
		return members_add(m, e->text);
	case EVENT_ANNOUNCE:
		break;
	}
	return ERR_NONE;
}

enum err members_page(struct members *m, struct slice page)
{
	while (page.len > 0) {
		struct slice name = slice_string(&page, NAME_MAX_BYTES);
		if (page.failed)
			return ERR_MALFORMED;
		if (members_add(m, name) != ERR_NONE)
			return ERR_MEMORY;
	}
	return ERR_NONE;
}

char *members_sentence(const struct members *m)
{
	size_t need = 64;
	size_t at;
	char *out;

	for (size_t i = 0; i < m->len; i++)
		need += strlen(m->names[i]) + 2;
	out = malloc(need);
	if (!out)
		return NULL;
	at = (size_t)snprintf(out, need, "in the room (%zu):", m->len);
	for (size_t i = 0; i < m->len; i++)
		at += (size_t)snprintf(out + at, need - at, "%s %s", i > 0 ? "," : "", m->names[i]);
	return out;
}
