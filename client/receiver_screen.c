/* The full screen of the receiver; the contract is in receiver_screen.h. */
#include "receiver_screen.h"

#include "screen_curses.h"
#include "screen_notice.h"
#include "sys/clock.h"
#include "terminal.h"
#include "ui/about.h"
#include "ui/find.h"
#include "ui/format.h"
#include "ui/going.h"
#include "ui/look.h"
#include "ui/view.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PAINT_INTERVAL = 33 * 1000 }; /* microseconds */

struct screen_output {
	struct reactor *reactor;
	struct screen *screen;
	struct screen_notice notice;
	struct model *model;
	struct grid grid;
	struct reactor_timer timer;
	bool dirty;
	struct settings bare_settings;
	uint64_t painted; /* when */
	bool wants_older;
	const struct model_room *wants_to; /* for the time of one message; NULL: stay */
	bool has_completion;		   /* to be told */
	uint64_t serial;
	struct completion completion;
	const struct preferences *preferences;
	bool colour;
	enum settings_colours colours; /* as they were wanted last */
};

/* ---- painting ------------------------------------------------------------------------------ */

/* The grid as large as the screen is now; false: no memory, and there is no grid. */
static bool fit_grid(struct screen_output *o, const struct view *v)
{
	if (o->grid.cells && o->grid.width == v->width && o->grid.height == v->height)
		return true;
	grid_wipe(&o->grid);
	return grid_init(&o->grid, v->width, v->height) == ERR_NONE;
}

/* Bare, it has nothing before the lines and beside them. */
static struct view view_of(struct screen_output *o)
{
	struct view v = {.model = o->model, .settings = &o->preferences->settings};

	if (o->model->bare) {
		o->bare_settings = o->preferences->settings;
		o->bare_settings.times = SETTINGS_TIMES_OFF;
		v.settings = &o->bare_settings;
	}

	screen_size(o->screen, &v.width, &v.height);
	return v;
}

static void tell_title(struct screen_output *o)
{
	struct look_counts all = look_counts(o->model);
	char title[NOTICE_TITLE_SIZE] = "";

	if (o->preferences->settings.title)
		notice_title(all.unread, all.mentions, model_here(o->model)->name, title);
	screen_notice_title(&o->notice, title);
}

static void paint(void *ctx)
{
	struct screen_output *o = ctx;
	struct view v = view_of(o);

	reactor_timer_clear(o->reactor, &o->timer);
	o->dirty = false;
	o->painted = clock_mono_us();
	if (!fit_grid(o, &v))
		return;
	view_draw(&v, &o->grid);
	screen_draw(o->screen, &o->grid);
	tell_title(o);
}

/* Now, when the last painting is long enough ago; otherwise once, when it will be. */
static void paint_soon(struct screen_output *o)
{
	uint64_t due = o->painted + PAINT_INTERVAL;

	if (o->dirty)
		return;
	o->dirty = true;
	if (clock_mono_us() >= due || reactor_timer_set(o->reactor, &o->timer, due) != ERR_NONE)
		paint(o);
}

static enum settings_colours colours_wanted(const struct screen_output *o)
{
	if (!o->colour)
		return SETTINGS_COLOURS_NONE;
	return (enum settings_colours)o->preferences->settings.colours;
}

static enum err prefer_looks(struct screen_output *o)
{
	enum settings_colours wanted = colours_wanted(o), before = o->colours;

	screen_ambiguous(o->preferences->settings.ambiguous_width);
	screen_mouse(o->screen, o->preferences->settings.mouse);
	o->colours = wanted;
	return wanted == before || screen_colours(o->screen, wanted) ? ERR_NONE : ERR_MEMORY;
}

enum err screen_output_prefer(struct screen_output *o)
{
	const struct settings *s = &o->preferences->settings;

	model_set(o->model, &(struct model_settings){.max_lines = (size_t)s->scrollback,
						     .fold = s->fold_joins,
						     .words = s->highlight_words,
						     .preferences = o->preferences});
	if (prefer_looks(o) != ERR_NONE)
		return ERR_MEMORY;
	paint_soon(o);
	return ERR_NONE;
}

struct screen_output *screen_output_new(struct reactor *r, bool colour, const struct preferences *p)
{
	struct screen_output *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->reactor = r;
	o->timer = (struct reactor_timer){.fn = paint, .ctx = o};
	o->preferences = p;
	o->colour = colour;
	o->colours = colours_wanted(o);
	o->model = model_new(MODEL_LINES);
	terminal_taken();
	o->screen = o->model ? screen_open(o->colours) : NULL;
	if (!o->screen) {
		screen_output_free(o);
		return NULL;
	}
	screen_notice_begin(&o->notice, o->screen);
	if (screen_output_prefer(o) != ERR_NONE) {
		screen_output_free(o);
		return NULL;
	}
	return o;
}

void screen_output_free(struct screen_output *o)
{
	if (!o)
		return;
	reactor_timer_clear(o->reactor, &o->timer);
	screen_close(o->screen);
	terminal_given_back();
	grid_wipe(&o->grid);
	model_free(o->model);
	free(o);
}

void screen_output_resize(struct screen_output *o)
{
	screen_resize(o->screen);
	paint(o);
}

void screen_output_resume(struct screen_output *o)
{
	screen_resume(o->screen);
	screen_notice_begin(&o->notice, o->screen); /* the title is not ours any more */
	paint(o);
}

/* ---- calling the person ------------------------------------------------------------------------ */

struct notice_news screen_output_news(const struct screen_output *o, const struct message_event *m,
				      const struct event *e)
{
	struct model_news news = model_news(o->model, m->room, e->seq);

	return (struct notice_news){
		.past = m->past, .words = news.words, .calls = news.calls, .shown = news.shown};
}

void screen_output_call(struct screen_output *o, unsigned ways, const struct notice_words *w)
{
	screen_notice_call(&o->notice, ways, w);
}

void screen_output_focus(struct screen_output *o, bool looked_at)
{
	model_focus(o->model, looked_at);
	paint_soon(o);
}

/* ---- messages ------------------------------------------------------------------------------ */

static struct day_time minute_of(time_t seconds)
{
	struct tm tm;

	if (!localtime_r(&seconds, &tm))
		return (struct day_time){0};
	return (struct day_time){.day = day_number(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday),
				 .second = (tm.tm_hour * 60 + tm.tm_min) * 60};
}

/* Most of what happens does so in the minute of what was before it. */
static struct day_time local_clock(int64_t ms)
{
	static struct day_time last;
	static time_t last_minute = -1;
	time_t seconds = (time_t)(ms / 1000), minute = seconds - seconds % 60;
	struct day_time now;

	if (minute != last_minute)
		last = minute_of(minute);
	last_minute = minute;
	now = last;
	now.second += (int)(seconds % 60);
	return now;
}

static enum err note(struct screen_output *o, enum model_kind kind, struct slice text)
{
	return model_note(o->model, kind, text, local_clock(clock_wall_ms()));
}

static bool read_event(struct slice raw, struct event *e)
{
	struct frame f;

	if (frame_get(&raw, &f) != ERR_NONE || f.type != FRAME_EVENT)
		return false;
	*e = f.event;
	return true;
}

static enum err show_event(struct screen_output *o, const struct message_event *m)
{
	struct event e;

	if (!read_event(m->raw, &e))
		return ERR_MALFORMED;
	return model_event(o->model, m->room, &e, local_clock(e.time_ms));
}

static const char *local_time(int64_t ms, char out[32])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || strftime(out, 32, "%Y-%m-%d %H:%M", &tm) == 0)
		return "?";
	return out;
}

static enum err show_found(struct screen_output *o, const struct message_event *m)
{
	char line[FORMAT_LINE_SIZE], when[32];
	struct event e;

	if (!read_event(m->raw, &e))
		return ERR_MALFORMED;
	if (preferences_ignores_event(o->preferences, &e))
		return ERR_NONE;
	return note(o, MODEL_ANSWER,
		    slice_of(line, format_found(&e, m->room, local_time(e.time_ms, when), line)));
}

static enum err show_list(struct screen_output *o, struct slice entries)
{
	char line[FORMAT_LINE_SIZE];
	struct listed_room r;

	while (list_get(&entries, &r))
		if (note(o, MODEL_ANSWER, slice_of(line, format_room(&r, line))) != ERR_NONE)
			return ERR_MEMORY;
	return entries.failed ? ERR_MALFORMED : ERR_NONE;
}

static enum err show_page(struct screen_output *o, const struct message_page *p)
{
	struct model_page page = {
		.room = p->room, .before = p->before, .more = p->more, .events = p->events};

	return model_page(o->model, &page, local_clock);
}

static enum err show_room(struct screen_output *o, const struct message_room *r)
{
	if (r->left) {
		model_leave(o->model, r->room);
		return ERR_NONE;
	}
	if (r->was.len > 0)
		model_rename(o->model, r->was, r->room);
	return model_topic(o->model, r->room, r->topic);
}

static enum err show_result(struct screen_output *o, const struct message_result *r)
{
	if (r->code == CODE_OK)
		return ERR_NONE;
	return note(o, MODEL_ERROR, r->text.len > 0 ? r->text : message_text(code_reason(r->code)));
}

static enum err show_notice(struct screen_output *o, enum notice_level level, struct slice text)
{
	static const enum model_kind kinds[] = {
		[NOTICE_ANSWER] = MODEL_ANSWER,
		[NOTICE_INFO] = MODEL_NOTICE,
		[NOTICE_ERROR] = MODEL_ERROR,
	};

	return note(o, kinds[level], text);
}

static enum err show_status(struct screen_output *o, const struct message_status *s)
{
	return model_status(o->model, &(struct model_status){.link = s->link,
							     .transport = s->transport,
							     .lag_ms = s->lag_ms,
							     .unsent = s->unsent,
							     .nick = s->nick,
							     .room = s->room,
							     .server = s->server,
							     .prompt = s->prompt});
}

static enum err show_said(struct screen_output *o, const struct message_said *s)
{
	return model_said(o->model,
			  &(struct model_said){.ticket = s->ticket,
					       .room = s->room,
					       .state = s->state,
					       .seq = s->seq,
					       .reason = s->reason,
					       .text = s->text},
			  local_clock(clock_wall_ms()));
}

static enum err show_whois(struct screen_output *o, struct slice text)
{
	char words[ABOUT_SIZE];
	struct whois w;

	if (!whois_get(text, &w))
		return ERR_MALFORMED;
	return note(o, MODEL_ANSWER, slice_of(words, about_words(&w, clock_wall_ms(), words)));
}

static enum err show_who(struct screen_output *o, const struct message_who *w)
{
	const struct members *all = model_who(o->model, w->room, w->first, w->more, w->names);
	char *sentence;
	enum err err;

	if (!all || !w->asked)
		return ERR_NONE;
	sentence = members_sentence(all);
	if (!sentence)
		return ERR_MEMORY;
	err = note(o, MODEL_ANSWER, message_text(sentence));
	free(sentence);
	return err;
}

/* Up from the first line goes on in what the server has. */
static void want_older(struct screen_output *o, const struct view *v, enum view_key key)
{
	if (key != VIEW_KEY_PAGE_UP && key != VIEW_KEY_LINE_UP && key != VIEW_KEY_TOP)
		return;
	if (view_at_top(v) && look_may_load(o->model))
		o->wants_older = true;
}

static void suspend(struct screen_output *o)
{
	screen_suspend(o->screen);
	terminal_suspend();
	screen_output_resume(o);
}

static void act_on_key(struct screen_output *o, enum view_key key)
{
	struct view v = view_of(o);

	if (key == VIEW_KEY_FOCUS_IN || key == VIEW_KEY_FOCUS_OUT)
		return;
	if (key == VIEW_KEY_BARE) {
		o->model->bare = !o->model->bare;
		return;
	}
	if (key == VIEW_KEY_SUSPEND) {
		suspend(o);
		return;
	}
	if (key == VIEW_KEY_REDRAW) {
		screen_refresh(o->screen);
		return;
	}
	o->wants_to = going_to(o->model, key);
	want_older(o, &v, key);
	model_here(o->model)->scroll = view_scroll(&v, key);
}

/* Where there is none, what was found last stays. */
static void find(struct screen_output *o, const struct message_find *f)
{
	struct model_room *r = model_here(o->model);
	struct view v = view_of(o);
	uint64_t line, below = f->what == FIND_OLDER && r->found > 0 ? r->found - 1 : r->lines.end;

	if (f->what != FIND_OLDER)
		r->found = 0;
	if (f->what == FIND_END || !find_older(r, below, f->words, &line))
		return;
	r->found = line + 1;
	r->scroll = view_scroll_to(&v, line);
}

static void complete(struct screen_output *o, const struct message_complete *c)
{
	o->has_completion = true;
	o->serial = c->serial;
	o->completion = completion_of(o->model, c->line, c->cursor, c->turn);
}

bool screen_output_wants(struct screen_output *o, struct message *m)
{
	struct model_room *r = model_here(o->model);

	if (o->wants_to) {
		*m = (struct message){.type = MESSAGE_GO, .go = message_text(o->wants_to->name)};
		o->wants_to = NULL;
		return true;
	}
	if (o->has_completion) {
		const struct completion *c = &o->completion;
		o->has_completion = false;
		*m = (struct message){.type = MESSAGE_REPLACE};
		m->replace = (struct message_replace){o->serial, c->from, c->to,
						      slice_of(c->text, c->len)};
		return true;
	}
	if (!o->wants_older)
		return false;
	o->wants_older = false;
	r->loading = true;
	*m = (struct message){.type = MESSAGE_OLDER,
			      .page = {.room = message_text(r->name), .before = r->oldest}};
	return true;
}

static enum err change_model(struct screen_output *o, const struct message *m)
{
	switch (m->type) {
	case MESSAGE_EVENT:
		return show_event(o, &m->event);
	case MESSAGE_FOUND:
		return show_found(o, &m->event);
	case MESSAGE_PAGE:
		return show_page(o, &m->page);
	case MESSAGE_LIST:
		return show_list(o, m->list.entries);
	case MESSAGE_ROOM:
		return show_room(o, &m->room);
	case MESSAGE_RESULT:
		return show_result(o, &m->result);
	case MESSAGE_NOTICE:
		return show_notice(o, m->notice.level, m->notice.text);
	case MESSAGE_EDIT:
		return model_edit(o->model, m->edit.prompt, m->edit.line, m->edit.cursor);
	case MESSAGE_WHO:
		return show_who(o, &m->who);
	case MESSAGE_WHOIS:
		return show_whois(o, m->list.entries);
	case MESSAGE_CLEAR:
		model_clear(o->model);
		break;
	case MESSAGE_STATUS:
		return show_status(o, &m->status);
	case MESSAGE_MISSED:
		return model_missed(o->model, m->missed);
	case MESSAGE_SAID:
		return show_said(o, &m->said);
	case MESSAGE_KEY:
		act_on_key(o, m->key);
		break;
	case MESSAGE_FIND:
		find(o, &m->find);
		break;
	case MESSAGE_COMPLETE:
		complete(o, &m->complete);
		break;
	default:
		break;
	}
	return ERR_NONE;
}

enum err screen_output_message(struct screen_output *o, const struct message *m)
{
	enum err err = change_model(o, m);

	paint_soon(o);
	return err;
}
