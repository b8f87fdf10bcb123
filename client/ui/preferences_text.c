/*
 * The text of the file of preferences; the contract is in preferences_text.h.
 *
 * A setting or an alias is `name = value`.  Names of rooms and members can be anything ("#dev" would be a
 * comment), so theirs are at the other side: `none = #dev`.
 */
#include "ui/preferences_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADDED_MAX = 2048 }; /* bytes that a change adds at most */

static const struct section {
	const char *name;
	bool turned; /* `value = name` */
	const char *help;
} sections[] = {
	[PREFERENCE_SETTING] = {"client", false, ""},
	[PREFERENCE_ALIAS] = {"aliases", false,
			      "# Commands of your own: w = /msg $1 $*  (/alias changes them)\n"},
	[PREFERENCE_IGNORED] = {"ignore", true, "# all = NICK  (/ignore changes them)\n"},
	[PREFERENCE_ROOM] = {"rooms", true,
			     "# What calls you there: all, mentions or none = #ROOM  "
			     "(/mute-notify changes them)\n"},
};
enum { SECTIONS = sizeof(sections) / sizeof(sections[0]) };

/* Text that grows, in a place that is large enough. */
struct out {
	char *text;
	size_t len, cap;
};

static void add(struct out *o, const char *s, size_t n)
{
	if (n > o->cap - o->len)
		return; /* it does not happen: ADDED_MAX is more than is ever added */
	memcpy(o->text + o->len, s, n);
	o->len += n;
	o->text[o->len] = '\0';
}

static void add_string(struct out *o, const char *s)
{
	add(o, s, strlen(s));
}

static bool new_out(struct out *o, size_t cap)
{
	*o = (struct out){.text = malloc(cap + 1), .cap = cap};
	if (o->text)
		*o->text = '\0';
	return o->text;
}

/* ---- lines ----------------------------------------------------------------------------------- */

struct line {
	bool header;
	struct slice section;	 /* of a header: its name */
	struct slice key, value; /* of an item */
	bool off;		 /* … that is commented out */
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct slice trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.data[0]))
		(void)slice_u8(&s);
	while (s.len > 0 && is_blank(s.data[s.len - 1]))
		s.len--;
	return s;
}

static size_t find_of(struct slice s, const char *set)
{
	size_t i = 0;

	while (i < s.len && !strchr(set, s.data[i]))
		i++;
	return i;
}

static struct line read_line(struct slice text)
{
	struct slice s = trim(text);
	struct line line = {.off = s.len > 0 && (s.data[0] == '#' || s.data[0] == ';')};
	size_t end;

	if (line.off)
		(void)slice_u8(&s);
	if (!line.off && s.len > 0 && s.data[0] == '[') {
		(void)slice_u8(&s);
		end = find_of(s, "]");
		line.header = end < s.len; /* else it is nothing */
		line.section = slice_of(s.data, end);
		return line;
	}
	end = find_of(s, "=:");
	if (end == s.len)
		return line;
	line.key = trim(slice_of(s.data, end));
	line.value = trim(slice_of(s.data + end + 1, s.len - end - 1));
	return line;
}

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* What is said of that name, or would be. */
static bool is_about(const struct line *line, const struct preference *one)
{
	const struct section *s = &sections[one->kind];

	if (line->off && one->kind != PREFERENCE_SETTING)
		return false;
	return line->key.len > 0 && same(s->turned ? line->value : line->key, one->name);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void put_item(struct out *o, const struct preference *one)
{
	const struct section *s = &sections[one->kind];
	struct slice left = s->turned ? one->value : one->name;
	struct slice right = s->turned ? one->name : one->value;

	add(o, (const char *)left.data, left.len);
	add_string(o, " = ");
	add(o, (const char *)right.data, right.len);
	add_string(o, "\n");
}

static struct slice words(const char *s)
{
	return slice_of(s, strlen(s));
}

static void put_default(struct out *o, const struct setting *row)
{
	char out[SETTINGS_WORDS_SIZE];
	const char *initial = settings_initial(row, out);

	add_string(o, "#");
	put_item(o, &(struct preference){.kind = PREFERENCE_SETTING,
					 .name = words(row->name),
					 .value = words(initial)});
}

static void put_help(struct out *o, const struct setting *row)
{
	char range[SETTINGS_WORDS_SIZE];

	add_string(o, "\n# ");
	add_string(o, row->help);
	add_string(o, "\n# (");
	add_string(o, settings_range(row, range));
	add_string(o, ")\n");
}

/* One that is as it is at first stands there as a comment. */
static void put_line(struct out *o, const struct preference *one)
{
	const struct setting *row =
		one->kind == PREFERENCE_SETTING ? settings_find(one->name) : NULL;

	if (one->value.len > 0)
		put_item(o, one);
	else if (row)
		put_default(o, row);
}

static void put_section(struct out *o, const struct section *s)
{
	add_string(o, "\n[");
	add_string(o, s->name);
	add_string(o, "]\n");
	add_string(o, s->help);
}

char *preferences_text_new(void)
{
	const struct setting *row;
	struct out o;
	size_t count = 0;

	while (settings_row(count))
		count++;
	if (!new_out(&o, (count + SECTIONS) * ADDED_MAX))
		return NULL;
	add_string(&o, "# What chat-client is to be like.  /set, /alias, /ignore and /mute-notify "
		       "change this\n# file, and leave what else you write in it alone.\n");
	for (size_t i = PREFERENCE_SETTING; i < SECTIONS; i++) {
		put_section(&o, &sections[i]);
		for (size_t k = 0; i == PREFERENCE_SETTING && (row = settings_row(k)) != NULL;
		     k++) {
			put_help(&o, row);
			put_default(&o, row);
		}
	}
	return o.text;
}

/* ---- changing --------------------------------------------------------------------------------- */

struct change {
	const struct preference *one;
	struct out out;
	bool here;    /* the lines are of its section */
	bool done;    /* it is in the text */
	bool section; /* there was one of that name */
	size_t end;   /* of what the section has, in the output */
};

static struct slice take_line(struct slice *text)
{
	const uint8_t *end = memchr(text->data, '\n', text->len);

	return slice_bytes(text, end ? (size_t)(end - text->data) + 1 : text->len);
}

static void keep(struct change *c, struct slice raw, bool blank)
{
	add(&c->out, (const char *)raw.data, raw.len);
	if (raw.data[raw.len - 1] != '\n')
		add_string(&c->out, "\n");
	if (c->here && !blank)
		c->end = c->out.len;
}

static void take(struct change *c, struct slice raw)
{
	struct slice bare = slice_of(raw.data, raw.len - (raw.data[raw.len - 1] == '\n'));
	struct line line = read_line(bare);
	const char *name = sections[c->one->kind].name;

	if (line.header) {
		c->here = same(line.section, words(name));
		c->section |= c->here;
	} else if (c->here && is_about(&line, c->one)) {
		if (!c->done)
			put_line(&c->out, c->one);
		c->done = true;
		c->end = c->out.len;
		return;
	}
	keep(c, raw, trim(bare).len == 0);
}

/* A setting that an older version of the program did not know comes with its help. */
static void put_new(struct out *o, const struct preference *one)
{
	if (one->kind == PREFERENCE_SETTING)
		put_help(o, settings_find(one->name));
	put_line(o, one);
}

/* Behind all that its section has; or in a new one. */
static bool insert(struct change *c)
{
	struct out added;

	if (!new_out(&added, ADDED_MAX))
		return false;
	if (!c->section) {
		put_section(&added, &sections[c->one->kind]);
		c->end = c->out.len;
	}
	put_new(&added, c->one);
	if (added.len <= c->out.cap - c->out.len) {
		char *at = c->out.text + c->end;
		memmove(at + added.len, at, c->out.len - c->end + 1);
		memcpy(at, added.text, added.len);
		c->out.len += added.len;
	}
	free(added.text);
	return true;
}

char *preferences_text_with(const char *text, const struct preference *one)
{
	struct slice rest = slice_of(text, strlen(text));
	struct change c = {.one = one};

	if (!new_out(&c.out, rest.len + 2 * ADDED_MAX))
		return NULL;
	while (rest.len > 0)
		take(&c, take_line(&rest));
	if (c.done || one->value.len == 0 || insert(&c))
		return c.out.text;
	free(c.out.text);
	return NULL;
}

/* ---- reading ---------------------------------------------------------------------------------- */

bool preferences_text_read(const char *section, const char *key, const char *value,
			   struct preference *out)
{
	for (size_t i = PREFERENCE_SETTING; i < SECTIONS; i++) {
		bool turned = sections[i].turned;
		if (strcmp(sections[i].name, section) != 0)
			continue;
		*out = (struct preference){.kind = (enum preference_kind)i,
					   .name = words(turned ? value : key),
					   .value = words(turned ? key : value)};
		return true;
	}
	return false;
}
