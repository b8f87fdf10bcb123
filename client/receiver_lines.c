/* Lines on standard output; the contract is in receiver_lines.h. */
#include "receiver_lines.h"

#include "proto/text.h"
#include "sys/clock.h"
#include "terminal.h"
#include "typed_line.h"
#include "ui/about.h"
#include "ui/format.h"
#include "ui/members.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { OUTPUT_SIZE = 2 * FORMAT_LINE_SIZE };

struct line_output {
	bool json;
	struct typed_line *typed;	  /* NULL: not SPOKEN */
	char room[MESSAGE_MAX_LABEL + 1]; /* SPOKEN: where it was said last that the person is */
	const struct preferences *preferences;
	char nick[MESSAGE_MAX_LABEL + 1];
	struct mention mention; /* what means whom it is called */
	struct members listed;	/* pages of an answer to /who */
	size_t len;
	char out[OUTPUT_SIZE];
};

/* ---- calling the person ------------------------------------------------------------------------ */

void line_output_prefer(struct line_output *o)
{
	mention_set(&o->mention, o->nick, o->preferences->settings.highlight_words);
}

static void take_nick(struct line_output *o, struct slice s)
{
	char nick[MESSAGE_MAX_LABEL + 1];

	(void)text_safe(nick, sizeof(nick), (const char *)s.data, s.len, false);
	if (strcmp(nick, o->nick) == 0)
		return;
	memcpy(o->nick, nick, sizeof(nick));
	line_output_prefer(o);
}

unsigned line_output_ways(const struct line_output *o)
{
	return NOTICE_HOOK | (!o->json && isatty(STDOUT_FILENO) ? NOTICE_BELL : 0u);
}

struct notice_news line_output_news(const struct line_output *o, const struct message_event *m,
				    const struct event *e)
{
	const struct notice_person me = {slice_of(o->nick, strlen(o->nick)), &o->mention,
					 o->preferences};
	struct notice_news news = notice_read(&me, m->room, e);

	news.past = m->past;
	return news;
}

void line_output_bell(struct line_output *o)
{
	if (o->len < OUTPUT_SIZE)
		o->out[o->len++] = '\a';
}

/* ---- writing ------------------------------------------------------------------------------- */

/* Standard output may be non-blocking by somebody else's doing: then it is waited for. */
static enum err write_some(const char *s, size_t n, size_t *wrote)
{
	ssize_t got = write(STDOUT_FILENO, s, n);

	*wrote = got > 0 ? (size_t)got : 0;
	if (got >= 0 || errno == EINTR)
		return ERR_NONE;
	if (errno != EAGAIN)
		return errno == EPIPE ? ERR_CLOSED : ERR_SYSTEM;
	(void)poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, -1);
	return ERR_NONE;
}

static enum err write_all(const void *bytes, size_t n)
{
	const char *s = bytes;
	enum err err = ERR_NONE;

	while (n > 0 && err == ERR_NONE) {
		size_t wrote;
		err = write_some(s, n, &wrote);
		s += wrote;
		n -= wrote;
	}
	return err;
}

static enum err write_slice(struct slice s)
{
	return write_all(s.data, s.len);
}

static enum err show_typed(struct line_output *o)
{
	if (!o->typed)
		return ERR_NONE;
	return write_slice(typed_line_show(o->typed, o->preferences->settings.ambiguous_width));
}

static enum err hide_typed(struct line_output *o)
{
	return o->typed ? write_slice(typed_line_hide(o->typed)) : ERR_NONE;
}

enum err line_output_flush(struct line_output *o)
{
	enum err err = ERR_NONE;

	if (o->len == 0)
		return ERR_NONE;
	err = hide_typed(o);
	if (err == ERR_NONE)
		err = write_all(o->out, o->len);
	if (err != ERR_NONE)
		return err;
	o->len = 0;
	return show_typed(o);
}

/* ---- the terminal of who listens ------------------------------------------------------------- */

enum err line_output_fit(struct line_output *o)
{
	struct winsize size = {.ws_col = 0};
	enum err err;

	if (!o->typed || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return ERR_NONE;
	err = write_slice(typed_line_fit(o->typed, size.ws_col));
	return err == ERR_NONE ? show_typed(o) : err;
}

enum err line_output_resume(struct line_output *o)
{
	enum err err;

	if (!o->typed)
		return ERR_NONE;
	err = hide_typed(o);
	if (err != ERR_NONE)
		return err;
	return terminal_take_keys() ? show_typed(o) : ERR_SYSTEM;
}

static enum err suspend(struct line_output *o)
{
	enum err err = hide_typed(o);

	if (err != ERR_NONE)
		return err;
	terminal_give_back_keys();
	terminal_suspend();
	return line_output_resume(o);
}

static bool begin_spoken(struct line_output *o)
{
	o->typed = typed_line_new();
	return o->typed && terminal_take_keys() && line_output_fit(o) == ERR_NONE;
}

struct line_output *line_output_new(enum line_output_kind kind, const struct preferences *p)
{
	struct line_output *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->json = kind == LINE_OUTPUT_JSON;
	o->preferences = p;
	line_output_prefer(o);
	if (kind != LINE_OUTPUT_SPOKEN || begin_spoken(o))
		return o;
	line_output_free(o);
	return NULL;
}

/* What was being typed goes with the client. */
static void end_spoken(struct line_output *o)
{
	if (hide_typed(o) == ERR_NONE)
		terminal_give_back_keys(); /* else the session does */
	typed_line_free(o->typed);
}

void line_output_free(struct line_output *o)
{
	if (!o)
		return;
	if (o->typed)
		end_spoken(o);
	members_wipe(&o->listed);
	free(o);
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* Makes sure that there is room for one more line of any length. */
static enum err make_room(struct line_output *o)
{
	return OUTPUT_SIZE - o->len < FORMAT_LINE_SIZE ? line_output_flush(o) : ERR_NONE;
}

static struct buf rest_of(struct line_output *o)
{
	return buf_of(o->out + o->len, OUTPUT_SIZE - o->len);
}

static void take(struct line_output *o, const struct buf *line)
{
	if (!line->failed)
		o->len += line->len;
}

/* Lines of ours, made safe; `o` has room for any that MESSAGE_MAX_WORDS bytes can make. */
static void put_words(struct line_output *o, struct slice words)
{
	o->len += text_safe(o->out + o->len, OUTPUT_SIZE - o->len - 1, (const char *)words.data,
			    words.len, true);
	o->out[o->len++] = '\n';
}

static void say_line(const char *s, size_t n)
{
	(void)fprintf(stderr, "chat-client: %.*s\n", (int)n, s);
}

void line_output_say(struct slice words)
{
	char safe[TEXT_SAFE_SIZE(MESSAGE_MAX_WORDS)];
	const char *s = safe;

	(void)text_safe(safe, sizeof(safe), (const char *)words.data, words.len, true);
	while (*s) {
		size_t n = strcspn(s, "\n");
		say_line(s, n);
		s += n + (s[n] == '\n');
	}
}

/* What goes to standard error comes after what standard output was given before.  Who listens has both in
 * one place. */
static enum err say(struct line_output *o, struct slice words)
{
	enum err err = ERR_NONE;

	if (o->typed) {
		put_words(o, words);
		return ERR_NONE;
	}
	err = line_output_flush(o);
	line_output_say(words);
	return err;
}

/* ---- messages ------------------------------------------------------------------------------ */

/* Some events have no words. */
static void end_line(struct line_output *o, size_t n)
{
	if (n == 0)
		return;
	o->len += n;
	o->out[o->len++] = '\n';
}

static void put_event(struct line_output *o, const struct event *e, struct slice room,
		      enum format_how how)
{
	struct buf line = rest_of(o);
	char when[JSON_TIME_SIZE];

	if (!o->json && preferences_ignores_event(o->preferences, e))
		return;
	if (o->json) {
		format_json_event(&line, e, room, how);
		take(o, &line);
	} else if (how == FORMAT_FOUND) {
		end_line(o, format_found(e, room, json_time_format(e->time_ms, when),
					 o->out + o->len));
	} else if (o->typed) {
		end_line(o, format_spoken(e, room, o->out + o->len));
	} else {
		end_line(o, format_plain(e, room, o->out + o->len));
	}
}

static enum err show_event(struct line_output *o, const struct message_event *m,
			   enum format_how how)
{
	struct slice raw = m->raw;
	struct frame f;

	if (frame_get(&raw, &f) != ERR_NONE || f.type != FRAME_EVENT)
		return ERR_MALFORMED;
	put_event(o, &f.event, m->room, how);
	return ERR_NONE;
}

static enum err show_page(struct line_output *o, const struct message_page *p)
{
	struct slice rest = p->events, raw;
	struct event e;
	enum err err = ERR_NONE;

	while (err == ERR_NONE && page_get(&rest, &e, &raw)) {
		put_event(o, &e, p->room, FORMAT_PAST);
		err = make_room(o);
	}
	return rest.failed ? ERR_MALFORMED : err;
}

static enum err show_rooms(struct line_output *o, uint64_t id, struct slice entries)
{
	struct listed_room r;
	enum err err = ERR_NONE;

	while (err == ERR_NONE && list_get(&entries, &r)) {
		struct buf line = rest_of(o);
		if (o->json) {
			format_json_room(&line, id, &r);
			take(o, &line);
		} else {
			end_line(o, format_room(&r, o->out + o->len));
		}
		err = make_room(o);
	}
	return entries.failed ? ERR_MALFORMED : err;
}

static enum err show_whois(struct line_output *o, uint64_t id, struct slice text)
{
	struct buf line = rest_of(o);
	struct whois w;

	if (!whois_get(text, &w))
		return ERR_MALFORMED;
	if (o->json) {
		about_json(&line, id, &w);
		take(o, &line);
	} else {
		end_line(o, about_words(&w, clock_wall_ms(), o->out + o->len));
	}
	return ERR_NONE;
}

static bool is_paged(const struct message_result *r)
{
	return r->code == CODE_OK && (r->kind == COMMAND_PAGE || r->kind == COMMAND_SEARCH);
}

static enum err show_result(struct line_output *o, const struct message_result *r)
{
	if (o->json) {
		struct buf line = rest_of(o);
		format_json_result(&line, &(struct format_result){.id = r->id,
								  .code = r->code,
								  .seq = r->seq,
								  .room = r->room,
								  .paged = is_paged(r),
								  .more = r->more,
								  .text = r->text});
		take(o, &line);
		return ERR_NONE;
	}
	if (r->code == CODE_OK)
		return ERR_NONE;
	return say(o, r->text.len > 0 ? r->text : message_text(code_reason(r->code)));
}

static enum err show_notice(struct line_output *o, enum notice_level level, struct slice text)
{
	if (o->json || level != NOTICE_ANSWER)
		return say(o, text);
	put_words(o, text);
	return ERR_NONE;
}

/* What was refused to a person who reads lines. */
static enum err show_said(struct line_output *o, const struct message_said *s)
{
	char words[MESSAGE_MAX_WORDS];
	size_t n = text_clip((const char *)s->text.data, s->text.len, MESSAGE_MAX_WORDS / 2);

	if (s->state != SAID_FAILED)
		return ERR_NONE;
	snprintf(words, sizeof(words), "not sent (%.*s): %.*s", (int)s->reason.len,
		 (const char *)s->reason.data, (int)n, (const char *)s->text.data);
	return say(o, message_text(words));
}

static void show_names(struct line_output *o, uint64_t id, struct slice names)
{
	enum member_state state;
	struct slice name;

	while (who_get(&names, &name, &state)) {
		struct buf line = rest_of(o);
		format_json_who(&line, id, name, state);
		take(o, &line);
	}
}

static enum err show_list(struct line_output *o)
{
	char *sentence = members_sentence(&o->listed);
	const char *s = sentence;
	size_t n = s ? strlen(s) : 0;
	enum err err = s ? ERR_NONE : ERR_MEMORY;

	/* A list of any length, in pieces that there is room for. */
	while (n > 0 && err == ERR_NONE) {
		size_t piece = text_clip(s, n, MESSAGE_MAX_WORDS);
		o->len += text_safe(o->out + o->len, OUTPUT_SIZE - o->len, s, piece, false);
		s += piece;
		n -= piece;
		err = make_room(o);
	}
	o->out[o->len++] = '\n';
	free(sentence);
	return err;
}

static enum err show_who(struct line_output *o, const struct message_who *w)
{
	enum err err;

	if (!w->asked)
		return ERR_NONE;
	if (o->json) {
		show_names(o, w->id, w->names);
		return ERR_NONE;
	}
	if (w->first)
		members_wipe(&o->listed);
	err = members_page(&o->listed, w->names);
	return err != ERR_NONE || w->more ? err : show_list(o);
}

static enum err show_edit(struct line_output *o, const struct message_edit *e)
{
	enum err err = o->typed ? typed_line_edit(o->typed, e) : ERR_NONE;

	return err == ERR_NONE ? show_typed(o) : err;
}

static void say_place(struct line_output *o, const struct message_status *s)
{
	char words[4 * MESSAGE_MAX_LABEL];
	bool first = !o->room[0];

	snprintf(o->room, sizeof(o->room), "%.*s", (int)s->room.len, (const char *)s->room.data);
	if (first)
		snprintf(words, sizeof(words),
			 "you are in %s as %.*s\ntype a line, Enter says it; /help lists the "
			 "commands",
			 o->room, (int)s->nick.len, (const char *)s->nick.data);
	else
		snprintf(words, sizeof(words), "you are in %s", o->room);
	put_words(o, message_text(words));
}

/* Who sees no title has to be told where they are. */
static enum err show_status(struct line_output *o, const struct message_status *s)
{
	struct slice room = message_text(o->room);

	take_nick(o, s->nick);
	if (!o->typed)
		return ERR_NONE;
	if (s->link == LINK_ONLINE && s->room.len > 0 && s->room.len < sizeof(o->room) &&
	    (room.len != s->room.len || memcmp(room.data, s->room.data, room.len) != 0))
		say_place(o, s);
	typed_line_prompt(o->typed, s->prompt);
	return show_typed(o);
}

bool line_output_wants(struct line_output *o, const struct message *m, struct message *wish)
{
	if (!o->typed || m->type != MESSAGE_COMPLETE)
		return false;
	typed_line_complete(o->typed, &m->complete, wish);
	return true;
}

enum err line_output_message(struct line_output *o, const struct message *m)
{
	enum err err = make_room(o);

	if (err == ERR_NONE && o->typed)
		err = typed_line_heed(o->typed, m);
	if (err != ERR_NONE)
		return err;
	switch (m->type) {
	case MESSAGE_EVENT:
		return show_event(o, &m->event, FORMAT_LIVE);
	case MESSAGE_FOUND:
		return show_event(o, &m->event, FORMAT_FOUND);
	case MESSAGE_PAGE:
		return show_page(o, &m->page);
	case MESSAGE_LIST:
		return show_rooms(o, m->list.id, m->list.entries);
	case MESSAGE_WHOIS:
		return show_whois(o, m->list.id, m->list.entries);
	case MESSAGE_RESULT:
		return show_result(o, &m->result);
	case MESSAGE_NOTICE:
		return show_notice(o, m->notice.level, m->notice.text);
	case MESSAGE_WHO:
		return show_who(o, &m->who);
	case MESSAGE_SAID:
		return show_said(o, &m->said);
	case MESSAGE_EDIT:
		return show_edit(o, &m->edit);
	case MESSAGE_KEY:
		return o->typed && m->key == VIEW_KEY_SUSPEND ? suspend(o) : ERR_NONE;
	case MESSAGE_STATUS:
		return show_status(o, &m->status);
	default: /* what a screen alone shows */
		break;
	}
	return ERR_NONE;
}
