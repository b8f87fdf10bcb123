/*
 * Whether something that happens is to call the person, and by which ways; and what is said then.
 *
 * What they see for themselves does not: the room that is shown, while they look.  Whether they do, the
 * terminal tells; of one that never has, a key that was pressed a short while ago does.  History, one's
 * own lines and those of whom one ignores never call, and a burst calls once a second.
 *
 * Pure; escapes.h has the bytes for the terminal, and client/hook.h the program.
 */
#ifndef UI_NOTICE_H
#define UI_NOTICE_H

#include "proto/event.h"
#include "ui/mention.h"
#include "ui/preferences.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum notice_way { NOTICE_BELL = 1, NOTICE_DESKTOP = 2, NOTICE_HOOK = 4 };

enum {
	NOTICE_PACE_US = 1000 * 1000,	      /* between two calls */
	NOTICE_AT_HAND_US = 30 * 1000 * 1000, /* after a key, where nothing else tells */
	NOTICE_LABEL_SIZE = 128,
	NOTICE_BODY_SIZE = 256,
	NOTICE_TITLE_SIZE = 192,
};

enum notice_focus { NOTICE_UNTOLD, NOTICE_LOOKS, NOTICE_AWAY };

/* Zero-initialise. */
struct notice {
	enum notice_focus focus;
	uint64_t pressed; /* when a key was last; 0: never */
	uint64_t called;  /* when the person was last; 0: never */
};

struct notice_news {
	bool past;  /* it came as history */
	bool words; /* somebody else, whom the person does not ignore, says something */
	bool calls; /* … and means them: by name, or in a room of two */
	bool shown; /* where it was said is on the screen */
};

void notice_focus(struct notice *n, bool looks); /* the terminal tells */
/* A key.  Who types is there, whatever the terminal said last; the wheel turns in windows without
 * focus, too.  True: that is news. */
bool notice_pressed(struct notice *n, uint64_t now, bool typed);

/* By which ways the person wants to be called: a set of enum notice_way. */
unsigned notice_ways(const struct settings *s);
/* Whether they are to be, now (> 0). */
bool notice_take(struct notice *n, uint64_t now, enum settings_notify level,
		 const struct notice_news *news);

/* Who the person is, and what means them: for where there is no model. */
struct notice_person {
	struct slice nick;
	const struct mention *mention;
	const struct preferences *preferences;
};
struct notice_news notice_read(const struct notice_person *who, struct slice room,
			       const struct event *e);

/* One line each, safe to show. */
struct notice_words {
	char title[NOTICE_LABEL_SIZE]; /* "bob in #dev" */
	char body[NOTICE_BODY_SIZE];   /* as much of what they say as there is place for */
};
void notice_words(struct notice_words *out, struct slice room, const struct event *e);

/* "(4 !1) #dev - chat", of a name that is safe to show; returns out. */
const char *notice_title(uint64_t unread, uint64_t mentions, const char *room,
			 char out[NOTICE_TITLE_SIZE]);

#endif
