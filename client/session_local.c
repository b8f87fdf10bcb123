/*
 * Commands that need no server.
 *
 * What the person chooses holds at once, in all three processes, and is kept in the file of settings; if
 * that cannot be, it holds for this run, and that is said.
 */
#include "session_local.h"

#include "session_said.h"
#include "proto/text.h"
#include "settings_file.h"
#include "sys/clock.h"
#include "ui/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- choosing ---------------------------------------------------------------------------------- */

static void tell_one(void *ctx, const struct preference *one)
{
	struct client *c = ctx;
	struct message m = {.type = MESSAGE_SETTING, .setting = *one};

	client_tell(c, &m);
	client_tell_sender(c, &m);
}

void client_tell_preferences(struct client *c)
{
	preferences_each(c->o->preferences, tell_one, c);
	if (*c->o->settings_words)
		client_notice(c, NOTICE_ERROR, c->o->settings_words);
}

static void keep(struct client *c, const struct preference *one)
{
	const char *path = c->o->settings_path;
	char words[MESSAGE_MAX_WORDS];
	enum err err = *path ? settings_file_put(path, one) : ERR_NOT_FOUND;

	if (err == ERR_NONE)
		return;
	if (err == ERR_NOT_FOUND)
		snprintf(words, sizeof(words),
			 "it holds for this run: there is no home directory "
			 "to keep it in");
	else
		snprintf(words, sizeof(words),
			 "it holds for this run: %.3800s cannot be changed: %s", path,
			 err == ERR_CLOSED    ? "others can change it, too"
			 : err == ERR_TOO_BIG ? "it is too long"
			 : err == ERR_FULL    ? "another client does so now"
			 : err == ERR_MEMORY  ? "out of memory"
					      : strerror(errno));
	client_notice(c, NOTICE_ERROR, words);
}

static enum err choose(struct client *c, const struct preference *one)
{
	enum err err = preferences_put(c->o->preferences, one);

	if (err != ERR_NONE)
		return err;
	tell_one(c, one);
	keep(c, one);
	return ERR_NONE;
}

/* The file has the name as it was typed, which need not be as it is now: "bob" for Bob. */
static enum err choose_ignored(struct client *c, struct slice name, bool on)
{
	struct preference now = {PREFERENCE_IGNORED, name, message_text(on ? "all" : "")};
	struct slice as = preferences_ignored_as(c->o->preferences, name);
	struct preference before = {.kind = PREFERENCE_IGNORED};
	char typed[NAME_MAX_BYTES];

	if (as.len > sizeof(typed))
		as.len = 0; /* it does not happen: a longer one has no key */
	if (as.len > 0)
		memcpy(typed, as.data, as.len);
	before.name = slice_of(typed, as.len);
	if (as.len > 0 && choose(c, &before) != ERR_NONE)
		return ERR_MEMORY; /* it does not happen: what is there can be removed */
	return on ? choose(c, &now) : ERR_NONE;
}

static void done(struct client *c)
{
	client_line_done(c, &(struct message_result){.code = CODE_OK});
}

static void answer(struct client *c, const char *words)
{
	client_notice(c, NOTICE_ANSWER, words);
	done(c);
}

static void refuse(struct client *c, const char *words)
{
	client_refuse(c, CODE_UNKNOWN_COMMAND, words);
}

/* For all of them but what a value cannot be, which each says in its own words. */
static void refuse_for(struct client *c, enum err err, const char *malformed)
{
	if (err == ERR_MALFORMED)
		refuse(c, malformed);
	else
		refuse(c, err == ERR_FULL ? "there are too many already" : "out of memory");
}

/* ---- /set ---------------------------------------------------------------------------------------- */

static size_t list_setting(const struct settings *s, const struct setting *row, char *out,
			   size_t cap)
{
	char value[SETTINGS_WORDS_SIZE], initial[SETTINGS_WORDS_SIZE];
	bool other = !settings_is_initial(s, row);
	int n = snprintf(out, cap, "%-16s %s%s%s%s\n", row->name, settings_value(s, row, value),
			 other ? "  (at first " : "", other ? settings_initial(row, initial) : "",
			 other ? ")" : "");

	return n > 0 && (size_t)n < cap ? (size_t)n : 0; /* what does not fit is left out */
}

static void list_settings(struct client *c)
{
	const struct settings *s = &c->o->preferences->settings;
	char out[MESSAGE_MAX_WORDS];
	const struct setting *row;
	size_t at = 0;

	for (size_t i = 0; (row = settings_row(i)) != NULL; i++)
		at += list_setting(s, row, out + at, sizeof(out) - at);
	out[at - 1] = '\0';
	answer(c, out);
}

static void tell_setting(struct client *c, const struct setting *row)
{
	const struct settings *s = &c->o->preferences->settings;
	char value[SETTINGS_WORDS_SIZE], range[SETTINGS_WORDS_SIZE], initial[SETTINGS_WORDS_SIZE];
	char words[MESSAGE_MAX_WORDS];

	snprintf(words, sizeof(words), "%s = %s\n%s\n(%s; at first %s)", row->name,
		 settings_value(s, row, value), row->help, settings_range(row, range),
		 settings_initial(row, initial));
	answer(c, words);
}

static void set(struct client *c, const struct setting *row, struct slice value)
{
	bool none = value.len == 1 && value.data[0] == '-' && row->type == SETTING_TEXT;
	struct preference one = {.kind = PREFERENCE_SETTING,
				 .name = message_text(row->name),
				 .value = none ? message_text("") : value};
	struct settings before = c->o->preferences->settings;
	char words[2 * SETTINGS_WORDS_SIZE], kept[SETTINGS_WORDS_SIZE];
	enum err err = settings_put(&before, row, value);

	snprintf(words, sizeof(words), "%s is %s", row->name, settings_range(row, kept));
	if (err != ERR_NONE) {
		refuse(c, words);
		return;
	}
	/* as it is written when it is told: "On" is "on", and what it is at first is nothing */
	one.value = settings_is_initial(&before, row)
			    ? message_text("")
			    : message_text(settings_value(&before, row, kept));
	err = choose(c, &one);
	snprintf(words, sizeof(words), "%s = ", row->name);
	settings_value(&c->o->preferences->settings, row, words + strlen(words));
	if (err == ERR_NONE)
		answer(c, words);
	else
		refuse_for(c, err, words);
}

static void run_set(struct client *c, const struct command_line *l)
{
	const struct setting *row = settings_find(l->who);

	if (l->who.len == 0)
		list_settings(c);
	else if (!row)
		refuse(c, "there is no setting of that name: /set lists them");
	else if (l->text.len == 0)
		tell_setting(c, row);
	else
		set(c, row, l->text);
}

/* ---- /alias, /ignore, /mute-notify ----------------------------------------------------------------- */

struct listing {
	struct client *c;
	enum preference_kind kind;
	size_t count;
};

static void list_one(void *ctx, const struct preference *one)
{
	struct listing *list = ctx;
	char words[MESSAGE_MAX_WORDS];

	if (one->kind != list->kind)
		return;
	list->count++;
	if (one->kind == PREFERENCE_ALIAS)
		snprintf(words, sizeof(words), "/%.*s = %.*s", (int)one->name.len,
			 (const char *)one->name.data, (int)one->value.len,
			 (const char *)one->value.data);
	else
		snprintf(words, sizeof(words), "%.*s is ignored", (int)one->name.len,
			 (const char *)one->name.data);
	client_notice(list->c, NOTICE_ANSWER, words);
}

/* What there is of that kind, or that there is nothing. */
static void list_all(struct client *c, enum preference_kind kind, const char *nothing)
{
	struct listing list = {.c = c, .kind = kind};

	preferences_each(c->o->preferences, list_one, &list);
	if (list.count == 0)
		client_notice(c, NOTICE_ANSWER, nothing);
	done(c);
}

static bool is_none(struct slice s)
{
	return s.len == 1 && s.data[0] == '-';
}

static void tell_alias(struct client *c, struct slice name)
{
	const char *stands_for = preferences_alias(c->o->preferences, name);
	char words[MESSAGE_MAX_WORDS];

	snprintf(words, sizeof(words), "/%.*s = %s", (int)name.len, (const char *)name.data,
		 stands_for ? stands_for : "");
	if (stands_for)
		answer(c, words);
	else
		refuse(c, "there is no alias of that name: /alias lists them");
}

static void run_alias(struct client *c, const struct command_line *l)
{
	bool slash = l->who.len > 1 && l->who.data[0] == '/';
	struct slice name = slash ? slice_of(l->who.data + 1, l->who.len - 1) : l->who;
	struct preference one = {.kind = PREFERENCE_ALIAS,
				 .name = name,
				 .value = is_none(l->text) ? message_text("") : l->text};
	enum err err;

	if (name.len == 0) {
		list_all(c, PREFERENCE_ALIAS, "there are none: /alias NAME WORDS makes one");
		return;
	}
	if (l->text.len == 0) {
		tell_alias(c, name);
		return;
	}
	err = choose(c, &one);
	if (err == ERR_NONE && one.value.len > 0)
		tell_alias(c, name);
	else if (err == ERR_NONE)
		answer(c, "there is no such alias any more");
	else if (err == ERR_EXISTS)
		refuse(c, "there is a command of that name: an alias has to have another");
	else
		refuse_for(c, err,
			   "an alias has a short name without any of / = : $ # ; and stands for "
			   "one line of at most 1024 bytes");
}

static void ignore(struct client *c, struct slice name, bool on)
{
	enum err err = choose_ignored(c, name, on);
	char words[NAME_MAX_BYTES + 64];

	snprintf(words, sizeof(words), on ? "%.*s is ignored" : "%.*s is shown again",
		 (int)text_clip((const char *)name.data, name.len, NAME_MAX_BYTES),
		 (const char *)name.data);
	if (err == ERR_NONE)
		answer(c, words);
	else
		refuse_for(c, err, "that cannot be anybody's name");
}

/* "@bob" is bob, too. */
static struct slice member_called(struct slice who)
{
	bool at = who.len > 1 && who.data[0] == '@';

	return at ? slice_of(who.data + 1, who.len - 1) : who;
}

static void run_ignore(struct client *c, struct slice name)
{
	if (name.len == 0)
		list_all(c, PREFERENCE_IGNORED, "nobody is ignored: /ignore NICK");
	else if (name.len == strlen(c->nick) && memcmp(name.data, c->nick, name.len) == 0)
		refuse(c, "that is you");
	else
		ignore(c, name, true);
}

static void run_unignore(struct client *c, struct slice name)
{
	if (preferences_ignores(c->o->preferences, name))
		ignore(c, name, false);
	else
		refuse(c, "nobody of that name is ignored: /ignore lists those who are");
}

static void tell_level(struct client *c)
{
	static const char *const levels[] = {[SETTINGS_NOTIFY_ALL] = "all",
					     [SETTINGS_NOTIFY_MENTIONS] = "mentions",
					     [SETTINGS_NOTIFY_NONE] = "none"};
	const struct visit *here = c->visits.here;
	char words[WIRE_ROOM_NAME_MAX + 128];

	snprintf(words, sizeof(words), "what calls you in %s: %s (all, mentions, none or default)",
		 here->name, levels[preferences_notify(c->o->preferences, visit_name(here))]);
	answer(c, words);
}

static void run_mute(struct client *c, struct slice level)
{
	bool usual = level.len == 7 && memcmp(level.data, "default", 7) == 0;
	struct preference one = {.kind = PREFERENCE_ROOM,
				 .name = visit_name(c->visits.here),
				 .value = usual ? message_text("") : level};
	enum err err;

	if (level.len == 0) {
		tell_level(c);
		return;
	}
	err = choose(c, &one);
	if (err == ERR_NONE)
		tell_level(c);
	else
		refuse_for(c, err, "what calls you is all, mentions, none or default");
}

/* Where there is no place for the new name, it stays with the old one. */
void client_follow_rename(struct client *c, const struct event *e)
{
	const struct preferences *p = c->o->preferences;

	if (e->kind != EVENT_NICK || !preferences_ignores(p, e->from))
		return;
	if (!preferences_ignores(p, e->text) && choose_ignored(c, e->text, true) == ERR_NONE &&
	    choose_ignored(c, e->from, false) != ERR_NONE)
		client_notice(c, NOTICE_ERROR, "out of memory");
}

void client_heed_own_name(struct client *c)
{
	if (preferences_ignores(c->o->preferences, message_text(c->nick)) &&
	    choose_ignored(c, message_text(c->nick), false) == ERR_NONE)
		client_notice(c, NOTICE_INFO, "your name was ignored: it is shown again");
}

/* ---- the others ------------------------------------------------------------------------------------- */

static void run_help(struct client *c, struct slice topic)
{
	char text[MESSAGE_MAX_WORDS];
	bool slash = topic.len > 1 && topic.data[0] == '/';
	struct slice name = slash ? slice_of(topic.data + 1, topic.len - 1) : topic;

	command_help(topic, text, sizeof(text));
	if (preferences_alias(c->o->preferences, name))
		tell_alias(c, name);
	else
		answer(c, text);
}
_Static_assert((int)COMMAND_HELP_SIZE <= (int)MESSAGE_MAX_WORDS, "all of the help is told");

static void run_version(struct client *c)
{
	char words[64];

	snprintf(words, sizeof(words), "chat-client " CHAT_VERSION ", protocol %d", WIRE_VERSION);
	answer(c, words);
}

/* False: it was refused. */
static bool note_place(struct client *c, struct slice address, struct slice file)
{
	struct session_end *end = c->end;
	struct sock_error why;
	struct endpoint place;

	if (address.len >= sizeof(end->connect) || file.len >= sizeof(end->password_file)) {
		refuse(c, "that is too long");
		return false;
	}
	memcpy(end->connect, address.data, address.len);
	end->connect[address.len] = '\0';
	if (file.len > 0)
		memcpy(end->password_file, file.data, file.len);
	end->password_file[file.len] = '\0';
	if (endpoint_parse(end->connect, &place, &why) != ERR_NONE)
		refuse(c, why.text);
	else if (file.len > 0 && access(end->password_file, R_OK))
		refuse(c, "the password file cannot be read");
	else
		return true;
	end->connect[0] = '\0';
	return false;
}

/* Like a /quit: what was said is sent first.  The way from there to the other server is main.c's. */
static void run_connect(struct client *c, const struct command_line *l)
{
	if (!c->o->interactive) {
		refuse(c, "that is for who sits at a terminal: start another client");
		return;
	}
	if (!note_place(c, l->who, l->text))
		return;
	if (!client_all_done(c))
		client_notice(c, NOTICE_ANSWER, "as soon as what you said is sent");
	client_leave_when_done(c);
	done(c);
}

static void run_clear(struct client *c)
{
	client_tell(c, &(struct message){.type = MESSAGE_CLEAR});
	done(c);
}

static void run_reconnect(struct client *c)
{
	seat_reconnect(link_seat(c->link), clock_mono_us());
	answer(c, "connecting anew");
}

void client_run_local(struct client *c, const struct command_line *l)
{
	switch (l->kind) {
	case COMMAND_LINE_HELP:
		run_help(c, l->who);
		break;
	case COMMAND_LINE_SET:
		run_set(c, l);
		break;
	case COMMAND_LINE_ALIAS:
		run_alias(c, l);
		break;
	case COMMAND_LINE_IGNORE:
		run_ignore(c, member_called(l->who));
		break;
	case COMMAND_LINE_UNIGNORE:
		run_unignore(c, member_called(l->who));
		break;
	case COMMAND_LINE_MUTE_NOTIFY:
		run_mute(c, l->who);
		break;
	case COMMAND_LINE_CLEAR:
		run_clear(c);
		break;
	case COMMAND_LINE_CONNECT:
		run_connect(c, l);
		break;
	case COMMAND_LINE_RECONNECT:
		run_reconnect(c);
		break;
	case COMMAND_LINE_VERSION:
		run_version(c);
		break;
	case COMMAND_LINE_AGAIN:
		client_say_again(c);
		done(c);
		break;
	case COMMAND_LINE_DROP:
		client_drop_said(c);
		done(c);
		break;
	default:
		break;
	}
}
