/* A short list: what is typed by hand, and a server has not answered; the contract is in pending.h. */
#include "ui/pending.h"

#include <stdlib.h>
#include <string.h>

void pending_wipe(struct pending *p)
{
	for (size_t i = 0; i < p->len; i++)
		free(p->list[i].line);
	free(p->list);
	*p = (struct pending){0};
}

struct pending_one *pending_find(const struct pending *p, uint64_t ticket)
{
	for (size_t i = 0; i < p->len; i++)
		if (p->list[i].ticket == ticket)
			return &p->list[i];
	return NULL;
}

static enum err make_room(struct pending *p)
{
	size_t cap = p->cap > 0 ? p->cap * 2 : 4;
	struct pending_one *list;

	if (p->len < p->cap)
		return ERR_NONE;
	list = realloc(p->list, cap * sizeof(*list));
	if (!list)
		return ERR_MEMORY;
	p->list = list;
	p->cap = cap;
	return ERR_NONE;
}

enum err pending_put(struct pending *p, const struct pending_one *one)
{
	struct pending_one *there = pending_find(p, one->ticket);
	size_t at = p->len;

	if (there) {
		free(there->line);
		*there = *one;
		return ERR_NONE;
	}
	if (make_room(p) != ERR_NONE)
		return ERR_MEMORY;
	while (at > 0 && p->list[at - 1].ticket > one->ticket)
		at--;
	memmove(&p->list[at + 1], &p->list[at], (p->len - at) * sizeof(*p->list));
	p->list[at] = *one;
	p->len++;
	return ERR_NONE;
}

static void remove_at(struct pending *p, size_t i)
{
	free(p->list[i].line);
	p->len--;
	memmove(&p->list[i], &p->list[i + 1], (p->len - i) * sizeof(*p->list));
}

void pending_remove(struct pending *p, uint64_t ticket)
{
	const struct pending_one *one = pending_find(p, ticket);

	if (one)
		remove_at(p, (size_t)(one - p->list));
}

void pending_heard(struct pending *p, uint64_t seq)
{
	for (size_t i = p->len; i-- > 0;)
		if (p->list[i].state == SAID_SENT && p->list[i].seq <= seq)
			remove_at(p, i);
}

/* Words of ours aside. */
static size_t text_of(const struct model_line *line)
{
	return line->text_len - line->note_len;
}

static bool same_text(const struct model_line *a, const struct model_line *b)
{
	return a->kind == b->kind && text_of(a) == text_of(b) &&
	       memcmp(a->bytes + a->who_len, b->bytes + b->who_len, text_of(a)) == 0;
}

void pending_echoed(struct pending *p, const struct model_line *talk)
{
	for (size_t i = 0; i < p->len; i++) {
		if (p->list[i].state != SAID_SENDING || !same_text(p->list[i].line, talk))
			continue;
		remove_at(p, i);
		return;
	}
}

enum err pending_move(struct pending *from, struct pending *to)
{
	while (from->len > 0) {
		if (pending_put(to, &from->list[from->len - 1]) != ERR_NONE)
			return ERR_MEMORY;
		from->len--;
	}
	return ERR_NONE;
}

size_t pending_count(const struct pending *p, enum said_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < p->len; i++)
		n += p->list[i].state == state;
	return n;
}
