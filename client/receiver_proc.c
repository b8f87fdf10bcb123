/*
 * The receiver's loop: the channel to the session, the signals, and what shows the messages.
 *
 * A signal that would end it is passed to the session as a wish to leave, so that the room and the
 * person are told; a second one ends it at once.
 */
#include "receiver_proc.h"

#include "messages.h"
#include "receiver_lines.h"
#include "receiver_screen.h"
#include "sys/clock.h"
#include "sys/ipc.h"
#include "sys/proc.h"
#include "sys/reactor.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct receiver {
	struct reactor *reactor;
	struct ipc *session;
	int signals;
	struct screen_output *screen; /* one of the two */
	struct line_output *lines;
	struct preferences preferences;
	struct notice notice;
	size_t typed, cursor; /* of the line as it was last */
	bool asked_to_leave;
	bool done;
	int status;
	char words[MESSAGE_MAX_WORDS + 1]; /* the last ones */
};

static void finish(struct receiver *r, int status, struct slice words)
{
	if (r->done)
		return;
	r->done = true;
	r->status = status;
	memcpy(r->words, words.data, words.len);
	r->words[words.len] = '\0';
}

static void fail(struct receiver *r, const char *why)
{
	finish(r, 1, message_text(why));
}

/* ---- messages ------------------------------------------------------------------------------ */

static void tell(struct receiver *r, const struct message *m)
{
	if (message_send(r->session, m) != ERR_NONE)
		fail(r, "");
}

static enum err show(struct receiver *r, const struct message *m)
{
	struct message wish;
	enum err err;

	if (!r->screen) {
		if (line_output_wants(r->lines, m, &wish))
			tell(r, &wish);
		return line_output_message(r->lines, m);
	}
	err = screen_output_message(r->screen, m);
	while (err == ERR_NONE && screen_output_wants(r->screen, &wish))
		tell(r, &wish);
	return err;
}

/* ---- calling the person ------------------------------------------------------------------------ */

/* The line comes after every key, and after what only looks like one, too. */
static bool has_typed(struct receiver *r, const struct message *m)
{
	bool other = m->type == MESSAGE_EDIT &&
		     (m->edit.line.len != r->typed || m->edit.cursor != r->cursor);

	if (m->type == MESSAGE_EDIT) {
		r->typed = m->edit.line.len;
		r->cursor = m->edit.cursor;
	}
	return other;
}

/* What a person with a screen does tells whether they look at it. */
static void watch_person(struct receiver *r, const struct message *m)
{
	bool key = m->type == MESSAGE_KEY, typed = has_typed(r, m);
	bool focus = key && (m->key == VIEW_KEY_FOCUS_IN || m->key == VIEW_KEY_FOCUS_OUT);

	if (!r->screen || !(key || typed))
		return;
	if (focus)
		notice_focus(&r->notice, m->key == VIEW_KEY_FOCUS_IN);
	else if (!notice_pressed(&r->notice, clock_mono_us(), typed))
		return;
	screen_output_focus(r->screen, r->notice.focus == NOTICE_LOOKS);
}

static void call(struct receiver *r, unsigned ways, const struct message_event *m,
		 const struct event *e, bool calls)
{
	struct message hook = {.type = MESSAGE_CALL, .event = *m};
	struct notice_words words;

	notice_words(&words, m->room, e);
	if (r->screen)
		screen_output_call(r->screen, ways, &words);
	else if (ways & NOTICE_BELL)
		line_output_bell(r->lines);
	hook.event.calls = calls;
	if (ways & NOTICE_HOOK)
		tell(r, &hook);
}

/* Most of what happens calls nobody, and is passed by. */
static void consider(struct receiver *r, const struct message_event *m)
{
	unsigned here = r->screen ? ~0u : line_output_ways(r->lines);
	unsigned ways = notice_ways(&r->preferences.settings) & here;
	struct slice raw = m->raw;
	struct notice_news news;
	struct frame f;

	if (ways == 0 || m->past || frame_get(&raw, &f) != ERR_NONE || f.type != FRAME_EVENT)
		return;
	news = r->screen ? screen_output_news(r->screen, m, &f.event)
			 : line_output_news(r->lines, m, &f.event);
	if (notice_take(&r->notice, clock_mono_us(), preferences_notify(&r->preferences, m->room),
			&news))
		call(r, ways, m, &f.event, news.calls);
}

static enum err take(struct receiver *r, const struct message *m)
{
	enum err err;

	watch_person(r, m);
	err = show(r, m);
	if (err == ERR_NONE && m->type == MESSAGE_EVENT)
		consider(r, &m->event);
	return err;
}

static void check(struct receiver *r, enum err err)
{
	switch (err) {
	case ERR_NONE:
		break;
	case ERR_CLOSED: /* nobody reads what we write: so nobody misses the words */
		fail(r, "");
		break;
	case ERR_SYSTEM:
		fail(r, "standard output cannot be written");
		break;
	case ERR_MEMORY:
		fail(r, "out of memory");
		break;
	default:
		fail(r, "the processes of the client do not understand each other");
	}
}

static void flush(struct receiver *r)
{
	if (r->lines)
		check(r, line_output_flush(r->lines));
}

static void stop(struct receiver *r, struct slice words)
{
	flush(r); /* first: what cannot be written is a failure still */
	finish(r, 0, words);
}

/* Lines are out when they are written; the screen is drawn at once, or within the next moment. */
static void give_back_mark(struct receiver *r)
{
	flush(r);
	if (!r->done)
		tell(r, &(struct message){.type = MESSAGE_MARK});
}

static void prefer(struct receiver *r, const struct preference *one)
{
	enum err err = preferences_put(&r->preferences, one);

	check(r, err == ERR_NONE || err == ERR_MEMORY ? err : ERR_MALFORMED);
	if (r->screen)
		check(r, screen_output_prefer(r->screen));
	else
		line_output_prefer(r->lines);
}

static void take_messages(struct receiver *r)
{
	struct ipc_message in;
	struct message m;

	while (!r->done && ipc_next(r->session, &in)) {
		if (message_get(&in, &m) != ERR_NONE)
			check(r, ERR_MALFORMED);
		else if (m.type == MESSAGE_STOP)
			stop(r, m.words);
		else if (m.type == MESSAGE_MARK)
			give_back_mark(r);
		else if (m.type == MESSAGE_SETTING)
			prefer(r, &m.setting);
		else
			check(r, take(r, &m));
	}
	flush(r);
}

static void on_session(void *ctx, unsigned ready)
{
	struct receiver *r = ctx;
	enum err err = ERR_NONE;

	if (ready & REACTOR_READ) {
		err = ipc_read(r->session);
		take_messages(r);
	}
	if (err == ERR_NONE && (ready & REACTOR_WRITE))
		err = ipc_flush(r->session);
	if (err == ERR_NONE)
		err = reactor_want(r->reactor, ipc_fd(r->session),
				   ipc_pending(r->session) ? REACTOR_READ | REACTOR_WRITE
							   : REACTOR_READ);
	if (err != ERR_NONE)
		fail(r, "ended unexpectedly");
}

/* ---- signals ------------------------------------------------------------------------------- */

static void leave(struct receiver *r)
{
	if (r->asked_to_leave ||
	    message_send(r->session, &(struct message){.type = MESSAGE_INTERRUPT}) != ERR_NONE)
		fail(r, "");
	r->asked_to_leave = true;
	if (ipc_pending(r->session) &&
	    reactor_want(r->reactor, ipc_fd(r->session), REACTOR_READ | REACTOR_WRITE) != ERR_NONE)
		fail(r, "");
}

static void resize(struct receiver *r)
{
	if (r->screen)
		screen_output_resize(r->screen);
	else
		check(r, line_output_fit(r->lines));
}

/* Whoever had the terminal meanwhile may have left it otherwise. */
static void resume(struct receiver *r)
{
	if (r->screen)
		screen_output_resume(r->screen);
	else
		check(r, line_output_resume(r->lines));
}

static void on_signals(void *ctx, unsigned ready)
{
	struct receiver *r = ctx;
	int number;

	(void)ready;
	while ((number = proc_next_signal(r->signals)) != 0) {
		if (number == SIGWINCH)
			resize(r);
		else if (number == SIGCONT)
			resume(r);
		else
			leave(r);
	}
}

/* ---- the process --------------------------------------------------------------------------- */

static bool set_up(struct receiver *r, const struct receiver_options *o, int channel)
{
	static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT, 0};

	preferences_init(&r->preferences);
	r->session = ipc_new(channel);
	r->reactor = reactor_new(REACTOR_POLL, false);
	r->signals = proc_signals(wanted);
	if (!r->session || !r->reactor || r->signals < 0)
		return false;
	if (reactor_add(r->reactor, channel, REACTOR_READ, on_session, r) != ERR_NONE ||
	    reactor_add(r->reactor, r->signals, REACTOR_READ, on_signals, r) != ERR_NONE)
		return false;
	if (o->mode == RECEIVER_SCREEN)
		r->screen = screen_output_new(r->reactor, o->colour, &r->preferences);
	else
		r->lines = line_output_new(o->mode == RECEIVER_JSON	? LINE_OUTPUT_JSON
					   : o->mode == RECEIVER_SPOKEN ? LINE_OUTPUT_SPOKEN
									: LINE_OUTPUT_PLAIN,
					   &r->preferences);
	return r->screen || r->lines;
}

static void tear_down(struct receiver *r)
{
	screen_output_free(r->screen);
	line_output_free(r->lines);
	preferences_wipe(&r->preferences);
	line_output_say(message_text(r->words));
	reactor_free(r->reactor);
	ipc_free(r->session);
}

int receiver_proc(const struct receiver_options *o, int channel)
{
	struct receiver r = {.signals = -1};

	if (!set_up(&r, o, channel))
		fail(&r, o->mode == RECEIVER_SCREEN ? "the screen cannot be used; try --plain"
						    : "out of memory or descriptors");
	while (!r.done)
		if (reactor_turn(r.reactor, TIMERQ_NEVER) != ERR_NONE)
			fail(&r, "out of memory or descriptors");
	tear_down(&r);
	return r.status;
}
