/* What happens in a model, and the screen as text. */
#include "ui_rig.h"

#include "ui/view.h"

#include "check.h"

#include <string.h>

struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

struct day_time at_minute(int minute)
{
	return (struct day_time){.second = minute * 60};
}

void note(struct model *m, const char *words)
{
	assert_int_equal(model_note(m, MODEL_NOTICE, text(words), at_minute(0)), ERR_NONE);
}

static uint64_t next_number(const struct model *m, const char *room)
{
	for (size_t i = 0; i < m->room_count; i++)
		if (strcmp(m->rooms[i]->name, room) == 0)
			return m->rooms[i]->newest + 1;
	return 1;
}

void happen_in(struct model *m, const char *room, struct event e)
{
	if (e.seq == 0)
		e.seq = next_number(m, room);
	assert_int_equal(model_event(m, text(room), &e, at_minute(601)), ERR_NONE);
}

void happen(struct model *m, enum event_kind kind, const char *from, const char *what)
{
	happen_in(m, "#lobby",
		  (struct event){.kind = kind, .from = text(from), .text = text(what)});
}

void talk_in(struct model *m, const char *room, uint64_t seq, const char *what)
{
	happen_in(
		m, room,
		(struct event){
			.kind = EVENT_TALK, .seq = seq, .from = text("alice"), .text = text(what)});
}

void go_to(struct model *m, const char *room)
{
	struct model_status s = {.link = LINK_ONLINE, .nick = text("bob"), .room = text(room)};

	assert_int_equal(model_status(m, &s), ERR_NONE);
}

struct model *in_lobby(size_t lines)
{
	struct model *m = model_new(lines);

	assert_non_null(m);
	go_to(m, "#lobby");
	return m;
}

size_t count_lines(const struct model *m)
{
	return model_here(m)->lines.end - model_here(m)->lines.first;
}

/* Line i of the room that is shown, from 0. */
void line_is(const struct model *m, uint64_t i, enum model_kind kind, const char *who,
	     const char *what)
{
	const struct scrollback *b = &model_here(m)->lines;
	const struct model_line *line = scrollback_at(b, b->first + i);

	assert_int_equal(line->kind, kind);
	assert_int_equal(line->who_len, strlen(who));
	assert_int_equal(line->text_len, strlen(what));
	assert_memory_equal(line->bytes, who, line->who_len);
	assert_memory_equal(line->bytes + line->who_len, what, line->text_len);
}

const struct settings *default_settings(void)
{
	static struct settings s;

	settings_init(&s);
	return &s;
}

/* ---- the screen as text ------------------------------------------------------------------- */

static void shoot_row(const struct grid *g, int row, char out[ROW_BYTES])
{
	size_t n = 0;

	for (int col = 0; col < g->width; col++) {
		const struct cell *c = grid_cell(g, row, col);
		if (c->width == 2)
			assert_true(col + 1 < g->width && grid_cell(g, row, col + 1)->width == 0);
		memcpy(out + n, c->bytes, c->len);
		n += c->len;
		if (c->len == 0 && c->width == 1)
			out[n++] = ' ';
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

struct shot *shoot(const struct model *m, int width, int height)
{
	static struct shot shot;
	struct grid g;

	assert_true(height <= ROWS_MAX);
	assert_int_equal(grid_init(&g, width, height), ERR_NONE);
	view_draw(&(struct view){m, default_settings(), width, height}, &g);
	for (int row = 0; row < height; row++)
		shoot_row(&g, row, shot.rows[row]);
	shot.cursor_x = g.cursor_x;
	shot.cursor_y = g.cursor_y;
	assert_in_range(g.cursor_x, 0, width - 1);
	assert_in_range(g.cursor_y, 0, height - 1);
	grid_wipe(&g);
	return &shot;
}

/* `first` at the top, blank rows, `last` at the bottom; both lists end with NULL. */
void screen_is(const struct model *m, int width, int height, const char *const first[],
	       const char *const last[])
{
	const struct shot *s = shoot(m, width, height);
	int tail = 0, row = 0;

	while (last[tail])
		tail++;
	for (; first[row]; row++)
		assert_string_equal(s->rows[row], first[row]);
	for (; row < height - tail; row++)
		assert_string_equal(s->rows[row], "");
	for (int i = 0; i < tail; i++)
		assert_string_equal(s->rows[row + i], last[i]);
}
