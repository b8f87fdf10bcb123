/*
 * What a person can set: one table of names, values, defaults and words about each.
 *
 * The table drives reading, writing, /set, its completion and the comments in the file.  The values are a
 * struct, so that who heeds one names a field.  Which file they are kept in is client/settings_file's.
 */
#ifndef UI_SETTINGS_H
#define UI_SETTINGS_H

#include "proto/buf.h"
#include "proto/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	SETTINGS_NAME_MAX = 32,
	SETTINGS_TEXT_MAX = 512,		      /* bytes of a value */
	SETTINGS_WORDS_SIZE = SETTINGS_TEXT_MAX + 64, /* a value, or what it may be, with a NUL */
};

/* Values of choices, in the order of their words. */
enum settings_times { SETTINGS_TIMES_MINUTES, SETTINGS_TIMES_SECONDS, SETTINGS_TIMES_OFF };
enum settings_when { SETTINGS_AUTO, SETTINGS_ON, SETTINGS_OFF };
enum settings_colours {
	SETTINGS_COLOURS_AUTO,
	SETTINGS_COLOURS_16,
	SETTINGS_COLOURS_256,
	SETTINGS_COLOURS_TRUE,
	SETTINGS_COLOURS_NONE,
};
enum settings_notify { SETTINGS_NOTIFY_ALL, SETTINGS_NOTIFY_MENTIONS, SETTINGS_NOTIFY_NONE };
enum settings_language { SETTINGS_LANGUAGE_AUTO, SETTINGS_LANGUAGE_EN, SETTINGS_LANGUAGE_ZH_CN };

/* Zero-initialised is not the defaults: settings_init(). */
struct settings {
	int scrollback; /* lines kept, of all rooms */
	int times;	/* enum settings_times */
	int day_lines;	/* this and the like: 0 or 1 */
	int members;	/* enum settings_when */
	int members_width;
	int colours; /* enum settings_colours */
	int ambiguous_width;
	int fold_joins;
	int notify; /* enum settings_notify: where a room has none of its own */
	int bell, title, desktop_notify;
	int mouse;
	int paste_lines;
	int language; /* enum settings_language */
	int reader;
	char nick[SETTINGS_TEXT_MAX + 1];
	char hook[SETTINGS_TEXT_MAX + 1];
	char highlight_words[SETTINGS_TEXT_MAX + 1];
	char downloads[SETTINGS_TEXT_MAX + 1];
};

enum setting_type {
	SETTING_BOOL,
	SETTING_NUMBER,
	SETTING_CHOICE,
	SETTING_TEXT, /* empty by default */
};

struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;		    /* of its field */
	int initial;		    /* its default; TEXT: none */
	int low, high;		    /* NUMBER */
	const char *const *choices; /* CHOICE: words, NULL ends */
	const char *help;
};

void settings_init(struct settings *s);

const struct setting *settings_row(size_t i);		/* NULL: there are no more */
const struct setting *settings_find(struct slice name); /* NULL: there is none of that name */

/*
 * "default" is any setting's default, and "-" an empty text.  ERR_MALFORMED: it cannot have that
 * value, and s is as it was.
 */
NODISCARD enum err settings_put(struct settings *s, const struct setting *row, struct slice value);
bool settings_is_initial(const struct settings *s, const struct setting *row);

/* What settings_put() takes for the value that it has: "off", "10000", "HH:MM"; returns out. */
const char *settings_value(const struct settings *s, const struct setting *row,
			   char out[SETTINGS_WORDS_SIZE]);
const char *settings_initial(const struct setting *row, char out[SETTINGS_WORDS_SIZE]);
/* What it may be: "on or off", "100 to 1000000", "auto, on or off", "a text, or -"; returns out. */
const char *settings_range(const struct setting *row, char out[SETTINGS_WORDS_SIZE]);
/* The i-th word that it may be, for completion; NULL: there are no (more) words. */
const char *settings_word(const struct setting *row, size_t i);

#endif
