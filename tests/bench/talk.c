/*
 * See talk.h.  Six bits a letter, from '0' on.
 *
 * A number that is higher than the next one leaves a gap, which counts as lost until it is filled: a talk
 * from before comes too late (disordered) if it was missing, or again (doubled).  Which of the two it
 * is would take a set; we count one gap for each talker, and call doubled what fits no gap.
 */
#include "talk.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { TALKER_LETTERS = 3, NUMBER_LETTERS = 5, TIME_LETTERS = 7, LETTER_BITS = 6 };

/* The first eight letters are who and which; the last eight, of which the first is not its own, when. */
static_assert(TALKER_LETTERS + NUMBER_LETTERS == 8 && TIME_LETTERS == 7 && TALK_HEADER == 16,
	      "two times eight letters");

static const char first_letter = '0';
static const char mark = '~';

struct place {
	uint32_t next;	  /* 0: whichever comes */
	uint32_t missing; /* of those before it */
};

struct talk_check {
	size_t members, talkers;
	struct talk_count count;
	uint64_t *orders; /* of each member */
	struct place *places;
};

static char *put(char *at, uint64_t v, int letters)
{
	for (int i = letters; i-- > 0; v >>= LETTER_BITS)
		at[i] = (char)(first_letter + (char)(v & 63));
	return at + letters;
}

/* Eight letters at once: neighbours are joined, three times over. */
static uint64_t get_eight(const char *at, uint64_t *wrong)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	v = be64toh(v) - UINT64_C(0x3030303030303030); /* first_letter, eight times */
	*wrong |= v & UINT64_C(0xc0c0c0c0c0c0c0c0);
	v = (v & UINT64_C(0x003f003f003f003f)) | (v & UINT64_C(0x3f003f003f003f00)) >> 2;
	v = (v & UINT64_C(0x00000fff00000fff)) | (v & UINT64_C(0x0fff00000fff0000)) >> 4;
	return (v & 0xffffff) | v >> 32 << 24;
}

void talk_put(char *out, size_t n, const struct talk *t)
{
	char *at = out;

	*at++ = mark;
	at = put(at, t->talker, TALKER_LETTERS);
	at = put(at, t->number, NUMBER_LETTERS);
	at = put(at, t->time, TIME_LETTERS);
	memset(at, 'x', n - TALK_HEADER);
}

bool talk_get(const char *text, size_t n, struct talk *t)
{
	uint64_t wrong = 0;

	if (n < TALK_HEADER || *text++ != mark)
		return false;
	uint64_t who = get_eight(text, &wrong);
	uint64_t when = get_eight(text + TIME_LETTERS, &wrong);
	t->talker = (uint32_t)(who >> NUMBER_LETTERS * LETTER_BITS);
	t->number = (uint32_t)(who & ((UINT64_C(1) << NUMBER_LETTERS * LETTER_BITS) - 1));
	t->time = when & ((UINT64_C(1) << TIME_LETTERS * LETTER_BITS) - 1);
	return wrong == 0;
}

struct talk_check *talk_check_new(size_t members, size_t talkers)
{
	struct talk_check *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->members = members;
	c->talkers = talkers;
	c->orders = calloc(members, sizeof(*c->orders));
	c->places = calloc(members * talkers, sizeof(*c->places));
	if (c->orders && c->places)
		return c;
	talk_check_free(c);
	return NULL;
}

void talk_check_free(struct talk_check *c)
{
	if (!c)
		return;
	free(c->orders);
	free(c->places);
	free(c);
}

static struct place *place_of(const struct talk_check *c, size_t member, size_t talker)
{
	return &c->places[member * c->talkers + talker];
}

void talk_check_begin(struct talk_check *c, size_t member, bool all)
{
	for (size_t talker = 0; talker < c->talkers; talker++)
		*place_of(c, member, talker) = (struct place){.next = all};
	c->orders[member] = 0;
}

static void out_of_turn(struct talk_check *c, struct place *p, const struct talk *t)
{
	if (t->number > p->next) {
		p->missing += t->number - p->next;
		c->count.lost += t->number - p->next;
		p->next = t->number + 1;
	} else if (p->missing > 0) {
		p->missing--;
		c->count.lost--;
		c->count.disordered++;
	} else {
		c->count.doubled++;
	}
}

void talk_check_heard(struct talk_check *c, size_t member, const struct talk *t)
{
	if (t->talker >= c->talkers) {
		c->count.strange++;
		return;
	}
	struct place *p = place_of(c, member, t->talker);
	uint64_t *order = &c->orders[member];
	c->count.heard++;
	*order = (*order + ((uint64_t)t->talker << 32 | t->number)) * UINT64_C(0x9E3779B97F4A7C15);
	if (p->next == t->number || p->next == 0)
		p->next = t->number + 1;
	else
		out_of_turn(c, p, t);
}

bool talk_check_has(const struct talk_check *c, size_t member, size_t talker, uint32_t number)
{
	return place_of(c, member, talker)->next > number;
}

void talk_check_last(struct talk_check *c, size_t member, size_t talker, uint32_t number)
{
	const struct place *p = place_of(c, member, talker);

	if (p->next <= number)
		c->count.lost += number + 1 - p->next - (p->next == 0);
}

void talk_check_strange(struct talk_check *c)
{
	c->count.strange++;
}

const struct talk_count *talk_check_count(const struct talk_check *c)
{
	return &c->count;
}

bool talk_check_agree(const struct talk_check *c, size_t a, size_t b)
{
	return c->orders[a] == c->orders[b];
}
