/*
 * What is pasted goes into the line, with its newlines; when it has many, the person is asked what to do.
 *
 * While they are, a keymap of its own takes the keys: nothing but an answer does anything, and another
 * paste is no answer.
 */
#include "sender_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

#define PASTE_BEGINS "\033[200~"

static struct {
	bool asks;
	int start; /* of what was pasted, up to the cursor */
	Keymap answers, before;
} self;

static size_t count_lines(const char *s, size_t n)
{
	size_t lines = 1;

	for (size_t i = 0; i < n; i++)
		lines += s[i] == '\n';
	return lines;
}

bool sender_paste_asks(char out[MESSAGE_MAX_LABEL])
{
	size_t lines = count_lines(rl_line_buffer, (size_t)rl_end);

	if (self.asks)
		snprintf(out, MESSAGE_MAX_LABEL,
			 "%zu lines: (y) say as one, (l)ine by line, (e)dit, (n)o? ", lines);
	return self.asks;
}

/* ---- one by one ------------------------------------------------------------------------------- */

/* What was pasted is said as it is: it has no commands. */
static void say_line(const char *s, size_t n, bool typed)
{
	char line[TEXT_MAX_BYTES + 1];
	size_t slash = n > 0 && s[0] == '/' && !typed;
	enum lines_verdict verdict =
		slash + n > TEXT_MAX_BYTES ? LINES_TOO_LONG : lines_judge(s, n);

	if (verdict == LINES_BLANK)
		return;
	if (verdict != LINES_FINE) {
		sender_refuse("a line of it", verdict);
		return;
	}
	line[0] = '/';
	memcpy(line + slash, s, n);
	sender_send(line, slash + n);
}

static void say_lines(const char *all, bool first_typed)
{
	bool typed = first_typed;

	for (;;) {
		size_t n = strcspn(all, "\n");
		say_line(all, n, typed);
		if (!all[n])
			return;
		all += n + 1;
		typed = false;
	}
}

static void say_each(void)
{
	char *all = strdup(rl_line_buffer);

	if (!all || !sender_may_send(count_lines(all, strlen(all)))) {
		sender_line_refuse_for_now();
	} else {
		sender_line_remember(all);
		sender_line_empty();
		say_lines(all, self.start > 0);
	}
	free(all);
}

/* ---- asking ------------------------------------------------------------------------------------ */

static void stop_asking(void)
{
	self.asks = false;
	rl_set_keymap(self.before);
}

static void drop(void)
{
	(void)rl_delete_text(self.start, rl_point);
	rl_point = self.start;
}

static int on_answer(int count, int key)
{
	(void)count;
	if (!strchr("yYlLeEnN\003", key) || key == 0)
		return 0;
	stop_asking();
	if (key == 'y' || key == 'Y')
		sender_line_enter();
	else if (key == 'l' || key == 'L')
		say_each();
	else if (key != 'e' && key != 'E')
		drop();
	return 0;
}

static int on_paste(int count, int key)
{
	(void)count;
	(void)key;
	sender_paste();
	return 0;
}

static Keymap answers(void)
{
	if (self.answers)
		return self.answers;
	self.answers = rl_make_bare_keymap();
	for (int key = 0; key < KEYMAP_SIZE - 1; key++)
		(void)rl_bind_key_in_map(key, on_answer, self.answers);
	(void)rl_bind_keyseq_in_map(PASTE_BEGINS, on_paste, self.answers);
	return self.answers;
}

static void ask(void)
{
	if (!self.asks)
		self.before = rl_get_keymap();
	self.asks = true;
	rl_set_keymap(answers());
}

/* The newlines at the end were the last line's. */
static void trim(int start)
{
	int end = rl_point;

	while (end > start && rl_line_buffer[end - 1] == '\n')
		end--;
	(void)rl_delete_text(end, rl_point);
	rl_point = end;
}

void sender_paste(void)
{
	int start = rl_point;
	size_t most = (size_t)sender_preferences()->settings.paste_lines;

	(void)rl_bracketed_paste_begin(1, 0);
	trim(start);
	if (!self.asks)
		self.start = start;
	if (count_lines(rl_line_buffer + self.start, (size_t)(rl_point - self.start)) > most)
		ask();
}
