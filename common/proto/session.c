/* What both links share: the life of a session, commands and replies, and time. */
#include "proto/session_parts.h"

#include "proto/timerq.h"

#include <stdlib.h>
#include <string.h>

enum {
	LAST_WORDS = 1000 * 1000, /* how long a goodbye may take to get out, microseconds */
};

/* ---- life ------------------------------------------------------------------------------------ */

/* Up to the last that such a session has.  Nobody may look at what is behind that. */
size_t session_size(const struct session_config *c)
{
	if (c->link == SESSION_DGRAM)
		return sizeof(struct session);
	return c->identity ? offsetof(struct session, arrived)
			   : offsetof(struct session, records_out);
}

static struct session_terms terms_of(const struct session_config *c)
{
	struct session_terms t = {
		.role = c->role, .identity = c->identity, .cipher = c->cipher, .stock = c->stock};

	if (c->role == SESSION_SERVER) {
		t.log = c->log;
		t.log_ctx = c->log_ctx;
		t.pool = c->pool;
	} else {
		t.trust = c->trust;
		t.trust_ctx = c->trust_ctx;
	}
	return t;
}

static bool same_terms(const struct session_terms *a, const struct session_terms *b)
{
	if (a->role != b->role || a->identity != b->identity || a->cipher != b->cipher)
		return false;
	return a->role == SESSION_SERVER
		       ? a->log == b->log && a->log_ctx == b->log_ctx && a->pool == b->pool
		       : a->trust == b->trust && a->trust_ctx == b->trust_ctx;
}

/* Those of a stock are its own, as long as it lives: there are few of them.  NULL: no memory. */
static const struct session_terms *take_terms(const struct session_config *c)
{
	struct session_terms t = terms_of(c), *own;

	for (own = c->stock ? c->stock->terms : NULL; own; own = own->next)
		if (same_terms(own, &t))
			return own;
	own = malloc(sizeof(*own));
	if (!own)
		return NULL;
	*own = t;
	if (c->stock) {
		own->next = c->stock->terms;
		c->stock->terms = own;
	}
	return own;
}

static void give_terms(const struct session_terms *t)
{
	if (t && !t->stock)
		free((void *)(uintptr_t)t);
}

/* What only its end has.  False: no memory. */
static bool begin_half(struct session *s)
{
	if (s->role == SESSION_SERVER) {
		s->server.next_command = 1;
		return true;
	}
	s->client = calloc(1, sizeof(*s->client));
	if (s->client)
		hearing_init(&s->client->hearing);
	return s->client != NULL;
}

static void begin_link(struct session *s, const struct session_config *c, uint64_t now)
{
	if (c->link == SESSION_DGRAM) {
		s->local_cid = c->local_cid;
		s->remote_cid = c->remote_cid;
		dgram_init(s, now);
		return;
	}
	s->busy->stream.records.limit = c->identity ? WIRE_PACKET_MAX : 0; /* until it is open */
}

bool session_init(struct session *s, const struct session_config *config, uint64_t now)
{
	memset(s, 0, session_size(config));
	s->terms = take_terms(config);
	s->role = config->role;
	s->link = config->link;
	s->heard_at = now;
	s->hello_due = config->role == SESSION_CLIENT && !config->identity;
	s->first_due = config->role == SESSION_CLIENT && config->identity;
	assert(config->identity || config->link == SESSION_STREAM);
	if (!s->terms || !begin_half(s) || !session_wake(s, now)) {
		session_wipe(s);
		return false;
	}
	s->busy->over_by = now + SESSION_OPEN_TIMEOUT;
	begin_link(s, config, now);
	if (config->identity && handshake_begin(s, config, now) != ERR_NONE) {
		session_wipe(s);
		return false;
	}
	return true;
}

struct session *session_new(const struct session_config *config, uint64_t now)
{
	struct session *s = malloc(session_size(config));

	if (!s || session_init(s, config, now))
		return s;
	free(s);
	return NULL;
}

void session_wipe(struct session *s)
{
	if (s->role == SESSION_SERVER)
		readers_wipe(&s->server.readers);
	else if (s->client)
		hear_wipe(s);
	rest_wipe(s);
	if (s->terms && s->terms->identity)
		secure_wipe(&s->secure, s->terms->cipher);
	give_terms(s->terms);
	if (s->role == SESSION_CLIENT)
		free(s->client);
}

void session_free(struct session *s)
{
	if (!s)
		return;
	session_wipe(s);
	free(s);
}

void session_opened(struct session *s, uint64_t now)
{
	s->state = STATE_OPEN;
	if (s->link == SESSION_STREAM)
		s->busy->stream.records.limit = 0;
	session_heard_now(s, now);
}

void session_asked(struct session *s, uint64_t now)
{
	if (s->role == SESSION_SERVER)
		return;
	if (!s->asking)
		s->client->asked_at = now;
	s->asking = true;
}

void session_heard_now(struct session *s, uint64_t now)
{
	s->heard_at = now;
	s->asking = false;
}

uint64_t session_silence(const struct session *s, uint64_t now)
{
	return s->state == STATE_OPEN && s->asking ? now - s->client->asked_at : 0;
}

/* Words are for people: without memory the code has to do. */
static void note_words(struct session *s, const char *text, size_t len)
{
	if (!s->busy)
		return;
	len = text_clip(text, len, WIRE_REASON_MAX);
	free(s->busy->end_text);
	s->busy->end_text = len > 0 ? malloc(len + 1) : NULL;
	if (!s->busy->end_text)
		return;
	memcpy(s->busy->end_text, text, len);
	s->busy->end_text[len] = '\0';
}

const char *session_end_text(const struct session *s)
{
	return s->busy && s->busy->end_text ? s->busy->end_text : "";
}

void session_words(struct session *s, struct slice words)
{
	if (s->state != STATE_CLOSING && s->state != STATE_ENDED && session_wake(s, s->heard_at))
		note_words(s, (const char *)words.data, words.len);
}

void session_end(struct session *s, enum code code, const char *text, size_t len, bool by_peer)
{
	if (s->state == STATE_ENDED)
		return;
	if (s->state != STATE_CLOSING) {
		s->end_code = code;
		note_words(s, text, len);
	}
	s->end_by_peer = by_peer;
	s->state = STATE_ENDED;
	s->in_unit = false;
}

void session_close(struct session *s, uint64_t now, enum code code, const char *text)
{
	if (s->state == STATE_CLOSING || s->state == STATE_ENDED)
		return;
	/* Nobody to say it to; or no memory to say it with. */
	if ((s->state == STATE_OPENING && s->terms->identity) || !session_wake(s, now)) {
		session_end(s, code, text, strlen(text), false);
		return;
	}
	if (s->role == SESSION_SERVER)
		follow_end(s);
	s->busy->over_by = now + SESSION_DRAIN_TIMEOUT;
	s->end_code = code;
	if (*text || !s->busy->end_text)
		note_words(s, text, strlen(text));
	s->bye_due = true;
	s->state = STATE_CLOSING;
}

/*
 * The peer broke the rules, or fell behind: nothing more for it but the goodbye.  Doing so again
 * gains it no time.
 */
void session_give_up(struct session *s, uint64_t now, enum code code)
{
	if (s->bye_forced)
		return;
	session_close(s, now, code, "");
	s->bye_forced = true;
	if (s->state == STATE_CLOSING)
		s->busy->over_by = now + LAST_WORDS;
}

bool session_ended(const struct session *s)
{
	return s->state == STATE_ENDED;
}

bool session_open(const struct session *s)
{
	return s->state == STATE_OPEN;
}

/* Nothing is left to send before the goodbye; a client does not wait to hear that it arrived. */
bool session_drained(const struct session *s)
{
	if (s->role == SESSION_CLIENT)
		return !outgoing_due(&s->busy->outgoing);
	return s->server.readers.count == 0 && (!s->busy || s->busy->outgoing.count == 0);
}

bool session_bye_ready(const struct session *s)
{
	return s->state == STATE_CLOSING && s->bye_due && (s->bye_forced || session_drained(s));
}

/* ---- commands and replies -------------------------------------------------------------------- */

enum err session_command(struct session *s, struct command *c)
{
	uint8_t storage[WIRE_ITEM_MAX];
	struct buf b = buf_of(storage, sizeof(storage));

	if (s->state == STATE_CLOSING || s->state == STATE_ENDED)
		return ERR_CLOSED;
	if (session_full(s))
		return ERR_FULL;
	c->id = s->client->last_id + 1;
	command_put(&b, c);
	if (b.failed)
		return ERR_TOO_BIG;
	enum err e = hear_expect(s, c->kind);
	struct outgoing *o = e == ERR_NONE ? outgoing_add(&s->busy->outgoing, c->id, &b) : NULL;
	if (!o)
		return ERR_MEMORY;
	o->kind = c->kind;
	o->room = c->room;
	s->client->last_id = c->id;
	return ERR_NONE;
}

/*
 * By their numbers, not by their count: while one reply is missing, those to its successors may come
 * and make room for more and more, until the server forgets what it answered so long ago.
 */
bool session_full(const struct session *s)
{
	const struct outgoing *oldest = s->busy->outgoing.first;

	return oldest && s->client->last_id - oldest->id + 1 >= WIRE_COMMANDS_MAX;
}

size_t session_unanswered(const struct session *s)
{
	return s->busy->outgoing.count;
}

enum err session_reply(struct session *s, const struct reply *r)
{
	uint8_t storage[WIRE_ITEM_MAX];
	struct buf b = buf_of(storage, sizeof(storage));

	if (s->state == STATE_ENDED)
		return ERR_NONE;
	reply_put(&b, r);
	assert(!b.failed);
	if (!session_wake(s, s->heard_at))
		return ERR_MEMORY;
	/* A client has at most WIRE_COMMANDS_MAX in flight: what is older, it has. */
	uint64_t newest = s->busy->commands.next - !s->given;
	if (newest > WIRE_COMMANDS_MAX)
		outgoing_forget(&s->busy->outgoing, newest - WIRE_COMMANDS_MAX);
	return outgoing_add(&s->busy->outgoing, r->id, &b) ? ERR_NONE : ERR_MEMORY;
}

size_t session_replies_bytes(const struct session *s)
{
	return s->busy ? s->busy->outgoing.bytes : 0;
}

void session_binding(const struct session *s, uint8_t out[NOISE_KEY])
{
	if (s->terms->identity)
		memcpy(out, s->secure.binding, NOISE_KEY);
	else
		memset(out, 0, NOISE_KEY);
}

/* ---- output and time ------------------------------------------------------------------------- */

static uint64_t next_ping(struct session *s, uint64_t now)
{
	if (s->role == SESSION_SERVER)
		return 1; /* it wants to know that there is somebody, and no more */
	s->client->ping_sent_at = now;
	return ++s->client->ping_token;
}

void session_put_control(struct session *s, uint64_t now, struct buf *b)
{
	if (s->hello_due)
		hello_put(b);
	if (s->pong_due)
		ping_put(b, FRAME_PONG, s->busy->pong_token);
	if (s->ping_due) {
		ping_put(b, FRAME_PING, next_ping(s, now));
		session_asked(s, now);
	}
	if (s->path_due)
		path_put(b, FRAME_PATH_RESPONSE, s->busy->path_token);
	s->hello_due = s->pong_due = s->ping_due = s->path_due = false;
}

/* Nothing more is ever said; but that a goodbye was heard. */
static bool silent(const struct session *s)
{
	return s->state == STATE_ENDED && !s->bye_ack_due;
}

bool session_output(struct session *s, uint64_t now, struct buf *out)
{
	size_t size;

	if (silent(s))
		return false;
	if (s->link == SESSION_DGRAM)
		return dgram_train(s, now, out, 1, &size);
	bool any = stream_output(s, now, out);
	session_rest_if_done(s, now);
	return any;
}

static bool stream_train(struct session *s, uint64_t now, struct buf *out, size_t *size)
{
	const size_t whole = WIRE_RECORD_HEADER + WIRE_RECORD_MAX;
	size_t at = out->len;

	assert(buf_room(out) >= whole);
	while (buf_room(out) >= whole && session_output(s, now, out) && !s->sated)
		continue;
	*size = out->len - at;
	return *size > 0;
}

bool session_train(struct session *s, uint64_t now, struct buf *out, size_t *size)
{
	if (silent(s))
		return false;
	if (s->link == SESSION_DGRAM)
		return dgram_train(s, now, out, SIZE_MAX, size);
	bool any = stream_train(s, now, out, size);
	session_rest_if_done(s, now);
	return any;
}

bool session_sated(const struct session *s)
{
	return s->sated;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool record_partial(const struct session *s)
{
	return s->link == SESSION_STREAM && s->busy && records_partial(&s->busy->stream.records);
}

uint64_t session_deadline(const struct session *s)
{
	uint64_t at = s->heard_at + SESSION_IDLE_TIMEOUT;

	if (s->state == STATE_ENDED)
		return TIMERQ_NEVER;
	if (s->state != STATE_OPEN)
		at = s->busy->over_by;
	if (s->state == STATE_OPEN && s->role == SESSION_CLIENT && !s->ping_due)
		at = sooner(at, s->busy->sent_at + SESSION_KEEPALIVE);
	if (record_partial(s))
		at = sooner(at, s->busy->stream.record_began_at + SESSION_RECORD_TIMEOUT);
	at = sooner(hold_deadline(s, at), rest_deadline(s));
	return s->link == SESSION_DGRAM && s->busy ? sooner(at, dgram_deadline(s)) : at;
}

bool session_due(struct session *s, uint64_t now)
{
	if (s->link != SESSION_DGRAM || s->state != STATE_OPEN || s->pong_due || s->ping_due)
		return true;
	return s->busy ? dgram_due(s, now) : now >= rest_deadline(s);
}

static bool timed_out(const struct session *s, uint64_t now)
{
	if (s->state == STATE_OPENING)
		return now >= s->busy->over_by;
	if (now >= s->heard_at + SESSION_IDLE_TIMEOUT)
		return true;
	if (hold_waits(s))
		return false;
	return hold_overdue(s, now) ||
	       (record_partial(s) &&
		now >= s->busy->stream.record_began_at + SESSION_RECORD_TIMEOUT);
}

/* What was due before the goodbye took too long: the goodbye now, then the end in any case. */
static void close_overdue(struct session *s, uint64_t now)
{
	if (s->bye_due && !s->bye_forced) {
		s->bye_forced = true;
		s->busy->over_by = now + LAST_WORDS;
		return;
	}
	session_end(s, s->end_code, "", 0, false);
}

void session_excuse_silence(struct session *s, uint64_t now)
{
	if (s->state == STATE_OPENING)
		return;
	s->heard_at = now;
	if (s->role == SESSION_CLIENT)
		s->client->asked_at = now;
}

void session_nudge(struct session *s)
{
	if (s->state == STATE_OPEN)
		s->ping_due = true;
	if (s->link == SESSION_DGRAM && session_wake(s, s->heard_at))
		s->busy->dgram.probes = 1;
}

void session_tick(struct session *s, uint64_t now)
{
	if (s->state == STATE_ENDED)
		return;
	if (timed_out(s, now)) {
		session_hangup(s, now);
		return;
	}
	if (s->state == STATE_CLOSING && now >= s->busy->over_by)
		close_overdue(s, now);
	if (s->state == STATE_OPEN && s->role == SESSION_CLIENT &&
	    now >= s->busy->sent_at + SESSION_KEEPALIVE)
		s->ping_due = true;
	hold_tick(s, now);
	if (s->link == SESSION_DGRAM && s->busy)
		dgram_tick(s, now);
	session_rest_if_done(s, now);
}

void *session_log_ctx(const struct session *s)
{
	return s->terms->log_ctx;
}

uint64_t session_local_cid(const struct session *s)
{
	return s->link == SESSION_DGRAM ? s->local_cid : 0;
}

uint64_t session_rtt(const struct session *s)
{
	if (s->link == SESSION_STREAM)
		return s->role == SESSION_CLIENT ? s->client->rtt_us : 0;
	return s->busy ? s->busy->dgram.recovery.srtt_us : s->recovery.srtt_us;
}
