/* See room_rig.h. */
#include "room_rig.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- logs -------------------------------------------------------------------------------------- */

static uint64_t log_head(void *ctx, uint32_t number)
{
	struct rig_room *room = house_by_number(ctx, number);

	assert_non_null(room);
	return room->head;
}

/* Each event lies for itself. */
static enum log_state log_run(void *ctx, uint32_t number, uint64_t seq, size_t max_bytes,
			      struct slice *out, uint32_t *count)
{
	struct rig_room *room = house_by_number(ctx, number);

	(void)max_bytes;
	*count = 1;
	assert_non_null(room);
	if (seq < room->kept_from || seq > room->head)
		return LOG_GONE;
	*out = slice_of(room->log[seq - 1], room->log_len[seq - 1]);
	return LOG_HERE;
}

const struct session_log *house_log(void)
{
	static const struct session_log log = {log_head, log_run};

	return &log;
}

uint64_t house_append(struct rig_room *room, enum event_kind kind, const char *from,
		      struct slice text)
{
	uint8_t storage[WIRE_ITEM_MAX];
	struct buf b = buf_of(storage, sizeof(storage));
	struct event e = {.room = room->number,
			  .seq = ++room->head,
			  .kind = kind,
			  .reason = kind == EVENT_QUIT ? LEAVE_PARTED : 0,
			  .time_ms = 1,
			  .from = slice_of(from, strlen(from)),
			  .text = text};

	assert_true(room->head <= RIG_LOG);
	event_put(&b, &e);
	assert_false(b.failed);
	room->log[room->head - 1] = reallocarray(NULL, 1, b.len);
	assert_non_null(room->log[room->head - 1]);
	memcpy(room->log[room->head - 1], storage, b.len);
	room->log_len[room->head - 1] = b.len;
	return room->head;
}

/* ---- rooms ------------------------------------------------------------------------------------- */

struct rig_room *house_find(struct rig_house *h, const char *name)
{
	for (size_t i = 0; i < RIG_ROOMS; i++)
		if (h->rooms[i].name[0] && strcasecmp(h->rooms[i].name, name) == 0)
			return &h->rooms[i];
	return NULL;
}

struct rig_room *house_by_number(struct rig_house *h, uint32_t number)
{
	for (size_t i = 0; i < RIG_ROOMS; i++)
		if (h->rooms[i].name[0] && h->rooms[i].number == number)
			return &h->rooms[i];
	return NULL;
}

/* No number of one log is that of another room in the next. */
static struct rig_room *add(struct rig_house *h, const char *name)
{
	size_t i = 0;

	while (h->rooms[i].name[0])
		assert_true(++i < RIG_ROOMS);
	struct rig_room *room = &h->rooms[i];
	snprintf(room->name, sizeof(room->name), "%s", name);
	room->number = i == 0 ? WIRE_LOBBY : (uint32_t)(10 * h->epoch + i);
	room->direct = *name == '@';
	room->kept_from = 1;
	return room;
}

struct rig_room *house_make(struct rig_house *h, const char *name)
{
	struct rig_room *room = add(h, name);
	const char *what = room->direct ? name + 1 : name;

	house_append(room, EVENT_OPEN, "alice", slice_of(what, strlen(what)));
	return room;
}

struct rig_room *house_open(struct rig_house *h, const char *name)
{
	struct rig_room *room = add(h, name);

	house_append(room, EVENT_OPEN, name + 1, slice_of("alice", 5));
	room->in = true;
	return room;
}

void house_begin(struct rig_house *h)
{
	h->epoch = 5;
	h->names = name_checker_new();
	assert_non_null(h->names);
	add(h, "#lobby");
}

void house_end(struct rig_house *h)
{
	house_wipe(h);
	name_checker_free(h->names);
}

void house_wipe(struct rig_house *h)
{
	for (size_t i = 0; i < RIG_ROOMS; i++)
		for (size_t j = 0; j < h->rooms[i].head; j++)
			free(h->rooms[i].log[j]);
	memset(h->rooms, 0, sizeof(h->rooms));
	h->newest_mid = h->mids = 0;
	h->epoch++;
	add(h, "#lobby");
}

/* ---- commands ---------------------------------------------------------------------------------- */

static uint64_t epoch_of(const struct rig_house *h, const struct rig_room *room)
{
	return room->direct ? event_epoch_of_two(h->epoch, room->number) : h->epoch;
}

/* `own`: the number of one's own join, 0: one was there. */
static uint64_t first_for(const struct rig_house *h, const struct rig_room *room,
			  const struct command *c, uint64_t own)
{
	uint64_t first = c->since + 1, end = own ? own : room->head + 1;

	if (c->since_mode == SINCE_LAST)
		first = end > c->since ? end - c->since : 1;
	else if (c->epoch != 0 && c->epoch != epoch_of(h, room))
		first = 1;
	if (first > room->head + 1)
		first = room->head + 1;
	return first < room->kept_from ? room->kept_from : first;
}

static void join(struct rig_house *h, const struct command *c, struct reply *reply)
{
	struct rig_room *lobby = &h->rooms[0];

	h->joins++;
	h->last_join = *c;
	reply->code = h->refuse_join;
	if (reply->code != CODE_OK)
		return;
	if (!lobby->in)
		reply->seq = house_append(lobby, EVENT_JOIN, "alice", slice_of(NULL, 0));
	lobby->in = true;
	reply->first = first_for(h, lobby, c, reply->seq);
	reply->epoch = h->epoch;
	reply->room = WIRE_LOBBY;
	reply->text = c->text;
	reply->more = h->newest_mid > 0;
}

/* Of one's 64 newest talks, each once; an older one never comes. */
static bool is_new(struct rig_house *h, uint64_t mid)
{
	if (mid > h->newest_mid) {
		uint64_t by = mid - h->newest_mid;
		h->mids = by < 64 ? h->mids << by : 0;
		h->newest_mid = mid;
	}
	uint64_t bit = UINT64_C(1) << (h->newest_mid - mid);
	assert_true(h->newest_mid - mid < 64);
	if (h->mids & bit)
		return false;
	h->mids |= bit;
	return true;
}

/* Texts that are numbers grow. */
static void judge_order(struct rig_room *room, struct slice text)
{
	char digits[RIG_TEXT];

	snprintf(digits, sizeof(digits), "%.*s", (int)text.len, (const char *)text.data);
	unsigned long n = strtoul(digits, NULL, 10);
	assert_true(n == 0 || n > room->newest);
	room->newest = n;
}

static void talk(struct rig_house *h, const struct command *c, struct reply *reply)
{
	struct rig_room *room = house_by_number(h, c->room);

	assert_non_null(room);
	assert_true(room->in);
	reply->code = h->refuse_talk;
	if (reply->code != CODE_OK)
		return;
	if (is_new(h, c->mid)) {
		h->talks++;
		judge_order(room, c->text);
		reply->seq = house_append(room, EVENT_TALK, "alice", c->text);
		return;
	}
	h->repeats++;
	reply->seq = 1;
}

/* Whoever makes a room may lock it. */
static void lock(struct rig_room *room, const struct command *c)
{
	room->locked = c->key.len == sizeof(room->key);
	if (room->locked)
		memcpy(room->key, c->key.data, sizeof(room->key));
}

static bool opens(const struct rig_house *h, const struct rig_room *room,
		  const struct session *session, const struct command *c)
{
	uint8_t binding[PROOF_BINDING];
	char name[NAME_MAX_KEY];
	size_t len;

	if (!room->locked)
		return true;
	assert_int_equal(name_key(h->names, room->name + 1, strlen(room->name) - 1, name, &len),
			 ERR_NONE);
	session_binding(session, binding);
	return c->key.len == sizeof(room->key) &&
	       memcmp(c->key.data, room->key, sizeof(room->key)) == 0 &&
	       proof_holds(c->key, c->proof, binding, slice_of(name, len));
}

static void enter(struct rig_house *h, const struct session *session, const struct command *c,
		  struct reply *reply)
{
	char name[RIG_TEXT];

	snprintf(name, sizeof(name), "%.*s", (int)c->text.len, (const char *)c->text.data);
	h->enters++;
	h->last_enter = *c;
	reply->code = h->refuse_enter;
	if (reply->code != CODE_OK)
		return;
	struct rig_room *room = house_find(h, name);
	if (!room) {
		room = house_make(h, name);
		lock(room, c);
	}
	if (!opens(h, room, session, c)) {
		reply->code = CODE_PASSWORD;
		return;
	}
	if (!room->in && !room->direct)
		reply->seq = house_append(room, EVENT_JOIN, "alice", slice_of(NULL, 0));
	room->in = true;
	reply->room = room->number;
	reply->first = first_for(h, room, c, reply->seq);
	reply->epoch = epoch_of(h, room);
	reply->text = slice_of(room->name, strlen(room->name));
}

uint64_t house_leave(struct rig_room *room, struct session *session)
{
	room->in = false;
	house_append(room, EVENT_QUIT, "alice", slice_of(NULL, 0));
	session_unfollow(session, room->number, room->head);
	return room->head;
}

static void part(struct rig_house *h, struct session *session, const struct command *c,
		 struct reply *reply)
{
	struct rig_room *room = house_by_number(h, c->room);

	h->parts++;
	assert_non_null(room);
	reply->code = room->in ? CODE_OK : CODE_NOT_JOINED;
	if (!room->in)
		return;
	reply->seq = house_leave(room, session);
}

static bool after(const struct rig_room *room, struct slice name)
{
	size_t len = strlen(room->name);
	int order = memcmp(room->name, name.data, len < name.len ? len : name.len);

	return name.len == 0 || order > 0 || (order == 0 && len > name.len);
}

/* One's rooms, in the order of their names. */
static void list(struct rig_house *h, const struct command *c, struct reply *reply,
		 struct buf *page)
{
	struct slice last = c->text;
	size_t n = 0;

	h->lists++;
	assert_int_equal(c->mode, LIST_MINE);
	for (;; n++) {
		struct rig_room *next = NULL;
		for (size_t i = 0; i < RIG_ROOMS; i++) {
			struct rig_room *room = &h->rooms[i];
			bool mine = room->name[0] && (room->in || room->direct);
			if (mine && after(room, last) &&
			    (!next || strcmp(room->name, next->name) < 0))
				next = room;
		}
		reply->more = next && h->list_page && n == h->list_page;
		if (!next || reply->more)
			break;
		last = slice_of(next->name, strlen(next->name));
		list_put(page, &(struct listed_room){.room = next->number,
						     .flags = (next->in ? LISTED_IN : 0) |
							      (next->direct ? LISTED_DIRECT : 0),
						     .members = 1,
						     .head = next->head,
						     .name = last});
	}
	reply->text = slice_of(page->data, page->len);
}

/* An edit is counted like a talk; the rest is only looked at. */
static void other(struct rig_house *h, const struct command *c, struct reply *reply)
{
	h->others++;
	h->last_other = *c;
	if (c->kind == COMMAND_EDIT)
		h->repeats += !is_new(h, c->mid);
	else
		assert_true(c->mid == 0);
	if (c->kind == COMMAND_SEARCH)
		reply->seq = 1000; /* where the next page begins, and no event of ours */
}

void house_carry_out(struct rig_house *h, struct session *session, bool *joined,
		     const struct command *c)
{
	uint8_t storage[1024];
	struct buf page = buf_of(storage, sizeof(storage));
	struct reply reply = {.id = c->id};

	if (c->kind != COMMAND_JOIN && !*joined)
		fail_msg("command %d before the JOIN", c->kind);
	if (c->kind == COMMAND_JOIN)
		join(h, c, &reply);
	else if (c->kind == COMMAND_TALK)
		talk(h, c, &reply);
	else if (c->kind == COMMAND_NICK)
		reply.text = c->text;
	else if (c->kind == COMMAND_ENTER)
		enter(h, session, c, &reply);
	else if (c->kind == COMMAND_PART)
		part(h, session, c, &reply);
	else if (c->kind == COMMAND_LIST)
		list(h, c, &reply, &page);
	else if (c->kind != COMMAND_QUIT)
		other(h, c, &reply);
	h->quits += c->kind == COMMAND_QUIT;
	assert_int_equal(session_reply(session, &reply), ERR_NONE);
	if (reply.epoch == 0) /* it came into no room */
		return;
	*joined = true;
	assert_int_equal(session_follow(session, reply.room, reply.first), ERR_NONE);
}
