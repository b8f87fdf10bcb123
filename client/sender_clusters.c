/*
 * readline's commands that go over one character, on what people see as one: "é" of two code points, a
 * flag, a family.
 */
#include "sender_state.h"

#include "ui/clusters.h"

#include <readline/readline.h>

static int after(int at)
{
	return (int)clusters_after(rl_line_buffer, (size_t)rl_end, (size_t)at);
}

static int before(int at)
{
	return (int)clusters_before(rl_line_buffer, (size_t)rl_end, (size_t)at);
}

/* `count` of them from the cursor, back if negative. */
static int away(int count)
{
	int at = rl_point;

	for (; count > 0 && at < rl_end; count--)
		at = after(at);
	for (; count < 0 && at > 0; count++)
		at = before(at);
	return at;
}

static bool commands_vi(void)
{
	return rl_get_keymap() == vi_movement_keymap;
}

/* In vi's mode of commands the cursor stands on the last one, not behind it. */
static void stay_on(void)
{
	if (commands_vi() && rl_point == rl_end && rl_point > 0)
		rl_point = before(rl_point);
}

static int forward(int count, int key)
{
	(void)key;
	rl_point = away(count);
	stay_on();
	return 0;
}

static int backward(int count, int key)
{
	(void)key;
	rl_point = away(-count);
	return 0;
}

/* Several at once can be yanked back. */
static void remove_to(int to, bool keep)
{
	int from = rl_point < to ? rl_point : to, end = rl_point < to ? to : rl_point;

	if (keep)
		(void)rl_kill_text(from, end);
	else
		(void)rl_delete_text(from, end);
	rl_point = from;
}

static int delete_next(int count, int key)
{
	(void)key;
	remove_to(away(count), rl_explicit_arg);
	return 0;
}

static int rubout(int count, int key)
{
	(void)key;
	remove_to(away(-count), rl_explicit_arg);
	return 0;
}

static int vi_delete(int count, int key)
{
	(void)key;
	remove_to(away(count), true);
	stay_on();
	return 0;
}

static int vi_rubout(int count, int key)
{
	(void)key;
	remove_to(away(-count), true);
	return 0;
}

/* The one before the cursor goes behind the one at it; at the end, behind the last. */
static int transpose(int count, int key)
{
	int middle = rl_point == rl_end ? before(rl_point) : rl_point;
	int start = before(middle), end = away(count > 0 ? count : 1);
	char *moved;

	(void)key;
	if (middle == 0 || rl_end == 0 || start == middle)
		return 0;
	if (end <= middle)
		end = rl_end;
	moved = rl_copy_text(start, middle);
	(void)rl_begin_undo_group();
	(void)rl_delete_text(start, middle);
	rl_point = end - (middle - start);
	(void)rl_insert_text(moved);
	(void)rl_end_undo_group();
	rl_free(moved);
	return 0;
}

void sender_clusters_insist(sender_replace_fn *replace)
{
	replace(rl_forward_char, forward);
	replace(rl_backward_char, backward);
	replace(rl_delete, delete_next);
	replace(rl_rubout, rubout);
	replace(rl_transpose_chars, transpose);
	replace(rl_vi_delete, vi_delete);
	replace(rl_vi_rubout, vi_rubout);
}
