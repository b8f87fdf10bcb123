/* Looking for words, letter by letter; the contract is in find.h. */
#include "ui/find.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

static UChar32 next_letter(struct slice *s)
{
	const uint8_t *bytes = s->data;
	int32_t i = 0;
	UChar32 c;

	U8_NEXT_OR_FFFD(bytes, i, (int32_t)s->len, c);
	*s = slice_of(s->data + i, s->len - (size_t)i);
	return u_foldCase(c, U_FOLD_CASE_DEFAULT);
}

static bool begins(struct slice text, struct slice words)
{
	while (words.len > 0 && text.len > 0)
		if (next_letter(&text) != next_letter(&words))
			return false;
	return words.len == 0;
}

static bool holds(struct slice text, struct slice words)
{
	while (text.len > 0) {
		if (begins(text, words))
			return true;
		(void)next_letter(&text);
	}
	return false;
}

bool find_older(const struct model_room *r, uint64_t before, struct slice words, uint64_t *line)
{
	uint64_t i = before < r->lines.end ? before : r->lines.end;

	if (words.len == 0)
		return false;
	while (i > r->lines.first) {
		const struct model_line *l = scrollback_at(&r->lines, --i);
		if (!holds(slice_of(l->bytes, l->who_len), words) &&
		    !holds(slice_of(l->bytes + l->who_len, l->text_len), words))
			continue;
		*line = i;
		return true;
	}
	return false;
}
