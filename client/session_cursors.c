/*
 * How far each room was shown, as the client's parent process follows it: what goes to the receiver is
 * noted, once a second a mark goes after it, and when that comes back the file is written (cursors.h).
 * The end of the run is main.c's, who alone knows whether the receiver has shown all of it.
 */
#include "session_state.h"

#include "session_reads.h"
#include "sys/clock.h"
#include "trust.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PACE_US = 1000 * 1000 }; /* between two marks, and so between two writings */

/* Its key, or the path of its socket; a server that was never met has neither. */
void client_know_server(struct client *c)
{
	char text[KEY_TEXT + 1];
	uint8_t key[KEY_BYTES];

	if (c->server.kind == ENDPOINT_UNIX)
		cursors_at(c->o->cursors, c->server.path);
	else if (c->o->trust && trust_key(c->o->trust, key))
		cursors_at(c->o->cursors, key_format(key, text));
}

/*
 * What was given out in this run is not given out again, whatever was asked for.  Of another history than
 * the known one nobody has asked for all; but a room of two is read from its beginning.
 */
void client_since(void *ctx, struct slice room, struct seat_since *since)
{
	const struct client *c = ctx;
	struct cursor known;

	if (cursors_find(c->o->cursors, room, !c->o->since_given, &known) == ERR_NONE)
		*since = (struct seat_since){room.data[0] == '@' ? SINCE_SEQ : SINCE_KNOWN,
					     known.seq, known.epoch};
}

/* A person does not sit down before an empty screen: above what was missed comes what was before, and
 * it is shown where that ends. */
static void show_before(struct client *c, struct slice room, uint64_t seq)
{
	struct message_page page = {.room = room, .before = seq};
	struct cursor known;

	if (!c->o->screen || c->o->since_given || seq == 1)
		return;
	if (cursors_find(c->o->cursors, room, false, &known) == ERR_NONE)
		return; /* not the first event of this run */
	if (cursors_find(c->o->cursors, room, true, &known) != ERR_NONE)
		return;
	client_tell(c, &(struct message){.type = MESSAGE_MISSED, .missed = room});
	client_older(c, &page);
}

void client_note(struct client *c, struct slice room, uint64_t seq)
{
	show_before(c, room, seq);
	cursors_note(c->o->cursors, room, seat_epoch(link_seat(c->link), room), seq);
	c->unmarked = true;
}

void client_note_in(struct client *c, struct slice room, bool in)
{
	if (room.len > 0 && room.data[0] == '#')
		cursors_set_in(c->o->cursors, room, in);
}

static void save(struct client *c)
{
	char words[128];
	enum err e = cursors_save(c->o->cursors, false);

	if (e != ERR_SYSTEM || c->save_failed)
		return;
	c->save_failed = true; /* once is enough */
	snprintf(words, sizeof(words), "what was shown cannot be remembered for the next time: %s",
		 strerror(errno));
	client_notice(c, NOTICE_INFO, words);
}

void client_shown(struct client *c)
{
	c->marking = false;
	cursors_shown(c->o->cursors);
	save(c);
}

uint64_t client_mark_at(const struct client *c)
{
	bool due = (c->unmarked && !c->marking) || cursors_changed(c->o->cursors);

	return due ? c->mark_at : TIMERQ_NEVER;
}

void client_mark(struct client *c)
{
	uint64_t now = clock_mono_us();

	if (now < client_mark_at(c))
		return;
	c->mark_at = now + PACE_US;
	if (c->unmarked && !c->marking) {
		c->unmarked = false;
		c->marking = cursors_mark(c->o->cursors);
		if (c->marking)
			client_tell(c, &(struct message){.type = MESSAGE_MARK});
	}
	if (cursors_changed(c->o->cursors))
		save(c);
}
