/* The table of keys; the contract is in keys.h. */
#include "ui/keys.h"

#include <stdio.h>

#define ROOM(n, digit)                                                                             \
	{                                                                                          \
		(enum view_key)(VIEW_KEY_ROOM_1 + (n)-1), "chat-room-" #n, true, {"\033" digit},   \
			"", ""                                                                     \
	}

/* With Shift, Alt or Ctrl, keys are sent as xterm says it, or as Escape and the key. */
static const struct key_row rows[] = {
	{KEY_HELP, "chat-help", false, {"\033OP", "\033[11~", "\033[[A"}, "F1", "these keys"},
	{KEY_ENTER, "chat-enter", false, {"\r", "\n"}, "Enter", "say the line, or do the command"},
	{KEY_NEWLINE,
	 "chat-newline",
	 true,
	 {"\033\r", "\033\n"},
	 "Alt-Enter",
	 "another line of the same"},
	{KEY_PASTE, "chat-paste", false, {"\033[200~"}, "", ""},
	{KEY_COMPLETE,
	 "chat-complete",
	 false,
	 {"\t"},
	 "Tab, Shift-Tab",
	 "complete: nick #room :emoji: /…"},
	{KEY_COMPLETE_BACK, "chat-complete-back", false, {"\033[Z"}, "", ""},
	{KEY_INTERRUPT,
	 "chat-interrupt",
	 false,
	 {"\003"},
	 "Ctrl-C",
	 "empty the line; twice: leave"},
	{VIEW_KEY_SUSPEND,
	 "chat-suspend",
	 false,
	 {"\032"},
	 "Ctrl-Z",
	 "back to the shell; fg comes here"},

	{VIEW_KEY_PAGE_UP,
	 "chat-page-up",
	 false,
	 {"\033[5~"},
	 "Page Up, Page Down",
	 "leaf through the room"},
	{VIEW_KEY_PAGE_DOWN, "chat-page-down", false, {"\033[6~"}, "", ""},
	{VIEW_KEY_LINE_UP,
	 "chat-line-up",
	 false,
	 {"\033[1;2A"},
	 "Shift-Up, Shift-Down",
	 "… by single lines"},
	{VIEW_KEY_LINE_DOWN, "chat-line-down", false, {"\033[1;2B"}, "", ""},
	{VIEW_KEY_TOP,
	 "chat-top",
	 false,
	 {"\033[1;5H"},
	 "Ctrl-Home, Ctrl-End",
	 "… to its beginning, its end"},
	{VIEW_KEY_BOTTOM, "chat-bottom", false, {"\033[1;5F"}, "", ""},
	{VIEW_KEY_UNREAD,
	 "chat-unread",
	 true,
	 {"\033u", "\033U"},
	 "Alt-U",
	 "… to the first unread line"},

	{VIEW_KEY_ROOM_AFTER,
	 "chat-room-after",
	 false,
	 {"\016", "\033[1;3C", "\033\033[C"},
	 "Ctrl-N, Alt-Right",
	 "the next room"},
	{VIEW_KEY_ROOM_BEFORE,
	 "chat-room-before",
	 false,
	 {"\020", "\033[1;3D", "\033\033[D"},
	 "Ctrl-P, Alt-Left",
	 "the room before"},
	{VIEW_KEY_ROOM_1, "chat-room-1", true, {"\0331"}, "Alt-1 to Alt-0", "the first ten rooms"},
	ROOM(2, "2"),
	ROOM(3, "3"),
	ROOM(4, "4"),
	ROOM(5, "5"),
	ROOM(6, "6"),
	ROOM(7, "7"),
	ROOM(8, "8"),
	ROOM(9, "9"),
	ROOM(10, "0"),
	{VIEW_KEY_ACTIVE,
	 "chat-active",
	 true,
	 {"\033a", "\033A"},
	 "Alt-A",
	 "where somebody calls, or speaks"},

	{VIEW_KEY_AGAIN, "chat-again", true, {"\033r"}, "Alt-R", "send again what was refused"},
	{VIEW_KEY_DROP,
	 "chat-drop",
	 true,
	 {"\033R"},
	 "Alt-Shift-R",
	 "… or give it up, and edit it"},
	{VIEW_KEY_BARE,
	 "chat-bare",
	 true,
	 {"\033l", "\033L"},
	 "Alt-L",
	 "the lines alone, to be copied"},
	{KEY_FIND, "chat-find", false, {"\006"}, "Ctrl-F", "find words; Enter: older; Esc: out"},
	{KEY_MOUSE,
	 "chat-mouse",
	 true,
	 {"\033m", "\033M"},
	 "Alt-M",
	 "have the mouse's wheel, or not"},
	{KEY_CLICK, "chat-click", false, {"\033[<"}, "", ""},
	{VIEW_KEY_REDRAW, "chat-redraw", false, {"\014"}, "Ctrl-L", "draw the screen anew"},
	{VIEW_KEY_FOCUS_IN, "chat-focus-in", false, {"\033[I"}, "", ""},
	{VIEW_KEY_FOCUS_OUT, "chat-focus-out", false, {"\033[O"}, "", ""},
};

const struct key_row *keys_row(size_t i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}

size_t keys_help(char *out, size_t cap)
{
	const struct key_row *row;
	size_t at = 0;

	for (size_t i = 0; (row = keys_row(i)) != NULL && at < cap; i++)
		if (*row->label)
			at += (size_t)snprintf(out + at, cap - at, "%-20s %s\n", row->label,
					       row->help);
	if (at < cap)
		at += (size_t)snprintf(out + at, cap - at, "%s",
				       "The line has readline's keys, and your ~/.inputrc's");
	return at < cap ? at : cap - 1;
}
