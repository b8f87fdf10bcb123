/* Joins, quits and renames in one sentence; the contract is in fold.h. */
#include "ui/fold.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NOWHERE = FOLD_KINDS };

bool fold_takes(const struct event *e)
{
	if (e->kind == EVENT_QUIT)
		return e->reason != LEAVE_KICKED && e->reason != LEAVE_PROTOCOL;
	return (e->kind == EVENT_JOIN || e->kind == EVENT_NICK) && e->from.len > 0;
}

/* ---- names of a kind ------------------------------------------------------------------------ */

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static size_t place_in(const struct fold_part *p, struct slice name)
{
	size_t i = 0;

	while (i < p->kept && !same(p->names[i], name))
		i++;
	return i;
}

static void take_out(struct fold_part *p, size_t i)
{
	p->kept--;
	p->count--;
	memmove(&p->names[i], &p->names[i + 1], (p->kept - i) * sizeof(*p->names));
	memmove(&p->others[i], &p->others[i + 1], (p->kept - i) * sizeof(*p->others));
}

/* What there is no place for is counted: the last one, whichever that is now. */
static void put_in(struct fold_part *p, struct slice name, struct slice other, bool front)
{
	size_t i = front ? 0 : p->kept;

	p->count++;
	if (i == FOLD_NAMES)
		return;
	if (p->kept == FOLD_NAMES)
		p->kept--;
	memmove(&p->names[i + 1], &p->names[i], (p->kept - i) * sizeof(*p->names));
	memmove(&p->others[i + 1], &p->others[i], (p->kept - i) * sizeof(*p->others));
	p->names[i] = name;
	p->others[i] = other;
	p->kept++;
}

/* ---- adding --------------------------------------------------------------------------------- */

/* What a join makes of somebody who was of that kind; of NOWHERE: of whom nothing is known.  A quit that
 * comes before all that is known ends in the same, as in a mirror. */
static enum fold_kind after_join(enum fold_kind was)
{
	switch (was) {
	case FOLD_LEFT:
	case FOLD_RETURNED:
		return FOLD_RETURNED;
	default:
		return FOLD_JOINED;
	}
}

static enum fold_kind after_quit(enum fold_kind was)
{
	switch (was) {
	case FOLD_JOINED:
	case FOLD_VISITED:
		return FOLD_VISITED;
	default:
		return FOLD_LEFT;
	}
}

static enum fold_kind before_join(enum fold_kind now)
{
	switch (now) {
	case FOLD_LEFT:
	case FOLD_VISITED:
		return FOLD_VISITED;
	default:
		return FOLD_JOINED;
	}
}

static enum fold_kind before_quit(enum fold_kind now)
{
	switch (now) {
	case FOLD_JOINED:
	case FOLD_RETURNED:
		return FOLD_RETURNED;
	default:
		return FOLD_LEFT;
	}
}

static enum fold_kind kind_of(const struct fold *f, struct slice name, size_t *at)
{
	for (unsigned kind = FOLD_JOINED; kind < FOLD_RENAMED; kind++) {
		*at = place_in(&f->parts[kind], name);
		if (*at < f->parts[kind].kept)
			return (enum fold_kind)kind;
	}
	return (enum fold_kind)NOWHERE;
}

static void come_or_go(struct fold *f, const struct event *e, bool before)
{
	bool join = e->kind == EVENT_JOIN;
	enum fold_kind was, now;
	size_t at = 0;

	was = kind_of(f, e->from, &at);
	if (before)
		now = join ? before_join(was) : before_quit(was);
	else
		now = join ? after_join(was) : after_quit(was);
	if (now == was)
		return;
	if (was != (enum fold_kind)NOWHERE)
		take_out(&f->parts[was], at);
	put_in(&f->parts[now], e->from, slice_of("", 0), before);
}

void fold_add(struct fold *f, const struct event *e, bool before)
{
	f->events++;
	if (e->kind == EVENT_NICK)
		put_in(&f->parts[FOLD_RENAMED], e->from, e->text, before);
	else
		come_or_go(f, e, before);
}

/* ---- as bytes ------------------------------------------------------------------------------- */

void fold_put(struct buf *b, const struct fold *f)
{
	buf_put_varint(b, f->events);
	for (unsigned kind = 0; kind < FOLD_KINDS; kind++) {
		const struct fold_part *p = &f->parts[kind];
		buf_put_varint(b, p->count);
		buf_put_u8(b, (uint8_t)p->kept);
		for (size_t i = 0; i < p->kept; i++) {
			buf_put_string(b, p->names[i].data, p->names[i].len);
			if (kind == FOLD_RENAMED)
				buf_put_string(b, p->others[i].data, p->others[i].len);
		}
	}
}

static void get_part(struct slice *s, enum fold_kind kind, struct fold_part *p)
{
	p->count = slice_varint(s);
	p->kept = slice_u8(s);
	if (p->kept > FOLD_NAMES || p->kept > p->count) {
		s->failed = true;
		return;
	}
	for (size_t i = 0; i < p->kept; i++) {
		p->names[i] = slice_string(s, NAME_MAX_BYTES);
		p->others[i] =
			kind == FOLD_RENAMED ? slice_string(s, NAME_MAX_BYTES) : slice_of("", 0);
	}
}

bool fold_get(struct slice s, struct fold *f)
{
	f->events = slice_varint(&s);
	for (unsigned kind = 0; kind < FOLD_KINDS && !s.failed; kind++)
		get_part(&s, (enum fold_kind)kind, &f->parts[kind]);
	return !s.failed && s.len == 0;
}

/* ---- in words ------------------------------------------------------------------------------- */

struct words {
	char *out;
	size_t len;
};

static void say(struct words *w, const char *s)
{
	size_t n = strlen(s);

	if (n >= FOLD_WORDS_SIZE - w->len)
		return;
	memcpy(w->out + w->len, s, n + 1);
	w->len += n;
}

static void say_name(struct words *w, struct slice name)
{
	w->len += text_safe(w->out + w->len, FOLD_WORDS_SIZE - w->len, (const char *)name.data,
			    name.len, false);
}

static void say_count(struct words *w, uint64_t n, const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
	say(w, text);
}

/* How many of them are named: all of a few, two of many. */
static size_t named(const struct fold_part *p)
{
	size_t most = p->count <= FOLD_SHOWN ? FOLD_SHOWN : FOLD_SHOWN - 1;

	return p->kept < most ? p->kept : most;
}

static const char *between(size_t i, uint64_t all)
{
	if (i == 0)
		return "";
	return i + 1 < all ? ", " : " and ";
}

/* "alice", "alice and bob", "alice, bob and 3 others". */
static void say_names(struct words *w, const struct fold_part *p)
{
	size_t some = named(p);
	uint64_t all = some + (p->count > some);

	for (size_t i = 0; i < some; i++) {
		say(w, between(i, all));
		say_name(w, p->names[i]);
	}
	if (p->count > some) {
		say(w, between(some, all));
		say_count(w, p->count - some, some > 0 ? "other" : "member");
	}
}

static void say_renames(struct words *w, const struct fold_part *p)
{
	size_t some = named(p);

	for (size_t i = 0; i < some; i++) {
		say(w, i > 0 ? ", " : "");
		say_name(w, p->names[i]);
		say(w, " is now known as ");
		say_name(w, p->others[i]);
	}
	if (p->count > some) {
		say(w, some > 0 ? ", and " : "");
		say_count(w, p->count - some, "other");
		say(w, " took another name");
	}
}

static void say_part(struct words *w, enum fold_kind kind, const struct fold_part *p)
{
	static const char *const ends[] = {
		[FOLD_JOINED] = " joined",
		[FOLD_LEFT] = " left",
		[FOLD_VISITED] = " joined and left",
		[FOLD_RETURNED] = " left and came back",
	};

	if (p->count == 0)
		return;
	say(w, w->len > 0 ? "; " : "");
	if (kind == FOLD_RENAMED) {
		say_renames(w, p);
		return;
	}
	say_names(w, p);
	say(w, ends[kind]);
}

size_t fold_words(const struct fold *f, char out[FOLD_WORDS_SIZE])
{
	struct words w = {.out = out};

	out[0] = '\0';
	for (unsigned kind = 0; kind < FOLD_KINDS; kind++)
		say_part(&w, (enum fold_kind)kind, &f->parts[kind]);
	return w.len;
}
