/*
 * Which links there are: the live one, candidates in rounds, those that say goodbye.
 *
 * A round walks through the addresses of every way, the preferred way first, the other a head start
 * later or as soon as the first has none left.  Whose session opens first wins; when nobody is left
 * the next round follows after a pause that grows.  Rounds begin when the live link is lost, or
 * silent: then it goes on beside them, and ends them when it speaks first.
 *
 * The port is called in links_tick() only; everything else marks slots.
 */
#include "core/seat_internal.h"

#include <string.h>

enum { ROUND_RENEWABLE = 1000 * 1000 }; /* a younger round is not begun anew, microseconds */

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void links_init(struct seat *s, uint64_t now)
{
	for (size_t i = 0; i < SEAT_WAYS; i++)
		s->ways[i].transport = s->config.ways[i];
	s->search = SEARCH_PAUSE;
	s->search_at = now;
	s->lost_at = TIMERQ_NEVER;
}

/* ---- slots ----------------------------------------------------------------------------------- */

static void become(struct slot *slot, uint64_t now, enum slot_state state)
{
	slot->state = state;
	slot->since = now;
}

/* What is open says goodbye; a session that is not has nobody to say it to. */
static void dismiss(struct slot *slot, uint64_t now, const char *words)
{
	bool open = session_open(slot->session);

	session_close(slot->session, now, CODE_LEFT, words);
	become(slot, now, open ? SLOT_LEAVING : SLOT_DEAD);
}

static void dismiss_all(struct seat *s, uint64_t now, enum slot_state state)
{
	for (size_t i = 0; i < SEAT_SLOTS; i++)
		if (s->slots[i].state == state)
			dismiss(&s->slots[i], now, "");
}

static void close_slot(struct seat *s, struct slot *slot)
{
	s->port.close(s->port.ctx, (unsigned)(slot - s->slots));
	session_free(slot->session);
	*slot = (struct slot){.state = SLOT_FREE};
}

/* A place for one more: there are more slots than links that are needed for anything but goodbyes. */
static struct slot *take_slot(struct seat *s)
{
	struct slot *oldest = NULL;

	for (size_t i = 0; i < SEAT_SLOTS; i++) {
		struct slot *slot = &s->slots[i];
		if (slot->state == SLOT_FREE)
			return slot;
		if (slot->state == SLOT_LEAVING && (!oldest || slot->since < oldest->since))
			oldest = slot;
	}
	close_slot(s, oldest);
	return oldest;
}

/* ---- rounds of candidates -------------------------------------------------------------------- */

static void begin_round(struct seat *s, uint64_t now)
{
	uint64_t head_start = s->found ? SEAT_HEAD_START_AGAIN : SEAT_HEAD_START;

	s->search = SEARCH_ROUND;
	s->search_at = now;
	s->rounds++;
	for (size_t i = 0; i < SEAT_WAYS; i++) {
		struct way *w = &s->ways[i];
		w->start_at = now + i * head_start;
		w->address = 0;
		w->exhausted = w->transport == 0;
		w->slot = NULL;
	}
}

/* A random time between the half and the whole of what has doubled with each round. */
static uint64_t backoff(struct seat *s, unsigned rounds)
{
	uint64_t whole = SEAT_BACKOFF_MIN, random;

	for (unsigned i = 1; i < rounds && whole < SEAT_BACKOFF_MAX; i++)
		whole *= 2;
	s->port.entropy(s->port.ctx, &random, sizeof(random));
	return whole / 2 + random % (whole / 2 + 1);
}

static void pause_search(struct seat *s, uint64_t now)
{
	s->search = SEARCH_PAUSE;
	s->search_at = now + backoff(s, s->rounds);
}

void links_ask_later(struct seat *s)
{
	if (s->again_at == TIMERQ_NEVER)
		s->again_at = s->now + backoff(s, ++s->refusals);
}

static void end_search(struct seat *s, uint64_t now)
{
	s->search = SEARCH_NONE;
	dismiss_all(s, now, SLOT_TRYING);
}

/* Somebody is needed.  The first time at once; one who was lost again soon is not run after. */
static void begin_search(struct seat *s, uint64_t now)
{
	s->lost_at = sooner(s->lost_at, now);
	if (s->search != SEARCH_NONE)
		return;
	if (s->rounds == 0)
		begin_round(s, now);
	else
		pause_search(s, now);
}

static struct session *new_session(struct seat *s, uint64_t now, enum transport t)
{
	struct session_config c = s->config.session;

	c.role = SESSION_CLIENT;
	c.link = t == TRANSPORT_UDP ? SESSION_DGRAM : SESSION_STREAM;
	s->port.entropy(s->port.ctx, &c.local_cid, sizeof(c.local_cid));
	if (t == TRANSPORT_UNIX)
		c.identity = NULL; /* the kernel says who is who there */
	else
		s->port.entropy(s->port.ctx, c.ephemeral, sizeof(c.ephemeral));
	struct session *session = session_new(&c, now);
	secure_zero(c.ephemeral, sizeof(c.ephemeral));
	return session;
}

/* The way's next address; false: it has none left. */
static bool try_next(struct seat *s, uint64_t now, struct way *w)
{
	char why[SEAT_WHY_MAX] = "";
	struct slot *slot = take_slot(s);
	struct session *session = new_session(s, now, w->transport);

	if (!session) {
		seat_note_why(s, "out of memory");
		return false;
	}
	if (!s->port.open(s->port.ctx, (unsigned)(slot - s->slots), w->transport, &w->address,
			  why)) {
		seat_note_why(s, why);
		session_free(session);
		return false;
	}
	*slot = (struct slot){.session = session, .transport = w->transport};
	become(slot, now, SLOT_TRYING);
	w->slot = slot;
	/* In time to go with the handshake; if there is no memory for it, it is asked later. */
	if (seat_ask_join(s, slot) != ERR_NONE)
		slot->join = 0;
	return true;
}

static bool round_goes_on(const struct seat *s)
{
	for (size_t i = 0; i < SEAT_WAYS; i++)
		if (!s->ways[i].exhausted)
			return true;
	return false;
}

static void go_on(struct seat *s, uint64_t now)
{
	for (size_t i = 0; i < SEAT_WAYS; i++) {
		struct way *w = &s->ways[i];
		if (w->slot || w->exhausted || now < w->start_at)
			continue;
		w->exhausted = !try_next(s, now, w);
		if (w->exhausted && i + 1 < SEAT_WAYS)
			s->ways[i + 1].start_at = sooner(s->ways[i + 1].start_at, now);
	}
	if (round_goes_on(s))
		return;
	if (s->found)
		pause_search(s, now);
	else if (s->refused_at != TIMERQ_NEVER)
		seat_not_accepted(s);
	else
		seat_finish(s, SEAT_END_NOBODY, CODE_OK, "", 0);
}

/* ---- what becomes of links ------------------------------------------------------------------- */

void links_won(struct seat *s, uint64_t now, struct slot *slot)
{
	if (s->live) {
		dismiss_all(s, now, SLOT_OLD);
		become(s->live, now, SLOT_OLD);
	}
	s->live = slot;
	become(slot, now, SLOT_LIVE);
	end_search(s, now);
	s->found = true;
	s->doubt = false;
	outbox_give_again(&s->outbox);
	rooms_new_session(s);
}

void links_joined(struct seat *s, uint64_t now)
{
	s->lost_at = TIMERQ_NEVER;
	if (!s->was_joined)
		s->rounds = 0;
	dismiss_all(s, now, SLOT_OLD);
}

static void candidate_gone(struct seat *s, uint64_t now, struct slot *slot)
{
	for (size_t i = 0; i < SEAT_WAYS; i++)
		if (s->ways[i].slot == slot)
			s->ways[i].slot = NULL; /* its next address, in the next tick */
	become(slot, now, SLOT_DEAD);
}

void links_gone(struct seat *s, uint64_t now, struct slot *slot)
{
	if (slot->state == SLOT_TRYING)
		candidate_gone(s, now, slot);
	if (slot != s->live)
		return;
	if (now >= slot->since + SEAT_STABLE)
		s->rounds = 0;
	s->live = NULL;
	s->doubt = false;
	become(slot, now, SLOT_LEAVING); /* the peer's goodbye may have to be acknowledged */
	dismiss_all(s, now, SLOT_OLD);
	if (!s->over)
		begin_search(s, now);
}

void links_doubt(struct seat *s, uint64_t now)
{
	if (s->doubt || !s->live || s->quit || s->over)
		return;
	s->doubt = true;
	session_nudge(s->live->session);
	if (now >= s->live->since + SEAT_STABLE)
		s->rounds = 0;
	begin_search(s, now);
}

void links_hear(struct seat *s, uint64_t now)
{
	s->doubt = false;
	if (s->live->joined)
		s->lost_at = TIMERQ_NEVER;
	end_search(s, now);
}

void links_end(struct seat *s, uint64_t now, const char *goodbye)
{
	end_search(s, now);
	dismiss_all(s, now, SLOT_OLD);
	if (!goodbye || !s->live)
		return;
	dismiss(s->live, now, goodbye);
	s->live = NULL;
}

/* At once, whoever was being tried. */
static void begin_anew(struct seat *s, uint64_t now)
{
	for (size_t i = 0; i < SEAT_SLOTS; i++)
		if (s->slots[i].state == SLOT_TRYING)
			become(&s->slots[i], now, SLOT_DEAD);
	s->rounds = 0;
	begin_round(s, now);
}

void seat_network_changed(struct seat *s, uint64_t now)
{
	bool renew = s->search == SEARCH_ROUND && now >= s->search_at + ROUND_RENEWABLE;

	if (s->live)
		session_nudge(s->live->session);
	if (!s->over && (s->search == SEARCH_PAUSE || renew))
		begin_anew(s, now);
}

void seat_reconnect(struct seat *s, uint64_t now)
{
	s->now = now;
	if (s->over || s->quit)
		return;
	if (s->live) {
		become(s->live, now, SLOT_OLD);
		s->lost_at = sooner(s->lost_at, now);
	}
	s->live = NULL;
	s->doubt = false;
	begin_anew(s, now);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* Since when an answer of the live one is missing; TIMERQ_NEVER: none is, or nobody looks. */
static uint64_t silent_since(const struct seat *s)
{
	uint64_t silence;

	if (!s->live || s->doubt || s->paused || s->quit || s->over)
		return TIMERQ_NEVER;
	silence = session_silence(s->live->session, s->now + 1);
	return silence == 0 ? TIMERQ_NEVER : s->now + 1 - silence;
}

static bool nudged(const struct seat *s, uint64_t since)
{
	return s->live->nudged_at > since;
}

static uint64_t silence_deadline(const struct seat *s)
{
	uint64_t since = silent_since(s);

	if (since == TIMERQ_NEVER)
		return TIMERQ_NEVER;
	return since + (nudged(s, since) ? SEAT_SILENCE : SEAT_SILENCE / 2);
}

/* Half-way it is asked for a sign of life: maybe it has nothing to say, but is there. */
static void judge_silence(struct seat *s, uint64_t now)
{
	uint64_t since = silent_since(s);

	if (now < silence_deadline(s))
		return;
	if (now >= since + SEAT_SILENCE) {
		seat_note_why(s, "the server does not answer");
		links_doubt(s, now);
	} else {
		session_nudge(s->live->session);
		s->live->nudged_at = now;
	}
}

static uint64_t slot_deadline(const struct slot *slot)
{
	switch (slot->state) {
	case SLOT_FREE:
	case SLOT_OLD:
		break;
	case SLOT_TRYING:
	case SLOT_LIVE:
		return session_deadline(slot->session);
	case SLOT_LEAVING:
		return sooner(session_deadline(slot->session), slot->since + SEAT_GOODBYE);
	case SLOT_DEAD:
		return 0;
	}
	return TIMERQ_NEVER;
}

static uint64_t search_deadline(const struct seat *s)
{
	uint64_t at = TIMERQ_NEVER;

	if (s->search == SEARCH_PAUSE)
		return s->search_at;
	for (size_t i = 0; s->search == SEARCH_ROUND && i < SEAT_WAYS; i++)
		if (!s->ways[i].slot && !s->ways[i].exhausted)
			at = sooner(at, s->ways[i].start_at);
	return at;
}

static uint64_t give_up_at(const struct seat *s)
{
	bool never = s->config.give_up_us == 0 || s->lost_at == TIMERQ_NEVER || !s->found;

	return never || s->over ? TIMERQ_NEVER : s->lost_at + s->config.give_up_us;
}

static uint64_t opinion_deadline(const struct seat *s)
{
	if (s->refused_at == TIMERQ_NEVER || s->found || s->over)
		return TIMERQ_NEVER;
	return s->refused_at + SEAT_SECOND_OPINION;
}

uint64_t links_deadline(const struct seat *s)
{
	uint64_t at = sooner(sooner(silence_deadline(s), search_deadline(s)), give_up_at(s));

	at = sooner(at, opinion_deadline(s));
	for (size_t i = 0; i < SEAT_SLOTS; i++)
		at = sooner(at, slot_deadline(&s->slots[i]));
	return at;
}

static void tick_slot(struct seat *s, uint64_t now, struct slot *slot)
{
	if (slot == s->live && s->paused)
		session_excuse_silence(slot->session, now);
	if (slot->state == SLOT_TRYING || slot->state == SLOT_LIVE || slot->state == SLOT_LEAVING)
		session_tick(slot->session, now);
	if (slot->state == SLOT_LEAVING && now >= slot->since + SEAT_GOODBYE)
		become(slot, now, SLOT_DEAD);
}

void links_tick(struct seat *s, uint64_t now)
{
	for (size_t i = 0; i < SEAT_SLOTS; i++)
		tick_slot(s, now, &s->slots[i]);
	judge_silence(s, now);
	if (now >= give_up_at(s))
		seat_finish(s, SEAT_END_LOST, CODE_OK, "", 0);
	if (now >= opinion_deadline(s))
		seat_not_accepted(s);
	for (size_t i = 0; i < SEAT_SLOTS; i++)
		if (s->slots[i].state == SLOT_DEAD)
			close_slot(s, &s->slots[i]);
	if (s->search == SEARCH_PAUSE && now >= s->search_at)
		begin_round(s, now);
	if (s->search == SEARCH_ROUND)
		go_on(s, now);
}
