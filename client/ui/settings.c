/* The table of settings; the contract is in settings.h. */
#include "ui/settings.h"

#include "proto/text.h"

#include <stdio.h>
#include <string.h>

/* Their order is that of the enums in the header. */
static const char *const times_words[] = {"HH:MM", "HH:MM:SS", "off", NULL};
static const char *const when_words[] = {"auto", "on", "off", NULL};
static const char *const colours_words[] = {"auto", "16", "256", "true", "none", NULL};
static const char *const notify_words[] = {"all", "mentions", "none", NULL};
static const char *const language_words[] = {"auto", "en", "zh_CN", NULL};
static const char *const bool_words[] = {"off", "on", NULL};

#define BOOL(name_, field, initial_, help_)                                                        \
	{                                                                                          \
		.name = name_, .type = SETTING_BOOL, .offset = offsetof(struct settings, field),   \
		.initial = initial_, .choices = bool_words, .help = help_                          \
	}
#define NUMBER(name_, field, initial_, low_, high_, help_)                                         \
	{                                                                                          \
		.name = name_, .type = SETTING_NUMBER, .offset = offsetof(struct settings, field), \
		.initial = initial_, .low = low_, .high = high_, .help = help_                     \
	}
#define CHOICE(name_, field, initial_, words, help_)                                               \
	{                                                                                          \
		.name = name_, .type = SETTING_CHOICE, .offset = offsetof(struct settings, field), \
		.initial = initial_, .choices = words, .help = help_                               \
	}
#define TEXT(name_, field, help_)                                                                  \
	{                                                                                          \
		.name = name_, .type = SETTING_TEXT, .offset = offsetof(struct settings, field),   \
		.help = help_                                                                      \
	}

static const struct setting rows[] = {
	NUMBER("scrollback", scrollback, 10000, 100, 1000000,
	       "lines that are kept to scroll back, of all rooms together"),
	CHOICE("times", times, SETTINGS_TIMES_MINUTES, times_words,
	       "the time at the left of each line"),
	BOOL("day-lines", day_lines, 1, "a line where another day begins"),
	CHOICE("members", members, SETTINGS_AUTO, when_words,
	       "the list of members at the right; auto: where there is room"),
	NUMBER("members-width", members_width, 16, 8, 40, "columns of that list"),
	CHOICE("colours", colours, SETTINGS_COLOURS_AUTO, colours_words,
	       "how many colours the terminal has; NO_COLOR in the environment wins"),
	NUMBER("ambiguous-width", ambiguous_width, 1, 1, 2,
	       "columns of the characters that East Asian fonts draw wide: ±, §, Greek"),
	BOOL("fold-joins", fold_joins, 1, "one line for several that come and go"),
	CHOICE("notify", notify, SETTINGS_NOTIFY_MENTIONS, notify_words,
	       "what calls you; /mute-notify says it for one room"),
	BOOL("bell", bell, 1, "the terminal's bell is one way to call you"),
	BOOL("title", title, 1, "the window's title is another, with the count of what is unread"),
	BOOL("desktop-notify", desktop_notify, 1,
	     "a notification of the terminal's (OSC 9, 777) is another"),
	TEXT("hook", hook, "a program is another: it gets what happened as JSON on its input"),
	BOOL("mouse", mouse, 0, "the wheel scrolls here; the terminal marks text with Shift then"),
	NUMBER("paste-lines", paste_lines, 5, 1, 1000,
	       "a paste of more lines asks before it is sent"),
	TEXT("highlight-words", highlight_words, "words beside your name that call you: a b c"),
	TEXT("downloads", downloads, "the directory for files that you get; empty: ~/Downloads"),
	TEXT("nick", nick, "the name to come in with the next time; empty: your login name"),
	CHOICE("language", language, SETTINGS_LANGUAGE_AUTO, language_words,
	       "what the client speaks; auto: as the locale says"),
	BOOL("reader", reader, 0, "for a screen reader: one column, words for colours"),
};

static int *number_of(struct settings *s, const struct setting *row)
{
	return (int *)(void *)((char *)s + row->offset);
}

static int number_in(const struct settings *s, const struct setting *row)
{
	return *(const int *)(const void *)((const char *)s + row->offset);
}

static const char *text_in(const struct settings *s, const struct setting *row)
{
	return (const char *)s + row->offset;
}

static void reset(struct settings *s, const struct setting *row)
{
	if (row->type == SETTING_TEXT)
		*((char *)s + row->offset) = '\0';
	else
		*number_of(s, row) = row->initial;
}

void settings_init(struct settings *s)
{
	*s = (struct settings){.scrollback = 0};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		reset(s, &rows[i]);
}

static bool same_word(const char *word, struct slice s)
{
	if (strlen(word) != s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t a = (uint8_t)word[i], b = s.data[i];
		bool letter = (a | 0x20) >= 'a' && (a | 0x20) <= 'z';
		if (letter ? (a | 0x20) != (b | 0x20) : a != b)
			return false;
	}
	return true;
}

const struct setting *settings_row(size_t i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}

const struct setting *settings_find(struct slice name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (same_word(rows[i].name, name))
			return &rows[i];
	return NULL;
}

const char *settings_word(const struct setting *row, size_t i)
{
	for (size_t n = 0; row->choices && row->choices[n]; n++)
		if (n == i)
			return row->choices[i];
	return NULL;
}

/* ---- setting ------------------------------------------------------------------------------- */

static bool take_number(const struct setting *row, struct slice value, int *out)
{
	int n = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] < '0' || value.data[i] > '9' || n > row->high)
			return false;
		n = n * 10 + (value.data[i] - '0');
	}
	*out = n;
	return value.len > 0 && n >= row->low && n <= row->high;
}

static bool take_choice(const struct setting *row, struct slice value, int *out)
{
	for (int i = 0; row->choices[i]; i++) {
		if (same_word(row->choices[i], value)) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool take_bool(const struct setting *row, struct slice value, int *out)
{
	bool yes = same_word("yes", value) || same_word("true", value) || same_word("1", value);
	bool no = same_word("no", value) || same_word("false", value) || same_word("0", value);

	*out = yes;
	return yes || no || take_choice(row, value, out);
}

/* One line of text, without controls: it stands in a file, and on the screen. */
static bool fits_a_line(struct slice value)
{
	if (value.len > SETTINGS_TEXT_MAX || !text_valid((const char *)value.data, value.len))
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] < ' ' || value.data[i] == 0x7f)
			return false;
	return true;
}

static enum err put_text(char *text, struct slice value)
{
	if (!fits_a_line(value))
		return ERR_MALFORMED;
	if (value.len == 1 && value.data[0] == '-')
		value.len = 0;
	if (value.len > 0)
		memcpy(text, value.data, value.len);
	text[value.len] = '\0';
	return ERR_NONE;
}

enum err settings_put(struct settings *s, const struct setting *row, struct slice value)
{
	bool fine = false;
	int n = 0;

	if (same_word("default", value)) {
		reset(s, row);
		return ERR_NONE;
	}
	switch (row->type) {
	case SETTING_BOOL:
		fine = take_bool(row, value, &n);
		break;
	case SETTING_NUMBER:
		fine = take_number(row, value, &n);
		break;
	case SETTING_CHOICE:
		fine = take_choice(row, value, &n);
		break;
	case SETTING_TEXT:
		return put_text((char *)s + row->offset, value);
	}
	if (!fine)
		return ERR_MALFORMED;
	*number_of(s, row) = n;
	return ERR_NONE;
}

bool settings_is_initial(const struct settings *s, const struct setting *row)
{
	if (row->type == SETTING_TEXT)
		return text_in(s, row)[0] == '\0';
	return number_in(s, row) == row->initial;
}

/* ---- in words ------------------------------------------------------------------------------- */

static const char *say(const struct setting *row, int n, char out[SETTINGS_WORDS_SIZE])
{
	if (row->choices)
		snprintf(out, SETTINGS_WORDS_SIZE, "%s", row->choices[n]);
	else
		snprintf(out, SETTINGS_WORDS_SIZE, "%d", n);
	return out;
}

const char *settings_value(const struct settings *s, const struct setting *row,
			   char out[SETTINGS_WORDS_SIZE])
{
	const char *text = text_in(s, row);

	if (row->type != SETTING_TEXT)
		return say(row, number_in(s, row), out);
	snprintf(out, SETTINGS_WORDS_SIZE, "%s", *text ? text : "-");
	return out;
}

const char *settings_initial(const struct setting *row, char out[SETTINGS_WORDS_SIZE])
{
	if (row->type != SETTING_TEXT)
		return say(row, row->initial, out);
	snprintf(out, SETTINGS_WORDS_SIZE, "-");
	return out;
}

/* "auto, on or off" */
static void list(const char *const *words, char out[SETTINGS_WORDS_SIZE])
{
	size_t at = 0;

	for (size_t i = 0; words[i]; i++)
		at += (size_t)snprintf(out + at, SETTINGS_WORDS_SIZE - at, "%s%s",
				       i == 0	      ? ""
				       : words[i + 1] ? ", "
						      : " or ",
				       words[i]);
}

const char *settings_range(const struct setting *row, char out[SETTINGS_WORDS_SIZE])
{
	switch (row->type) {
	case SETTING_BOOL:
		snprintf(out, SETTINGS_WORDS_SIZE, "on or off");
		break;
	case SETTING_NUMBER:
		snprintf(out, SETTINGS_WORDS_SIZE,
			 row->high - row->low == 1 ? "%d or %d" : "%d to %d", row->low, row->high);
		break;
	case SETTING_CHOICE:
		list(row->choices, out);
		break;
	case SETTING_TEXT:
		snprintf(out, SETTINGS_WORDS_SIZE, "a text of at most %d bytes, or - for none",
			 SETTINGS_TEXT_MAX);
		break;
	}
	return out;
}
