/* Bytes for the terminal; the contract is in escapes.h. */
#include "ui/escapes.h"

#include "proto/text.h"

#include <string.h>

#define OSC  "\033]"
#define ST   "\033\\"
#define PAST "\033Ptmux;" /* … then with each ESC doubled, and ST */

static bool begins(const char *s, const char *with)
{
	return s && strncmp(s, with, strlen(with)) == 0;
}

static bool is_set(const char *s)
{
	return s && *s;
}

struct escapes escapes_for(const struct escapes_env *env)
{
	bool titled = begins(env->term, "rxvt") || is_set(env->vte) ||
		      begins(env->term_program, "mintty");

	return (struct escapes){
		.strings = is_set(env->term) && !begins(env->term, "linux") &&
			   !begins(env->term, "vt"),
		.tmux = is_set(env->tmux),
		.notification = titled ? ESCAPES_OSC_777 : ESCAPES_OSC_9,
	};
}

static void put(struct buf *b, const char *s)
{
	buf_put_bytes(b, s, strlen(s));
}

/* A semicolon separates, where there are several texts. */
static void put_text(struct buf *b, const char *s, size_t cap, bool semicolons)
{
	char safe[ESCAPES_TEXT_SIZE];
	size_t n = text_safe(safe, cap < sizeof(safe) ? cap : sizeof(safe), s, strlen(s), false);

	for (size_t i = 0; i < n; i++)
		if (!semicolons && safe[i] == ';')
			safe[i] = ',';
	buf_put_bytes(b, safe, n);
}

void escapes_title(struct buf *out, const struct escapes *e, const char *title)
{
	if (!e->strings)
		return;
	put(out, OSC "2;");
	put_text(out, title, ESCAPES_TEXT_SIZE, true);
	put(out, ST);
}

static void put_notification(struct buf *b, enum escapes_notification how, const char *title,
			     const char *body)
{
	put(b, how == ESCAPES_OSC_777 ? OSC "777;notify;" : OSC "9;");
	put_text(b, title, ESCAPES_TEXT_SIZE / 2, false);
	put(b, how == ESCAPES_OSC_777 ? ";" : ": ");
	put_text(b, body, ESCAPES_TEXT_SIZE, true);
	put(b, ST);
}

void escapes_notify(struct buf *out, const struct escapes *e, const char *title, const char *body)
{
	uint8_t bytes[ESCAPES_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));

	if (!e->strings)
		return;
	put_notification(&b, e->notification, title, body);
	put(out, e->tmux ? PAST : "");
	for (size_t i = 0; i < b.len; i++) {
		if (e->tmux && bytes[i] == '\033')
			buf_put_u8(out, bytes[i]);
		buf_put_u8(out, bytes[i]);
	}
	put(out, e->tmux ? ST : "");
}
