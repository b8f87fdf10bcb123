/* Lives of a hub on a shaky disk; the contract is in lives.h. */
#include "lives.h"

#include "shaky.h"

#include "core/hub.h"
#include "store/store.h"
#include "sys/datadir.h"

#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TALKERS = 4,
	LIVES = 5,
	ROUNDS = 60,	 /* of a life without a cut */
	TALKS_MAX = 400, /* of one talker, at most */
	LOG_MAX = 8192,
	TEXT_SIZE = 2200,
	CUT_WITHIN = 90, /* writes and syncs */
	PATIENCE_MS = 60 * 1000,
	EPOCH = 4711,
	NOTE_SIZE = 256,
};

enum said_state { SAID_WAITS, SAID_ANSWERED, SAID_REFUSED };

struct said {
	enum said_state state;
	uint64_t seq;	  /* ANSWERED */
	uint64_t command; /* in this life; 0: not given */
	uint64_t heard;	  /* as this number; 0: not */
};

struct talker {
	struct hub_client client; /* first member */
	struct bearer bearer;
	struct lives *lives;
	char name[32];
	uint64_t instance, commands;
	uint64_t join;			 /* the command; 0: not asked */
	bool here;			 /* and answered */
	struct said said[TALKS_MAX + 1]; /* by mid */
	uint64_t mids;
	uint64_t heard; /* the newest event */
};

struct lives {
	uint64_t random;
	char dir[64];
	struct store *store;
	struct hub *hub;
	struct instant now;
	struct talker talkers[TALKERS];
	char *log[LOG_MAX]; /* by number: whose and what; NULL: nobody heard it yet */
	uint64_t log_head;
	enum shaky_fault fault;
	bool busy, asked;
	uint8_t note[NOTE_SIZE]; /* of the lock file, when the life began */
	ssize_t note_len;
	struct lives_figures *figures;
};

static uint64_t draw(struct lives *l, uint64_t below)
{
	l->random ^= l->random << 13;
	l->random ^= l->random >> 7;
	l->random ^= l->random << 17;
	return l->random % below;
}

/* ---- what is heard --------------------------------------------------------------------------- */

static const char *what(const struct event *e)
{
	static char text[TEXT_SIZE + 64];

	snprintf(text, sizeof(text), "%s %.*s: %.*s", event_kind_name(e->kind), (int)e->from.len,
		 (const char *)e->from.data, (int)e->text.len, (const char *)e->text.data);
	return text;
}

/* The same number is the same event, for everybody, for ever. */
static void compare(struct lives *l, const struct event *e)
{
	assert_in_range(e->seq, 1, LOG_MAX - 1);
	if (!l->log[e->seq])
		l->log[e->seq] = strdup(what(e));
	else
		assert_string_equal(l->log[e->seq], what(e));
	if (e->seq > l->log_head)
		l->log_head = e->seq;
}

/* One's own talk: "7 …" is the one with mid 7. */
static void own_heard(struct talker *t, const struct event *e)
{
	uint64_t mid = strtoull((const char *)e->text.data, NULL, 10);
	struct said *s = &t->said[mid];

	assert_in_range(mid, 1, t->mids);
	assert_int_equal(s->heard, 0);
	assert_int_not_equal(s->state, SAID_REFUSED);
	if (s->state == SAID_ANSWERED)
		assert_int_equal(s->seq, e->seq);
	s->heard = e->seq;
}

static void hear(struct talker *t, const struct event *e)
{
	assert_int_equal(e->seq, t->heard + 1);
	t->heard = e->seq;
	compare(t->lives, e);
	if (e->kind == EVENT_TALK && e->from.len == strlen(t->name) &&
	    memcmp(e->from.data, t->name, e->from.len) == 0)
		own_heard(t, e);
}

static void hear_frames(struct talker *t, struct slice frames)
{
	struct frame f;

	while (frames.len > 0) {
		assert_int_equal(frame_get(&frames, &f), ERR_NONE);
		assert_int_equal(f.type, FRAME_EVENT);
		hear(t, &f.event);
	}
}

/* ---- the port -------------------------------------------------------------------------------- */

static void answered(struct talker *t, struct said *s, const struct reply *r)
{
	s->command = 0;
	if (r->code == CODE_OK) {
		assert_int_equal(s->state, SAID_WAITS);
		if (s->heard)
			assert_int_equal(s->heard, r->seq);
		s->state = SAID_ANSWERED;
		s->seq = r->seq;
		t->lives->figures->answered++;
	} else {
		assert_int_equal(r->code, CODE_NOT_WRITTEN);
		assert_int_equal(s->heard, 0);
		s->state = SAID_REFUSED;
		t->lives->figures->refused++;
	}
}

static void take_reply(void *ctx, struct hub_client *c, const struct reply *r)
{
	struct talker *t = (struct talker *)c; /* its first member */

	(void)ctx;
	if (r->id == t->join) {
		t->here = r->code == CODE_OK;
		t->join = 0;
		if (t->here && t->heard > 0)
			assert_int_equal(r->first, t->heard + 1);
		return;
	}
	for (uint64_t mid = 1; mid <= t->mids; mid++)
		if (t->said[mid].command == r->id) {
			answered(t, &t->said[mid], r);
			return;
		}
	fail_msg("an answer to nothing");
}

static void port_follow(void *ctx, struct hub_client *c, uint32_t room, uint64_t first)
{
	(void)ctx, (void)c, (void)room, (void)first;
}

static void port_unfollow(void *ctx, struct hub_client *c, uint32_t room, uint64_t last)
{
	(void)ctx, (void)c, (void)room, (void)last;
}

static void port_close(void *ctx, struct hub_client *c, enum code code, struct slice words)
{
	(void)ctx, (void)c, (void)code, (void)words;
	fail_msg("nobody is to be closed");
}

static void port_wake(void *ctx, uint32_t room)
{
	(void)ctx, (void)room;
}

static const struct hub_port port = {
	.reply = take_reply,
	.follow = port_follow,
	.unfollow = port_unfollow,
	.close = port_close,
	.wake = port_wake,
};

/* ---- the store ------------------------------------------------------------------------------- */

/* Between the hub and the store, to know what is under way. */
static void commit_through(void *ctx, struct slice batch)
{
	struct lives *l = ctx;
	const struct store_port *real = store_port(l->store);

	l->busy = true;
	real->commit(real->ctx, batch);
}

static enum err read_through(void *ctx, const struct store_query *q)
{
	const struct store_port *real = store_port(((struct lives *)ctx)->store);

	return real->read(real->ctx, q);
}

static bool next_result(struct lives *l, struct store_result *r)
{
	struct pollfd p = {.fd = store_fd(l->store), .events = POLLIN};

	while (!store_next(l->store, r))
		if (poll(&p, 1, PATIENCE_MS) != 1)
			fail_msg("the store does not answer");
	return true;
}

/*
 * What the store said before the power went has been heard; an error after that has not: there was nobody
 * left to hear it.
 */
static void await_commit(struct lives *l)
{
	struct store_result r = {.kind = STORE_WARNING};

	while (l->busy && next_result(l, &r)) {
		if (r.kind != STORE_COMMITTED)
			continue;
		l->busy = false;
		if (r.error == ERR_NONE || !shaky_is_cut())
			hub_committed(l->hub, r.error, l->now);
		else
			l->figures->lost_batches++;
	}
}

static void page_for(struct lives *l, struct talker *t, uint64_t last)
{
	const struct store_query q = {.kind = QUERY_RUN,
				      .ticket = 1,
				      .max_bytes = 64 * 1024,
				      .room = WIRE_LOBBY,
				      .first = t->heard + 1,
				      .last = last};
	struct store_result r = {.kind = STORE_WARNING};

	assert_int_equal(read_through(l, &q), ERR_NONE);
	while (r.kind != STORE_ANSWERED)
		next_result(l, &r);
	if (shaky_is_cut())
		return;
	assert_int_equal(r.answer->error, ERR_NONE);
	assert_true(r.answer->page.len > 0);
	hear_frames(t, r.answer->page);
}

/* All that is published. */
static void catch_up(struct lives *l, struct talker *t)
{
	const struct room *room = hub_room(l->hub, WIRE_LOBBY);

	while (t->here && t->heard < room_head(room) && !shaky_is_cut()) {
		struct slice frame = room_frame(room, t->heard + 1);
		if (frame.data)
			hear_frames(t, frame);
		else
			page_for(l, t, room_head(room));
	}
}

/* ---- what talkers do ------------------------------------------------------------------------- */

static void give(struct lives *l, struct talker *t, struct command *c)
{
	c->id = ++t->commands;
	c->room = WIRE_LOBBY;
	hub_command(l->hub, &t->client, c, l->now);
}

static void join(struct lives *l, struct talker *t)
{
	struct command c = {.kind = COMMAND_JOIN,
			    .text = slice_of(t->name, strlen(t->name)),
			    .since_mode = SINCE_SEQ,
			    .since = t->heard,
			    .epoch = EPOCH,
			    .instance = t->instance};

	t->join = t->commands + 1;
	give(l, t, &c);
}

static const char *text_of(const struct talker *t, uint64_t mid)
{
	static char text[TEXT_SIZE];
	size_t len = 8 + (mid * 2654435761u + t->instance * 97) % (TEXT_SIZE - 16);

	if (mid % 3) /* most are short */
		len = 8 + len % 40;
	int n = snprintf(text, sizeof(text), "%llu 你好 ", (unsigned long long)mid);
	for (size_t i = (size_t)n; i < len; i++)
		text[i] = (char)('a' + (i + mid) % 26);
	text[len > (size_t)n ? len : (size_t)n] = '\0';
	return text;
}

static void say(struct lives *l, struct talker *t, uint64_t mid)
{
	const char *text = text_of(t, mid);
	struct command c = {.kind = COMMAND_TALK, .text = slice_of(text, strlen(text)), .mid = mid};

	t->said[mid].command = t->commands + 1;
	give(l, t, &c);
}

/* What has no answer is said again, in order, before anything new. */
static void say_again(struct lives *l, struct talker *t)
{
	for (uint64_t mid = 1; mid <= t->mids; mid++)
		if (t->said[mid].state == SAID_WAITS && !t->said[mid].command) {
			l->figures->repeated++;
			say(l, t, mid);
		}
}

static unsigned unanswered(const struct talker *t)
{
	unsigned n = 0;

	for (uint64_t mid = 1; mid <= t->mids; mid++)
		n += t->said[mid].state == SAID_WAITS;
	return n;
}

static void act(struct lives *l, struct talker *t, bool talk)
{
	if (!t->here) {
		if (!t->join)
			join(l, t);
		return;
	}
	say_again(l, t);
	for (uint64_t n = draw(l, 4); talk && n > 0; n--)
		if (t->mids < TALKS_MAX && unanswered(t) < WIRE_COMMANDS_MAX / 2) {
			l->figures->talks++;
			say(l, t, ++t->mids);
		}
}

/* ---- a life ---------------------------------------------------------------------------------- */

static void note_path(const struct lives *l, char path[DATADIR_MAX])
{
	snprintf(path, DATADIR_MAX, "%s/lock", l->dir);
}

static void read_note(struct lives *l)
{
	char path[DATADIR_MAX];

	note_path(l, path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	l->note_len = fd < 0 ? 0 : read(fd, l->note, sizeof(l->note));
	if (fd >= 0)
		close(fd);
}

/* It is not synced after the first time: a cut may take what was written since. */
static void maybe_lose_note(struct lives *l)
{
	char path[DATADIR_MAX];

	if (draw(l, 2) == 0)
		return;
	note_path(l, path);
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0 && write(fd, l->note, (size_t)l->note_len) == l->note_len);
	close(fd);
}

static void begin_hub(struct lives *l)
{
	const struct store_port through = {l, commit_through, read_through};
	const struct hub_config config = {.room_bytes = 64 * 1024,
					  .max_members = 100,
					  .grace_us = 60 * 1000 * 1000,
					  .epoch = store_epoch(l->store),
					  .seed = draw(l, UINT64_MAX),
					  .store = &through};
	struct db_why why;

	l->hub = hub_new(&config, NULL);
	assert_non_null(l->hub);
	assert_int_equal(hub_restore(l->hub, store_records(l->store), l->now), ERR_NONE);
	hub_serve(l->hub, &port);
	if (store_start(l->store, &why) != ERR_NONE && !shaky_is_cut())
		fail_msg("%s", why.text);
}

/* False: the power went even before. */
static bool begin_life(struct lives *l, unsigned cut_after)
{
	const struct store_options o = {.dir = l->dir, .vfs = shaky_name, .new_epoch = EPOCH};
	struct db_why why;

	shaky_cut_after(cut_after);
	l->store = store_open(&o, &why);
	if (!l->store) {
		if (!shaky_is_cut())
			fail_msg("%s", why.text);
		return false;
	}
	assert_int_equal(store_epoch(l->store), EPOCH);
	read_note(l);
	l->busy = false;
	begin_hub(l);
	for (size_t i = 0; i < TALKERS; i++) {
		struct talker *t = &l->talkers[i];
		t->join = t->commands = 0;
		t->here = false;
		for (uint64_t mid = 1; mid <= t->mids; mid++)
			t->said[mid].command = 0;
	}
	return !shaky_is_cut();
}

static void end_life(struct lives *l)
{
	await_commit(l);
	for (size_t i = 0; i < TALKERS && l->hub; i++)
		hub_gone(l->hub, &l->talkers[i].client, LEAVE_LOST, slice_of(NULL, 0), l->now);
	hub_free(l->hub);
	l->hub = NULL;
	store_close(l->store);
	l->store = NULL;
	if (shaky_is_cut()) {
		l->figures->cuts++;
		maybe_lose_note(l);
	}
	shaky_power_on();
}

static void turn(struct lives *l, bool talk)
{
	for (size_t i = 0; i < TALKERS; i++)
		act(l, &l->talkers[i], talk);
	l->now.mono_us += 1100 * 1000; /* past the hub's wait after a failure */
	l->now.wall_ms += (int64_t)draw(l, 7200000) - 3600000;
	hub_tick(l->hub, l->now);
	hub_turn(l->hub, l->now);
	await_commit(l);
	for (size_t i = 0; i < TALKERS; i++)
		catch_up(l, &l->talkers[i]);
}

static void begin_fault(struct lives *l)
{
	static const enum shaky_fault faults[] = {SHAKY_FULL, SHAKY_BROKEN, SHAKY_UNSYNCED};

	l->fault = faults[draw(l, COUNT_OF(faults))];
	l->figures->faults++;
	shaky_fail(l->fault);
}

/* A life that a cut ends, or one with a fault in its middle; both at once say nothing about either. */
static void live(struct lives *l)
{
	bool cut = draw(l, 4) != 0;

	l->figures->lives++;
	if (begin_life(l, cut ? 1 + (unsigned)draw(l, CUT_WITHIN) : 0))
		for (int i = 0; i < ROUNDS && !shaky_is_cut(); i++) {
			if (!cut && i == ROUNDS / 3)
				begin_fault(l);
			if (!cut && i == ROUNDS * 2 / 3)
				shaky_fail(SHAKY_NONE);
			turn(l, true);
		}
	end_life(l);
}

/* ---- the end --------------------------------------------------------------------------------- */

static bool settled(const struct lives *l)
{
	for (size_t i = 0; i < TALKERS; i++)
		if (!l->talkers[i].here || unanswered(&l->talkers[i]) > 0)
			return false;
	return hub_idle(l->hub);
}

static void check_talker(const struct lives *l, const struct talker *t)
{
	assert_int_equal(t->heard, l->log_head);
	for (uint64_t mid = 1; mid <= t->mids; mid++) {
		const struct said *s = &t->said[mid];
		if (s->state == SAID_ANSWERED)
			assert_int_equal(s->heard, s->seq);
		else
			assert_int_equal(s->heard, 0);
	}
}

static void calm_life(struct lives *l)
{
	assert_true(begin_life(l, 0));
	for (int i = 0; i < 10 && !settled(l); i++)
		turn(l, false);
	assert_true(settled(l));
	for (size_t i = 0; i < TALKERS; i++)
		check_talker(l, &l->talkers[i]);
	end_life(l);
}

static void remove_dir(const struct lives *l)
{
	DIR *dir = opendir(l->dir);

	assert_non_null(dir);
	for (const struct dirent *e; (e = readdir(dir));)
		(void)unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
	assert_int_equal(rmdir(l->dir), 0);
}

static void begin(struct lives *l, uint64_t seed, struct lives_figures *f)
{
	l->random = seed * 0x9e3779b97f4a7c15 + 0x7f4a7c15;
	l->figures = f;
	l->now = (struct instant){1000 * 1000, INT64_C(1795244400000)};
	strcpy(l->dir, "/tmp/chat-lives.XXXXXX");
	assert_non_null(mkdtemp(l->dir));
	for (size_t i = 0; i < TALKERS; i++) {
		struct talker *t = &l->talkers[i];
		t->lives = l;
		t->instance = i + 1;
		snprintf(t->name, sizeof(t->name), "talker%zu", i);
		memset(t->bearer.identity, (int)i + 1, OWNER_BYTES);
		t->client.bearer = &t->bearer;
	}
}

void lives_run(uint64_t seed, struct lives_figures *f)
{
	struct lives *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	begin(l, seed, f);
	shaky_begin(seed);
	for (int i = 0; i < LIVES; i++)
		live(l);
	calm_life(l);
	shaky_end();
	remove_dir(l);
	for (size_t i = 0; i < LOG_MAX; i++)
		free(l->log[i]);
	free(l);
}
