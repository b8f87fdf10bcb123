/* Trust in a server's key; the contract is in trust.h. */
#include "trust.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void trust_init(struct trust *t, const struct endpoint *server, const char *dir)
{
	memset(t, 0, sizeof(*t));
	known_servers_name(server, t->server);
	if (dir[0] && datadir_file(dir, "known_servers", t->file) != ERR_NONE)
		t->file[0] = '\0';
	t->has_given = server->has_key;
	memcpy(t->given, server->key, KEY_BYTES);
}

void trust_expect(struct trust *t, const uint8_t key[KEY_BYTES])
{
	t->has_listed = true;
	memcpy(t->listed, key, KEY_BYTES);
}

bool trust_blind(const struct trust *t)
{
	struct known_server pinned;

	if (t->has_given)
		return false;
	return !t->file[0] || known_servers_find(t->file, t->server, &pinned) == ERR_NOT_FOUND;
}

bool trust_key(const struct trust *t, uint8_t key[KEY_BYTES])
{
	struct known_server pinned;

	if (t->has_accepted || t->has_given) {
		memcpy(key, t->has_accepted ? t->accepted : t->given, KEY_BYTES);
		return true;
	}
	if (!t->file[0] || known_servers_find(t->file, t->server, &pinned) != ERR_NONE)
		return false;
	memcpy(key, pinned.key, KEY_BYTES);
	return true;
}

/* ---- refusing --------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static bool refuse(struct trust *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(t->words, sizeof(t->words), fmt, args);
	va_end(args);
	return false;
}

static bool refuse_given(struct trust *t, const uint8_t key[KEY_BYTES])
{
	char known[KEY_FINGERPRINT + 1], offered[KEY_FINGERPRINT + 1];

	return refuse(
		t,
		"the server at %s is not the one that the address names: its key should be "
		"%s, and is %s.  Somebody may be in between, or the invitation is an old one: "
		"ask for a new one",
		t->server, key_fingerprint(t->given, known), key_fingerprint(key, offered));
}

static bool refuse_listed(struct trust *t, const uint8_t key[KEY_BYTES])
{
	char listed[KEY_FINGERPRINT + 1], offered[KEY_FINGERPRINT + 1];

	return refuse(t,
		      "the server at %s is not the one that was listed: the room was listed with "
		      "the key %s, and the server has %s.  Somebody on the local network may pass "
		      "for it: ask for an invitation",
		      t->server, key_fingerprint(t->listed, listed), key_fingerprint(key, offered));
}

static bool refuse_changed(struct trust *t, const struct known_server *pinned,
			   const uint8_t key[KEY_BYTES])
{
	char known[KEY_FINGERPRINT + 1], offered[KEY_FINGERPRINT + 1];

	return refuse(t,
		      "the key of %s has changed: known is %s, offered was %s.  Somebody may be in "
		      "between, or the server was set up anew.  If whoever runs it confirms the "
		      "offered key, remove line %u of %s and come again",
		      t->server, key_fingerprint(pinned->key, known), key_fingerprint(key, offered),
		      pinned->line, t->file);
}

static bool refuse_second(struct trust *t, const uint8_t key[KEY_BYTES])
{
	char known[KEY_FINGERPRINT + 1], offered[KEY_FINGERPRINT + 1];

	return refuse(
		t,
		"another server answers at %s now: its key was %s, and now is %s.  Somebody may "
		"be in between, or the server was set up anew",
		t->server, key_fingerprint(t->accepted, known), key_fingerprint(key, offered));
}

static bool refuse_file(struct trust *t, enum err err, unsigned line)
{
	if (err == ERR_MALFORMED)
		return refuse(t,
			      "line %u of %s has no key for %s: mend it, or remove it to take the "
			      "server's key anew",
			      line, t->file, t->server);
	if (err == ERR_CLOSED)
		return refuse(t,
			      "others can write to %s, so nothing is known by it: look through it, "
			      "and say chmod 600 to it, or remove it if it is not yours",
			      t->file);
	return refuse(t, "the keys of servers in %s cannot be read: %s", t->file, strerror(errno));
}

/* ---- deciding --------------------------------------------------------------------------------- */

static bool decide_pinned(struct trust *t, const uint8_t key[KEY_BYTES])
{
	struct known_server pinned;
	enum err err = t->file[0] ? known_servers_find(t->file, t->server, &pinned) : ERR_NOT_FOUND;

	if (err != ERR_NONE && err != ERR_NOT_FOUND)
		return refuse_file(t, err, pinned.line);
	if (err == ERR_NONE && !key_equal(pinned.key, key))
		return refuse_changed(t, &pinned, key);
	if (t->has_listed && !key_equal(t->listed, key))
		return refuse_listed(t, key);
	t->to_pin = t->first_contact = err == ERR_NOT_FOUND;
	return true;
}

static bool decide_given(struct trust *t, const uint8_t key[KEY_BYTES])
{
	if (!key_equal(t->given, key))
		return refuse_given(t, key);
	t->to_pin = true;
	return true;
}

/* Another key than the one of this run; the reason that helps most. */
static bool refuse_other(struct trust *t, const uint8_t key[KEY_BYTES])
{
	struct known_server pinned;

	if (t->has_given)
		return refuse_given(t, key);
	if (t->file[0] && known_servers_find(t->file, t->server, &pinned) == ERR_NONE &&
	    key_equal(pinned.key, t->accepted))
		return refuse_changed(t, &pinned, key);
	return refuse_second(t, key);
}

bool trust_decide(void *trust, const uint8_t key[KEY_BYTES])
{
	struct trust *t = trust;

	if (t->has_accepted)
		return key_equal(t->accepted, key) || refuse_other(t, key);
	if (!(t->has_given ? decide_given(t, key) : decide_pinned(t, key)))
		return false;
	memcpy(t->accepted, key, KEY_BYTES);
	t->has_accepted = true;
	return true;
}

/* ---- pinning ---------------------------------------------------------------------------------- */

static void say(struct trust *t, const char *fingerprint, const char *fate, const char *detail)
{
	(void)snprintf(t->words, sizeof(t->words),
		       t->first_contact ? "first contact with %s, whose key is %s: compare it with "
					  "the server's invitation.  %s%s"
					: "%s has the key %s.  %s%s",
		       t->server, fingerprint, fate, detail);
}

/* Another client may have pinned meanwhile, another key even: this session is told, the next refused. */
static bool pin(struct trust *t, const char *fingerprint)
{
	struct known_server pinned;
	char detail[64] = "";

	if (!t->file[0]) {
		say(t, fingerprint, "There is no place to keep it", "");
		return t->first_contact;
	}
	switch (known_servers_add(t->file, t->server, t->accepted, &pinned)) {
	case ERR_NONE:
		say(t, fingerprint, "It is kept in ", t->file);
		return t->first_contact;
	case ERR_EXISTS:
	case ERR_MALFORMED:
		(void)snprintf(detail, sizeof(detail), "Line %u has another: remove it from ",
			       pinned.line);
		say(t, fingerprint, detail, t->file);
		return true;
	default:
		say(t, fingerprint, "It cannot be kept: ", strerror(errno));
		return true;
	}
}

const char *trust_opened(struct trust *t)
{
	char fingerprint[KEY_FINGERPRINT + 1];

	if (!t->to_pin || !t->has_accepted)
		return NULL;
	t->to_pin = false;
	return pin(t, key_fingerprint(t->accepted, fingerprint)) ? t->words : NULL;
}
