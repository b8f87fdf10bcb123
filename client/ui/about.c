/* What is known of somebody; the contract is in about.h. */
#include "ui/about.h"

#include "proto/address.h"
#include "proto/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct words {
	char *out;
	size_t len;
};

static void say(struct words *w, const char *s)
{
	size_t n = strlen(s);

	if (n >= ABOUT_SIZE - w->len)
		return;
	memcpy(w->out + w->len, s, n + 1);
	w->len += n;
}

static void say_safe(struct words *w, struct slice s)
{
	w->len +=
		text_safe(w->out + w->len, ABOUT_SIZE - w->len, (const char *)s.data, s.len, false);
}

/* "2 hours": in the largest unit of which it was one at least.  The clocks of two machines may differ. */
static void say_while(struct words *w, uint64_t since_ms, int64_t now_ms)
{
	static const struct {
		int64_t ms;
		const char *one, *many;
	} units[] = {
		{INT64_C(24) * 3600 * 1000, "1 day", "days"},
		{3600 * 1000, "1 hour", "hours"},
		{60 * 1000, "1 minute", "minutes"},
	};
	int64_t past = now_ms - (int64_t)since_ms;
	char text[48];

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		int64_t n = past / units[i].ms;
		if (n < 1)
			continue;
		snprintf(text, sizeof(text), "%" PRId64 " %s", n, units[i].many);
		say(w, n == 1 ? units[i].one : text);
		return;
	}
	say(w, "less than a minute");
}

static void say_where(struct words *w, const struct whois *about)
{
	say_safe(w, about->name);
	switch (about->state) {
	case MEMBER_RECONNECTING:
		say(w, " has lost the connection, and may come back");
		break;
	case MEMBER_ABSENT:
		say(w, " is not here");
		break;
	default:
		say(w, about->state == MEMBER_AWAY ? " is away" : " is here");
	}
	if (about->transport >= TRANSPORT_UDP && about->transport <= TRANSPORT_UNIX) {
		say(w, ", connected over ");
		say(w, transport_name((enum transport)about->transport));
	}
}

static void say_times(struct words *w, const struct whois *about, int64_t now_ms)
{
	if (about->since_ms > 0) {
		bool absent = about->state == MEMBER_ABSENT;
		say(w, absent ? "\nlast here: " : "\nhere under this name for: ");
		say_while(w, about->since_ms, now_ms);
		say(w, absent ? " ago" : "");
	}
	if (about->away_ms > 0) {
		say(w, "\naway for: ");
		say_while(w, about->away_ms, now_ms);
		say(w, "\naway because: ");
		say_safe(w, about->words);
	}
	if (about->said_ms > 0) {
		say(w, "\nsilent for: ");
		say_while(w, about->said_ms, now_ms);
	}
}

static void say_rooms(struct words *w, struct slice rooms)
{
	struct slice name;

	if (rooms.len > 0)
		say(w, "\nalso in:");
	while (whois_room(&rooms, &name)) {
		say(w, " ");
		say_safe(w, name);
	}
}

size_t about_words(const struct whois *about, int64_t now_ms, char out[ABOUT_SIZE])
{
	struct words w = {.out = out};

	out[0] = '\0';
	say_where(&w, about);
	say_times(&w, about, now_ms);
	if (about->key.len > 0) {
		say(&w, "\nkey: ");
		say_safe(&w, about->key);
	}
	say_rooms(&w, about->rooms);
	return w.len;
}

/* ---- JSON -------------------------------------------------------------------------------------- */

static const char *state_name(enum member_state state)
{
	static const char *const names[] = {[MEMBER_HERE] = "here",
					    [MEMBER_RECONNECTING] = "reconnecting",
					    [MEMBER_AWAY] = "away",
					    [MEMBER_ABSENT] = "absent"};

	return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "here";
}

static void json_slice(struct json *j, const char *key, struct slice s)
{
	if (s.len > 0)
		json_string(j, key, s.data, s.len);
}

static void json_when(struct json *j, const char *key, uint64_t ms)
{
	if (ms > 0)
		json_time(j, key, (int64_t)ms);
}

/* There is no white space in a name. */
static void json_rooms(struct json *j, struct slice rooms)
{
	char all[WIRE_ROOMS_MAX * (1 + WIRE_ROOM_NAME_MAX)];
	struct slice name;
	size_t len = 0;

	while (whois_room(&rooms, &name) && len + 1 + name.len <= sizeof(all)) {
		if (len > 0)
			all[len++] = ' ';
		memcpy(all + len, name.data, name.len);
		len += name.len;
	}
	json_slice(j, "rooms", slice_of(all, len));
}

void about_json(struct buf *out, uint64_t id, const struct whois *w)
{
	struct json j = json_open(out);

	json_text(&j, "kind", "whois");
	json_uint(&j, "id", id);
	json_slice(&j, "name", w->name);
	json_text(&j, "state", state_name(w->state));
	json_when(&j, "since", w->since_ms);
	json_when(&j, "away", w->away_ms);
	json_slice(&j, "words", w->words);
	json_when(&j, "said", w->said_ms);
	json_slice(&j, "key", w->key);
	if (w->transport >= TRANSPORT_UDP && w->transport <= TRANSPORT_UNIX)
		json_text(&j, "transport", transport_name((enum transport)w->transport));
	json_rooms(&j, w->rooms);
	json_close(&j);
}
