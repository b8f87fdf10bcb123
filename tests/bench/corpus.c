/* Talk by the law of large crowds; the contract is in corpus.h. */
#include "corpus.h"

#include "core/record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	CHARACTERS = 3500, /* that longer words are made of */
	FIRST_CHARACTER = 0x4E00,
	SHORT_WORDS = 200,
	WORDS_LEAST = 2,
	WORDS_MORE = 12,
	LONGEST_PAUSE_MS = 60 * 1000,
};

static uint32_t draw(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((*state ^ *state >> 31) * UINT64_C(0xbf58476d1ce4e5b9) >> 32);
}

/* 0 is drawn about n times as often as n - 1. */
static unsigned draw_rank(uint64_t *state, unsigned count)
{
	double u = (draw(state) + 0.5) / 4294967296.0;
	unsigned rank = (unsigned)exp(u * log(count + 1.0)) - 1;

	return rank < count ? rank : count - 1;
}

static size_t put_character(char *out, unsigned n)
{
	unsigned c = FIRST_CHARACTER + n;

	out[0] = (char)(0xE0 | c >> 12);
	out[1] = (char)(0x80 | (c >> 6 & 0x3F));
	out[2] = (char)(0x80 | (c & 0x3F));
	return 3;
}

const char *corpus_chinese(unsigned n, char out[CORPUS_WORD])
{
	uint64_t state = n * UINT64_C(2654435761) + 1;
	unsigned characters = n % 5 == 0 ? 3 : 2;
	size_t len = 0;

	if (n < SHORT_WORDS)
		len = put_character(out, n);
	else
		while (characters-- > 0)
			len += put_character(out + len, draw_rank(&state, CHARACTERS));
	out[len] = '\0';
	return out;
}

const char *corpus_latin(unsigned n, char out[CORPUS_WORD])
{
	static const char *const parts[] = {"ba",  "ne", "to", "ri",  "ku", "sha", "lo", "mi",
					    "ver", "an", "de", "gos", "pe", "tin", "ra", "fu"};
	size_t len = 0;

	for (unsigned rest = n + 1; rest > 0; rest /= 16)
		len += (size_t)snprintf(out + len, CORPUS_WORD - len, "%s", parts[rest % 16]);
	return out;
}

const char *corpus_member(unsigned n, char out[CORPUS_WORD])
{
	(void)snprintf(out, CORPUS_WORD, n % 2 ? "member%u" : "成员%u", n);
	return out;
}

void corpus_begin(struct corpus *c, uint64_t seed)
{
	*c = (struct corpus){.state = seed, .time_ms = INT64_C(1700000000000)};
}

static size_t put_word(struct corpus *c, size_t len)
{
	bool latin = draw(&c->state) % 3 == 0;
	char word[CORPUS_WORD];

	if (latin)
		corpus_latin(draw_rank(&c->state, CORPUS_LATIN), word);
	else
		corpus_chinese(draw_rank(&c->state, CORPUS_CHINESE), word);
	return len + (size_t)snprintf(c->text + len, sizeof(c->text) - len, "%s%s",
				      latin && len > 0 ? " " : "", word);
}

void corpus_talk(struct corpus *c, struct event *e)
{
	unsigned words = WORDS_LEAST + draw(&c->state) % WORDS_MORE;
	size_t len = 0;

	while (words-- > 0)
		len = put_word(c, len);
	corpus_member(draw_rank(&c->state, CORPUS_MEMBERS), c->from);
	c->time_ms += draw(&c->state) % LONGEST_PAUSE_MS;
	*e = (struct event){.kind = EVENT_TALK,
			    .time_ms = c->time_ms,
			    .from = slice_of(c->from, strlen(c->from)),
			    .text = slice_of(c->text, len)};
}

uint64_t corpus_batch(struct corpus *c, uint32_t room, uint64_t seq, uint64_t count,
		      struct buf *records)
{
	uint8_t frame[WIRE_ITEM_MAX];
	uint64_t n = 0;

	for (; n < count && buf_room(records) >= RECORD_MAX; n++) {
		struct buf b = buf_of(frame, sizeof(frame));
		struct record r = {.kind = RECORD_EVENT, .event = {.room = room, .seq = seq + n}};
		struct event e;
		corpus_talk(c, &e);
		e.room = room;
		e.seq = seq + n;
		event_put(&b, &e);
		memset(r.event.author, c->from[0], OWNER_BYTES);
		r.event.frame = slice_of(b.data, b.len);
		record_put(records, &r);
	}
	return n;
}
