/* What the server, or the seat on the way to it, has to say: events, gaps, other logs, the end. */
#include "session_news.h"

#include "session_calls.h"
#include "session_local.h"
#include "session_reads.h"
#include "session_rooms.h"
#include "session_unsent.h"
#include "trust.h"

#include <stdio.h>
#include <string.h>

/* The connection is no more: with it goes what no server has acknowledged, and that is said. */
static void lose(struct client *c, enum session_exit code, const char *words)
{
	char all[MESSAGE_MAX_WORDS];
	size_t n = client_unsent(c);

	if (client_lines_kept(c) > 0)
		snprintf(all, sizeof(all), "%.3800s (%zu line%s not delivered, and kept)", words, n,
			 n == 1 ? " was" : "s were");
	else if (n > 0)
		snprintf(all, sizeof(all), "%.3800s (%zu line%s not delivered)", words, n,
			 n == 1 ? " was" : "s were");
	client_finish(c, code, n > 0 ? all : words);
}

static void take_event(struct client *c, const struct seat_event *ev)
{
	struct message m = {.type = MESSAGE_EVENT,
			    .event = {.room = ev->room, .raw = ev->heard.raw}};

	m.event.past = client_is_past(c, ev->room, &ev->heard.event);
	client_heard(c, ev->room, &ev->heard.event);
	client_follow_rename(c, &ev->heard.event);
	if (c->leaving == QUIT_SENT || c->leaving == LEFT)
		return;
	client_tell(c, &m);
	client_note(c, ev->room, ev->heard.event.seq);
}

/* The rooms that a person was in the last time.  A program is in those that it names. */
static void enter_remembered(struct client *c)
{
	char rooms[WIRE_ROOMS_MAX][CURSORS_ROOM];
	size_t n;

	if (!c->o->interactive)
		return;
	n = cursors_rooms_in(c->o->cursors, rooms, WIRE_ROOMS_MAX);
	for (size_t i = 0; i < n; i++)
		client_be_in(c, rooms[i], false);
}

/* The server has answered, so it knows the password, and its key is worth keeping. */
static void keep_key(struct client *c)
{
	const char *sentence = c->o->trust ? trust_opened(c->o->trust) : NULL;
	char words[MESSAGE_MAX_WORDS]; /* a file's name may be long */

	snprintf(words, sizeof(words), "%.3800s", sentence ? sentence : "");
	if (sentence)
		client_notice(c, NOTICE_INFO, words);
	client_know_server(c);
	client_keep_server(c);
}

/* In words for who reads lines; who has a screen sees it there. */
static void take_state(struct client *c, enum seat_state state, enum transport transport)
{
	char words[64];

	if (c->o->screen || c->leaving == QUIT_SENT || c->leaving == LEFT)
		return;
	if (state == SEAT_RECONNECTING && !c->lost)
		client_notice(c, NOTICE_INFO, "connection lost, reconnecting");
	snprintf(words, sizeof(words), "back, over %s", transport ? transport_name(transport) : "");
	if (state == SEAT_ONLINE && c->lost)
		client_notice(c, NOTICE_INFO, words);
	c->lost = state == SEAT_RECONNECTING || (c->lost && state != SEAT_ONLINE);
}

/* " of #dev", or nothing for the lobby. */
static const char *of_room(const struct client *c, struct slice room, char out[128])
{
	bool lobby = room.len == 0 || visits_find(&c->visits, room) == c->visits.all[0];

	snprintf(out, 128, "%s%.*s", lobby ? "" : " of ", lobby ? 0 : (int)room.len,
		 (const char *)room.data);
	return out;
}

static void take_gap(struct client *c, struct slice room, uint64_t missed)
{
	char words[256], where[128];

	snprintf(words, sizeof(words), "%llu event%s%s %s missing here: the room no longer has %s",
		 (unsigned long long)missed, missed == 1 ? "" : "s", of_room(c, room, where),
		 missed == 1 ? "is" : "are", missed == 1 ? "it" : "them");
	client_notice(c, NOTICE_INFO, words);
	client_ask_who(c, room);
}

/* Of all rooms, or of one alone whose log has lost its end. */
static void take_new_log(struct client *c, struct slice room)
{
	char words[256], where[128];

	snprintf(words, sizeof(words), "the server has lost the newest events%s",
		 of_room(c, room, where));
	client_notice(c, NOTICE_INFO,
		      room.len > 0 ? words
				   : "the server was started anew: what was said before is not in "
				     "its log");
	client_begin_anew(c, room);
	client_ask_who(c, room.len > 0 ? room : visit_name(c->visits.all[0]));
}

/* Why the seat is over, in words. */
static void end_words(const struct client *c, const struct seat_event *ev, char *out, size_t cap)
{
	int len = (int)ev->ended.text.len;
	const char *text = (const char *)ev->ended.text.data;

	if (ev->ended.code == CODE_KEY_CHANGED && c->o->trust)
		snprintf(out, cap, "%.3800s", c->o->trust->words);
	else if (ev->ended.code == CODE_NOT_ACCEPTED)
		snprintf(out, cap, "the server does not let us in: %s",
			 c->o->has_password ? "the password is wrong, or the room has none"
			 : c->o->fallback
				 ? "the room may have a password; /connect takes its file"
				 : "the room may have a password; give it with --password-file");
	else if (ev->ended.code != CODE_OK)
		snprintf(out, cap, "%s%s%.*s", code_reason(ev->ended.code), len ? ": " : "", len,
			 text);
	else if (ev->ended.how == SEAT_END_NOBODY)
		snprintf(out, cap, "no chat-server reached at %s: %.*s", c->label, len, text);
	else
		snprintf(out, cap, "the connection to %s is lost: %.*s", c->label, len, text);
}

static void seat_over(struct client *c, const struct seat_event *ev)
{
	static const enum session_exit codes[] = {
		[SEAT_END_LEFT] = SESSION_DONE,
		[SEAT_END_NOBODY] = SESSION_NO_SERVER,
		[SEAT_END_REFUSED] = SESSION_REFUSED,
		[SEAT_END_LOST] = SESSION_LOST,
	};
	char words[MESSAGE_MAX_WORDS];

	if (c->leaving == QUIT_SENT || c->leaving == LEFT || ev->ended.how == SEAT_END_LEFT) {
		c->leaving = LEFT;
		return;
	}
	end_words(c, ev, words, sizeof(words));
	lose(c, codes[ev->ended.how], words);
}

void client_event(void *ctx, const struct seat_event *ev)
{
	struct client *c = ctx;

	switch (ev->kind) {
	case SEAT_STATE:
		take_state(c, ev->now.state, ev->now.transport);
		if (ev->now.state == SEAT_ONLINE)
			client_say_away_again(c);
		break;
	case SEAT_JOINED:
		keep_key(c);
		client_joined(c, &ev->answer.reply);
		client_calls_joined(c, ev->answer.reply.seq);
		client_keep_log(c, ev->answer.reply.epoch);
		enter_remembered(c);
		break;
	case SEAT_REFUSED:
		keep_key(c);
		client_not_joined(c, &ev->answer.reply);
		break;
	case SEAT_REPLY:
	case SEAT_FORGOTTEN:
		client_take_reply(c, ev);
		break;
	case SEAT_HEARD:
		take_event(c, ev);
		break;
	case SEAT_ANEW:
		take_new_log(c, ev->room);
		break;
	case SEAT_GAP:
		take_gap(c, ev->room, ev->missed);
		break;
	case SEAT_ENTERED:
		client_entered(c, ev->room, ev->was);
		client_note_in(c, ev->room, true);
		break;
	case SEAT_LEFT:
		client_left(c, ev->room, ev->left);
		client_note_in(c, ev->room, false);
		break;
	case SEAT_ENDED:
		seat_over(c, ev);
		break;
	}
}

void client_usurped(void *ctx, const char *sentence)
{
	lose(ctx, SESSION_REFUSED, sentence);
}
