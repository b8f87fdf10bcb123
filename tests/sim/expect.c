/* What the actors have been told, and waiting for it in virtual time. */
#include "sim_internal.h"

#include <string.h>

typedef bool condition(const struct actor *a, const void *what);

static const char *name_of(const struct actor *a)
{
	return a->name[0] ? a->name : "somebody";
}

static void expect(struct actor *a, condition *holds, const void *what, double seconds,
		   const char *words)
{
	struct sim *s = a->sim;
	uint64_t until = s->now + (uint64_t)(seconds * 1e6);

	flush(s);
	while (!holds(a, what))
		if (!step(s, until) && !holds(a, what))
			sim_fail(
				s,
				"%s: \"%s\" not within %.1f s (joined %d, ended %d %s, hung up %d, "
				"heard %zu of %zu, typed %zu of %zu, unanswered %zu)",
				name_of(a), words, seconds, a->joined, a->ended,
				code_name(a->end_code), a->hung_up, a->heard_count, s->told_count,
				a->typed, a->line_count,
				a->session ? session_unanswered(a->session) : 0);
}

/* ---- events ---------------------------------------------------------------------------------- */

static bool slice_is(struct slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.data, text, s.len) == 0;
}

struct wanted {
	enum event_kind kind;
	const char *from, *text; /* NULL: any */
};

static bool matches(const struct event *e, const struct wanted *w)
{
	return e->kind == w->kind && (!w->from || slice_is(e->from, w->from)) &&
	       (!w->text || slice_is(e->text, w->text));
}

/* The i-th newest event that the actor heard; NULL: it has not heard so many. */
static const struct event *heard(const struct actor *a, size_t i)
{
	if (i >= a->heard_count)
		return NULL;
	return &a->sim->told[a->first_seq + a->heard_count - 2 - i].event;
}

static bool has_heard(const struct actor *a, const void *what)
{
	const struct event *e;

	for (size_t i = 0; (e = heard(a, i)); i++)
		if (matches(e, what))
			return true;
	return false;
}

bool sim_heard(const struct actor *a, enum event_kind kind, const char *from, const char *text)
{
	return has_heard(a, &(struct wanted){kind, from, text});
}

size_t sim_heard_count(const struct actor *a, enum event_kind kind)
{
	const struct event *e;
	size_t n = 0;

	for (size_t i = 0; (e = heard(a, i)); i++)
		n += e->kind == kind;
	return n;
}

enum leave_reason sim_leave_reason(const struct actor *a, const char *who)
{
	const struct wanted quit = {EVENT_QUIT, who, NULL};
	const struct event *e;

	for (size_t i = 0; (e = heard(a, i)); i++)
		if (matches(e, &quit))
			return e->reason;
	sim_fail(a->sim, "%s never heard %s leave", name_of(a), who);
	return 0;
}

void sim_expect_heard(struct actor *a, const char *from, const char *text, double seconds)
{
	expect(a, has_heard, &(struct wanted){EVENT_TALK, from, text}, seconds, text);
}

void sim_expect_event(struct actor *a, enum event_kind kind, const char *from, double seconds)
{
	expect(a, has_heard, &(struct wanted){kind, from, NULL}, seconds, event_kind_name(kind));
}

static bool is_up_to_date(const struct actor *a, const void *what)
{
	(void)what;
	return !sim_in_room(a) || a->first_seq + a->heard_count > a->sim->told_count;
}

/* Order and content were the oracle's to watch; here it is that nothing is missing. */
void sim_expect_agreement(struct sim *s, double seconds)
{
	for (size_t i = 0; i < s->actor_count; i++)
		if (sim_in_room(s->actors[i]))
			expect(s->actors[i], is_up_to_date, NULL, seconds, "all of the room");
}

/* ---- the session ----------------------------------------------------------------------------- */

bool sim_in_room(const struct actor *a)
{
	return a->joined && !a->gone && !a->ended && !a->hung_up;
}

uint64_t sim_first(const struct actor *a)
{
	return a->first_seq;
}

static bool is_joined(const struct actor *a, const void *what)
{
	(void)what;
	return a->joined;
}

void sim_expect_joined(struct actor *a, double seconds)
{
	expect(a, is_joined, NULL, seconds, "joined");
}

struct answer {
	uint64_t id;
	enum code code;
};

static bool is_answer(const struct actor *a, const void *what)
{
	const struct answer *w = what;

	return w->id <= a->ids && a->codes[w->id - 1] == w->code;
}

void sim_expect_code(struct actor *a, uint64_t id, enum code code, double seconds)
{
	expect(a, is_answer, &(struct answer){id, code}, seconds, code_name(code));
}

static bool is_refused(const struct actor *a, const void *what)
{
	return a->newest_answer == a->ids &&
	       is_answer(a, &(struct answer){a->ids, *(const enum code *)what});
}

void sim_expect_refused(struct actor *a, enum code code, double seconds)
{
	expect(a, is_refused, &code, seconds, code_name(code));
}

static bool is_ended(const struct actor *a, const void *what)
{
	return a->ended && a->end_code == *(const enum code *)what;
}

void sim_expect_ended(struct actor *a, enum code code, double seconds)
{
	expect(a, is_ended, &code, seconds, code_name(code));
}

static bool is_hung_up(const struct actor *a, const void *what)
{
	(void)what;
	return a->hung_up;
}

void sim_expect_hung_up(struct actor *a, double seconds)
{
	expect(a, is_hung_up, NULL, seconds, "hung up");
}

static bool is_answered(const struct actor *a, const void *what)
{
	(void)what;
	return a->typed == a->line_count && session_unanswered(a->session) == 0;
}

void sim_expect_answered(struct actor *a, double seconds)
{
	expect(a, is_answered, NULL, seconds, "all that was said is answered");
}
