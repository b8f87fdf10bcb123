/*
 * A journal, as it may lie on a disk: whatever its lines are, what they come to can be told, and is the
 * same when that is read again.
 */
#include "fuzz.h"

#include "core/journal.h"

struct told {
	struct journal again;
	uint8_t line[JOURNAL_ENTRY_MAX];
};

static bool tell(void *ctx, const struct journal_entry *e)
{
	struct told *t = ctx;
	struct buf b = buf_of(t->line, sizeof(t->line));
	struct journal_entry back;

	journal_put(&b, e);
	CHECK(!b.failed && b.len > 0 && t->line[b.len - 1] == '\n');
	CHECK(!memchr(t->line, '\n', b.len - 1));
	CHECK(journal_get((char *)t->line, b.len - 1, &back) == ERR_NONE);
	CHECK(back.kind == e->kind && back.number == e->number && back.target == e->target);
	/* whose instance is not known has none to be told */
	CHECK(journal_take(&t->again, &back) == ERR_NONE || back.kind == JOURNAL_CLIENT);
	return true;
}

static void check_same(const struct journal *a, const struct journal *b)
{
	const struct journal_line *other = b->lines;

	CHECK(a->instance == b->instance && a->mids == b->mids && a->epoch == b->epoch);
	CHECK(a->answered == b->answered && a->left == b->left && a->bytes == b->bytes);
	CHECK(strcmp(a->server, b->server) == 0 && strcmp(a->nick, b->nick) == 0);
	CHECK(a->line_count == b->line_count && a->draft_count == b->draft_count);
	for (const struct journal_line *line = a->lines; line; line = line->next) {
		CHECK(line->mid == other->mid && line->failed == other->failed);
		CHECK(strcmp(line->room, other->room) == 0 && line->len == other->len);
		CHECK(memcmp(line->text, other->text, line->len) == 0);
		other = other->next;
	}
}

/* A sum of zeros is made right, or hardly any input would come further. */
static void make_right(char *line, size_t n)
{
	uint32_t h = 2166136261U;
	char digits[9];

	if (n < 8 || memcmp(line, "00000000", 8) != 0)
		return;
	for (size_t i = 8; i < n; i++)
		h = (h ^ (uint8_t)line[i]) * 16777619U;
	snprintf(digits, sizeof(digits), "%08x", (unsigned)h);
	memcpy(line, digits, 8);
}

static void take(struct journal *j, const uint8_t *bytes, size_t n)
{
	char *line = malloc(n > 0 ? n : 1);
	struct journal_entry e;

	CHECK(line);
	if (n > 0)
		memcpy(line, bytes, n);
	make_right(line, n);
	if (journal_get(line, n, &e) == ERR_NONE) {
		enum err err = journal_take(j, &e);
		CHECK(err == ERR_NONE || err == ERR_MALFORMED || err == ERR_FULL);
	}
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct told told;
	struct journal j = {.instance = 0};

	while (n > 0) {
		const uint8_t *end = memchr(bytes, '\n', n);
		size_t len = end ? (size_t)(end - bytes) : n;
		take(&j, bytes, len);
		len += end ? 1 : 0;
		bytes += len;
		n -= len;
	}
	CHECK(journal_tell(&j, tell, &told));
	check_same(&j, &told.again);
	journal_wipe(&told.again);
	journal_wipe(&j);
	return 0;
}
