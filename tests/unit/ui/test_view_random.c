/*
 * ui/view: whatever is in the model and however large the screen is, what is drawn is a screen.
 *
 * The seed is printed; VIEW_SEED repeats a run, VIEW_RUNS sets how many screens there are.
 */
#include "ui_rig.h"

#include "ui/view.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t seed;

static unsigned below(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((seed >> 33) % n);
}

/* Words of every width and direction, and bytes that are none. */
static struct slice words(void)
{
	static const char *const bits[] = {
		"a",
		" ",
		"word ",
		"\n",
		"天",
		"，",
		"🙂",
		"שלום ",
		"مرحبا",
		"e\u0301",
		"\u200d",
		"👩\u200d🚀",
		"±",
		"─",
		"\033[2J",
		"\xff",
		"\u202e",
		"\U0001F1E8",
		"\u1112\u1161",
		"ﾊﾞ",
		"https://example.org/",
	};
	static char out[1024];
	size_t n = 0;

	for (unsigned i = below(40); i > 0; i--) {
		const char *bit = bits[below(sizeof(bits) / sizeof(bits[0]))];
		if (n + strlen(bit) >= sizeof(out))
			break;
		memcpy(out + n, bit, strlen(bit));
		n += strlen(bit);
	}
	return slice_of(out, n);
}

static struct slice name(void)
{
	static const char *const names[] = {
		"alice", "小明", "דוד", "bob", "a-rather-long-name-of-somebody", "αβ"};

	return text(names[below(sizeof(names) / sizeof(names[0]))]);
}

static struct slice room(void)
{
	static const char *const rooms[] = {"#lobby", "#开发", "@alice",
					    "#a-room-with-a-long-name"};

	return text(rooms[below(sizeof(rooms) / sizeof(rooms[0]))]);
}

static struct day_time some_time(void)
{
	return (struct day_time){.day = (int32_t)below(4), .second = (int)below(86400)};
}

static void happen_somewhere(struct model *m)
{
	static const enum event_kind kinds[] = {EVENT_JOIN, EVENT_TALK,	    EVENT_TALK, EVENT_QUIT,
						EVENT_NICK, EVENT_ANNOUNCE, EVENT_LOST, EVENT_BACK};
	static uint64_t seq;
	struct event e = {.seq = ++seq,
			  .kind = kinds[below(sizeof(kinds) / sizeof(kinds[0]))],
			  .from = name()};

	e.text = e.kind == EVENT_NICK ? name() : words();
	assert_int_equal(model_event(m, room(), &e, some_time()), ERR_NONE);
}

static void stand(struct model *m)
{
	struct model_status s = {.link = LINK_CONNECTING + below(LINK_CLOSED),
				 .transport = below(4),
				 .lag_ms = below(3000),
				 .unsent = below(3),
				 .nick = name(),
				 .room = room(),
				 .server = text("chat://192.0.2.1"),
				 .prompt = text(below(9) == 0 ? "name: " : "")};

	assert_int_equal(model_status(m, &s), ERR_NONE);
}

static void say(struct model *m)
{
	struct model_said s = {.ticket = below(6) + 1,
			       .room = room(),
			       .state = SAID_SENDING + below(4),
			       .seq = below(500),
			       .reason = text("because"),
			       .text = words()};

	assert_int_equal(model_said(m, &s, some_time()), ERR_NONE);
}

static void type(struct model *m)
{
	struct slice line = words();
	size_t cursor = line.len > 0 ? below((unsigned)line.len + 1) : 0;

	while (cursor < line.len && (line.data[cursor] & 0xC0) == 0x80)
		cursor++;
	assert_int_equal(model_edit(m, below(5) == 0 ? text("(search): ") : text(""), line, cursor),
			 ERR_NONE);
}

static void change(struct model *m)
{
	switch (below(12)) {
	case 0:
		stand(m);
		break;
	case 1:
		say(m);
		break;
	case 2:
		type(m);
		break;
	case 3:
		model_focus(m, below(2));
		break;
	case 4:
		assert_int_equal(model_topic(m, room(), words()), ERR_NONE);
		break;
	case 5:
		assert_int_equal(model_note(m, MODEL_NOTICE, words(), some_time()), ERR_NONE);
		break;
	default:
		happen_somewhere(m);
	}
}

static void choose(struct settings *s)
{
	settings_init(s);
	s->times = (int)below(3);
	s->day_lines = (int)below(2);
	s->members = (int)below(3);
	s->members_width = 8 + (int)below(33);
	s->ambiguous_width = 1 + (int)below(2);
}

/* ---- what is always so ------------------------------------------------------------------------- */

static void check_cell(const struct grid *g, int row, int col)
{
	const struct cell *c = grid_cell(g, row, col);

	assert_in_range(c->style, 0, STYLE_COUNT - 1);
	assert_in_range(c->width, 0, 2);
	assert_true(c->len <= PLACE_MAX_BYTES);
	if (c->width == 2)
		assert_true(col + 1 < g->width && c[1].width == 0);
	if (c->width == 0)
		assert_true(col > 0 && c[-1].width == 2 && c->len == 0);
	for (size_t i = 0; i < c->len; i++)
		assert_true((uint8_t)c->bytes[i] >= 0x20 && c->bytes[i] != 0x7F);
}

/* What is opened in a row is closed in it. */
static void check_apart(const struct grid *g, int row)
{
	int open = 0;

	for (int col = 0; col < g->width; col++) {
		uint8_t bidi = grid_cell(g, row, col)->bidi;
		open -= (bidi & CELL_CLOSES) != 0;
		assert_in_range(open, 0, 1);
		open += (bidi & (CELL_OPENS_LTR | CELL_OPENS_RTL)) != 0;
	}
	assert_int_equal(open, 0);
}

static void check_screen(const struct grid *g)
{
	assert_in_range(g->cursor_x, 0, g->width - 1);
	assert_in_range(g->cursor_y, 0, g->height - 1);
	for (int row = 0; row < g->height; row++) {
		for (int col = 0; col < g->width; col++)
			check_cell(g, row, col);
		check_apart(g, row);
	}
}

static void draw(const struct view *v)
{
	struct grid g;

	assert_int_equal(grid_init(&g, v->width, v->height), ERR_NONE);
	view_draw(v, &g);
	check_screen(&g);
	grid_wipe(&g);
}

static void test_every_screen_is_one(void **state)
{
	const char *runs = getenv("VIEW_RUNS"), *wanted = getenv("VIEW_SEED");
	struct model *m = in_lobby(200);
	struct settings settings;

	(void)state;
	seed = wanted ? strtoull(wanted, NULL, 0) : (uint64_t)time(NULL);
	print_message("VIEW_SEED=%llu\n", (unsigned long long)seed);
	settings_init(&settings);
	for (int i = runs ? atoi(runs) : 1500; i > 0; i--) {
		struct view v = {m, &settings, 1 + (int)below(below(4) == 0 ? 220 : 40),
				 1 + (int)below(below(4) == 0 ? 70 : 14)};
		for (unsigned n = below(8); n > 0; n--)
			change(m);
		if (below(10) == 0)
			choose(&settings);
		if (below(2) == 0)
			model_here(m)->scroll =
				view_scroll(&v, VIEW_KEY_PAGE_UP + below(VIEW_KEY_BOTTOM));
		draw(&v);
	}
	model_free(m);
}

/* ---- what a drawing costs ----------------------------------------------------------------------- */

/* Lines in the middle are taken away for a while: who looks at one of them crashes. */
static void test_only_what_is_seen_is_looked_at(void **state)
{
	enum { LINES_ALL = 10000, LINES_LEFT = 100 };
	static struct model_line *taken[LINES_ALL];
	struct model *m = in_lobby(LINES_ALL);
	struct scrollback *b = &model_here(m)->lines;
	struct view v = {m, default_settings(), 80, 24};

	(void)state;
	for (uint64_t seq = 1; seq <= LINES_ALL; seq++)
		talk_in(m, "#lobby", seq, "one of very many");
	assert_int_equal(b->end - b->first, LINES_ALL);
	for (size_t i = LINES_LEFT; i < LINES_ALL - LINES_LEFT; i++) {
		struct model_line **slot = &b->ring[(b->first + i) & (b->cap - 1)];
		taken[i] = *slot;
		*slot = NULL;
	}
	draw(&v);
	model_here(m)->scroll = view_scroll(&v, VIEW_KEY_PAGE_UP);
	draw(&v);
	assert_false(view_at_top(&v));
	model_here(m)->scroll = view_scroll(&v, VIEW_KEY_TOP);
	draw(&v);
	assert_true(view_at_top(&v));
	for (size_t i = LINES_LEFT; i < LINES_ALL - LINES_LEFT; i++)
		b->ring[(b->first + i) & (b->cap - 1)] = taken[i];
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_screen_is_one),
		cmocka_unit_test(test_only_what_is_seen_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
