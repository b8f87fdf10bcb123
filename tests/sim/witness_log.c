/*
 * What has to hold of every log, checked as it grows (the rest is in witness.c): numbers without holes;
 * each talk is there once, to the byte, under its sayer's name, where it was said, and after what the
 * same client said there before; none that was refused; nobody joins twice or leaves without having
 * joined, and nobody is shown as gone by accident who was not away for the whole time of grace.
 *
 * With a disk a log is what the disk keeps, whoever hears of it, and it goes on from one server to the
 * next; without, it is what one server tells its observer.
 */
#include "world_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SECOND = 1000 * 1000,
	SESSION_OUTLIVES_US = 120 * SECOND, /* what was said on a link may arrive so late */
	LAST_WORD_US = 10 * SECOND,	    /* … the goodbye of one that was given up, at most */
};

static uint64_t hash_of(struct slice s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.data[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* ---- talks ----------------------------------------------------------------------------------- */

/* Its number, a colon, and as much of a pattern as was asked for. */
size_t witness_text(const struct world *w, size_t talk, char text[TEXT_MAX_BYTES])
{
	size_t n = (size_t)snprintf(text, TEXT_MAX_BYTES, "%zu:", talk), len = w->talks[talk].len;

	for (; n < len; n++)
		text[n] = (char)('a' + (n * 7 + talk) % 26);
	return n;
}

static int64_t talk_of(const struct world *w, struct slice text)
{
	static char same[TEXT_MAX_BYTES];
	char digits[24];
	size_t n = text.len < sizeof(digits) ? text.len : sizeof(digits) - 1;

	memcpy(digits, text.data, n);
	digits[n] = '\0';
	size_t talk = strtoul(digits, NULL, 10);
	if (talk >= w->talk_count || witness_text(w, talk, same) != text.len ||
	    memcmp(same, text.data, text.len) != 0)
		world_fail(w, "a talk that nobody said: %.*s", (int)n, digits);
	return (int64_t)talk;
}

/* Whoever it is, by whichever of its names. */
static unsigned person_of(const struct world *w, struct slice name)
{
	for (unsigned i = 0; i < w->config.members; i++) {
		const char *first = w->members[i].name;
		size_t len = strlen(first);
		bool is = name.len >= len && memcmp(first, name.data, len) == 0;
		if (is && (name.len == len || name.data[len] == '-'))
			return i;
	}
	world_fail(w, "somebody who was never there: %.*s", (int)name.len, (const char *)name.data);
}

/* ---- logs ------------------------------------------------------------------------------------ */

static struct chronicle *find_log(const struct world *w, uint64_t epoch, uint32_t room)
{
	for (size_t i = w->log_count; i-- > 0;)
		if (w->logs[i]->epoch == epoch && w->logs[i]->room == room)
			return w->logs[i];
	return NULL;
}

struct chronicle *witness_log(const struct world *w, uint64_t epoch, uint32_t room)
{
	struct chronicle *log = find_log(w, epoch, room);

	if (!log)
		world_fail(w, "a log of nobody: room %u", room);
	return log;
}

static struct chronicle *new_log(struct world *w, uint64_t epoch, uint32_t room)
{
	struct chronicle *log = memory_own(sizeof(*log));

	log->epoch = epoch;
	log->room = room;
	log->first = 1;
	*WORLD_GROW(w->logs, w->log_count) = log;
	return log;
}

void witness_log_begins(struct world *w, uint64_t epoch)
{
	if (!find_log(w, epoch, WIRE_LOBBY))
		w->lobby = new_log(w, epoch, WIRE_LOBBY);
	for (size_t i = 0; i < w->log_count; i++) /* what is kept is not told again */
		w->logs[i]->published = w->logs[i]->count;
}

bool witness_is_there(const struct world *w, const struct chronicle *log, unsigned who,
		      unsigned where)
{
	char name[WORLD_WHERE_MAX];

	if (where < WORLD_PEOPLE)
		return !log->direct && strcmp(log->name, world_where(w, where, name)) == 0;
	unsigned other = where - WORLD_PEOPLE;
	return log->direct && ((log->pair[0] == who && log->pair[1] == other) ||
			       (log->pair[1] == who && log->pair[0] == other));
}

bool witness_had(const struct chronicle *log, uint64_t seq, struct slice frame, uint64_t since)
{
	uint64_t hash = hash_of(frame);

	if (seq == 0 || seq > log->count)
		return false;
	if (log->told[seq - 1].hash == hash)
		return true;
	for (size_t i = log->earlier_count; i-- > 0;) {
		const struct earlier *e = &log->earlier[i];
		if (e->seq == seq && e->hash == hash && e->until >= since)
			return true;
	}
	return false;
}

/* ---- what is said ---------------------------------------------------------------------------- */

static struct talk *appears(struct world *w, const struct chronicle *log, const struct told *t,
			    const struct event *e, unsigned who)
{
	struct talk *talk = &w->talks[t->talk];

	if (talk->person != who)
		world_fail(w, "talk %lld is not by %s", (long long)t->talk, w->members[who].name);
	if (talk->log == log)
		world_fail(w, "talk %lld is there twice: %llu, %llu", (long long)t->talk,
			   (unsigned long long)talk->seq, (unsigned long long)e->seq);
	if (talk->refused)
		world_fail(w, "talk %lld was refused, and is there all the same",
			   (long long)t->talk);
	if (w->disk && !witness_is_there(w, log, who, talk->where))
		world_fail(w, "talk %lld is not where it was said", (long long)t->talk);
	talk->log = log;
	talk->seq = e->seq;
	return talk;
}

static void talk_appended(struct world *w, struct chronicle *log, struct told *t,
			  const struct event *e, unsigned who)
{
	t->talk = talk_of(w, e->text);
	struct talk *talk = appears(w, log, t, e, who);
	if (talk->edits >= 0)
		world_fail(w, "talk %lld is no edit of another", (long long)t->talk);
	if (talk->life < log->life[who])
		return; /* it was under way when its sayer died */
	if (talk->life == log->life[who] && (uint64_t)t->talk + 1 <= log->newest[who])
		world_fail(w, "talk %lld comes after %llu", (long long)t->talk,
			   (unsigned long long)log->newest[who] - 1);
	log->newest[who] = (uint64_t)t->talk + 1;
	log->life[who] = talk->life;
}

static const struct talk *target_of(const struct world *w, const struct chronicle *log,
				    const struct event *e, unsigned who)
{
	int64_t talk = e->target > 0 && e->target < e->seq ? log->told[e->target - 1].talk : -1;

	if (talk < 0 || w->talks[talk].person != who)
		world_fail(w, "event %llu changes %llu, which is no talk of %s",
			   (unsigned long long)e->seq, (unsigned long long)e->target,
			   w->members[who].name);
	return &w->talks[talk];
}

static void change_appended(struct world *w, struct chronicle *log, struct told *t,
			    const struct event *e, unsigned who)
{
	const struct talk *target = target_of(w, log, e, who);

	if (e->kind == EVENT_RECALL || e->text.len == 0)
		return;
	t->talk = talk_of(w, e->text);
	if (appears(w, log, t, e, who)->edits != target - w->talks)
		world_fail(w, "edit %lld is of another talk", (long long)t->talk);
}

/* ---- who is there ---------------------------------------------------------------------------- */

/* When it happened; it is written down later, if the disk would not take it. */
static uint64_t time_of(const struct world *w, const struct event *e)
{
	int64_t ago_ms = world_instant(w).wall_ms - e->time_ms;

	return ago_ms <= 0 ? w->now : w->now - (uint64_t)ago_ms * 1000;
}

/* Gone by accident: it has to have been away, and for long enough. */
static void judge_loss(struct world *w, const struct event *e, struct person *m)
{
	uint64_t grace = w->config.grace_us, since = m->ill_since, at = time_of(w, e);

	if (w->dying)
		return;
	if (m->well && at > m->well_since + WITNESS_RECOVERY_US)
		world_fail(w, "%s is shown as gone, and is well since %.1f s", m->name,
			   (double)(at - m->well_since) / 1e6);
	if (w->now < since + grace)
		world_fail(w, "%s is shown as gone after %.1f s of trouble", m->name,
			   (double)(at - since) / 1e6);
	if (w->disk && w->hub && w->starts > 1 && w->now < w->up_since + grace)
		world_fail(w, "%s is shown as gone, and the server is here since %.1f s", m->name,
			   (double)(w->now - w->up_since) / 1e6);
}

static void quit_appended(struct world *w, struct chronicle *log, const struct event *e,
			  struct person *m)
{
	w->figures.quits += log == w->lobby;
	if (!log->present[m->index])
		world_fail(w, "%s leaves without having joined", m->name);
	log->present[m->index] = false;
	switch (e->reason) {
	case LEAVE_QUIT:
		/* A link that was given up may say goodbye as the last one: of a server that ends, or
		 * when the one that came after it has just broken. */
		if (w->dying || (m->hurt_us && time_of(w, e) <= m->hurt_us + LAST_WORD_US))
			break;
		if (m->left_us == 0 || time_of(w, e) > m->left_us + SESSION_OUTLIVES_US)
			world_fail(w, "%s never said that it leaves", m->name);
		break;
	case LEAVE_LOST:
	case LEAVE_TIMED_OUT:
		judge_loss(w, e, m);
		break;
	case LEAVE_TOO_SLOW:
		if (w->disk || w->config.room_bytes >= WORLD_ROOM_BYTES)
			world_fail(w, "%s is not too slow: the room has all", m->name);
		break;
	case LEAVE_SHUTDOWN:
		if (!w->dying)
			world_fail(w, "%s leaves for a shutdown that is none", m->name);
		break;
	case LEAVE_PARTED:
		if (log == w->lobby)
			world_fail(w, "%s parts from the lobby", m->name);
		break;
	default:
		world_fail(w, "%s leaves: %s", m->name, leave_reason_name(e->reason));
	}
}

static void stirs(struct world *w, const struct chronicle *log, const struct event *e, unsigned who)
{
	if (e->kind == EVENT_NICK && person_of(w, e->text) != who)
		world_fail(w, "%s takes another's name", w->members[who].name);
	w->figures.lost += e->kind == EVENT_LOST && log == w->lobby;
	w->figures.back += e->kind == EVENT_BACK && log == w->lobby;
	if (!log->present[who])
		world_fail(w, "%s does something without having joined", w->members[who].name);
}

static void presence_appended(struct world *w, struct chronicle *log, const struct event *e,
			      unsigned who)
{
	if (log->direct)
		world_fail(w, "%s in a room of two", event_kind_name(e->kind));
	if (e->kind == EVENT_QUIT) {
		quit_appended(w, log, e, &w->members[who]);
	} else if (e->kind != EVENT_JOIN) {
		stirs(w, log, e, who);
	} else {
		w->figures.joins += log == w->lobby;
		if (log->present[who])
			world_fail(w, "%s joins twice", w->members[who].name);
		log->present[who] = true;
	}
}

/* ---- one event more -------------------------------------------------------------------------- */

static void appended(struct world *w, struct chronicle *log, const struct event *e, uint64_t hash)
{
	unsigned by = person_of(w, e->from);

	if (e->seq != log->count + 1)
		world_fail(w, "event %llu follows %zu", (unsigned long long)e->seq, log->count);
	world_note(w, by, event_kind_name(e->kind), e->seq,
		   log->room == WIRE_LOBBY ? e->reason : log->room);
	struct told *t = WORLD_GROW(log->told, log->count);
	*t = (struct told){.kind = e->kind, .hash = hash, .talk = -1};
	switch (e->kind) {
	case EVENT_TALK:
		talk_appended(w, log, t, e, by);
		break;
	case EVENT_RECALL:
	case EVENT_EDIT:
		change_appended(w, log, t, e, by);
		break;
	case EVENT_OPEN:
		if (e->seq != 1 || log == w->lobby)
			world_fail(w, "room %u is opened in the middle", log->room);
		break;
	default:
		presence_appended(w, log, e, by);
	}
}

/* With a disk it was kept before, just so. */
static void published(struct world *w, const struct event *e, struct slice frame)
{
	struct chronicle *log = witness_log(w, w->lobby->epoch, e->room);

	if (log->direct)
		world_fail(w, "an observer is told what two said to each other");
	if (e->seq != ++log->published || e->seq > log->count ||
	    log->told[e->seq - 1].kind != e->kind)
		world_fail(w, "event %llu of room %u is seen, and is not kept",
			   (unsigned long long)e->seq, e->room);
	if (!witness_had(log, e->seq, frame, w->now))
		world_fail(w, "event %llu of room %u is seen in other words",
			   (unsigned long long)e->seq, e->room);
}

void witness_appended(void *ctx, const struct event *e, const struct address *who)
{
	static uint8_t storage[WIRE_ITEM_MAX];
	struct world *w = ctx;
	struct buf b = buf_of(storage, sizeof(storage));

	(void)who;
	event_put(&b, e);
	if (w->disk)
		published(w, e, slice_of(b.data, b.len));
	else
		appended(w, w->lobby, e, hash_of(slice_of(b.data, b.len)));
}

/* ---- what the disk keeps --------------------------------------------------------------------- */

static void room_kept(struct world *w, const struct record_room *r)
{
	if (find_log(w, w->lobby->epoch, r->number))
		return; /* something about it has changed */
	struct chronicle *log = new_log(w, w->lobby->epoch, r->number);
	w->figures.rooms++;
	log->direct = r->kind == RECORD_DIRECT;
	for (int i = 0; i < 2 && log->direct; i++)
		log->pair[i] = person_of(w, r->names[i]);
	memcpy(log->name, r->name.data, log->direct ? 0 : r->name.len);
	world_note(w, NOBODY, log->direct ? "a room of two" : "a room", r->number, 0);
}

static struct event event_in(struct slice frame)
{
	struct frame f;

	assert_int_equal(frame_get(&frame, &f), ERR_NONE);
	return f.event;
}

/* A talk is what was said instead of it last, or nothing; and an edit that is none any more says nothing. */
static void judge_rewrite(const struct world *w, const struct told *t, const struct event *e)
{
	bool was_talk = t->kind == EVENT_TALK || t->kind == EVENT_EDITED;

	if (e->kind == EVENT_EDIT ? t->kind != EVENT_EDIT || e->text.len > 0 : !was_talk)
		world_fail(w, "event %llu, %s, becomes %s", (unsigned long long)e->seq,
			   event_kind_name(t->kind), event_kind_name(e->kind));
	if (e->kind == EVENT_EDITED && w->talks[talk_of(w, e->text)].edits != t->talk)
		world_fail(w, "event %llu is another talk now", (unsigned long long)e->seq);
}

static void rewritten(struct world *w, struct chronicle *log, const struct record_event *r)
{
	struct event e = event_in(r->frame);

	if (r->seq == 0 || r->seq > log->count || e.seq != r->seq)
		world_fail(w, "event %llu changes, and is not there", (unsigned long long)r->seq);
	struct told *t = &log->told[r->seq - 1];
	judge_rewrite(w, t, &e);
	*WORLD_GROW(log->earlier, log->earlier_count) =
		(struct earlier){.seq = r->seq, .hash = t->hash, .until = w->now};
	t->hash = hash_of(r->frame);
	t->kind = e.kind;
	w->figures.rewritten++;
}

void witness_kept(void *ctx, const struct record *r)
{
	struct world *w = ctx;

	if (r->kind == RECORD_ROOM)
		room_kept(w, &r->room);
	if (r->kind != RECORD_EVENT && r->kind != RECORD_REWRITE)
		return;
	struct chronicle *log = witness_log(w, w->lobby->epoch, r->event.room);
	struct event e = event_in(r->event.frame);
	if (r->kind == RECORD_EVENT)
		appended(w, log, &e, hash_of(r->event.frame));
	else
		rewritten(w, log, &r->event);
}

void witness_free(struct world *w)
{
	for (size_t i = 0; i < w->log_count; i++) {
		memory_own_free(w->logs[i]->told);
		memory_own_free(w->logs[i]->earlier);
		memory_own_free(w->logs[i]);
	}
	for (unsigned i = 0; i < w->config.members; i++)
		memory_own_free(w->members[i].asked);
	memory_own_free(w->logs);
	memory_own_free(w->talks);
}
