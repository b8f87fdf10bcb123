/*
 * What has to hold in every run, checked as it happens:
 *
 *   - the room: numbers without holes; a name belongs to one member at a time and only its holder acts
 *     under it; what a member says becomes events in the order it was said, each once, to the byte;
 *   - its members: each event reaches each of them once, in order, to the byte;
 *   - answers: one for each command; OK to a talk names the very event;
 *   - the network: nobody gets more bytes than it sent before it has shown where it is; one turn sends
 *     a bounded number of bytes to one peer.
 */
#include "sim_internal.h"

#include "proto/packet.h"
#include "proto/session_internal.h"

#include <stdlib.h>
#include <string.h>

static bool slices_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* ---- the room -------------------------------------------------------------------------------- */

static struct holder *holder_of(struct sim *s, struct slice name)
{
	for (size_t i = 0; i < s->holder_count; i++) {
		struct holder *h = &s->holders[i];
		if (slices_equal(name, slice_of(h->name, strlen(h->name))))
			return h;
	}
	return NULL;
}

static void take_name(struct sim *s, struct holder *h, struct slice name)
{
	if (name.len > NAME_MAX_BYTES)
		sim_fail(s, "a name of %zu bytes", name.len);
	memcpy(h->name, name.data, name.len);
	h->name[name.len] = '\0';
}

/* By whichever of their sessions. */
static bool is_by(const struct sim *s, const struct holder *h, const struct address *at)
{
	const struct actor *a = at ? host_of(s, at)->actor : NULL;

	return a && a->who == h->who && (a->via == VIA_UNIX) == h->local;
}

/* The name's holder, who has to be the one that does this. */
static struct holder *expect_holder(struct sim *s, const struct event *e, const struct address *who)
{
	struct holder *h = holder_of(s, e->from);

	if (!h || !is_by(s, h, who))
		sim_fail(s, "%s by %.*s, who %s", event_kind_name(e->kind), (int)e->from.len,
			 (const char *)e->from.data, h ? "is somebody else" : "is not there");
	return h;
}

static void follow_names(struct sim *s, const struct event *e, const struct address *who)
{
	struct holder *h;

	switch (e->kind) {
	case EVENT_JOIN:
		if (holder_of(s, e->from))
			sim_fail(s, "a name is taken twice");
		h = GROW(s->holders, s->holder_count);
		take_name(s, h, e->from);
		h->who = host_of(s, who)->actor->who;
		h->local = who->transport == TRANSPORT_UNIX;
		break;
	case EVENT_TALK:
		if (expect_holder(s, e, who)->lost)
			sim_fail(s, "somebody talks who is lost");
		break;
	case EVENT_LOST:
	case EVENT_BACK:
		h = expect_holder(s, e, who);
		if (h->lost == (e->kind == EVENT_LOST))
			sim_fail(s, "%s, and that again", h->lost ? "lost" : "back");
		h->lost = e->kind == EVENT_LOST;
		break;
	case EVENT_QUIT:
		h = expect_holder(s, e, who);
		*h = s->holders[--s->holder_count];
		break;
	case EVENT_NICK:
		h = expect_holder(s, e, who);
		if (holder_of(s, e->text) && holder_of(s, e->text) != h)
			sim_fail(s, "a name is taken twice");
		take_name(s, h, e->text);
		break;
	case EVENT_AWAY:
		(void)expect_holder(s, e, who);
		break;
	case EVENT_ANNOUNCE:
		if (who)
			sim_fail(s, "a member made an announcement");
		break;
	default:
		sim_fail(s, "nobody asked for an event of kind %d", (int)e->kind);
	}
}

/* The actor's next line, if it says this.  Without memory, the server may have refused some before. */
static struct line *next_line(struct actor *a, struct slice text)
{
	for (size_t i = a->appended; i < a->typed; i++) {
		struct line *l = &a->lines[i];
		if (slices_equal(text, slice_of(l->bytes, l->len))) {
			a->appended = i + 1;
			return l;
		}
		if (!memory_failed())
			break;
	}
	return NULL;
}

/* The line that this talk has to be: the next of somebody at that address. */
static struct line *line_of(struct sim *s, const struct event *e, const struct address *who,
			    const struct actor **by)
{
	for (struct actor *a = host_of(s, who)->actor; a; a = a->earlier) {
		struct line *l = next_line(a, e->text);
		if (!l)
			continue;
		*by = a;
		return l;
	}
	sim_fail(s, "event %llu is nothing that its author said next", (unsigned long long)e->seq);
	return NULL;
}

/* Told by the hub of each event. */
void oracle_appended(void *ctx, const struct event *e, const struct address *who)
{
	struct sim *s = ctx;
	uint8_t storage[WIRE_ITEM_MAX];
	struct buf b = buf_of(storage, sizeof(storage));
	struct frame f;

	if (e->seq != s->told_count + 1)
		sim_fail(s, "event %llu follows %zu", (unsigned long long)e->seq, s->told_count);
	follow_names(s, e, who);
	struct told *t = GROW(s->told, s->told_count);
	event_put(&b, e);
	t->len = b.len;
	t->frame = memory_own(b.len);
	memcpy(t->frame, storage, b.len);
	struct slice copy = slice_of(t->frame, t->len);
	if (b.failed || frame_get(&copy, &f) != ERR_NONE)
		sim_fail(s, "event %zu cannot be read", s->told_count);
	t->event = f.event;
	if (e->kind != EVENT_TALK)
		return;
	struct line *l = line_of(s, e, who, &t->by);
	l->seq = e->seq;
	t->said_us = l->said_us;
}

/* ---- the members ----------------------------------------------------------------------------- */

void oracle_heard(struct actor *a, const struct session_event *ev)
{
	struct sim *s = a->sim;
	uint64_t seq = a->first_seq + a->heard_count++;

	if (!a->joined || ev->heard.event.seq != seq || seq > s->told_count)
		sim_fail(s, "%s hears event %llu, not %llu", a->name,
			 (unsigned long long)ev->heard.event.seq, (unsigned long long)seq);
	const struct told *t = &s->told[seq - 1];
	if (!slices_equal(ev->heard.raw, slice_of(t->frame, t->len)))
		sim_fail(s, "%s hears event %llu in other words", a->name, (unsigned long long)seq);
	if (session_heard(a->session, WIRE_LOBBY) != seq)
		sim_fail(s, "%s: the session does not know what it gave out", a->name);
	if (t->by && t->by != a && a->first_seq <= seq)
		*GROW(s->latencies, s->latency_count) = (uint32_t)(s->now - t->said_us);
}

void oracle_answered(struct actor *a, const struct reply *r)
{
	struct sim *s = a->sim;

	if (r->id == 0 || r->id > a->ids || a->codes[r->id - 1] != UNANSWERED)
		sim_fail(s, "%s gets an answer to command %llu, which %s", a->name,
			 (unsigned long long)r->id, r->id > a->ids ? "it never gave" : "had one");
	for (size_t i = a->typed; r->code == CODE_OK && i-- > 0 && a->lines[i].id >= r->id;)
		if (a->lines[i].id == r->id && a->lines[i].seq != r->seq)
			sim_fail(s, "%s: OK to what is not in the room", a->name);
}

/* ---- the network ----------------------------------------------------------------------------- */

/* It knows the id that the server chose: that is sealed, and went to its address alone. */
static bool knows(const struct host *h, uint64_t cid)
{
	const struct actor *a = h->actor;

	return a && a->session && a->session->secure.ready && a->session->remote_cid == cid;
}

void oracle_to_server(struct sim *s, const struct address *from, const void *bytes, size_t n)
{
	struct host *h = host_of(s, from);
	struct packet p;

	h->received += n;
	if (from->transport == TRANSPORT_UDP && packet_get(bytes, n, &p) == ERR_NONE &&
	    (p.type == PACKET_FIN || p.type == PACKET_DATA) && knows(h, p.cid))
		h->validated = true;
}

static void check_turn(struct sim *s, struct actor *a, size_t n)
{
	if (a->turn != s->turns)
		a->turn_bytes = 0;
	a->turn = s->turns;
	a->turn_bytes += n;
	if (a->turn_bytes > PEERS_TURN_BYTES + WIRE_RECORD_HEADER + WIRE_RECORD_MAX)
		sim_fail(s, "%zu bytes for one peer in one turn", (size_t)a->turn_bytes);
}

void oracle_from_server(struct sim *s, const struct address *to, const void *bytes, size_t n)
{
	struct host *h = host_of(s, to);
	struct packet p;

	h->sent += n;
	if (h->actor)
		check_turn(s, h->actor, n);
	if (to->transport != TRANSPORT_UDP)
		return;
	if (n > WIRE_PACKET_MAX || packet_get(bytes, n, &p) != ERR_NONE)
		sim_fail(s, "the server sends what is no packet");
	if (!h->validated && h->sent > h->received)
		sim_fail(s, "%llu bytes sent to where %llu came from", (unsigned long long)h->sent,
			 (unsigned long long)h->received);
}

/* ---- after it all ---------------------------------------------------------------------------- */

void oracle_after_turn(struct sim *s)
{
	if (s->told_count != sim_head(s))
		sim_fail(s, "the room's head is not what it told");
	if (roster_count(hub_roster(s->hub)) != s->holder_count)
		sim_fail(s, "the roster is not what the room told");
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

uint64_t sim_latency(const struct sim *s, double percent)
{
	if (s->latency_count == 0)
		return 0;
	qsort(s->latencies, s->latency_count, sizeof(*s->latencies), compare);
	return s->latencies[(size_t)((double)(s->latency_count - 1) * percent / 100)];
}

const uint32_t *sim_latencies(const struct sim *s, size_t *count)
{
	*count = s->latency_count;
	return s->latencies;
}

void oracle_free(struct sim *s)
{
	for (size_t i = 0; i < s->told_count; i++)
		memory_own_free(s->told[i].frame);
	memory_own_free(s->told);
	memory_own_free(s->holders);
	memory_own_free(s->latencies);
}
