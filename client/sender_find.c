/*
 * Looking for words in what is shown: a line of its own in place of the one that is being typed, which
 * comes back.  Each key that changes the words is told; the receiver finds and shows.
 *
 * The keys are readline's usual ones, but for those that end a line, and for Escape by itself: where
 * nothing follows it at once, no sequence has begun.
 */
#include "sender_state.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

enum { CTRL_C = 3, CTRL_F = 6, CTRL_G = 7, ESCAPE = 27, ESCAPE_ALONE_MS = 50 };

static struct {
	bool on;
	Keymap keys, before;
	char *line; /* what was being typed */
	int cursor;
	char *told; /* words that are looked for */
} self;

static void tell(enum find_what what)
{
	sender_tell(&(struct message){
		.type = MESSAGE_FIND,
		.find = {.what = what,
			 .words = slice_of(rl_line_buffer, text_clip(rl_line_buffer, (size_t)rl_end,
								     MESSAGE_MAX_LABEL))}});
}

bool sender_find_on(void)
{
	return self.on;
}

void sender_find_tell(void)
{
	if (!self.on || (self.told && strcmp(self.told, rl_line_buffer) == 0))
		return;
	free(self.told);
	self.told = strdup(rl_line_buffer);
	tell(FIND_NEWEST);
}

/* ---- keys -------------------------------------------------------------------------------------- */

static int on_older(int count, int key)
{
	(void)count;
	(void)key;
	tell(FIND_OLDER);
	return 0;
}

static int on_end(int count, int key)
{
	(void)count;
	(void)key;
	tell(FIND_END);
	self.on = false;
	rl_set_keymap(self.before);
	rl_replace_line(self.line ? self.line : "", 1);
	rl_point = self.cursor < rl_end ? self.cursor : rl_end;
	free(self.line);
	free(self.told);
	self.line = self.told = NULL;
	return 0;
}

static int on_nothing(int count, int key)
{
	(void)count;
	(void)key;
	return 0;
}

static Keymap keys(void)
{
	if (self.keys)
		return self.keys;
	self.keys = rl_copy_keymap(emacs_standard_keymap);
	(void)rl_bind_key_in_map('\r', on_older, self.keys);
	(void)rl_bind_key_in_map('\n', on_older, self.keys);
	(void)rl_bind_key_in_map(CTRL_F, on_older, self.keys);
	(void)rl_bind_key_in_map(CTRL_G, on_end, self.keys);
	(void)rl_bind_key_in_map(CTRL_C, on_end, self.keys);
	(void)rl_bind_key_in_map('\t', on_nothing, self.keys);
	return self.keys;
}

static bool comes_alone(void)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&p, 1, ESCAPE_ALONE_MS) == 0;
}

int sender_find_getc(FILE *in)
{
	int key = rl_getc(in);

	return self.on && key == ESCAPE && comes_alone() ? CTRL_G : key;
}

void sender_find(void)
{
	self.line = strdup(rl_line_buffer);
	if (!self.line)
		return;
	self.cursor = rl_point;
	self.before = rl_get_keymap();
	self.on = true;
	rl_replace_line("", 1);
	rl_set_keymap(keys());
}
