/*
 * Events as what is searched of them; the contract is in said.h.
 *
 * A name's key takes longer than all else that is done for an event, and few people say most of what
 * is said: keys that were made last are kept.
 */
#include "store/said.h"

#include "proto/name.h"
#include "proto/wire.h"
#include "store/tokenizer.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES = 256 };

struct known_name {
	size_t len, key_len; /* len 0: none */
	char name[NAME_MAX_BYTES], key[NAME_MAX_KEY];
};

struct said {
	const struct words *words;
	struct name_checker *checker;
	struct known_name names[NAMES];
	uint8_t document[TOKENIZER_DOCUMENT_MAX];
};

struct said *said_new(const struct words *w)
{
	struct said *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->words = w;
	s->checker = name_checker_new();
	if (s->checker)
		return s;
	free(s);
	return NULL;
}

void said_free(struct said *s)
{
	if (!s)
		return;
	name_checker_free(s->checker);
	free(s);
}

const struct words *said_words(const struct said *s)
{
	return s->words;
}

static struct known_name *place_of(struct said *s, struct slice name)
{
	uint32_t h = UINT32_C(2166136261);

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ name.data[i]) * UINT32_C(16777619);
	return &s->names[(h ^ h >> 16) % NAMES];
}

enum err said_key(struct said *s, struct slice name, struct slice *key)
{
	struct known_name *k = place_of(s, name);
	enum err e;

	if (name.len == 0 || name.len > sizeof(k->name))
		return ERR_MALFORMED;
	if (k->len != name.len || memcmp(k->name, name.data, name.len) != 0) {
		k->len = 0;
		e = name_key(s->checker, (const char *)name.data, name.len, k->key, &k->key_len);
		if (e != ERR_NONE)
			return e == ERR_MEMORY ? e : ERR_MALFORMED;
		memcpy(k->name, name.data, name.len);
		k->len = name.len;
	}
	*key = slice_of(k->key, k->key_len);
	return ERR_NONE;
}

static bool is_searched(const struct event *e)
{
	/* What an EDIT says, stands where the talk was. */
	return e->kind == EVENT_TALK || e->kind == EVENT_EDITED;
}

enum err said_read(struct said *s, struct slice frame, struct said_text *out)
{
	struct event event;
	enum err e;

	if (slice_u8(&frame) != FRAME_EVENT)
		return ERR_NOT_FOUND;
	event_get(&frame, &event);
	if (frame.failed || !is_searched(&event))
		return ERR_NOT_FOUND;
	*out = (struct said_text){.text = event.text};
	e = said_key(s, event.from, &out->who);
	return e == ERR_MALFORMED ? ERR_NONE : e;
}

enum err said_document(struct said *s, struct slice frame, struct slice *out)
{
	struct buf b = buf_of(s->document, sizeof(s->document));
	struct said_text said;
	enum err e = said_read(s, frame, &said);

	if (e != ERR_NONE)
		return e;
	tokenizer_document(&b, said.who, said.text);
	*out = slice_of(b.data, b.len);
	return b.failed ? ERR_NOT_FOUND : ERR_NONE;
}
