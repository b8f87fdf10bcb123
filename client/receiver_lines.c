/* Lines on standard output; the contract is in receiver_lines.h. */
#include "receiver_lines.h"

#include "proto/text.h"
#include "sys/clock.h"
#include "ui/about.h"
#include "ui/format.h"
#include "ui/members.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_SIZE = 2 * FORMAT_LINE_SIZE };

struct line_output {
	bool json;
	const struct preferences *preferences;
	char nick[MESSAGE_MAX_LABEL + 1];
	struct mention mention; /* what means whom it is called */
	struct members listed;	/* pages of an answer to /who */
	size_t len;
	char out[OUTPUT_SIZE];
};

struct line_output *line_output_new(bool json, const struct preferences *p)
{
	struct line_output *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->json = json;
	o->preferences = p;
	line_output_prefer(o);
	return o;
}

void line_output_free(struct line_output *o)
{
	if (!o)
		return;
	members_wipe(&o->listed);
	free(o);
}

/* ---- calling the person ------------------------------------------------------------------------ */

void line_output_prefer(struct line_output *o)
{
	mention_set(&o->mention, o->nick, o->preferences->settings.highlight_words);
}

static void take_status(struct line_output *o, const struct message_status *s)
{
	char nick[MESSAGE_MAX_LABEL + 1];

	(void)text_safe(nick, sizeof(nick), (const char *)s->nick.data, s->nick.len, false);
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

enum err line_output_flush(struct line_output *o)
{
	size_t at = 0;

	while (at < o->len) {
		size_t wrote;
		enum err err = write_some(o->out + at, o->len - at, &wrote);
		if (err != ERR_NONE)
			return err;
		at += wrote;
	}
	o->len = 0;
	return ERR_NONE;
}

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

/* What goes to standard error comes after what standard output was given before. */
static enum err say(struct line_output *o, struct slice words)
{
	enum err err = line_output_flush(o);

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

enum err line_output_message(struct line_output *o, const struct message *m)
{
	enum err err = make_room(o);

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
	case MESSAGE_STATUS:
		take_status(o, &m->status);
		break;
	default: /* half-typed lines and keys are nothing to a pipe */
		break;
	}
	return ERR_NONE;
}
