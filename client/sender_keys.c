/*
 * The keys of the table (ui/keys.h) as commands of readline.
 *
 * They are offered before readline reads ~/.inputrc, so that it can call them by their names and use their
 * keys for something else; what the system's inputrc says of them does not count.  Enter, Ctrl-C and what
 * completes are ours whatever it says.
 */
#include "sender_state.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <readline/readline.h>

enum { PATH_SIZE = 4096 };

/* ---- commands -------------------------------------------------------------------------------- */

#define COMMAND(name, view_key)                                                                    \
	static int name(int count, int key)                                                        \
	{                                                                                          \
		(void)count;                                                                       \
		(void)key;                                                                         \
		sender_line_key(view_key);                                                         \
		return 0;                                                                          \
	}

COMMAND(page_up, VIEW_KEY_PAGE_UP)
COMMAND(page_down, VIEW_KEY_PAGE_DOWN)
COMMAND(line_up, VIEW_KEY_LINE_UP)
COMMAND(line_down, VIEW_KEY_LINE_DOWN)
COMMAND(top, VIEW_KEY_TOP)
COMMAND(bottom, VIEW_KEY_BOTTOM)
COMMAND(redraw, VIEW_KEY_REDRAW)
COMMAND(room_before, VIEW_KEY_ROOM_BEFORE)
COMMAND(room_after, VIEW_KEY_ROOM_AFTER)
COMMAND(again, VIEW_KEY_AGAIN)
COMMAND(drop, VIEW_KEY_DROP)
COMMAND(active, VIEW_KEY_ACTIVE)
COMMAND(unread, VIEW_KEY_UNREAD)
COMMAND(room_1, VIEW_KEY_ROOM_1)
COMMAND(room_2, VIEW_KEY_ROOM_1 + 1)
COMMAND(room_3, VIEW_KEY_ROOM_1 + 2)
COMMAND(room_4, VIEW_KEY_ROOM_1 + 3)
COMMAND(room_5, VIEW_KEY_ROOM_1 + 4)
COMMAND(room_6, VIEW_KEY_ROOM_1 + 5)
COMMAND(room_7, VIEW_KEY_ROOM_1 + 6)
COMMAND(room_8, VIEW_KEY_ROOM_1 + 7)
COMMAND(room_9, VIEW_KEY_ROOM_1 + 8)
COMMAND(room_10, VIEW_KEY_ROOM_1 + 9)
COMMAND(focus_in, VIEW_KEY_FOCUS_IN)
COMMAND(focus_out, VIEW_KEY_FOCUS_OUT)
COMMAND(suspend, VIEW_KEY_SUSPEND)
COMMAND(bare, VIEW_KEY_BARE)
COMMAND(enter, KEY_ENTER)
COMMAND(interrupt, KEY_INTERRUPT)
COMMAND(complete, KEY_COMPLETE)
COMMAND(complete_back, KEY_COMPLETE_BACK)
COMMAND(help, KEY_HELP)
COMMAND(newline, KEY_NEWLINE)
COMMAND(paste, KEY_PASTE)
COMMAND(find, KEY_FIND)
COMMAND(mouse, KEY_MOUSE)
COMMAND(click, KEY_CLICK)

static rl_command_func_t *const commands[KEY_END] = {
	[VIEW_KEY_PAGE_UP] = page_up,
	[VIEW_KEY_PAGE_DOWN] = page_down,
	[VIEW_KEY_LINE_UP] = line_up,
	[VIEW_KEY_LINE_DOWN] = line_down,
	[VIEW_KEY_TOP] = top,
	[VIEW_KEY_BOTTOM] = bottom,
	[VIEW_KEY_REDRAW] = redraw,
	[VIEW_KEY_ROOM_BEFORE] = room_before,
	[VIEW_KEY_ROOM_AFTER] = room_after,
	[VIEW_KEY_AGAIN] = again,
	[VIEW_KEY_DROP] = drop,
	[VIEW_KEY_ACTIVE] = active,
	[VIEW_KEY_UNREAD] = unread,
	[VIEW_KEY_ROOM_1] = room_1,
	[VIEW_KEY_ROOM_1 + 1] = room_2,
	[VIEW_KEY_ROOM_1 + 2] = room_3,
	[VIEW_KEY_ROOM_1 + 3] = room_4,
	[VIEW_KEY_ROOM_1 + 4] = room_5,
	[VIEW_KEY_ROOM_1 + 5] = room_6,
	[VIEW_KEY_ROOM_1 + 6] = room_7,
	[VIEW_KEY_ROOM_1 + 7] = room_8,
	[VIEW_KEY_ROOM_1 + 8] = room_9,
	[VIEW_KEY_ROOM_10] = room_10,
	[VIEW_KEY_FOCUS_IN] = focus_in,
	[VIEW_KEY_FOCUS_OUT] = focus_out,
	[VIEW_KEY_SUSPEND] = suspend,
	[VIEW_KEY_BARE] = bare,
	[KEY_ENTER] = enter,
	[KEY_INTERRUPT] = interrupt,
	[KEY_COMPLETE] = complete,
	[KEY_COMPLETE_BACK] = complete_back,
	[KEY_HELP] = help,
	[KEY_NEWLINE] = newline,
	[KEY_PASTE] = paste,
	[KEY_FIND] = find,
	[KEY_MOUSE] = mouse,
	[KEY_CLICK] = click,
};

/* ---- binding ---------------------------------------------------------------------------------- */

static void bind_row(const struct key_row *row)
{
	Keymap maps[] = {emacs_standard_keymap, vi_insertion_keymap, vi_movement_keymap};
	size_t count = row->escape ? 1 : sizeof(maps) / sizeof(maps[0]);

	for (size_t map = 0; map < count; map++)
		for (size_t i = 0; i < KEYS_SEQUENCES && row->sequences[i]; i++)
			(void)rl_bind_keyseq_in_map(row->sequences[i], commands[row->key],
						    maps[map]);
}

static bool is_essential(enum view_key key)
{
	return key == KEY_ENTER || key == KEY_INTERRUPT || key == KEY_PASTE;
}

static void bind_rows(bool all)
{
	const struct key_row *row;

	for (size_t i = 0; (row = keys_row(i)) != NULL; i++)
		if (all || is_essential(row->key))
			bind_row(row);
}

void sender_keys_offer(void)
{
	const struct key_row *row;

	for (size_t i = 0; (row = keys_row(i)) != NULL; i++)
		(void)rl_add_defun(row->name, commands[row->key], -1);
	bind_rows(true);
}

/* Whether what readline has read was the person's own. */
static bool has_inputrc(void)
{
	const char *named = getenv("INPUTRC"), *home = getenv("HOME");
	char path[PATH_SIZE];

	if (named && *named)
		return true;
	return home && snprintf(path, sizeof(path), "%s/.inputrc", home) < PATH_SIZE &&
	       access(path, R_OK) == 0;
}

/* Every key that calls one command of readline's calls another of ours instead. */
static void replace(Keymap map, rl_command_func_t *theirs, rl_command_func_t *ours)
{
	for (size_t i = 0; i < KEYMAP_SIZE; i++) {
		if (map[i].type == ISKMAP)
			replace((Keymap)(uintptr_t)map[i].function, theirs, ours);
		else if (map[i].type == ISFUNC && map[i].function == theirs)
			map[i].function = ours;
	}
}

static void replace_everywhere(rl_command_func_t *theirs, rl_command_func_t *ours)
{
	replace(emacs_standard_keymap, theirs, ours);
	replace(vi_insertion_keymap, theirs, ours);
	replace(vi_movement_keymap, theirs, ours);
}

void sender_keys_insist(void)
{
	bind_rows(!has_inputrc());
	sender_clusters_insist(replace_everywhere);
	replace_everywhere(rl_complete, complete);
	replace_everywhere(rl_menu_complete, complete);
	replace_everywhere(rl_old_menu_complete, complete);
	replace_everywhere(rl_backward_menu_complete, complete_back);
}
