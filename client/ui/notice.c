/* When the person is called; the contract is in notice.h. */
#include "ui/notice.h"

#include "proto/text.h"
#include "ui/format.h"

#include <stdio.h>
#include <string.h>

void notice_focus(struct notice *n, bool looks)
{
	n->focus = looks ? NOTICE_LOOKS : NOTICE_AWAY;
}

bool notice_pressed(struct notice *n, uint64_t now, bool typed)
{
	bool news = typed && n->focus == NOTICE_AWAY;

	n->pressed = now;
	if (news)
		n->focus = NOTICE_LOOKS;
	return news;
}

static bool looks(const struct notice *n, uint64_t now)
{
	if (n->focus == NOTICE_UNTOLD)
		return n->pressed > 0 && now - n->pressed < NOTICE_AT_HAND_US;
	return n->focus == NOTICE_LOOKS;
}

static bool is_wanted(enum settings_notify level, const struct notice_news *news)
{
	switch (level) {
	case SETTINGS_NOTIFY_ALL:
		return true;
	case SETTINGS_NOTIFY_MENTIONS:
		return news->calls;
	case SETTINGS_NOTIFY_NONE:
		break;
	}
	return false;
}

unsigned notice_ways(const struct settings *s)
{
	return (s->bell ? NOTICE_BELL : 0u) | (s->desktop_notify ? NOTICE_DESKTOP : 0u) |
	       (s->hook[0] ? NOTICE_HOOK : 0u);
}

bool notice_take(struct notice *n, uint64_t now, enum settings_notify level,
		 const struct notice_news *news)
{
	if (news->past || !news->words || !is_wanted(level, news))
		return false;
	if (news->shown && looks(n, now))
		return false;
	if (n->called > 0 && now - n->called < NOTICE_PACE_US)
		return false;
	n->called = now;
	return true;
}

/* ---- what was said -------------------------------------------------------------------------- */

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static bool is_direct(struct slice room)
{
	return room.len > 0 && room.data[0] == '@';
}

static bool mentions(const struct mention *m, struct slice text)
{
	char safe[TEXT_SAFE_SIZE(TEXT_MAX_BYTES)];

	return mention_in(m, safe,
			  text_safe(safe, sizeof(safe), (const char *)text.data, text.len, true));
}

struct notice_news notice_read(const struct notice_person *who, struct slice room,
			       const struct event *e)
{
	bool talk = e->kind == EVENT_TALK || e->kind == EVENT_EDITED;
	struct notice_news news = {0};

	news.words = (talk && !same(e->from, who->nick)) || e->kind == EVENT_ANNOUNCE;
	if (!news.words || preferences_ignores_event(who->preferences, e))
		return (struct notice_news){0};
	news.calls = is_direct(room) || mentions(who->mention, e->text);
	return news;
}

/* ---- in words ------------------------------------------------------------------------------- */

static void put_safe(char *out, size_t cap, struct slice s)
{
	(void)text_safe(out, cap, (const char *)s.data, s.len, false);
}

void notice_words(struct notice_words *out, struct slice room, const struct event *e)
{
	char who[NAME_MAX_BYTES + 1], where[NOTICE_LABEL_SIZE - sizeof(who) - 4];
	size_t mark = strlen(FORMAT_ACTION);
	struct slice text = e->text;

	put_safe(who, sizeof(who), e->from);
	put_safe(where, sizeof(where), room);
	if (who[0] && is_direct(room))
		snprintf(out->title, sizeof(out->title), "%s", who);
	else
		snprintf(out->title, sizeof(out->title), "%s%s%s", who, who[0] ? " in " : "",
			 where);
	if (text.len > mark && memcmp(text.data, FORMAT_ACTION, mark) == 0)
		text = slice_of(text.data + mark, text.len - mark);
	put_safe(out->body, sizeof(out->body), text);
}

const char *notice_title(uint64_t unread, uint64_t mentions, const char *room,
			 char out[NOTICE_TITLE_SIZE])
{
	char counts[64] = "";
	size_t n = text_clip(room, strlen(room), NOTICE_TITLE_SIZE - sizeof(counts) - 8);

	if (mentions > 0)
		snprintf(counts, sizeof(counts), "(%llu !%llu) ", (unsigned long long)unread,
			 (unsigned long long)mentions);
	else if (unread > 0)
		snprintf(counts, sizeof(counts), "(%llu) ", (unsigned long long)unread);
	snprintf(out, NOTICE_TITLE_SIZE, "%s%.*s%schat", counts, (int)n, room, n ? " - " : "");
	return out;
}
