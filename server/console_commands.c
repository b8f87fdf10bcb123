/* What can be typed at the console: a table of commands, and what each does. */
#include "console_internal.h"

#include "core/record.h"
#include "options.h"
#include "sys/clock.h"

#include <stdio.h>
#include <string.h>

enum {
	LAST_TALKS = 10,
	LAST_TALKS_MAX = 100,
	LAST_LOOKED_AT = 1000, /* events */
};

/* ---- lists ------------------------------------------------------------------------------------ */

static void list_member(struct console *c, const struct member *m)
{
	char address[ADDRESS_MAX_TEXT];

	console_show(c, "  ");
	console_show_safe(c, spelling_text(m->spelling), m->spelling->name_len);
	console_show(c, "  ");
	console_show(c, address_format(m->address, address));
	console_tell(c, m->state == MEMBER_RECONNECTING ? "  reconnecting" : "");
	memcpy(c->listed, spelling_text(m->spelling), m->spelling->name_len + 1U);
}

/* False: that was the last one. */
static bool list_next_member(struct console *c)
{
	struct roster *roster = hub_roster(c->port.hub);
	size_t i = c->listed[0] ? roster_after(roster, c->listed, strlen(c->listed)) : 0;
	const struct member *m = roster_at(roster, i);

	if (m)
		list_member(c, m);
	return m != NULL;
}

static void show_number(struct console *c, const char *before, uint64_t n, const char *after)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%s%llu%s", before, (unsigned long long)n, after);
	console_show(c, text);
}

static void list_room(struct console *c, const struct registry_room *room)
{
	console_show(c, "  ");
	console_show_safe(c, room->name.data, room->name.len);
	show_number(c, "  ", room->member_count, " here");
	show_number(c, ", ", registry_head(room), " events");
	if (room->has_password)
		console_show(c, ", password");
	if (room->keep_days == RECORD_KEEP_FOREVER)
		console_show(c, ", kept for ever");
	else if (room->keep_days > 0)
		show_number(c, ", kept for ", room->keep_days, " days");
	console_show_line(c, room->topic.len > 0 ? ": " : "", room->topic, "");
	memcpy(c->listed, room->key.data, room->key.len);
	c->listed[room->key.len] = '\0';
}

static bool list_next_room(struct console *c)
{
	const struct registry *rooms = hub_registry(c->port.hub);
	struct slice after = slice_of(c->listed, strlen(c->listed));
	const struct registry_room *room =
		registry_public_at(rooms, after.len > 0 ? registry_public_after(rooms, after) : 0);

	if (room)
		list_room(c, room);
	return room != NULL;
}

void console_list_more(struct console *c)
{
	while (c->listing != LISTS_NOTHING && output_room(c->output) > CONSOLE_LISTING_ROOM)
		if (!(c->listing == LISTS_MEMBERS ? list_next_member : list_next_room)(c))
			c->listing = LISTS_NOTHING;
}

static void begin_list(struct console *c, enum console_listing what)
{
	c->listing = what;
	c->listed[0] = '\0';
	console_list_more(c);
}

static void who(struct console *c, struct slice rest)
{
	char count[64];

	(void)rest;
	(void)snprintf(count, sizeof(count), "%zu in the room",
		       roster_count(hub_roster(c->port.hub)));
	console_tell(c, count);
	begin_list(c, LISTS_MEMBERS);
}

static void rooms(struct console *c, struct slice rest)
{
	(void)rest;
	show_number(c, "", registry_count(hub_registry(c->port.hub), REGISTRY_PUBLIC), " rooms, ");
	show_number(c, "", registry_count(hub_registry(c->port.hub), REGISTRY_DIRECT), " of two");
	console_tell(c, "");
	begin_list(c, LISTS_ROOMS);
}

/* ---- orders ----------------------------------------------------------------------------------- */

static struct slice word(struct slice *rest)
{
	size_t n = 0;

	while (rest->len > 0 && rest->data[0] == ' ')
		*rest = slice_of(rest->data + 1, rest->len - 1);
	while (n < rest->len && rest->data[n] != ' ')
		n++;
	struct slice w = slice_of(rest->data, n);
	*rest = slice_of(rest->data + n, rest->len - n);
	while (rest->len > 0 && rest->data[0] == ' ')
		*rest = slice_of(rest->data + 1, rest->len - 1);
	return w;
}

static void no_such_room(struct console *c, struct slice room)
{
	console_show_line(c, "there is no room ", room, ": /rooms lists them");
}

static void kick(struct console *c, struct slice rest)
{
	struct slice name = word(&rest);

	if (name.len == 0)
		console_tell(c, "whom? /kick NAME [words]");
	else if (c->port.kick(c->port.ctx, name, rest) != ERR_NONE)
		console_show_line(c, "nobody here is called ", name, ": /who lists the names");
}

static void release(struct console *c, struct slice rest)
{
	struct slice name = word(&rest);

	if (name.len == 0) {
		console_tell(c, "which name? /release NAME");
		return;
	}
	switch (hub_release(c->port.hub, name)) {
	case ERR_NONE:
		console_show_line(c, "", name, " is free: it belongs to whoever takes it next");
		break;
	case ERR_EXISTS:
		console_show_line(c, "", name, " is in the room: /kick comes first");
		break;
	default:
		console_show_line(c, "nobody owns ", name, "");
	}
}

/* As --keep has it, or "default". */
static bool read_days(struct slice word, uint32_t *days)
{
	*days = 0;
	if (word.len == strlen("default") && memcmp(word.data, "default", word.len) == 0)
		return true;
	return options_parse_keep((const char *)word.data, word.len, days);
}

static void tell_kept(struct console *c, struct slice room, uint32_t days)
{
	char after[64];

	if (days == 0)
		(void)snprintf(after, sizeof(after), " keeps what is said as long as all rooms do");
	else if (days == RECORD_KEEP_FOREVER)
		(void)snprintf(after, sizeof(after), " keeps what is said for ever");
	else
		(void)snprintf(after, sizeof(after), " keeps what is said for %u days",
			       (unsigned)days);
	console_show_line(c, "", room, after);
}

static void keep(struct console *c, struct slice rest)
{
	struct slice room = word(&rest), value = word(&rest);
	uint32_t days;

	if (room.len == 0 || rest.len > 0 || !read_days(value, &days)) {
		console_tell(c, "which room, and how long? /keep #ROOM DAYS, forever or default");
		return;
	}
	switch (hub_keep(c->port.hub, room, days)) {
	case ERR_NONE:
		tell_kept(c, room, days);
		break;
	case ERR_NOT_FOUND:
		no_such_room(c, room);
		break;
	default:
		console_tell(c, "there is no history, or it cannot be written now");
	}
}

/* ---- what was said --------------------------------------------------------------------------- */

static bool read_number(struct slice word, uint64_t *n)
{
	*n = 0;
	for (size_t i = 0; i < word.len; i++) {
		if (word.data[i] < '0' || word.data[i] > '9' || i > 17)
			return false;
		*n = *n * 10 + (uint64_t)(word.data[i] - '0');
	}
	return word.len > 0;
}

static void recall(struct console *c, struct slice rest)
{
	struct slice room = word(&rest), number = word(&rest);
	uint64_t seq;

	if (room.len == 0 || rest.len > 0 || !read_number(number, &seq)) {
		console_tell(c, "which one? /recall #ROOM NUMBER; /last #ROOM shows numbers");
		return;
	}
	switch (c->port.recall(c->port.ctx, room, seq)) {
	case ERR_NONE: /* console_recalled() tells */
		break;
	case ERR_NOT_FOUND:
		no_such_room(c, room);
		break;
	default:
		console_tell(c, "another one is being recalled: try again in a moment");
	}
}

static void topic(struct console *c, struct slice rest)
{
	struct slice room = word(&rest);
	const struct instant now = {clock_mono_us(), clock_wall_ms()};

	if (room.len == 0) {
		console_tell(c, "which room? /topic #ROOM [words]");
		return;
	}
	switch (hub_set_topic(c->port.hub, room, rest, now)) {
	case ERR_NONE: /* it is shown when it is kept */
		break;
	case ERR_NOT_FOUND:
		no_such_room(c, room);
		break;
	case ERR_MALFORMED:
		console_tell(c, "that cannot be a topic: it has to be text of at most 400 bytes");
		break;
	default:
		console_tell(c, "it cannot be written now");
	}
}

/* False: it is no talk, or not in memory. */
static bool find_talk(const struct registry_room *room, uint64_t seq, struct event *out)
{
	struct slice frame = room->log ? room_frame(room->log, seq) : slice_of(NULL, 0);
	struct frame f;

	if (seq < room->first || !frame.data || frame_get(&frame, &f) != ERR_NONE)
		return false;
	*out = f.event;
	return out->kind == EVENT_TALK || out->kind == EVENT_EDITED;
}

static void show_talk(struct console *c, const struct event *e)
{
	show_number(c, "  ", e->seq, "  ");
	console_show_safe(c, e->from.data, e->from.len);
	console_show_line(c, ": ", e->text, "");
}

/* Of what is in memory, the oldest of them first. */
static void show_last(struct console *c, const struct registry_room *room, uint64_t wanted)
{
	uint64_t head = registry_head(room), first = head + 1, found = 0;
	struct event e;

	while (first > 1 && head + 1 - first < LAST_LOOKED_AT && found < wanted)
		found += find_talk(room, --first, &e);
	for (uint64_t seq = first; seq <= head; seq++)
		if (find_talk(room, seq, &e))
			show_talk(c, &e);
	if (found == 0)
		console_tell(c, "nothing was said there lately");
}

static void last(struct console *c, struct slice rest)
{
	struct slice name = word(&rest), number = word(&rest);
	const struct registry_room *room = name.len > 0 ? hub_public_room(c->port.hub, name) : NULL;
	uint64_t wanted = LAST_TALKS;

	if (!room || (number.len > 0 && !read_number(number, &wanted))) {
		if (name.len == 0 || room)
			console_tell(c, "of which room? /last #ROOM [HOW MANY]");
		else
			no_such_room(c, name);
		return;
	}
	show_last(c, room, wanted < LAST_TALKS_MAX ? wanted : LAST_TALKS_MAX);
}

static void quit(struct console *c, struct slice rest)
{
	(void)rest;
	c->port.quit(c->port.ctx);
}

static void help(struct console *c, struct slice rest);

static const struct {
	const char *name, *help;
	void (*run)(struct console *c, struct slice rest);
} commands[] = {
	{"/who", "/who                  who is in the room, and from where", who},
	{"/kick", "/kick NAME [words]    take someone out of the room", kick},
	{"/release", "/release NAME         let somebody else take a name", release},
	{"/rooms", "/rooms                which rooms there are", rooms},
	{"/topic", "/topic #ROOM [words]  what a room is about", topic},
	{"/last", "/last #ROOM [N]       what was said last, with numbers", last},
	{"/recall", "/recall #ROOM NUMBER  take back what was said", recall},
	{"/keep", "/keep #ROOM DAYS      forget what is older; or: forever, default", keep},
	{"/quit", "/quit                 say goodbye to all and end the server", quit},
	{"/help", "/help                 this", help},
};

static void help(struct console *c, struct slice rest)
{
	(void)rest;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		console_show(c, "  ");
		console_tell(c, commands[i].help);
	}
	console_tell(c, "  anything else         an announcement to all");
}

void console_run(struct console *c, struct slice line)
{
	struct slice name = word(&line);

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strlen(commands[i].name) != name.len ||
		    memcmp(commands[i].name, name.data, name.len) != 0)
			continue;
		commands[i].run(c, line);
		return;
	}
	console_show_line(c, "unknown command ", name, ": /help lists them; nothing was announced");
}
